"""Numeric derivatives of functions written by hand in NumPy; shares nothing with the engine."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from tests.engine.notes import Case

SIZES = {"m": 3, "n": 4, "p": 5, "q": 6, "k": 2, "K": 7}


def draw(case: Case, seed: int) -> dict[str, Any]:
    """Values for a case: vectors as `(n,)`, different dimensions of different sizes."""
    rng = np.random.default_rng([zlib.crc32(case.equations.encode()), seed])
    values: dict[str, Any] = {}
    for name, dims in case.shapes.items():
        shape = tuple(SIZES[d] for d in dims)
        positive = name in case.positive
        values[name] = rng.uniform(0.5, 2.0, shape) if positive else rng.normal(size=shape)
    return values


def complex_gradient(case: Case, values: Mapping[str, Any]) -> Any:
    """The derivative by the complex step, entry by entry."""
    x = np.asarray(values[case.wrt])
    out = np.zeros(x.shape)
    for at in np.ndindex(*x.shape):
        moved = x.astype(complex)
        moved[at] += 1e-20j
        out[at] = np.imag(case({**values, case.wrt: moved})) / 1e-20
    return out


def central_gradient(case: Case, values: Mapping[str, Any]) -> Any:
    """The derivative by central differences, entry by entry."""
    x = np.asarray(values[case.wrt])
    out = np.zeros(x.shape)
    for at in np.ndindex(*x.shape):
        step = np.zeros(x.shape)
        step[at] = 1e-6
        up, down = ({**values, case.wrt: x + s * step} for s in (1, -1))
        out[at] = np.real(case(up) - case(down)) / 2e-6
    return out
