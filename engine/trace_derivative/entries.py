"""Index notation of an expression without a derivative: the chain of equalities, each checked.

Input: a text, either a scalar (`tr(A*X*B)`) or an entry of a matrix (`[i,k] (A*B)[i,k]`).
Output: an `Expansion`, the equalities (4), (5) and (7) of the notes with their verdicts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from . import expr as ex
from .checks import Check, Verification
from .expand import expansion_chain
from .expr import Symbol
from .journey import Journey
from .limits import Limits, limited
from .read import Reading, read
from .sampling import samples as draw
from .statements import EntryOfResult, FunctionName, Side, Step
from .verify import Verifier


class Expansion:
    """An expression and its forms in index notation, from the outer product to sums in front."""

    def __init__(self, reading: Reading, verifier: Verifier) -> None:
        self._reading = reading
        self._verifier = verifier

    def __repr__(self) -> str:
        return f"<Expansion of {self._reading.sources[0]}>"

    @property
    def symbols(self) -> Mapping[str, Symbol]:
        """Every symbol of the expression."""
        return self._reading.symbols

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """Every equality, in order."""
        e, free = self._reading.exprs[0], self._reading.free
        left: Side = EntryOfResult(e.arg, free) if isinstance(e, ex.Entry) else FunctionName()
        found = []
        if not free:
            found.append(Step("expansion", left, e, ""))
            left = e
        for form in expansion_chain(e):
            found.append(Step("expansion", left, form, "", free))
            left = form
        return tuple(found)

    @cached_property
    def step_checks(self) -> tuple[Check, ...]:
        """One check for each equality, in order."""
        return tuple(
            self._verifier.check(step, f"expansion-{n}") for n, step in enumerate(self.steps, 1)
        )

    def take_over(self, checks: Sequence[Check]) -> None:
        """Take the checks of an earlier expansion of the same: none is made again."""
        self.step_checks = tuple(checks)

    @property
    def verification(self) -> Verification:
        """All checks."""
        return Verification(all(c.passed for c in self.step_checks), self.step_checks)


def expansion(
    text: str,
    *,
    shapes: str | Mapping[str, Any] | None = None,
    where: str | Mapping[str, str] | None = None,
    samples: int = 3,
    tolerance: float | None = None,
    limits: Limits | None = None,
) -> Expansion:
    """The expansion of a scalar, or of an entry with its free indices in front."""
    with limited(limits, source=text):
        reading = read(text, shapes=shapes, where=where, scalar=True)
        e = reading.exprs[0]
        whole = e.arg if isinstance(e, ex.Entry) else e
        points = draw((whole,), reading.symbols, assume={}, seed_text=str(e), count=max(3, samples))
        variable = ex.symbol("u", whole.shape)
        return Expansion(
            reading, Verifier(Journey(whole, variable, reading.symbols), points, tolerance)
        )


__all__ = ["Expansion", "expansion"]
