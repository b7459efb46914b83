"""The Python interface: what `derive`, `check` and `equal` promise to callers outside."""

from __future__ import annotations

import gc
import json
import pickle
import weakref
from typing import Any

import numpy as np
import pytest

import trace_derivative as td


def test_attributes_of_a_derivation() -> None:
    d = td.derive("tr(A*X*B)", wrt="X", shapes={"A": ("p", "m"), "X": ("m", "n"), "B": ("n", "p")})
    assert str(d.function) == "tr(A*X*B)"
    assert str(d.variable) == "X"
    assert d.shapes == {"A": ("p", "m"), "X": ("m", "n"), "B": ("n", "p")}
    assert str(d.expansion) == "sum(i,j,k: A[i,j]*X[j,k]*B[k,i])"
    assert str(d.index_gradient) == "[j,k] sum(i: A[i,j]*B[k,i])"
    assert str(d.gradient) == "A'*B'"
    assert {r: str(e) for r, e in d.routes.items()} == {"index": "A'*B'", "identities": "A'*B'"}
    assert d.verification.passed
    assert {c.passed for c in d.verification.checks} == {True}


@pytest.mark.parametrize(
    ("text", "wrt", "shapes", "start"),
    [
        ("tr(A*X)", "X", "A: n m; X: m n", "[j,i] "),
        ("x'*A*x", "x", "", "[i] "),
        ("c*tr(A)", "c", "c: scalar", "[] "),
    ],
)
def test_index_gradient_begins_with_its_free_indices(
    text: str, wrt: str, shapes: str, start: str
) -> None:
    assert str(td.derive(text, wrt=wrt, shapes=shapes or None).index_gradient).startswith(start)


def test_values_come_back_as_declared() -> None:
    rng = np.random.default_rng(0)
    a, b, x = rng.normal(size=(2, 3)), rng.normal(size=(3, 2)), rng.normal(size=3)
    d = td.derive("tr(A*diag(x)*B)", wrt="x")
    assert d.gradient is not None
    flat = d.gradient.evaluate({"A": a, "B": b, "x": x})
    column = d.gradient.evaluate({"A": a, "B": b, "x": x[:, None]})
    assert flat.shape == column.shape == (3,)
    np.testing.assert_allclose(flat, np.diag(b @ a))


@pytest.mark.parametrize("text", ["tr(X)", "sum(X)", "tr(A)"])
def test_constants_take_their_size_from_the_variable(text: str) -> None:
    d = td.derive(text, wrt="X", shapes="X: n n; A: n n" if "A" in text else "X: n n")
    assert d.gradient is not None
    assert d.gradient.evaluate({"X": np.ones((3, 3)), "A": np.ones((3, 3))}).shape == (3, 3)


def test_several_variables_share_the_reading() -> None:
    found = td.derive("norm2(X - W*H)^2", wrt=["W", "H"])
    assert [str(d.gradient) for d in found] == ["-2*(X - W*H)*H'", "-2*W'*(X - W*H)"]


def test_abbreviations() -> None:
    d = td.derive("tr(D*D')", wrt="X", where={"D": "B*X*C'"})
    assert str(d.gradient) == "2*B'*B*X*C'*C"
    assert str(d.written) == "tr(D*D')"
    assert str(d.function) == "tr(B*X*C'*(B*X*C')')"


def test_abbreviations_as_text_may_use_earlier_ones() -> None:
    d = td.derive("tr(F)", wrt="X", where="D = A*X; F = D*B")
    assert str(d.gradient) == "A'*B'"


def test_assumptions_simplify_the_result_and_steer_the_samples() -> None:
    d = td.derive("x'*S*x", wrt="x", shapes="S: n n", assume={"S": "symmetric"})
    assert str(d.gradient) == "2*S*x"
    assert all(np.allclose(s.values["S"], s.values["S"].T) for s in d.samples)
    assert d.verification.passed


def test_symmetry_of_the_variable_is_not_used_before_the_derivative() -> None:
    d = td.derive("tr(X'*X)", wrt="X", shapes="X: n n", assume={"X": "symmetric"})
    assert str(d.gradient) == "2*X"
    assert d.verification.passed


def test_variable_that_does_not_occur_gives_zero_with_a_notice() -> None:
    d = td.derive("tr(A*B)", wrt="X", shapes="X: m n")
    assert str(d.gradient) == "zeros(m,n)"
    assert str(d.index_gradient) == "[i,j] 0"
    assert "does not occur" in d.notices[0]
    assert d.verification.passed
    assert td.derive("tr(A*B)", wrt="c", shapes="c: scalar").gradient is not None


@pytest.mark.parametrize("structure", ["symmetric", "diagonal"])
def test_variable_with_a_structure_is_square_even_where_it_does_not_occur(structure: str) -> None:
    d = td.derive("x'*x", wrt="X", structure={"X": structure})
    rows, columns = d.shapes["X"]
    assert rows == columns
    assert str(d.gradient) == f"zeros({rows},{rows})"
    assert d.verification.passed


def test_nothing_is_computed_before_it_is_asked_for() -> None:
    d = td.derive("tr(A*X*B)", wrt="X")
    assert not {"by_index", "by_identities", "verification", "steps"} & set(vars(d))
    assert str(d.gradient) == "A'*B'"
    assert "verification" not in vars(d)
    assert "samples" not in vars(d)


