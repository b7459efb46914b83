"""Expr -> Expr: traces, sums of all entries, determinants, diagonals."""

from __future__ import annotations

from . import expr as ex, functions, operators
from .expr import Expr
from .transposes import column, flip, transposes


def linear_rule(e: Expr) -> Expr:
    """Scalar factors of the argument of a linear function, in front of it."""
    c, rest = ex.split_front(e.parts[0])
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
    if isinstance(rest, ex.Identity) and isinstance(rest.shape[0], int):
        return ex.number(rest.shape[0])
    if isinstance(rest, ex.Mul):
        for n, m in enumerate(rest.matrices):
            if isinstance(m, ex.Ones) and m.shape[1] != 1:
                return ex.total(ex.mul(*rest.matrices[n + 1 :], *rest.matrices[:n]))
        for n in range(1, len(rest.matrices)):
            if rest.matrices[n].shape[0] == 1:
                return ex.mul(*rest.matrices[n:], ex.mul(*rest.matrices[:n]))
        for n, m in enumerate(rest.matrices):
            inner = m.arg if isinstance(m, ex.Transpose) else m
            if isinstance(inner, ex.Hadamard) and len(rest.matrices) > 1:
                others = ex.mul(*rest.matrices[n + 1 :], *rest.matrices[:n])
                form = _as_form((*inner.factors, flip(others) if inner is m else others))
                if form is not None:
                    return form
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
        case ex.Identity() | ex.Ones():
            columns = ex.ONE if isinstance(e.arg, ex.Identity) else ex.size_of(e.arg.shape[1])
            return ex.mul(ex.size_of(e.arg.shape[0]), columns)
        case arg if rows_sum_to_one(arg):
            return ex.size_of(arg.shape[0])
        case arg if columns_sum_to_one(arg):
            return ex.size_of(arg.shape[1])
        case ex.Mul(matrices=(*others, ex.Ones(shape=(_, 1)))) if others:
            return ex.total(ex.mul(*others))
        case ex.Mul(matrices=(ex.Transpose(arg=ex.Ones()), *others)) if others:
            return ex.total(ex.mul(*others))
        case ex.Hadamard(factors=factors) if (found := _as_form(factors)) is not None:
            return found
    turned = flip(e.arg)
    return ex.total(turned) if transposes(turned) < transposes(e.arg) else e


def _as_form(factors: tuple[Expr, ...]) -> Expr | None:
    """The sum of the entries of `(u*v').*A` as `u'*A*v`; None where no factor is such a product."""
    for n, f in enumerate(factors):
        if isinstance(f, ex.Mul):
            for k in range(1, len(f.matrices)):
                if f.matrices[k].shape[0] == 1:
                    u, v = flip(ex.mul(*f.matrices[:k])), flip(ex.mul(*f.matrices[k:]))
                    others = ex.hadamard(*factors[:n], *factors[n + 1 :])
                    return ex.mul(ex.number(f.coefficient), *f.scalars, u, others, v)
    return None


def operation_rule(e: Expr) -> Expr:
    """Operators of transposes, of multiples, and where a sum has one term only."""
    if not isinstance(e, ex.Operation):
        return e
    entry = operators.TABLE[e.operator]
    if e.operator == "det" and isinstance(e.arg, ex.Inverse):
        return ex.power(ex.det(e.arg.arg), ex.number(-1))
    if e.operator == "det" and isinstance(e.arg, ex.MatrixPower):
        return ex.power(ex.det(e.arg.base), ex.number(e.arg.exponent))
    if isinstance(e.arg, ex.Transpose) and entry.invariant:
        return ex.with_children(e, (e.arg.arg,))
    if entry.bars is not None:
        c, rest = ex.split_coefficient(e.arg)
        return e if c == 1 else ex.scale(abs(c), ex.with_children(e, (rest,)))
    dims = operators.dims_of(entry, [arg.shape for arg in e.args])
    if dims is not None and dims.get(entry.summed) == 1:
        if entry.of_scalar == "1":
            return ex.ones(*e.shape)
        return e.arg if e.arg.shape == e.shape else ex.transpose(e.arg)
    return e


def apply_rule(e: Expr) -> Expr:
    """Signs out of even and odd functions; out of `abs` and `sign` any number in front."""
    if not isinstance(e, ex.Apply) or len(e.args) > 1:
        return e
    sign, arg = functions.without_sign(e.function, e.arg)
    if e.function in ("abs", "sign"):
        c, rest = ex.split_coefficient(arg)
        if c != 1 and rest != ex.ONE:
            front = c if e.function == "abs" else sign
            return ex.scale(front, ex.apply(e.function, rest))
    return e if arg is e.arg else ex.scale(sign, ex.apply(e.function, arg))


def rows_sum_to_one(e: Expr) -> bool:
    """Is the sum of every row 1?"""
    if isinstance(e, ex.Transpose):
        return columns_sum_to_one(e.arg)
    return ex.is_operation(e, "softmax_rows")


def columns_sum_to_one(e: Expr) -> bool:
    """Is the sum of every column 1?"""
    if isinstance(e, ex.Transpose):
        return rows_sum_to_one(e.arg)
    return ex.is_operation(e, "softmax_columns") or ex.is_operation(e, "softmax")
