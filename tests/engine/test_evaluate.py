"""Values of expressions: against NumPy, and against loops over every index."""

from __future__ import annotations

import random
import warnings
from fractions import Fraction
from math import prod
from typing import Any, get_args

import numpy as np
import pytest

from trace_derivative import expr as ex
from trace_derivative.errors import LimitError, ShapeError, UnsupportedError
from trace_derivative.evaluate import Axed, Evaluator, evaluate
from trace_derivative.expr import Expr, Index, entry, index_sum, mul

SIZES = {"m": 2, "n": 3, "p": 4}
A = ex.symbol("A", ("m", "n"))
B = ex.symbol("B", ("n", "p"))
S = ex.symbol("S", ("n", "n"))
T = ex.symbol("T", ("n", "n"))
x = ex.symbol("x", ("n", 1))
y = ex.symbol("y", ("m", 1))
c = ex.symbol("c", ex.SCALAR)
RNG = np.random.default_rng(5)
a, b, s, t = (RNG.normal(size=k) for k in ((2, 3), (3, 4), (3, 3), (3, 3)))
xv, yv, cv = RNG.normal(size=3), RNG.normal(size=2), 1.75
VALUES: dict[str, Any] = {"A": a, "B": b, "S": s, "T": t, "x": xv, "y": yv, "c": cv}
I, J, K = Index("i", "m"), Index("j", "n"), Index("k", "n")  # noqa: E741


def number(p: int, q: int = 1) -> Expr:
    return ex.number(Fraction(p, q))


SPD = ex.add(mul(S, ex.transpose(S)), ex.identity("n"))
spd = s @ s.T + np.eye(3)
POSITIVE = ex.apply("exp", S)

MATRIX_LANGUAGE: list[tuple[Expr, Any]] = [
    (A, a),
    (x, xv),
    (c, cv),
    (ex.transpose(x), xv[None]),
    (number(-3, 4), -0.75),
    (mul(A, B), a @ b),
    (mul(number(2), c, A, B), 2 * cv * a @ b),
    (mul(ex.transpose(y), A, x), yv @ a @ xv),
    (mul(A, x), a @ xv),
    (mul(y, ex.transpose(x)), np.outer(yv, xv)),
    (mul(ex.power(c, number(-2)), A), a / cv**2),
    (ex.sub(S, mul(c, T)), s - cv * t),
    (ex.hadamard(S, T, S), s * t * s),
    (ex.quotient(S, T), s / t),
    (ex.apply("tanh", A), np.tanh(a)),
    (ex.apply("sigmoid", A), 1 / (1 + np.exp(-a))),
    (ex.power(S, number(3)), s**3),
    (ex.power(S, number(-2)), s**-2.0),
    (ex.power(POSITIVE, number(1, 2)), np.exp(s / 2)),
    (ex.power(POSITIVE, c), np.exp(s * cv)),
    (ex.matrix_power(S, 5), s @ s @ s @ s @ s),
    (ex.matrix_power(S, -2), np.linalg.inv(s) @ np.linalg.inv(s)),
    (ex.inverse(S), np.linalg.inv(s)),
    (ex.trace(mul(S, T)), np.trace(s @ t)),
    (ex.total(A), a.sum()),
    (ex.det(S), np.linalg.det(s)),
    (ex.logdet(SPD), np.log(np.linalg.det(spd))),
    (ex.norm(A), np.sqrt((a * a).sum())),
    (ex.norm1(A), np.abs(a).sum()),
    (ex.diag(x), np.diag(xv)),
    (ex.diag(ex.transpose(x)), np.diag(xv)),
    (ex.diagonal(S), np.diag(s)),
    (mul(ex.ones("n", "m"), A), np.ones((3, 2)) @ a),
    (mul(ex.transpose(ex.ones("m")), A), a.sum(axis=0)[None]),
    (ex.add(S, ex.identity("n")), s + np.eye(3)),
    (ex.power(number(7), number(1, 2)), np.sqrt(7)),
]


