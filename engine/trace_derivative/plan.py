"""Expressions as operations of a program.

Input: an expression; output: the slot of its value in a `Program`.  Every distinct part is put in
once.  What a program does not do raises `OpenError`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import expr as ex, operators, templates
from .expr import Expr
from .planned import OpenError
from .program import Program, Slot


class Planner:
    """Puts expressions into a program, and remembers the slots of their parts."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._slots: dict[Expr, Slot] = {}

    def slot(self, e: Expr) -> Slot:
        """The slot of an expression."""
        found = self._slots.get(e)
        if found is None:
            found = self._slots[e] = _PLANS[type(e)](self, e)
        return found

    def _all(self, parts: tuple[Expr, ...]) -> list[Slot]:
        return [self.slot(part) for part in parts]

    def _symbol(self, e: ex.Symbol) -> Slot:
        return self.program.symbol(e.name, e.shape)

    def _number(self, e: ex.Number) -> Slot:
        return self.program.number(e.value)

    def _constant(self, e: ex.Identity | ex.Ones | ex.Zeros) -> Slot:
        return self.program.constant(_CONSTANTS[type(e)], *e.shape)

    def _delta(self, e: ex.Delta) -> Slot:
        return self.program.delta(e.row.name, e.column.name, e.row.dim)

    def _add(self, e: ex.Add) -> Slot:
        return self.program.add([(self.slot(t), 1) for t in e.terms])

    def _mul(self, e: ex.Mul) -> Slot:
        factors = [] if e.coefficient == 1 else [self.program.number(e.coefficient)]
        return self.program.multiply(factors + self._all(e.scalars) + self._chain(e.matrices))

    def _chain(self, matrices: tuple[Expr, ...]) -> list[Slot]:
        """The factors of a chain as one, from the right where it ends in a column."""
        slots = self._all(matrices)
        if len(slots) < 2:
            return slots
        if matrices[-1].shape[1] != 1:
            return [self.program.multiply(slots)]
        product = slots.pop()
        while slots:
            product = self.program.multiply((slots.pop(), product))
        return [product]

    def _hadamard(self, e: ex.Hadamard) -> Slot:
        first, *rest = self._all(e.factors)
        for factor in rest:
            first = self.program.elementwise(".*", first, factor)
        return first

    def _quotient(self, e: ex.Quotient) -> Slot:
        return self.program.elementwise("./", self.slot(e.numerator), self.slot(e.denominator))

    def _power(self, e: ex.Power) -> Slot:
        return self.program.power(self.slot(e.base), self.slot(e.exponent))

    def _matrix_power(self, e: ex.MatrixPower) -> Slot:
        return self.program.matrix_power(self.slot(e.base), e.exponent)

    def _matrix_function(self, e: ex.MatrixFunction) -> Slot:
        return self.program.matrix_function(e.function, self._all(e.parts))

    def _frechet(self, e: ex.Frechet) -> Slot:
        return self.program.frechet(e.function, self._all(e.parts))

    def _transpose(self, e: ex.Transpose) -> Slot:
        return self.program.transpose(self.slot(e.arg))

    def _apply(self, e: ex.Apply) -> Slot:
        return self.program.function(e.function, self._all(e.args))

    def _of_matrix(self, e: Expr) -> Slot:
        return self.program.operation(_OF_MATRICES[type(e)], self.slot(e.parts[0]))

    def _triangle(self, e: ex.Triangle) -> Slot:
        return self.program.operation("tril" if e.part == "lower" else "triu", self.slot(e.arg))

    def _operation(self, e: ex.Operation) -> Slot:
        meaning = None
        if operators.TABLE[e.operator].evaluate is None:
            meaning = templates.definition(e)
        if meaning is not None:
            return self.slot(meaning)
        if len(e.args) > 1:
            raise OpenError
        return self.program.operation(e.operator, self.slot(e.args[0]))

    def _kron(self, e: ex.Kron) -> Slot:
        first, *rest = self._all(e.factors)
        for factor in rest:
            first = self.program.kron(first, factor)
        return first

    def _unvec(self, e: ex.Unvec) -> Slot:
        return self.program.unvec(self.slot(e.arg), *e.shape)

    def _block(self, e: ex.Block) -> Slot:
        return self.program.block([self._all(row) for row in e.grid])

    def _row(self, e: ex.Row) -> Slot:
        return self.program.row(self.slot(e.arg), e.index.name)

    def _column(self, e: ex.Column) -> Slot:
        return self.program.column(self.slot(e.arg), e.index.name)

    def _entry(self, e: ex.Entry) -> Slot:
        column = None if e.column is None else e.column.name
        return self.program.entry(self.slot(e.arg), e.row.name, column)

    def _index_sum(self, e: ex.IndexSum) -> Slot:
        return self.program.index_sum([(i.name, i.dim) for i in e.indices], self.slot(e.body))

    def _rows(self, e: ex.Rows) -> Slot:
        return self.program.rows(self.slot(e.body), e.index.name, e.index.dim)


_CONSTANTS: dict[type[ex.Node], str] = {ex.Identity: "eye", ex.Ones: "ones", ex.Zeros: "zeros"}

_OF_MATRICES: dict[type[ex.Node], str] = {
    ex.Inverse: "inv",
    ex.Diag: "diag",
    ex.Diagonal: "diag",
    ex.Vec: "vec",
    ex.Trace: "tr",
    ex.Total: "sum",
}

_PLANS: dict[type[ex.Node], Callable[[Planner, Any], Slot]] = {
    **dict.fromkeys(_CONSTANTS, Planner._constant),
    **dict.fromkeys(_OF_MATRICES, Planner._of_matrix),
    ex.Symbol: Planner._symbol,
    ex.Number: Planner._number,
    ex.Delta: Planner._delta,
    ex.Add: Planner._add,
    ex.Mul: Planner._mul,
    ex.Power: Planner._power,
    ex.MatrixPower: Planner._matrix_power,
    ex.Transpose: Planner._transpose,
    ex.Hadamard: Planner._hadamard,
    ex.Quotient: Planner._quotient,
    ex.Apply: Planner._apply,
    ex.Operation: Planner._operation,
    ex.MatrixFunction: Planner._matrix_function,
    ex.Frechet: Planner._frechet,
    ex.Kron: Planner._kron,
    ex.Unvec: Planner._unvec,
    ex.Block: Planner._block,
    ex.Triangle: Planner._triangle,
    ex.Row: Planner._row,
    ex.Column: Planner._column,
    ex.Entry: Planner._entry,
    ex.IndexSum: Planner._index_sum,
    ex.Rows: Planner._rows,
}
