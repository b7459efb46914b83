"""The directives of the documentation: no operator is left out, a wrong formula fails the build."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from typing import get_args

import pytest
from operator_tables import ROWS, Row, index_form

from tests.browser import sphinx_build
from trace_derivative import nodes, operators

DOCS = Path(__file__).parents[1] / "docs"
PAGES = sorted(p for p in (DOCS / "gallery").glob("*.rst") if p.stem != "index")
ENTRY = re.compile(r"^\.\. gallery-entry:: (.*)\n((?:   .*\n)+)", re.MULTILINE)


def test_every_kind_of_node_has_a_row() -> None:
    missing = set(get_args(nodes.Expr)) - {nodes.Operation} - {row.key for row in ROWS}
    assert missing == set(), "one line each in docs/_ext/operator_tables.py"


def test_every_operator_of_the_table_has_a_row() -> None:
    missing = set(operators.TABLE) - {row.key for row in ROWS}
    assert missing == set(), "one line each in docs/_ext/operator_tables.py"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.text)
def test_row_has_a_rule_and_an_index_form(row: Row) -> None:
    assert all(row.rule)
    assert index_form(row)


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("A*B", r"\sum_{k} A_{ik}B_{kj}"),
        ("A'", "A_{ji}"),
        ("tr(A)", r"\sum_{i} A_{ii}"),
        ("diag(x)", r"\delta_{ij}x_{i}"),
        ("[k] B[k,:]", "B_{kj}"),
    ],
)
def test_index_form_is_the_one_of_the_textbooks(text: str, latex: str) -> None:
    assert index_form(Row(text)) == latex


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_entries_of_the_gallery_claim_a_formula(page: Path) -> None:
    """The build checks the claims; here only that no entry goes without, and one shows steps."""
    entries = ENTRY.findall(page.read_text(encoding="utf-8"))
    assert len(entries) >= 8
    assert [text for text, options in entries if "   :expect: " not in options] == []
    assert any("   :steps: closed" in options for _, options in entries)


def test_page_of_the_gallery_names_all_pages() -> None:
    index = (DOCS / "gallery" / "index.rst").read_text(encoding="utf-8")
    assert [p.stem for p in PAGES if index.count(p.stem) < 2] == []


def build(folder: Path, text: str) -> str:
    """The HTML of a project with this one page and the extensions of the documentation."""
    source = folder / "source"
    source.mkdir()
    lines = [
        "import sys",
        f"sys.path.insert(0, {str(DOCS / '_ext')!r})",
        "extensions = ['gallery', 'operator_tables', 'reference', 'sphinx_trace_derivative']",
    ]
    (source / "conf.py").write_text("\n".join(lines), encoding="utf-8")
    (source / "index.rst").write_text(f"Page\n====\n\n{text}", encoding="utf-8")
    sphinx_build(source, folder / "html")
    return (folder / "html" / "index.html").read_text(encoding="utf-8")


SHORT = """.. gallery-entry:: tr(A*X)
   :wrt: X
   :expect: {}
   :show: function, matrix, verification
"""


def test_wrong_formula_in_the_gallery_fails_the_build(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"(?s)expected: entry .*\[trace_derivative\.claim\]"):
        build(tmp_path, SHORT.format("(A + A)*X").replace("tr(A*X)", "tr(A*X*X')"))


def test_entry_is_short_and_carries_its_source(tmp_path: Path) -> None:
    """The known formula is not repeated where it is the result."""
    html = build(tmp_path, SHORT.format("A'"))
    assert html.count("A}^T") + html.count("A}^{T}") == 1
    assert "In matrix form" not in html
    assert "usually written" not in html
    source = html.partition("<summary>Source</summary>")[2]
    assert "trace-derivative" in source
    assert "gallery-entry" not in source


def test_other_form_is_shown(tmp_path: Path) -> None:
    html = build(tmp_path, SHORT.format("A'*X + A*X").replace("tr(A*X)", "tr(A*X*X')"))
    assert "As it is usually written:" in html


def test_tables_have_a_line_for_each_entry(tmp_path: Path) -> None:
    html = build(tmp_path, ".. operator-table::\n\n.. rule-table::\n\n.. function-table::\n")
    assert html.count("value: ") == len(ROWS)
    assert "where <em>u</em> is <em>v</em>" in html
    text = re.sub(r"<[^>]*>", "", unescape(html))
    assert [row.text for row in ROWS if row.text not in text] == []
