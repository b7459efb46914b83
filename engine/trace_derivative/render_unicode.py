"""Plain Unicode text of expressions, index forms and the sides of equalities, on one line.

Input: an `Expr`, an `Indexed` or another side; output: text for terminals, manual pages and
text builders, `tr[A X Bᵀ]`, `Σ_i Σ_j A_ij X_ji`.  Where brackets stand is decided in `layout`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction

from . import expr as ex, operators
from .expr import Dim, Expr, Index
from .indexed import Indexed
from .latex_names import GREEK
from .layout import Typesetter, Writer
from .marks import BASE, FACTOR, HADAMARD, PRODUCT, Piece
from .render_text import decimal
from .statements import Definition, Side

__all__ = [
    "UnicodeWriter",
    "definition_unicode",
    "indexed_unicode",
    "side_unicode",
    "unicode",
]


class UnicodeWriter(Writer):
    """Writes plain text; parts that many sides share are typeset once."""

    def __init__(self, name: str = "f") -> None:
        super().__init__()
        self.name = name

    def typesetter(self, taken: frozenset[str]) -> Typesetter:
        """A typesetter of plain text, where symbols have these signs of constants."""
        return _Unicode(taken, name=self.name)

    def around(self, side: Side) -> frozenset[str]:
        """The symbols of an expression; another side is read without any."""
        return side.symbols if isinstance(side, ex.Node) else frozenset()


def unicode(e: Expr) -> str:
    """Plain text of an expression."""
    return UnicodeWriter().expression(e)


def indexed_unicode(t: Indexed) -> str:
    """Plain text of an index form."""
    return UnicodeWriter().index_form(t)


def side_unicode(side: Side, *, function: Expr | None = None, name: str = "f") -> str:
    """Plain text of a side; with `function` a derivative of f shows that function."""
    return UnicodeWriter(name).side(side, function)


def definition_unicode(definition: Definition) -> str:
    """Plain text of `symbol = value`."""
    return UnicodeWriter().definition(definition)


_GREEK = {name: letter for name, letter in GREEK.items() if name not in {"Sigma", "Pi"}}
"""Greek letters; Sigma and Pi stay words, beside the sum sign."""
_RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_SHORT = re.compile(r"[^\W_][\w.]*")
_BOLD = {"1": "𝟏", "0": "𝟎", "I": "I", "J": "J"}
_NORMS = {"1": "₁", "2": "₂", "F": "_F"}


def _name(name: str) -> str:
    """A name, a Greek letter where it is one, with its digits and what follows an underscore."""
    letters = name.rstrip("0123456789").split("_")[0]
    return _GREEK.get(letters, letters) + name[len(letters) :]


class _Unicode(Typesetter):
    """The marks of plain text."""

    def __init__(
        self,
        taken: frozenset[str] = frozenset(),
        shown: Mapping[Index, str] | None = None,
        sized: bool = False,
        name: str = "f",
    ) -> None:
        super().__init__(taken, shown, sized)
        self.name = name

    def fresh(self, shown: Mapping[Index, str], sized: bool) -> _Unicode:
        return _Unicode(self.taken, shown, sized, self.name)

    def bracket(self, body: str) -> str:
        return f"({body})"

    def square(self, body: str) -> str:
        return f"[{body}]"

    def gap(self, left: str, right: str) -> str:
        return "·" if right[0].isdecimal() and right[0].isascii() else " "

    def hadamard(self, factors: Sequence[str]) -> str:
        return " ⊙ ".join(factors)

    def kron(self, factors: Sequence[str]) -> str:
        return " ⊗ ".join(factors)

    def blocks(self, rows: Sequence[Sequence[str]]) -> Piece:
        return Piece(f"[{'; '.join(', '.join(row) for row in rows)}]")

    def unvec(self, arg: Piece, rows: Dim, columns: Dim) -> Piece:
        return Piece(f"vec⁻¹_{rows}×{columns}{self.bracket(arg.body)}", FACTOR)

    def fraction(self, top: Piece, bottom: Piece, elementwise: bool) -> Piece:
        below = self.at(bottom, FACTOR)
        if bottom.open and bottom.strength >= FACTOR:
            below = self.bracket(bottom.body)
        if elementwise:
            return Piece(f"{self.operand(top)} ⊘ {below}", HADAMARD)
        above = self.bracket(top.body) if top.open else self.at(top, PRODUCT)
        return Piece(f"{above}/{below}", PRODUCT)

    def number(self, value: Fraction) -> Piece:
        body = decimal(value)
        return Piece(body, PRODUCT if "/" in body else BASE)

    def symbol(self, e: ex.Symbol) -> Piece:
        return Piece(_name(e.name))

    def constant(self, letter: str, *dims: Dim) -> str:
        named = self.sized or letter in self.taken
        return f"{_BOLD[letter]}_{'×'.join(map(str, dims))}" if named else _BOLD[letter]

    def pi(self) -> str:
        return "π"

    def place(self, matrix: Expr, places: tuple[str, ...], entry: bool) -> Piece:
        if not isinstance(matrix, ex.Symbol):
            return self.composite_place(self.of(matrix).body, places)
        name = _name(matrix.name)
        short = entry and name.isalpha() and all(len(p) == 1 for p in places)
        return Piece(f"{name}_{''.join(places)}" if short else f"{name}[{','.join(places)}]")

    def composite_place(self, body: str, places: tuple[str, ...]) -> Piece:
        joined = (",".join if any(len(p) > 1 for p in places) else "".join)(places)
        if ":" in places or "," in joined:
            return Piece(f"({body})[{','.join(places)}]")
        return Piece(f"[{body}]_{joined}")

    def index(self, i: Index) -> str:
        return self.shown.get(i) or i.name

    def dimension(self, dim: Dim) -> str:
        return str(dim)

    def delta(self, i: str, j: str) -> str:
        return f"δ_{i}{j}" if len(i + j) == 2 else f"δ[{i},{j}]"

    def sum_sign(self, i: str) -> str:
        return f"Σ_{i} "

    def transposed(self, base: str, inverse: bool) -> Piece:
        return Piece(base + ("⁻ᵀ" if inverse else "ᵀ"), FACTOR)

    def power(self, base: str, exponent: Piece, elementwise: bool) -> Piece:
        body = exponent.body
        raised = body if _SHORT.fullmatch(body) else self.bracket(body)
        if elementwise:
            return Piece(f"{base}^⊙{raised}", FACTOR)
        if body.removeprefix("-").isdecimal():
            return Piece(base + body.translate(_RAISED), FACTOR)
        return Piece(f"{base}^{raised}", FACTOR)

    def call(self, name: str, arg: Piece, scalar: bool) -> Piece:
        if scalar and name == "abs":
            return Piece(f"|{arg.body}|")
        body = self.square(arg.body) if name == "tr" else self.bracket(arg.body)
        entry = operators.TABLE.get(name)
        return Piece((entry.unicode if entry and entry.unicode else name) + body, FACTOR)

    def frechet(self, word: str, arg: Piece, direction: Piece, exponent: Piece | None) -> Piece:
        parts = [arg.body, direction.body, *([] if exponent is None else [exponent.body])]
        return Piece(word + self.bracket(", ".join(parts)), FACTOR)

    def norm(self, body: str, kind: str) -> Piece:
        return Piece(f"‖{body}‖{_NORMS[kind]}")

    def stacked(self, first: str, last: str, height: Dim) -> Piece:
        rows = [first] if height == 1 else [first, last] if height == 2 else [first, "…", last]
        return Piece(f"[{' ; '.join(rows)}]")

    def function_name(self) -> str:
        return self.name

    def derivative(self, function: Piece, long: bool, variable: str, occurrence: int | None) -> str:
        closed = self.bracket(function.body) if function.open else ""
        body = f"∂{closed or self.at(function, FACTOR)}/∂{variable}"
        return body if occurrence is None else f"{body}|({occurrence})"
