"""The matrix language: immutable, hash-consed expressions that carry their shape.

Every shape is a pair `(rows, columns)` of dimensions, a dimension a name or a number; a
column vector is `(n, 1)`, a scalar `(1, 1)`.  Nodes are made by the lower-case functions of
this module only (`mul`, `add`, `transpose` ...): they check the shapes and keep a light normal
form (nested sums and products flat, numbers in front, scalars before matrices) that the text
form can be read back to.  They do no algebra: that is `simplify`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, assert_never

from .errors import ShapeError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Dim: TypeAlias = str | int
Shape: TypeAlias = tuple[Dim, Dim]

SCALAR: Shape = (1, 1)


@dataclass(frozen=True, slots=True)
class Index:
    """An index name with the dimension it runs over, from 1 to `dim`."""

    name: str
    dim: Dim

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Node:
    """What every expression has: its shape, the names of its symbols, its free indices.

    `context` are symbols whose values may tell the sizes of dimensions, as in the gradient
    `eye(n)` of `tr(X)`; it takes no part in equality.
    """

    shape: Shape
    symbols: frozenset[str]
    free: frozenset[Index]
    _key: tuple[Any, ...]
    _hash: int
    context: tuple[Symbol, ...]

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return isinstance(other, Node) and self._hash == other._hash and self._key == other._key

    def __str__(self) -> str:
        from .render_text import text

        return text(self)  # type: ignore[arg-type]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self} : {self.shape[0]} x {self.shape[1]}>"

    def latex(self) -> str:
        """LaTeX of the expression (plain amsmath), in the notes' typography."""
        from .render_latex import latex

        return latex(self)  # type: ignore[arg-type]

    def numpy(self) -> str:
        """A NumPy expression for the value; vectors are `(n, 1)` arrays in it."""
        from .render_numpy import numpy_code

        return numpy_code(self)  # type: ignore[arg-type]

    def evaluate(
        self, values: Mapping[str, npt.ArrayLike], dims: Mapping[str, int] | None = None
    ) -> np.ndarray[Any, Any]:
        """The value for arrays given by symbol name.

        A vector may be given as `(n,)` or `(n, 1)`; a column vector is returned as `(n,)`, a
        scalar as a 0-dimensional array.  `dims` gives sizes that no array shows.
        """
        from .evaluate import evaluate

        sizes = sizes_of(self.context, values) | dict(dims or {})
        return evaluate(self, values, sizes)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Symbol(Node):
    """A variable or constant; `rank` is how it was declared: 0 scalar, 1 vector, 2 matrix."""

    name: str
    rank: int


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Number(Node):
    """An exact rational number."""

    value: Fraction


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Identity(Node):
    """The identity matrix `eye(n)`."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Ones(Node):
    """The matrix of ones `ones(m,n)`, or the ones vector `ones(m)`; never a row."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Zeros(Node):
    """The zero matrix `zeros(m,n)`; never a scalar."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Delta(Node):
    """Kronecker's delta `delta(i,j)` of two indices, a scalar."""

    row: Index
    column: Index


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Add(Node):
    """A sum of two or more terms of one shape."""

    terms: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Mul(Node):
    """`coefficient * scalars * matrices`: a number, scalar factors, a chain of matrix factors.

    Scalars with negative powers stand last.  A chain that is 1 x 1 stands alone (with the
    coefficient at most): beside other factors it is one of the scalars.
    """

    coefficient: Fraction
    scalars: tuple[Expr, ...]
    matrices: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Power(Node):
    """Elementwise power by a scalar exponent, `A.^p`; the ordinary power of a scalar."""

    base: Expr
    exponent: Expr


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class MatrixPower(Node):
    """`A^n` of a square matrix, n >= 2."""

    base: Expr
    exponent: int


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Inverse(Node):
    """`inv(A)` of a square matrix (not of a scalar)."""

    arg: Expr


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Transpose(Node):
    """`A'` (not of a scalar)."""

    arg: Expr


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Hadamard(Node):
    """Elementwise product `A.*B` of two or more factors of one shape that is not a scalar's."""

    factors: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Quotient(Node):
    """Elementwise quotient `A./B` of one shape that is not a scalar's."""

    numerator: Expr
    denominator: Expr


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Apply(Node):
    """A function of one argument applied to every entry, `log(A)`."""

    function: str
    arg: Expr


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Diag(Node):
    """The diagonal matrix of a column or row vector, `diag(x)`."""

    arg: Expr


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Diagonal(Node):
    """The diagonal of a square matrix as a column vector, `diag(A)`."""

    arg: Expr


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Trace(Node):
    """`tr(A)`."""

    arg: Expr


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Total(Node):
    """The sum of all entries, `sum(A)`."""

    arg: Expr


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Det(Node):
    """`det(A)`."""

    arg: Expr


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class LogDet(Node):
    """`logdet(A)`, the logarithm of a positive determinant."""

    arg: Expr


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Norm(Node):
    """The Frobenius (Euclidean) norm `norm2(A)`."""

    arg: Expr


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Norm1(Node):
    """The sum of absolute entries `norm1(A)`."""

    arg: Expr


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Row(Node):
    """Row k of a matrix, `B[k,:]`, of shape 1 x n."""

    arg: Expr
    index: Index


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Column(Node):
    """Column k of a matrix, `B[:,k]`, of shape m x 1."""

    arg: Expr
    index: Index


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Entry(Node):
    """One entry, `A[i,j]`; `x[i]` of a column vector (`column` is None)."""

    arg: Expr
    row: Index
    column: Index | None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class IndexSum(Node):
    """The sum of a body over one or more indices, `sum(k: ...)`."""

    indices: tuple[Index, ...]
    body: Expr


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Rows(Node):
    """The matrix whose k-th row is the body, `rows(k: v)`; the body is 1 x n or a scalar."""

    index: Index
    body: Expr


