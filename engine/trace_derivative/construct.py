"""The constructors of the matrix language: they check shapes and keep a light normal form.

Input: expressions; output: an expression in the form that its text can be read back to (nested
sums and products flat, numbers in front, scalars before matrices).  They do no algebra: that is
`simplify`.  Those of Kronecker products, vec and block matrices are in `composites`, those
with indices in `slicing`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from functools import lru_cache
from typing import Any

from . import operators
from .errors import ShapeError
from .nodes import (
    SCALAR,
    UNIT as UNIT,
    Add,
    Apply,
    Diag,
    Diagonal,
    Dim,
    Expr,
    Frechet,
    Hadamard,
    Identity,
    Inverse,
    MatrixFunction,
    MatrixPower,
    Mul,
    Node,
    Number,
    Ones,
    Operation,
    Part,
    Power,
    Quotient,
    Shape,
    Symbol,
    Total,
    Trace,
    Transpose,
    Triangle,
    Zeros,
    describe,
    is_divisor,
    make,
)

# ------------------------------------------------------------------------ leaves


def symbol(name: str, shape: Shape, rank: int | None = None) -> Symbol:
    """The symbol of that name and shape; `rank` defaults to the least that the shape allows."""
    if rank is None:
        rank = least_rank(shape)
    return make(Symbol, shape, (), name, rank, name=name)


def least_rank(shape: Shape) -> int:
    """The least rank that a symbol of a shape may have: 0 scalar, 1 vector, 2 matrix."""
    return 0 if shape == SCALAR else 1 if shape[1] == 1 else 2


def number(value: Fraction | int) -> Number:
    """An exact number."""
    found = exact(value)
    return ONE if found is UNIT else make(Number, SCALAR, (), number=found)


def exact(value: Fraction | int) -> Fraction:
    """The exact number; `UNIT` where it is 1."""
    if value is UNIT or value == 1:
        return UNIT
    return whole(value) if isinstance(value, int) else value


@lru_cache(maxsize=1024)
def whole(value: int) -> Fraction:
    """A whole number as an exact one, the same object each time."""
    return UNIT if value == 1 else Fraction(value)


ZERO = make(Number, SCALAR, (), number=whole(0))
ONE = make(Number, SCALAR, (), number=UNIT)
TWO = make(Number, SCALAR, (), number=whole(2))


def identity(dim: Dim) -> Expr:
    """`eye(dim)`; the number 1 for dimension 1."""
    return ONE if dim == 1 else make(Identity, (dim, dim), ())


def ones(rows: Dim, columns: Dim = 1) -> Expr:
    """The matrix of ones; the transpose of a ones vector for a row, the number 1 for 1 x 1."""
    if rows == 1:
        return ONE if columns == 1 else transpose(ones(columns))
    return make(Ones, (rows, columns), ())


def zeros(rows: Dim, columns: Dim = 1) -> Expr:
    """The zero matrix; the number 0 for 1 x 1."""
    return ZERO if (rows, columns) == SCALAR else make(Zeros, (rows, columns), ())


# ------------------------------------------------------------------------ sums and products


def add(*terms: Expr) -> Expr:
    """The sum; nested sums become flat, zeros vanish, numbers are added up.

    The number stands first where the sum would begin with a minus, else last.
    """
    if len(terms) == 1:
        return terms[0]
    flat: list[Expr] = []
    constant: Fraction | int = 0
    shape = terms[0].shape
    for term in terms:
        if term.shape != shape:
            raise ShapeError(f"cannot add {describe(shape)} and {describe(term.shape)}")
        for t in term.terms if isinstance(term, Add) else (term,):
            if isinstance(t, Number):
                constant += t.value
            elif not isinstance(t, Zeros):
                flat.append(t)
    if constant:
        first = isinstance(flat[0], Mul) and flat[0].coefficient < 0 if flat else False
        flat.insert(0 if first else len(flat), number(constant))
    if len(flat) < 2:
        return flat[0] if flat else zeros(*shape)
    parts = tuple(flat)
    return make(Add, shape, parts, parts)


def mul(*factors: Expr) -> Expr:
    """The product of matrices and scalars, in the normal form of `Mul`."""
    if len(factors) == 1:
        return factors[0]
    coefficient = UNIT
    scalars: list[Expr] = []
    chain: list[Expr] = []
    for f in factors:
        if type(f) is Mul:
            if f.coefficient is not UNIT:
                coefficient = exact_product(coefficient, f.coefficient)
            if chain:
                _flush(chain, scalars)
            if f.shape == SCALAR and f.matrices:
                scalars.append(_chained(f.matrices))
                continue
            scalars.extend(f.scalars)
            if chain:
                for m in f.matrices:
                    _append(chain, m, scalars)
            else:
                chain.extend(f.matrices)
        elif f.shape != SCALAR:
            if not chain or 1 != chain[-1].shape[1] == f.shape[0]:
                chain.append(f)
            else:
                _append(chain, f, scalars)
        elif type(f) is Number:
            coefficient = exact_product(coefficient, f.value)
        else:
            _flush(chain, scalars)
            scalars.append(f)
    if chain and coefficient is UNIT and not scalars:
        return _chained(tuple(chain))
    shape = (chain[0].shape[0], chain[-1].shape[1]) if chain else SCALAR
    if not coefficient:
        return zeros(*shape)
    if chain and shape == SCALAR and scalars:
        scalars.append(_chained(tuple(chain)))
        chain = []
    if len(scalars) > 1:
        scalars.sort(key=is_divisor)
    return _product(coefficient, tuple(scalars), tuple(chain))


def exact_product(a: Fraction, b: Fraction) -> Fraction:
    """The product of two numbers, of which one is 1 most of the time; `UNIT` where it is 1."""
    if a is UNIT or b is UNIT:
        return b if a is UNIT else a
    return exact(a * b)


def _append(chain: list[Expr], f: Expr, scalars: list[Expr]) -> None:
    """Append a matrix factor to a chain that has begun.

    Where it was 1 x 1 before, that part is a scalar.  So a product is the same whatever the
    brackets in it were.
    """
    columns = chain[-1].shape[1]
    if columns == 1:
        _flush(chain, scalars)
    if columns != f.shape[0] and chain:
        left, right = describe(chain[-1].shape), describe(f.shape)
        raise ShapeError(f"cannot multiply {left} and {right}")
    chain.append(f)


def _flush(chain: list[Expr], scalars: list[Expr]) -> None:
    """Move a chain that is 1 x 1 to the scalars."""
    if chain and chain[-1].shape[1] == 1 and chain[0].shape[0] == 1:
        scalars.append(_chained(tuple(chain)))
        chain.clear()


def _chained(matrices: tuple[Expr, ...]) -> Expr:
    """The product of matrices alone."""
    if len(matrices) == 1:
        return matrices[0]
    shape = (matrices[0].shape[0], matrices[-1].shape[1])
    return make(Mul, shape, matrices, (), matrices, number=UNIT)


def _product(coefficient: Fraction, scalars: tuple[Expr, ...], chain: tuple[Expr, ...]) -> Expr:
    if len(scalars) == 1 and not chain and isinstance(scalars[0], Mul):
        chain, scalars = scalars[0].matrices, ()
    if not scalars and not chain:
        return number(coefficient)
    if coefficient is UNIT and len(scalars) + len(chain) == 1:
        return chain[0] if chain else scalars[0]
    shape = (chain[0].shape[0], chain[-1].shape[1]) if chain else SCALAR
    parts = scalars + chain if scalars else chain
    return make(Mul, shape, parts, scalars, chain, number=coefficient)


def scale(coefficient: Fraction | int, e: Expr) -> Expr:
    """`coefficient * e`."""
    c = exact(coefficient)
    if c is UNIT:
        return e
    if type(e) is Mul and c:
        return _product(exact_product(c, e.coefficient), e.scalars, e.matrices)
    return mul(number(c), e)


def neg(e: Expr) -> Expr:
    """`-e`."""
    return scale(-1, e)


def sub(a: Expr, b: Expr) -> Expr:
    """`a - b`."""
    return add(a, neg(b))


def split_coefficient(e: Expr) -> tuple[Fraction, Expr]:
    """`(c, rest)` with `e = c * rest` and no number in front of the rest."""
    if isinstance(e, Mul):
        if e.coefficient is UNIT:
            return UNIT, e
        return e.coefficient, _product(UNIT, e.scalars, e.matrices)
    if isinstance(e, Number):
        return e.value, ONE
    return UNIT, e


def split_front(e: Expr) -> tuple[Expr, Expr]:
    """The scalar factors of a product, and the rest of it."""
    if isinstance(e, Mul) and e.matrices and (e.scalars or e.coefficient is not UNIT):
        return mul(number(e.coefficient), *e.scalars), mul(*e.matrices)
    return ONE, e


def scalars_apart(factors: Iterable[Expr]) -> tuple[list[Expr], list[Expr]]:
    """The scalars of some factors and in front of them, and the factors without them."""
    scalars: list[Expr] = []
    others: list[Expr] = []
    for f in factors:
        if f.shape != SCALAR and type(f) is not Mul:
            others.append(f)
            continue
        c, rest = split_coefficient(f)
        if c is not UNIT:
            scalars.append(number(c))
        if isinstance(rest, Mul) and rest.shape != SCALAR and rest.scalars:
            scalars.extend(rest.scalars)
            rest = mul(*rest.matrices)
        if rest.shape != SCALAR:
            others.append(rest)
        elif rest != ONE:
            scalars.append(rest)
    return scalars, others


# ------------------------------------------------------------------------ other operators


def transpose(e: Expr) -> Expr:
    """`e'`; of a scalar, an identity or a transpose what it is already."""
    rows, columns = e.shape
    if rows == 1 == columns:
        return e
    known = _TRANSPOSED.get(type(e))
    found = known(e) if known else None
    return make(Transpose, (columns, rows), (e,), e) if found is None else found


_TRANSPOSED: dict[type[Node], Callable[[Any], Expr | None]] = {
    Identity: lambda e: e,
    Diag: lambda e: e,
    Transpose: lambda e: e.arg,
    Zeros: lambda e: zeros(*e.shape[::-1]),
    Ones: lambda e: ones(*e.shape[::-1]) if e.shape[1] != 1 else None,
    Triangle: lambda e: triangle(mirrored(e.part), e.arg) if isinstance(e.arg, Ones) else None,
}
"""The nodes whose transpose is something else, or may be."""


def inverse(e: Expr) -> Expr:
    """`inv(e)` of a square matrix; the reciprocal of a scalar."""
    _need_square(e, "inv")
    if e.shape == SCALAR:
        return power(e, number(-1))
    if isinstance(e, Inverse):
        return e.arg
    return e if isinstance(e, Identity) else make(Inverse, e.shape, (e,), e)


def matrix_power(e: Expr, exponent: int) -> Expr:
    """`e^n` of a square matrix; a negative n is a power of the inverse."""
    _need_square(e, "a power")
    if e.shape == SCALAR:
        return power(e, number(exponent))
    if exponent < 0:
        return matrix_power(inverse(e), -exponent)
    if exponent == 0:
        return identity(e.shape[0])
    if exponent == 1 or isinstance(e, Identity):
        return e
    if isinstance(e, MatrixPower):
        return matrix_power(e.base, e.exponent * exponent)
    return make(MatrixPower, e.shape, (e,), e, exponent)


def matrix_function(function: str, e: Expr, *parameters: Expr) -> Expr:
    """A function of one number, by its name, applied to a square matrix; `pow` is a power."""
    _need_square(e, "a function of a matrix")
    if function == "pow":
        return _general_power(e, *parameters)
    if e.shape == SCALAR:
        return apply(function, e)
    return make(MatrixFunction, e.shape, (e,), function, e, ())


def _general_power(e: Expr, exponent: Expr) -> Expr:
    if exponent.shape != SCALAR:
        raise ShapeError(f"an exponent must be a scalar, not {describe(exponent.shape)}")
    if e.shape == SCALAR:
        return power(e, exponent)
    if isinstance(exponent, Number) and exponent.value.denominator == 1:
        return matrix_power(e, exponent.value.numerator)
    if isinstance(e, Identity):
        return e
    return make(MatrixFunction, e.shape, (e, exponent), "pow", e, (exponent,))


def frechet(function: str, e: Expr, direction: Expr, *parameters: Expr) -> Expr:
    """The derivative of a function at a square matrix (not a scalar) in a direction."""
    _need_square(e, "a function of a matrix")
    if direction.shape != e.shape:
        raise ShapeError(
            f"a direction of {describe(direction.shape)} at a point of {describe(e.shape)}"
        )
    parts = (e, direction, *parameters)
    return make(Frechet, e.shape, parts, function, e, direction, parameters)


def power(base: Expr, exponent: Expr) -> Expr:
    """The (elementwise) power; of a matrix by a scalar or a matrix, of a scalar by either."""
    if SCALAR not in (base.shape, exponent.shape) and base.shape != exponent.shape:
        raise ShapeError(
            f"an elementwise power of {describe(base.shape)} by {describe(exponent.shape)}"
        )
    if exponent is ONE:
        return base
    if isinstance(exponent, Number):
        p = exponent.value
        if p == 0:
            return ones(*base.shape)
        whole = p.denominator == 1
        if isinstance(base, Number) and whole and (base.value != 0 or p > 0) and abs(p) < 100:
            return number(base.value**p.numerator)
        if isinstance(base, Power) and whole:
            return power(base.base, mul(base.exponent, exponent))
        if whole and isinstance(base, Mul) and base.shape == SCALAR and abs(p) < 100:
            parts = base.scalars or (_chained(base.matrices),)
            if base.coefficient is not UNIT or len(parts) > 1:
                front = number(base.coefficient**p.numerator)
                return mul(front, *[power(s, exponent) for s in parts])
        if isinstance(base, Ones):
            return base
    shape = exponent.shape if base.shape == SCALAR else base.shape
    return make(Power, shape, (base, exponent), base, exponent)


def hadamard(*factors: Expr) -> Expr:
    """The elementwise product; scalar factors and coefficients go in front."""
    scalars, parts = scalars_apart(factors)
    flat: list[Expr] = []
    for part in parts:
        flat.extend(part.factors if isinstance(part, Hadamard) else (part,))
    for f in flat[1:]:
        if f.shape != flat[0].shape:
            raise ShapeError(
                f"an elementwise product of {describe(flat[0].shape)} and {describe(f.shape)}"
            )
    if len(flat) > 1:
        flat = [make(Hadamard, flat[0].shape, (*flat,), (*flat,))]
    return flat[0] if flat and not scalars else mul(*scalars, *flat)


def quotient(numerator: Expr, denominator: Expr) -> Expr:
    """The elementwise quotient; a scalar on either side is a factor or a divisor."""
    if denominator.shape == SCALAR:
        return mul(numerator, power(denominator, number(-1)))
    if numerator.shape == SCALAR:
        return mul(numerator, quotient(ones(*denominator.shape), denominator))
    if numerator.shape != denominator.shape:
        above, below = describe(numerator.shape), describe(denominator.shape)
        raise ShapeError(f"an elementwise quotient of {above} and {below}")
    front, numerator = split_front(numerator)
    divisor, denominator = split_front(denominator)
    pair = (numerator, denominator)
    entries = make(Quotient, numerator.shape, pair, *pair)
    if front is ONE is divisor:
        return entries
    return mul(front, power(divisor, number(-1)), entries)


def apply(function: str, *args: Expr) -> Expr:
    """A function, by its name, applied entry by entry to arguments of one shape."""
    for e in args[1:]:
        if e.shape != args[0].shape:
            raise ShapeError(f"{function} of {describe(args[0].shape)} and {describe(e.shape)}")
    return make(Apply, args[0].shape, args, function, args)


def operation(name: str, *args: Expr) -> Expr:
    """An operator of the table, by its name; of a number what the table says it is."""
    entry = operators.TABLE[name]
    dims = operators.dims_of(entry, [e.shape for e in args])
    if dims is None:
        shapes = " and ".join(describe(e.shape) for e in args)
        raise ShapeError(f"{name} needs {operators.demand(entry)}, not {shapes}")
    if entry.of_scalar and all(e.shape == SCALAR for e in args):
        return _of_scalar(entry.of_scalar, args[0])
    rows, columns = (dims.get(letter, 1) for letter in entry.result)
    return make(Operation, (rows, columns), args, name, args)


def _of_scalar(what: str, e: Expr) -> Expr:
    """The value of an operator at a number: the number, 1, or a function of it."""
    if what == "1":
        return ONE
    return e if what == "Z" else apply(what, e)


def diag(e: Expr) -> Expr:
    """The diagonal matrix of a vector (column or row)."""
    if e.shape == SCALAR:
        return e
    if 1 not in e.shape:
        raise ShapeError(f"a vector is needed here, not {describe(e.shape)}")
    n = e.shape[0] if e.shape[1] == 1 else e.shape[1]
    return make(Diag, (n, n), (e,), e)


def diagonal(e: Expr) -> Expr:
    """The diagonal of a square matrix as a column vector."""
    _need_square(e, "diag")
    return e if e.shape == SCALAR else make(Diagonal, (e.shape[0], 1), (e,), e)


def triangle(part: Part, e: Expr) -> Expr:
    """The lower or the upper triangle of a square matrix, the diagonal included."""
    _need_square(e, "tril" if part == "lower" else "triu")
    if e.shape == SCALAR or isinstance(e, Identity | Diag | Zeros):
        return e
    return make(Triangle, e.shape, (e,), e, part)


def mirrored(part: Part) -> Part:
    """The triangle that a triangle becomes when it is transposed."""
    return "upper" if part == "lower" else "lower"


def trace(e: Expr) -> Expr:
    """`tr(e)`; a scalar is its own trace."""
    _need_square(e, "tr")
    return e if e.shape == SCALAR else make(Trace, SCALAR, (e,), e)


def total(e: Expr) -> Expr:
    """The sum of all entries."""
    return e if e.shape == SCALAR else make(Total, SCALAR, (e,), e)


def det(e: Expr) -> Expr:
    """The determinant."""
    return operation("det", e)


def logdet(e: Expr) -> Expr:
    """The logarithm of a positive determinant."""
    return operation("logdet", e)


def norm(e: Expr) -> Expr:
    """The Frobenius norm."""
    return operation("norm2", e)


def norm1(e: Expr) -> Expr:
    """The sum of absolute entries."""
    return operation("norm1", e)


def _need_square(e: Expr, what: str) -> None:
    if e.shape[0] != e.shape[1]:
        raise ShapeError(f"{what} needs a square matrix, not {describe(e.shape)}")
