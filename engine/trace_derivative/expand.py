"""Expr -> Indexed: a scalar (or an entry of a matrix) written in index notation.

Input: an expression with shapes.  Output: the index form with all sums in front (`expand`), or
the chain of equalities that leads to it (`expansion_chain`), as eqs (5) and (7) of the notes
show it: the outer product first, then the inner ones, then all sums in front.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import assert_never

from . import expr as ex, indexed as ix, templates
from .blocks import transposed
from .composite import prepared, split_indices
from .expr import Dim, Expr, Index
from .indexed import Indexed
from .kronecker import factorised
from .simplify import simplify
from .tidy import tidy

FACTORS_OF_A_POWER = 5
"""Up to this exponent a matrix power is written out as a product."""

_ALL = 10**9


def expand(
    e: Expr,
    row: Index | None = None,
    column: Index | None = None,
    taken: frozenset[str] = frozenset(),
) -> Indexed:
    """The entry of `e` at `(row, column)` in index notation, all sums in front.

    An index is None just where the dimension is 1; a scalar has none.  No bound index gets a
    name in `taken`.
    """
    opened = simplify(e) if ex.holds(e, ex.Block) else factorised(e)
    form = hoist(_Expander(e, row, column).entry(opened, row, column))
    return named(split_composite(form, e), e, taken)


def split_composite(t: Indexed, e: Expr) -> Indexed:
    """A form in which composite bound indices are split; `e` is where its names are from."""
    if not ex.holds(e, ex.Kron, ex.Vec):
        return t
    while True:
        new = _split_once(t, e)
        if new == t:
            return t
        t = new


def _split_once(t: Indexed, e: Expr) -> Indexed:
    t = prepared(t)
    writer = _Expander(e, *t.free, *[Index(name, 1) for name in ix.all_names(t)])
    return hoist(split_indices(t, writer.new, writer.entry))


def expansion_chain(
    e: Expr,
    row: Index | None = None,
    column: Index | None = None,
    most: int = 4,
    final: Indexed | None = None,
) -> tuple[Indexed, ...]:
    """The index forms on the way to `expand(e)`, which is the last one, `final` if it is known.

    At most `most` are returned; of a longer chain the first and the last ones stand.
    """
    if final is None:
        final = expand(e, row, column)
    forms: list[Indexed] = []
    writer = _Expander(e, row, column)
    for depth in range(_ALL):
        form, left = writer.opened_so_far(e, row, column, depth)
        form = named(form, e)
        if not forms or form != forms[-1]:
            forms.append(form)
        if not left:
            break
        if len(forms) + left > most + 1:  # each further form opens one of the factors
            return forms[0], final
    if final != forms[-1]:
        forms.append(final)
    return tuple(forms) if len(forms) <= most else (forms[0], final)


def named(
    t: Indexed,
    e: Expr,
    taken: frozenset[str] = frozenset(),
    moved: Mapping[Index, Index] = MappingProxyType({}),
) -> Indexed:
    """The form with its indices named in reading order, away from the names that `e` uses.

    Its free indices become what they are `moved` to.
    """
    return tidy(t, taken | e.symbols | ex.dim_names(e), author_indices(e), moved)


def author_indices(e: Expr) -> frozenset[str]:
    """The index names that the author of an expression has written."""
    return ex.index_names(e)


class _Expander:
    """Expansions of one expression: a supply of index names, which no sum around has."""

    def __init__(self, e: Expr, *given: Index | None) -> None:
        taken = e.symbols | ex.dim_names(e) | ex.index_names(e)
        taken |= {i.name for i in given if i is not None}
        self._unseen = ix.fresh_names(taken)
        self._names: list[str] = []
        self._used = 0
        self._left = 0

    def new(self, dim: Dim) -> Index | None:
        """A fresh index over a dimension; None for dimension 1."""
        return None if dim == 1 else self._index(dim)

    def _index(self, dim: Dim) -> Index:
        if self._used == len(self._names):
            self._names.append(next(self._unseen))
        self._used += 1
        return Index(self._names[self._used - 1], dim)

    def opened_so_far(
        self, e: Expr, i: Index | None, j: Index | None, depth: int
    ) -> tuple[Indexed, int]:
        """Entry (i, j) to a depth, and how many factors the longest product left closed has."""
        self._used = self._left = 0
        return self.entry(e, i, j, depth), self._left

    def inside(self, e: Expr, i: Index | None, j: Index | None, depth: int) -> Indexed:
        """Entry (i, j) of what all its sums stay in: their names can be given again.

        Functions and powers are no such places: `sqrt(...)^2` sets free what is in it.
        """
        used = self._used
        form = self.entry(e, i, j, depth)
        self._used = used
        return form

    def entry(self, e: Expr, i: Index | None, j: Index | None, depth: int = _ALL) -> Indexed:
        """Entry (i, j) of e; products are opened `depth` times from the outside."""
        match e:
            case ex.Symbol():
                return ix.element(e, i, j)
            case ex.Mul(coefficient=c, scalars=scalars, matrices=matrices):
                factors = [self.entry(s, None, None, depth) for s in scalars]
                if matrices:
                    factors.append(self.chain(matrices, i, j, depth))
                return ix.times(ix.num(c), *factors)
            case ex.Add(terms=terms):
                return ix.plus(*[self.inside(t, i, j, depth) for t in terms])
            case ex.Transpose(arg=arg):
                return self.entry(arg, j, i, depth)
            case ex.Trace(arg=arg):
                k = self.new(arg.shape[0])
                return self.over((k,), self.opened(arg, k, k, depth))
            case ex.Number(value=value):
                return ix.num(value)
            case ex.Hadamard(factors=factors):
                return ix.times(*[self.entry(f, i, j, depth) for f in factors])
            case ex.Quotient(numerator=a, denominator=b):
                below = ix.pow_(self.entry(b, i, j, depth), ix.num(-1))
                return ix.times(self.entry(a, i, j, depth), below)
            case ex.Apply(function=name, args=args):
                return ix.function(name, *[self.entry(a, i, j, depth) for a in args])
            case ex.Power(base=base, exponent=p):
                return ix.pow_(*[self.entry(part, *_of(part, i, j), depth) for part in (base, p)])
            case ex.Operation():
                meaning = templates.definition(e)
                return ix.element(e, i, j) if meaning is None else self.entry(meaning, i, j, depth)
            case ex.Block(shape=(1, _)):
                return ix.element(transposed(e), j)
            case ex.Kron(factors=factors, shape=(1, n)):
                return ix.element(ex.kron(*map(ex.transpose, factors), shape=(n, 1)), j)
            case (
                ex.Inverse()
                | ex.Kron()
                | ex.Vec()
                | ex.Unvec()
                | ex.Block()
                | ex.MatrixFunction()
                | ex.Frechet()
            ):
                return ix.element(e, i, j)
            case ex.Diag(arg=arg):
                assert i is not None
                assert j is not None
                vector = self.entry(arg, *self.along(arg, i), depth)
                return ix.times(ix.kronecker(i, j), vector)
            case ex.Triangle(arg=arg, part=part):
                mask = ix.element(ex.triangle(part, ex.ones(*e.shape)), i, j)
                return ix.times(mask, self.entry(arg, i, j, depth))
            case ex.Diagonal(arg=arg):
                return self.entry(arg, i, i, depth)
            case ex.Identity():
                assert i is not None
                assert j is not None
                return ix.kronecker(i, j)
            case ex.Ones():
                return ix.ONE
            case ex.Zeros():
                return ix.ZERO
            case ex.MatrixPower(base=base, exponent=n):
                if n > FACTORS_OF_A_POWER:
                    return ix.element(e, i, j)
                return self.chain((base,) * n, i, j, depth)
            case ex.Total(arg=arg):
                k, m = self.new(arg.shape[0]), self.new(arg.shape[1])
                return self.over((k, m), self.opened(arg, k, m, depth))
            case ex.Row(arg=arg, index=k):
                return self.entry(arg, k, j, depth)
            case ex.Column(arg=arg, index=k):
                return self.entry(arg, i, k, depth)
            case ex.Entry(arg=arg, row=k, column=m):
                return self.entry(arg, k, m, depth)
            case ex.IndexSum():
                indices, body = self.apart(e.indices, e.body, i, j)
                return self.over(indices, self.entry(body, i, j, depth))
            case ex.Rows():
                assert i is not None
                (k,), body = self.apart((e.index,), e.body, i, j)
                return ix.rename(self.entry(body, None, j, depth), {k: i})
            case ex.Delta(row=k, column=m):
                return ix.kronecker(k, m)
            case _:
                assert_never(e)

    def apart(
        self, indices: tuple[Index, ...], body: Expr, *places: Index | None
    ) -> tuple[tuple[Index, ...], Expr]:
        """Binders over a body, named anew where the places of the entry have their names."""
        names = {place.name for place in places if place is not None}
        new = {k: self._index(k.dim) for k in indices if k.name in names}
        return tuple(new.get(k, k) for k in indices), ix.rename_expr(body, new)

    def opened(self, e: Expr, i: Index | None, j: Index | None, depth: int) -> Indexed:
        """Entry (i, j); at depth 0 a product stays closed, `[A X B]_{ii}`, `log [A X B]_{ij}`."""
        match e:
            case ex.Apply(function=name, args=args):
                return ix.function(name, *[self.opened(a, i, j, depth) for a in args])
            case ex.Power(base=base, exponent=ex.Number(value=p)):
                return ix.pow_(self.opened(base, i, j, depth), ix.num(p))
            case _:
                return self.opened_product(e, i, j, depth)

    def opened_product(self, e: Expr, i: Index | None, j: Index | None, depth: int) -> Indexed:
        """Entry (i, j); a product at depth 0 as it is."""
        factors = len(e.matrices) if isinstance(e, ex.Mul) else 0
        if depth <= 0 and factors > 1 and (i or j) is not None:
            self._left = max(self._left, factors)
            return ix.element(e, i, j)
        return self.entry(e, i, j, depth - 1)

    def chain(
        self, matrices: tuple[Expr, ...], i: Index | None, j: Index | None, depth: int
    ) -> Indexed:
        """Entry (i, j) of a product of matrices: first factor times the rest, summed."""
        if len(matrices) == 1:
            return self.entry(matrices[0], i, j, depth)
        if depth >= len(matrices):
            return self.whole_chain(matrices, i, j, depth)
        k = self.new(matrices[0].shape[1])
        head = self.entry(matrices[0], i, k, depth)
        rest = matrices[1:]
        if len(rest) == 1:
            tail = self.entry(rest[0], k, j, depth)
        elif depth <= 0 and (k or j) is not None:
            self._left = max(self._left, len(rest))
            tail = ix.element(ex.mul(*rest), k, j)
        else:
            tail = self.chain(rest, k, j, depth - 1)
        return self.over((k,), ix.times(head, tail))

    def whole_chain(
        self, matrices: tuple[Expr, ...], i: Index | None, j: Index | None, depth: int
    ) -> Indexed:
        """Entry (i, j) of a product, all inner indices summed at once."""
        inner = [self.new(m.shape[1]) for m in matrices[:-1]]
        places = zip([i, *inner], [*inner, j], matrices, strict=True)
        parts = [self.entry(m, a, b, depth) for a, b, m in places]
        return self.over(tuple(inner), ix.times(*parts))

    def along(self, vector: Expr, i: Index) -> tuple[Index | None, Index | None]:
        """The place of entry i of a row or column vector."""
        return (i, None) if vector.shape[1] == 1 else (None, i)

    def over(self, indices: tuple[Index | None, ...], body: Indexed) -> Indexed:
        return contract(tuple([i for i in indices if i is not None]), body)


def _of(e: Expr, i: Index | None, j: Index | None) -> tuple[Index | None, Index | None]:
    """The place of an entry; a scalar among matrices has none."""
    return (None, None) if e.shape == ex.SCALAR else (i, j)


def contract(indices: tuple[Index, ...], body: Indexed) -> Indexed:
    """The sum over indices, with every delta that holds one of them worked off."""
    remaining = list(dict.fromkeys(indices))
    if isinstance(body, ix.Times) and ix.KroneckerDelta in map(type, body.factors):
        new, rest = _worked_off(remaining, body.factors)
        if new:
            remaining = [i for i in remaining if i not in new]
            body = ix.rename(ix.times(ix.num(body.coefficient), *rest), new)
    if isinstance(body, ix.KroneckerDelta):
        for gone in (body.column, body.row):
            if gone in remaining:
                remaining.remove(gone)
                body = ix.ONE
                break
    return ix.sum_over(tuple(remaining), body)


def _worked_off(
    bound: list[Index], factors: tuple[Indexed, ...]
) -> tuple[dict[Index, Index], list[Indexed]]:
    """What bound indices are by the deltas among some factors, and the other factors."""
    new: dict[Index, Index] = {}
    rest = list(factors)
    again = True
    while again:
        again = False
        for n, f in enumerate(rest):
            if not isinstance(f, ix.KroneckerDelta):
                continue
            row, column = new.get(f.row, f.row), new.get(f.column, f.column)
            gone, kept = (column, row) if column in bound else (row, column)
            if gone in bound and gone != kept:
                new = {i: kept if j == gone else j for i, j in new.items()}
                new[gone] = kept
                del rest[n]
                again = True
                break
    return new, rest


_hoisted: dict[Indexed, Indexed] = {}
_MEMO_LIMIT = 50_000


def clear() -> None:
    """Forget all results."""
    _hoisted.clear()


def hoist(t: Indexed) -> Indexed:
    """All sums moved in front of the products that hold them; what stands inside stays inside."""
    if not t.parts:
        return t
    found = _hoisted.get(t)
    if found is None:
        if len(_hoisted) > _MEMO_LIMIT:
            clear()
        found = _hoisted[t] = _in_front(t)
    return found


def names_in_front(t: Indexed) -> set[str]:
    """The names of the indices of all sums that `hoist` moves in front of the whole."""
    found: set[str] = set()
    stack = [t]
    while stack:
        part = stack.pop()
        if isinstance(part, ix.SumOver):
            found.update([i.name for i in part.indices])
            stack.append(part.body)
        elif isinstance(part, ix.Times) and part.binds:
            stack.extend(part.factors)
    return found


def _in_front(t: Indexed) -> Indexed:
    t = ix.map_parts(t, hoist)
    if isinstance(t, ix.SumOver):
        return contract(t.indices, t.body)
    if not isinstance(t, ix.Times) or ix.SumOver not in map(type, t.factors):
        return t
    taken = {i.name for i in t.free}
    indices: list[Index] = []
    factors: list[Indexed] = []
    for f in t.factors:
        if isinstance(f, ix.SumOver):
            f = ix.rename_apart(f, taken)
            indices.extend(f.indices)
            taken.update(i.name for i in f.indices)
            f = f.body
        factors.append(f)
    return contract(tuple(indices), ix.times(ix.num(t.coefficient), *factors))