Expr: TypeAlias = (
    Symbol
    | Number
    | Mul
    | Add
    | Transpose
    | Hadamard
    | Quotient
    | Apply
    | Power
    | Trace
    | Diag
    | Diagonal
    | Identity
    | Ones
    | Zeros
    | MatrixPower
    | Inverse
    | Total
    | Norm
    | Norm1
    | Det
    | LogDet
    | Row
    | Column
    | Entry
    | IndexSum
    | Rows
    | Delta
)

# ------------------------------------------------------------------------ hash-consing

N = TypeVar("N", bound=Node)
_table: dict[tuple[Any, ...], Node] = {}
_TABLE_LIMIT = 200_000
_NO_NAMES: frozenset[str] = frozenset()
_NO_INDICES: frozenset[Index] = frozenset()


def clear() -> None:
    """Forget the table of nodes (nodes in use stay valid and equal to their twins)."""
    _table.clear()


def _make(
    kind: type[N],
    shape: Shape,
    parts: tuple[Expr, ...],
    *fields: Any,
    bound: tuple[Index, ...] = (),
    own: tuple[Index, ...] = (),
    name: str | None = None,
) -> N:
    """The one node of this kind with these fields; `parts` are its children."""
    key = (kind, shape, *fields)
    node = _table.get(key)
    if node is None:
        names, free = _NO_NAMES, _NO_INDICES
        if len(parts) == 1:
            names, free = parts[0].symbols, parts[0].free
        elif parts:
            names = names.union(*[p.symbols for p in parts])
            free = free.union(*[p.free for p in parts])
        if name is not None:
            names = frozenset((name,))
        if bound:
            free = free.difference(bound)
        if own:
            free = free.union(own)
        node = kind(shape, names, free, key, hash(key), (), *fields)
        if len(_table) >= _TABLE_LIMIT:
            _table.clear()
        _table[key] = node
    return node  # type: ignore[return-value]


