"""The one node of our own: steps that a reader can fold, which is a container everywhere else.

Sphinx's writers look for a visitor along the base classes of a node, so that only HTML needs one;
in every other format the steps are a plain `container`.
"""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

__all__ = ["register", "steps"]


class steps(nodes.container):
    """Steps of a derivation: attribute `summary` is what stands on the fold, `open` its state."""


def _visit_html(self: HTML5Translator, node: steps) -> None:
    opened = {"open": "open"} if node["open"] else {}
    self.body.append(self.starttag(node, "details", **opened))  # type: ignore[arg-type]
    self.body.append(f"<summary>{self.encode(node['summary'])}</summary>\n")


def _depart_html(self: HTML5Translator, _node: steps) -> None:
    self.body.append("</details>\n")


def register(app: Sphinx) -> None:
    """Tell Sphinx how HTML shows the node."""
    app.add_node(steps, html=(_visit_html, _depart_html))
