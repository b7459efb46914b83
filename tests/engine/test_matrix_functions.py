"""Functions of a matrix: their gradients, what is equal to what, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import trace_derivative as td
from tests import matrix_functions as mf
from tests.engine import scipy_linalg
from tests.engine.latex_reader import evaluate_latex
from tests.engine.unicode_reader import evaluate_unicode
from trace_derivative import expr as ex, functions, numeric
from trace_derivative.matrix_functions import DERIVATIVES, NAMES, commutes
from trace_derivative.read import read
from trace_derivative.render_json import expr_dict
from trace_derivative.render_unicode import unicode
from trace_derivative.simplify import simplify

scipy_linalg.provide()

SCALARS = "p: scalar; q: scalar; t: scalar"


def simplified(text: str) -> str:
    return str(simplify(read(text, shapes=SCALARS).exprs[0]))


GRADIENTS = [
    ("tr(expm(X))", "expm(X)'"),
    ("tr(logm(X))", "inv(X)'"),
    ("tr(sqrtm(X))", "0.5*inv(sqrtm(X))'"),
    ("tr(X^p)", "p*(X^(p - 1))'"),
    ("tr(X^0.5)", "0.5*inv(sqrtm(X))'"),
    ("tr(sinm(X))", "cosm(X)'"),
    ("tr(arctanm(X))", "inv(X^2 + eye(M))'"),
    ("tr(sigmoidm(X))", "(eye(M) - sigmoidm(X)')*sigmoidm(X)'"),
    ("tr(softplusm(X))", "sigmoidm(X)'"),
    ("tr(expm(A*X*B))", "A'*expm(A*X*B)'*B'"),
    ("tr(logm(X'*X))", "2*X*inv(X'*X)"),
    ("tr(X*logm(X))", "logm(X)' + eye(M)"),
    ("tr(logm(X)*X)", "eye(M) + logm(X)'"),
    ("tr(X'*X*logm(X'*X))", "2*X*(logm(X'*X) + eye(N))"),
    ("tr(X*logm(X) - X*logm(Y))", "logm(X)' + eye(M) - logm(Y)'"),
    ("tr(X^2*expm(X))", "(2*X' + (X^2)')*expm(X)'"),
    ("tr(sqrtm(X)*logm(X))", "0.5*inv(sqrtm(X))'*logm(X)' + inv(sqrtm(X))'"),
    ("tr(A*expm(X))", "dexpm(X,A)'"),
    ("tr(A'*expm(X))", "dexpm(X',A)"),
    ("tr(A*expm(X)*B)", "dexpm(X,B*A)'"),
    ("tr(A*X^p)", "dpowm(X,A,p)'"),
    ("tr(A*dexpm(B,X))", "dexpm(B,A)'"),
    ("det(expm(X))", "exp(tr(X))*eye(M)"),
    ("logdet(sqrtm(X))", "0.5*inv(X)'"),
]


@pytest.mark.parametrize(("function", "expected"), GRADIENTS, ids=lambda v: v)
def test_gradient(function: str, expected: str) -> None:
    """Both routes, and every step by numbers."""
    d = td.derive(function, wrt="X", shapes=SCALARS)
    wanted = read(expected, symbols=d.symbols, expected=d.variable.shape).exprs[0]
    assert simplify(wanted) == simplify(d.gradient)
    for answer in d.routes.values():
        assert answer is not None
        assert td.equal(str(answer), expected, shapes=d.shapes).passed
    assert d.verification.passed, [(c.name, c.message) for c in d.verification.failures]


@pytest.mark.parametrize("word", NAMES)
def test_every_analytic_function_of_the_table(word: str) -> None:
    """As a trace, and with a cofactor that does not commute."""
    for text in (f"tr({word}(X))", f"tr(A*{word}(X*B))"):
        d = td.derive(text, wrt="X")
        assert d.verification.passed, [(c.name, c.message) for c in d.verification.failures]
        assert all(answer is not None for answer in d.routes.values())


def test_the_names_are_those_of_the_table() -> None:
    found = {n for n, f in functions.TABLE.items() if f.analytic and f.arity == 1}
    assert set(NAMES.values()) == found
    assert {"expm", "logm", "sqrtm", "cosm"} <= set(NAMES)
    assert {"dexpm", "dlogm", "dpowm"} <= set(DERIVATIVES)


def test_the_derivative_in_a_direction_against_a_block_matrix() -> None:
    d = td.derive("tr(A*logm(X))", wrt="X")
    assert d.gradient is not None
    rng = np.random.default_rng(5)
    a, x = rng.normal(size=(2, 4, 4)) + np.array([0, 6])[:, None, None] * np.eye(4)
    want = mf.frechet(mf.logm, x.T, a.T)
    assert np.allclose(d.gradient.evaluate({"A": a, "X": x}), want, rtol=1e-11)


def test_the_derivative_by_the_exponent() -> None:
    d = td.derive("tr(A*X^p)", wrt="p", shapes=SCALARS)
    assert str(d.gradient) == "tr(A*X^p*logm(X))"
    assert d.verification.passed


EQUAL = [
    ("det(expm(X))", "exp(tr(X))"),
    ("logdet(expm(X))", "tr(X)"),
    ("tr(logm(X))", "logdet(X)"),
    ("det(X^p)", "det(X)^p"),
    ("logdet(X^p)", "p*logdet(X)"),
    ("det(sqrtm(X))", "sqrt(det(X))"),
    ("inv(expm(X))", "expm(-X)"),
    ("inv(X^p)", "X^(-p)"),
    ("inv(X)^p", "X^(-p)"),
    ("sqrtm(X)*sqrtm(X)", "X"),
    ("sqrtm(X)^3", "X^1.5"),
    ("X^p*X^q", "X^(p + q)"),
    ("X^p*X", "X^(p + 1)"),
    ("inv(X)*X^p", "X^(p - 1)"),
    ("(X^p)^2", "X^(2*p)"),
    ("X^(1/2)", "sqrtm(X)"),
    ("X^-0.5", "inv(sqrtm(X))"),
    ("expm(X)*expm(2*X)", "expm(3*X)"),
    ("expm(X)*expm(-X)", "eye(M)"),
    ("expm(X)^2", "expm(2*X)"),
    ("expm(logm(X))", "X"),
    ("logm(inv(X))", "-logm(X)"),
    ("sqrtm(inv(X))", "inv(sqrtm(X))"),
    ("expm(X')", "expm(X)'"),
    ("cosm(2*X')", "cosm(2*X)'"),
    ("expm(X'*X)'", "expm(X'*X)"),
    ("(X')^p", "(X^p)'"),
    ("logm(X)*X", "X*logm(X)"),
    ("X'*X*inv(X'*X)", "eye(N)"),
    ("expm(diag(x))", "diag(exp(x))"),
    ("expm(zeros(n,n))", "eye(n)"),
    ("dexpm(X,3*A)", "3*dexpm(X,A)"),
    ("dexpm(X,X)", "X*expm(X)"),
    ("dexpm(X',A')", "dexpm(X,A)'"),
    ("dlogm(X,X^2)", "X"),
    ("dexpm(X,zeros(n,n))", "zeros(n,n)"),
    ("diag(dexpm(diag(x),A))", "exp(x).*diag(A)"),
    ("diag(dpowm(diag(x),A,p))", "p*(x.^(p - 1).*diag(A))"),
]


@pytest.mark.parametrize(("left", "right"), EQUAL, ids=lambda v: v)
def test_simplified_and_equal_by_numbers(left: str, right: str) -> None:
    assert simplified(left) == right
    assert td.equal(left, right, shapes=SCALARS).passed


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("expm(A)*expm(B)", "expm(A + B)"),
        ("logm(expm(4*X))", "4*X"),
        ("sqrtm(X^2)", "X"),
        ("sqrtm(A*B)", "sqrtm(A)*sqrtm(B)"),
        ("(X^3)^(1/3)", "X"),
        ("(X^4)^0.5", "X^2"),
        ("tr(A*expm(X)*B)", "tr(B*expm(X)*A)"),
    ],
)
def test_what_is_not_equal_is_not_taken_as_equal(left: str, right: str) -> None:
    assert simplified(left) != simplified(right)
    kinds = {"X": "orthogonal"} if left.startswith(("(X", "sqrtm(X")) else {}
    assert not td.equal(left, right, assume=kinds).passed


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("X*logm(X)", "X", True),
        ("inv(X + eye(n))", "expm(2*X)", True),
        ("X'*X", "logm(X'*X)", True),
        ("X'*X*expm(X'*X)", "X'*X", True),
        ("A", "X", False),
        ("X'", "X", False),
        ("X*A", "A*X", False),
        ("X*A*X", "A*X", False),
        ("X + A", "X", False),
    ],
)
def test_what_commutes(one: str, other: str, expected: bool) -> None:
    first, second = read(one, other, same_shape=True).exprs
    assert commutes(first, second) is expected


def test_a_function_of_a_symmetric_matrix_is_symmetric() -> None:
    d = td.derive("tr(A*S*logm(S))", wrt="A", assume={"S": "spd"})
    assert str(d.gradient) == "S*logm(S)"
    d = td.derive("tr(A*expm(S)*A')", wrt="A", assume={"S": "symmetric"})
    assert str(d.gradient) == "2*A*expm(S)"


def test_a_structured_variable() -> None:
    d = td.derive("tr(expm(X))", wrt="X", structure={"X": "symmetric"})
    assert d.verification.passed
    assert str(d.gradient) == "2*expm(X) - (expm(X).*eye(M))"


@pytest.mark.parametrize("function", ["tr(A*dexpm(X,B))", "tr(dpowm(X*A,B,2.5))"])
def test_a_second_derivative_is_refused(function: str) -> None:
    with pytest.raises(td.UnsupportedError, match="point at which") as caught:
        td.derive(function, wrt="X")
    assert caught.value.source == function


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        ("tr(expm(A*x))", td.ShapeError, "expm needs a square matrix"),
        ("tr(dexpm(X,x))", td.ShapeError, "dexpm needs two of one shape"),
        ("tr(dexpm(X))", td.ParseError, "dexpm takes two arguments, not 1"),
        ("tr(dpowm(X,A))", td.ParseError, "dpowm takes three arguments, not 2"),
        ("tr(dpowm(X,A,B))", td.ShapeError, "the exponent is"),
        ("tr(X^x)", td.ShapeError, "the exponent is a vector"),
        ("tr(expm)", td.ParseError, "needs brackets"),
        ("tr(absm(X))", td.ParseError, "unknown function"),
    ],
)
def test_what_is_wrong_is_said(text: str, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        td.derive(text, wrt="X", shapes="X: n n")


def test_of_a_scalar_it_is_the_function() -> None:
    assert simplified("expm(alpha)") == "exp(alpha)"
    assert simplified("dexpm(alpha,beta)") == "exp(alpha)*beta"


def test_samples_are_inside_the_domain_and_not_symmetric() -> None:
    d = td.derive("tr(A*logm(X)) + tr(Y^p) + tr(A*arcsinm(B))", wrt="X", shapes=SCALARS)
    for sample in d.samples:
        for name in ("X", "Y"):
            eigenvalues = np.linalg.eigvals(sample.values[name])
            assert (np.abs(np.angle(eigenvalues)) < np.pi - 0.01).all()
            assert not np.allclose(sample.values[name], sample.values[name].T)
        b = np.linalg.eigvals(sample.values["B"])
        assert (np.abs(b[np.abs(b.imag) < 1e-12]) < 1).all()


def test_index_notation() -> None:
    d = td.derive("tr(expm(X))", wrt="X")
    assert str(d.expansion) == "sum(i: expm(X)[i,i])"
    assert str(d.index_gradient) == "[j,k] expm(X)[k,j]"
    d = td.derive("tr(A*expm(X))", wrt="X", shapes="X: n n")
    kernel = "dexpm(X,eye(n)[:,k]*eye(n)[:,l]')[j,i]"
    assert str(d.index_gradient) == f"[k,l] sum(i,j: A[i,j]*{kernel})"


def test_print() -> None:
    symbols: dict[str, Any] = {n: ex.symbol(n, ("n", "n")) for n in "XA"}
    e = read("tr(dpowm(X,A,p)*expm(X))", shapes=SCALARS, symbols=symbols).exprs[0]
    assert r"L_{(\cdot)^{p}}\left(\mathbf{X}, \mathbf{A}\right)" in e.latex()
    assert r"\operatorname{expm}\left(\mathbf{X}\right)" in e.latex()
    assert r"\exp\left(\mathbf{X}\right)" in read("exp(X)").exprs[0].latex()
    block = "np.block([[X, A], [np.zeros((n, n)), X]])"
    assert f"scipy.linalg.fractional_matrix_power({block}, p)[:n, n:]" in e.numpy()


@pytest.mark.parametrize(
    "text",
    [
        "expm(X)",
        "sqrtm(X)",
        "X^0.5",
        "X^p",
        "(X*A)^(-p)",
        "logm(X)'*A",
        "tr(cosm(2*X) - A)*A",
        "dexpm(X',X*A)",
        "2*dlogm(X,A)'*A",
        "dpowm(X,A - X,1.5)",
        "dpowm(X,A,p)*X",
    ],
)
def test_prints_are_read_as_what_they_mean(text: str) -> None:
    """LaTeX and Unicode, by readers that know no renderer; and the text."""
    symbols = {n: ex.symbol(n, ("n", "n")) for n in "XA"}
    e = read(text, shapes="p: scalar", symbols=symbols).exprs[0]
    rng = np.random.default_rng(3)
    values = {n: rng.uniform(0.2, 1, (3, 3)) + 3 * np.eye(3) for n in "XA"} | {"p": 0.7}
    want = e.evaluate(values)
    sizes: dict[str, Any] = {"dims": {"n": 3}, "indices": {}}
    for got in (
        evaluate_latex(e.latex(), values, **sizes),
        evaluate_unicode(unicode(e), values, **sizes),
        read(str(e), shapes="p: scalar", symbols=symbols).exprs[0].evaluate(values),
    ):
        assert np.allclose(got, want, rtol=1e-10)


def test_json() -> None:
    e = read("dpowm(X,A,p)", shapes="p: scalar").exprs[0]
    found = expr_dict(e)
    assert (found["kind"], found["function"]) == ("frechet_derivative", "pow")
    assert [found[k]["name"] for k in ("argument", "direction")] == ["X", "A"]
    assert [p["name"] for p in found["parameters"]] == ["p"]
    found = expr_dict(read("expm(X)").exprs[0])
    assert (found["kind"], found["function"], found["parameters"]) == ("matrix_function", "exp", [])


def test_the_page_says_what_the_sign_means() -> None:
    d = td.derive("tr(A*expm(X))", wrt="X")
    assert d.text().count("Fréchet derivative of the matrix function") == 1
    assert "where dexpm(Z, E) is the Fréchet derivative" in d.text()


@pytest.mark.parametrize("word", NAMES)
def test_code_of_every_function_and_of_its_derivative(word: str) -> None:
    """Against the engine's own values, by eigenvalues, and against differences."""
    d = td.derive(f"tr(A*{word}(X))", wrt="X", shapes="X: n n; A: n n")
    rng = np.random.default_rng(3)
    a, e = rng.normal(size=(3, 3)), rng.normal(size=(3, 3))
    x = 0.4 * np.eye(3) + 0.1 * rng.normal(size=(3, 3))
    scope: dict[str, Any] = {}
    exec(d.numpy(), scope)
    got = scope["gradient"](**{n: {"A": a, "X": x}[n] for n in d.symbols})
    assert d.gradient is not None
    assert np.allclose(got, d.gradient.evaluate({"A": a, "X": x}), rtol=1e-9, atol=1e-12)
    h = 1e-5
    moved = [d.function.evaluate({"A": a, "X": x + s * h * e}) for s in (1, -1)]
    assert np.allclose(np.sum(got * e), (moved[0] - moved[1]) / (2 * h), rtol=1e-6)


