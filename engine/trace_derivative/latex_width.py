"""A rough estimate of how wide a formula is printed, in characters.

Input: LaTeX as `render_latex` writes it; output: a number of characters, good enough to decide
where a long sum is broken.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache

_MARK = re.compile(r"\\[A-Za-z]+|\\.|[^\s]")
_PHRASE = re.compile(
    r"(?:\\math[a-z]+|\\sum_|[\^_])?\{[^{}]*\}"
    r"|\\(?:begin|end)\{\w+\}"
    r"|\\(?:left|right)(?:\\.|[^\s])|" + _MARK.pattern
)
"""What is read at once: a sign with a group in which there is no other, or a single mark."""
_NOTHING = {r"\left", r"\right", r"\mathrm", r"\mathbf", r"\mathit", r"\boldsymbol"}
_NOTHING |= {r"\operatorname", r"\,"}
_SCRIPT = 0.7
_ROW = r"\\"
_BEGIN, _END = r"\begin{bmatrix}", r"\end{bmatrix}"
_OPENING = frozenset({"{", "^", "_", r"\frac", r"\sum", _BEGIN})
"""The marks whose width depends on what follows them."""


def clear() -> None:
    """Forget all widths."""
    _alone.cache_clear()


def width(latex: str, most: float = math.inf) -> int:
    """The estimated width of a formula; of one that is wider than `most` only that it is."""
    return round(_row(_PHRASE.findall(latex), 0, "", most + 1)[0])


@lru_cache(4096)
def _alone(phrase: str) -> float | None:
    """The width of a phrase; None where it depends on what follows."""
    if phrase in _OPENING:
        return None
    marks = _MARK.findall(phrase)
    return _one(phrase) if len(marks) == 1 else _row(marks, 0, "", math.inf)[0]


def _row(phrases: list[str], start: int, end: str, most: float) -> tuple[float, int]:
    """The width of what stands up to the phrase `end`, and where it goes on behind it.

    What is wider than `most` is not read to its end.
    """
    total, n = 0.0, start
    while n < len(phrases) and phrases[n] != end and total <= most:
        more, n = _item(phrases, n, most)
        total += more
    return total, n + 1


def _item(phrases: list[str], n: int, most: float) -> tuple[float, int]:
    phrase = phrases[n] if n < len(phrases) else ""
    alone = _alone(phrase)
    if alone is not None:
        return alone, n + 1
    match phrase:
        case "{":
            return _row(phrases, n + 1, "}", most)
        case "^" | "_":
            script, after = _item(phrases, n + 1, math.inf)
            return _SCRIPT * script, after
        case r"\frac":
            top, after = _item(phrases, n + 1, most)
            bottom, after = _item(phrases, after, most)
            return max(top, bottom), after
        case r"\sum":
            return _sum_sign(phrases, n + 1)
        case _:
            return _array(phrases, n + 1, most)


def _sum_sign(phrases: list[str], n: int) -> tuple[float, int]:
    """A sum sign with its index below it."""
    if n < len(phrases) and phrases[n] == "_":
        script, n = _item(phrases, n + 1, math.inf)
        return max(1.5, _SCRIPT * script), n
    return 1.5, n


def _array(phrases: list[str], n: int, most: float) -> tuple[float, int]:
    """The widest row of a `bmatrix`."""
    widest = row = 0.0
    while n < len(phrases) and phrases[n] != _END and row <= most:
        if phrases[n] == _ROW:
            widest, row, n = max(widest, row), 0.0, n + 1
        else:
            more, n = _item(phrases, n, most)
            row += more
    return max(widest, row) + 1, n + 1


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
