"""The functions of one argument that can be applied elementwise: one entry each.

An entry has everything about its function: derivative (a scalar expression in the symbol `u`),
LaTeX, NumPy code, domain, and the numeric function that the evaluator calls (on real or complex
arrays; where a function is not analytic the complex branch carries the derivative in the
imaginary part, as a dual number would).  A name that is not in the table is looked up among
SymPy's functions of one argument, with SymPy's derivative (`sympy_functions`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np

from .errors import UnsupportedError
from .expr import (
    ONE,
    SCALAR,
    Add,
    Apply,
    Expr,
    Mul,
    Number,
    Power,
    Symbol,
    add,
    apply,
    hadamard,
    mul,
    neg,
    number,
    ones,
    power,
    quotient,
    scale,
    sub,
    symbol,
)

Array: TypeAlias = np.ndarray[Any, Any]

U = symbol("u", SCALAR)
"""The argument in the derivative of a function."""

PI = apply("arccos", number(-1))
"""The number pi: the language has rational numbers and functions of them."""


@dataclass(frozen=True, slots=True)
class ElementFunction:
    """A function of one argument.

    `derivative` is a scalar expression in `u`; `latex` the operator's command; `numpy` a format
    with one `{}`; `domain` where values may be drawn: any, positive, unit (-1 to 1);
    `analytic` is false where the derivative exists almost everywhere only; `sympy` the name in
    SymPy.
    """

    name: str
    derivative: Expr
    latex: str
    numpy: str
    evaluate: Callable[[Array], Array]
    domain: str = "any"
    analytic: bool = True
    sympy: str = ""


def _split(
    f: Callable[[Array], Array], slope: Callable[[Array], Array]
) -> Callable[[Array], Array]:
    """A real function with its almost-everywhere slope, extended to dual (complex) numbers."""

    def evaluate(z: Array) -> Array:
        if np.iscomplexobj(z):
            return np.asarray(f(z.real) + 1j * slope(z.real) * z.imag)
        return np.asarray(f(z))

    return evaluate


def _step(x: Array) -> Array:
    return np.heaviside(x, 0.5)


def _relu(x: Array) -> Array:
    return np.maximum(x, 0.0)


def _sigmoid(z: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-z)))


def _softplus(z: Array) -> Array:
    return np.asarray(np.log(1 + np.exp(z)))


def _f(name: str) -> Expr:
    return apply(name, U)


def _squared(e: Expr) -> Expr:
    return power(e, number(2))


def _over(e: Expr) -> Expr:
    return power(e, number(-1))


_HALF = Fraction(1, 2)
_ROOT = power(sub(ONE, _squared(U)), number(-_HALF))

TABLE: dict[str, ElementFunction] = {
    entry.name: entry
    for entry in (
        ElementFunction("exp", _f("exp"), r"\exp", "np.exp({})", np.exp),
        ElementFunction("log", _over(U), r"\log", "np.log({})", np.log, "positive"),
        ElementFunction("sin", _f("cos"), r"\sin", "np.sin({})", np.sin),
        ElementFunction("cos", neg(_f("sin")), r"\cos", "np.cos({})", np.cos),
        ElementFunction("tan", add(_squared(_f("tan")), ONE), r"\tan", "np.tan({})", np.tan),
        ElementFunction("sinh", _f("cosh"), r"\sinh", "np.sinh({})", np.sinh),
        ElementFunction("cosh", _f("sinh"), r"\cosh", "np.cosh({})", np.cosh),
        ElementFunction("tanh", sub(ONE, _squared(_f("tanh"))), r"\tanh", "np.tanh({})", np.tanh),
        ElementFunction(
            "arcsin", _ROOT, r"\arcsin", "np.arcsin({})", np.arcsin, "unit", sympy="asin"
        ),
        ElementFunction(
            "arccos", neg(_ROOT), r"\arccos", "np.arccos({})", np.arccos, "unit", sympy="acos"
        ),
        ElementFunction(
            "arctan",
            _over(add(_squared(U), ONE)),
            r"\arctan",
            "np.arctan({})",
            np.arctan,
            sympy="atan",
        ),
        ElementFunction(
            "sqrt", scale(_HALF, _over(_f("sqrt"))), r"\sqrt", "np.sqrt({})", np.sqrt, "positive"
        ),
        ElementFunction(
            "abs",
            _f("sign"),
            r"\operatorname{abs}",
            "np.abs({})",
            _split(np.abs, np.sign),
            analytic=False,
            sympy="Abs",
        ),
        ElementFunction(
            "sign",
            number(0),
            r"\operatorname{sign}",
            "np.sign({})",
            _split(np.sign, np.zeros_like),
            analytic=False,
        ),
        ElementFunction(
            "relu",
            _f("step"),
            r"\operatorname{relu}",
            "np.maximum({}, 0)",
            _split(_relu, _step),
            analytic=False,
        ),
        ElementFunction(
            "step",
            number(0),
            r"\operatorname{step}",
            "np.heaviside({}, 0.5)",
            _split(_step, np.zeros_like),
            analytic=False,
            sympy="Heaviside",
        ),
        ElementFunction(
            "sigmoid",
            mul(_f("sigmoid"), sub(ONE, _f("sigmoid"))),
            r"\operatorname{sigmoid}",
            "1 / (1 + np.exp(-({})))",
            _sigmoid,
        ),
        ElementFunction(
            "softplus",
            _f("sigmoid"),
            r"\operatorname{softplus}",
            "np.log(1 + np.exp({}))",
            _softplus,
        ),
    )
}

ALIASES = {"ln": "log", "asin": "arcsin", "acos": "arccos", "atan": "arctan", "heaviside": "step"}
"""Other names that are read for a function of the table."""


def lookup(name: str) -> ElementFunction | None:
    """The function of that name, from the table or from SymPy; None where there is none."""
    found = TABLE.get(ALIASES.get(name, name))
    if found is None and name.isidentifier():
        from .sympy_functions import sympy_function

        found = sympy_function(name)
    return found


def get(name: str) -> ElementFunction:
    """The function of a name that is known to exist."""
    found = lookup(name)
    if found is None:
        raise UnsupportedError(f"unknown function {name}")
    return found


def lift(template: Expr, arg: Expr) -> Expr:
    """A scalar expression in `u`, applied to every entry of `arg`.

    Sums and products become elementwise, numbers become multiples of the ones matrix.
    """
    if arg.shape == SCALAR:
        return _lift_scalar(template, arg)
    lifted = _lift(template, arg)
    return lifted if lifted.shape == arg.shape else mul(lifted, ones(*arg.shape))


def _lift(template: Expr, arg: Expr) -> Expr:
    """Like `lift`, but what does not depend on `u` stays a scalar."""
    if "u" not in template.symbols:
        return template
    match template:
        case Symbol():
            return arg
        case Add(terms=terms):
            return add(*[lift(t, arg) for t in terms])
        case Mul(coefficient=c, scalars=factors):
            return hadamard(number(c), *[_lift(f, arg) for f in factors])
        case Power(base=base, exponent=exponent):
            inner = _lift(base, arg)
            if isinstance(exponent, Number) and exponent.value < 0:
                return quotient(ones(*arg.shape), power(inner, number(-exponent.value)))
            return power(inner, exponent)
        case Apply(function=name, arg=inner):
            return apply(name, _lift(inner, arg))
        case _:
            raise TypeError(f"not a scalar expression in u: {template}")


def _lift_scalar(template: Expr, arg: Expr) -> Expr:
    match template:
        case Symbol(name="u"):
            return arg
        case Add(terms=terms):
            return add(*[_lift_scalar(t, arg) for t in terms])
        case Mul(coefficient=c, scalars=factors):
            return mul(number(c), *[_lift_scalar(f, arg) for f in factors])
        case Power(base=base, exponent=exponent):
            return power(_lift_scalar(base, arg), exponent)
        case Apply(function=name, arg=inner):
            return apply(name, _lift_scalar(inner, arg))
        case _:
            return template
