"""Printed mathematics: where brackets, fractions and sum signs stand, for LaTeX and plain text.

Input: a side of an equality (an expression, an index form, a derivative); output: a `Piece`,
its print with what it takes to be a part of something larger.  A `Typesetter` has the reading
convention, its subclasses the marks.  The convention is that of the notes: a Hadamard product
or quotient binds looser than juxtaposition and tighter than `+`; a sum sign reaches over all
factors that follow it, up to the next `+`, `-`, elementwise sign or closing bracket; an
operator has its argument in brackets, and so has all that is raised to a power.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from fractions import Fraction
from typing import assert_never

from . import expr as ex, indexed as ix, operators, sizes
from .expr import Expr, Index
from .functions import PI
from .indexed import Indexed
from .matrix_functions import word_of
from .render_text import TRIANGLES, is_divisor, reciprocal
from .statements import Derivative, DerivativeSum, EntryOfResult, FunctionName, Side


class Strength(IntEnum):
    """How tightly a print holds together: the least that a place asks for decides on brackets."""

    SUM = 1
    NEGATIVE = 2
    HADAMARD = 3
    PRODUCT = 4
    FACTOR = 5
    BASE = 6


@dataclass(frozen=True, slots=True)
class Piece:
    """A print: its text, its strength, and two properties of its outer form.

    `open`: it ends in the scope of a sum sign, which would swallow a factor behind it.
    `barred`: a fraction bar encloses it, so that scalars may stand before it.
    """

    body: str
    strength: Strength = Strength.BASE
    open: bool = False
    barred: bool = False


class Typesetter(ABC):
    """One printing: remembers the print of shared parts.

    `symbols` are the names around, `shown` what is printed for an index instead of its name.
    Where it is `sized`, constants are printed with their sizes, which nothing around them tells.
    """

    def __init__(
        self, symbols: frozenset[str] = frozenset(), shown: Mapping[Index, str] | None = None
    ) -> None:
        self.symbols = symbols
        self.shown = dict(shown or {})
        self.sized = False
        self._done: dict[Expr | Indexed, Piece] = {}

    # -------------------------------------------------------------- the marks of one form

    @abstractmethod
    def fresh(self, shown: Mapping[Index, str]) -> Typesetter:
        """The same kind of typesetter with other prints for indices."""

    @abstractmethod
    def bracket(self, body: str) -> str:
        """Round brackets."""

    @abstractmethod
    def square(self, body: str) -> str:
        """Square brackets."""

    @abstractmethod
    def join(self, left: str, right: str) -> str:
        """Two factors side by side."""

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

    def at(self, piece: Piece, least: Strength) -> str:
        """The print, in brackets when it holds together less than `least`."""
        return piece.body if piece.strength >= least else self.bracket(piece.body)

    def base(self, piece: Piece) -> str:
        """The print of what a superscript is put on."""
        return self.at(piece, Strength.BASE)

    def product(self, pieces: Sequence[Piece]) -> Piece:
        """Factors side by side; an open one is bracketed, but for a last that is the only one."""
        if len(pieces) == 1:
            return pieces[0]
        ends_open = pieces[-1].open and not any(p.open for p in pieces[:-1])
        body = ""
        for n, piece in enumerate(pieces):
            closed = piece.open and not (ends_open and n == len(pieces) - 1)
            factor = self.bracket(piece.body) if closed else self.at(piece, Strength.FACTOR)
            body = self.join(body, factor) if body else factor
        return Piece(body, Strength.PRODUCT, ends_open)

    def signed(self, negative: bool, piece: Piece) -> Piece:
        """With a minus sign in front where it is negative."""
        if not negative:
            return piece
        return Piece(
            "-" + self.at(piece, Strength.HADAMARD), Strength.NEGATIVE, piece.open, piece.barred
        )

    def addition(self, terms: Sequence[Piece]) -> Piece:
        """The sum of terms."""
        return Piece(" ".join(self.summands(terms)), Strength.SUM, terms[-1].open)

    def summands(self, terms: Sequence[Piece]) -> list[str]:
        """The terms of a sum with their signs, `+ a`, `- b`; a first `+` is left out."""
        out: list[str] = []
        for term in terms:
            body = self.at(term, Strength.NEGATIVE)
            if not out:
                out.append(body)
            elif body.startswith("-"):
                out.append(f"- {body[1:]}")
            else:
                out.append(f"+ {body}")
        return out

    def summation(self, indices: tuple[Index, ...], body: Piece) -> Piece:
        """The sum of a body over indices."""
        signs = "".join(self.sum_sign(self.index(i)) for i in indices)
        return Piece(signs + self.at(body, Strength.PRODUCT), Strength.FACTOR, open=True)

    def signed_number(self, value: Fraction) -> Piece:
        """A number of either sign."""
        return self.signed(value < 0, self.number(abs(value)))

    def quotient_of(self, value: Fraction, top: list[Piece], bottom: list[Piece]) -> list[Piece]:
        """The scalar part of a product: a number, factors, and what stands below the line."""
        if not bottom:
            return [self.number(value), *top] if value != 1 else top
        if value.numerator != 1 or not top:
            top = [self.number(Fraction(value.numerator)), *top]
        if value.denominator != 1:
            bottom = [self.number(Fraction(value.denominator)), *bottom]
        return [self.fraction(self.product(top), self.product(bottom), False)]

    # -------------------------------------------------------------- matrix language

    def of(self, e: Expr) -> Piece:
        """The print of an expression."""
        found = self._done.get(e)
        if found is None:
            found = self._done[e] = self._write(e)
        return found

    def _write(self, e: Expr) -> Piece:
        match e:
            case ex.Symbol():
                return self.symbol(e)
            case ex.Number(value=value):
                return self.signed_number(value)
            case ex.Mul():
                return self._mul(e)
            case ex.Add(terms=terms):
                return self.addition([self.of(t) for t in terms])
            case ex.Hadamard(factors=factors):
                return Piece(
                    self.hadamard([self._operand(self.of(f)) for f in factors]), Strength.HADAMARD
                )
            case ex.Kron(factors=factors):
                return self._kron(factors)
            case ex.Block(grid=grid):
                inside = self.fresh(self.shown)
                inside.sized = True
                return self.blocks([[inside.of(part).body for part in row] for row in grid])
            case ex.Unvec(arg=arg, shape=(m, n)):
                return self.unvec(self.of(arg), m, n)
            case ex.Quotient(numerator=a, denominator=b):
                return self.fraction(self.of(a), self.of(b), True)
            case ex.Transpose(arg=ex.Inverse(arg=arg)):
                return self.transposed(self.base(self.of(arg)), True)
            case ex.Transpose(arg=arg):
                return self.transposed(self.base(self.of(arg)), False)
            case ex.Inverse(arg=arg):
                return self.power(self.base(self.of(arg)), Piece("-1"), False)
            case ex.Power(base=base, exponent=exponent):
                return self._power(e, self.of(base), self.of(exponent))
            case ex.MatrixFunction(function="pow", arg=base, parameters=(p,)):
                return self.power(self.base(self.of(base)), self.of(p), False)
            case ex.MatrixFunction(arg=arg):
                return self.call(word_of(e), self.of(arg), False)
            case ex.Frechet(arg=arg, direction=direction):
                raised = self.of(e.parameters[0]) if e.parameters else None
                return self.frechet(word_of(e), self.of(arg), self.of(direction), raised)
            case ex.MatrixPower(base=base, exponent=n):
                return self.power(self.base(self.of(base)), Piece(str(n)), False)
            case ex.Apply(function=name, args=args):
                if e == PI and "pi" not in self.symbols:
                    return Piece(self.pi())
                return self.call(name, self.listed(map(self.of, args)), e.shape == ex.SCALAR)
            case ex.Operation():
                return self._operation(e)
            case ex.Triangle(arg=arg, part=part):
                return self.call(TRIANGLES[part], self.of(arg), False)
            case ex.Row() | ex.Column() | ex.Entry() | ex.Delta() | ex.IndexSum() | ex.Rows():
                return self._with_indices(e)
            case ex.Identity() | ex.Ones() | ex.Zeros():
                return self._constant(e)
            case ex.Trace(arg=arg):
                return self.call("tr", self.of(arg), False)
            case ex.Diag(arg=arg) | ex.Diagonal(arg=arg):
                return self.call("diag", self.of(arg), False)
            case ex.Total(arg=arg):
                return self.call("sum", self.of(arg), False)
            case ex.Vec(arg=arg):
                return self.call("vec", self.of(arg), False)
            case _:
                assert_never(e)

    def _operand(self, piece: Piece) -> str:
        """The print of a factor of an elementwise product."""
        return self.bracket(piece.body) if piece.open else self.at(piece, Strength.PRODUCT)

    def _kron(self, factors: tuple[Expr, ...]) -> Piece:
        """A Kronecker product: what is composed is bracketed, constants have their sizes."""
        inside = self.fresh(self.shown)
        inside.sized = True
        parts = [part for f in factors for part in _plain_factors(f)]
        return Piece(self.kron([self._closed(inside.of(f)) for f in parts]), Strength.HADAMARD)

    def _closed(self, piece: Piece) -> str:
        closed = piece.strength >= Strength.FACTOR and not piece.open and not piece.barred
        return piece.body if closed else self.bracket(piece.body)

    def _mul(self, e: ex.Mul) -> Piece:
        top = [self.of(s) for s in e.scalars if not ex.is_divisor(s)]
        bottom = [self.of(ex.power(s, ex.number(-1))) for s in e.scalars if ex.is_divisor(s)]
        pieces = self.quotient_of(abs(e.coefficient), top, bottom)
        chain = [p for m in e.matrices for p in self._chain(m)]
        if len(chain) == 1 and chain[0].barred:
            chain = [replace(chain[0], strength=Strength.FACTOR)]
        return self.signed(e.coefficient < 0, self.product([*pieces, *chain]))

    def _chain(self, matrix: Expr) -> list[Piece]:
        """The factors that a factor of a chain is printed as: a matrix of ones may be two."""
        if isinstance(matrix, ex.Ones) and matrix.shape[1] != 1 and self._needs_factors():
            return self._ones_factors(matrix)
        return [self.of(matrix)]

    def _needs_factors(self) -> bool:
        """Is a matrix of ones printed as a product of two vectors?"""
        return self.sized or "J" in self.symbols

    def _ones_factors(self, e: ex.Ones) -> list[Piece]:
        column = Piece(self.constant("1", e.shape[0]))
        return [column, self.transposed(self.constant("1", e.shape[1]), False)]

    def _constant(self, e: ex.Identity | ex.Ones | ex.Zeros) -> Piece:
        match e:
            case ex.Identity(shape=(n, _)):
                return Piece(self.constant("I", n))
            case ex.Zeros(shape=shape):
                return Piece(self.constant("0", *(shape if shape[1] != 1 else shape[:1])))
            case ex.Ones(shape=(n, 1)):
                return Piece(self.constant("1", n))
            case ex.Ones(shape=(n, _)):
                if self._needs_factors():
                    return self.product(self._ones_factors(e))
                return Piece(self.constant("J", n))
            case _:
                assert_never(e)

    def _power(self, e: ex.Power, base: Piece, exponent: Piece) -> Piece:
        if ex.is_divisor(e):
            below = self.of(ex.power(e, ex.number(-1)))
            return self.fraction(self.number(Fraction(1)), below, False)
        return self.power(self.base(base), exponent, e.shape != ex.SCALAR)

    def _operation(self, e: ex.Operation) -> Piece:
        """An operator of the table: a norm in bars, another before brackets."""
        bars = operators.TABLE[e.operator].bars
        arg = self.listed(map(self.of, e.args))
        if bars is None:
            return self.call(e.operator, arg, False)
        return self.norm(arg.body, bars[1] if 1 in e.arg.shape else bars[0])

    def listed(self, pieces: Iterable[Piece]) -> Piece:
        """Arguments with commas between them."""
        parts = list(pieces)
        return parts[0] if len(parts) == 1 else Piece(", ".join(p.body for p in parts))

    def _with_indices(
        self, e: ex.Row | ex.Column | ex.Entry | ex.Delta | ex.IndexSum | ex.Rows
    ) -> Piece:
        match e:
            case ex.Row(arg=arg, index=k):
                return self.place(arg, (self.index(k), ":"), False)
            case ex.Column(arg=arg, index=k):
                return self.place(arg, (":", self.index(k)), False)
            case ex.Entry(arg=arg, row=i, column=j):
                return self.place(arg, self._names((i,) if j is None else (i, j)), True)
            case ex.Delta(row=i, column=j):
                return Piece(self.delta(self.index(i), self.index(j)))
            case ex.IndexSum(indices=indices, body=body):
                inside = self._under(indices)
                return inside.summation(indices, inside.of(body))
            case ex.Rows(index=k, body=body):
                return self._rows(k, body)
            case _:
                assert_never(e)

    def _names(self, indices: tuple[Index, ...]) -> tuple[str, ...]:
        return tuple(self.index(i) for i in indices)

    def _under(self, indices: tuple[Index, ...]) -> Typesetter:
        """The typesetter for a scope in which indices are bound."""
        if not any(i in self.shown for i in indices):
            return self
        return self.fresh({i: s for i, s in self.shown.items() if i not in indices})

    def _rows(self, k: Index, body: Expr) -> Piece:
        first = self.fresh({**self.shown, k: "1"}).of(body)
        last = self.fresh({**self.shown, k: self.dimension(k.dim)}).of(body)
        return self.stacked(first.body, last.body, k.dim)

    # -------------------------------------------------------------- index language

    def of_indexed(self, t: Indexed) -> Piece:
        """The print of an index form."""
        found = self._done.get(t)
        if found is None:
            found = self._done[t] = self._write_indexed(t)
        return found

    def _write_indexed(self, t: Indexed) -> Piece:
        match t:
            case ix.Num(value=value):
                return self.signed_number(value)
            case ix.Element(matrix=matrix, indices=indices):
                if not indices:
                    return self.of(matrix)
                return self.place(matrix, self._names(indices), True)
            case ix.KroneckerDelta(row=i, column=j):
                return Piece(self.delta(self.index(i), self.index(j)))
            case ix.Times():
                return self._times(t)
            case ix.Plus(terms=terms):
                return self.addition([self.of_indexed(u) for u in terms])
            case ix.SumOver(indices=indices, body=body):
                inside = self._under(indices)
                return inside.summation(indices, inside.of_indexed(body))
            case ix.Function(function=name, args=args):
                if t == _INDEXED_PI and "pi" not in self.symbols:
                    return Piece(self.pi())
                return self.call(name, self.listed(map(self.of_indexed, args)), True)
            case ix.Pow(base=base, exponent=exponent):
                if is_divisor(t):
                    below = self.of_indexed(reciprocal(t))
                    return self.fraction(self.number(Fraction(1)), below, False)
                return self.power(
                    self.base(self.of_indexed(base)), self.of_indexed(exponent), False
                )
            case _:
                assert_never(t)

    def _times(self, t: ix.Times) -> Piece:
        """A product; above the line stand the factors that have no index but those below it."""
        below = [reciprocal(f) for f in t.factors if isinstance(f, ix.Pow) and is_divisor(f)]
        above = [f for f in t.factors if not is_divisor(f)]
        if not below:
            pieces = self.quotient_of(abs(t.coefficient), [self.of_indexed(f) for f in above], [])
            return self.signed(t.coefficient < 0, self.product(pieces))
        indices = frozenset[Index]().union(*[f.free for f in below])
        top = [self.of_indexed(f) for f in above if f.free <= indices]
        rest = [self.of_indexed(f) for f in above if not f.free <= indices]
        number, value = self._number_before(abs(t.coefficient), bool(indices and rest))
        (line,) = self.quotient_of(value, top, [self.of_indexed(f) for f in below])
        if indices and rest:
            line = Piece(self.bracket(line.body))
        return self.signed(t.coefficient < 0, self.product([*number, line, *rest]))

    def _number_before(self, value: Fraction, before: bool) -> tuple[list[Piece], Fraction]:
        """The number in front of a fraction, and the number that goes into it."""
        if before and value != 1:
            return [self.number(value)], Fraction(1)
        return [], value

    # -------------------------------------------------------------- sides of an equality

    def of_side(self, side: Side, function: Expr | None) -> Piece:
        """The print of a side; `function` is what f stands for, where it is to be written out."""
        match side:
            case FunctionName():
                return Piece(self.function_name())
            case Derivative():
                return self._derivative(side, function)
            case DerivativeSum(terms=terms):
                return self.addition([self._derivative(t, function) for t in terms])
            case EntryOfResult(matrix=matrix, indices=indices):
                body = self.of(matrix)
                if not indices:
                    return body
                return self.composite_place(body.body, self._names(indices))
            case _ if isinstance(side, ix.Term):
                return self.of_indexed(side)
            case _:
                return self.of(side)

    def terms_of_side(self, side: Side, function: Expr | None) -> list[str]:
        """The terms of a side that is a sum, with their signs; else the side alone."""
        match side:
            case DerivativeSum(terms=derivatives):
                return self.summands([self._derivative(t, function) for t in derivatives])
            case ex.Add(terms=terms):
                return self.summands([self.of(t) for t in terms])
            case ix.Plus(terms=parts):
                return self.summands([self.of_indexed(t) for t in parts])
            case _:
                return [self.of_side(side, function).body]

    def _derivative(self, side: Derivative, function: Expr | None) -> Piece:
        written = function if side.function is None else side.function
        variable = self._variable(side)
        if written is None:
            name = Piece(self.function_name())
            body = self.derivative(name, False, variable, side.occurrence)
            return Piece(body, Strength.FACTOR)
        negative = ex.split_coefficient(written)[0] < 0
        positive = ex.neg(written) if negative else written
        long = len(str(positive)) > LONG
        body = self.derivative(self.of(positive), long, variable, side.occurrence)
        return self.signed(negative, Piece(body, Strength.FACTOR))

    def _variable(self, side: Derivative) -> str:
        if not side.indices:
            return self.symbol(side.variable).body
        return self.place(side.variable, self._names(side.indices), True).body


def _plain_factors(e: Expr) -> tuple[Expr, ...]:
    """An identity or ones vector of composite size as the factors that it is a product of."""
    match e:
        case ex.Identity(shape=(n, _)):
            return tuple(map(ex.identity, sizes.factors(n)))
        case ex.Ones(shape=(n, 1)):
            return tuple(map(ex.ones, sizes.factors(n)))
        case _:
            return (e,)


LONG = 60
"""A function with more characters than this stands beside the sign of the derivative."""


_INDEXED_PI = ix.function("arccos", ix.num(-1))
