"""Functions from the literature and other tools' tests, against NumPy code written by hand."""

from __future__ import annotations

import numpy as np
import pytest

import trace_derivative as td
from tests.literature.oracle import Case, draw, gradient, load, value
from trace_derivative.evaluate import Evaluator
from trace_derivative.length import length
from trace_derivative.read import read

CASES = load()


def derivation(case: Case) -> td.Derivation:
    """The derivation of a case."""
    return td.derive(
        case.expr,
        wrt=case.wrt,
        shapes=case.declared(),
        assume=case.assumptions,
        structure=dict(case.structure),
    )


def assert_close(got: object, want: object, case: Case) -> None:
    """Equal to rounding, or to the error of differences."""
    a, b = np.asarray(got), np.asarray(want)
    tolerance = 1e-5 if case.nonsmooth else 1e-8
    assert a.shape == b.shape
    assert np.max(np.abs(a - b)) <= tolerance * max(float(np.max(np.abs(b))), 1e-300)


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.id)
def test_case(case: Case) -> None:
    """Both routes, the index forms as printed, and the literature's own answer."""
    d = derivation(case)
    expansion = read(str(d.expansion), symbols=d.symbols).exprs[0]
    form = read(str(d.index_gradient), symbols=d.symbols, expected=d.variable.shape)
    for seed in range(2):
        values = draw(case, seed)
        want = gradient(case, values)
        for name, answer in d.routes.items():
            assert answer is not None, name
            again = read(str(answer), symbols=d.symbols, expected=d.variable.shape).exprs[0]
            assert_close(again.evaluate(values, dict(case.dims)), want, case)
        at = Evaluator(values, dict(case.dims))
        assert_close(at.value(expansion), value(case, values), case)
        if not case.structure:
            assert_close(at.value(form.exprs[0], form.free), want, case)


@pytest.mark.parametrize("case", CASES[::4], ids=lambda c: c.id)
def test_whole_derivation_is_verified(case: Case) -> None:
    v = derivation(case).verification
    assert v.passed, [(c.name, c.message) for c in v.failures]


@pytest.mark.parametrize("case", [c for c in CASES if not c.structure], ids=lambda c: c.id)
def test_answer_of_the_literature_passes_the_check(case: Case) -> None:
    found = td.check(
        case.expected, of=case.expr, wrt=case.wrt, shapes=case.declared(), assume=case.assumptions
    )
    assert found.passed, found.message


def test_answers_are_about_as_short_as_those_of_the_literature() -> None:
    """At least 97 of a hundred have no more symbols than what is printed."""
    short = 0
    for case in CASES:
        d = derivation(case)
        given = read(case.expected, symbols=d.symbols, expected=d.variable.shape).exprs[0]
        assert d.gradient is not None
        short += length(d.gradient) <= length(given)
    assert short >= 0.97 * len(CASES), f"{short} of {len(CASES)}"
