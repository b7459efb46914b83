"""Structured variables against the complex step along their directions, on NumPy functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import trace_derivative as td
from tests.engine.structured import Array, close, of_kind, structured_gradient
from trace_derivative import expr as ex, numeric, structures
from trace_derivative.kinds import STRUCTURES

tr, inv, det = np.trace, np.linalg.inv, np.linalg.det
Function = Callable[..., Any]
FUNCTIONS: dict[str, Function] = {
    "tr(A*X)": lambda X, A, B: tr(A @ X),
    "tr(A*X*B*X')": lambda X, A, B: tr(A @ X @ B @ X.T),
    "tr(X^3*A)": lambda X, A, B: tr(X @ X @ X @ A),
    "norm2(A*X - B)^2": lambda X, A, B: np.sum((A @ X - B) ** 2),
    "sum(exp(X).*A)": lambda X, A, B: np.sum(np.exp(X) * A),
    "tr(A*inv(X)*B)": lambda X, A, B: tr(A @ inv(X) @ B),
    "det(X)": lambda X, A, B: det(X),
    "det(A + X)": lambda X, A, B: det(A + X),
    "sum(tril(X)*B)": lambda X, A, B: np.sum(np.tril(X) @ B),
}


@pytest.mark.parametrize("structure", STRUCTURES)
@pytest.mark.parametrize("text", FUNCTIONS)
def test_structured_gradients(text: str, structure: str) -> None:
    d = td.derive(
        text, wrt="X", structure={"X": structure}, shapes="X: n n; A: n n; B: n n", route="both"
    )
    rng = np.random.default_rng(len(text))
    for n in (2, 4):
        x = of_kind(structure, rng, n, n) + (0 if structure == "skew" else 2) * np.eye(n)
        values = {"X": x, "A": of_kind("any", rng, n, n), "B": of_kind("any", rng, n, n)}

        def moved(x: Array, values: dict[str, Array] = values) -> Any:
            return FUNCTIONS[text](x, values["A"], values["B"])

        want = structured_gradient(moved, x, structure)
        for route, answer in d.routes.items():
            assert answer is not None
            assert close(answer.evaluate(values, {"n": n}), want), (route, str(answer))
    assert d.verification.passed, d.verification.failures


@pytest.mark.parametrize(
    ("structure", "text", "expected"),
    [
        ("symmetric", "tr(X)", "eye(n)"),
        ("symmetric", "tr(A*X)", "A + A' - (A.*eye(n))"),
        ("lower", "norm1(X)", "tril(sign(X))"),
        ("symmetric", "det(X)", "det(X)*(2*inv(X) - (inv(X).*eye(n)))"),
        ("symmetric", "logdet(X)", "2*inv(X) - (inv(X).*eye(n))"),
        ("symmetric", "norm2(X)^2", "4*X - 2*(X.*eye(n))"),
        ("diagonal", "tr(A*X)", "A.*eye(n)"),
        ("diagonal", "logdet(X)", "inv(X)"),
        ("diagonal", "norm2(X)^2", "2*X"),
        ("skew", "tr(A*X)", "A' - A"),
        ("skew", "norm2(X)^2", "4*X"),
        ("lower", "tr(A*X)", "triu(A)'"),
        ("lower", "norm2(X)^2", "2*X"),
        ("lower", "logdet(X*X')", "2*diag(diag(inv(X)))"),
        ("upper", "tr(A*X)", "tril(A)'"),
        ("upper", "det(X)", "det(X)*diag(diag(inv(X)))"),
    ],
)
def test_results_are_as_printed_in_the_literature(structure: str, text: str, expected: str) -> None:
    d = td.derive(text, wrt="X", structure={"X": structure}, shapes="X: n n; A: n n")
    assert str(d.gradient) == expected
    assert d.verification.passed


@pytest.mark.parametrize("structure", STRUCTURES)
def test_the_numeric_derivative_follows_the_structure(structure: str) -> None:
    rng = np.random.default_rng(3)
    x, a = of_kind(structure, rng, 4, 4), of_kind("any", rng, 4, 4)
    A, X = ex.symbol("A", ("n", "n")), ex.symbol("X", ("n", "n"))
    e = ex.trace(ex.mul(A, X, X, A))
    found = numeric.gradient(e, X, {"A": a, "X": x}, structure=structure)
    want = structured_gradient(lambda x: tr(a @ x @ x @ a), x, structure)
    assert close(found, want)
    central = numeric.gradient(
        e, X, {"A": a, "X": x}, structure=structure, method="central differences"
    )
    assert np.allclose(central, want, atol=1e-6)


def test_the_step_of_the_structure_and_the_use_of_its_values() -> None:
    d = td.derive("norm2(X)^2", wrt="X", structure={"X": "skew"})
    first, second = d.steps[-2:]
    assert "opposite entries" in first.reason
    assert second.reason == "Since `X` is skew-symmetric, `X'` = `-X`"
    assert second.lhs == first.rhs
    assert first.check is not None
    assert second.check is not None
    assert first.check.passed
    assert second.check.passed


@pytest.mark.parametrize("structure", STRUCTURES)
def test_a_wrong_structure_is_found_out(monkeypatch: pytest.MonkeyPatch, structure: str) -> None:
    right = structures.with_structure
    other = {"symmetric": "skew", "skew": "symmetric", "lower": "upper", "upper": "lower"}
    wrong = other.get(structure, "symmetric")
    monkeypatch.setattr(structures, "with_structure", lambda e, s: right(e, wrong))
    v = td.derive("norm2(A*X - B)^2", wrt="X", structure={"X": structure}).verification
    assert not v.passed
    assert any(c.name.startswith("matrix") for c in v.failures)


def test_an_unknown_structure_is_refused_with_the_list() -> None:
    with pytest.raises(td.ParseError) as caught:
        td.derive("tr(A*X)", wrt="X", structure={"X": "toeplitz"})
    assert "skew" in caught.value.hint
    with pytest.raises(td.ParseError):
        td.derive("tr(A*X)", wrt="X", structure={"X": "spd"})


@pytest.mark.parametrize("text", ["tr(X^3)^2", "tr(X)^3*tr(X*A)", "tr(X^3)^2*tr(A*X)"])
def test_what_is_zero_for_all_skew_matrices_is_no_difference(text: str) -> None:
    d = td.derive(text, wrt="X", structure="X: skew")
    assert d.verification.passed, d.verification.failures


def test_a_slope_at_a_zero_of_the_function_is_seen() -> None:
    for of in ("tr(X)", "tr(X)*tr(A*X)"):
        claim = td.check("zeros(n,n)", of=of, wrt="X", shapes="X: n n", assume="X: skew")
        assert not claim.passed


@pytest.mark.parametrize(
    ("text", "structure"),
    [
        ("tr(A*X)*tr(B*X)", "symmetric"),
        ("-(tr(X) - tr(A*X))*tr(B*X)", "symmetric"),
        ("tr(-diag(x)*X*(A.*X')*(eye(n).*A'))", "skew"),
    ],
)
def test_transposes_written_out_need_no_reason(text: str, structure: str) -> None:
    """They are an identity for all values: no fact of the variable is used for them."""
    d = td.derive(text, wrt="X", structure={"X": structure}, shapes="X: n n; A: n n; B: n n")
    assert d.verification.passed
    assert all(step.check is not None and step.check.passed for step in d.steps)
    assert not any(step.reason.startswith("Since ") for step in d.steps[:-1])
