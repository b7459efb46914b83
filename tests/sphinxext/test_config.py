"""Configuration values: described once, checked once, and the default where they are invalid."""

from __future__ import annotations

from typing import Any

import pytest

from sphinx_trace_derivative.config import PARTS, describe, parse_show
from tests.sphinxext.conftest import Build, page

SOURCE = {"index.rst": page(".. trace-derivative:: tr(A X B)\n   :name: one")}

INVALID: list[tuple[str, Any]] = [
    ("show", "everything"),
    ("show", 3),
    ("route", "scenic"),
    ("form", "free"),
    ("verify", 1),
    ("samples", 2),
    ("samples", True),
    ("tolerance", 7.0),
    ("notation", {"transpose": "dagger"}),
    ("notation", {"colour": "red"}),
    ("notation", ["T"]),
    ("limits", {"seconds": -1}),
    ("limits", {"patience": 1}),
    ("limits", {"terms": "few"}),
    ("steps", "ajar"),
]


@pytest.mark.parametrize(("name", "value"), INVALID)
def test_invalid_value_is_one_warning_and_the_default(build: Build, name: str, value: Any) -> None:
    built = build(SOURCE, builder="dummy", **{f"trace_derivative_{name}": value})
    assert len(built.warnings) == 1, built.log
    assert f"WARNING: trace_derivative_{name}: " in built.log
    assert "[trace_derivative.config]" in built.log
    assert built.records()[0].status == "verified"


VALID: list[tuple[str, Any]] = [
    ("show", ["index", "matrix"]),
    ("show", "all"),
    ("route", "index"),
    ("form", "expanded"),
    ("samples", 5),
    ("tolerance", 1e-6),
    ("notation", {"transpose": "top", "trace": "paren", "bold": False, "function": "g"}),
    ("limits", {"seconds": 5, "terms": 100}),
]


@pytest.mark.parametrize(("name", "value"), VALID)
def test_valid_value_is_silent(build: Build, name: str, value: Any) -> None:
    assert build(SOURCE, builder="dummy", **{f"trace_derivative_{name}": value}).log == ""


def test_notation_reaches_the_page(build: Build) -> None:
    html = build(SOURCE, trace_derivative_notation={"transpose": "top", "trace": "paren"}).page()
    assert r"^{\top}" in html
    assert r"\mathrm{tr}\left(" in html


def test_verification_can_be_switched_off(build: Build) -> None:
    built = build(SOURCE, trace_derivative_verify=False)
    assert built.records()[0].status == "unchecked"


def test_limits_reach_the_engine(build: Build) -> None:
    built = build(SOURCE, builder="dummy", trace_derivative_limits={"length": 3})
    assert "[trace_derivative.limit]" in built.log


def test_table_describes_every_value() -> None:
    rows = list(describe())
    assert len(rows) == len({row.name for row in rows})
    for row in rows:
        assert row.name.startswith("trace_derivative_")
        assert row.about.endswith(".")
        assert isinstance(row.default, row.types)


def test_show() -> None:
    assert parse_show("matrix, index") == ("index", "matrix")
    assert parse_show(["code"]) == ("code",)
    assert parse_show("all") == PARTS
    with pytest.raises(ValueError, match="at least one"):
        parse_show(" ")
    with pytest.raises(ValueError, match="'nothing' is not a part"):
        parse_show("nothing")


def test_parts_are_those_of_the_engine() -> None:
    """The table is written twice, since reading the configuration must not import the engine."""
    from sphinx_trace_derivative import config
    from trace_derivative import presentation

    assert config.PARTS == presentation.PARTS
