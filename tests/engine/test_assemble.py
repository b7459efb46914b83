"""Contraction graphs read back into matrix form."""

from __future__ import annotations

import pytest

import trace_derivative as td
from trace_derivative import indexed as ix
from trace_derivative.assemble import Assembler
from trace_derivative.expr import Index, symbol
from trace_derivative.regroup import collapse, separated, stacked

ROW, COL, K, L = (Index(n, "n") for n in "ijkl")
A, B, C, D = (symbol(n, ("n", "n")) for n in "ABCD")
U, V = symbol("u", ("n", 1)), symbol("v", ("n", 1))
PLAIN = Assembler(frozenset())


def at(matrix: object, *indices: Index) -> ix.Indexed:
    """An entry."""
    return ix.element(matrix, *indices)  # type: ignore[arg-type]


GRAPHS = [
    ("series", ix.sum_over((K,), ix.times(at(A, ROW, K), at(B, K, COL))), "A*B"),
    ("turned series", ix.sum_over((K,), ix.times(at(A, K, ROW), at(B, COL, K))), "A'*B'"),
    ("parallel", ix.times(at(A, ROW, COL), at(B, COL, ROW)), "A.*B'"),
    ("leaf", ix.sum_over((K,), ix.times(at(A, ROW, COL), at(B, ROW, K))), "diag(B*ones(n))*A"),
    ("weight", ix.sum_over((K,), ix.times(at(A, ROW, K), at(U, K), at(B, K, COL))), "A*diag(u)*B"),
    ("outer", ix.times(at(U, ROW), at(V, COL)), "u*v'"),
    ("loop", ix.times(at(A, ROW, ROW), at(B, ROW, COL)), "diag(diag(A))*B"),
    (
        "closed component",
        ix.sum_over((K, L), ix.times(at(C, K, L), at(D, L, K), at(A, ROW, COL))),
        "tr(C*D)*A",
    ),
    ("all entries", ix.sum_over((K, L), ix.times(at(C, K, L), at(A, ROW, COL))), "sum(C)*A"),
    ("delta", ix.kronecker(ROW, COL), "eye(n)"),
    ("constant", ix.num(3), "3*ones(n,n)"),
    ("row only", at(U, ROW), "u*ones(n)'"),
    ("function", ix.function("exp", at(A, COL, ROW)), "exp(A')"),
    ("sum", ix.plus(at(A, ROW, COL), at(U, COL)), "A + ones(n)*u'"),
    ("quotient", ix.times(at(A, ROW, COL), ix.pow_(at(B, ROW, COL), ix.num(-1))), "A./B"),
    (
        "diamond",
        ix.sum_over((K, L), ix.times(at(A, ROW, K), at(B, K, L), at(C, K, L), at(D, L, COL))),
        "A*(B.*C)*D",
    ),
]


@pytest.mark.parametrize(("graph", "expected"), [g[1:] for g in GRAPHS], ids=[g[0] for g in GRAPHS])
def test_graph(graph: ix.Indexed, expected: str) -> None:
    assert str(PLAIN.matrix(graph, ROW, COL)) == expected


def test_no_matrix_form_is_none_not_a_guess() -> None:
    """A complete graph on four nodes is not series-parallel."""
    body = ix.times(
        at(A, ROW, COL), at(A, ROW, K), at(B, ROW, L), at(B, COL, K), at(C, COL, L), at(D, K, L)
    )
    assert PLAIN.matrix(ix.sum_over((K, L), body), ROW, COL) is None


def test_complete_graph_over_the_author_s_indices_becomes_slices() -> None:
    text = "sum(i,j,k,l: X[i,j]*A[i,k]*B[i,l]*C[j,k]*D[j,l]*E[k,l])"
    d = td.derive(text, wrt="X")
    assert str(d.index_gradient) == "[i,j] sum(k,l: A[i,k]*B[i,l]*C[j,k]*D[j,l]*E[k,l])"
    assert str(d.gradient) == "sum(k: diag(A[:,k])*B*diag(E[k,:])*D'*diag(C[:,k]))"
    assert d.verification.passed


def test_three_indices_in_one_function_become_slices() -> None:
    d = td.derive("tr(sum(k: V' log(A diag(B[k,:] X) C)))", wrt="X")
    assert str(d.by_index).startswith("B'*rows(k: ")


def test_collapse_is_equation_26() -> None:
    d = td.derive("tr(V' log(A X B))", wrt="X")
    (o,) = d.occurrences
    shown = collapse(o.term, PLAIN, o.free[0])
    assert str(shown) == "sum(i,j: A[i,k]*(V./(A*X*B))[i,j]*B[l,j])"


def test_separated_is_equation_33() -> None:
    d = td.derive("tr(J A diag(x) B)", wrt="x", shapes="J: ones")
    assert str(separated(d.occurrences[0].term)) == "sum(i: A[i,j])*sum(k: B[j,k])"


def test_stacked_is_equation_45() -> None:
    d = td.derive("tr(sum(k: V' log(A diag(B[k,:] X) C)))", wrt="X")
    shown = stacked(d.occurrences[0].term, Assembler(frozenset({"k"})))
    assert str(shown).startswith("sum(k: B[k,m]*")
    assert str(shown).endswith("[l])")


def test_factor_by_an_index_of_its_matrix_is_not_lost() -> None:
    """`log(det(x[i]*S))` has the index inside the matrix of an entry without places."""
    d = td.derive("sum(k: S[k,k]*log(det(x[k]*S)))", wrt="S", shapes="S: 3 3; x: 3")
    collapsed = [str(step.rhs) for step in d.steps if step.kind == "occurrence"][1]
    assert collapsed == "log(rows(i: det(x[i]*S)))[i]*delta(i,j)"


def test_what_an_index_is_held_for_may_go() -> None:
    """Held, `inv(x[k]*S)` is `inv(S)/x[k]`, whose matrix does not depend on the index."""
    text = "sum(k: y[k]*log(det(x[k]*S)))"
    assert str(td.derive(text, wrt="x", shapes="S: n n").gradient) == "tr(eye(n))*(y./x)"
    assert str(td.derive(text, wrt="S", shapes="S: n n").gradient) == "sum(y)*inv(S)'"


def test_name_that_an_author_has_given_is_given_to_no_other_sum() -> None:
    d = td.derive("norm(r*rows(k: A'[k,:])*B*S)^2", "A", shapes="B: m n; S: n n; r: 1 n")
    forms = [str(step.rhs) for step in d.steps if step.kind == "occurrence"]
    assert forms[-1] == "(2*B*S*S'*B'*A*r'*r)[l,j]"
    assert len(forms) == 2
