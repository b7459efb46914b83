"""The words of the text syntax, and what an undeclared name is by its letters.

An undeclared name is one symbol where it is a letter or the name of a Greek letter, with digits
or an underscore behind it; several such symbols may be written together (`AXB`).
"""

from __future__ import annotations

import difflib
import re

from . import functions, operators
from .matrix_functions import DERIVATIVES, NAMES, POWER

MATRIX_FUNCTIONS = {
    "tr": "tr",
    "trace": "tr",
    "Tr": "tr",
    "inv": "inv",
    "sum": "sum",
    "diag": "diag",
    "tril": "tril",
    "triu": "triu",
    "dot": "dot",
    **{word: word for word in (*NAMES, *DERIVATIVES)},
    "kron": "kron",
    "vec": "vec",
} | operators.names()
"""Functions of matrices, by every name that they are read by."""


def arity(function: str) -> int:
    """How many arguments a function of the language takes."""
    if function in operators.TABLE:
        return len(operators.TABLE[function].arguments)
    if function in DERIVATIVES:
        return 3 if DERIVATIVES[function] == POWER else 2
    if function == "dot" or function in MATRIX_FUNCTIONS:
        return 2 if function in ("dot", "kron") else 1
    entry = functions.lookup(function)
    return entry.arity if entry else 1


CONSTANTS = frozenset({"eye", "ones", "zeros"})
"""Constant matrices with sizes."""

NORMS = {"F": "norm2", "fro": "norm2", "2": "vector norm2", "1": "vector norm1"}
"""What may stand behind the bars of a norm."""

UNSUPPORTED = {
    "mean": "write sum(A)/c with a scalar c",
    "pinv": "write inv(A'*A)*A'",
    "rank": "it has no derivative",
    "eig": "there are tr, det and logdet",
    "svd": "there are norm2 and logdet",
    "cumsum": "there are sum and sums over an index, sum(k: ...)",
}
"""Well-known functions that the language does not have, with what to write instead."""

RESERVED = frozenset({*MATRIX_FUNCTIONS, *CONSTANTS, *functions.TABLE, "rows", "delta", "unvec"})
"""Names that have a meaning of their own unless they are declared."""

_GREEK = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho "
    "sigma tau upsilon phi chi psi omega"
)
GREEK_SCALARS = frozenset(_GREEK.split())
"""Names of Greek lower-case letters: scalars unless declared."""
GREEK_MATRICES = frozenset(name.capitalize() for name in GREEK_SCALARS)
"""Names of Greek capital letters: matrices unless declared."""

# one symbol among symbols that are written together
_PIECE = re.compile(r"[A-Za-z](?:_?[0-9]+)?")
_PIECES = re.compile(rf"(?:{_PIECE.pattern})+")
_HEAD = re.compile(r"[A-Z]?[a-z]+|[A-Z]")


def is_symbol(word: str) -> bool:
    """Is an undeclared name one symbol?"""
    stem, rest = _split(word)
    one = len(stem) == 1 or stem in GREEK_SCALARS or stem in GREEK_MATRICES
    return one and (not rest or rest[0] == "_" or rest.isdigit())


def rank_of(word: str) -> int:
    """What an undeclared name is: 0 scalar, 1 vector, 2 matrix."""
    if len(word) > 1 and _split(word)[0] in GREEK_SCALARS:
        return 0
    return 2 if word[0].isupper() else 1


def _split(word: str) -> tuple[str, str]:
    """The letters in front, and what follows."""
    head = _HEAD.match(word)
    stop = head.end() if head else 0
    return word[:stop], word[stop:]


def pieces(word: str) -> list[str]:
    """The symbols of a word, one letter each; none where it cannot be read so."""
    return _PIECE.findall(word) if _PIECES.fullmatch(word) else []


def did_you_mean(word: str) -> str:
    """A hint with the word of the language that is nearest, or nothing."""
    close = difflib.get_close_matches(word[:30], [*RESERVED, *functions.ALIASES], n=1, cutoff=0.7)
    return f"did you mean {close[0]}?" if close else ""
