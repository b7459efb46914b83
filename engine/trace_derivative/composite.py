"""Indexed -> Indexed: a bound index over a product of dimensions as one index for each of them.

An entry of `kron(A,B)` is a product of entries of A and B once its row and its column are split,
and an entry of `vec(A)` is an entry of A.  An index is split where every place in which it stands
is such an entry, at the cuts that all of them have; else the entry stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TypeAlias

from . import expr as ex, indexed as ix, sizes
from .expr import Dim, Expr, Index
from .indexed import Indexed
from .simplify import simplify

Open: TypeAlias = Callable[[Expr, Index | None, Index | None], Indexed]
"""The entry of a matrix in index notation."""
New: TypeAlias = Callable[[Dim], Index | None]
"""A fresh index over a dimension; None over 1."""


def prepared(t: Indexed) -> Indexed:
    """The form with no name bound twice, sums over composite indices taken into their terms."""
    return _unlike(_distributed(t), set())


def split_indices(t: Indexed, new: New, opened: Open) -> Indexed:
    """A prepared form with composite bound indices split at common cuts; `t` where there are none.

    The indices that `new` makes have names that `t` does not have.
    """
    places = _Places(frozenset(t.free))
    places.find(t)
    places.settle()
    splits = {i: places.parts(i, new) for i in places.indices()}
    changed = {entry for entry, cuts in places.cuts.items() if cuts}
    return _replaced(t, {i: s for i, s in splits.items() if s}, places, changed, opened)


def _distributed(t: Indexed) -> Indexed:
    """Sums over composite indices taken into the terms of what they sum."""
    t = ix.map_children(t, _distributed)
    if isinstance(t, ix.SumOver) and isinstance(t.body, ix.Plus):
        inner = tuple(i for i in t.indices if sizes.is_composite(i.dim))
        outer = tuple(i for i in t.indices if i not in inner)
        terms = [ix.sum_over(inner, u) for u in t.body.terms]
        return ix.sum_over(outer, ix.plus(*terms)) if inner else t
    return t


def _unlike(t: Indexed, seen: set[str]) -> Indexed:
    """The form with no name bound twice."""
    if isinstance(t, ix.SumOver):
        again = {i.name for i in t.indices} & seen
        if again:
            t = ix.rename_apart(t, again | seen)
        seen.update(i.name for i in t.indices)
    return ix.map_children(t, lambda part: _unlike(part, seen))


@dataclass(slots=True)
class _Entry:
    """An entry of a Kronecker product (or of a vec): a number in front and the factors."""

    front: Expr
    factors: tuple[Expr, ...]
    is_vec: bool = False

    def dims(self, axis: int) -> list[Dim]:
        """The dimensions that the row (axis 0) or the column is made of."""
        if self.is_vec:
            return [self.factors[0].shape[1], self.factors[0].shape[0]] if axis == 0 else [1, 1]
        return [f.shape[axis] for f in self.factors]


@dataclass(slots=True)
class _Places:
    """Where composite indices stand, and the cuts that are left of every entry."""

    blocked: frozenset[Index] | set[Index]
    entries: dict[ix.Element, _Entry] = field(default_factory=dict)
    cuts: dict[ix.Element, set[int]] = field(default_factory=dict)
    at: dict[Index, list[tuple[ix.Element, int]]] = field(default_factory=dict)

    def find(self, t: Indexed) -> None:
        """Look at all entries of a form."""
        blocked = set(self.blocked)
        for node in ix.walk(t):
            if isinstance(node, ix.KroneckerDelta):
                blocked |= node.free
            if not isinstance(node, ix.Element) or node in self.entries:
                continue
            entry = _entry_of(node)
            blocked |= node.matrix.free
            if entry is None:
                blocked |= set(node.indices)
                continue
            self.entries[node] = entry
            self.cuts[node] = set(range(1, len(entry.dims(0))))
            for axis, i in enumerate(node.indices):
                self.at.setdefault(i, []).append((node, axis))
        self.blocked = blocked

    def indices(self) -> list[Index]:
        """The indices at entries of Kronecker products."""
        return list(self.at)

    def prefix(self, node: ix.Element, axis: int, cut: int) -> Dim | None:
        """The size in front of a cut; None where the cut takes nothing off."""
        dims = self.entries[node].dims(axis)
        before, after = sizes.product(*dims[:cut]), sizes.product(*dims[cut:])
        return None if before == 1 or after == 1 else before

    def common(self, i: Index) -> set[Dim]:
        """The sizes in front of the cuts that all places of an index have."""
        if i in self.blocked:
            return set()
        found = [
            {p for cut in self.cuts[node] if (p := self.prefix(node, axis, cut)) is not None}
            for node, axis in self.at[i]
        ]
        return set.intersection(*found)

    def settle(self) -> None:
        """Remove the cuts that an index does not have everywhere."""
        again = True
        while again:
            again = False
            for i, places in self.at.items():
                common = self.common(i)
                for node, axis in places:
                    kept = {
                        cut
                        for cut in self.cuts[node]
                        if (p := self.prefix(node, axis, cut)) is None or p in common
                    }
                    again |= kept != self.cuts[node]
                    self.cuts[node] = kept

    def groups(self, node: ix.Element) -> list[tuple[int, int]]:
        """The factors between the cuts that are left."""
        ends = [0, *sorted(self.cuts[node]), len(self.entries[node].dims(0))]
        return list(pairwise(ends))

    def parts(self, i: Index, new: New) -> tuple[Index, ...]:
        """The indices that an index is split into; none where it stays whole."""
        node, axis = self.at[i][0]
        dims = self.entries[node].dims(axis)
        several = [d for a, b in self.groups(node) if (d := sizes.product(*dims[a:b])) != 1]
        if len(several) < 2:
            return ()
        return tuple(j for d in several if (j := new(d)) is not None)


def _entry_of(node: ix.Element) -> _Entry | None:
    """What an entry is made of; None where it is not one of a Kronecker product or a vec."""
    matrix = node.matrix
    if not ex.holds(matrix, ex.Kron, ex.Vec):
        return None
    matrix = matrix if isinstance(matrix, ex.Kron | ex.Vec) else simplify(matrix)
    front: Expr = ex.ONE
    rest: Expr = matrix
    if isinstance(matrix, ex.Mul) and len(matrix.matrices) == 1 and matrix.shape != ex.SCALAR:
        front, rest = ex.mul(ex.number(matrix.coefficient), *matrix.scalars), matrix.matrices[0]
    match rest:
        case ex.Kron(factors=factors):
            return _Entry(front, factors)
        case ex.Transpose(arg=ex.Kron(factors=factors)):
            return _Entry(front, tuple(ex.transpose(f) for f in factors))
        case ex.Vec(arg=arg):
            return _Entry(front, (arg,), is_vec=True)
        case _:
            return None


def _replaced(
    t: Indexed,
    splits: dict[Index, tuple[Index, ...]],
    places: _Places,
    changed: set[ix.Element],
    opened: Open,
) -> Indexed:
    """The form with split indices and with the entries at them taken apart."""
    if isinstance(t, ix.Element) and t in changed:
        entry = places.entries[t]
        rows = list(_along(t, 0, splits, places))
        columns = list(_along(t, 1, splits, places))
        front = opened(entry.front, None, None)
        if entry.is_vec:
            return ix.times(front, opened(entry.factors[0], rows[1], rows[0]))
        groups = [ex.kron(*entry.factors[a:b]) for a, b in places.groups(t)]
        triples = zip(groups, rows, columns, strict=True)
        return ix.times(front, *[opened(m, i, j) for m, i, j in triples])
    parts = t.parts
    if not parts:
        return t
    new = tuple(_replaced(p, splits, places, changed, opened) for p in parts)
    if isinstance(t, ix.SumOver):
        indices = tuple(j for i in t.indices for j in splits.get(i, (i,)))
        return ix.sum_over(indices, new[0])
    return ix.with_children(t, new)


def _along(
    t: ix.Element, axis: int, splits: dict[Index, tuple[Index, ...]], places: _Places
) -> Iterator[Index | None]:
    """The index of each group of factors along the rows or the columns."""
    dims = places.entries[t].dims(axis)
    index = t.indices[axis] if axis < len(t.indices) else None
    left = list(splits.get(index, (index,))) if index is not None else []
    for a, b in places.groups(t):
        yield None if sizes.product(*dims[a:b]) == 1 else left.pop(0)
