"""Configuration: every value described once (default, type, check, help), checked once.

`Settings` holds the valid values; its fields are the table from which the values are registered
and the documentation is written.  An invalid value is a warning, and the default holds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, field, fields
from types import NoneType
from typing import Any, Literal, NamedTuple, TypeAlias, cast
from weakref import WeakKeyDictionary

from sphinx.application import Sphinx
from sphinx.config import Config

from .logging import log_warning

__all__ = [
    "FORMS",
    "PARTS",
    "PREFIX",
    "ROUTES",
    "STEPS",
    "Description",
    "Settings",
    "check_samples",
    "check_tolerance",
    "describe",
    "parse_show",
    "register",
    "settings",
    "warn_of_invalid",
]

PREFIX = "trace_derivative_"
PARTS = (
    "function",
    "expansion",
    "index",
    "occurrences",
    "entries",
    "substitutions",
    "matrix",
    "verification",
    "code",
)
SHORTHANDS: Mapping[str, tuple[str, ...]] = {
    "all": PARTS,
    "minimal": ("matrix", "verification"),
}
ROUTES = ("index", "identities", "both")
FORMS = ("compact", "expanded")
STEPS = ("open", "closed", "plain")
NOTATIONS: Mapping[str, tuple[str, ...]] = {
    "transpose": ("T", "top", "prime"),
    "trace": ("bracket", "paren"),
}
"""The choices of notation by name; `bold` is a truth value, `function` any letter."""
LIMITS = ("length", "depth", "terms", "seconds")

Rebuild: TypeAlias = Literal["", "env"]
Check = Callable[[Any], None]
"""Raises `ValueError` with what is wrong; silent where the value is valid."""


# ------------------------------------------------------------------------ checks


def parse_show(value: str | Sequence[str]) -> tuple[str, ...]:
    """The parts to show, in reading order, of `"index, matrix"`, a list, `all` or `minimal`."""
    words = re.split(r"[,\s]+", value.strip()) if isinstance(value, str) else list(value)
    chosen: set[str] = set()
    for word in words:
        if word in SHORTHANDS:
            chosen.update(SHORTHANDS[word])
        elif word in PARTS:
            chosen.add(word)
        elif word:
            known = ", ".join((*PARTS, *SHORTHANDS))
            raise ValueError(f"{word!r} is not a part of a derivation; known are {known}")
    if not chosen:
        raise ValueError(f"name at least one part: {', '.join((*PARTS, *SHORTHANDS))}")
    return tuple(part for part in PARTS if part in chosen)


def check_samples(value: int) -> None:
    """At least three samples, and not so many that a build takes hours."""
    if not 3 <= value <= 1000:
        raise ValueError(f"a number from 3 to 1000 is expected, not {value}")


def check_tolerance(value: float | None) -> None:
    """A relative error that is neither below rounding nor meaningless."""
    if value is not None and not 1e-13 <= value <= 1e-3:
        raise ValueError(f"a number from 1e-13 to 1e-3 is expected, not {value}")


def _check_show(value: str | Sequence[str]) -> None:
    parse_show(value)


def _one_of(*known: str) -> Check:
    def check(value: str) -> None:
        if value not in known:
            raise ValueError(f"one of {', '.join(known)} is expected, not {value!r}")

    return check


def _check_notation(value: Mapping[str, object]) -> None:
    for name, choice in value.items():
        if name in NOTATIONS:
            if choice not in NOTATIONS[name]:
                known = ", ".join(NOTATIONS[name])
                raise ValueError(f"{name} is one of {known}, not {choice!r}")
        elif name == "bold":
            if not isinstance(choice, bool):
                raise ValueError(f"bold is True or False, not {choice!r}")
        elif name == "function":
            if not isinstance(choice, str) or not re.fullmatch(r"[A-Za-z]\w*", choice):
                raise ValueError(f"function is a name, not {choice!r}")
        else:
            known = ", ".join((*NOTATIONS, "bold", "function"))
            raise ValueError(f"{name!r} is not one of {known}")


def _check_limits(value: Mapping[str, object]) -> None:
    for name, bound in value.items():
        if name not in LIMITS:
            raise ValueError(f"{name!r} is not one of {', '.join(LIMITS)}")
        if isinstance(bound, bool) or not isinstance(bound, int | float) or not bound > 0:
            raise ValueError(f"{name} must be a positive number, not {bound!r}")


def _anything(_value: object) -> None:
    """A value whose type is all that matters."""


# ------------------------------------------------------------------------ the table


def _setting(
    default: Any,
    about: str,
    *,
    check: Check = _anything,
    types: tuple[type, ...] | None = None,
    rebuild: Rebuild = "env",
) -> Any:
    metadata = {
        "about": about,
        "check": check,
        "types": types or (type(default),),
        "rebuild": rebuild,
    }
    if isinstance(default, dict):
        return field(default_factory=dict, metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, slots=True)
class Settings:
    """The project's defaults; each field is the configuration value `trace_derivative_<field>`."""

    show: str | Sequence[str] = _setting(
        "function, expansion, occurrences, matrix, substitutions, verification",
        "The parts that a derivation shows: a list, or a text with commas or spaces.",
        check=_check_show,
        types=(str, list, tuple),
    )
    route: str = _setting(
        "both",
        "The strategy whose steps are shown: `index`, `identities` or `both`.",
        check=_one_of(*ROUTES),
    )
    form: str = _setting(
        "compact",
        "The form of a result: `compact` as the identities give it, or `expanded`.",
        check=_one_of(*FORMS),
    )
    verify: bool = _setting(
        True,
        "Whether every displayed equation is checked; `False` while writing saves time.",
    )
    samples: int = _setting(
        3, "The number of samples at which each equation is checked.", check=check_samples
    )
    tolerance: float | None = _setting(
        None,
        "The relative error up to which two values count as equal; None: as exact as the kind of "
        "check allows.",
        check=check_tolerance,
        types=(float, int, NoneType),
    )
    notation: Mapping[str, Any] = _setting(
        {},
        "How formulas look: `transpose` is `T`, `top` or `prime`; `trace` is `bracket` or `paren`; "
        "`bold` says whether matrices are bold; `function` is the name of the function.",
        check=_check_notation,
    )
    limits: Mapping[str, Any] = _setting(
        {},
        "Bounds for one derivation: `length`, `depth`, `terms` and `seconds`.",
        check=_check_limits,
    )
    steps: str = _setting(
        "open",
        "How the steps appear in HTML: folded `open` or `closed`, or `plain` without folding.",
        check=_one_of(*STEPS),
    )
    cache: bool = _setting(
        True,
        "Whether verified derivations are kept beside the doctrees, so that they are not worked "
        "out again.",
        rebuild="",
    )


