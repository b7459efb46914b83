"""The nodes of the matrix language: immutable, hash-consed, carrying their shape.

Every shape is a pair `(rows, columns)` of dimensions, a dimension a name or a number; a column
vector is `(n, 1)`, a scalar `(1, 1)`.  Equal expressions are one object (while the table lasts;
equality is by structure).  Nodes are made by the constructors of `expr` only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, reduce
from operator import or_
from typing import (
    TYPE_CHECKING,
    Any,
    Literal,
    NamedTuple,
    TypeAlias,
    TypeGuard,
    TypeVar,
    get_args,
)

from . import sizes
from .filling import OPEN
from .sizes import Dim as Dim

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Shape: TypeAlias = tuple[Dim, Dim]
Part: TypeAlias = Literal["lower", "upper"]

SCALAR: Shape = (1, 1)


class Index(NamedTuple):
    """An index name with the dimension it runs over, from 1 to `dim`.

    A named tuple, for indices are hashed and compared more often than anything else.
    """

    name: str
    dim: Dim

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Node:
    """What every expression has: its shape, the names of its symbols, its free indices, its parts.

    The parts are the direct sub-expressions, in reading order.
    `kinds` are the kinds of nodes in it, itself included, as bits (`bits_of`).
    `context` are symbols whose values may tell the sizes of dimensions, as in the gradient
    `eye(n)` of `tr(X)`; it takes no part in equality.
    """

    shape: Shape
    symbols: frozenset[str]
    free: frozenset[Index]
    parts: tuple[Expr, ...]
    kinds: int
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
        return _writer()(self)  # type: ignore[arg-type]

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
    """Elementwise power, `A.^B`, of which either may be a scalar; of two scalars the ordinary."""

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
    """A function applied entry by entry, `log(A)`, `arctan2(A,B)`."""

    function: str
    args: tuple[Expr, ...]

    @property
    def arg(self) -> Expr:
        """The first argument, the only one of most functions."""
        return self.args[0]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Operation(Node):
    """An operator of whole matrices from the table of `operators`, `det(A)`, `norm2(A)`."""

    operator: str
    args: tuple[Expr, ...]

    @property
    def arg(self) -> Expr:
        """The first argument, the only one of most operators."""
        return self.args[0]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class MatrixFunction(Node):
    """A function of one number applied to a square matrix (not entry by entry), `expm(A)`.

    `A^p`, p no whole number, is the function `pow`, with p as its only parameter (scalars).
    """

    function: str
    arg: Expr
    parameters: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Frechet(Node):
    """The derivative of a matrix function at `arg` in a direction, `dexpm(A,E)`: linear in E.

    It is the upper right block of the function of the matrix `[A, E; 0, A]`.
    """

    function: str
    arg: Expr
    direction: Expr
    parameters: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Diag(Node):
    """The diagonal matrix of a column or row vector, `diag(x)`."""

    arg: Expr


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Diagonal(Node):
    """The diagonal of a square matrix as a column vector, `diag(A)`."""

    arg: Expr


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Kron(Node):
    """The Kronecker product of two or more factors, `kron(A,B)`."""

    factors: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Vec(Node):
    """The columns of a matrix below each other, `vec(A)`."""

    arg: Expr


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Unvec(Node):
    """The matrix with these columns below each other, `unvec(c,m,n)`, of shape m x n."""

    arg: Expr


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Block(Node):
    """A matrix of blocks, `[A, B; C, D]`: rows of blocks of one height, in columns of one width."""

    grid: tuple[tuple[Expr, ...], ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Triangle(Node):
    """A square matrix with all entries above (or below) the diagonal made zero, `tril(A)`."""

    arg: Expr
    part: Part


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Trace(Node):
    """`tr(A)`."""

    arg: Expr


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Total(Node):
    """The sum of all entries, `sum(A)`."""

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
    | Kron
    | Block
    | Vec
    | Unvec
    | Trace
    | Diag
    | Diagonal
    | Triangle
    | Identity
    | Ones
    | Zeros
    | MatrixPower
    | MatrixFunction
    | Frechet
    | Inverse
    | Total
    | Operation
    | Row
    | Column
    | Entry
    | IndexSum
    | Rows
    | Delta
)

# ------------------------------------------------------------------------ hash-consing

N = TypeVar("N", bound=Node)
UNIT = Fraction(1)
"""The coefficient of most products: to know it again is quicker than to compare."""
_table: dict[int, Node] = {}
_TABLE_LIMIT = 200_000
_NO_NAMES: frozenset[str] = frozenset()
_NO_INDICES: frozenset[Index] = frozenset()
_BITS: dict[type[Node], int] = {kind: 1 << n for n, kind in enumerate(get_args(Expr))}


class _Masks(dict[tuple[type[Node], ...], int]):
    """The bits of several kinds, put together when they are first asked for."""

    def __missing__(self, kinds: tuple[type[Node], ...]) -> int:
        self[kinds] = reduce(or_, [_BITS[kind] for kind in kinds], 0)
        return self[kinds]


_MASKS = _Masks()
COMPOUND = ~_MASKS[Symbol, Number, Identity, Ones, Zeros, Delta, Transpose]
"""All kinds but leaves and transposes: what holds none is plain, and no rule makes it simpler."""
_BINDING = _MASKS[IndexSum, Rows]
_COMMON = len(Node.__match_args__)
"""How many fields every node has."""
_index_names: dict[Node, frozenset[str]] = {}
_dim_names: dict[Node, frozenset[str]] = {}
_leaf_counts: dict[Node, int] = {}


def clear() -> None:
    """Forget the table of nodes (nodes in use stay valid and equal to their twins)."""
    _table.clear()
    _index_names.clear()
    _dim_names.clear()
    _leaf_counts.clear()


def make(
    kind: type[N],
    shape: Shape,
    parts: tuple[Expr, ...],
    *fields: Any,
    bound: tuple[Index, ...] = (),
    own: tuple[Index, ...] = (),
    name: str | None = None,
    number: Fraction | None = None,
) -> N:
    """The one node of this kind with these fields; `parts` are its children.

    A `number` is the first field, and `UNIT` where it is 1.  For the constructors of `expr` only:
    it checks nothing.
    """
    key: tuple[Any, ...] = (kind, shape, fields)
    if number is not None and number is not UNIT:
        # the hash of a fraction is slow, that of two whole numbers is not
        key = (kind, shape, fields, number.as_integer_ratio())
    # the hash of a key is slow too, for it asks every part: it is worked out once
    own_hash = place = hash(key)
    while (node := _table.get(place)) is not None:
        if node._key == key:
            return node  # type: ignore[return-value]
        place += 1
    if number is not None:
        fields = (number, *fields)
    names, free, kinds = _NO_NAMES, _NO_INDICES, _BITS[kind]
    if parts:
        names, free = parts[0].symbols, parts[0].free
        for p in parts:
            kinds |= p.kinds
            if p.symbols is not names:
                names |= p.symbols
            if p.free:
                free |= p.free
    elif name is not None:
        names = frozenset((name,))
    if bound:
        free = free.difference(bound)
    if own:
        free = free.union(own)
    if len(_table) >= _TABLE_LIMIT:
        clear()
        place = own_hash
    made: Any = OPEN[kind](shape, names, free, parts, kinds, key, own_hash, (), *fields)
    made.__class__ = kind
    _table[place] = made
    return made  # type: ignore[no-any-return]


@cache
def _writer() -> Callable[[Expr], str]:
    """What writes the text of an expression; it is loaded after the nodes."""
    from .render_text import text

    return text


def with_context(e: N, symbols: Iterable[Symbol]) -> N:
    """The same expression, which knows symbols whose values tell sizes of dimensions."""
    common = (e.shape, e.symbols, e.free, e.parts, e.kinds, e._key, e._hash, tuple(symbols))
    own = [getattr(e, name) for name in e.__match_args__[_COMMON:]]
    made: Any = OPEN[type(e)](*common, *own)
    made.__class__ = type(e)
    return made  # type: ignore[no-any-return]


def sizes_of(symbols: Iterable[Symbol], values: Mapping[str, npt.ArrayLike]) -> dict[str, int]:
    """The sizes of dimensions that the values of symbols show."""
    found: dict[str, int] = {}
    for s in symbols:
        shape = getattr(values.get(s.name), "shape", ())
        for dim, size in zip(s.shape, shape, strict=False):
            if isinstance(dim, str) and not sizes.is_composite(dim):
                found.setdefault(dim, size)
    return found


# ------------------------------------------------------------------------ looking at nodes


def is_scalar(e: Expr) -> bool:
    """Is the expression 1 x 1?"""
    return e.shape == SCALAR


def is_zero(e: Expr) -> bool:
    """Is the expression the number 0 or a zero matrix?"""
    return isinstance(e, Zeros) or (isinstance(e, Number) and e.value == 0)


def is_divisor(e: Expr) -> bool:
    """Is a scalar factor a power with a negative number, to be written below the line?"""
    return (
        isinstance(e, Power)
        and isinstance(e.exponent, Number)
        and e.exponent.value.numerator < 0
        and e.shape == SCALAR
    )


def is_operation(e: Expr, name: str) -> TypeGuard[Operation]:
    """Is it the operator of that name?"""
    return isinstance(e, Operation) and e.operator == name


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


def holds(e: Expr, *kinds: type[Node]) -> bool:
    """Is there a node of one of these kinds in the expression, itself included?"""
    return e.kinds & _MASKS[kinds] != 0


def bits_of(*kinds: type[Node]) -> int:
    """The bits of several kinds: `e.kinds & bits` is what `holds` tells, without a call."""
    return _MASKS[kinds]


def walk(e: Expr) -> Iterator[Expr]:
    """The expression and all that is in it, each distinct node once, parents first."""
    seen: set[Expr] = set()
    stack = [e]
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            yield node
            if node.parts:
                stack.extend(reversed(node.parts))


def index_names(e: Expr) -> frozenset[str]:
    """The names of all indices in an expression, free and bound."""
    if not e.free and not e.kinds & _BINDING:
        return _NO_NAMES
    found = _index_names.get(e)
    if found is None:
        own = [i.name for i in e.free]
        if isinstance(e, IndexSum):
            own += [i.name for i in e.indices]
        elif isinstance(e, Rows):
            own.append(e.index.name)
        parts = [index_names(part) for part in e.parts]
        found = _index_names[e] = _NO_NAMES.union(own, *parts)
    return found


def dim_names(e: Expr) -> frozenset[str]:
    """The names in the dimensions of everything in an expression."""
    found = _dim_names.get(e)
    if found is None:
        own = [n for d in e.shape for n in sizes.atoms(d)]
        found = _dim_names[e] = _NO_NAMES.union(own, *[dim_names(part) for part in e.parts])
    return found


def aliases(exprs: Iterable[Expr]) -> dict[str, Dim]:
    """The names that stand for composite dimensions, and what each of them is."""
    found: dict[str, Dim] = {}
    for e in exprs:
        for node in walk(e):
            shapes = zip(node.shape, _composed_shape(node), strict=True)
            if isinstance(node, Unvec):
                shapes = zip(node.arg.shape, (sizes.product(*node.shape), 1), strict=True)
            for name, dim in shapes:
                if isinstance(name, str) and name != dim and not sizes.is_composite(name):
                    found.setdefault(name, dim)
    return found


def _composed_shape(e: Expr) -> Shape:
    """The shape of a node by those of its parts."""
    match e:
        case Kron(factors=factors):
            rows, columns = zip(*[f.shape for f in factors], strict=True)
            return sizes.product(*rows), sizes.product(*columns)
        case Vec(arg=arg):
            return sizes.product(*arg.shape), 1
        case Block(grid=grid):
            heights = [row[0].shape[0] for row in grid]
            return sizes.total(*heights), sizes.total(*[part.shape[1] for part in grid[0]])
        case _:
            return e.shape


def leaf_count(e: Expr) -> int:
    """The number of symbols, numbers and constants in the written form."""
    if not e.parts:
        return 1
    found = _leaf_counts.get(e)
    if found is None:
        own = 1 if isinstance(e, Mul) and abs(e.coefficient) != 1 else 0
        found = own + sum([leaf_count(c) for c in e.parts])
        _leaf_counts[e] = found
    return found
