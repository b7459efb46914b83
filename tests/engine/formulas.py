"""Random expressions of every kind, with names of every kind, for the tests of the renderers."""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import reject

from tests.engine.printed import Unresolved
from trace_derivative import expr as ex
from trace_derivative import indexed as ix
from trace_derivative.errors import TraceDerivativeError
from trace_derivative.evaluate import evaluate
from trace_derivative.expand import expansion_chain
from trace_derivative.expr import Expr, Index, Shape
from trace_derivative.indexed import Indexed

SIZES = {"m": 2, "n": 3, "p": 4, "K": 5}
"""The size of every dimension."""

_SHAPES: dict[str, Shape] = {
    "A": ("m", "n"),
    "B": ("n", "p"),
    "C": ("p", "m"),
    "S": ("m", "m"),
    "W1": ("n", "n"),
    "X_hat": ("p", "p"),
    "Data": ("m", "p"),
    "Sigma": ("n", "m"),
    "Y2_new": ("K", "n"),
    "V": ("p", "K"),
    "x": ("m", 1),
    "y": ("n", 1),
    "z2": ("p", 1),
    "mu": ("K", 1),
    "rate": (1, 1),
    "alpha": (1, 1),
    "a": (1, 1),
    "b3": (1, 1),
}
SYMBOLS = {name: ex.symbol(name, shape) for name, shape in _SHAPES.items()}
"""The symbols that occur."""

INDICES = {
    Index(name, dim): SIZES[dim]
    for dim, names in {"m": "iq", "n": "jr", "p": "ks", "K": ["l", "i1"]}.items()
    for name in names
}
"""The indices that occur, with their sizes."""

_FUNCTIONS = ("exp", "log", "sin", "tanh", "sqrt", "abs", "sign", "relu", "sigmoid", "arctan")


def size(dim: ex.Dim) -> int:
    return dim if isinstance(dim, int) else SIZES[dim]


def shape_of(e: Expr) -> tuple[int, int]:
    return size(e.shape[0]), size(e.shape[1])


def values(seed: int = 0) -> dict[str, Any]:
    """Values of all symbols: two-dimensional arrays, floats."""
    rng = np.random.default_rng(seed)
    out: dict[str, Any] = {}
    for name, e in SYMBOLS.items():
        array = rng.uniform(0.3, 1.7, shape_of(e)) * rng.choice([-1, 1, 1], shape_of(e))
        out[name] = float(array.item()) if e.shape == ex.SCALAR else array
    return out


