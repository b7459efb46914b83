"""Expr -> Expr: what is known of symbols used on a finished gradient.

An assumption about the variable holds for its values, not for the derivative: it is used after
the differentiation only.
"""

from __future__ import annotations

from collections.abc import Mapping

from . import expr as ex
from .expr import Expr, Symbol
from .sampling import kinds_of
from .simplify import simplify, transposes

_SYMMETRIC = {"symmetric", "spd", "diagonal"}


def with_assumptions(e: Expr, assume: Mapping[str, str]) -> Expr:
    """The result with the transposes removed that symmetry makes needless."""
    names = frozenset(n for n, kind in assume.items() if kinds_of(kind) & _SYMMETRIC)
    if not names & e.symbols:
        return e

    def go(node: Expr) -> Expr:
        inner = ex.map_children(node, go)
        if isinstance(inner, ex.Transpose) and inner.symbols & names:
            turned = go_inside(inner.arg)
            if turned == inner.arg or transposes(turned) <= transposes(inner.arg):
                return turned
        return inner

    def go_inside(node: Expr) -> Expr:
        """The transpose of a node, its transposes pushed to the symbols."""
        match node:
            case Symbol() if node.name in names:
                return node
            case ex.Inverse() | ex.MatrixPower() | ex.Apply() | ex.Hadamard() | ex.Add():
                return ex.with_children(node, tuple(go_inside(c) for c in ex.children(node)))
            case ex.MatrixFunction() | ex.Frechet():
                return ex.with_children(node, tuple(go_inside(c) for c in ex.children(node)))
            case ex.Mul(coefficient=c, scalars=scalars, matrices=matrices):
                flipped = [go_inside(m) for m in reversed(matrices)]
                return ex.mul(ex.number(c), *scalars, ex.mul(*flipped))
            case _:
                return ex.transpose(node)

    return simplify(go(e))


def with_structure(e: Expr, structure: str | None) -> Expr:
    """The gradient by a structured variable (Cookbook (138)-(142))."""
    if structure is None or e.shape == ex.SCALAR:
        return e
    on_diagonal = ex.hadamard(e, ex.identity(e.shape[0]))
    if structure == "diagonal":
        return simplify(on_diagonal)
    return simplify(ex.sub(ex.add(e, ex.transpose(e)), on_diagonal))
