"""The values of a program at samples of one size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from . import sizes
from .expr import Dim, Symbol
from .limits import check_time
from .planned import OpenError
from .program import Program, Slot

Array: TypeAlias = np.ndarray[Any, Any]

_AT_ONCE = 32
"""So many operations are done between looks at the clock."""


class Run:
    """The values of a program's slots at samples of one size, each worked out when asked for.

    With a `base` it is that run with another value of the name `moved`: what does not depend on
    it is taken from there.
    """

    def __init__(
        self,
        program: Program,
        given: Mapping[str, Array],
        dims: Mapping[str, int],
        base: Run | None = None,
        moved: str = "",
    ) -> None:
        self._program = program
        self._given = given
        self._dims = dims
        self._base = base
        self._moved = moved
        self._values: list[Array | None] = []

    @classmethod
    def at(
        cls,
        program: Program,
        symbols: Mapping[str, Symbol],
        points: Sequence[Mapping[str, Array]],
        dims: Mapping[str, int],
    ) -> Run:
        """The run at points of one size, given by the values of symbols: an axis for them."""
        given: dict[str, Array] = {}
        found = cls(program, given, dims)
        for name, symbol in symbols.items():
            rows, columns = map(found.size, symbol.shape)
            together = np.array([values[name] for values in points])
            given[name] = together.reshape(len(points), rows, columns)
        return found

    def given(self, name: str) -> Array:
        """The value of a name."""
        return self._given[name]

    def size(self, dim: Dim) -> int:
        """The size of a dimension."""
        if isinstance(dim, int):
            return dim
        found = self._dims.get(dim)
        if found is not None:
            return found
        if sizes.is_composite(dim):
            return sizes.value(dim, self.size)
        raise OpenError

    def moved(self, name: str, array: Array) -> Run:
        """The run with another value of a name; what does not depend on it is taken over."""
        found = Run(self._program, {**self._given, name: array}, self._dims, self, name)
        bit = self._program.bit(name)
        names = self._program.names
        found._values = [
            None if own & bit else known for own, known in zip(names, self._values, strict=False)
        ]
        return found

    def value(self, slot: Slot) -> Array:
        """The array of a slot; NumPy's warnings are the caller's matter."""
        values = self._values
        if slot >= len(values):
            values += [None] * (len(self._program.operations) - len(values))
        found = values[slot]
        if found is None:
            self.work_out(self._missing(slot))
            found = values[slot]
            assert found is not None
        return found

    def work_out(self, slots: Sequence[Slot]) -> None:
        """Values of slots that are in order, and have all that they need before them."""
        values, program = self._values, self._program
        operands, operations = program.operands, program.operations
        values += [None] * (len(operations) - len(values))
        for start in range(0, len(slots), _AT_ONCE):
            check_time()
            for a in slots[start : start + _AT_ONCE]:
                if values[a] is not None:
                    continue
                own = operands[a]
                values[a] = (
                    operations[a](self) if own is None else operations[a](*[values[b] for b in own])
                )

    def _missing(self, slot: Slot) -> list[Slot]:
        """All that a slot needs and that is not known, in order."""
        values, program = self._values, self._program
        operands, names = program.operands, program.names
        base, moved = self._base, program.bit(self._moved)
        needed: set[Slot] = set()
        pending = [slot]
        while pending:
            a = pending.pop()
            if a in needed or values[a] is not None:
                continue
            if base is not None and not names[a] & moved:
                values[a] = base.value(a)
                continue
            needed.add(a)
            pending += operands[a] or ()
        return sorted(needed)
