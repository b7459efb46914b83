"""What a caller can ask for beside the function and the variable, and the reading of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias, TypedDict

from .errors import ParseError, ShapeError
from .expr import SCALAR, Symbol
from .filling import record
from .kinds import STRUCTURES, check_kinds, is_square, kinds_of
from .limits import Limits
from .read import Reading

ROUTES = ("index", "identities", "both")
FORMS = ("compact", "expanded")
LARGEST_TOLERANCE = 0.01

Shapes: TypeAlias = str | Mapping[str, Any] | None
Pairs: TypeAlias = str | Mapping[str, str] | None
Assumptions: TypeAlias = str | Mapping[str, str | Sequence[str]] | None
"""One kind of a symbol or several, as a text with commas or as a list."""


@record
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
    assume: Assumptions
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


def pairs(given: Assumptions, name: str) -> dict[str, str]:
    """`"X: positive; S: symmetric"` or a mapping, as a dictionary."""
    if given is None:
        return {}
    if not isinstance(given, str | Mapping):
        raise ParseError(f"{name} is {given!r}", hint="a text or a mapping is needed")
    if not isinstance(given, str):
        return {_key(k, name): _value(k, v, name) for k, v in given.items()}
    found: dict[str, str] = {}
    for part in given.replace("\n", ";").split(";"):
        if part.strip():
            key, colon, value = part.partition(":")
            if not colon or not value.strip():
                raise ParseError(
                    f"cannot read {part.strip()!r} in {name}",
                    source=given,
                    hint='write it as "X: symmetric; A: positive"',
                )
            symbol = key.strip()
            if symbol in found and name != "assume":
                raise ParseError(f"{name} names {symbol} twice", source=given, hint=_EXAMPLES[name])
            several = [found[symbol]] if symbol in found else []
            found[symbol] = ", ".join([*several, value.strip().lower()])
    return found


_EXAMPLES = {
    "assume": "'symmetric', or several: 'symmetric, invertible'",
    "structure": f"one of {', '.join(STRUCTURES)}",
}


def _key(key: object, name: str) -> str:
    if not isinstance(key, str):
        raise ParseError(f"{name} names {key!r}, which is no name", hint="a name is a text")
    return key


def _value(key: object, value: object, name: str) -> str:
    """What is said of one symbol, as a text; several assumptions may be a list."""
    match value:
        case str():
            return value.strip().lower()
        case list() | tuple() if name == "assume" and all(isinstance(w, str) for w in value):
            return ", ".join(value).strip().lower()
        case _:
            raise ParseError(f"{name} of {key} is {value!r}, not a text", hint=_EXAMPLES[name])


def check_texts(**given: object) -> None:
    """Raise `ParseError` for an expression that is no text."""
    for name, text in given.items():
        if not isinstance(text, str):
            raise ParseError(f"{name} is {text!r}, not a text", hint="an expression is a text")


def check_known(options: Options, reading: Reading) -> None:
    """Raise `ParseError` for an assumption or a structure of what is no symbol."""
    for name, given in (("assume", options.assume), ("structure", options.structure)):
        for symbol in given:
            if symbol not in reading.symbols:
                found = ", ".join(reading.symbols)
                raise ParseError(
                    f"{name} names {symbol!r}, which is not in the expression",
                    hint=f"its symbols are {found}",
                )
    for symbol in options.structure:
        if reading.symbols[symbol].shape == SCALAR:
            raise ShapeError(
                f"{symbol} is a scalar: only a matrix has a structure", hint="leave out structure"
            )
    check_together(reading.symbols, options.assume, options.structure)


def check_together(symbols: Mapping[str, Symbol], *given: Mapping[str, str]) -> None:
    """Raise `ParseError` where no value can be all that is said of a symbol."""
    if not any(given):
        return
    for name, symbol in symbols.items():
        check_kinds(symbol, kinds_of(",".join(part.get(name, "") for part in given)))


def square_kinds(assume: Mapping[str, str]) -> tuple[str, ...]:
    """The names that assumptions make square matrices; checks the kinds."""
    return tuple(name for name, kind in assume.items() if is_square(kinds_of(kind)))


def square_names(options: Options) -> tuple[str, ...]:
    """The names that assumptions and structures make square matrices; checks the kinds."""
    for name, kind in options.structure.items():
        choose(f"structure of {name}", kind, STRUCTURES)
    return (*square_kinds(options.assume), *options.structure)


def check_numbers(samples: object, tolerance: object) -> None:
    """Raise `ParseError` for a number of samples or a tolerance that means nothing."""
    if not isinstance(samples, int) or isinstance(samples, bool) or not 1 <= samples <= 1000:
        raise ParseError(f"samples is {samples!r}", hint="it may be a whole number from 1 to 1000")
    if tolerance is None:
        return
    number = isinstance(tolerance, int | float) and not isinstance(tolerance, bool)
    if not number or not 0 < tolerance <= LARGEST_TOLERANCE:  # type: ignore[operator]
        raise ParseError(
            f"tolerance is {tolerance!r}",
            hint=f"it may be a number above 0, up to {LARGEST_TOLERANCE}",
        )
