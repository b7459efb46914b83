"""Dimensions by unification: a union-find of sizes with names, and the reasons for what it found.

A dimension is a number here.  It is rigid (a declared name or a whole number; two of them never
become one), open, or composite: a product or a sum of others.  An open one becomes 1 only where
its kind allows it: the sizes of a symbol are never 1 unless declared so, the left-out column count
of `ones` is 1 unless something else is demanded.  What is demanded of composite dimensions is an
equation between polynomials; `resolve` works equations off.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from itertools import chain, count
from typing import NamedTuple, TypeAlias

from . import sizes
from .sizes import Dim, Monomial
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


class Demand(NamedTuple):
    """Why two dimensions are one: the operation and what stands on its two sides in a text."""

    what: str
    text: int
    whole: Tree | IndexName
    left: Tree | IndexName
    right: Tree | IndexName | None = None


@dataclass(frozen=True, slots=True)
class Equation:
    """Two dimensions, one of them composite, that are demanded to be one."""

    a: int
    b: int
    why: Demand | None


class Dimensions:
    """The dimensions of one reading."""

    def __init__(self) -> None:
        self._parent: list[int] = [ONE]
        self._value: list[Dim | None] = [1]
        self._kind: list[int] = [SEVERAL]
        self._rigid: dict[Dim, int] = {1: ONE}
        self._edges: list[tuple[int, int, Demand | None]] = []
        self._names: dict[int, str] = {}
        self._parts: dict[int, tuple[str, tuple[int, ...]]] = {}
        self._equations: list[Equation] = []
        self._aliases: dict[int, int] = {}

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
        if place is None and sizes.is_composite(dim):
            place = self._rigid[dim] = self._place(sizes.polynomial(dim))
        elif place is None:
            place = self._rigid[dim] = self.open()
            self._value[place] = dim
        return place

    def product(self, *parts: int) -> int:
        """The dimension of a Kronecker product."""
        several = tuple(p for p in parts if not self.is_one(p))
        if len(several) < 2:
            return several[0] if several else ONE
        return self._composite("*", several)

    def total(self, *parts: int) -> int:
        """The dimension of parts that are put side by side."""
        return parts[0] if len(parts) == 1 else self._composite("+", parts)

    def _composite(self, sign: str, parts: tuple[int, ...]) -> int:
        place = self.open()
        self._parts[place] = (sign, parts)
        return place

    def rigid_names(self) -> frozenset[str]:
        """The names of all rigid dimensions."""
        if len(self._rigid) == 1:
            return frozenset()  # 1 alone
        return frozenset(name for d in self._rigid for name in sizes.atoms(d))

    def find(self, a: int) -> int:
        """The representative of a dimension."""
        parent = self._parent
        while parent[a] != a:
            parent[a] = a = parent[parent[a]]
        return a

    def is_one(self, a: int) -> bool:
        """Is the dimension known to be 1?"""
        root = a if self._parent[a] == a else self.find(a)
        if root in self._parts:
            sign, parts = self._parts[root]
            return sign == "*" and all(map(self.is_one, parts))
        return root == ONE

    def is_scalar(self, pair: Pair) -> bool:
        """Are both dimensions known to be 1?"""
        return self.is_one(pair[0]) and self.is_one(pair[1])

    def is_known(self, a: int) -> bool:
        """Is the dimension one with a rigid one, or composite?"""
        root = self.find(a)
        return self._value[root] is not None or root in self._parts

    def kind(self, a: int) -> int:
        """Which open dimension it is; SEVERAL for a rigid one other than 1."""
        return self._kind[self.find(a)]

    def unify(self, a: int, b: int, why: Demand | None = None) -> bool:
        """Make two dimensions one; False where that cannot be (of composites: see `resolve`)."""
        parent = self._parent
        x = a if parent[a] == a else self.find(a)
        y = b if parent[b] == b else self.find(b)
        if x == y:
            return True
        if self._parts and (x in self._parts or y in self._parts):
            return self._unify_composite(*((x, y) if x in self._parts else (y, x)), a, b, why)
        value, kind = self._value, self._kind
        if value[x] is not None:
            x, y = y, x
        if value[x] is not None or (y == ONE and kind[x] == SEVERAL):
            return False
        # x is open: it goes under y
        parent[x] = y
        if value[y] is None and kind[x] < kind[y]:
            kind[y] = kind[x]
        self._edges.append((a, b, why))
        return True

    def _unify_composite(self, x: int, y: int, a: int, b: int, why: Demand | None) -> bool:
        sign, parts = self._parts[x]
        if y == ONE:
            may = sign == "*" and all(self.is_one(p) or self._may_be_one(p) for p in parts)
            return may and all(self.unify(p, ONE, why) for p in parts)
        if self._value[y] is None and y not in self._parts:
            if self._has(x, y):
                return False
            self._parent[y] = x
            self._edges.append((a, b, why))
        else:
            self._equations.append(Equation(a, b, why))
        return True

    def _may_be_one(self, a: int) -> bool:
        return not self.is_known(a) and self.kind(a) != SEVERAL

    def _has(self, a: int, root: int) -> bool:
        """Is an open dimension a part of a dimension?"""
        a = self.find(a)
        return a == root or any(self._has(p, root) for p in self._parts.get(a, ("", ()))[1])

    # ------------------------------------------------------------ equations of composites

    def resolve(self, *, guess: bool) -> Equation | None:
        """Work off the equations that composite dimensions are in; one that cannot be, or None.

        With `guess`, what is left open is settled part by part, in the order of the parts.
        """
        while self._equations:
            before = len(self._equations)
            for equation in self._equations[:]:
                verdict = self._solved(equation)
                if verdict is False:
                    return equation
                if verdict:
                    self._equations.remove(equation)
            if len(self._equations) == before:
                if not guess:
                    return None
                equation = self._equations.pop(0)
                if not self._part_by_part(equation):
                    return equation
        return None

    def _solved(self, equation: Equation) -> bool | None:
        """Make an equation true; False where that cannot be, None where much is open."""
        left, right = self._polynomial(equation.a), self._polynomial(equation.b)
        if left == right:
            return True
        for one, other in ((equation.a, equation.b), (equation.b, equation.a)):
            if self._named(one, other):
                return True
        less, more = left - right, right - left
        if len(less) == len(more) == 1:
            return self._solve_product(*_cancelled(less, more), equation.why)
        for few, rest in ((less, more), (more, less)):
            alone = next(iter(few.items())) if len(few) == 1 else ((), 0)
            if alone[1] == 1 and len(alone[0]) == 1 and _is_open(alone[0][0]):
                return self._bind(alone[0][0], rest, equation.why)
        return None if _opens(less) | _opens(more) else False

    def _named(self, name: int, other: int) -> bool:
        """A declared name of a composite dimension."""
        root = self.find(name)
        value = self._value[root]
        if not isinstance(value, str) or root in self._aliases:
            return False
        if self.find(other) not in self._parts:
            return False
        if any(value in names for names in self._polynomial(other)):
            return False
        self._aliases[root] = other
        return True

    def _solve_product(
        self, left: tuple[Monomial, int], right: tuple[Monomial, int], why: Demand | None
    ) -> bool | None:
        """Two products without a common factor are one."""
        for (names, c), (others, d) in ((left, right), (right, left)):
            if len(names) == 1 and _is_open(names[0]):
                if d % c == 0:
                    return self._bind(names[0], Counter({others: d // c}), why)
                return False if not any(map(_is_open, others)) else None
        return None if any(map(_is_open, left[0] + right[0])) else False

    def _bind(self, name: str, value: Counter[Monomial], why: Demand | None) -> bool:
        if any(name in names for names in value):
            return False
        return bool(+value) and self.unify(int(name[1:]), self._place(value), why)

    def _part_by_part(self, equation: Equation) -> bool:
        """The parts of two products (or sums) are one in their order, what is common left out."""
        left, right = self._in_order(equation.a), self._in_order(equation.b)
        for part in left[:]:
            match = next((p for p in right if self.find(p) == self.find(part)), None)
            if match is not None:
                left.remove(part)
                right.remove(match)
        return len(left) == len(right) and all(
            self.unify(p, q, equation.why) for p, q in zip(left, right, strict=True)
        )

    def _in_order(self, a: int) -> list[int]:
        a = self.find(a)
        if a not in self._parts:
            return [a]
        sign, parts = self._parts[a]
        out: list[int] = []
        for p in map(self.find, parts):
            same = p in self._parts and self._parts[p][0] == sign
            out += self._in_order(p) if same else [p]
        return out

    def _polynomial(self, a: int) -> Counter[Monomial]:
        """A dimension in terms of names and of open dimensions, `?7`."""
        root = self.find(a)
        if root in self._parts:
            sign, parts = self._parts[root]
            combine = sizes.multiplied if sign == "*" else sizes.added
            return combine(map(self._polynomial, parts))
        value = self._value[root]
        if root in self._aliases:
            return self._polynomial(self._aliases[root])
        if isinstance(value, int):
            return Counter({(): value})
        return Counter({(f"?{root}" if value is None else value,): 1})

    def _place(self, whole: Counter[Monomial]) -> int:
        """The dimension of a polynomial."""
        terms = []
        for names, c in whole.items():
            known = [self.find(int(n[1:])) if _is_open(n) else self.rigid(n) for n in names]
            number = [self.rigid(c)] if c != 1 or not names else []
            terms.append(self.product(*number, *known))
        return self.total(*terms)

    def settle(self) -> None:
        """Give every open dimension that is 1 by default its value."""
        if SINGLE not in self._kind:
            return
        for a in range(len(self._parent)):
            root = self.find(a)
            if self._value[root] is None and self._kind[root] == SINGLE:
                self._parent[root] = ONE

    def name_all(self, first: Iterable[int], taken: Set[str]) -> None:
        """Name the open dimensions, those in `first` before the others, in order of appearance."""
        names, value, parent, parts = self._names, self._value, self._parent, self._parts
        fresh = _fresh_names(taken)
        for a in (*first, *range(len(parent))):
            root = a if parent[a] == a else self.find(a)
            if value[root] is None and root not in names and root not in parts:
                names[root] = next(fresh)

    def dim(self, a: int) -> Dim:
        """The name or size of a dimension, after `name_all`."""
        root = a if self._parent[a] == a else self.find(a)
        value = self._value[root]
        if root not in self._parts:
            return self._names[root] if value is None else value
        whole = self._polynomial(root)
        for alias, other in self._aliases.items():
            name = self._value[alias]
            if name is not None and self._polynomial(other) == whole:
                return name
        return self._text(whole)

    def _text(self, whole: Counter[Monomial]) -> Dim:
        """A polynomial with the names of open dimensions."""
        named = [
            sizes.product(c, *[self._names[int(n[1:])] if _is_open(n) else n for n in names])
            for names, c in whole.items()
        ]
        return sizes.total(*named)

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


def _fresh_names(used: Set[str]) -> Iterator[str]:
    """Names for inferred dimensions that are not in use."""
    for name in chain(NAMES, (f"D{n}" for n in count(1))):
        if name not in used:
            yield name


def _is_open(name: str) -> bool:
    """Is a name in a polynomial an open dimension?"""
    return name.startswith("?")


def _opens(whole: Counter[Monomial]) -> set[str]:
    return {n for names in whole for n in names if _is_open(n)}


def _cancelled(
    left: Counter[Monomial], right: Counter[Monomial]
) -> tuple[tuple[Monomial, int], tuple[Monomial, int]]:
    """Two products without the factors that both have."""
    ((one, c),), ((two, d),) = left.items(), right.items()
    a, b = Counter(one), Counter(two)
    common = math.gcd(c, d)
    return (
        (tuple(sorted((a - b).elements())), c // common),
        (tuple(sorted((b - a).elements())), d // common),
    )
