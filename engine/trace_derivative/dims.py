"""Dimensions by unification: a union-find of sizes with names, and the reasons for what it found.

A dimension is a number here.  It is rigid (a declared name or a whole number; two of them never
become one) or open.  An open one becomes 1 only where its kind allows it: the sizes of a symbol
are never 1 unless declared so, the left-out column count of `ones` is 1 unless something else
is demanded.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from .expr import Dim
from .tree import IndexName, Tree

Pair: TypeAlias = tuple[int, int]
"""The dimensions of a matrix: rows and columns."""

ONE = 0
"""The dimension 1."""
UNIT: Pair = (ONE, ONE)
"""The dimensions of a scalar."""

# kinds of open dimensions; of two that become one the lower one wins
SEVERAL, ANY, SINGLE = 0, 1, 2

NAMES = tuple("MNPQRSKLUVW")
"""Names for inferred dimensions, the variable's first; then D1, D2 ..."""


@dataclass(frozen=True, slots=True, eq=False)
class Demand:
    """Why two dimensions are one: the operation and what stands on its two sides in a text."""

    what: str
    text: int
    whole: Tree | IndexName
    left: Tree | IndexName
    right: Tree | IndexName | None = None


class Dimensions:
    """The dimensions of one reading."""

    def __init__(self) -> None:
        self._parent: list[int] = [ONE]
        self._value: list[Dim | None] = [1]
        self._kind: list[int] = [SEVERAL]
        self._rigid: dict[Dim, int] = {1: ONE}
        self._edges: list[tuple[int, int, Demand | None]] = []
        self._names: dict[int, Dim] = {}

    def open(self, kind: int = SEVERAL) -> int:
        """A new open dimension."""
        place = len(self._parent)
        self._parent.append(place)
        self._value.append(None)
        self._kind.append(kind)
        return place

    def rigid(self, dim: Dim) -> int:
        """The dimension of that name or size."""
        place = self._rigid.get(dim)
        if place is None:
            place = self._rigid[dim] = self.open()
            self._value[place] = dim
        return place

    def rigid_names(self) -> frozenset[str]:
        """The names of all rigid dimensions."""
        return frozenset(d for d in self._rigid if isinstance(d, str))

    def find(self, a: int) -> int:
        """The representative of a dimension."""
        parent = self._parent
        while parent[a] != a:
            parent[a] = a = parent[parent[a]]
        return a

    def is_one(self, a: int) -> bool:
        """Is the dimension known to be 1?"""
        return a == ONE or self.find(a) == ONE

    def is_scalar(self, pair: Pair) -> bool:
        """Are both dimensions known to be 1?"""
        return self.is_one(pair[0]) and self.is_one(pair[1])

    def is_known(self, a: int) -> bool:
        """Is the dimension one with a rigid one?"""
        return self._value[self.find(a)] is not None

    def kind(self, a: int) -> int:
        """Which open dimension it is; SEVERAL for a rigid one other than 1."""
        return self._kind[self.find(a)]

    def unify(self, a: int, b: int, why: Demand | None = None) -> bool:
        """Make two dimensions one; False where that cannot be."""
        x, y = self.find(a), self.find(b)
        if x == y:
            return True
        if self._value[x] is not None:
            x, y = y, x
        value = self._value[x]
        if value is not None or (y == ONE and self._kind[x] == SEVERAL):
            return False
        # x is open: it goes under y
        self._parent[x] = y
        if self._value[y] is None:
            self._kind[y] = min(self._kind[x], self._kind[y])
        self._edges.append((a, b, why))
        return True

    def settle(self) -> None:
        """Give every open dimension that is 1 by default its value."""
        for a in range(len(self._parent)):
            root = self.find(a)
            if self._value[root] is None and self._kind[root] == SINGLE:
                self._parent[root] = ONE

    def name_all(self, first: Iterable[int], taken: Iterable[str]) -> None:
        """Name the open dimensions, those in `first` before the others, in order of appearance."""
        used = set(taken)
        names = iter(NAMES)
        round_ = 0
        for a in (*first, *range(len(self._parent))):
            root = self.find(a)
            if self._value[root] is not None or root in self._names:
                continue
            name = next((n for n in names if n not in used), "")
            while not name or name in used:
                round_ += 1
                name = f"D{round_}"
            self._names[root] = name

    def dim(self, a: int) -> Dim:
        """The name or size of a dimension, after `name_all`."""
        root = self.find(a)
        value = self._value[root]
        return self._names[root] if value is None else value

    def reasons(self, a: int) -> list[Demand]:
        """Why a dimension has its rigid value: the demands on the way to it."""
        root = self.find(a)
        value = self._value[root]
        if value is None:
            return []
        goal = self._rigid[value]
        # the demands form a forest: there is one way
        near: dict[int, list[tuple[int, Demand | None]]] = {}
        for x, y, why in self._edges:
            near.setdefault(x, []).append((y, why))
            near.setdefault(y, []).append((x, why))
        came: dict[int, tuple[int, Demand | None]] = {a: (a, None)}
        queue = [a]
        for x in queue:
            for y, why in near.get(x, ()):
                if y not in came:
                    came[y] = (x, why)
                    queue.append(y)
        out: list[Demand] = []
        x = goal if goal in came else a
        while x != a:
            x, why = came[x]
            if why is not None:
                out.append(why)
        return out[::-1]
