"""How large the terms of an expression are before they cancel: a bound for its rounding errors.

Input: an expression and values; output: an array as `Evaluator` gives it, in which every sum is
the sum of the absolute values of its terms.
"""

from __future__ import annotations

import numpy as np

from . import expr as ex, functions
from .evaluate import Evaluator
from .expr import Expr
from .stacks import Value, align, times, to_float

_STEP = 1e-20j

_LINEAR = (
    ex.Add
    | ex.Mul
    | ex.Transpose
    | ex.Kron
    | ex.Block
    | ex.Vec
    | ex.Unvec
    | ex.Hadamard
    | ex.Trace
    | ex.Total
    | ex.Diag
    | ex.Diagonal
    | ex.Triangle
    | ex.Row
    | ex.Column
    | ex.Entry
    | ex.IndexSum
    | ex.Rows
)


class Magnitude(Evaluator):
    """Evaluates with absolute values wherever terms could cancel."""

    def __init__(self, at: Evaluator) -> None:
        super().__init__(at.given, at.sizes)
        self._at_point = at

    def compute(self, e: Expr) -> Value:
        """The value of the node; of a product or a sum that of its parts' absolute values."""
        if isinstance(e, _LINEAR) and e.symbols:
            return super().compute(e)
        array, axes = self._at_point.array(e)
        own = np.abs(array), axes
        if not e.symbols:
            return own
        match e:
            case ex.Apply(function=name, args=args):
                slopes = _slopes(name, [self._at_point.array(a) for a in args])
            case ex.Quotient(numerator=a, denominator=b):
                args = (a, b)
                below = reciprocal(self._at_point.array(b))
                slopes = [below, times(own, below)]
            case ex.Power(base=base, exponent=ex.Number(value=p)) if p > 0 and p.denominator == 1:
                array, axes = self._at(_without_signs(base))  # a product of that many factors
                return array**p.numerator, axes
            case ex.Power(base=base, exponent=ex.Number(value=p)):
                args = (base,)
                below = reciprocal(self._at_point.array(base))
                array, axes = times(own, below)
                slopes = [(array * abs(to_float(p)), axes)]
            case ex.MatrixPower(base=base, exponent=n):
                array, axes = self._at(_without_signs(base))
                return np.linalg.matrix_power(array, n), axes
            case _:
                return own
        for slope, arg in zip(slopes, args, strict=True):
            x, y, axes = align(own, times(slope, self._at(_without_signs(arg))))
            own = np.maximum(x, y), axes
        return own


def _slopes(name: str, args: list[Value]) -> list[Value]:
    """The absolute slopes of a function by each argument: what rounding is multiplied by."""
    f = functions.get(name).evaluate
    found: list[Value] = []
    for number in range(len(args)):
        if len(args) == 1:
            array, axes = args[0]
            moved = f(array + _STEP)
        else:
            a, b, axes = align(*args)
            moved = f(a + _STEP, b) if number == 0 else f(a, b + _STEP)
        found.append((np.abs(np.imag(moved)) / _STEP.imag, axes))
    return found


def reciprocal(value: Value) -> Value:
    """The reciprocals of the absolute values."""
    array, axes = value
    return 1 / np.abs(array), axes


def magnitude(e: Expr, at: Evaluator) -> float:
    """The largest entry of the expression with all its terms taken as positive."""
    array, _ = Magnitude(at).array(_without_signs(e))
    return float(np.max(np.abs(array), initial=0.0))


def _without_signs(e: Expr) -> Expr:
    """The expression with the minus signs removed wherever terms could cancel."""
    if not isinstance(e, _LINEAR):
        return e
    if isinstance(e, ex.Mul) and e.coefficient < 0:
        e = ex.neg(e)
    return ex.map_children(e, _without_signs)
