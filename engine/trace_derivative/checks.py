"""Verdicts: what a check of one equality found, and all checks of one derivation."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """The verdict on one equality.

    `max_relative_error` is the largest difference relative to the largest entry, over `samples`
    samples; `kind` how a derivative was taken; `lhs` and `rhs` are the texts compared.  A failed
    check has a `message` (which entry, both values) and a `counterexample` to paste into Python.
    """

    name: str
    passed: bool
    max_relative_error: float
    samples: int
    kind: str = "values"
    lhs: str = ""
    rhs: str = ""
    message: str = ""
    counterexample: str = ""

    def __bool__(self) -> bool:
        return self.passed


@dataclass(frozen=True, slots=True)
class Verification:
    """The checks of one derivation; passed when all of them passed."""

    passed: bool
    checks: tuple[Check, ...]

    def __bool__(self) -> bool:
        return self.passed

    @property
    def max_relative_error(self) -> float:
        """The largest relative error of all checks."""
        return max((c.max_relative_error for c in self.checks), default=0.0)

    @property
    def samples(self) -> int:
        """The number of samples at which each check was made."""
        return max((c.samples for c in self.checks), default=0)

    @property
    def failures(self) -> tuple[Check, ...]:
        """The checks that failed."""
        return tuple(c for c in self.checks if not c.passed)
