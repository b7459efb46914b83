"""The role: a result in running text."""

from __future__ import annotations

import pytest
from docutils import nodes

from tests.sphinxext.conftest import Build, page


@pytest.mark.parametrize(
    "text", ["tr(A X B)", "tr(A X B); X", "tr(A X B); X; A: p m; X: m n", "tr(A X\nB);\nX"]
)
def test_result_in_running_text(build: Build, text: str) -> None:
    built = build({"index.rst": page(f"It is :trace-derivative:`{text}`, see.")})
    assert built.log == ""
    (formula,) = built.doctree().findall(nodes.math)
    assert formula.astext().replace(" ", "") == r"\mathbf{A}^{T}\mathbf{B}^{T}"
    assert "It is <span" in built.page()


def test_backslashes_reach_the_engine(build: Build) -> None:
    built = build({"index.rst": page(r"It is :trace-derivative:`tr((A \odot X) B)`.")})
    assert built.log == ""


@pytest.mark.parametrize("text", ["tr(A X", "tr(W H); W, H", "tr(A B)"])
def test_bad_input_is_literal_with_a_located_warning(build: Build, text: str) -> None:
    built = build({"index.rst": page("Text.", f"It is :trace-derivative:`{text}`, see.")})
    assert len(built.warnings) == 1
    assert built.warnings[0].startswith("index.rst:6: WARNING: ")
    assert "[trace_derivative.input]" in built.log
    (literal,) = built.doctree().findall(nodes.literal)
    assert literal.astext() == text
    assert ", see." in built.page()
    assert build({}).log == built.log, "said again on the next build"


def test_in_text_it_is_unicode(build: Build) -> None:
    built = build({"index.rst": page("It is :trace-derivative:`tr(A X B)`.")}, builder="text")
    assert "It is Aᵀ Bᵀ." in built.page("index.txt") or "It is Aᵀ" in built.page("index.txt")
    assert "mathbf" not in built.page("index.txt")