@pytest.mark.parametrize("text", ["tr(A*expm(X*B))", "norm2(sqrtm(X))^2", "sum(tanhm(X))^2"])
def test_einsum_of_kernels(text: str) -> None:
    """The derivative in the direction of every entry is an array of four axes in the code."""
    d = td.derive(text, wrt="X", shapes="X: n n; A: n n; B: n n")
    rng = np.random.default_rng(4)
    values = {n: np.eye(3) + 0.2 * rng.normal(size=(3, 3)) for n in d.symbols}
    scope: dict[str, Any] = {}
    exec(d.einsum(), scope)
    want = numeric.gradient(d.function, d.variable, values)
    assert np.allclose(scope["gradient"](**values), want, rtol=1e-8)


def test_einsum_of_a_unit_matrix_in_a_vec() -> None:
    d = td.derive("vec(X)'*K*vec(X)", wrt="X", shapes="X: m n; K: m*n m*n")
    rng = np.random.default_rng(4)
    values = {"X": rng.normal(size=(2, 3)), "K": rng.normal(size=(6, 6))}
    scope: dict[str, Any] = {}
    exec(d.einsum(), scope)
    want = numeric.gradient(d.function, d.variable, values)
    assert np.allclose(scope["gradient"](**values), want, rtol=1e-10)
