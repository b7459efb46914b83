"""The constructors of what has indices: slices, entries, deltas, sums and stacks over an index.

As in `construct` they check shapes and keep a normal form.
"""

from __future__ import annotations

from .composites import size_of
from .construct import ONE, mul, ones, transpose
from .errors import ShapeError
from .nodes import (
    SCALAR,
    Column,
    Delta,
    Dim,
    Entry,
    Expr,
    Index,
    IndexSum,
    Row,
    Rows,
    describe,
    make,
)


def delta(row: Index, column: Index) -> Expr:
    """Kronecker's delta."""
    return ONE if row == column else make(Delta, SCALAR, (), row, column, own=(row, column))


def row(e: Expr, index: Index) -> Expr:
    """Row `index` of a matrix, 1 x n; of a column vector the entry."""
    _need_several(e.shape[0], "row")
    if e.shape[1] == 1:
        return entry(e, index)
    _need_dim(e.shape[0], index)
    return make(Row, (1, e.shape[1]), (e,), e, index, own=(index,))


def column(e: Expr, index: Index) -> Expr:
    """Column `index` of a matrix, m x 1; of a row vector the entry."""
    _need_several(e.shape[1], "column")
    if e.shape[0] == 1:
        return entry(transpose(e), index)
    _need_dim(e.shape[1], index)
    return make(Column, (e.shape[0], 1), (e,), e, index, own=(index,))


def entry(e: Expr, row_index: Index, column_index: Index | None = None) -> Expr:
    """Entry of a matrix, or of a column vector when `column_index` is None."""
    _need_dim(e.shape[0], row_index)
    if column_index is None:
        if e.shape[1] != 1:
            raise ShapeError("an entry of a matrix needs two indices")
        return make(Entry, SCALAR, (e,), e, row_index, None, own=(row_index,))
    _need_dim(e.shape[1], column_index)
    pair = (row_index, column_index)
    return make(Entry, SCALAR, (e,), e, *pair, own=pair)


def index_sum(indices: tuple[Index, ...], body: Expr) -> Expr:
    """The sum over indices; directly nested sums become one."""
    if not indices:
        return body
    if isinstance(body, IndexSum) and not set(indices) & set(body.indices):
        indices, body = indices + body.indices, body.body
    return make(IndexSum, body.shape, (body,), indices, body, bound=indices)


def rows(index: Index, body: Expr) -> Expr:
    """The matrix whose row number `index` is the body (1 x n, or a scalar for a vector)."""
    if body.shape[0] != 1:
        raise ShapeError(f"a row is needed here, not {describe(body.shape)}")
    return make(Rows, (index.dim, body.shape[1]), (body,), index, body, bound=(index,))


def summed(indices: tuple[Index, ...], body: Expr) -> Expr:
    """The sum over indices; one that the body does not hold gives a factor, its size."""
    idle = [i for i in indices if i not in body.free]
    used = tuple([i for i in indices if i in body.free])
    return mul(*[size_of(i.dim) for i in idle], index_sum(used, body))


def stacked(index: Index, row: Expr) -> Expr:
    """The matrix of rows; rows that do not depend on the index are a product with ones."""
    return rows(index, row) if index in row.free else mul(ones(index.dim), row)


def _need_several(dim: Dim, what: str) -> None:
    if dim == 1:
        raise ShapeError(
            f"there is one {what} only, so it needs no index", hint="leave out the slice"
        )


def _need_dim(dim: Dim, index: Index) -> None:
    if dim != index.dim:
        raise ShapeError(f"index {index.name} runs over {index.dim} and over {dim}")
