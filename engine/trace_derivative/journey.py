"""What is needed to evaluate the sides of a derivation's equalities, and sides as texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from . import expr as ex, indexed as ix
from .expr import Expr, Index, Symbol
from .statements import (
    Definition,
    Derivative,
    DerivativeSum,
    EntryOfResult,
    FunctionName,
    Side,
)

TOLERANCE = 1e-8
"""The largest relative error of an equality."""

TOLERANCE_DIFFERENCES = 1e-5
"""The same where a derivative is taken by central differences."""


@dataclass(frozen=True, slots=True)
class Journey:
    """What is needed to evaluate the sides of a derivation's steps.

    `marked`: for each occurrence f with this occurrence's variable under another name (index
    form as text), and that name.
    """

    function: Expr
    variable: Symbol
    symbols: Mapping[str, Symbol]
    marked: tuple[tuple[ix.Indexed, Symbol], ...] = ()
    definitions: tuple[Definition, ...] = ()


def indices_in(e: Expr) -> set[Index]:
    """The indices that the author has written."""
    found: set[Index] = set()
    if not ex.holds(e, ex.Row, ex.Column, ex.Entry, ex.Delta):
        return found
    for node in ex.walk(e):
        found.update(node.free)
    return found


def written(side: Side, free: tuple[Index, ...], function: Expr) -> str:
    """A side as text, behind its free indices; f is written out."""
    if not free and isinstance(side, ex.Node):
        return str(side)
    match side:
        case FunctionName():
            return str(function)
        case Derivative(function=None):
            return str(replace(side, function=function))
        case EntryOfResult() | ix.Term():
            return f"[{names_of(free)}] {side}" if free else str(side)
        case _:
            return str(side)


def names_of(free: tuple[Index, ...]) -> str:
    """Indices with commas between them."""
    return ",".join(i.name for i in free)


def has_derivative(side: Side) -> bool:
    """Is a derivative taken on this side?"""
    return isinstance(side, Derivative | DerivativeSum)
