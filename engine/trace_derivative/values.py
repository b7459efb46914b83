"""Random matrices, and matrices of a kind made of them: numbers only, no expressions.

A maker turns a random matrix into one of its kind, as general as the kind allows, so that no
sample is by accident of another kind as well.  Random numbers are Python's.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

Array: TypeAlias = np.ndarray[Any, Any]

CONDITION = 1e4
"""The largest condition number of a matrix that is inverted."""

ROUNDING = 1e-9
"""Entries that differ by less are equal."""


@dataclass(frozen=True, slots=True)
class Way:
    """A way to draw values: sizes of entries from `low` to `high`, of either sign or not.

    Square matrices may get a form: with a positive definite symmetric part (definite), or of
    spectral radius 1 (bounded); neither is symmetric or orthogonal, for then a lost transpose
    could hide.  `scaled` entries become smaller with the size of the matrix, so that a long
    product neither grows nor vanishes; `even` ones are of all sizes and of both signs.
    """

    low: float
    high: float
    signed: bool = True
    square: str = ""
    scaled: bool = False
    even: bool = False


@dataclass(frozen=True, slots=True)
class Draw:
    """What a maker has: random numbers, and the way to draw more entries."""

    rng: random.Random
    way: Way

    def entries(self, rows: int, columns: int, *, signed: bool) -> Array:
        """Random entries of a few decimals."""
        way = self.way
        if way.even:
            return self._even(rows * columns, signed).reshape(rows, columns)
        bits = np.frombuffer(self.rng.randbytes(4 * rows * columns), "<u4")
        sizes = bits * ((way.high - way.low) / 2.0**32)
        sizes += way.low
        if signed:  # the last bit is far behind what is left of the number
            sizes *= (bits & 1) * 2.0 - 1.0
        if way.scaled:
            sizes /= math.sqrt(columns)
        return sizes.round(4).reshape(rows, columns)

    def _even(self, count: int, signed: bool) -> Array:
        """Entries of which each has another part of the range, and every second sign is minus."""
        places = np.argsort(self.uniform(count)) + self.uniform(count)
        sizes = places * ((self.way.high - self.way.low) / count) + self.way.low
        if signed:
            odd = np.argsort(self.uniform(count)) + self.rng.getrandbits(1)
            sizes *= 1.0 - odd % 2 * 2.0
        return np.asarray(sizes.round(4))

    def uniform(self, count: int) -> Array:
        """Numbers from 0 to 1, many at a time."""
        return np.frombuffer(self.rng.randbytes(4 * count), "<u4") / 2.0**32

    def signs(self, count: int) -> Array:
        """Signs, many at a time."""
        bits = np.frombuffer(self.rng.randbytes(count), "u1") & 1
        return bits * 2.0 - 1.0


Maker: TypeAlias = Callable[[Draw, Array], Array]
"""A matrix of a kind, made of a random one; of the wrong kind where the size does not allow it."""


def close(a: Array, b: Array) -> bool:
    """Equal to rounding?"""
    return bool(np.max(np.abs(a - b), initial=0.0) <= ROUNDING * max(1.0, np.max(np.abs(a))))


# ------------------------------------------------------------------------ makers


def as_it_is(draw: Draw, array: Array) -> Array:
    """The random matrix."""
    return array


def negated(draw: Draw, array: Array) -> Array:
    """Entries below zero, of entries above it."""
    return -np.abs(array)


def with_zeros(draw: Draw, array: Array) -> Array:
    """Entries that are not negative, one of them zero unless the way is to avoid zeros."""
    found = np.abs(array)
    if found.size > 1 and draw.way.signed:
        found.flat[int(draw.uniform(1)[0] * found.size)] = 0.0
    return found


def symmetric(draw: Draw, array: Array) -> Array:
    """The upper triangle, mirrored."""
    return np.asarray(np.triu(array) + np.triu(array, 1).T)


def skew(draw: Draw, array: Array) -> Array:
    """The upper triangle, mirrored with the other sign."""
    return np.asarray(np.triu(array, 1) - np.triu(array, 1).T)


def diagonal(draw: Draw, array: Array) -> Array:
    """The diagonal alone."""
    return np.diag(np.diag(array))


def definite(draw: Draw, array: Array) -> Array:
    """A symmetric positive definite matrix."""
    eye = np.eye(len(array))
    return np.asarray(np.round(array @ array.T / len(array) + 0.5 * draw.way.high * eye, 6))


def semidefinite(draw: Draw, array: Array) -> Array:
    """A symmetric positive semidefinite matrix, singular unless the way is to avoid zeros."""
    singular = draw.way.signed and not draw.way.square and len(array) > 1
    some = array[:, : len(array) - singular]
    return np.asarray(some @ some.T / len(array))


def invertible(draw: Draw, array: Array) -> Array:
    """The matrix, with its diagonal raised until it is well-conditioned."""
    while np.linalg.cond(array) > CONDITION / 10:
        array = np.round(array + draw.way.high * np.eye(len(array)), 4)
    return array


def rotation(array: Array) -> Array:
    """An orthogonal matrix of determinant 1, by Cayley's transform of a skew one."""
    eye = np.eye(len(array))
    lower = np.triu(array, 1) - np.triu(array, 1).T
    return np.asarray(np.linalg.solve(eye + lower, eye - lower))


