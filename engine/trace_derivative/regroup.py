"""Indexed -> Indexed: the forms between an index derivative and its matrix, as the notes show them.

Factors collapsed into entries of a matrix (eqs (26), (39), (44)), sums that do not depend on each
other apart (eq (33)), what stands under the author's sum as an entry (eq (45)).
"""

from __future__ import annotations

from . import indexed as ix
from .assemble import Assembler, Fixed, flatten
from .expand import hoist
from .expr import Index
from .indexed import Indexed
from .network import oriented


def collapse(t: Indexed, assembler: Assembler, row: Index | None) -> Indexed | None:
    """The term with factors that are not plain entries written as entries of matrices.

    As in eqs (26), (39), (44) of the notes: entries over the same two indices are merged into
    one entry of their elementwise product, and the factors put in the order of the chain.
    None where there is nothing to collapse.
    """
    t = hoist(t)
    coefficient, bound, factors = flatten(t)
    plain = [f for f in factors if isinstance(f, ix.Element | ix.KroneckerDelta)]
    if len(plain) == len(factors):
        return None
    fixed = frozenset(i for f in factors for i in f.free if i.name in assembler.authors)
    groups: dict[frozenset[Index], list[Indexed]] = {}
    for f in factors:
        if f not in plain:
            groups.setdefault(f.free - fixed, []).append(f)
    merged: list[Indexed] = []
    for places, members in groups.items():
        own = [f for f in plain if f.free == places and len(places) > 0]
        plain = [f for f in plain if f not in own]
        entry = _entry_of(assembler, ix.times(*own, *members), places, fixed)
        if entry is None:
            return None
        merged.append(entry)
    chain = _in_chain_order([*merged, *plain], row)
    return ix.sum_over(bound, ix.times(ix.num(coefficient), *chain))


def separated(t: Indexed) -> Indexed:
    """A sum over indices that fall into independent groups, as a product of sums (eq (33))."""
    coefficient, bound, factors = flatten(hoist(t))
    groups: list[tuple[set[Index], list[Indexed]]] = []
    for f in factors:
        mine = f.free & set(bound)
        joined, apart = set(mine), []
        members = [f]
        for indices, fs in groups:
            if indices & mine:
                joined |= indices
                members = fs + members
            else:
                apart.append((indices, fs))
        groups = [*apart, (joined, members)]
    if sum(1 for indices, _ in groups if indices) < 2:
        return t
    parts = [_sum_of_group(bound, indices, fs) for indices, fs in groups]
    return ix.times(ix.num(coefficient), *parts)


def _sum_of_group(bound: tuple[Index, ...], indices: set[Index], fs: list[Indexed]) -> Indexed:
    return ix.sum_over(tuple(i for i in bound if i in indices), ix.times(*fs))


def stacked(t: Indexed, assembler: Assembler) -> Indexed | None:
    """A sum over one of the author's indices, what stands under it as an entry (eq (45)).

    None where nothing under the sum makes a vector with that index held fixed.
    """
    coefficient, bound, factors = flatten(hoist(t))
    for k in bound:
        if k.name not in assembler.authors:
            continue
        outer = [
            f for f in factors if isinstance(f, ix.Element) and k in f.free and f.free & t.free
        ]
        rest = [f for f in factors if f not in outer]
        inner = ix.sum_over(tuple(i for i in bound if i != k), ix.times(*rest))
        loose = sorted(inner.free - {k}, key=lambda i: i.name)
        if len(loose) != 1 or not outer or k not in inner.free:
            continue
        if any(not f.free <= t.free | {k} for f in outer):
            continue
        vector = assembler.matrix(inner, loose[0], None, frozenset({k}))
        if vector is not None:
            entry = ix.element(vector, loose[0])
            return ix.sum_over((k,), ix.times(ix.num(coefficient), *outer, entry))
    return None


def _entry_of(
    assembler: Assembler, body: Indexed, places: frozenset[Index], fixed: Fixed
) -> Indexed | None:
    """`[M]_{ij}` for a form over at most two indices."""
    if len(places) > 2:
        return None
    order = [i for f in body.parts or (body,) for i in _in_order(f) if i in places]
    i, j = (*dict.fromkeys(order), None, None)[:2]
    matrix = assembler.matrix(body, i, j, fixed & body.free)
    if matrix is None:
        return None
    if i is not None and j is not None:
        i, j, matrix = oriented(i, j, matrix)
    return ix.element(matrix, i, j)


def _in_order(t: Indexed) -> list[Index]:
    """The free indices of a form in reading order."""
    if isinstance(t, ix.Element):
        within = t.matrix.free.difference(t.indices)
        return [*t.indices, *sorted(within, key=lambda i: i.name)]
    found = [i for c in t.parts for i in _in_order(c) if i in t.free]
    return found or sorted(t.free, key=lambda i: i.name)


def _in_chain_order(factors: list[Indexed], start: Index | None) -> list[Indexed]:
    """The factors, each one next to one that shares an index with it where that is possible."""
    left = list(factors)
    chain: list[Indexed] = []
    at = {start} if start is not None else set()
    while left:
        following = next((f for f in left if f.free & at), left[0])
        left.remove(following)
        chain.append(following)
        at = set(following.free) - at if following.free - at else set(following.free)
    return chain
