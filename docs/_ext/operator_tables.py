"""The table of all operators: one line in `ROWS` for each, everything else is worked out from it.

What an example is (the kind of its outermost node, or the operator of `operators.TABLE`), its
shapes and its index form come from reading it.  The derivative rule and its source are those of
the second route; only what that route treats without a rule states its own here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from reference import Generated, table
from sphinx.application import Sphinx

import trace_derivative as td
from trace_derivative import expr as ex
from trace_derivative.expand import expand
from trace_derivative.functions import ARGUMENTS, TABLE, ElementFunction
from trace_derivative.nodes import Index, Node
from trace_derivative.read import Reading, read
from trace_derivative.render_latex import indexed_latex
from trace_derivative.rules import OPERATORS, RULES, rule_of


@dataclass(frozen=True, slots=True)
class Row:
    """An operator by an example (free indices in front), and its rule where it has none yet."""

    text: str
    statement: str = ""
    source: str = ""
    shapes: str = ""

    @property
    def reading(self) -> Reading:
        """The example, read."""
        return read(self.text, shapes=self.shapes or None)

    @property
    def key(self) -> type[Node] | str:
        """What it is an example of: a kind of node, or an operator of the table."""
        e = self.reading.exprs[0]
        return e.operator if isinstance(e, ex.Operation) else type(e)

    @property
    def rule(self) -> tuple[str, str]:
        """The statement of its derivative, and where that is from."""
        found = rule_of(self.reading.exprs[0])
        if self.statement or found is None:
            return self.statement, self.source
        return found.statement, found.source


ROWS = (
    Row("X", "d X = dX", "definition"),
    Row("3/4", "d c = 0", "Cookbook (33)"),
    Row("eye(n)", "d eye(n) = 0", "Cookbook (33)"),
    Row("ones(m, n)", "d ones(m, n) = 0", "Cookbook (33)"),
    Row("zeros(m, n)", "d zeros(m, n) = 0", "Cookbook (33)"),
    Row("A + B", "d (Y + Z) = dY + dZ", "Cookbook (35)"),
    Row("c*A", "d (y*Z) = dy*Z + y*dZ", "Cookbook (34), (37)", "c: scalar"),
    Row("A*B", "d (Y*Z) = dY*Z + Y*dZ", "Cookbook (37)"),
    Row("A'", "d (Z') = (dZ)'", "Cookbook (44)"),
    Row("A^3"),
    Row("inv(A)"),
    Row("A.*B"),
    Row("A./B"),
    Row("A.^B"),
    Row("kron(A, B)"),
    Row("vec(A)"),
    Row("unvec(x, m, n)"),
    Row("[A, B; C, D]"),
    Row("expm(A)"),
    Row("A^p", shapes="p: scalar"),
    Row("dexpm(A, E)"),
    Row("exp(A)"),
    Row("diag(x)"),
    Row("diag(A)"),
    Row("tril(A)"),
    Row("tr(A)", "d tr(Z) = tr(dZ)", "Cookbook (36)"),
    Row("sum(A)", "d sum(Z) = sum(dZ)", "linear"),
    Row("det(A)"),
    Row("logdet(A)"),
    Row("norm2(A)"),
    Row("norm1(A)"),
    Row("logsumexp(A)"),
    Row("logsumexp_rows(A)"),
    Row("logsumexp_columns(A)"),
    Row("softmax(x)"),
    Row("softmax_rows(A)"),
    Row("softmax_columns(A)"),
    Row("[k] B[k,:]"),
    Row("[k] B[:,k]"),
    Row("[i,j] A[i,j]"),
    Row("sum(k: tr(A*diag(B[k,:])))", "d sum(k: z) = sum(k: dz)", "linear"),
    Row("rows(k: x[k]*B[k,:])"),
    Row("[i,j] delta(i,j)", "d delta(i,j) = 0", "constant"),
)
"""One line an operator; a test says which kinds of node and operators have none."""

NUMBERS = {
    "any": "all numbers",
    "positive": "positive numbers",
    "unit": "between -1 and 1",
    "unequal": "all numbers",
    "plane": "all but (0, 0)",
}
"""The domains of functions in words."""
KINKS = {1: "at 0", 2: "where *u* is *v*"}
"""Where a function that is not smooth has its kink, by the number of its arguments."""


class OperatorTable(Generated):
    """Every operator: its text, its shapes, its index form, its derivative, the source of that."""

    def lines(self) -> Iterable[str]:
        """A table."""
        rows = ((_operator(r), f":math:`{index_form(r)}`", _derivative(r)) for r in ROWS)
        head = ("Operator", "Entry *i*, *j*, or the scalar", "Derivative")
        return table(head, rows, "27 28 45")


class RuleTable(Generated):
    """The rules of the differential calculus that the second route uses."""

    def lines(self) -> Iterable[str]:
        """A table."""
        rules = (*RULES.values(), *OPERATORS.values())
        rows = ((r.name, f"``{r.statement}``", r.source) for r in rules)
        return table(("Rule", "Statement", "Source"), rows, "24 52 24")


class FunctionTable(Generated):
    """The functions of single entries, with their derivatives."""

    def lines(self) -> Iterable[str]:
        """A table."""
        rows = (_function(f) for f in sorted(TABLE.values(), key=lambda f: f.name))
        head = ("Text", "Printed", "Derivative by each argument", "Domain", "Not smooth")
        return table(head, rows, "20 20 30 16 14")


def index_form(row: Row) -> str:
    """An entry of the example, or its value where it is a scalar, in index notation (LaTeX)."""
    e = row.reading.exprs[0]
    i, j = (None if dim == 1 else Index(n, dim) for n, dim in zip("ij", e.shape, strict=True))
    return indexed_latex(expand(e, i, j))


def _operator(row: Row) -> str:
    """The text, the shapes of its symbols, and its own."""
    reading = row.reading
    given = ", ".join(f"{s.name}: {_size(s)}" for s in reading.symbols.values())
    value = f"value: {_size(reading.exprs[0])}"
    return _lines_of(*filter(None, (f"``{row.text}``", given, value)))


def _size(e: ex.Expr) -> str:
    """A shape as it is declared."""
    if ex.is_scalar(e):
        return "scalar"
    return " x ".join(str(d) for d in e.shape)


def _derivative(row: Row) -> str:
    statement, source = row.rule
    return _lines_of(f"``{statement}``", source)


def _lines_of(*texts: str) -> str:
    return "\n".join(f"| {text}" for text in texts)


def _function(f: ElementFunction) -> tuple[str, ...]:
    names = ARGUMENTS[: f.arity]
    declared = "".join(f"; {name}: scalar" for name in names)
    text = f"{f.name}({', '.join(names)})"
    return (
        f"``{text}``",
        f":f:`{text}{declared}`",
        ", ".join(f":f:`{d}; u: scalar; v: scalar`" for d in f.derivatives),
        NUMBERS[f.domain],
        "" if f.analytic else KINKS[f.arity],
    )


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the tables."""
    app.add_directive("operator-table", OperatorTable)
    app.add_directive("rule-table", RuleTable)
    app.add_directive("function-table", FunctionTable)
    return {"version": td.__version__, "parallel_read_safe": True, "parallel_write_safe": True}
