"""The functions that can be applied entry by entry, of one argument or two: one entry each.

An entry has everything about its function: derivatives (scalar expressions in the symbols `u` and
`v`), LaTeX, NumPy code, domain, and the numeric function that the evaluator calls (on real or
complex arrays; where a function is not analytic the complex branch carries the derivative in the
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
    is_divisor,
    mul,
    neg,
    number,
    ones,
    power,
    quotient,
    scale,
    split_coefficient,
    sub,
    symbol,
)

Array: TypeAlias = np.ndarray[Any, Any]

U, V = symbol("u", SCALAR), symbol("v", SCALAR)
"""The arguments in the derivative of a function."""
ARGUMENTS = ("u", "v")

PI = apply("arccos", number(-1))
"""The number pi: the language has rational numbers and functions of them."""


@dataclass(frozen=True, slots=True)
class ElementFunction:
    """A function of one argument, or of two.

    `derivatives` are scalar expressions in `u` and `v`, one for each argument; `latex` the
    operator's command; `numpy` a format with a `{}` an argument; `domain` where values may be
    drawn: any, positive, unit (-1 to 1), unequal (two arguments), plane (not both zero);
    `analytic` is false where the derivative exists almost everywhere only; `sympy` the name in
    SymPy; `parity` 1 for an even function, -1 for an odd one, 0 for others.
    """

    name: str
    derivatives: tuple[Expr, ...]
    latex: str
    numpy: str
    evaluate: Callable[..., Array]
    domain: str = "any"
    analytic: bool = True
    sympy: str = ""
    parity: int = 0

    @property
    def arity(self) -> int:
        """The number of arguments."""
        return len(self.derivatives)


_KINK = 1e-11
"""A difference that is so much smaller than the largest one is zero but for rounding."""


def at_kinks(x: Array) -> Array:
    """The numbers with those at zero that only rounding keeps from there; dual parts stay."""
    real = x.real
    rounded = np.abs(real) <= _KINK * max(1.0, float(np.max(np.abs(real), initial=0.0)))
    return np.asarray(np.where(rounded, x - real, x))


def without_sign(name: str, arg: Expr) -> tuple[int, Expr]:
    """`f(arg)` of an even or odd function as a sign and f of an argument without a minus."""
    c, rest = split_coefficient(arg)
    sign = get(name).parity if c < 0 else 0
    return (sign, scale(-c, rest)) if sign else (1, arg)


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
    small = np.exp(np.where(z.real < 0, z, -z))  # does not overflow
    return np.asarray(np.where(z.real < 0, small, 1) / (1 + small))


def _softplus(z: Array) -> Array:
    return _logaddexp(z, np.zeros_like(z))


def _where(first: Callable[[Array, Array], Array]) -> Callable[[Array, Array], Array]:
    """The one of two numbers whose real part is the `first`, with its imaginary part."""

    def evaluate(z: Array, w: Array) -> Array:
        return np.where(first(z.real, w.real), z, w)

    return evaluate


def _logaddexp(z: Array, w: Array) -> Array:
    z, w = np.where(z.real < w.real, w, z), np.where(z.real < w.real, z, w)
    return np.asarray(z + np.log1p(np.exp(w - z)))


def _arctan2(z: Array, w: Array) -> Array:
    """The angle of the point (w, z); what is imaginary in z and w is a dual part."""
    angle = np.arctan2(z.real, w.real)
    if not (np.iscomplexobj(z) or np.iscomplexobj(w)):
        return np.asarray(angle)
    turn = (w.real * z.imag - z.real * w.imag) / (z.real**2 + w.real**2)
    return np.asarray(angle + 1j * turn)


def _f(name: str) -> Expr:
    return apply(name, U)


def _squared(e: Expr) -> Expr:
    return power(e, number(2))


def _over(e: Expr) -> Expr:
    return power(e, number(-1))


_HALF = Fraction(1, 2)
_OVER_SQUARES = _over(add(_squared(U), _squared(V)))
_ROOT = power(sub(ONE, _squared(U)), number(-_HALF))


def _one(
    name: str,
    derivative: Expr,
    latex: str,
    numpy: str,
    evaluate: Callable[[Array], Array],
    domain: str = "any",
    analytic: bool = True,
    sympy: str = "",
    parity: int = 0,
) -> ElementFunction:
    """A function of one argument."""
    slopes = (derivative,)
    return ElementFunction(name, slopes, latex, numpy, evaluate, domain, analytic, sympy, parity)


TABLE: dict[str, ElementFunction] = {
    entry.name: entry
    for entry in (
        _one("exp", _f("exp"), r"\exp", "np.exp({})", np.exp),
        _one("log", _over(U), r"\log", "np.log({})", np.log, "positive"),
        _one("sin", _f("cos"), r"\sin", "np.sin({})", np.sin, parity=-1),
        _one("cos", neg(_f("sin")), r"\cos", "np.cos({})", np.cos, parity=1),
        _one("tan", add(_squared(_f("tan")), ONE), r"\tan", "np.tan({})", np.tan, parity=-1),
        _one("sinh", _f("cosh"), r"\sinh", "np.sinh({})", np.sinh, parity=-1),
        _one("cosh", _f("sinh"), r"\cosh", "np.cosh({})", np.cosh, parity=1),
        _one("tanh", sub(ONE, _squared(_f("tanh"))), r"\tanh", "np.tanh({})", np.tanh, parity=-1),
        _one(
            "arcsin", _ROOT, r"\arcsin", "np.arcsin({})", np.arcsin, "unit", sympy="asin", parity=-1
        ),
        _one("arccos", neg(_ROOT), r"\arccos", "np.arccos({})", np.arccos, "unit", sympy="acos"),
        _one(
            "arctan",
            _over(add(_squared(U), ONE)),
            r"\arctan",
            "np.arctan({})",
            np.arctan,
            sympy="atan",
            parity=-1,
        ),
        _one("sqrt", scale(_HALF, _over(_f("sqrt"))), r"\sqrt", "np.sqrt({})", np.sqrt, "positive"),
        _one(
            "abs",
            _f("sign"),
            r"\operatorname{abs}",
            "np.abs({})",
            _split(np.abs, np.sign),
            analytic=False,
            sympy="Abs",
            parity=1,
        ),
        _one(
            "sign",
            number(0),
            r"\operatorname{sign}",
            "np.sign({})",
            _split(np.sign, np.zeros_like),
            analytic=False,
            parity=-1,
        ),
        _one(
            "relu",
            _f("step"),
            r"\operatorname{relu}",
            "np.maximum({}, 0)",
            _split(_relu, _step),
            analytic=False,
        ),
        _one(
            "step",
            number(0),
            r"\operatorname{step}",
            "np.heaviside({}, 0.5)",
            _split(_step, np.zeros_like),
            analytic=False,
            sympy="Heaviside",
        ),
        _one(
            "sigmoid",
            mul(_f("sigmoid"), sub(ONE, _f("sigmoid"))),
            r"\operatorname{sigmoid}",
            "1 / (1 + np.exp(-({})))",
            _sigmoid,
        ),
        _one(
            "softplus",
            _f("sigmoid"),
            r"\operatorname{softplus}",
            "np.log(1 + np.exp({}))",
            _softplus,
        ),
        ElementFunction(
            "max",
            (apply("step", sub(U, V)), apply("step", sub(V, U))),
            r"\max",
            "np.maximum({}, {})",
            _where(np.greater_equal),
            domain="unequal",
            analytic=False,
            sympy="Max",
        ),
        ElementFunction(
            "min",
            (apply("step", sub(V, U)), apply("step", sub(U, V))),
            r"\min",
            "np.minimum({}, {})",
            _where(np.less_equal),
            domain="unequal",
            analytic=False,
            sympy="Min",
        ),
        ElementFunction(
            "logaddexp",
            (apply("sigmoid", sub(U, V)), apply("sigmoid", sub(V, U))),
            r"\operatorname{logaddexp}",
            "np.logaddexp({}, {})",
            _logaddexp,
        ),
        ElementFunction(
            "arctan2",
            (mul(V, _OVER_SQUARES), neg(mul(U, _OVER_SQUARES))),
            r"\operatorname{arctan2}",
            "np.arctan2({}, {})",
            _arctan2,
            domain="plane",
            sympy="atan2",
        ),
    )
}

ALIASES = {
    "ln": "log",
    "asin": "arcsin",
    "acos": "arccos",
    "atan": "arctan",
    "atan2": "arctan2",
    "heaviside": "step",
}
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


def lift(template: Expr, *args: Expr) -> Expr:
    """A scalar expression in `u` and `v`, applied to every entry of the arguments.

    Sums and products become elementwise, numbers become multiples of the ones matrix.
    """
    shape = args[0].shape
    if shape == SCALAR:
        return _lift_scalar(template, args)
    lifted = _lift(template, args)
    return lifted if lifted.shape == shape else mul(lifted, ones(*shape))


def _lift(template: Expr, args: tuple[Expr, ...]) -> Expr:
    """Like `lift`, but what does not depend on an argument stays a scalar."""
    if not template.symbols:
        return template
    match template:
        case Symbol(name=name):
            return args[ARGUMENTS.index(name)]
        case Add(terms=terms):
            return add(*[lift(t, *args) for t in terms])
        case Mul(coefficient=c, scalars=factors):
            above = hadamard(number(c), *[_lift(f, args) for f in factors if not is_divisor(f)])
            below = [_lift(power(f, number(-1)), args) for f in factors if is_divisor(f)]
            if not below:
                return above
            front = above if above.shape == args[0].shape else mul(above, ones(*args[0].shape))
            return quotient(front, hadamard(*below))
        case Power(base=base, exponent=exponent):
            inner = _lift(base, args)
            if isinstance(exponent, Number) and exponent.value < 0:
                return quotient(ones(*args[0].shape), power(inner, number(-exponent.value)))
            return power(inner, exponent)
        case Apply(function=name, args=inner):
            return apply(name, *[lift(a, *args) for a in inner])
        case _:
            raise TypeError(f"not a scalar expression in u and v: {template}")


def _lift_scalar(template: Expr, args: tuple[Expr, ...]) -> Expr:
    match template:
        case Symbol(name=name):
            return args[ARGUMENTS.index(name)]
        case Add(terms=terms):
            return add(*[_lift_scalar(t, args) for t in terms])
        case Mul(coefficient=c, scalars=factors):
            return mul(number(c), *[_lift_scalar(f, args) for f in factors])
        case Power(base=base, exponent=exponent):
            return power(_lift_scalar(base, args), exponent)
        case Apply(function=name, args=inner):
            return apply(name, *[_lift_scalar(a, args) for a in inner])
        case _:
            return template
