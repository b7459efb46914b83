"""The table of operators: every entry against NumPy code written by hand, in every output."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import trace_derivative as td
from trace_derivative import expr as ex, operators
from trace_derivative.read import read

Array = np.ndarray[Any, Any]


def _softmax(z: Array, axis: int) -> Array:
    e = np.exp(z)
    return np.asarray(e / e.sum(axis=axis, keepdims=True))


def _lse(z: Array, axis: int | None) -> Array:
    return np.asarray(np.log(np.exp(z).sum(axis=axis)))


def complex_step(f: Callable[[Array], Any], x: Array) -> Array:
    """The derivative of a scalar function by every entry, exact to rounding."""
    out = np.zeros(x.shape)
    for at in np.ndindex(*x.shape):
        moved = x.astype(complex)
        moved[at] += 1e-20j
        out[at] = np.imag(f(moved)) / 1e-20
    return out


BY_HAND: dict[str, Callable[[Array], Array]] = {
    "det": lambda z: np.linalg.det(z),
    "logdet": lambda z: np.log(np.linalg.det(z)),
    "norm2": lambda z: np.sqrt(np.sum(z * z)),
    "norm1": lambda z: np.sum(z * np.sign(z.real)),
    "logsumexp": lambda z: _lse(z, None),
    "logsumexp_rows": lambda z: _lse(z, 1)[:, None],
    "logsumexp_columns": lambda z: _lse(z, 0)[:, None],
    "softmax": lambda z: _softmax(z, 0),
    "softmax_rows": lambda z: _softmax(z, 1),
    "softmax_columns": lambda z: _softmax(z, 0),
}
"""Every operator, written without the engine."""

RNG = np.random.default_rng(7)
SIZES = {"m": 3, "n": 4, "1": 1}


def argument(entry: operators.Operator) -> Array:
    """A matrix of the shape that the operator takes, with a positive determinant."""
    rows, columns = (SIZES[letter] for letter in entry.arguments[0])
    z = RNG.uniform(0.3, 1.2, (rows, columns)) * RNG.choice([-1.0, 1.0], (rows, columns))
    return z + 3 * np.eye(rows) if rows == columns else z


def symbols(entry: operators.Operator) -> tuple[dict[str, tuple[str, ...]], int]:
    """The shapes of X, and of C that fits the value; how many sizes C has."""
    kept = [tuple(d for d in letters if d != "1") for letters in (entry.arguments[0], entry.result)]
    return {"X": kept[0], "C": kept[1]}, len(kept[1])


def test_every_operator_is_written_by_hand() -> None:
    assert set(BY_HAND) == set(operators.TABLE)


@pytest.mark.parametrize("name", operators.TABLE)
def test_value_and_derivative(name: str) -> None:
    """Value, expansion, both routes and all steps, by hand-written NumPy and the complex step."""
    entry = operators.TABLE[name]
    shapes, rank = symbols(entry)
    x = argument(entry)
    value = BY_HAND[name](x)
    c = RNG.normal(size=np.shape(value))
    text = f"C*{name}(X)" if rank == 0 else f"sum(C.*{name}(X))"
    d = td.derive(text, wrt="X", shapes=shapes)
    arrays = {"X": x, "C": c}
    flat = {"X": x if x.shape[1] > 1 else x[:, 0], "C": c}
    want = complex_step(lambda z: np.sum(c * BY_HAND[name](z)), x)
    assert np.allclose(d.function.evaluate(arrays), np.sum(c * value), rtol=1e-12)
    expansion = read(str(d.expansion), symbols=d.symbols).exprs[0]
    assert np.allclose(expansion.evaluate(arrays), np.sum(c * value), rtol=1e-12)
    for route, answer in d.routes.items():
        assert answer is not None, route
        got = answer.evaluate(flat, {"m": 3, "n": 4}).reshape(x.shape)
        assert np.allclose(got, want, rtol=1e-9, atol=1e-12), route
    assert d.verification.passed, [(v.name, v.message) for v in d.verification.failures]


@pytest.mark.parametrize("name", operators.TABLE)
def test_every_form_of_output(name: str) -> None:
    """Text reads back, the LaTeX and the NumPy code have the same value."""
    entry = operators.TABLE[name]
    shapes, _ = symbols(entry)
    e = read(f"{name}(X)", shapes={"X": shapes["X"]}).exprs[0]
    x = argument(entry)
    assert read(str(e), shapes={"X": shapes["X"]}).exprs[0] == e
    want = np.asarray(BY_HAND[name](x))
    code = eval(e.numpy(), {"np": np, "X": x, "m": 3, "n": 4})
    assert np.allclose(code, want, rtol=1e-12)
    assert e.latex()
    assert e.shape == tuple(1 if k == "1" else k for k in entry.result)


@pytest.mark.parametrize("name", operators.TABLE)
def test_of_a_number(name: str) -> None:
    entry = operators.TABLE[name]
    e = ex.operation(name, ex.symbol("a", ex.SCALAR))
    assert e.shape == ex.SCALAR
    assert np.allclose(e.evaluate({"a": 1.7}), BY_HAND[name](np.array([[1.7]])).reshape(()))
    assert entry.source


@pytest.mark.parametrize("name", [n for n, o in operators.TABLE.items() if o.invariant])
def test_invariant_operators_are_those_of_the_transpose(name: str) -> None:
    x = argument(operators.TABLE[name])
    assert np.allclose(BY_HAND[name](x), BY_HAND[name](x.T))


def test_softmax_of_a_matrix_names_the_two_that_there_are() -> None:
    with pytest.raises(td.ShapeError, match="softmax needs a vector") as caught:
        td.derive("sum(softmax(X))", wrt="X", shapes="X: m n")
    assert caught.value.hint == "there are softmax_rows and softmax_columns"


def test_cross_entropy_gives_the_textbook_gradient() -> None:
    d = td.derive("sum(logsumexp_rows(X*W)) - sum(Y.*(X*W))", wrt="W")
    assert str(d.gradient) == "X'*(softmax_rows(X*W) - Y)"
    assert d.verification.passed


def test_attention() -> None:
    """Softmax attention, by the queries: the closed form of the layer's backward pass."""
    shapes = "Q: m d; K: n d; V: n p; C: m p"
    d = td.derive("sum(C.*(softmax_rows(Q*K')*V))", wrt="Q", shapes=shapes)
    assert d.verification.passed, [(c.name, c.message) for c in d.verification.failures]
    s = "softmax_rows(Q*K')"
    given = f"({s}.*(C*V') - diag(({s}.*(C*V'))*ones(n))*{s})*K"
    assert td.equal(str(d.gradient), given, shapes=shapes).passed


@pytest.mark.parametrize("text", ["logsumexp_rows(x'*A)", "logsumexp_columns(A'*x)"])
def test_operator_whose_value_happens_to_be_a_number_may_be_the_function(text: str) -> None:
    d = td.derive(text, wrt="A", shapes={"x": ("m",), "A": ("m", "n")})
    a, x = RNG.normal(size=(3, 4)), RNG.normal(size=3)
    assert d.gradient is not None
    expected = complex_step(lambda z: np.log(np.exp(x @ z).sum()), a)
    np.testing.assert_allclose(d.gradient.evaluate({"A": a, "x": x}), expected, rtol=1e-12)
    assert d.verification.passed
