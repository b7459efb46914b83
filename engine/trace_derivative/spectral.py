"""Functions of stacks of square matrices, and their derivatives in a direction, by numbers.

Input: a function of complex numbers and an array `(..., n, n)`; output: the function of the
matrices in the sense of the functional calculus.  A matrix is diagonalised; where its
eigenvectors are nearly dependent, Cauchy's integral over a circle takes the place of it.  An
imaginary part that is tiny beside the real part is a dual part: it comes out as the derivative
in that direction, and nothing of it is lost.  Where a function of a real matrix is not real, or
nothing converges, the value is not-a-number.  (Higham, Functions of Matrices, chapters 1 to 3.)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

Array: TypeAlias = np.ndarray[Any, Any]
Function: TypeAlias = Callable[[Array], Array]

_DUAL = 1e-9
"""An imaginary part that is smaller than this, relative to the real part, is a dual part."""

_CONDITION = 1e4
"""The largest condition number of eigenvectors that are trusted."""

_REAL = 1e-7
"""The largest relative imaginary part of what is taken as real."""

_CONVERGED = 1e-10
_CIRCLE = np.exp(2j * np.pi * np.arange(16) / 16)


def function_of(f: Function, array: Array) -> Array:
    """`f` of every matrix of a stack."""
    point, dual = _parts(array)
    value = _over_matrices(lambda a, _: _value(f, a), point, point)
    if dual is None:
        return value
    return np.asarray(value + 1j * derivative(f, point, dual))


def derivative(f: Function, array: Array, direction: Array) -> Array:
    """The derivative of `f` at every matrix of a stack in a direction; linear in the direction.

    A second derivative is not had: where the matrix has a dual part the value is not-a-number.
    """
    point, dual = _parts(array)
    if dual is not None and dual.any():
        return np.full(np.broadcast_shapes(array.shape, direction.shape), np.nan)
    if np.iscomplexobj(direction):
        real = derivative(f, point, direction.real)
        return np.asarray(real + 1j * derivative(f, point, direction.imag))
    return _over_matrices(lambda a, e: _slope(f, a, e), point, direction)


def power(array: Array, exponent: Array) -> Array:
    """The powers of a stack of matrices by a stack of numbers `(..., 1, 1)`, principal branch.

    A dual part of the exponent adds the derivative by it.
    """
    point, dual = _parts(exponent)
    value = _by_exponent(lambda p: function_of(_power(p), array), point)
    if dual is None or not dual.any():
        return value
    slope = function_of(np.log, _parts(array)[0])
    return np.asarray(value + 1j * dual * (value.real @ slope))


def power_derivative(array: Array, direction: Array, exponent: Array) -> Array:
    """The derivative of the power at a stack of matrices in a direction, as `derivative`."""
    point, dual = _parts(exponent)
    value = _by_exponent(lambda p: derivative(_power(p), array, direction), point)
    return value if dual is None or not dual.any() else np.full_like(value, np.nan)


def eigenvalues(array: Array) -> Array:
    """The eigenvalues of every matrix of a stack; not-a-number where there are none."""
    try:
        return np.asarray(np.linalg.eigvals(_parts(array)[0]))
    except np.linalg.LinAlgError:
        return np.full(array.shape[:-1], np.nan)


def _power(p: float) -> Function:
    return lambda z: np.asarray(np.exp(p * np.log(z)))


def _by_exponent(of: Callable[[float], Array], exponent: Array) -> Array:
    """The values for all exponents, each distinct one worked out once."""
    distinct = np.unique(exponent)
    value = of(distinct[0])
    for p in distinct[1:]:
        value = np.where(exponent == p, of(p), value)
    return value


# ------------------------------------------------------------------------ stacks


def _parts(array: Array) -> tuple[Array, Array | None]:
    """The array and its dual part; a matrix that is truly complex has none."""
    if not np.iscomplexobj(array):
        return array, None
    largest = float(np.max(np.abs(array.imag), initial=0.0))
    if largest <= _DUAL * float(np.max(np.abs(array.real), initial=0.0)) or largest == 0:
        return array.real, array.imag
    return array, None


def _over_matrices(one: Callable[[Array, Array], Array], a: Array, e: Array) -> Array:
    """`one` of each matrix and its direction, a matrix that stands many times only once."""
    leading = np.broadcast_shapes(a.shape[:-2], e.shape[:-2])
    shape = (*leading, *a.shape[-2:])
    if not (np.isfinite(a).all() and np.isfinite(e).all()):
        return np.full(shape, np.nan)
    return _stack_by_stack(one, np.broadcast_to(a, shape), np.broadcast_to(e, shape))


def _stack_by_stack(one: Callable[[Array, Array], Array], a: Array, e: Array) -> Array:
    """The same of arrays of one shape: the directions of one matrix go together."""
    front = a.ndim - 2
    if not front:
        return one(a, e)
    if not a.size:
        return np.zeros(a.shape)
    first = a[(0,) * front]
    if (a == first).all():
        return np.broadcast_to(one(first, e), a.shape)
    along = next(k for k in reversed(range(front)) if (a != a.take([0], axis=k)).any())
    pairs = zip(np.moveaxis(a, along, 0), np.moveaxis(e, along, 0), strict=True)
    return np.stack([_stack_by_stack(one, *pair) for pair in pairs], axis=along)


# ------------------------------------------------------------------------ one matrix


def _value(f: Function, a: Array) -> Array:
    """`f(a)` of one matrix."""
    w, v = np.linalg.eig(a)
    if not np.linalg.cond(v) < _CONDITION:
        return _by_circles(f, a, w, lambda r: r)
    values = f(w.astype(complex))
    return _as(a, (v * values) @ np.linalg.inv(v))


def _slope(f: Function, a: Array, e: Array) -> Array:
    """The derivative at one matrix in a stack of directions (Daleckii and Krein)."""
    w, v = np.linalg.eig(a)
    if not np.linalg.cond(v) < _CONDITION:
        return _by_circles(f, a, w, lambda r: _middle(r, e))
    inverse = np.linalg.inv(v)
    moved = _quotients(f, w.astype(complex)) * (inverse @ e @ v)
    return _as(a, v @ moved @ inverse)


def _middle(resolvent: Array, e: Array) -> Array:
    return np.asarray(resolvent @ e @ resolvent)


def _as(a: Array, value: Array) -> Array:
    """The value, real where the matrix is; not-a-number where it cannot be."""
    if np.iscomplexobj(a):
        return value
    axes = (-2, -1)
    size = np.max(np.abs(value), axis=axes, keepdims=True)
    wrong = ~(np.max(np.abs(value.imag), axis=axes, keepdims=True) <= _REAL * size)
    return np.asarray(np.where(wrong, np.nan, value.real))


def _quotients(f: Function, w: Array) -> Array:
    """The divided differences `f[w_i, w_j]`; of near points by Cauchy's integral around them."""
    a, b = w[:, None], w[None, :]
    middle, gap = (a + b) / 2, a - b
    radius = 1e-2 * np.maximum(np.abs(middle), 0.1)
    near = np.abs(gap) < radius / 4
    offsets = radius * _CIRCLE[:, None, None]
    on_circle = f(middle + offsets) * offsets / (offsets**2 - gap**2 / 4)
    difference = f(a) - f(b)
    return np.where(near, on_circle.mean(axis=0), difference / np.where(near, 1.0, gap))


