"""Numbers against every displayed equality.

Input: a `Journey` (the function, its symbols, the steps).  Each side of each step is checked as
it is printed: its canonical text is read back and evaluated; a derivative is taken numerically
of the input expression.  Nothing here uses the symbolic differentiation.  All sides become one
program, whose operations are done once a stack of samples; an equality that does not come out so
is looked at again, more closely and by other code (`careful`), before it is called wrong.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from . import expr as ex, indexed as ix, numeric
from .careful import Careful
from .checks import Check
from .errors import LimitError
from .expr import Dim, Index, Symbol
from .journey import (
    TOLERANCE,
    TOLERANCE_DIFFERENCES,
    Journey,
    has_derivative,
    indices_in,
    written,
)
from .numeric import Moves, moves_of, natural
from .plan import Planner
from .planned import OpenError
from .program import Program, Slot
from .readback import Reader
from .run import Run
from .sampling import Sample, of_one_size
from .statements import Definition, Derivative, DerivativeSum, FunctionName, Side, Step

Array: TypeAlias = np.ndarray[Any, Any]

_NOT_UNDERSTOOD = (OpenError, ValueError, TypeError, LookupError, MemoryError)
"""What a text that is not of the language, or too large here, may end in."""

_MOST_MOVED = 1_000_000
"""Entries that an array may have with all directions of a derivative in front."""

_MOST_RUNS = 4
"""So many runs with a moved variable are kept, for all functions of it; more are made anew."""


class Equality(NamedTuple):
    """Two sides that should be equal for all values, with their free indices, under a name."""

    name: str
    lhs: Side
    rhs: Side
    free: tuple[Index, ...] = ()


class Verifier:
    """Evaluates the sides of steps at a set of samples, each distinct operation once.

    Samples of the same sizes are evaluated together.
    """

    def __init__(
        self, journey: Journey, samples: Sequence[Sample], tolerance: float | None = None
    ) -> None:
        self._journey = journey
        self._samples = samples
        self.kind = numeric.kind(journey.function)
        exact = self.kind == "complex step"
        self.tolerance = tolerance or (TOLERANCE if exact else TOLERANCE_DIFFERENCES)
        self._program = Program(samples[0].dims)
        self._planner = Planner(self._program)
        self._reader = Reader(self._program, journey.symbols)
        self._points = [
            _Point(self._program, journey.symbols, group) for group in of_one_size(samples)
        ]
        self._found: dict[tuple[Side, tuple[Index, ...]], list[Array] | None] = {}
        self._texts: dict[tuple[Side, tuple[Index, ...]], str] = {}
        self._ranges = {i.name: i.dim for i in indices_in(journey.function)}
        for _, marker in journey.marked:
            self._reader.name(marker.name, self._program.symbol(marker.name, marker.shape))
        for d in journey.definitions:
            self._define(d)

    def check(self, step: Step, name: str) -> Check:
        """Is the step's equality true at all samples?"""
        return self.compare(name, step.lhs, step.rhs, step.free)

    def compare(self, name: str, lhs: Side, rhs: Side, free: tuple[Index, ...] = ()) -> Check:
        """Are two sides equal at all samples?"""
        return self.checks([Equality(name, lhs, rhs, free)])[0]

    def checks(self, equalities: Sequence[Equality]) -> list[Check]:
        """Are the two sides of each equality equal at all samples?"""
        with np.errstate(all="ignore"):
            pairs = [(self._values(e.lhs, e.free), self._values(e.rhs, e.free)) for e in equalities]
            errors = self._errors(pairs)
        return [self._verdict(e, float(x)) for e, x in zip(equalities, errors, strict=True)]

    def _errors(self, pairs: Sequence[tuple[list[Array] | None, list[Array] | None]]) -> Array:
        """For each pair the largest relative error; infinite where values are not known."""
        known = {
            n: (left, right)
            for n, (left, right) in enumerate(pairs)
            if left is not None and right is not None and _shapes(left) == _shapes(right)
        }
        errors = np.full(len(pairs), np.inf)
        if known:
            worst = [
                _largest_errors([(left[k], right[k]) for left, right in known.values()])
                for k in range(len(self._points))
            ]
            errors[list(known)] = np.max(worst, axis=0)
        return errors

    def _verdict(self, e: Equality, error: float) -> Check:
        if not error <= self.tolerance:
            return self._closer.compare(*e)
        derivative = has_derivative(e.lhs) or has_derivative(e.rhs)
        texts = [self._text(side, e.free) for side in (e.lhs, e.rhs)]
        kind = self.kind if derivative else "values"
        return Check(e.name, True, error, len(self._samples), kind, *texts)

    def _text(self, side: Side, free: tuple[Index, ...]) -> str:
        found = self._texts.get((side, free))
        if found is None:
            found = self._texts[side, free] = written(side, free, self._journey.function)
        return found

    @cached_property
    def _closer(self) -> Careful:
        return Careful(self._journey, self._samples, self.tolerance, self.kind)

    # ------------------------------------------------------------------ values

    def _values(self, side: Side, free: tuple[Index, ...]) -> list[Array] | None:
        """The values of a side at each stack of samples; None where a program cannot tell."""
        key = (side, free)
        if key not in self._found:
            try:
                self._found[key] = self._evaluated(side, free)
            except LimitError:
                raise
            except _NOT_UNDERSTOOD:
                self._found[key] = None
        return self._found[key]

    def _evaluated(self, side: Side, free: tuple[Index, ...]) -> list[Array]:
        variable = self._journey.variable
        match side:
            case FunctionName():
                slot = self._planner.slot(self._journey.function)
                return [point.value(slot, ()) for point in self._points]
            case Derivative(occurrence=int(number)):
                form, marker = self._journey.marked[number - 1]
                slot = self._slot(str(form), ix.ranges(form))
                return [p.slope(slot, variable, marker, self.kind, None) for p in self._points]
            case Derivative(function=f, structure=structure):
                if f is None:
                    slot = self._planner.slot(self._journey.function)
                else:
                    slot = self._slot(str(f))
                kind = self.kind if f is None else numeric.kind(f)
                return [p.slope(slot, variable, variable, kind, structure) for p in self._points]
            case DerivativeSum(terms=terms):
                zeros = [np.zeros_like(p.natural(variable)) for p in self._points]
                slopes = [self._evaluated(t, free) for t in terms]
                return [np.asarray(sum(s, z)) for z, *s in zip(zeros, *slopes, strict=True)]
            case _:
                own: dict[str, Dim] = {i.name: i.dim for i in free}
                if isinstance(side, ix.Term):
                    own |= ix.ranges(side)
                slot = self._slot(str(side), own)
                found = [point.value(slot, free) for point in self._points]
                if free and variable.shape[0] == 1:
                    return [x.reshape(len(x), 1, -1) for x in found]
                return found

    def _slot(self, text: str, own: Mapping[str, Dim] = MappingProxyType({})) -> Slot:
        """The slot of a printed text, which may have the author's indices and its own."""
        return self._reader.slot(text, {**self._ranges, **own})

    def _define(self, d: Definition) -> None:
        """Let a name stand for the printed text of its definition, or for the values it has."""
        self._ranges.update({i.name: i.dim for i in d.value.free})
        name, program = d.symbol.name, self._program
        try:
            slot = self._slot(str(d.value))
            if not d.constant:
                self._reader.name(name, slot)
                return
            with np.errstate(all="ignore"):
                found = [point.run.value(slot) for point in self._points]
        except LimitError:
            raise
        except _NOT_UNDERSTOOD:
            return  # what has this name in it is open then
        symbol = program.symbol(name, d.symbol.shape, program.axes[slot], program.extents[slot])
        self._reader.name(name, symbol)
        for point, array in zip(self._points, found, strict=True):
            point.given[name] = array


