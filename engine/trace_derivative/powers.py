"""Products of powers: equal factors merged, functions that go together joined.

Input and output are bases with their exponents; it is the same for scalars and for entries.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from . import expr as ex
from .expr import Expr
from .length import length
from .rewrite import simplify

Powers: TypeAlias = dict[Expr, Fraction]
"""Factors by their exponents, in reading order."""

_HALF = Fraction(1, 2)


# ------------------------------------------------------------------------ functions


@dataclass(frozen=True, slots=True)
class Joining:
    """`function(u) * partner(u)^sign = whole(u)^power`."""

    function: str
    partner: Callable[[Expr, Mapping[Expr, Fraction]], Expr | None]
    sign: int
    whole: Callable[[Expr], Expr]
    power: int = 1


def _function(name: str) -> Callable[[Expr, Mapping[Expr, Fraction]], Expr | None]:
    return lambda u, found: ex.apply(name, u)


def _argument(u: Expr, found: Mapping[Expr, Fraction]) -> Expr | None:
    return u


def _one_and(name: str) -> Callable[[Expr, Mapping[Expr, Fraction]], Expr | None]:
    """`1 + name(u)`, in the order in which it was written."""

    def partner(u: Expr, found: Mapping[Expr, Fraction]) -> Expr | None:
        wanted = {ex.ones(*u.shape), ex.apply(name, u)}
        sums = (b for b in found if isinstance(b, ex.Add) and len(b.terms) == 2)
        return next((b for b in sums if set(b.terms) == wanted), None)

    return partner


def _whole(name: str) -> Callable[[Expr], Expr]:
    return lambda u: ex.apply(name, u)


TOGETHER = (
    Joining("sin", _function("cos"), -1, _whole("tan")),
    Joining("sinh", _function("cosh"), -1, _whole("tanh")),
    Joining("exp", _one_and("exp"), -1, _whole("sigmoid")),
    Joining("sign", _argument, 1, _whole("abs")),
    Joining("sign", _function("abs"), 1, lambda u: u),
    Joining("sign", _function("abs"), -1, lambda u: u, -1),
    Joining("relu", _function("step"), 1, _whole("relu")),
)
"""Functions of one argument that make one function together."""

_FIRST = frozenset(j.function for j in TOGETHER)


def joined_functions(exponents: Powers) -> Powers:
    """Functions of one argument that go together: see `TOGETHER`; roots beside what is in them."""
    names = {b.function for b in exponents if isinstance(b, ex.Apply)}
    if not names & _FIRST and "sqrt" not in names:
        return {b: p for b, p in exponents.items() if p}
    found = dict(exponents)
    for joining in TOGETHER:
        if joining.function in names:
            _join(joining, found)
    for root in [b for b in found if isinstance(b, ex.Apply) and b.function == "sqrt"]:
        assert isinstance(root, ex.Apply)
        if root.arg in found:
            p = found[root.arg] + found[root] / 2
            short = abs(p) == _HALF
            found[root], found[root.arg] = (2 * p, Fraction(0)) if short else (Fraction(0), p)
    return {b: p for b, p in found.items() if p}


def _join(joining: Joining, found: Powers) -> None:
    """Use one entry of `TOGETHER` as often as it can be, in place."""
    for base in list(found):
        if not isinstance(base, ex.Apply) or base.function != joining.function:
            continue
        partner = joining.partner(base.arg, found)
        if partner is None:
            continue
        times = min(found[base], found.get(partner, Fraction(0)) * joining.sign)
        if times >= 1:
            n = Fraction(times.numerator // times.denominator)
            whole = joining.whole(base.arg)
            for part, by in ((base, n), (partner, n * joining.sign), (whole, -n * joining.power)):
                found[part] = found.get(part, Fraction(0)) - by


# ------------------------------------------------------------------------ scalars


def powers_of(scalars: list[Expr]) -> tuple[Powers, list[Expr]]:
    """Scalar factors by base with their numeric exponents, and those with other exponents."""
    exponents: Powers = {}
    others: list[Expr] = []
    for s in scalars:
        base, p = (s.base, s.exponent) if isinstance(s, ex.Power) else (s, ex.ONE)
        if isinstance(p, ex.Number):
            known = exponents.get(base)
            exponents[base] = p.value if known is None else known + p.value
        else:
            others.append(s)
    return exponents, others


def scalars_of(powers: Powers) -> list[Expr]:
    """The factors again."""
    return [ex.power(b, ex.number(p)) for b, p in powers.items() if p]


def merge_powers(scalars: list[Expr]) -> list[Expr]:
    """Equal scalar factors as one power; what cancels vanishes."""
    if not scalars:
        return scalars
    exponents, others = _general_merged(*powers_of(scalars))
    merged = joined_functions(exponents)
    sign = _negated_sums(merged)
    if sign == 1 and len(exponents) + len(others) == len(scalars) and merged == exponents:
        return scalars
    return [ex.number(sign), *scalars_of(merged), *others]


def _general_merged(exponents: Powers, others: list[Expr]) -> tuple[Powers, list[Expr]]:
    """`a^b*a^c` as `a^(b + c)`, where both sides exist; a number only where that is shorter."""
    sums: dict[Expr, Expr] = {}
    for s in others:
        assert isinstance(s, ex.Power)
        old = sums.get(s.base)
        sums[s.base] = s.exponent if old is None else _sum_in_order(old, s.exponent)
    numbers = dict(exponents)
    for base, exponent in sums.items():
        p = numbers.get(base)
        if p is not None:
            whole = _sum_in_order(exponent, ex.number(p))
            apart = ex.mul(ex.power(base, exponent), ex.power(base, ex.number(p)))
            if length(ex.power(base, whole)) < length(apart):
                sums[base] = whole
                del numbers[base]
    merged: list[Expr] = []
    for base, exponent in sums.items():
        if isinstance(exponent, ex.Number):
            numbers[base] = numbers.get(base, Fraction(0)) + exponent.value
        else:
            merged.append(ex.power(base, exponent))
    return numbers, merged


def _sum_in_order(a: Expr, b: Expr) -> Expr:
    """The sum of two exponents, the same whichever stood first."""
    found = simplify(ex.add(a, b))
    return ex.add(*sorted(found.terms, key=str)) if isinstance(found, ex.Add) else found


def _negated_sums(found: Powers) -> int:
    """`(a - b)^p*(b - a)^q` as one power, in place; the sign that comes of it."""
    sums = [b for b in found if isinstance(b, ex.Add) and found[b].denominator == 1]
    sign = 1
    for n, base in enumerate(sums):
        opposite = {ex.neg(t) for t in base.terms}
        for other in sums[:n]:
            if found.get(other) and found.get(base) and opposite == set(other.terms):
                p = found.pop(base)
                found[other] += p
                sign *= -1 if p % 2 else 1
    return sign
