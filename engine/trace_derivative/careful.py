"""A closer look at one equality: is it wrong, or is what differs only rounding?

Input: a `Journey` and two sides.  Each side is checked as it is printed: its canonical text is
read back to an expression and evaluated, and where a difference is found, the size of the terms
that cancel is weighed.  This takes longer than the programs of `verify`, which come first; the
reader and the evaluator are others than theirs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np

from . import expr as ex, indexed as ix, numeric
from .checks import Check
from .evaluate import Axed, Evaluator, Given
from .expr import Dim, Expr, Index, Shape, Symbol
from .journey import Journey, has_derivative, indices_in, names_of, written
from .limits import current, limited
from .magnitude import magnitude
from .read import read
from .sampling import Sample, of_one_size
from .statements import Derivative, DerivativeSum, FunctionName, Side, needed, symbols_in

Array: TypeAlias = np.ndarray[Any, Any]

_ROUNDING = 1e-12
_TRUNCATION = 1e-30
"""What a numeric derivative of zeros may be: a step is so small that its square is far below."""

_NEARBY = (-3, -1, 2, 4)
"""Points so many units in the last place away show how a value is rounded."""

_NOISE = 8
"""So many times the change between such points may be rounding."""

_LONG = 10**9


class Careful:
    """Evaluates the sides of equalities at a set of samples, as expressions."""

    def __init__(
        self,
        journey: Journey,
        samples: Sequence[Sample],
        tolerance: float,
        kind: numeric.Kind,
    ) -> None:
        self._journey = journey
        self._symbols = dict(journey.symbols)
        self._symbols.update({d.symbol.name: d.symbol for d in journey.definitions})
        self._symbols.update({s.name: s for _, s in journey.marked})
        indices = indices_in(journey.function)
        indices |= {i for d in journey.definitions for i in d.value.free}
        self._ranges = {i.name: i.dim for i in indices}
        self._read: dict[str, Expr] = {}
        self._layers: dict[str, Expr] = {}
        for d in journey.definitions:
            if not d.constant:
                self._layers[d.symbol.name] = self._again(str(d.value), d.symbol.shape)
        self._texts: dict[tuple[Side, tuple[Index, ...]], str] = {}
        self._count = len(samples)
        self._samples = samples
        self.kind = kind
        self.tolerance = tolerance

    def compare(self, name: str, lhs: Side, rhs: Side, free: tuple[Index, ...] = ()) -> Check:
        """Are two sides equal at all samples?"""
        worst, failure = 0.0, None
        for stack in self._stacks:
            left, right = (self._value(side, free, stack) for side in (lhs, rhs))
            errors = relative_errors(left, right)
            for n in map(int, np.flatnonzero(~(errors <= self.tolerance))):
                errors[n] = self._error_beside_rounding(lhs, rhs, free, self._alone(stack, n))
                if failure is None and not errors[n] <= self.tolerance:
                    failure = (stack.samples[n], left[n], right[n])
            worst = max(worst, float(errors.max()))
        kind = self.kind if has_derivative(lhs) or has_derivative(rhs) else "values"
        texts = self.text(lhs, free), self.text(rhs, free)
        if failure is None:
            return Check(name, True, worst, self._count, kind, *texts)
        sample, left, right = failure
        message = describe_difference(left, right)
        lines = [sample.as_python(), *self._meanings(lhs, rhs)]
        shown = "\n".join([*lines, f"# {texts[0]} = {texts[1]} fails: {message}"])
        return Check(name, False, worst, self._count, kind, *texts, message, shown)

    def _meanings(self, *sides: Side) -> Iterator[str]:
        """What the names of layers in sides stand for, and those in what they stand for."""
        shown = {name for side in sides for name in symbols_in(side)}
        layers = [d for d in self._journey.definitions if not d.constant]
        for d in needed(layers, shown):
            yield f"# {d.symbol} = {d.value}"

    @cached_property
    def _stacks(self) -> list[_Stack]:
        return [self._stack(group) for group in of_one_size(self._samples)]

    # ------------------------------------------------------------------ values

    def _error_beside_rounding(
        self, lhs: Side, rhs: Side, free: tuple[Index, ...], point: _Stack
    ) -> float:
        """The relative error at one sample, sides that are rounding taken for no values."""
        left, right = (self._value(side, free, point) for side in (lhs, rhs))
        floor = 1e-300
        if not self._differs(left, right, point):
            floor = self._floor((lhs, rhs), free, point)
        return float(relative_errors(left, right, floor)[0])

    def _alone(self, stack: _Stack, number: int) -> _Stack:
        """One of the samples of a stack by itself."""
        if number not in stack.alone:
            stack.alone[number] = self._stack((stack.samples[number],))
        return stack.alone[number]

    def _floor(self, sides: tuple[Side, Side], free: tuple[Index, ...], point: _Stack) -> float:
        """Below this size a value is what is left of terms that cancel: rounding."""
        formulas = [s for s in sides if not isinstance(s, FunctionName) and not has_derivative(s)]
        printed = [self._formula(s, free) for s in formulas]
        size = max((magnitude(e, point.at) for e in printed), default=0.0)
        floor = _ROUNDING / self.tolerance * size
        if not any(map(has_derivative, sides)):
            return floor
        if size > 0:
            return max(floor, self._noise(sides, free, point) / self.tolerance)
        x = np.max(np.abs(point.value(self._journey.variable)), initial=0.0)
        whole = magnitude(self._journey.function, point.at)
        if whole == 0:
            return _TRUNCATION / self.tolerance
        return _ROUNDING / 10 / self.tolerance * whole / max(float(x), 1e-300)

    def _noise(self, sides: tuple[Side, Side], free: tuple[Index, ...], point: _Stack) -> float:
        """How much numeric derivatives change at points so near that only rounding differs."""
        found = 0.0
        for ulps in _NEARBY:
            samples = tuple([_nudged(s, 1 + ulps * float(np.spacing(1.0))) for s in point.samples])
            near = self._stack(samples)
            for side in filter(has_derivative, sides):
                gap = self._evaluate(side, free, near) - self._value(side, free, point)
                found = max(found, float(np.max(np.abs(gap), initial=0.0)))
        return _NOISE * found

    def _differs(self, left: Array, right: Array, point: _Stack) -> bool:
        """Do two values differ that are both no rounding, whatever cancels on either side?"""
        if left.shape != right.shape:
            return True
        sizes = [float(np.max(np.abs(a), initial=0.0)) for a in (left, right)]
        gap = float(np.max(np.abs(left - right), initial=0.0))
        f = float(np.max(np.abs(point.value(self._journey.function)), initial=0.0))
        noise = _ROUNDING / 10 * magnitude(self._journey.function, point.at)
        least = noise if f < noise else 1e-6 * f
        return min(sizes) > least and gap > max(1e-3 * min(sizes), noise)

    def _value(self, side: Side, free: tuple[Index, ...], point: _Stack) -> Array:
        key = (side, free)
        found = point.sides.get(key)
        if found is None:
            found = point.sides[key] = np.asarray(self._evaluate(side, free, point))
        return found

    def _evaluate(self, side: Side, free: tuple[Index, ...], point: _Stack) -> Array:
        match side:
            case FunctionName():
                return point.value(self._journey.function)
            case Derivative(function=f, occurrence=occurrence):
                if occurrence is not None:
                    return self._occurrence(occurrence, point)
                target = self._journey.function if f is None else self._again(str(f))
                return self._slope(target, self._journey.variable, point, side.structure)
            case DerivativeSum(terms=terms):
                slopes = [self._evaluate(t, free, point) for t in terms]
                zero = np.zeros_like(point.value(self._journey.variable))
                return np.asarray(sum(slopes, zero))
            case _:
                value = point.value(self._formula(side, free), free)
                if free and self._journey.variable.shape[0] == 1:
                    return value.reshape(len(point.samples), 1, -1)
                return value

    def _formula(self, side: Side, free: tuple[Index, ...]) -> Expr:
        """What a side that is no derivative reads back to."""
        shape = side.shape if isinstance(side, ex.Node) else None
        if free:
            rows, columns = self._journey.variable.shape
            shape = (columns, rows) if rows == 1 else (rows, columns)
        own = {i.name: i.dim for i in free}
        if isinstance(side, ix.Term):
            own |= ix.ranges(side)
        return self._again(self.text(side, free), shape, own)

    def _slope(
        self, function: Expr, variable: Symbol, point: _Stack, structure: str | None = None
    ) -> Array:
        key = (function, variable, structure)
        found = point.slopes.get(key)
        if found is None:
            found = point.slopes[key] = numeric.gradient(
                function, variable, point.values, point.dims, structure=structure
            )
        return found

    def _occurrence(self, number: int, point: _Stack) -> Array:
        form, marker = self._journey.marked[number - 1]
        values = {**point.values, marker.name: point.values[self._journey.variable.name]}
        function = self._again(str(form), own=ix.ranges(form))
        return numeric.gradient(function, marker, values, point.dims)

    def text(self, side: Side, free: tuple[Index, ...]) -> str:
        """The text of a side, as it is read back."""
        found = self._texts.get((side, free))
        if found is None:
            found = self._texts[side, free] = written(side, free, self._journey.function)
        return found

    def _again(
        self, text: str, shape: Shape | None = None, own: Mapping[str, Dim] | None = None
    ) -> Expr:
        """The expression that a printed text reads back to."""
        found = self._read.get(text)
        if found is None:
            ranges = self._ranges | dict(own or {})
            with limited(replace(current(), length=_LONG, depth=_LONG)):
                reading = read(text, symbols=self._symbols, expected=shape, ranges=ranges)
                found = ex.substitute(reading.exprs[0], self._layers)
            self._read[text] = found
        return found

    def _stack(self, samples: tuple[Sample, ...]) -> _Stack:
        """Some samples of one size, with the values of the definitions."""
        stack = _Stack(samples)
        for d in self._journey.definitions:
            if not d.constant:
                continue
            free = tuple(sorted(d.value.free, key=lambda i: i.name))
            text = f"[{names_of(free)}] {d.value}" if free else str(d.value)
            again = self._again(text, None if free else d.symbol.shape)
            array, axes = stack.at.array(again)
            stack.define(d.symbol.name, Axed(array, axes))
        return stack


def _nudged(sample: Sample, factor: float) -> Sample:
    return Sample({name: factor * value for name, value in sample.values.items()}, sample.dims)


SAMPLE = "@"
"""The name of the axis along which the samples of one size are put together."""


@dataclass(slots=True)
class _Stack:
    """Samples of one size, with the values of names, sides and slopes found so far.

    All values have an axis for the samples in front.  `alone` are samples by themselves, those at
    which a difference was looked at more closely, by their number.
    """

    samples: tuple[Sample, ...]
    values: dict[str, Given] = field(init=False)
    sides: dict[tuple[Side, tuple[Index, ...]], Array] = field(default_factory=dict)
    slopes: dict[tuple[Expr, Symbol, str | None], Array] = field(default_factory=dict)
    alone: dict[int, _Stack] = field(default_factory=dict)
    at: Evaluator = field(init=False)

    def __post_init__(self) -> None:
        given = [s.values for s in self.samples]
        self.values = {
            name: Axed(np.stack([values[name] for values in given]), (SAMPLE,)) for name in given[0]
        }
        self.at = Evaluator(self.values, self.dims)

    @property
    def dims(self) -> dict[str, int]:
        """The sizes."""
        return self.samples[0].dims

    def define(self, name: str, value: Axed) -> None:
        """Give a name its value."""
        self.values[name] = value
        self.at = Evaluator(self.values, self.dims)

    def value(self, e: Expr, free: tuple[Index, ...] = ()) -> Array:
        """The values of an expression, an axis for each free index after that of the samples."""
        if e.symbols:
            return self.at.value(e, (SAMPLE, *free))
        constant = self.at.value(e, free)
        return np.broadcast_to(constant, (len(self.samples), *constant.shape))


def relative_errors(a: Array, b: Array, floor: float = 1e-300) -> Array:
    """For each sample the largest difference, relative to the largest entry of either side.

    It is infinite for not-a-number.  Sides whose entries are all below `floor` count as that
    large: what is left of a sum that cancels is rounding, not a value.
    """
    if a.shape != b.shape:
        return np.full(max(len(a), len(b)), np.inf)
    with np.errstate(all="ignore"):
        difference = _largest(a - b)
        size = np.maximum(_largest(a), _largest(b))
        errors = difference / np.maximum(size, floor)
    return np.where(np.isfinite(difference) & np.isfinite(size), errors, np.inf)


def _largest(a: Array) -> Array:
    """The largest absolute value at each sample."""
    return np.asarray(np.abs(a).reshape(len(a), -1).max(axis=1, initial=0.0))


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
