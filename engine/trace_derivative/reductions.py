"""Expr -> Expr: traces, sums of all entries, determinants, diagonals."""

from __future__ import annotations

from . import expr as ex, operators
from .expr import Expr
from .transposes import column, flip, transposes


def linear_rule(e: Expr) -> Expr:
    """Scalar factors of the argument of a linear function, in front of it."""
    c, rest = ex.split_front(ex.children(e)[0])
    return e if c == ex.ONE else ex.mul(c, ex.with_children(e, (rest,)))


def diag_rule(e: Expr) -> Expr:
    """`diag(1)` is the identity; a row is as good as a column."""
    if isinstance(e, ex.Diag):
        if isinstance(e.arg, ex.Ones):
            return ex.identity(e.shape[0])
        turned = flip(e.arg)
        if e.free and transposes(turned) < transposes(e.arg):
            return ex.diag(turned)
    return e


def diagonal_rule(e: Expr) -> Expr:
    """The diagonal of diagonal matrices, scaled matrices and outer products."""
    if not isinstance(e, ex.Diagonal):
        return e
    match e.arg:
        case ex.Diag(arg=v):
            return column(v)
        case ex.Identity() | ex.Ones():
            return ex.ones(e.shape[0])
        case ex.Transpose(arg=arg) | ex.Triangle(arg=arg):
            return ex.diagonal(arg)
        case ex.Mul(matrices=(ex.Diag(arg=u), *others)) if others:
            return ex.hadamard(column(u), ex.diagonal(ex.mul(*others)))
        case ex.Mul(matrices=(*others, ex.Diag(arg=v))) if others:
            return ex.hadamard(ex.diagonal(ex.mul(*others)), column(v))
        case ex.Mul(matrices=matrices):
            for n in range(1, len(matrices)):
                if matrices[n].shape[0] == 1:
                    v = flip(ex.mul(*matrices[n:]))
                    return ex.hadamard(ex.mul(*matrices[:n]), v)
                m = matrices[n]
                if isinstance(m, ex.Diag):
                    left, right = ex.mul(*matrices[:n]), flip(ex.mul(*matrices[n + 1 :]))
                    return ex.mul(ex.hadamard(left, right), column(m.arg))
    return e


def trace_rule(e: Expr) -> Expr:
    """Traces with matrices of ones or with vectors in them; fewer transposes."""
    if not isinstance(e, ex.Trace):
        return e
    rest = e.arg
    if isinstance(rest, ex.Triangle):
        return ex.trace(rest.arg)
    if isinstance(rest, ex.Mul):
        for n, m in enumerate(rest.matrices):
            if isinstance(m, ex.Ones) and m.shape[1] != 1:
                return ex.total(ex.mul(*rest.matrices[n + 1 :], *rest.matrices[:n]))
        for n in range(1, len(rest.matrices)):
            if rest.matrices[n].shape[0] == 1:
                return ex.mul(*rest.matrices[n:], ex.mul(*rest.matrices[:n]))
    turned = flip(rest)
    return ex.trace(turned) if transposes(turned) < transposes(rest) else e


def total_rule(e: Expr) -> Expr:
    """Sums of all entries without needless transposes and ones."""
    if not isinstance(e, ex.Total):
        return e
    match e.arg:
        case ex.Transpose(arg=arg):
            return ex.total(arg)
        case ex.Diag(arg=arg):
            return ex.total(arg)
        case ex.Diagonal(arg=arg):
            return ex.trace(arg)
        case ex.Mul(matrices=(*others, ex.Ones(shape=(_, 1)))) if others:
            return ex.total(ex.mul(*others))
        case ex.Mul(matrices=(ex.Transpose(arg=ex.Ones()), *others)) if others:
            return ex.total(ex.mul(*others))
    return e


def operation_rule(e: Expr) -> Expr:
    """A transpose taken away where it makes no difference, as in a determinant."""
    if not isinstance(e, ex.Operation) or not isinstance(e.arg, ex.Transpose):
        return e
    return ex.with_children(e, (e.arg.arg,)) if operators.TABLE[e.operator].invariant else e
