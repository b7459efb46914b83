"""Sample points: sizes that tell dimensions apart, values inside the domain, always the same."""

from __future__ import annotations

import random
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import trace_derivative as td
from trace_derivative import expr as ex
from trace_derivative.errors import ParseError, ShapeError, UnsupportedError
from trace_derivative.evaluate import evaluate
from trace_derivative.expr import Expr, apply, mul, number, sub, total, trace, transpose
from trace_derivative.numeric import gradient
from trace_derivative.sampling import Sample, kinds_of, samples
from trace_derivative.values import Draw, Way

A = ex.symbol("A", ("p", "m"))
X = ex.symbol("X", ("m", "n"))
B = ex.symbol("B", ("n", "p"))
S = ex.symbol("S", ("n", "n"))
W = ex.symbol("W", (3, "n"))
x = ex.symbol("x", ("n", 1))
c = ex.symbol("c", ex.SCALAR)


def draw(e: Expr, **options: Any) -> tuple[Sample, ...]:
    symbols = {n.name: n for n in ex.walk(e) if isinstance(n, ex.Symbol)}
    return samples([e], symbols, seed_text=options.pop("seed_text", str(e)), **options)


def test_different_dimensions_have_different_sizes_and_two_samples_differ() -> None:
    points = draw(trace(mul(A, X, B)))
    assert len(points) == 3
    for point in points:
        sizes = list(point.dims.values())
        assert len(set(sizes)) == 3
        assert min(sizes) >= 2
        assert max(sizes) <= 5
        assert point.values["X"].shape == (point.dims["m"], point.dims["n"])
    assert points[0].dims != points[1].dims


def test_at_least_three_samples() -> None:
    assert len(draw(trace(S), count=1)) == 3
    assert len(draw(trace(S), count=7)) == 7


def test_a_dimension_given_as_a_number_is_kept_and_not_used_again() -> None:
    for point in draw(total(mul(W, x)), count=8):
        assert point.values["W"].shape[0] == 3
        assert point.dims["n"] != 3


def test_dimensions_that_only_an_index_or_a_constant_shows_get_sizes_too() -> None:
    k = ex.Index("k", "q")
    e = mul(c, ex.index_sum((k,), number(1)), total(ex.ones("r", "t")))
    assert {"q", "r", "t"} <= set(draw(e)[0].dims)


def test_vectors_are_flat_and_scalars_have_no_dimensions() -> None:
    values = draw(mul(c, total(x)))[0].values
    assert values["x"].ndim == 1
    assert values["c"].ndim == 0


DOMAINS: list[Expr] = [
    total(apply("log", X)),
    apply("log", apply("log", c)),
    apply("log", ex.neg(total(X))),
    apply("sqrt", ex.sub(number(1), total(X))),
    total(apply("arcsin", mul(A, X))),
    total(apply("acosh", X)),
    ex.logdet(S),
    ex.logdet(mul(X, transpose(X))),
    ex.logdet(mul(transpose(X), X)),
    trace(
        mul(
            ex.inverse(mul(transpose(X), X)),
            transpose(X),
            ex.symbol("y", ("m", 1)),
            ex.ones(1, "n"),
        )
    ),
    trace(ex.matrix_power(S, 100_000)),
    ex.power(c, number(100_000)),
    total(ex.quotient(X, ex.sub(X, ex.ones("m", "n")))),
    ex.power(total(X), c),
    total(apply("relu", mul(A, X, B))),
    total(apply("gamma", X)),
    ex.norm(ex.sub(X, ex.ones("m", "n"))),
]


@pytest.mark.parametrize("e", DOMAINS, ids=str)
def test_values_and_derivatives_exist(e: Expr) -> None:
    for point in draw(e):
        assert np.isfinite(evaluate(e, point.values, point.dims)).all()
        for node in ex.walk(e):
            if isinstance(node, ex.Symbol):
                slopes = gradient(e, node, point.values, point.dims)
                assert np.isfinite(slopes).all()


def test_kinks_are_kept_away_from() -> None:
    for point in draw(total(apply("abs", mul(A, X)))):
        assert np.abs(point.values["A"] @ point.values["X"]).min() > 0.01


def is_kind(kind: str, value: np.ndarray[Any, Any]) -> bool:
    n = len(value)
    match kind:
        case "positive":
            return bool((value > 0).all())
        case "symmetric":
            return np.array_equal(value, value.T)
        case "spd":
            return is_kind("symmetric", value) and bool(np.linalg.eigvalsh(value)[0] > 0.01)
        case "invertible":
            return bool(np.linalg.cond(value) < 1e4)
        case "orthogonal":
            return np.allclose(value @ value.T, np.eye(n), atol=1e-14)
        case "diagonal":
            return np.array_equal(value, np.diag(np.diag(value)))
        case _:
            return False