@pytest.mark.parametrize(
    ("e", "expected"), MATRIX_LANGUAGE, ids=[str(e) for e, _ in MATRIX_LANGUAGE]
)
def test_agrees_with_numpy(e: Expr, expected: Any) -> None:
    found = evaluate(e, VALUES)
    assert found.shape == np.shape(expected)
    assert np.allclose(found, expected)


@pytest.mark.parametrize(
    "e", [e for e, _ in MATRIX_LANGUAGE], ids=[str(e) for e, _ in MATRIX_LANGUAGE]
)
def test_a_stack_of_values_gives_the_stack_of_results(e: Expr) -> None:
    points = [{k: np.asarray(v) * f for k, v in VALUES.items()} for f in (1.0, 1.1, 0.9)]
    stacked = {
        name: Axed(np.array([_two_dimensional(v[name]) for v in points]), ("#",)) for name in VALUES
    }
    found = Evaluator(stacked).value(e, ("#",))
    assert np.allclose(found, [evaluate(e, v) for v in points])


@pytest.mark.parametrize(
    "e", [e for e, _ in MATRIX_LANGUAGE], ids=[str(e) for e, _ in MATRIX_LANGUAGE]
)
def test_complex_values_with_no_imaginary_part_change_nothing(e: Expr) -> None:
    found = evaluate(e, {name: np.asarray(v) + 0j for name, v in VALUES.items()})
    assert np.allclose(found, evaluate(e, VALUES))


def _two_dimensional(value: Any) -> np.ndarray[Any, Any]:
    array = np.asarray(value)
    return array.reshape(*array.shape, *[1] * (2 - array.ndim))


# ---------------------------------------------------------------- index language

INDEX_LANGUAGE: list[tuple[Expr, Any]] = [
    (index_sum((I, J), mul(entry(A, I, J), entry(x, J), entry(y, I))), yv @ a @ xv),
    (index_sum((J,), mul(entry(S, J, J))), np.trace(s)),
    (index_sum((J, K), ex.delta(J, K)), 3),
    (index_sum((J, K), number(1)), 9),
    (index_sum((J, K), entry(x, J)), 3 * xv.sum()),
    (index_sum((K,), mul(ex.transpose(ex.row(S, K)), ex.row(T, K))), s.T @ t),
    (index_sum((K,), mul(ex.column(S, K), ex.row(T, K))), s @ t),
    (index_sum((K,), mul(A, ex.diag(ex.row(S, K)))), a @ np.diag(s.sum(axis=0))),
    (ex.rows(K, mul(ex.row(S, K), T)), s @ t),
    (ex.rows(K, entry(S, K, K)), np.diag(s)),
    (ex.rows(K, ex.transpose(x)), np.tile(xv, (3, 1))),
    (
        index_sum((I, J), ex.add(entry(A, I, J), mul(number(2), entry(x, J)))),
        a.sum() + 4 * xv.sum(),
    ),
    (index_sum((J,), ex.power(entry(x, J), number(2))), xv @ xv),
    (index_sum((J,), ex.apply("exp", entry(x, J))), np.exp(xv).sum()),
]


@pytest.mark.parametrize(("e", "expected"), INDEX_LANGUAGE, ids=[str(e) for e, _ in INDEX_LANGUAGE])
def test_index_notation_agrees_with_numpy(e: Expr, expected: Any) -> None:
    found = evaluate(e, VALUES, SIZES)
    assert found.shape == np.shape(expected)
    assert np.allclose(found, expected)


def test_an_inner_sum_may_use_the_name_of_an_outer_one() -> None:
    inner = index_sum((J,), entry(x, J))
    assert np.isclose(evaluate(index_sum((J,), mul(entry(x, J), inner)), VALUES), xv.sum() ** 2)
    four = Index("l", "n"), Index("q", "n"), Index("r", "n")
    deep = index_sum((J,), mul(entry(S, four[0], J), entry(S, four[1], J), entry(S, four[2], J)))
    e = index_sum((J, *four), mul(entry(x, J), *[entry(x, i) for i in four], deep))
    assert np.isclose(evaluate(e, VALUES), xv.sum() * ((xv @ s) ** 3).sum())


