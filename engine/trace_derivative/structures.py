"""Expr -> Expr: the derivative by a structured variable, made of that by independent entries.

Cookbook (138)-(142): where a parameter of the structure moves, several entries move with it.
"""

from __future__ import annotations

from . import expr as ex
from .assumptions import on_diagonal, with_facts
from .expr import Expr
from .factor import factored
from .kinds import Facts
from .length import length
from .simplify import flip, simplify, transposes


def with_structure(e: Expr, structure: str) -> Expr:
    """The gradient by a variable of that structure, of the one with all entries independent.

    Entry (i, j) is the derivative where that parameter moves, and with it what the structure
    ties to it (Cookbook (138)-(142)).
    """
    if e.shape == ex.SCALAR:
        return e
    on_diagonal_of = ex.hadamard(e, ex.identity(e.shape[0]))
    match structure:
        case "symmetric":
            first = min(e, flip(e), key=transposes)
            found = ex.sub(ex.add(first, ex.transpose(first)), on_diagonal_of)
        case "skew":
            found = ex.sub(e, ex.transpose(e))
        case "lower":
            found = ex.triangle("lower", e)
        case "upper":
            found = ex.triangle("upper", e)
        case "diagonal":
            found = on_diagonal_of
        case _:
            raise ValueError(f"{structure} is no structure")
    return _neat(simplify(found))


def structured(e: Expr, structure: str, facts: Facts) -> Expr:
    """The gradient by a variable of that structure under the facts, factored.

    Transposes of sums are written out where facts and factors then make it shorter.
    """
    start = with_structure(e, structure)
    terms = start.terms if isinstance(start, ex.Add) else (start,)
    opened = ex.add(*[u for t in terms for u in _turned_apart(t)])
    forms = [factored(with_facts(form, facts)) for form in dict.fromkeys((start, opened))]
    return min(forms, key=length)


def _turned_apart(e: Expr) -> list[Expr]:
    """The terms of the transpose of a sum."""
    c, rest = ex.split_coefficient(e)
    if isinstance(rest, ex.Transpose) and isinstance(rest.arg, ex.Add):
        return [ex.scale(c, flip(t)) for t in rest.arg.terms]
    return [e]


def _neat(e: Expr) -> Expr:
    """Transposes beside the identity removed."""
    return on_diagonal(ex.map_children(e, _neat), {})
