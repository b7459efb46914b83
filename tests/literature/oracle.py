"""Cases from the literature, and a numeric oracle that shares nothing with the engine.

A case is one JSON object a line in `cases.jsonl`: the expression and its variable in the text
syntax, shapes and sizes, the same function written by hand in NumPy (vectors are `(n, 1)` arrays),
the gradient that the literature gives, and of what kind the values are.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tests.matrix_functions import MATRIX_FUNCTIONS, powm

FILE = Path(__file__).with_name("cases.jsonl")

_MASKS: dict[str, Callable[[Any], Any]] = {
    "lower": np.tril,
    "upper": np.triu,
    "diagonal": lambda a: np.triu(np.tril(a)),
}


@dataclass(frozen=True)
class Case:
    """One case of the file."""

    id: str
    source: str
    group: str
    expr: str
    wrt: str
    shapes: Mapping[str, list[str]]
    dims: Mapping[str, int]
    numpy: str
    expected: str
    domain: Mapping[str, str]
    structure: Mapping[str, str]
    nonsmooth: bool

    @property
    def assumptions(self) -> dict[str, str]:
        """What is said of the values, for the engine."""
        return {name: kind for name, kind in self.domain.items() if kind != "any"}

    def declared(self) -> dict[str, tuple[str, ...]]:
        """The shapes as the engine takes them."""
        return {name: tuple(dims) for name, dims in self.shapes.items()}


def load() -> list[Case]:
    """All cases, in the order of the file."""
    records = [json.loads(line) for line in FILE.read_text("utf-8").splitlines()]
    missing = {"domain": {}, "structure": {}, "nonsmooth": False}
    return [Case(**{**missing, **record}) for record in records]


def draw(case: Case, seed: int) -> dict[str, Any]:
    """Values of the kinds that the case asks for."""
    rng = np.random.default_rng([zlib.crc32(case.id.encode()), seed])
    values: dict[str, Any] = {}
    for name, dims in case.shapes.items():
        shape = tuple(case.dims[d] for d in dims)
        array = _drawn(rng, (*shape, 1)[:2] if shape else (1, 1), case.domain.get(name, "any"))
        structure = case.structure.get(name)
        if structure == "symmetric":
            array = (array + array.T) / 2
        elif structure == "diagonal":
            positive = case.domain.get(name, "any") != "any"
            entries = np.diag(array)
            array = np.diag(np.abs(entries) + 0.1 if positive else entries)
        elif structure == "skew":
            array = (array - array.T) / 2
        elif structure in ("lower", "upper"):
            array = np.tril(array) if structure == "lower" else np.triu(array)
        values[name] = array if shape else float(array[0, 0])
    return values


def _drawn(rng: np.random.Generator, shape: tuple[int, ...], kind: str) -> Any:
    if kind == "positive":
        return rng.uniform(0.4, 1.6, shape)
    array = rng.uniform(0.3, 1.2, shape) * np.where(rng.random(shape) < 0.5, -1.0, 1.0)
    if kind == "symmetric":
        return (array + array.T) / 2
    if kind == "spd":
        return array @ array.T / shape[0] + 0.6 * np.eye(shape[0])
    if kind == "invertible":  # with a positive definite symmetric part: a positive determinant
        least = np.linalg.eigvalsh((array + array.T) / 2)[0]
        return array + (0.6 - least) * np.eye(shape[0])
    if kind == "negative":
        return -np.abs(array)
    if kind == "skew":
        return (array - array.T) / 2
    if kind == "diagonal":
        return np.diag(np.diag(array))
    if kind in ("lower", "upper"):
        return np.tril(array) if kind == "lower" else np.triu(array)
    if kind == "unit":
        return array / np.sqrt(np.sum(array**2))
    if kind == "psd":
        return array[:, 1:] @ array[:, 1:].T
    if kind in ("orthogonal", "orthonormal"):
        return np.linalg.qr(array)[0]
    if kind == "projection":
        basis = np.linalg.qr(array[:, : (shape[0] + 1) // 2])[0]
        return basis @ basis.T
    assert kind == "any", kind
    return array


def value(case: Case, values: Mapping[str, Any]) -> Any:
    """The function at the values, by the case's own NumPy code."""
    scope = {"np": np, **MATRIX_FUNCTIONS, "powm": powm, **case.dims, **values}
    return np.asarray(eval(case.numpy, scope)).reshape(())[()]


def gradient(case: Case, values: Mapping[str, Any]) -> Any:
    """The numeric derivative, of the variable's declared number of dimensions."""
    x = np.asarray(values[case.wrt], dtype=float)
    out = np.zeros(x.shape)
    structure = case.structure.get(case.wrt)
    for at in np.ndindex(*x.shape):
        step = np.zeros(x.shape)
        step[at] = 1.0
        if structure == "symmetric":
            step[at[::-1]] = 1.0
        elif structure == "skew":
            step[at[::-1]] -= 1.0
        elif structure is not None:
            step = _MASKS[structure](step)
        out[at] = _slope(case, values, x, step)
    rank = len(case.shapes[case.wrt])
    return out[:, 0] if rank == 1 else out


def _slope(case: Case, values: Mapping[str, Any], x: Any, step: Any) -> float:
    def f(move: Any) -> Any:
        moved = x + move
        return value(case, {**values, case.wrt: moved if x.shape else moved[()]})

    if not case.nonsmooth:
        return float(np.imag(f(1e-20j * step)) / 1e-20)
    h = 1e-4
    near, far = f(h * step) - f(-h * step), f(2 * h * step) - f(-2 * h * step)
    return float((8 * near - far) / (12 * h))
