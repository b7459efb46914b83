"""What is zero by its form, or by what is said of the symbols: all of it, or some entries."""

from __future__ import annotations

from . import expr as ex
from .expr import Expr, Symbol
from .kinds import Facts, is_kind


def vanishes(e: Expr) -> bool:
    """Is all of it zero, as in `a*zeros(m,n)`?"""
    match e:
        case ex.Add(terms=parts):
            return all(map(vanishes, parts))
        case ex.Mul() | ex.Hadamard() | ex.Kron():
            return any(map(vanishes, e.parts))
        case ex.Block():
            return all(map(vanishes, e.parts))
        case ex.Quotient(numerator=arg) | ex.Operation(operator="norm2" | "norm1", args=(arg,)):
            return vanishes(arg)
        case ex.Power(base=arg, exponent=ex.Number(value=p)):
            return p > 0 and vanishes(arg)
        case (
            ex.Transpose(arg=arg)
            | ex.MatrixPower(base=arg)
            | ex.Diag(arg=arg)
            | ex.Diagonal(arg=arg)
            | ex.Triangle(arg=arg)
            | ex.Vec(arg=arg)
            | ex.Unvec(arg=arg)
            | ex.Trace(arg=arg)
            | ex.Total(arg=arg)
            | ex.Row(arg=arg)
            | ex.Column(arg=arg)
            | ex.Entry(arg=arg)
        ):
            return vanishes(arg)
        case ex.IndexSum(body=arg) | ex.Rows(body=arg):
            return vanishes(arg)
        case _:
            return ex.is_zero(e)


_NONZERO_AT_ZERO = frozenset({"exp", "cos", "cosh", "sigmoid", "softplus", "log", "step"})

_WITH_ZEROS = ex.bits_of(ex.Identity, ex.Zeros, ex.Diag, ex.Triangle)
"""The nodes that have entries which are always zero."""

_DIVIDING = ex.bits_of(ex.Quotient, ex.Power)


def vanishes_somewhere(e: Expr) -> bool:
    """Is some entry zero because of the form alone, as in a triangle or a diagonal matrix?

    False is certain but for products of matrices of which one has no such entries.
    """
    if not e.kinds & _WITH_ZEROS:
        return False
    match e:
        case ex.Identity() | ex.Zeros() | ex.Diag() | ex.Triangle():
            return True
        case ex.Add(terms=terms):
            return all(map(vanishes_somewhere, terms))
        case ex.Mul(matrices=matrices):
            return bool(matrices) and all(map(vanishes_somewhere, _without_diagonals(matrices)))
        case ex.Apply(function=name, args=args):
            return name not in _NONZERO_AT_ZERO and any(map(vanishes_somewhere, args))
        case ex.Quotient(numerator=arg) | ex.Power(base=arg):
            return vanishes_somewhere(arg)
        case ex.Operation() | ex.Trace() | ex.Total() | ex.Diagonal():
            return False
        case _:
            return any(map(vanishes_somewhere, e.parts))


def _without_diagonals(matrices: tuple[Expr, ...]) -> tuple[Expr, ...]:
    """The factors that say where a product is zero: diagonal ones if there are no others."""
    return tuple(m for m in matrices if not isinstance(m, ex.Diag)) or matrices


def has_poles(e: Expr) -> bool:
    """Is some entry in it divided by zero because of the form alone?"""
    for node in ex.walk(e) if e.kinds & _WITH_ZEROS and e.kinds & _DIVIDING else ():
        match node:
            case ex.Quotient(denominator=below) if vanishes_somewhere(below):
                return True
            case ex.Power(base=below, exponent=ex.Number(value=p)) if p < 0:
                if vanishes_somewhere(below):
                    return True
            case _:
                pass
    return False


def in_triangle(e: Expr, part: ex.Part, facts: Facts) -> bool:
    """Are all entries beyond the diagonal zero, of the other triangle than `part`?"""

    def all_of(parts: tuple[Expr, ...]) -> bool:
        return all(in_triangle(p, part, facts) for p in parts)

    match e:
        case Symbol():
            return is_kind(e, part, facts)
        case ex.Identity() | ex.Diag() | ex.Zeros():
            return True
        case ex.Triangle(arg=arg, part=own):
            return own == part or in_triangle(arg, part, facts)
        case ex.Transpose(arg=arg):
            return in_triangle(arg, ex.mirrored(part), facts)
        case ex.Inverse(arg=arg) | ex.MatrixPower(base=arg) | ex.MatrixFunction(arg=arg):
            return in_triangle(arg, part, facts)
        case ex.Add(terms=terms):
            return all_of(terms)
        case ex.Mul(matrices=matrices):
            return bool(matrices) and e.shape[0] == e.shape[1] != 1 and all_of(matrices)
        case ex.Hadamard(factors=factors):
            return any(in_triangle(f, part, facts) for f in factors)
        case ex.Kron(factors=factors):
            return all(f.shape[0] == f.shape[1] for f in factors) and all_of(factors)
        case _:
            return False
