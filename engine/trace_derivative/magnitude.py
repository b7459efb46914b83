"""How large the terms of an expression are before they cancel: a bound for its rounding errors.

Input: an expression and values; output: an array as `Evaluator` gives it, in which every sum is
the sum of the absolute values of its terms.
"""

from __future__ import annotations

import numpy as np

from . import expr as ex
from .evaluate import Evaluator
from .expr import Expr
from .stacks import Value

_LINEAR = (
    ex.Add
    | ex.Mul
    | ex.Transpose
    | ex.Hadamard
    | ex.Trace
    | ex.Total
    | ex.Diag
    | ex.Diagonal
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
        return np.abs(array), axes


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
