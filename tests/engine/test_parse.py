"""The text syntax: every way of writing, precedence, names, and the round trip of texts."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings

from tests.engine.ranges import index_ranges
from tests.engine.strategies import SYMBOLS, expressions
from trace_derivative.expr import Expr
from trace_derivative.parse import parse
from trace_derivative.read import read
from trace_derivative.tree import Literal, Name, Product, Sum
from trace_derivative.words import RESERVED, is_symbol, pieces, rank_of

SHAPES = "A: m n; B: m n; C: n p; S: n n; Q: n n; x: n; y: n; a: scalar; c: scalar"


def canonical(text: str, shapes: str = SHAPES) -> str:
    return str(read(text, shapes=shapes).exprs[0])


@pytest.mark.parametrize(
    ("written", "means"),
    [
        # products
        ("A*C", "A*C"),
        ("A C", "A*C"),
        ("A@C", "A*C"),
        ("A·C", "A*C"),
        ("AC", "A*C"),
        ("2A", "2*A"),
        ("2x'y", "2*x'*y"),
        ("(A)(C)", "A*C"),
        ("S(Q + S)", "S*(Q + S)"),
        ("ASx", "A*S*x"),
        ("a A", "a*A"),
        # transposes and inverses
        ("A.T", "A'"),
        ("A^T", "A'"),
        ("A^TB", "A'*B"),
        ("Aᵀ", "A'"),
        ("A^ᵀ", "A'"),
        ("A^⊤", "A'"),
        ("A^\\top", "A'"),
        ("A.'", "A'"),
        ("A''", "A"),
        ("S^-1", "inv(S)"),
        ("S⁻¹", "inv(S)"),
        ("S^-T", "inv(S)'"),
        ("S⁻ᵀ", "inv(S)'"),
        ("S^-1^T", "inv(S)'"),
        ("S^-1'", "inv(S)'"),
        # elementwise
        ("A .* B", "A.*B"),
        ("A ⊙ B", "A.*B"),
        ("A ∘ B", "A.*B"),
        ("A \\odot B", "A.*B"),
        ("A \\circ B", "A.*B"),
        ("A ./ B", "A./B"),
        ("A / B", "A./B"),
        ("A ⊘ B", "A./B"),
        ("A \\oslash B", "A./B"),
        ("A.^2", "A.^2"),
        ("a.*A", "a*A"),
        ("A./2", "0.5*A"),
        ("2/A", "2*(ones(m,n)./A)"),
        # powers
        ("S^3", "S^3"),
        ("S³", "S^3"),
        ("S^0", "eye(n)"),
        ("a²", "a^2"),
        ("2^3^2", "64"),
        ("a^-1*A", "A/a"),
        ("A.^-0.5", "A.^-0.5"),
        # functions
        ("tr[S]", "tr(S)"),
        ("trace(S)", "tr(S)"),
        ("Tr(S)", "tr(S)"),
        ("norm(A)", "norm2(A)"),
        ("‖A‖", "norm2(A)"),
        ("||A||", "norm2(A)"),
        ("‖A - B‖_F^2", "norm2(A - B)^2"),
        ("||x||_2²", "norm2(x)^2"),
        ("‖x‖_1", "norm1(x)"),
        ("2‖x‖‖y‖", "2*norm2(x)*norm2(y)"),
        ("ln(A)", "log(A)"),
        ("dot(x,y)", "sum(x.*y)"),
        ("diag(x)", "diag(x)"),
        # constants
        ("S + I", "S + eye(n)"),
        ("S + eye", "S + eye(n)"),
        ("I(n)*x", "eye(n)*x"),
        ("(S - I)(S + I)", "(S - eye(n))*(S + eye(n))"),
        ("I(S + Q)", "eye(n)*(S + Q)"),
        ("A*ones", "A*ones(n)"),
        ("ones()'*A", "ones(m)'*A"),
        ("ones(k,1)*x'", "ones(k)*x'"),
        ("x' + ones(1,n)", "x' + ones(n)'"),
        ("x + zeros", "x"),
        # index notation
        ("B[k,:]*C[:,j]".replace("B", "sum(j,k: B").replace("C[:,j]", "C[:,j])"), None),
        ("sum(i,j: A[i,j]*B[i,j])", None),
        ("sum(i: x[i]*y[i])", None),
        ("sum(k: A[k,:]'*B[k,:])", None),
        ("rows(k: B[k,:])", None),
        ("sum(i,j: delta(i,j)*S[i,j])", None),
        ("sum(k,j: (A*C)[k,j])", None),
        ("sum(i,j: inv(S)[i,j])", None),
        # numbers
        ("0.5", "0.5"),
        (".5a", "0.5*a"),
        ("1e-3", "0.001"),
        ("2/3", "2/3"),
        ("1/2 A", "0.5*A"),
        ("2.*A", "2*A"),
        ("-−a", "a"),
        ("+A", "A"),
    ],
)
def test_means(written: str, means: str | None) -> None:
    assert canonical(written) == (written if means is None else means)


@pytest.mark.parametrize(
    ("written", "means"),
    [
        ("B .* A*C", "(B.*A)*C"),
        ("A ⊙ B C ⊙ D", "A.*(B*C).*D"),
        ("A + B ⊙ C", "A + B.*C"),
        ("A*B ⊙ C*D", "(A*B).*(C*D)"),
        ("-A^2", "-A^2"),
        ("-A'*B", "-A'*B"),
        ("A*-B", "-A*B"),
        ("A/B*C", "(A./B)*C"),
        ("a/b/c", "a/(b*c)"),
        ("a/b*c", "a*c/b"),
        ("a - b - c", "a - b - c"),
        ("a - (b - c)", "a - (b - c)"),
        ("A*(B*C)*D", "A*B*C*D"),
        ("a^b^c", "(a^b)^c"),
        ("A^T'", "A"),
        ("2^-1", "0.5"),
    ],
)
def test_precedence(written: str, means: str) -> None:
    shapes = "A, B, C, D: n n; a, b, c: scalar"
    assert read(written, shapes=shapes).exprs == read(means, shapes=shapes).exprs


def test_sum_keeps_its_brackets_out_of_the_meaning() -> None:
    assert canonical("a - (c - a)") == "a - (c - a)"
    assert canonical("(a + c) + a") == "a + c + a"


@given(expressions(frechet=True))
@settings(max_examples=400)
def test_round_trip(e: Expr) -> None:
    again = read(str(e), symbols=SYMBOLS, expected=e.shape, ranges=index_ranges(e)).exprs[0]
    assert again == e, str(e)


@given(expressions(depth=5, frechet=True))
@settings(max_examples=100)
def test_round_trip_of_deep_expressions(e: Expr) -> None:
    again = read(str(e), symbols=SYMBOLS, expected=e.shape, ranges=index_ranges(e)).exprs[0]
    assert again == e, str(e)


@pytest.mark.parametrize(
    ("name", "rank"),
    [
        ("A", 2),
        ("x", 1),
        ("W1", 2),
        ("x_0", 1),
        ("x_new", 1),
        ("alpha", 0),
        ("alpha_1", 0),
        ("lambda2", 0),
        ("Sigma", 2),
        ("Lambda_k", 2),
    ],
)
def test_name_of_one_symbol(name: str, rank: int) -> None:
    assert is_symbol(name)
    assert rank_of(name) == rank
    assert list(read(name).symbols) == [name]


@pytest.mark.parametrize("name", ["AXB", "foo", "xy", "alphabet", "Xw", "aB"])
def test_name_that_is_not_one_symbol(name: str) -> None:
    assert not is_symbol(name)


def test_letters_that_are_written_together() -> None:
    assert pieces("AX1B_2") == ["A", "X1", "B_2"]
    assert str(read("tr(AXB)").exprs[0]) == "tr(A*X*B)"
    assert str(read("Xw + w").exprs[0]) == "X*w + w"
    assert str(read("Xw", wrt=["w"]).exprs[0]) == "X*w"
    assert str(read("AXBX^TC").exprs[0]) == "A*X*B*X'*C"


def test_declared_name_wins_over_letters() -> None:
    assert str(read("tr(AXB)", shapes="AXB: n n").exprs[0]) == "tr(AXB)"
    assert list(read("tr(AXB)", wrt=["AXB"]).symbols) == ["AXB"]


@pytest.mark.parametrize("name", sorted(RESERVED | {"I", "T", "J", "E"}))
def test_declared_name_wins_over_every_other_reading(name: str) -> None:
    reading = read(f"A*{name} + {name}'", shapes=f"{name}: n n; A: n n")
    assert str(reading.exprs[0]) == f"A*{name} + {name}'"
    assert list(reading.symbols) == ["A", name]


def test_t_is_a_transpose_only_behind_an_operator() -> None:
    assert str(read("tr(T)").exprs[0]) == "tr(T)"
    assert str(read("tr(T^T*T)", shapes="T: m n").exprs[0]) == "tr(T'*T)"
    assert str(read("a^T", shapes="a, T: scalar").exprs[0]) == "a^T"
    assert str(read("A.^T", shapes="T: scalar").exprs[0]) == "A.^T"
    assert str(read("A^T", shapes="T: scalar").exprs[0]) == "A'"


def test_greek_letters_are_their_names() -> None:
    assert str(read("α*Σ*x + λ₁".replace("₁", "*x")).exprs[0]) == "alpha*Sigma*x + lambda*x"
    assert list(read("Σ", shapes={"Σ": ("n", "n")}).symbols) == ["Sigma"]
    assert str(read("λ_1 A").exprs[0]) == "lambda_1*A"


def test_greek_name_before_a_bracket() -> None:
    assert str(read("lambda(A + B)").exprs[0]) == "lambda*(A + B)"
    assert str(read("delta*sum(i,j: delta(i,j)*A[i,j])").exprs[0]).startswith(
        "delta*sum(i,j: delta"
    )


def test_function_of_sympy() -> None:
    assert str(read("sum(erf(X))").exprs[0]) == "sum(erf(X))"
    assert str(read("gamma(X)").exprs[0]) == "gamma(X)"
    assert str(read("gamma*X").exprs[0]) == "gamma*X"


def test_free_indices_in_front() -> None:
    reading = read("[j,k] sum(i: A[i,j]*B[k,i])", shapes="A: p m; B: n p")
    assert [(i.name, i.dim) for i in reading.free] == [("j", "m"), ("k", "n")]
    assert str(reading.exprs[0]) == "sum(i: A[i,j]*B[k,i])"
    assert read("[] tr(A)").free == ()


def test_inner_index_hides_the_outer_one() -> None:
    text = "sum(i: x[i]*sum(i: y[i]))"
    e = read(text, shapes="x: n; y: m").exprs[0]
    assert str(e) == text
    assert not e.free


def test_tree_has_the_places_of_its_parts() -> None:
    text = "2.5*(A + B)*C"
    tree = parse(text).tree
    assert isinstance(tree, Product)
    assert text[tree.start : tree.stop] == text
    number, inner, last = tree.factors
    assert isinstance(number, Literal)
    assert number.value == Fraction(5, 2)
    assert isinstance(inner, Sum)
    assert text[inner.start : inner.stop] == "A + B"
    assert isinstance(last, Name)
    assert last.span == (12, 13)


def test_text_over_several_lines() -> None:
    assert str(read("tr(A\n   X\n\t B)").exprs[0]) == "tr(A*X*B)"


@pytest.mark.parametrize(
    "text", ["sum(j: Q[j,j]*0)", "tr(Q)*sum(j: delta(j,j)) - tr(Q)*sum(j: Q[j,j]*0)"]
)
def test_index_that_vanishes_leaves_no_sum_over_nothing(text: str) -> None:
    e = read(text).exprs[0]
    assert "sum" not in str(e)
    assert read(str(e), shapes="Q: M M").exprs[0] == e
