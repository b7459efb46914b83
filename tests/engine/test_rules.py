"""The rules of simplification, one by one: the form they give, and that it is an identity.

The oracle is the value of the expression as it was written, at random points.
"""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings, strategies as st

from tests.engine.strategies import SMOOTH, expressions
from trace_derivative import expr as ex, sizes
from trace_derivative.domain import complaint_at
from trace_derivative.expr import Expr
from trace_derivative.factor import factored
from trace_derivative.length import length
from trace_derivative.read import read
from trace_derivative.simplify import simplify

SHAPES = (
    "A: n n; B: n n; C: n n; X: n n; R: m n; S: n k; D: m n; E: m n; x: n; y: n; z: m; w: k;"
    "a: scalar; b: scalar; c: scalar"
)
SIZES = {"n": 4, "m": 3, "k": 2}


def parsed(text: str) -> Expr:
    """An expression over the symbols of this module."""
    return read(text, shapes=SHAPES).exprs[0]


def values(seed: int) -> dict[str, np.ndarray]:
    """Values of all symbols: positive, so that they are in every domain; squares invertible."""
    rng = np.random.default_rng(seed)
    found: dict[str, np.ndarray] = {}
    for name, dims in (part.split(":") for part in SHAPES.split(";")):
        sizes = tuple(SIZES[d] for d in dims.split() if d in SIZES)
        value = rng.uniform(0.4, 1.6, sizes)
        square = len(sizes) == 2 and sizes[0] == sizes[1]
        found[name.strip()] = value + 3 * np.eye(sizes[0]) if square else value
    return found


def value(e: Expr, seed: int) -> np.ndarray:
    """The value of an expression at random values."""
    at = {n: v for n, v in values(seed).items() if n in e.symbols}
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return np.asarray(e.evaluate(at, SIZES))


INVERSES = [
    ("A'*inv(A*X)'", "inv(X)'"),
    ("A*X*inv(X'*A*X)", "inv(X)'"),
    ("A*inv(B*X*A)*B", "inv(X)"),
    ("inv(X*X')*X", "inv(X)'"),
    ("A'*inv((A*X)')^2", "inv(X)'*inv(A*X)'"),
    ("X'*inv(A*B*X)'*A'", "X'*inv(A*B*X)'*A'"),
    ("inv(X'*A')", "inv(A*X)'"),
    ("inv(inv(A)*X)", "inv(X)*A"),
    ("inv(A*inv(B)*C)", "inv(A*inv(B)*C)"),
    ("R'*inv(R*A*R')", "R'*inv(R*A*R')"),
    ("S*inv(S'*A*S)", "S*inv(S'*A*S)"),
    ("eye(n) + inv(eye(n) + X)*(eye(n) - X)", "2*inv(eye(n) + X)"),
    ("eye(n) + (eye(n) - X)*inv(eye(n) + X)", "2*inv(eye(n) + X)"),
    ("inv(X)*A*inv(X)^2 + inv(X)^2*B*inv(X)", "inv(X)*(A*inv(X) + inv(X)*B)*inv(X)"),
]
FUNCTIONS = [
    ("exp(a)/(1 + exp(a))", "sigmoid(a)"),
    ("exp(x)./(ones(n) + exp(x))", "sigmoid(x)"),
    ("exp(-x)./(exp(-x) + ones(n))", "sigmoid(-x)"),
    ("exp(x)./(ones(n) + exp(y))", "exp(x)./(ones(n) + exp(y))"),
    ("exp(a)^2/(1 + exp(a))^2", "sigmoid(a)^2"),
    ("1 - sigmoid(-a)", "sigmoid(a)"),
    ("ones(n) - sigmoid(-2*x)", "sigmoid(2*x)"),
    ("ones(n) - sigmoid(x)", "ones(n) - sigmoid(x)"),
    ("abs(x).^2.*sign(x)", "abs(x).*x"),
    ("abs(x).^0.5.*sign(x)", "abs(x).^0.5.*sign(x)"),
    ("a/sqrt(a)", "sqrt(a)"),
    ("sqrt(a)/a", "1/sqrt(a)"),
    ("a*sqrt(a)", "a^1.5"),
]
POWERS = [
    ("x.^2./y.^2", "(x./y).^2"),
    ("x.^2.*y.^2", "(x.*y).^2"),
    ("x.^2./y.^3", "x.^2./y.^3"),
    ("(x/c).^2", "(x/c).^2"),
    ("(1 - a)/(a*(a - 1))", "-1/a"),
    ("(a - b)^3*(b - a)^2", "(a - b)^5"),
    ("1/(c*(1 + a/c))", "1/(a + c)"),
    ("x./(ones(n) + y/c)/c", "x./(c*ones(n) + y)"),
    ("(y - A*x)./(A*x)", "y./(A*x) - ones(n)"),
    ("(x - y)./y", "(x - y)./y"),
    ("a/(a + 1) - a^2/(a + 1)^2", "a/(a + 1)^2"),
    ("x/(1 + a) - a*x/(1 + a)^2", "x/(a + 1)^2"),
    ("y/(a*b) - c*x/(a^3*b)", "(y - c*x/a^2)/(a*b)"),
    ("a^2*b - b^2*a", "a*b*(a - b)"),
]
DIAGONALS = [
    ("(A'.*B)*ones(n)", "(A'.*B)*ones(n)"),
    ("((R'*D).*A')*ones(n)", "diag(R'*D*A)"),
    ("((R'*D).*A)*ones(n)", "((R'*D).*A)*ones(n)"),
    ("((R*A).*(R*A*B))*ones(n)", "diag(R*A*B*A'*R')"),
    ("((R*diag(x)).*D)*ones(n)", "(R.*D)*x"),
    ("diag(A*diag(x)*B)", "(A.*B')*x"),
    ("(A'.*B)*ones(n)*x'", "diag(B*A)*x'"),
]
SUMS = [
    ("tr(A*B*C) + tr(C*A*B) + tr(B'*A'*C')", "3*tr(A*B*C)"),
    ("x - y - (x - 2*y)", "y"),
    ("2*(x - y) + 3*(x + y)", "5*x + y"),
    ("-(x - y) + A*x", "A*x - (x - y)"),
    ("-x.*(ones(n) - y) + (ones(n) - x).*y", "y - x"),
    ("-R*(x.*(ones(n) - y)) + R*((ones(n) - x).*y)", "R*(y - x)"),
    ("A.*B.*C + A.*B.*X", "A.*B.*(C + X)"),
    ("x./y - ones(n)./y", "(x - ones(n))./y"),
    ("x.*y.^2 - y.^3", "y.^2.*(x - y)"),
    ("(A*x).*y + (B*x).*y", "y.*((A + B)*x)"),
    ("A + X*(A + A') + A'", "(eye(n) + X)*(A + A')"),
    ("(A - X*(A + A') + A')*S*w", "(eye(n) - X)*(A + A')*S*w"),
    ("0.5*x - a*y", "0.5*x - a*y"),
    ("A*x/a - b*x/a^2", "(A*x - b*x/a)/a"),
]

