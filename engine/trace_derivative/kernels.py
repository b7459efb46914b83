"""Entries of the derivative of a matrix function in the direction of one entry of its argument.

In index notation the differential of `f(Z)[i,j]` is the sum over a and b of `L(Z, E)[i,j] dZ[a,b]`
with the Fréchet derivative L and `E = e_a e_b'`: four indices hang on one factor, the kernel.
"""

from __future__ import annotations

from . import expr as ex, indexed as ix
from .expr import Expr, Index
from .indexed import Indexed


def kernel(e: ex.MatrixFunction | ex.Frechet, a: Index, b: Index) -> Expr:
    """The derivative of the function in the direction of the entry (a, b) of its argument."""
    unit = ex.identity(a.dim)
    direction = ex.mul(ex.column(unit, a), ex.transpose(ex.column(unit, b)))
    return ex.frechet(e.function, e.arg, direction, *e.parameters)


def places_of_kernel(e: Expr) -> tuple[Index, Index] | None:
    """(a, b) of what `kernel` has made; None for anything else."""
    match e:
        case ex.Frechet(
            direction=ex.Mul(
                matrices=(
                    ex.Column(arg=ex.Identity(), index=a),
                    ex.Transpose(arg=ex.Column(arg=ex.Identity(), index=b)),
                ),
                scalars=(),
            )
        ):
            return a, b
        case _:
            return None


def has_kernel(t: Indexed) -> bool:
    """Is there a kernel among the factors and terms of an index form?"""
    if isinstance(t, ix.Element):
        return places_of_kernel(t.matrix) is not None
    return any(map(has_kernel, t.parts))


def apart(factors: tuple[Indexed, ...]) -> list[tuple[Indexed, ...]]:
    """The factors with the first sum that has kernels in it replaced by each of its terms."""
    for n, f in enumerate(factors):
        if isinstance(f, ix.Plus) and has_kernel(f):
            return [(*factors[:n], u, *factors[n + 1 :]) for u in f.terms]
    return []


def links(
    start: set[Index], factors: tuple[Indexed, ...], bound: set[Index]
) -> tuple[set[Index], tuple[Indexed, ...], tuple[Indexed, ...]]:
    """The bound indices that are linked with those in `start`, their factors, and the others."""
    own = start & bound
    while grown := {i for f in factors if f.free & own for i in f.free & bound} - own:
        own |= grown
    inside = tuple(f for f in factors if f.free & own)
    return own, inside, tuple(f for f in factors if not f.free & own)


def is_parameter(i: Index, t: Indexed) -> bool:
    """Does a matrix of which entries are taken depend on the index, other than as a place?"""
    if isinstance(t, ix.Element):
        inside: tuple[Expr, ...] = (t.matrix,)
        if isinstance(t.matrix, ex.Frechet) and places_of_kernel(t.matrix) is not None:
            inside = (t.matrix.arg, *t.matrix.parameters)
        return any(i in e.free for e in inside)
    return any(is_parameter(i, part) for part in t.parts)
