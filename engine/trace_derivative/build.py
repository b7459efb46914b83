"""Syntax tree and dimensions to an expression: every node through its constructor in `expr`.

Input: a tree, and what is known of its shapes (`Inferred`).  What depends on a value and not on a
shape is settled here: whole exponents, numbers that are too large, a division by zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TypeVar, assert_never

from . import expr as ex, limits
from .construct import UNIT
from .errors import LimitError, ShapeError, TraceDerivativeError, UnsupportedError
from .expr import Dim, Expr, Index, Shape, Symbol
from .matrix_functions import DERIVATIVES, NAMES, POWER, along
from .shapes import Inference
from .tree import (
    Blocks,
    Bound,
    Call,
    Constant,
    DeltaOf,
    IndexName,
    Literal,
    Name,
    Negative,
    Parsed,
    Place,
    Product,
    Raised,
    Reshaped,
    Subscript,
    Sum,
    Transposed,
    Tree,
)
from .vanishing import vanishes

E = TypeVar("E", bound=TraceDerivativeError)

_FUNCTIONS = {
    "tr": ex.trace,
    "inv": ex.inverse,
    "sum": ex.total,
}
_MAX_BITS = 1000
"""Bits of a numerator or denominator: what a float can hold."""


class Inferred:
    """What the inference has found, named."""

    def __init__(self, inference: Inference) -> None:
        self._inference = inference

    def shape(self, node: Tree) -> Shape:
        """The shape of any node."""
        rows, columns = self._inference.pairs[node]
        return self._inference.dims.dim(rows), self._inference.dims.dim(columns)

    def range(self, index: IndexName) -> Dim:
        """The dimension over which an index runs."""
        return self._inference.dims.dim(self._inference.indices[index])

    def occurs(self, index: IndexName) -> bool:
        """Does the index of a sum, or of rows, stand in the body?"""
        return self._inference.occurs(index)

    def kind(self, node: Name) -> str:
        """What the name was declared as."""
        return self._inference.declared[node.name].kind

    def is_power(self, node: Transposed) -> bool:
        """Was the letter found to be a scalar?"""
        return node in self._inference.powers


class Builder:
    """Expressions for the texts of one reading."""

    def __init__(self, sizes: Inferred, symbols: Mapping[str, Symbol]) -> None:
        self._sizes = sizes
        self._symbols = symbols
        self._source = ""

    def build(self, parsed: Parsed) -> Expr:
        """The expression of a text."""
        self._source = parsed.source
        try:
            return self._of(parsed.tree)
        except ShapeError as problem:
            if problem.source:
                raise
            # a constructor's own check: the inference has missed something
            raise self._error(ShapeError, problem.message, parsed.tree, "") from problem

    def index(self, name: IndexName) -> Index:
        """An index with its dimension."""
        return Index(name.name, self._sizes.range(name))

    def _of(self, node: Tree) -> Expr:
        match node:
            case Name():
                return self._name(node)
            case Product():
                return self._product(node)
            case Call(function=function, args=args):
                return self._call(node, function, [self._of(arg) for arg in args])
            case Transposed():
                return self._transposed(node)
            case Sum(terms=terms, signs=signs):
                parts = [self._of(t) for t in terms]
                signed = [p if s > 0 else ex.neg(p) for p, s in zip(parts, signs, strict=True)]
                return self._bounded(ex.add(*signed), node)
            case Literal(value=value):
                return ex.number(value)
            case Negative(arg=arg):
                return ex.neg(self._of(arg))
            case Raised():
                return self._raised(node)
            case Constant(kind=kind):
                return self._constant(kind, node)
            case Subscript():
                return self._subscript(node)
            case Bound(kind=kind, indices=indices, body=body):
                bound = tuple(self.index(i) for i in indices)
                inner = self._of(body)
                gone = any(
                    i not in inner.free and self._sizes.occurs(name)
                    for i, name in zip(bound, indices, strict=True)
                )
                if kind == "rows":
                    return (ex.stacked if gone else ex.rows)(bound[0], inner)
                return (ex.summed if gone else ex.index_sum)(bound, inner)
            case Blocks(rows=lines):
                grid = tuple(tuple(map(self._of, line)) for line in lines)
                return ex.block(grid, self._sizes.shape(node))
            case Reshaped(arg=arg):
                return ex.unvec(self._of(arg), *self._sizes.shape(node))
            case DeltaOf(row=row, column=column):
                i, j = self.index(row), self.index(column)
                if i.dim != j.dim:
                    raise ShapeError(f"delta of an index over {i.dim} and one over {j.dim}")
                return ex.delta(i, j)
            case _:
                assert_never(node)

    def _name(self, node: Name) -> Expr:
        symbol = self._symbols.get(node.name)
        if symbol is not None:
            return symbol
        return self._constant(self._sizes.kind(node), node)

    def _constant(self, kind: str, node: Tree) -> Expr:
        rows, columns = self._sizes.shape(node)
        if kind == "eye":
            return ex.identity(rows)
        return (ex.ones if kind == "ones" else ex.zeros)(rows, columns)

    def _product(self, node: Product) -> Expr:
        # factors between other operators than * are multiplied at once
        run = [self._of(node.factors[0])]
        for sign, factor in zip(node.operators, node.factors[1:], strict=True):
            right = self._of(factor)
            if sign == "*":
                run.append(right)
                continue
            left = ex.mul(*run) if len(run) > 1 else run[0]
            if sign == ".*":
                run = [ex.hadamard(left, right)]
            else:
                if vanishes(right):
                    raise self._by_zero(factor)
                run = [ex.quotient(left, right)]
        return self._bounded(ex.mul(*run) if len(run) > 1 else run[0], node)

    def _call(self, node: Call, function: str, args: list[Expr]) -> Expr:
        if node.elementwise:
            return ex.apply(function, *_of_one_shape(args))
        if function == "kron":
            return ex.kron(*args, shape=self._sizes.shape(node))
        if function == "vec":
            return ex.vec(args[0], self._sizes.shape(node)[0])
        if function == "dot":
            return ex.total(ex.hadamard(*args))
        if function == "diag":
            return ex.diag(args[0]) if 1 in args[0].shape else ex.diagonal(args[0])
        if function in NAMES:
            return ex.matrix_function(NAMES[function], args[0])
        if function in DERIVATIVES:
            return self._frechet(DERIVATIVES[function], *args)
        if function in ("tril", "triu"):
            return ex.triangle("lower" if function == "tril" else "upper", args[0])
        if function == "inv" and vanishes(args[0]):
            raise self._by_zero(node)
        if function in _FUNCTIONS:
            return _FUNCTIONS[function](args[0])
        return ex.operation(function.removeprefix("vector "), *args)

    def _frechet(self, function: str, arg: Expr, direction: Expr, *parameters: Expr) -> Expr:
        if ex.is_scalar(arg):
            return along(function, arg, direction, parameters)
        return ex.frechet(function, arg, direction, *parameters)

    def _transposed(self, node: Transposed) -> Expr:
        arg = self._of(node.arg)
        if self._sizes.is_power(node):
            letter = self._symbols["T"]
            return ex.power(arg, ex.neg(letter) if node.inverse else letter)
        if node.inverse:
            if vanishes(arg):
                raise self._by_zero(node)
            arg = ex.inverse(arg)
        return ex.transpose(arg)

    def _raised(self, node: Raised) -> Expr:
        base, exponent = self._of(node.base), self._of(node.exponent)
        value = exponent.value if isinstance(exponent, ex.Number) else None
        if value is not None and value < 0 and vanishes(base):
            raise self._by_zero(node)
        if not node.elementwise and not ex.is_scalar(exponent):
            raise ShapeError(f"an exponent is a scalar, not {ex.describe(exponent.shape)}")
        if node.elementwise or ex.is_scalar(base):
            if value is not None:
                self._check_power(base, value, node.exponent)
            return ex.power(base, exponent)
        if value is None or value.denominator != 1:
            return ex.matrix_function(POWER, base, exponent)
        result = base if abs(value) > limits.current().terms else ex.matrix_power(base, int(value))
        most = result.exponent if isinstance(result, ex.MatrixPower) else abs(value)
        if max(most, abs(value)) > limits.current().terms:
            raise self._error(
                LimitError,
                f"the exponent {value} of a matrix: the limit is {limits.current().terms}",
                node.exponent,
                "raise the limit `terms`",
            )
        return result

    def _subscript(self, node: Subscript) -> Expr:
        arg = self._of(node.arg)
        first, second = node.places[0], node.places[-1]
        if len(node.places) == 1:
            assert first is not None
            if arg.shape[1] != 1:
                arg = ex.transpose(arg)
            return ex.entry(arg, self.index(first))
        if second is None:
            assert first is not None
            return ex.row(arg, self.index(first))
        if first is None:
            return ex.column(arg, self.index(second))
        return ex.entry(arg, self.index(first), self.index(second))

    # ------------------------------------------------------------ numbers

    def _check_power(self, base: Expr, exponent: Fraction, place: Place) -> None:
        """Refuse a power that would be a number of too many digits."""
        bits = _bits(ex.split_coefficient(base)[0])
        if bits > 1 and abs(exponent) < 100 and bits * abs(exponent) > _MAX_BITS:
            raise self._too_large(place)

    def _bounded(self, e: Expr, place: Place) -> Expr:
        """The expression, where its coefficient is not too large."""
        if isinstance(e, ex.Mul):
            if e.coefficient is not UNIT and _bits(e.coefficient) > _MAX_BITS:
                raise self._too_large(place)
        elif isinstance(e, ex.Number):
            if _bits(e.value) > _MAX_BITS:
                raise self._too_large(place)
        elif isinstance(e, ex.Add):
            # numbers are collected in the last term
            self._bounded(e.terms[-1], place)
        return e

    def _too_large(self, place: Place) -> LimitError:
        hint = "write a symbol for it"
        return self._error(LimitError, "a number with too many digits", place, hint)

    def _by_zero(self, place: Place) -> UnsupportedError:
        hint = "this is zero for all values"
        return self._error(UnsupportedError, "a division by zero", place, hint)

    def _error(self, kind: type[E], message: str, place: Place, hint: str) -> E:
        return kind(message, source=self._source, span=place.span, hint=hint)


def _of_one_shape(args: list[Expr]) -> list[Expr]:
    """The arguments, with each scalar among matrices as a multiple of the matrix of ones."""
    shape = next((a.shape for a in args if a.shape != ex.SCALAR), ex.SCALAR)
    return [a if a.shape == shape else ex.mul(a, ex.ones(*shape)) for a in args]


def _bits(value: Fraction) -> int:
    return max(value.numerator.bit_length(), value.denominator.bit_length())
