"""Terms of a sum in parts, and what two of them share.

A term is a number, scalar factors and a chain of matrices; two terms share scalar factors (as
powers), the beginning and the end of their chains, and factors of elementwise products.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from . import expr as ex
from .construct import UNIT
from .elementwise import factors_of, has_zeros, product_of
from .expr import Expr
from .length import length
from .powers import Powers, powers_of, scalars_of

_POWERS = ex.bits_of(ex.MatrixPower)

MOST_PER_SHARED = 3
"""The shorter rest of two chains may have that many factors for each symbol that they share."""


class Term(NamedTuple):
    """`coefficient * scalars * chain`."""

    coefficient: Fraction
    scalars: tuple[Expr, ...]
    chain: tuple[Expr, ...]

    def rest(self) -> Expr:
        """All but the coefficient."""
        return ex.product(UNIT, self.scalars, self.chain)

    def expr(self) -> Expr:
        """The term as an expression."""
        return ex.product(self.coefficient, self.scalars, self.chain)


def term(e: Expr) -> Term:
    """An expression as a term."""
    if isinstance(e, ex.Mul):
        chain = _unrolled(e.matrices) if e.kinds & _POWERS else e.matrices
        return Term(e.coefficient, e.scalars, chain)
    if isinstance(e, ex.Number):
        return Term(e.value, (), ())
    return Term(UNIT, (e,), ()) if e.shape == ex.SCALAR else Term(UNIT, (), (e,))


def _unrolled(chain: tuple[Expr, ...]) -> tuple[Expr, ...]:
    """The chain with squares of inverses written out, for an inverse may be pulled out."""
    found: list[Expr] = []
    for m in chain:
        match m:
            case ex.MatrixPower(base=ex.Inverse() as base, exponent=2):
                found += [base, base]
            case ex.Transpose(arg=ex.MatrixPower(base=ex.Inverse() as base, exponent=2)):
                found += [ex.transpose(base)] * 2
            case _:
                found.append(m)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Shared:
    """`scalars * front * (first + second) * back`, or `scalars * entries .* (first + second)`.

    The number of each term is in its part; `entries` are the shared factors of elementwise
    products.
    """

    scalars: tuple[Expr, ...]
    front: tuple[Expr, ...]
    parts: tuple[Expr, Expr]
    back: tuple[Expr, ...]
    entries: Powers

    def outside(self) -> int:
        """The number of symbols that are shared."""
        return sum(map(length, (*self.scalars, *self.front, *self.back)))


def shared(a: Term, b: Term) -> list[Shared]:
    """The ways to write two terms as one, the plainest first; none where they share nothing."""
    prefix = _common_prefix(a.chain, b.chain)
    rest_a, rest_b = a.chain[prefix:], b.chain[prefix:]
    suffix = _common_prefix(rest_a[::-1], rest_b[::-1])
    front, back = a.chain[:prefix], rest_a[len(rest_a) - suffix :]
    inner = rest_a[: len(rest_a) - suffix], rest_b[: len(rest_b) - suffix]
    found = []
    is_form = (front or back) and (a.chain[0].shape[0], a.chain[-1].shape[1]) == ex.SCALAR
    if is_form and max(map(len, inner)) > 1:
        return []
    for scalars, rests in _scalar_splits(a.scalars, b.scalars):
        if not scalars and not front and not back:
            continue
        if scalars and not all(inner) and any(inner):
            # where one term is all shared, scalars alone leave no identity
            whole = _parts(rests, (a.chain, b.chain), (), ())
            found += [] if whole is None else [Shared(scalars, (), whole, (), {})]
        parts = _parts(rests, inner, front, back)
        if parts is not None:
            found.append(Shared(scalars, front, parts, back, {}))
    if len(inner[0]) == len(inner[1]) == 1 and inner[0][0].shape == inner[1][0].shape:
        found += _by_entries(a, b, front, (inner[0][0], inner[1][0]), back)
    return found


def is_short(found: Shared) -> bool:
    """Is what two terms do not share not much longer than what they do?

    So eqs (17) and (21) of the notes stay as the identities give them.
    """
    longer_scalar = any(length(s) > 1 for s in found.scalars)
    factors = min(len(term(p).chain) for p in found.parts)
    return longer_scalar or bool(found.entries) or factors <= MOST_PER_SHARED * found.outside()


# ------------------------------------------------------------------------ scalars


def _scalar_splits(
    a: tuple[Expr, ...], b: tuple[Expr, ...]
) -> list[tuple[tuple[Expr, ...], tuple[tuple[Expr, ...], tuple[Expr, ...]]]]:
    """The shared scalars and both rests; also those over a common denominator."""
    if not a and not b:
        return [((), ((), ()))]
    powers_a, others_a = powers_of(list(a))
    powers_b, others_b = powers_of(list(b))
    same, *rests = _shared_factors(others_a, others_b)
    common = _shared_powers(powers_a, powers_b)
    below = {
        s: min(powers_a.get(s, Fraction(0)), powers_b.get(s, Fraction(0)))
        for s in (*powers_a, *powers_b)
    }
    wide = common | {s: p for s, p in below.items() if p < 0}
    found = []
    for taken in [common] if wide == common else [common, wide]:
        left = tuple(
            (*scalars_of(_less(powers, taken)), *rest)
            for powers, rest in ((powers_a, rests[0]), (powers_b, rests[1]))
        )
        found.append(((*scalars_of(taken), *same), (left[0], left[1])))
    return found


def _shared_factors(a: list[Expr], b: list[Expr]) -> tuple[list[Expr], list[Expr], list[Expr]]:
    """The factors that are in both products, each as often as in both, and both rests."""
    same, rest_a, rest_b = [], [], list(b)
    for s in a:
        if s in rest_b:
            rest_b.remove(s)
            same.append(s)
        else:
            rest_a.append(s)
    return same, rest_a, rest_b


def _shared_powers(a: Powers, b: Powers) -> Powers:
    """The powers that are in both products."""
    return {s: min(p, b[s], key=abs) for s, p in a.items() if s in b and (p > 0) == (b[s] > 0)}


def _less(powers: Powers, taken: Powers) -> Powers:
    """A product divided by another."""
    found = dict(powers)
    for s, p in taken.items():
        found[s] = found.get(s, Fraction(0)) - p
    return {s: p for s, p in found.items() if p}


# ------------------------------------------------------------------------ matrices


def _parts(
    scalars: tuple[tuple[Expr, ...], tuple[Expr, ...]],
    inner: tuple[tuple[Expr, ...], tuple[Expr, ...]],
    front: tuple[Expr, ...],
    back: tuple[Expr, ...],
) -> tuple[Expr, Expr] | None:
    """What the two terms do not share; where one shares all, the identity stands for it."""
    if not any(inner):
        return ex.mul(*scalars[0]), ex.mul(*scalars[1])
    dim = front[-1].shape[1] if front else back[0].shape[0] if back else None
    found = []
    for chain, rest in zip(inner, scalars, strict=True):
        if chain:
            found.append(ex.mul(*rest, ex.mul(*chain)))
        elif dim is None:
            return None
        else:
            found.append(ex.mul(*rest, ex.identity(dim)))
    return (found[0], found[1]) if found[0].shape == found[1].shape else None


def _by_entries(
    a: Term, b: Term, front: tuple[Expr, ...], inner: tuple[Expr, Expr], back: tuple[Expr, ...]
) -> list[Shared]:
    """The factors that two elementwise products share."""
    first, second = (factors_of(m) for m in inner)
    if first is None or second is None:
        return []
    entries = _shared_powers(first, second)
    if not entries:
        return []
    if any(has_zeros(s) for powers in (first, second) for s in _less(powers, entries)):
        return []
    rests = [product_of(_less(powers, entries), inner[0].shape) for powers in (first, second)]
    ((scalars, left), *_) = _scalar_splits(a.scalars, b.scalars)
    parts = ex.mul(*left[0], rests[0]), ex.mul(*left[1], rests[1])
    return [Shared(scalars, front, parts, back, entries)]


def _common_prefix(a: tuple[Expr, ...], b: tuple[Expr, ...]) -> int:
    n = 0
    while n < min(len(a), len(b)) and a[n] == b[n]:
        n += 1
    return n