def test_free_indices_become_axes_in_the_order_that_is_asked_for() -> None:
    e = index_sum((K,), mul(entry(A, I, K), entry(S, K, J)))
    assert np.allclose(Evaluator(VALUES).value(e, ("i", "j")), a @ s)
    assert np.allclose(Evaluator(VALUES).value(e, (J, I)), (a @ s).T)
    assert np.allclose(Evaluator(VALUES).value(mul(entry(x, J), A), ("j",)), xv[:, None, None] * a)


def test_an_index_that_does_not_occur_is_an_axis_too() -> None:
    found = Evaluator(VALUES, {"n": 3}).value(entry(y, I), (I, J))
    assert np.allclose(found, np.tile(yv[:, None], 3))


def test_a_free_index_that_was_not_asked_for_is_an_error() -> None:
    with pytest.raises(UnsupportedError, match="index j is free"):
        evaluate(entry(x, J), VALUES)


def test_a_value_that_depends_on_an_index_is_summed_with_it() -> None:
    d = ex.symbol("D", ("n", "n"))
    values = {**VALUES, "D": Axed(np.array([k * np.eye(3) for k in range(3)]), ("k",))}
    e = index_sum((K,), mul(d, ex.transpose(ex.row(S, K))))
    assert np.allclose(Evaluator(values).value(e), sum(k * s[k] for k in range(3)))


def test_a_chain_of_two_hundred_entries() -> None:
    indices = tuple(Index(f"i{k}", "n") for k in range(200))
    pairs = zip(indices, indices[1:] + indices[:1], strict=True)
    e = index_sum(indices, mul(*[entry(S, i, j) for i, j in pairs]))
    assert np.isclose(evaluate(e, VALUES), np.trace(np.linalg.matrix_power(s, 200)))


def loops(e: Expr, at: dict[str, int]) -> float:
    """The value of a scalar expression of entries, straight from the definition."""
    match e:
        case ex.Number(value=value):
            return float(value)
        case ex.Entry(arg=ex.Symbol(name=name), row=i, column=j):
            place = (at[i.name],) if j is None else (at[i.name], at[j.name])
            return float(VALUES[name][place])
        case ex.Delta(row=i, column=j):
            return float(at[i.name] == at[j.name])
        case ex.Mul():
            return float(e.coefficient) * prod(loops(f, at) for f in e.scalars)
        case ex.Add(terms=terms):
            return sum(loops(u, at) for u in terms)
        case ex.IndexSum(indices=indices, body=body):
            *outer, last = indices
            inner = ex.index_sum(tuple(outer), body) if outer else body
            return sum(loops(inner, {**at, last.name: k}) for k in range(SIZES[str(last.dim)]))
        case ex.Power(base=base, exponent=ex.Number(value=value)):
            return float(loops(base, at) ** value.numerator)
        case _:
            raise TypeError(e)


def random_indexed(rng: random.Random, depth: int) -> Expr:
    """A random expression of entries over i, j, k, l with names used again and again."""
    kind = rng.randrange(3 if depth == 0 else 8)
    names = [Index(name, "n") for name in "ijkl"]
    i, j = rng.choice(names), rng.choice(names)
    if kind == 0:
        return entry(rng.choice([S, T]), i, j)
    if kind == 1:
        return entry(x, i)
    if kind == 2:
        return ex.delta(i, j)
    parts = [random_indexed(rng, depth - 1) for _ in range(rng.randint(2, 3))]
    if kind == 3:
        return ex.add(*parts)
    if kind == 4:
        return ex.power(parts[0], number(2))
    product = mul(number(rng.randint(1, 3)), *parts)
    return product if kind == 5 else index_sum(tuple({i, j}), product)


@pytest.mark.parametrize("seed", range(150))
def test_random_index_notation_agrees_with_loops(seed: int) -> None:
    e = random_indexed(random.Random(seed), 3)
    axes = tuple(sorted(e.free, key=str))
    found = Evaluator(VALUES, SIZES).value(e, axes)
    for place in np.ndindex(*[3] * len(axes)):
        expected = loops(e, {i.name: k for i, k in zip(axes, place, strict=True)})
        assert np.isclose(found[place], expected, rtol=1e-9, atol=1e-9)


