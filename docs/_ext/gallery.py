"""An entry of the gallery: a derivation in few lines, and its source under a fold, to be copied."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from docutils.nodes import Node
from sphinx import addnodes
from sphinx.application import Sphinx

import trace_derivative as td
from sphinx_trace_derivative.directives import TraceDerivativeDirective
from sphinx_trace_derivative.nodes import steps

NAME = "gallery-entry"
COPIED = "trace-derivative"
CLAIM = "As it is usually written:"


class GalleryEntry(TraceDerivativeDirective):
    """``trace-derivative`` for a page with many of them.

    The known formula (``expect``) is not repeated where it is the derived one, and
    a result without its steps (``show``) needs no sentence before it.  What is not verified
    stays as it is.  The source is in HTML only, where it can be folded.
    """

    def run(self) -> list[Node]:
        """The derivation, then its source."""
        made = super().run()
        for node in made:
            if isinstance(node, nodes.container) and f"{COPIED}-verified" in node["classes"]:
                self._condense(node)
        return [*made, self._source()]

    def _condense(self, container: nodes.container) -> None:
        formulas = [node for node in container if isinstance(node, nodes.math_block)]
        if "expect" in self.options:
            claim = formulas.pop()
            if claim.astext() == formulas[-1].astext():
                _remove_sentence(container, claim)
                container.remove(claim)
            else:
                sentence = container[container.index(claim) - 1]
                assert isinstance(sentence, nodes.paragraph)
                sentence.replace_self(nodes.paragraph("", CLAIM, classes=sentence["classes"]))
        if "show" in self.options:
            _remove_sentence(container, formulas[-1])

    def _source(self) -> Node:
        text = self.block_text.strip().replace(f".. {NAME}::", f".. {COPIED}::", 1)
        block = nodes.literal_block(text, text, language="rst")
        fold = steps("", block, summary="Source", open=False, classes=["gallery-source"])
        self.set_source_info(block)
        self.set_source_info(fold)
        return addnodes.only("", fold, expr="html")


def _remove_sentence(container: nodes.container, formula: nodes.math_block) -> None:
    before = container[container.index(formula) - 1]
    if isinstance(before, nodes.paragraph):
        container.remove(before)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register it."""
    app.add_directive(NAME, GalleryEntry)
    return {"version": td.__version__, "parallel_read_safe": True, "parallel_write_safe": True}
