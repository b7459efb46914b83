"""Bad input: a `TraceDerivativeError` with a place and a hint, and never anything else."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings, strategies as st

import trace_derivative as td
from trace_derivative.errors import (
    LimitError,
    ParseError,
    ShapeError,
    TraceDerivativeError,
    UnsupportedError,
)
from trace_derivative.read import read

LONG = "A+" * 5_000 + "A"
NESTED = "(" * 2_000 + "A" + ")" * 2_000


@pytest.mark.parametrize(
    ("text", "kind", "fault", "words"),
    [
        ("", ParseError, None, "empty"),
        (" \n\t ", ParseError, None, "empty"),
        # unbalanced, incomplete
        ("tr(A*X", ParseError, "(", "not closed"),
        ("tr[A*X)", ParseError, "[", "not closed"),
        ("tr(A))", ParseError, ")", "without `(`"),
        ("A*", ParseError, None, "ends too early"),
        ("*A", ParseError, "*", "unexpected"),
        ("A*+*B", ParseError, "*", "unexpected"),
        ("‖A", ParseError, "‖", "not closed"),
        ("x[i", ParseError, "[", "not closed"),
        ("sum(i:", ParseError, None, "ends too early"),
        ("ones(m", ParseError, "(", "not closed"),
        ("A:B", ParseError, ":", "unexpected"),
        ("[A*B; C,D]", ParseError, "[A*B; C,D]", "different lengths"),
        # names and functions
        ("foo(X)", ParseError, "foo", "unknown function"),
        ("trcae(X)", ParseError, "trcae", "did you mean trace"),
        ("foobar*X", ParseError, "foobar", "unknown name"),
        ("tr X", ParseError, "tr", "needs brackets"),
        ("exp", ParseError, "exp", "needs brackets"),
        ("tr(A,B)", ParseError, "tr(A,B)", "one argument"),
        ("dot(x)", ParseError, "dot(x)", "two arguments"),
        ("pinv(A)", UnsupportedError, "pinv", "no function"),
        # Kronecker products and vec
        ("kron(A)", ParseError, "kron(A)", "two arguments"),
        ("kron(A,B,C)", ParseError, "kron(A,B,C)", "two arguments"),
        ("A ⊗", ParseError, None, "ends too early"),
        ("⊗ A", ParseError, "⊗", "unexpected"),
        ("unvec(x)", ParseError, "unvec(x)", "two sizes"),
        ("unvec(A,2,3)", ShapeError, "unvec(A,2,3)", "another size"),
        ("(kron(A,B) + A)*x", ShapeError, "kron(A,B) + A", "cannot add"),
        # operators of other languages
        ("A**2", ParseError, "**", "A^2"),
        ("A 2", ParseError, "2", "behind an operand"),
        ("|A|", ParseError, "|", "det(A)"),
        ("A^*", ParseError, "*", "a transpose is A'"),
        ("\\frac{A}{B}", ParseError, "\\frac", "LaTeX"),
        ("A_{1}", ParseError, "{", "braces"),
        ("f = tr(A)", ParseError, "=", "where"),
        ("A; B", ParseError, ";", "where"),
        ("A[1,2]", UnsupportedError, "1", "names"),
        ("A[B*C]", ParseError, "*", "an index"),
        ("A[:,:]", ParseError, "[:,:]", "one or two indices"),
        ("sum(i,i: A[i,i])", ParseError, "i", "twice"),
        ("delta(i)", ParseError, "delta(i)", "two indices"),
        ("rows(i,j: A[i,j])", ParseError, "j", "one index"),
        ("eye(0)", ParseError, "0", "size"),
        ("ones(A')", ParseError, "'", "size"),
        ("ones(m,n,p)", ParseError, "ones(m,n,p)", "one or two sizes"),
        ("‖A‖_3", ParseError, "_3", "norm"),
        # characters
        ("tr(АX)", ParseError, "А", "looks like the ASCII character A"),
        ("tr(Ａ)", ParseError, "Ａ", "looks like the ASCII character A"),
        ("𝐀*B", ParseError, "𝐀", "looks like the ASCII character A"),
        ("A’*B", ParseError, "’", "looks like the ASCII character '"),
        ("A×B", ParseError, "×", "A*B"),
        ("A\x00B", ParseError, "\x00", "U+0000"),
        ("A # B", ParseError, "#", "comments"),
        # text that tries to be code
        ("__import__('os')", ParseError, "_", "unexpected"),
        ("().__class__", ParseError, ".", "unexpected"),
        ("()", ParseError, ")", "unexpected"),
        ("exec('1')", ParseError, "exec", "unknown function"),
        ("lambda: 0", ParseError, ":", "unexpected"),
        ("(lambda)(x)[0]", UnsupportedError, "0", "names"),
        # limits
        (LONG, LimitError, "A", "10001 characters"),
        (NESTED, LimitError, "(", "200 deep"),
        ("-" * 1000 + "A", LimitError, "-", "200 deep"),
        ("A" + "'" * 1000, LimitError, "'", "200 deep"),
        ("A" + "/B" * 1000, LimitError, "/", "200 deep"),
        ("2" + "^2" * 1000, LimitError, "^", "200 deep"),
        ("X^100000", LimitError, "100000", "limit is 5000"),
        ("(X^5000)^5000", LimitError, "5000", "limit is 5000"),
        ("1e999999", LimitError, "1e999999", "digits"),
        ("9" * 1000, LimitError, "9" * 1000, "digits"),
        ("2^99^99^99^99", LimitError, "99", "digits"),
        ("*".join(["1e300"] * 20), LimitError, None, "digits"),
        # values
        ("1/0", UnsupportedError, "0", "division by zero"),
        ("A./(B - zeros)./zeros(m,n)", UnsupportedError, "zeros(m,n)", "division by zero"),
        ("A./(tr(C)*zeros(m,n))", UnsupportedError, "tr(C)*zeros(m,n)", "division by zero"),
        ("A./-(B.*zeros(m,n))'", UnsupportedError, "-(B.*zeros(m,n))'", "division by zero"),
        (
            "1/(tr(C)*sum(zeros(m,n)))",
            UnsupportedError,
            "tr(C)*sum(zeros(m,n))",
            "division by zero",
        ),
        ("inv(tr(C)*zeros(n,n))", UnsupportedError, "inv(tr(C)*zeros(n,n))", "division by zero"),
        ("0^-1", UnsupportedError, "0^-1", "division by zero"),
        ("tr(zeros(n,n)^-0.5)", UnsupportedError, "zeros(n,n)^-0.5", "division by zero"),
    ],
)
def test_bad_input(text: str, kind: type[Exception], fault: str | None, words: str) -> None:
    with pytest.raises(TraceDerivativeError) as caught:
        read(text)
    problem = caught.value
    assert type(problem) is kind
    assert problem.span is not None
    if fault is not None:
        assert problem.source[slice(*problem.span)] == fault
    printed = str(problem)
    assert words in printed
    assert re.search(r"^  +\^+$", printed, re.MULTILINE), printed
    assert f"\nhint: {problem.hint}" in printed
    assert problem.hint


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        ({"shapes": "A m n"}, ParseError),
        ({"shapes": "A:"}, ParseError),
        ({"shapes": "A: m n p"}, ShapeError),
        ({"shapes": "A: m n; A: n m"}, ShapeError),
        ({"shapes": "1A: m"}, ParseError),
        ({"shapes": "A: n-1 n"}, ParseError),
        ({"shapes": "A: 0 n"}, ParseError),
        ({"shapes": "А: n n"}, ParseError),
        ({"shapes": {"A": ("m", -1)}}, ParseError),
        ({"shapes": {"A": (1.5,)}}, ParseError),
        ({"shapes": {"A": (True,)}}, ParseError),
        ({"shapes": {"A": None}}, ParseError),
        ({"shapes": {"A": ("m", "n", "p")}}, ShapeError),
        ({"shapes": {3: ("m",)}}, ParseError),
        ({"shapes": 3}, ParseError),
        ({"where": 3}, ParseError),
        ({"wrt": ["A B"]}, ParseError),
        ({"wrt": [""]}, ParseError),
        ({"wrt": [None]}, ParseError),
    ],
)
def test_bad_declarations(options: dict[str, object], kind: type[Exception]) -> None:
    with pytest.raises(TraceDerivativeError) as caught:
        read("tr(A)", **options)  # type: ignore[arg-type]
    assert type(caught.value) is kind
    assert caught.value.hint


@pytest.mark.parametrize(
    "call",
    [
        lambda: td.derive(3, wrt="X"),  # type: ignore[call-overload]
        lambda: td.derive(None, wrt="X"),  # type: ignore[call-overload]
        lambda: td.derive("tr(S*X)", wrt=3),  # type: ignore[call-overload]
        lambda: td.derive("tr(S*X)", wrt="X", expected=3),  # type: ignore[call-overload]
        lambda: td.derive("tr(S*X)", wrt="X", expected=0),  # type: ignore[call-overload]
        lambda: td.check(3, of="tr(S*X)", wrt="X"),  # type: ignore[arg-type]
        lambda: td.check("S'", of=3, wrt="X"),  # type: ignore[arg-type]
        lambda: td.equal(3, "A"),  # type: ignore[arg-type]
        lambda: td.equal("A", None),  # type: ignore[arg-type]
    ],
)
def test_what_is_no_text_is_refused(call: Callable[[], object]) -> None:
    with pytest.raises(ParseError) as caught:
        call()
    assert caught.value.hint


def test_assumptions_of_one_symbol_may_be_given_one_by_one() -> None:
    d = td.derive("tr(S*X)", wrt="X", assume="S: symmetric; S: invertible")
    assert d.options.assume == {"S": "symmetric, invertible"}
    with pytest.raises(ParseError, match="structure names X twice"):
        td.derive("tr(S*X)", wrt="X", structure="X: symmetric; X: skew")


_TOKENS = (
    "A B X x y a T I J W1 alpha Sigma α Σ tr det inv log exp sum norm2 diag ones zeros eye rows "
    "delta kron dot vec unvec( foo AXB TX ( ) [ ] ( ) [ ] , : + - * / .* ./ ^ .^ ' .T ⊙ ⊘ ⊗ ** @ "
    "|| ‖ _ _F 1 2 0 0.5 1e5 1e400 i j k sum(k: [k,:] [i,j] ² ⁻¹ ᵀ ⊤ \\odot · − А { = ones(m,n) "
    "^-1 ^T n m"
)
TOKENS = _TOKENS.split()
OPTIONS: list[dict[str, object]] = [
    {},
    {"wrt": ["X"], "scalar": True},
    {"shapes": "A: m n; X: n m; x: n; y: m; a: scalar; J: ones"},
    {"shapes": "T: scalar; I: n n; A: n 1; B: 1 n; X: 1 1"},
    {"where": "D = A*X; B = D'"},
]


def check_error(problem: TraceDerivativeError) -> None:
    """It has a place in the source and a hint."""
    assert problem.span is not None
    assert 0 <= problem.span[0] <= problem.span[1] <= len(problem.source) + 1
    assert problem.hint
    assert problem.message in str(problem)


def check(text: str, options: dict[str, object]) -> None:
    """It is read, and reads back, or there is an error of our own with a place and a hint."""
    try:
        reading = read(text, **options)  # type: ignore[arg-type]
    except TraceDerivativeError as problem:
        check_error(problem)
        return
    e = reading.exprs[0]
    if not reading.free:
        assert read(str(e), symbols=reading.symbols, expected=e.shape).exprs[0] == e


@given(st.lists(st.sampled_from(TOKENS), max_size=16), st.booleans(), st.sampled_from(OPTIONS))
@settings(max_examples=400)
def test_nothing_else_escapes_from_tokens(
    tokens: list[str], apart: bool, options: dict[str, object]
) -> None:
    check((" " if apart else "").join(tokens), options)


@given(st.text(max_size=40), st.sampled_from(OPTIONS))
@settings(max_examples=400)
@example("\ud800", {})
@example("A\u2028B", {})
@example("٣", {})
def test_nothing_else_escapes_from_any_text(text: str, options: dict[str, object]) -> None:
    check(text, options)


@given(st.text(max_size=20), st.text(max_size=20), st.text(max_size=5))
@settings(max_examples=200)
def test_nothing_else_escapes_from_declarations(shapes: str, where: str, name: str) -> None:
    for options in ({"shapes": shapes}, {"where": where}, {"wrt": [name]}):
        try:
            read("tr(A)", **options)
        except TraceDerivativeError as problem:
            check_error(problem)
