"""Expr -> Expr: inverses and powers of square matrices.

`inv(A*B)` is `inv(B)*inv(A)` for square A and B, so that a neighbour may cancel one of them.
"""

from __future__ import annotations

from . import expr as ex
from .expr import Expr
from .transposes import column, flip, transposes


def negative_power(base: Expr, p: int) -> Expr:
    """`base^p` for a negative p."""
    return ex.matrix_power(ex.inverse(base), -p)


def base_power(e: Expr) -> tuple[Expr, int]:
    """A square matrix as a power of a base."""
    if not e.parts:
        return e, 1
    if isinstance(e, ex.MatrixPower):
        base, p = base_power(e.base)
        return base, p * e.exponent
    if isinstance(e, ex.Inverse):
        base, p = base_power(e.arg)
        return base, -p
    if isinstance(e, ex.Transpose) and isinstance(e.arg, ex.MatrixPower | ex.Inverse):
        base, p = base_power(e.arg)
        return ex.transpose(base), p
    return e, 1


def matrix_power_rule(e: Expr) -> Expr:
    """The transpose of a base outside of its power."""
    if isinstance(e, ex.MatrixPower) and isinstance(e.base, ex.Transpose):
        return ex.transpose(ex.matrix_power(e.base.arg, e.exponent))
    return e


def inverse_rule(e: Expr) -> Expr:
    """Transposes and scalar factors taken out of an inverse, inverses in it undone."""
    if isinstance(e, ex.Inverse):
        if isinstance(e.arg, ex.Transpose):
            return ex.transpose(ex.inverse(e.arg.arg))
        c, rest = ex.split_front(e.arg)
        if c != ex.ONE:
            return ex.mul(ex.power(c, ex.number(-1)), ex.inverse(rest))
        if isinstance(rest, ex.Diag):
            return ex.diag(ex.quotient(ex.ones(rest.shape[0]), column(rest.arg)))
        if isinstance(rest, ex.Mul):
            parts = _pieces(rest.matrices)
            undone = sum(len(p) == 1 and base_power(p[0])[1] < 0 for p in parts)
            if 2 * undone >= len(parts):
                return ex.mul(*[ex.inverse(ex.mul(*p)) for p in reversed(parts)])
            turned = flip(rest)
            if transposes(turned) + 1 < transposes(rest):
                return ex.transpose(ex.inverse(turned))
    return e


def _pieces(chain: tuple[Expr, ...]) -> list[tuple[Expr, ...]]:
    """A square product as the product of as many square ones as there are."""
    dim = chain[0].shape[0]
    found: list[tuple[Expr, ...]] = []
    start = 0
    for n, m in enumerate(chain, 1):
        if m.shape[1] == dim:
            found.append(chain[start:n])
            start = n
    return found


def cancelled(chain: list[Expr]) -> list[Expr]:
    """The chain with factors of inverted products cancelled by their neighbours."""
    at = 0
    while at < len(chain):
        found = _cancelled_at(chain, at)
        if found is None:
            at += 1
        else:
            chain, at = found, 0
    return chain


def _cancelled_at(chain: list[Expr], at: int) -> list[Expr] | None:
    """The chain with one factor of the inverse there cancelled; None where none can be."""
    factors, turned, power = _inverted(chain[at])
    parts = _pieces(factors) if len(factors) > 1 else []
    if len(parts) < 2:
        return None
    rest = [ex.matrix_power(_inverse(factors, turned), power - 1)] if power > 1 else []
    last, first = list(parts[-1]), list(parts[0])
    before, after = chain[:at], chain[at + 1 :]
    if before[-len(last) :] == last:
        left = _inverse(sum(parts[:-1], ()), turned)
        return [*before[: -len(last)], left, *rest, *after]
    if after[: len(first)] == first:
        left = _inverse(sum(parts[1:], ()), turned)
        return [*before, *rest, left, *after[len(first) :]]
    return None


def _inverted(e: Expr) -> tuple[tuple[Expr, ...], bool, int]:
    """`(factors, turned, p)` for `inv(product of the factors)^p`, `turned` a transposed one."""
    power, turned = 1, False
    while True:
        match e:
            case ex.MatrixPower(base=base, exponent=n):
                e, power = base, power * n
            case ex.Transpose(arg=arg):
                e, turned = arg, not turned
            case ex.Inverse(arg=ex.Transpose(arg=arg)):
                e, turned = ex.inverse(arg), not turned
            case ex.Inverse(arg=ex.Mul() as product) if ex.split_coefficient(product)[0] == 1:
                whole = flip(product) if turned else product
                plain = isinstance(whole, ex.Mul) and not whole.scalars
                return (
                    (whole.matrices if isinstance(whole, ex.Mul) and plain else ()),
                    turned,
                    power,
                )
            case _:
                return (), turned, power


def _without_transpose(e: Expr) -> Expr:
    """`inv(A')` as `inv(A)'`, `inv(A')'` as `inv(A)`."""
    match e:
        case ex.Transpose(arg=ex.Inverse(arg=ex.Transpose(arg=arg))):
            return ex.inverse(arg)
        case ex.Inverse(arg=ex.Transpose(arg=arg)):
            return ex.transpose(ex.inverse(arg))
        case _:
            return e


def _inverse(factors: tuple[Expr, ...], turned: bool) -> Expr:
    """The inverse of a product, written as the transpose of one where it was."""
    product = ex.mul(*factors)
    return _without_transpose(
        ex.transpose(ex.inverse(flip(product))) if turned else ex.inverse(product)
    )
