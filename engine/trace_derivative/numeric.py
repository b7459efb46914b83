"""The numeric derivative of a scalar expression: what every symbolic answer is measured against.

It knows nothing of the symbolic rules: the expression itself is evaluated at `X + i*h*E`, for
all entries of the variable at once along an axis `#`, and the imaginary part over `h` is the
derivative, exact to rounding.  Functions that are not analytic carry their derivative in the
imaginary part as a dual number would (`functions`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
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
AT_ONCE = 256
"""The directions in which a value is moved in one evaluation, at most."""
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
        moves = moves_of(x, variable, method or kind(e), structure)
        found = []
        for point in moves.points:
            check_time()
            moved = Axed(point, (AXIS, *axes))
            at = Evaluator({**values, variable.name: moved}, dims)
            found.append(at.value(e, (AXIS, *axes)))
        result = moves.slope(found)
    return natural(result, variable.shape)


def natural(array: Array, shape: ex.Shape) -> Array:
    """A stack of matrices in the form that values have: `(n,)` for a column, `()` for a scalar."""
    if shape[1] != 1:
        return array
    return np.asarray(array[..., 0, 0] if shape == ex.SCALAR else array[..., 0])


@dataclass(frozen=True, slots=True, eq=False)
class Moves:
    """The points at which a function is evaluated for its derivative by every entry of a value.

    The `points` have an axis in front, along which one entry after another is moved; `slope`
    makes the derivative, of the form of the value, of the function's values at all points.
    """

    points: tuple[Array, ...]
    slope: Callable[[Sequence[Array]], Array]


def moves_of(
    x: Array,
    variable: Symbol,
    method: Kind,
    structure: str | None = None,
    most: int = AT_ONCE,
) -> Moves:
    """The points for values `(..., rows, columns)` of a variable, each of `most` directions.

    Raises `LimitError` where the variable has too many entries.
    """
    rows, columns = x.shape[-2:]
    front = x.shape[:-2]
    count = rows * columns
    if count > _MOST_ENTRIES:
        raise LimitError(
            f"{variable} has {count} entries: the limit is {_MOST_ENTRIES}",
            hint="declare dimensions by names, not by large numbers",
        )
    units = _directions((rows, columns), structure)
    # the directions are the first axis, the named axes of the variable follow
    units = units.reshape(count, *[1] * len(front), rows, columns)
    at_once = max(1, min(most, AT_ONCE // math.prod(front)))
    parts = [slice(k, min(k + at_once, count)) for k in range(0, count, at_once)]
    if method == "complex step":
        # exact whatever the size of the entries: all steps are of one size
        points = [x + (1j * _STEP) * units[part] for part in parts]
        return Moves(tuple(points), lambda found: _put_back(found, x.shape).imag / _STEP)
    scale = np.moveaxis(np.maximum(np.abs(x), 0.1).reshape(*front, count), -1, 0)
    steps = 1e-3 * scale

    def central(found: Sequence[Array]) -> Array:
        """Fourth-order central differences with steps in proportion to the entries."""
        slopes = []
        for n, part in enumerate(parts):
            four = found[n * len(_WEIGHTS) : (n + 1) * len(_WEIGHTS)]
            total = sum(w * value for (_, w), value in zip(_WEIGHTS, four, strict=True))
            slopes.append(np.asarray(total / steps[part]))
        return _put_back(slopes, x.shape)

    moved = [
        x + (place * steps[part])[..., None, None] * units[part]
        for part in parts
        for place, _ in _WEIGHTS
    ]
    return Moves(tuple(moved), central)


def _put_back(found: Sequence[Array], shape: tuple[int, ...]) -> Array:
    """Slopes along the directions, those in front, in the form of the value."""
    whole = found[0] if len(found) == 1 else np.concatenate(found)
    return whole.transpose(*range(1, whole.ndim), 0).reshape(shape)


def _directions(shape: tuple[int, ...], structure: str | None) -> Array:
    """One direction for each entry, in which the variable is moved."""
    units = np.eye(shape[0] * shape[1]).reshape(-1, *shape)
    if structure is None or shape == (1, 1):
        return units
    moves = KINDS[structure].moves
    assert moves is not None
    return moves(units)


def kind(e: Expr) -> Kind:
    """How `gradient` differentiates this expression."""
    if not ex.holds(e, ex.Apply):
        return "complex step"
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