def with_context(e: N, symbols: Iterable[Symbol]) -> N:
    """The same expression, which knows symbols whose values tell sizes of dimensions."""
    return replace(e, context=tuple(symbols))


def sizes_of(symbols: Iterable[Symbol], values: Mapping[str, npt.ArrayLike]) -> dict[str, int]:
    """The sizes of dimensions that the values of symbols show."""
    found: dict[str, int] = {}
    for s in symbols:
        shape = getattr(values.get(s.name), "shape", ())
        for dim, size in zip(s.shape, shape, strict=False):
            if isinstance(dim, str):
                found.setdefault(dim, size)
    return found


# ------------------------------------------------------------------------ leaves


def symbol(name: str, shape: Shape, rank: int | None = None) -> Symbol:
    """The symbol of that name and shape; `rank` defaults to the least that the shape allows."""
    if rank is None:
        rank = 0 if shape == SCALAR else 1 if shape[1] == 1 else 2
    return _make(Symbol, shape, (), name, rank, name=name)


def number(value: Fraction | int) -> Number:
    """An exact number."""
    return _make(Number, SCALAR, (), Fraction(value))


ZERO = number(0)
ONE = number(1)


def identity(dim: Dim) -> Expr:
    """`eye(dim)`; the number 1 for dimension 1."""
    return ONE if dim == 1 else _make(Identity, (dim, dim), ())


def ones(rows: Dim, columns: Dim = 1) -> Expr:
    """The matrix of ones; the transpose of a ones vector for a row, the number 1 for 1 x 1."""
    if rows == 1:
        return ONE if columns == 1 else transpose(ones(columns))
    return _make(Ones, (rows, columns), ())


def zeros(rows: Dim, columns: Dim = 1) -> Expr:
    """The zero matrix; the number 0 for 1 x 1."""
    return ZERO if (rows, columns) == SCALAR else _make(Zeros, (rows, columns), ())


def delta(row: Index, column: Index) -> Expr:
    """Kronecker's delta."""
    return ONE if row == column else _make(Delta, SCALAR, (), row, column, own=(row, column))


# ------------------------------------------------------------------------ sums and products


def is_scalar(e: Expr) -> bool:
    """Is the expression 1 x 1?"""
    return e.shape == SCALAR


def is_zero(e: Expr) -> bool:
    """Is the expression the number 0 or a zero matrix?"""
    return isinstance(e, Zeros) or (isinstance(e, Number) and e.value == 0)


def add(*terms: Expr) -> Expr:
    """The sum; nested sums become flat, zeros vanish, numbers are added up."""
    flat: list[Expr] = []
    constant = Fraction(0)
    for term in terms:
        for t in term.terms if isinstance(term, Add) else (term,):
            if t.shape != terms[0].shape:
                raise ShapeError(f"cannot add {describe(terms[0].shape)} and {describe(t.shape)}")
            if isinstance(t, Number):
                constant += t.value
            elif not isinstance(t, Zeros):
                flat.append(t)
    if constant:
        flat.append(number(constant))
    if not flat:
        return zeros(*terms[0].shape)
    return flat[0] if len(flat) == 1 else _make(Add, flat[0].shape, (*flat,), (*flat,))


def mul(*factors: Expr) -> Expr:
    """The product of matrices and scalars, in the normal form of `Mul`."""
    coefficient = Fraction(1)
    scalars: list[Expr] = []
    chain: list[Expr] = []
    for f in factors:
        if isinstance(f, Number):
            coefficient *= f.value
        elif isinstance(f, Mul):
            coefficient *= f.coefficient
            _flush(chain, scalars)
            if f.shape == SCALAR and f.matrices:
                scalars.append(_product(Fraction(1), (), f.matrices))
            else:
                scalars.extend(f.scalars)
                _extend(chain, f.matrices, scalars)
        elif f.shape == SCALAR:
            _flush(chain, scalars)
            scalars.append(f)
        else:
            _extend(chain, (f,), scalars)
    shape = (chain[0].shape[0], chain[-1].shape[1]) if chain else SCALAR
    if coefficient == 0:
        return zeros(*shape)
    if chain and shape == SCALAR and scalars:
        scalars.append(_product(Fraction(1), (), tuple(chain)))
        chain = []
    if len(scalars) > 1:
        scalars.sort(key=_is_divisor)
    return _product(coefficient, tuple(scalars), tuple(chain))


