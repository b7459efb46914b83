"""Expr -> Expr: shared factors of the terms of a sum pulled out, where that makes it shorter.

`A*x + A'*x` becomes `(A + A')*x`.  Terms that share little stay as they are.  A sum is also
multiplied out first where that makes terms alike, and the shortest form is taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations

from . import expr as ex
from .construct import UNIT
from .distribute import spread
from .elementwise import product_of
from .expr import Expr
from .length import length
from .limits import check_time
from .signs import positive_first
from .simplify import flip, simplify
from .terms import Shared, Term, is_short, shared, term

MOST_TERMS = 16
"""Sums of more terms are left alone."""

MOST_PULLED = 3
"""An inverse is pulled out of sums of so many terms at most."""

_SUMS = ex.bits_of(ex.Add)
_memo: dict[Expr, Expr] = {}
_MEMO_LIMIT = 100_000


def clear() -> None:
    """Forget all results."""
    _memo.clear()


def factored(e: Expr) -> Expr:
    """An equal expression with shared factors pulled out of its sums."""
    return positive_first(_factored(e)) if e.kinds & _SUMS else e


def _factored(e: Expr) -> Expr:
    if not e.kinds & _SUMS:
        return e
    found = _memo.get(e)
    if found is None:
        if len(_memo) > _MEMO_LIMIT:
            clear()
        new = ex.map_parts(e, _factored)
        if isinstance(new, ex.Add) and len(new.terms) <= MOST_TERMS:
            new = _shortest(new)
        found = _memo[e] = new
        if new is not e:
            _memo[new] = new
    return found


def _shortest(e: ex.Add) -> Expr:
    """The shortest of the forms of a sum, the first where several are."""
    check_time()
    found = _by_pairs(e)
    for other in (*_multiplied_out(e), *_without_inverse(e), *_forms_behind(e)):
        if length(other) < length(found):
            found = other
    return found


# ------------------------------------------------------------------------ ways to begin


def _multiplied_out(e: ex.Add) -> Iterator[Expr]:
    """The sum with its products multiplied out, where terms become alike by it."""
    opened = [u for t in e.terms for u in spread(t, MOST_TERMS)]
    if len(opened) == len(e.terms) or len(opened) > MOST_TERMS:
        return
    after = simplify(ex.add(*[simplify(u) for u in opened]))
    if len(_terms(after)) < len(opened) and _is_clearer(after, e, len(e.terms)):
        yield _by_pairs(after) if isinstance(after, ex.Add) else after


def _terms(e: Expr) -> tuple[Expr, ...]:
    return e.terms if isinstance(e, ex.Add) else (e,)


def _is_clearer(opened: Expr, e: Expr, count: int) -> bool:
    """Is the sum, multiplied out, no more of terms than it was, or half as long?

    Else the sums that the author wrote are worth more than a few symbols.
    """
    return len(_terms(opened)) <= count or 2 * length(opened) <= length(e)


def _without_inverse(e: ex.Add) -> Iterator[Expr]:
    """`I + inv(M)*A` as `inv(M)*(M + A)`, M a sum; the same from the other side."""
    if len(e.terms) > MOST_PULLED or not ex.holds(e, ex.Inverse):
        return
    for n, t in enumerate(e.terms):
        whole = term(t)
        others = e.terms[:n] + e.terms[n + 1 :]
        for turned in (False, True):
            chain = whole.chain[::-1] if turned else whole.chain
            if not chain or not _is_inverse_of_sum(chain[0]):
                continue
            undone = simplify(ex.inverse(chain[0]))

            def times(u: Expr, by: Expr = undone, turned: bool = turned) -> list[Expr]:
                return spread(ex.mul(u, by) if turned else ex.mul(by, u), MOST_TERMS)

            left = whole.chain[:-1] if turned else whole.chain[1:]
            body = ex.mul(*left) if left else ex.identity(undone.shape[0])
            rest = spread(ex.mul(ex.number(whole.coefficient), *whole.scalars, body), MOST_TERMS)
            parts = [simplify(v) for u in others for v in times(u)] + [simplify(v) for v in rest]
            total = simplify(ex.add(*parts))
            if length(total) >= length(e):
                continue
            total = factored(total)
            yield simplify(ex.mul(total, chain[0]) if turned else ex.mul(chain[0], total))


def _forms_behind(e: ex.Add) -> Iterator[Expr]:
    """`b'*x*a + a'*x*b` as `(a*b' + b*a')*x`: scalar products with one vector, written behind.

    Only where it stands nowhere else in them: other scalar products say more as they are.
    """
    if e.shape == ex.SCALAR or e.shape[1] != 1:
        return
    moved: dict[Expr, list[tuple[Expr, Expr]]] = {}
    for t in e.terms:
        whole = term(t)
        for n, form in enumerate(whole.scalars):
            others = (*whole.scalars[:n], *whole.scalars[n + 1 :])
            for row, x in _scalar_products(form):
                new = ex.product(whole.coefficient, others, (*whole.chain, *row))
                if new.symbols.isdisjoint(x.symbols):
                    moved.setdefault(x, []).append((t, new))
    for x, pairs in moved.items():
        terms = dict(pairs)
        if len(terms) > 1:
            rest = [t for t in e.terms if t not in terms]
            yield simplify(ex.add(*rest, ex.mul(_factored(ex.add(*terms.values())), x)))


def _scalar_products(e: Expr) -> Iterator[tuple[tuple[Expr, ...], Expr]]:
    """A scalar product as a row and the column behind it, both ways."""
    if isinstance(e, ex.Mul) and not e.scalars and e.coefficient is UNIT:
        for chain in (e.matrices, tuple(map(flip, reversed(e.matrices)))):
            if not isinstance(chain[-1], ex.Transpose):
                yield chain[:-1], chain[-1]


def _is_inverse_of_sum(e: Expr) -> bool:
    inner = e.arg if isinstance(e, ex.Transpose) else e
    return isinstance(inner, ex.Inverse) and isinstance(inner.arg, ex.Add)


# ------------------------------------------------------------------------ pairs of terms


def _by_pairs(e: ex.Add) -> Expr:
    """The two terms that save most by being one made one, again and again."""
    terms = [term(t) for t in e.terms]
    merged: set[Term] = set()
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
        terms[terms.index(a)] = new
        terms.remove(b)
        merged.add(new)
        terms = [t for t in terms if t.coefficient != 0]  # the two may have cancelled
    terms = _with_whole_sums(terms)
    if not terms:
        return ex.zeros(*e.shape)
    common = _common_number(terms)
    if not merged and len(terms) == len(e.terms) and common == 1:
        return e
    rest = []
    for t in terms:
        inner = ex.map_children(t.rest(), factored) if t in merged else t.rest()
        rest.append(ex.scale(t.coefficient / common, inner))
    return ex.scale(common, simplify(ex.add(*rest)))


def _merged(a: Term, b: Term) -> tuple[int, Term, Term, Term] | None:
    """What is saved by one term instead of two, the two, and the one; None where nothing is."""
    ways = [found for found in shared(a, b) if is_short(found)]
    if not ways:
        return None
    before = length(a.expr()) + length(b.expr())
    ones = [_joined(a.coefficient, b.coefficient, found) for found in ways]
    new = min(ones, key=length)
    saved = before - length(new)
    return (saved, a, b, term(new)) if saved > 0 else None


def _joined(a: Fraction, b: Fraction, found: Shared) -> Expr:
    """Two terms with the numbers a and b as one."""
    c = _common_coefficient(a, b)
    parts = [ex.scale(x / c, p) for x, p in zip((a, b), found.parts, strict=True)]
    opened = [simplify(u) for p in parts for u in spread(p, MOST_TERMS)]
    plain, wide = simplify(ex.add(*parts)), simplify(ex.add(*opened))
    clearer = length(wide) < length(plain) and _is_clearer(wide, plain, len(parts))
    middle = wide if clearer else plain
    if found.entries:
        middle = ex.hadamard(product_of(found.entries, middle.shape), middle)
    if middle.shape == ex.SCALAR:
        whole = ex.mul(*found.scalars, middle, *ex.as_one(found.front + found.back))
    else:
        whole = ex.mul(*found.scalars, ex.mul(*found.front, middle, *found.back))
    return simplify(ex.scale(c, whole))


# ------------------------------------------------------------------------ sums of sums


def _with_whole_sums(terms: list[Term]) -> list[Term]:
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
            new = Term(Fraction(sign), (), pair)
            return [new, *rest]
    return terms


def _taken_out(terms: list[Term], whole: ex.Add) -> int | None:
    """Remove the terms of a sum from a list, all with one sign; None where one is missing."""
    for sign in (1, -1):
        wanted = [term(ex.scale(sign, w)) for w in whole.terms]
        if all(w in terms for w in wanted):
            for w in wanted:
                terms.remove(w)
            return sign
    return None


# ------------------------------------------------------------------------ numbers


def _common_number(terms: list[Term]) -> Fraction:
    """The number of all terms, signs aside, where they have the same."""
    if all(t.coefficient is UNIT for t in terms):
        return UNIT
    numbers = {abs(t.coefficient) for t in terms}
    return numbers.pop() if len(numbers) == 1 and len(terms) > 1 else UNIT


def _common_coefficient(a: Fraction, b: Fraction) -> Fraction:
    """The number to pull out: the smaller one, where that leaves no more numbers to write."""
    small, large = sorted((a, b), key=abs)
    ratio = abs(large / small)
    saves = ratio.denominator == 1 and (ratio == 1 or abs(large) != 1)
    common = small if saves else UNIT
    return -abs(common) if a < 0 and b < 0 else abs(common)
