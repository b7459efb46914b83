"""A factor over many indices as a product of factors over fewer of them.

`(A[i,j]*X[k,l])^2` is `A[i,j]^2*X[k,l]^2`, and the same with a sum inside that only some of the
factors depend on; functions f with f(a*b) = f(a)*f(b) alike.
"""

from __future__ import annotations

from collections.abc import Set

from . import indexed as ix
from .expr import Index
from .indexed import Indexed
from .kronecker import MULTIPLICATIVE


def factors_of(f: Indexed, fixed: Set[Index]) -> tuple[Indexed, ...]:
    """The factors of a power or a function of a product over more than two indices."""
    if len(f.free - fixed) < 3:
        return (f,)
    match f:
        case ix.Pow(base=base, exponent=ix.Num(value=p)) if p.denominator == 1:
            return tuple(ix.pow_(part, f.exponent) for part in _independent(base))
        case ix.Function(function=name, args=(arg,)) if name in MULTIPLICATIVE:
            return tuple(ix.function(name, part) for part in _independent(arg))
        case _:
            return (f,)


def _independent(t: Indexed) -> tuple[Indexed, ...]:
    """The factors of a product, those together that a sum holds together."""
    if isinstance(t, ix.Times):
        parts = tuple(p for f in t.factors for p in _independent(f))
        return parts if t.coefficient == 1 else (ix.num(t.coefficient), *parts)
    if not isinstance(t, ix.SumOver):
        return (t,)
    groups: list[tuple[set[Index], list[Indexed]]] = []
    for f in _independent(t.body):
        mine = set(f.free) & set(t.indices)
        touching = [g for g in groups if g[0] & mine]
        groups = [g for g in groups if g not in touching]
        together = mine.union(*[g[0] for g in touching])
        groups.append((together, [*[u for g in touching for u in g[1]], f]))
    return tuple(
        ix.sum_over(tuple(i for i in t.indices if i in own), ix.times(*members))
        for own, members in groups
    )