def _extend(chain: list[Expr], more: tuple[Expr, ...], scalars: list[Expr]) -> None:
    """Append matrix factors to a chain; where it becomes 1 x 1 before the end it is a scalar.

    So a product is the same whatever the brackets in it were.
    """
    for f in more:
        _flush(chain, scalars)
        if chain and chain[-1].shape[1] != f.shape[0]:
            left, right = describe(chain[-1].shape), describe(f.shape)
            raise ShapeError(f"cannot multiply {left} and {right}")
        chain.append(f)


def _flush(chain: list[Expr], scalars: list[Expr]) -> None:
    """Move a chain that is 1 x 1 to the scalars."""
    if chain and (chain[0].shape[0], chain[-1].shape[1]) == SCALAR:
        scalars.append(_product(Fraction(1), (), tuple(chain)))
        chain.clear()


def _is_divisor(e: Expr) -> bool:
    return (
        isinstance(e, Power)
        and isinstance(e.exponent, Number)
        and e.exponent.value < 0
        and e.shape == SCALAR
    )


def _product(coefficient: Fraction, scalars: tuple[Expr, ...], chain: tuple[Expr, ...]) -> Expr:
    if len(scalars) == 1 and not chain and isinstance(scalars[0], Mul):
        chain, scalars = scalars[0].matrices, ()
    if not scalars and not chain:
        return number(coefficient)
    if coefficient == 1 and len(scalars) + len(chain) == 1:
        return (scalars + chain)[0]
    shape = (chain[0].shape[0], chain[-1].shape[1]) if chain else SCALAR
    return _make(Mul, shape, scalars + chain, coefficient, scalars, chain)


def scale(coefficient: Fraction | int, e: Expr) -> Expr:
    """`coefficient * e`."""
    return e if coefficient == 1 else mul(number(coefficient), e)


def neg(e: Expr) -> Expr:
    """`-e`."""
    return scale(-1, e)


def sub(a: Expr, b: Expr) -> Expr:
    """`a - b`."""
    return add(a, neg(b))


def split_coefficient(e: Expr) -> tuple[Fraction, Expr]:
    """`(c, rest)` with `e = c * rest` and no number in front of the rest."""
    if isinstance(e, Mul):
        return e.coefficient, _product(Fraction(1), e.scalars, e.matrices)
    if isinstance(e, Number):
        return e.value, ONE
    return Fraction(1), e


def chain_of(e: Expr) -> tuple[tuple[Expr, ...], tuple[Expr, ...]]:
    """`(scalars, matrices)` of a product, numbers among the scalars."""
    if isinstance(e, Mul):
        front = () if e.coefficient == 1 else (number(e.coefficient),)
        return (*front, *e.scalars), e.matrices
    return ((e,), ()) if e.shape == SCALAR else ((), (e,))


# ------------------------------------------------------------------------ other operators


def transpose(e: Expr) -> Expr:
    """`e'`; of a scalar, an identity or a transpose what it is already."""
    if e.shape == SCALAR or isinstance(e, Identity | Diag):
        return e
    if isinstance(e, Transpose):
        return e.arg
    if isinstance(e, Zeros):
        return zeros(*e.shape[::-1])
    if isinstance(e, Ones) and e.shape[1] != 1:
        return ones(*e.shape[::-1])
    return _make(Transpose, (e.shape[1], e.shape[0]), (e,), e)


