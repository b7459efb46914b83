"""Terms: what the generator makes, with their text and their value by plain NumPy.

Nothing of the engine is used here.  A derivative is the imaginary part at `X + i*h*E`; functions
that are not analytic carry their slope in the imaginary part, as dual numbers do.  Outside of
the domain, and where numbers are too large or a matrix nearly singular, there is `NoPoint`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

Array: TypeAlias = np.ndarray[Any, Any]
Dim: TypeAlias = str | int
Shape: TypeAlias = tuple[Dim, Dim]
Index: TypeAlias = tuple[str, Dim]
"""The name of an index, and the dimension it runs over."""

SUM, LOOSE, PRODUCT, SIGN, POSTFIX, ATOM = 1, 2, 3, 4, 5, 6
"""How tightly a text binds: an operand that binds less than a form asks for gets brackets."""

STEP = 1e-20
LARGE = 1e5
"""Values beyond are not compared."""


class NoPoint(Exception):
    """The function has no value here, or one that is not to be trusted."""


@dataclass(frozen=True, slots=True)
class Operator:
    """One way to make a term: `grammar` has them all."""

    name: str
    args: tuple[tuple[str, str], ...]
    result: tuple[str, str]
    forms: tuple[str, ...]
    value: Callable[..., Array]
    level: int
    weight: float
    needs: tuple[str, ...]
    positive: bool

    @property
    def binds(self) -> bool:
        """Does it bind indices?"""
        return "{b}" in self.forms[0]


@dataclass(frozen=True, slots=True, eq=False)
class Leaf:
    """A symbol, a number, or a constant matrix."""

    kind: str
    text: str
    shape: Shape
    level: int = ATOM
    number: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """An operator with its operands; `indices` are those that it reads or binds, by letter."""

    op: Operator
    args: tuple[Term, ...]
    shape: Shape
    form: str
    indices: Mapping[str, Index]


Term: TypeAlias = Leaf | Node


def walk(term: Term) -> Iterator[Term]:
    """The term and all that is in it."""
    yield term
    if isinstance(term, Node):
        for arg in term.args:
            yield from walk(arg)


def symbols(term: Term) -> dict[str, Shape]:
    """The symbols that occur, in order."""
    return {t.text: t.shape for t in walk(term) if isinstance(t, Leaf) and t.kind == "symbol"}


def free(term: Term) -> set[str]:
    """The names of the free indices."""
    if isinstance(term, Leaf):
        return set()
    inside = set().union(*[free(a) for a in term.args])
    names = {name for name, _ in term.indices.values()}
    return inside - names if term.op.binds else inside | names


# ------------------------------------------------------------------------------- text


class _Piece:
    """The text of an operand, which puts itself into brackets where a form needs it."""

    __slots__ = ("level", "text")

    def __init__(self, text: str, level: int) -> None:
        self.text, self.level = text, level

    def __format__(self, least: str) -> str:
        return f"({self.text})" if least and self.level < int(least) else self.text


def text(term: Term, short: Mapping[int, str] | None = None) -> str:
    """The text; `short` has names for some terms, by their `id`."""
    return _piece(term, short or {}).text


def _piece(term: Term, short: Mapping[int, str]) -> _Piece:
    if id(term) in short:
        return _Piece(short[id(term)], ATOM)
    if isinstance(term, Leaf):
        return _Piece(term.text, term.level)
    names = {letter: index[0] for letter, index in term.indices.items()}
    parts = [_piece(a, short) for a in term.args]
    return _Piece(term.form.format(*parts, **names), term.op.level)


# ------------------------------------------------------------------------------ values


@dataclass(slots=True)
class Point:
    """Values of the symbols and sizes of the dimensions; `steepest` is a record of slopes."""

    values: Mapping[str, Array]
    sizes: Mapping[Dim, int]
    at: dict[str, int] = field(default_factory=dict)
    steepest: float = 0.0


def value(term: Term, point: Point) -> Array:
    """The value of a term, always with two axes."""
    if isinstance(term, Leaf):
        return _leaf(term, point)
    if term.op.binds:
        found = _bound(term, point)
    else:
        args = [value(a, point) for a in term.args]
        places = [point.at[name] for name, _ in term.indices.values()]
        found = term.op.value(*args, *places)
    if not np.abs(found).max() < LARGE:
        raise NoPoint
    if found.dtype.kind == "c":
        point.steepest = max(point.steepest, float(np.abs(found.imag).max()) / STEP)
    return found


def _leaf(leaf: Leaf, point: Point) -> Array:
    if leaf.kind == "symbol":
        return point.values[leaf.text]
    if leaf.kind == "number":
        return np.array([[leaf.number]])
    rows, columns = (point.sizes[d] for d in leaf.shape)
    return _CONSTANTS[leaf.kind](rows, columns)


_CONSTANTS: dict[str, Callable[[int, int], Array]] = {
    "eye": np.eye,
    "ones": lambda rows, columns: np.ones((rows, columns)),
    "zeros": lambda rows, columns: np.zeros((rows, columns)),
}


def _bound(term: Node, point: Point) -> Array:
    """A sum over indices, or rows stacked."""
    names = [name for name, _ in term.indices.values()]
    ranges = [point.sizes[dim] for _, dim in term.indices.values()]
    before = dict(point.at)
    parts = []
    for places in np.ndindex(*ranges):
        point.at.update(zip(names, places, strict=True))
        parts.append(value(term.args[0], point))
    point.at = before
    return term.op.value(parts)


# --------------------------------------------------------------- functions of the values


def split(f: Callable[[Array], Array], slope: Callable[[Array], Array]) -> Callable[[Array], Array]:
    """A real function with its slope, on arrays that may carry a slope."""

    def apply(z: Array) -> Array:
        if z.dtype.kind != "c":
            return np.asarray(f(z))
        return np.asarray(f(z.real) + 1j * slope(z.real) * z.imag)

    return apply


def kinked(
    f: Callable[[Array], Array], slope: Callable[[Array], Array]
) -> Callable[[Array], Array]:
    """The same for a function with a kink or a jump at 0: no value too near."""
    smooth = split(f, slope)

    def apply(z: Array) -> Array:
        near = np.abs(z.real) < 1e-7
        if near.any() and ((z.real != 0) | (z.imag != 0))[near].any():
            raise NoPoint
        return smooth(z)

    return apply


def where(inside: Callable[[Array], Any], f: Callable[[Array], Array]) -> Callable[[Array], Array]:
    """The function on its domain."""

    def apply(z: Array) -> Array:
        if not np.all(inside(z.real)):
            raise NoPoint
        return f(z)

    return apply


def positive(f: Callable[[Array], Array]) -> Callable[[Array], Array]:
    """The function of positive numbers."""
    return where(lambda x: x > 1e-5, f)


def unit(f: Callable[[Array], Array]) -> Callable[[Array], Array]:
    """The function of numbers between -1 and 1."""
    return where(lambda x: np.abs(x) < 0.999, f)


def each(f: Callable[[float], float]) -> Callable[[Array], Array]:
    """A function of Python's `math` on an array."""
    return lambda x: np.array([f(t) for t in x.ravel()]).reshape(x.shape)


