"""The constructors of Kronecker products, vec and its inverse, and block matrices.

As in `construct` they check shapes and keep a normal form; sizes are products and sums of sizes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import groupby

from . import sizes
from .construct import (
    add,
    identity,
    mul,
    number,
    ones,
    scalars_apart,
    trace,
    transpose,
    zeros,
)
from .errors import ShapeError
from .nodes import (
    Block,
    Dim,
    Expr,
    Identity,
    Kron,
    Node,
    Ones,
    Shape,
    Transpose,
    Unvec,
    Vec,
    Zeros,
    describe,
    make,
)


def kron(*factors: Expr, shape: Shape | None = None) -> Expr:
    """The Kronecker product; scalar factors and coefficients go in front.

    `shape` gives the dimensions other names than the products of those of the factors.
    """
    scalars, parts = scalars_apart(factors)
    flat: list[Expr] = []
    for part in parts:
        flat.extend(part.factors if isinstance(part, Kron) else (part,))
    if len(flat) < 2:
        return mul(*scalars, *flat)
    whole = kron_shape(flat) if shape is None else shape
    merged = _with_constants_merged(flat, whole)
    if len(merged) == 1:
        return mul(*scalars, *merged)
    return mul(*scalars, make(Kron, whole, merged, merged))


def _with_constants_merged(factors: list[Expr], whole: Shape) -> tuple[Expr, ...]:
    """Adjacent identities, ones or zeros as one; all of them of the shape `whole`."""
    groups = [list(group) for _, group in groupby(factors, _kind_of_constant)]
    merged: list[Expr] = []
    for group in groups:
        constant = _CONSTANTS.get(_kind_of_constant(group[0]))
        if constant is None or len(group) == 1:
            merged += group
        else:
            merged.append(constant(*(whole if len(groups) == 1 else kron_shape(group))))
    return tuple(merged)


def _kind_of_constant(e: Expr) -> type[Node]:
    return type(e.arg if isinstance(e, Transpose) else e)


_CONSTANTS: dict[type[Node], Callable[[Dim, Dim], Expr]] = {
    Identity: lambda rows, columns: identity(rows),
    Ones: ones,
    Zeros: zeros,
}


def kron_shape(factors: Iterable[Expr]) -> Shape:
    """The dimensions of a Kronecker product by those of its factors."""
    rows, columns = zip(*[f.shape for f in factors], strict=True)
    return sizes.product(*rows), sizes.product(*columns)


def block(grid: tuple[tuple[Expr, ...], ...], shape: Shape) -> Expr:
    """The matrix of blocks; a single block alone is what it is."""
    for row in grid:
        for part, first, top in zip(row, (row[0],) * len(row), grid[0], strict=True):
            if (part.shape[0], part.shape[1]) != (first.shape[0], top.shape[1]):
                raise ShapeError(f"a block does not fit: {describe(part.shape)}")
    if len(grid) == len(grid[0]) == 1:
        return grid[0][0]
    return make(Block, shape, tuple(part for row in grid for part in row), grid)


def vec(e: Expr, dim: Dim | None = None) -> Expr:
    """The columns of a matrix below each other; `dim` is another name of the size."""
    if e.shape[1] == 1:
        return e
    if e.shape[0] == 1:
        return transpose(e)
    size = sizes.product(*e.shape) if dim is None else dim
    if isinstance(e, Ones | Zeros):
        return (ones if isinstance(e, Ones) else zeros)(size)
    return e.arg if isinstance(e, Unvec) else make(Vec, (size, 1), (e,), e)


def unvec(e: Expr, rows: Dim, columns: Dim) -> Expr:
    """The matrix of that shape whose columns, below each other, are the vector `e`."""
    if e.shape[1] != 1:
        raise ShapeError(f"a column vector is needed here, not {describe(e.shape)}")
    if columns == 1:
        return e
    if rows == 1:
        return transpose(e)
    if isinstance(e, Ones | Zeros):
        return (ones if isinstance(e, Ones) else zeros)(rows, columns)
    if isinstance(e, Vec) and e.arg.shape == (rows, columns):
        return e.arg
    return make(Unvec, (rows, columns), (e,), e)


def size_of(dim: Dim) -> Expr:
    """The size of a dimension as an expression, `tr(eye(n))`."""
    terms = [
        mul(number(c), *[trace(identity(name)) for name in names])
        for names, c in sizes.polynomial(dim).items()
    ]
    return add(*terms)
