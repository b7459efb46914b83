"""What is said of functions that have no derivative at some points."""

from __future__ import annotations

import pytest

import trace_derivative as td

KINK = "has a kink or a jump at 0: the derivative holds where no argument of it is 0"
KINKS = "have a kink or a jump at 0: the derivative holds where no argument of theirs is 0"
NORM = "norm2 is not differentiable at 0: the derivative holds elsewhere"


@pytest.mark.parametrize(
    ("text", "notices"),
    [
        ("sum(abs(x))", (f"abs {KINK}",)),
        ("sum(relu(x)) + norm1(A*x)", (f"relu and norm1 {KINKS}",)),
        ("sum(abs(x)) + sum(relu(x)) + sum(sign(x).*x)", (f"abs, relu and sign {KINKS}",)),
        (
            "sum(max(x, b))",
            ("max has a kink where its arguments are equal: the derivative holds elsewhere",),
        ),
        ("norm2(A*x - b)", (NORM,)),
        ("norm2(A*x - b) + norm1(x)", (f"norm1 {KINK}", NORM)),
        ("norm2(x)^3", (NORM,)),
        ("norm2(x)^2", ()),
        ("norm2(x)^4 + norm2(b)*sum(x)", ()),
        ("1/norm2(x)^2", (NORM,)),
        ("sum(exp(x)) + norm1(b)*sum(x)", ()),
        ("log(norm2(norm2(x)^2*x)^2)", ()),
    ],
)
def test_notices(text: str, notices: tuple[str, ...]) -> None:
    d = td.derive(text, wrt="x")
    assert d.notices == notices
    assert all(notice in d.text() for notice in notices)


def test_where_an_assumption_keeps_the_argument_from_zero_nothing_is_said() -> None:
    assert td.derive("sum(abs(x))", wrt="x", assume={"x": "positive"}).notices == ()
    assert td.derive("sum(abs(x))", wrt="x", assume={"x": "nonnegative"}).notices != ()
    assert td.derive("norm2(x)", wrt="x", assume={"x": "unit"}).notices == ()


@pytest.mark.parametrize(
    ("text", "variable", "gradient"),
    [
        ("sum(relu(diag(x)))", "x", "diag(step(diag(x)))"),
        ("tr(abs(diag(x))*A)", "x", "diag(A.*sign(diag(x)))"),
        ("sum(relu(relu(x)))", "x", "step(relu(x)).*step(x)"),
        (
            "sum(i,j: A[i,j]*norm2(X[i,:] - X[j,:])^2)",
            "X",
            "2*(diag(A*ones(M)) - A - A' + diag(A'*ones(M)))*X",
        ),
        ("sum(i: norm2(X[i,:] - X[i,:])^2)", "X", "zeros(M,N)"),
        ("norm2(X)^2 + norm2(X)", "X", "2*X + X/norm2(X)"),
    ],
)
def test_number_that_is_zero_is_no_edge(text: str, variable: str, gradient: str) -> None:
    """Neither at a kink nor under a norm that is squared."""
    d = td.derive(text, wrt=variable)
    assert str(d.gradient) == gradient
    assert d.verification.passed


def test_differences_of_all_pairs() -> None:
    """An entry from itself is zero: each other pair has a slope, this one has none."""
    text = "sum(abs(x*ones(1,n) - ones(n,1)*x'))"
    assert td.derive(text, wrt="x", shapes="x: n").verification.passed
    right = td.check("2*sign(x*ones(n)' - ones(n)*x')*ones(n)", of=text, wrt="x", shapes="x: n")
    assert right.passed
    assert not td.check("sign(x*ones(n)' - ones(n)*x')*ones(n)", of=text, wrt="x", shapes="x: n")


@pytest.mark.parametrize(
    ("text", "variable"),
    [
        ("sum(i,j: abs(A[i,:]*x - A[j,:]*x))", "A"),
        ("sum(i,j: B[i,j]*relu(A[i,:]*x - A[j,:]*x))", "A"),
        ("sum(i,j: relu(exp(A[i,:]*x) - exp(A[j,:]*x)))", "x"),
        ("norm1(A*C*A' - A*C'*A')", "A"),
    ],
)
def test_zero_but_for_rounding_is_zero(text: str, variable: str) -> None:
    """The same number is worked out in another order on the other side of an equality."""
    d = td.derive(text, wrt=variable, shapes="A: m n; x: n; B: m m; C: n n")
    assert d.verification.passed, d.verification


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("sum(abs(X).*sign(X).*Y)", "diagonal"),
        ("sum(relu(X).*step(-X).*Y)", "lower"),
        ("sum(relu(relu(X)))", "diagonal"),
        ("relu(u'*X*u)", "skew"),
    ],
)
def test_kink_at_a_zero_that_moves_is_an_edge(text: str, kind: str) -> None:
    """What is assumed of the variable holds for its values; all its entries move."""
    d = td.derive(text, wrt="X", assume={"X": kind}, shapes="X: n n; Y: n n; u: n")
    with pytest.raises(td.UnsupportedError, match="at the edge of its domain or at a kink"):
        assert d.samples


def test_zeros_that_are_drawn_by_chance_are_no_kinks() -> None:
    d = td.derive("sum(abs(X).*Y)", wrt="Y", assume={"X": "nonnegative"})
    assert all((sample.values["X"] != 0).all() for sample in d.samples)
