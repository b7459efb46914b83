"""Numbers against every displayed equality.

Input: a `Journey` (the function, its symbols, the steps).  Each side of each step is checked as
it is printed: its canonical text is read back and evaluated; a derivative is taken numerically
of the input expression.  Nothing here uses the symbolic differentiation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import numpy as np

from . import expr as ex, indexed as ix, numeric
from .checks import Check
from .evaluate import Axed, Evaluator
from .expr import Dim, Expr, Index, Shape, Symbol
from .limits import current, limited
from .magnitude import magnitude
from .read import read
from .sampling import Sample
from .statements import (
    Definition,
    Derivative,
    DerivativeSum,
    EntryOfResult,
    FunctionName,
    Side,
    Step,
)

Array: TypeAlias = np.ndarray[Any, Any]

TOLERANCE = 1e-8
TOLERANCE_DIFFERENCES = 1e-5
_ROUNDING = 1e-12
_LONG = 10**9


@dataclass(frozen=True, slots=True)
class Journey:
    """What is needed to evaluate the sides of a derivation's steps.

    `marked`: for each occurrence f with this occurrence's variable under another name (index
    form as text), and that name.
    """

    function: Expr
    variable: Symbol
    symbols: Mapping[str, Symbol]
    marked: tuple[tuple[ix.Indexed, Symbol], ...] = ()
    definitions: tuple[Definition, ...] = ()


class Verifier:
    """Evaluates the sides of steps at a set of samples, each distinct side once."""

    def __init__(
        self, journey: Journey, samples: Sequence[Sample], tolerance: float | None = None
    ) -> None:
        self._journey = journey
        self._symbols = dict(journey.symbols)
        self._symbols.update({d.symbol.name: d.symbol for d in journey.definitions})
        self._symbols.update({s.name: s for _, s in journey.marked})
        indices = _indices(journey.function)
        indices |= {i for d in journey.definitions for i in d.value.free}
        self._ranges = {i.name: i.dim for i in indices}
        self._read: dict[str, Expr] = {}
        self._points = [_Point(s) for s in samples]
        for point in self._points:
            self._define(point)
        self.kind = numeric.kind(journey.function)
        exact = self.kind == "complex step"
        self.tolerance = tolerance or (TOLERANCE if exact else TOLERANCE_DIFFERENCES)

    def check(self, step: Step, name: str) -> Check:
        """Is the step's equality true at all samples?"""
        return self.compare(name, step.lhs, step.rhs, step.free)

    def compare(self, name: str, lhs: Side, rhs: Side, free: tuple[Index, ...] = ()) -> Check:
        """Are two sides equal at all samples?"""
        worst, failure = 0.0, None
        for point in self._points:
            left, right = (self._value(side, free, point) for side in (lhs, rhs))
            error = relative_error(left, right)
            if not error <= self.tolerance and not self._differs(left, right, point):
                error = relative_error(left, right, self._floor((lhs, rhs), free, point))
            if error > worst or np.isnan(error):
                worst = error
            if failure is None and not error <= self.tolerance:
                failure = (point, left, right)
        kind = self.kind if _has_derivative(lhs) or _has_derivative(rhs) else "values"
        texts = self._text(lhs, free), self._text(rhs, free)
        if failure is None:
            return Check(name, True, worst, len(self._points), kind, *texts)
        point, left, right = failure
        message = describe_difference(left, right)
        shown = f"{point.sample.as_python()}\n# {texts[0]} = {texts[1]} fails: {message}"
        return Check(name, False, worst, len(self._points), kind, *texts, message, shown)

    # ------------------------------------------------------------------ values

    def _floor(self, sides: tuple[Side, Side], free: tuple[Index, ...], point: _Point) -> float:
        """Below this size a value is what is left of terms that cancel: rounding."""
        formulas = [s for s in sides if not isinstance(s, FunctionName) and not _has_derivative(s)]
        printed = [self._formula(s, free) for s in formulas]
        size = max((magnitude(e, point.at) for e in printed), default=0.0)
        if size > 0 or not any(map(_has_derivative, sides)):
            return _ROUNDING / self.tolerance * size
        x = np.max(np.abs(point.at.value(self._journey.variable)), initial=0.0)
        whole = magnitude(self._journey.function, point.at)
        return _ROUNDING / 10 / self.tolerance * whole / max(float(x), 1e-300)

    def _differs(self, left: Array, right: Array, point: _Point) -> bool:
        """Do two values differ that are both no rounding, whatever cancels on either side?"""
        if left.shape != right.shape:
            return True
        sizes = [float(np.max(np.abs(a), initial=0.0)) for a in (left, right)]
        gap = float(np.max(np.abs(left - right), initial=0.0))
        f = float(np.max(np.abs(point.at.value(self._journey.function)), initial=0.0))
        noise = _ROUNDING / 10 * magnitude(self._journey.function, point.at)
        least = noise if f < noise else 1e-6 * f
        return min(sizes) > least and gap > 1e-3 * min(sizes)

    def _value(self, side: Side, free: tuple[Index, ...], point: _Point) -> Array:
        key = (side, free)
        found = point.sides.get(key)
        if found is None:
            found = point.sides[key] = np.asarray(self._evaluate(side, free, point))
        return found

    def _evaluate(self, side: Side, free: tuple[Index, ...], point: _Point) -> Array:
        match side:
            case FunctionName():
                return point.at.value(self._journey.function)
            case Derivative(function=f, occurrence=occurrence):
                if occurrence is not None:
                    return self._occurrence(occurrence, point)
                target = self._journey.function if f is None else self._again(str(f))
                return self._slope(target, self._journey.variable, point, side.structure)
            case DerivativeSum(terms=terms):
                slopes = [self._evaluate(t, free, point) for t in terms]
                zero = np.zeros_like(point.at.value(self._journey.variable))
                return np.asarray(sum(slopes, zero))
            case _:
                value = point.at.value(self._formula(side, free), free)
                variable = self._journey.variable
                if free and variable.shape[0] == 1:
                    return value.reshape(1, -1)
                return value

    def _formula(self, side: Side, free: tuple[Index, ...]) -> Expr:
        """What a side that is no derivative reads back to."""
        shape = side.shape if isinstance(side, ex.Node) else None
        if free:
            rows, columns = self._journey.variable.shape
            shape = (columns, rows) if rows == 1 else (rows, columns)
        own = ix.ranges(side) if isinstance(side, ix.Term) else None
        return self._again(self._text(side, free), shape, own)

    def _slope(
        self, function: Expr, variable: Symbol, point: _Point, structure: str | None = None
    ) -> Array:
        dims = point.sample.dims
        return numeric.gradient(function, variable, point.values, dims, structure=structure)

    def _occurrence(self, number: int, point: _Point) -> Array:
        form, marker = self._journey.marked[number - 1]
        values = {**point.values, marker.name: point.values[self._journey.variable.name]}
        function = self._again(str(form), own=ix.ranges(form))
        return numeric.gradient(function, marker, values, point.sample.dims)

    def _text(self, side: Side, free: tuple[Index, ...]) -> str:
        """The text of a side, as it is read back."""
        match side:
            case FunctionName():
                return str(self._journey.function)
            case Derivative(function=None):
                return str(replace(side, function=self._journey.function))
            case EntryOfResult() | ix.Term():
                return f"[{_names(free)}] {side}" if free else str(side)
            case _:
                return str(side)

    def _again(
        self, text: str, shape: Shape | None = None, own: Mapping[str, Dim] | None = None
    ) -> Expr:
        """The expression that a printed text reads back to."""
        found = self._read.get(text)
        if found is None:
            with limited(replace(current(), length=_LONG, depth=_LONG)):
                ranges = self._ranges | dict(own or {})
                reading = read(text, symbols=self._symbols, expected=shape, ranges=ranges)
            found = self._read[text] = reading.exprs[0]
        return found

    def _define(self, point: _Point) -> None:
        for d in self._journey.definitions:
            free = tuple(sorted(d.value.free, key=lambda i: i.name))
            text = f"[{_names(free)}] {d.value}" if free else str(d.value)
            again = self._again(text, None if free else d.symbol.shape)
            array, axes = point.at.array(again)
            point.define(d.symbol.name, Axed(array, axes))


