"""The domain: references, the inventory, the index, and documents that come and go."""

from __future__ import annotations

import zlib

import pytest

from tests.sphinxext.conftest import Build, page

ONE = ".. trace-derivative:: tr(A X B)\n   :name: one"
TWO = ".. trace-derivative:: tr(W H)\n   :name: two\n   :wrt: W, H"


def test_reference_says_what_is_derived(build: Build) -> None:
    text = "See :trace-derivative:ref:`one` and :trace-derivative:ref:`that <two-H>`."
    files = {"index.rst": page(".. toctree::\n\n   a", text), "a.rst": page(ONE, TWO)}
    built = build(files)
    assert built.log == ""
    html = built.page()
    assert 'href="a.html#trace-derivative-one"' in html
    assert "derivative of tr(A*X*B) by X" in html
    assert 'href="a.html#trace-derivative-two-h"' in html
    assert ">that<" in html
    assert 'id="trace-derivative-one"' in built.page("a.html")


def test_missing_reference_is_a_warning(build: Build) -> None:
    built = build({"index.rst": page("See :trace-derivative:ref:`nothing`.")})
    assert "derivation not found: nothing" in built.log


def test_any_reaches_the_equation(build: Build) -> None:
    built = build({"index.rst": page(ONE, "See :any:`one`.")})
    assert built.log == ""
    assert 'href="#equation-one"' in built.page()


def test_inventory_lists_derivations(build: Build) -> None:
    built = build({"index.rst": page(ONE, TWO)})
    *_, packed = (built.folder / "objects.inv").read_bytes().split(b"\n", 4)
    listed = zlib.decompress(packed).decode()
    for name in ("one", "two-W", "two-H"):
        assert f"\n{name} trace-derivative:derivation 1 index.html#trace-derivative-" in listed


def test_index_pages(build: Build) -> None:
    built = build({"index.rst": page(ONE, TWO)})
    own = built.page("trace-derivative-derivations.html")
    assert "index.html#trace-derivative-one" in own
    assert "verified" in own
    assert "index.html#trace-derivative-one" in built.page("genindex.html")


def test_project_without_derivations_has_no_index(build: Build) -> None:
    built = build({"index.rst": page("Nothing.")})
    assert not (built.folder / "trace-derivative-derivations.html").exists()


def test_removed_documents_are_forgotten(build: Build) -> None:
    index = page(".. toctree::\n   :glob:\n\n   part*")
    built = build({"index.rst": index, "part.rst": page(ONE)})
    assert built.records("part")
    (built.app.srcdir / "part.rst").unlink()
    assert not build({"index.rst": index}).records("part")


@pytest.mark.parametrize("jobs", [1, 2])
def test_records_are_kept_by_document(build: Build, jobs: int) -> None:
    names = [f"page{n}" for n in range(6)]
    files = {n: page(f".. trace-derivative:: tr(A X)\n   :name: {n}") for n in names}
    toctree = "\n   ".join([".. toctree::", "", *names])
    built = build(
        {"index.rst": page(toctree), **{f"{n}.rst": t for n, t in files.items()}}, jobs=jobs
    )
    assert built.log == ""
    assert [built.records(n)[0].name for n in names] == names
