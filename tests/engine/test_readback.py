"""What is printed means the same as operations of a program as to the reader that infers."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest

import trace_derivative as td
from tests.random_expressions.generate import case
from trace_derivative import expr as ex, indexed as ix
from trace_derivative.evaluate import Evaluator
from trace_derivative.expr import Index
from trace_derivative.journey import indices_in
from trace_derivative.plan import Planner
from trace_derivative.planned import OpenError
from trace_derivative.program import Program
from trace_derivative.read import read
from trace_derivative.readback import Reader
from trace_derivative.run import Run
from trace_derivative.statements import Derivative, EntryOfResult, Side

Array = np.ndarray[Any, Any]

FUNCTIONS = [
    ("tr(A X X^T B C X^T X C)", "X", ""),
    ("norm2(X - W*H)^2", "W", ""),
    ("tr(V' log(A X' B))", "X", ""),
    ("tr(J A diag(x) B)", "x", "J: ones"),
    ("tr(sum(k: V' log(A diag(B[k,:] X) C)))", "X", ""),
    ("tr(rows(k: (A[k,:]*X).^2)*B)", "X", ""),
    ("log(det(X*X')) + alpha^2*sum(max(X, C))", "X", ""),
    ("tr(expm(X)) + tr(tril(X)*A)", "X", ""),
    ("tr(A^p*X) + sum(x.^a)/3", "X", "p: scalar; a: scalar"),
    ("sum([x', y'; A, B]*ones(p))", "x", ""),
    ("norm2(kron(A,X))^2 + vec(X)'*c", "X", ""),
    ("sum(i,j: delta(i,j)*X[i,j])*3.25e-2", "X", ""),
    ("sum(softmax_rows(X).*C) - logsumexp(A*X) + norm1(X)", "X", ""),
    ("tr(A*inv(X)*B)/det(X)^2 - x'*X*x/2", "X", ""),
    ("sum(X./(A*B).^(1/2))*c^-2", "X", "c: scalar"),
    ("tr(A*X*B*X'*C*X*D*X'*E*X)", "X", ""),
    ("norm2(X*X' - I)^2 + sum(diag(X*C))", "X", ""),
]


def _values_of(d: td.Derivation, side: Side, free: tuple[Index, ...]) -> tuple[Array, Array]:
    """A side by both readers, at the first sample."""
    sample = d.samples[0]
    symbols = dict(d.symbols)
    values = dict(sample.values)
    for step in d.steps:
        for definition in step.where:
            if not definition.value.free and definition.value.symbols <= values.keys():
                symbols[definition.symbol.name] = definition.symbol
                at = Evaluator(values, sample.dims)
                values[definition.symbol.name] = at.value(definition.value)
    ranges = {i.name: i.dim for i in {*free, *indices_in(d.function)}}
    if isinstance(side, ix.Term):
        ranges |= ix.ranges(side)
    program = Program(sample.dims)
    slot = Reader(program, symbols).slot(str(side), ranges)
    run = Run(program, _two_dimensional(symbols, values, sample.dims), sample.dims)
    array, axes = run.value(slot), program.axes[slot]
    again = read(
        f"[{','.join(i.name for i in free)}] {side}" if free else str(side),
        symbols=symbols,
        ranges=ranges,
    ).exprs[0]
    other, own = Evaluator(values, sample.dims).array(again)
    order = [own.index(name) for name in axes]
    return array, other.transpose(*order, other.ndim - 2, other.ndim - 1)


def _two_dimensional(
    symbols: dict[str, ex.Symbol], values: dict[str, Array], dims: dict[str, int]
) -> dict[str, Array]:
    size = Evaluator(values, dims).size
    return {n: np.reshape(values[n], [size(d) for d in s.shape]) for n, s in symbols.items()}


@pytest.mark.parametrize(("function", "variable", "shapes"), FUNCTIONS)
def test_every_side_has_the_value_that_the_other_reader_gives_it(
    function: str, variable: str, shapes: str
) -> None:
    d = td.derive(function, variable, shapes=shapes or None)
    compared = 0
    for step in d.steps:
        if any(definition.value.free for definition in step.where):
            continue
        for side in (step.lhs, step.rhs):
            if isinstance(side, ex.Node | ix.Term) and not isinstance(side, EntryOfResult):
                array, other = _values_of(d, side, step.free)
                np.testing.assert_allclose(array, other, rtol=1e-9, atol=1e-12)
                compared += 1
    assert compared > 2


@pytest.mark.parametrize("number", range(60))
def test_random_functions_have_one_value_as_expression_and_as_text(number: int) -> None:
    found = case("readback", number)
    try:
        d = td.derive(found.text, wrt=found.wrt[0], **found.options)
        sample = d.samples[0]
    except td.TraceDerivativeError:
        pytest.skip("refused, or no sample point")
    program = Program(sample.dims)
    given = _two_dimensional(dict(d.symbols), sample.values, sample.dims)

    try:
        slots = [
            Planner(program).slot(d.function),
            Reader(program, d.symbols).slot(str(d.function), {}),
        ]
    except OpenError:
        pytest.skip("left to the other reader")
    value = Evaluator(sample.values, sample.dims).value(d.function)
    for slot in slots:
        array = Run(program, given, sample.dims).value(slot)
        np.testing.assert_allclose(array[0, 0], value, rtol=1e-9)


A, X = ex.symbol("A", ("m", "n")), ex.symbol("x", ("n", 1))
SYMBOLS = {
    "A": A,
    "x": X,
    "Q": ex.symbol("Q", ("n", "n")),
    "a": ex.symbol("a", ex.SCALAR),
}


@pytest.mark.parametrize(
    "text",
    [
        "A*y",  # a name that is no symbol
        "A*ones",  # a size that is not written
        "A*(x",
        "A)*x",
        "A*x)",
        "",
        "()",
        "A*",
        "A x",
        "A[i",
        "A[i,j,k]",
        "A?",
        "A*x + 1",
        "delta(i,j)",  # an index without a range
        "sum(k: x[j])",
        "[A, x",
        "#",
        "#0",
        "(x)2",
        "2^x",  # would be elementwise
        "x^x",
        "Q^x",
        "exp(A,A)",
        "max(x)",
        "kron(A)",
        "dot(x,x,x)",
        "expm(Q,Q)",
        "eye(n,m)",
        "ones(n,)",
        "ones(m,n,n)",
        "tr(A)",
        "inv(x)",
        "det(A)",
        "A^2",
        "unvec(A,m,n)",
        "[A, A; A]",
        "A[:,:]",
        "A[1,j]",
        "x.*A",  # NumPy would repeat the column
        "A + x",
        "sum(i: A[i,j]*x[i])",  # an index over two dimensions
        "sum(i,i: 2)",
        "sum(i: a*x[j,i])",
        "rows(i,j: A[i,:])",
    ],
)
def test_what_is_open_or_wrong_is_left_to_the_other_reader(text: str) -> None:
    with pytest.raises(OpenError):
        _closed(text)


def _closed(text: str) -> int:
    """The slot of a text; an index that nothing binds is seen where the value is asked for."""
    reader = Reader(Program({"m": 2, "n": 3}), SYMBOLS)
    slot = reader.slot(text, {"k": "n"} if "k" in text else {})
    if reader.program.axes[slot]:
        raise OpenError
    return slot


def test_an_exponent_with_an_index_is_no_number() -> None:
    """`X[i,j]^delta(i,j)` is one off the diagonal."""
    shapes = "X: n n"
    for power, total in (
        ("X[i,j]^delta(i,j)", "sum(X)"),
        ("2^delta(i,j)*X[i,j]", "2*sum(X)"),
        ("X[i,j]^(1-delta(i,j))", "sum(i,j: X[i,j]^0)"),
    ):
        assert not td.equal(f"sum(i,j: {power})", total, shapes=shapes).passed
    assert td.equal("sum(i,j: 2^delta(i,j)*X[i,j])", "sum(X) + tr(X)", shapes=shapes).passed


@pytest.mark.parametrize(
    ("text", "passed"),
    [
        ("log(2)*2.^(x)", True),
        ("log(3)*2.^x", False),
        ("log(2)*2^x", None),
        ("(log(2)*2.^x)2", None),
        ("exp(x,x)", None),
    ],
)
def test_a_side_that_is_printed_wrong_is_found(
    text: str, passed: bool | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check fails, or the text is refused as one that is not of the language."""
    d = td.derive("sum(2.^x)", wrt="x", shapes="x: n")
    right = d.gradient
    assert right is not None
    plain = ex.Node.__str__
    monkeypatch.setattr(ex.Node, "__str__", lambda e: text if e == right else plain(e))
    compared = partial(d.verifier.compare, "result", Derivative(None, d.variable), right)
    if passed is None:
        with pytest.raises(td.TraceDerivativeError):
            compared()
    else:
        assert compared().passed == passed