class Maker:
    """One random expression."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)

    def dim(self) -> ex.Dim:
        return self.rng.choice(["m", "n", "p", "K", "m", "n", 1])

    def expression(self, depth: int = 4) -> Expr:
        shape = (self.dim(), self.dim())
        return self.make(ex.SCALAR if self.rng.random() < 0.4 else shape, depth, ())

    def make(self, shape: Shape, depth: int, scope: tuple[Index, ...]) -> Expr:
        if depth <= 0:
            return self.leaf(shape, scope)
        kinds: list[Callable[[Shape, int, tuple[Index, ...]], Expr]]
        kinds = [self.add, self.mul, self.mul, self.elementwise, self.apply, self.index_sum]
        kinds += [self.scaled, self.power]
        if shape == ex.SCALAR:
            kinds += [self.reduced, self.reduced, self.reciprocal]
        else:
            kinds += [self.transposed, self.transposed, self.hadamard, self.quotient]
        if shape[0] == shape[1] != 1:
            kinds += [self.square, self.square]
        if shape[0] == 1 or shape[1] == 1:
            kinds.append(self.slice)
        if shape[0] != 1:
            kinds.append(self.rows)
        return self.rng.choice(kinds)(shape, depth - 1, scope)

    def leaf(self, shape: Shape, scope: tuple[Index, ...]) -> Expr:
        fitting = [s for s in SYMBOLS.values() if s.shape == shape]
        fitting += [ex.transpose(s) for s in SYMBOLS.values() if s.shape == shape[::-1]]
        entries = [
            ex.entry(s, i, None if s.shape[1] == 1 else j)
            for s in SYMBOLS.values()
            for i in scope
            for j in scope
            if s.shape in {(i.dim, j.dim), (i.dim, 1)}
        ]
        if shape == ex.SCALAR and entries and self.rng.random() < 0.7:
            return self.rng.choice(entries)
        if shape == ex.SCALAR and self.rng.random() < 0.2:
            return ex.number(self.rng.choice([2, 3, -1, Fraction(1, 2), Fraction(1, 3), 10]))
        if not fitting or self.rng.random() < 0.15:
            if shape[0] == shape[1] and self.rng.random() < 0.5:
                return ex.identity(shape[0])
            return ex.ones(*shape)
        return self.rng.choice(fitting)

    def add(self, shape: Shape, depth: int, scope: tuple[Index, ...]) -> Expr:
        terms = [self.make(shape, depth, scope) for _ in range(self.rng.choice([2, 2, 3]))]
        return ex.add(*[ex.neg(t) if self.rng.random() < 0.3 else t for t in terms])

    def mul(self, shape: Shape, depth: int, scope: tuple[Index, ...]) -> Expr:
        inner = self.dim()
        parts = [self.make((shape[0], inner), depth, scope)]
        parts.append(self.make((inner, shape[1]), depth, scope))
        if self.rng.random() < 0.3:
            parts.insert(0, self.make(ex.SCALAR, depth - 1, scope))
        return ex.mul(*parts)

    def scaled(self, shape: Shape, depth: int, scope: tuple[Index, ...]) -> Expr:
        c = self.rng.choice([-1, 2, -3, Fraction(1, 2), Fraction(-2, 3), Fraction(1, 10)])
        return ex.scale(c, self.make(shape, depth, scope))

    def reciprocal(self, shape: Shape, depth: int, scope: tuple[Index, ...]) -> Expr:
        over = ex.power(self.make(ex.SCALAR, depth, scope), ex.number(self.rng.choice([-1, -2])))
        return ex.mul(self.make(ex.SCALAR, depth, scope), over)

    def elementwise(self, shape: Shape, depth: int, scope: tuple[Index, ...]) -> Expr:
        make = self.hadamard if self.rng.random() < 0.5 else self.quotient
        return make(shape, depth, scope)

    def hadamard(self, shape: Shape, depth: int, scope: tuple[Index, ...]) -> Expr:
        return ex.hadamard(self.make(shape, depth, scope), self.make(shape, depth, scope))

    def quotient(self, shape: Shape, depth: int, scope: tuple[Index, ...]) -> Expr:
        return ex.quotient(self.make(shape, depth, scope), self.make(shape, depth, scope))

    def apply(self, shape: Shape, depth: int, scope: tuple[Index, ...]) -> Expr:
        return ex.apply(self.rng.choice(_FUNCTIONS), self.make(shape, depth, scope))

    def power(self, shape: Shape, depth: int, scope: tuple[Index, ...]) -> Expr:
        exponent: Expr = ex.number(self.rng.choice([2, 3, -1, -2, Fraction(1, 2)]))
        if self.rng.random() < 0.2:
            exponent = self.make(ex.SCALAR, 1, scope)
        base = self.make(shape, depth, scope)
        return base if base == ex.ZERO else ex.power(base, exponent)

    def transposed(self, shape: Shape, depth: int, scope: tuple[Index, ...]) -> Expr:
        return ex.transpose(self.make((shape[1], shape[0]), depth, scope))

    def reduced(self, shape: Shape, depth: int, scope: tuple[Index, ...]) -> Expr:
        dims = (self.dim(), self.dim())
        kind = self.rng.choice([ex.trace, ex.det, ex.total, ex.norm, ex.norm1, ex.trace])
        if kind in {ex.trace, ex.det}:
            dims = (dims[0], dims[0])
        return kind(self.make(dims, depth, scope))

    def square(self, shape: Shape, depth: int, scope: tuple[Index, ...]) -> Expr:
        n = shape[0]
        kind = self.rng.choice(["inverse", "power", "diag", "diag", "logdet"])
        if kind == "diag":
            vector = self.make(self.rng.choice([(n, 1), (1, n)]), depth, scope)
            return ex.diag(vector)
        inner = self.make(shape, depth, scope)
        if kind == "inverse":
            return ex.inverse(inner)
        if kind == "power":
            return ex.matrix_power(inner, self.rng.choice([2, 3]))
        return ex.diag(ex.diagonal(inner))

    def slice(self, shape: Shape, depth: int, scope: tuple[Index, ...]) -> Expr:
        if not scope:
            return self.make(shape, depth, scope)
        i = self.rng.choice(scope)
        if shape[0] == 1:
            return ex.row(self.make((i.dim, shape[1]), depth, scope), i)
        return ex.column(self.make((shape[0], i.dim), depth, scope), i)

    def new_index(self, scope: tuple[Index, ...], dim: ex.Dim | None = None) -> Index | None:
        names = {i.name for i in scope}
        free = [i for i in INDICES if i.name not in names and dim in (None, i.dim)]
        return self.rng.choice(free) if free else None

    def index_sum(self, shape: Shape, depth: int, scope: tuple[Index, ...]) -> Expr:
        i = self.new_index(scope)
        if i is None:
            return self.make(shape, depth, scope)
        body = self.make(shape, depth, (*scope, i))
        if shape == ex.SCALAR and self.rng.random() < 0.3:
            j = self.rng.choice((*scope, i))
            body = ex.mul(ex.delta(i, j), body)
        return ex.index_sum((i,), body)

    def rows(self, shape: Shape, depth: int, scope: tuple[Index, ...]) -> Expr:
        i = self.new_index(scope, shape[0])
        if i is None:
            return self.make(shape, depth, scope)
        return ex.rows(i, self.make((1, shape[1]), depth, (*scope, i)))


# ------------------------------------------------------------------------ tests by value


def close(got: Any, want: Any) -> bool:
    """Are two values equal to rounding, or one of them not finite?"""
    got, want = (np.ravel(np.asarray(v, dtype=float)) for v in (got, want))
    if not np.isfinite(want).all() or not np.isfinite(got).all():
        return True  # outside of some domain, or an overflow
    scale = max(1.0, float(np.max(np.abs(want))))
    return got.shape == want.shape and bool(np.max(np.abs(got - want)) <= 1e-6 * scale)


def _value(e: Expr, given: dict[str, Any]) -> Any:
    """The value; an example whose value does not exist is passed over."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return evaluate(e, given, SIZES)
        except (np.linalg.LinAlgError, ZeroDivisionError, OverflowError):
            reject()


