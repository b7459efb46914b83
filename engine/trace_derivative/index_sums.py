"""Indices in programs: entries, rows and columns at an index, and sums over indices."""

from __future__ import annotations

import math
from collections.abc import Container, Sequence
from heapq import heapify, heappop, heappush

import numpy as np

from .arithmetic import Arithmetic
from .expr import SCALAR, Dim, Shape
from .planned import (
    OpenError,
    contraction,
    contraction_at_length,
    matrix_product,
    placing,
)
from .slots import NO_AXES, Array, Axes, Key, Lengths, Slot

_COLUMN, _ROW = "~column", "~row"
"""Axes for the columns and rows of a matrix; no index has such a name, nor one behind them."""

_MOST_PRODUCTS = 20_000
"""A contraction with more products, unless it is a matrix product, has its order by the sizes."""


class IndexSums(Arithmetic):
    """Operations with indices, which are axes of arrays."""

    def entry(self, a: Slot, row: str, column: str | None = None) -> Slot:
        """An entry of a matrix, or of a column or row vector."""
        m, n = self.shapes[a]
        if column is None:
            if n != 1:
                if m != 1:
                    raise OpenError
                return self._placed("entry", a, (None, row), SCALAR)
            return self._placed("entry", a, (row, None), SCALAR)
        return self._placed("entry", a, (row, column), SCALAR)

    def row(self, a: Slot, row: str) -> Slot:
        """A row of a matrix, by its index."""
        return self._placed("row", a, (row, None), (1, self.shapes[a][1]))

    def column(self, a: Slot, column: str) -> Slot:
        """A column of a matrix, by its index."""
        return self._placed("column", a, (None, column), (self.shapes[a][0], 1))

    def _placed(
        self, kind: str, a: Slot, places: tuple[str | None, str | None], shape: Shape
    ) -> Slot:
        """The array with its rows, its columns or both as axes of these names."""
        key = (kind, a, *places)
        found = self._slots.get(key)
        if found is not None:
            return found
        own = self.axes[a]
        lengths = dict(self.lengths[a])
        for name, dim in zip(places, self.shapes[a], strict=True):
            size = self._typical(dim)
            if name is not None and lengths.setdefault(name, size) != size:
                raise OpenError
        axes = tuple(sorted(lengths))
        return self._put(key, placing(kind, own, places, axes), (a,), shape, axes, lengths)

    def rows(self, body: Slot, index: str, dim: Dim) -> Slot:
        """The matrix of the rows that a row vector is for each value of an index."""
        own, (m, n) = self.axes[body], self.shapes[body]
        if m != 1:
            raise OpenError
        if index not in own:
            return self.multiply((self.constant("ones", dim, 1), body))
        place = own.index(index) - len(own) - 1

        def stacked(x: Array) -> Array:
            return np.moveaxis(x[..., 0, :], place, -2)

        axes, lengths = _without(own, self.lengths[body], (index,))
        return self._put(("rows", body, index), stacked, (body,), (dim, n), axes, lengths)

    def index_sum(self, ranges: Sequence[tuple[str, Dim | None]], body: Slot) -> Slot:
        """The sum over indices; a dimension is needed where the body has not the index."""
        if self.shapes[body] != SCALAR:
            return self._matrix_sum(ranges, body)
        factors = list(self._factors.get(body, (body,)))
        names = [name for name, _ in ranges]
        if len(set(names)) < len(names):
            raise OpenError
        where: dict[str, list[Slot]] = {name: [] for name in names}
        for a in factors:
            for name in self.axes[a]:
                if name in where:
                    where[name].append(a)
        for name, dim in ranges:
            if not where[name]:
                if dim is None:
                    raise OpenError
                factors.append(self._extent(dim))
                del where[name]
        unions = {name: self._union(group) for name, group in where.items()}
        queue = [(_left(name, lengths), name) for name, lengths in unions.items()]
        heapify(queue)
        while where:
            left, name = heappop(queue)
            if name not in where or left != _left(name, unions[name]):
                continue  # it is in the queue again, as it is at present
            if self._is_heavy(where[name], unions[name]):
                return self._all_at_once(frozenset(where), factors)
            group = where.pop(name)
            summed = self._contracted(name, group, unions[name])
            for a in group:
                factors.remove(a)
                for other in self.axes[a]:
                    if other in where:
                        where[other].remove(a)
            factors.append(summed)
            for other in self.axes[summed]:
                if other in where:
                    where[other].append(summed)
                    lengths = unions[other] = self._union(where[other])
                    heappush(queue, (_left(other, lengths), other))
        return self.multiply(factors)

    def _is_heavy(self, group: Sequence[Slot], lengths: Lengths) -> bool:
        """Are there many products, and no product of two matrices?"""
        if math.prod(lengths.values()) <= _MOST_PRODUCTS:
            return False
        return len(group) != 2 or max(len(self.axes[a]) for a in group) > 2

    def _all_at_once(self, names: frozenset[str], factors: Sequence[Slot]) -> Slot:
        """The sum of a product over many indices, in an order that is found by the sizes."""
        inside = [a for a in factors if not names.isdisjoint(self.axes[a])]
        outside = [a for a in factors if names.isdisjoint(self.axes[a])]
        key = ("contracted", names, *inside)
        found = self._slots.get(key)
        if found is None:
            own = [self.axes[a] for a in inside]
            axes, lengths = _without(*self._together(inside), names)
            f = contraction_at_length(own, axes)
            found = self._put(key, f, tuple(inside), SCALAR, axes, lengths)
        return self.multiply([*outside, found])

    def _matrix_sum(self, ranges: Sequence[tuple[str, Dim | None]], body: Slot) -> Slot:
        """The sum of a matrix over axes; one with a scalar in front is contracted by entries."""
        if body in self._scaled:
            scalar, chain = self._scaled[body]
            entries = self.entry(chain, _ROW, _COLUMN)
            summed = self.index_sum(ranges, self._product((scalar, entries)))
            axes, lengths = _without(self.axes[summed], self.lengths[summed], (_ROW, _COLUMN))
            key: Key = ("matrix", summed)
            return self._slots.get(key) or self._put(
                key,
                lambda x: x[..., 0, 0].swapaxes(-1, -2),
                (summed,),
                self.shapes[body],
                axes,
                lengths,
            )
        own = self.axes[body]
        if not all(name in own for name, _ in ranges):
            raise OpenError
        names = tuple(sorted(name for name, _ in ranges))
        axes, lengths = _without(own, self.lengths[body], names)
        places = tuple(own.index(name) - len(own) - 2 for name in names)
        key = ("sum", body, names)
        return self._slots.get(key) or self._put(
            key,
            lambda x: np.asarray(x.sum(axis=places)),
            (body,),
            self.shapes[body],
            axes,
            lengths,
        )

    def _contracted(self, name: str, group: Sequence[Slot], together: Lengths) -> Slot:
        """The product of scalars summed over one index, which all of them have."""
        key = ("contracted", name, *group)
        found = self._slots.get(key)
        if found is not None:
            return found
        own = [self.axes[a] for a in group]
        axes, lengths = _without(tuple(sorted(together)), together, (name,))
        if len(group) == 2 and max(map(len, own)) < 3 and len({*own[0]} & {*own[1]}) == 1:
            f = matrix_product(name, own[0], own[1])
        else:
            f = contraction(own, axes)
        return self._put(key, f, tuple(group), SCALAR, axes, lengths)


def _left(name: str, lengths: Lengths) -> int:
    """How large an array is left of scalars when they are summed over an index.

    A chain is so worked off from its short end, and its products stay small.
    """
    return math.prod(lengths.values()) // lengths[name]


def _without(axes: Axes, lengths: Lengths, names: Container[str]) -> tuple[Axes, Lengths]:
    """Axes and their lengths, but for those of some names."""
    kept = tuple([name for name in axes if name not in names])
    return kept, {name: lengths[name] for name in kept} if kept else NO_AXES