class _Point:
    """Samples of one size: the values of a program's slots, and of their slopes."""

    def __init__(
        self, program: Program, symbols: Mapping[str, Symbol], samples: tuple[Sample, ...]
    ) -> None:
        self.count = len(samples)
        self._program = program
        self.given: dict[str, Array] = {}
        self.run = Run(program, self.given, samples[0].dims)
        for name, symbol in symbols.items():
            shape = (self.count, *map(self.run.size, symbol.shape))
            values = [s.values[name] for s in samples]
            together = values[0] if self.count == 1 else np.array(values)
            self.given[name] = together.reshape(shape)
        self._moves: dict[tuple[str, numeric.Kind, str | None], tuple[Moves, list[Run]]] = {}

    def natural(self, symbol: Symbol) -> Array:
        """The values of a symbol."""
        return natural(self.given[symbol.name], symbol.shape)

    def value(self, slot: Slot, free: tuple[Index, ...]) -> Array:
        """The values of a slot, an axis for each free index after that of the samples."""
        program = self._program
        array, axes, shape = self.run.value(slot), program.axes[slot], program.shapes[slot]
        names = tuple(i.name for i in free)
        if not free:
            if axes:
                raise OpenError
        else:
            if shape != ex.SCALAR or not set(axes) <= set(names):
                raise OpenError
            array = self._in_order(array, axes, names)
        lengths = [self.run.size(i.dim) for i in free]
        found = array.shape[array.ndim - 2 - len(names) : -2]
        if any(n != m and a in axes for a, n, m in zip(names, found, lengths, strict=False)):
            raise OpenError
        return natural(_repeated(array, (self.count, *lengths, *array.shape[-2:])), shape)

    def _in_order(self, array: Array, axes: tuple[str, ...], names: tuple[str, ...]) -> Array:
        """The array with an axis for each name, of length 1 where it has none."""
        if axes == names:
            return array
        front = array.ndim - 2 - len(axes)
        order = [front + axes.index(name) for name in names if name in axes]
        array = array.transpose(*range(front), *order, array.ndim - 2, array.ndim - 1)
        whole = slice(None)
        return array[(..., *[whole if name in axes else None for name in names], whole, whole)]

    def slope(
        self, slot: Slot, variable: Symbol, moved: Symbol, kind: numeric.Kind, structure: str | None
    ) -> Array:
        """The derivative of a scalar by a symbol that is moved from the variable's values."""
        key = (moved.name, kind, structure)
        found = self._moves.get(key)
        if found is None:
            x = self.given[variable.name]
            self.given.setdefault(moved.name, x)
            most = _MOST_MOVED // self.run.largest(slot, moved.name)
            moves = moves_of(x, variable, kind, structure, most)
            few = moves.points if len(moves.points) <= _MOST_RUNS else ()
            found = self._moves[key] = moves, [self.run.moved(moved.name, x) for x in few]
        moves, runs = found
        values = []
        for n, point in enumerate(moves.points):
            run = runs[n] if runs else self.run.moved(moved.name, point)
            values.append(_repeated(run.value(slot)[..., 0, 0], point.shape[:-2]))
        return natural(moves.slope(values), variable.shape)


def _repeated(array: Array, shape: tuple[int, ...]) -> Array:
    """The array, repeated along axes that it lacks."""
    return array if array.shape == shape else np.broadcast_to(array, shape)


def _shapes(arrays: Sequence[Array]) -> list[tuple[int, ...]]:
    return [x.shape for x in arrays]


def _largest_errors(pairs: Sequence[tuple[Array, Array]]) -> Array:
    """For each pair of stacks the largest difference at any sample, relative to the largest entry.

    It is infinite for not-a-number.
    """
    count = len(pairs[0][0])
    starts, place = [], 0
    for a, _ in pairs:
        starts.append(place)
        place += a.size // count
    left, right = (
        np.concatenate([pair[k].reshape(count, -1) for pair in pairs], axis=1) for k in (0, 1)
    )
    gap = np.maximum.reduceat(np.abs(left - right), starts, axis=1)
    size = np.maximum.reduceat(np.maximum(np.abs(left), np.abs(right)), starts, axis=1)
    errors = gap / np.maximum(size, 1e-300)
    found = np.where(np.isfinite(gap) & np.isfinite(size), errors, np.inf)
    return np.asarray(found.max(axis=0))
