"""The table of elementwise functions: derivatives, numbers and names, against SymPy's."""

from __future__ import annotations

import numpy as np
import pytest
import sympy

from trace_derivative import expr as ex
from trace_derivative.errors import UnsupportedError
from trace_derivative.evaluate import evaluate
from trace_derivative.expr import Expr, apply, walk
from trace_derivative.functions import ALIASES, PI, TABLE, ElementFunction, U, get, lift, lookup

ENTRIES = list(TABLE.values())
POINTS = {
    "any": np.array([-1.7, -0.6, 0.3, 1.2]),
    "positive": np.array([0.2, 0.9, 1.0, 2.3]),
    "unit": np.array([-0.8, -0.1, 0.4, 0.7]),
}


def sympy_term(entry: ElementFunction) -> sympy.Expr:
    """The function at SymPy's real symbol u."""
    u = sympy.Symbol("u", real=True)
    if entry.name == "relu":
        return sympy.Max(u, 0)
    if entry.name == "sigmoid":
        return 1 / (1 + sympy.exp(-u))
    if entry.name == "softplus":
        return sympy.log(1 + sympy.exp(u))
    return getattr(sympy, entry.sympy or entry.name)(u)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda e: e.name)
def test_the_derivative_is_sympys(entry: ElementFunction) -> None:
    u = sympy.Symbol("u", real=True)
    slope = sympy.diff(sympy_term(entry), u)
    for x in POINTS[entry.domain]:
        expected = float(slope.subs(u, float(x)).doit())
        assert evaluate(entry.derivative, {"u": x}) == pytest.approx(expected, rel=1e-13, abs=1e-15)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda e: e.name)
def test_the_values_are_sympys(entry: ElementFunction) -> None:
    u = sympy.Symbol("u", real=True)
    expected = [float(sympy_term(entry).subs(u, float(x))) for x in POINTS[entry.domain]]
    assert np.allclose(entry.evaluate(POINTS[entry.domain]), expected, rtol=1e-14)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda e: e.name)
def test_the_slope_agrees_with_differences_and_with_the_imaginary_part(
    entry: ElementFunction,
) -> None:
    x, h = POINTS[entry.domain], 1e-5
    slope = np.array([float(evaluate(entry.derivative, {"u": point})) for point in x])
    differences = (entry.evaluate(x + h) - entry.evaluate(x - h)) / (2 * h)
    assert np.allclose(slope, differences, rtol=1e-8, atol=1e-8)
    dual = entry.evaluate(x + 1e-20j)
    assert np.allclose(dual.imag / 1e-20, slope, rtol=1e-13)
    assert np.allclose(dual.real, entry.evaluate(x), rtol=1e-14)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda e: e.name)
def test_the_numpy_code_runs(entry: ElementFunction) -> None:
    x = POINTS[entry.domain]
    assert np.allclose(eval(entry.numpy.format("x"), {"np": np, "x": x}), entry.evaluate(x))


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda e: e.name)
def test_derivatives_use_functions_that_exist(entry: ElementFunction) -> None:
    used = {n.function for n in walk(entry.derivative) if isinstance(n, ex.Apply)}
    assert used <= TABLE.keys()


def test_names() -> None:
    assert lookup("ln") is TABLE["log"]
    assert set(ALIASES.values()) <= TABLE.keys()
    assert lookup("Abs") is TABLE["abs"]
    assert lookup("nothing") is None
    assert lookup("not a name") is None
    with pytest.raises(UnsupportedError, match="unknown function nothing"):
        get("nothing")


def test_pi_is_pi() -> None:
    assert evaluate(PI, {}) == np.pi


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda e: e.name)
@pytest.mark.parametrize("arg", [ex.symbol("X", ("m", "n")), ex.symbol("x", ("n", 1))], ids=str)
def test_a_derivative_is_lifted_to_every_entry(entry: ElementFunction, arg: Expr) -> None:
    values = np.resize(POINTS[entry.domain], (2, 3) if arg.shape[1] == "n" else 3)
    lifted = lift(entry.derivative, arg)
    assert lifted.shape == arg.shape
    expected = [float(evaluate(entry.derivative, {"u": v})) for v in values.flat]
    found = evaluate(lifted, {str(arg): values}, {"m": 2, "n": 3})
    assert np.allclose(found.ravel(), expected)


def test_a_derivative_is_lifted_to_a_scalar() -> None:
    e = ex.trace(ex.symbol("S", ("n", "n")))
    assert lift(apply("exp", U), e) == apply("exp", e)
