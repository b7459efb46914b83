"""Ranges of indices, where a text does not show them."""

from __future__ import annotations

from trace_derivative import expr as ex
from trace_derivative.expr import Dim, Expr


def index_ranges(e: Expr) -> dict[str, Dim]:
    """Over which dimension each index runs, which the text of a lone delta does not show."""
    found: dict[str, set[Dim]] = {}
    for node in ex.walk(e):
        bound = node.indices if isinstance(node, ex.IndexSum) else ()
        for i in (node.index,) if isinstance(node, ex.Rows) else bound:
            found.setdefault(i.name, set()).add(i.dim)
    return {name: dims.pop() for name, dims in found.items() if len(dims) == 1}
