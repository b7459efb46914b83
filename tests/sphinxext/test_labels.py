"""Labels: unique in a document, across documents, and for any names of variables."""

from __future__ import annotations

from sphinx_trace_derivative.labels import Labels, endings
from tests.sphinxext.conftest import Build, page

ONE = ".. trace-derivative:: tr(A X B)\n   :name: one"


def test_labels_and_numbers() -> None:
    labels = Labels("nmf", "W", {"W": "3", "W-index": "4"})
    assert labels.give("") == ("nmf-W", "3")
    assert labels.give("index") == ("nmf-W-index", "4")
    assert labels.give("function") == ("", "")
    assert labels.given == [("nmf-W", "3"), ("nmf-W-index", "4")]


def test_without_a_name_there_is_no_label() -> None:
    assert Labels("").give("index") == ("", "")


def test_variables_that_html_cannot_tell_apart_get_numbers() -> None:
    assert endings(["X"]) == [""]
    assert endings(["W", "H"]) == ["W", "H"]
    assert endings(["x", "X", "A"]) == ["1", "2", "A"]
    assert endings(["α", "β"]) == ["1", "2"]


def test_label_twice_in_a_document(build: Build) -> None:
    built = build({"index.rst": page(ONE, ONE)}, builder="dummy")
    assert built.log.count("[trace_derivative.label]") == len(built.records()[0].equations)
    assert "Duplicate" not in built.log


def test_label_of_a_plain_equation(build: Build) -> None:
    built = build({"index.rst": page(".. math:: x\n   :label: one", ONE)}, builder="dummy")
    assert built.log.startswith("index.rst:7: WARNING: the equation label one is used twice")
    assert built.log.count("[trace_derivative.label]") == 1


def test_label_twice_in_two_documents_is_said_also_in_parallel(build: Build) -> None:
    text = f"{ONE}\n   :show: minimal"
    files = {
        "index.rst": page(".. toctree::\n\n   a\n   b\n   c"),
        "a.rst": page(text),
        "b.rst": page(text),
        "c.rst": page("Nothing."),
    }
    serial = build(files, builder="dummy")
    again = build(files, builder="dummy")
    parallel = build(files, builder="dummy", jobs=2, out="parallel")
    for built in (serial, again, parallel):
        assert built.log.count("the equation label one is also used in") == 1
        assert built.log.count("WARNING") == 1
