"""The domain: what each document derived, under which labels, and what failed.

It gives `:trace-derivative:ref:`, entries in `objects.inv`, an index of all derivations, and says
the warnings of unchanged documents again, about which Sphinx is silent on the next build.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from typing import TYPE_CHECKING, Any, ClassVar, cast

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.builders import Builder
from sphinx.domains import Domain, Index, IndexEntry, ObjType
from sphinx.domains.math import MathDomain
from sphinx.environment import BuildEnvironment
from sphinx.roles import XRefRole
from sphinx.util.nodes import make_refnode

from .directives import EquationDirective, ExpansionDirective
from .equations import node_id
from .locale import translate as _
from .logging import log_warning
from .records import DOMAIN, Record

if TYPE_CHECKING:
    from docutils.nodes import Element

__all__ = ["DerivationIndex", "TraceDerivativeDomain", "register"]


class DerivationIndex(Index):
    """All labelled derivations, with their verdicts."""

    name = "derivations"
    localname = _("Index of derivations")
    shortname = None

    def generate(
        self, docnames: Iterable[str] | None = None
    ) -> tuple[list[tuple[str, list[IndexEntry]]], bool]:
        """The entries by first letter of their label."""
        chosen = None if docnames is None else set(docnames)
        letters: dict[str, list[IndexEntry]] = {}
        domain = cast(TraceDerivativeDomain, self.domain)
        for record in sorted(domain.labelled(), key=lambda r: (r.name.lower(), r.name)):
            if chosen is None or record.docname in chosen:
                entry = IndexEntry(
                    record.name, 0, record.docname, record.anchor, record.status, "", record.title()
                )
                letters.setdefault(record.name[0].upper(), []).append(entry)
        return sorted(letters.items()), False


class TraceDerivativeDomain(Domain):
    """Derivations, by document."""

    name = DOMAIN
    label = "trace derivative"
    object_types: ClassVar = {"derivation": ObjType("derivation", "ref")}
    roles: ClassVar = {"ref": XRefRole(warn_dangling=True)}
    directives: ClassVar = {"equation": EquationDirective, "expansion": ExpansionDirective}
    indices: ClassVar = [DerivationIndex]
    initial_data: ClassVar = {"records": {}}
    dangling_warnings: ClassVar = {"ref": "derivation not found: %(target)s"}
    data_version = 1

    def __init__(self, env: BuildEnvironment) -> None:
        super().__init__(env)
        self.read_now: set[str] = set()
        """The documents that are read in this build, or gone."""

    @property
    def records(self) -> dict[str, list[Record]]:
        """What each document derived, in its order."""
        return cast("dict[str, list[Record]]", self.data["records"])

    def labelled(self) -> Iterator[Record]:
        """The derivations that can be referred to."""
        return (r for records in self.records.values() for r in records if r.name)

    # what Sphinx calls

    def clear_doc(self, docname: str) -> None:
        """Forget a document that is read anew, or gone."""
        self.records.pop(docname, None)
        self.read_now.add(docname)

    def merge_domaindata(self, docnames: Set[str], otherdata: dict[str, Any]) -> None:
        """Take over what a parallel reader found in its documents."""
        for docname in docnames:
            if docname in otherdata["records"]:
                self.records[docname] = otherdata["records"][docname]

    def get_objects(self) -> Iterable[tuple[str, str, str, str, str, int]]:
        """The entries of the inventory."""
        for record in self.labelled():
            yield record.name, record.name, "derivation", record.docname, record.anchor, 1

    def resolve_xref(
        self,
        env: BuildEnvironment,
        fromdocname: str,
        builder: Builder,
        typ: str,
        target: str,
        node: pending_xref,
        contnode: Element,
    ) -> nodes.reference | None:
        """A link to a derivation, which says what is derived unless the author says something."""
        record = next((r for r in self.labelled() if r.name == target), None)
        if record is None:
            return None
        child: Element = contnode
        if not node.get("refexplicit"):
            child = nodes.inline("", record.title(), classes=["trace-derivative-ref"])
        return make_refnode(builder, fromdocname, record.docname, record.anchor, child)

    def resolve_any_xref(
        self,
        env: BuildEnvironment,
        fromdocname: str,
        builder: Builder,
        target: str,
        node: pending_xref,
        contnode: Element,
    ) -> list[tuple[str, nodes.reference]]:
        """The same for `:any:` and for Markdown's `[](#name)`; an equation answers for itself."""
        if target in cast(MathDomain, env.get_domain("math")).equations:
            return []
        found = self.resolve_xref(env, fromdocname, builder, "ref", target, node, contnode)
        return [(f"{DOMAIN}:ref", found)] if found is not None else []

    # what we add

    def say_again(self) -> None:
        """Warn of what is wrong in documents that were not read in this build, and of labels."""
        for docname, records in sorted(self.records.items()):
            for record in records:
                if docname not in self.read_now:
                    for subtype, message in record.said:
                        log_warning(subtype, message, location=record.location)
                self._check_labels(record)
        self.read_now.clear()

    def _check_labels(self, record: Record) -> None:
        equations = cast(MathDomain, self.env.get_domain("math")).equations
        for label, _number in record.equations:
            owner = equations.get(label, (record.docname, 0))[0]
            if owner != record.docname:
                log_warning(
                    "label",
                    f"the equation label {label} is also used in {owner}",
                    location=record.location,
                )


def _say_again(_app: Sphinx, env: BuildEnvironment) -> None:
    cast(TraceDerivativeDomain, env.get_domain(DOMAIN)).say_again()


def _fix_figure_numbers(_app: Sphinx, builder: Builder) -> None:
    """Under `numfig` Sphinx numbers equations like figures: fixed numbers go over those.

    This happens on each build before pages are written and after the environment is stored, so
    that Sphinx does not see a difference on the next build and write all pages anew.
    """
    domain = cast(TraceDerivativeDomain, builder.env.get_domain(DOMAIN))
    for docname, records in domain.records.items():
        figures = builder.env.toc_fignumbers.get(docname, {}).get("displaymath", {})
        for label, number in (pair for record in records for pair in record.equations):
            if number and node_id(label) in figures:
                figures[node_id(label)] = cast("tuple[int, ...]", (number,))


def register(app: Sphinx) -> None:
    """Tell Sphinx of the domain and of what happens when all documents are read."""
    app.add_domain(TraceDerivativeDomain)
    app.connect("env-updated", _say_again)
    app.connect("write-started", _fix_figure_numbers)
