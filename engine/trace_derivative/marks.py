"""The marks of printed mathematics, and where brackets stand between prints.

A `Piece` is a print with what it takes to be a part of something larger; `Marks` makes larger
pieces of smaller ones by the reading convention that `layout` describes, its subclasses have the
marks of LaTeX and of plain text.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from . import expr as ex
from .construct import UNIT
from .expr import Expr, Index

SUM, NEGATIVE, HADAMARD, PRODUCT, FACTOR, BASE = 1, 2, 3, 4, 5, 6
"""How tightly a print holds together: the least that a place asks for decides on brackets."""


class Piece(NamedTuple):
    """A print: its text, its strength, and two properties of its outer form.

    `open`: it ends in the scope of a sum sign, which would swallow a factor behind it.
    `barred`: a fraction bar encloses it, so that scalars may stand before it.
    """

    body: str
    strength: int = BASE
    open: bool = False
    barred: bool = False


class Marks(ABC):
    """The marks of one form, and the rules by which they stand side by side.

    `taken` are the signs of constants that symbols have, `shown` is what is printed for an index
    instead of its name.  Where it is `sized`, constants are printed with their sizes, which
    nothing around them tells.
    """

    def __init__(
        self,
        taken: frozenset[str] = frozenset(),
        shown: Mapping[Index, str] | None = None,
        sized: bool = False,
    ) -> None:
        self.taken = taken
        self.shown = dict(shown or {})
        self.sized = sized

    # -------------------------------------------------------------- the marks of one form

    @abstractmethod
    def bracket(self, body: str) -> str:
        """Round brackets."""

    @abstractmethod
    def square(self, body: str) -> str:
        """Square brackets."""

    @abstractmethod
    def gap(self, left: str, right: str) -> str:
        """What stands between two factors side by side."""

    @abstractmethod
    def hadamard(self, factors: Sequence[str]) -> str:
        """The elementwise product of prints."""

    @abstractmethod
    def kron(self, factors: Sequence[str]) -> str:
        """The Kronecker product of prints."""

    @abstractmethod
    def blocks(self, rows: Sequence[Sequence[str]]) -> Piece:
        """A matrix of blocks."""

    @abstractmethod
    def unvec(self, arg: Piece, rows: ex.Dim, columns: ex.Dim) -> Piece:
        """The matrix of a shape with these columns below each other."""

    @abstractmethod
    def fraction(self, top: Piece, bottom: Piece, elementwise: bool) -> Piece:
        """A quotient, of numbers or elementwise."""

    @abstractmethod
    def number(self, value: Fraction) -> Piece:
        """A number that is not negative."""

    @abstractmethod
    def symbol(self, e: ex.Symbol) -> Piece:
        """A variable or constant."""

    @abstractmethod
    def constant(self, letter: str, *dims: ex.Dim) -> str:
        """`1`, `0`, `I` or `J`, the vector or matrix, with the sizes where they are needed."""

    @abstractmethod
    def pi(self) -> str:
        """The number pi."""

    @abstractmethod
    def place(self, matrix: Expr, places: tuple[str, ...], entry: bool) -> Piece:
        """An entry of a matrix expression, or its row or column (with `:`)."""

    @abstractmethod
    def composite_place(self, body: str, places: tuple[str, ...]) -> Piece:
        """Bracketed print with subscripts."""

    @abstractmethod
    def index(self, i: Index) -> str:
        """The name of an index."""

    @abstractmethod
    def dimension(self, dim: ex.Dim) -> str:
        """A dimension as the number of the last row."""

    @abstractmethod
    def delta(self, i: str, j: str) -> str:
        """Kronecker's delta."""

    @abstractmethod
    def sum_sign(self, i: str) -> str:
        """A sum sign with its index and what separates it from the body."""

    @abstractmethod
    def transposed(self, base: str, inverse: bool) -> Piece:
        """A transpose, or the transpose of the inverse."""

    @abstractmethod
    def power(self, base: str, exponent: Piece, elementwise: bool) -> Piece:
        """A power."""

    @abstractmethod
    def call(self, name: str, arg: Piece, scalar: bool) -> Piece:
        """A function of one argument, or an operator: diag, sum, det, logdet, trace."""

    @abstractmethod
    def frechet(self, word: str, arg: Piece, direction: Piece, exponent: Piece | None) -> Piece:
        """The derivative of a matrix function, of a power with its exponent, in a direction."""

    @abstractmethod
    def norm(self, body: str, kind: str) -> Piece:
        """A norm, of kind `1`, `2` or `F`."""

    @abstractmethod
    def stacked(self, first: str, last: str, height: ex.Dim) -> Piece:
        """The matrix with that first and last row."""

    @abstractmethod
    def function_name(self) -> str:
        """The function of a derivation, f."""

    @abstractmethod
    def derivative(self, function: Piece, long: bool, variable: str, occurrence: int | None) -> str:
        """The derivative of a function, or what one occurrence contributes to it."""

    # -------------------------------------------------------------- brackets

    def at(self, piece: Piece, least: int) -> str:
        """The print, in brackets when it holds together less than `least`."""
        return piece.body if piece.strength >= least else self.bracket(piece.body)

    def base(self, piece: Piece) -> str:
        """The print of what a superscript is put on."""
        return self.at(piece, BASE)

    def product(self, pieces: Sequence[Piece]) -> Piece:
        """Factors side by side; an open one is bracketed, but for a last that is the only one."""
        if len(pieces) == 1:
            return pieces[0]
        factors = [
            p.body if p.strength >= FACTOR and not p.open else self.bracket(p.body) for p in pieces
        ]
        last = pieces[-1]
        ends_open = last.open and not any(p.open for p in pieces[:-1])
        if ends_open:
            factors[-1] = self.at(last, FACTOR)
        body = factors[0]
        for left, right in pairwise(factors):
            body += self.gap(left, right) + right
        return Piece(body, PRODUCT, ends_open)

    def operand(self, piece: Piece) -> str:
        """The print of a factor of an elementwise product."""
        return self.bracket(piece.body) if piece.open else self.at(piece, PRODUCT)

    def closed(self, piece: Piece) -> str:
        """The print of a factor of a Kronecker product: what is composed is bracketed."""
        alone = piece.strength >= FACTOR and not piece.open and not piece.barred
        return piece.body if alone else self.bracket(piece.body)

    def signed(self, negative: bool, piece: Piece) -> Piece:
        """With a minus sign in front where it is negative."""
        if not negative:
            return piece
        return Piece("-" + self.at(piece, HADAMARD), NEGATIVE, piece.open, piece.barred)

    def addition(self, terms: Sequence[Piece]) -> Piece:
        """The sum of terms."""
        return Piece(" ".join(self.summands(terms)), SUM, terms[-1].open)

    def summands(self, terms: Sequence[Piece]) -> list[str]:
        """The terms of a sum with their signs, `+ a`, `- b`; a first `+` is left out."""
        out: list[str] = []
        for term in terms:
            body = self.at(term, NEGATIVE)
            if not out:
                out.append(body)
            elif body.startswith("-"):
                out.append(f"- {body[1:]}")
            else:
                out.append(f"+ {body}")
        return out

    def summation(self, indices: tuple[Index, ...], body: Piece) -> Piece:
        """The sum of a body over indices."""
        signs = "".join([self.sum_sign(self.index(i)) for i in indices])
        return Piece(signs + self.at(body, PRODUCT), FACTOR, open=True)

    def signed_number(self, value: Fraction) -> Piece:
        """A number of either sign."""
        negative, size = split_sign(value)
        return self.signed(negative, self.number(size))

    def quotient_of(self, value: Fraction, top: list[Piece], bottom: list[Piece]) -> list[Piece]:
        """The scalar part of a product: a number, factors, and what stands below the line."""
        if not bottom:
            return top if value is UNIT or value == 1 else [self.number(value), *top]
        if value.numerator != 1 or not top:
            top = [self.number(Fraction(value.numerator)), *top]
        if value.denominator != 1:
            bottom = [self.number(Fraction(value.denominator)), *bottom]
        return [self.fraction(self.product(top), self.product(bottom), False)]

    def listed(self, pieces: Iterable[Piece]) -> Piece:
        """Arguments with commas between them."""
        parts = list(pieces)
        return parts[0] if len(parts) == 1 else Piece(", ".join([p.body for p in parts]))


def split_sign(value: Fraction) -> tuple[bool, Fraction]:
    """Is the number negative, and the number without its sign."""
    if value is UNIT:
        return False, value
    negative = value.numerator < 0
    return negative, -value if negative else value
