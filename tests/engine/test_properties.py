"""Properties of derivations over random expressions of the whole language.

The oracle is the numeric derivative of the expression itself, through arrays only.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping

import numpy as np
from hypothesis import HealthCheck, assume, given, settings, strategies as st

import trace_derivative as td
from tests.engine import scipy_linalg
from tests.engine.strategies import SMOOTH, SYMBOLS, expressions, scalar_expressions
from trace_derivative import expr as ex, indexed as ix, numeric
from trace_derivative.distribute import expanded
from trace_derivative.evaluate import Evaluator
from trace_derivative.expr import Expr
from trace_derivative.magnitude import magnitude
from trace_derivative.read import read
from trace_derivative.render_numpy import numpy_function
from trace_derivative.sampling import samples
from trace_derivative.simplify import simplify

scipy_linalg.provide()

SHAPES = {name: s.shape[: s.rank] for name, s in SYMBOLS.items()}
RELAXED = settings(deadline=None, suppress_health_check=list(HealthCheck))


def derivation(e: Expr, data: st.DataObject) -> td.Derivation:
    """A derivation of a random expression by one of its symbols."""
    names = sorted(e.symbols)
    assume(names)
    wrt = data.draw(st.sampled_from(names))
    return td.derive(str(e), wrt=wrt, shapes=SHAPES)


def points(d: td.Derivation) -> list[tuple[dict[str, object], dict[str, int]]]:
    """Points of the domain; the example is skipped where there are none."""
    try:
        return [(dict(s.values), dict(s.dims)) for s in d.samples]
    except td.UnsupportedError:
        assume(False)
        raise


def close(a: object, b: object, scale: float = 1.0, digits: int = 8) -> bool:
    """Equal up to rounding, relative to the largest entry."""
    x, y = np.asarray(a), np.asarray(b)
    size = max(float(np.max(np.abs(y), initial=0.0)), 1e-4 * max(scale, 1.0))
    return x.shape == y.shape and float(np.max(np.abs(x - y), initial=0.0)) <= 10.0**-digits * size


def cancelled(e: Expr, values: Mapping[str, object], dims: Mapping[str, int]) -> float:
    """How large the terms are that may cancel."""
    return float(magnitude(e, Evaluator(values, dims)))  # type: ignore[arg-type]


@settings(RELAXED, max_examples=800)
@given(scalar_expressions(), st.data())
def test_both_routes_give_the_numeric_derivative(e: Expr, data: st.DataObject) -> None:
    d = derivation(e, data)
    at = points(d)
    wanted = [numeric.gradient(e, d.variable, *point) for point in at]
    # where a derivative of large terms is zero at one point, another one shows how large they are
    largest = max(float(np.max(np.abs(want), initial=0.0)) for want in wanted)
    for (values, dims), want in zip(at, wanted, strict=True):
        scale = max(largest, float(np.abs(e.evaluate(values, dims))))
        for name, answer in d.routes.items():
            assert answer is not None, name
            assert answer.shape == d.variable.shape
            again = read(str(answer), symbols=d.symbols, expected=answer.shape).exprs[0]
            assert close(again.evaluate(values, dims), want, scale), (name, str(answer))


@settings(RELAXED, max_examples=400)
@given(scalar_expressions(functions=SMOOTH), st.data())
def test_gradient_agrees_with_differences_of_generated_code(e: Expr, data: st.DataObject) -> None:
    """An oracle that shares neither evaluator nor numeric derivative: NumPy code, differences."""
    d = derivation(e, data)
    assume(d.gradient is not None)
    points(d)
    sample = d.samples[0]
    values = {n: v for n, v in sample.values.items() if n in e.symbols}
    code = numpy_function(e, d.symbols.values(), "function")
    function = compiled(code, d.variable.name, values, sample.dims)
    x = np.asarray(values[d.variable.name], dtype=float)
    steps = np.array([function(x + s) for s in directions(x)])
    steps = steps.reshape(-1, 4)
    slopes = (8 * (steps[:, 0] - steps[:, 1]) - (steps[:, 2] - steps[:, 3])) / (12 * STEP)
    noise = 1e-15 * np.max(np.abs(steps)) / STEP
    want = slopes.reshape(x.shape)
    assert d.gradient is not None
    got = d.gradient.evaluate(sample.values, sample.dims)
    # differences are wrong where the function bends sharply: the third derivative shows it
    bend = np.max(np.abs(steps[:, 2] - 2 * steps[:, 0] + 2 * steps[:, 1] - steps[:, 3]), initial=0)
    assume(np.isfinite(bend) and bend <= 1e-4 * np.max(np.abs(steps), initial=1e-300))
    size = max(float(np.max(np.abs(got), initial=0.0)), float(np.max(np.abs(want), initial=0.0)))
    assert np.max(np.abs(got - want), initial=0.0) <= 1e-4 * size + 100 * noise + 1e-3 * bend / STEP


STEP = 1e-4


def directions(x: np.ndarray) -> list[np.ndarray]:
    """For each entry the four steps of a fourth-order difference."""
    found = []
    for at in np.ndindex(*x.shape):
        unit = np.zeros(x.shape)
        unit[at] = STEP
        found += [unit, -unit, 2 * unit, -2 * unit]
    return found


def compiled(
    code: str, wrt: str, values: dict[str, object], dims: Mapping[str, int]
) -> Callable[[np.ndarray], float]:
    """Generated code as a function of one symbol alone."""
    scope: dict[str, object] = {"np": np}
    exec(code, scope)
    function = scope["function"]
    asked = inspect.signature(function).parameters  # type: ignore[arg-type]
    sizes = {n: dims[n] for n, p in asked.items() if p.kind is p.KEYWORD_ONLY and n in dims}
    return lambda x: float(function(**{**values, **sizes, wrt: x}))  # type: ignore[operator]


@settings(RELAXED, max_examples=500)
@given(scalar_expressions(), st.data())
def test_every_step_is_true(e: Expr, data: st.DataObject) -> None:
    d = derivation(e, data)
    points(d)
    assert d.verification.passed, [
        (c.name, c.lhs, c.rhs, c.message) for c in d.verification.failures
    ]


@settings(RELAXED, max_examples=500)
@given(scalar_expressions(), st.data())
def test_expansion_has_the_value_of_the_function(e: Expr, data: st.DataObject) -> None:
    d = derivation(e, data)
    ranges = ix.ranges(d.expansion)
    form = read(str(d.expansion), symbols=d.symbols, ranges=ranges).exprs[0]
    for values, dims in points(d):
        want = e.evaluate(values, dims)
        # the sine of a large number has lost digits
        assert close(form.evaluate(values, dims), want, cancelled(e, values, dims), digits=6)


@settings(RELAXED, max_examples=500)
@given(scalar_expressions(), st.data())
def test_index_names_are_never_those_of_symbols_or_dimensions(e: Expr, data: st.DataObject) -> None:
    d = derivation(e, data)
    taken = e.symbols | ex.dim_names(e)
    assert not ix.all_names(d.expansion) & taken
    assert not ix.all_names(d.index_gradient.body) & taken
    free = {i.name for i in d.index_gradient.free}
    assert not free & taken
    bound = {
        i.name for t in _walk(d.index_gradient.body) if isinstance(t, ix.SumOver) for i in t.indices
    }
    assert not free & bound


def _walk(t: ix.Indexed) -> list[ix.Indexed]:
    return [t, *[u for c in t.parts for u in _walk(c)]]


@settings(RELAXED, max_examples=800)
@given(expressions())
def test_simplified_and_expanded_have_the_same_value(e: Expr) -> None:
    forms = [simplify(e), expanded(e)]
    assert all(f.shape == e.shape for f in forms)
    try:
        found = samples((e,), dict(SYMBOLS), seed_text=str(e))
    except td.UnsupportedError:
        assume(False)
        return
    for s in found:
        want = e.evaluate(s.values, s.dims)
        for form in forms:
            got = form.evaluate(s.values, s.dims)
            assert close(got, want, cancelled(e, s.values, s.dims)), str(form)


@settings(RELAXED, max_examples=500)
@given(expressions())
def test_simplify_is_stable(e: Expr) -> None:
    once = simplify(e)
    assert simplify(once) == once
