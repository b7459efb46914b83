"""A short run of the random expressions, and what makes it worth something.

The long run is `benchmarks/random_expressions.py`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import get_args

import pytest

import trace_derivative as td
from tests.random_expressions.check import CRASH, REFUSED, RIGHT, WRONG, Depth, check, shrunk
from tests.random_expressions.generate import Case, case
from tests.random_expressions.texts import bad_text, check_text
from trace_derivative import expr as ex, functions, operators
from trace_derivative.functions import TABLE, U

CHUNK = 250


@pytest.mark.parametrize("start", range(0, 4 * CHUNK, CHUNK))
def test_random_expressions_are_derived_right(start: int) -> None:
    kinds: Counter[str] = Counter()
    for number in range(start, start + CHUNK):
        made = case("ci", number)
        verdict = check(made, number, Depth.of(number, CHUNK))
        assert not verdict.bad, f"{verdict}\n{made.call}"
        kinds[verdict.kind] += 1
    assert kinds[RIGHT] > 0.8 * CHUNK
    assert kinds[REFUSED] < 0.05 * CHUNK


def test_random_texts_are_answered_or_refused_with_a_place() -> None:
    for number in range(2 * CHUNK):
        text, options = bad_text("ci", number)
        verdict = check_text(text, options)
        assert verdict.kind in (RIGHT, REFUSED), f"{verdict}\n{text!r} {options}"


def test_the_expressions_cover_the_language() -> None:
    kinds: set[type] = set()
    names: set[str] = set()
    wholes: set[str] = set()
    for number in range(2500):
        made = case("coverage", number)
        if "where" in made.options:
            continue
        try:
            function = td.derive(made.text, made.wrt[0], **made.options).function
        except td.TraceDerivativeError:
            continue
        for node in ex.walk(function):
            kinds.add(type(node))
            if isinstance(node, ex.Apply):
                names.add(node.function)
            elif isinstance(node, ex.Operation):
                wholes.add(node.operator)
    assert wholes == operators.TABLE.keys()
    assert kinds >= set(get_args(ex.Expr)) - {ex.Frechet, ex.Unvec}  # which stand in answers
    assert names >= TABLE.keys()
    assert names - TABLE.keys()  # some of SymPy's


def test_every_argument_of_derive_comes_up() -> None:
    found: set[str] = set()
    several = 0
    for number in range(300):
        made = case("arguments", number)
        found |= made.options.keys()
        several += len(made.wrt) > 1
    assert found == {"shapes", "where", "assume", "structure", "form", "route"}
    assert several


def test_the_same_number_gives_the_same_expression() -> None:
    assert case("s", 7).call == case("s", 7).call
    assert case("s", 7).call != case("s", 8).call


def _sabotaged(monkeypatch: pytest.MonkeyPatch) -> Case:
    """A case with a sine in it, whose derivative is made wrong."""
    monkeypatch.setitem(
        TABLE, "sin", replace(TABLE["sin"], derivatives=(functions.apply("sin", U),))
    )
    td.clear_caches()
    return next(
        made
        for made in (case("sine", number) for number in range(5000))
        if "sum(sin(" in made.text and check(made, 0).kind == WRONG
    )


def test_a_wrong_rule_is_found_and_the_case_shrunk(monkeypatch: pytest.MonkeyPatch) -> None:
    made = _sabotaged(monkeypatch)
    verdict = check(made, 0)
    assert verdict.kind == WRONG
    less = shrunk(made, verdict, 0, Depth.TEXTS, seconds=10)
    assert len(less.text) <= len(made.text)
    assert "sin(" in less.text
    assert check(less, 0).kind == WRONG
    td.clear_caches()


def test_a_crash_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise KeyError("broken")

    monkeypatch.setattr(td, "derive", fail)
    verdict = check(case("s", 1), 0)
    assert verdict.kind == CRASH
    assert "KeyError" in verdict.reason
