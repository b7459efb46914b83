"""Operations on stacks of arrays whose axes are known by name before there are arrays.

Input: the names of the axes of the operands and of the result; output: a function of arrays of
shape `(..., *axes, rows, columns)`, which then only calls NumPy.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from . import stacks
from .contract import contract

Array: TypeAlias = np.ndarray[Any, Any]
Axes: TypeAlias = tuple[str, ...]
Operation: TypeAlias = Callable[..., Array]

_REAL, _COMPLEX = np.dtype(float), np.dtype(complex)

_MOST_ENTRIES = 1_000_000
"""A Kronecker product with more entries is left to the evaluator, which goes round it."""


class OpenError(Exception):
    """What is asked for is not of the kind that a program does."""


def power(base: Array, exponent: Array) -> Array:
    """A power with an exponent that is made of sizes: exact on dual parts where it is whole."""
    p = float(exponent.flat[0])
    return stacks.whole_power(base, int(p)) if p.is_integer() else np.asarray(base**exponent)


def kron(a: Array, b: Array) -> Array:
    """The Kronecker product, where it is not very large."""
    if a.size * b.size > _MOST_ENTRIES:
        raise OpenError
    return stacks.kron(a, b)


class _Letters:
    """A letter for each label of a contraction."""

    def __init__(self) -> None:
        self._given: dict[Any, str] = {}

    def __call__(self, label: Any) -> str:
        found = self._given.get(label)
        if found is None:
            if len(self._given) >= 26:
                raise OpenError
            found = self._given[label] = chr(ord("a") + len(self._given))
        return found


def placing(kind: str, own: Axes, places: tuple[str | None, str | None], axes: Axes) -> Operation:
    """The rows, the columns or both of an array as axes; a name that is there twice is one."""
    row, column = places
    whole = slice(None)
    behind = (None, whole) if kind == "row" else (None,) if None in places else (None, None)
    if not own and row != column:
        if row is None or (column is not None and column < row):
            return lambda x: x.swapaxes(-1, -2)[(..., *behind)]
        return lambda x: x[(..., whole, *behind)] if kind == "row" else x[(..., *behind)]
    letters = _Letters()
    last = [letters(p or ("place", k)) for k, p in enumerate(places)]
    left = [letter for letter, p in zip(last, places, strict=True) if p is None]
    before, after = [*map(letters, own), *last], [*map(letters, axes), *left]
    subscripts = f"...{''.join(before)}->...{''.join(after)}"
    return lambda x: np.asarray(np.einsum(subscripts, x)[(..., *behind)])


def matmul(x: Array, y: Array) -> Array:
    """The matrix product.

    Of a real and a complex factor the parts of the complex one are columns side by side: NumPy
    would convert the real one.
    """
    if x.dtype == y.dtype:
        return np.asarray(x @ y)
    if x.dtype == _REAL and y.dtype == _COMPLEX:
        return _real_by_complex(x, y)
    if x.dtype == _COMPLEX and y.dtype == _REAL:
        return _real_by_complex(y.swapaxes(-1, -2), x.swapaxes(-1, -2)).swapaxes(-1, -2)
    return np.asarray(np.matmul(x, y))


def _real_by_complex(x: Array, y: Array) -> Array:
    pairs = np.ascontiguousarray(y).view(_REAL)
    return np.asarray(np.matmul(x, pairs).view(_COMPLEX))


def matrix_product(name: str, left: Axes, right: Axes) -> Operation:
    """The contraction of scalars with one axis or two, over the only one that they share."""
    rows = [other for other in left if other != name]
    columns = [other for other in right if other != name]
    first, second = (left[0] == name, right[0] == name)
    if not columns:
        turned = bool(rows) and first

        def with_vector(x: Array, y: Array) -> Array:
            """A matrix, or a vector, and a vector."""
            x = x[..., 0, 0] if rows else x[..., 0].swapaxes(-1, -2)
            found = matmul(x.swapaxes(-1, -2) if turned else x, y[..., 0])
            return found[..., None] if rows else found

        return with_vector
    if not rows:
        by_vector = matrix_product(name, right, left)
        return lambda x, y: by_vector(y, x)
    across = rows + columns != sorted(rows + columns)

    def product(x: Array, y: Array) -> Array:
        x, y = x[..., 0, 0], y[..., 0, 0]
        x = x.swapaxes(-1, -2) if first else x
        found = matmul(x, y if second else y.swapaxes(-1, -2))
        return (found.swapaxes(-1, -2) if across else found)[..., None, None]

    return product


def contraction(own: Sequence[Axes], wanted: Axes) -> Operation:
    """The contraction of scalars over all axes but those that are wanted."""
    if len(own) == 1:
        places = tuple(k - len(own[0]) - 2 for k, name in enumerate(own[0]) if name not in wanted)
        return lambda x: np.asarray(x.sum(axis=places))
    letters = _Letters()
    inputs = ",".join("..." + "".join(map(letters, names)) for names in own)
    subscripts = f"{inputs}->...{''.join(map(letters, wanted))}"

    def contracted(*arrays: Array) -> Array:
        return np.asarray(np.einsum(subscripts, *[x[..., 0, 0] for x in arrays])[..., None, None])

    return contracted


def multiplied(first: Array, *others: Array) -> Array:
    """The product of arrays entry by entry."""
    product = first
    for array in others:
        product = product * array
    return product


def aligned(f: Operation, own: Sequence[Axes], wanted: Axes) -> Operation:
    """The function of arrays that first get the axes they lack, of length 1."""
    spread = [_spreading(names, wanted) for names in own]

    def of_aligned(*arrays: Array) -> Array:
        return f(*[x[index] for x, index in zip(arrays, spread, strict=True)])

    return of_aligned


def _spreading(own: Axes, wanted: Axes) -> tuple[Any, ...]:
    """The subscript that gives an array the axes it lacks."""
    if own == wanted:
        return (...,)
    whole = slice(None)
    return (..., *[whole if name in own else None for name in wanted], whole, whole)


def contraction_at_length(own: Sequence[Axes], wanted: Axes) -> Operation:
    """The same two arrays at a time, in an order by their sizes."""

    def contracted(*arrays: Array) -> Array:
        fronts = [x.ndim - 2 - len(names) for x, names in zip(arrays, own, strict=True)]
        operands = [
            (x[..., 0, 0], (*range(-front, 0), *names))
            for x, front, names in zip(arrays, fronts, own, strict=True)
        ]
        return contract(operands, (*range(-max(fronts), 0), *wanted))[..., None, None]

    return contracted
