"""LaTeX of names, numbers and subscripts, and the choices of notation.

Input: the name of a symbol, index or dimension, and how it is declared; output: LaTeX in the
typography of the notes (bold upright matrices and vectors, italic scalars and entries).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Literal

from .render_text import decimal
from .sizes import Dim, is_composite, written

_GREEK_NAMES = """
alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau
upsilon phi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega
"""
GREEK = dict(zip(_GREEK_NAMES.split(), "αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΥΦΨΩ", strict=True))
"""The names that are printed as Greek letters, and the letters."""

_NAME = re.compile(r"([^\W\d_]+)(\d*)((?:_[^\W_]+)*)")


@dataclass(frozen=True, slots=True)
class Notation:
    """The choices of notation.

    `transpose`: `^{T}` (T), `^{\\top}` (top) or a prime (prime).  `trace`: tr with square
    (bracket) or round (paren) brackets.  `bold`: whether matrices and vectors are bold.
    `function`: the name of the function of a derivation.
    """

    transpose: Literal["T", "top", "prime"] = "T"
    trace: Literal["bracket", "paren"] = "bracket"
    bold: bool = True
    function: str = "f"


DEFAULT = Notation()


def clear() -> None:
    """Forget all names."""
    symbol_name.cache_clear()
    indexed_name.cache_clear()
    index_name.cache_clear()


def split_name(name: str) -> tuple[str, tuple[str, ...]]:
    """The letters of a name and its subscripts: `W1`, `X_hat`, `a_1_2`."""
    found = _NAME.fullmatch(name)
    if found is None:
        return name, ()
    letters, digits, rest = found.groups()
    if not digits and not rest:
        return letters, ()
    return letters, tuple(part for part in (digits, *rest.split("_")) if part)


@lru_cache(4096)
def symbol_name(name: str, bold: bool, matrix: bool = False) -> str:
    """A symbol, `bold` or not; the letter that follows a `matrix` is an index, `D_k`."""
    letters, subscripts = split_name(name)
    return _letters(letters, bold) + _subscript(subscripts, bold or matrix)


@lru_cache(4096)
def indexed_name(name: str, bold: bool) -> str:
    """A matrix or vector before its indices, in brackets where it has a subscript of its own."""
    printed = symbol_name(name, bold, True)
    return f"({printed})" if split_name(name)[1] else printed


def _letters(letters: str, bold: bool) -> str:
    if letters in GREEK:
        return rf"\boldsymbol{{\{letters}}}" if bold else rf"\{letters}"
    plain = letters.replace("_", r"\_")
    if bold:
        return rf"\mathbf{{{plain}}}"
    return plain if len(letters) == 1 else rf"\mathit{{{plain}}}"


def _subscript(parts: tuple[str, ...], italic: bool) -> str:
    if not parts:
        return ""
    plain = [p.isdigit() or (italic and len(p) == 1) for p in parts]
    written = [p if ok else rf"\mathrm{{{p}}}" for p, ok in zip(parts, plain, strict=True)]
    return f"_{{{','.join(written)}}}"


@lru_cache(4096)
def index_name(name: str) -> str:
    """An index or a dimension: `i`, `i_{1}`."""
    return symbol_name(name, False)


def dimension_name(dim: Dim) -> str:
    """A dimension: a name, a number, products and sums of them."""
    if is_composite(dim):
        return written(dim, index_name, " ", " + ")
    return str(dim) if isinstance(dim, int) else index_name(dim)


def places(parts: tuple[str, ...]) -> str:
    """Subscripts side by side, separated by commas where one is longer than a character."""
    joined = "".join(parts)
    return joined if len(joined) == len(parts) else ",".join(parts)


def number(value: Fraction) -> tuple[str, bool]:
    """A number that is not negative, and whether it is a fraction."""
    if value.denominator >= 10:
        short = decimal(value)
        if "/" not in short:
            return short, False
    if value.denominator == 1:
        return str(value.numerator), False
    return rf"\frac{{{value.numerator}}}{{{value.denominator}}}", True
