"""Deep compositions are derived and shown by names for their layers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import trace_derivative as td
from trace_derivative import differentiate, expr as ex, index_route, indexed as ix, layers
from trace_derivative.careful import Careful
from trace_derivative.evaluate import Evaluator
from trace_derivative.layers import DEEPEST, Folding
from trace_derivative.read import read
from trace_derivative.simplify import flip
from trace_derivative.statements import Definition, Derivative, Step

Array = np.ndarray[Any, Any]


def network(depth: int, inner: str = "W1*X") -> str:
    text = inner
    for k in range(2, depth + 1):
        text = f"W{k}*tanh({text})"
    return f"norm2(Y - tanh({text}))^2"


def definitions_of(d: td.Derivation) -> dict[str, str]:
    return {x.symbol.name: str(x.value) for x in d.layers.definitions}


def test_layers_are_named_from_the_inside_out() -> None:
    d = td.derive(network(4), wrt="W1")
    assert definitions_of(d) == {
        "Z1": "W1*X",
        "Z2": "W2*tanh(Z1)",
        "Z3": "W3*tanh(Z2)",
        "Z4": "W4*tanh(Z3)",
    }
    assert str(d.steps[1]) == "f = norm2(Y - tanh(Z4))^2"
    assert d.steps[1].where == d.layers.definitions


def test_a_shallow_composition_is_written_out() -> None:
    d = td.derive(network(DEEPEST), wrt="W1")
    assert not d.layers
    assert not any("Z1" in str(s) for s in d.steps)


def test_depth_is_that_of_what_depends_on_the_variable() -> None:
    assert not td.derive(network(6), wrt="W5").layers
    assert set(definitions_of(td.derive(network(6), wrt="W3"))) == {"Z1", "Z2", "Z3", "Z4"}


def test_the_results_are_written_out() -> None:
    d = td.derive(network(5), wrt="W1")
    names = {*definitions_of(d)}
    assert d.gradient is not None
    for result in (d.gradient, d.expansion, d.index_gradient.body, *d.routes.values()):
        assert result is not None
        assert not names & result.symbols


def test_names_avoid_those_in_use_and_take_the_authors() -> None:
    taken = td.derive(network(4, "Z1*X"), wrt="Z1")
    assert {*definitions_of(taken)} == {"Z2", "Z3", "Z4", "Z5"}
    given = td.derive(network(4, "P"), wrt="W1", where="P = W1*X")
    assert definitions_of(given)["P"] == "W1*X"
    for d in (taken, given):
        assert d.verification.passed


def test_of_two_names_for_one_layer_the_first_is_taken() -> None:
    d = td.derive("sum(tanh(sin(tanh(sin(D)))))", wrt="X", where="D = A*X; G = A*X")
    assert next(iter(definitions_of(d))) == "D"


def test_a_layer_and_its_transpose_have_one_name() -> None:
    text = "norm2(tanh(sin(tanh(sin(A*X)))))^2 + sum(tanh(sin(tanh(sin(X'*A')))))"
    d = td.derive(text, wrt="X")
    assert list(definitions_of(d)) == ["Z1", "Z2", "Z3", "Z4"]
    assert d.verification.passed


DEEP = [
    (network(5), "W1", ""),
    (network(5), "W3", ""),
    (network(4), "X", ""),
    ("sum(tanh(W*tanh(W*tanh(W*tanh(W*x)))))", "W", ""),
    ("sum(tanh(W*tanh(W*tanh(W*tanh(W*x)))))", "x", ""),
    ("sum(exp(sin(cos(tanh(sigmoid(A*X))))).*B)", "X", ""),
    ("sum(tanh(tanh(tanh(tanh(x'*A)*B)*C)*D))", "x", ""),
    ("sum(tanh(tanh(tanh(tanh(x'*A)*B)*C)*D))", "A", ""),
    ("log(1+exp(sin(tanh(cos(tr(A*X))))))", "X", ""),
    ("tr(A*inv(eye(n)+tanh(B*tanh(B*tanh(B*tanh(X))))))", "X", "X: n n"),
    ("sum(((((x.^2+y).^2+y).^2+y).^2+y).^2)", "x", ""),
    ("sum(exp(a./(a+exp(a./(a+exp(a./(a+exp(x))))))))", "x", ""),
    ("sum(relu(A*relu(B*relu(C*relu(D*x)))))", "D", ""),
    ("sum(k: sum(tanh(tanh(tanh(tanh(B[k,:]*X))))))", "X", ""),
    ("sum(h + tanh(W*h))", "x", "W: n n"),
    ("det(eye(n) + tanh(tanh(tanh(tanh(X)*X)*X)*X))", "X", "X: n n"),
    ("norm2(kron(A, tanh(tanh(tanh(tanh(X))))))^2", "X", ""),
]
WHERE = {"sum(h + tanh(W*h))": "g = tanh(W*x); p = g + tanh(W*g); q = p + tanh(W*p); h = tanh(W*q)"}


@pytest.mark.parametrize(("text", "wrt", "shapes"), DEEP)
def test_every_step_is_verified(text: str, wrt: str, shapes: str) -> None:
    d = td.derive(text, wrt=wrt, shapes=shapes or None, where=WHERE.get(text))
    assert d.verification.passed, d.verification.failures
    assert d.latex()


@pytest.mark.parametrize(("text", "wrt", "shapes"), DEEP)
def test_written_out_again_it_is_the_function(text: str, wrt: str, shapes: str) -> None:
    d = td.derive(text, wrt=wrt, shapes=shapes or None, where=WHERE.get(text))
    assert d.layers.written_out(d.in_indices.shown) == d.function


def value(d: td.Derivation, e: ex.Expr, values: dict[str, Array], dims: dict[str, int]) -> Array:
    """A shown expression at values of the symbols; the layers have theirs by their definitions."""
    for x in d.layers.definitions:
        values = {**values, x.symbol.name: Evaluator(values, dims).value(x.value)}
    axes = d.in_indices.gradient.free if e.free else ()
    return np.asarray(Evaluator(values, dims).value(e, axes))


@pytest.mark.parametrize(("text", "wrt", "shapes"), DEEP)
def test_shown_derivatives_are_those_of_the_function(text: str, wrt: str, shapes: str) -> None:
    """Central differences of the function as it was written, of which the engine knows nothing."""
    d = td.derive(text, wrt=wrt, shapes=shapes or None, where=WHERE.get(text))
    sample = d.samples[0]
    values, dims = dict(sample.values), sample.dims
    x = np.asarray(values[wrt])
    slope, step = np.zeros_like(x), 1e-6
    for place in np.ndindex(x.shape):
        moved = np.zeros_like(x)
        moved[place] = step
        ends = [
            Evaluator({**values, wrt: x + sign * moved}, dims).value(d.function) for sign in (1, -1)
        ]
        slope[place] = np.ravel(ends[0] - ends[1])[0] / (2 * step)
    symbols = {**d.symbols, **{x.symbol.name: x.symbol for x in d.layers.definitions}}
    text = str(d.in_indices.gradient)
    shown = [read(text, symbols=symbols, expected=d.variable.shape).exprs[0]]
    shown += [s.rhs for s in d.steps if s.kind == "matrix" and isinstance(s.rhs, ex.Node)]
    for e in shown:
        found = value(d, e, values, dims)
        largest = np.max(np.abs(slope))
        np.testing.assert_allclose(found.reshape(x.shape), slope, rtol=1e-5, atol=1e-6 * largest)


LAYERS = st.lists(
    st.sampled_from(["tanh({})", "sin({})", "(W*{})", "exp(-{}.^2)", "(V.*{})", "({}+V)"]),
    min_size=6,
    max_size=14,
)


@settings(max_examples=30, deadline=None)
@given(LAYERS, st.sampled_from(["X", "W", "V"]))
def test_towers_of_any_make_are_verified(made: list[str], wrt: str) -> None:
    text = "X"
    for layer in made:
        text = layer.format(text)
    shapes = dict.fromkeys("XWV", ("n", "n"))
    d = td.derive(f"sum({text})", wrt=wrt, shapes=shapes, limits=td.Limits(terms=500))
    assert d.layers.written_out(d.in_indices.shown) == d.function
    if wrt in d.function.symbols:
        assert d.verification.passed, d.verification.failures


def test_the_display_grows_with_the_depth() -> None:
    lengths = [len(td.derive(network(depth), wrt="W1").latex()) for depth in (8, 16)]
    assert lengths[1] < 2.2 * lengths[0]


def test_what_is_named_is_shown_by_its_name_and_its_transpose() -> None:
    value = read("A*X").exprs[0]
    name = ex.symbol("Z", value.shape)
    folding = Folding({value: name})
    assert folding(ex.apply("exp", value)) == ex.apply("exp", name)
    assert folding(ex.apply("exp", flip(value))) == ex.apply("exp", ex.transpose(name))


OWN = "A = W1*X; B = W2*tanh(A); C = W3*tanh(B); D = W4*tanh(C)"
BACK = "-2*((J - tanh(A).^2).*(W2'*((J - tanh(B).^2).*(W3'*((J - tanh(C).^2).*(W4'*({})))))))*X'"
LAST = "(J - tanh(D).^2).*(W5'*(Y - W5*tanh({})))"


def claimed(last: str) -> td.Derivation:
    claim = BACK.format(LAST.format(last)).replace("J", "ones")
    return td.derive("norm2(Y - W5*tanh(D))^2", wrt="W1", where=OWN, expected=claim)


def test_the_authors_names_are_shown_once_and_stand_in_the_claim() -> None:
    d = claimed("D")
    assert d.verification.passed
    shown = d.text()
    assert shown.count("‖Y - W5 tanh(D)‖_F²") == 1
    assert "C = W3 tanh(B)" in shown
    assert "tanh(W1 X)" not in shown


def test_a_claim_is_shown_as_written() -> None:
    d = td.derive("tr(A*X*B)", wrt="X", where="D = B*A", expected="D'")
    assert d.verification.passed
    shown = d.text()
    assert "D = B A" in shown
    assert "∂tr[A X B]/∂X = Dᵀ" in shown
    wrong = td.derive("norm2(Y - W5*tanh(D))^2", wrt="W1", where=OWN, expected="W1*X*tanh(D)")
    assert "≠ W1 X tanh(D)" in wrong.text()


def test_a_counterexample_says_what_the_names_stand_for() -> None:
    d = td.derive(network(4), wrt="W1", expected="-2*W1")
    assert not d.verification.passed
    d = td.derive(network(4).replace("W", "V"), wrt="V1", shapes="V1: n n")
    wrong = Step("matrix", Derivative(None, d.variable), d.layers.definitions[1].symbol, "")
    check = d.verifier.check(wrong, "wrong")
    assert not check.passed
    assert "# Z1 = V1*X\n# Z2 = V2*tanh(Z1)\n" in check.counterexample


# ------------------------------------------------------------------------ what is wrong is found


def failing(d: td.Derivation) -> set[str]:
    return {c.name for c in d.verification.failures}


def test_a_wrong_layer_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    right = layers.Layers

    def wrong(definitions: tuple[Definition, ...], values: tuple[ex.Expr, ...]) -> layers.Layers:
        first, *others = definitions
        bad = Definition(first.symbol, ex.scale(2, first.value), constant=False)
        return right((bad, *others), values)

    monkeypatch.setattr(layers, "Layers", wrong)
    assert "function-2" in failing(td.derive(network(4), wrt="W1"))


def test_a_wrong_chain_rule_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    right = differentiate._opened

    def wrong(t: ix.Element, by: Any) -> Any:
        opened = right(t, by)
        return opened and (ix.times(ix.num(2), opened[0]), opened[1])

    monkeypatch.setattr(differentiate, "_opened", wrong)
    assert "index gradient" in failing(td.derive(network(4), wrt="W1"))


def test_a_wrong_result_written_out_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    right = index_route.total

    def wrong(occurrences: Any, function: Any, names: layers.Layers = layers.NO_LAYERS) -> Any:
        free, body = right(occurrences, function, names)
        return free, body if names else ix.times(ix.num(2), body)

    monkeypatch.setattr(index_route, "total", wrong)
    assert failing(td.derive(network(4), wrt="W1")) == {"index gradient, written out"}


def test_the_closer_look_knows_the_layers() -> None:
    d = td.derive(network(4), wrt="W1")
    verifier = d.verifier
    assert isinstance(verifier._closer, Careful)
    for step in d.steps:
        check = verifier._closer.compare(step.kind, step.lhs, step.rhs, step.free)
        assert check.passed, check
    wrong = Step(
        "matrix", d.steps[1].lhs, ex.scale(2, ex.total(d.layers.definitions[0].symbol)), ""
    )
    assert not verifier.check(wrong, "wrong").passed
