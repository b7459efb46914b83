"""LaTeX of expressions, index forms and the sides of equalities, in the notes' typography.

Input: an `Expr`, an `Indexed` or another side; output: plain amsmath that MathJax, KaTeX and
pdfLaTeX all set.  Where brackets stand is decided in `layout`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from . import expr as ex, functions, latex_names as names, operators
from .expr import Dim, Expr, Index
from .indexed import Indexed, Term
from .latex_names import DEFAULT, Notation
from .latex_width import at_most, reach, width
from .layout import Typesetter, Writer
from .marks import BASE, FACTOR, PRODUCT, Piece
from .matrix_functions import NAMES
from .statements import Definition, EntryOfResult, Side

__all__ = [
    "DEFAULT",
    "LatexWriter",
    "Line",
    "Notation",
    "break_sum",
    "definition_latex",
    "entry_latex",
    "filled",
    "indexed_latex",
    "latex",
    "side_latex",
    "width",
]


class LatexWriter(Writer):
    """Writes LaTeX in one notation; parts that many sides share are typeset once."""

    def __init__(self, notation: Notation = DEFAULT) -> None:
        super().__init__()
        self.notation = notation

    def typesetter(self, taken: frozenset[str]) -> Typesetter:
        """A typesetter of LaTeX, where symbols have these signs of constants."""
        return _Latex(self.notation, taken)

    def around(self, side: Side) -> frozenset[str]:
        """The symbols of a side; a derivative is read without any."""
        if isinstance(side, (ex.Node, Term)):
            return side.symbols
        return side.matrix.symbols if isinstance(side, EntryOfResult) else frozenset()

    def entry(self, variable: ex.Symbol, places: tuple[str, ...]) -> str:
        """An entry of a symbol, the places as they are to be printed: `X_{1N}`."""
        return self.among(frozenset()).place(variable, places, True).body


def latex(e: Expr, notation: Notation = DEFAULT) -> str:
    """LaTeX of an expression."""
    return LatexWriter(notation).expression(e)


def indexed_latex(t: Indexed, notation: Notation = DEFAULT) -> str:
    """LaTeX of an index form."""
    return LatexWriter(notation).index_form(t)


def side_latex(side: Side, *, function: Expr | None = None, notation: Notation = DEFAULT) -> str:
    """LaTeX of a side of an equality; with `function` a derivative of f shows that function."""
    return LatexWriter(notation).side(side, function)


def entry_latex(variable: ex.Symbol, places: tuple[str, ...], notation: Notation = DEFAULT) -> str:
    """LaTeX of an entry of a symbol, the places as they are to be printed: `X_{1N}`."""
    return LatexWriter(notation).entry(variable, places)


def definition_latex(definition: Definition, notation: Notation = DEFAULT) -> str:
    """LaTeX of `symbol = value`."""
    return LatexWriter(notation).definition(definition)


def break_sum(
    side: Side, limit: int, *, function: Expr | None = None, notation: Notation = DEFAULT
) -> list[str]:
    """A sum in lines of at most `limit` characters (estimated), for an `aligned`."""
    return [line.body for line in filled(LatexWriter(notation).terms(side, function), limit)]


class Line(NamedTuple):
    """A line of a formula and its estimated width, or a bound on it where that says enough."""

    body: str
    width: float


def filled(terms: Sequence[str], limit: int, most: int = 0) -> list[Line]:
    """The terms of a sum in lines of at most `limit` characters (estimated).

    Every line but the first begins with its sign.  A term that is longer stands on a line of
    its own.  Of widths it is only found whether they are within `limit` and `most`.
    """
    most = max(limit, most)
    whole = " ".join(terms)
    bound = at_most(whole)
    if bound <= (limit if len(terms) > 1 else most):
        return [Line(whole, bound)]
    lines = [Line(terms[0], reach(terms[0], 0.0, most))]
    for term in terms[1:]:
        body, start = lines[-1]
        end = reach(term, start, most)
        if round(end) <= limit:
            lines[-1] = Line(f"{body} {term}", end)
        else:
            lines.append(Line(term, reach(term, 0.0, most)))
    return lines


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
_WORD_ALONE = re.compile(_WORD.pattern + r"(?:_\{(?:[^{}]|\{[^{}]*\})*\})?")


class _Latex(Typesetter):
    """The marks of LaTeX."""

    def __init__(
        self,
        notation: Notation,
        taken: frozenset[str] = frozenset(),
        shown: Mapping[Index, str] | None = None,
        sized: bool = False,
    ) -> None:
        super().__init__(taken, shown, sized)
        self.notation = notation

    def fresh(self, shown: Mapping[Index, str], sized: bool) -> _Latex:
        return _Latex(self.notation, self.taken, shown, sized)

    def bracket(self, body: str) -> str:
        return rf"\left({body}\right)"

    def square(self, body: str) -> str:
        return rf"\left[{body}\right]"

    def gap(self, left: str, right: str) -> str:
        if right[0].isdigit():
            return r" \cdot "
        if _WORD.match(right) or _WORD_ALONE.fullmatch(left):
            return r" \, "
        return "" if left.endswith("}") else " "

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
        return Piece(rf"\mathrm{{vec}}^{{-1}}_{{{size}}}{body}", FACTOR)

    def fraction(self, top: Piece, bottom: Piece, elementwise: bool) -> Piece:
        strength = PRODUCT if elementwise else FACTOR
        return Piece(rf"\frac{{{top.body}}}{{{bottom.body}}}", strength, barred=True)

    def number(self, value: Fraction) -> Piece:
        body, is_fraction = names.number(value)
        return Piece(body, FACTOR if is_fraction else BASE)

    def symbol(self, e: ex.Symbol) -> Piece:
        return Piece(names.symbol_name(e.name, self.notation.bold and e.rank > 0, e.rank > 0))

    def constant(self, letter: str, *dims: Dim) -> str:
        body = rf"\mathbf{{{letter}}}"
        named = self.sized or letter in self.taken
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
        name = names.indexed_name(matrix.name, self.notation.bold and not entry)
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
            return Piece(f"{self.bracket(base + '^{-1}') if inverse else base}'", FACTOR)
        plain, inverted = _TRANSPOSES[self.notation.transpose]
        return Piece(f"{base}^{{{inverted if inverse else plain}}}", FACTOR)

    def power(self, base: str, exponent: Piece, elementwise: bool) -> Piece:
        if not elementwise:
            return Piece(f"{base}^{{{exponent.body}}}", FACTOR)
        negative_number = re.fullmatch(r"-[\d.]+", exponent.body)
        plain = exponent.body if negative_number else self.at(exponent, FACTOR)
        return Piece(rf"{base}^{{\odot {plain}}}", FACTOR)

    def call(self, name: str, arg: Piece, scalar: bool) -> Piece:
        if scalar and name == "sqrt":
            return Piece(rf"\sqrt{{{arg.body}}}", FACTOR)
        if scalar and name == "abs":
            return Piece(rf"\left|{arg.body}\right|")
        square = name == "tr" and self.notation.trace == "bracket"
        body = self.square(arg.body) if square else self.bracket(arg.body)
        return Piece(_operator(name) + body, FACTOR)

    def frechet(self, word: str, arg: Piece, direction: Piece, exponent: Piece | None) -> Piece:
        function = rf"\mathrm{{{word[1:]}}}"
        if exponent is not None:
            function = rf"(\cdot)^{{{exponent.body}}}"
        body = self.bracket(f"{arg.body}, {direction.body}")
        return Piece(f"L_{{{function}}}{body}", FACTOR)

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
            body = rf"\frac{{\partial}}{{\partial {variable}}} {self.at(function, FACTOR)}"
        else:
            above = self.at(function, PRODUCT)
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
