"""Expressions made again over other parts: children mapped, symbols replaced, templates filled.

Every node goes through its constructor, so the result is in the normal form.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from .composites import (
    block,
    kron,
    unvec,
    vec,
)
from .construct import (
    add,
    apply,
    column,
    diag,
    diagonal,
    entry,
    frechet,
    hadamard,
    identity,
    index_sum,
    inverse,
    matrix_function,
    matrix_power,
    mul,
    number,
    ones,
    operation,
    power,
    quotient,
    row,
    rows,
    total,
    trace,
    transpose,
    triangle,
    zeros,
)
from .nodes import (
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
    children,
)

_ONE_ARGUMENT: dict[type[Node], Callable[[Expr], Expr]] = {
    Transpose: transpose,
    Inverse: inverse,
    Diag: diag,
    Diagonal: diagonal,
    Trace: trace,
    Total: total,
}


def map_children(e: Expr, f: Callable[[Expr], Expr]) -> Expr:
    """The same kind of node over `f(child)` for every child."""
    old = children(e)
    if not old:
        return e
    new = tuple(f(c) for c in old)
    if all(a is b for a, b in zip(old, new, strict=True)):
        return e
    return with_children(e, new)


def with_children(e: Expr, new: tuple[Expr, ...]) -> Expr:
    """The same kind of node over other children, given in the order of `children`."""
    match e:
        case Mul():
            k = len(e.scalars)
            return mul(number(e.coefficient), *new[:k], *as_one(new[k:]))
        case Add():
            return add(*new)
        case Hadamard():
            return hadamard(*new)
        case Quotient():
            return quotient(new[0], new[1])
        case Kron():
            return kron(*new, shape=e.shape)
        case Vec():
            return vec(new[0], e.shape[0])
        case Block():
            width = len(e.grid[0])
            rows_ = tuple(new[k : k + width] for k in range(0, len(new), width))
            return block(rows_, e.shape)
        case Unvec():
            return unvec(new[0], *e.shape)
        case Power():
            return power(new[0], new[1])
        case MatrixPower():
            return matrix_power(new[0], e.exponent)
        case MatrixFunction():
            return matrix_function(e.function, *new)
        case Frechet():
            return frechet(e.function, *new)
        case Apply():
            return apply(e.function, *new)
        case Operation():
            return operation(e.operator, *new)
        case Triangle():
            return triangle(e.part, new[0])
        case Row():
            return row(new[0], e.index)
        case Column():
            return column(new[0], e.index)
        case Entry():
            return entry(new[0], e.row, e.column)
        case IndexSum():
            return index_sum(e.indices, new[0])
        case Rows():
            return rows(e.index, new[0])
        case _:
            make = _ONE_ARGUMENT.get(type(e))
            return make(new[0]) if make else e


def as_one(matrices: Sequence[Expr]) -> tuple[Expr, ...]:
    """A chain of factors as one product, so that a 1 x 1 part of it is not taken for a scalar."""
    return (mul(*matrices),) if matrices else ()


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
