"""Expr -> Expr: an equal, neater expression; here is the table of its rules.

Every rule is an identity for all values (shapes given): transposes are pushed inward, double
transposes, identities and cancelling factors removed, like terms collected, elementwise products
and quotients merged, sums over slices put together as matrices.
"""

from __future__ import annotations

from . import blocks, expr as ex, kronecker, rewrite, transposes as counts
from .elementwise import elementwise_rule, power_rule
from .expr import Expr
from .inverses import inverse_rule, matrix_power_rule
from .matrix_functions import rewritten
from .products import mul_rule
from .reductions import (
    apply_rule,
    diag_rule,
    diagonal_rule,
    linear_rule,
    operation_rule,
    total_rule,
    trace_rule,
)
from .rewrite import Rule, simplify as simplify
from .slices import simplify_index_sum, simplify_rows
from .sums import add_rule
from .transposes import (
    flip as flip,
    push_transposes as push_transposes,
    transpose_rule,
    transposes as transposes,
)
from .triangles import triangle_rule


def clear() -> None:
    """Forget all results."""
    rewrite.clear()
    counts.clear()


def _either(*rules: Rule) -> Rule:
    """The first of several rules that does something."""

    def first(e: Expr) -> Expr:
        for rule in rules:
            after = rule(e)
            if after is not e and after != e:
                return after
        return e

    return first


_RULES: dict[type[ex.Node], Rule] = {
    ex.Transpose: transpose_rule,
    ex.Add: add_rule,
    ex.Mul: mul_rule,
    ex.Hadamard: elementwise_rule,
    ex.Quotient: elementwise_rule,
    ex.Apply: apply_rule,
    ex.Power: power_rule,
    ex.Diag: _either(linear_rule, diag_rule),
    ex.Diagonal: _either(linear_rule, rewritten, diagonal_rule),
    ex.Trace: _either(linear_rule, rewritten, trace_rule),
    ex.Total: _either(linear_rule, total_rule),
    ex.Operation: _either(rewritten, operation_rule),
    ex.Inverse: _either(rewritten, inverse_rule),
    ex.MatrixPower: _either(rewritten, matrix_power_rule),
    ex.MatrixFunction: rewritten,
    ex.Frechet: rewritten,
    ex.Triangle: _either(linear_rule, triangle_rule),
    ex.IndexSum: simplify_index_sum,
    ex.Rows: simplify_rows,
}


_PARTED = ex.bits_of(ex.Block, ex.Kron, ex.Vec, ex.Unvec)


def _opened(e: Expr) -> Expr:
    """A block matrix, a Kronecker product or a vec opened, and what comes of it simplified."""
    if not e.kinds & _PARTED:
        return e
    after = blocks.rewritten(e)
    if after == e:
        after = kronecker.rewritten(e)
    return e if after == e else simplify(after)


def _opening(rule: Rule) -> Rule:
    """A rule, before which what has parts is opened."""
    either = _either(_opened, rule)
    return lambda e: either(e) if e.kinds & _PARTED else rule(e)


_STRUCTURED = blocks.RULES.keys() | kronecker.RULES.keys()
rewrite.RULES.update(_RULES)
rewrite.RULES.update({k: _opening(_RULES[k]) if k in _RULES else _opened for k in _STRUCTURED})