def test_an_index_may_have_the_name_of_a_symbol() -> None:
    """Where a name stands tells which of both it is; a derivation names parts as it likes."""
    program = Program()
    slot = Reader(program, SYMBOLS).slot("sum(x: A[i,x]*x[x])", {"x": "n", "i": "m"})
    values = {"A": np.arange(6.0).reshape(2, 3), "x": np.array([[1.0], [2.0], [4.0]])}
    found = Run(program, values, {"m": 2, "n": 3}).value(slot)
    np.testing.assert_allclose(found[..., 0], values["A"] @ values["x"])


def test_a_delta_is_read_anew_where_its_index_runs_over_another_dimension() -> None:
    program = Program()
    reader = Reader(program, SYMBOLS)
    first = reader.slot("sum(i,j: delta(i,j))", {"i": "m", "j": "m"})
    second = reader.slot("sum(i,j: delta(i,j))", {"i": "n", "j": "n"})
    run = Run(program, {}, {"m": 2, "n": 3})
    assert (run.value(first).item(), run.value(second).item()) == (2, 3)


def test_a_bracket_is_read_once_in_all_texts() -> None:
    program = Program()
    reader = Reader(program, SYMBOLS)
    reader.slot("exp(A*x)'*exp(A*x)", {})
    count = len(program.operations)
    reader.slot("sum(exp(A*x))", {})
    assert len(program.operations) == count + 1


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("Q^2'", "(Q^2)'"),
        ("Q^(2)'*x", "(Q*Q)'*x"),
        ("x'.^2", "(x.^2)'"),
        ("Q''", "Q"),
        ("[x, x]'", "[x'; x']"),
        ("a^-2*x", "x/(a*a)"),
        ("Q'^2", "(Q*Q)'"),
        ("2.5*a^1.5", "(2.5)*(a^(1.5))"),
    ],
)
def test_what_stands_behind_an_operand_belongs_to_it(text: str, same: str) -> None:
    program = Program({"m": 2, "n": 3})
    reader = Reader(program, SYMBOLS)
    slots = [reader.slot(text, {}), reader.slot(same, {})]
    rng = np.random.default_rng(1)
    values = {"Q": rng.normal(size=(3, 3)), "x": rng.normal(size=(3, 1)), "a": np.array([[1.7]])}
    run = Run(program, values, {"m": 2, "n": 3})
    np.testing.assert_allclose(*[run.value(slot) for slot in slots])


@pytest.mark.parametrize(
    "text", ["(x)2", "(a)(x)", "#1#", "a(x)", "2(x)", "x'2", "A[i,j]x", "1.5.2"]
)
def test_what_stands_side_by_side_is_no_product(text: str) -> None:
    with pytest.raises(OpenError):
        _closed(text)
