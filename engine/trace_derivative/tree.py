"""The syntax of a text as it was written: immutable nodes with their places, without shapes.

`start` and `stop` of a node are its characters in the source text, with the brackets that stand
around it inside a larger expression left out.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TypeAlias

from .errors import Span
from .filling import record


@record
class Place:
    """What every node has: its characters in the source."""

    start: int
    stop: int

    @property
    def span(self) -> Span:
        """The characters as a pair."""
        return (self.start, self.stop)


@record
class Name(Place):
    """A symbol (or an abbreviation)."""

    name: str


@record
class Literal(Place):
    """A number."""

    value: Fraction


@record
class Sum(Place):
    """Terms with their signs, +1 or -1."""

    terms: tuple[Tree, ...]
    signs: tuple[int, ...]


@record
class Product(Place):
    """Factors from left to right with the operators between them: `*`, `.*`, `/` or `./`."""

    factors: tuple[Tree, ...]
    operators: tuple[str, ...]


@record
class Negative(Place):
    """A unary minus."""

    arg: Tree


@record
class Transposed(Place):
    """A transpose mark; `inverse` for an exponent minus T.

    `letter` is true where the mark was the letter T as an exponent: it is a power when T is
    declared as a scalar and fits.
    """

    arg: Tree
    inverse: bool = False
    letter: bool = False
    elementwise: bool = False


@record
class Raised(Place):
    """A power; `elementwise` for `.^`."""

    base: Tree
    exponent: Tree
    elementwise: bool


@record
class Call(Place):
    """A function of the language (`tr`, `diag`, `dot` ...) or, `elementwise`, of one number."""

    function: str
    args: tuple[Tree, ...]
    elementwise: bool


@record
class Size(Place):
    """A size in the brackets of a constant."""

    size: str | int


@record
class Constant(Place):
    """`eye`, `ones` or `zeros`, with the sizes that were written."""

    kind: str
    sizes: tuple[Size, ...]


@record
class Blocks(Place):
    """`[A, B; C, D]`: rows of blocks."""

    rows: tuple[tuple[Tree, ...], ...]


@record
class Reshaped(Place):
    """`unvec(c,m,n)`: the matrix whose columns, below each other, are a vector."""

    arg: Tree
    rows: Size
    columns: Size


@record
class IndexName(Place):
    """An index where it is bound or used."""

    name: str


@record
class Subscript(Place):
    """`A[i,j]`, `x[i]`, `B[k,:]`, `B[:,k]`; None stands for the colon."""

    arg: Tree
    places: tuple[IndexName | None, ...]


@record
class Bound(Place):
    """`sum(i,j: ...)` or `rows(k: ...)`."""

    kind: str
    indices: tuple[IndexName, ...]
    body: Tree


@record
class DeltaOf(Place):
    """`delta(i,j)`."""

    row: IndexName
    column: IndexName


Tree: TypeAlias = (
    Name
    | Product
    | Call
    | Transposed
    | Sum
    | Literal
    | Negative
    | Raised
    | Constant
    | Subscript
    | Bound
    | DeltaOf
    | Reshaped
    | Blocks
)


@record
class Parsed:
    """A text that was read: the tree and the free indices in front of it (None: no brackets)."""

    source: str
    tree: Tree
    free: tuple[IndexName, ...] | None = None
