"""Expr -> Expr: rules applied from the leaves up until nothing changes.

The rules themselves are in modules of their own; `simplify` has the table of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from . import expr as ex
from .expr import Expr
from .limits import check_time

Rule: TypeAlias = Callable[[Expr], Expr]
"""An identity as a deed: an equal expression, the same one where there is nothing to do."""

RULES: dict[type[ex.Node], Rule] = {}
"""The rule of each kind of node; `simplify` puts them in."""

MOST_ROUNDS = 8
"""How often a rule is applied to its own result."""

_memo: dict[Expr, Expr] = {}
_MEMO_LIMIT = 100_000


def clear() -> None:
    """Forget all results."""
    _memo.clear()


def simplify(e: Expr) -> Expr:
    """An equal expression in the compact form."""
    if not e.kinds & ex.COMPOUND:
        return e
    found = _memo.get(e)
    if found is not None:
        return found
    check_time()
    if len(_memo) > _MEMO_LIMIT:
        clear()
    new = ex.map_parts(e, simplify)
    if isinstance(new, ex.Mul) and new is not e:  # scalars that came out of factors
        new = ex.map_parts(new, simplify)
    for _ in range(MOST_ROUNDS):
        rule = RULES.get(type(new))
        if rule is None:
            break
        after = rule(new)
        if after is new or after == new:
            break
        new = simplify(after) if type(after) is not type(new) else after
    _memo[e] = new
    if new is not e:
        _memo[new] = new
    return new
