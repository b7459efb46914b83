"""SymPy's functions of one argument as elementwise functions, with SymPy's derivative.

A name is looked up as an attribute of SymPy, never as text that SymPy would have to read.  The
derivative is SymPy's, translated into a scalar expression in `u`; a function whose derivative
cannot be translated, or is not what the numbers say, is refused.  Values come from SymPy's
arbitrary precision, and slopes from differences at fifty digits: the numeric side does not know
the symbolic derivative.  A name with a number behind it is a function of an order:
`besselj0`, `polygamma2`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from fractions import Fraction
from functools import cache, lru_cache, partial
from typing import Any, TypeAlias

import numpy as np

from . import functions
from .errors import UnsupportedError
from .expr import Apply, Expr, add, apply, mul, number, power, walk
from .functions import PI, TABLE, Array, ElementFunction, U
from .limits import check_time

SymPy: TypeAlias = Any
"""An object of SymPy, which has no types."""

Scalar: TypeAlias = Callable[[float], float]

ORDERED = (
    "besselj", "bessely", "besseli", "besselk", "expint", "polygamma", "polylog", "zeta",
)  # fmt: skip
"""SymPy's functions of an order and an argument that can be named with the order behind."""

_LATEX = {
    "sec": r"\sec",
    "csc": r"\csc",
    "cot": r"\cot",
    "coth": r"\coth",
    "gamma": r"\Gamma",
    "zeta": r"\zeta",
    "digamma": r"\psi",
    "trigamma": r"\psi_{1}",
    "besselj": "J",
    "bessely": "Y",
    "besseli": "I",
    "besselk": "K",
    "polygamma": r"\psi",
}

_NUMPY = {
    "sec": "1 / np.cos({})",
    "csc": "1 / np.sin({})",
    "cot": "1 / np.tan({})",
    "sech": "1 / np.cosh({})",
    "csch": "1 / np.sinh({})",
    "coth": "1 / np.tanh({})",
    "asinh": "np.arcsinh({})",
    "acosh": "np.arccosh({})",
    "atanh": "np.arctanh({})",
    "acot": "np.arctan(1 / ({}))",
    "asec": "np.arccos(1 / ({}))",
    "acsc": "np.arcsin(1 / ({}))",
    "asech": "np.arccosh(1 / ({}))",
    "acsch": "np.arcsinh(1 / ({}))",
    "acoth": "np.arctanh(1 / ({}))",
    "sinc": "np.sinc(({}) / np.pi)",
}
"""NumPy code, and below the functions that Python's `math` has; others are called in SymPy."""

_MATH = {"erf": "erf", "erfc": "erfc", "gamma": "gamma", "loggamma": "lgamma"}

_POINTS = (-1.7, -1.0, -0.6, -0.3, 0.0, 0.3, 0.6, 1.0, 1.7)
_VALUE_DIGITS, _SLOPE_DIGITS = 25, 50


def sympy_function(name: str) -> ElementFunction | None:
    """SymPy's function of one argument of that name; None where there is none to be had."""
    plain = functions.ALIASES.get(name, name)
    return _entry(plain) if plain.isidentifier() and len(plain) <= 40 else None


@cache
def _entry(name: str) -> ElementFunction | None:
    for entry in TABLE.values():
        if name in (entry.name, entry.sympy):
            return entry
    call, derivative = _callable(name), _derivative(name)
    if call is None or derivative is None:
        return None
    value, numeric_slope = _value(call), _slope(call)
    if not _agrees(value, numeric_slope, _sympy_derivative(name)):
        return None
    return ElementFunction(
        name,
        (derivative,),
        _latex(name),
        _numpy(name),
        _elementwise(_of_math(name) or value, numeric_slope),
        _domain(value),
        sympy=name,
        parity=_parity(call),
    )


def _parity(call: Callable[[SymPy], SymPy]) -> int:
    """1 where SymPy knows the function for even, -1 for odd, 0 else."""
    u = _symbol()
    try:
        at, opposite = call(u), call(-u)
    except Exception:  # SymPy may raise anything for a function that it cannot treat
        return 0
    return 1 if opposite == at else -1 if opposite == -at else 0


@cache
def _symbol() -> SymPy:
    import sympy

    return sympy.Symbol("u", real=True)


