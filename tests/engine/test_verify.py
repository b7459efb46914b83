"""The verification passes what is true and only that: false formulas that once slipped through."""

from __future__ import annotations

import numpy as np
import pytest

import trace_derivative as td
from trace_derivative.evaluate import Evaluator
from trace_derivative.magnitude import magnitude
from trace_derivative.read import read

NAMES = "XABCDEGHKLMN"


@pytest.mark.parametrize(
    ("claim", "function"),
    [
        ("inv(@)", "log(det(@))"),
        ("inv(@)", "logdet(@)"),
        ("inv(@)", "logdet(@) + logdet(P) + logdet(Q)"),
        ("2*@", "tr(@^2) + log(det(P)) + log(det(Q))"),
        ("inv(@)*inv(@)", "-tr(inv(@)) + logdet(P)"),
    ],
)
def test_missing_transpose_is_found_whatever_the_domain(claim: str, function: str) -> None:
    """No sample may be symmetric or orthogonal unless that is assumed."""
    for name in NAMES:
        wrong = td.check(claim.replace("@", name), of=function.replace("@", name), wrt=name)
        assert not wrong.passed, name
        right = f"({claim.replace('@', name)})'"
        assert td.check(right, of=function.replace("@", name), wrt=name).passed, name


@pytest.mark.parametrize(
    ("claim", "function", "wrt"),
    [
        ("ones(n)", "norm1(x) + sum(log(y))", "x"),
        ("2*abs(x)", "x'*x + sum(log(y))", "x"),
        ("ones(m,n)", "sum(relu(X)) + sum(log(Y))", "X"),
    ],
)
def test_signs_are_mixed_where_they_may_be(claim: str, function: str, wrt: str) -> None:
    shapes = "x: n; y: n; X: m n; Y: m n"
    used = "; ".join(s for s in shapes.split("; ") if s[0] in function)
    assert not td.check(claim, of=function, wrt=wrt, shapes=used).passed


@pytest.mark.parametrize(
    ("claim", "function", "wrt"),
    [
        ("2*A'/10^14", "tr(A X)/10^14", "X"),
        ("zeros(m,n)", "exp(-40)*tr(A X)", "X"),
        ("-3*x*exp(-x'*x - 40)", "exp(-x'*x - 40)", "x"),
        ("5*A'/10^30", "tr(A X)/10^30", "X"),
    ],
)
def test_small_values_are_not_taken_for_rounding(claim: str, function: str, wrt: str) -> None:
    shapes = "X: m n" if wrt == "X" else "x: n"
    assert not td.check(claim, of=function, wrt=wrt, shapes=shapes).passed


def test_small_values_in_an_equality() -> None:
    assert not td.equal("tr(A)/10^13", "2*tr(A)/10^13").passed


@pytest.mark.parametrize(
    ("left", "right"), [("(A + B)*C - A*C - B*C", "zeros"), ("A + B - A - B", "zeros")]
)
def test_what_cancels_is_rounding(left: str, right: str) -> None:
    assert td.equal(left, right).passed


@pytest.mark.parametrize("function", ["c/c*tr(X)", "tanh(20 + c)", "sin(c)^2 + cos(c)^2"])
def test_derivatives_that_cancel_are_no_false_alarm(function: str) -> None:
    d = td.derive(function, wrt="c", shapes="c: scalar")
    assert d.verification.passed, d.verification.failures


def test_magnitude_does_not_cancel() -> None:
    values = {"A": np.array([[1.0, -2.0], [3.0, 4.0]])}
    e = read("A - A + tr(A)*A").exprs[0]
    assert magnitude(e, Evaluator(values)) == pytest.approx(8 + 5 * 4)
    form = read("sum(i,j: A[i,j] - A[i,j])").exprs[0]
    assert magnitude(form, Evaluator(values)) == pytest.approx(20)


def test_every_function_of_one_dimension_has_its_samples() -> None:
    for k in range(300):
        assert len(td.derive(f"{k}*x'*x", wrt="x").samples) == 3


@pytest.mark.parametrize(
    "text", ["sum(x)", "x*A*x'", "norm2(x)^2", "x*b", "sum(exp(x))", "tr(A*diag(x))"]
)
def test_row_variables(text: str) -> None:
    d = td.derive(text, wrt="x", shapes="x: 1 n")
    assert d.gradient is not None
    assert d.gradient.shape == (1, "n")
    assert d.verification.passed, d.verification.failures
    assert str(d.index_gradient).startswith("[i] ")


