"""Operations on stacks of arrays whose axes are known by name before there are arrays.

Input: the names of the axes of the operands and of the result; output: a function of arrays of
shape `(..., *axes, rows, columns)`, which then only calls NumPy.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np

from . import stacks
from .contract import contract

Array: TypeAlias = np.ndarray[Any, Any]
Axes: TypeAlias = tuple[str, ...]
Operation: TypeAlias = Callable[..., Array]

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

    Where one factor alone is moved (complex, an axis of directions in front), all directions are
    rows or columns of one product: NumPy would convert and go through the other for each.
    """
    if x.dtype == y.dtype:
        return np.asarray(x @ y)
    common = np.result_type(x, y)
    if x.ndim == 4 and y.ndim == 3:
        f, s, m, k = x.shape
        rows = x.transpose(1, 0, 2, 3).reshape(s, f * m, k)
        product: Array = rows @ y.astype(common)
        return product.reshape(-1, f, m, y.shape[-1]).transpose(1, 0, 2, 3)
    if x.ndim == 3 and y.ndim == 4:
        f, s, k, n = y.shape
        columns = y.transpose(1, 2, 0, 3).reshape(s, k, f * n)
        stacked: Array = x.astype(common) @ columns
        return stacked.reshape(-1, x.shape[-2], f, n).transpose(2, 0, 1, 3)
    return np.asarray(x.astype(common, copy=False) @ y.astype(common, copy=False))


def matrix_product(name: str, left: Axes, right: Axes) -> Operation:
    """The contraction of scalars with one axis or two, over the only one that they share."""
    rows = [other for other in left if other != name]
    columns = [other for other in right if other != name]
    ordered = rows + columns == sorted(rows + columns)

    def product(x: Array, y: Array) -> Array:
        x, y = x[..., 0], y[..., 0]
        if rows:
            x = x[..., 0].swapaxes(-1, -2) if left[0] == name else x[..., 0]
        else:
            x = x.swapaxes(-1, -2)
        if columns:
            y = y[..., 0].swapaxes(-1, -2) if right[0] != name else y[..., 0]
        found = matmul(x, y)
        if rows and columns:
            return np.asarray((found if ordered else found.swapaxes(-1, -2))[..., None, None])
        if columns:
            found = found.swapaxes(-1, -2)
        return np.asarray(found[..., None] if rows or columns else found)

    return product


def contraction(own: Sequence[Axes], wanted: Axes) -> Operation:
    """The contraction of scalars over all axes but those that are wanted."""
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

    def of_aligned(*arrays: Array) -> Array:
        return f(*[x[_spreading(n, wanted)] for x, n in zip(arrays, own, strict=True)])

    return of_aligned


def clear() -> None:
    """Forget the subscripts."""
    _spreading.cache_clear()


@lru_cache(maxsize=4096)
def _spreading(own: Axes, wanted: Axes) -> tuple[Any, ...]:
    """The subscript that gives an array the axes it lacks."""
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
