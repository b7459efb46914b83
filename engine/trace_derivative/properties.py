"""What is known of an expression when kinds of its symbols are known: symmetric, definite, signs.

Input: an expression, and `Facts` (kinds with all that they imply, by the names of symbols).
Every answer is a proof: False says only that nothing is known.
"""

from __future__ import annotations

from . import expr as ex
from .expr import Expr, Symbol
from .kinds import Facts, is_kind
from .simplify import simplify
from .vanishing import in_triangle

_POSITIVE_VALUES = frozenset({"exp", "cosh", "sigmoid", "softplus"})
_KEEP_SIGN = frozenset({"sqrt", "abs", "sinh", "tanh", "arctan", "relu"})
_NOT_BELOW_ZERO = frozenset({"abs", "sqrt", "relu", "step"})
_WITH_ZEROS = frozenset({"diagonal", "lower", "upper"})


# ------------------------------------------------------------------------ transposes


def turned(e: Expr, facts: Facts) -> Expr:
    """The transpose, pushed to the symbols: a symmetric one is its own, a skew one its negative."""
    match e:
        case Symbol():
            if is_kind(e, "symmetric", facts):
                return e
            return ex.neg(e) if is_kind(e, "skew", facts) else ex.transpose(e)
        case ex.Mul(coefficient=c, scalars=scalars, matrices=matrices):
            flipped = [turned(m, facts) for m in reversed(matrices)]
            return ex.mul(ex.number(c), *scalars, *ex.as_one(flipped))
        case (
            ex.Inverse()
            | ex.MatrixPower()
            | ex.MatrixFunction()
            | ex.Frechet()
            | ex.Apply()
            | ex.Hadamard()
            | ex.Add()
            | ex.Quotient()
        ) if e.shape != ex.SCALAR:
            return ex.with_children(e, tuple(turned(c, facts) for c in e.parts))
        case ex.Power(base=base, exponent=p) if e.shape != ex.SCALAR:
            return ex.power(turned(base, facts), turned(p, facts))
        case ex.Triangle(arg=arg, part=part):
            return ex.triangle(ex.mirrored(part), turned(arg, facts))
        case ex.Kron(factors=factors):
            return ex.kron(*[turned(f, facts) for f in factors], shape=e.shape[::-1])
        case _:
            return ex.transpose(e)


def is_symmetric(e: Expr, facts: Facts) -> bool:
    """Is the matrix equal to its transpose?"""
    return e.shape[0] == e.shape[1] and _same(turned(e, facts), e)


def is_skew(e: Expr, facts: Facts) -> bool:
    """Is the matrix equal to its negative transpose?"""
    return e.shape[0] == e.shape[1] and _same(turned(e, facts), ex.neg(e))


def _same(a: Expr, b: Expr) -> bool:
    return a == b or simplify(ex.sub(a, b)) == ex.zeros(*a.shape)


# ------------------------------------------------------------------------ zeros


def is_diagonal(e: Expr, facts: Facts) -> bool:
    """Are all entries off the diagonal zero?"""
    return in_triangle(e, "lower", facts) and in_triangle(e, "upper", facts)


# ------------------------------------------------------------------------ orthonormal, idempotent


def is_orthonormal(e: Expr, facts: Facts) -> bool:
    """Are the columns orthonormal, `e'*e = I`?"""
    match e:
        case Symbol():
            return is_kind(e, "orthonormal", facts) or is_kind(e, "unit", facts)
        case ex.Transpose(arg=arg):
            return is_orthogonal(arg, facts)
        case ex.Mul(coefficient=c, scalars=(), matrices=matrices):
            return abs(c) == 1 and all(is_orthonormal(m, facts) for m in matrices)
        case ex.MatrixPower(base=base):
            return is_orthonormal(base, facts)
        case ex.Kron(factors=factors):
            return all(is_orthonormal(f, facts) for f in factors)
        case ex.MatrixFunction(function="exp", arg=arg):
            return is_skew(arg, facts)
        case _:
            return isinstance(e, ex.Identity)


def is_orthogonal(e: Expr, facts: Facts) -> bool:
    """Is the inverse the transpose?"""
    return e.shape[0] == e.shape[1] != 1 and is_orthonormal(e, facts)


