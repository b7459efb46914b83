"""Numbers against every displayed equality.

Input: a `Journey` (the function, its symbols, the steps).  Each side of each step is checked as
it is printed: its canonical text is read back and evaluated; a derivative is taken numerically
of the input expression.  Nothing here uses the symbolic differentiation.  All sides become one
program, whose operations are done once a stack of samples; an equality that does not come out so
is looked at again, more closely and by other code (`careful`), before it is called wrong.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from . import indexed as ix, numeric
from .careful import Careful
from .checks import Check
from .errors import LimitError
from .expr import Dim, Index
from .journey import (
    TOLERANCE,
    TOLERANCE_DIFFERENCES,
    Journey,
    has_derivative,
    indices_in,
    written,
)
from .plan import Planner
from .planned import OpenError
from .points import Point, Slope, Task, Value, Wanted
from .program import Program, Slot
from .readback import Reader
from .sampling import Sample, of_one_size
from .statements import Definition, Derivative, DerivativeSum, FunctionName, Side, Step

Array: TypeAlias = np.ndarray[Any, Any]

_NOT_UNDERSTOOD = (OpenError, ValueError, TypeError, LookupError, MemoryError)
"""What a text that is not of the language, or too large here, may end in."""


class Equality(NamedTuple):
    """Two sides that should be equal for all values, with their free indices, under a name."""

    name: str
    lhs: Side
    rhs: Side
    free: tuple[Index, ...] = ()


@dataclass(slots=True)
class _Formula:
    """A side: its text, and what its values are the sum of, if that is known."""

    text: str
    derivative: bool
    terms: list[Wanted] = field(default_factory=list)
    values: list[Array] | None = None


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
            Point(self._program, journey.symbols, journey.variable, group)
            for group in of_one_size(samples)
        ]
        self._formulas: dict[tuple[Side, tuple[Index, ...]], _Formula] = {}
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
        read: list[_Formula] = []
        pairs = [
            (self._formula(e.lhs, e.free, read), self._formula(e.rhs, e.free, read))
            for e in equalities
        ]
        with np.errstate(all="ignore"):
            self._evaluate(read)
            errors = self._errors(pairs)
        return [
            self._verdict(e, *pair, error)
            for e, pair, error in zip(equalities, pairs, errors, strict=True)
        ]

    def _errors(self, pairs: Sequence[tuple[_Formula, _Formula]]) -> list[float]:
        """For each pair the largest relative error; infinite where values are not known."""
        known = {
            n: (left.values, right.values)
            for n, (left, right) in enumerate(pairs)
            if left.values and right.values and _shapes(left.values) == _shapes(right.values)
        }
        errors = [np.inf] * len(pairs)
        if known:
            worst = [
                _largest_errors([(left[k], right[k]) for left, right in known.values()])
                for k in range(len(self._points))
            ]
            for n, error in zip(known, np.max(worst, axis=0).tolist(), strict=True):
                errors[n] = error
        return errors

    def _verdict(self, e: Equality, lhs: _Formula, rhs: _Formula, error: float) -> Check:
        if not error <= self.tolerance:
            return self._closer.compare(*e)
        kind = self.kind if lhs.derivative or rhs.derivative else "values"
        return Check(e.name, True, error, len(self._samples), kind, lhs.text, rhs.text)

    @cached_property
    def _closer(self) -> Careful:
        return Careful(self._journey, self._samples, self.tolerance, self.kind)

    # ------------------------------------------------------------------ reading

    def _formula(self, side: Side, free: tuple[Index, ...], read: list[_Formula]) -> _Formula:
        """A side as it is read back; one that is new is put to those that have been `read`."""
        found = self._formulas.get((side, free))
        if found is None:
            text = written(side, free, self._journey.function)
            found = self._formulas[side, free] = _Formula(text, has_derivative(side))
            try:
                found.terms = self._terms(side, free, text)
            except LimitError:
                raise
            except _NOT_UNDERSTOOD:
                return found
            read.append(found)
        return found

    def _terms(self, side: Side, free: tuple[Index, ...], text: str) -> list[Wanted]:
        """What the values of a side are the sum of; `text` is how it is written."""
        match side:
            case FunctionName():
                return [Value(self._planner.slot(self._journey.function))]
            case Derivative():
                return [self._slope(side)]
            case DerivativeSum(terms=terms):
                return [self._slope(t) for t in terms]
            case ix.Term():
                own = ix.ranges(side)
            case _:
                own = {}
        return [Value(self._slot(str(side) if free else text, own, free), free)]

    def _slope(self, side: Derivative) -> Slope:
        moved, kind = self._journey.variable.name, self.kind
        if side.occurrence is not None:
            form, marker = self._journey.marked[side.occurrence - 1]
            return Slope(self._slot(str(form), ix.ranges(form)), marker.name, kind)
        if side.function is None:
            slot = self._planner.slot(self._journey.function)
        else:
            slot = self._slot(str(side.function))
            kind = numeric.kind(side.function)
        return Slope(slot, moved, kind, side.structure)

    def _slot(
        self,
        text: str,
        own: Mapping[str, Dim] = MappingProxyType({}),
        free: tuple[Index, ...] = (),
    ) -> Slot:
        """The slot of a printed text, which may have the author's indices and its own."""
        ranges = {**self._ranges, **{i.name: i.dim for i in free}, **own}
        return self._reader.slot(text, ranges)

    def _define(self, d: Definition) -> None:
        """Let a name stand for the printed text of its definition, or for the values it has."""
        self._ranges.update({i.name: i.dim for i in d.value.free})
        name = d.symbol.name
        try:
            slot = self._slot(str(d.value))
            if d.constant:
                slot = self._program.held(name, slot, d.symbol.shape)
        except LimitError:
            raise
        except _NOT_UNDERSTOOD:
            return  # what has this name in it is open then
        self._reader.name(name, slot)

    # ------------------------------------------------------------------ values

    def _evaluate(self, formulas: Sequence[_Formula]) -> None:
        """Find the values of formulas; those that a program cannot tell stay without."""
        try:
            self._work_out(formulas)
        except LimitError:
            raise
        except _NOT_UNDERSTOOD:
            if len(formulas) > 1:
                for formula in formulas:
                    self._evaluate([formula])

    def _work_out(self, formulas: Sequence[_Formula]) -> None:
        wanted = dict.fromkeys(w for formula in formulas for w in formula.terms)
        task = Task(self._program, list(wanted))
        found = [point.found(task) for point in self._points]
        for formula in formulas:
            formula.values = [
                sum(map(at.__getitem__, formula.terms), start=point.zero)
                if len(formula.terms) != 1
                else at[formula.terms[0]]
                for point, at in zip(self._points, found, strict=True)
            ]


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
