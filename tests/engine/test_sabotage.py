"""A broken engine is found out: each of these breaks one rule, and the verification fails.

The verification evaluates what is printed against numeric derivatives of the input; it must
not share the fault.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

import trace_derivative as td
from trace_derivative import (
    differentiate,
    expand,
    expr as ex,
    forms,
    identities,
    index_route,
    indexed as ix,
    rewrite,
    rules,
    simplify,
    transposes,
)

FUNCTION = "tr(A X B X C^T) + tr(V' log(P X Q)) + norm2(X - W H)^2"
ASSUME = dict.fromkeys(("P", "X", "Q"), "positive")


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    td.clear_caches()
    yield
    td.clear_caches()


def verified(function: str = FUNCTION) -> td.Verification:
    """The verification of a function that uses most rules."""
    return td.derive(function, wrt="X", assume=ASSUME if "log" in function else None).verification


def failing(v: td.Verification) -> set[str]:
    """The names of the failed checks, without their numbers."""
    return {c.name.rsplit("-", 1)[0] for c in v.failures}


def test_the_engine_unbroken_passes() -> None:
    assert verified().passed


def test_transposition_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    """(A B)' = A' B' instead of B' A'."""
    rule = transposes.transpose_rule

    def wrong(e: ex.Expr) -> ex.Expr:
        if isinstance(e, ex.Transpose) and isinstance(e.arg, ex.Mul):
            square = {m.shape for m in e.arg.matrices}
            if len(square) == 1:
                return ex.mul(*[simplify.flip(m) for m in e.arg.matrices])
        return rule(e)

    monkeypatch.setattr(transposes, "transpose_rule", wrong)
    monkeypatch.setitem(rewrite.RULES, ex.Transpose, wrong)
    v = td.derive("tr(A*B*X)", wrt="X", shapes="A: n n; B: n n; X: n n").verification
    assert not v.passed
    assert {"route index", "routes agree"} <= {c.name for c in v.failures}


def test_lost_transpose_in_an_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    """(12) gives A B instead of B A."""
    monkeypatch.setattr(identities, "flipped", lambda chain: tuple(reversed(chain)))
    v = td.derive("tr(A*X*B)", wrt="X", shapes="A: n n; B: n n; X: n n").verification
    assert not v.passed
    assert {"route identities", "routes agree"} <= {c.name for c in v.failures}


def test_sign(monkeypatch: pytest.MonkeyPatch) -> None:
    """The inverse without its minus sign, in the index route."""
    around = differentiate._around

    def wrong(matrix: ex.Expr, *rest: Any) -> Iterator[ix.Indexed]:
        for t in around(matrix, *rest):
            yield ix.times(ix.num(-1), t) if isinstance(matrix, ex.Inverse) else t

    monkeypatch.setattr(differentiate, "_around", wrong)
    v = td.derive("tr(A*inv(X))", wrt="X").verification
    assert not v.passed
    assert "index gradient" in {c.name for c in v.failures}


def test_coefficient(monkeypatch: pytest.MonkeyPatch) -> None:
    """d x^p = x^(p-1) without the factor p, in the identities route."""
    squares = "sum((X.*A).^3)"
    rule = rules.RULES[ex.Power]

    def wrong(form: forms.Form) -> tuple[forms.Form, ...]:
        assert isinstance(form.factor, ex.Power)
        base, p = form.factor.base, form.factor.exponent
        slope = ex.power(base, ex.sub(p, ex.ONE))
        return (rules._inside(form, base, ex.hadamard(form.dual(), slope)),)

    broken = rules.Rule(rule.name, rule.statement, rule.source, wrong)
    monkeypatch.setitem(rules.RULES, ex.Power, broken)
    v = td.derive(squares, wrt="X").verification
    assert not v.passed
    assert "routes agree" in {c.name for c in v.failures}


def test_index_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """X_{kj} read for X_{jk} when the result is put in place."""
    right = index_route.places
    monkeypatch.setattr(index_route, "places", lambda *given: right(*given)[::-1])
    v = td.derive("tr(A*X*B)", wrt="X", shapes="A: n n; B: n n; X: n n").verification
    assert not v.passed
    assert "route index" in {c.name for c in v.failures}


def test_index_order_in_the_expansion(monkeypatch: pytest.MonkeyPatch) -> None:
    """A transposed entry is not turned round in the expansion."""
    entry = expand._Expander.entry

    def wrong(self: Any, e: ex.Expr, *given: Any) -> ix.Indexed:
        return entry(self, e.arg if isinstance(e, ex.Transpose) else e, *given)

    monkeypatch.setattr(expand._Expander, "entry", wrong)
    v = td.derive("tr(A*X'*B)", wrt="X", shapes="A: n n; B: n n; X: n n").verification
    assert not v.passed
    assert "expansion" in failing(v)


def test_derivative_of_a_function(monkeypatch: pytest.MonkeyPatch) -> None:
    """log' = 1/u^2: both routes share the table, so only the numbers can tell."""
    from dataclasses import replace

    from trace_derivative import functions

    wrong = replace(functions.TABLE["log"], derivatives=(ex.power(functions.U, ex.number(-2)),))
    monkeypatch.setitem(functions.TABLE, "log", wrong)
    v = td.derive("tr(V' log(A X B))", wrt="X").verification
    assert not v.passed
    names = {c.name for c in v.failures}
    assert {"route index", "route identities"} <= names
    assert "routes agree" not in names


def test_misprint(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is checked is what is printed: a printer that drops transposes is found out."""
    from trace_derivative import render_text

    write: Callable[..., tuple[str, int]] = render_text._Writer._write

    def wrong(self: Any, e: ex.Expr) -> tuple[str, int]:
        return self.of(e.arg) if isinstance(e, ex.Transpose) else write(self, e)

    d = td.derive("tr(A*X*B)", wrt="X", shapes="A: n n; B: n n; X: n n")
    assert d.gradient is not None
    monkeypatch.setattr(render_text._Writer, "_write", wrong)
    assert not d.verification.passed
    assert "matrix" in failing(d.verification)


def test_failure_says_where(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identities, "flipped", lambda chain: tuple(reversed(chain)))
    v = td.derive("tr(A*X*B)", wrt="X", shapes="A: n n; B: n n; X: n n").verification
    first = v.failures[0]
    assert "entry [" in first.message
    assert "on the left" in first.message
    scope: dict[str, Any] = {}
    exec(first.counterexample, scope)
    assert set(scope["values"]) == {"A", "X", "B"}
