"""What a derivation shows: equations between expressions, index forms and derivatives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Set
from dataclasses import dataclass, field
from typing import TypeAlias

from . import indexed as ix
from .checks import Check
from .expr import Expr, Index, Symbol
from .indexed import Indexed


@dataclass(frozen=True, slots=True)
class FunctionName:
    """The letter f that stands for the function of the derivation."""

    def __str__(self) -> str:
        return "f"


@dataclass(frozen=True, slots=True)
class Derivative:
    """The derivative of a scalar by the variable, in the layout of eq (3) of the notes.

    `function` None stands for the f of the derivation.  With `indices` (row first) it is the
    derivative by one entry; with `occurrence` (from 1) what that occurrence of the variable
    contributes, all others held constant.  With `structure` entries of the
    variable that are tied move together, those that are zero stay so (Cookbook (138)-(142)).
    """

    function: Expr | None
    variable: Symbol
    indices: tuple[Index, ...] = ()
    occurrence: int | None = None
    structure: str | None = None

    def __str__(self) -> str:
        above = "f" if self.function is None else f"({self.function})"
        which = "" if self.occurrence is None else f" (occurrence {self.occurrence})"
        return f"d{above}/d{self.variable}{_places(self.indices)}{which}"


@dataclass(frozen=True, slots=True)
class DerivativeSum:
    """A sum of derivatives, one an occurrence of the variable."""

    terms: tuple[Derivative, ...]

    def __str__(self) -> str:
        return " + ".join(map(str, self.terms)) or "0"


@dataclass(frozen=True, slots=True)
class EntryOfResult:
    """`[M]_{kj}`: one entry of a matrix expression, or `[v]_j` of a vector, in square brackets."""

    matrix: Expr
    indices: tuple[Index, ...]

    def __str__(self) -> str:
        return f"({self.matrix}){_places(self.indices)}"


def _places(indices: tuple[Index, ...]) -> str:
    return f"[{','.join(i.name for i in indices)}]" if indices else ""


def expressions_in(side: Side) -> Iterator[Expr]:
    """The matrix expressions that a side shows, those in others left out."""
    match side:
        case Derivative(function=function):
            yield from () if function is None else (function,)
        case DerivativeSum(terms=terms):
            for t in terms:
                yield from expressions_in(t)
        case EntryOfResult(matrix=matrix):
            yield matrix
        case FunctionName():
            return
        case _ if isinstance(side, ix.Term):
            yield from _matrices(side)
        case _:
            yield side


def _matrices(t: Indexed) -> Iterator[Expr]:
    """The matrix expressions whose entries an index form has."""
    stack = [t]
    while stack:
        part = stack.pop()
        if isinstance(part, ix.Element):
            yield part.matrix
        stack.extend(reversed(part.parts))


def symbols_in(side: Side) -> frozenset[str]:
    """The names of the symbols that a side shows."""
    if isinstance(side, ix.Term):
        return side.symbols
    return frozenset[str]().union(*[e.symbols for e in expressions_in(side)])


Side: TypeAlias = Expr | Indexed | FunctionName | Derivative | DerivativeSum | EntryOfResult


@dataclass(frozen=True, slots=True)
class Definition:
    """A name given to a part: `symbol = value`; held constant where `constant` is true."""

    symbol: Symbol
    value: Expr
    constant: bool = True


def needed(definitions: Iterable[Definition], names: Set[str]) -> tuple[Definition, ...]:
    """Of definitions in order those of some names, and those of the names in these."""
    found = []
    for d in reversed(tuple(definitions)):
        if d.symbol.name in names:
            found.append(d)
            names = names | d.value.symbols
    return tuple(reversed(found))


@dataclass(frozen=True, slots=True)
class Step:
    """One displayed equality.

    `kind` says to which part of the derivation it belongs: function, expansion, occurrence,
    index, matrix, identities.  `reason` is a short sentence (plain text, formulas in it between
    back-quotes in the text syntax).  `free` are the free indices of the sides, row first;
    `where` the names that the sides use.  `check` is the verdict on the equality by numbers,
    found when it is first asked for.
    """

    kind: str
    lhs: Side
    rhs: Side
    reason: str
    free: tuple[Index, ...] = ()
    where: tuple[Definition, ...] = ()
    checker: Callable[[], Check] | None = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        return f"{self.lhs} = {self.rhs}"

    def checked_by(self, checker: Callable[[], Check]) -> Step:
        """The same step with what finds its verdict."""
        return Step(self.kind, self.lhs, self.rhs, self.reason, self.free, self.where, checker)

    @property
    def check(self) -> Check | None:
        """The verdict on this equality; None for a step outside a derivation."""
        return None if self.checker is None else self.checker()
