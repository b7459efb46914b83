"""The directives: `trace-derivative` derives, `trace-derivative:equation` is a numbered formula.

A directive never raises: what goes wrong is a located warning and a mark on the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from docutils import nodes
from docutils.nodes import Node, make_id
from docutils.parsers.rst import directives
from sphinx import addnodes
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import OptionSpec

from .compose import Layout, derivation_nodes, refusal_nodes
from .config import settings
from .engine import Refusal
from .equations import Place, equation
from .labels import Labels, endings
from .locale import translate as _
from .logging import Report
from .lookup import find
from .options import (
    EXPANSION_OPTION_SPEC,
    OPTION_SPEC,
    Request,
    join_expression,
    read_request,
)
from .records import Record, Status, note
from .results import Presentation, Result
from .verdict import judge, warn_of_failures

__all__ = ["EquationDirective", "ExpansionDirective", "TraceDerivativeDirective"]

SHARED = ("function", "expansion")
"""Parts that do not depend on the variable: shown once for several variables."""


class _PlacedDirective(SphinxDirective):
    """A directive that knows its place, also in MyST, nested and included text."""

    has_content = True
    optional_arguments = 1
    final_argument_whitespace = True

    def place(self) -> Place:
        """Where this directive stands, with a fresh report."""
        source, line = self.get_source_info()
        return Place(self.env, self.state.document, source, line, Report(f"{source}:{line}"))

    def label(self) -> str:
        """The label of the directive; `name` is another word for it, as for `math`."""
        text: str = self.options.get("label") or self.options.get("name") or ""
        return " ".join(text.split())

    def container(self, place: Place, content: Sequence[Node], status: Status) -> nodes.container:
        """The content, with its status for the style sheet."""
        own = ["trace-derivative", f"trace-derivative-{status}"]
        container = nodes.container("", *content, classes=own + self.options.get("class", []))
        container.source, container.line = place.source, place.line
        return container

    def record(
        self,
        place: Place,
        labels: Labels,
        function: str,
        variable: str,
        status: Status,
        entries: tuple[str, ...] = (),
    ) -> Record:
        """Keep what this directive did in the domain."""
        record = Record(
            docname=self.env.docname,
            location=place.report.location,
            name=labels.title() if status != "refused" and variable else "",
            anchor=_anchor(labels),
            function=function,
            variable=variable,
            status=status,
            equations=tuple(labels.given),
            said=tuple(place.report.said),
            entries=entries,
        )
        note(self.env, record)
        return record


class EquationDirective(_PlacedDirective):
    """A displayed formula with a number of the author's, for an edition of a numbered text."""

    option_spec: ClassVar[OptionSpec] = {
        "label": directives.unchanged,
        "name": directives.unchanged,
        "number": directives.unchanged,
        "text": directives.unchanged,
        "class": directives.class_option,
    }

    def run(self) -> list[Node]:
        """The formula as it stands; `text` is what builders without TeX show."""
        place = self.place()
        latex = "\n".join([*self.arguments, *self.content])
        number = self.options.get("number", "")
        labels = Labels(self.label(), numbers={"": number} if number else {})
        plain = self.options.get("text") or latex
        label, number = labels.give("")
        made = equation(place, latex, plain, label=label, number=number)
        self.record(place, labels, latex, "", "unchecked")
        return [self.container(place, [made], "unchecked")]


class _DerivedDirective(_PlacedDirective):
    """A directive whose content the engine works out."""

    def request(self) -> Request:
        """What the author asks for; `Refusal` where that cannot be read."""
        try:
            expression = join_expression(self.arguments, list(self.content))
            return read_request(expression, self.options, settings(self.config))
        except ValueError as problem:
            raise Refusal("input", str(problem)) from problem

    def refuse(self, refusal: Refusal) -> list[Node]:
        """The source, and why there is nothing else; the warning of it."""
        place = self.place()
        place.report.warn(refusal.subtype, refusal.message)
        source = "\n".join([*self.arguments, *self.content]).strip() or self.block_text.strip()
        self.record(place, Labels(""), source, "", "refused")
        return [self.container(place, refusal_nodes(place, source, refusal.message), "refused")]


