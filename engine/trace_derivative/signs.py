"""Expr -> Expr: sums that begin with a minus begin with another term, as one writes them.

`-y + exp(x)` becomes `exp(x) - y`.  What stands inside of a function, an inverse or a power is the
author's, and stays as it is.
"""

from __future__ import annotations

from . import expr as ex
from .expr import Expr

_SUMS = ex.bits_of(ex.Add)
_FACTORS = (ex.Mul, ex.Hadamard, ex.Quotient, ex.Transpose, ex.Diag, ex.Diagonal, ex.Triangle)


def positive_first(e: Expr) -> Expr:
    """The same with sums beginning with a plus where they can; `-(a - b)` is `b - a`."""
    if not e.kinds & _SUMS:
        return e
    if isinstance(e, ex.Mul) and e.coefficient == -1 and len(e.parts) == 1:
        (only,) = e.parts
        if isinstance(only, ex.Add) and any(map(_is_negative, only.terms)):
            return positive_first(ex.add(*map(ex.neg, only.terms)))
    if isinstance(e, ex.Add):
        terms = tuple([_factors_of(t) for t in e.terms])
        first = next((n for n, t in enumerate(terms) if not _is_negative(t)), 0)
        if first:
            terms = (terms[first], *terms[:first], *terms[first + 1 :])
        return e if terms == e.terms else ex.add(*terms)
    return _factors_of(e)


def _factors_of(e: Expr) -> Expr:
    """The same for the factors of a product, or of a term."""
    return ex.map_parts(e, positive_first) if isinstance(e, _FACTORS) else e


def _is_negative(e: Expr) -> bool:
    return ex.split_coefficient(e)[0] < 0