def inverse(e: Expr) -> Expr:
    """`inv(e)` of a square matrix; the reciprocal of a scalar."""
    _need_square(e, "inv")
    if e.shape == SCALAR:
        return power(e, number(-1))
    if isinstance(e, Inverse):
        return e.arg
    return e if isinstance(e, Identity) else _make(Inverse, e.shape, (e,), e)


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
    return _make(MatrixPower, e.shape, (e,), e, exponent)


def power(base: Expr, exponent: Expr) -> Expr:
    """The (elementwise) power by a scalar exponent."""
    if exponent.shape != SCALAR:
        raise ShapeError(f"an exponent must be a scalar, not {describe(exponent.shape)}")
    if isinstance(exponent, Number):
        p = exponent.value
        if p == 1:
            return base
        if p == 0:
            return ones(*base.shape)
        whole = p.denominator == 1
        if isinstance(base, Number) and whole and (base.value != 0 or p > 0) and abs(p) < 100:
            return number(base.value**p.numerator)
        if isinstance(base, Power) and whole:
            return power(base.base, mul(base.exponent, exponent))
        if whole and isinstance(base, Mul) and base.shape == SCALAR and abs(p) < 100:
            parts = base.scalars or (_product(Fraction(1), (), base.matrices),)
            if base.coefficient != 1 or len(parts) > 1:
                front = number(base.coefficient**p.numerator)
                return mul(front, *[power(s, exponent) for s in parts])
        if isinstance(base, Ones):
            return base
    return _make(Power, base.shape, (base, exponent), base, exponent)


def hadamard(*factors: Expr) -> Expr:
    """The elementwise product; scalar factors and coefficients go in front."""
    scalars: list[Expr] = []
    flat: list[Expr] = []
    for f in factors:
        c, rest = split_coefficient(f)
        if c != 1:
            scalars.append(number(c))
        if isinstance(rest, Mul) and rest.shape != SCALAR and rest.scalars:
            scalars.extend(rest.scalars)
            rest = mul(*rest.matrices)
        if rest.shape == SCALAR:
            if rest != ONE:
                scalars.append(rest)
        else:
            flat.extend(rest.factors if isinstance(rest, Hadamard) else (rest,))
    for f in flat[1:]:
        if f.shape != flat[0].shape:
            raise ShapeError(
                f"an elementwise product of {describe(flat[0].shape)} and {describe(f.shape)}"
            )
    if len(flat) > 1:
        flat = [_make(Hadamard, flat[0].shape, (*flat,), (*flat,))]
    return mul(*scalars, *flat)


def quotient(numerator: Expr, denominator: Expr) -> Expr:
    """The elementwise quotient; a scalar on either side is a factor or a divisor."""
    if denominator.shape == SCALAR:
        return mul(numerator, power(denominator, number(-1)))
    if numerator.shape == SCALAR:
        return mul(numerator, quotient(ones(*denominator.shape), denominator))
    if numerator.shape != denominator.shape:
        raise ShapeError(
            "an elementwise quotient of "
            f"{describe(numerator.shape)} and {describe(denominator.shape)}"
        )
    scalars: tuple[Expr, ...] = ()
    if isinstance(numerator, Mul) and (numerator.scalars or numerator.coefficient != 1):
        scalars = (number(numerator.coefficient), *numerator.scalars)
        numerator = mul(*numerator.matrices)
    if isinstance(denominator, Mul) and (denominator.scalars or denominator.coefficient != 1):
        front = mul(number(denominator.coefficient), *denominator.scalars)
        scalars = (*scalars, power(front, number(-1)))
        denominator = mul(*denominator.matrices)
    pair = (numerator, denominator)
    return mul(*scalars, _make(Quotient, numerator.shape, pair, *pair))


def apply(function: str, e: Expr) -> Expr:
    """A function of one argument, by its name, applied to every entry."""
    return _make(Apply, e.shape, (e,), function, e)


