"""Several texts read together: symbols, abbreviations, claims, expected shapes."""

from __future__ import annotations

import time

import pytest
from hypothesis import assume, given, settings, strategies as st

from tests.engine.strategies import SYMBOLS, expressions
from trace_derivative import expr as ex, indexed as ix
from trace_derivative.errors import LimitError, ParseError, ShapeError
from trace_derivative.expr import SCALAR, Expr, Index
from trace_derivative.limits import Limits, limited
from trace_derivative.read import read
from trace_derivative.render_text import with_free_indices
from trace_derivative.vanishing import vanishes


def test_one_text() -> None:
    reading = read("tr(A*X*B)", wrt=["X"])
    assert reading.sources == ("tr(A*X*B)",)
    assert list(reading.symbols) == ["A", "X", "B"]
    assert reading.exprs == reading.written
    assert not reading.abbreviations
    assert reading.free == ()


def test_name_has_one_shape_in_all_texts() -> None:
    reading = read("A*x", "A'*y", shapes="x: n; y: m")
    assert reading.symbols["A"].shape == ("m", "n")


def test_variable_that_does_not_occur() -> None:
    reading = read("tr(A)", wrt=["X", "alpha"])
    assert list(reading.symbols) == ["A", "X", "alpha"]
    assert reading.symbols["X"].shape == ("M", "N")
    assert reading.symbols["alpha"].shape == SCALAR


def test_unused_declaration_is_no_symbol() -> None:
    assert list(read("tr(A)", shapes="A: n n; B: n k").symbols) == ["A"]


def test_ranks_are_those_of_the_declaration() -> None:
    symbols = read("A*x + y", shapes="A: m n; x: n; y: m 1").symbols
    assert [s.rank for s in symbols.values()] == [2, 1, 2]
    assert read("c'*x").symbols["c"].rank == 1


def test_settled_symbols_are_used_as_they_are() -> None:
    first = read("tr(A*X*B)", wrt=["X"])
    claim = read("A'*B'", symbols=first.symbols, expected=first.symbols["X"].shape)
    assert claim.symbols["A"] is first.symbols["A"]
    assert claim.exprs[0].shape == ("M", "N")


def test_expected_shape() -> None:
    assert str(read("I", expected=("n", "n")).exprs[0]) == "eye(n)"
    assert read("A*B", expected=("m", "k")).symbols["A"].shape[0] == "m"
    with pytest.raises(ShapeError, match="is needed"):
        read("A'*B", shapes="A: m n; B: m k", expected=("m", "k"))
    with pytest.raises(ShapeError, match="is needed"):
        read("A", expected=SCALAR)


def test_same_shape() -> None:
    reading = read("A*B", "C + I", same_shape=True)
    assert reading.symbols["C"].shape == ("M", "M")
    assert reading.symbols["A"].shape == ("M", "N")
    with pytest.raises(ShapeError) as caught:
        read("A*B", "B*A", shapes="A: m n; B: n m", same_shape=True)
    assert caught.value.source == "B*A"
    assert "A*B" in caught.value.hint


def test_same_shape_with_free_indices() -> None:
    reading = read("[j,k] sum(i: A[i,j]*B[k,i])", "X", shapes="A: p m; B: n p", same_shape=True)
    assert reading.symbols["X"].shape == ("m", "n")


def test_scalar_function() -> None:
    assert read("x'*A*x", scalar=True).exprs[0].shape == SCALAR
    for text in ("A*X", "x", "A*x", "x*x'", "rows(k: A[k,:])"):
        with pytest.raises(ShapeError, match="a scalar function is needed"):
            read(text, scalar=True)


# ------------------------------------------------------------------------ abbreviations


@pytest.mark.parametrize(
    "where",
    [
        "D = B*X*C'; E = A*X*D",
        "D = B*X*C'\nE = A*X*D\n",
        {"D": "B*X*C'", "E": "A*X*D"},
    ],
)
def test_abbreviations(where: str | dict[str, str]) -> None:
    reading = read("tr(E)", where=where, wrt=["X"])
    assert str(reading.written[0]) == "tr(E)"
    assert str(reading.exprs[0]) == "tr(A*X*B*X*C')"
    assert {n: str(e) for n, e in reading.abbreviations.items()} == {"D": "B*X*C'", "E": "A*X*D"}
    assert {n: str(e) for n, e in reading.values.items()} == {"D": "B*X*C'", "E": "A*X*B*X*C'"}
    assert "D" not in reading.symbols


