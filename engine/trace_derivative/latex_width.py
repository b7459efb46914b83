"""A rough estimate of how wide a formula is printed, in characters.

Input: LaTeX as `render_latex` writes it; output: a number of characters, good enough to decide
where a long sum is broken.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from functools import lru_cache

_MARK = re.compile(r"\\sum_|\\[A-Za-z]+|\\.|\S")
_PHRASE = re.compile(
    r"[\^_]?\{[^{}]*\}"
    r"|\\(?:math[a-z]+\{[^{}]*\}|sum_\{[^{}]*\}|(?:begin|end)\{\w+\}|(?:left|right)(?:\\.|\S))|"
    + _MARK.pattern
)
"""What is read at once: a sign with a group in which there is no other, or a single mark."""
_NOTHING = r"\left \right \mathrm \mathbf \mathit \boldsymbol \operatorname \,"
_WORDS = r"\log \exp \sin \cos \tan \sinh \cosh \tanh \arcsin \arccos \arctan \det"
_WIDTHS: dict[str, float] = {
    **dict.fromkeys(_NOTHING.split(), 0.0),
    **dict.fromkeys([r"+", r"-", r"=", r"\odot", r"\cdot"], 2.0),
    **dict.fromkeys([r"(", r")", r"[", r"]", r"|", r".", r",", r":", r"\|"], 0.5),
    **{word: float(len(word) - 1) for word in _WORDS.split()},
}
"""The widths of the marks that are not as wide as a letter."""
_BEYOND_TEXT = {
    **dict.fromkeys("+-=", 1),
    " ": -1,
    "{": -3,
    r"\math": -6,
    r"\left": -11,
    r"\partial": -7,
}
"""How much wider than its text a mark is at most, with the brace or bracket that closes it.

Before a brace stands a mark that has no width, of which one character is counted with the brace.
"""
_SCRIPT = 0.7
_ROW = r"\\"
_BEGIN, _END = r"\begin{bmatrix}", r"\end{bmatrix}"
_OPENING = frozenset({"{", "^", "_", r"\frac", r"\sum_", _BEGIN})
"""The marks whose width depends on what follows them."""


def clear() -> None:
    """Forget all widths."""
    _alone.cache_clear()
    _phrases.cache_clear()


def width(latex: str, most: float = math.inf) -> int:
    """The estimated width of a formula; of one that is wider than `most` only that it is."""
    return round(reach(latex, 0.0, most))


def reach(latex: str, start: float, most: float = math.inf) -> float:
    """Where a formula that begins at `start` ends; behind `most` only that it is there."""
    return _row(iter(_phrases(latex)), "", most + 1, start)


def at_most(latex: str) -> int:
    """A bound on the width of a formula, found at a glance."""
    return len(latex) + sum([more * latex.count(mark) for mark, more in _BEYOND_TEXT.items()])


@lru_cache(1024)
def _phrases(latex: str) -> list[str]:
    return _PHRASE.findall(latex)


@lru_cache(4096)
def _alone(phrase: str) -> float | None:
    """The width of a phrase; None where it depends on what follows."""
    if phrase in _OPENING:
        return None
    if len(phrase) == 1 or _MARK.fullmatch(phrase):
        return _WIDTHS.get(phrase, 1.0)
    return _row(iter(_MARK.findall(phrase)), "", math.inf)


def _row(phrases: Iterator[str], end: str, most: float, start: float = 0.0) -> float:
    """Where that ends which stands up to the phrase `end`; behind `most` it is not read further."""
    total = start
    for phrase in phrases:
        if phrase == end:
            break
        alone = _alone(phrase)
        total += _begun(phrase, phrases, most) if alone is None else alone
        if total > most:
            break
    return total


def _item(phrases: Iterator[str], most: float) -> float:
    phrase = next(phrases, "")
    alone = _alone(phrase)
    return _begun(phrase, phrases, most) if alone is None else alone


def _begun(phrase: str, phrases: Iterator[str], most: float) -> float:
    """The width of what begins with a mark that depends on what follows."""
    match phrase:
        case "{":
            return _row(phrases, "}", most)
        case "^" | "_":
            return _SCRIPT * _item(phrases, math.inf)
        case r"\sum_":
            return max(1.5, _SCRIPT * _item(phrases, math.inf))
        case r"\frac":
            return max(_item(phrases, most), _item(phrases, most))
        case _:
            return max(_row_widths(phrases, most)) + 1


def _row_widths(phrases: Iterator[str], most: float) -> Iterator[float]:
    """The width of each row of a `bmatrix`."""
    row = 0.0
    for phrase in phrases:
        if phrase == _END or row > most:
            break
        if phrase == _ROW:
            yield row
            row = 0.0
        else:
            alone = _alone(phrase)
            row += _begun(phrase, phrases, most) if alone is None else alone
    yield row
