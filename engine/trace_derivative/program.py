"""Straight-line programs of array operations: every distinct operation of many formulas once.

A `Program` is a list of operations, each with its operands before it; a value is named by its
place, its slot.  What depends on names alone (which axes an array has, in which order a sum over
indices is contracted) is settled when an operation is put in; a `Run` then only calls NumPy.
Values are arrays of shape `(..., *axes, rows, columns)`, the axes one an index in the order of
their names; in front stand the samples of one size, and the directions of a derivative.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache, partial
from heapq import heapify, heappop, heappush
from itertools import islice, starmap
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np

from . import functions, operators, sizes, spectral, stacks
from .contract import contract
from .expr import SCALAR, Dim, Shape
from .limits import check_time

Array: TypeAlias = np.ndarray[Any, Any]
Slot: TypeAlias = int
Axes: TypeAlias = tuple[str, ...]
Names: TypeAlias = frozenset[str]
Operation: TypeAlias = Callable[..., Array]

_NONE: Names = frozenset()
_MOST_ENTRIES = 1_000_000
"""A Kronecker product with more entries is left to the evaluator, which goes round it."""

_MOST_AXES = 5
"""A contraction that leaves as many is done two arrays at a time, in an order by the sizes."""


class OpenError(Exception):
    """What is asked for is not of the kind that a program does."""


class Program:
    """Operations, each put in once; the methods put one in and give its slot.

    `operands[slot]` is None for what depends on the point alone: a symbol, a constant.  `dims`
    are sizes that dimensions may have, by which the order of a contraction is chosen.
    """

    def __init__(self, dims: Mapping[str, int] = MappingProxyType({})) -> None:
        self.operations: list[Operation] = []
        self.operands: list[tuple[Slot, ...] | None] = []
        self.shapes: list[Shape] = []
        self.axes: list[Axes] = []
        self.names: list[Names] = []
        self.numbers: dict[Slot, Fraction] = {}
        self._factors: dict[Slot, tuple[Slot, ...]] = {}
        self._slots: dict[tuple[Any, ...], Slot] = {}
        self._dims = dims
        self._extents: dict[str, int] = {}

    # ------------------------------------------------------------------ leaves

    def symbol(self, name: str, shape: Shape, axes: Axes = ()) -> Slot:
        """The value of a name."""
        return self._leaf(
            ("symbol", name), lambda run: run.given(name), shape, axes, frozenset((name,))
        )

    def number(self, value: Fraction) -> Slot:
        """A number."""
        key = ("number", value.numerator, value.denominator)
        array = np.array([[stacks.to_float(value)]])
        slot = self._leaf(key, lambda run: array, SCALAR)
        self.numbers[slot] = value
        return slot

    def constant(self, kind: str, rows: Dim, columns: Dim) -> Slot:
        """An identity, or a matrix of ones or zeros."""

        def sized(run: Run) -> Array:
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
        axes = self.axes
        if len(args) == 1:
            return self._put(key, f, tuple(args), shape, axes[args[0]])
        own = [axes[a] for a in args]
        first = own[0]
        if any(other != first for other in own):
            first = tuple(sorted({name for names in own for name in names}))
            f = _aligned(f, own, first)
        return self._put(key, f, tuple(args), shape, first)

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
                chain = self.call("@", _matmul, (chain, a), shape)
                if shape == SCALAR:
                    scalars.append(chain)
                    chain = None
        if not scalars:
            assert chain is not None
            return chain
        scalar = self._product(scalars)
        if chain is None:
            return scalar
        return self.call("*", np.multiply, (scalar, chain), self.shapes[chain])

    def _product(self, scalars: Sequence[Slot]) -> Slot:
        """The product of scalars; a sum over indices takes it apart again."""
        if len(scalars) == 1:
            return scalars[0]
        flat: list[Slot] = []
        for a in scalars:
            flat += self._factors.get(a, (a,))
        slot = self.call("product", _multiplied, flat, SCALAR)
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
            fixed = not self.names[exponent] and self.shapes[exponent] == SCALAR
            f = _power if fixed else np.power
            return self.call("power", f, (base, exponent), shape)
        if value.denominator == 1:
            n = value.numerator
            return self.call(f"^{n}", lambda x: stacks.whole_power(x, n), (base,), shape)
        p = float(value)
        return self.call(f"^{value}", lambda x: x**p, (base,), shape)

    def matrix_power(self, base: Slot, n: int) -> Slot:
        """A power of a square matrix."""
        return self.call(
            f"matrix ^{n}",
            lambda x: np.linalg.matrix_power(x, n),
            (base,),
            self.shapes[base],
        )

    def matrix_function(self, name: str, args: Sequence[Slot]) -> Slot:
        """A function of a square matrix, or its power by a scalar."""
        f = functions.TABLE.get(name)
        of_arrays = partial(spectral.function_of, f.evaluate) if f else spectral.power
        return self.call(f"{name}m", of_arrays, args, self.shapes[args[0]])

    def frechet(self, name: str, args: Sequence[Slot]) -> Slot:
        """The derivative of a matrix function at a matrix, in a direction."""
        f = functions.TABLE.get(name)
        of_arrays = partial(spectral.derivative, f.evaluate) if f else spectral.power_derivative
        return self.call(f"d{name}m", of_arrays, args, self.shapes[args[0]])

    def block(self, grid: Sequence[Sequence[Slot]]) -> Slot:
        """Matrices put together in rows."""
        lengths = [len(row) for row in grid]
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
            return self.call("diagonal", stacks.diagonal, (a,), (m, 1))
        if name == "vec":
            return self.call("vec", stacks.vec, (a,), (sizes.product(m, n), 1))
        if name in _OF_MATRICES:
            f, scalar = _OF_MATRICES[name]
            return self.call(name, f, (a,), SCALAR if scalar else (m, n))
        entry = operators.TABLE[name]
        if entry.evaluate is None or entry.result != operators.SINGLE:
            raise OpenError
        return self.call(name, entry.evaluate, (a,), SCALAR)

    def kron(self, a: Slot, b: Slot) -> Slot:
        """The Kronecker product."""
        shape = tuple(starmap(sizes.product, zip(self.shapes[a], self.shapes[b], strict=True)))
        return self.call("kron", _kron, (a, b), (shape[0], shape[1]))

    def unvec(self, a: Slot, rows: Dim, columns: Dim) -> Slot:
        """The matrix of a shape with these columns."""
        key = ("unvec", a, rows, columns)
        extents = self._extent(rows), self._extent(columns)

        def reshaped(x: Array, m: Array, n: Array) -> Array:
            return stacks.unvec(x, int(m[0, 0]), int(n[0, 0]))

        return self._put(key, reshaped, (a, *extents), (rows, columns), self.axes[a])

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
        axes = tuple(sorted({*own, *[name for name in places if name is not None]}))
        for name, dim in zip(places, self.shapes[a], strict=True):
            if name is not None:
                self._extents[name] = self._typical(dim)
        f = _placing(kind, own, places, axes)
        return self._put(key, f, (a,), shape, axes)

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

        axes = tuple(name for name in own if name != index)
        return self._put(("rows", body, index), stacked, (body,), (dim, n), axes)

    def index_sum(self, ranges: Sequence[tuple[str, Dim | None]], body: Slot) -> Slot:
        """The sum over indices; a dimension is needed where the body has not the index."""
        if self.shapes[body] != SCALAR:
            return self._matrix_sum(ranges, body)
        factors = list(self._factors.get(body, (body,)))
        names = [name for name, _ in ranges]
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

    def _left(self, name: str, group: Sequence[Slot]) -> int:
        """How large an array is left of scalars when they are summed over an index.

        A chain is so worked off from its short end, and its products stay small.
        """
        axes = {other for a in group for other in self.axes[a] if other != name}
        return math.prod([self._extents.get(other, 2) for other in axes])

    def _typical(self, dim: Dim) -> int:
        if isinstance(dim, int):
            return dim
        return self._dims.get(dim) or (
            sizes.value(dim, self._typical) if sizes.is_composite(dim) else 2
        )

    def _matrix_sum(self, ranges: Sequence[tuple[str, Dim | None]], body: Slot) -> Slot:
        """The sum of a matrix over axes."""
        own = self.axes[body]
        if not all(name in own for name, _ in ranges):
            raise OpenError
        names = tuple(sorted(name for name, _ in ranges))
        axes = tuple(name for name in own if name not in names)
        places = tuple(own.index(name) - len(own) - 2 for name in names)
        key = ("sum", body, names)
        return self._slots.get(key) or self._put(
            key, lambda x: np.asarray(x.sum(axis=places)), (body,), self.shapes[body], axes
        )

    def _contracted(self, name: str, group: Sequence[Slot]) -> Slot:
        """The product of scalars summed over one index, which all of them have."""
        key = ("contracted", name, *group)
        found = self._slots.get(key)
        if found is not None:
            return found
        own = [self.axes[a] for a in group]
        axes = tuple(sorted({other for names in own for other in names} - {name}))
        if len(axes) >= _MOST_AXES:
            return self._at_length(name, group, own, axes)
        shared = set(own[0]).intersection(*own[1:])
        if len(group) == 2 and len(shared) == 1 and max(map(len, own)) < 3:
            f = _matrix_product(name, own[0], own[1])
        else:
            f = _einsum(own, axes)
        return self._put(key, f, tuple(group), SCALAR, axes)

    def _at_length(self, name: str, group: Sequence[Slot], own: Sequence[Axes], axes: Axes) -> Slot:
        """The same where there are many axes: in an order that depends on the sizes."""

        def f(*arrays: Array) -> Array:
            fronts = [x.ndim - 2 - len(names) for x, names in zip(arrays, own, strict=True)]
            operands = [
                (x[..., 0, 0], (*range(-front, 0), *names))
                for x, front, names in zip(arrays, fronts, own, strict=True)
            ]
            return contract(operands, (*range(-max(fronts), 0), *axes))[..., None, None]

        return self._put(("contracted", name, *group), f, tuple(group), SCALAR, axes)

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
        if [self._typical(d) for d in left] != [self._typical(d) for d in right]:
            raise OpenError
        return left

    def _leaf(
        self,
        key: tuple[Any, ...],
        f: Callable[[Run], Array],
        shape: Shape,
        axes: Axes = (),
        names: Names = _NONE,
    ) -> Slot:
        found = self._slots.get(key)
        if found is not None:
            return found
        return self._append(key, f, None, shape, axes, names)

    def _put(
        self,
        key: tuple[Any, ...],
        f: Operation,
        operands: tuple[Slot, ...],
        shape: Shape,
        axes: Axes,
    ) -> Slot:
        names = self.names[operands[0]]
        for a in operands[1:]:
            names |= self.names[a]
        return self._append(key, f, operands, shape, axes, names)

    def _append(
        self,
        key: tuple[Any, ...],
        f: Operation,
        operands: tuple[Slot, ...] | None,
        shape: Shape,
        axes: Axes,
        names: Names,
    ) -> Slot:
        slot = len(self.operations)
        self._slots[key] = slot
        self.operations.append(f)
        self.operands.append(operands)
        self.shapes.append(shape)
        self.axes.append(axes)
        self.names.append(names)
        return slot


_OF_MATRICES: dict[str, tuple[Operation, bool]] = {
    "tr": (stacks.trace, True),
    "sum": (stacks.total, True),
    "inv": (stacks.inverse, False),
    "tril": (np.tril, False),
    "triu": (np.triu, False),
}
"""Functions of one matrix, and whether they give a scalar."""


def _power(base: Array, exponent: Array) -> Array:
    """A power with an exponent that is made of sizes: exact on dual parts where it is whole."""
    p = float(exponent.flat[0])
    return stacks.whole_power(base, int(p)) if p.is_integer() else np.asarray(base**exponent)


def _kron(a: Array, b: Array) -> Array:
    if a.size * b.size > _MOST_ENTRIES:
        raise OpenError
    return stacks.kron(a, b)


class _Letters:
    """A letter for each label of a contraction."""

    def __init__(self) -> None:
        self._given: dict[Any, str] = {}

    def __call__(self, label: Any) -> str:
        found = self._given.get(label)
        if found is None:
            if len(self._given) >= 26:
                raise OpenError
            found = self._given[label] = chr(ord("a") + len(self._given))
        return found


def _placing(kind: str, own: Axes, places: tuple[str | None, str | None], axes: Axes) -> Operation:
    """The rows, the columns or both of an array as axes; a name that is there twice is one."""
    row, column = places
    whole = slice(None)
    behind = (None, whole) if kind == "row" else (None,) if None in places else (None, None)
    if not own and row != column:
        if row is None or (column is not None and column < row):
            return lambda x: x.swapaxes(-1, -2)[(..., *behind)]
        return lambda x: x[(..., whole, *behind)] if kind == "row" else x[(..., *behind)]
    letters = _Letters()
    last = [letters(p or ("place", k)) for k, p in enumerate(places)]
    left = [letter for letter, p in zip(last, places, strict=True) if p is None]
    before, after = [*map(letters, own), *last], [*map(letters, axes), *left]
    subscripts = f"...{''.join(before)}->...{''.join(after)}"
    return lambda x: np.asarray(np.einsum(subscripts, x)[(..., *behind)])


def _matmul(x: Array, y: Array) -> Array:
    """The matrix product.

    Where one factor alone is moved (complex, an axis of directions in front), all directions are
    rows or columns of one product: NumPy would convert and go through the other for each.
    """
    if x.dtype == y.dtype:
        return np.asarray(x @ y)
    common = np.result_type(x, y)
    if x.ndim == 4 and y.ndim == 3:
        f, s, m, k = x.shape
        rows = x.transpose(1, 0, 2, 3).reshape(s, f * m, k)
        product: Array = rows @ y.astype(common)
        return product.reshape(-1, f, m, y.shape[-1]).transpose(1, 0, 2, 3)
    if x.ndim == 3 and y.ndim == 4:
        f, s, k, n = y.shape
        columns = y.transpose(1, 2, 0, 3).reshape(s, k, f * n)
        stacked: Array = x.astype(common) @ columns
        return stacked.reshape(-1, x.shape[-2], f, n).transpose(2, 0, 1, 3)
    return np.asarray(x.astype(common, copy=False) @ y.astype(common, copy=False))


def _matrix_product(name: str, left: Axes, right: Axes) -> Operation:
    """The contraction of scalars with one axis or two, over the only one that they share."""
    rows = [other for other in left if other != name]
    columns = [other for other in right if other != name]
    ordered = rows + columns == sorted(rows + columns)

    def product(x: Array, y: Array) -> Array:
        x, y = x[..., 0], y[..., 0]
        if rows:
            x = x[..., 0].swapaxes(-1, -2) if left[0] == name else x[..., 0]
        else:
            x = x.swapaxes(-1, -2)
        if columns:
            y = y[..., 0].swapaxes(-1, -2) if right[0] != name else y[..., 0]
        found = _matmul(x, y)
        if rows and columns:
            return np.asarray((found if ordered else found.swapaxes(-1, -2))[..., None, None])
        if columns:
            found = found.swapaxes(-1, -2)
        return np.asarray(found[..., None] if rows or columns else found)

    return product


def _einsum(own: Sequence[Axes], wanted: Axes) -> Operation:
    """The contraction of scalars over all axes but those that are wanted."""
    letters = _Letters()
    inputs = ",".join("..." + "".join(map(letters, names)) for names in own)
    subscripts = f"{inputs}->...{''.join(map(letters, wanted))}"

    def contracted(*arrays: Array) -> Array:
        return np.asarray(np.einsum(subscripts, *[x[..., 0, 0] for x in arrays])[..., None, None])

    return contracted


def _multiplied(first: Array, *others: Array) -> Array:
    """The product of arrays entry by entry."""
    product = first
    for array in others:
        product = product * array
    return product


def _aligned(f: Operation, own: Sequence[Axes], wanted: Axes) -> Operation:
    """The function of arrays that first get the axes they lack, of length 1."""

    def aligned(*arrays: Array) -> Array:
        return f(*[x[_spreading(n, wanted)] for x, n in zip(arrays, own, strict=True)])

    return aligned


@lru_cache(maxsize=4096)
def _spreading(own: Axes, wanted: Axes) -> tuple[Any, ...]:
    """The subscript that gives an array the axes it lacks."""
    whole = slice(None)
    return (..., *[whole if name in own else None for name in wanted], whole, whole)


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
