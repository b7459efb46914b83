"""The numeric derivative: against closed forms, against differences, and at kinks' two sides."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from trace_derivative import expr as ex, functions
from trace_derivative.errors import ShapeError
from trace_derivative.expr import Expr, Index, apply, mul, number, power, total, trace, transpose
from trace_derivative.numeric import gradient, kind

A = ex.symbol("A", ("p", "m"))
X = ex.symbol("X", ("m", "n"))
B = ex.symbol("B", ("n", "p"))
S = ex.symbol("S", ("n", "n"))
x = ex.symbol("x", ("n", 1))
c = ex.symbol("c", ex.SCALAR)
RNG = np.random.default_rng(3)
a, xm, b, s = (RNG.normal(size=k) for k in ((4, 2), (2, 3), (3, 4), (3, 3)))
s = s + 3 * np.eye(3)
xv = RNG.normal(size=3)
VALUES: dict[str, Any] = {"A": a, "X": xm, "B": b, "S": s, "x": xv, "c": -1.5}

CLOSED_FORMS: list[tuple[Expr, ex.Symbol, Any]] = [
    (trace(mul(A, X, B)), X, a.T @ b.T),
    (trace(mul(X, transpose(X))), X, 2 * xm),
    (ex.norm(X), X, xm / np.linalg.norm(xm)),
    (ex.det(S), S, np.linalg.det(s) * np.linalg.inv(s).T),
    (ex.logdet(S), S, np.linalg.inv(s).T),
    (trace(ex.inverse(S)), S, -(np.linalg.inv(s) @ np.linalg.inv(s)).T),
    (mul(transpose(x), S, x), x, (s + s.T) @ xv),
    (power(c, number(3)), c, 3 * 1.5**2),
    (power(c, number(-2)), c, 2 / 1.5**3),
    (mul(c, total(X)), c, xm.sum()),
    (total(apply("exp", X)), X, np.exp(xm)),
    (total(apply("abs", X)), X, np.sign(xm)),
    (ex.norm1(X), X, np.sign(xm)),
    (total(apply("relu", X)), X, 1.0 * (xm > 0)),
    (total(apply("step", X)), X, 0 * xm),
    (total(power(X, number(2))), X, 2 * xm),
    (total(ex.diagonal(S)), S, np.eye(3)),
    (trace(mul(A, X, B)), c, 0.0),
    (ex.norm(c), c, -1.0),
]


@pytest.mark.parametrize(
    ("e", "variable", "expected"), CLOSED_FORMS, ids=[f"{e}-{v}" for e, v, _ in CLOSED_FORMS]
)
def test_closed_forms(e: Expr, variable: ex.Symbol, expected: Any) -> None:
    found = gradient(e, variable, VALUES)
    assert found.shape == np.shape(expected)
    assert np.allclose(found, expected, rtol=1e-12, atol=1e-12)
    assert np.allclose(gradient(e, variable, VALUES, method="central differences"), expected, 1e-7)


def test_index_notation_is_differentiated_through_its_sums() -> None:
    i, j = Index("i", "m"), Index("j", "n")
    e = ex.index_sum((i, j), mul(ex.entry(X, i, j), ex.entry(X, i, j), ex.entry(x, j)))
    assert np.allclose(gradient(e, X, VALUES), 2 * xm * xv)
    rows = ex.rows(i, mul(ex.row(X, i), S))
    assert np.allclose(gradient(total(rows), X, VALUES), np.ones((2, 3)) @ s.T)


def test_the_log_of_an_absolute_determinant_of_either_sign() -> None:
    flipped = s[[1, 0, 2]]
    e = apply("log", apply("abs", ex.det(S)))
    assert np.allclose(gradient(e, S, {"S": flipped}), np.linalg.inv(flipped).T)


def test_a_negative_base_keeps_every_digit_in_a_high_power() -> None:
    assert gradient(power(c, number(301)), c, {"c": -1.01}) == pytest.approx(301 * 1.01**300)


def test_the_size_of_the_variable_may_come_from_it_alone() -> None:
    assert np.allclose(gradient(ex.total(X), X, {"X": xm}), np.ones((2, 3)))


def test_only_scalars_are_differentiated() -> None:
    with pytest.raises(ShapeError, match="a scalar is needed"):
        gradient(X, X, VALUES)


def test_the_kind_is_the_complex_step_unless_a_function_has_no_complex_values(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert kind(total(apply("relu", apply("erf", X)))) == "complex step"
    real = functions.ElementFunction("cube", number(0), "", "", lambda z: np.asarray(z.real**3))
    monkeypatch.setitem(functions.TABLE, "cube", real)
    e = mul(number(Fraction(1, 3)), total(apply("cube", X)))
    assert kind(e) == "central differences"
    assert np.allclose(gradient(e, X, VALUES), xm**2, rtol=1e-9)