@cache
def _sympy_derivative(name: str) -> SymPy | None:
    """SymPy's derivative of the function at its symbol `u`."""
    import sympy

    call, u = _callable(name), _symbol()
    if call is None:
        return None
    try:
        term = call(u)
        if not isinstance(term, sympy.Function) or u not in term.free_symbols:
            return None
        slope = sympy.diff(term, u)
        from_sympy(slope)
    except Exception:  # SymPy may raise anything for a function that it cannot treat
        return None
    return slope


def _derivative(name: str) -> Expr | None:
    """The derivative as an expression in `u`; None unless the functions in it have one too."""
    slope = _sympy_derivative(name)
    if slope is None:
        return None
    found = from_sympy(slope)
    used = {node.function for node in walk(found) if isinstance(node, Apply)} - TABLE.keys()
    return found if all(_sympy_derivative(other) is not None for other in used) else None


def _callable(name: str) -> Callable[[SymPy], SymPy] | None:
    """SymPy's function of that name as a function of one argument."""
    found = _class(name)
    if found is not None:
        return found if _takes_one(found) else None
    parts = re.fullmatch(r"([A-Za-z]+)(\d{1,3})", name)
    family = _class(parts[1]) if parts and parts[1] in ORDERED else None
    if parts is None or family is None or str(int(parts[2])) != parts[2]:
        return None
    import sympy

    order = sympy.Integer(int(parts[2]))
    return lambda x: family(order, x)


def _takes_one(function: SymPy) -> bool:
    """Can it have one argument, and not any number of them?"""
    import sympy

    return isinstance(function.nargs, sympy.FiniteSet) and 1 in function.nargs


def _class(name: str) -> SymPy | None:
    """A genuine function of SymPy's: a class of functions, not one that only looks like it."""
    if name.startswith("_") or not name.isascii():
        return None
    import sympy

    found = getattr(sympy, name, None)
    if not isinstance(found, sympy.FunctionClass) or not issubclass(found, sympy.Function):
        return None
    return None if found in (sympy.Function, sympy.WildFunction, sympy.Piecewise) else found


# ---------------------------------------------------------------------------- from SymPy


def from_sympy(term: SymPy) -> Expr:
    """SymPy's expression in one symbol as a scalar expression in `u`."""
    import sympy

    if term.is_Symbol:
        return U
    if term.is_Rational:
        return number(Fraction(int(term.p), int(term.q)))
    if term is sympy.pi:
        return PI
    if term is sympy.E:
        return apply("exp", number(1))
    if term is sympy.EulerGamma:
        return mul(number(-1), apply("digamma", number(1)))
    if term.is_Add:
        return add(*[from_sympy(a) for a in term.args])
    if term.is_Mul:
        return mul(*[from_sympy(a) for a in term.args])
    if term.is_Pow:
        return _power(*term.as_base_exp())
    if isinstance(term, sympy.Function):
        return _application(term)
    raise UnsupportedError(f"{type(term).__name__} cannot be written in this language")


def _power(base: SymPy, exponent: SymPy) -> Expr:
    import sympy

    if base is sympy.E:
        return apply("exp", from_sympy(exponent))
    if not base.free_symbols and exponent in (sympy.S.Half, -sympy.S.Half):
        root = apply("sqrt", from_sympy(base))
        return root if exponent > 0 else power(root, number(-1))
    return power(from_sympy(base), from_sympy(exponent))


def _application(term: SymPy) -> Expr:
    """A function of one argument, or of an order and an argument."""
    name = type(term).__name__
    *orders, arg = term.args
    if not orders and name in _names():
        return apply(_names()[name], from_sympy(arg))
    if not orders and _class(name) is not None:
        return apply(name, from_sympy(arg))
    if len(orders) == 1 and name in ORDERED and orders[0].is_Integer and orders[0] >= 0:
        special = {("polygamma", 0): "digamma", ("polygamma", 1): "trigamma"}
        order = int(orders[0])
        return apply(special.get((name, order), f"{name}{order}"), from_sympy(arg))
    raise UnsupportedError(f"{name} of {len(term.args)} arguments")


@cache
def _names() -> dict[str, str]:
    """SymPy's names of the functions of the table."""
    return {entry.sympy or entry.name: entry.name for entry in TABLE.values()}


# ---------------------------------------------------------------------------- numbers