def _by_circles(f: Function, a: Array, w: Array, inside: Callable[[Array], Array]) -> Array:
    """The integral of `f(z) inside((z - a)^-1)` over a circle around all eigenvalues.

    The trapezoidal rule with twice as many points must agree; else a narrower circle is tried.
    """
    centre = (w.real.max() + w.real.min()) / 2
    spread = float(np.max(np.abs(w - centre)))
    found: Array = np.full(a.shape, np.nan)
    for widest in (2.0 * spread + 1.0, 1.5 * spread + 0.3, 1.2 * spread + 0.1, 1.1 * spread):
        before = None
        for count in (32, 64, 128, 256):
            offsets = widest * np.exp(2j * np.pi * (np.arange(count) + 0.5) / count)
            found = _trapezoidal(f, a, centre + offsets, offsets, inside)
            if before is not None and _near(found, before):
                return _as(a, found)
            before = found
    return np.full_like(found.real, np.nan)


def _trapezoidal(
    f: Function, a: Array, z: Array, offsets: Array, inside: Callable[[Array], Array]
) -> Array:
    total = 0
    for point, weight in zip(z, f(z) * offsets, strict=True):
        try:
            resolvent = np.linalg.inv(point * np.eye(len(a)) - a)
        except np.linalg.LinAlgError:
            resolvent = np.full(a.shape, np.nan, dtype=complex)
        total = total + weight * inside(resolvent)
    return np.asarray(total) / len(z)


def _near(a: Array, b: Array) -> bool:
    return bool(np.max(np.abs(a - b)) <= _CONVERGED * np.max(np.abs(a)))
