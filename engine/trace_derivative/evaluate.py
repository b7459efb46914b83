"""Values of expressions: every node becomes one array with a named leading axis a free index.

Input are arrays by symbol name, real or complex; output is a NumPy array.  The value of a node
has the shape `(*sizes of its axes, rows, columns)`, so a sum over an index is a sum over an
axis, and no environment of indices is needed: values are built bottom-up and remembered by
node.  Traces, sums and norms of very large Kronecker products are taken factor by factor, by the
rule that the derivation uses too; tests compare it with the product itself.  Nothing is
conjugated, so that the complex step can pass through everything.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from . import expr as ex, functions, kronecker, operators, sizes, spectral, stacks, templates
from .contract import Label, Operand, contract
from .errors import ShapeError, UnsupportedError
from .expr import Dim, Expr, Index
from .limits import check_time, limited
from .stacks import Axes, Value, align, distinct, spread, times, to_float

Array: TypeAlias = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Axed:
    """The value of a symbol that also depends on named axes: they are the array's first ones.

    An axis has the name of an index, or one that no index can have (`#`).
    """

    array: Array
    axes: Axes


Given: TypeAlias = "npt.ArrayLike | Axed"


def evaluate(e: Expr, values: Mapping[str, Given], dims: Mapping[str, int] | None = None) -> Array:
    """The value of an expression without free indices.

    A column vector is returned as `(n,)`, a scalar as a 0-dimensional array.
    """
    with limited():
        return np.array(Evaluator(values, dims).value(e))


_MOST_ENTRIES = 20_000
"""A Kronecker product with more entries is not made where its sum, trace or norm is wanted."""

_OF_STACKS: dict[type[ex.Node], Callable[[Array], Array]] = {
    ex.Transpose: stacks.transpose,
    ex.Trace: stacks.trace,
    ex.Diag: stacks.diagonal_matrix,
    ex.Diagonal: stacks.diagonal,
    ex.Inverse: stacks.inverse,
    ex.Total: stacks.total,
}
"""The functions of one matrix."""


class Evaluator:
    """Values of any number of expressions for one assignment; shared parts are computed once."""

    def __init__(self, values: Mapping[str, Given], dims: Mapping[str, int] | None = None) -> None:
        self._values = values
        self._dims: dict[str, int] = dict(dims or {})
        self._memo: dict[Expr, Value] = {}
        self._root: Expr = ex.ZERO
        self._axis_sizes: dict[str, int] = {}
        self._fresh = 0
        for given in values.values():
            if isinstance(given, Axed):
                self._axis_sizes.update(zip(given.axes, given.array.shape, strict=False))

    @property
    def given(self) -> Mapping[str, Given]:
        """The values of the symbols."""
        return self._values

    @property
    def sizes(self) -> Mapping[str, int]:
        """The sizes of the dimensions that are known so far."""
        return self._dims

    def array(self, e: Expr) -> Value:
        """The array of shape `(*axes, rows, columns)` and its axes, in no special order."""
        self._root = e
        with np.errstate(all="ignore"):
            return self._at(e)

    def value(self, e: Expr, axes: Sequence[Index | str] = ()) -> Array:
        """The value with these axes in front: `(*axes)` for a scalar, `(*axes, n)` for a vector."""
        array, own = self.array(e)
        names = tuple(str(a) for a in axes)
        if own != names:
            if extra := set(own) - set(names):
                raise UnsupportedError(f"the index {min(extra)} is free in {e}")
            array = spread(array, own, names)
            sizes = tuple(self._axis_size(a, e) for a in axes)
            array = np.broadcast_to(array, (*sizes, *array.shape[-2:]))
        if e.shape[1] != 1:
            return array
        return array[..., 0, 0] if e.shape == ex.SCALAR else array[..., 0]

    def size(self, dim: Dim) -> int:
        """The size of a dimension."""
        if isinstance(dim, int):
            return dim
        if sizes.is_composite(dim):
            return sizes.value(dim, self.size)
        if dim not in self._dims:
            for node in ex.walk(self._root):
                if isinstance(node, ex.Symbol):
                    self._at(node)
        if dim not in self._dims:
            raise ShapeError(
                f"the size of dimension {dim} is not known",
                hint=f"give it, dims={{'{dim}': 3}}",
            )
        return self._dims[dim]

    def _axis_size(self, axis: Index | str, e: Expr) -> int:
        if isinstance(axis, Index):
            return self.size(axis.dim)
        for index in e.free:
            if index.name == axis:
                return self.size(index.dim)
        if axis not in self._axis_sizes:
            raise ShapeError(f"the size of axis {axis} is not known")
        return self._axis_sizes[axis]

    def _at(self, e: Expr) -> Value:
        found = self._memo.get(e)
        if found is None:
            found = self._memo[e] = self.compute(e)
        return found

    def _is_vast(self, e: Expr) -> bool:
        """Is the argument a Kronecker product of very many entries?"""
        if not ex.holds(e, ex.Kron):
            return False
        _, arg = ex.split_front(e.parts[0])
        if not isinstance(arg, ex.Kron):
            return False
        return math.prod(self.size(d) for d in arg.shape) > _MOST_ENTRIES

    # ---------------------------------------------------------------- one node

    def compute(self, e: Expr) -> Value:
        """The value of a node from those of its parts."""
        check_time()
        if isinstance(e, ex.Trace | ex.Total | ex.Operation) and self._is_vast(e):
            apart = kronecker.factorised(e)
            if apart != e:
                return self._at(apart)
        return _VALUES[type(e)](self, e)

    def _of_stack(self, e: Expr) -> Value:
        array, axes = self._at(e.parts[0])
        return _OF_STACKS[type(e)](array), axes

    def _number(self, e: ex.Number) -> Value:
        return np.array([[to_float(e.value)]]), ()

    def _vec(self, e: ex.Vec) -> Value:
        array, axes = self._at(e.arg)
        return stacks.vec(array), axes

    def _unvec(self, e: ex.Unvec) -> Value:
        array, axes = self._at(e.arg)
        return stacks.unvec(array, self.size(e.shape[0]), self.size(e.shape[1])), axes

    def _quotient(self, e: ex.Quotient) -> Value:
        top, bottom, axes = align(self._at(e.numerator), self._at(e.denominator))
        return top / bottom, axes

    def _apply(self, e: ex.Apply) -> Value:
        return self._called(functions.get(e.function).evaluate, e.args)

    def _operation(self, e: ex.Operation) -> Value:
        meaning = templates.definition(e)
        if meaning is not None:
            return self._at(meaning)
        of_arrays = operators.TABLE[e.operator].evaluate
        assert of_arrays is not None
        return self._called(of_arrays, e.args)

    def _triangle(self, e: ex.Triangle) -> Value:
        array, axes = self._at(e.arg)
        return (np.tril if e.part == "lower" else np.triu)(array), axes

    def _constant(self, e: ex.Identity | ex.Ones | ex.Zeros) -> Value:
        rows, columns = self.size(e.shape[0]), self.size(e.shape[1])
        if isinstance(e, ex.Identity):
            return np.eye(rows), ()
        return (np.ones if isinstance(e, ex.Ones) else np.zeros)((rows, columns)), ()

    def _matrix_power(self, e: ex.MatrixPower) -> Value:
        array, axes = self._at(e.base)
        return np.linalg.matrix_power(array, e.exponent), axes

    def _row(self, e: ex.Row) -> Value:
        array, axes = self._at(e.arg)
        return distinct(array[..., None, :], (*axes, e.index.name))

    def _column(self, e: ex.Column) -> Value:
        array, axes = self._at(e.arg)
        return distinct(stacks.transpose(array)[..., None], (*axes, e.index.name))

    def _delta(self, e: ex.Delta) -> Value:
        return np.eye(self.size(e.row.dim))[..., None, None], (e.row.name, e.column.name)

    def _symbol(self, e: ex.Symbol) -> Value:
        given = self._values.get(e.name)
        if given is None:
            raise UnsupportedError(f"no value is given for {e.name}")
        array = np.asarray(given.array if isinstance(given, Axed) else given)
        axes = given.axes if isinstance(given, Axed) else ()
        if array.dtype.kind not in "fc":
            array = _as_float(array, e.name)
        array = _two_dimensional(array, e, len(axes))
        for dim, size in zip(e.shape, array.shape[-2:], strict=True):
            known = self._known_size(dim, size)
            if known != size:
                raise ShapeError(
                    f"the value of {e.name}, {ex.describe(e.shape)}, has size {size} "
                    f"where {_called(dim, known)} is needed"
                )
        return array, axes

    def _known_size(self, dim: Dim, size: int) -> int:
        """The size that a dimension has by the values so far; `size` where there are none."""
        if isinstance(dim, int):
            return dim
        if sizes.is_composite(dim):
            known = sizes.atoms(dim) <= self._dims.keys()
            return sizes.value(dim, self._dims.__getitem__) if known else size
        return self._dims.setdefault(dim, size)

    def _add(self, e: ex.Add) -> Value:
        total = self._at(e.terms[0])
        for term in e.terms[1:]:
            a, b, axes = align(total, self._at(term))
            total = a + b, axes
        return total

    def _mul(self, e: ex.Mul) -> Value:
        value = self._chain(e.matrices) if e.matrices else None
        for scalar in e.scalars:
            value = self._at(scalar) if value is None else times(self._at(scalar), value)
        assert value is not None
        return value if e.coefficient == 1 else (value[0] * to_float(e.coefficient), value[1])

    def _chain(self, matrices: tuple[Expr, ...]) -> Value:
        """A matrix product, from the right when it ends in a column."""
        values = [self._at(m) for m in matrices]
        if matrices[-1].shape[1] == 1:
            right = values[-1]
            for left in reversed(values[:-1]):
                a, b, axes = align(left, right)
                right = a @ b, axes
            return right
        left = values[0]
        for right in values[1:]:
            a, b, axes = align(left, right)
            left = a @ b, axes
        return left

    def _hadamard(self, e: ex.Hadamard) -> Value:
        product = self._at(e.factors[0])
        for factor in e.factors[1:]:
            product = times(product, self._at(factor))
        return product

    def _called(self, f: Callable[..., Array], args: tuple[Expr, ...]) -> Value:
        """A function of arrays at arguments with their axes aligned."""
        if len(args) == 1:
            array, axes = self._at(args[0])
            return f(array), axes
        a, b, axes = align(self._at(args[0]), self._at(args[1]))
        return f(a, b), axes

    def _block(self, e: ex.Block) -> Value:
        rows = [stacks.side_by_side([self._at(part) for part in row], -1) for row in e.grid]
        return stacks.side_by_side(rows, -2)

    def _kron(self, e: ex.Kron) -> Value:
        product = self._at(e.factors[0])
        for factor in e.factors[1:]:
            a, b, axes = align(product, self._at(factor))
            product = stacks.kron(a, b), axes
        return product

    def _power(self, e: ex.Power) -> Value:
        whole = self._whole(e.exponent)
        if whole is not None:
            array, axes = self._at(e.base)
            return stacks.whole_power(array, whole), axes
        if isinstance(e.exponent, ex.Number):
            array, axes = self._at(e.base)
            return array ** to_float(e.exponent.value), axes
        a, b, axes = align(self._at(e.base), self._at(e.exponent))
        return np.power(a, b), axes

    def _whole(self, exponent: Expr) -> int | None:
        """The whole number that an exponent is whatever the symbols are: itself, or made of sizes.

        None for any other exponent.
        """
        if isinstance(exponent, ex.Number):
            p = exponent.value
            return p.numerator if p.denominator == 1 else None
        if exponent.shape != ex.SCALAR or exponent.symbols or exponent.free:
            return None
        size = float(self._at(exponent)[0][0, 0])
        return int(size) if size.is_integer() else None

    def _matrix_function(self, e: ex.MatrixFunction | ex.Frechet) -> Value:
        arrays, axes = stacks.align_all([self._at(part) for part in e.parts])
        f = functions.TABLE.get(e.function)
        if isinstance(e, ex.MatrixFunction):
            value = spectral.function_of(f.evaluate, *arrays) if f else spectral.power(*arrays)
        elif f:
            value = spectral.derivative(f.evaluate, *arrays)
        else:
            value = spectral.power_derivative(*arrays)
        return value, axes

    def _entry(self, e: ex.Entry) -> Value:
        array, axes = self._at(e.arg)
        if e.column is None:
            return distinct(array[..., None], (*axes, e.row.name))
        return distinct(array[..., None, None], (*axes, e.row.name, e.column.name))

    def _rows(self, e: ex.Rows) -> Value:
        k = e.index
        array, axes = self._at(e.body)
        if k.name in axes:
            array = np.moveaxis(array, axes.index(k.name), -2)[..., 0, :, :]
        else:
            array = np.broadcast_to(array, (*array.shape[:-2], self.size(k.dim), array.shape[-1]))
        return array, tuple(a for a in axes if a != k.name)

    # ---------------------------------------------------------------- sums over indices

    def _index_sum(self, e: ex.IndexSum) -> Value:
        return self._sum(e.indices, e.body)

    def _sum(self, indices: tuple[Index, ...], body: Expr) -> Value:
        if isinstance(body, ex.Add):
            total = self._sum(indices, body.terms[0])
            for term in body.terms[1:]:
                a, b, axes = align(total, self._sum(indices, term))
                total = a + b, axes
            return total
        if isinstance(body, ex.Mul):
            return self._sum_of_product(indices, body)
        array, axes = self._at(body)
        names = [i.name for i in indices]
        summed = tuple(k for k, a in enumerate(axes) if a in names)
        count = math.prod(self.size(i.dim) for i in indices if i.name not in axes)
        return array.sum(axis=summed) * count, tuple(a for a in axes if a not in names)

    def _sum_of_product(self, indices: tuple[Index, ...], body: ex.Mul) -> Value:
        """Contraction over labels: axes by name, and the places in the matrix chain by number."""
        operands: list[Operand] = []
        self._fresh += 1
        scope: dict[str, Label] = {i.name: (i.name, self._fresh) for i in indices}
        count = self._gather(body, scope, operands)
        for k, matrix in enumerate(body.matrices):
            array, axes = self._at(matrix)
            operands.append((array, (*(scope.get(a, a) for a in axes), k, k + 1)))
        present = {label for _, labels in operands for label in labels}
        for i in indices:
            if scope[i.name] not in present:
                count *= self.size(i.dim)
        free = tuple(sorted(label for label in present if isinstance(label, str)))
        ends = (0, len(body.matrices)) if body.matrices else ()
        array = contract(operands, (*free, *ends)) * count
        return (array if ends else array[..., None, None]), free

    def _gather(self, body: ex.Mul, scope: Mapping[str, Label], operands: list[Operand]) -> float:
        """The scalar factors as operands; returns the number in front.

        An inner sum with many free indices is not computed by itself: it joins this one, its
        indices under names of their own.
        """
        count = to_float(body.coefficient)
        for factor in body.scalars:
            if isinstance(factor, ex.IndexSum) and len(factor.free) > 2:
                inner = factor.body
                if isinstance(inner, ex.Mul) and not inner.matrices:
                    count *= self._join(factor.indices, inner, scope, operands)
                    continue
            array, axes = self._at(factor)
            operands.append((array[..., 0, 0], tuple(scope.get(a, a) for a in axes)))
        return count

    def _join(
        self,
        indices: tuple[Index, ...],
        body: ex.Mul,
        scope: Mapping[str, Label],
        operands: list[Operand],
    ) -> float:
        self._fresh += 1
        inside: dict[str, Label] = {**scope, **{i.name: (i.name, self._fresh) for i in indices}}
        start = len(operands)
        count = self._gather(body, inside, operands)
        present = {label for _, labels in operands[start:] for label in labels}
        for i in indices:
            if inside[i.name] not in present:
                count *= self.size(i.dim)
        return count


_VALUES: dict[type[ex.Node], Callable[[Evaluator, Any], Value]] = {
    **dict.fromkeys(_OF_STACKS, Evaluator._of_stack),
    ex.Symbol: Evaluator._symbol,
    ex.Number: Evaluator._number,
    ex.Identity: Evaluator._constant,
    ex.Ones: Evaluator._constant,
    ex.Zeros: Evaluator._constant,
    ex.Delta: Evaluator._delta,
    ex.Add: Evaluator._add,
    ex.Mul: Evaluator._mul,
    ex.Power: Evaluator._power,
    ex.MatrixPower: Evaluator._matrix_power,
    ex.Hadamard: Evaluator._hadamard,
    ex.Quotient: Evaluator._quotient,
    ex.Apply: Evaluator._apply,
    ex.Operation: Evaluator._operation,
    ex.MatrixFunction: Evaluator._matrix_function,
    ex.Frechet: Evaluator._matrix_function,
    ex.Kron: Evaluator._kron,
    ex.Vec: Evaluator._vec,
    ex.Unvec: Evaluator._unvec,
    ex.Block: Evaluator._block,
    ex.Triangle: Evaluator._triangle,
    ex.Row: Evaluator._row,
    ex.Column: Evaluator._column,
    ex.Entry: Evaluator._entry,
    ex.IndexSum: Evaluator._index_sum,
    ex.Rows: Evaluator._rows,
}
"""How the value of each kind of node is worked out."""


# -------------------------------------------------------------------- values of leaves


def _as_float(array: Array, name: str) -> Array:
    try:
        return array.astype(float)
    except (TypeError, ValueError) as problem:
        raise ShapeError(f"the value of {name} is not an array of numbers") from problem


def _two_dimensional(array: Array, e: ex.Symbol, axes: int) -> Array:
    """The value of a symbol with its rows and columns as the last two axes."""
    lacking = axes + 2 - array.ndim
    if lacking == 0:
        return array
    if lacking == 1 and e.shape[1] == 1:
        return array[..., None]
    if lacking == 1 and e.shape[0] == 1:
        return array[..., None, :]
    if lacking == 2 and e.shape == ex.SCALAR:
        return array[..., None, None]
    raise ShapeError(
        f"the value of {e.name}, {ex.describe(e.shape)}, has {array.ndim - axes} dimensions"
    )


def _called(dim: Dim, size: int) -> str:
    return f"{size}" if isinstance(dim, int) else f"{dim} = {size}"