def diag(e: Expr) -> Expr:
    """The diagonal matrix of a vector (column or row)."""
    if e.shape == SCALAR:
        return e
    if 1 not in e.shape:
        raise ShapeError(f"a vector is needed here, not {describe(e.shape)}")
    n = e.shape[0] if e.shape[1] == 1 else e.shape[1]
    return _make(Diag, (n, n), (e,), e)


def diagonal(e: Expr) -> Expr:
    """The diagonal of a square matrix as a column vector."""
    _need_square(e, "diag")
    return e if e.shape == SCALAR else _make(Diagonal, (e.shape[0], 1), (e,), e)


def trace(e: Expr) -> Expr:
    """`tr(e)`; a scalar is its own trace."""
    _need_square(e, "tr")
    return e if e.shape == SCALAR else _make(Trace, SCALAR, (e,), e)


def size_of(dim: Dim) -> Expr:
    """The size of a dimension as an expression, `tr(eye(n))`."""
    return number(dim) if isinstance(dim, int) else trace(identity(dim))


def total(e: Expr) -> Expr:
    """The sum of all entries."""
    return e if e.shape == SCALAR else _make(Total, SCALAR, (e,), e)


def det(e: Expr) -> Expr:
    """The determinant."""
    _need_square(e, "det")
    return e if e.shape == SCALAR else _make(Det, SCALAR, (e,), e)


def logdet(e: Expr) -> Expr:
    """The logarithm of a positive determinant."""
    _need_square(e, "logdet")
    return apply("log", e) if e.shape == SCALAR else _make(LogDet, SCALAR, (e,), e)


def norm(e: Expr) -> Expr:
    """The Frobenius norm."""
    return apply("abs", e) if e.shape == SCALAR else _make(Norm, SCALAR, (e,), e)


def norm1(e: Expr) -> Expr:
    """The sum of absolute entries."""
    return apply("abs", e) if e.shape == SCALAR else _make(Norm1, SCALAR, (e,), e)


def row(e: Expr, index: Index) -> Expr:
    """Row `index` of a matrix, 1 x n."""
    _need_dim(e.shape[0], index)
    return _make(Row, (1, e.shape[1]), (e,), e, index, own=(index,))


def column(e: Expr, index: Index) -> Expr:
    """Column `index` of a matrix, m x 1."""
    _need_dim(e.shape[1], index)
    return _make(Column, (e.shape[0], 1), (e,), e, index, own=(index,))


def entry(e: Expr, row_index: Index, column_index: Index | None = None) -> Expr:
    """Entry of a matrix, or of a column vector when `column_index` is None."""
    _need_dim(e.shape[0], row_index)
    if column_index is None:
        if e.shape[1] != 1:
            raise ShapeError("an entry of a matrix needs two indices")
        return _make(Entry, SCALAR, (e,), e, row_index, None, own=(row_index,))
    _need_dim(e.shape[1], column_index)
    pair = (row_index, column_index)
    return _make(Entry, SCALAR, (e,), e, *pair, own=pair)


def index_sum(indices: tuple[Index, ...], body: Expr) -> Expr:
    """The sum over indices; directly nested sums become one."""
    if not indices:
        return body
    if isinstance(body, IndexSum) and not set(indices) & set(body.indices):
        indices, body = indices + body.indices, body.body
    return _make(IndexSum, body.shape, (body,), indices, body, bound=indices)


def rows(index: Index, body: Expr) -> Expr:
    """The matrix whose row number `index` is the body (1 x n, or a scalar for a vector)."""
    if body.shape[0] != 1:
        raise ShapeError(f"a row is needed here, not {describe(body.shape)}")
    return _make(Rows, (index.dim, body.shape[1]), (body,), index, body, bound=(index,))


def _need_square(e: Expr, what: str) -> None:
    if e.shape[0] != e.shape[1]:
        raise ShapeError(f"{what} needs a square matrix, not {describe(e.shape)}")


def _need_dim(dim: Dim, index: Index) -> None:
    if dim != index.dim:
        raise ShapeError(f"index {index.name} runs over {index.dim} and over {dim}")