def test_same_source_same_bytes() -> None:
    def page() -> str:
        td.clear_caches()
        d = td.derive("tr(V' log(A X B)) + tr(A X X' A')", wrt="X")
        return json.dumps(d.to_dict()) + d.text() + d.latex() + d.samples[0].as_python()

    assert page() == page()


def test_check_of_a_right_and_a_wrong_claim() -> None:
    assert td.check("A'*B'", of="tr(A*X*B)", wrt="X").passed
    wrong = td.check("2*A'*B'", of="tr(A*X*B)", wrt="X")
    assert not wrong
    assert wrong.max_relative_error == pytest.approx(0.5)
    assert "np.array" in wrong.counterexample


def test_claim_may_leave_out_sizes() -> None:
    assert td.check("(A'.*B)*ones", of="tr(A*diag(x)*B)", wrt="x").passed


def test_equal() -> None:
    assert td.equal("tr(A*B)", "tr(B*A)").passed
    assert td.equal("(A*B)'", "B'*A'").passed
    wrong = td.equal("(A*B)'", "A'*B'", shapes="A: n n; B: n n")
    assert not wrong.passed
    assert "entry [" in wrong.message


def test_index_notation_can_be_derived() -> None:
    d = td.derive("sum(i,j: A[i,j]*X[j,i])", wrt="X")
    assert str(d.gradient) == "A'"
    assert d.verification.passed


def test_only_candidate_may_be_left_out() -> None:
    assert str(td.derive("tr(A*X)").variable) == "X"
    with pytest.raises(td.ParseError, match="variable is not given"):
        td.derive("tr(A*B)")


@pytest.mark.parametrize(
    "options",
    [
        {"route": "left"},
        {"form": "short"},
        {"assume": {"X": "nice"}},
        {"assume": {"Q": "positive"}},
        {"structure": {"X": "round"}},
        {"assume": "X positive"},
        {"wrt": "2"},
    ],
)
def test_bad_options_are_errors_of_ours(options: dict[str, object]) -> None:
    given = {"wrt": "X", **options}
    with pytest.raises(td.TraceDerivativeError):
        td.derive("tr(A*X)", **given)  # type: ignore[arg-type]


def test_several_assumptions_may_be_a_list() -> None:
    for kinds in (
        "symmetric, invertible",
        ["symmetric", "invertible"],
        ("symmetric", "invertible"),
    ):
        d = td.derive("x'*S*x", wrt="x", assume={"S": kinds})
        assert str(d.gradient) == "2*S*x"
        assert d.options.assume == {"S": "symmetric, invertible"}
    assert td.derive("x'*S*x", wrt="x", assume={"S": []}).gradient == td.derive("x'*S*x").gradient


@pytest.mark.parametrize(
    ("options", "words", "hint"),
    [
        ({"structure": {"X": 5}}, "structure of X is 5, not a text", "symmetric, skew"),
        ({"structure": {"X": None}}, "structure of X is None, not a text", "symmetric, skew"),
        ({"structure": {"X": ["skew"]}}, "structure of X is ['skew'], not", "symmetric, skew"),
        ({"assume": {"X": None}}, "assume of X is None, not a text", "'symmetric, invertible'"),
        ({"assume": {"X": ["spd", 1]}}, "assume of X is ['spd', 1]", "'symmetric, invertible'"),
        ({"assume": {3: "spd"}}, "assume names 3, which is no name", "a text"),
        ({"assume": {"X": ["spd", "nice"]}}, "unknown assumption: nice", "symmetric"),
    ],
)
def test_options_that_are_no_texts(options: dict[str, Any], words: str, hint: str) -> None:
    with pytest.raises(td.ParseError) as caught:
        td.derive("tr(A*X)", wrt="X", **options)
    assert words in caught.value.message
    assert hint in caught.value.hint


def test_errors_can_be_pickled() -> None:
    with pytest.raises(td.ParseError) as caught:
        td.derive("tr(A*X", wrt="X")
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == str(caught.value)


def test_structured_variables() -> None:
    d = td.derive("tr(X^3)", wrt="X", structure={"X": "symmetric"})
    x = np.array([[1.0, 2.0], [2.0, -1.0]])
    assert d.gradient is not None
    full = 3 * (x @ x).T
    want = full + full.T - np.diag(np.diag(full))
    np.testing.assert_allclose(d.gradient.evaluate({"X": x}), want)


@pytest.mark.parametrize("structure", ["symmetric", "diagonal"])
def test_structured_results_are_verified(structure: str) -> None:
    d = td.derive("norm2(A*X*B - C)^2", wrt="X", structure={"X": structure}, shapes="X: n n")
    assert d.verification.passed, [(c.name, c.message) for c in d.verification.failures]
    wrong = td.derive(
        "tr(X^3)", wrt="X", structure={"X": structure}, expected="4*(X^2)'", shapes="X: n n"
    )
    assert not wrong.verification.passed
    assert [c.name for c in wrong.verification.failures] == ["expected"]


def test_derivation_goes_with_its_last_use() -> None:
    """It is no part of a cycle, so that nothing waits for a garbage collection."""
    gc.disable()
    try:
        d = td.derive("tr(A*X*B*X')", wrt="X")
        assert d.verification.passed
        assert all(step.check for step in d.steps)
        assert d.text()
        known = weakref.ref(d)
        del d
        assert known() is None
    finally:
        gc.enable()