def is_idempotent(e: Expr, facts: Facts) -> bool:
    """Is it its own square: a symbol of that kind, `U*U'`, or I minus one of these?"""
    match e:
        case Symbol():
            return is_kind(e, "idempotent", facts)
        case ex.Transpose(arg=arg):
            return is_idempotent(arg, facts)
        case ex.Mul(coefficient=c, scalars=(), matrices=(u, v)) if c == 1:
            return is_orthonormal(u, facts) and v == turned(u, facts)
        case ex.Add(terms=(ex.Identity(), other)) | ex.Add(terms=(other, ex.Identity())):
            return is_idempotent(ex.neg(other), facts)
        case _:
            return False


# ------------------------------------------------------------------------ definite


def is_definite(e: Expr, facts: Facts) -> bool:
    """Is it symmetric positive definite?"""
    match e:
        case Symbol():
            return is_kind(e, "spd", facts)
        case ex.Inverse(arg=arg) | ex.MatrixPower(base=arg) | ex.Transpose(arg=arg):
            return is_definite(arg, facts)
        case ex.MatrixFunction(function="exp", arg=arg):
            return is_symmetric(arg, facts)
        case ex.Add(terms=terms):
            whole = all(is_semidefinite(t, facts) for t in terms)
            return whole and any(is_definite(t, facts) for t in terms)
        case ex.Mul(coefficient=c, scalars=scalars, matrices=(one,)):
            front = c > 0 and all(is_positive(s, facts) for s in scalars)
            return front and is_definite(one, facts)
        case ex.Kron(factors=factors):
            return all(is_definite(f, facts) for f in factors)
        case _:
            return isinstance(e, ex.Identity)


def is_semidefinite(e: Expr, facts: Facts) -> bool:
    """Is it symmetric positive semidefinite (for a scalar: not below zero)?"""
    match e:
        case Symbol():
            return is_kind(e, "psd", facts)
        case ex.Add(terms=terms):
            return all(is_semidefinite(t, facts) for t in terms)
        case ex.Mul(coefficient=c, scalars=scalars, matrices=matrices) if matrices:
            front = c > 0 and all(is_nonnegative(s, facts) for s in scalars)
            return front and _is_congruence(matrices, facts)
        case ex.MatrixPower(base=base, exponent=n):
            even = n % 2 == 0 and is_symmetric(base, facts)
            return even or is_semidefinite(base, facts)
        case ex.Transpose(arg=arg):
            return is_semidefinite(arg, facts)
        case ex.Kron(factors=factors):
            return all(is_semidefinite(f, facts) for f in factors)
        case _:
            return is_definite(e, facts)


def _is_congruence(matrices: tuple[Expr, ...], facts: Facts) -> bool:
    """Is a product of the form `A*S*A'`, or `A*A'`?"""
    half = len(matrices) // 2
    left = matrices[:half]
    right = tuple(turned(m, facts) for m in reversed(matrices[len(matrices) - half :]))
    if left != right:
        return False
    return len(matrices) % 2 == 0 or is_semidefinite(matrices[half], facts)


# ------------------------------------------------------------------------ signs


def sign_of(e: Expr, facts: Facts) -> int:
    """1 or -1 where all entries are known to be above or below zero, else 0."""
    match e:
        case ex.Number(value=value):
            return (value > 0) - (value < 0)
        case Symbol(name=name):
            known = facts.get(name, frozenset())
            if e.shape != ex.SCALAR and known & _WITH_ZEROS:
                return 0
            return ("positive" in known) - ("negative" in known)
        case ex.Ones():
            return 1
        case ex.Add(terms=terms):
            return _sign_of_sum(terms, facts)
        case ex.Mul(coefficient=c, scalars=scalars, matrices=matrices):
            signs = [sign_of(p, facts) for p in (*scalars, *matrices)]
            return _product([1 if c > 0 else -1, *signs])
        case ex.Hadamard(factors=factors):
            return _product([sign_of(f, facts) for f in factors])
        case ex.Quotient(numerator=a, denominator=b):
            return _product([sign_of(a, facts), sign_of(b, facts)])
        case ex.Power(base=base, exponent=ex.Number(value=p)):
            sign = sign_of(base, facts)
            if p.denominator != 1:
                return max(0, sign)
            return abs(sign) if p % 2 == 0 else sign
        case ex.Power(base=base):
            return max(0, sign_of(base, facts))
        case ex.Apply(function=name, args=(arg,)):
            if name in _POSITIVE_VALUES:
                return 1
            sign = sign_of(arg, facts) if name in _KEEP_SIGN else 0
            if name in _NOT_BELOW_ZERO:
                return abs(sign) if name == "abs" else max(0, sign)
            return sign
        case ex.Transpose(arg=arg) | ex.Total(arg=arg) | ex.Diagonal(arg=arg):
            return sign_of(arg, facts)
        case ex.Trace(arg=arg):
            return 1 if is_definite(arg, facts) else sign_of(arg, facts)
        case ex.Row(arg=arg) | ex.Column(arg=arg) | ex.Entry(arg=arg) | ex.IndexSum(body=arg):
            return sign_of(arg, facts)
        case ex.Rows(body=arg):
            return sign_of(arg, facts)
        case ex.Operation(operator="det", args=(arg,)):
            return 1 if is_definite(arg, facts) else 0
        case ex.Operation(operator="norm2" | "norm1", args=(arg,)):
            return abs(sign_of(arg, facts))
        case _:
            return 0


