"""Labels and fixed numbers of the equations of one derivation.

The result has the label NAME, any other displayed equation NAME-function, NAME-expansion, ...; with
several variables the variable comes in between: NAME-W, NAME-W-index.  Fixed numbers are given by
the same endings; where there are any, an equation without one has neither number nor label.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from docutils.nodes import make_id

__all__ = ["Labels", "endings"]


class Labels:
    """Gives each equation its label and number, and keeps what it gave in `given`."""

    __slots__ = ("given", "name", "numbers", "variable")

    def __init__(
        self, name: str, variable: str = "", numbers: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        self.name = name
        self.variable = variable
        self.numbers = numbers
        self.given: list[tuple[str, str]] = []

    def give(self, suffix: str) -> tuple[str, str]:
        """The label and the fixed number of an equation; either may be empty."""
        ending = self.ending(suffix)
        number = self.numbers.get(ending, "")
        if not self.name or (self.numbers and not number):
            return "", number
        label = _join(self.name, ending)
        self.given.append((label, number))
        return label, number

    def title(self) -> str:
        """What the derivation as a whole is called."""
        return _join(self.name, self.variable) if self.name else ""

    def ending(self, suffix: str) -> str:
        """What stands behind NAME in the label of an equation."""
        return _join(self.variable, suffix)


def endings(variables: Sequence[str]) -> list[str]:
    """What tells derivations by several variables apart; nothing where there is only one.

    That is the name of the variable, or its place where the name makes no id of its own in HTML
    (which knows neither capitals nor Greek letters).
    """
    if len(variables) == 1:
        return [""]
    ids = [make_id(name) for name in variables]
    return [
        name if own and ids.count(own) == 1 else str(place)
        for place, (name, own) in enumerate(zip(variables, ids, strict=True), start=1)
    ]


def _join(*parts: str) -> str:
    return "-".join(part for part in parts if part)
