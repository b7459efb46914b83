"""LaTeX: the typography of the notes, and that what is printed means what was computed."""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import pairwise
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings

from tests.engine import formulas
from tests.engine.latex_reader import evaluate_latex
from tests.engine.printed import Ambiguous
from trace_derivative import expr as ex, indexed as ix
from trace_derivative.expr import Expr, Index, number
from trace_derivative.functions import PI
from trace_derivative.indexed import Indexed
from trace_derivative.latex_width import at_most, reach
from trace_derivative.layout import _INDEX_PRINTS, _PRINTS
from trace_derivative.render_latex import (
    LatexWriter,
    Notation,
    break_sum,
    definition_latex,
    entry_latex,
    filled,
    indexed_latex,
    latex,
    side_latex,
    width,
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
HAT = ex.symbol("X_hat", ("m", "n"))
DATA = ex.symbol("Data", ("m", "m"))
SIGMA = ex.symbol("Sigma", ("m", "m"))
x = ex.symbol("x", ("m", 1))
y = ex.symbol("y", ("m", 1))
a = ex.symbol("a", ex.SCALAR)
b = ex.symbol("b", ex.SCALAR)
lam = ex.symbol("lambda", ex.SCALAR)
rate = ex.symbol("rate", ex.SCALAR)
i, j, k, q = Index("i", "p"), Index("j", "m"), Index("k", "n"), Index("q", "p")
i1 = Index("i1", "m")
AXB = ex.mul(A, X, B)


@pytest.mark.parametrize(
    ("e", "expected"),
    [
        (ex.trace(AXB), r"\mathrm{tr}\left[\mathbf{A}\mathbf{X}\mathbf{B}\right]"),
        (ex.mul(ex.transpose(A), ex.transpose(B)), r"\mathbf{A}^{T}\mathbf{B}^{T}"),
        (ex.neg(ex.add(X, W1)), r"-\left(\mathbf{X} + \mathbf{W}_{1}\right)"),
        (ex.scale(-2, ex.sub(X, W1)), r"-2 \left(\mathbf{X} - \mathbf{W}_{1}\right)"),
        (HAT, r"\mathbf{X}_{\mathrm{hat}}"),
        (ex.symbol("D_k", ("m", "n")), r"\mathbf{D}_{k}"),
        (ex.symbol("a_k", ex.SCALAR), r"a_{\mathrm{k}}"),
        (ex.mul(SIGMA, X), r"\boldsymbol{\Sigma}\mathbf{X}"),
        (ex.mul(lam, DATA, DATA), r"\lambda \, \mathbf{Data} \, \mathbf{Data}"),
        (ex.mul(rate, X), r"\mathit{rate} \, \mathbf{X}"),
        (ex.mul(A, ex.diag(x)), r"\mathbf{A} \, \mathrm{diag}\left(\mathbf{x}\right)"),
        (ex.inverse(S), r"\mathbf{S}^{-1}"),
        (ex.transpose(ex.inverse(S)), r"\mathbf{S}^{-T}"),
        (ex.inverse(ex.transpose(S)), r"\left(\mathbf{S}^{T}\right)^{-1}"),
        (ex.transpose(ex.matrix_power(S, 2)), r"\left(\mathbf{S}^{2}\right)^{T}"),
        (ex.power(X, number(2)), r"\mathbf{X}^{\odot 2}"),
        (ex.power(X, number(-2)), r"\mathbf{X}^{\odot -2}"),
        (ex.power(X, ex.add(a, b)), r"\mathbf{X}^{\odot \left(a + b\right)}"),
        (ex.power(a, ex.add(a, b)), r"a^{a + b}"),
        (ex.mul(number(3), ex.power(number(2), a)), r"3 \cdot 2^{a}"),
        (ex.mul(number(Fraction(1, 2)), X), r"\frac{1}{2}\mathbf{X}"),
        (ex.mul(number(Fraction(1, 20)), X), r"0.05 \mathbf{X}"),
        (ex.mul(a, ex.power(b, number(-1)), X), r"\frac{a}{b}\mathbf{X}"),
        (ex.mul(ex.transpose(x), y, X), r"\left(\mathbf{x}^{T}\mathbf{y}\right) \mathbf{X}"),
        (
            ex.mul(ex.transpose(A), ex.quotient(V, AXB), ex.transpose(B)),
            (
                r"\mathbf{A}^{T}\left(\frac{\mathbf{V}}{\mathbf{A}\mathbf{X}\mathbf{B}}\right)"
                r" \mathbf{B}^{T}"
            ),
        ),
        (ex.hadamard(ex.mul(S, X), W1), r"\mathbf{S}\mathbf{X} \odot \mathbf{W}_{1}"),
        (
            ex.mul(S, ex.hadamard(X, W1)),
            r"\mathbf{S}\left(\mathbf{X} \odot \mathbf{W}_{1}\right)",
        ),
        (
            ex.hadamard(ex.add(X, W1), X),
            r"\left(\mathbf{X} + \mathbf{W}_{1}\right) \odot \mathbf{X}",
        ),
        (
            ex.hadamard(ex.quotient(X, W1), X),
            r"\frac{\mathbf{X}}{\mathbf{W}_{1}} \odot \mathbf{X}",
        ),
        (
            ex.transpose(ex.quotient(X, W1)),
            r"\left(\frac{\mathbf{X}}{\mathbf{W}_{1}}\right)^{T}",
        ),
        (ex.neg(ex.quotient(X, W1)), r"-\frac{\mathbf{X}}{\mathbf{W}_{1}}"),
        (ex.transpose(ex.apply("log", X)), r"\left(\log\left(\mathbf{X}\right)\right)^{T}"),
        (ex.apply("sqrt", ex.trace(S)), r"\sqrt{\mathrm{tr}\left[\mathbf{S}\right]}"),
        (ex.apply("sqrt", S), r"\operatorname{sqrt}\left(\mathbf{S}\right)"),
        (ex.apply("abs", a), r"\left|a\right|"),
        (PI, r"\pi"),
        (ex.mul(S, ex.ones("m")), r"\mathbf{S}\mathbf{1}"),
        (ex.mul(ex.ones("n", "p"), A), r"\mathbf{J}\mathbf{A}"),
        (
            ex.hadamard(ex.ones("m", "n"), X),
            r"\mathbf{J} \odot \mathbf{X}",
        ),
        (ex.transpose(ex.add(S, ex.identity("m"))), r"\left(\mathbf{S} + \mathbf{I}\right)^{T}"),
        (ex.zeros("m", "n"), r"\mathbf{0}"),
        (ex.power(ex.norm(X), number(2)), r"\left\|\mathbf{X}\right\|_{F}^{2}"),
        (ex.norm(x), r"\left\|\mathbf{x}\right\|_{2}"),
        (ex.norm1(X), r"\left\|\mathbf{X}\right\|_{1}"),
        (ex.power(ex.trace(S), number(2)), r"\left(\mathrm{tr}\left[\mathbf{S}\right]\right)^{2}"),
        (ex.total(X), r"\mathrm{sum}\left(\mathbf{X}\right)"),
        (ex.det(S), r"\det\left(\mathbf{S}\right)"),
        (ex.logdet(S), r"\log\det\left(\mathbf{S}\right)"),
        (ex.row(B, k), r"\mathbf{B}_{k:}"),
        (ex.column(B, i), r"\mathbf{B}_{:i}"),
        (ex.row(ex.mul(A, S), i), r"\left[\mathbf{A}\mathbf{S}\right]_{i:}"),
        (ex.row(W1, j), r"(\mathbf{W}_{1})_{j:}"),
        (ex.entry(X, j, k), r"X_{jk}"),
        (ex.entry(X, i1, k), r"X_{i_{1},k}"),
        (ex.entry(W1, j, k), r"(W_{1})_{jk}"),
        (ex.entry(SIGMA, j, j), r"\Sigma_{jj}"),
        (ex.delta(i, q), r"\delta_{iq}"),
        (
            ex.mul(ex.index_sum((k,), ex.mul(ex.column(X, k), ex.row(B, k))), A),
            r"\left(\sum_{k} \mathbf{X}_{:k}\mathbf{B}_{k:}\right) \mathbf{A}",
        ),
        (
            ex.rows(k, ex.row(B, k)),
            r"\begin{bmatrix} \mathbf{B}_{1:} \\ \vdots \\ \mathbf{B}_{n:} \end{bmatrix}",
        ),
    ],
)
def test_the_typography_of_the_notes(e: Expr, expected: str) -> None:
    assert latex(e) == expected


def test_an_identity_beside_a_symbol_of_its_name_shows_its_size() -> None:
    image = ex.symbol("I", ("m", "m"))
    assert latex(ex.add(image, ex.identity("m"))) == r"\mathbf{I} + \mathbf{I}_{m}"


def test_notation() -> None:
    e = ex.trace(ex.mul(ex.transpose(X), X))
    assert latex(e, Notation(transpose="top")) == (
        r"\mathrm{tr}\left[\mathbf{X}^{\top}\mathbf{X}\right]"
    )
    assert latex(e, Notation(transpose="prime", trace="paren", bold=False)) == (
        r"\mathrm{tr}\left(X' X\right)"
    )
    inverse = ex.transpose(ex.inverse(S))
    assert latex(inverse, Notation(transpose="top")) == r"\mathbf{S}^{-\top}"
    assert latex(inverse, Notation(transpose="prime")) == r"\left(\mathbf{S}^{-1}\right)'"
    assert side_latex(FunctionName(), notation=Notation(function="g")) == "g"


# ---------------------------------------------------------------- index forms


def _entry(matrix: Expr, *places: Index) -> Indexed:
    return ix.element(matrix, *places)


def _chain() -> Indexed:
    return ix.sum_over((j, k), ix.times(_entry(A, i, j), _entry(X, j, k), _entry(B, k, q)))


@pytest.mark.parametrize(
    ("t", "expected"),
    [
        (  # (7)
            ix.sum_over((i, j, k), ix.times(_entry(A, i, j), _entry(X, j, k), _entry(B, k, i))),
            r"\sum_{i} \sum_{j} \sum_{k} A_{ij}X_{jk}B_{ki}",
        ),
        (
            ix.sum_over((i, j), ix.times(_entry(A, i, j), _entry(ex.mul(X, B), j, i))),
            r"\sum_{i} \sum_{j} A_{ij}\left[\mathbf{X}\mathbf{B}\right]_{ji}",
        ),
        (  # (22)
            ix.sum_over((j, k), ix.pow_(ix.plus(_entry(X, j, k), _entry(W1, j, k)), ix.num(2))),
            r"\sum_{j} \sum_{k} \left(X_{jk} + (W_{1})_{jk}\right)^{2}",
        ),
        (  # (25)
            ix.sum_over((i, q), ix.times(_entry(V, i, q), ix.function("log", _chain()))),
            r"\sum_{i} \sum_{q} V_{iq}\log\left(\sum_{j} \sum_{k} A_{ij}X_{jk}B_{kq}\right)",
        ),
        (  # (26)
            ix.sum_over(
                (i, q),
                ix.times(
                    _entry(A, i, j), _entry(V, i, q), ix.pow_(_chain(), ix.num(-1)), _entry(B, k, q)
                ),
            ),
            (
                r"\sum_{i} \sum_{q} \left("
                r"\frac{V_{iq}}{\sum_{j} \sum_{k} A_{ij}X_{jk}B_{kq}}\right) A_{ij}B_{kq}"
            ),
        ),
        (  # (26), right
            ix.times(_entry(A, i, j), _entry(ex.quotient(V, AXB), i, q)),
            r"A_{ij}\left(\frac{\mathbf{V}}{\mathbf{A}\mathbf{X}\mathbf{B}}\right)_{iq}",
        ),
        (  # (33)
            ix.times(
                ix.sum_over((i,), _entry(A, i, j)),
                ix.sum_over((k,), _entry(X, j, k)),
            ),
            r"\left(\sum_{i} A_{ij}\right) \left(\sum_{k} X_{jk}\right)",
        ),
        (
            ix.times(ix.num(Fraction(-1, 2)), _entry(A, i, j), ix.pow_(_entry(x, j), ix.num(-2))),
            r"-\frac{1}{2}\left(\frac{1}{x_{j}^{2}}\right) A_{ij}",
        ),
        (ix.times(_entry(x, j), ix.pow_(_entry(y, j), ix.num(-1))), r"\frac{x_{j}}{y_{j}}"),
        (ix.times(_entry(x, j), ix.pow_(_entry(a), ix.num(-1))), r"\frac{1}{a}x_{j}"),
        (ix.times(ix.kronecker(i, q), ix.num(2)), r"2 \delta_{iq}"),
        (ix.plus(_entry(x, j), ix.times(ix.num(-1), _entry(y, j))), r"x_{j} - y_{j}"),
        (ix.sum_over((i1,), _entry(x, i1)), r"\sum_{i_{1}} x_{i_{1}}"),
    ],
)
def test_index_forms(t: Indexed, expected: str) -> None:
    assert indexed_latex(t) == expected


# ---------------------------------------------------------------- sides


def test_derivatives() -> None:
    f = ex.trace(AXB)
    inner = r"\mathrm{tr}\left[\mathbf{A}\mathbf{X}\mathbf{B}\right]"
    assert side_latex(FunctionName()) == "f"
    assert side_latex(Derivative(None, X)) == r"\frac{\partial f}{\partial \mathbf{X}}"
    assert side_latex(Derivative(None, X, (j, k))) == r"\frac{\partial f}{\partial X_{jk}}"
    assert side_latex(Derivative(None, x, (j,))) == r"\frac{\partial f}{\partial x_{j}}"
    assert side_latex(Derivative(None, X, (j, k), 2)) == (
        r"\left.\frac{\partial f}{\partial X_{jk}}\right|_{(2)}"
    )
    whole = rf"\frac{{\partial {inner}}}{{\partial \mathbf{{X}}}}"
    assert side_latex(Derivative(f, X)) == whole
    assert side_latex(Derivative(None, X), function=f) == whole
    assert side_latex(Derivative(ex.add(f, a), X)) == (
        rf"\frac{{\partial \left({inner} + a\right)}}{{\partial \mathbf{{X}}}}"
    )


def test_a_long_function_stands_beside_the_sign_of_its_derivative() -> None:
    f = ex.trace(ex.mul(*[ex.mul(ex.transpose(X), X)] * 12))
    assert side_latex(Derivative(f, X)).startswith(
        r"\frac{\partial}{\partial \mathbf{X}} \mathrm{tr}\left["
    )
    assert side_latex(Derivative(ex.add(f, a), X)).startswith(
        r"\frac{\partial}{\partial \mathbf{X}} \left(\mathrm{tr}\left["
    )


def test_a_sum_of_derivatives_has_the_signs_of_its_functions() -> None:
    terms = (Derivative(ex.trace(S), S), Derivative(ex.neg(ex.trace(ex.mul(S, S))), S))
    assert side_latex(DerivativeSum(terms)) == (
        r"\frac{\partial \mathrm{tr}\left[\mathbf{S}\right]}{\partial \mathbf{S}} - "
        r"\frac{\partial \mathrm{tr}\left[\mathbf{S}\mathbf{S}\right]}{\partial \mathbf{S}}"
    )


def test_entries_of_results_and_definitions() -> None:
    ba = ex.mul(B, A)
    assert side_latex(EntryOfResult(ba, (k, j))) == r"\left[\mathbf{B}\mathbf{A}\right]_{kj}"
    assert side_latex(EntryOfResult(ex.trace(S), ())) == r"\mathrm{tr}\left[\mathbf{S}\right]"
    assert definition_latex(Definition(ex.symbol("D", ba.shape), ba)) == (
        r"\mathbf{D} = \mathbf{B}\mathbf{A}"
    )
    assert entry_latex(W1, ("1", "n")) == "(W_{1})_{1n}"


def test_a_long_sum_is_broken_before_its_signs() -> None:
    terms = [ex.mul(*[S] * n) for n in (9, 8, 7, 3, 2)]
    lines = break_sum(ex.add(terms[0], *[ex.neg(t) for t in terms[1:]]), 18)
    assert len(lines) == 3
    assert [line[0] for line in lines[1:]] == ["-", "-"]
    assert " ".join(lines) == latex(ex.add(terms[0], *[ex.neg(t) for t in terms[1:]]))
    assert all(width(line) <= 18 for line in lines)
    assert break_sum(X, 1) == [r"\mathbf{X}"]
    parts = ix.plus(*[_entry(x, Index(n, "m")) for n in "ijkl"])
    assert len(break_sum(parts, 8)) == 2


def test_the_width_is_about_the_number_of_characters() -> None:
    assert width(r"\mathbf{A}\mathbf{X}^{T}") == 3
    assert width(r"\frac{\mathbf{V}}{\mathbf{A}\mathbf{X}\mathbf{B}}") == 3
    rows = r"\begin{bmatrix} \mathbf{A} \\ \vdots \\ \mathbf{A}\mathbf{B} \end{bmatrix}"
    assert width(rows) == 3
    assert width(rows + r"\mathbf{C}") == 4
    assert width(r"\sum_{i_{12}} A_{i_{12}}^{-1}") == 6  # 1.68 + 1 + 1.68 + 2.1


@settings(max_examples=150, deadline=None)
@given(formulas.formulas())
def test_a_width_is_read_no_further_than_it_matters(e: Expr) -> None:
    printed = latex(e)
    whole = width(printed)
    assert all(width(printed, most) == whole for most in range(whole, whole + 3))
    assert all(width(printed, most) > most for most in range(whole))


@settings(max_examples=150, deadline=None)
@given(formulas.formulas())
def test_no_formula_is_wider_than_its_bound(e: Expr) -> None:
    write = LatexWriter()
    for side in (e, Derivative(e, X), ex.neg(e)):
        printed = write.side(side)
        assert reach(printed, 0.0) <= at_most(printed)


@settings(max_examples=150, deadline=None)
@given(formulas.formulas())
def test_every_line_but_that_of_a_long_term_has_room(e: Expr) -> None:
    terms = LatexWriter().terms(e)
    for limit in (5, 20, 80):
        lines = [line.body for line in filled(terms, limit)]
        assert " ".join(lines) == " ".join(terms)
        assert all(width(line) <= limit or line in terms for line in lines)
        after = pairwise(lines)
        assert all(width(f"{one} {two}") > limit for one, two in after if two in terms)


@pytest.mark.parametrize(
    ("prints", "kinds"), [(_PRINTS, ex.Expr), (_INDEX_PRINTS, Indexed)], ids=["matrix", "index"]
)
def test_every_kind_of_node_has_a_print(prints: dict[type, object], kinds: object) -> None:
    assert set(prints) == set(get_args(kinds))


def test_what_sides_share_is_typeset_as_it_is_alone() -> None:
    """A symbol that is called like a constant changes how constants are printed beside it."""
    write = LatexWriter()
    named = ex.mul(ex.symbol("J", ("m", "m")), ex.ones("m", "m"))
    plain = ex.mul(S, ex.ones("m", "m"))
    for side in (plain, named, ex.kron(S, ex.ones("m", "m")), plain, named):
        assert write.side(side) == side_latex(side) == latex(side)


# ---------------------------------------------------------------- what is printed is what is meant

COMMANDS = set(
    r"""\mathrm \mathbf \mathit \boldsymbol \operatorname \frac \sqrt \left \right \sum \odot \cdot
    \otimes \times
    \partial \delta \begin \end \vdots \, \\ \| \pi \Sigma \Phi \mu \alpha
    \log \exp \sin \cos \tan \tanh \sinh \cosh \arctan \arcsin \arccos \det \max \min""".split()  # noqa: SIM905
)


@settings(max_examples=300, deadline=None)
@given(formulas.formulas())
def test_only_commands_that_every_renderer_of_mathematics_knows(e: Expr) -> None:
    printed = latex(e)
    assert set(re.findall(r"\\[A-Za-z]+|\\.", printed)) <= COMMANDS
    assert printed.count(r"\left") == printed.count(r"\right")
    assert printed.count("{") == printed.count("}")


@settings(max_examples=400, deadline=None)
@given(formulas.formulas())
def test_the_latex_of_an_expression_means_the_expression(e: Expr) -> None:
    formulas.same_value(e, latex(e), evaluate_latex)


@settings(max_examples=150, deadline=None)
@given(formulas.formulas(ex.SCALAR))
def test_the_latex_of_an_index_form_means_the_index_form(e: Expr) -> None:
    for t in formulas.expansions(e):
        formulas.same_index_value(e, t, indexed_latex(t), evaluate_latex)


def test_a_sum_does_not_capture_the_index_of_a_factor_behind_it() -> None:
    e = formulas.same_name_twice()
    assert latex(e) == (r"\sum_{k} \left(\sum_{k} x_{k}\right) (y_{2,\mathrm{new}})_{k}x_{k}")
    formulas.same_value(e, latex(e), evaluate_latex)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (r"\left(\mathbf{A}\mathbf{B}\right)^{T}", r"\mathbf{A}\mathbf{B}^{T}"),
        (r"\left(\sum_{j} a\right) b", r"\sum_{j} a b + b"),
        (r"\mathbf{A}\left(\mathbf{B} \odot \mathbf{B}\right)", r"\mathbf{A}\mathbf{B} \odot "),
        (r"\left(\log\left(a\right)\right)^{2}", r"\log\left(a\right)^{2}"),
        (r"3 \cdot 2^{a}", r"3 2^{a}"),
    ],
)
def test_the_reader_sees_what_is_lost(right: str, wrong: str) -> None:
    values = {"A": np.ones((2, 2)) + np.eye(2), "B": np.array([[1.0, 2], [4, 3]]), "a": 2.0, "b": 3}
    want = evaluate_latex(right, values, dims={}, indices={"j": 3})
    try:
        got = evaluate_latex(wrong, values, dims={}, indices={"j": 3})
    except Ambiguous:
        return
    assert np.shape(got) != np.shape(want) or not np.allclose(got, want)
