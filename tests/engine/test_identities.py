"""The table of identities is true, and the rules give what the notes give by hand."""

from __future__ import annotations

import numpy as np
import pytest

import trace_derivative as td
from trace_derivative import expr as ex
from trace_derivative.identities import IDENTITIES, account
from trace_derivative.read import read
from trace_derivative.rules import OPERATORS, RULES


@pytest.mark.parametrize("label", IDENTITIES)
def test_identity_is_true(label: str) -> None:
    i = IDENTITIES[label]
    found = td.check(i.gradient, of=i.function, wrt=i.variable)
    assert found.passed, found.message
    assert found.samples >= 3


@pytest.mark.parametrize("label", IDENTITIES)
def test_engine_derives_the_identity(label: str) -> None:
    i = IDENTITIES[label]
    d = td.derive(i.function, wrt=i.variable)
    given = read(i.gradient, symbols=d.symbols, expected=d.variable.shape).exprs[0]
    assert d.by_identities == given


def test_every_rule_says_where_it_is_from() -> None:
    assert all(r.name and r.statement and r.source for r in (*RULES.values(), *OPERATORS.values()))


ONE_OF_EACH = {
    ex.Apply: "tr(V'*exp(A*X))",
    ex.Power: "sum((X.*A).^3)",
    ex.Hadamard: "tr(A*(X.*B))",
    ex.Quotient: "sum(A./(X.*X))",
    ex.Diag: "tr(A*diag(X*b)*C)",
    ex.Diagonal: "a'*diag(X*B)",
    ex.Triangle: "tr(A*tril(X*B))",
    ex.Inverse: "tr(A*inv(X))",
    ex.MatrixPower: "tr(A*X^3)",
    ex.MatrixFunction: "tr(A*expm(X))",
    ex.Frechet: "tr(A*dlogm(B,X*C))",
    ex.Row: "sum(k: B[k,:]*(X*C)[k,:]')",
    ex.Column: "sum(k: X[:,k]'*B[:,k])",
    ex.Entry: "sum(i,j: A[i,j]*exp(X[i,j]))",
    ex.Rows: "tr(A*rows(k: B[k,:]*X))",
    ex.Kron: "tr(kron(A,X)*C)",
    ex.Block: "logdet([A, X; B, C])",
    ex.Vec: "c'*vec(X)",
    ex.Unvec: "tr(A*unvec(X*b,m,n))",
}


def test_every_rule_has_an_example() -> None:
    assert set(ONE_OF_EACH) == set(RULES)


@pytest.mark.parametrize("kind", ONE_OF_EACH, ids=lambda k: k.__name__)
def test_rule_is_used_and_right(kind: type[ex.Node]) -> None:
    d = td.derive(ONE_OF_EACH[kind], wrt="X")
    used = {type(r.form.factor) for r in account(d.function, d.variable).reductions}
    assert kind in used
    assert d.verification.passed, [(c.name, c.message) for c in d.verification.failures]


def test_rotation_finds_the_vectors() -> None:
    d = td.derive("tr(C*ones(p,q)*A*diag(x)*B)", wrt="x")
    (form,) = account(d.function, d.variable).forms
    assert form.value().shape == ex.SCALAR
    assert str(form.value()) == "ones(q)'*A*diag(x)*B*C*ones(p)"


@pytest.mark.parametrize(
    ("text", "factor"),
    [
        ("sum(ones(m)*exp(x'))", 3),
        ("sum(exp(x')'*ones(m)')", 3),
        ("sum(ones(n)*ones(m)'*ones(m)*exp(x'))", 3 * 4),
    ],
)
def test_product_of_vectors_of_ones_is_a_size(text: str, factor: int) -> None:
    d = td.derive(text, wrt="x", shapes="x: m")
    answer = d.routes["identities"]
    assert answer is not None
    x, dims = np.array([0.3, -0.7, 1.1]), {"m": 3, "n": 4}
    np.testing.assert_allclose(answer.evaluate({"x": x}, dims), factor * np.exp(x), rtol=1e-12)
    assert d.verification.passed
