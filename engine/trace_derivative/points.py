"""The values of a program's slots, and their slopes, at samples of one size.

Input: what is wanted of the sides of equalities, `Value`s and `Slope`s; output: arrays of shape
`(samples, rows, columns)`.  All operations that are needed are done in one pass over the program,
and in one more for each name that is moved.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from . import numeric
from .expr import SCALAR, Index, Symbol
from .numeric import Moves, moves_of
from .planned import OpenError
from .program import Program, Slot
from .run import Run
from .sampling import Sample

Array: TypeAlias = np.ndarray[Any, Any]

_MOST_MOVED = 1_000_000
"""Entries that an array may have with all directions of a derivative in front."""


class Value(NamedTuple):
    """What a slot is; its axes are those of the free indices, as rows and columns."""

    slot: Slot
    free: tuple[Index, ...] = ()


class Slope(NamedTuple):
    """The derivative of a scalar by the variable, or by a name that is moved in its place."""

    slot: Slot
    moved: str
    kind: numeric.Kind
    structure: str | None = None


Wanted: TypeAlias = Value | Slope


class Task:
    """What is wanted of a program, and the slots that it needs, in order."""

    def __init__(self, program: Program, wanted: Sequence[Wanted]) -> None:
        self.values = [w for w in wanted if isinstance(w, Value)]
        self.slopes: dict[Slope, list[Slope]] = {}
        for w in wanted:
            if isinstance(w, Slope):
                if program.shapes[w.slot] != SCALAR or program.axes[w.slot]:
                    raise OpenError
                self.slopes.setdefault(w._replace(slot=0), []).append(w)
        start = [w.slot for w in self.values]
        self.moving: dict[Slope, list[Slot]] = {}
        self.largest: dict[Slope, int] = {}
        for way, slopes in self.slopes.items():
            self.moving[way], ends = program.moving([w.slot for w in slopes], way.moved)
            self.largest[way] = max(map(program.entries, self.moving[way]), default=1)
            start += ends
        self.plain = program.needed(start)


class Point:
    """Samples of one size, at which a program is run."""

    def __init__(
        self,
        program: Program,
        symbols: Mapping[str, Symbol],
        variable: Symbol,
        samples: tuple[Sample, ...],
    ) -> None:
        self.count = len(samples)
        self._program = program
        self._variable = variable
        self.run = Run.at(program, symbols, [s.values for s in samples], samples[0].dims)
        self._moves: dict[tuple[numeric.Kind, str | None, int], Moves] = {}

    def found(self, task: Task) -> dict[Wanted, Array]:
        """All that is wanted, worked out in one pass."""
        self.run.work_out(task.plain)
        found: dict[Wanted, Array] = {w: self._value(w) for w in task.values}
        for way, slopes in task.slopes.items():
            moves = self._moves_of(way, task.largest[way])
            found.update(self._slopes(moves, slopes, task.moving[way]))
        return found

    @property
    def zero(self) -> Array:
        """A zero of the variable's shape at each sample."""
        return np.zeros_like(self.run.given(self._variable.name))

    # ------------------------------------------------------------------ values

    def _value(self, wanted: Value) -> Array:
        slot, free = wanted
        program, array = self._program, self.run.value(wanted.slot)
        axes = program.axes[slot]
        if not free:
            if axes:
                raise OpenError
            return array if array.ndim == 3 else self._for_all(array, array.shape)
        names = [i.name for i in free]
        if program.shapes[slot] != SCALAR or not set(axes) <= set(names):
            raise OpenError
        shape = tuple([self.run.size(i.dim) for i in free])
        array = array[..., 0, 0]
        front = array.ndim - len(axes)
        if array.shape[front:] != tuple([shape[names.index(name)] for name in axes]):
            raise OpenError
        if axes != tuple(names):
            order = [front + axes.index(name) for name in names if name in axes]
            array = array.transpose(*range(front), *order)
            array = array[(..., *[slice(None) if name in axes else None for name in names])]
        return self._in_rows(self._for_all(array, shape))

    def _for_all(self, array: Array, shape: tuple[int, ...]) -> Array:
        """The array, repeated along the axes that it lacks, the samples among them."""
        whole = (self.count, *shape)
        return array if array.shape == whole else np.broadcast_to(array, whole)

    def _in_rows(self, array: Array) -> Array:
        """Values by one index or two in the form that the variable has."""
        if array.ndim > 2:
            return array
        return array[:, None] if self._variable.shape[0] == 1 else array[..., None]

    # ------------------------------------------------------------------ slopes

    def _slopes(
        self, moves: Moves, slopes: Sequence[Slope], moving: Sequence[Slot]
    ) -> dict[Wanted, Array]:
        """Derivatives of several scalars, one name moved in one way."""
        values: dict[Wanted, list[Array]] = {w: [] for w in slopes}
        for point in moves.points:
            run = self.run.moved(slopes[0].moved, point)
            run.work_out(moving)
            for w in slopes:
                array, shape = run.value(w.slot)[..., 0, 0], point.shape[:-2]
                values[w].append(array if array.shape == shape else np.broadcast_to(array, shape))
        return {w: moves.slope(found) for w, found in values.items()}

    def _moves_of(self, way: Slope, largest: int) -> Moves:
        """The points to which the variable's value is moved, so many at once as there is room."""
        most = min(numeric.AT_ONCE, _MOST_MOVED // (self.count * largest))
        key = way.kind, way.structure, most
        found = self._moves.get(key)
        if found is None:
            x = self.run.given(self._variable.name)
            found = self._moves[key] = moves_of(x, self._variable, way.kind, way.structure, most)
        return found
