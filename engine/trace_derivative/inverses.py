"""Expr -> Expr: inverses and powers of square matrices."""

from __future__ import annotations

from . import expr as ex
from .expr import Expr
from .reductions import split_front


def negative_power(base: Expr, p: int) -> Expr:
    """`base^p` for a negative p."""
    return ex.matrix_power(ex.inverse(base), -p)


def base_power(e: Expr) -> tuple[Expr, int]:
    """A square matrix as a power of a base."""
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
    """Transposes and scalar factors taken out of an inverse."""
    if isinstance(e, ex.Inverse):
        if isinstance(e.arg, ex.Transpose):
            return ex.transpose(ex.inverse(e.arg.arg))
        c, rest = split_front(e.arg)
        if c != ex.ONE:
            return ex.mul(ex.power(c, ex.number(-1)), ex.inverse(rest))
    return e
