"""Straight-line programs of array operations: every distinct operation of many formulas once.

A `Program` is a list of operations, each with its operands before it; a value is named by its
place, its slot.  What depends on names alone (which axes an array has, in which order a sum over
indices is contracted) is settled when an operation is put in; a run then only calls NumPy.
Values are arrays of shape `(..., *axes, rows, columns)`, the axes one an index in the order of
their names; in front stand the samples of one size, and the directions of a derivative.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from fractions import Fraction
from functools import partial
from heapq import heapify, heappop, heappush
from itertools import islice, starmap
from typing import Any, Protocol, TypeAlias

import numpy as np

from . import functions, operators, sizes, spectral, stacks
from .expr import SCALAR, Dim, Shape
from .planned import (
    OpenError,
    aligned,
    contraction,
    contraction_at_length,
    kron,
    matmul,
    matrix_product,
    multiplied,
    placing,
    power,
)

Array: TypeAlias = np.ndarray[Any, Any]
Slot: TypeAlias = int
Axes: TypeAlias = tuple[str, ...]
Names: TypeAlias = frozenset[str]
Operation: TypeAlias = Callable[..., Array]

_NONE: Names = frozenset()
_COLUMN, _ROW = "~column", "~row"
"""Axes for the columns and rows of a matrix; no index has such a name, nor one behind them."""

_MOST_PRODUCTS = 20_000
"""A contraction with more products, unless it is a matrix product, has its order by the sizes."""


class Point(Protocol):
    """Where a program is run: what the leaves need to know."""

    def given(self, name: str) -> Array:
        """The value of a name."""

    def size(self, dim: Dim) -> int:
        """The size of a dimension."""


class Program:
    """Operations, each put in once; the methods put one in and give its slot.

    `operands[slot]` is None for what depends on the point alone: a symbol, a constant.  `dims`
    are sizes that dimensions may have: by them the order of a contraction is chosen, and what
    does not fit is refused, which NumPy would repeat along an axis of length 1.
    """

    def __init__(self, dims: Mapping[str, int] | None = None) -> None:
        self.operations: list[Operation] = []
        self.operands: list[tuple[Slot, ...] | None] = []
        self.shapes: list[Shape] = []
        self.axes: list[Axes] = []
        self.names: list[Names] = []
        self.numbers: dict[Slot, Fraction] = {}
        self._factors: dict[Slot, tuple[Slot, ...]] = {}
        self._scaled: dict[Slot, tuple[Slot, Slot]] = {}
        self._slots: dict[tuple[Any, ...], Slot] = {}
        self.extents: list[tuple[int, ...]] = []
        self._dims = dims

    # ------------------------------------------------------------------ leaves

    def symbol(
        self, name: str, shape: Shape, axes: Axes = (), extents: tuple[int, ...] = ()
    ) -> Slot:
        """The value of a name; the axes that it has are as long as `extents`."""
        key, names = ("symbol", name), frozenset((name,))
        return self._leaf(key, lambda run: run.given(name), shape, axes, extents, names)

    def number(self, value: Fraction) -> Slot:
        """A number."""
        key = ("number", value.numerator, value.denominator)
        array = np.array([[stacks.to_float(value)]])
        slot = self._leaf(key, lambda run: array, SCALAR)
        self.numbers[slot] = value
        return slot

    def constant(self, kind: str, rows: Dim, columns: Dim) -> Slot:
        """An identity, or a matrix of ones or zeros."""

        def sized(run: Point) -> Array:
            shape = run.size(rows), run.size(columns)
            if kind == "eye":
                return np.eye(*shape)
            return np.ones(shape) if kind == "ones" else np.zeros(shape)

        return self._leaf((kind, rows, columns), sized, (rows, columns))

    def delta(self, i: str, j: str, dim: Dim) -> Slot:
        """Kronecker's delta of two indices over one dimension."""
        if i == j:
            return self.number(Fraction(1))
        axes = (min(i, j), max(i, j))
        return self._leaf(
            ("delta", *axes, dim),
            lambda run: np.eye(run.size(dim))[..., None, None],
            SCALAR,
            axes,
            (self._typical(dim),) * 2,
        )

    def _extent(self, dim: Dim) -> Slot:
        """The size of a dimension as a number."""
        return self._leaf(("extent", dim), lambda run: np.array([[float(run.size(dim))]]), SCALAR)

    # ------------------------------------------------------------------ any function

    def call(self, name: str, f: Operation, args: Sequence[Slot], shape: Shape) -> Slot:
        """A function of aligned arrays."""
        key = (name, shape, *args)
        found = self._slots.get(key)
        if found is not None:
            return found
        if len(args) == 1:
            (a,) = args
            return self._put(key, f, (a,), shape, self.axes[a], self.extents[a])
        axes, extents = self._together(args)
        own = [self.axes[a] for a in args]
        if any(names != axes for names in own):
            f = aligned(f, own, axes)
        return self._put(key, f, tuple(args), shape, axes, extents)

    def _together(self, slots: Sequence[Slot]) -> tuple[Axes, tuple[int, ...]]:
        """The axes that slots have together, in the order of their names, and their lengths."""
        axes, extents = self.axes[slots[0]], self.extents[slots[0]]
        found = dict(zip(axes, extents, strict=True))
        for a in slots[1:]:
            if self.axes[a] == axes and self.extents[a] == extents:
                continue
            for name, extent in zip(self.axes[a], self.extents[a], strict=True):
                if found.setdefault(name, extent) != extent:
                    raise OpenError
        if len(found) == len(axes):
            return axes, extents
        axes = tuple(sorted(found))
        return axes, tuple([found[name] for name in axes])

    # ------------------------------------------------------------------ arithmetic

    def add(self, terms: Sequence[tuple[Slot, int]]) -> Slot:
        """The sum of terms with their signs."""
        (total, sign), *rest = terms
        if sign < 0:
            total = self.negative(total)
        for term, sign in rest:
            shape = self._one_shape(total, term)
            name, f = ("+", np.add) if sign > 0 else ("-", np.subtract)
            total = self.call(name, f, (total, term), shape)
        return total

    def negative(self, a: Slot) -> Slot:
        """The negative."""
        if a in self.numbers:
            return self.number(-self.numbers[a])
        return self.call("negative", np.negative, (a,), self.shapes[a])

    def multiply(self, factors: Iterable[Slot]) -> Slot:
        """The matrix product, from the left; scalars may stand anywhere among the factors."""
        scalars: list[Slot] = []
        chain: Slot | None = None
        for a in factors:
            if self.shapes[a] == SCALAR:
                scalars.append(a)
            elif chain is None:
                chain = a
            else:
                shape = (self.shapes[chain][0], self.shapes[a][1])
                chain = self.call("@", matmul, (chain, a), shape)
                if shape == SCALAR:
                    scalars.append(chain)
                    chain = None
        if not scalars:
            assert chain is not None
            return chain
        scalar = self._product(scalars)
        if chain is None:
            return scalar
        slot = self.call("*", np.multiply, (scalar, chain), self.shapes[chain])
        self._scaled[slot] = scalar, chain
        return slot

    def _product(self, scalars: Sequence[Slot]) -> Slot:
        """The product of scalars; a sum over indices takes it apart again."""
        if len(scalars) == 1:
            return scalars[0]
        flat: list[Slot] = []
        for a in scalars:
            flat += self._factors.get(a, (a,))
        slot = self.call("product", multiplied, flat, SCALAR)
        self._factors[slot] = tuple(flat)
        return slot

    def elementwise(self, sign: str, a: Slot, b: Slot) -> Slot:
        """`A.*B`, `A./B`; a scalar goes with every entry."""
        shape = self._one_shape(a, b, scalars=True)
        return self.call(sign, np.multiply if sign == ".*" else np.divide, (a, b), shape)

    def divide(self, a: Slot, b: Slot) -> Slot:
        """`A/b`, `A./B`, a quotient of scalars as the product with a reciprocal."""
        top, bottom = self.numbers.get(a), self.numbers.get(b)
        if top is not None and bottom:
            return self.number(top / bottom)
        if self.shapes[a] == self.shapes[b] == SCALAR:
            return self._product((a, self.power(b, self.number(Fraction(-1)))))
        return self.elementwise("./", a, b)

    def power(self, base: Slot, exponent: Slot) -> Slot:
        """A power of a scalar, or of each entry."""
        value = self.numbers.get(exponent)
        shape = self.shapes[base]
        if value is None:
            shape = self._one_shape(base, exponent, scalars=True)
            fixed = not self.names[exponent] and not self.axes[exponent]
            f = power if fixed and self.shapes[exponent] == SCALAR else np.power
            return self.call("power", f, (base, exponent), shape)
        if value.denominator == 1:
            n = value.numerator
            return self.call(f"^{n}", lambda x: stacks.whole_power(x, n), (base,), shape)
        p = float(value)
        return self.call(f"^{value}", lambda x: x**p, (base,), shape)

    def matrix_power(self, base: Slot, n: int) -> Slot:
        """A power of a square matrix."""
        self._square(base)
        return self.call(
            f"matrix ^{n}",
            lambda x: np.linalg.matrix_power(x, n),
            (base,),
            self.shapes[base],
        )

    def matrix_function(self, name: str, args: Sequence[Slot]) -> Slot:
        """A function of a square matrix, or its power by a scalar."""
        self._square(args[0])
        f = functions.TABLE.get(name)
        of_arrays = partial(spectral.function_of, f.evaluate) if f else spectral.power
        return self.call(f"{name}m", of_arrays, args, self.shapes[args[0]])

    def frechet(self, name: str, args: Sequence[Slot]) -> Slot:
        """The derivative of a matrix function at a matrix, in a direction."""
        self._square(args[0])
        f = functions.TABLE.get(name)
        of_arrays = partial(spectral.derivative, f.evaluate) if f else spectral.power_derivative
        return self.call(f"d{name}m", of_arrays, args, self.shapes[args[0]])

    def block(self, grid: Sequence[Sequence[Slot]]) -> Slot:
        """Matrices put together in rows."""
        lengths = [len(row) for row in grid]
        if len(set(lengths)) > 1:
            raise OpenError
        rows = sizes.total(*[self.shapes[row[0]][0] for row in grid])
        columns = sizes.total(*[self.shapes[a][1] for a in grid[0]])

        def together(*arrays: Array) -> Array:
            whole = iter(stacks.of_one_stack(arrays))
            lines = [np.concatenate(list(islice(whole, n)), axis=-1) for n in lengths]
            return np.concatenate(lines, axis=-2)

        name = f"block {lengths}"
        return self.call(name, together, [a for row in grid for a in row], (rows, columns))

    def transpose(self, a: Slot) -> Slot:
        """The transpose."""
        m, n = self.shapes[a]
        return a if m == n == 1 else self.call("'", stacks.transpose, (a,), (n, m))

    def function(self, name: str, args: Sequence[Slot]) -> Slot:
        """A function of each entry."""
        if len(args) != functions.get(name).arity:
            raise OpenError
        shape = self.shapes[args[0]]
        for other in args[1:]:
            shape = self._one_shape(args[0], other, scalars=True)
        return self.call(f"{name}()", functions.get(name).evaluate, args, shape)

    def operation(self, name: str, a: Slot) -> Slot:
        """A function of a matrix that gives a scalar or a matrix, by its canonical name."""
        m, n = self.shapes[a]
        if name == "diag":
            if 1 in (m, n):
                size = m if n == 1 else n
                return self.call("diag", stacks.diagonal_matrix, (a,), (size, size))
            self._square(a)
            return self.call("diagonal", stacks.diagonal, (a,), (m, 1))
        if name == "vec":
            return self.call("vec", stacks.vec, (a,), (sizes.product(m, n), 1))
        if name in _OF_MATRICES:
            f, scalar = _OF_MATRICES[name]
            if name != "sum":
                self._square(a)
            return self.call(name, f, (a,), SCALAR if scalar else (m, n))
        entry = operators.TABLE[name]
        if entry.evaluate is None or entry.result != operators.SINGLE:
            raise OpenError
        if operators.dims_of(entry, [self._sizes(a)]) is None:
            raise OpenError
        return self.call(name, entry.evaluate, (a,), SCALAR)

    def kron(self, a: Slot, b: Slot) -> Slot:
        """The Kronecker product."""
        shape = tuple(starmap(sizes.product, zip(self.shapes[a], self.shapes[b], strict=True)))
        return self.call("kron", kron, (a, b), (shape[0], shape[1]))

    def unvec(self, a: Slot, rows: Dim, columns: Dim) -> Slot:
        """The matrix of a shape with these columns."""
        if self.shapes[a][1] != 1:
            raise OpenError
        key = ("unvec", a, rows, columns)
        lengths = self._extent(rows), self._extent(columns)

        def reshaped(x: Array, m: Array, n: Array) -> Array:
            return stacks.unvec(x, int(m[0, 0]), int(n[0, 0]))

        return self._put(
            key, reshaped, (a, *lengths), (rows, columns), self.axes[a], self.extents[a]
        )

    # ------------------------------------------------------------------ indices

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
        lengths = dict(zip(own, self.extents[a], strict=True))
        for name, dim in zip(places, self.shapes[a], strict=True):
            size = self._typical(dim)
            if name is not None and lengths.setdefault(name, size) != size:
                raise OpenError
        axes = tuple(sorted(lengths))
        extents = tuple([lengths[name] for name in axes])
        return self._put(key, placing(kind, own, places, axes), (a,), shape, axes, extents)

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

        axes, extents = _without(own, self.extents[body], (index,))
        return self._put(("rows", body, index), stacked, (body,), (dim, n), axes, extents)

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
        queue = [(self._left(name, group), name) for name, group in where.items()]
        heapify(queue)
        while where:
            left, name = heappop(queue)
            if name not in where or left != self._left(name, where[name]):
                continue  # it is in the queue again, as it is at present
            if self._is_heavy(where[name]):
                return self._all_at_once(frozenset(where), factors)
            group = where.pop(name)
            summed = self._contracted(name, group)
            for a in group:
                factors.remove(a)
                for other in self.axes[a]:
                    if other in where:
                        where[other].remove(a)
            factors.append(summed)
            for other in self.axes[summed]:
                if other in where:
                    where[other].append(summed)
                    heappush(queue, (self._left(other, where[other]), other))
        return self.multiply(factors)

    def _is_heavy(self, group: Sequence[Slot]) -> bool:
        """Are there many products, and no product of two matrices?"""
        small = len(group) == 2 and max(len(self.axes[a]) for a in group) < 3
        return not small and math.prod(self._together(group)[1]) > _MOST_PRODUCTS

    def _all_at_once(self, names: frozenset[str], factors: Sequence[Slot]) -> Slot:
        """The sum of a product over many indices, in an order that is found by the sizes."""
        inside = [a for a in factors if not names.isdisjoint(self.axes[a])]
        outside = [a for a in factors if names.isdisjoint(self.axes[a])]
        key = ("contracted", names, *inside)
        found = self._slots.get(key)
        if found is None:
            own = [self.axes[a] for a in inside]
            axes, extents = _without(*self._together(inside), names)
            f = contraction_at_length(own, axes)
            found = self._put(key, f, tuple(inside), SCALAR, axes, extents)
        return self.multiply([*outside, found])

    def _left(self, name: str, group: Sequence[Slot]) -> int:
        """How large an array is left of scalars when they are summed over an index.

        A chain is so worked off from its short end, and its products stay small.
        """
        return math.prod(_without(*self._together(group), (name,))[1])

    def _typical(self, dim: Dim) -> int:
        if self._dims is None:
            return 2  # nothing is compared
        if isinstance(dim, int):
            return dim
        return self._dims.get(dim) or (
            sizes.value(dim, self._typical) if sizes.is_composite(dim) else 2
        )

    def _matrix_sum(self, ranges: Sequence[tuple[str, Dim | None]], body: Slot) -> Slot:
        """The sum of a matrix over axes; one with a scalar in front is contracted by entries."""
        if body in self._scaled:
            scalar, chain = self._scaled[body]
            entries = self.entry(chain, _ROW, _COLUMN)
            summed = self.index_sum(ranges, self._product((scalar, entries)))
            axes, extents = _without(self.axes[summed], self.extents[summed], (_ROW, _COLUMN))
            key: tuple[Any, ...] = ("matrix", summed)
            return self._slots.get(key) or self._put(
                key,
                lambda x: x[..., 0, 0].swapaxes(-1, -2),
                (summed,),
                self.shapes[body],
                axes,
                extents,
            )
        own = self.axes[body]
        if not all(name in own for name, _ in ranges):
            raise OpenError
        names = tuple(sorted(name for name, _ in ranges))
        axes, extents = _without(own, self.extents[body], names)
        places = tuple(own.index(name) - len(own) - 2 for name in names)
        key = ("sum", body, names)
        return self._slots.get(key) or self._put(
            key,
            lambda x: np.asarray(x.sum(axis=places)),
            (body,),
            self.shapes[body],
            axes,
            extents,
        )

    def _contracted(self, name: str, group: Sequence[Slot]) -> Slot:
        """The product of scalars summed over one index, which all of them have."""
        key = ("contracted", name, *group)
        found = self._slots.get(key)
        if found is not None:
            return found
        own = [self.axes[a] for a in group]
        axes, extents = _without(*self._together(group), (name,))
        shared = set(own[0]).intersection(*own[1:])
        if len(group) == 2 and len(shared) == 1 and max(map(len, own)) < 3:
            f = matrix_product(name, own[0], own[1])
        else:
            f = contraction(own, axes)
        return self._put(key, f, tuple(group), SCALAR, axes, extents)

    # ------------------------------------------------------------------ putting in

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

    def _leaf(
        self,
        key: tuple[Any, ...],
        f: Callable[[Point], Array],
        shape: Shape,
        axes: Axes = (),
        extents: tuple[int, ...] = (),
        names: Names = _NONE,
    ) -> Slot:
        found = self._slots.get(key)
        if found is not None:
            return found
        return self._append(key, f, None, shape, axes, extents, names)

    def _put(
        self,
        key: tuple[Any, ...],
        f: Operation,
        operands: tuple[Slot, ...],
        shape: Shape,
        axes: Axes,
        extents: tuple[int, ...],
    ) -> Slot:
        names = self.names[operands[0]]
        for a in operands[1:]:
            names |= self.names[a]
        return self._append(key, f, operands, shape, axes, extents, names)

    def _append(
        self,
        key: tuple[Any, ...],
        f: Operation,
        operands: tuple[Slot, ...] | None,
        shape: Shape,
        axes: Axes,
        extents: tuple[int, ...],
        names: Names,
    ) -> Slot:
        slot = len(self.operations)
        self._slots[key] = slot
        self.operations.append(f)
        self.operands.append(operands)
        self.shapes.append(shape)
        self.axes.append(axes)
        self.extents.append(extents)
        self.names.append(names)
        return slot


def _without(
    axes: Axes, extents: tuple[int, ...], names: Container[str]
) -> tuple[Axes, tuple[int, ...]]:
    """Axes and their lengths, but for those of some names."""
    kept = [(name, n) for name, n in zip(axes, extents, strict=True) if name not in names]
    return tuple([name for name, _ in kept]), tuple([n for _, n in kept])


_OF_MATRICES: dict[str, tuple[Operation, bool]] = {
    "tr": (stacks.trace, True),
    "sum": (stacks.total, True),
    "inv": (stacks.inverse, False),
    "tril": (np.tril, False),
    "triu": (np.triu, False),
}
"""Functions of one matrix, and whether they give a scalar."""
