"""Bad input and false results: a located warning, a mark on the page, and the rest intact."""

from __future__ import annotations

import importlib

import pytest
from docutils import nodes

from sphinx_trace_derivative import engine
from sphinx_trace_derivative.logging import SUBTYPES
from tests.sphinxext.conftest import Build, page
from trace_derivative.expr import scale
from trace_derivative.simplify import simplify

BEFORE, AFTER = "Before.", "After it, :math:`x`."

BAD = {
    "unbalanced": ("tr(A X", [], "input"),
    "unknown function": ("frobnicate(X)", [], ""),
    "not scalar": ("A X B", [], "shape"),
    "conflict": ("tr(A X) + tr(X A')", [":shapes: A: p m; X: m n"], "shape"),
    "empty": ("", [], "input"),
    "code": ("__import__('os')", [], "input"),
    "look-alike": ("tr(А X)", [], ""),
    "deep": ("tr(" + "(" * 2000 + "X" + ")" * 2000 + ")", [], "limit"),
    "long": ("tr(" + "A X " * 4000 + ")", [], "limit"),
    "power": ("tr(X^100000)", [], "limit"),
    "route": ("tr(A X B)", [":route: scenic"], "input"),
    "form": ("tr(A X B)", [":form: free"], "input"),
    "show": ("tr(A X B)", [":show: everything"], "input"),
    "samples": ("tr(A X B)", [":samples: two"], "input"),
    "tolerance": ("tr(A X B)", [":tolerance: 7"], "input"),
    "numbers": ("tr(A X B)", [":numbers: nine"], "input"),
    "where": ("tr(A X D)", [":where: D is B*C"], "input"),
    "assume": ("tr(A X B)", [":assume: A is nice"], "input"),
    "unknown assumption": ("tr(A X B)", [":assume: A: nice"], "input"),
    "variable": ("tr(A B)", [], "input"),
    "two claims": ("tr(W H)", [":wrt: W, H", ":expect: H'"], "input"),
    "nothing to refute": ("tr(A X B)", [":expect-fails:"], "input"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_a_located_warning(build: Build, name: str) -> None:
    expression, options, subtype = BAD[name]
    block = "\n".join([f".. trace-derivative:: {expression}", *(f"   {o}" for o in options)])
    built = build({"index.rst": page(BEFORE, block, AFTER)})
    assert len(built.warnings) == 1, built.log
    assert built.warnings[0].startswith("index.rst:6: WARNING: ")
    assert f"[trace_derivative.{subtype}" in built.log
    assert "Traceback" not in built.log
    html = built.page()
    assert "Before." in html
    assert "After it" in html
    assert "trace-derivative-refused" in html
    assert built.records()[0].status == "refused"
    if 0 < len(expression) < 100:
        assert expression.split()[0] in html


def test_warning_shows_the_place_in_the_expression(build: Build) -> None:
    built = build({"index.rst": page(".. trace-derivative:: tr(A X")}, builder="dummy")
    assert "tr(A X\n" in built.log
    assert "^" in built.log


def test_false_claim_is_a_warning_with_a_counterexample(build: Build) -> None:
    text = ".. trace-derivative:: tr(A X)\n   :expect: 2*A'"
    built = build({"index.rst": page(text)})
    assert len(built.warnings) == 1
    assert "[trace_derivative.claim]" in built.log
    assert "array(" in built.log
    assert built.records()[0].status == "failed"
    html = built.page()
    assert "trace-derivative-failed" in html
    assert "trace-derivative-verified" not in html
    assert "trace-derivative-failure admonition error" in html
    assert "and false" in html


def test_false_result_is_never_shown_as_verified(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    derivations = importlib.import_module("trace_derivative.derivation")
    monkeypatch.setattr(derivations, "simplify", lambda e: scale(2, simplify(e)))
    built = build({"index.rst": page(".. trace-derivative:: tr(A X B)\n   :name: one")})
    assert "[trace_derivative.verification]" in built.log
    assert "[trace_derivative.claim]" not in built.log
    assert "np.array(" in built.log
    assert built.records()[0].status == "failed"
    html = built.page()
    assert "This equation is false:" in html
    assert "trace-derivative-verified" not in html
    text = build({}, builder="text").page("index.txt")
    assert "This equation is false:" in text


def test_false_claim_can_be_what_the_author_shows(build: Build) -> None:
    text = ".. trace-derivative:: tr(A X)\n   :expect: 2*A'\n   :expect-fails:"
    built = build({"index.rst": page(text)})
    assert built.log == ""
    assert built.records()[0].status == "verified"
    html = built.page()
    assert "trace-derivative-refuted" in html
    assert "admonition error" not in html
    shown = [block.astext() for block in built.doctree().findall(nodes.literal_block)]
    assert any("np.array(" in text for text in shown)


def test_claim_that_does_not_conform_is_shown_as_false(build: Build) -> None:
    text = ".. trace-derivative:: tr(A X B)\n   :expect: A*B'"
    built = build({"index.rst": page(text)})
    assert len(built.warnings) == 1
    assert "[trace_derivative.claim]" in built.log
    assert "does not conform" in built.log
    html = built.page()
    assert "does not conform" in html
    assert "A*B'" in html
    assert built.records()[0].status == "failed"
    refuted = build({"index.rst": page(f"{text}\n   :expect-fails:")})
    assert refuted.log == ""
    assert refuted.records()[0].status == "verified"
    assert "does not conform" in refuted.page()


def test_right_claim_that_should_be_false_is_a_warning(build: Build) -> None:
    text = ".. trace-derivative:: tr(A X)\n   :expect: A'\n   :expect-fails:"
    built = build({"index.rst": page(text)}, builder="dummy")
    assert "A' is right, but :expect-fails: says that it is wrong" in built.log
    assert "[trace_derivative.claim]" in built.log


def test_variable_that_does_not_occur_is_a_notice(build: Build) -> None:
    text = ".. trace-derivative:: tr(A B)\n   :wrt: X\n   :shapes: X: m n"
    built = build({"index.rst": page(text)})
    assert "[trace_derivative.notice]" in built.log
    assert "trace-derivative-notice" in built.page()
    assert built.records()[0].status == "verified"


def test_fault_of_the_engine_does_not_end_the_build(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr(engine, "_derive", fail)
    built = build({"index.rst": page(BEFORE, ".. trace-derivative:: tr(A X)", AFTER)})
    assert "[trace_derivative.internal]" in built.log
    assert "Traceback" not in built.log
    assert "After it" in built.page()


def test_unchanged_documents_are_said_again(build: Build) -> None:
    bad = page(".. trace-derivative:: tr(A X")
    files = {"index.rst": page(".. toctree::\n\n   bad\n   good"), "bad.rst": bad}
    first = build({**files, "good.rst": page("Fine.")})
    unchanged = build({**files, "good.rst": page("Fine.")})
    other_changed = build({**files, "good.rst": page("Better.")})
    assert len(first.warnings) == 1
    assert first.log == unchanged.log == other_changed.log
    mended = build({**files, "good.rst": page("Better."), "bad.rst": page("Gone.")})
    assert mended.log == ""


def test_warnings_can_be_suppressed_by_subtype(build: Build) -> None:
    files = {"index.rst": page(".. trace-derivative:: tr(A X")}
    assert build(files, suppress_warnings=["trace_derivative.input"]).log == ""
    assert build(files, suppress_warnings=["trace_derivative"], out="other").log == ""


def test_every_subtype_is_described() -> None:
    assert all(text.endswith(".") for text in SUBTYPES.values())