def same_value(e: Expr, printed: str, read: Callable[..., Any]) -> None:
    """What is read from a print has the value of the expression."""
    given = values()
    want = _value(e, given)
    names = {i.name: n for i, n in INDICES.items()}
    try:
        with np.errstate(all="ignore"):
            got = read(printed, given, dims=SIZES, indices=names, shape=shape_of(e))
    except (Unresolved, np.linalg.LinAlgError, OverflowError):
        reject()
    assert close(got, want), f"{e}\n{printed}\n{got}\n{want}"


def expansions(e: Expr) -> tuple[Indexed, ...]:
    """The index forms of an expression; nothing where it has none."""
    try:
        return expansion_chain(e)
    except TraceDerivativeError:
        return ()


def same_index_value(e: Expr, t: Indexed, printed: str, read: Callable[..., Any]) -> None:
    """What is read from the print of an index form has the value of the expression."""
    names: dict[str, int] = {}
    for i in _indices(t):
        if names.setdefault(i.name, size(i.dim)) != size(i.dim):
            return  # the print does not tell two indices of one name apart by their size
    given = values()
    want = _value(e, given)
    try:
        with np.errstate(all="ignore"):
            got = read(printed, given, dims=SIZES, indices=names, shape=(1, 1))
    except (Unresolved, np.linalg.LinAlgError, OverflowError):
        return
    assert close(got, want), f"{e}\n{t}\n{printed}\n{got}\n{want}"


def _indices(t: Indexed) -> set[Index]:
    found = set(t.free)
    if isinstance(t, ix.SumOver):
        found.update(t.indices)
    if isinstance(t, ix.Element):
        for node in ex.walk(t.matrix):
            found.update(node.free)
            found.update(node.indices if isinstance(node, ex.IndexSum) else ())
            found.update((node.index,) if isinstance(node, ex.Rows) else ())
    return found.union(*[_indices(c) for c in ix.children(t)])
