"""The role `trace-derivative`: the result of a derivation in running text."""

from __future__ import annotations

from docutils import nodes
from docutils.nodes import Node, system_message
from sphinx.util.docutils import SphinxRole

from .config import settings
from .engine import Refusal
from .equations import Place, inline_formula
from .logging import Report
from .lookup import Found, find
from .options import Request, inline_request
from .records import Record, Status, note
from .results import Result
from .verdict import judge, warn_of_failures

__all__ = ["TraceDerivativeRole"]


class TraceDerivativeRole(SphinxRole):
    """`` `function; variable; shapes` ``, the last two optional."""

    def run(self) -> tuple[list[Node], list[system_message]]:
        """The result as a formula; a literal where there is none, or a false one."""
        source, line = self.get_source_info()
        place = Place(self.env, self.inliner.document, source, line, Report(f"{source}:{line}"))
        text = self._written()
        try:
            request = self._request(text)
            found = find(self.env, request)
            made, status = self._formulas(place, request, found.results, text)
        except Refusal as refusal:
            place.report.warn(refusal.subtype, refusal.message)
            found = Found((), ())
            made, status = [_literal(place, text, "refused")], "refused"
        record = Record(
            docname=self.env.docname,
            location=place.report.location,
            name="",
            anchor="",
            function=text,
            variable="",
            status=status,
            said=tuple(place.report.said),
            entries=found.entries,
        )
        note(self.env, record)
        return made, []

    def _request(self, text: str) -> Request:
        try:
            return inline_request(text, settings(self.config))
        except ValueError as problem:
            raise Refusal("input", str(problem)) from problem

    def _formulas(
        self, place: Place, request: Request, results: tuple[Result, ...], text: str
    ) -> tuple[list[Node], Status]:
        if len(results) > 1:
            raise Refusal("input", "in running text a derivation has one variable")
        (result,) = results
        if not result.latex:
            raise Refusal(
                "unsupported", f"{result.function}: there is no matrix form of the result"
            )
        warn_of_failures(result, request, place.report)
        status = judge(result, request)
        if status == "failed":
            return [_literal(place, text, "failed")], status
        formula = inline_formula(place, result.latex, result.plain)
        formula["classes"].append("trace-derivative-inline")
        return [formula], status

    def _written(self) -> str:
        """The text between the back-quotes, with its backslashes (MyST hands it over bare)."""
        start, stop = self.rawtext.find("`"), self.rawtext.rfind("`")
        return self.rawtext[start + 1 : stop] if 0 <= start < stop else self.text


def _literal(place: Place, text: str, status: Status) -> nodes.literal:
    literal = nodes.literal(text, text, classes=[f"trace-derivative-{status}"])
    place.mark(literal)
    return literal