class ExpansionDirective(_DerivedDirective):
    """Index notation of a scalar, `tr(A X B)`, or of an entry, `[i,k] (A B)[i,k]`, checked."""

    option_spec: ClassVar[OptionSpec] = dict(EXPANSION_OPTION_SPEC)

    def run(self) -> list[Node]:
        """The chain of equalities, from the outer product to all sums in front."""
        try:
            request = self.request()
            (result,), entries = find(self.env, request, "expansion")
        except Refusal as refusal:
            return self.refuse(refusal)
        presentation = result.presentation
        place = self.place()
        labels = Labels(self.label(), "", request.numbers)
        for check in presentation.failures:
            text = f"{request.function}: {check.name}: {check.message}\n{check.counterexample}"
            place.report.warn("verification", text)
        content = derivation_nodes(place, presentation, Layout(labels, request.settings.steps))
        self.record(place, labels, request.function, "", presentation.status, entries)
        return [self.container(place, content, presentation.status)]


class TraceDerivativeDirective(_DerivedDirective):
    """Derive the expression, check it, and show the derivation."""

    option_spec: ClassVar[OptionSpec] = dict(OPTION_SPEC)

    def run(self) -> list[Node]:
        """The nodes of one derivation a variable, or of the refusal."""
        try:
            request = self.request()
            found = find(self.env, request)
        except Refusal as refusal:
            return self.refuse(refusal)
        results = _each_part_once(found.results)
        all_labels = [
            Labels(self.label(), ending, request.numbers)
            for ending in endings([r.variable for r in results])
        ]
        remark = _unused_numbers(request, results, all_labels)
        content: list[Node] = self._caption()
        made: list[Node] = []
        for result, labels in zip(results, all_labels, strict=True):
            made += self._derivation(request, result, found.entries, labels, content, remark)
            content, remark = [], ""
        return made

    def _derivation(
        self,
        request: Request,
        result: Result,
        entries: tuple[str, ...],
        labels: Labels,
        before: Sequence[Node],
        remark: str,
    ) -> list[Node]:
        place = self.place()
        if remark:
            place.report.warn("input", remark)
        warn_of_failures(result, request, place.report)
        layout = Layout(labels, request.steps, result.claim, request.expect_fails)
        content = derivation_nodes(place, result.presentation, layout)
        status = judge(result, request)
        container = self.container(place, [*before, *content], status)
        anchor = self.record(
            place, labels, result.function, result.variable, status, entries
        ).anchor
        if not anchor or anchor in self.state.document.ids:
            return [container]
        target = nodes.target("", "", ids=[anchor])
        self.state.document.note_explicit_target(target)
        entry = ("single", f"{_('derivative')}; {result.function}", anchor, "", None)
        return [addnodes.index(entries=[entry], inline=True), target, container]

    def _caption(self) -> list[Node]:
        text = self.options.get("caption", "")
        if not text:
            return []
        inline, messages = self.parse_inline(text)
        caption = nodes.paragraph(text, "", *inline, classes=["trace-derivative-caption"])
        self.set_source_info(caption)
        return [caption, *messages]


def _anchor(labels: Labels) -> str:
    return make_id(f"trace-derivative-{labels.title()}") if labels.name else ""


def _each_part_once(results: Sequence[Result]) -> list[Result]:
    """The results, without what an earlier variable has shown already."""
    if len(results) == 1:
        return list(results)
    shown: set[str] = set()
    kept = []
    for result in results:
        kept.append(result._replace(presentation=_without(result.presentation, shown)))
        shown.update(d.latex for d in result.presentation.displays if d.part in SHARED)
    return kept


def _without(presentation: Presentation, shown: set[str]) -> Presentation:
    displays = tuple(
        d for d in presentation.displays if d.part not in SHARED or d.latex not in shown
    )
    return presentation._replace(displays=displays)


def _unused_numbers(
    request: Request, results: Sequence[Result], all_labels: Sequence[Labels]
) -> str:
    """What to say of fixed numbers that no displayed equation takes."""
    known = [
        labels.ending(display.suffix)
        for result, labels in zip(results, all_labels, strict=True)
        for display in result.presentation.displays
    ]
    unused = [f"{ending}={n}" for ending, n in request.numbers.items() if ending not in known]
    if not unused:
        return ""
    there_are = ", ".join(f"{ending}=" for ending in known)
    return f"option :numbers:: no equation for {', '.join(unused)}; there are {there_are}"