def test_fixed_sizes() -> None:
    d = td.derive("tr(A*X*B)", wrt="X", shapes="X: 3 4; A: p 3")
    assert d.shapes["B"] == (4, "p")
    assert d.verification.passed


def test_huge_sizes_are_refused_at_once() -> None:
    with pytest.raises(td.LimitError, match="1000000 entries"):
        assert td.derive("tr(X*A)", wrt="X", shapes="X: 1000 1000").verification


def test_zeros_by_structure_cancel_nothing() -> None:
    d = td.derive("tr(X./eye(n))", wrt="X")
    assert str(d.gradient) == "eye(n)./eye(n)"


@pytest.mark.parametrize("structure", ["symmetric", "diagonal"])
def test_structure_makes_the_variable_square(structure: str) -> None:
    d = td.derive("norm2(X)^2", wrt="X", structure={"X": structure})
    assert d.shapes["X"] == ("M", "M")
    assert d.verification.passed
    with pytest.raises(td.ShapeError, match="square"):
        td.derive("norm2(X)^2", wrt="X", structure={"X": structure}, shapes="X: m n")
    with pytest.raises(td.ShapeError, match="scalar"):
        td.derive("c^2", wrt="c", structure={"c": structure}, shapes="c: scalar")


def test_assumptions_make_matrices_square() -> None:
    d = td.derive("tr(A*S*X)", wrt="X", assume={"S": "symmetric"})
    assert str(d.gradient) == "S*A'"
    assert d.verification.passed


@pytest.mark.parametrize(
    "where",
    ["D = E*X; E = X*P", "D = D*X", "D = E; E = D", {"D": "A*E", "E": "A*D"}],
)
def test_abbreviations_in_a_circle_are_refused(where: object) -> None:
    with pytest.raises(td.ShapeError, match="before it is defined") as caught:
        td.derive("tr(D*X)", wrt="X", where=where)  # type: ignore[arg-type]
    assert caught.value.span is not None


def test_unknown_symbol_in_a_claim_is_located() -> None:
    with pytest.raises(td.ParseError, match="Q is not a symbol") as caught:
        td.check("Q'", of="tr(A*X)", wrt="X")
    assert caught.value.span == (0, 1)


@pytest.mark.parametrize("tolerance", [0, -1, float("nan"), float("inf"), 1e10, True])
def test_tolerances_that_mean_nothing_are_refused(tolerance: float) -> None:
    with pytest.raises(td.ParseError, match="tolerance"):
        td.check("5*A", of="tr(A'*X)", wrt="X", tolerance=tolerance)


@pytest.mark.parametrize("samples", [0, -4, 10**9, 3.5, "3"])
def test_numbers_of_samples_that_mean_nothing_are_refused(samples: int) -> None:
    with pytest.raises(td.ParseError, match="samples"):
        td.derive("tr(A'*X)", wrt="X", samples=samples)


@pytest.mark.parametrize("wrt", [[], ["X", "X"], ["X", ""]])
def test_lists_of_variables_that_mean_nothing_are_refused(wrt: list[str]) -> None:
    with pytest.raises(td.ParseError, match="wrt"):
        td.derive("tr(A'*X)", wrt=wrt)


def test_wrong_limits_leave_nothing_behind() -> None:
    with pytest.raises(TypeError):
        td.derive("tr(X)", wrt="X", limits=3)  # type: ignore[arg-type]
    assert td.derive("tr(X)", wrt="X").verification.passed


def test_exponent_may_be_a_call() -> None:
    d = td.derive("2^tr(X)", wrt="X")
    assert d.verification.passed


@pytest.mark.parametrize("name", list("tvbcdefgh"))
def test_sign_of_a_constant_cannot_hide(name: str) -> None:
    shapes = f"a: scalar; {name}: scalar"
    assert not td.check(f"abs({name})", of=f"a*{name}", wrt="a", shapes=shapes).passed


@pytest.mark.parametrize(
    ("claim", "function", "wrt"),
    [
        ("zeros(n)", "sum(relu(x - 2*ones(n)))", "x"),
        ("-ones(n)", "sum(abs(x - 2*ones(n)))", "x"),
        ("-b", "relu(1 - b'*x)", "x"),
    ],
)
def test_kinks_away_from_zero_are_crossed(claim: str, function: str, wrt: str) -> None:
    shapes = "x: n; b: n" if "b" in function.replace("abs", "") else "x: n"
    assert not td.check(claim, of=function, wrt=wrt, shapes=shapes).passed


