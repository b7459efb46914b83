"""Assumptions, structures and kinks, as a reader of a page sees them."""

from __future__ import annotations

import re

import pytest

from tests.sphinxext.conftest import Build, page


def sentences(html: str, name: str = "sentence") -> list[str]:
    """The text of the paragraphs of that kind, formulas as LaTeX."""
    found = re.findall(rf'<p class="trace-derivative-{name}">(.*?)</p>', html, re.DOTALL)
    return [re.sub(r"<[^>]+>", "", text) for text in found]


def test_the_use_of_an_assumption_is_a_step_of_its_own(build: Build) -> None:
    text = ".. trace-derivative:: norm2(Q X - B)^2\n   :assume: Q: orthogonal"
    built = build({"index.rst": page(text)})
    assert built.log == ""
    html = built.page()
    said = [s for s in sentences(html) if "ince" in s and "is orthogonal" in s]
    assert said
    assert r"\mathbf{Q}^{T}\mathbf{Q}" in said[0]
    assert [record.status for record in built.records()] == ["verified"]


def test_without_a_use_nothing_is_said(build: Build) -> None:
    text = ".. trace-derivative:: tr(A X B)\n   :assume: A: symmetric, invertible"
    html = build({"index.rst": page(text)}).page()
    assert any("is symmetric" in s for s in sentences(html))
    assert not any("invertible" in s for s in sentences(html))


@pytest.mark.parametrize(
    ("structure", "words"),
    [
        ("skew", "opposite entries moving by opposite amounts"),
        ("lower", "the entries of its triangle moving"),
        ("symmetric", "entries that are equal moving together"),
    ],
)
def test_structures_have_their_sentence(build: Build, structure: str, words: str) -> None:
    text = f".. trace-derivative:: tr(A X)\n   :structure: X: {structure}"
    built = build({"index.rst": page(text)})
    assert built.log == ""
    assert any(words in s for s in sentences(built.page()))


def test_a_kink_is_a_notice_to_readers_and_no_warning(build: Build) -> None:
    built = build({"index.rst": page(".. trace-derivative:: norm1(A x) + norm2(x)")})
    assert built.log == ""
    notices = sentences(built.page(), "notice")
    assert any("norm1 has a kink" in n for n in notices)
    assert any("norm2 is not differentiable at 0" in n for n in notices)


def test_kinds_that_exclude_each_other_are_a_located_warning(build: Build) -> None:
    text = ".. trace-derivative:: tr(S X)\n   :assume: S: skew, spd"
    log = build({"index.rst": page(text)}).log
    assert "cannot be skew and spd at once" in log
    assert "index.rst" in log
