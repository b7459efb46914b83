"""What a derivation looks like on a page, and what its options do to it."""

from __future__ import annotations

import pytest
from docutils import nodes

from tests.sphinxext.conftest import Build, page

PLAIN = ".. trace-derivative:: tr(A X B)"


def options(*lines: str) -> str:
    return "\n".join([PLAIN, *(f"   {line}" for line in lines)])


def test_derivation_is_verified_and_silent(build: Build) -> None:
    built = build({"index.rst": page(PLAIN)})
    assert built.log == ""
    assert [record.status for record in built.records()] == ["verified"]
    html = built.page()
    assert "trace-derivative-verified" in html
    assert "Verified" in html
    assert html.count(r"\[") >= 3


@pytest.mark.parametrize(
    "text",
    [
        ".. trace-derivative:: tr(A X B)",
        ".. trace-derivative:: tr(A X\n                        B)",
        ".. trace-derivative::\n\n   tr(A X B)",
        ".. trace-derivative::\n   :wrt: X\n\n   tr(A X\n      B)",
    ],
)
def test_expression_is_argument_or_content(build: Build, text: str) -> None:
    built = build({"index.rst": page(text)}, builder="dummy")
    assert built.log == ""
    assert [record.function for record in built.records()] == ["tr(A*X*B)"]


def test_only_stock_nodes_and_the_fold(build: Build) -> None:
    built = build({"index.rst": page(options(":name: one", ":show: all", ":caption: Hello"))})
    own = {
        type(node).__name__
        for node in built.doctree().findall(nodes.Element)
        if type(node).__module__.startswith("sphinx_trace_derivative")
    }
    assert own == {"steps"}


def test_every_equation_has_a_label_and_eq_reaches_it(build: Build) -> None:
    built = build(
        {
            "index.rst": page(
                options(":name: one"),
                "See :eq:`one`, :eq:`one-function` and :eq:`one-expansion`.",
            )
        }
    )
    assert built.log == ""
    labels = [label for label, _ in built.records()[0].equations]
    assert labels[0] == "one-function"
    assert {"one", "one-expansion", "one-index"} <= set(labels)
    html = built.page()
    for place, label in enumerate(labels, start=1):
        assert f'id="equation-{label}"' in html
        assert f'<span class="eqno">({place})' in html
    number = labels.index("one") + 1
    assert f'href="#equation-one">({number})</a>' in html


def test_without_a_label_nothing_is_numbered(build: Build) -> None:
    html = build({"index.rst": page(PLAIN)}).page()
    assert "eqno" not in html


def test_math_number_all_numbers_everything(build: Build) -> None:
    built = build({"index.rst": page(PLAIN)}, math_number_all=True)
    html = built.page()
    assert html.count('class="eqno"') == html.count('<div class="math ') > 0


def test_show_chooses_the_parts(build: Build) -> None:
    few = build({"index.rst": page(options(":show: minimal", ":name: n"))})
    assert [label for label, _ in few.records()[0].equations] == ["n"]
    more = build({"index.rst": page(options(":show: index, matrix code", ":name: n"))})
    assert "n-index" in [label for label, _ in more.records()[0].equations]
    assert "highlight-python" in more.page()
    assert "Verified" not in more.page()


def test_caption_is_parsed_and_class_is_set(build: Build) -> None:
    html = build(
        {"index.rst": page(options(":caption: By *hand*", ":class: mine"))},
    ).page()
    assert '<p class="trace-derivative-caption">By <em>hand</em></p>' in html
    assert "trace-derivative-verified mine" in html


def test_no_verify_says_so(build: Build) -> None:
    built = build({"index.rst": page(options(":no-verify:"))})
    assert built.log == ""
    assert built.records()[0].status == "unchecked"
    assert "trace-derivative-verified" not in built.page()


def test_several_variables_are_several_derivations(build: Build) -> None:
    text = "\n".join(
        [".. trace-derivative:: tr((X - W H)'(X - W H))", "   :wrt: W, H", "   :name: nmf"]
    )
    built = build({"index.rst": page(text, "See :eq:`nmf-W` and :eq:`nmf-H`.")})
    assert built.log == ""
    records = built.records()
    assert [record.variable for record in records] == ["W", "H"]
    assert [record.name for record in records] == ["nmf-W", "nmf-H"]
    labels = [[label for label, _ in record.equations] for record in records]
    assert "nmf-W-function" in labels[0]
    assert "nmf-H-function" not in labels[1]


def test_where_names_a_part(build: Build) -> None:
    text = "\n".join([".. trace-derivative:: tr(A X D)", "   :where: D = B*C'; E = A*B"])
    assert build({"index.rst": page(text)}, builder="dummy").log == ""


def test_nested_and_included_derivations(build: Build) -> None:
    nested = (
        "* item\n\n  .. note::\n\n     .. trace-derivative:: tr(A X B)\n\n.. include:: part.inc"
    )
    built = build({"index.rst": page(nested), "part.inc": f"text\n\n{PLAIN}\n"})
    assert built.log == ""
    places = [record.location for record in built.records()]
    assert places[0].endswith("index.rst:8")
    assert places[1].endswith("part.inc:3")


def test_right_claim_is_verified(build: Build) -> None:
    built = build({"index.rst": page(options(":expect: A'*B'"))})
    assert built.log == ""
    assert built.records()[0].status == "verified"


def test_steps_fold_in_html(build: Build) -> None:
    source = {"index.rst": page(PLAIN)}
    assert '<details class="trace-derivative-steps" open="open">' in build(source).page()
    closed = build(source, trace_derivative_steps="closed").page()
    assert '<details class="trace-derivative-steps">' in closed
    assert "<summary>Steps (" in closed
    assert "<details" not in build(source, trace_derivative_steps="plain").page()


def test_caption_is_translatable_and_formulas_are_not(build: Build) -> None:
    built = build(
        {"index.rst": page(options(":caption: A caption", ":name: n"))}, builder="gettext"
    )
    catalogue = built.page("index.pot")
    messages = [line for line in catalogue.splitlines() if line.startswith("msgid")]
    assert messages == ['msgid ""', 'msgid "Title"', 'msgid "A caption"']