def test_shapes_of_abbreviations_take_part() -> None:
    reading = read("tr(D*X)", where="D = B*C", wrt=["X"])
    assert reading.symbols["B"].shape[0] == "N"
    assert read("D*x", where="D = A", shapes="D: m n").symbols["A"].shape == ("m", "n")
    with pytest.raises(ShapeError):
        read("tr(D)", where="D = A*B", shapes="D: n n; A: m k")


def test_abbreviation_may_have_any_name() -> None:
    assert str(read("tr(AXB)", where="AXB = A*X*B").exprs[0]) == "tr(A*X*B)"
    assert str(read("I", where="I = A'*A").exprs[0]) == "A'*A"


@pytest.mark.parametrize("where", ["D", "D = ", "= A", "1 = A", "D = A*", {"D E": "A"}])
def test_abbreviation_that_is_none(where: str | dict[str, str]) -> None:
    with pytest.raises(ParseError):
        read("tr(A)", where=where)


def test_abbreviation_that_is_taken() -> None:
    with pytest.raises(ShapeError):
        read("tr(D)", where="D = A; D = B")
    with pytest.raises(ShapeError):
        read("tr(D)", where="D = A", symbols={"D": ex.symbol("D", ("n", "n"))})


def test_abbreviations_that_grow_without_bound() -> None:
    doubling = "; ".join(["B0 = A", *[f"B{k + 1} = B{k}*B{k}" for k in range(60)]])
    with pytest.raises(LimitError):
        read("tr(B60)", where=doubling)
    nested = [f"B{k + 1} = {'exp(' * 100}B{k}{')' * 100}" for k in range(20)]
    with pytest.raises(LimitError):
        read("tr(B20)", where="; ".join(["B0 = A", *nested]))


# ------------------------------------------------------------------------ index forms


@given(expressions(SCALAR, indices=False), st.data())
@settings(max_examples=50)
def test_index_form_reads_back(e: Expr, data: st.DataObject) -> None:
    """Sums, powers, functions and entries of composite matrices in index notation."""
    assume(not vanishes(e))  # it is divided by
    i, j = Index("i", "m"), Index("j", "n")
    matrix = data.draw(expressions(("m", "n"), indices=False))
    entry = ix.element(matrix, i, j)
    form = ix.sum_over(
        (i,),
        ix.times(ix.pow_(ix.element(e), ix.num(-2)), ix.plus(entry, ix.function("exp", entry))),
    )
    reading = read(with_free_indices(form, (j,)), symbols=SYMBOLS)
    assert str(reading.free[0]) == "j"
    assert reading.exprs[0].free <= {j}


# ------------------------------------------------------------------------ limits and speed


def test_limits_are_configurable() -> None:
    with limited(Limits(length=10)), pytest.raises(LimitError) as long:
        read("tr(A*X*B*C)")
    assert "10" in long.value.message
    with limited(Limits(depth=5)), pytest.raises(LimitError):
        read("tr((((((A))))))")
    with limited(Limits(terms=9)), pytest.raises(LimitError):
        read("A^10")
    with limited(Limits(depth=1000)):
        deep = read("(" * 600 + "A" + ")" * 600)
    assert str(deep.exprs[0]) == "A"


def test_reading_is_fast() -> None:
    """Far from the limit even on a slow machine: a step of the page must not show."""
    read("tr(A*X*B)", wrt=["X"])
    start = time.perf_counter()
    for _ in range(100):
        read("tr(A*X*B)", wrt=["X"])
    assert (time.perf_counter() - start) / 100 < 0.005


def test_long_texts_are_read_in_time() -> None:
    text = "+".join(["A*X*B"] * 1300)
    start = time.perf_counter()
    assert len(read(f"tr({text})").symbols) == 3
    assert time.perf_counter() - start < 5
