"""Array operations in a list, each with its operands before it: what programs are made of.

A value is named by its place in the list, its slot.  What depends on names alone (which axes an
array has, and how long they are) is settled when an operation is put in.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

import numpy as np

from . import sizes
from .expr import SCALAR, Dim, Shape
from .planned import OpenError, aligned

Array: TypeAlias = np.ndarray[Any, Any]
Slot: TypeAlias = int
Axes: TypeAlias = tuple[str, ...]
Lengths: TypeAlias = Mapping[str, int]
"""The axes of an array and how long they are."""
Names: TypeAlias = int
"""A set of names, a bit each."""
Operation: TypeAlias = Callable[..., Array]
Key: TypeAlias = tuple[Any, ...]

NO_AXES: dict[str, int] = {}


class Point(Protocol):
    """Where a program is run: what the leaves need to know."""

    def given(self, name: str) -> Array:
        """The value of a name."""

    def size(self, dim: Dim) -> int:
        """The size of a dimension."""


class Slots:
    """Operations, each put in once.

    `operands[slot]` is None for what depends on the point alone: a symbol, a constant.  `dims`
    are sizes that dimensions may have: by them the order of a contraction is chosen, and what
    does not fit is refused, which NumPy would repeat along an axis of length 1.
    """

    def __init__(self, dims: Mapping[str, int] | None = None) -> None:
        self.operations: list[Operation] = []
        self.operands: list[tuple[Slot, ...] | None] = []
        self.shapes: list[Shape] = []
        self.axes: list[Axes] = []
        self.lengths: list[Lengths] = []
        self.names: list[Names] = []
        self._bits: dict[str, Names] = {}
        self._slots: dict[Key, Slot] = {}
        self._dims = dims

    def bit(self, name: str) -> Names:
        """The name as a set: a slot depends on it where `names[slot]` has this bit."""
        found = self._bits.get(name)
        if found is None:
            found = self._bits[name] = 1 << len(self._bits)
        return found

    def needed(self, slots: Iterable[Slot]) -> list[Slot]:
        """The slots that some slots need, these included, in order."""
        return self._followed(slots, None)[0]

    def moving(self, slots: Iterable[Slot], name: str) -> tuple[list[Slot], list[Slot]]:
        """Of the slots that some slots need those that depend on a name, and what they start from.

        What they start from does not depend on it.
        """
        return self._followed(slots, self.bit(name))

    def _followed(
        self, slots: Iterable[Slot], names: Names | None
    ) -> tuple[list[Slot], list[Slot]]:
        """What is needed, followed through slots with some of the names; and where that ends."""
        operands, own = self.operands, self.names
        wanted = bytearray(len(operands))
        last = -1
        for a in slots:
            wanted[a] = 1
            last = max(last, a)
        inside, ends = [], []
        for a in range(last, -1, -1):
            if wanted[a]:
                if names is not None and not own[a] & names:
                    ends.append(a)
                    continue
                inside.append(a)
                for b in operands[a] or ():
                    wanted[b] = 1
        return inside[::-1], ends

    def entries(self, slot: Slot) -> int:
        """How many entries the array of a slot has."""
        return math.prod((*self.lengths[slot].values(), *self._sizes(slot)))

    # ------------------------------------------------------------------ putting in

    def call(self, name: str, f: Operation, args: Sequence[Slot], shape: Shape) -> Slot:
        """A function of aligned arrays."""
        key = (name, shape, *args)
        found = self._slots.get(key)
        if found is not None:
            return found
        axes = self.axes[args[0]]
        lengths = self.lengths[args[0]]
        if len(args) > 1:
            own = [self.axes[a] for a in args]
            if axes or any(own):
                axes, lengths = self._together(args)
                if own.count(axes) < len(own):
                    f = aligned(f, own, axes)
        return self._put(key, f, tuple(args), shape, axes, lengths)

    def _together(self, slots: Sequence[Slot]) -> tuple[Axes, Lengths]:
        """The axes that slots have together, in the order of their names, and their lengths."""
        lengths = self._union(slots)
        axes = self.axes[slots[0]]
        return (axes if len(axes) == len(lengths) else tuple(sorted(lengths))), lengths

    def _union(self, slots: Sequence[Slot]) -> Lengths:
        """The lengths of the axes that slots have together; an axis has one length."""
        all_lengths = self.lengths
        first = all_lengths[slots[0]]
        found: dict[str, int] | None = None
        for a in slots[1:]:
            lengths = all_lengths[a]
            if lengths is first or not lengths:
                continue
            found = {**(first if found is None else found), **lengths}
        if found is None:
            return first
        for a in slots:
            if not all_lengths[a].items() <= found.items():
                raise OpenError
        return found

    def _leaf(
        self,
        key: Key,
        f: Callable[[Point], Array],
        shape: Shape,
        lengths: Lengths = NO_AXES,
        names: Names = 0,
    ) -> Slot:
        found = self._slots.get(key)
        if found is not None:
            return found
        return self._append(key, f, None, shape, tuple(lengths), lengths, names)

    def _put(
        self,
        key: Key,
        f: Operation,
        operands: tuple[Slot, ...],
        shape: Shape,
        axes: Axes,
        lengths: Lengths,
    ) -> Slot:
        names = 0
        for a in operands:
            names |= self.names[a]
        return self._append(key, f, operands, shape, axes, lengths, names)

    def _append(
        self,
        key: Key,
        f: Operation,
        operands: tuple[Slot, ...] | None,
        shape: Shape,
        axes: Axes,
        lengths: Lengths,
        names: Names,
    ) -> Slot:
        slot = len(self.operations)
        self._slots[key] = slot
        self.operations.append(f)
        self.operands.append(operands)
        self.shapes.append(shape)
        self.axes.append(axes)
        self.lengths.append(lengths)
        self.names.append(names)
        return slot

    def held(self, name: str, slot: Slot, shape: Shape) -> Slot:
        """The value of a slot under a name, which stays as it is when another name is moved."""
        if tuple(map(self._typical, shape)) != self._sizes(slot):
            raise OpenError
        key = ("held", name, slot)
        axes, lengths = self.axes[slot], self.lengths[slot]
        return self._slots.get(key) or self._append(
            key, lambda x: x, (slot,), shape, axes, lengths, 0
        )

    # ------------------------------------------------------------------ shapes

    def _typical(self, dim: Dim) -> int:
        if self._dims is None:
            return 2  # nothing is compared
        if isinstance(dim, int):
            return dim
        return self._dims.get(dim) or (
            sizes.value(dim, self._typical) if sizes.is_composite(dim) else 2
        )

    def _one_shape(self, a: Slot, b: Slot, scalars: bool = False) -> Shape:
        """The shape that two operands have; of a scalar and a matrix that of the matrix.

        Two matrices may name one dimension differently, `k` and `m*n`, but not differ in size:
        NumPy would repeat a column for each column of a matrix, which the language does not.
        """
        left, right = self.shapes[a], self.shapes[b]
        if left == right:
            return left
        if SCALAR in (left, right):
            if not scalars:
                raise OpenError
            return right if left == SCALAR else left
        if self._sizes(a) != self._sizes(b):
            raise OpenError
        return left

    def _sizes(self, a: Slot) -> tuple[int, int]:
        m, n = self.shapes[a]
        return self._typical(m), self._typical(n)

    def _square(self, a: Slot) -> None:
        """Raise where a matrix has not as many columns as rows."""
        m, n = self.shapes[a]
        if m != n and (self._typical(m) != self._typical(n) or 1 in (m, n)):
            raise OpenError
