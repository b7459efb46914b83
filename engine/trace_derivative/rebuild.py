"""Expressions made again over other parts: children mapped, symbols replaced, templates filled.

Every node goes through its constructor, so the result is in the normal form.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from .composites import (
    block,
    kron,
    unvec,
    vec,
)
from .construct import (
    add,
    apply,
    diag,
    diagonal,
    frechet,
    hadamard,
    identity,
    inverse,
    matrix_function,
    matrix_power,
    mul,
    number,
    ones,
    operation,
    power,
    quotient,
    scale,
    total,
    trace,
    transpose,
    triangle,
    zeros,
)
from .nodes import (
    COMPOUND,
    Add,
    Apply,
    Block,
    Column,
    Diag,
    Diagonal,
    Dim,
    Entry,
    Expr,
    Frechet,
    Hadamard,
    Identity,
    IndexSum,
    Inverse,
    Kron,
    MatrixFunction,
    MatrixPower,
    Mul,
    Node,
    Ones,
    Operation,
    Power,
    Quotient,
    Row,
    Rows,
    Symbol,
    Total,
    Trace,
    Transpose,
    Triangle,
    Unvec,
    Vec,
    Zeros,
)
from .slicing import column, entry, index_sum, row, rows


def map_children(e: Expr, f: Callable[[Expr], Expr]) -> Expr:
    """The same kind of node over `f(child)` for every child."""
    old = e.parts
    if not old:
        return e
    new = tuple([f(c) for c in old])
    return e if new == old else with_children(e, new)


def map_parts(e: Expr, f: Callable[[Expr], Expr]) -> Expr:
    """The same for an f that leaves plain children (`nodes.COMPOUND`) as they are."""
    old = e.parts
    for c in old:
        if c.kinds & COMPOUND:
            new = tuple([f(c) if c.kinds & COMPOUND else c for c in old])
            return e if new == old else with_children(e, new)
    return e


def with_children(e: Expr, new: tuple[Expr, ...]) -> Expr:
    """The same kind of node over other children, given in the order of its `parts`."""
    return _BUILD[type(e)](e, new) if e.parts else e


def _mul(e: Mul, new: tuple[Expr, ...]) -> Expr:
    k = len(e.scalars)
    return product(e.coefficient, new[:k], new[k:])


def _block(e: Block, new: tuple[Expr, ...]) -> Expr:
    width = len(e.grid[0])
    return block(tuple(new[k : k + width] for k in range(0, len(new), width)), e.shape)


_BUILD: dict[type[Node], Callable[[Any, tuple[Expr, ...]], Expr]] = {
    Mul: _mul,
    Add: lambda _, new: add(*new),
    Hadamard: lambda _, new: hadamard(*new),
    Quotient: lambda _, new: quotient(*new),
    Kron: lambda e, new: kron(*new, shape=e.shape),
    Vec: lambda e, new: vec(new[0], e.shape[0]),
    Block: _block,
    Unvec: lambda e, new: unvec(new[0], *e.shape),
    Power: lambda _, new: power(*new),
    MatrixPower: lambda e, new: matrix_power(new[0], e.exponent),
    MatrixFunction: lambda e, new: matrix_function(e.function, *new),
    Frechet: lambda e, new: frechet(e.function, *new),
    Apply: lambda e, new: apply(e.function, *new),
    Operation: lambda e, new: operation(e.operator, *new),
    Triangle: lambda e, new: triangle(e.part, new[0]),
    Row: lambda e, new: row(new[0], e.index),
    Column: lambda e, new: column(new[0], e.index),
    Entry: lambda e, new: entry(new[0], e.row, e.column),
    IndexSum: lambda e, new: index_sum(e.indices, new[0]),
    Rows: lambda e, new: rows(e.index, new[0]),
    Transpose: lambda _, new: transpose(*new),
    Inverse: lambda _, new: inverse(*new),
    Diag: lambda _, new: diag(*new),
    Diagonal: lambda _, new: diagonal(*new),
    Trace: lambda _, new: trace(*new),
    Total: lambda _, new: total(*new),
}
"""How each kind of node that has children is made."""


def as_one(matrices: Sequence[Expr]) -> tuple[Expr, ...]:
    """A chain of factors as one product, so that a 1 x 1 part of it is not taken for a scalar."""
    return (mul(*matrices),) if matrices else ()


def product(coefficient: Fraction, scalars: Sequence[Expr], matrices: Sequence[Expr]) -> Expr:
    """The product of a number, of scalars and of a chain of matrices."""
    if not scalars:
        return scale(coefficient, mul(*matrices))
    return mul(number(coefficient), *scalars, *as_one(matrices))


def instantiate(e: Expr, values: Mapping[str, Expr], dims: Mapping[Dim, Dim]) -> Expr:
    """A template with its symbols and its dimensions replaced; the shapes may change with them."""

    def dim(d: Dim) -> Dim:
        return dims.get(d, d)

    def go(node: Expr) -> Expr:
        match node:
            case Symbol(name=name):
                return values[name]
            case Identity(shape=(n, _)):
                return identity(dim(n))
            case Ones(shape=(m, n)):
                return ones(dim(m), dim(n))
            case Zeros(shape=(m, n)):
                return zeros(dim(m), dim(n))
            case _:
                return map_children(node, go)

    return go(e)


def substitute(e: Expr, replacements: Mapping[str, Expr]) -> Expr:
    """The expression with symbols replaced by expressions of their shape, by name."""
    names = frozenset(replacements)
    memo: dict[Expr, Expr] = {}

    def go(node: Expr) -> Expr:
        if not node.symbols & names:
            return node
        if isinstance(node, Symbol):
            return replacements[node.name]
        found = memo.get(node)
        if found is None:
            found = memo[node] = map_children(node, go)
        return found

    return go(e)