MULTIPLES = [
    ("norm2(-2*X)", "2*norm2(X)"),
    ("norm2(-R/4)^2", "0.0625*norm2(R)^2"),
    ("norm1(-2*X)", "2*norm1(X)"),
    ("norm2(a*X)", "norm2(a*X)"),
    ("abs(-2*X)", "2*abs(X)"),
    ("sign(-2*X)", "-sign(X)"),
    ("sign(3*(x - y))", "sign(x - y)"),
    ("sign(-a/2)", "-sign(a)"),
    ("abs(a*X)", "abs(a*X)"),
]
SHARES = [
    ("softmax_rows(R)*ones(n)", "ones(m)"),
    ("softmax_rows(R)*ones(n,k)", "ones(m,k)"),
    ("ones(m)'*softmax_columns(R)", "ones(n)'"),
    ("softmax_columns(R)'*ones(m)", "ones(n)"),
    ("softmax_rows(R)*softmax_columns(R)'*ones(m)", "ones(m)"),
    ("softmax_columns(R)*ones(n)", "softmax_columns(R)*ones(n)"),
    ("sum(softmax(x))", "1"),
    ("softmax(x)'*ones(n)", "1"),
    ("sum(softmax_rows(R))", "tr(eye(m))"),
    ("sum(softmax_columns(R)')", "tr(eye(n))"),
    ("softmax_rows(x)", "ones(n)"),
    ("softmax_columns(x)", "softmax_columns(x)"),
    ("softmax_columns(x')", "ones(n)'"),
    ("logsumexp_rows(x)", "x"),
    ("logsumexp_columns(x')", "x"),
    ("logsumexp_columns(R*x)", "logsumexp_columns(R*x)"),
    ("sum(ones(m))", "tr(eye(m))"),
    ("sum(ones(m,n))", "tr(eye(m))*tr(eye(n))"),
    ("sum(eye(n))", "tr(eye(n))"),
]
EXPONENTS = [
    ("a^b*a^b", "a^(2*b)"),
    ("a^b*a^c", "a^(b + c)"),
    ("a^(2*b)/a^b", "a^b"),
    ("a^b/a^b", "1"),
    ("a*a^(b - 1)", "a^b"),
    ("a^b*a", "a^b*a"),
    ("a^b*c^b", "a^b*c^b"),
    ("a^0.5", "sqrt(a)"),
    ("a^-0.5", "1/sqrt(a)"),
    ("(x'*y)^0.5", "sqrt(x'*y)"),
]
TRIANGLES = [
    ("tril(inv(tril(X)))", "inv(tril(X))"),
    ("tril(tril(A)*tril(B))", "tril(A)*tril(B)"),
    ("tril(triu(A)'*tril(B))", "triu(A)'*tril(B)"),
    ("triu(tril(A)*tril(B))", "diag(diag(tril(A)*tril(B)))"),
    ("tril(tril(A)*triu(B))", "tril(tril(A)*triu(B))"),
    ("tril(tril(A) + tril(B)^2)", "tril(A) + tril(B)^2"),
]
SIGNS = [
    ("sin(-x) + cos(-x)", "cos(x) - sin(x)"),
    ("tanh(-A*x)", "-tanh(A*x)"),
    ("sign(x - y) - sign(y - x)", "2*sign(x - y)"),
    ("abs(x - y) - abs(y - x)", "zeros(n)"),
    ("cos(A*x - y) + cos(y - A*x)", "2*cos(A*x - y)"),
    ("exp(-x + y)", "exp(-x + y)"),
    ("-(exp(x) - y)", "y - exp(x)"),
    ("A*(-x + exp(y)).*y", "(A*(exp(y) - x)).*y"),
    ("-x - y", "-x - y"),
]
WHOLES = [
    ("sum((x*y').*A)", "x'*A*y"),
    ("sum(a*(x*y').*A.*B)", "a*x'*(A.*B)*y"),
    ("tr(((x*y').*A)*B')", "x'*(A.*B)*y"),
    ("tr(((x*y').*A)'*B)", "x'*(A.*B)*y"),
    ("sum(exp(A'))", "sum(exp(A))"),
    ("det(inv(A))", "1/det(A)"),
    ("det(A^3)", "det(A)^3"),
    ("det(A^-2)", "1/det(A)^2"),
    ("inv(diag(x))", "diag(ones(n)./x)"),
    ("diag(x).^2", "diag(x.^2)"),
    ("diag(x)*ones(n,k)", "x*ones(k)'"),
    ("ones(k,n)*diag(x)", "ones(k)*x'"),
    ("ones(m,n)*x", "sum(x)*ones(m)"),
    ("ones(m,n)*A*x", "ones(m,n)*A*x"),
    ("ones(m)'*ones(m,n)*x*a^(ones(k)'*ones(k,n)*x)", "tr(eye(m))*sum(x)*a^(tr(eye(k))*sum(x))"),
    ("sum(triu(A - B).^2) - sum(triu(B - A).^2)", "0"),
    ("norm2(x - y) - norm2(y - x)", "0"),
    ("tr(dexpm(a*A,B)*C)", "tr(dexpm(a*A,B)*C)"),
    ("tr(dexpm(A,B)*A^2)", "tr(B*A^2*expm(A))"),
    ("tr(dexpm(a*A,B)*A)", "tr(B*A*expm(a*A))"),
]
INDICES = [
    ("sum(k: x[k])", "sum(x)"),
    ("sum(k: A[k,k])", "tr(A)"),
    ("sum(k: x[k]*y[k])", "x'*y"),
    ("sum(k: a*x[k]^2)", "a*x'*x"),
    ("sum(k: x[k]*exp(y[k])/A[k,k])", "(exp(y)./diag(A))'*x"),
    ("sum(k: (x[k] + 1)*sqrt(y[k]))", "(x + ones(n))'*sqrt(y)"),
    ("sum(k: x[k]*A)", "sum(x)*A"),
    ("sum(i,j: x[i]*A[i,j]*y[j])", "x'*A*y"),
    ("rows(k: A[k,k]/x[k])", "diag(A)./x"),
    ("rows(k: sum(A[k,:])*sum(A[:,k]))", "(A*ones(n)).*(A'*ones(n))"),
    ("rows(k: tanh(A[k,:]*x)*y[k])", "tanh(A*x).*y"),
    ("rows(k: x'*A[:,k]*y[k])", "(A'*x).*y"),
    ("rows(k: x[k]*y')", "x*y'"),
    ("rows(k: x[k]*A[k,:]*B)", "diag(x)*A*B"),
    ("rows(k: x[k]*eye(n)[k,:])", "diag(x)"),
    ("rows(k: det(x[k]*A)*y[k])", "rows(k: det(x[k]*A)*y[k])"),
]
NEAT = [*SIGNS, *WHOLES, *INDICES, *MULTIPLES, *SHARES, *EXPONENTS, *TRIANGLES]