@dataclass(slots=True)
class _Point:
    """One sample, with the values of names and sides found so far."""

    sample: Sample
    values: dict[str, Any] = field(default_factory=dict)
    sides: dict[tuple[Side, tuple[Index, ...]], Array] = field(default_factory=dict)
    at: Evaluator = field(init=False)

    def __post_init__(self) -> None:
        self.values = dict(self.sample.values)
        self.at = Evaluator(self.values, self.sample.dims)

    def define(self, name: str, value: Axed) -> None:
        """Give a name its value."""
        self.values[name] = value
        self.at = Evaluator(self.values, self.sample.dims)


def _indices(e: Expr) -> set[Index]:
    """The indices that the author has written."""
    found: set[Index] = set()
    for node in ex.walk(e):
        found.update(node.free)
    return found


def _names(free: tuple[Index, ...]) -> str:
    return ",".join(i.name for i in free)


def _has_derivative(side: Side) -> bool:
    return isinstance(side, Derivative | DerivativeSum)


def relative_error(a: Array, b: Array, floor: float = 1e-300) -> float:
    """The largest difference, relative to the largest entry of either side; infinite for NaN.

    Sides whose entries are all below `floor` count as that large: what is left of a sum that
    cancels is rounding, not a value.
    """
    if a.shape != b.shape:
        return float("inf")
    difference = float(np.max(np.abs(a - b), initial=0.0))
    size = max(float(np.max(np.abs(a), initial=0.0)), float(np.max(np.abs(b), initial=0.0)))
    if not np.isfinite(difference) or not np.isfinite(size):
        return float("inf")
    return difference / max(size, floor)


def describe_difference(a: Array, b: Array) -> str:
    """Which entry differs most, and both values."""
    if a.shape != b.shape:
        return f"the left side has shape {a.shape}, the right side {b.shape}"
    if a.ndim == 0:
        return f"the left side is {float(a):.6g}, the right side {float(b):.6g}"
    gap = np.nan_to_num(np.abs(a - b), nan=np.inf)
    at = np.unravel_index(int(np.argmax(gap)), a.shape)
    place = ",".join(str(int(i) + 1) for i in at)
    return f"entry [{place}] is {float(a[at]):.6g} on the left, {float(b[at]):.6g} on the right"
