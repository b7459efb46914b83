"""Limits on what one derivation may cost, so that no input hangs: to pass one is a `LimitError`.

The limits in force are those of the innermost `with limited(...)`; the stages call
`check_terms` and `check_time` where their work can grow.
"""

from __future__ import annotations

import gc
import math
import sys
import time
from contextvars import ContextVar, Token
from dataclasses import dataclass

from .errors import LimitError

__all__ = ["DEFAULT", "Limits", "check_terms", "check_time", "current", "limited"]

_RECURSION = 12_000


@dataclass(frozen=True, slots=True)
class Limits:
    """Upper bounds for one derivation.

    `length`: characters of a text; `depth`: nested brackets and operators; `terms`: terms,
    factors or occurrences in any one result; `seconds`: time for one public call.
    """

    length: int = 8_000
    depth: int = 200
    terms: int = 5_000
    seconds: float = 20.0


DEFAULT = Limits()
_in_force: ContextVar[tuple[Limits, float]] = ContextVar("limits", default=(DEFAULT, math.inf))
"""The limits, and the time at which the work has to be done."""


def current() -> Limits:
    """The limits in force."""
    return _in_force.get()[0]


class limited:
    """Run a block under `limits` (default: those in force).

    Deep recursion is a `LimitError`, and so is more memory than there is.

    A block within another never has more time than that one, and under the same limits it has what
    is left of that one's.  In the outermost block garbage
    collections are put off: what the stages make holds no cycles, and the collector would look
    through all of it again and again while it grows.
    """

    __slots__ = ("_before", "_collecting", "_limits", "_recursion", "_source")

    def __init__(self, limits: Limits | None = None, *, source: str = "") -> None:
        if limits is not None and not isinstance(limits, Limits):
            raise TypeError(f"limits must be of type Limits, not {type(limits).__name__}")
        self._limits = limits
        self._source = source
        self._before: Token[tuple[Limits, float]] | None = None
        self._collecting = False

    def __enter__(self) -> Limits:
        outer, end = _in_force.get()
        chosen = self._limits or outer
        if chosen is outer and end != math.inf:
            return outer  # all of it is in force
        if end == math.inf and gc.isenabled():
            self._collecting = True
            gc.disable()
        mine = time.monotonic() + chosen.seconds
        self._before = _in_force.set((chosen, min(mine, end)))
        self._recursion = sys.getrecursionlimit()
        if self._recursion < _RECURSION:
            sys.setrecursionlimit(_RECURSION)
        return chosen

    def __exit__(self, kind: object, problem: BaseException | None, trace: object) -> None:
        if self._before is not None:
            if self._recursion < _RECURSION:
                sys.setrecursionlimit(self._recursion)
            _in_force.reset(self._before)
        if self._collecting:
            gc.enable()
        if problem is None:
            return
        if isinstance(problem, RecursionError):
            raise self._error(
                "the expression is nested too deeply", "give parts of it names (where)"
            ) from problem
        if isinstance(problem, MemoryError):
            raise self._error(
                "not enough memory", "declare some dimensions by small numbers"
            ) from problem

    def _error(self, message: str, hint: str) -> LimitError:
        span = (0, len(self._source)) if self._source else None
        return LimitError(message, source=self._source, span=span, hint=hint)


def check_time() -> None:
    """Raise `LimitError` when the time of the enclosing `limited` block is up."""
    limits, end = _in_force.get()
    if time.monotonic() > end:
        raise LimitError(
            f"no answer within {limits.seconds:g} s",
            hint="simplify the expression, or raise the limit `seconds`",
        )


def check_terms(count: int, what: str = "terms") -> None:
    """Raise `LimitError` when `count` passes the limit on terms; also looks at the clock."""
    most = current().terms
    if count > most:
        raise LimitError(
            f"{count} {what}: the limit is {most}",
            hint="simplify the expression, or raise the limit `terms`",
        )
    check_time()
