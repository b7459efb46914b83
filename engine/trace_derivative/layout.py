"""Printed mathematics: where brackets, fractions and sum signs stand, for LaTeX and plain text.

Input: a side of an equality (an expression, an index form, a derivative); output: its print, and
as a `Piece` what it takes to be a part of something larger.  A `Typesetter` has the reading
convention, its subclasses the marks.  The convention is that of the notes: a Hadamard product
or quotient binds looser than juxtaposition and tighter than `+`; a sum sign reaches over all
factors that follow it, up to the next `+`, `-`, elementwise sign or closing bracket; an
operator has its argument in brackets, and so has all that is raised to a power.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, assert_never

from . import expr as ex, indexed as ix, operators, sizes
from .construct import UNIT
from .expr import Expr, Index
from .functions import PI
from .indexed import Indexed
from .marks import FACTOR, HADAMARD, Marks, Piece, split_sign
from .matrix_functions import POWER, word_of
from .render_text import TRIANGLES, is_divisor, reciprocal, text
from .statements import Definition, Derivative, DerivativeSum, EntryOfResult, FunctionName, Side

CONSTANTS = frozenset({"I", "J", "pi"})
"""The signs of constants that a symbol may have: all that a print depends on around it."""

LONG = 60
"""A function with more characters than this stands beside the sign of the derivative."""


class Writer(ABC):
    """Writes many sides in one form; parts that they share are typeset once."""

    def __init__(self) -> None:
        self._typesetters: dict[frozenset[str], Typesetter] = {}
        """By the symbols around, and by those of them that are signs of constants."""

    @abstractmethod
    def typesetter(self, taken: frozenset[str]) -> Typesetter:
        """A typesetter of this form, where symbols have these signs of constants."""

    @abstractmethod
    def around(self, side: Side) -> frozenset[str]:
        """The symbols that a side is read among."""

    def among(self, symbols: frozenset[str]) -> Typesetter:
        """The typesetter for what is read among these symbols."""
        found = self._typesetters.get(symbols)
        if found is None:
            taken = symbols & CONSTANTS
            found = self.typesetter(taken) if taken == symbols else self.among(taken)
            self._typesetters[symbols] = found
        return found

    def expression(self, e: Expr) -> str:
        """The print of an expression."""
        return self.among(e.symbols).of(e).body

    def index_form(self, t: Indexed) -> str:
        """The print of an index form."""
        return self.among(t.symbols).of_indexed(t).body

    def side(self, side: Side, function: Expr | None = None) -> str:
        """The print of a side; with `function` a derivative of f shows that function."""
        return self.among(self.around(side)).of_side(side, function).body

    def terms(self, side: Side, function: Expr | None = None) -> list[str]:
        """The terms of a side that is a sum, with their signs; else the side alone."""
        return self.among(self.around(side)).terms_of_side(side, function)

    def definition(self, x: Definition) -> str:
        """`symbol = value`."""
        return f"{self.expression(x.symbol)} = {self.expression(x.value)}"


class Typesetter(Marks):
    """Prints by the reading convention: remembers the print of shared parts."""

    def __init__(
        self,
        taken: frozenset[str] = frozenset(),
        shown: Mapping[Index, str] | None = None,
        sized: bool = False,
    ) -> None:
        super().__init__(taken, shown, sized)
        self._done: dict[Expr | Indexed, Piece] = {}
        self._within: dict[tuple[frozenset[tuple[Index, str]], bool], Typesetter] = {}

    @abstractmethod
    def fresh(self, shown: Mapping[Index, str], sized: bool) -> Typesetter:
        """The same kind of typesetter with other prints for indices and constants."""

    def within(self, shown: Mapping[Index, str], sized: bool) -> Typesetter:
        """The typesetter for parts with other prints for indices and constants."""
        if sized == self.sized and shown == self.shown:
            return self
        key = frozenset(shown.items()), sized
        found = self._within.get(key)
        if found is None:
            found = self._within[key] = self.fresh(shown, sized)
        return found

    # -------------------------------------------------------------- matrix language

    def of(self, e: Expr) -> Piece:
        """The print of an expression."""
        found = self._done.get(e)
        if found is None:
            found = self._done[e] = _PRINTS[type(e)](self, e)
        return found

    def _number(self, e: ex.Number) -> Piece:
        return self.signed_number(e.value)

    def _add(self, e: ex.Add) -> Piece:
        return self.addition([self.of(t) for t in e.terms])

    def _hadamard(self, e: ex.Hadamard) -> Piece:
        return Piece(self.hadamard([self.operand(self.of(f)) for f in e.factors]), HADAMARD)

    def _quotient(self, e: ex.Quotient) -> Piece:
        return self.fraction(self.of(e.numerator), self.of(e.denominator), True)

    def _kron(self, e: ex.Kron) -> Piece:
        """A Kronecker product: what is composed is bracketed, constants have their sizes."""
        inside = self.within(self.shown, True)
        parts = [part for f in e.factors for part in _plain_factors(f)]
        return Piece(self.kron([self.closed(inside.of(f)) for f in parts]), HADAMARD)

    def _block(self, e: ex.Block) -> Piece:
        inside = self.within(self.shown, True)
        return self.blocks([[inside.of(part).body for part in row] for row in e.grid])

    def _unvec(self, e: ex.Unvec) -> Piece:
        return self.unvec(self.of(e.arg), *e.shape)

    def _transpose(self, e: ex.Transpose) -> Piece:
        if isinstance(e.arg, ex.Inverse):
            return self.transposed(self.base(self.of(e.arg.arg)), True)
        return self.transposed(self.base(self.of(e.arg)), False)

    def _inverse(self, e: ex.Inverse) -> Piece:
        return self.power(self.base(self.of(e.arg)), Piece("-1"), False)

    def _power(self, e: ex.Power) -> Piece:
        if ex.is_divisor(e):
            below = self.of(ex.power(e, ex.number(-1)))
            return self.fraction(self.number(UNIT), below, False)
        base = self.base(self.of(e.base))
        return self.power(base, self.of(e.exponent), e.shape != ex.SCALAR)

    def _matrix_power(self, e: ex.MatrixPower) -> Piece:
        return self.power(self.base(self.of(e.base)), Piece(str(e.exponent)), False)

    def _matrix_function(self, e: ex.MatrixFunction) -> Piece:
        if e.function == POWER:
            (p,) = e.parameters
            return self.power(self.base(self.of(e.arg)), self.of(p), False)
        return self.call(word_of(e), self.of(e.arg), False)

    def _frechet(self, e: ex.Frechet) -> Piece:
        raised = self.of(e.parameters[0]) if e.parameters else None
        return self.frechet(word_of(e), self.of(e.arg), self.of(e.direction), raised)

    def _apply(self, e: ex.Apply) -> Piece:
        if e == PI and "pi" not in self.taken:
            return Piece(self.pi())
        return self.call(e.function, self.listed(map(self.of, e.args)), e.shape == ex.SCALAR)

    def _operation(self, e: ex.Operation) -> Piece:
        """An operator of the table: a norm in bars, another before brackets."""
        bars = operators.TABLE[e.operator].bars
        arg = self.listed(map(self.of, e.args))
        if bars is None:
            return self.call(e.operator, arg, False)
        return self.norm(arg.body, bars[1] if 1 in e.arg.shape else bars[0])

    def _triangle(self, e: ex.Triangle) -> Piece:
        return self.call(TRIANGLES[e.part], self.of(e.arg), False)

    def _called(self, e: ex.Trace | ex.Diag | ex.Diagonal | ex.Total | ex.Vec) -> Piece:
        return self.call(_CALLS[type(e)], self.of(e.arg), False)

    def _mul(self, e: ex.Mul) -> Piece:
        negative, size = split_sign(e.coefficient)
        front = self._front(size, e.scalars) if e.scalars or size is not UNIT else []
        if self._needs_factors():
            chain = [p for m in e.matrices for p in self._factors(m)]
        else:
            chain = [self.of(m) for m in e.matrices]
        if len(chain) == 1 and chain[0].barred:
            chain = [chain[0]._replace(strength=FACTOR)]
        return self.signed(negative, self.product([*front, *chain]))

    def _front(self, size: Fraction, scalars: tuple[Expr, ...]) -> list[Piece]:
        """The scalar part of a product, one fraction where something stands below the line."""
        top = [self.of(s) for s in scalars if not ex.is_divisor(s)]
        bottom = [self.of(ex.power(s, ex.number(-1))) for s in scalars if ex.is_divisor(s)]
        return self.quotient_of(size, top, bottom)

    def _factors(self, matrix: Expr) -> list[Piece]:
        """The factors that a factor of a chain is printed as, two for a matrix of ones."""
        if isinstance(matrix, ex.Ones) and matrix.shape[1] != 1:
            return self._ones_factors(matrix)
        return [self.of(matrix)]

    def _needs_factors(self) -> bool:
        """Is a matrix of ones printed as a product of two vectors?"""
        return self.sized or "J" in self.taken

    def _ones_factors(self, e: ex.Ones) -> list[Piece]:
        column = Piece(self.constant("1", e.shape[0]))
        return [column, self.transposed(self.constant("1", e.shape[1]), False)]

    def _identity(self, e: ex.Identity) -> Piece:
        return Piece(self.constant("I", e.shape[0]))

    def _zeros(self, e: ex.Zeros) -> Piece:
        return Piece(self.constant("0", *(e.shape if e.shape[1] != 1 else e.shape[:1])))

    def _ones(self, e: ex.Ones) -> Piece:
        if e.shape[1] == 1:
            return Piece(self.constant("1", e.shape[0]))
        if self._needs_factors():
            return self.product(self._ones_factors(e))
        return Piece(self.constant("J", e.shape[0]))

    def _row(self, e: ex.Row) -> Piece:
        return self.place(e.arg, (self.index(e.index), ":"), False)

    def _column(self, e: ex.Column) -> Piece:
        return self.place(e.arg, (":", self.index(e.index)), False)

    def _entry(self, e: ex.Entry) -> Piece:
        indices = (e.row,) if e.column is None else (e.row, e.column)
        return self.place(e.arg, self._names(indices), True)

    def _delta(self, e: ex.Delta | ix.KroneckerDelta) -> Piece:
        return Piece(self.delta(self.index(e.row), self.index(e.column)))

    def _index_sum(self, e: ex.IndexSum) -> Piece:
        inside = self._under(e.indices)
        return inside.summation(e.indices, inside.of(e.body))

    def _rows(self, e: ex.Rows) -> Piece:
        k, body = e.index, e.body
        first = self.within({**self.shown, k: "1"}, False).of(body)
        last = self.within({**self.shown, k: self.dimension(k.dim)}, False).of(body)
        return self.stacked(first.body, last.body, k.dim)

    def _names(self, indices: tuple[Index, ...]) -> tuple[str, ...]:
        return tuple([self.index(i) for i in indices])

    def _under(self, indices: tuple[Index, ...]) -> Typesetter:
        """The typesetter for a scope in which indices are bound."""
        if self.shown.keys().isdisjoint(indices):
            return self
        return self.within({i: s for i, s in self.shown.items() if i not in indices}, False)

    # -------------------------------------------------------------- index language

    def of_indexed(self, t: Indexed) -> Piece:
        """The print of an index form."""
        found = self._done.get(t)
        if found is None:
            found = self._done[t] = _INDEX_PRINTS[type(t)](self, t)
        return found

    def _element(self, t: ix.Element) -> Piece:
        if not t.indices:
            return self.of(t.matrix)
        return self.place(t.matrix, self._names(t.indices), True)

    def _num(self, t: ix.Num) -> Piece:
        return self.signed_number(t.value)

    def _plus(self, t: ix.Plus) -> Piece:
        return self.addition([self.of_indexed(u) for u in t.terms])

    def _sum_over(self, t: ix.SumOver) -> Piece:
        inside = self._under(t.indices)
        return inside.summation(t.indices, inside.of_indexed(t.body))

    def _function(self, t: ix.Function) -> Piece:
        if t == _INDEXED_PI and "pi" not in self.taken:
            return Piece(self.pi())
        return self.call(t.function, self.listed(map(self.of_indexed, t.args)), True)

    def _pow(self, t: ix.Pow) -> Piece:
        if is_divisor(t):
            below = self.of_indexed(reciprocal(t))
            return self.fraction(self.number(UNIT), below, False)
        return self.power(self.base(self.of_indexed(t.base)), self.of_indexed(t.exponent), False)

    def _times(self, t: ix.Times) -> Piece:
        """A product; above the line stand the factors that have no index but those below it."""
        negative, size = split_sign(t.coefficient)
        below = [reciprocal(f) for f in t.factors if isinstance(f, ix.Pow) and is_divisor(f)]
        if not below:
            pieces = self.quotient_of(size, [self.of_indexed(f) for f in t.factors], [])
            return self.signed(negative, self.product(pieces))
        above = [f for f in t.factors if not is_divisor(f)]
        indices = frozenset[Index]().union(*[f.free for f in below])
        top = [self.of_indexed(f) for f in above if f.free <= indices]
        rest = [self.of_indexed(f) for f in above if not f.free <= indices]
        number, value = self._number_before(size, bool(indices and rest))
        (line,) = self.quotient_of(value, top, [self.of_indexed(f) for f in below])
        if indices and rest:
            line = Piece(self.bracket(line.body))
        return self.signed(negative, self.product([*number, line, *rest]))

    def _number_before(self, value: Fraction, before: bool) -> tuple[list[Piece], Fraction]:
        """The number in front of a fraction, and the number that goes into it."""
        if before and value != 1:
            return [self.number(value)], UNIT
        return [], value

    # -------------------------------------------------------------- sides of an equality

    def of_side(self, side: Side, function: Expr | None) -> Piece:
        """The print of a side; `function` is what f stands for, where it is to be written out."""
        if isinstance(side, ex.Node):
            return self.of(side)
        if isinstance(side, ix.Term):
            return self.of_indexed(side)
        match side:
            case FunctionName():
                return Piece(self.function_name())
            case Derivative():
                return self._derivative(side, function)
            case DerivativeSum(terms=terms):
                return self.addition([self._derivative(t, function) for t in terms])
            case EntryOfResult(matrix=matrix, indices=indices):
                body = self.of(matrix)
                return self.composite_place(body.body, self._names(indices)) if indices else body
            case _:
                assert_never(side)

    def terms_of_side(self, side: Side, function: Expr | None) -> list[str]:
        """The terms of a side that is a sum, with their signs; else the side alone."""
        if isinstance(side, ex.Add):
            return self.summands([self.of(t) for t in side.terms])
        if isinstance(side, ix.Plus):
            return self.summands([self.of_indexed(t) for t in side.terms])
        if isinstance(side, DerivativeSum):
            return self.summands([self._derivative(t, function) for t in side.terms])
        return [self.of_side(side, function).body]

    def _derivative(self, side: Derivative, function: Expr | None) -> Piece:
        written = function if side.function is None else side.function
        variable = self._variable(side)
        if written is None:
            name = Piece(self.function_name())
            return Piece(self.derivative(name, False, variable, side.occurrence), FACTOR)
        negative = _is_negative(written)
        positive = ex.neg(written) if negative else written
        long = len(text(positive)) > LONG
        body = self.derivative(self.of(positive), long, variable, side.occurrence)
        return self.signed(negative, Piece(body, FACTOR))

    def _variable(self, side: Derivative) -> str:
        if not side.indices:
            return self.of(side.variable).body
        return self.place(side.variable, self._names(side.indices), True).body


def _is_negative(e: Expr) -> bool:
    """Is there a minus sign in front?"""
    match e:
        case ex.Mul(coefficient=c) | ex.Number(value=c):
            return c.numerator < 0
        case _:
            return False


def _plain_factors(e: Expr) -> tuple[Expr, ...]:
    """An identity or ones vector of composite size as the factors that it is a product of."""
    match e:
        case ex.Identity(shape=(n, _)):
            return tuple(map(ex.identity, sizes.factors(n)))
        case ex.Ones(shape=(n, 1)):
            return tuple(map(ex.ones, sizes.factors(n)))
        case _:
            return (e,)


_INDEXED_PI = ix.function("arccos", ix.num(-1))

_CALLS: dict[type[ex.Node], str] = {
    ex.Trace: "tr",
    ex.Diag: "diag",
    ex.Diagonal: "diag",
    ex.Total: "sum",
    ex.Vec: "vec",
}

_PRINTS: dict[type[ex.Node], Callable[[Any, Any], Piece]] = {
    **dict.fromkeys(_CALLS, Typesetter._called),
    ex.Symbol: lambda self, e: self.symbol(e),
    ex.Number: Typesetter._number,
    ex.Identity: Typesetter._identity,
    ex.Ones: Typesetter._ones,
    ex.Zeros: Typesetter._zeros,
    ex.Delta: Typesetter._delta,
    ex.Add: Typesetter._add,
    ex.Mul: Typesetter._mul,
    ex.Power: Typesetter._power,
    ex.MatrixPower: Typesetter._matrix_power,
    ex.Inverse: Typesetter._inverse,
    ex.Transpose: Typesetter._transpose,
    ex.Hadamard: Typesetter._hadamard,
    ex.Quotient: Typesetter._quotient,
    ex.Apply: Typesetter._apply,
    ex.Operation: Typesetter._operation,
    ex.MatrixFunction: Typesetter._matrix_function,
    ex.Frechet: Typesetter._frechet,
    ex.Kron: Typesetter._kron,
    ex.Unvec: Typesetter._unvec,
    ex.Block: Typesetter._block,
    ex.Triangle: Typesetter._triangle,
    ex.Row: Typesetter._row,
    ex.Column: Typesetter._column,
    ex.Entry: Typesetter._entry,
    ex.IndexSum: Typesetter._index_sum,
    ex.Rows: Typesetter._rows,
}
"""How each kind of node is printed."""

_INDEX_PRINTS: dict[type[ix.Term], Callable[[Any, Any], Piece]] = {
    ix.Num: Typesetter._num,
    ix.Element: Typesetter._element,
    ix.KroneckerDelta: Typesetter._delta,
    ix.Times: Typesetter._times,
    ix.Plus: Typesetter._plus,
    ix.SumOver: Typesetter._sum_over,
    ix.Function: Typesetter._function,
    ix.Pow: Typesetter._pow,
}
"""How each kind of index form is printed."""
