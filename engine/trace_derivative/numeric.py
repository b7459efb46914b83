"""The numeric derivative of a scalar expression: what every symbolic answer is measured against.

It knows nothing of the symbolic rules: the expression itself is evaluated at `X + i*h*E`, for
all entries of the variable at once along an axis `#`, and the imaginary part over `h` is the
derivative, exact to rounding.  Functions that are not analytic carry their derivative in the
imaginary part as a dual number would (`functions`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from . import expr as ex
from . import functions
from .errors import ShapeError
from .evaluate import Axed, Evaluator
from .expr import Expr, Symbol
from .limits import limited

Array: TypeAlias = np.ndarray[Any, Any]
Kind: TypeAlias = Literal["complex step", "central differences"]

AXIS = "#"
"""The name of the axis along which the entries of the variable are moved."""

_STEP = 1e-20
_WEIGHTS = ((-2.0, 1 / 12), (-1.0, -8 / 12), (1.0, 8 / 12), (2.0, -1 / 12))


def gradient(
    e: Expr,
    variable: Symbol,
    values: Mapping[str, npt.ArrayLike],
    dims: Mapping[str, int] | None = None,
    *,
    method: Kind | None = None,
) -> Array:
    """The derivative of a scalar by every entry of the variable.

    It has the form that `evaluate` gives an expression of the variable's shape: `(n,)` for a
    column vector, no dimensions for a scalar.
    """
    if e.shape != ex.SCALAR:
        raise ShapeError(f"a scalar is needed to differentiate, not {ex.describe(e.shape)}")
    with limited():
        x = Evaluator(values, dims).array(variable)[0]
        units = np.eye(x.size).reshape(-1, *x.shape)

        def along(steps: Array) -> Array:
            """The function with each entry of the variable moved by a step of its own."""
            moved = Axed(x + steps[:, None, None] * units, (AXIS,))
            return Evaluator({**values, variable.name: moved}, dims).value(e, (AXIS,))

        method = method or kind(e)
        slopes = _complex_step(along, x) if method == "complex step" else _central(along, x)
    result = slopes.reshape(x.shape)
    if variable.shape[1] != 1:
        return result
    return np.asarray(result[0, 0] if variable.shape == ex.SCALAR else result[:, 0])


def _complex_step(along: Callable[[Array], Array], x: Array) -> Array:
    return along(np.full(x.size, 1j * _STEP)).imag / _STEP


def _central(along: Callable[[Array], Array], x: Array) -> Array:
    """Fourth-order central differences with steps in proportion to the entries."""
    steps = 1e-3 * np.maximum(np.abs(x), 0.1).reshape(-1)
    total = sum((weight * along(place * steps) for place, weight in _WEIGHTS), np.zeros(x.size))
    return np.asarray(total / steps)


def kind(e: Expr) -> Kind:
    """How `gradient` differentiates this expression."""
    names = {node.function for node in ex.walk(e) if isinstance(node, ex.Apply)}
    return "complex step" if all(map(_is_complex, names)) else "central differences"


@cache
def _is_complex(name: str) -> bool:
    """Can the function be evaluated on complex arrays?"""
    try:
        result = functions.get(name).evaluate(np.array([0.5 + 0.125j]))
    except (TypeError, ValueError, ArithmeticError):
        return False
    return bool(np.iscomplexobj(result))


def clear() -> None:
    """Forget which functions were tried."""
    _is_complex.cache_clear()
