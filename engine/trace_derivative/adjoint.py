"""Sums over an entry of `kron(A,E)` or `vec(E)`, E a matrix with one entry 1, as one entry.

The derivative of an entry of something that is linear in X is an entry of the same thing over a
unit matrix: `sum(i: v[i]*vec(E)[i])` with the 1 at (p, q) is `unvec(v,m,n)[p,q]`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from . import blocks, expr as ex, indexed as ix
from .expr import Expr, Index
from .indexed import Indexed, fresh
from .partial import Part, partial_traces
from .simplify import flip, simplify

MatrixOf = Callable[[Indexed, Index | None, Index | None], Expr | None]


@dataclass(frozen=True, slots=True)
class _Unit:
    """A part of a node that is a unit matrix with its 1 at (row, column)."""

    part: int
    row: Index | None
    column: Index | None


def without_units(
    factors: tuple[Indexed, ...], bound: tuple[Index, ...], matrix_of: MatrixOf
) -> tuple[tuple[Indexed, ...], tuple[Index, ...]] | None:
    """Factors and bound indices with one entry over a unit matrix worked off; None without one."""
    for n, f in enumerate(factors):
        unit = _unit_of(f)
        if unit is None or not isinstance(f, ix.Element) or not set(f.indices) <= set(bound):
            continue
        places = tuple(i for i in (unit.row, unit.column) if i is not None)
        others = factors[:n] + factors[n + 1 :]
        around, used = _connected(f.indices, others, set(bound) - set(places))
        body = ix.sum_over(
            tuple(i for i in used if i not in f.indices), ix.times(*[others[k] for k in around])
        )
        if body.free & set(places):
            continue
        row, column = _row_and_column(f)
        on_diagonal = row == column
        rest = matrix_of(body, row, None if on_diagonal else column)
        if rest is not None and on_diagonal:
            rest = ex.diag(rest)
        if rest is None:
            continue
        entry = ix.element(_adjoint(f.matrix, unit.part, rest), unit.row, unit.column)
        kept = [g for k, g in enumerate(others) if k not in around]
        return (entry, *kept), tuple(i for i in bound if i not in used)
    return None


def has_unit(t: Indexed) -> bool:
    """Is there an entry over a unit matrix in a form?"""
    return _unit_of(t) is not None or any(map(has_unit, t.parts))


def _row_and_column(f: ix.Element) -> tuple[Index | None, Index | None]:
    left = list(f.indices)
    row = left.pop(0) if f.matrix.shape[0] != 1 else None
    return row, (left.pop(0) if f.matrix.shape[1] != 1 else None)


def _connected(
    start: tuple[Index, ...], factors: tuple[Indexed, ...], bound: set[Index]
) -> tuple[list[int], set[Index]]:
    """The factors that hang together with indices, by bound ones, and those indices."""
    reached: set[Index] = set(start)
    found: list[int] = []
    again = True
    while again:
        again = False
        for k, f in enumerate(factors):
            if k not in found and f.free & reached:
                found.append(k)
                reached |= f.free & bound
                again = True
    return sorted(found), reached


def _unit_of(f: Indexed) -> _Unit | None:
    """The unit matrix among the parts of the node that f is an entry of."""
    if not isinstance(f, ix.Element) or not isinstance(
        f.matrix, ex.Kron | ex.Vec | ex.Unvec | ex.Block
    ):
        return None
    for n, part in enumerate(f.matrix.parts):
        if part.free:
            match part:
                case ex.Mul(
                    matrices=(
                        ex.Column(arg=ex.Identity(), index=p),
                        ex.Row(arg=ex.Identity(), index=q),
                    )
                ):
                    return _Unit(n, p, q)
                case ex.Column(arg=ex.Identity(), index=p):
                    return _Unit(n, p, None)
                case ex.Row(arg=ex.Identity(), index=q):
                    return _Unit(n, None, q)
    return None


def _adjoint(node: Expr, part: int, rest: Expr) -> Expr:
    """The matrix G with `sum(rest .* node) = sum(G .* Z)`, Z instead of that part of the node."""
    match node:
        case ex.Vec(arg=arg):
            return simplify(ex.unvec(rest, *arg.shape))
        case ex.Block():
            i, j = divmod(part, len(node.grid[0]))
            left = blocks.selector(blocks.heights(node), i, node.shape[0])
            right = blocks.selector(blocks.widths(node), j, node.shape[1])
            return simplify(ex.mul(ex.transpose(left), rest, right))
        case ex.Unvec(arg=arg):
            return simplify(ex.vec(rest, arg.shape[0]))
        case ex.Kron(factors=(first, *others)):
            second = ex.kron(*others)
            taken = ex.index_names(node) | ex.index_names(rest) | node.symbols | rest.symbols
            taken |= ex.dim_names(node) | ex.dim_names(rest)
            parts = partial_traces((flip(rest),), first, second, lambda d: fresh(d, taken))
            whole = simplify(ex.add(*[_gradient(p) for p in parts if p.is_first == (part == 0)]))
            return whole if part == 0 or len(others) == 1 else _adjoint(second, part - 1, whole)
        case _:
            return rest


def _gradient(part: Part) -> Expr:
    """The derivative of `weight * sum(over: tr[left factor])` by the factor."""
    return ex.index_sum(part.over, ex.mul(part.weight, flip(ex.mul(*part.left))))
