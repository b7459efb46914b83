"""The tools that look at pages, on tiny projects: they see what is right and what is wrong."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser import (
    Browser,
    Mathjax,
    check_formulas,
    latex_pdf,
    pdf_pictures,
    pdf_text,
    sphinx_build,
)

Browse = Callable[[Path], Browser]

GOOD = """\
One formula
===========

Here is :math:`x^2`, and the derivative of a trace:

.. math::
   :label: trace

   \\frac{\\partial}{\\partial \\mathbf{X}} \\mathrm{tr}\\left[\\mathbf{A}\\mathbf{X}\\right]
   = \\mathbf{A}^{T}

It is :eq:`trace`, written ``\\mathbf{A}^{T}`` in LaTeX.
"""
BAD = """\
Bad formulas
============

.. math:: \\frac{1}

.. math:: \\nosuchcommand + 1

Forgotten backticks: \\\\mathbf{X}.

.. raw:: html

   <div style="width: 3000px">very wide</div><img src="nowhere.png" alt="">
"""
WIDE = "Wide\n====\n\n.. math:: " + " + ".join([r"\mathbf{X}"] * 18) + "\n"


def project(folder: Path, text: str, conf: str = "") -> Path:
    """A Sphinx project of one page."""
    folder.mkdir()
    (folder / "index.rst").write_text(text, encoding="utf-8")
    (folder / "conf.py").write_text(
        f"project = 'Tiny'\nhtml_theme = 'basic'\n{conf}", encoding="utf-8"
    )
    return folder


def size(png: Path) -> tuple[int, int]:
    """Width and height of a PNG file, from its header."""
    width, height = struct.unpack(">II", png.read_bytes()[16:24])
    return width, height


@pytest.fixture
def built(tmp_path: Path, mathjax: Mathjax) -> Callable[[str], Path]:
    """`built(text)`: the HTML of a project of one page with this text."""

    def build(text: str) -> Path:
        source = project(tmp_path / "source", text)
        with (source / "conf.py").open("a", encoding="utf-8") as conf:
            conf.write(mathjax.install(source))
        sphinx_build(source, tmp_path / "html")
        return tmp_path / "html"

    return build


@pytest.mark.browser
def test_formulas_are_typeset(browse: Browse, built: Callable[[str], Path], tmp_path: Path) -> None:
    browser = browse(built(GOOD))
    report = browser.report("index.html")
    assert report.problems == ()
    assert (report.title, report.math, report.typeset) == ("One formula — Tiny documentation", 2, 2)
    dom = browser.dom("index.html")
    assert dom.count("<mjx-container") == 2
    assert "<mjx-merror" not in dom
    assert size(browser.screenshot("index.html", tmp_path / "page.png", width=800)) == (
        800,
        max(browser.report("index.html", 800).height, 1),
    )


@pytest.mark.browser
def test_what_is_wrong_is_seen(browse: Browse, built: Callable[[str], Path]) -> None:
    report = browse(built(BAD)).report("index.html")
    assert (report.math, report.typeset) == (2, 2)
    assert report.errors[0] == "MathJax: Missing argument for \\frac"
    assert report.errors[1].startswith("MathJax: unknown command")
    assert len(report.errors) == 2
    assert report.raw_tex == ("raw TeX: Forgotten backticks: \\mathbf{X}.",)
    assert report.overflow == ('sticks out of the page: <div class=""> very wide',)
    assert len(report.missing) == 1
    assert "nowhere.png" in report.missing[0]


@pytest.mark.browser
def test_narrow_screens(browse: Browse, built: Callable[[str], Path], tmp_path: Path) -> None:
    browser = browse(built(WIDE))
    narrow = browser.report("index.html", width=360)
    assert narrow.width == 360
    assert narrow.scrolled
    assert not browser.report("index.html", width=1200).scrolled
    picture = browser.screenshot("index.html", tmp_path / "narrow.png", width=360, height=600)
    assert picture.is_file()


@pytest.mark.browser
def test_formulas_without_mathjax_are_seen(browse: Browse, tmp_path: Path) -> None:
    source = project(tmp_path / "source", GOOD, "mathjax_path = 'nowhere.js'\n")
    sphinx_build(source, tmp_path / "html")
    report = browse(tmp_path / "html").report("index.html")
    assert (report.math, report.typeset) == (2, 0)
    assert len(report.raw_tex) == 2
    assert len(report.missing) == 1


@pytest.mark.browser
def test_formulas_that_all_engines_read() -> None:
    assert check_formulas([]) == []
    assert check_formulas([r"\mathbf{A}^{T}\odot\boldsymbol{\Sigma}", r"\alpha\,β"]) == []
    failures = check_formulas(["x", r"\frac{1}", r"\nosuchcommand", r"\left[x", "y"])
    engines = {"KaTeX", "MathJax 3", "MathJax 4"}
    assert {(f.index, f.engine) for f in failures} == {(i, e) for i in (1, 2, 3) for e in engines}
    assert {f.formula for f in failures if f.index == 2} == {r"\nosuchcommand"}


@pytest.mark.browser
@pytest.mark.parametrize(
    ("formula", "engines"),
    [
        (r"\bm{x}", {"MathJax 3"}),
        (r"x \label{a}", {"KaTeX"}),
        (r"\symbf{x}", {"KaTeX"}),
    ],
)
def test_formulas_that_some_engines_refuse(formula: str, engines: set[str]) -> None:
    assert engines <= {failure.engine for failure in check_formulas([formula])}


@pytest.mark.pdf
def test_pdf(tmp_path: Path) -> None:
    pdf = latex_pdf(project(tmp_path / "source", GOOD), tmp_path / "out")
    text = pdf_text(pdf)
    assert "It is (1), written \\mathbf{A}^{T} in LaTeX." in text
    pages = pdf_pictures(pdf, tmp_path / "pages")
    assert len(pages) == text.count("\f")
    assert all(size(page)[0] > 400 for page in pages)


@pytest.mark.pdf
def test_pdf_that_does_not_compile(tmp_path: Path) -> None:
    source = project(tmp_path / "source", "Bad\n===\n\n.. math:: \\nosuchcommand\n")
    with pytest.raises(AssertionError, match="Undefined control sequence"):
        latex_pdf(source, tmp_path / "out")
