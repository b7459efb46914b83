"""Fixed equation numbers: the same number in HTML, LaTeX and text, and in every reference."""

from __future__ import annotations

from tests.sphinxext.conftest import Build, page

DERIVATION = """.. trace-derivative:: tr(A X B)
   :name: one
   :numbers: function=6 expansion=7 index=8a =9"""
FORMULA = """.. trace-derivative:equation:: f = g(X)
   :name: start
   :number: 1
   :text: f = g(X)"""
SOURCE = page(
    DERIVATION,
    FORMULA,
    ".. math:: x = y\n   :label: own",
    "See :eq:`one`, :eq:`one-index`, :eq:`start` and :eq:`own`.",
)


def test_html(build: Build) -> None:
    built = build({"index.rst": SOURCE})
    assert built.log == ""
    html = built.page()
    for number, label in [("6", "one-function"), ("8a", "one-index"), ("9", "one"), ("1", "start")]:
        heading = f'id="equation-{label}">\n<span class="eqno">({number})<a'
        assert heading in html
    assert 'href="#equation-one-index">(8a)</a>' in html
    assert 'href="#equation-start">(1)</a>' in html
    assert 'href="#equation-own">(1)</a>' in html, "Sphinx's own numbers have no gap"


def test_latex_has_tags(build: Build) -> None:
    built = build({"index.rst": SOURCE}, builder="latex")
    assert built.log == ""
    tex = built.page("tiny.tex")
    assert r"\begin{equation}\tag{9}\label{equation:index:one}" in tex
    assert r"\begin{equation}\tag{8a}\label{equation:index:one-index}" in tex
    assert r"\begin{equation}\tag{1}\label{equation:index:start}" in tex
    assert r"\begin{equation}\label{equation:index:own}" in tex
    assert r"\eqref{equation:index:one-index}" in tex


def test_text(build: Build) -> None:
    text = build({"index.rst": SOURCE}, builder="text").page("index.txt")
    assert "f = g(X)    (1)" in text
    assert "See (9), (8a), (1) and (1)." in text
    for number in ("6", "7", "8a", "9"):
        assert f"    ({number})\n" in text


def test_fixed_numbers_hold_under_numfig(build: Build) -> None:
    files = {
        "index.rst": page(".. toctree::\n   :numbered:\n\n   page"),
        "page.rst": SOURCE,
    }
    built = build(files, numfig=True)
    assert built.log == ""
    html = built.page("page.html")
    assert '<span class="eqno">(8a)<a' in html
    assert 'href="#equation-one-index">(8a)</a>' in html
    again = build(files, numfig=True)
    assert "no targets are out of date" in again.app.status.getvalue()


def test_equation_without_a_number_of_its_own_has_none(build: Build) -> None:
    text = ".. trace-derivative:: tr(A X B)\n   :name: one\n   :numbers: =9"
    built = build({"index.rst": page(text)})
    assert built.records()[0].equations == (("one", "9"),)
    assert built.page().count("eqno") == 1


def test_number_without_a_label(build: Build) -> None:
    text = ".. trace-derivative:: tr(A X B)\n   :numbers: =9"
    built = build({"index.rst": page(text)})
    assert built.log == ""
    assert '<span class="eqno">(9)</span>' in built.page()
    tex = build({"index.rst": page(text)}, builder="latex").page("tiny.tex")
    assert r"\begin{equation}\tag{9}" in tex


def test_number_of_no_equation_is_a_warning(build: Build) -> None:
    text = ".. trace-derivative:: tr(A X B)\n   :numbers: =9 nonsense=3"
    built = build({"index.rst": page(text)})
    assert len(built.warnings) == 1
    assert "index.rst:4: WARNING: option :numbers:: no equation for nonsense=3" in built.log
    assert "(9)" in built.page()


def test_text_has_sphinx_own_numbers_under_numfig(build: Build) -> None:
    files = {
        "index.rst": page(".. toctree::\n   :numbered:\n\n   page"),
        "page.rst": page(
            ".. trace-derivative:: tr(A X B)\n   :name: one\n   :show: minimal", "See :eq:`one`."
        ),
    }
    text = build(files, builder="text", numfig=True).page("page.txt")
    assert "    (1.1)\n" in text
    assert "See (1.1)." in text


def test_chain_is_cut_where_its_numbers_are(build: Build) -> None:
    derivation = """.. trace-derivative:: tr(V' log(A X B))
   :name: log
   :numbers: index=2//3 expansion=/1/ =4"""
    built = build({"index.rst": page(derivation, "See :eq:`log-index` and :eq:`log-index-b`.")})
    assert built.log == ""
    assert built.records()[0].equations == (
        ("log-expansion", "1"),
        ("log-index", "2"),
        ("log-index-b", "3"),
        ("log", "4"),
    )
    html = built.page()
    assert 'href="#equation-log-index-b">(3)</a>' in html
    assert html.count("eqno") == 4


def test_expansion(build: Build) -> None:
    text = """.. trace-derivative:expansion:: [i,l] (A B C^T)[i,l]
   :name: abc
   :numbers: =5"""
    built = build({"index.rst": page(text, "See :eq:`abc`.")})
    assert built.log == ""
    html = built.page()
    assert "3 equalities" in html
    assert r"\sum_{j} \sum_{k} A_{ij}B_{jk}C_{lk}" in html
    assert 'href="#equation-abc">(5)</a>' in html


def test_expansion_that_cannot_be_read(build: Build) -> None:
    built = build({"index.rst": page(".. trace-derivative:expansion:: [i] (A B")})
    assert len(built.warnings) == 1
    assert "index.rst:4: WARNING: " in built.log
