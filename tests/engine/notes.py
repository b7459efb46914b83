"""The worked derivatives of Traa's notes: text, shapes, an independent function, the result.

`function` in NumPy is the oracle: it is written by hand from the notes and shares nothing with
the engine.  Vectors are `(n, 1)` arrays in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Case:
    """One worked example: equation numbers, text, variable, shapes, oracle, printed gradient."""

    equations: str
    text: str
    wrt: str
    shapes: Mapping[str, tuple[str, ...]]
    function: Callable[..., Any]
    gradient: str
    positive: tuple[str, ...] = field(default=())

    def __call__(self, values: Mapping[str, Any]) -> Any:
        """The function at values by name; vectors `(n,)` become columns."""
        arrays = {n: np.asarray(v) for n, v in values.items()}
        columns = {n: a[:, None] if a.ndim == 1 else a for n, a in arrays.items()}
        return self.function(**columns)


def _beast(A: Any, X: Any, B: Any, C: Any) -> Any:
    return np.trace(A @ X @ X.T @ B @ C @ X.T @ X @ C)


def _rows(V: Any, A: Any, B: Any, X: Any, C: Any) -> Any:
    slices = range(B.shape[0])
    return sum(np.trace(V.T @ np.log((A * (B[k] @ X)) @ C)) for k in slices)


_LOG = ("A", "X", "B", "V")

CASES = (
    Case(
        "6-9",
        "tr(A X B)",
        "X",
        {"A": ("p", "m"), "X": ("m", "n"), "B": ("n", "p")},
        lambda A, X, B: np.trace(A @ X @ B),
        "A'*B'",
    ),
    Case(
        "10-12",
        "tr(A X^T B)",
        "X",
        {"A": ("p", "n"), "X": ("m", "n"), "B": ("m", "p")},
        lambda A, X, B: np.trace(A @ X.T @ B),
        "B*A",
    ),
    Case(
        "13-18",
        "tr(A X B X C^T)",
        "X",
        {"A": ("p", "m"), "X": ("m", "n"), "B": ("n", "m"), "C": ("p", "n")},
        lambda A, X, B, C: np.trace(A @ X @ B @ X @ C.T),
        "A'*C*X'*B' + B'*X'*A'*C",
    ),
    Case(
        "19-21",
        "tr(A X X^T B C X^T X C)",
        "X",
        {"A": ("n", "m"), "X": ("m", "n"), "B": ("m", "n"), "C": ("n", "n")},
        _beast,
        "A'*C'*X'*X*C'*B'*X + B*C*X'*X*C*A*X + X*C*A*X*X'*B*C + X*C'*B'*X*X'*A'*C'",
    ),
    Case(
        "22-24",
        "norm2(X - W*H)^2",
        "W",
        {"X": ("m", "n"), "W": ("m", "k"), "H": ("k", "n")},
        lambda X, W, H: np.sum((X - W @ H) ** 2),
        "-2*X*H' + 2*W*H*H'",
    ),
    Case(
        "22-24 as a trace",
        "tr((X - W*H)*(X - W*H)')",
        "W",
        {"X": ("m", "n"), "W": ("m", "k"), "H": ("k", "n")},
        lambda X, W, H: np.trace((X - W @ H) @ (X - W @ H).T),
        "-2*X*H' + 2*W*H*H'",
    ),
    Case(
        "25-27",
        "tr(V' log(A X B))",
        "X",
        {"V": ("p", "q"), "A": ("p", "m"), "X": ("m", "n"), "B": ("n", "q")},
        lambda V, A, X, B: np.trace(V.T @ np.log(A @ X @ B)),
        "A'*(V./(A*X*B))*B'",
        _LOG,
    ),
    Case(
        "28",
        "tr(V' log(A X' B))",
        "X",
        {"V": ("p", "q"), "A": ("p", "n"), "X": ("m", "n"), "B": ("m", "q")},
        lambda V, A, X, B: np.trace(V.T @ np.log(A @ X.T @ B)),
        "B*(V./(A*X'*B))'*A",
        _LOG,
    ),
    Case(
        "29-31",
        "tr(A diag(x) B)",
        "x",
        {"A": ("p", "n"), "x": ("n",), "B": ("n", "p")},
        lambda A, x, B: np.trace(A @ np.diag(x[:, 0]) @ B),
        "(A'.*B)*ones(p)",
    ),
    Case(
        "32-36",
        "tr(ones(q,p) A diag(x) B)",
        "x",
        {"A": ("p", "n"), "x": ("n",), "B": ("n", "q")},
        lambda A, x, B: np.trace(np.ones((B.shape[1], A.shape[0])) @ A @ np.diag(x[:, 0]) @ B),
        "(A'*ones(p)).*(B*ones(q))",
    ),
    Case(
        "37-41",
        "tr(V' log(A diag(x) B))",
        "x",
        {"V": ("p", "q"), "A": ("p", "n"), "x": ("n",), "B": ("n", "q")},
        lambda V, A, x, B: np.trace(V.T @ np.log(A @ np.diag(x[:, 0]) @ B)),
        "((A'*(V./(A*diag(x)*B))).*B)*ones(q)",
        ("V", "A", "x", "B"),
    ),
)

ROWS = Case(
    "42-46",
    "tr(sum(k: V' log(A diag(B[k,:] X) C)))",
    "X",
    {"V": ("p", "q"), "A": ("p", "m"), "B": ("K", "n"), "X": ("n", "m"), "C": ("m", "q")},
    lambda V, A, B, X, C: _rows(V, A, B, X, C),
    "B'*rows(k: ones(q)'*(((V./(A*diag(B[k,:]*X)*C))'*A).*C'))",
    ("V", "A", "B", "X", "C"),
)
