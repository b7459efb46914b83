"""Sums over slices and stacks of rows, put together as products of whole matrices.

`sum(k: M[k,:]'*v)` is `M'*rows(k: v)`, `rows(k: Q[k,:]*R)` is `Q*R` (the step from eq (45) to
eq (46) of the notes).
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from . import expr as ex
from .expr import Expr, Index


def simplify_index_sum(e: Expr) -> Expr:
    """A sum over indices with what does not depend on them in front, slices joined."""
    if not isinstance(e, ex.IndexSum):
        return e
    if isinstance(e.body, ex.Add):
        return ex.add(*[ex.index_sum(e.indices, t) for t in e.body.terms])
    if ex.is_zero(e.body):
        return e.body
    if not e.body.free.issuperset(e.indices):
        return ex.summed(e.indices, e.body)
    for k in e.indices:
        column = _entrywise(e.body, k) if e.shape == ex.SCALAR else None
        joined = _joined(k, e.body) if column is None else _summed_entries(column)
        if joined is not None:
            return ex.index_sum(tuple(i for i in e.indices if i != k), joined)
    return e


def _entrywise(e: Expr, k: Index) -> Expr | None:
    """The column whose entry k a scalar is; None where it has no such form without the index."""
    if k not in e.free:
        return ex.mul(e, ex.ones(k.dim))
    match e:
        case ex.Entry(arg=m, row=i, column=j) if k not in m.free:
            if j is None:
                return m
            if i == j:
                return ex.diagonal(m)
            return ex.column(m, j) if i == k else ex.transpose(ex.row(m, i))
        case ex.Total(arg=ex.Row(arg=m, index=i)) if i == k and k not in m.free:
            return ex.mul(m, ex.ones(m.shape[1]))
        case ex.Total(arg=ex.Column(arg=m, index=j)) if j == k and k not in m.free:
            return ex.mul(ex.transpose(m), ex.ones(m.shape[0]))
        case ex.Mul(coefficient=c, scalars=scalars, matrices=chain):
            front = [s for s in scalars if k not in s.free]
            columns = [_entrywise(s, k) for s in scalars if k in s.free]
            if any(k in m.free for m in chain):
                columns.append(_entrywise_form(chain, k))
            else:
                front += ex.as_one(chain)
            found = _all(columns)
            return None if found is None else ex.mul(ex.number(c), *front, ex.hadamard(*found))
        case ex.Power(base=base, exponent=ex.Number() as p):
            column = _entrywise(base, k)
            return None if column is None else ex.power(column, p)
        case ex.Apply(function=name, args=args):
            found = _all([_entrywise(a, k) for a in args])
            return None if found is None else ex.apply(name, *found)
        case ex.Add(terms=terms):
            found = _all([_entrywise(t, k) for t in terms])
            return None if found is None else ex.add(*found)
        case _:
            return None


def _entrywise_form(chain: tuple[Expr, ...], k: Index) -> Expr | None:
    """The same for a scalar product with row k, or with column k, of a matrix at its end."""
    front, last = chain[:-1], chain[-1]
    whole = _column_of(last, k)
    if whole is not None and all(k not in m.free for m in front):
        return ex.transpose(ex.mul(*front, whole))
    whole = _row_of(chain[0], k)
    if whole is not None and all(k not in m.free for m in chain[1:]):
        return ex.mul(whole, *chain[1:])
    return None


def _all(columns: list[Expr | None]) -> list[Expr] | None:
    found = [c for c in columns if c is not None]
    return found if len(found) == len(columns) else None


def _summed_entries(column: Expr) -> Expr:
    """The sum of the entries of a column; of an elementwise product the scalar product."""
    front, column = ex.split_front(column)
    match column:
        case ex.Hadamard(factors=(first, *others)):
            return ex.mul(front, ex.transpose(first), ex.hadamard(*others))
        case ex.Power(base=v, exponent=ex.Number(value=p)) if p == 2:
            return ex.mul(front, ex.transpose(v), v)
        case _:
            return ex.mul(front, ex.total(column))


def _joined(k: Index, body: Expr) -> Expr | None:
    """`sum(k: body)` without the sum, or with less under it; None where neither can be had."""
    c, scalars, matrices = _parts(body)
    outside = [s for s in scalars if k not in s.free]
    inside = [s for s in scalars if k in s.free]
    if matrices:
        head, *tail = matrices
        if k not in head.free and len(matrices) > 1:
            rest = ex.mul(*inside, ex.mul(*tail))
            return ex.mul(ex.number(c), *outside, head, ex.index_sum((k,), rest))
        *front, last = matrices
        if k not in last.free and front:
            rest = ex.mul(*inside, ex.mul(*front))
            return ex.mul(ex.number(c), *outside, ex.index_sum((k,), rest), last)
        whole = _column_of(head, k)
        if whole is not None:
            row = ex.mul(*inside, *ex.as_one(tail))
            if row.shape[0] == 1:
                return ex.mul(ex.number(c), *outside, whole, ex.stacked(k, row))
        whole = _row_of(last, k)
        if whole is not None:
            column = ex.mul(*inside, *ex.as_one(front))
            if column.shape[1] == 1:
                stacked = ex.transpose(ex.stacked(k, ex.transpose(column)))
                return ex.mul(ex.number(c), *outside, stacked, whole)
        if inside and all(k not in m.free for m in matrices):
            return ex.mul(ex.number(c), *outside, ex.index_sum((k,), ex.mul(*inside)), *matrices)
    if outside or c != 1:
        rest = ex.mul(*inside, *ex.as_one(matrices))
        if k in rest.free:
            return ex.mul(ex.number(c), *outside, ex.index_sum((k,), rest))
    return None


def _parts(e: Expr) -> tuple[Fraction, list[Expr], list[Expr]]:
    if isinstance(e, ex.Mul):
        return e.coefficient, list(e.scalars), list(e.matrices)
    return Fraction(1), ([e] if e.shape == ex.SCALAR else []), ([] if e.shape == ex.SCALAR else [e])


def _column_of(e: Expr, k: Index) -> Expr | None:
    """M' for `M[k,:]'`, M for `M[:,k]`: the matrix whose column k this is."""
    match e:
        case ex.Transpose(arg=ex.Row(arg=m, index=i)) if i == k and k not in m.free:
            return ex.transpose(m)
        case ex.Column(arg=m, index=i) if i == k and k not in m.free:
            return m
    return None


def _row_of(e: Expr, k: Index) -> Expr | None:
    """The matrix whose row k this is."""
    match e:
        case ex.Row(arg=m, index=i) if i == k and k not in m.free:
            return m
        case ex.Transpose(arg=ex.Column(arg=m, index=i)) if i == k and k not in m.free:
            return ex.transpose(m)
    return None


def simplify_rows(e: Expr) -> Expr:
    """Stacked rows with what they share taken out."""
    if not isinstance(e, ex.Rows):
        return e
    k, body = e.index, e.body
    if k not in body.free:
        return ex.stacked(k, body)
    c, scalars, matrices = _parts(body)
    outside = [s for s in scalars if k not in s.free]
    inside = [s for s in scalars if k in s.free]
    if c != 1 or outside:
        rest = ex.rows(k, ex.mul(*inside, *ex.as_one(matrices)))
        return ex.mul(ex.number(c), *outside, rest)
    if matrices and all(k not in m.free for m in matrices[1:]):
        weights = _entrywise(ex.mul(*inside), k) if inside else None
        whole = _row_of(matrices[0], k)
        if whole is not None and (weights is not None or not inside):
            front = () if weights is None else (ex.diag(weights),)
            return ex.mul(*front, whole, *matrices[1:])
        if weights is not None and k not in matrices[0].free:
            return ex.mul(weights, *matrices)
    if len(matrices) > 1 and k not in matrices[-1].free and matrices[-1].shape[0] != 1:
        return ex.mul(ex.rows(k, ex.mul(*inside, ex.mul(*matrices[:-1]))), matrices[-1])
    column = _entrywise(body, k) if body.shape == ex.SCALAR else None
    return e if column is None else column


# ------------------------------------------------------------------------ what stays a slice


def has_slices(e: Expr) -> bool:
    """Is there a sum over an index, or a matrix of rows?"""
    return ex.holds(e, ex.IndexSum, ex.Rows)


def has_loose_slices(e: Expr) -> bool:
    """Is there a sum over an index, or a matrix of rows, that may have a form without slices?

    None has one where a function is applied to the entries of a matrix that depends on the
    index: these are numbers over three indices.
    """
    for node in ex.walk(e):
        if isinstance(node, ex.IndexSum):
            if not all(_is_bound_in(node.body, i) for i in node.indices):
                return True
        elif isinstance(node, ex.Rows) and not _is_bound_in(node.body, node.index):
            return True
    return False


def _is_bound_in(body: Expr, index: Index) -> bool:
    """Is a function applied to the entries of a matrix that depends on the index?"""
    for node in ex.walk(body):
        if index in node.free and 1 not in node.shape:
            if isinstance(node, ex.Apply):
                return True
            if isinstance(node, ex.Quotient) and not _is_outer(node.denominator):
                return True
    return False


def _is_outer(e: Expr) -> bool:
    """Are its entries products of numbers over one index each?"""
    return isinstance(e, ex.Mul) and all(m.shape[1] == 1 for m in e.matrices[:-1])


def shorter(a: Expr | None, b: Expr | None, finished: Callable[[Expr], Expr]) -> Expr | None:
    """The one with fewer symbols and slices when finished; the first where they have as many."""
    found = [e for e in (a, b) if e is not None]
    return min(found, key=lambda e: ex.leaf_count(finished(e)) + _slices(finished(e)), default=None)


def _slices(e: Expr) -> int:
    kinds = ex.IndexSum | ex.Rows | ex.Row | ex.Column | ex.Entry
    return sum(isinstance(node, kinds) for node in ex.walk(e))
