"""Sums made shorter: shared factors, like terms, functions that go together."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings

import trace_derivative as td
from tests.engine.strategies import SYMBOLS, expressions
from trace_derivative.canonical import canonical
from trace_derivative.expr import Expr, leaf_count
from trace_derivative.factor import factored
from trace_derivative.read import read
from trace_derivative.simplify import simplify

SHAPES = "A: n n; B: n n; C: n n; X: n n; x: n; y: n; a: scalar; c: scalar"


def neat(text: str) -> str:
    """The text of a simplified and factored expression."""
    return str(factored(simplify(read(text, shapes=SHAPES).exprs[0])))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A*x + A'*x", "(A + A')*x"),
        ("A*X*B - A*X*C", "A*X*(B - C)"),
        ("2*A*x + 4*B*x", "2*(A + 2*B)*x"),
        ("exp(a*c)*A*x + exp(a*c)*B*y", "exp(a*c)*(A*x + B*y)"),
        ("X*A + X", "X*A + X"),
        ("A + B + X*(A + B)", "(eye(n) + X)*(A + B)"),
        ("A + B - X*(A + B)", "(eye(n) - X)*(A + B)"),
        ("-A - B + X*(A + B)", "-(eye(n) - X)*(A + B)"),
        ("3*A + 3*B", "3*(A + B)"),
        ("A*B*C*X*A + B*C*A*X*C", "A*B*C*X*A + B*C*A*X*C"),
        ("A'*C*X'*B' + B'*X'*A'*C", "A'*C*X'*B' + B'*X'*A'*C"),
    ],
)
def test_shared_factors(text: str, expected: str) -> None:
    assert neat(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A.*B.*X + X.*A.*B", "2*(A.*B.*X)"),
        ("4*X*(X'*X)^2 + 2*X*X'*X*X'*X", "6*X*(X'*X)^2"),
        ("A*B + (B'*A')'", "2*A*B"),
        ("sin(a)/cos(a)", "tan(a)"),
        ("sinh(A)./cosh(A)", "tanh(A)"),
        ("sign(a)*a", "abs(a)"),
        ("relu(A).*step(A)", "relu(A)"),
        ("a*sqrt(a)", "a^1.5"),
        ("diag(x).*A", "diag(x.*diag(A))"),
        ("(A.*(A*B))*ones(n)", "diag(A*B*A')"),
        ("tr(ones(n,n)*A)", "sum(A)"),
        ("ones(n,n)./(A.^2)", "A.^-2"),
        ("inv(A)*A*B", "B"),
        ("X*X*X", "X^3"),
        ("X'*X'", "(X^2)'"),
    ],
)
def test_simplified(text: str, expected: str) -> None:
    assert neat(text) == expected


@settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=600)
@given(expressions())
def test_factored_has_the_same_value_and_is_no_longer(e: Expr) -> None:
    plain = simplify(e)
    short = factored(plain)
    assert short.shape == e.shape
    assert leaf_count(short) <= leaf_count(plain)
    try:
        points = td.derive(f"sum({e})" if e.shape != (1, 1) else str(e), wrt="X", shapes=DECLARED)
        sample = points.samples[0]
        found = td.equal(str(short), str(plain), shapes=DECLARED)
    except td.UnsupportedError:
        assume(False)
        return
    assert found.passed, (str(plain), str(short), found.message)
    assert sample is not None


@settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=400)
@given(expressions())
def test_canonical_is_stable_and_of_the_same_shape(e: Expr) -> None:
    once = canonical(e)
    assert once.shape == e.shape
    assert canonical(once) == once


DECLARED = {name: s.shape[: s.rank] for name, s in SYMBOLS.items()}


def test_terms_that_cancel_when_they_are_put_together() -> None:
    text = "arctan((X*(a*(A/a)).^(-1/2)*rows(l: x[l]*(a/a)))'*u)"
    d = td.derive(text, wrt="a", shapes="a: scalar")
    assert d.gradient is not None
    assert str(d.gradient) == "0"
    assert d.verification.passed


def test_a_factor_is_shared_as_often_as_both_terms_have_it() -> None:
    d = td.derive("alpha^alpha*log(alpha^alpha)", wrt="alpha")
    for x in (0.4, 0.9, 1.7):
        power = (x + 1e-20j) ** (x + 1e-20j)
        want = (power * np.log(power)).imag / 1e-20
        assert d.gradient is not None
        assert d.gradient.evaluate({"alpha": x}) == pytest.approx(want, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "wrt"),
    [
        ("softplus(-a) + softplus(-a) + a", "a"),
        ("sum(softplus(-x)) + sum(softplus(-x)) + sum(x)", "x"),
    ],
)
def test_a_complement_takes_one_term_of_several_alike(text: str, wrt: str) -> None:
    d = td.derive(text, wrt=wrt, shapes="a: scalar; x: n")
    assert d.verification.passed, [(c.name, c.message) for c in d.verification.failures]


@pytest.mark.parametrize(
    ("text", "gradient"),
    [
        ("a'*x*x'*b", "(a*b' + b*a')*x"),
        ("(x'*a)^2 + (x'*b)^2", "2*(a*a' + b*b')*x"),
        ("x'*A*x*b'*x", "b'*x*(A + A')*x + x'*A*x*b"),
    ],
)
def test_scalar_products_with_one_vector(text: str, gradient: str) -> None:
    d = td.derive(text, wrt="x")
    assert str(d.gradient) == gradient
    assert d.verification.passed
