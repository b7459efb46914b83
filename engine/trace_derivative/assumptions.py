"""Expr -> Expr: what is known of symbols used on a finished gradient.

An assumption about the variable holds for its values, not for the derivative: it is used after
the differentiation only.
"""

from __future__ import annotations

from collections.abc import Mapping

from . import expr as ex
from .expr import Expr, Symbol
from .sampling import kinds_of
from .simplify import simplify

_SYMMETRIC = {"symmetric", "spd", "diagonal"}


def with_assumptions(e: Expr, assume: Mapping[str, str]) -> Expr:
    """The result with transposes of symmetric matrices removed."""
    names = {n for n, kind in assume.items() if kinds_of(kind) & _SYMMETRIC}
    if not names & e.symbols:
        return e

    def go(node: Expr) -> Expr:
        inner = ex.map_children(node, go)
        if isinstance(inner, ex.Transpose):
            arg = inner.arg.arg if isinstance(inner.arg, ex.Inverse) else inner.arg
            if isinstance(arg, Symbol) and arg.name in names:
                return inner.arg
        return inner

    return simplify(go(e))


def with_structure(e: Expr, structure: str | None) -> Expr:
    """The gradient by a structured variable (Cookbook (138)-(142))."""
    if structure is None or e.shape == ex.SCALAR:
        return e
    on_diagonal = ex.hadamard(e, ex.identity(e.shape[0]))
    if structure == "diagonal":
        return simplify(on_diagonal)
    return simplify(ex.sub(ex.add(e, ex.transpose(e)), on_diagonal))
