"""Every worked derivative of the notes, by both routes, against functions written by hand."""

from __future__ import annotations

import numpy as np
import pytest

import trace_derivative as td
from tests.engine.notes import CASES, ROWS, Case
from tests.engine.oracle import central_gradient, complex_gradient, draw
from trace_derivative.evaluate import Evaluator
from trace_derivative.read import read

ALL = (*CASES, ROWS)


@pytest.fixture(params=ALL, ids=lambda c: c.equations)
def case(request: pytest.FixtureRequest) -> Case:
    """One worked example."""
    return request.param  # type: ignore[no-any-return]


def derivation(case: Case, **options: object) -> td.Derivation:
    """The derivation of a case."""
    return td.derive(case.text, wrt=case.wrt, shapes=dict(case.shapes), **options)


@pytest.mark.parametrize("route", ["index", "identities"])
def test_route_gives_the_numeric_derivative(case: Case, route: str) -> None:
    d = derivation(case)
    answer = d.routes[route]
    assert answer is not None
    for seed in range(3):
        values = draw(case, seed)
        want = complex_gradient(case, values)
        got = answer.evaluate(values)
        assert got.shape == want.shape
        np.testing.assert_allclose(got, want, rtol=1e-10, atol=1e-12)


def test_oracles_agree(case: Case) -> None:
    values = draw(case, 0)
    step, differences = complex_gradient(case, values), central_gradient(case, values)
    np.testing.assert_allclose(step, differences, rtol=1e-6, atol=1e-8)


def test_printed_result_of_the_notes_is_found_right(case: Case) -> None:
    found = td.check(case.gradient, of=case.text, wrt=case.wrt, shapes=dict(case.shapes))
    assert found.passed, found.message


def test_expansion_has_the_value_of_the_function(case: Case) -> None:
    d = derivation(case)
    e = read(str(d.expansion), symbols=d.symbols).exprs[0]
    values = draw(case, 1)
    np.testing.assert_allclose(e.evaluate(values), case(values), rtol=1e-10)


def test_index_gradient_as_printed_is_right(case: Case) -> None:
    d = derivation(case)
    reading = read(str(d.index_gradient), symbols=d.symbols, expected=d.variable.shape)
    assert len(reading.free) == len(case.shapes[case.wrt])
    values = draw(case, 2)
    got = Evaluator(values).value(reading.exprs[0], reading.free)
    np.testing.assert_allclose(got, complex_gradient(case, values), rtol=1e-10, atol=1e-12)


def test_whole_derivation_is_verified(case: Case) -> None:
    v = derivation(case).verification
    assert v.passed
    assert v.samples >= 3
    assert v.max_relative_error < 1e-11


@pytest.mark.parametrize("text", [c.text for c in ALL])
def test_shapes_need_no_declaration(text: str) -> None:
    case = next(c for c in ALL if c.text == text)
    given = dict(case.shapes) if "ones(" in text else None
    d = td.derive(text, wrt=case.wrt, shapes=given)
    assert d.verification.passed


EXACT = {
    "6-9": "A'*B'",
    "10-12": "B*A",
    "13-18": "A'*C*X'*B' + B'*X'*A'*C",
    "19-21": "A'*C'*X'*X*C'*B'*X + B*C*X'*X*C*A*X + X*C*A*X*X'*B*C + X*C'*B'*X*X'*A'*C'",
    "22-24": "-2*(X - W*H)*H'",
    "25-27": "A'*(V./(A*X*B))*B'",
    "28": "B*(V./(A*X'*B))'*A",
    "29-31": "(A'.*B)*ones(p)",
    "32-36": "(A'*ones(p)).*(B*ones(q))",
    "37-41": "((A'*(V./(A*diag(x)*B))).*B)*ones(q)",
    "42-46": "B'*rows(k: ones(q)'*(((V./(A*diag(B[k,:]*X)*C))'*A).*C'))",
}


@pytest.mark.parametrize("equations", EXACT)
def test_form_is_that_of_the_notes(equations: str) -> None:
    case = next(c for c in ALL if c.equations == equations)
    assert str(derivation(case).gradient) == EXACT[equations]


def test_expanded_form_is_equation_24() -> None:
    case = next(c for c in ALL if c.equations == "22-24")
    assert str(derivation(case, form="expanded").gradient) == "-2*X*H' + 2*W*H*H'"


BEAST = "tr(A X X^T B C X^T X C)"
PRINTED_21 = "A C^T X^T X C^T B^T X + B C X^T X C A X + X C A X X^T B C + X C^T B^T X X^T A^T C^T"


def test_misprint_in_21_is_found() -> None:
    wrong = td.check(PRINTED_21, of=BEAST, wrt="X")
    assert not wrong.passed
    assert "np.array" in wrong.counterexample
    assert "entry [" in wrong.message
    right = td.check(PRINTED_21.replace("A C^T", "A^T C^T", 1), of=BEAST, wrt="X")
    assert right.passed


def test_counterexample_of_21_is_a_counterexample() -> None:
    """The pasted values really show that the printed formula is wrong."""
    wrong = td.check(PRINTED_21, of=BEAST, wrt="X")
    scope: dict[str, object] = {}
    exec(wrong.counterexample, scope)
    v = scope["values"]
    A, X, B, C = (np.asarray(v[n]) for n in "AXBC")  # type: ignore[index]

    def f(x: np.ndarray) -> complex:
        return complex(np.trace(A @ x @ x.T @ B @ C @ x.T @ x @ C))

    slope = np.zeros(X.shape)
    for at in np.ndindex(*X.shape):
        step = np.zeros(X.shape, dtype=complex)
        step[at] = 1e-20j
        slope[at] = f(X + step).imag / 1e-20
    printed = (
        A @ C.T @ X.T @ X @ C.T @ B.T @ X
        + B @ C @ X.T @ X @ C @ A @ X
        + X @ C @ A @ X @ X.T @ B @ C
        + X @ C.T @ B.T @ X @ X.T @ A.T @ C.T
    )
    assert np.max(np.abs(printed - slope)) > 1e-3
    tail = C.T @ X.T @ X @ C.T @ B.T @ X
    np.testing.assert_allclose(printed - A @ tail + A.T @ tail, slope, rtol=1e-9)
