"""Functions of a matrix by series and iterations: an oracle that shares nothing with the engine.

They are made of sums, products and inverses, so that a complex step passes through them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def expm(a: Any) -> Any:
    """The matrix exponential, by the series of a scaled matrix and repeated squaring."""
    scaled = a / 2**6
    term = total = np.eye(len(a))
    for k in range(1, 24):
        term = term @ scaled / k
        total = total + term
    for _ in range(6):
        total = total @ total
    return total


def _sine_and_cosine(a: Any) -> tuple[Any, Any]:
    """By the series of a scaled matrix and repeated doubling of the angle."""
    one = np.eye(len(a))
    scaled = a / 2**4
    square = -scaled @ scaled
    term, sine, cosine = one, scaled, one
    for k in range(1, 30):
        term = term @ square / ((2 * k - 1) * (2 * k))
        cosine = cosine + term
        sine = sine + term @ scaled / (2 * k + 1)
    for _ in range(4):
        sine, cosine = 2 * sine @ cosine, 2 * cosine @ cosine - one
    return sine, cosine


def cosm(a: Any) -> Any:
    """The matrix cosine."""
    return _sine_and_cosine(a)[1]


def sqrtm(a: Any) -> Any:
    """The principal square root, by the iteration of Denman and Beavers."""
    root, inverse = a, np.eye(len(a))
    for _ in range(30):
        root, inverse = (
            (root + np.linalg.inv(inverse)) / 2,
            (inverse + np.linalg.inv(root)) / 2,
        )
    return root


def logm(a: Any) -> Any:
    """The principal logarithm, by square roots until the series of artanh is short."""
    for _ in range(6):
        a = sqrtm(a)
    one = np.eye(len(a))
    ratio = (a - one) @ np.linalg.inv(a + one)
    term, total = ratio, ratio
    for k in range(1, 12):
        term = term @ ratio @ ratio
        total = total + term / (2 * k + 1)
    return 2**7 * total


def powm(a: Any, p: Any) -> Any:
    """The principal power by any number."""
    return expm(p * logm(a))


def sinm(a: Any) -> Any:
    """The matrix sine."""
    return _sine_and_cosine(a)[0]


def sinhm(a: Any) -> Any:
    """The hyperbolic sine of a matrix."""
    return (expm(a) - expm(-a)) / 2


def coshm(a: Any) -> Any:
    """The hyperbolic cosine of a matrix."""
    return (expm(a) + expm(-a)) / 2


MATRIX_FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    f.__name__: f for f in (expm, logm, sqrtm, sinm, cosm, sinhm, coshm)
}
"""Functions of one matrix, by name."""


def frechet(f: Callable[[Any], Any], a: Any, e: Any) -> Any:
    """The derivative of `f` at `a` in the direction `e`, from a block matrix (Mathias)."""
    n = len(a)
    return f(np.block([[a, e], [np.zeros((n, n)), a]]))[:n, n:]
