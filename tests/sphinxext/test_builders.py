"""Every builder of Sphinx takes a page with derivations, and what it writes can be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sphinxext.conftest import Build, page

SOURCE = page(
    ".. trace-derivative:: tr(A X B X C')\n   :name: one\n   :show: all\n   :caption: Caption",
    "See :eq:`one` and :trace-derivative:`tr(A X)`.",
    ".. trace-derivative:: tr(A X)\n   :expect: 2*A'\n   :expect-fails:",
)

BUILDERS = [
    "html",
    "dirhtml",
    "singlehtml",
    "epub",
    "latex",
    "text",
    "man",
    "texinfo",
    "xml",
    "pseudoxml",
    "gettext",
    "dummy",
]


@pytest.mark.parametrize("builder", BUILDERS)
def test_builder_is_silent(build: Build, builder: str) -> None:
    settings = {"epub_copyright": "nobody", "man_pages": [("index", "tiny", "tiny", "me", 1)]}
    assert build({"index.rst": SOURCE}, builder=builder, **settings).log == ""


@pytest.mark.parametrize(
    ("builder", "name"),
    [
        ("text", "index.txt"),
        ("man", "tiny.1"),
        ("texinfo", "tiny.texi"),
        ("epub", "index.xhtml"),
    ],
)
def test_no_raw_tex_where_there_is_no_tex(build: Build, builder: str, name: str) -> None:
    settings = {"epub_copyright": "nobody"}
    text = build({"index.rst": SOURCE}, builder=builder, **settings).page(name)
    for command in (r"\mathbf", r"\sum", r"\partial", r"\begin{aligned}", "mathrm"):
        assert command not in text
    assert "∂f/∂X" in text or "∂" in text


def test_latex_contains_everything(build: Build) -> None:
    tex = build({"index.rst": SOURCE}, builder="latex").page("tiny.tex")
    assert r"\label{equation:index:one}" in tex
    assert "details" not in tex
    assert "Verified" in tex


def test_style_is_in_the_page(build: Build) -> None:
    built = build({"index.rst": SOURCE})
    assert (built.folder / "_static" / "trace-derivative.css").exists()
    assert "trace-derivative.css?v=" in (built.folder / "index.html").read_text("utf-8")


def _files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix in {".html", ".js", ".inv", ".txt"}
    }


def test_parallel_builds_are_the_same_byte_for_byte(build: Build) -> None:
    names = [f"page{n}" for n in range(6)]
    toctree = "\n   ".join([".. toctree::", "", *names])
    files = {f"{n}.rst": SOURCE.replace("one", n) for n in names}
    files["index.rst"] = page(toctree)
    serial = build(files)
    parallel = build(files, jobs=2, out="parallel")
    assert serial.log == parallel.log == ""
    assert _files(serial.folder) == _files(parallel.folder)
