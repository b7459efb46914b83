"""Options: text in, a request out, or a sentence that says what is wrong."""

from __future__ import annotations

import pytest

from sphinx_trace_derivative.config import Settings
from sphinx_trace_derivative.options import inline_request, join_expression, read_request

SETTINGS = Settings()


def test_defaults_come_from_the_settings() -> None:
    request = read_request("tr(A X)", {}, SETTINGS)
    assert (request.route, request.form, request.samples) == ("both", "compact", 3)
    assert request.wrt == ()
    assert request.verify


def test_lists_take_semicolons_and_lines() -> None:
    request = read_request(
        "tr(A X)",
        {
            "wrt": "W, H  W",
            "shapes": "A: p m\nX: m n; B: n p",
            "where": "D = B*C\n E = A*B;",
            "assume": "S: symmetric; X: positive",
            "numbers": "function=6 =9",
            "samples": "12",
            "tolerance": "1e-6",
        },
        SETTINGS,
    )
    assert request.wrt == ("W", "H")
    assert request.shapes == "A: p m; X: m n; B: n p"
    assert request.where == {"D": "B*C", "E": "A*B"}
    assert request.assume == {"S": "symmetric", "X": "positive"}
    assert request.numbers == {"function": "6", "": "9"}
    assert (request.samples, request.tolerance) == (12, 1e-6)


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("where", "D", "`name = value` is expected, not 'D'"),
        ("assume", "A: x; A: y", "A is given twice"),
        ("numbers", "6", "`part=number` is expected"),
        ("numbers", "=6 =7", "gives a second number"),
        ("numbers", "=6_", "`part=number` is expected"),
        ("samples", "-3", "a number from 3 to 1000"),
        ("tolerance", "small", "could not convert"),
        ("tolerance", "nan", "a number from 1e-13"),
    ],
)
def test_wrong_value_is_named(option: str, value: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"option :{option}:: .*{message}"):
        read_request("tr(A X)", {option: value}, SETTINGS)


def test_inline_text_has_three_parts() -> None:
    request = inline_request("tr(A X);  X ; A: p m; X: m p", SETTINGS)
    assert request.function == "tr(A X)"
    assert request.wrt == ("X",)
    assert request.shapes == "A: p m; X: m p"


def test_expression_comes_once() -> None:
    assert join_expression(["tr(A\nX)"], []) == "tr(A\nX)"
    assert join_expression([], ["tr(A", "X)"]) == "tr(A\nX)"
    with pytest.raises(ValueError, match="not as both"):
        join_expression(["tr(A X)"], ["tr(A X)"])
