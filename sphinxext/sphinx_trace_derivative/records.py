"""What the environment keeps of a derivation: plain data, pickled with the documents."""

from __future__ import annotations

from typing import Literal, NamedTuple

from sphinx.environment import BuildEnvironment

from .locale import translate as _
from .logging import Subtype

__all__ = ["DOMAIN", "Record", "Status", "note"]

DOMAIN = "trace-derivative"

Status = Literal["verified", "failed", "unchecked", "refused"]


class Record(NamedTuple):
    """One derivation, or what stands in its place where there is none.

    `name` is what a reference says (empty: nobody can refer to it), `equations` the labels of its
    displayed equations with their fixed numbers (empty: Sphinx numbers), `said` its warnings,
    `entries` the entries of the cache that keep it.
    """

    docname: str
    location: str
    name: str
    anchor: str
    function: str
    variable: str
    status: Status
    equations: tuple[tuple[str, str], ...] = ()
    said: tuple[tuple[Subtype, str], ...] = ()
    entries: tuple[str, ...] = ()

    def title(self) -> str:
        """What is derived, in words."""
        if not self.variable:
            return self.function
        sentence = _("derivative of {function} by {variable}")
        return sentence.format(function=self.function, variable=self.variable)


def note(env: BuildEnvironment, record: Record) -> None:
    """Keep a record in the domain, under the document that is being read."""
    records: dict[str, list[Record]] = env.get_domain(DOMAIN).data["records"]
    records.setdefault(record.docname, []).append(record)
