"""Printed texts read back, where all is settled: the symbols, the sizes, the ranges of the indices.

Input: a text that the engine has printed.  Nothing has to be inferred then, so that this is much
faster than `read`; what it gives is the same.  A text in which something is open is left to
`read`, errors as well.
"""

from __future__ import annotations

from collections.abc import Mapping

from .build import Builder
from .errors import TraceDerivativeError
from .expr import SCALAR, Dim, Expr, Shape, Symbol
from .parse import parse
from .tree import Constant, IndexName, Name, Reshaped, Transposed, Tree


def reread(
    text: str, symbols: Mapping[str, Symbol], shape: Shape | None, ranges: Mapping[str, Dim]
) -> Expr | None:
    """The expression of a text; None where not all is settled, or where the text is at fault.

    `shape` is that of the text, if it is known; `ranges` has the dimensions of the indices.
    """
    if not symbols.keys().isdisjoint(ranges):
        return None
    try:
        parsed = parse(text, symbols.keys())
        e = Builder(_Settled(ranges), symbols).build(parsed)
    except (_OpenError, TraceDerivativeError):
        return None
    if not {i.name for i in e.free} <= {i.name for i in parsed.free or ()}:
        return None  # an index that nothing binds
    if parsed.free is not None:
        shape = SCALAR  # an entry
    return e if shape in (None, e.shape) else None


class _OpenError(Exception):
    """Something would have to be inferred."""


class _Settled:
    """What a text says itself, and the ranges of the indices."""

    def __init__(self, ranges: Mapping[str, Dim]) -> None:
        self._ranges = ranges

    def shape(self, node: Tree) -> Shape:
        """The shape by the sizes that are written."""
        match node:
            case Constant(kind="eye", sizes=(n,)):
                return n.size, n.size
            case Constant(kind="ones" | "zeros", sizes=(m,)):
                return m.size, 1
            case Constant(kind="ones" | "zeros", sizes=(m, n)) | Reshaped(rows=m, columns=n):
                return m.size, n.size
            case _:
                raise _OpenError

    def range(self, index: IndexName) -> Dim:
        """The dimension over which an index runs."""
        if index.name not in self._ranges:
            raise _OpenError
        return self._ranges[index.name]

    def kind(self, node: Name) -> str:
        """Only symbols have names here."""
        raise _OpenError

    def is_power(self, node: Transposed) -> bool:
        """A letter T is a transpose where no symbol has that name."""
        if node.letter:
            raise _OpenError
        return False
