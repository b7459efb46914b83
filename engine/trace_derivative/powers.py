"""Products of powers: equal factors merged, functions that go together joined.

Input and output are bases with their exponents; it is the same for scalars and for entries.
"""

from __future__ import annotations

from fractions import Fraction

from . import expr as ex
from .expr import Expr


def merge_powers(scalars: list[Expr]) -> list[Expr]:
    """Equal scalar factors as one power; what cancels vanishes."""
    exponents: dict[Expr, Fraction] = {}
    others: list[Expr] = []
    for s in scalars:
        base, p = (s.base, s.exponent) if isinstance(s, ex.Power) else (s, ex.ONE)
        if isinstance(p, ex.Number):
            exponents[base] = exponents.get(base, Fraction(0)) + p.value
        else:
            others.append(s)
    merged = joined_functions(exponents)
    if len(exponents) + len(others) == len(scalars) and merged == exponents:
        return scalars
    return [ex.power(b, ex.number(p)) for b, p in merged.items() if p] + others


def joined_functions(exponents: dict[Expr, Fraction]) -> dict[Expr, Fraction]:
    """Functions of one argument that go together: see `TOGETHER`."""
    found = dict(exponents)
    for name, other, joined in TOGETHER:
        for base in list(found):
            if not isinstance(base, ex.Apply) or base.function != name or found[base] < 1:
                continue
            partner = base.arg if other == "" else ex.apply(other, base.arg)
            sign = -1 if joined in _RATIOS else 1
            if found.get(partner, Fraction(0)) * sign >= 1:
                new = ex.apply(joined, base.arg)
                for part, by in ((base, 1), (partner, sign), (new, -1)):
                    found[part] = found.get(part, Fraction(0)) - by
    root = [b for b in found if isinstance(b, ex.Apply) and b.function == "sqrt" and b.arg in found]
    for base in root:
        assert isinstance(base, ex.Apply)
        found[base.arg] += found.pop(base) / 2
    return {b: p for b, p in found.items() if p}


TOGETHER = (
    ("sin", "cos", "tan"),
    ("sinh", "cosh", "tanh"),
    ("sign", "", "abs"),
    ("relu", "step", "relu"),
)
"""`sin/cos = tan`, `sinh/cosh = tanh`, `sign(u)*u = abs(u)`, `relu*step = relu`."""
_RATIOS = {"tan", "tanh"}