_LANCZOS = (
    676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
    12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
)  # fmt: skip


def log_gamma(z: Array) -> Array:
    """Lanczos' approximation of the logarithm of the gamma function, for positive numbers."""
    total = 0.99999999999980993 + sum(c / (z + k) for k, c in enumerate(_LANCZOS))
    t = z + len(_LANCZOS) - 1.5
    return np.asarray(0.5 * math.log(2 * math.pi) + (z - 0.5) * np.log(t) - t + np.log(total))


def regular(z: Array) -> Array:
    """The square matrix, where it is far from singular, and not zero but for rounding."""
    if not np.abs(z.real).max() > 1e-9:
        raise NoPoint
    if z.shape[0] > 1 and not np.linalg.cond(z.real) < 1e4:
        raise NoPoint
    return z


def inverse(z: Array) -> Array:
    """The inverse of a square matrix."""
    return np.asarray(np.linalg.inv(regular(z)))


def det(z: Array) -> Array:
    """The determinant as a 1 x 1 array."""
    return np.linalg.det(regular(z)).reshape(1, 1)


def logdet(z: Array) -> Array:
    """The logarithm of a positive determinant."""
    return positive(np.log)(det(z))


def norm2(z: Array) -> Array:
    """The Frobenius norm."""
    return positive(np.sqrt)((z * z).sum().reshape(1, 1))


def diagonal(z: Array) -> Array:
    """The diagonal of a square matrix as a column."""
    return np.diagonal(z).reshape(-1, 1)


def diagonal_matrix(z: Array) -> Array:
    """The diagonal matrix of a row or a column."""
    return np.diag(z.ravel())


def power(z: Array, p: Array) -> Array:
    """Powers of positive numbers."""
    return positive(lambda x: np.exp(p * np.log(x)))(z)


def whole_power(p: int) -> Callable[[Array], Array]:
    """Elementwise powers by a whole number."""
    if p < 0:
        return where(lambda x: np.abs(x) > 1e-5, lambda z: 1 / z**-p)
    return lambda z: z**p


def fixed_power(p: float) -> Callable[[Array], Array]:
    """Elementwise powers by a fraction."""
    return lambda z: power(z, np.array([[p]]))


def matrix_power(p: int) -> Callable[[Array], Array]:
    """Powers of a square matrix."""
    return lambda z: np.linalg.matrix_power(inverse(z) if p < 0 else z, abs(p))


def quotient(a: Array, b: Array) -> Array:
    """The quotient by numbers that are not too small."""
    return where(lambda x: np.abs(x) > 1e-5, lambda x: a / x)(b)


def larger(sign: int) -> Callable[[Array, Array], Array]:
    """The larger of two numbers entry by entry, or the smaller: none where they are near."""

    def apply(a: Array, b: Array) -> Array:
        if np.any(np.abs(a.real - b.real) < 1e-7):
            raise NoPoint
        return np.where(sign * (a.real - b.real) > 0, a, b)

    return apply


def angle(a: Array, b: Array) -> Array:
    """The angle of the point (b, a), with the rate at which it turns as the dual part."""
    x, y = np.real(b), np.real(a)
    if not np.min(np.where(x < 0, np.abs(y), np.hypot(x, y))) > 0.02:
        raise NoPoint
    turn = (x * np.imag(a) - y * np.imag(b)) / (x * x + y * y)
    return np.asarray(np.angle(x + 1j * y) + 1j * turn)


def exponential(z: Array) -> Array:
    """The exponential of a square matrix, by Taylor's series of its 64th part."""
    total = term = np.eye(len(z)) + 0 * z
    for k in range(1, 16):
        term = term @ z / (64 * k)
        total = total + term
    return np.asarray(np.linalg.matrix_power(total, 64))
