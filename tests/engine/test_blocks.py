"""Block matrices: how they are read, opened and printed; the oracle is NumPy."""

from __future__ import annotations

import numpy as np
import pytest

import trace_derivative as td
from trace_derivative.read import read
from trace_derivative.simplify import simplify

OPENED = {
    "[A, B; C, D]'": "[A', C'; B', D']",
    "[A, B]*[C; D]": "A*C + B*D",
    "[A; B]*C": "[A*C; B*C]",
    "A*[B, C]": "[A*B, A*C]",
    "[A, B] + [C, D]": "[A + C, B + D]",
    "[A, B].*[C, D]": "[A.*C, B.*D]",
    "2*[A; B] - [C; D]": "[2*A - C; 2*B - D]",
    "exp([A; B])": "[exp(A); exp(B)]",
    "[A, B].^2": "[A.^2, B.^2]",
    "tr([A, B; C, D])": "tr(A) + tr(D)",
    "sum([A, B; C, D])": "sum(A) + sum(B) + sum(C) + sum(D)",
    "norm2([A, B])": "sqrt(norm2(A)^2 + norm2(B)^2)",
    "norm1([A; B])": "norm1(A) + norm1(B)",
    "diag([A, B; C, D])": "[diag(A); diag(D)]",
    "[eye(m), zeros(m,n); zeros(n,m), eye(n)]": "eye(m+n)",
    "[A, B]*ones(m+n,k)": "A*ones(m,k) + B*ones(n,k)",
    "[x; y]'*[x; y]": "norm2(x)^2 + norm2(y)^2",
}
SHAPES = {
    "tr([A, B; C, D])": "A: m m; D: n n",
    "diag([A, B; C, D])": "A: m m; D: n n",
    "[A, B]*ones(m+n,k)": "A: p m; B: p n",
}


@pytest.mark.parametrize("text", OPENED)
def test_opened(text: str) -> None:
    shapes = SHAPES.get(text)
    found = td.equal(str(simplify(read(text, shapes=shapes).exprs[0])), text, shapes=shapes)
    assert found.passed, found.message
    found = td.equal(text, OPENED[text], shapes=shapes)
    assert found.passed, found.message


@pytest.mark.parametrize("text", [t for t in OPENED if "x" not in t])
def test_opened_as_expected(text: str) -> None:
    reading = read(text, shapes=SHAPES.get(text))
    want = read(OPENED[text], symbols=reading.symbols, expected=reading.exprs[0].shape).exprs[0]
    assert str(simplify(reading.exprs[0])) == str(simplify(want))


def test_the_value_is_that_of_numpy() -> None:
    rng = np.random.default_rng(0)
    a, b, c, d = (rng.normal(size=s) for s in ((2, 3), (2, 4), (5, 3), (5, 4)))
    e = read("[A, B; C, D]").exprs[0]
    want = np.block([[a, b], [c, d]])
    assert np.array_equal(e.evaluate({"A": a, "B": b, "C": c, "D": d}), want)


@pytest.mark.parametrize(
    ("text", "free"),
    [
        ("[i,j] A[i,j]", 2),
        ("[i] -x[i]", 1),
        ("[] tr(A)", 0),
        ("[i,j] [A, A][i,j]", 2),
        ("[A,B]", 0),
        ("[A,B]'", 0),
        ("[A,B]*C", 0),
        ("[x;y]", 0),
        ("tr[A]", 0),
        ("sum(i,j: [A, A][i,j])", 0),
    ],
)
def test_free_indices_and_blocks_are_told_apart(text: str, free: int) -> None:
    reading = read(text)
    assert len(reading.free) == free
    if not free:
        assert read(str(reading.exprs[0]), symbols=reading.symbols).exprs == reading.exprs


@pytest.mark.parametrize(
    ("text", "shapes", "message"),
    [
        ("[A, B; C]", None, "different lengths"),
        ("[A, B]", "A: m n; B: k n", "side by side"),
        ("[A; B]", "A: m n; B: m k", "below each other"),
        ("[A, B]*C", "A: m n; B: m k; C: n n", "cannot multiply"),
        ("[A; B", None, "not closed"),
        ("A; B", None, "unexpected"),
    ],
)
def test_blocks_that_do_not_fit(text: str, shapes: str | None, message: str) -> None:
    with pytest.raises(td.TraceDerivativeError, match=message):
        read(text, shapes=shapes)


def test_prints() -> None:
    d = td.derive("[x; y]'*M*[x; y]", wrt="x")
    assert r"\begin{bmatrix} \mathbf{x} \\ \mathbf{y} \end{bmatrix}" in d.latex()
    assert "[x; y]" in d.text()
    assert "np.block([[x], [y]])" in d.numpy()
    assert d.to_dict()["gradient"]["kind"] == "product"
    assert d.verification.passed


def test_the_numpy_code_runs() -> None:
    d = td.derive("[x; y]'*M*[x; y]", wrt="x", shapes="x: m; y: n")
    scope: dict[str, object] = {}
    exec(d.numpy(), scope)
    rng = np.random.default_rng(1)
    x, y, m = rng.normal(size=2), rng.normal(size=3), rng.normal(size=(5, 5))
    z = np.concatenate([x, y])
    got = scope["gradient"](x=x, M=m, y=y)  # type: ignore[operator]
    assert np.allclose(got, ((m + m.T) @ z)[:2])


@pytest.mark.parametrize("front", ["2", "a", "tr(A)"])
def test_a_trace_keeps_what_stands_in_front(front: str) -> None:
    """Block matrices joined around a trace: the scalars before it stay."""
    shapes = "A: 2 2; B: 2 3; C: 3 2; D: 3 3; E: 2 2; F: 2 3; G: 3 2; H: 3 3; a: scalar"
    d = td.derive(f"tr({front}*[A, B; C, D]*X*[E, F; G, H])", wrt="X", shapes=shapes)
    assert d.verification.passed, [(c.name, c.message) for c in d.verification.failures]
