"""From the text of a directive or role to a `Request`: what to derive, and how to show it.

Options are read here and not by docutils' converters, so that a wrong one is a warning of ours at
its place, in reStructuredText and in MyST alike.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias, TypeVar

from docutils.parsers.rst import directives

from .config import (
    FORMS,
    ROUTES,
    STEPS,
    Settings,
    check_samples,
    check_tolerance,
    parse_show,
)

__all__ = ["EXPANSION_OPTION_SPEC", "OPTION_SPEC", "Request", "inline_request", "read_request"]

OPTION_SPEC: Mapping[str, Callable[[str], object]] = {
    "wrt": directives.unchanged,
    "shapes": directives.unchanged,
    "where": directives.unchanged,
    "assume": directives.unchanged,
    "structure": directives.unchanged,
    "route": directives.unchanged,
    "form": directives.unchanged,
    "show": directives.unchanged,
    "steps": directives.unchanged,
    "expect": directives.unchanged,
    "expect-fails": directives.flag,
    "label": directives.unchanged,
    "name": directives.unchanged,
    "numbers": directives.unchanged,
    "caption": directives.unchanged,
    "class": directives.class_option,
    "no-verify": directives.flag,
    "samples": directives.unchanged,
    "tolerance": directives.unchanged,
}

EXPANSION_OPTION_SPEC: Mapping[str, Callable[[str], object]] = {
    name: OPTION_SPEC[name]
    for name in (
        *("shapes", "where", "label", "name", "numbers"),
        *("class", "no-verify", "samples", "tolerance"),
    )
}

T = TypeVar("T")
_NOTHING: Mapping[str, Any] = MappingProxyType({})
Numbers: TypeAlias = tuple[dict[str, str], dict[str, tuple[int, ...]]]


class Request(NamedTuple):
    """What one directive or role asks of the engine, and of the page."""

    function: str
    wrt: tuple[str, ...]
    settings: Settings
    shapes: str = ""
    where: Mapping[str, str] = _NOTHING
    assume: Mapping[str, str] = _NOTHING
    structure: Mapping[str, str] = _NOTHING
    route: str = "both"
    form: str = "compact"
    show: tuple[str, ...] = ()
    steps: str = "open"
    expect: str = ""
    expect_fails: bool = False
    verify: bool = True
    samples: int = 3
    tolerance: float | None = None
    numbers: Mapping[str, str] = _NOTHING
    cuts: Mapping[str, tuple[int, ...]] = _NOTHING


def read_request(function: str, options: Mapping[str, object], settings: Settings) -> Request:
    """The request of a directive; `ValueError` says which option is wrong, and how."""
    text = {name: str(value or "") for name, value in options.items()}
    none: Numbers = ({}, {})
    numbers, cuts = _option(text, "numbers", _numbers, none)
    if not function.strip():
        raise ValueError("there is no expression: give it as argument or as content")
    wrt = tuple(dict.fromkeys(re.findall(r"[^,\s]+", text.get("wrt", ""))))
    if len(wrt) > 1 and text.get("expect"):
        raise ValueError("option :expect: is the result by one variable; there are several")
    if "expect-fails" in options and not text.get("expect"):
        raise ValueError(":expect-fails: says that the result of :expect: is wrong; give one")
    return Request(
        function=_one_line(function),
        wrt=wrt,
        settings=settings,
        shapes="; ".join(_clauses(text.get("shapes", ""))),
        where=_option(text, "where", lambda value: _pairs(value, "="), {}),
        assume=_option(text, "assume", lambda value: _pairs(value, ":"), {}),
        structure=_option(text, "structure", lambda value: _pairs(value, ":"), {}),
        route=_option(text, "route", _one_of(*ROUTES), settings.route),
        form=_option(text, "form", _one_of(*FORMS), settings.form),
        show=_option(text, "show", parse_show, parse_show(settings.show)),
        steps=_option(text, "steps", _one_of(*STEPS), settings.steps),
        expect=_one_line(text.get("expect", "")),
        expect_fails="expect-fails" in options,
        verify=settings.verify and "no-verify" not in options,
        samples=_option(text, "samples", _samples, settings.samples),
        tolerance=_option(text, "tolerance", _tolerance, settings.tolerance),
        numbers=numbers,
        cuts=cuts,
    )


def inline_request(text: str, settings: Settings) -> Request:
    """The request of a role: `function`, `function; variable` or `function; variable; shapes`."""
    function, _, rest = text.partition(";")
    variable, _, shapes = rest.partition(";")
    return read_request(function, {"wrt": variable.strip(), "shapes": shapes}, settings)


# ------------------------------------------------------------------------ readers of one option


def _option(text: Mapping[str, str], name: str, read: Callable[[str], T], default: T) -> T:
    if name not in text:
        return default
    try:
        return read(text[name].strip())
    except ValueError as problem:
        raise ValueError(f"option :{name}:: {problem}") from problem


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _clauses(text: str) -> list[str]:
    """The parts of a text with semicolons or line breaks between them."""
    return [part.strip() for part in re.split(r"[;\n]", text) if part.strip()]


def _pairs(text: str, sign: str) -> dict[str, str]:
    """`A: positive; B: symmetric`, or with another sign in between, as a dictionary."""
    pairs: dict[str, str] = {}
    for clause in _clauses(text):
        name, found, value = (part.strip() for part in clause.partition(sign))
        if not (name and found and value):
            raise ValueError(f"`name {sign} value` is expected, not {clause!r}")
        if name in pairs:
            raise ValueError(f"{name} is given twice")
        pairs[name] = value
    return pairs


def _numbers(text: str) -> Numbers:
    """The number of each equation by the ending of its label, and where chains are cut for them.

    `function=6 index=8 =9`; a chain of equalities is cut in pieces by slashes, one a line:
    `index=43//44/45` numbers its first and third line, and its fourth with all that follow, which
    `index=43//44/45/` does not number.  Pieces after the first end with `index-b`, `index-c`.
    """
    numbers: dict[str, str] = {}
    cuts: dict[str, tuple[int, ...]] = {}
    for word in re.split(r"[,\s]+", text):
        suffix, found, lines = word.partition("=")
        if not found or not re.fullmatch(r"[A-Za-z0-9.*'-]+", lines.replace("/", "")):
            raise ValueError(f"`part=number` is expected (`=number` for the result), not {word!r}")
        if suffix in numbers:
            raise ValueError(f"{word!r} gives a second number to the same equation")
        given = [(n, number) for n, number in enumerate(lines.split("/"), start=1) if number]
        rest = lines.endswith("/")
        letters = ["", *string.ascii_lowercase[1:]]
        for letter, (_, number) in zip(letters, given, strict=False):
            numbers[f"{suffix}-{letter}".strip("-")] = number
        if len(given) > 1 or rest:
            cuts[suffix] = tuple(n for n, _ in (given if rest else given[:-1]))
    return numbers, cuts


def _one_of(*known: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        if value not in known:
            raise ValueError(f"one of {', '.join(known)} is expected, not {value!r}")
        return value

    return read


def _samples(value: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", value):
        raise ValueError(f"a number from 3 to 1000 is expected, not {value!r}")
    check_samples(int(value))
    return int(value)


def _tolerance(value: str) -> float:
    number = float(value)
    check_tolerance(number)
    return number


def join_expression(argument: Sequence[str], content: Sequence[str]) -> str:
    """The expression of a directive: its argument or its content; `ValueError` where it is both."""
    if argument and any(line.strip() for line in content):
        raise ValueError("give the expression as argument or as content, not as both")
    return "\n".join(argument or content)
