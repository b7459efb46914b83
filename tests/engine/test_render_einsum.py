"""Index forms as NumPy code with `einsum`: the code runs and has the value of the form."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import trace_derivative as td
from trace_derivative import numeric
from trace_derivative.presentation import present
from trace_derivative.render_einsum import einsum_function

SHAPES = "A: m n; B: n p; C: m p; X: m n; S: n n; x: n; y: n; a: scalar"
TEXTS = [
    ("tr(X'*A*S)", "X"),
    ("sum(log(exp(X*B)))", "X"),
    ("x'*S*x + a*norm2(x)^3", "x"),
    ("sum(i,j,k: tanh(A[i,j]*B[j,k])*C[i,k])", "A"),
    ("sum(max(X,A).*X.^A)", "X"),
    ("a*det(S) + tr(inv(S))/a", "S"),
    ("a*det(S) + tr(inv(S))/a", "a"),
    ("tr(diag(x)*S)^2", "x"),
    ("sum(X)", "X"),
    ("sum(softmax_rows(X*B).*C)", "B"),
]


def run(code: str, values: dict[str, Any]) -> np.ndarray[Any, Any]:
    """The value of a generated function."""
    scope: dict[str, Any] = {}
    exec(code, scope)
    names = code[code.index("(") + 1 : code.index(")")].split(", ")
    sizes = {"m": 3, "n": 4, "p": 2}
    keywords = {n: sizes[n] for n in names if n in sizes}
    return np.asarray(scope["gradient"](**{n: values[n] for n in names if n in values}, **keywords))


@pytest.mark.parametrize(("text", "wrt"), TEXTS)
def test_the_code_has_the_value_of_the_derivative(text: str, wrt: str) -> None:
    """Against the numeric derivative of the function."""
    d = td.derive(text, wrt=wrt, shapes=SHAPES)
    rng = np.random.default_rng(5)
    sizes = {"m": 3, "n": 4, "p": 2}
    values = {
        n: rng.uniform(0.4, 1.4, tuple(sizes[k] for k in dims if isinstance(k, str)))
        for n, dims in d.shapes.items()
    }
    g = d.index_gradient
    code = einsum_function(g.body, g.free, d.symbols.values())
    want = numeric.gradient(d.function, d.variable, values, sizes)
    assert np.allclose(run(code, values), want, rtol=1e-9, atol=1e-12), code


def test_what_has_no_matrix_form_has_code_all_the_same() -> None:
    d = td.derive("tr(A*X*B)", wrt="X")
    d.__dict__["_raw"] = None  # as if none had been found
    assert d.gradient is None
    assert d.numpy() == d.einsum()
    assert "einsum" in " ".join(d.notices)
    assert present(d).code == d.einsum()


def test_a_sum_of_products_is_one_einsum() -> None:
    d = td.derive("tr(A*X*B)", wrt="X")
    g = d.index_gradient
    code = einsum_function(g.body, g.free, d.symbols.values())
    assert code.count("np.einsum") == 1
