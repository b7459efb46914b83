"""The documentation, as its readers get it: every builder is content, every page looks right."""

from __future__ import annotations

import filecmp
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from pathlib import Path

import pytest

from tests.browser import Browser, check_formulas, latex_pdf, pdf_text, sphinx_build

DOCS = Path(__file__).parents[1] / "docs"
MATH = re.compile(r'<(span|div) class="math notranslate nohighlight"[^>]*>(.*?)</\1>', re.DOTALL)
DELIMITED = re.compile(r"\\\((.*?)\\\)|\\\[(.*?)\\\]", re.DOTALL)

pytestmark = pytest.mark.slow


def pages(html: Path) -> list[str]:
    return sorted(str(page.relative_to(html)) for page in html.rglob("*.html"))


def formulas(html: Path) -> Iterator[str]:
    """The LaTeX of every formula of every page, as MathJax is given it."""
    for page in pages(html):
        for _, content in MATH.findall((html / page).read_text(encoding="utf-8")):
            for inline, display in DELIMITED.findall(content):
                yield unescape(inline or display).strip()


def test_page_has_formulas(docs_html: Path) -> None:
    """The tests of formulas below are not empty."""
    assert len(list(formulas(docs_html))) > 0


@pytest.mark.browser
@pytest.mark.parametrize("width", [1200, 390])
def test_pages_look_right(browse: Callable[[Path], Browser], docs_html: Path, width: int) -> None:
    """All formulas are typeset, no TeX is left over, nothing sticks out, nothing is missing."""
    browser = browse(docs_html)
    with ThreadPoolExecutor(2) as pool:
        reports = list(pool.map(lambda page: browser.report(page, width), pages(docs_html)))
    problems = {r.title: r.problems for r in reports if r.problems}
    assert problems == {}


@pytest.mark.browser
def test_formulas_fit_a_desktop_window(browse: Callable[[Path], Browser], docs_html: Path) -> None:
    browser = browse(docs_html)
    with ThreadPoolExecutor(2) as pool:
        reports = list(pool.map(browser.report, pages(docs_html)))
    assert {r.title: r.scrolled for r in reports if r.scrolled} == {}


@pytest.mark.browser
def test_every_engine_reads_every_formula(docs_html: Path) -> None:
    assert check_formulas(sorted(set(formulas(docs_html)))) == []


@pytest.mark.parametrize("builder", ["dirhtml", "singlehtml", "text", "man", "epub", "latex"])
def test_builder_has_nothing_to_warn_about(builder: str, tmp_path: Path) -> None:
    sphinx_build(DOCS, tmp_path / builder, builder)
    assert any((tmp_path / builder).iterdir())


@pytest.mark.pdf
def test_pdf_compiles(tmp_path: Path) -> None:
    assert "??" not in pdf_text(latex_pdf(DOCS, tmp_path))


def test_parallel_build_gives_the_same_pages(docs_html: Path, tmp_path: Path) -> None:
    """`-j 2` gives the same HTML as `-j 1`, byte for byte."""
    out = tmp_path / "html"
    sphinx_build(DOCS, out, "html", "-j", "2")
    assert pages(out) == pages(docs_html)
    _, different, unreadable = filecmp.cmpfiles(docs_html, out, pages(docs_html), shallow=False)
    assert (different, unreadable) == ([], [])
