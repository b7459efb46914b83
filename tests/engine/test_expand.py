"""Index notation: the forms of the notes, the names of indices, the way there."""

from __future__ import annotations

from fractions import Fraction

import pytest

import trace_derivative as td
from trace_derivative import expr as ex, indexed as ix
from trace_derivative.expand import expand, expansion_chain
from trace_derivative.expr import Index
from trace_derivative.read import read

FORMS = {
    "tr(A X B)": "sum(i,j,k: A[i,j]*X[j,k]*B[k,i])",
    "tr(A X^T B)": "sum(i,j,k: A[i,j]*X[k,j]*B[k,i])",
    "tr(A X B X C^T)": "sum(i,j,k,l,m: A[i,j]*X[j,k]*B[k,l]*X[l,m]*C[i,m])",
    "norm2(X - W H)^2": "sum(i,j: (X[i,j] - sum(k: W[i,k]*H[k,j]))^2)",
    "tr(V' log(A X B))": "sum(i,j: V[i,j]*log(sum(k,l: A[i,k]*X[k,l]*B[l,j])))",
    "tr(A diag(x) B)": "sum(i,j: A[i,j]*x[j]*B[j,i])",
    "tr(V' log(A diag(x) B))": "sum(i,j: V[i,j]*log(sum(k: A[i,k]*x[k]*B[k,j])))",
    "tr(sum(k: V' log(A diag(B[k,:] X) C)))": (
        "sum(k,i,j: V[i,j]*log(sum(l,m: A[i,l]*B[k,m]*X[m,l]*C[l,j])))"
    ),
    "tr(eye(n))": "tr(eye(n))",
    "sum(x)^2": "sum(i: x[i])^2",
    "x'*A*x": "sum(i,j: x[i]*A[i,j]*x[j])",
    "tr(A - A')": "sum(i: A[i,i] - A[i,i])",
}


@pytest.mark.parametrize("text", FORMS)
def test_form(text: str) -> None:
    e = read(text).exprs[0]
    assert str(expand(e)) == FORMS[text]


def test_ones_matrix_leaves_no_trace() -> None:
    e = read("tr(J A diag(x) B)", shapes="J: ones").exprs[0]
    assert str(expand(e)) == "sum(i,j,k: A[i,j]*x[j]*B[j,k])"


def test_entry_of_a_product_is_equation_4_and_5() -> None:
    a, b, c = (
        ex.symbol(n, s) for n, s in zip("ABC", [("m", "n"), ("n", "p"), ("q", "p")], strict=True)
    )
    i, k, last = Index("i", "m"), Index("k", "p"), Index("l", "q")
    assert str(expand(ex.mul(a, b), i, k)) == "sum(j: A[i,j]*B[j,k])"
    chain = expansion_chain(ex.mul(a, b, ex.transpose(c)), i, last)
    assert [str(f) for f in chain] == [
        "sum(j: A[i,j]*(B*C')[j,l])",
        "sum(j: A[i,j]*sum(k: B[j,k]*C[l,k]))",
        "sum(j,k: A[i,j]*B[j,k]*C[l,k])",
    ]


def test_names_skip_symbols_and_dimensions() -> None:
    e = read("tr(A*X*B)", shapes="A: i j; X: j k; B: k i").exprs[0]
    assert str(expand(e)) == "sum(l,m,n: A[l,m]*X[m,n]*B[n,l])"
    e = read("i'*A*j").exprs[0]
    assert str(expand(e)) == "sum(k,l: i[k]*A[k,l]*j[l])"


def test_names_never_run_out() -> None:
    text = "tr(" + "*".join(["A"] * 40) + ")"
    form = str(expand(read(text).exprs[0]))
    assert "i1" in form
    d = td.derive(text + "*a", wrt="a", shapes="a: scalar")
    assert d.verification.passed


def test_author_keeps_his_index() -> None:
    e = read("sum(q: A[q,:]*B[:,q])").exprs[0]
    assert str(expand(e)) == "sum(q,i: A[q,i]*B[i,q])"


def test_long_chain_shows_its_first_and_its_last_form() -> None:
    chain = expansion_chain(read("tr(A*B*C*D*E*F)").exprs[0])
    assert len(chain) == 2
    assert str(chain[0]) == "sum(i: (A*B*C*D*E*F)[i,i])"


@pytest.mark.parametrize(
    ("text", "gradient"),
    [
        ("sum(i,j: sum(i: x[i]*A)[i,j])", "sum(x)*ones(n,n)"),
        ("sum(i: sum(i: x[i]*A)[i,:]*y)", "sum(x)*ones(n)*y'"),
        ("sum(i: sum(sum(i: x[i]*A)[:,i])*x[i])", "sum(x)*ones(n)*x'"),
        ("sum(i,k: rows(i: x[i]*A[i,:])[k,i]*y[i])", "x*y'"),
        ("sum(i: sum(rows(i: x[i]*A[i,:])[:,i]))", "x*ones(n)'"),
    ],
)
def test_place_of_an_entry_may_have_the_name_of_an_index_bound_in_it(
    text: str, gradient: str
) -> None:
    """By hand: the inner sum over i is `sum(x)*A`, the inner rows are `diag(x)*A`."""
    d = td.derive(text, wrt="A", shapes="A: n n; x: n; y: n")
    assert d.verification.passed
    for answer in d.routes.values():
        assert td.equal(str(answer), gradient, shapes="x: n; y: n; A: n n").passed


def test_a_number_that_comes_out_as_1_is_the_number_1() -> None:
    assert ix.num(Fraction(1)) is ix.ONE
    assert ix.plus(ix.num(2), ix.num(-1)) is ix.ONE


def test_a_sum_set_free_by_a_power_has_no_name_of_the_authors() -> None:
    d = td.derive("norm(u)^2*sum(rows(k: A[k,:])*x)", wrt="x", shapes="A: m n; x: n; u: p")
    assert str(d.expansion) == "sum(i,j,l: u[i]^2*A[j,l]*x[l])"
