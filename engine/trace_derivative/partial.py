"""Traces with a Kronecker product in them, one of its factors held constant.

`tr[N*kron(A,Z)]` is a sum of `c*tr[L*A]` and of `c*tr[L*Z]` for the differential: N is split where
it is a sum of Kronecker products; beside two vectors `kron(A,Z)*vec(Y)` is `vec(Z*Y*A')`; else
what is left of N is its partial trace, a sum over one index.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from . import expr as ex
from .expr import Dim, Expr, Index, Shape
from .kronecker import inner_product, split, turned
from .simplify import simplify


@dataclass(frozen=True, slots=True)
class Part:
    """`weight * sum(over: tr[left factor])`; only the factor is not held constant.

    `is_first`: it is the first of the two factors.
    """

    factor: Expr
    left: tuple[Expr, ...]
    weight: Expr = ex.ONE
    over: tuple[Index, ...] = ()
    is_first: bool = False


def partial_traces(
    chain: tuple[Expr, ...], first: Expr, second: Expr, index: Callable[[Dim], Index]
) -> Iterator[Part]:
    """The parts of the differential of `tr[chain*kron(first,second)]`, for both factors."""
    whole = simplify(ex.mul(*chain)) if chain else ex.identity(ex.kron(first, second).shape[0])
    rows, columns = zip(first.shape, second.shape, strict=True)
    pieces = split(whole, columns, rows)
    if pieces is not None:
        for c, p, q in pieces:
            yield Part(second, (q,), ex.mul(c, _trace(p, first)))
            yield Part(first, (p,), ex.mul(c, _trace(q, second)), is_first=True)
        return
    if isinstance(whole, ex.Diag) and all(f.shape[0] == f.shape[1] for f in (first, second)):
        yield from _beside_diagonal(whole, first, second)
        return
    ends = _two_vectors(whole)
    if ends is not None:
        y, x = ends
        inner = simplify(ex.unvec(y, second.shape[1], first.shape[1]))
        outer = simplify(ex.unvec(x, second.shape[0], first.shape[0]))
        yield Part(second, (ex.mul(inner, turned(first), turned(outer)),))
        left = ex.mul(turned(inner), turned(second), outer)
        yield Part(first, (left,), is_first=True)
        return
    yield from _by_partial_trace(whole, first, second, index)


def _trace(p: Expr, q: Expr) -> Expr:
    """`tr[p q]`, as a sum of products of entries where that is shorter."""
    if isinstance(p, ex.Identity):
        return simplify(ex.trace(q))
    if simplify(turned(p)) == q:
        return simplify(inner_product(q, q))
    trace = simplify(ex.trace(ex.mul(p, q)))
    entries = simplify(ex.total(ex.hadamard(turned(p), q)))
    return entries if ex.leaf_count(entries) < ex.leaf_count(trace) else trace


def _beside_diagonal(whole: ex.Diag, first: Expr, second: Expr) -> Iterator[Part]:
    """`tr[diag(v)*kron(A,Z)]` is `diag(Z)'*unvec(v)*diag(A)`."""
    v = whole.arg if whole.arg.shape[1] == 1 else turned(whole.arg)
    matrix = simplify(ex.unvec(v, second.shape[0], first.shape[0]))
    yield Part(second, (ex.diag(ex.mul(matrix, ex.diagonal(first))),))
    left = ex.diag(ex.mul(turned(matrix), ex.diagonal(second)))
    yield Part(first, (left,), is_first=True)


def _two_vectors(whole: Expr) -> tuple[Expr, Expr] | None:
    """y and x for `y*x'`, with what stands in front in y; for a row or a column alone, 1."""
    if whole.shape[0] == 1:
        return ex.ONE, simplify(turned(whole))
    if whole.shape[1] == 1:
        return whole, ex.ONE
    if not isinstance(whole, ex.Mul):
        return None
    for n in range(1, len(whole.matrices)):
        if whole.matrices[n].shape[0] == 1:
            front = ex.mul(ex.number(whole.coefficient), *whole.scalars)
            left, right = ex.mul(*whole.matrices[:n]), ex.mul(*whole.matrices[n:])
            return ex.mul(front, left), simplify(turned(right))
    return None


def _by_partial_trace(
    whole: Expr, first: Expr, second: Expr, index: Callable[[Dim], Index]
) -> Iterator[Part]:
    """The held factor taken apart by its rows, a column vector as it is."""
    for is_first, held, factor in ((True, first, second), (False, second, first)):
        rows, columns = factor.shape
        if held.shape[1] == 1:
            last = _beside(is_first, held, rows, (whole.shape[1], rows))
            yield Part(factor, (whole, last), is_first=not is_first)
            continue
        row, unit, over = _row_and_unit(held, index)
        left = _beside(is_first, row, columns, (columns, whole.shape[0]))
        right = _beside(is_first, unit, rows, (whole.shape[1], rows))
        yield Part(factor, (left, whole, right), over=over, is_first=not is_first)


def _beside(is_first: bool, held: Expr, dim: Dim, shape: Shape) -> Expr:
    """`kron(held,eye)` or `kron(eye,held)`; `shape` has the names of the sizes around it."""
    pair = (held, ex.identity(dim)) if is_first else (ex.identity(dim), held)
    return ex.kron(*pair, shape=shape)


def _row_and_unit(e: Expr, index: Callable[[Dim], Index]) -> tuple[Expr, Expr, tuple[Index, ...]]:
    """A row of a matrix and the unit vector of its place; a matrix with one row has no index."""
    if e.shape[0] == 1:
        return e, ex.ONE, ()
    i = index(e.shape[0])
    row = ex.row(e, i)
    return row, ex.column(ex.identity(e.shape[0]), i), (i,)
