"""What a caller can ask for beside the function and the variable, and the reading of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, TypedDict

from .errors import ParseError
from .limits import Limits
from .read import Reading

ROUTES = ("index", "identities", "both")
FORMS = ("compact", "expanded")
STRUCTURES = ("symmetric", "diagonal")
ASSUMPTIONS = (
    "any",
    "positive",
    "symmetric",
    "spd",
    "positive definite",
    "invertible",
    "orthogonal",
    "diagonal",
)

Shapes: TypeAlias = str | Mapping[str, Any] | None
Pairs: TypeAlias = str | Mapping[str, str] | None


@dataclass(frozen=True, slots=True)
class Options:
    """What the caller asked for beside the function and the variable."""

    assume: Mapping[str, str]
    structure: Mapping[str, str]
    route: str
    form: str
    samples: int
    tolerance: float | None
    limits: Limits | None


class DeriveOptions(TypedDict, total=False):
    """The keywords of `derive`."""

    shapes: Shapes
    where: Pairs
    assume: Pairs
    structure: Pairs
    route: str
    form: str
    samples: int
    tolerance: float | None
    expected: str | None
    limits: Limits | None


def choose(name: str, value: str, choices: tuple[str, ...]) -> None:
    """Raise `ParseError` for an option that is none of its choices."""
    if value not in choices:
        raise ParseError(f"{name} is {value!r}", hint=f"it may be {', '.join(choices)}")


def pairs(given: str | Mapping[str, str] | None, name: str) -> dict[str, str]:
    """`"X: positive; S: symmetric"` or a mapping, as a dictionary."""
    if given is None:
        return {}
    if not isinstance(given, str):
        return {k: str(v).strip().lower() for k, v in given.items()}
    found = {}
    for part in given.replace("\n", ";").split(";"):
        if part.strip():
            key, colon, value = part.partition(":")
            if not colon or not value.strip():
                raise ParseError(
                    f"cannot read {part.strip()!r} in {name}",
                    source=given,
                    hint='write it as "X: symmetric; A: positive"',
                )
            found[key.strip()] = value.strip().lower()
    return found


def check_known(options: Options, reading: Reading) -> None:
    """Raise `ParseError` for an assumption or a structure that is unknown, or of no symbol."""
    for name, given, choices in (
        ("assume", options.assume, ASSUMPTIONS),
        ("structure", options.structure, STRUCTURES),
    ):
        for symbol, kind in given.items():
            if kind not in choices:
                raise ParseError(
                    f"{name} of {symbol} is {kind!r}",
                    hint=f"it may be {', '.join(sorted(choices))}",
                )
            if symbol not in reading.symbols:
                raise ParseError(f"{name} names {symbol!r}, which is not in the expression")
