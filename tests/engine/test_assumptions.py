"""Assumptions on a finished result: what it becomes, that it is right, and what is said of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import trace_derivative as td
from tests.engine.structured import Array, close, gradient, of_kind
from trace_derivative import assumptions, expr as ex
from trace_derivative.kinds import facts_of
from trace_derivative.read import read

tr, inv, det = np.trace, np.linalg.inv, np.linalg.det


def fro(a: Any) -> Any:
    """The Frobenius norm, analytically."""
    return np.sqrt(np.sum(a * a))


N = 4
Function = Callable[..., Any]
CASES: list[tuple[str, str, str, Function, str, str]] = [
    ("x'*S*x", "x", "S: symmetric", lambda x, S: (x.T @ S @ x)[0, 0], "2*S*x", "S` is symmetric"),
    ("x'*S*x", "x", "S: spd", lambda x, S: (x.T @ S @ x)[0, 0], "2*S*x", "S` is symmetric,"),
    ("x'*S*x", "x", "S: psd", lambda x, S: (x.T @ S @ x)[0, 0], "2*S*x", "S` is symmetric,"),
    ("x'*S*x", "x", "S: diagonal", lambda x, S: (x.T @ S @ x)[0, 0], "2*S*x", "S` is symmetric,"),
    ("x'*S*x", "x", "S: skew", lambda x, S: (x.T @ S @ x)[0, 0], "zeros(n)", "S` is skew"),
    ("tr(X'*inv(S)*X)", "X", "S: spd", lambda X, S: tr(X.T @ inv(S) @ X), "2*inv(S)*X", "symm"),
    ("tr(X'*S^3*X)", "X", "S: symmetric", lambda X, S: tr(X.T @ S @ S @ S @ X), "2*S^3*X", "symm"),
    (
        "tr(X'*exp(S)*X)",
        "X",
        "S: symmetric",
        lambda X, S: tr(X.T @ np.exp(S) @ X),
        "2*exp(S)*X",
        "S` is symmetric",
    ),
    (
        "tr(X'*A*S*A'*X)",
        "X",
        "S: symmetric",
        lambda X, A, S: tr(X.T @ A @ S @ A.T @ X),
        "2*A*S*A'*X",
        "S` is symmetric",
    ),
    (
        "tr(X'*(S + A)*X)",
        "X",
        "S: symmetric; A: diagonal",
        lambda X, S, A: tr(X.T @ (S + A) @ X),
        "2*(S + A)*X",
        "`A` is symmetric and `S` is symmetric",
    ),
    (
        "norm2(S*X - B)^2",
        "X",
        "S: orthogonal",
        lambda X, S, B: np.sum((S @ X - B) ** 2),
        "2*(X - S'*B)",
        "S` is orthogonal, `S'*S` = `eye(n)`",
    ),
    (
        "norm2(X*S)",
        "X",
        "S: orthogonal",
        lambda X, S: fro(X @ S),
        "X/norm2(X)",
        "S` is orthogonal",
    ),
    ("tr(inv(S)*X)", "X", "S: orthogonal", lambda X, S: tr(inv(S) @ X), "S", "orthogonal"),
    (
        "det(S)^2*norm2(x)^2",
        "x",
        "S: orthogonal",
        lambda x, S: det(S) ** 2 * np.sum(x * x),
        "2*x",
        "S` is orthogonal",
    ),
    (
        "tr(X*S*S)",
        "X",
        "S: orthogonal, symmetric",
        lambda X, S: tr(X @ S @ S),
        "eye(n)",
        "S` is orthogonal and symmetric",
    ),
    (
        "tr(X*S*S)",
        "X",
        "S: orthogonal, skew",
        lambda X, S: tr(X @ S @ S),
        "-eye(n)",
        "S` is orthogonal and skew-symmetric",
    ),
    ("tr(X*S*S)", "X", "S: idempotent", lambda X, S: tr(X @ S @ S), "S'", "S` is idempotent"),
    (
        "norm2(x - S*x)^2",
        "x",
        "S: projection",
        lambda x, S: np.sum((x - S @ x) ** 2),
        "2*(eye(n) - S)*x",
        "an orthogonal projection",
    ),
    (
        "norm2(X*(eye(n) - S))^2",
        "X",
        "S: projection",
        lambda X, S: np.sum((X @ (np.eye(N) - S)) ** 2),
        "2*X*(eye(n) - S)",
        "an orthogonal projection",
    ),
    ("tr(X*(S.*eye(n)))", "X", "S: diagonal", lambda X, S: tr(X @ S), "S", "S` is diagonal"),
    ("tr(tril(S)*X)", "X", "S: lower", lambda X, S: tr(np.tril(S) @ X), "S'", "lower triangular"),
    (
        "tr(triu(inv(S))*X)",
        "X",
        "S: upper, invertible",
        lambda X, S: tr(np.triu(inv(S)) @ X),
        "inv(S)'",
        "S` is upper triangular",
    ),
    (
        "tr(triu(S)*X)",
        "X",
        "S: lower",
        lambda X, S: tr(np.triu(S) @ X),
        "diag(diag(S))",
        "S` is lower triangular",
    ),
    (
        "abs(det(S))*norm2(x)^2",
        "x",
        "S: spd",
        lambda x, S: abs(det(S)) * np.sum(x * x),
        "2*det(S)*x",
        "positive definite",
    ),
    ("sum(sqrt(x.^2))", "x", "x: positive", lambda x: np.sum(np.sqrt(x**2)), "ones(n)", "nonneg"),
    (
        "x'*A*x/(x'*x)",
        "x",
        "A: symmetric; x: unit",
        lambda x, A: (x.T @ A @ x)[0, 0] / np.sum(x * x),
        "2*(A - x'*A*x*eye(n))*x",
        "`x` is a unit vector",
    ),
]
NAMED = {"x": (N, 1), "A": (N, N), "B": (N, N), "S": (N, N), "X": (N, N)}


def values_of(case_assume: str, seed: int, names: set[str]) -> dict[str, Array]:
    """Values of the kinds, by hand."""
    rng = np.random.default_rng(seed)
    kinds = dict(part.split(": ") for part in case_assume.split("; "))
    found = {}
    for name in sorted(names):
        kind = kinds.get(name, "any")
        if kind == "orthogonal, symmetric":
            q = of_kind("orthogonal", rng, N, N)
            found[name] = q @ np.diag([1.0, -1, 1, -1]) @ q.T
        elif kind == "orthogonal, skew":
            q = of_kind("orthogonal", rng, N, N)
            found[name] = q @ np.kron(np.eye(2), [[0.0, 1], [-1, 0]]) @ q.T
        elif kind == "upper, invertible":
            found[name] = of_kind("upper", rng, N, N) + 2 * np.eye(N)
        else:
            found[name] = of_kind(kind, rng, *NAMED[name])
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c[0]} {c[2]}")
def test_result_under_assumptions(case: tuple[str, str, str, Function, str, str]) -> None:
    text, wrt, assume, function, expected, words = case
    shapes = "x: n; X: n n; S: n n; A: n n; B: n n"
    d = td.derive(text, wrt=wrt, assume=assume, shapes=shapes)
    assert str(d.gradient) == expected
    names = set(d.symbols)
    for seed in range(3):
        values = values_of(assume, seed, names)

        def moved(x: Array, values: dict[str, Array] = values) -> Any:
            return function(**{**values, wrt: x})

        want = gradient(moved, values[wrt])
        got = np.asarray(ex.with_context(d.gradient, d.symbols.values()).evaluate(values))
        assert close(got.reshape(want.shape), want)
    steps = [s for s in d.steps if s.reason.startswith("Since")]
    assert steps
    assert words in steps[0].reason
    assert steps[0].lhs == d.general
    assert steps[0].rhs == d.gradient
    assert d.verification.passed, d.verification.failures


@pytest.mark.parametrize(
    ("text", "assume", "expected"),
    [
        ("sum(abs(x))", "positive", "ones(n)"),
        ("sum(abs(x))", "negative", "-ones(n)"),
        ("norm1(x)", "positive", "ones(n)"),
        ("sum(relu(x))", "positive", "ones(n)"),
        ("sum(relu(x))", "negative", "zeros(n)"),
        ("sum(abs(exp(x)))", "positive", "exp(x)"),
        ("sum(abs(x).^3)", "nonnegative", "3*(x.^2.*sign(x))"),
    ],
)
def test_signs(text: str, assume: str, expected: str) -> None:
    d = td.derive(text, wrt="x", assume={"x": assume}, shapes="x: n")
    want = read(expected, symbols=d.symbols, expected=d.variable.shape).exprs[0]
    assert d.gradient is not None
    assert td.equal(str(d.gradient), str(want), assume={"x": assume}, shapes="x: n").passed
    assert ex.leaf_count(d.gradient) <= ex.leaf_count(want)
    assert d.verification.passed


def test_no_step_where_nothing_is_used() -> None:
    d = td.derive("tr(A*X*S)", wrt="X", assume={"A": "invertible", "S": "positive"})
    assert not [s for s in d.steps if s.reason.startswith("Since")]


def test_only_what_is_used_is_named() -> None:
    d = td.derive("x'*S*x + b'*A*x", wrt="x", assume={"S": "spd", "A": "orthogonal"})
    (reason,) = {s.reason for s in d.steps if s.reason.startswith("Since")}
    assert reason == "Since `S` is symmetric, `S'` = `S`"


def test_an_assumption_on_the_variable_is_used_after_the_differentiation() -> None:
    d = td.derive("tr(X'*X)", wrt="X", assume={"X": "orthogonal"})
    assert str(d.gradient) == "2*X"  # not zero, though the value is the constant n


def test_symbols_with_the_letters_of_the_table_keep_their_names() -> None:
    d = td.derive("x'*I*x", wrt="x", assume={"I": "symmetric"}, shapes="I: n n")
    (reason,) = {s.reason for s in d.steps if s.reason.startswith("Since")}
    assert reason == "Since `I` is symmetric, `I'` = `I`"


def identity_holds(text: str, assume: dict[str, str], shapes: str) -> tuple[str, bool]:
    """What facts make of an expression, and whether that is equal to it."""
    reading = read(text, shapes=shapes)
    result = assumptions.with_facts(reading.exprs[0], facts_of(assume))
    return str(result), td.equal(text, str(result), shapes=shapes, assume=assume).passed


@pytest.mark.parametrize(
    ("text", "assume", "result"),
    [
        ("Q'*Q*A", {"Q": "orthogonal"}, "A"),
        ("Q*Q'*A", {"Q": "orthogonal"}, "A"),
        ("inv(Q*A)", {"Q": "orthogonal"}, "inv(A)*Q'"),
        ("inv(2*A*Q)", {"Q": "orthogonal"}, "0.5*Q'*inv(A)"),
        ("norm2(Q*A*P)", {"Q": "orthogonal", "P": "orthogonal"}, "norm2(A)"),
        ("norm2(-2*Q*A)", {"Q": "orthogonal"}, "2*norm2(A)"),
        ("abs(det(Q))", {"Q": "orthogonal"}, "1"),
        ("det(Q)^3", {"Q": "orthogonal"}, "det(Q)"),
        ("det(Q*A*Q')", {"Q": "orthogonal"}, "det(A)"),
        ("tr(K)", {"K": "skew"}, "0"),
        ("tr(K*S)", {"K": "skew", "S": "symmetric"}, "0"),
        ("tr(S*A*K*A')", {"K": "skew", "S": "symmetric"}, "0"),
        ("diag(K)", {"K": "skew"}, "zeros(n)"),
        ("K.*eye(n)", {"K": "skew"}, "zeros(n,n)"),
        ("(A*K*A')'", {"K": "skew"}, "-A*K*A'"),
        ("E*D", {"E": "diagonal", "D": "diagonal"}, "D*E"),
        ("diag(diag(D))", {"D": "diagonal"}, "D"),
        ("tril(D)", {"D": "diagonal"}, "D"),
        ("tril(L*L)", {"L": "lower"}, "L^2"),
        ("tril(L')", {"L": "lower"}, "diag(diag(L))"),
        ("P*(eye(n) - P)", {"P": "idempotent"}, "zeros(n,n)"),
        ("(eye(n) - P)*(eye(n) - P)", {"P": "idempotent"}, "eye(n) - P"),
        ("P^5", {"P": "idempotent"}, "P"),
        ("u*u'*u", {"u": "unit"}, "u"),
        ("norm2(u)*A", {"u": "unit"}, "A"),
        ("abs(u'*S*u)", {"S": "spd"}, "u'*S*u"),
        ("abs(u'*S*u)", {"S": "psd"}, "abs(u'*S*u)"),
        ("abs(tr(A'*A) + tr(S))", {"S": "psd"}, "tr(A'*A) + tr(S)"),
        ("abs(det(S))", {"S": "psd"}, "abs(det(S))"),
        ("abs(det(S))", {"S": "spd"}, "det(S)"),
        ("relu(det(S))", {"S": "psd"}, "relu(det(S))"),
        ("(det(S)^2)^(1/2)", {"S": "psd"}, "sqrt(det(S)^2)"),
        ("(det(S)^2)^(1/2)", {"S": "spd"}, "det(S)"),
        ("abs(a*det(S))", {"S": "psd", "a": "negative"}, "abs(a*det(S))"),
        ("sign(1 + u'*S*u)", {"S": "psd"}, "1"),
        ("abs(tr(S))", {"S": "psd"}, "tr(S)"),
        ("sign(det(S))*A", {"S": "spd"}, "A"),
        ("relu(a*b)", {"a": "positive", "b": "negative"}, "0"),
        ("abs(a*b)", {"a": "positive", "b": "negative"}, "-a*b"),
        ("step(exp(x) + y)", {"y": "nonnegative"}, "ones(n)"),
        ("abs(x - y)", {"x": "positive", "y": "positive"}, "abs(x - y)"),
        ("sign(x)", {"x": "nonnegative"}, "sign(x)"),
        ("abs(x'*y)", {"x": "positive", "y": "nonnegative"}, "x'*y"),
        ("sqrt(x)", {"x": "positive"}, "sqrt(x)"),
    ],
)
def test_each_rule_is_an_identity(text: str, assume: dict[str, str], result: str) -> None:
    shapes = (
        "A: n n; B: n n; D: n n; E: n n; K: n n; L: n n; P: n n; Q: n n; S: n n; "
        "u: n; x: n; y: n; a: scalar; b: scalar"
    )
    found, holds = identity_holds(text, assume, shapes)
    assert holds
    assert found == result


@pytest.mark.parametrize(
    ("text", "assume", "result"),
    [
        (
            "logdet(kron(A,B))",
            {"A": "spd", "B": "spd"},
            "tr(eye(p))*logdet(A) + tr(eye(n))*logdet(B)",
        ),
        ("logdet(kron(A,A))", {"A": "spd"}, "2*tr(eye(n))*logdet(A)"),
        ("sign(det(kron(A,B) + eye(n*p)))", {"A": "spd", "B": "psd"}, "1"),
        ("norm2(kron(A,B)*K)", {"A": "orthogonal", "B": "orthogonal"}, "norm2(K)"),
        ("tril(kron(A,B))", {"A": "lower", "B": "lower"}, "kron(A,B)"),
    ],
)
def test_kronecker_products_of_kinds(text: str, assume: dict[str, str], result: str) -> None:
    found, holds = identity_holds(text, assume, "A: n n; B: p p; K: n*p n*p")
    assert holds
    assert found == result


def test_the_logarithm_needs_definite_factors() -> None:
    e = read("logdet(kron(A,B))", shapes="A: n n; B: p p").exprs[0]
    assert assumptions.with_facts(e, facts_of({"A": "spd", "B": "symmetric"})) == e


def test_a_positive_diagonal_matrix_has_zeros() -> None:
    e = read("sign(D)", shapes="D: n n").exprs[0]
    assert assumptions.with_facts(e, facts_of({"D": "diagonal, positive"})) == e
    e = read("abs(D)", shapes="D: n n").exprs[0]
    assert str(assumptions.with_facts(e, facts_of({"D": "diagonal, positive"}))) == "D"


# ------------------------------------------------------------------------ sabotage


def failing(text: str, assume: dict[str, str], wrt: str = "x") -> set[str]:
    """The kinds of the steps that fail."""
    td.clear_caches()
    d = td.derive(text, wrt=wrt, assume=assume)
    found = {c.name.rsplit("-", 1)[0] for c in d.verification.failures}
    td.clear_caches()
    return found


def test_a_transposed_skew_matrix_without_its_sign(monkeypatch: pytest.MonkeyPatch) -> None:
    right = assumptions.turned

    def wrong(e: ex.Expr, facts: Any) -> ex.Expr:
        return right(e, {n: (k - {"skew"}) | {"symmetric"} for n, k in facts.items()})

    assert not failing("tr(K*X)", {"K": "skew"}, "X")
    monkeypatch.setattr(assumptions, "turned", wrong)
    assert "matrix" in failing("tr(K*X)", {"K": "skew"}, "X")


@pytest.mark.parametrize(
    ("name", "text", "assume"),
    [
        ("is_orthonormal", "norm2(S*X - B)^2", {"S": "invertible"}),
        ("is_idempotent", "tr(X*S*S)", {"S": "symmetric"}),
        ("is_diagonal", "tr(X*diag(diag(S)))", {"S": "upper"}),
        ("is_nonnegative", "tr(X)*abs(det(S))", {"S": "symmetric"}),
        ("is_skew", "tr(X*diag(diag(S)))", {"S": "symmetric"}),
    ],
)
def test_a_property_that_does_not_hold(
    monkeypatch: pytest.MonkeyPatch, name: str, text: str, assume: dict[str, str]
) -> None:
    assert not failing(text, assume, "X")
    monkeypatch.setattr(assumptions, name, lambda e, facts, **_: bool(e.symbols))
    assert "matrix" in failing(text, assume, "X")


def test_a_sign_that_does_not_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nonnegative taken for positive: the samples have zeros where they can."""
    monkeypatch.setattr(assumptions, "sign_of", lambda e, facts: 1)
    assert failing("sum(y.*sign(z).*x)", {"z": "nonnegative, unit"}) == set()
    assert "matrix" in failing("norm1(B*x)", {"B": "symmetric"})