def test_equalities_on_one_side_of_a_kink_only() -> None:
    assert not td.equal("relu(a + 2)", "a + 2", shapes="a: scalar").passed
    assert not td.equal("abs(sum(x))*r", "sum(x)*r", shapes="x: n; r: n").passed


def test_noise_is_no_proof() -> None:
    """A claim of huge terms that cancel is not right because nothing can be seen."""
    shapes = dict.fromkeys("abcd", ())
    assert not td.equal("2*a", "3*a + 10^20*(b*(c + d) - b*c - b*d)", shapes=shapes).passed
    wrong = "3*x + 10^14*(A*(x + y) - A*x - A*y)"
    assert not td.check(wrong, of="x'*x + y'*A*y", wrt="x", shapes="x: n; y: n; A: n n").passed


def test_orthogonal_matrices_have_either_determinant() -> None:
    assert not td.equal("det(Q)", "1", assume="Q: orthogonal").passed
    assert not td.equal("det(Q)", "-1", assume="Q: orthogonal, symmetric").passed
    assert td.equal("Q*Q'", "eye(n)", assume="Q: orthogonal").passed
    assert td.equal("Q*Q", "eye(n)", assume="Q: orthogonal, symmetric").passed
    assert td.equal("A*A'", "eye(n)", assume="A: orthogonal, spd").passed


def test_inner_sum_may_use_the_name_of_an_outer_one() -> None:
    d = td.derive("sum(k: A[k,:]*sum(k: X[k,:])')", wrt="X", shapes="A: n n; X: n n")
    assert str(d.gradient) == "ones(n,n)*A"
    assert d.routes["index"] == d.routes["identities"]
    assert d.verification.passed


def test_slice_of_a_row_is_refused() -> None:
    with pytest.raises(td.ShapeError, match="one row only"):
        td.derive("sum(k: r[k,:]*x)", wrt="r", shapes={"r": (1, "n"), "x": ("n",)})


@pytest.mark.parametrize(
    "text", ["y'*Q*log(y./y)", "y'*log(exp(y)./exp(y))", "Q*((y - y.*exp(y)./exp(y))./y.^3)"]
)
def test_rounding_under_a_function_is_no_difference(text: str) -> None:
    """What is zero on both sides but for rounding that a function passes on."""
    d = td.derive(f"sum({text})", wrt="y")
    assert d.verification.passed, [(c.name, c.message) for c in d.verification.failures]


@pytest.mark.parametrize("name", ["A_2", "E"])
def test_function_that_cancels_down_to_rounding_is_not_a_failure(name: str) -> None:
    """Both sides are what is left of terms 1e17 times as large, and so is the function itself."""
    text = f"sum(((X + X).^2*ones(m,m)).^(1/2)*(sign(A + eye(m))*diag(3*X).^(c'*{name}*z)))"
    d = td.derive(text, wrt="c", shapes={"X": ("m", "m")})
    assert d.verification.passed


def test_what_is_left_of_terms_that_cancel_is_compared_where_it_is_no_rounding() -> None:
    f = "1000000*sum(x) - 1000000*sum(x) + sum(x.^2)"
    assert not td.check("2*x + 0.01*x", of=f, wrt="x").passed
    assert td.check("2*x", of=f, wrt="x").passed


def test_what_is_left_of_a_power_of_what_cancels_is_rounding() -> None:
    d = td.derive("((x' - x')*x).^3", wrt="x")
    assert d.verification.passed
    assert not td.check("1e-6*x", of="((x' - x')*x).^3", wrt="x").passed


@pytest.mark.parametrize("a", ["a", "c", "d", "e", "f", "g"])
def test_a_true_claim_passes_where_the_function_is_flat(a: str) -> None:
    """The numeric derivative of a function near 0 has the rounding of what is near 1 in it."""
    found = td.check(
        f"exp(b'*x)*(b-{a})/(exp({a}'*x)+exp(b'*x))",
        of=f"-log(exp({a}'*x)/(exp({a}'*x)+exp(b'*x)))",
        wrt="x",
        shapes=f"{a}: n; b: n; x: n",
    )
    assert found.passed, found.message


@pytest.mark.parametrize(("f", "slope"), [("5 + 1e-20*sum(x)", 1), ("(1 + 1e-20*sum(x))^2", 2)])
def test_a_false_claim_fails_where_the_function_hardly_moves(f: str, slope: int) -> None:
    """What is far below the rounding of the function is not below that of its derivative."""
    for claimed in (1, 2, 3):
        found = td.check(f"{claimed}e-20*ones(n)", of=f, wrt="x", shapes="x: n")
        assert found.passed == (claimed == slope)
