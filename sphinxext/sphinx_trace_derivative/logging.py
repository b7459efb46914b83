"""Warnings: a closed set of subtypes, each with its meaning, and one way to say them, with a place.

A warning is `trace_derivative.<subtype>`, so that `suppress_warnings` can name it.  Sphinx is
silent about unchanged documents on the next build; a `Report` keeps what it said, the domain
stores it, and says it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal

from sphinx.util import logging

__all__ = ["SUBTYPES", "TYPE", "Report", "Subtype", "log_warning"]

Subtype = Literal[
    "claim",
    "config",
    "input",
    "internal",
    "label",
    "limit",
    "notice",
    "shape",
    "unsupported",
    "verification",
]

TYPE = "trace_derivative"

SUBTYPES: Mapping[Subtype, str] = MappingProxyType(
    {
        "claim": "The author's own result (`expect`) is not what was derived.",
        "config": "A configuration value is invalid; its default is used.",
        "input": "An expression, an option or a declaration cannot be read.",
        "internal": "The engine failed in a way that it should not; please report it.",
        "label": "An equation label is used twice.",
        "limit": "A derivation is longer, deeper or slower than the limits allow.",
        "notice": "The derivation is right, but the reader should know something about it.",
        "shape": "Shapes do not fit together, or a name is used in two ways.",
        "unsupported": "An expression is well formed, but the engine cannot derive or check it.",
        "verification": "A displayed equation failed its numerical check.",
    }
)

_logger = logging.getLogger(__name__)


def log_warning(subtype: Subtype, message: str, *, location: Any) -> None:
    """Say a warning of a known subtype; `location` as Sphinx takes it, None for conf.py."""
    _logger.warning("%s", message, type=TYPE, subtype=subtype, location=location)


class Report:
    """The warnings of one directive or role, said at its place and kept for the next build."""

    __slots__ = ("location", "said")

    def __init__(self, location: str) -> None:
        self.location = location
        self.said: list[tuple[Subtype, str]] = []

    def warn(self, subtype: Subtype, message: str) -> None:
        """Say a warning now, and remember it."""
        self.said.append((subtype, message))
        log_warning(subtype, message, location=self.location)
