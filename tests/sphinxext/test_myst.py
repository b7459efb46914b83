"""The same in Markdown, by MyST."""

from __future__ import annotations

import pytest
from docutils import nodes

from tests.sphinxext.conftest import Build

pytest.importorskip("myst_parser")

CONF = """
project = "tiny"
extensions = ["myst_parser", "sphinx_trace_derivative"]
"""


def markdown(*blocks: str) -> dict[str, str]:
    return {"conf.py": CONF, "index.md": "\n\n".join(["# Title", *blocks, ""])}


DIRECTIVE = """```{trace-derivative} tr(A X B)
:name: one
:caption: By *hand*
```"""


def test_directive_role_and_references(build: Build) -> None:
    built = build(
        markdown(
            DIRECTIVE,
            "See {eq}`one-index`, {trace-derivative:ref}`one`, and {trace-derivative}`tr(A X); X`.",
        )
    )
    assert built.log == ""
    html = built.page()
    assert "trace-derivative-verified" in html
    assert 'href="#equation-one-index"' in html
    assert 'href="#trace-derivative-one"' in html
    assert "<em>hand</em>" in html
    assert r"\mathbf{A}^{T}" in list(built.doctree().findall(nodes.math))[-1].astext()


def test_markdown_link(build: Build) -> None:
    built = build(markdown(DIRECTIVE, "See [that](#one-function)."))
    assert built.log == ""
    assert 'href="#equation-one-function"' in built.page()


def test_expression_as_content(build: Build) -> None:
    built = build(markdown("```{trace-derivative}\n:wrt: X\n\ntr(A X\n   B)\n```"))
    assert built.log == ""
    assert built.records()[0].function == "tr(A*X*B)"


def test_warning_has_the_line_of_the_directive(build: Build) -> None:
    built = build(markdown("Text.", "```{trace-derivative} tr(A X\n```", "More."))
    assert built.warnings == [
        line for line in built.warnings if line.startswith("index.md:5: WARNING: ")
    ]
    assert len(built.warnings) == 1
    assert "More." in built.page()


def test_nested_in_another_directive(build: Build) -> None:
    inner = "```{trace-derivative} tr(A X\n```"
    built = build(markdown("Text.", f"````{{note}}\nSome text.\n\n{inner}\n````"))
    assert built.warnings[0].startswith("index.md:8: WARNING: ")


def test_role_has_the_line_of_its_paragraph(build: Build) -> None:
    built = build(markdown("Text.", "It is {trace-derivative}`tr(A X`."))
    assert built.warnings[0].startswith("index.md:5: WARNING: ")