@pytest.mark.parametrize(
    ("text", "expected"), [*INVERSES, *FUNCTIONS, *POWERS, *DIAGONALS, *SUMS, *NEAT]
)
def test_form_and_value(text: str, expected: str) -> None:
    before = parsed(text)
    after = factored(simplify(before))
    assert str(after) == expected
    for seed in range(3):
        np.testing.assert_allclose(value(after, seed), value(before, seed), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("text", "expected"), SUMS + POWERS + FUNCTIONS)
def test_a_short_form_stays(text: str, expected: str) -> None:
    again = factored(simplify(parsed(expected)))
    assert length(again) == length(parsed(expected))


@pytest.mark.parametrize("text", [text for text, _ in MULTIPLES])
def test_multiples_of_either_sign(text: str) -> None:
    before = parsed(text)
    at = {n: (-1) ** np.indices(v.shape).sum(0) * v for n, v in values(7).items()}
    for sign in (1, -1):
        point = {n: sign * at[n] for n in before.symbols}
        want = before.evaluate(point, SIZES)
        np.testing.assert_allclose(simplify(before).evaluate(point, SIZES), want, rtol=1e-12)


def test_a_sign_over_its_size() -> None:
    for text, expected in (("sign(x)./abs(x)", "ones(n)./x"), ("sign(a)/abs(a)", "1/a")):
        assert str(simplify(parsed(text))) == expected
    point = np.array([0.5, -2.0, 3.0, -0.25])
    np.testing.assert_allclose(parsed("sign(x)./abs(x)").evaluate({"x": point}), 1 / point)


