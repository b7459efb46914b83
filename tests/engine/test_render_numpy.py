"""NumPy code: it runs, and gives the value; no name gets out of hand."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, reject, settings

from tests.engine import formulas, scipy_linalg
from trace_derivative import expr as ex
from trace_derivative.errors import UnsupportedError
from trace_derivative.expr import Expr, Index, number
from trace_derivative.render_numpy import numpy_code, numpy_function

scipy_linalg.provide()

A = ex.symbol("A", ("p", "m"))
X = ex.symbol("X", ("m", "n"))
B = ex.symbol("B", ("n", "p"))
x = ex.symbol("x", ("m", 1))
a = ex.symbol("a", ex.SCALAR)
k = Index("k", "n")


def _run(code: str, name: str = "gradient") -> Any:
    scope: dict[str, Any] = {}
    exec(compile(code, "<generated>", "exec"), scope)
    return scope[name]


@pytest.mark.parametrize(
    ("e", "expected"),
    [
        (ex.trace(ex.mul(A, X, B)), "np.trace(A @ X @ B)"),
        (ex.mul(number(-2), ex.sub(X, X)), "-2 * (X - X)"),
        (ex.ones("m"), "np.ones((m, 1))"),
        (ex.ones("m", 3), "np.ones((m, 3))"),
        (ex.mul(ex.transpose(x), x), "(x.T @ x).item()"),
        (ex.power(X, number(2)), "X ** 2"),
        (ex.mul(a, ex.power(a, number(-1)), x), "a / a * x"),
        (ex.index_sum((k,), ex.mul(ex.column(X, k), ex.row(B, k))),
         "sum(X[:, k, None] @ B[k, None] for k in range(n))"),
    ],
)  # fmt: skip
def test_code(e: Expr, expected: str) -> None:
    assert numpy_code(e) == expected


def test_a_function_runs_and_gives_the_shapes_as_declared() -> None:
    gradient = _run(numpy_function(ex.mul(ex.transpose(A), ex.transpose(B)), (A, X, B)))
    left, middle, right = np.arange(6.0).reshape(2, 3), np.ones((3, 4)), np.ones((4, 2))
    assert np.array_equal(gradient(left, middle, right), left.T @ right.T)

    quadratic = _run(numpy_function(ex.mul(number(2), ex.mul(ex.transpose(x), x), x), (x,)))
    vector = np.array([1.0, 2.0])
    for given_ in (vector, vector[:, None], [1, 2]):
        assert np.array_equal(quadratic(given_), 10 * vector)

    norm = _run(numpy_function(ex.norm(x), (x,), name="value"), "value")
    assert norm([3, 4]) == 5
    assert isinstance(norm([3, 4]), float)


def test_sizes_come_from_the_arrays_or_are_asked_for() -> None:
    e = ex.mul(ex.ones("p", "m"), X)
    code = numpy_function(e, (A, X))
    assert "p = A.shape[0]" in code
    assert _run(code)(np.ones((2, 3)), np.ones((3, 1))).tolist() == [[3.0], [3.0]]
    asked = numpy_function(e, (X,))
    assert "def gradient(X, *, p):" in asked
    assert _run(asked)(np.ones((3, 1)), p=2).tolist() == [[3.0], [3.0]]


def test_rows_over_an_index() -> None:
    e = ex.rows(k, ex.scale(2, ex.row(B, k)))
    array = np.arange(8.0).reshape(4, 2)
    assert np.array_equal(_run(numpy_function(e, (B,)))(array), 2 * array)


def test_names_that_are_pythons_or_clash_are_changed() -> None:
    lam = ex.symbol("lambda", ex.SCALAR)
    np_ = ex.symbol("np", ("m", "n"))
    m = ex.symbol("m", ("m", "m"))
    e = ex.mul(lam, m, np_, ex.ones("n"))
    code = numpy_function(e, (lam, m, np_))
    assert "def gradient(lambda_, m, np_):" in code
    assert _run(code)(2, np.eye(2), np.ones((2, 3))).tolist() == [6.0, 6.0]
    size = numpy_function(ex.mul(m, ex.ones("m")), (m,))
    assert "m_ = m.shape[0]" in size
    assert _run(size)(np.ones((2, 2))).tolist() == [2.0, 2.0]


@pytest.mark.parametrize("name", ["a b", "x;import os", "1x", "", "É", "a\n"])
def test_nothing_but_identifiers_gets_into_the_code(name: str) -> None:
    with pytest.raises(UnsupportedError):
        numpy_code(ex.symbol(name, ("m", "n")))
    with pytest.raises(UnsupportedError):
        numpy_function(X, (X,), name=name)


def test_functions_of_sympy_run() -> None:
    for name, want in (("erf", 0.8427007929497149), ("gamma", 1.0), ("sec", 1 / np.cos(1))):
        code = numpy_function(ex.apply(name, x), (x,))
        assert _run(code)([1.0, 1.0]) == pytest.approx([want, want])


def test_outside_a_domain_there_is_nan_and_no_complex_number() -> None:
    root = _run(numpy_function(ex.power(a, number(Fraction(1, 2))), (a,)))
    with np.errstate(all="ignore"):
        assert np.isnan(root(-1))


@settings(max_examples=300, deadline=None)
@given(formulas.formulas())
def test_the_code_has_the_value_of_the_expression(e: Expr) -> None:
    want = formulas.value(e)
    given_ = formulas.values()
    with np.errstate(all="ignore"):
        try:
            got = _run(numpy_function(e, formulas.SYMBOLS.values()))(*given_.values())
        except (np.linalg.LinAlgError, ZeroDivisionError, OverflowError):
            reject()
    assert np.shape(got) == np.shape(want)
    assert formulas.close(got, want), f"{e}\n{numpy_code(e)}"
