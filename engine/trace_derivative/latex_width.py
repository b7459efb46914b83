"""A rough estimate of how wide a formula is printed, in characters.

Input: LaTeX as `render_latex` writes it; output: a number of characters, good enough to decide
where a long sum is broken.
"""

from __future__ import annotations

import re

_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|[^\s]")
_NOTHING = {r"\left", r"\right", r"\mathrm", r"\mathbf", r"\mathit", r"\boldsymbol"}
_NOTHING |= {r"\operatorname", r"\,"}
_SCRIPT = 0.7
_ROW = r"\\"


def width(latex: str) -> int:
    """The estimated width of a formula."""
    tokens = _TOKEN.findall(latex)
    return round(_row(tokens, 0, "")[0])


def _row(tokens: list[str], start: int, end: str) -> tuple[float, int]:
    """The width of what stands up to the token `end`, and where it goes on behind it."""
    total, n = 0.0, start
    while n < len(tokens) and tokens[n] != end:
        more, n = _item(tokens, n)
        total += more
    return total, n + 1


def _item(tokens: list[str], n: int) -> tuple[float, int]:
    token = tokens[n] if n < len(tokens) else ""
    if token == "{":
        return _row(tokens, n + 1, "}")
    if token in {"^", "_"}:
        script, after = _item(tokens, n + 1)
        return _SCRIPT * script, after
    if token == r"\frac":
        top, after = _item(tokens, n + 1)
        bottom, after = _item(tokens, after)
        return max(top, bottom), after
    if token == r"\sum":
        return _sum_sign(tokens, n + 1)
    if token == r"\begin":
        return _array(tokens, n)
    return _one(token), n + 1


def _sum_sign(tokens: list[str], n: int) -> tuple[float, int]:
    """A sum sign with its index below it."""
    if n < len(tokens) and tokens[n] == "_":
        script, n = _item(tokens, n + 1)
        return max(1.5, _SCRIPT * script), n
    return 1.5, n


def _array(tokens: list[str], n: int) -> tuple[float, int]:
    """The widest row of a `bmatrix`."""
    n = tokens.index("}", n) + 1
    widest = row = 0.0
    while n < len(tokens) and tokens[n] != r"\end":
        if tokens[n] == _ROW:
            widest, row, n = max(widest, row), 0.0, n + 1
        else:
            more, n = _item(tokens, n)
            row += more
    after = tokens.index("}", n) + 1 if n < len(tokens) else n
    return max(widest, row) + 1, after


def _one(token: str) -> float:
    if token in _NOTHING:
        return 0.0
    if token in {"+", "-", "=", r"\odot", r"\cdot"}:
        return 2.0
    if token in set("()[]|.,:") or token == r"\|":
        return 0.5
    if token in _FUNCTIONS:
        return float(len(token) - 1)
    return 1.0


_FUNCTIONS = {r"\log", r"\exp", r"\sin", r"\cos", r"\tan", r"\sinh", r"\cosh", r"\tanh"}
_FUNCTIONS |= {r"\arcsin", r"\arccos", r"\arctan", r"\det"}