def _sign_of_sum(terms: tuple[Expr, ...], facts: Facts) -> int:
    """A sum of terms of one sign; those that may be zero do not change it."""
    for sign in (1, -1):
        signed = [t if sign > 0 else ex.neg(t) for t in terms]
        one = any(sign_of(t, facts) > 0 for t in signed)
        if one and all(is_nonnegative(t, facts) for t in signed):
            return sign
    return 0


def _product(signs: list[int]) -> int:
    result = 1
    for sign in signs:
        result *= sign
    return result


def is_positive(e: Expr, facts: Facts) -> bool:
    """Are all entries above zero?"""
    return sign_of(e, facts) > 0


def is_nonnegative(e: Expr, facts: Facts, *, rounded: bool = False) -> bool:
    """Is no entry below zero?  With `rounded`: nor what is computed of it?

    The determinant of a singular semidefinite matrix is zero, and may be computed as `-1e-17`.
    """
    if sign_of(e, facts) > 0:
        return True

    def all_of(*parts: Expr) -> bool:
        return all(is_nonnegative(p, facts, rounded=rounded) for p in parts)

    def semidefinite(e: Expr) -> bool:
        return _has_squares(e, facts) if rounded else is_semidefinite(e, facts)

    match e:
        case ex.Number(value=value):
            return value >= 0
        case Symbol(name=name):
            return "nonnegative" in facts.get(name, frozenset())
        case ex.Identity() | ex.Zeros() | ex.Operation(operator="norm2" | "norm1"):
            return True
        case ex.Mul(coefficient=c, scalars=scalars, matrices=matrices):
            if e.shape == ex.SCALAR and semidefinite(e):
                return True
            if c > 0:
                return all_of(*scalars, *matrices)
            below = [p for p in (*scalars, *matrices) if sign_of(p, facts) < 0]
            others = [p for p in (*scalars, *matrices) if p not in below]
            return len(below) == 1 and all_of(*others)
        case ex.Add(terms=terms):
            return all_of(*terms)
        case ex.Hadamard(factors=factors):
            return all_of(*factors)
        case ex.Quotient(numerator=a, denominator=b):
            return all_of(a, b)
        case ex.Power(base=base, exponent=ex.Number(value=p)):
            return (p.denominator == 1 and p % 2 == 0) or all_of(base)
        case ex.Power(base=base):
            return all_of(base)
        case ex.Apply(function=name, args=(arg,)):
            return name in _NOT_BELOW_ZERO or (name in _KEEP_SIGN and all_of(arg))
        case ex.Trace(arg=arg):
            return is_kind(arg, "psd", facts) or semidefinite(arg) or all_of(arg)
        case ex.Diagonal(arg=arg):
            return semidefinite(arg) or all_of(arg)
        case ex.Operation(operator="det", args=(arg,)):
            return is_semidefinite(arg, facts) and not rounded
        case ex.Transpose(arg=arg) | ex.Total(arg=arg) | ex.Diag(arg=arg) | ex.Triangle(arg=arg):
            return all_of(arg)
        case ex.Row(arg=arg) | ex.Column(arg=arg) | ex.Entry(arg=arg):
            return all_of(arg)
        case _:
            return False


def _has_squares(e: Expr, facts: Facts) -> bool:
    """Is the matrix definite, or computed so that sums of squares are on its diagonal?"""
    match e:
        case ex.Mul(coefficient=c, scalars=scalars, matrices=matrices) if matrices:
            front = c > 0 and all(is_nonnegative(s, facts, rounded=True) for s in scalars)
            middle = matrices[len(matrices) // 2]
            certain = len(matrices) == 2 or is_definite(middle, facts)
            return front and certain and _is_congruence(matrices, facts)
        case ex.Add(terms=terms):
            return all(_has_squares(t, facts) for t in terms)
        case _:
            return is_definite(e, facts)
