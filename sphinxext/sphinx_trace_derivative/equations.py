"""Displayed and inline formulas as stock nodes, `math_block` and `math`, known to `:eq:`.

A number is Sphinx's own, or fixed by the author (`numbers`), as an edition of a numbered text
needs.  A fixed number is put where Sphinx keeps its own: on the node and in the math domain (HTML
and text show it, `:eq:` says it); a post-transform makes it a `\\tag` for LaTeX.  Each formula
carries itself as Unicode text too (`plain`), for the builders that cannot show TeX.
"""

from __future__ import annotations

from typing import NamedTuple, cast

from docutils import nodes
from docutils.nodes import make_id
from sphinx.domains.math import MathDomain
from sphinx.environment import BuildEnvironment

from .logging import Report

__all__ = ["FIXED", "PLAIN", "Place", "equation", "inline_formula", "number_of"]

PLAIN = "plain"
FIXED = "fixed-number"


class Place(NamedTuple):
    """Where nodes are made: environment, document, and the source and line they stand for."""

    env: BuildEnvironment
    document: nodes.document
    source: str
    line: int
    report: Report

    def mark(self, node: nodes.Element) -> None:
        """Give a generated node its source."""
        node.source, node.line = self.source, self.line

    def mark_text(self, node: nodes.TextElement) -> None:
        """Give a generated text its source, and keep translators and smart quotes from it."""
        self.mark(node)
        node["translatable"] = False
        node["support_smartquotes"] = False


def inline_formula(place: Place, latex: str, plain: str) -> nodes.math:
    """A formula in running text."""
    node = nodes.math(latex, latex)
    node[PLAIN] = plain
    place.mark(node)
    return node


def equation(
    place: Place, latex: str, plain: str, *, label: str = "", number: str = ""
) -> nodes.math_block:
    """A displayed formula; `number` fixes its number.

    The id for its label is on the formula itself: where Sphinx puts a `target` in front, docutils
    moves the id here too, and keeps a node and a message more for each formula.
    """
    block = nodes.math_block(
        latex, latex, docname=place.env.docname, number=number or None, label=None
    )
    block["no-wrap"] = block["nowrap"] = block["translatable"] = False
    block[PLAIN] = plain
    place.mark(block)
    if number:
        block[FIXED] = number
    elif not label and place.env.config.math_number_all:
        serial = place.env.new_serialno("sphinx.ext.math#equations")
        label = f"{place.env.docname}:{serial}"
    if not label:
        return block
    name = node_id(label)
    if name in place.document.ids:
        place.report.warn("label", f"the equation label {label} is used twice in this document")
        return block
    block["label"] = label
    block["number"] = _note(place, label, number, block)
    block["ids"].append(name)
    place.document.note_explicit_target(block)
    return block


def node_id(label: str) -> str:
    """The id under which Sphinx's math domain looks for a label."""
    return make_id(f"equation-{label}")


def _note(place: Place, label: str, number: str, block: nodes.math_block) -> str | int | None:
    """Tell the math domain of a label; the number of the equation."""
    domain = cast(MathDomain, place.env.get_domain("math"))
    # A second document with this label is reported when all are read, also by parallel readers.
    domain.equations.pop(label, None)
    if number:
        # Sphinx's own numbers stay without a gap; only the text of this one is ever used.
        domain.equations[label] = (place.env.docname, cast(int, number))
    else:
        domain.note_equation(place.env.docname, label, location=block)
    return domain.get_equation_number_for(label)


def number_of(env: BuildEnvironment, block: nodes.math_block) -> str:
    """The number of an equation as a reader sees it, or nothing."""
    if FIXED in block or not (env.config.math_numfig and env.config.numfig):
        return str(block["number"] or "")
    figures = env.toc_fignumbers.get(block["docname"], {}).get("displaymath", {})
    parts = next((figures[i] for i in block["ids"] if i in figures), ())
    number = ".".join(map(str, parts))
    return cast(str, env.config.math_numsep).join(number.rsplit(".", 1))
