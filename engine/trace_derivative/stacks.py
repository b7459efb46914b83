"""Stacks of matrices with named leading axes: alignment, diagonals, inverses, powers.

A value is an array of shape `(*axes, rows, columns)` with the names of its axes; nothing here
knows expressions.  Complex numbers pass through as dual numbers do: nothing is conjugated.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np

Array: TypeAlias = np.ndarray[Any, Any]
Axes: TypeAlias = tuple[str, ...]
Value: TypeAlias = tuple[Array, Axes]
"""An array of shape `(*axes, rows, columns)` and the names of its leading axes."""


def align(a: Value, b: Value) -> tuple[Array, Array, Axes]:
    """Two values that NumPy's broadcasting can combine, and the axes of the result."""
    (x, p), (y, q) = a, b
    if p == q or not q:
        return x, y, p
    if not p:
        return x, y, q
    axes = p + tuple(name for name in q if name not in p)
    return spread(x, p, axes), spread(y, q, axes), axes


def align_all(values: Sequence[Value]) -> tuple[list[Array], Axes]:
    """Any number of values that NumPy's broadcasting can combine, and their axes."""
    axes = tuple(dict.fromkeys(name for _, own in values for name in own))
    return [spread(array, own, axes) for array, own in values], axes


def spread(array: Array, axes: Axes, wanted: Axes) -> Array:
    """The array with its axes in another order; axes that it lacks have length 1."""
    order = [axes.index(name) for name in wanted if name in axes]
    n = len(axes)
    if order != list(range(n)):
        array = array.transpose(*order, n, n + 1)
    return array[tuple(slice(None) if name in axes else None for name in wanted)]


def times(a: Value, b: Value) -> Value:
    """The elementwise product; either may be a scalar."""
    x, y, axes = align(a, b)
    return x * y, axes


def distinct(array: Array, axes: Axes) -> Value:
    """The value with every axis once: a repeated one takes the diagonal."""
    once = tuple(dict.fromkeys(axes))
    if len(once) == len(axes):
        return array, axes
    n = len(once)
    places = [once.index(name) for name in axes]
    return np.einsum(array, [*places, n, n + 1], [*range(n), n, n + 1]), once


def diagonal_matrix(array: Array) -> Array:
    """Diagonal matrices of a stack of columns or rows."""
    vectors = array[..., 0] if array.shape[-1] == 1 else array[..., 0, :]
    n = vectors.shape[-1]
    out: Array = np.zeros((*vectors.shape, n), dtype=vectors.dtype)
    out[..., np.arange(n), np.arange(n)] = vectors
    return out


def inverse(array: Array) -> Array:
    """Inverses of a stack of matrices; not-a-number where one is singular."""
    try:
        return np.asarray(np.linalg.inv(array))
    except np.linalg.LinAlgError:
        return np.full_like(array, np.nan)


def log_determinant(array: Array) -> Array:
    """log det of a stack of matrices; not-a-number where the determinant is not positive."""
    sign, size = np.linalg.slogdet(array)
    return np.asarray(np.where(sign.real > 0, size + np.log(sign), np.nan))[..., None, None]


def whole_power(array: Array, n: int) -> Array:
    """`array**n` entry by entry for a whole number, by repeated squaring (exact on dual parts)."""
    if n < 0:
        return 1 / whole_power(array, -n)
    result: Array | None = None
    while n:
        if n & 1:
            result = array if result is None else result * array
        n >>= 1
        if n:
            array = array * array
    return np.ones_like(array) if result is None else result


def trace(array: Array) -> Array:
    """Traces of a stack of matrices."""
    return np.asarray(array.diagonal(0, -2, -1).sum(-1))[..., None, None]


def diagonal(array: Array) -> Array:
    """Diagonals of a stack of matrices, as columns."""
    return np.asarray(np.einsum("...ii->...i", array))[..., None]


def transpose(array: Array) -> Array:
    """Transposes of a stack of matrices."""
    return array.swapaxes(-1, -2)


def total(array: Array) -> Array:
    """Sums of all entries of a stack of matrices."""
    return np.asarray(array.sum(axis=(-1, -2), keepdims=True))


def norm(array: Array) -> Array:
    """Frobenius norms of a stack of matrices."""
    return np.asarray(np.sqrt(total(array * array)))


def determinant(array: Array) -> Array:
    """Determinants of a stack of matrices."""
    return np.asarray(np.linalg.det(array))[..., None, None]


def kron(a: Array, b: Array) -> Array:
    """Kronecker products of two stacks of matrices, aligned by broadcasting."""
    product = a[..., :, None, :, None] * b[..., None, :, None, :]
    *axes, m, p, n, q = product.shape
    return product.reshape(*axes, m * p, n * q)


def vec(array: Array) -> Array:
    """The columns of each matrix of a stack below each other."""
    *axes, m, n = array.shape
    return array.swapaxes(-1, -2).reshape(*axes, m * n, 1)


def unvec(array: Array, rows: int, columns: int) -> Array:
    """The matrices of a shape that have these columns below each other."""
    *axes, _, _ = array.shape
    return array.reshape(*axes, columns, rows).swapaxes(-1, -2)


def side_by_side(values: Sequence[Value], axis: int) -> Value:
    """Matrices put together along their rows (-2) or columns (-1), axes aligned."""
    axes = tuple(dict.fromkeys(name for _, own in values for name in own))
    whole = of_one_stack([spread(array, own, axes) for array, own in values])
    return np.concatenate(whole, axis=axis), axes


def of_one_stack(arrays: Sequence[Array]) -> list[Array]:
    """Matrices of different shapes, aligned, each repeated so that all have the same axes."""
    front = np.broadcast_shapes(*[a.shape[:-2] for a in arrays])
    return [np.broadcast_to(a, (*front, *a.shape[-2:])) for a in arrays]


def to_float(value: Fraction) -> float:
    """The nearest float; infinite when there is none."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
