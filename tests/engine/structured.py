"""Values of kinds, drawn by hand, and derivatives along the directions of a structure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def random_matrix(rng: np.random.Generator, rows: int, columns: int) -> Array:
    """Entries of either sign, none near zero."""
    return rng.uniform(0.3, 1.2, (rows, columns)) * rng.choice([-1.0, 1.0], (rows, columns))


def of_kind(kind: str, rng: np.random.Generator, rows: int, columns: int) -> Array:
    """A matrix of a kind, by a way of its own."""
    a = random_matrix(rng, rows, columns)
    match kind:
        case "positive":
            return np.abs(a)
        case "nonnegative":
            return np.where(rng.random(a.shape) < 0.3, 0.0, np.abs(a))
        case "negative":
            return -np.abs(a)
        case "unit":
            return a / np.linalg.norm(a)
        case "symmetric":
            return (a + a.T) / 2
        case "skew":
            return (a - a.T) / 2
        case "lower":
            return np.tril(a)
        case "upper":
            return np.triu(a)
        case "diagonal":
            return np.diag(np.diag(a))
        case "spd":
            return a @ a.T + 0.5 * np.eye(rows)
        case "psd":
            return a[:, :1] @ a[:, :1].T
        case "orthogonal":
            return np.linalg.qr(a)[0]
        case "orthonormal":
            return np.linalg.qr(a)[0][:, :columns]
        case "projection":
            q = np.linalg.qr(a)[0][:, : (rows + 1) // 2]
            return q @ q.T
        case "idempotent":
            half = np.diag(np.r_[np.ones(rows // 2), np.zeros(rows - rows // 2)])
            return a @ half @ np.linalg.inv(a)
        case "invertible":
            return a + 3 * np.eye(rows)
        case _:
            return a


def directions(structure: str, n: int) -> dict[tuple[int, int], Array]:
    """For each entry how the matrix moves with it; the entries that cannot move are left out."""
    found = {}
    for i, j in np.ndindex(n, n):
        step = np.zeros((n, n))
        step[i, j] += 1.0
        if structure == "symmetric" and i != j:
            step[j, i] += 1.0
        elif structure == "skew":
            step[j, i] -= 1.0
        free = {
            "symmetric": True,
            "skew": i != j,
            "lower": i >= j,
            "upper": i <= j,
            "diagonal": i == j,
        }[structure]
        if free:
            found[i, j] = step
    return found


def structured_gradient(f: Callable[[Array], Any], x: Array, structure: str) -> Array:
    """The derivative by the complex step along the directions of the structure."""
    out = np.zeros(x.shape)
    for at, step in directions(structure, len(x)).items():
        out[at] = np.imag(f(x + 1e-20j * step)) / 1e-20
    return out


def gradient(f: Callable[[Array], Any], x: Array) -> Array:
    """The derivative by the complex step, entry by entry."""
    out = np.zeros(x.shape)
    for at in np.ndindex(*x.shape):
        moved = x.astype(complex)
        moved[at] += 1e-20j
        out[at] = np.imag(f(moved)) / 1e-20
    return out


def close(a: Any, b: Any) -> bool:
    """Equal to rounding?"""
    a, b = np.asarray(a), np.asarray(b)
    return a.shape == b.shape and bool(
        np.max(np.abs(a - b), initial=0.0) <= 1e-9 * max(1.0, float(np.max(np.abs(b), initial=0.0)))
    )
