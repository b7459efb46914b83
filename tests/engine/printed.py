"""What printed formulas mean: values in which the size of a constant is open until it is known.

The readers of LaTeX and of plain text share it; nothing here knows the renderers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tests import matrix_functions

Array = np.ndarray[Any, Any]
Value = Any  # a float, a two-dimensional array, or an Open
Env = Mapping[str, int]
Meaning = Callable[[Env], Value]


_GREEK_NAMES = """
alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau
upsilon phi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega
"""
GREEK = dict(zip(_GREEK_NAMES.split(), "αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΥΦΨΩ", strict=True))


class Unresolved(Exception):
    """The print does not tell the size of a constant."""


class Ambiguous(Exception):
    """The print does not follow the reading convention."""


@dataclass(frozen=True)
class Open:
    """A matrix whose size the print does not tell: made when the size is known."""

    rows: int | None
    columns: int | None
    make: Callable[[int, int], Array]
    square: bool = False

    def at(self, rows: int | None, columns: int | None) -> Value:
        """The matrix, as far as the size is known now."""
        rows = self.rows if rows is None else rows
        columns = self.columns if columns is None else columns
        if self.square:
            rows = columns if rows is None else rows
            columns = rows if columns is None else columns
        if (self.rows not in (None, rows)) or (self.columns not in (None, columns)):
            raise Ambiguous(f"{self.rows} x {self.columns} is read as {rows} x {columns}")
        if rows is not None and columns is not None:
            return scalar_or_array(self.make(rows, columns))
        return Open(rows, columns, self.make, self.square)


def ones_vector() -> Open:
    return Open(None, 1, lambda m, n: np.ones((m, n)))


def ones_matrix() -> Open:
    return Open(None, None, lambda m, n: np.ones((m, n)))


def zeros() -> Open:
    return Open(None, None, lambda m, n: np.zeros((m, n)))


def identity() -> Open:
    return Open(None, None, lambda m, n: np.eye(m, n), square=True)


def scalar_or_array(value: Value) -> Value:
    if isinstance(value, Open):
        return value
    array = np.asarray(value, dtype=float)
    return array.item() if array.size == 1 else array


def is_scalar(value: Value) -> bool:
    return isinstance(value, float)


def definite(value: Value) -> Value:
    if isinstance(value, Open):
        value = value.at(None, None)
    if isinstance(value, Open):
        raise Unresolved
    return value


def product(a: Value, b: Value) -> Value:
    if is_scalar(a) or is_scalar(b):
        scale, other = (a, b) if is_scalar(a) else (b, a)
        return each(lambda x: scale * x, other)
    if isinstance(a, Open) and not isinstance(b, Open):
        a = a.at(None, b.shape[0])
    if isinstance(b, Open) and not isinstance(a, Open):
        b = b.at(a.shape[1], None)
    if is_scalar(a) or is_scalar(b):
        return product(a, b)
    if isinstance(a, Open) or isinstance(b, Open):
        return _open_product(a, b)
    if a.shape[1] != b.shape[0]:
        raise Ambiguous(f"a product of {a.shape} and {b.shape}")
    return scalar_or_array(a @ b)


def _open_product(a: Value, b: Value) -> Value:
    inner = a.columns if isinstance(a, Open) else a.shape[1]
    if inner is None:
        inner = b.rows if isinstance(b, Open) else b.shape[0]
    if inner is None:
        raise Unresolved
    rows = a.rows if isinstance(a, Open) else a.shape[0]
    columns = b.columns if isinstance(b, Open) else b.shape[1]

    def make(m: int, n: int) -> Array:
        left = a.at(m, inner) if isinstance(a, Open) else a
        right = b.at(inner, n) if isinstance(b, Open) else b
        return np.reshape(left, (m, inner)) @ np.reshape(right, (inner, n))

    return Open(rows, columns, make).at(None, None)


def each(f: Callable[[Any], Any], value: Value) -> Value:
    if isinstance(value, Open):
        return Open(value.rows, value.columns, lambda m, n: f(value.make(m, n)), value.square)
    with np.errstate(all="ignore"):
        return scalar_or_array(f(value))


def combine(f: Callable[[Any, Any], Any], a: Value, b: Value) -> Value:
    """An elementwise operation on two values of one shape."""
    if isinstance(a, Open) and isinstance(b, Open):
        size = (a.rows or b.rows, a.columns or b.columns)
        square = a.square or b.square
        return Open(*size, lambda m, n: f(a.make(m, n), b.make(m, n)), square).at(None, None)
    if isinstance(a, Open):
        a = a.at(*np.shape(b)) if not is_scalar(b) else a.at(1, 1)
    if isinstance(b, Open):
        b = b.at(*np.shape(a)) if not is_scalar(a) else b.at(1, 1)
    if np.shape(a) != np.shape(b):
        raise Ambiguous(f"{np.shape(a)} and {np.shape(b)} side by side elementwise")
    with np.errstate(all="ignore"):
        return scalar_or_array(f(a, b))


def quotient(a: Value, b: Value) -> Value:
    if is_scalar(b) and not is_scalar(a):
        return each(lambda x: x / b, a)
    return combine(np.true_divide, a, b)


def transposed(value: Value) -> Value:
    if is_scalar(value):
        raise Ambiguous("the transpose of a scalar")
    if isinstance(value, Open):
        return Open(value.columns, value.rows, lambda m, n: value.make(n, m).T, value.square)
    return value.T


def inverse(value: Value) -> Value:
    if is_scalar(value):
        return math.inf if value == 0 else 1 / value
    if isinstance(value, Open):
        return Open(value.rows, value.columns, lambda m, n: np.linalg.inv(value.make(m, n)), True)
    return np.linalg.inv(value)


def power(value: Value, exponent: float) -> Value:
    """A power of a scalar, or the power of a square matrix."""
    if is_scalar(value):
        with np.errstate(all="ignore"):
            return float(np.power(value, exponent))
    if exponent != int(exponent):
        return each(lambda a: matrix_functions.powm(a, exponent), value)
    if exponent < 2:
        raise Ambiguous(f"a matrix to the power {exponent}")
    return each(lambda a: np.linalg.matrix_power(a, int(exponent)), value)


def elementwise_power(base: Value, exponent: Value) -> Value:
    """The power entry by entry; at least one of the two is a matrix."""
    if is_scalar(exponent):
        if is_scalar(base):
            raise Ambiguous("an elementwise power of numbers")
        return each(lambda a: np.power(a, exponent), base)
    if is_scalar(base):
        return each(lambda a: np.power(base, a), exponent)
    return combine(np.power, base, exponent)


def diag(value: Value) -> Value:
    if isinstance(value, Open):
        if 1 not in (value.rows, value.columns):
            value = definite(value)
        else:
            return Open(None, None, lambda m, n: _diagonal_matrix(value, m), square=True)
    if 1 in value.shape:
        return np.diagflat(value)
    return np.diag(value).reshape(-1, 1)


def _diagonal_matrix(value: Open, size: int) -> Array:
    one_row = value.rows == 1
    return np.diagflat(value.at(1, size) if one_row else value.at(size, 1))


def pick(value: Value, places: list[int | None]) -> Value:
    """An entry, or (None standing for a colon) a row or column, counted from 0."""
    value = definite(value)
    if is_scalar(value):
        raise Ambiguous("a subscript on a scalar")
    if None in places:
        row, column = (slice(None) if p is None else slice(p, p + 1) for p in places)
        return scalar_or_array(value[row, column])
    if len(places) == 1 and 1 in value.shape:
        return float(value.reshape(-1)[places[0]])
    if len(places) != 2:
        raise Ambiguous(f"{len(places)} subscripts on {value.shape}")
    return float(value[places[0], places[1]])


def _erf(x: Any) -> Any:
    return np.vectorize(math.erf)(x)


FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    name: getattr(np, name)
    for name in (
        *("exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "abs", "sign", "sqrt"),
        *("arcsin", "arccos", "arctan"),
    )
} | {
    "relu": lambda x: np.maximum(x, 0),
    "step": lambda x: np.heaviside(x, 0.5),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "softplus": lambda x: np.log(1 + np.exp(x)),
    "erf": _erf,
}


PAIRS: dict[str, Callable[[Any, Any], Any]] = {
    "max": np.maximum,
    "min": np.minimum,
    "logaddexp": np.logaddexp,
}


def kron(a: Value, b: Value) -> Value:
    """A Kronecker product of matrices whose sizes are printed or known."""
    if is_scalar(a) or is_scalar(b):
        return product(a, b)
    return scalar_or_array(np.kron(definite(a), definite(b)))


def vec(value: Value) -> Value:
    array = np.atleast_2d(definite(value))
    return scalar_or_array(array.reshape((-1, 1), order="F"))


def unvec(value: Value, rows: int, columns: int) -> Value:
    if isinstance(value, Open):
        value = value.at(rows * columns, 1)
    return scalar_or_array(np.reshape(definite(value), (rows, columns), order="F"))


def operator(name: str, value: Value, *others: Value) -> Value:
    """tr, diag, sum, det, logdet, softmax ... or an elementwise function."""
    if others:
        return combine(PAIRS[name], value, others[0])
    if name == "vec":
        return vec(value)
    if name in FUNCTIONS:
        return each(FUNCTIONS[name], value)
    if name == "diag":
        return diag(value)
    array = definite(value)
    if name in matrix_functions.MATRIX_FUNCTIONS:
        return in_silence(matrix_functions.MATRIX_FUNCTIONS[name], array)
    if name in ("tril", "triu"):
        return np.tril(array) if name == "tril" else np.triu(array)
    if name == "tr":
        return float(np.trace(array))
    if name == "sum":
        return float(np.sum(array))
    if name == "det":
        return float(np.linalg.det(array))
    if name == "logdet":
        with np.errstate(all="ignore"):
            return float(np.log(np.linalg.det(array)))
    with np.errstate(all="ignore"):
        if name == "logsumexp":
            return float(np.log(np.sum(np.exp(array))))
        if name in {"softmax_rows", "softmax_columns"}:
            e = np.exp(np.atleast_2d(array))
            return scalar_or_array(
                e / e.sum(axis=1 if name == "softmax_rows" else 0, keepdims=True)
            )
    raise Ambiguous(f"an unknown operator {name}")


def frechet(name: str, exponent: Value, point: Value, direction: Value) -> Value:
    """The derivative of a matrix function, or of a power where there is an exponent."""
    f = matrix_functions.MATRIX_FUNCTIONS.get(name, lambda a: matrix_functions.powm(a, exponent))
    if isinstance(direction, Open):
        direction = direction.at(*np.shape(definite(point)))
    if isinstance(point, Open):
        point = point.at(*np.shape(direction))
    return in_silence(lambda a: matrix_functions.frechet(f, a, direction), point)


def in_silence(f: Callable[[Any], Any], array: Array) -> Value:
    with np.errstate(all="ignore"):
        try:
            return scalar_or_array(f(array))
        except np.linalg.LinAlgError:
            return np.full(np.shape(array), np.nan)


def norm(kind: str, value: Value) -> float:
    array = definite(value)
    if (kind == "2") != (1 in np.shape(array)) and kind != "1":
        raise Ambiguous(f"norm {kind} of {np.shape(array)}")
    return float(np.sum(np.abs(array)) if kind == "1" else np.linalg.norm(array))


def stacked(rows: list[Value]) -> Value:
    return scalar_or_array(np.vstack([np.atleast_2d(definite(r)) for r in rows]))


def repeated(row: Value) -> Value:
    """A row repeated as often as is needed."""
    array = np.atleast_2d(definite(row))
    return Open(None, array.shape[1], lambda m, n: np.repeat(array, m, axis=0))


def generalise(first: str, last: str) -> tuple[str, str | None]:
    """The general row, with ρ for its number, from row 1 and the last; and the number of rows.

    Dimensions have names of one character here.
    """
    if len(first) != len(last):
        raise Ambiguous("rows that are not of one form")
    pairs = list(zip(first, last, strict=True))
    heights = {b for a, b in pairs if a != b}
    if len(heights) > 1 or any(a not in (b, "1") for a, b in pairs):
        raise Ambiguous("rows that are not of one form")
    general = "".join(a if a == b else "ρ" for a, b in pairs)
    return general, heights.pop() if heights else None
