"""Plain text: readable on one line, and it means what was computed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from tests.engine import formulas
from tests.engine.unicode_reader import evaluate_unicode
from trace_derivative import expr as ex, indexed as ix
from trace_derivative.expr import Expr, Index, number
from trace_derivative.functions import PI
from trace_derivative.render_unicode import (
    definition_unicode,
    indexed_unicode,
    side_unicode,
    unicode,
)
from trace_derivative.statements import (
    Definition,
    Derivative,
    DerivativeSum,
    EntryOfResult,
    FunctionName,
)

A = ex.symbol("A", ("p", "m"))
X = ex.symbol("X", ("m", "n"))
B = ex.symbol("B", ("n", "p"))
V = ex.symbol("V", ("p", "p"))
S = ex.symbol("S", ("m", "m"))
W1 = ex.symbol("W1", ("m", "n"))
x = ex.symbol("x", ("m", 1))
lam = ex.symbol("lambda", ex.SCALAR)
i, j, k = Index("i", "p"), Index("j", "m"), Index("k", "n")
AXB = ex.mul(A, X, B)


@pytest.mark.parametrize(
    ("e", "expected"),
    [
        (ex.trace(ex.mul(AXB, ex.transpose(V))), "tr[A X B Vᵀ]"),
        (
            ex.mul(ex.transpose(A), ex.quotient(V, AXB), ex.transpose(B)),
            "Aᵀ (V ⊘ (A X B)) Bᵀ",
        ),
        (ex.mul(lam, ex.power(ex.norm(X), number(2))), "λ ‖X‖_F²"),
        (ex.hadamard(ex.mul(S, X), W1), "S X ⊙ W1"),
        (ex.power(X, number(2)), "X^⊙2"),
        (ex.transpose(ex.inverse(S)), "S⁻ᵀ"),
        (ex.mul(S, S, ex.ones("m")), "S S 𝟏"),
        (ex.mul(lam, ex.power(ex.det(S), number(-1)), X), "(λ/det(S)) X"),
        (ex.row(B, k), "B[k,:]"),
        (ex.rows(k, ex.row(B, k)), "[B[1,:] ; … ; B[n,:]]"),
        (ex.logdet(S), "log det(S)"),
        (ex.norm1(x), "‖x‖₁"),
        (PI, "π"),
    ],
)
def test_expressions(e: Expr, expected: str) -> None:
    assert unicode(e) == expected


def test_index_forms() -> None:
    chain = ix.times(ix.element(A, i, j), ix.element(X, j, k), ix.element(B, k, i))
    assert indexed_unicode(ix.sum_over((i, j, k), chain)) == "Σ_i Σ_j Σ_k A_ij X_jk B_ki"
    assert indexed_unicode(ix.element(W1, j, k)) == "W1[j,k]"
    assert indexed_unicode(ix.element(x, Index("i1", "m"))) == "x[i1]"
    assert indexed_unicode(ix.element(AXB, i, i)) == "[A X B]_ii"


def test_sides() -> None:
    f = ex.trace(AXB)
    assert side_unicode(FunctionName()) == "f"
    assert side_unicode(Derivative(None, X)) == "∂f/∂X"
    assert side_unicode(Derivative(None, X), function=f) == "∂tr[A X B]/∂X"
    assert side_unicode(Derivative(None, X, (j, k))) == "∂f/∂X_jk"
    assert side_unicode(Derivative(None, X, (j, k), 2)) == "∂f/∂X_jk|(2)"
    rows = ex.index_sum((j,), ex.total(ex.row(X, j)))
    assert side_unicode(Derivative(rows, X)) == "∂(Σ_j sum(X[j,:]))/∂X"
    terms = (Derivative(ex.trace(S), S), Derivative(ex.neg(ex.det(S)), S))
    assert side_unicode(DerivativeSum(terms)) == "∂tr[S]/∂S - ∂det(S)/∂S"
    assert side_unicode(EntryOfResult(ex.mul(B, A), (k, j))) == "[B A]_kj"
    assert definition_unicode(Definition(S, ex.mul(X, B, A))) == "S = X B A"


@settings(max_examples=400, deadline=None)
@given(formulas.formulas())
def test_the_text_of_an_expression_means_the_expression(e: Expr) -> None:
    assert "\n" not in unicode(e)
    formulas.same_value(e, unicode(e), evaluate_unicode)


@settings(max_examples=150, deadline=None)
@given(formulas.formulas(ex.SCALAR))
def test_the_text_of_an_index_form_means_the_index_form(e: Expr) -> None:
    for t in formulas.expansions(e):
        formulas.same_index_value(e, t, indexed_unicode(t), evaluate_unicode)


def test_a_sum_does_not_capture_the_index_of_a_factor_behind_it() -> None:
    e = formulas.same_name_twice()
    assert unicode(e) == "Σ_k (Σ_k x_k) y2_new[k] x_k"
    formulas.same_value(e, unicode(e), evaluate_unicode)