# ---------------------------------------------------------------- what is given, what is refused


def test_a_vector_may_be_given_as_a_column_or_flat() -> None:
    assert np.allclose(evaluate(mul(A, x), {"A": a, "x": xv[:, None]}), a @ xv)
    row = ex.symbol("r", (1, "n"))
    assert np.allclose(evaluate(row, {"r": xv}), xv[None])


def test_whole_numbers_and_lists_are_numbers() -> None:
    assert (
        evaluate(ex.power(ex.trace(S), number(-1)), {"S": [[1, 0, 0], [0, 2, 0], [0, 0, 5]]})
        == 0.125
    )


@pytest.mark.parametrize(
    ("e", "values", "message"),
    [
        (mul(A, x), {"A": a, "x": np.ones(4)}, "n = 3"),
        (S, {"S": a}, "size"),
        (c, {"c": xv}, "a scalar"),
        (A, {"A": xv}, "1 dimensions"),
        (ex.symbol("C", (3, "n")), {"C": a}, "size 2 where 3 is needed"),
        (A, {"A": np.array([["p", "q"]])}, "not an array of numbers"),
        (ex.identity("n"), {"A": a}, "dimension n is not known"),
    ],
)
def test_wrong_shapes_are_shape_errors(e: Expr, values: Any, message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        evaluate(e, values)


def test_a_missing_value_is_said() -> None:
    with pytest.raises(UnsupportedError, match="no value is given for A"):
        evaluate(A, {})


def test_sizes_may_be_given_where_no_array_shows_them() -> None:
    assert evaluate(ex.trace(ex.identity("n")), {}, {"n": 5}) == 5
    assert np.allclose(evaluate(ex.zeros("n", "m"), {}, {"n": 2, "m": 3}), np.zeros((2, 3)))


def test_sizes_come_from_symbols_that_are_met_later() -> None:
    assert evaluate(ex.total(ex.sub(ex.ones("m", "n"), A)), {"A": a}) == pytest.approx(6 - a.sum())


def test_nothing_warns_and_nothing_escapes_outside_the_domain() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isnan(evaluate(ex.apply("log", c), {"c": -1.0}))
        assert np.isnan(evaluate(ex.inverse(S), {"S": np.ones((3, 3))})).all()
        assert np.isnan(evaluate(ex.logdet(S), {"S": -np.eye(3)}))
        assert np.isinf(evaluate(ex.power(c, number(-1)), {"c": 0.0}))
        assert np.isinf(evaluate(mul(number(10**400), c), {"c": 1.0}))


def test_values_are_not_views_of_what_was_given() -> None:
    found = evaluate(A, VALUES)
    found[0, 0] = 99
    assert a[0, 0] != 99


def test_deep_expressions_are_evaluated() -> None:
    e: Expr = c
    for _ in range(1500):
        e = ex.apply("sin", e)
    assert abs(evaluate(e, {"c": 1.0})) < 0.1
    for _ in range(20_000):
        e = ex.apply("cos", e)
    with pytest.raises(LimitError, match="too deeply"):
        evaluate(e, {"c": 1.0})


def test_shared_parts_are_computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Expr] = []
    compute = Evaluator.compute

    def watched(self: Evaluator, e: Expr) -> Any:
        seen.append(e)
        return compute(self, e)

    monkeypatch.setattr(Evaluator, "compute", watched)
    evaluator = Evaluator(VALUES)
    evaluator.value(ex.trace(mul(ex.inverse(S), T)))
    evaluator.value(mul(ex.inverse(S), x))
    assert seen.count(ex.inverse(S)) == 1


def test_every_kind_of_node_has_a_value_and_can_be_made_again() -> None:
    from trace_derivative import evaluate as of_values, rebuild

    kinds = set(get_args(ex.Expr))
    leaves = {ex.Symbol, ex.Number, ex.Identity, ex.Ones, ex.Zeros, ex.Delta}
    assert set(of_values._VALUES) == kinds
    assert set(rebuild._BUILD) == kinds - leaves
