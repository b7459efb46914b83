"""Shapes by unification: what is inferred, how it is named, and what cannot be."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from tests.engine.strategies import SYMBOLS, expressions
from trace_derivative.errors import LimitError, ShapeError, UnsupportedError
from trace_derivative.expr import Expr, Shape
from trace_derivative.read import read


def shapes_of(text: str, **options: object) -> dict[str, Shape]:
    reading = read(text, **options)  # type: ignore[arg-type]
    return {name: symbol.shape for name, symbol in reading.symbols.items()}


def test_beast_of_the_notes_needs_no_declaration() -> None:
    assert shapes_of("tr(A X X^T B C X^T X C)", wrt=["X"]) == {
        "A": ("N", "M"),
        "X": ("M", "N"),
        "B": ("M", "N"),
        "C": ("N", "N"),
    }


def test_variable_has_the_first_names() -> None:
    assert shapes_of("tr(A*X*B)", wrt=["X"]) == {
        "A": ("P", "M"),
        "X": ("M", "N"),
        "B": ("N", "P"),
    }
    assert shapes_of("tr(A*X*B)")["A"] == ("M", "N")


def test_names_do_not_clash_with_symbols_sizes_or_indices() -> None:
    assert shapes_of("tr(M*X)", wrt=["X"])["X"] == ("N", "P")
    assert shapes_of("X*ones(M)", wrt=["X"])["X"] == ("N", "M")
    assert shapes_of("sum(M: X[M,M])", wrt=["X"])["X"] == ("N", "N")
    many = "+".join(f"norm2(A{k})" for k in range(8))
    names = [d for shape in shapes_of(many).values() for d in shape]
    assert names[:2] == ["M", "N"]
    assert names[-1] == "D5"
    assert len(set(names)) == 16


def test_names_are_a_function_of_the_text() -> None:
    assert shapes_of("tr(A*B*C)") == shapes_of("tr(A*B*C)")


@pytest.mark.parametrize(
    ("text", "shapes"),
    [
        ("A*x", {"A": ("M", "N"), "x": ("N", 1)}),
        ("A + x*y'", {"A": ("M", "N"), "x": ("M", 1), "y": ("N", 1)}),
        ("A.*B + C", {"A": ("M", "N"), "B": ("M", "N"), "C": ("M", "N")}),
        ("x'*A*x", {"x": ("M", 1), "A": ("M", "M")}),
        ("x'*y*B", {"x": ("M", 1), "y": ("M", 1), "B": ("N", "P")}),
        ("alpha*B", {"alpha": (1, 1), "B": ("M", "N")}),
        ("exp(A*B)./C", {"A": ("M", "N"), "B": ("N", "P"), "C": ("M", "P")}),
        ("diag(x)*A", {"x": ("M", 1), "A": ("M", "N")}),
        ("diag(A*B)", {"A": ("M", "N"), "B": ("N", "M")}),
        ("diag(A[k,:])".join(["sum(k: ", "*x)"]), {"A": ("N", "M"), "x": ("M", 1)}),
        ("rows(k: B[k,:]*X)", {"B": ("M", "N"), "X": ("N", "P")}),
        ("det(X'*X)", {"X": ("M", "N")}),
        ("inv(A + B)", {"A": ("M", "M"), "B": ("M", "M")}),
        ("A^2*B", {"A": ("M", "M"), "B": ("M", "N")}),
        ("ones'*A*ones", {"A": ("M", "N")}),
        ("(ones'*x)*B", {"x": ("M", 1), "B": ("N", "P")}),
        ("sum(i,j: A[i,j]*x[j])", {"A": ("M", "N"), "x": ("N", 1)}),
        ("dot(A,B)", {"A": ("M", "N"), "B": ("M", "N")}),
        ("A*ones(k)", {"A": ("M", "k")}),
        ("A*ones(3,4)", {"A": ("M", 3)}),
    ],
)
def test_inferred(text: str, shapes: dict[str, Shape]) -> None:
    first = shapes_of(text)
    # up to the names: the same pattern of equal dimensions
    renamed = dict(
        zip(
            (d for s in first.values() for d in s),
            (d for s in shapes.values() for d in s),
            strict=True,
        )
    )
    assert {n: tuple(renamed[d] for d in s) for n, s in first.items()} == shapes
    assert len(set(renamed.values())) == len(renamed)


@pytest.mark.parametrize(
    ("spec", "shape", "rank"),
    [
        ((), (1, 1), 0),
        (("n",), ("n", 1), 1),
        (("m", "n"), ("m", "n"), 2),
        (["m", 3], ("m", 3), 2),
        ((1, 1), (1, 1), 2),
        ("m n", ("m", "n"), 2),
        ("(m, n)", ("m", "n"), 2),
        ("m × n", ("m", "n"), 2),
        ("n", ("n", 1), 1),
        ("(n,)", ("n", 1), 1),
        ("()", (1, 1), 0),
        ("scalar", (1, 1), 0),
        ("vector", ("M", 1), 1),
        ("matrix", ("M", "N"), 2),
    ],
)
def test_declaration(spec: object, shape: Shape, rank: int) -> None:
    symbol = read("q", shapes={"q": spec}).symbols["q"]  # type: ignore[dict-item]
    assert (symbol.shape, symbol.rank) == (shape, rank)
    if isinstance(spec, str):
        assert read("q", shapes=f"q, z: {spec}; A: m n").symbols["q"] == symbol


def test_declared_constants() -> None:
    text = "tr(J*A*diag(x)*B)"
    assert str(read(text, shapes="J: ones; A: m k; B: k n").exprs[0]) == (
        "tr(ones(n,m)*A*diag(x)*B)"
    )
    assert str(read("K*A", shapes="K: identity; A: m n").exprs[0]) == "eye(m)*A"
    assert str(read("A + Z", shapes="Z: zeros").exprs[0]) == "A"
    assert "J" not in read(text, shapes="J: ones").symbols


def test_left_out_columns_are_one_unless_demanded() -> None:
    assert str(read("A*ones", shapes="A: m n").exprs[0]) == "A*ones(n)"
    assert str(read("A*ones", shapes="A: m n", expected=("m", "k")).exprs[0]) == "A*ones(n,k)"
    assert str(read("A + ones", shapes="A: m n").exprs[0]) == "A + ones(m,n)"


def conflict(text: str, **options: object) -> ShapeError:
    with pytest.raises(ShapeError) as caught:
        read(text, **options)  # type: ignore[arg-type]
    return caught.value


def test_conflict_shows_both_demands_with_their_places() -> None:
    problem = conflict("tr(A*B)", shapes="A: m n; B: m n")
    assert problem.span == (3, 6)
    assert [problem.source[a:b] for (a, b), _ in problem.others] == ["A", "B"]
    assert "is a transpose missing?" in problem.hint
    assert str(problem) == "\n".join(
        [
            "cannot multiply: n columns on the left, m rows on the right",
            "  tr(A*B)",
            "     ^^^",
            "`A` is an m x n matrix",
            "  tr(A*B)",
            "     ^",
            "`B` is an m x n matrix",
            "  tr(A*B)",
            "       ^",
            f"hint: {problem.hint}",
        ]
    )


def test_conflict_of_inferred_sizes_says_how_they_came_about() -> None:
    problem = conflict("A*x + A*y", shapes="x: n; y: m")
    remarks = [remark for _, remark in problem.others]
    assert "`A` meets `x` here, so that the inner sizes are n" in remarks
    assert problem.source[slice(*problem.span or ())] == "A*y"


def test_conflict_with_another_text() -> None:
    problem = conflict("tr(A*D)", where="D = A*B", shapes="B: n p; A: m n")
    assert "m rows" in problem.message or "p columns" in problem.message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x + x'", "cannot add"),
        ("tr(A*x)", "tr needs a square matrix"),
        ("det(x)", "det needs a square matrix"),
        ("x^2", "a power needs a square matrix"),
        ("A + 1", "cannot add"),
        ("1 + I", "cannot add"),
        ("rows(k: A[:,k])", "a row is needed"),
        ("rows(k: x)", "a row is needed"),
        ("a^A", "the exponent"),
        ("A[i,j]", "not bound"),
        ("sum(i: A[i])", "two indices"),
        ("sum(i,j: x[i,j])", "one index"),
        ("sum(i: tr(A)[i])", "a scalar has no entries"),
        ("sum(k: tr(A))", "does not occur"),
        ("sum(k: k*x[k])", "is an index here"),
        ("eye(m,n)", "square"),
        ("dot(x,A)", "dot needs"),
        ("f(x)", "cannot multiply"),
    ],
)
def test_refused(text: str, words: str) -> None:
    problem = conflict(text)
    assert words in problem.message
    assert problem.span is not None


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("ones(m)'*m", {}),
        ("tr(A)/n", {"shapes": "A: n n"}),
        ("tr(A)", {"shapes": "A: A A"}),
        ("sum(A: x[A])*tr(B*A)", {}),
        ("sum(a: x[a])", {"shapes": "a: scalar"}),
        ("sum(n: x[n])", {"shapes": "x: n"}),
        ("x'*x", {"wrt": ["n"], "shapes": "x: n"}),
        ("tr(D)", {"where": "D = A", "wrt": ["D"]}),
    ],
)
def test_name_clash(text: str, options: dict[str, object]) -> None:
    with pytest.raises(ShapeError):
        read(text, **options)  # type: ignore[arg-type]


def test_norms_of_vectors_only() -> None:
    with pytest.raises(UnsupportedError):
        read("‖A‖_2")


def test_size_that_is_too_large() -> None:
    with pytest.raises(LimitError):
        read("ones(99999999)")
    with pytest.raises(LimitError):
        read("x", shapes={"x": (10**12,)})


@given(expressions(depth=4))
@settings(max_examples=150)
def test_inference_agrees_with_the_constructors(e: Expr) -> None:
    """Read without any declaration of the shapes of matrices and vectors."""
    scalars = {name: s for name, s in SYMBOLS.items() if s.rank == 0}
    again = read(str(e), symbols=scalars).exprs[0]
    assert (again.shape == (1, 1)) == (e.shape == (1, 1)), str(e)