def _number(term: Callable[[], SymPy], digits: int) -> SymPy | None:
    """The value of a term without symbols as SymPy's real float; None where it has none."""
    try:
        real, imaginary = term().evalf(digits).as_real_imag()
        if not (real.is_Float or real.is_Rational) or not real.is_finite:
            return None
        return real if abs(imaginary) <= abs(real) * 10 ** (5 - digits) else None
    except Exception:  # SymPy may raise anything outside the domain
        return None


def _value(call: Callable[[SymPy], SymPy]) -> Scalar:
    @lru_cache(maxsize=4096)
    def value(x: float) -> float:
        import sympy

        check_time()
        found = _number(lambda: call(sympy.Float(x, _VALUE_DIGITS)), _VALUE_DIGITS)
        return math.nan if found is None else float(found)

    return value


def _of_math(name: str) -> Scalar | None:
    """The function of Python's `math`, where there is one: SymPy takes milliseconds a value."""
    if name not in _MATH:
        return None
    quick = getattr(math, _MATH[name])

    def value(x: float) -> float:
        if name == "loggamma" and x <= 0:
            return math.nan  # `math` takes the absolute value of gamma
        try:
            return float(quick(x))
        except (ValueError, OverflowError):
            return math.nan

    return value


def _slope(call: Callable[[SymPy], SymPy]) -> Scalar:
    """The derivative by differences: h^2 and the fifty digits leave more than twenty."""

    @lru_cache(maxsize=4096)
    def slope(x: float) -> float:
        import sympy

        check_time()
        here, h = sympy.Float(x, _SLOPE_DIGITS), sympy.Float(10, _SLOPE_DIGITS) ** -14
        right = _number(lambda: call(here + h), _SLOPE_DIGITS)
        left = _number(lambda: call(here - h), _SLOPE_DIGITS)
        return math.nan if right is None or left is None else float((right - left) / (2 * h))

    return slope


def _elementwise(value: Scalar, slope: Scalar) -> Callable[[Array], Array]:
    """The function on arrays; the imaginary part is that of a dual number."""
    return functions._split(_each(value), _each(slope))


def _each(f: Scalar) -> Callable[[Array], Array]:
    def evaluate(x: Array) -> Array:
        flat = [f(t) if math.isfinite(t) else math.nan for t in x.ravel().tolist()]
        return np.array(flat, dtype=float).reshape(x.shape)

    return evaluate


def _agrees(value: Scalar, slope: Scalar, claimed: SymPy) -> bool:
    """Is the derivative that SymPy claims the one that the numbers show?"""
    seen = 0
    for x in _POINTS:
        if x == 0 or not (math.isfinite(value(x)) and math.isfinite(slope(x))):
            continue
        found = _number(partial(claimed.subs, _symbol(), x), _VALUE_DIGITS)
        if found is not None:
            seen += 1
            if abs(float(found) - slope(x)) > 1e-10 * max(1.0, abs(slope(x))):
                return False
    return seen > 0


def _domain(value: Scalar) -> str:
    """Where values may be drawn, found by trying."""
    if all(math.isfinite(value(x)) for x in _POINTS):
        return "any"
    if any(not math.isfinite(value(x)) for x in _POINTS if x > 0) and all(
        math.isfinite(value(x)) for x in _POINTS if abs(x) < 1
    ):
        return "unit"
    return "positive"


# ---------------------------------------------------------------------------- output


def _latex(name: str) -> str:
    stem = name.rstrip("0123456789")
    order = name[len(stem) :]
    if name in _LATEX:
        return _LATEX[name]
    if order and stem in ORDERED:
        return f"{_LATEX.get(stem) or _operator(stem)}_{{{order}}}"
    return _operator(name)


def _operator(name: str) -> str:
    escaped = name.replace("_", r"\_")
    return rf"\operatorname{{{escaped}}}"


def _numpy(name: str) -> str:
    if name in _NUMPY:
        return _NUMPY[name]
    if name in _MATH:
        return f"np.vectorize(math.{_MATH[name]}, otypes=[float])({{}})"
    stem = name.rstrip("0123456789")
    call = f"{name}(t)" if _class(name) else f"{stem}({name[len(stem) :]}, t)"
    return f"np.vectorize(lambda t: float(sympy.{call}), otypes=[float])({{}})"


def clear() -> None:
    """Forget every function that was looked up."""
    for remembered in (_entry, _symbol, _sympy_derivative, _names):
        remembered.cache_clear()