class Description(NamedTuple):
    """One row of the table of configuration values."""

    name: str
    default: Any
    types: tuple[type, ...]
    about: str
    rebuild: Rebuild


def describe() -> Iterator[Description]:
    """The table of configuration values, in order."""
    for entry in fields(Settings):
        meta = entry.metadata
        yield Description(
            PREFIX + entry.name, _default(entry), meta["types"], meta["about"], meta["rebuild"]
        )


def _default(entry: Field[Any]) -> Any:
    return entry.default if entry.default_factory is MISSING else entry.default_factory()


# ------------------------------------------------------------------------ use


def register(app: Sphinx) -> None:
    """Make the values known to Sphinx; a change of one that shows reads all documents anew."""
    types: Collection[type] = frozenset({cast(type, Any)})  # `warn_of_invalid` looks at types
    for row in describe():
        app.add_config_value(row.name, row.default, row.rebuild, types, row.about)


def settings(config: Config) -> Settings:
    """The values in force: the valid ones of conf.py, the defaults of the others.

    They are looked at once: nothing may change them after `config-inited`.
    """
    if config not in _SETTINGS:
        valid = {
            entry.name: config[PREFIX + entry.name]
            for entry in fields(Settings)
            if not _problem(entry, config[PREFIX + entry.name])
        }
        _SETTINGS[config] = Settings(**valid)
    return _SETTINGS[config]


_SETTINGS: WeakKeyDictionary[Config, Settings] = WeakKeyDictionary()


def warn_of_invalid(_app: Sphinx, config: Config) -> None:
    """Say, once, which values are invalid."""
    for entry in fields(Settings):
        problem = _problem(entry, config[PREFIX + entry.name])
        if problem:
            log_warning(
                "config",
                f"{PREFIX}{entry.name}: {problem}; the default {_default(entry)!r} is used",
                location=None,
            )


def _problem(entry: Field[Any], value: object) -> str:
    """What is wrong with a value, or nothing."""
    types = entry.metadata["types"]
    if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
        expected = " or ".join(kind.__name__ for kind in types)
        return f"{expected} is expected, not {value!r}"
    try:
        entry.metadata["check"](value)
    except (TypeError, ValueError) as problem:
        return str(problem)
    return ""