@pytest.mark.parametrize(
    "kinds",
    [
        "positive",
        "symmetric",
        "spd",
        "invertible",
        "orthogonal",
        "diagonal",
        "positive, symmetric",
        "positive, spd",
        "symmetric, invertible",
        "symmetric, orthogonal",
        "diagonal, spd",
        "diagonal, orthogonal",
    ],
)
def test_assumptions_hold(kinds: str) -> None:
    for point in draw(trace(mul(S, S)), assume={"S": kinds}, count=6):
        for kind in kinds.split(", "):
            assert is_kind(kind, point.values["S"])


def test_a_structure_holds_together_with_an_assumption() -> None:
    for point in draw(
        ex.logdet(S), assume={"S": "positive definite"}, structure={"S": "symmetric"}
    ):
        assert is_kind("spd", point.values["S"])


def test_unknown_assumptions_are_refused_with_the_list() -> None:
    assert kinds_of("Positive-Definite, any") == {"spd"}
    with pytest.raises(ParseError, match="unknown assumption: purple") as caught:
        kinds_of("purple")
    assert "invertible" in caught.value.hint
    with pytest.raises(ShapeError, match="only a square matrix"):
        draw(trace(mul(X, transpose(X))), assume={"X": "symmetric"})


def test_a_power_by_a_size_may_be_of_zero() -> None:
    d = td.derive(
        "det(S)^tr(eye(n))*tr(X)", wrt="X", shapes="S: n n; X: p p", assume="S: projection"
    )
    assert d.verification.passed
    assert any(abs(np.linalg.det(s.values["S"])) < 1e-12 for s in d.samples)


def test_the_factors_of_a_kronecker_product_in_a_determinant_are_invertible() -> None:
    """A skew matrix is at every other size; the steps have the inverse of each factor."""
    d = td.derive("det(kron(S,B))", wrt="B", assume="S: skew")
    assert d.verification.passed
    assert all(s.values["S"].shape[0] % 2 == 0 for s in d.samples)
    with pytest.raises(UnsupportedError, match=r"det\(kron\(S,B\)\) is singular"):
        assert td.derive("det(kron(S,B))", wrt="B", assume="S: projection").samples


def test_where_there_is_no_point_the_hint_says_what_to_do() -> None:
    e = apply("sqrt", ex.neg(ex.power(ex.norm(X), number(2))))
    with pytest.raises(UnsupportedError, match="no point was found") as caught:
        draw(e)
    assert "assume" in caught.value.hint


def test_the_same_text_gives_the_same_samples_in_another_process() -> None:
    code = (
        "from trace_derivative import expr as ex; from trace_derivative.sampling import samples;"
        "X = ex.symbol('X', ('m', 'n'));"
        "print(samples([ex.total(X)], {'X': X}, seed_text='t')[1].as_python())"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.rstrip("\n") == draw(total(X), seed_text="t")[1].as_python()
    assert run.stdout.rstrip("\n") != draw(total(X), seed_text="u")[1].as_python()


def test_a_sample_can_be_pasted_into_python() -> None:
    sample = draw(mul(c, trace(ex.matrix_power(S, 2))), assume={"S": "orthogonal"})[0]
    scope: dict[str, Any] = {}
    exec(sample.as_python(), scope)
    assert scope["dims"] == sample.dims
    for name, value in sample.values.items():
        assert np.array_equal(scope["values"][name], value)


def test_angles_are_drawn_away_from_their_jump() -> None:
    """`arctan2(0, x)` is pi or minus pi for a negative x, by the sign of the zero."""
    x = ex.symbol("x", ("n", 1))
    zero = sub(mul(number(2), x), mul(number(2), x))
    for point in draw(total(apply("arctan2", zero, x))):
        assert (point.values["x"] > 0).all()


def test_points_of_one_assignment_are_in_turn_with_those_of_another() -> None:
    found = draw(trace(mul(A, X, B)), count=5)
    assert found[0].dims == found[2].dims == found[4].dims
    assert found[1].dims == found[3].dims != found[0].dims
    assert len({s.values["X"].tobytes() for s in found}) == len(found)


def test_even_entries_are_of_all_sizes_and_of_both_signs() -> None:
    even = Draw(random.Random(5), Way(0.0, 6.0, even=True))
    for _ in range(20):
        entries = even.entries(3, 2, signed=True)
        assert sorted(np.abs(entries).ravel().astype(int)) == [0, 1, 2, 3, 4, 5]
        assert (entries < 0).sum() == 3
    assert (even.entries(2, 2, signed=False) >= 0).all()
