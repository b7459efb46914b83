"""The numeric derivative of a scalar expression: what every symbolic answer is measured against.

It knows nothing of the symbolic rules: the expression itself is evaluated at `X + i*h*E`, for
all entries of the variable at once along an axis `#`, and the imaginary part over `h` is the
derivative, exact to rounding.  Functions that are not analytic carry their derivative in the
imaginary part as a dual number would (`functions`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Literal, TypeAlias

import numpy as np

from . import expr as ex, functions
from .errors import LimitError, ShapeError
from .evaluate import Axed, Evaluator, Given
from .expr import Expr, Symbol
from .kinds import KINDS
from .limits import check_time, limited

Array: TypeAlias = np.ndarray[Any, Any]
Kind: TypeAlias = Literal["complex step", "central differences"]

AXIS = "#"
"""The name of the axis along which the entries of the variable are moved."""

_STEP = 1e-20
_MOST_ENTRIES = 10_000
_AT_ONCE = 256
_WEIGHTS = ((-2.0, 1 / 12), (-1.0, -8 / 12), (1.0, 8 / 12), (2.0, -1 / 12))


def gradient(
    e: Expr,
    variable: Symbol,
    values: Mapping[str, Given],
    dims: Mapping[str, int] | None = None,
    *,
    method: Kind | None = None,
    structure: str | None = None,
) -> Array:
    """The derivative of a scalar by every entry of the variable.

    It has the form that `evaluate` gives an expression of the variable's shape: `(n,)` for a
    column vector, no dimensions for a scalar; where the value of the variable has named axes
    (`Axed`), these stand in front.  With a `structure` the variable moves as it can: of a
    symmetric matrix two entries at a time, of a triangular one those in the triangle.
    """
    if e.shape != ex.SCALAR:
        raise ShapeError(f"a scalar is needed to differentiate, not {ex.describe(e.shape)}")
    with limited():
        x, axes = Evaluator(values, dims).array(variable)
        rows, columns = x.shape[-2:]
        count = rows * columns
        if count > _MOST_ENTRIES:
            raise LimitError(
                f"{variable} has {count} entries: the limit is {_MOST_ENTRIES}",
                hint="declare dimensions by names, not by large numbers",
            )
        units = _directions((rows, columns), structure)
        # the directions are the first axis, the named axes of the variable follow
        units = units.reshape(count, *[1] * len(axes), rows, columns)
        method = method or kind(e)
        scale = np.maximum(np.abs(x), 0.1).reshape(*x.shape[:-2], count)
        scale = np.moveaxis(scale, -1, 0)

        def along(part: slice, steps: Array) -> Array:
            """The function with the variable moved by a step in each of some directions."""
            check_time()
            moved = Axed(x + steps[..., None, None] * units[part], (AXIS, *axes))
            return Evaluator({**values, variable.name: moved}, dims).value(e, (AXIS, *axes))

        at_once = max(1, _AT_ONCE // math.prod(x.shape[:-2]))
        parts = [slice(k, min(k + at_once, count)) for k in range(0, count, at_once)]
        slope = _complex_step if method == "complex step" else _central
        slopes = [slope(along, part, scale[part]) for part in parts]
    result = np.moveaxis(np.concatenate(slopes), 0, -1).reshape(x.shape)
    if variable.shape[1] != 1:
        return result
    return np.asarray(result[..., 0, 0] if variable.shape == ex.SCALAR else result[..., 0])


def _directions(shape: tuple[int, ...], structure: str | None) -> Array:
    """One direction for each entry, in which the variable is moved."""
    units = np.eye(shape[0] * shape[1]).reshape(-1, *shape)
    if structure is None or shape == (1, 1):
        return units
    moves = KINDS[structure].moves
    assert moves is not None
    return moves(units)


def _complex_step(along: Callable[[slice, Array], Array], part: slice, scale: Array) -> Array:
    """Exact whatever the size of the entries: all steps are of one size."""
    return along(part, np.full(scale.shape, 1j * _STEP)).imag / _STEP


def _central(along: Callable[[slice, Array], Array], part: slice, scale: Array) -> Array:
    """Fourth-order central differences with steps in proportion to the entries."""
    steps = 1e-3 * scale
    total = sum((w * along(part, place * steps) for place, w in _WEIGHTS), np.zeros(scale.shape))
    return np.asarray(total / steps)


def kind(e: Expr) -> Kind:
    """How `gradient` differentiates this expression."""
    names = {node.function for node in ex.walk(e) if isinstance(node, ex.Apply)}
    return "complex step" if all(map(_is_complex, names)) else "central differences"


@cache
def _is_complex(name: str) -> bool:
    """Can the function be evaluated on complex arrays?"""
    try:
        entry = functions.get(name)
        result = entry.evaluate(*[np.array([0.5 + 0.125j])] * entry.arity)
    except (TypeError, ValueError, ArithmeticError):
        return False
    return bool(np.iscomplexobj(result))


def clear() -> None:
    """Forget which functions were tried."""
    _is_complex.cache_clear()