def describe(shape: Shape) -> str:
    """`a scalar`, `a vector of size n`, `an m x n matrix`: a shape in words."""
    if shape == SCALAR:
        return "a scalar"
    if shape[1] == 1:
        return f"a vector of size {shape[0]}"
    if shape[0] == 1:
        return f"a row of size {shape[1]}"
    # "an m x n matrix", as the letter is pronounced
    article = "an" if str(shape[0])[0] in "AEFHILMNORSXaefhilmnorsx8" else "a"
    return f"{article} {shape[0]} x {shape[1]} matrix"


# ------------------------------------------------------------------------ walking


def children(e: Expr) -> tuple[Expr, ...]:
    """The direct sub-expressions, in reading order."""
    match e:
        case Symbol() | Number() | Identity() | Ones() | Zeros() | Delta():
            return ()
        case Mul(scalars=scalars, matrices=matrices):
            return scalars + matrices
        case Add(terms=terms):
            return terms
        case Hadamard(factors=factors):
            return factors
        case Quotient(numerator=a, denominator=b):
            return (a, b)
        case Power(base=a, exponent=b):
            return (a, b)
        case MatrixPower(base=a):
            return (a,)
        case IndexSum(body=a) | Rows(body=a):
            return (a,)
        case (
            Transpose(arg=a)
            | Inverse(arg=a)
            | Apply(arg=a)
            | Diag(arg=a)
            | Diagonal(arg=a)
            | Trace(arg=a)
            | Total(arg=a)
            | Det(arg=a)
            | LogDet(arg=a)
            | Norm(arg=a)
            | Norm1(arg=a)
            | Row(arg=a)
            | Column(arg=a)
            | Entry(arg=a)
        ):
            return (a,)
        case _:
            assert_never(e)


_ONE_ARGUMENT: dict[type[Node], Callable[[Expr], Expr]] = {
    Transpose: transpose,
    Inverse: inverse,
    Diag: diag,
    Diagonal: diagonal,
    Trace: trace,
    Total: total,
    Det: det,
    LogDet: logdet,
    Norm: norm,
    Norm1: norm1,
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
            return mul(number(e.coefficient), *new[:k], *_one_chain(new[k:]))
        case Add():
            return add(*new)
        case Hadamard():
            return hadamard(*new)
        case Quotient():
            return quotient(new[0], new[1])
        case Power():
            return power(new[0], new[1])
        case MatrixPower():
            return matrix_power(new[0], e.exponent)
        case Apply():
            return apply(e.function, new[0])
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


def _one_chain(matrices: tuple[Expr, ...]) -> tuple[Expr, ...]:
    """A chain of factors as one product, so that a 1 x 1 part of it is not taken for a scalar."""
    return (mul(*matrices),) if matrices else ()


def walk(e: Expr) -> Iterator[Expr]:
    """The expression and all that is in it, each distinct node once, parents first."""
    seen: set[Expr] = set()
    stack = [e]
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            yield node
            stack.extend(reversed(children(node)))


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


def index_names(e: Expr) -> frozenset[str]:
    """The names of all indices in an expression, free and bound."""
    names: set[str] = {i.name for i in e.free}
    for node in walk(e):
        if isinstance(node, IndexSum):
            names.update(i.name for i in node.indices)
        elif isinstance(node, Rows):
            names.add(node.index.name)
    return frozenset(names)


def dim_names(e: Expr) -> frozenset[str]:
    """The names of the dimensions of everything in an expression."""
    return frozenset(d for node in walk(e) for d in node.shape if isinstance(d, str))


def leaf_count(e: Expr) -> int:
    """The number of symbols, numbers and constants in the written form."""
    own = 1 if isinstance(e, Mul) and e.coefficient not in (1, -1) else 0
    parts = children(e)
    return own + sum(leaf_count(c) for c in parts) if parts else 1
