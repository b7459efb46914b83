"""What is printed means the same to the fast reader as to the one that infers."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

import trace_derivative as td
from trace_derivative import expr as ex, verify
from trace_derivative.expr import Dim, Expr, Shape, Symbol
from trace_derivative.read import read
from trace_derivative.reread import reread

FUNCTIONS = [
    ("tr(A X X^T B C X^T X C)", "X", ""),
    ("norm2(X - W*H)^2", "W", ""),
    ("tr(V' log(A X' B))", "X", ""),
    ("tr(J A diag(x) B)", "x", "J: ones"),
    ("tr(sum(k: V' log(A diag(B[k,:] X) C)))", "X", ""),
    ("tr(rows(k: (A[k,:]*X).^2)*B)", "X", ""),
    ("log(det(X*X')) + alpha^2*sum(max(X, C))", "X", ""),
    ("tr(expm(X)) + tr(tril(X)*A)", "X", ""),
    ("sum([x', y'; A, B]*ones(p))", "x", ""),
    ("norm2(kron(A,X))^2 + vec(X)'*c", "X", ""),
    ("sum(i,j: delta(i,j)*X[i,j])*3.25e-2", "X", ""),
]


@pytest.mark.parametrize(("function", "variable", "shapes"), FUNCTIONS)
def test_every_side_means_the_same(
    function: str, variable: str, shapes: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def compared(
        text: str, symbols: Mapping[str, Symbol], shape: Shape | None, ranges: Mapping[str, Dim]
    ) -> Expr | None:
        found = reread(text, symbols, shape, ranges)
        if found is not None:
            seen.append(text)
            again = read(text, symbols=symbols, expected=shape, ranges=ranges)
            assert found == again.exprs[0], text
        return found

    monkeypatch.setattr(verify, "reread", compared)
    assert td.derive(function, variable, shapes=shapes or None).verification.passed
    assert len(seen) > 3


A, X = ex.symbol("A", ("m", "n")), ex.symbol("x", ("n", 1))
SYMBOLS = {"A": A, "x": X, "T": ex.symbol("T", (1, 1))}


@pytest.mark.parametrize(
    "text",
    [
        "A*y",  # a name that is no symbol
        "A*ones",  # a size that is not written
        "x'*A",  # does not conform
        "A*x + x",
        "x[i]",  # an index without a range
        "x^T*x",  # a scalar of that name
        "kron(A,A)",  # the names of its sizes
        "A*(x",
        "",
    ],
)
def test_what_is_open_or_wrong_is_left_to_the_other_reader(text: str) -> None:
    assert reread(text, SYMBOLS, None, {}) is None


def test_shape_has_to_be_the_one_that_is_known() -> None:
    assert reread("A*x", SYMBOLS, ("m", 1), {}) is not None
    assert reread("A*x", SYMBOLS, ("n", 1), {}) is None


def test_index_with_the_name_of_a_symbol_is_refused() -> None:
    assert reread("sum(i: x[i])", SYMBOLS, None, {"i": "n"}) is not None
    assert reread("sum(x: x[x])", SYMBOLS, None, {"x": "n"}) is None


@pytest.mark.parametrize(
    "text",
    [
        "2^x",  # would be elementwise
        "T^A",
        "[i] A[i,j]*x[j]",  # an index that nothing binds
        "A[i,j]",
        "delta(i,j)",
        "sum(i,j: delta(i,j)*A[i,j])",  # over two dimensions
    ],
)
def test_what_the_language_refuses_is_not_read(text: str) -> None:
    assert reread(text, SYMBOLS, None, {"i": "m", "j": "n"}) is None