def orthogonal(draw: Draw, array: Array) -> Array:
    """An orthogonal matrix of either determinant."""
    return rotation(array) * draw.signs(len(array))


def orthonormal(draw: Draw, array: Array) -> Array:
    """Orthonormal columns: the first ones of an orthogonal matrix."""
    rows, columns = array.shape
    if rows < columns:
        return array
    full = array if rows == columns else draw.entries(rows, rows, signed=True)
    return orthogonal(draw, full)[:, :columns]


def unit(draw: Draw, array: Array) -> Array:
    """The vector with length 1."""
    return np.asarray(array / np.sqrt(np.sum(array**2)))


def projection(draw: Draw, array: Array) -> Array:
    """The orthogonal projection on about half of the space."""
    some = rotation(array)[:, : (len(array) + 1) // 2]
    return np.asarray(some @ some.T)


def oblique(draw: Draw, array: Array) -> Array:
    """An idempotent matrix that is not symmetric."""
    base = invertible(draw, array)
    half = (np.arange(len(array)) < (len(array) + 1) // 2) * 1.0
    return np.asarray((base * half) @ np.linalg.inv(base))


def reflection(draw: Draw, array: Array) -> Array:
    """An orthogonal matrix that is symmetric."""
    turn = rotation(array)
    return np.asarray((turn * draw.signs(len(array))) @ turn.T)


def quarter_turns(draw: Draw, array: Array) -> Array:
    """An orthogonal matrix that is skew-symmetric, of an even size."""
    half = np.kron(np.eye(max(1, len(array) // 2)), np.array([[0.0, 1.0], [-1.0, 0.0]]))
    turn = rotation(array)
    return turn @ half @ turn.T if half.shape == turn.shape else np.zeros_like(turn)


def positive_diagonal(draw: Draw, array: Array) -> Array:
    """A diagonal matrix with entries above zero."""
    return np.diag(np.abs(np.diag(array)))


def signs_on_diagonal(draw: Draw, array: Array) -> Array:
    """A diagonal matrix of signs."""
    return np.diag(draw.signs(len(array)))


def half_identity(draw: Draw, array: Array) -> Array:
    """A diagonal matrix of zeros and ones."""
    return np.diag((np.arange(len(array)) < (len(array) + 1) // 2) * 1.0)


def identity(draw: Draw, array: Array) -> Array:
    """The identity."""
    return np.eye(len(array))


JOINT: tuple[Maker, ...] = (
    reflection,
    quarter_turns,
    projection,
    positive_diagonal,
    signs_on_diagonal,
    half_identity,
    identity,
)
"""Matrices of several kinds at once, the more general ones first."""
