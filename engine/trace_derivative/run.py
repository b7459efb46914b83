"""The values of a program at samples of one size."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np

from . import sizes
from .expr import Dim
from .limits import check_time
from .planned import OpenError
from .program import Program, Slot

Array: TypeAlias = np.ndarray[Any, Any]


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

    def largest(self, slot: Slot, name: str) -> int:
        """The entries of the largest array that depends on a name and is needed for a slot."""
        program, seen, most = self._program, set[Slot](), 1
        pending = [slot]
        while pending:
            a = pending.pop()
            if a not in seen and name in program.names[a]:
                seen.add(a)
                most = max(most, self.value(a).size)
                pending += program.operands[a] or ()
        return most

    def moved(self, name: str, array: Array) -> Run:
        """The run with another value of a name."""
        return Run(self._program, {**self._given, name: array}, self._dims, self, name)

    def value(self, slot: Slot) -> Array:
        """The array of a slot; NumPy's warnings are the caller's matter."""
        values, program = self._values, self._program
        if slot >= len(values):
            values += [None] * (len(program.operations) - len(values))
        found = values[slot]
        if found is None:
            self._work_out(slot)
            found = values[slot]
            assert found is not None
        return found

    def _work_out(self, slot: Slot) -> None:
        """All that a slot needs, in order."""
        values, program = self._values, self._program
        operands, operations, names = program.operands, program.operations, program.names
        base, moved = self._base, self._moved
        needed: set[Slot] = set()
        pending = [slot]
        while pending:
            a = pending.pop()
            if a in needed or values[a] is not None:
                continue
            if base is not None and moved not in names[a]:
                values[a] = base.value(a)
                continue
            needed.add(a)
            pending += operands[a] or ()
        for n, a in enumerate(sorted(needed)):
            own = operands[a]
            if n & 31 == 31:
                check_time()
            values[a] = (
                operations[a](self) if own is None else operations[a](*[values[b] for b in own])
            )
