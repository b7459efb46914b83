"""The table of elementwise functions: derivatives, numbers and names, against SymPy's."""

from __future__ import annotations

import math

import numpy as np
import pytest
import sympy

import trace_derivative as td
from trace_derivative import expr as ex
from trace_derivative.errors import UnsupportedError
from trace_derivative.evaluate import evaluate
from trace_derivative.expr import Expr, apply, walk
from trace_derivative.functions import ALIASES, PI, TABLE, ElementFunction, U, get, lift, lookup

ENTRIES = [entry for entry in TABLE.values() if entry.arity == 1]
PAIRS = [entry for entry in TABLE.values() if entry.arity == 2]
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
        assert evaluate(entry.derivatives[0], {"u": x}) == pytest.approx(
            expected, rel=1e-13, abs=1e-15
        )


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
    slope = np.array([float(evaluate(entry.derivatives[0], {"u": point})) for point in x])
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
    used = {n.function for n in walk(entry.derivatives[0]) if isinstance(n, ex.Apply)}
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
    lifted = lift(entry.derivatives[0], arg)
    assert lifted.shape == arg.shape
    expected = [float(evaluate(entry.derivatives[0], {"u": v})) for v in values.flat]
    found = evaluate(lifted, {str(arg): values}, {"m": 2, "n": 3})
    assert np.allclose(found.ravel(), expected)


def test_a_derivative_is_lifted_to_a_scalar() -> None:
    e = ex.trace(ex.symbol("S", ("n", "n")))
    assert lift(apply("exp", U), e) == apply("exp", e)


def sympy_pair(entry: ElementFunction) -> sympy.Expr:
    """The function at SymPy's real symbols u and v."""
    u, v = sympy.symbols("u v", real=True)
    if entry.name == "logaddexp":
        return sympy.log(sympy.exp(u) + sympy.exp(v))
    return getattr(sympy, entry.sympy or entry.name)(u, v)


PLACES = [(-1.7, 0.4), (0.3, -0.6), (1.2, 1.3), (0.9, 0.1), (-0.4, -1.1)]


@pytest.mark.parametrize("entry", PAIRS, ids=lambda e: e.name)
@pytest.mark.parametrize("place", PLACES, ids=str)
def test_functions_of_two_numbers_are_sympys(
    entry: ElementFunction, place: tuple[float, float]
) -> None:
    """Value, both slopes, the dual parts and the NumPy code."""
    at = dict(zip(sympy.symbols("u v", real=True), place, strict=True))
    term = sympy_pair(entry)
    arrays = [np.array([x]) for x in place]
    value = float(term.subs(at))
    assert entry.evaluate(*arrays) == pytest.approx(value, rel=1e-13)
    code = entry.numpy.format("u", "v")
    assert eval(code, {"np": np, "u": place[0], "v": place[1]}) == pytest.approx(value)
    for n, symbol in enumerate(at):
        slope = float(sympy.diff(term, symbol).subs(at).doit())
        found = evaluate(entry.derivatives[n], dict(zip("uv", place, strict=True)))
        assert found == pytest.approx(slope, rel=1e-13, abs=1e-15)
        moved = [a + (1e-20j if k == n else 0) for k, a in enumerate(arrays)]
        assert entry.evaluate(*moved).imag / 1e-20 == pytest.approx(slope, rel=1e-13)


@pytest.mark.parametrize("entry", PAIRS, ids=lambda e: e.name)
def test_functions_of_two_matrices(entry: ElementFunction) -> None:
    """Both routes by either argument, where the other depends on the variable as well."""
    for text in (f"sum(C.*{entry.name}(X,A))", f"tr(B*{entry.name}(A,X*X'*A))"):
        d = td.derive(text, wrt="X", shapes="A: m n; C: m n")
        assert None not in d.routes.values()
        assert d.verification.passed, [(c.name, c.message) for c in d.verification.failures]


@pytest.mark.parametrize(
    ("text", "wrt"),
    [
        ("sum(C.*X.^A)", "X"),
        ("sum(C.*A.^X)", "X"),
        ("sum(a.^X)", "X"),
        ("sum(a.^(X*X'))", "a"),
        ("x'*x.^y", "x"),
        ("sum((X.^X)')", "X"),
    ],
)
def test_powers_by_a_matrix(text: str, wrt: str) -> None:
    d = td.derive(text, wrt=wrt, shapes="a: scalar; A: m n; C: m n; X: m n")
    assert None not in d.routes.values()
    assert d.verification.passed, [(c.name, c.message) for c in d.verification.failures]


def test_a_scalar_argument_is_the_same_for_every_entry() -> None:
    d = td.derive("sum(max(x,0)) + sum(logaddexp(a,X))", wrt="x", shapes="a: scalar; x: n; X: m n")
    assert str(d.function) == "sum(max(x,zeros(n))) + sum(logaddexp(a*ones(m,n),X))"
    assert str(d.gradient) == "step(x)"
    assert d.verification.passed


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sum(max(X,A*A'))", "max needs two of one shape"),
        ("sum(X.^(A'))", "cannot raise"),
        ("sum(max(X))", "max takes two arguments, not 1"),
        ("tr(X^X)", "an exponent is a scalar"),
    ],
)
def test_arguments_that_do_not_fit(text: str, message: str) -> None:
    with pytest.raises(td.TraceDerivativeError) as caught:
        td.derive(text, wrt="X", shapes="X: m n; A: m n" if "X^X" not in text else "X: n n")
    assert message in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize("name", ["sigmoid", "softplus", "logaddexp"])
@pytest.mark.parametrize("u", [-900.0, -40.0, 0.3, 40.0, 900.0])
def test_complex_step_does_not_overflow(name: str, u: float) -> None:
    """What grows is never computed: the function and its slope are finite everywhere."""
    f = get(name)
    args = [np.array([u + 1e-20j]), np.array([0.5 + 0j])][: f.arity]
    with np.errstate(over="raise", invalid="raise"):
        slope = f.evaluate(*args)[0].imag / 1e-20
    shifted = u - 0.5 * (f.arity - 1)
    small = math.exp(-abs(shifted))
    expected = (1 if shifted > 0 or name == "sigmoid" else small) / (1 + small)
    if name == "sigmoid":
        expected *= small / (1 + small)
    assert slope == pytest.approx(expected, rel=1e-9, abs=1e-300)


@pytest.mark.parametrize("entry", [*ENTRIES, *filter(None, map(lookup, ("erf", "erfc", "sinc")))])
def test_parity(entry: ElementFunction) -> None:
    """Even and odd by the numbers, where it is said, and neither where it is not."""
    x = np.array([0.3, 0.7, 0.95])
    with np.errstate(invalid="ignore"):
        at, opposite = entry.evaluate(x), entry.evaluate(-x)
    assert np.allclose(opposite, at) == (entry.parity == 1)
    assert np.allclose(opposite, -at) == (entry.parity == -1)
