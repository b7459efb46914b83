"""Random well-shaped expressions of the whole matrix language, for property tests.

The symbols have fixed shapes over the dimensions m, n and p (`SYMBOLS`), so that expressions
that are drawn one after the other fit together.  Every node kind of `expr` can come up; an
index always occurs in the body that binds it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import TypeAlias, TypeVar

from hypothesis import strategies as st

from trace_derivative import expr as ex
from trace_derivative.expr import SCALAR, Dim, Expr, Index, Shape, Symbol

DIMS = ("m", "n", "p")
SMOOTH = ("exp", "sin", "cos", "tanh", "arctan", "sigmoid", "softplus")
"""Functions that are smooth and defined everywhere."""
FUNCTIONS = (*SMOOTH, "log", "sqrt", "tan", "sinh", "cosh", "abs", "sign", "relu", "step")
"""All functions that expressions are made of by default."""
PAIRS = ("logaddexp", "max")
"""Functions of two arguments."""

MATRIX_FUNCTIONS = ("exp", "sin", "cos", "cosh", "log", "sqrt", "pow")
"""The functions of a matrix that occur."""

_SHAPES: dict[str, tuple[Dim, ...]] = {
    "X": ("m", "n"),
    "A": ("m", "n"),
    "B": ("n", "m"),
    "C": ("n", "p"),
    "D": ("p", "m"),
    "E": ("p", "n"),
    "W1": ("m", "p"),
    "H": ("p", "p"),
    "S": ("n", "n"),
    "Q": ("m", "m"),
    "Sigma": ("n", "n"),
    "x": ("n",),
    "u": ("n",),
    "y": ("m",),
    "z_0": ("p",),
    "a": (),
    "c": (),
    "alpha": (),
    # of composite sizes
    "K": ("m*n", "m*n"),
    "w": ("m*n",),
}
SYMBOLS: dict[str, Symbol] = {
    name: ex.symbol(name, (*dims, 1, 1)[:2], len(dims))  # type: ignore[arg-type]
    for name, dims in _SHAPES.items()
}
"""All symbols that can occur, by name."""
SHAPES: tuple[Shape, ...] = (
    SCALAR,
    *((r, 1) for r in DIMS),
    *((1, c) for c in DIMS),
    *((r, c) for r in DIMS for c in DIMS),
)
_INNER: tuple[Dim, ...] = (*DIMS, 1)
_EXPONENTS = [Fraction(v) for v in ("2", "3", "-1", "-2", "1/2", "2/3", "-1/2", "1.5")]
_INDEX_NAMES = ("i", "j", "k", "l")
_NUMBERS = [Fraction(v) for v in ("1", "2", "3", "-1", "-2", "0.5", "1.25", "2/3", "-5/7", "10")]

Scope: TypeAlias = tuple[Index, ...]
Rule: TypeAlias = Callable[[Shape, int, Scope], Expr]
T = TypeVar("T")


class _Maker:
    """One drawing: what is allowed, and the source of choices."""

    def __init__(
        self, draw: st.DrawFn, functions: Sequence[str], indices: bool, frechet: bool
    ) -> None:
        self.draw = draw
        self.functions = tuple(functions)
        self.indices = indices
        self.frechet = frechet

    def one(self, options: Sequence[T]) -> T:
        return options[self.draw(st.integers(0, len(options) - 1))]

    def of(self, shape: Shape, depth: int, scope: Scope = ()) -> Expr:
        """An expression of a shape; `scope` are the indices that it may use."""
        if depth <= 0:
            return self.leaf(shape, scope)
        rule = self.one(self.rules(shape, scope))
        return rule(shape, depth - 1, scope)

    def rules(self, shape: Shape, scope: Scope) -> list[Rule]:
        """The ways to make an expression of a shape, the simplest first."""
        rules: list[Rule] = [
            self.any_leaf,
            self.sum,
            self.product,
            self.product,
            self.scaled,
            self.divided,
        ]
        rules += [self.applied, self.power, self.kronecker, self.reshaped]
        if shape == SCALAR:
            rules += [self.reduced, self.reduced, self.reduced, self.quadratic]
            rules += [self.reduced_kronecker, self.composite_quadratic]
        else:
            rules += [self.transposed, self.hadamard, self.quotient, self.softmax]
            if shape[0] == shape[1]:
                rules += [self.square, self.square, self.matrix_function]
            if shape[1] == 1:
                rules += [self.diagonal]
        if self.indices:
            rules += [self.index_sum]
            if shape != SCALAR and shape[0] != 1:
                rules += [self.rows]
            if scope:
                rules += [self.indexed, self.indexed, self.indexed]
        return rules

    def leaf(self, shape: Shape, scope: Scope) -> Expr:
        """A symbol, or what is nearest to one."""
        found = [s for s in SYMBOLS.values() if s.shape == shape]
        if not found:
            return ex.transpose(self.leaf((shape[1], shape[0]), scope))
        return self.one(found)

    def any_leaf(self, shape: Shape, depth: int, scope: Scope) -> Expr:
        options: list[Expr] = [self.leaf(shape, scope), self.leaf(shape, scope)]
        if shape == SCALAR:
            options += [ex.number(self.one(_NUMBERS))]
        else:
            options += [ex.ones(*shape), ex.zeros(*shape)]
            if shape[0] == shape[1]:
                options += [ex.identity(shape[0])]
        return self.one(options)

    def sum(self, shape: Shape, depth: int, scope: Scope) -> Expr:
        terms = [self.of(shape, depth, scope) for _ in range(self.draw(st.integers(2, 3)))]
        return ex.add(*[ex.neg(t) if self.draw(st.booleans()) else t for t in terms])

    def product(self, shape: Shape, depth: int, scope: Scope) -> Expr:
        inner = [self.one(_INNER) for _ in range(self.draw(st.integers(1, 2)))]
        sizes: list[Dim] = [shape[0], *inner, shape[1]]
        return ex.mul(*[self.of(pair, depth, scope) for pair in pairwise(sizes)])

    def scaled(self, shape: Shape, depth: int, scope: Scope) -> Expr:
        factors = [self.of(SCALAR, depth, scope), self.of(shape, depth, scope)]
        return ex.mul(*(factors if self.draw(st.booleans()) else factors[::-1]))

    def divided(self, shape: Shape, depth: int, scope: Scope) -> Expr:
        denominator = self.of(SCALAR, depth, scope)
        numerator = self.of(shape, depth, scope)
        return numerator if _vanishes(denominator) else ex.quotient(numerator, denominator)

    def applied(self, shape: Shape, depth: int, scope: Scope) -> Expr:
        if self.draw(st.integers(0, 5)) == 0:
            parts = [self.of(shape, depth, scope) for _ in range(2)]
            return ex.apply(self.one(PAIRS), *parts)
        return ex.apply(self.one(self.functions), self.of(shape, depth, scope))

    def power(self, shape: Shape, depth: int, scope: Scope) -> Expr:
        base = self.of(shape, depth, scope)
        kind = self.draw(st.integers(0, 5))
        if kind == 0:
            return ex.power(base, self.of(SCALAR, 0, scope))
        if kind == 1:
            return ex.power(base, self.of(shape, 0, scope))
        if kind == 2:
            return ex.power(self.leaf(SCALAR, scope), base)
        return base if _vanishes(base) else ex.power(base, ex.number(self.one(_EXPONENTS)))

    def reduced(self, shape: Shape, depth: int, scope: Scope) -> Expr:
        n = self.one(DIMS)
        kinds = (ex.trace, ex.det, ex.logdet, ex.total, ex.norm, ex.norm1, _logsumexp)
        kind = self.one(kinds)
        if kind in kinds[:3]:
            return kind(self.of((n, n), depth, scope))
        other = self.one(_INNER)
        return kind(self.of((n, other), depth, scope))

    def quadratic(self, shape: Shape, depth: int, scope: Scope) -> Expr:
        n = self.one(DIMS)
        left, right = (self.of((n, 1), depth, scope) for _ in range(2))
        return ex.mul(ex.transpose(left), right)

    def kronecker(self, shape: Shape, depth: int, scope: Scope) -> Expr:
        """A product of two Kronecker products, or one with a scalar or a vector beside it."""
        d, e = self.one(DIMS), self.one(DIMS)
        left = ex.kron(self.of((shape[0], d), depth, scope), self.of((1, e), depth, scope))
        right = ex.kron(self.of((d, shape[1]), depth, scope), self.of((e, 1), depth, scope))
        return ex.mul(left, right)

    def reshaped(self, shape: Shape, depth: int, scope: Scope) -> Expr:
        """Something done to the columns of a matrix below each other, undone."""
        column = ex.vec(self.of(shape, depth, scope))
        kind = self.draw(st.integers(0, 2))
        if kind == 0:
            column = ex.apply(self.one(self.functions), column)
        elif kind == 1:
            column = ex.hadamard(column, ex.vec(self.of(shape, depth, scope)))
        return ex.unvec(column, *shape)

    def reduced_kronecker(self, shape: Shape, depth: int, scope: Scope) -> Expr:
        """A number made of a Kronecker product, perhaps beside a matrix of its size."""
        m, n = self.of(("m", "m"), depth, scope), self.of(("n", "n"), depth, scope)
        whole = ex.kron(m, n) if self.draw(st.booleans()) else ex.kron(n, m)
        if self.draw(st.booleans()):
            whole = (ex.add if self.draw(st.booleans()) else ex.mul)(whole, SYMBOLS["K"])
        return self.one((ex.trace, ex.det, ex.total, ex.norm, ex.norm1))(whole)

    def composite_quadratic(self, shape: Shape, depth: int, scope: Scope) -> Expr:
        """A quadratic form of composite size."""
        sides = [
            self.one((SYMBOLS["w"], ex.vec(self.of(("m", "n"), depth, scope)))) for _ in range(2)
        ]
        factors = self.of(("n", "n"), depth, scope), self.of(("m", "m"), depth, scope)
        middle = self.one((SYMBOLS["K"], ex.kron(*factors)))
        return ex.mul(ex.transpose(sides[0]), middle, sides[1])

    def transposed(self, shape: Shape, depth: int, scope: Scope) -> Expr:
        return ex.transpose(self.of((shape[1], shape[0]), depth, scope))

    def hadamard(self, shape: Shape, depth: int, scope: Scope) -> Expr:
        return ex.hadamard(
            *[self.of(shape, depth, scope) for _ in range(self.draw(st.integers(2, 3)))]
        )

    def quotient(self, shape: Shape, depth: int, scope: Scope) -> Expr:
        numerator, denominator = (self.of(shape, depth, scope) for _ in range(2))
        return numerator if _vanishes(denominator) else ex.quotient(numerator, denominator)

    def square(self, shape: Shape, depth: int, scope: Scope) -> Expr:
        kind = self.draw(st.integers(0, 4))
        if kind == 4:
            return ex.triangle(self.one(("lower", "upper")), self.of(shape, depth, scope))
        if kind == 0:
            along = (shape[0], 1) if self.draw(st.booleans()) else (1, shape[0])
            return ex.diag(self.of(along, depth, scope))
        inner = self.of(shape, depth, scope)
        if _vanishes(inner):
            return inner
        return ex.inverse(inner) if kind == 1 else ex.matrix_power(inner, kind * 2 - 2 or -2)

    def softmax(self, shape: Shape, depth: int, scope: Scope) -> Expr:
        kind = self.one(("softmax_rows", "softmax_columns"))
        return ex.operation(kind, self.of(shape, depth, scope))

    def matrix_function(self, shape: Shape, depth: int, scope: Scope) -> Expr:
        """A function of a matrix of few symbols; one with a branch cut of a definite matrix."""
        inner = self.of(shape, min(depth, 1), scope)
        function = self.one(MATRIX_FUNCTIONS)
        parameters: tuple[Expr, ...] = ()
        if function in {"log", "sqrt", "pow"}:
            inner = ex.add(ex.mul(inner, ex.transpose(inner)), ex.identity(shape[0]))
        if function == "pow":
            number = ex.number(self.one([p for p in _EXPONENTS if p.denominator != 1]))
            parameters = (self.one([number, SYMBOLS["alpha"]]),)
        if self.frechet and self.draw(st.booleans()):
            direction = self.of(shape, depth, scope)
            return ex.frechet(function, inner, direction, *parameters)
        return ex.matrix_function(function, inner, *parameters)

    def diagonal(self, shape: Shape, depth: int, scope: Scope) -> Expr:
        return ex.diagonal(self.of((shape[0], shape[0]), depth, scope))

    def index_sum(self, shape: Shape, depth: int, scope: Scope) -> Expr:
        sizes = [*DIMS, *(i.dim for i in scope)]
        index = Index(self.one(_INDEX_NAMES), self.one(sizes))
        inner = self.of(shape, depth, _inside(scope, index))
        return ex.index_sum((index,), inner) if index in inner.free else inner

    def rows(self, shape: Shape, depth: int, scope: Scope) -> Expr:
        index = Index(self.one(_INDEX_NAMES), shape[0])
        inside = _inside(scope, index)
        body = self.of((1, shape[1]), depth, inside)
        if index not in body.free:
            body = ex.hadamard(body, self.slice((1, shape[1]), 0, inside, index))
        return ex.rows(index, body)

    def indexed(self, shape: Shape, depth: int, scope: Scope) -> Expr:
        return self.slice(shape, depth, scope, self.one(scope))

    def slice(self, shape: Shape, depth: int, scope: Scope, index: Index) -> Expr:
        """An expression of a shape that uses an index."""
        others = [i for i in scope if i != index]
        alike = [i for i in others if i.dim == index.dim]
        if shape == SCALAR and alike and self.draw(st.booleans()):
            return ex.delta(index, self.one(alike))
        if shape == SCALAR and others and self.draw(st.booleans()):
            other = self.one(others)
            return ex.entry(self.of((index.dim, other.dim), depth, scope), index, other)
        if shape == SCALAR:
            return ex.entry(self.of((index.dim, 1), depth, scope), index)
        if shape[0] == 1:
            return ex.row(self.of((index.dim, shape[1]), depth, scope), index)
        if shape[1] == 1:
            return ex.column(self.of((shape[0], index.dim), depth, scope), index)
        return ex.mul(self.slice(SCALAR, depth, scope, index), self.of(shape, depth, scope))


def _logsumexp(e: Expr) -> Expr:
    return ex.operation("logsumexp", e)


def _vanishes(e: Expr) -> bool:
    """May it be zero by construction, so that nothing is to be divided by it?"""
    return any(ex.is_zero(part) for part in ex.walk(e))


def _inside(scope: Scope, index: Index) -> Scope:
    """The indices inside a binder: a name of it hides the same name outside."""
    return (*(i for i in scope if i.name != index.name), index)


@st.composite
def expressions(
    draw: st.DrawFn,
    shape: Shape | None = None,
    *,
    depth: int = 3,
    functions: Sequence[str] = FUNCTIONS,
    indices: bool = True,
    frechet: bool = False,
) -> Expr:
    """A random expression, of a random shape where none is given.

    `depth` bounds the nesting; `functions` are the elementwise functions that may occur; without
    `indices` there are no slices, entries, deltas, sums over an index and stacked rows; with
    `frechet` there are derivatives of matrix functions.
    """
    chosen = draw(st.sampled_from(SHAPES)) if shape is None else shape
    least = draw(st.integers(1, depth))
    return _Maker(draw, functions, indices, frechet).of(chosen, least)


def scalar_expressions(
    *, depth: int = 3, functions: Sequence[str] = FUNCTIONS, indices: bool = True
) -> st.SearchStrategy[Expr]:
    """A random scalar expression."""
    return expressions(SCALAR, depth=depth, functions=functions, indices=indices)
