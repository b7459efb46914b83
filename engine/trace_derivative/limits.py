"""Limits on what one derivation may cost, so that no input hangs: to pass one is a `LimitError`.

The limits in force are those of the innermost `with limited(...)`; the stages call
`check_terms` and `check_time` where their work can grow.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
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
_current: ContextVar[Limits] = ContextVar("limits", default=DEFAULT)
_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)


def current() -> Limits:
    """The limits in force."""
    return _current.get()


@contextmanager
def limited(limits: Limits | None = None, *, source: str = "") -> Iterator[Limits]:
    """Run a block under `limits` (default: those in force); deep recursion is a `LimitError`."""
    if limits is not None and not isinstance(limits, Limits):
        raise TypeError(f"limits must be of type Limits, not {type(limits).__name__}")
    chosen = limits or _current.get()
    token = _current.set(chosen)
    outer = _deadline.get()
    mine = time.monotonic() + chosen.seconds
    deadline = _deadline.set(mine if outer is None else min(mine, outer))
    recursion = sys.getrecursionlimit()
    sys.setrecursionlimit(max(recursion, _RECURSION))
    try:
        yield chosen
    except RecursionError as problem:
        raise LimitError(
            "the expression is nested too deeply",
            source=source,
            span=(0, len(source)) if source else None,
            hint="give parts of it names (where)",
        ) from problem
    finally:
        sys.setrecursionlimit(recursion)
        _deadline.reset(deadline)
        _current.reset(token)


def check_time() -> None:
    """Raise `LimitError` when the time of the enclosing `limited` block is up."""
    deadline = _deadline.get()
    if deadline is not None and time.monotonic() > deadline:
        raise LimitError(
            f"no answer within {_current.get().seconds:g} s",
            hint="simplify the expression, or raise the limit `seconds`",
        )


def check_terms(count: int, what: str = "terms") -> None:
    """Raise `LimitError` when `count` passes the limit on terms; also looks at the clock."""
    if count > _current.get().terms:
        raise LimitError(
            f"{count} {what}: the limit is {_current.get().terms}",
            hint="simplify the expression, or raise the limit `terms`",
        )
    check_time()
