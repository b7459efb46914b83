"""Straight-line programs of array operations: every distinct operation of many formulas once.

A `Program` is a list of operations, each with its operands before it; a value is named by its
place, its slot.  What depends on names alone (which axes an array has, in which order a sum over
indices is contracted) is settled when an operation is put in; a run then only calls NumPy.
Values are arrays of shape `(..., *axes, rows, columns)`, the axes one an index in the order of
their names; in front stand the samples of one size, and the directions of a derivative.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import islice, starmap

import numpy as np

from . import functions, operators, sizes, spectral, stacks
from .expr import SCALAR, Dim
from .index_sums import IndexSums
from .planned import OpenError, kron
from .slots import Array, Operation, Point, Slot

__all__ = ["Point", "Program", "Slot"]


class Program(IndexSums):
    """Operations, each put in once; the methods put one in and give its slot."""

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
        entry = functions.get(name)
        f = entry.evaluate if entry.analytic or entry.arity > 1 else _of_rounded(entry.evaluate)
        return self.call(f"{name}()", f, args, shape)

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
        f = entry.evaluate if entry.analytic else _of_rounded(entry.evaluate)
        return self.call(name, f, (a,), SCALAR)

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
            key, reshaped, (a, *lengths), (rows, columns), self.axes[a], self.lengths[a]
        )


def _of_rounded(f: Operation) -> Operation:
    """A function with kinks at zero: at samples no number is near them that is not at them."""
    return lambda x: f(functions.at_kinks(x))


_OF_MATRICES: dict[str, tuple[Operation, bool]] = {
    "tr": (stacks.trace, True),
    "sum": (stacks.total, True),
    "inv": (stacks.inverse, False),
    "tril": (np.tril, False),
    "triu": (np.triu, False),
}
"""Functions of one matrix, and whether they give a scalar."""
