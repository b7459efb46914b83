"""Expr -> Expr: sums, their like terms collected."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from . import expr as ex
from .canonical import canonical, opened
from .construct import UNIT, exact_product
from .expr import Expr
from .length import length
from .limits import check_terms

_APPLIED = ex.bits_of(ex.Apply)


def add_rule(e: Expr) -> Expr:
    """Like terms collected, sums in sums opened where that makes terms alike."""
    if not isinstance(e, ex.Add):
        return e
    check_terms(len(e.terms))
    collected = tuple(_collected(e.terms))
    kept = list(_with_complements(collected)) if collected else []
    terms = [u for t in kept for u in opened(t)] if len(kept) > 1 else kept
    if len(terms) > len(kept):
        found = _collected(terms)
        if len(found) < len(terms) and sum(map(length, found)) < sum(map(length, kept)):
            kept = found
    if tuple(kept) == e.terms:
        return e
    return ex.add(*kept) if kept else ex.zeros(*e.shape)


def _collected(terms: Iterable[Expr]) -> list[Expr]:
    """The terms with those that are alike as one; what cancels vanishes."""
    given = list(terms)
    parts = [ex.split_coefficient(t) for t in given]
    alike: dict[frozenset[str], set[Expr]] = {}
    for _, rest in parts:
        alike.setdefault(rest.symbols, set()).add(rest)
    coefficients: dict[Expr, Fraction] = {}
    shown: dict[Expr, tuple[Fraction, Expr]] = {}
    for c, rest in parts:
        # terms that are alike have the same symbols
        form = canonical(rest) if len(alike[rest.symbols]) > 1 else rest
        own, key = ex.split_coefficient(form)
        whole = exact_product(c, own)
        known = coefficients.get(key)
        coefficients[key] = whole if known is None else known + whole
        if known is None or length(rest) < length(shown[key][1]):
            shown[key] = own, rest
    if len(coefficients) == len(given):
        return given
    found = [(c, *shown[key]) for key, c in coefficients.items() if c]
    return [ex.scale(c if own is UNIT else c / own, rest) for c, own, rest in found]


def _with_complements(terms: tuple[Expr, ...]) -> tuple[Expr, ...]:
    """`1 - sigmoid(-u)` as `sigmoid(u)`, of terms that are all different."""
    if not any(t.kinds & _APPLIED for t in terms):
        return terms
    ones = ex.ones(*terms[0].shape)
    for t in terms:
        c, rest = ex.split_coefficient(t)
        if not isinstance(rest, ex.Apply) or rest.function != "sigmoid":
            continue
        sign, _ = ex.split_coefficient(rest.arg)
        if sign < 0 and ex.scale(-c, ones) in terms:
            new = ex.scale(-c, ex.apply("sigmoid", ex.neg(rest.arg)))
            left = tuple(u for u in terms if u not in (t, ex.scale(-c, ones)))
            return (new, *left)
    return terms
