"""SymPy's functions by name: right derivative and numbers, or refused; never a text that is run."""

from __future__ import annotations

import math

import numpy as np
import pytest
import sympy

from trace_derivative import expr as ex
from trace_derivative.evaluate import evaluate
from trace_derivative.expr import apply, total
from trace_derivative.functions import TABLE, lift, lookup
from trace_derivative.numeric import gradient, kind
from trace_derivative.sympy_functions import ORDERED, sympy_function

KNOWN = [
    "erf", "erfc", "erfi", "erfinv", "gamma", "loggamma", "digamma", "trigamma", "factorial",
    "sec", "csc", "cot", "sech", "csch", "coth", "asinh", "acosh", "atanh", "acot", "acoth", "asec",
    "sinc", "LambertW", "Si", "Ci", "Ei", "li", "Shi", "Chi", "fresnels", "fresnelc", "airyai",
    "elliptic_k", "elliptic_e", "harmonic", "besselj0", "besselj3", "besselk1", "polygamma2",
    "zeta2", "expint1",
]  # fmt: skip
X = ex.symbol("X", ("m", "n"))


def points(name: str) -> np.ndarray:
    """Places where the function and its derivative exist."""
    above_one = {"acosh", "asec", "acoth", "li"}
    inside = {"atanh", "erfinv", "elliptic_k", "elliptic_e"}
    low, high = (1.2, 2.9) if name in above_one else (0.1, 0.8) if name in inside else (0.3, 1.9)
    return np.linspace(low, high, 6).reshape(2, 3)


@pytest.mark.parametrize("name", KNOWN)
def test_derivative_and_numbers_agree(name: str) -> None:
    entry = lookup(name)
    assert entry is not None
    x = points(name)
    numeric = gradient(total(apply(name, X)), X, {"X": x})
    assert np.isfinite(numeric).all()
    assert np.allclose(evaluate(lift(entry.derivatives[0], X), {"X": x}), numeric, rtol=1e-11)
    h = 1e-6
    differences = (entry.evaluate(x + h) - entry.evaluate(x - h)) / (2 * h)
    assert np.allclose(differences, numeric, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("name", KNOWN)
def test_the_numpy_code_runs(name: str) -> None:
    entry = lookup(name)
    assert entry is not None
    x = points(name)
    found = eval(entry.numpy.format("x"), {"np": np, "math": math, "sympy": sympy, "x": x})
    assert np.allclose(found, entry.evaluate(x), rtol=1e-12)


@pytest.mark.parametrize(
    ("name", "f"), [("erf", math.erf), ("gamma", math.gamma), ("erfc", math.erfc)]
)
def test_values_are_those_of_the_math_module(name: str, f) -> None:  # type: ignore[no-untyped-def]
    x = points(name)
    assert np.allclose(evaluate(apply(name, X), {"X": x}), np.vectorize(f)(x), rtol=1e-14)


def test_irrational_constants_survive() -> None:
    entry = lookup("erf")
    assert entry is not None
    assert str(entry.derivatives[0]) == "2*exp(-u^2)/sqrt(arccos(-1))"
    assert evaluate(entry.derivatives[0], {"u": 0.0}) == pytest.approx(2 / math.sqrt(math.pi))


@pytest.mark.parametrize(
    ("name", "domain"),
    [("erf", "any"), ("gamma", "positive"), ("digamma", "positive"), ("atanh", "unit")],
)
def test_domains_are_found_by_trying(name: str, domain: str) -> None:
    entry = lookup(name)
    assert entry is not None
    assert entry.domain == domain


def test_outside_the_domain_is_not_a_number() -> None:
    assert np.isnan(evaluate(apply("acosh", X), {"X": np.zeros((2, 2))})).all()
    assert np.isnan(evaluate(apply("gamma", X), {"X": -np.ones((2, 2))})).all()


@pytest.mark.parametrize(
    "name",
    [
        "floor", "frac", "re", "conjugate", "Piecewise", "Function", "WildFunction", "beta",
        "DiracDelta", "totient", "partition", "zeta", "besselj", "log2", "log10",
        "LambertW1", "besselj01", "besselj9999", "sympify", "S", "sqrt2", "lambdify", "Symbol",
        "Lambda", "Derivative", "Integral", "LaplaceTransform", "And", "Matrix", "core",
        "parse_expr", "__import__", "_print_Pow", "__class__", "erf.diff", "os.system('x')", "",
        "erf ", "ｅｒｆ", "x" * 1000,
    ],
)  # fmt: skip
def test_all_else_is_refused(name: str) -> None:
    assert sympy_function(name) is None


def test_the_table_goes_first_under_either_name() -> None:
    assert sympy_function("acos") is TABLE["arccos"]
    assert sympy_function("Heaviside") is TABLE["step"]
    assert sympy_function("ln") is TABLE["log"]
    assert sympy_function("sign") is TABLE["sign"]


def test_every_function_of_sympys_is_right_or_refused() -> None:
    names = [n for n in dir(sympy) if isinstance(getattr(sympy, n), sympy.FunctionClass)]
    found = [n for n in names if sympy_function(n)]
    assert len(found) > 50
    for name in found + [f"{family}2" for family in ORDERED]:
        entry = sympy_function(name)
        assert entry is not None
        used = {n.function for n in ex.walk(entry.derivatives[0]) if isinstance(n, ex.Apply)}
        assert all(lookup(other) for other in used), name


def test_they_are_differentiated_by_the_complex_step() -> None:
    assert kind(total(apply("erf", X))) == "complex step"


def test_an_entry_is_made_once() -> None:
    assert sympy_function("erf") is sympy_function("erf")


@pytest.mark.parametrize("name", ["erf", "erfc", "gamma", "loggamma"])
def test_values_by_math_are_those_of_sympy(name: str) -> None:
    entry = sympy_function(name)
    assert entry is not None
    x = np.array([-2.5, -0.3, 0.4, 1.0, 3.7, 200.0])
    found = entry.evaluate(x)
    for at, value in zip(x, found, strict=True):
        exact = complex(getattr(sympy, name)(sympy.Float(at, 25)).evalf(20))
        if np.isfinite(exact) and exact.imag == 0 and abs(exact) < 1e300:
            assert value == pytest.approx(exact.real, rel=1e-13)
        else:
            assert np.isnan(value)
