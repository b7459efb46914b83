"""What a page needs of a derivation, as plain data: this is also what the cache keeps.

These are named tuples, as are the other records of this package that a build makes by the
thousand: they are made faster than dataclasses, their classes take a tenth of the time to import,
and JSON writes them as they are.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, TypeAlias

__all__ = [
    "Display",
    "Fragment",
    "Presentation",
    "Result",
    "Verdict",
    "read_result",
]

Verified: TypeAlias = Literal["verified", "failed", "unchecked"]


class Fragment(NamedTuple):
    """A piece of a sentence: plain text, or a formula with its Unicode text and its LaTeX."""

    kind: Literal["text", "math"]
    text: str
    latex: str


class Display(NamedTuple):
    """One displayed equation group, as the engine's presentation describes it."""

    part: str
    suffix: str
    sentence: tuple[Fragment, ...]
    latex: str
    text: str
    status: Verified
    is_step: bool


class Verdict(NamedTuple):
    """The check of one equality: `claimed` is the text of its right side."""

    name: str
    passed: bool
    claimed: str
    message: str
    counterexample: str


class Presentation(NamedTuple):
    """All that is shown of a derivation; `concerns` are the notices that are for the author too."""

    displays: tuple[Display, ...]
    verification: str
    status: Verified
    failures: tuple[Verdict, ...]
    code: str
    notices: tuple[str, ...]
    concerns: tuple[str, ...]


class Result(NamedTuple):
    """One derivation by one variable.

    `latex` and `plain` are the result alone, empty where there is no matrix form.
    """

    function: str
    variable: str
    latex: str
    plain: str
    presentation: Presentation
    claim: Verdict | None


# ------------------------------------------------------------------------ out of JSON's lists


def read_result(row: list[Any]) -> Result:
    """A result out of the lists that JSON makes of it."""
    function, variable, latex, plain, presentation, claim = row
    return Result(
        function,
        variable,
        latex,
        plain,
        _read_presentation(presentation),
        None if claim is None else Verdict(*claim),
    )


def _read_presentation(row: list[Any]) -> Presentation:
    """A presentation out of the lists that JSON makes of it."""
    displays, verification, status, failures, code, notices, concerns = row
    return Presentation(
        tuple([_read_display(*display) for display in displays]),
        verification,
        status,
        tuple([Verdict(*failure) for failure in failures]),
        code,
        tuple(notices),
        tuple(concerns),
    )


def _read_display(part: str, suffix: str, sentence: list[Any], *rest: Any) -> Display:
    return Display(part, suffix, tuple([Fragment(*piece) for piece in sentence]), *rest)
