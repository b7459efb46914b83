"""`tril` and `triu`: reading, printing, values, both routes, and their identities."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import trace_derivative as td
from tests.engine.structured import Array, close, gradient, of_kind
from trace_derivative import expr as ex, forms, rules
from trace_derivative.distribute import expanded
from trace_derivative.read import read
from trace_derivative.simplify import simplify

tr, inv = np.trace, np.linalg.inv
tril, triu = np.tril, np.triu
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "norm2(tril(X))^2": lambda X, A, x: np.sum(tril(X) ** 2),
    "norm2(tril(X) - A)": lambda X, A, x: np.sqrt(np.sum((tril(X) - A) ** 2)),
    "logdet(tril(X)*tril(X)')": lambda X, A, x: np.log(np.linalg.det(tril(X) @ tril(X).T)),
    "tr(A*tril(X*A))": lambda X, A, x: tr(A @ tril(X @ A)),
    "sum(exp(triu(X)))": lambda X, A, x: np.sum(np.exp(triu(X))),
    "tr(tril(X)*triu(X)'*A)": lambda X, A, x: tr(tril(X) @ triu(X).T @ A),
    "x'*inv(tril(X))*x": lambda X, A, x: (x.T @ inv(tril(X)) @ x)[0, 0],
    "tr(triu(X)^3)": lambda X, A, x: tr(triu(X) @ triu(X) @ triu(X)),
    "sum(triu(X).*tril(X)*A)": lambda X, A, x: np.sum((triu(X) * tril(X)) @ A),
    "sum(diag(tril(X*A)).*x)": lambda X, A, x: np.sum(np.diag(X @ A)[:, None] * x),
    "sum(i,j: tril(X)[i,j]*A[j,i])": lambda X, A, x: np.sum(tril(X) * A.T),
    "sum(tril(X)./(A.^2))": lambda X, A, x: np.sum(tril(X) / A**2),
}
SHAPES = "X: n n; A: n n; x: n"


@pytest.mark.parametrize("text", FUNCTIONS)
def test_both_routes(text: str) -> None:
    d = td.derive(text, wrt="X", shapes=SHAPES)
    rng = np.random.default_rng(len(text))
    for n in (2, 4):
        values = {"X": of_kind("invertible", rng, n, n), "A": of_kind("any", rng, n, n)}
        values["x"] = of_kind("any", rng, n, 1)

        def moved(x: Array, values: dict[str, Array] = values) -> Any:
            return FUNCTIONS[text](x, values["A"], values["x"])

        want = gradient(moved, values["X"])
        for route, answer in d.routes.items():
            assert answer is not None, route
            assert close(answer.evaluate(values, {"n": n}), want), (route, str(answer))
    assert d.verification.passed, d.verification.failures


def test_reading_and_printing() -> None:
    e = read("tril(A)*triu(A')", shapes="A: n n").exprs[0]
    assert str(e) == "tril(A)*triu(A')"
    assert read(str(e), shapes="A: n n").exprs[0] == e
    assert e.latex().count(r"\mathrm{tril}\left(") == 1
    assert "np.tril(A)" in e.numpy()
    a = np.arange(9.0).reshape(3, 3)
    assert np.array_equal(e.evaluate({"A": a}), np.tril(a) @ np.triu(a.T))
    assert np.array_equal(eval(e.numpy(), {"np": np, "A": a}), np.tril(a) @ np.triu(a.T))
    with pytest.raises(td.ShapeError, match="square"):
        read("tril(A)", shapes="A: m n")
    assert str(read("tril(c)*tril(d)", shapes="c: scalar; d: scalar").exprs[0]) == "c*d"


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("tril(tril(A))", "tril(A)"),
        ("tril(triu(A))", "diag(diag(A))"),
        ("tril(A')", "triu(A)'"),
        ("triu(2*A)", "2*triu(A)"),
        ("diag(tril(A))", "diag(A)"),
        ("tr(triu(A))", "tr(A)"),
        ("tril(ones(n,n)).*A", "tril(A)"),
        ("tril(ones(n,n)).*tril(ones(n,n)).*A", "tril(A)"),
        ("tril(ones(n,n)).*triu(ones(n,n)).*A", "diag(diag(A))"),
        ("tril(A.*tril(B))", "A.*tril(B)"),
        ("triu(eye(n))", "eye(n)"),
        ("diag(x)*tril(ones(n,n))*diag(y)", "tril(x*y')"),
        ("tril(A)./tril(A)", "tril(A)./tril(A)"),
    ],
)
def test_simplified(text: str, result: str) -> None:
    shapes = "A: n n; B: n n; x: n; y: n"
    assert str(simplify(read(text, shapes=shapes).exprs[0])) == result
    if "./" not in text:
        assert td.equal(text, result, shapes=shapes).passed


def test_multiplied_out() -> None:
    assert str(expanded(read("tril(A - B)", shapes="A: n n").exprs[0])) == "tril(A) - tril(B)"


def test_a_wrong_rule_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The triangle of the dual transposed once too often."""
    right = rules.RULES[ex.Triangle]

    def wrong(form: forms.Form) -> tuple[forms.Form, ...]:
        (found,) = right.apply(form)
        return (found._replace(left=tuple(map(ex.transpose, found.left))),)

    monkeypatch.setitem(rules.RULES, ex.Triangle, replace(right, apply=wrong))
    v = td.derive("tr(A*tril(X))", wrt="X").verification
    assert {c.name.rsplit("-", 1)[0] for c in v.failures} >= {"identities"}