def test_a_rectangular_factor_of_an_inverse_is_not_cancelled() -> None:
    """`inv(R*X*R')` exists where no `inv(R)` does."""
    e = parsed("R'*inv(R*X*R')*R")
    assert factored(simplify(e)) == e


SQUARE = ("A", "B", "X")
VECTORS = ("x", "y")
TEMPLATES = [text for text, _ in (*INVERSES, *FUNCTIONS, *POWERS, *DIAGONALS, *SUMS, *NEAT)]


@settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=600)
@given(st.sampled_from(TEMPLATES), st.data())
def test_rules_are_identities_whatever_the_parts_are(text: str, data: st.DataObject) -> None:
    """The symbols of a rule's left side replaced by random expressions."""
    template = parsed(text)
    new: dict[str, Expr] = {}
    for name in sorted(template.symbols & {*SQUARE, *VECTORS}):
        shape = ("n", "n") if name in SQUARE else ("n", 1)
        drawn = data.draw(expressions(shape, depth=2, functions=SMOOTH, indices=False))
        new[name] = ex.substitute(drawn, {s: _other(s, drawn) for s in drawn.symbols})
    before = ex.substitute(template, new)
    try:
        after = factored(simplify(before))
    except ZeroDivisionError:
        assume(False)
        raise
    checked = 0
    for seed in range(4):
        want, got = _finite(before, seed), _finite(after, seed)
        if want is not None and got is not None and _is_stable(before, want, seed):
            size = max(1.0, float(np.max(np.abs(want))))
            assert np.max(np.abs(got - want)) <= 1e-6 * size, (str(before), str(after))
            checked += 1
    assume(checked)


def _other(name: str, e: Expr) -> Expr:
    """A symbol of this module for one of the random expressions, of its shape."""
    symbol = next(node for node in ex.walk(e) if isinstance(node, ex.Symbol) and node.name == name)
    return ex.symbol(f"{name}_", symbol.shape, symbol.rank)


def _finite(e: Expr, seed: int, nudge: float = 0.0) -> np.ndarray | None:
    """The value at random values of either sign; None where it is no number or enormous."""
    rng = np.random.default_rng(seed)
    known = {**SIZES, "p": 5}
    at = {}
    for s in sorted({n for n in ex.walk(e) if isinstance(n, ex.Symbol)}, key=lambda s: s.name):
        drawn = np.random.default_rng([seed, *s.name.encode()])
        shape = tuple(sizes.value(d, known.__getitem__) for d in s.shape)[: s.rank]
        at[s.name] = drawn.uniform(0.3, 1.3, shape) * drawn.choice([-1.0, 1.0], shape)
        at[s.name] = at[s.name] * (1 + nudge * rng.normal(size=shape))
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            if complaint_at((e,), at, known, 1e100) is not None:
                return None  # the inverse of a singular matrix, say
            found = np.asarray(e.evaluate(at, known))
        except (ArithmeticError, ValueError):
            return None
    return found if np.all(np.isfinite(found)) and np.max(np.abs(found), initial=0) < 1e8 else None


def _is_stable(e: Expr, want: np.ndarray, seed: int) -> bool:
    """Does rounding in the input make no great difference to the value?"""
    moved = _finite(e, seed, 1e-12)
    size = max(1.0, float(np.max(np.abs(want))))
    return moved is not None and bool(np.max(np.abs(moved - want)) <= 1e-8 * size)
