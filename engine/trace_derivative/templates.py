"""The rules of the operators, which `operators` has as texts, at given arguments.

Input: an operator at work (and the matrix D with `df = sum(D .* dY)`); output: its definition or
its derivative as an expression.  A text is read once, over symbols whose dimensions are letters;
then symbols and letters are replaced.
"""

from __future__ import annotations

from functools import cache

from . import expr as ex, operators
from .expr import Expr, Shape
from .operators import LETTERS, Letters, Operator
from .read import read


def definition(e: ex.Operation) -> Expr | None:
    """The operator at its arguments in terms of others; None where it has no definition."""
    entry = operators.TABLE[e.operator]
    if not entry.definition:
        return None
    return _at(_template(entry.name, entry.definition, entry.result), e)


def gradient(e: ex.Operation, place: int, dual: Expr | None = None) -> Expr:
    """The matrix G with `df = sum(G .* dZ)` for the argument at `place`.

    `dual` is D with `df = sum(D .* dY)` for the value Y; left out where f is the value itself.
    """
    entry = operators.TABLE[e.operator]
    template = _template(entry.name, entry.gradient[place], entry.arguments[place])
    return _at(template, e, dual)


def _at(template: Expr, e: ex.Operation, dual: Expr | None = None) -> Expr:
    values: dict[str, Expr] = dict(zip(LETTERS, e.args, strict=False))
    values["Y"] = e
    # a value that is a number may be the function itself, though the operator gives matrices
    values["D"] = ex.ONE if dual is None else dual
    found = operators.dims_of(operators.TABLE[e.operator], [a.shape for a in e.args]) or {}
    return ex.instantiate(template, values, found)


@cache
def _template(name: str, text: str, result: Letters) -> Expr:
    """A rule of an operator as an expression over letters."""
    entry = operators.TABLE[name]
    reading = read(text, symbols=_symbols(entry), expected=_shape(result))
    return reading.exprs[0]


def _symbols(entry: Operator) -> dict[str, ex.Symbol]:
    """The arguments, the value and the matrix D over the dimension letters."""
    shapes = dict(zip(LETTERS, entry.arguments, strict=False))
    shapes |= {"Y": entry.result, "D": entry.result}
    return {name: ex.symbol(name, _shape(letters)) for name, letters in shapes.items()}


def _shape(letters: Letters) -> Shape:
    rows, columns = (1 if letter == "1" else letter for letter in letters)
    return rows, columns
