"""Expr -> Expr: shared factors of the terms of a sum pulled out, where that makes it shorter.

`A*x + A'*x` becomes `(A + A')*x`.  Terms that share little stay as they are: what two terms
share must not be much shorter than what they do not (so that eqs (17) and (21) of the notes
stay as the identities give them), unless it is a scalar of some length.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

from . import expr as ex
from .expr import Expr
from .limits import check_time
from .simplify import simplify

MOST_TERMS = 16
"""Sums of more terms are left alone."""

MOST_PER_SHARED = 3
"""The shorter rest of two terms may have that many symbols for each that they share."""


@dataclass(frozen=True, slots=True)
class _Term:
    """`coefficient * scalars * chain`."""

    coefficient: Fraction
    scalars: tuple[Expr, ...]
    chain: tuple[Expr, ...]

    def rest(self) -> tuple[tuple[Expr, ...], tuple[Expr, ...]]:
        """All but the coefficient."""
        return self.scalars, self.chain

    def expr(self) -> Expr:
        """The term as an expression."""
        return ex.mul(ex.number(self.coefficient), *self.scalars, *ex.as_one(self.chain))


def factored(e: Expr) -> Expr:
    """An equal expression with shared factors pulled out of its sums."""
    e = ex.map_children(e, factored)
    if not isinstance(e, ex.Add) or len(e.terms) > MOST_TERMS:
        return e
    terms = [_term(t) for t in e.terms]
    while len(terms) > 1:
        check_time()
        best = max(
            (found for a, b in combinations(terms, 2) if (found := _merged(a, b))),
            key=lambda found: found[0],
            default=None,
        )
        if best is None:
            break
        _, a, b, new = best
        at = terms.index(a)
        terms[at] = new
        terms.remove(b)
    terms = _with_whole_sums([t for t in terms if t.coefficient != 0])  # some may have cancelled
    if not terms:
        return ex.zeros(*e.shape)
    numbers = {abs(t.coefficient) for t in terms}
    common = numbers.pop() if len(numbers) == 1 and len(terms) > 1 else Fraction(1)
    if len(terms) == len(e.terms) and common == 1:
        return e
    rest = [ex.scale(t.coefficient / common, _Term(Fraction(1), *t.rest()).expr()) for t in terms]
    return ex.scale(common, simplify(ex.add(*rest)))


def _with_whole_sums(terms: list[_Term]) -> list[_Term]:
    """`S1 + S2 + P*(S1 + S2)` as `(I + P)*(S1 + S2)`, and the same from the other side."""
    for t in terms:
        for last in (True, False):
            if len(t.chain) < 2 or t.scalars:
                continue
            whole = t.chain[-1 if last else 0]
            if not isinstance(whole, ex.Add):
                continue
            rest = [u for u in terms if u is not t]
            sign = _taken_out(rest, whole)
            if sign is None:
                continue
            others = ex.mul(*(t.chain[:-1] if last else t.chain[1:]))
            dim = others.shape[1] if last else others.shape[0]
            if others.shape != (dim, dim):
                continue
            front = ex.add(ex.identity(dim), ex.scale(t.coefficient * sign, others))
            pair = (front, whole) if last else (whole, front)
            new = _Term(Fraction(sign), (), pair)
            return [new, *rest]
    return terms


def _taken_out(terms: list[_Term], whole: ex.Add) -> int | None:
    """Remove the terms of a sum from a list, all with one sign; None where one is missing."""
    for sign in (1, -1):
        wanted = [_term(ex.scale(sign, w)) for w in whole.terms]
        if all(w in terms for w in wanted):
            for w in wanted:
                terms.remove(w)
            return sign
    return None


def _term(e: Expr) -> _Term:
    if isinstance(e, ex.Mul):
        return _Term(e.coefficient, e.scalars, e.matrices)
    if isinstance(e, ex.Number):
        return _Term(e.value, (), ())
    return _Term(Fraction(1), (e,), ()) if e.shape == ex.SCALAR else _Term(Fraction(1), (), (e,))


def _merged(a: _Term, b: _Term) -> tuple[int, _Term, _Term, _Term] | None:
    """What is saved by one term instead of two, the two, and the one; None where nothing is."""
    shared = _common_scalars(a.scalars, b.scalars)
    prefix = _common_prefix(a.chain, b.chain)
    rest_a, rest_b = a.chain[prefix:], b.chain[prefix:]
    suffix = _common_prefix(rest_a[::-1], rest_b[::-1])
    if not shared and not prefix and not suffix:
        return None
    inner_a, inner_b = rest_a[: len(rest_a) - suffix], rest_b[: len(rest_b) - suffix]
    front, back = a.chain[:prefix], rest_a[len(rest_a) - suffix :]
    middles = _middles(a, b, (inner_a, inner_b), shared, front, back)
    if middles is None:
        return None
    outside = sum(map(ex.leaf_count, (*shared, *front, *back)))
    longer_scalar = any(ex.leaf_count(s) > 1 for s in shared)
    if min(map(ex.leaf_count, middles)) > MOST_PER_SHARED * outside and not longer_scalar:
        return None
    coefficient = _common_coefficient(a.coefficient, b.coefficient)
    parts = [ex.scale(t.coefficient / coefficient, m) for t, m in zip((a, b), middles, strict=True)]
    middle = simplify(ex.add(*parts))
    if middle.shape == ex.SCALAR:
        new = _Term(coefficient, (*shared, middle), front + back)
    else:
        new = _Term(coefficient, shared, (*front, middle, *back))
    new = _term(new.expr())
    saved = ex.leaf_count(a.expr()) + ex.leaf_count(b.expr()) - ex.leaf_count(new.expr())
    return (saved, a, b, new) if saved > 0 else None


def _middles(
    a: _Term,
    b: _Term,
    inner: tuple[tuple[Expr, ...], tuple[Expr, ...]],
    shared: tuple[Expr, ...],
    front: tuple[Expr, ...],
    back: tuple[Expr, ...],
) -> tuple[Expr, Expr] | None:
    """What the two terms do not share; where one shares all, the identity stands for it."""
    rest = [_without(t.scalars, shared) for t in (a, b)]
    if not any(inner):
        return ex.mul(*rest[0]), ex.mul(*rest[1])
    if front:
        dim = front[-1].shape[1]
    elif back:
        dim = back[0].shape[0]
    else:
        dim = None
    found = []
    for chain, scalars in zip(inner, rest, strict=True):
        if chain:
            found.append(ex.mul(*scalars, ex.mul(*chain)))
        elif dim is None:
            return None
        else:
            found.append(ex.mul(*scalars, ex.identity(dim)))
    return (found[0], found[1]) if found[0].shape == found[1].shape else None


def _common_scalars(a: tuple[Expr, ...], b: tuple[Expr, ...]) -> tuple[Expr, ...]:
    left = list(b)
    shared = []
    for s in a:
        if s in left:
            left.remove(s)
            shared.append(s)
    return tuple(shared)


def _without(scalars: tuple[Expr, ...], shared: tuple[Expr, ...]) -> tuple[Expr, ...]:
    left = list(scalars)
    for s in shared:
        left.remove(s)
    return tuple(left)


def _common_prefix(a: tuple[Expr, ...], b: tuple[Expr, ...]) -> int:
    n = 0
    while n < min(len(a), len(b)) and a[n] == b[n]:
        n += 1
    return n


def _common_coefficient(a: Fraction, b: Fraction) -> Fraction:
    """The number to pull out: the smaller one where the other is a whole multiple of it."""
    small, large = sorted((a, b), key=abs)
    common = small if (large / small).denominator == 1 else Fraction(1)
    return -abs(common) if a < 0 and b < 0 else abs(common)
