"""Last changes for single output formats: Unicode text where there is no TeX, tags in LaTeX."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

from .equations import FIXED, PLAIN, number_of

__all__ = ["FixedNumbersInLatex", "PlainFormulas", "PlainFormulasInEpub", "register"]

_GAP = " " * 4


class PlainFormulas(SphinxPostTransform):
    """Text, man and Texinfo would print raw TeX: they get our formulas as Unicode text."""

    default_priority = 500
    formats: tuple[str, ...] = ("text", "man", "texinfo")

    def run(self, **_kwargs: Any) -> None:
        """Replace every formula that carries itself as text."""
        for block in list(self.document.findall(nodes.math_block)):
            if PLAIN in block:
                # What can be linked to, Texinfo says with targets only.
                targets = [nodes.target("", "", refid=name) for name in block["ids"]]
                block.parent.replace(block, [*targets, self._block(block)])
        for formula in list(self.document.findall(nodes.math)):
            if PLAIN in formula:
                formula.parent.replace(formula, nodes.Text(formula[PLAIN]))

    def _block(self, block: nodes.math_block) -> nodes.literal_block:
        text: str = block[PLAIN]
        number = number_of(self.env, block)
        if number:
            text += f"{_GAP}({number})"
        literal = nodes.literal_block(text, text, language="none", ids=block["ids"])
        literal.source, literal.line = block.source, block.line
        return literal


class PlainFormulasInEpub(PlainFormulas):
    """An EPUB runs no MathJax and would show raw TeX, unless formulas are pictures."""

    formats = ()
    builders = ("epub",)

    def run(self, **kwargs: Any) -> None:
        """Replace the formulas where Sphinx does not make pictures of them."""
        if "sphinx.ext.imgmath" not in self.config.extensions:
            super().run(**kwargs)


class FixedNumbersInLatex(SphinxPostTransform):
    """A fixed number is a `\\tag`, which needs an environment of its own around the formula."""

    default_priority = 500
    formats = ("latex",)

    def run(self, **_kwargs: Any) -> None:
        """Wrap every formula with a fixed number; its label goes inside, for `\\eqref`."""
        for block in list(self.document.findall(nodes.math_block)):
            if FIXED in block:
                tagged = nodes.math_block("", _tagged(block), number=None, label=None)
                tagged["no-wrap"] = tagged["nowrap"] = True
                tagged["ids"] = block["ids"]
                block.replace_self(tagged)


def _tagged(block: nodes.math_block) -> str:
    label = ""
    if block["label"]:
        label = rf"\label{{equation:{block['docname']}:{block['label']}}}"
    return (
        rf"\begin{{equation}}\tag{{{block[FIXED]}}}{label}"
        "\n"
        rf"\begin{{split}}{block.astext()}\end{{split}}"
        "\n"
        r"\end{equation}"
    )


def register(app: Sphinx) -> None:
    """Tell Sphinx of the transforms."""
    app.add_post_transform(PlainFormulas)
    app.add_post_transform(PlainFormulasInEpub)
    app.add_post_transform(FixedNumbersInLatex)
