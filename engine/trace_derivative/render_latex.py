"""LaTeX of expressions, index forms and the sides of equalities, in the notes' typography.

Input: an `Expr`, an `Indexed` or another side; output: plain amsmath that MathJax, KaTeX and
pdfLaTeX all set.  Where brackets stand is decided in `layout`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction

from . import expr as ex, functions, latex_names as names, operators
from .expr import Dim, Expr, Index
from .indexed import Indexed
from .latex_names import DEFAULT, Notation
from .latex_width import width
from .layout import Piece, Strength, Typesetter
from .matrix_functions import NAMES
from .statements import Definition, Derivative, DerivativeSum, EntryOfResult, FunctionName, Side

__all__ = [
    "DEFAULT",
    "Notation",
    "break_sum",
    "definition_latex",
    "entry_latex",
    "indexed_latex",
    "latex",
    "side_latex",
    "width",
]


def latex(e: Expr, notation: Notation = DEFAULT) -> str:
    """LaTeX of an expression."""
    return _Latex(notation, e.symbols).of(e).body


def indexed_latex(t: Indexed, notation: Notation = DEFAULT) -> str:
    """LaTeX of an index form."""
    return _Latex(notation, t.symbols).of_indexed(t).body


def side_latex(side: Side, *, function: Expr | None = None, notation: Notation = DEFAULT) -> str:
    """LaTeX of a side of an equality; with `function` a derivative of f shows that function."""
    return _Latex(notation, _symbols(side)).of_side(side, function).body


def entry_latex(variable: ex.Symbol, places: tuple[str, ...], notation: Notation = DEFAULT) -> str:
    """LaTeX of an entry of a symbol, the places as they are to be printed: `X_{1N}`."""
    return _Latex(notation).place(variable, places, True).body


def definition_latex(definition: Definition, notation: Notation = DEFAULT) -> str:
    """LaTeX of `symbol = value`."""
    left = latex(definition.symbol, notation)
    return f"{left} = {latex(definition.value, notation)}"


def break_sum(
    side: Side, limit: int, *, function: Expr | None = None, notation: Notation = DEFAULT
) -> list[str]:
    """A sum in lines of at most `limit` characters (estimated), for an `aligned`.

    Every line but the first begins with its sign.  A term that is longer stands on a line of
    its own; what is not a sum is one line.
    """
    lines: list[str] = []
    for term in _Latex(notation, _symbols(side)).terms_of_side(side, function):
        longer = f"{lines[-1]} {term}" if lines else term
        if lines and width(longer) <= limit:
            lines[-1] = longer
        else:
            lines.append(term)
    return lines


def _symbols(side: Side) -> frozenset[str]:
    match side:
        case FunctionName() | Derivative() | DerivativeSum():
            return frozenset()
        case EntryOfResult(matrix=matrix):
            return matrix.symbols
        case _:
            return side.symbols


_OPERATORS = {
    "tr": r"\mathrm{tr}",
    "diag": r"\mathrm{diag}",
    "vec": r"\mathrm{vec}",
    "tril": r"\mathrm{tril}",
    "triu": r"\mathrm{triu}",
    "sum": r"\mathrm{sum}",
}
_TRANSPOSES = {"T": ("T", "-T"), "top": (r"\top", r"-\top")}
_WORD = re.compile(r"\\math(?:bf|it|rm)\{[^{}]{2,}\}")
_WORD_LAST = re.compile(_WORD.pattern + r"(?:_\{(?:[^{}]|\{[^{}]*\})*\})?$")


class _Latex(Typesetter):
    """The marks of LaTeX."""

    def __init__(
        self,
        notation: Notation,
        symbols: frozenset[str] = frozenset(),
        shown: Mapping[Index, str] | None = None,
    ) -> None:
        super().__init__(symbols, shown)
        self.notation = notation

    def fresh(self, shown: Mapping[Index, str]) -> _Latex:
        return _Latex(self.notation, self.symbols, shown)

    def bracket(self, body: str) -> str:
        return rf"\left({body}\right)"

    def square(self, body: str) -> str:
        return rf"\left[{body}\right]"

    def join(self, left: str, right: str) -> str:
        if right[0].isdigit():
            return rf"{left} \cdot {right}"
        if _WORD.match(right) or _WORD_LAST.search(left):
            return rf"{left} \, {right}"
        return f"{left}{right}" if left.endswith("}") else f"{left} {right}"

    def hadamard(self, factors: Sequence[str]) -> str:
        return r" \odot ".join(factors)

    def kron(self, factors: Sequence[str]) -> str:
        return r" \otimes ".join(factors)

    def blocks(self, rows: Sequence[Sequence[str]]) -> Piece:
        body = r" \\ ".join(" & ".join(row) for row in rows)
        return Piece(rf"\begin{{bmatrix}} {body} \end{{bmatrix}}")

    def unvec(self, arg: Piece, rows: Dim, columns: Dim) -> Piece:
        size = rf"{self.dimension(rows)} \times {self.dimension(columns)}"
        body = self.bracket(arg.body)
        return Piece(rf"\mathrm{{vec}}^{{-1}}_{{{size}}}{body}", Strength.FACTOR)

    def fraction(self, top: Piece, bottom: Piece, elementwise: bool) -> Piece:
        strength = Strength.PRODUCT if elementwise else Strength.FACTOR
        return Piece(rf"\frac{{{top.body}}}{{{bottom.body}}}", strength, barred=True)

    def number(self, value: Fraction) -> Piece:
        body, is_fraction = names.number(value)
        return Piece(body, Strength.FACTOR if is_fraction else Strength.BASE)

    def symbol(self, e: ex.Symbol) -> Piece:
        return Piece(names.symbol_name(e.name, self.notation.bold and e.rank > 0, e.rank > 0))

    def constant(self, letter: str, *dims: Dim) -> str:
        body = rf"\mathbf{{{letter}}}"
        named = self.sized or letter in self.symbols
        size = r" \times ".join(map(names.dimension_name, dims))
        return f"{body}_{{{size}}}" if named else body

    def pi(self) -> str:
        return r"\pi"

    def place(self, matrix: Expr, places: tuple[str, ...], entry: bool) -> Piece:
        if not isinstance(matrix, ex.Symbol):
            body = self.of(matrix).body
            if isinstance(matrix, ex.Quotient):
                return Piece(f"{self.bracket(body)}_{{{names.places(places)}}}")
            return self.composite_place(body, places)
        name = names.symbol_name(matrix.name, self.notation.bold and not entry, True)
        if names.has_subscript(matrix.name):
            name = f"({name})"
        return Piece(f"{name}_{{{names.places(places)}}}")

    def composite_place(self, body: str, places: tuple[str, ...]) -> Piece:
        return Piece(f"{self.square(body)}_{{{names.places(places)}}}")

    def index(self, i: Index) -> str:
        return self.shown.get(i) or names.index_name(i.name)

    def dimension(self, dim: Dim) -> str:
        return names.dimension_name(dim)

    def delta(self, i: str, j: str) -> str:
        return rf"\delta_{{{names.places((i, j))}}}"

    def sum_sign(self, i: str) -> str:
        return rf"\sum_{{{i}}} "

    def transposed(self, base: str, inverse: bool) -> Piece:
        if self.notation.transpose == "prime":
            return Piece(f"{self.bracket(base + '^{-1}') if inverse else base}'", Strength.FACTOR)
        plain, inverted = _TRANSPOSES[self.notation.transpose]
        return Piece(f"{base}^{{{inverted if inverse else plain}}}", Strength.FACTOR)

    def power(self, base: str, exponent: Piece, elementwise: bool) -> Piece:
        if not elementwise:
            return Piece(f"{base}^{{{exponent.body}}}", Strength.FACTOR)
        negative_number = re.fullmatch(r"-[\d.]+", exponent.body)
        plain = exponent.body if negative_number else self.at(exponent, Strength.FACTOR)
        return Piece(rf"{base}^{{\odot {plain}}}", Strength.FACTOR)

    def call(self, name: str, arg: Piece, scalar: bool) -> Piece:
        if scalar and name == "sqrt":
            return Piece(rf"\sqrt{{{arg.body}}}", Strength.FACTOR)
        if scalar and name == "abs":
            return Piece(rf"\left|{arg.body}\right|")
        square = name == "tr" and self.notation.trace == "bracket"
        body = self.square(arg.body) if square else self.bracket(arg.body)
        return Piece(_operator(name) + body, Strength.FACTOR)

    def frechet(self, word: str, arg: Piece, direction: Piece, exponent: Piece | None) -> Piece:
        function = rf"\mathrm{{{word[1:]}}}"
        if exponent is not None:
            function = rf"(\cdot)^{{{exponent.body}}}"
        body = self.bracket(f"{arg.body}, {direction.body}")
        return Piece(f"L_{{{function}}}{body}", Strength.FACTOR)

    def norm(self, body: str, kind: str) -> Piece:
        return Piece(rf"\left\|{body}\right\|_{{{kind}}}")

    def stacked(self, first: str, last: str, height: Dim) -> Piece:
        rows = (
            [first] if height == 1 else [first, last] if height == 2 else [first, r"\vdots", last]
        )
        body = r" \\ ".join(rows)
        return Piece(rf"\begin{{bmatrix}} {body} \end{{bmatrix}}")

    def function_name(self) -> str:
        return self.notation.function

    def derivative(self, function: Piece, long: bool, variable: str, occurrence: int | None) -> str:
        if long:
            body = rf"\frac{{\partial}}{{\partial {variable}}} {self.at(function, Strength.FACTOR)}"
        else:
            above = self.at(function, Strength.PRODUCT)
            body = rf"\frac{{\partial {above}}}{{\partial {variable}}}"
        return body if occurrence is None else rf"\left.{body}\right|_{{({occurrence})}}"


def _operator(name: str) -> str:
    """The command of an operator or function."""
    if name in _OPERATORS:
        return _OPERATORS[name]
    if name == "sqrt" or name in NAMES:
        return rf"\operatorname{{{name}}}"
    if name in operators.TABLE:
        return operators.TABLE[name].latex or rf"\operatorname{{{name}}}"
    entry = functions.lookup(name)
    return entry.latex if entry else rf"\operatorname{{{names.symbol_name(name, False)}}}"
