"""Expr -> int: how long an expression is in print."""

from __future__ import annotations

from . import expr as ex
from .expr import Expr

_memo: dict[Expr, int] = {}
_MEMO_LIMIT = 100_000


def clear() -> None:
    """Forget all results."""
    _memo.clear()


def length(e: Expr) -> int:
    """The number of symbols, numbers and constants in the text.

    It differs from `leaf_count` in fractions: `a/b` has no exponent.
    """
    if not e.parts:
        return 1
    found = _memo.get(e)
    if found is None:
        if len(_memo) > _MEMO_LIMIT:
            clear()
        found = _memo[e] = _length(e)
    return found


def _length(e: Expr) -> int:
    count = sum([length(c) if c.parts else 1 for c in e.parts])
    match e:
        case ex.Mul(coefficient=c, scalars=scalars, matrices=matrices):
            below = sum(map(_is_plain_divisor, scalars))
            nothing_above = not matrices and all(map(ex.is_divisor, scalars))
            return count - below + (abs(c.numerator) != 1 or c.denominator != 1 or nothing_above)
        case ex.MatrixPower():
            return count + 1
        case _:
            return count


def _is_plain_divisor(e: Expr) -> bool:
    return ex.is_divisor(e) and isinstance(e, ex.Power) and e.exponent == ex.number(-1)
