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
_NOTHING = {r"\left", r"\right", r"\mathrm", r"\mathbf", r"\mathit", r"\boldsymbol"}
_NOTHING |= {r"\operatorname", r"\,"}
_SCRIPT = 0.7
_ROW = r"\\"
_BEGIN, _END = r"\begin{bmatrix}", r"\end{bmatrix}"
_OPENING = frozenset({"{", "^", "_", r"\frac", r"\sum_", _BEGIN})
"""The marks whose width depends on what follows them."""


def clear() -> None:
    """Forget all widths."""
    _alone.cache_clear()


def width(latex: str, most: float = math.inf) -> int:
    """The estimated width of a formula; of one that is wider than `most` only that it is."""
    return round(_row(map(re.Match.group, _PHRASE.finditer(latex)), "", most + 1))


@lru_cache(4096)
def _alone(phrase: str) -> float | None:
    """The width of a phrase; None where it depends on what follows."""
    if phrase in _OPENING:
        return None
    marks = _MARK.findall(phrase)
    return _one(phrase) if len(marks) == 1 else _row(iter(marks), "", math.inf)


def _row(phrases: Iterator[str], end: str, most: float) -> float:
    """The width of what stands up to the phrase `end`; more than `most` is not read further."""
    total = 0.0
    for phrase in phrases:
        if phrase == end:
            break
        total += _begun(phrase, phrases, most)
        if total > most:
            break
    return total


def _item(phrases: Iterator[str], most: float) -> float:
    return _begun(next(phrases, ""), phrases, most)


def _begun(phrase: str, phrases: Iterator[str], most: float) -> float:
    """The width of what begins with a phrase."""
    alone = _alone(phrase)
    if alone is not None:
        return alone
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
            return _array(phrases, most)


def _array(phrases: Iterator[str], most: float) -> float:
    """The widest row of a `bmatrix`."""
    widest = row = 0.0
    for phrase in phrases:
        if phrase == _END or row > most:
            break
        if phrase == _ROW:
            widest, row = max(widest, row), 0.0
        else:
            row += _begun(phrase, phrases, most)
    return max(widest, row) + 1


def _one(mark: str) -> float:
    if mark in _NOTHING:
        return 0.0
    if mark in {"+", "-", "=", r"\odot", r"\cdot"}:
        return 2.0
    if mark in set("()[]|.,:") or mark == r"\|":
        return 0.5
    if mark in _FUNCTIONS:
        return float(len(mark) - 1)
    return 1.0


_FUNCTIONS = {r"\log", r"\exp", r"\sin", r"\cos", r"\tan", r"\sinh", r"\cosh", r"\tanh"}
_FUNCTIONS |= {r"\arcsin", r"\arccos", r"\arctan", r"\det"}
