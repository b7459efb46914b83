"""Kronecker products and vec: identities, sizes, and what is printed; the oracle is NumPy."""

from __future__ import annotations

import numpy as np
import pytest

import trace_derivative as td
from trace_derivative import expr as ex, indexed as ix, kronecker
from trace_derivative.expand import expand
from trace_derivative.partial import partial_traces
from trace_derivative.read import read
from trace_derivative.simplify import simplify

SIMPLIFIED = {
    "kron(A,B)*kron(C,D)": "kron(A*C,B*D)",
    "kron(A,kron(B,E))*kron(kron(C,D),F)": "kron(A*C,kron(B*D,E*F))",
    "kron(A,x)*C": "kron(A*C,x)",
    "kron(x',A)*kron(y,C)": "x'*y*A*C",
    "kron(x,y')": "x*y'",
    "kron(x',y)": "y*x'",
    "kron(A',B')": "kron(A',B')",
    "kron(2*A,c*B)": "2*c*kron(A,B)",
    "kron(A,zeros(n,n))": "zeros(M*n,N*n)",
    "tr(kron(A,B))": "tr(A)*tr(B)",
    "sum(kron(A,B))": "sum(A)*sum(B)",
    "norm2(kron(A,B))": "norm2(A)*norm2(B)",
    "norm1(kron(A,B))": "norm1(A)*norm1(B)",
    "det(kron(A,B))": "det(A)^tr(eye(N))*det(B)^tr(eye(M))",
    "inv(kron(A,B))": "kron(inv(A),inv(B))",
    "kron(A,B)^3": "kron(A^3,B^3)",
    "kron(A,B).^2": "kron(A.^2,B.^2)",
    "abs(kron(A,B))": "kron(abs(A),abs(B))",
    "exp(kron(A,B))": "exp(kron(A,B))",
    "diag(kron(A,B))": "kron(diag(A),diag(B))",
    "diag(kron(x,y))": "kron(diag(x),diag(y))",
    "kron(A,B).*kron(C,D)": "kron(A.*C,B.*D)",
    "kron(A,B) + kron(A,C)": "kron(A,B + C)",
    "kron(A,B) + kron(C,B)": "kron(A + C,B)",
    "kron(A,B) + kron(B,A)": "kron(A,B) + kron(B,A)",
    "kron(A,B)*vec(X)": "vec(B*X*A')",
    "vec(X)'*kron(A,B)": "vec(B'*X*A)'",
    "vec(A)'*vec(B)": "sum(A.*B)",
    "vec(A)'*vec(A)": "norm2(A)^2",
    "vec(A*B)'*vec(C)": "tr(C'*A*B)",
    "vec(A) + 2*vec(B)": "vec(A + 2*B)",
    "vec(A).*vec(B)": "vec(A.*B)",
    "exp(vec(A))": "vec(exp(A))",
    "sum(vec(A))": "sum(A)",
    "norm2(vec(A))": "norm2(A)",
    "vec(x')": "x",
    "vec(3*A)": "3*vec(A)",
    "unvec(vec(A)*c,M,N)": "c*A",
    "unvec(kron(x,y),m,n)": "y*x'",
    "vec(unvec(c,m,n))": "c",
    "unvec(kron(A,B)*x,m,n)": "B*unvec(x,Q,P)*A'",
}
SHAPES = {
    "kron(A,B)*vec(X)": "A: M N; B: P Q; X: Q N",
    "vec(X)'*kron(A,B)": "A: M N; B: P Q; X: P M",
    "unvec(vec(A)*c,M,N)": "A: M N; c: scalar",
    "unvec(kron(x,y),m,n)": "x: n; y: m",
    "unvec(kron(A,B)*x,m,n)": "A: n P; B: m Q",
    "tr(kron(A,B))": "A: M M; B: N N",
    "diag(kron(A,B))": "A: M M; B: N N",
    "inv(kron(A,B))": "A: M M; B: N N",
    "kron(A,B)^3": "A: M M; B: N N",
    "det(kron(A,B))": "A: M M; B: N N",
    "kron(A,B) + kron(B,A)": "A: M M; B: N N",
    "kron(A,zeros(n,n))": "A: M N",
    "kron(2*A,c*B)": "c: scalar",
    "kron(A,B).*kron(C,D)": "A: m n; B: k p; C: m n; D: k p",
}


@pytest.mark.parametrize("text", SIMPLIFIED)
def test_simplified(text: str) -> None:
    e = read(text, shapes=SHAPES.get(text)).exprs[0]
    symbols = read(text, shapes=SHAPES.get(text)).symbols
    want = read(SIMPLIFIED[text], symbols=symbols, expected=e.shape).exprs[0]
    assert str(simplify(e)) == str(want)


@pytest.mark.parametrize("text", SIMPLIFIED)
def test_simplified_form_has_the_same_value(text: str) -> None:
    found = td.equal(text, SIMPLIFIED[text], shapes=SHAPES.get(text))
    assert found.passed, found.message


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("kron(A,B)", "kron(B,A)"),
        ("vec(A*X*B)", "kron(A,B')*vec(X)"),
        ("vec(A)", "vec(A')"),
        ("kron(A,B)'", "kron(B',A')"),
        ("unvec(vec(A),n,n)", "A'"),
    ],
)
def test_what_is_not_an_identity_is_not_equal(left: str, right: str) -> None:
    assert not td.equal(left, right, shapes="A: n n; B: n n; X: n n").passed


def test_values_are_those_of_numpy() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 3)), rng.normal(size=(4, 5))
    e = read("kron(A,B)").exprs[0]
    assert np.array_equal(e.evaluate({"A": a, "B": b}), np.kron(a, b))
    e = read("vec(A)").exprs[0]
    assert np.array_equal(e.evaluate({"A": a}), a.reshape(-1, order="F"))
    e = read("unvec(c,2,3)").exprs[0]
    assert np.array_equal(e.evaluate({"c": a.reshape(-1, order="F")}), a)


# ------------------------------------------------------------------------ sizes


@pytest.mark.parametrize(
    ("text", "shapes", "want"),
    [
        ("x'*kron(A,B)*x", None, {"x": ("M*N",), "A": ("M", "M"), "B": ("N", "N")}),
        ("tr(kron(A,X)*C)", "A: m m; X: n n; C: k k", {"C": ("k", "k")}),
        ("sum(kron(A,B)*kron(C,D))", "A: m n; B: k p", {"C": ("n", "M"), "D": ("p", "N")}),
        ("sum(kron(A,X)*C)", "A: 2 3; C: 12 5", {"X": ("M", 4)}),
        ("sum(kron(A,x)*C)", None, {"A": ("N", "P"), "C": ("P", "Q")}),
        ("vec(X)'*b", None, {"b": ("M*N",)}),
        ("sum(kron(A,B) + kron(C,D))", None, {"C": ("M", "N"), "D": ("P", "Q")}),
    ],
)
def test_sizes_are_inferred(text: str, shapes: str | None, want: dict[str, tuple[str]]) -> None:
    wrt = "x" if "x" in text else "X" if "X" in text else "A"
    d = td.derive(text, wrt=wrt, shapes=shapes)
    assert {name: d.shapes[name] for name in want} == want


@pytest.mark.parametrize(
    ("text", "shapes", "message"),
    [
        ("tr(kron(A,X)*C)", "A: m m; X: n n; C: m m", r"m\*n columns on the left, m rows"),
        ("tr(kron(A,X)*C)", "A: 2 2; X: 3 3; C: 5 5", "6 columns on the left, 5 rows"),
        ("sum(kron(A,X) + C)", "A: m n; X: k p; C: q n", "cannot add"),
        ("tr(unvec(c,m,m))", "c: n", None),
        ("tr(unvec(c,m,n)*A)", "c: m*m; A: n m", "another size"),
        ("tr(kron(A,B)*C) + tr(kron(A,A)*C)", "A: m m; B: n n; C: k k", "cannot multiply"),
    ],
)
def test_sizes_that_do_not_fit(text: str, shapes: str, message: str | None) -> None:
    if message is None:
        assert read(text, shapes=shapes).exprs[0].shape == ex.SCALAR
        return
    with pytest.raises(td.ShapeError, match=message):
        read(text, shapes=shapes)


def test_a_declared_name_of_a_composite_size_is_printed() -> None:
    d = td.derive("tr(kron(A,X) + C)", wrt="C", shapes="A: m m; X: n n; C: k k")
    assert str(d.gradient) == "eye(k)"
    assert all(s.dims["k"] == s.dims["m"] * s.dims["n"] for s in d.samples)
    assert "k = C.shape[0]" in d.numpy()


def test_constants_of_composite_sizes_are_printed_as_products() -> None:
    d = td.derive("sum(kron(A,B) + C)", wrt="C")
    assert str(d.gradient) == "kron(ones(N,P),ones(Q,R))" or "kron(ones(" in str(d.gradient)
    again = read(str(d.gradient)).exprs[0]
    assert again == read("ones(" + ",".join(map(str, d.variable.shape)) + ")").exprs[0]


def test_shapes_can_be_given_back() -> None:
    d = td.derive("x'*kron(A,B)*x", wrt="x")
    again = td.derive("x'*kron(A,B)*x", wrt="x", shapes=d.shapes)
    assert again.shapes == d.shapes


# ------------------------------------------------------------------------ index notation

FORMS = {
    "tr(kron(A,X))": "sum(i,j: A[i,i]*X[j,j])",
    "tr(kron(A,X)*kron(B,C))": "sum(i,j,k,l: A[i,j]*X[k,l]*B[j,i]*C[l,k])",
    "sum(kron(A*B,x))": "sum(i,j,k,l: A[i,j]*B[j,k]*x[l])",
    "norm2(kron(A,B) - kron(C,D))^2": "sum(i,j,k,l: (A[i,j]*B[k,l] - C[i,j]*D[k,l])^2)",
    "kron(x,y)'*vec(A)": "sum(i,j: x[i]*y[j]*A[j,i])",
    "tr(kron(A,B)*C)": "sum(i,j: kron(A,B)[i,j]*C[j,i])",
    "tr(kron(A,B) + C)": "sum(i,j: A[i,i]*B[j,j]) + sum(i: C[i,i])",
    "vec(X)'*b": "sum(i: vec(X)[i]*b[i])",
}


@pytest.mark.parametrize("text", FORMS)
def test_composite_indices_are_split_where_they_can_be(text: str) -> None:
    e = read(text, shapes="A: m m; B: n n; C: m m; D: n n" if "norm2" in text else None).exprs[0]
    assert str(expand(e)) == FORMS[text]


# ------------------------------------------------------------------------ partial traces


def test_splitting_is_a_sum_of_products() -> None:
    e = read("kron(A,B)*kron(C,D) + 2*eye", shapes="A: m k; B: n p; C: k m; D: p n").exprs[0]
    pieces = kronecker.split(e, ("m", "n"), ("m", "n"))
    assert pieces is not None
    whole = ex.add(*[ex.mul(c, ex.kron(p, q)) for c, p, q in pieces])
    rng = np.random.default_rng(1)
    sizes = {"m": 2, "n": 3, "k": 4, "p": 5}
    values = {
        s: rng.normal(size=(sizes[r], sizes[c]))
        for s, (r, c) in zip("ABCD", (("m", "k"), ("n", "p"), ("k", "m"), ("p", "n")), strict=True)
    }
    assert np.allclose(whole.evaluate(values, sizes), e.evaluate(values, sizes))


@pytest.mark.parametrize("square", [False, True])
def test_partial_trace_of_a_plain_matrix(square: bool) -> None:
    """The parts of tr[N kron(A,Z)] are linear in Z and in A, and give its value."""
    m, n, k, p = (2, 2, 3, 3) if square else (2, 3, 4, 5)
    a, z = (ex.symbol(s, shape) for s, shape in (("A", (m, n)), ("Z", (k, p))))
    plain = ex.symbol("N", (n * p, m * k))
    names = iter("ij")
    parts = list(partial_traces((plain,), a, z, lambda d: ex.Index(next(names), d)))
    rng = np.random.default_rng(2)
    values = {s.name: rng.normal(size=s.shape) for s in (a, z, plain)}
    want = np.trace(values["N"] @ np.kron(values["A"], values["Z"]))
    for part in parts:
        form = ex.trace(ex.mul(*part.left, part.factor))
        got = ex.index_sum(part.over, ex.mul(part.weight, form)).evaluate(values)
        assert np.allclose(got, want)


@pytest.mark.parametrize("text", ["det(kron(eye(n),X*X*X))", "logdet(kron(A,X*X*X))"])
def test_split_indices_do_not_capture_those_of_inner_sums(text: str) -> None:
    """Several sums inside a factor, whose names are given anew before indices are split."""
    d = td.derive(text, wrt="X", shapes="A: p p", assume={"X": "spd"} if "log" in text else None)
    assert d.verification.passed, [(c.name, c.message) for c in d.verification.failures]


@pytest.mark.parametrize("front", ["2", "a", "tr(A)"])
def test_a_trace_keeps_what_stands_in_front(front: str) -> None:
    """Factors of a product joined around a trace: the scalars before it stay."""
    shapes = "A: 2 2; B: 3 3; C: 6 6; D: 2 2; F: 3 3; X: 2 2; a: scalar"
    d = td.derive(f"log(tr({front}*kron(A,B)*C*kron(X,F)))", wrt="X", shapes=shapes)
    assert d.verification.passed, [(c.name, c.message) for c in d.verification.failures]
    assert td.equal(
        f"tr({front}*kron(A,B)*C*kron(D,F))",
        f"({front})*tr(C*kron(D*A,F*B))",
        shapes=shapes,
    ).passed


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("sum(kron(A,B))", "sum(i,j,k,l: A[i,j]*B[k,l])"),
        ("tr(kron(A,A))", "sum(i,j: A[i,i]*A[j,j])"),
        ("norm2(-2*kron(A,B))^2", "4*sum(i,j,k,l: A[i,j]^2*B[k,l]^2)"),
        ("norm1(kron(A,B))", "sum(i,j,k,l: abs(A[i,j])*abs(B[k,l]))"),
    ],
)
def test_sums_over_products_are_products_in_index_form(text: str, form: str) -> None:
    shapes = "A: n n; B: p q"
    assert str(td.derive(text, wrt="A", shapes=shapes).expansion) == form


@pytest.mark.parametrize(
    "text",
    [
        "sum(kron(X,kron(A,B)))*norm2(kron(X,X'))",
        "norm2(kron(X,kron(X,kron(X,X))))",
        "norm1(-3*kron(X,X)')",
        "norm2(a*kron(X,X))",
        "tr(a*kron(X*X',kron(A,X*X')))",
    ],
)
def test_towers(text: str) -> None:
    shapes = "X: m n; A: p p; B: q r; a: scalar"
    e = read(text, shapes=shapes).exprs[0]
    d = td.derive(text, wrt="X", shapes=shapes)
    assert d.verification.passed
    sizes = {"m": 2, "n": 3, "p": 4, "q": 1, "r": 2}
    rng = np.random.default_rng(1)
    shapes_of = {"X": (2, 3), "A": (4, 4), "B": (1, 2), "a": ()}
    values = {name: rng.normal(size=shapes_of[name]) for name in e.symbols}
    apart = kronecker.factorised(e)
    assert apart != e
    assert np.allclose(apart.evaluate(values, sizes), e.evaluate(values, sizes), rtol=1e-12)


def test_a_vast_product_is_not_made() -> None:
    """Its sum is that of the factors: here of a matrix of 2560000 entries."""
    e = read("sum(2*kron(A,B)')*norm2(kron(A,B))", shapes="A: n n; B: p p").exprs[0]
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(40, 40)), rng.normal(size=(40, 40))
    whole = np.kron(a, b)
    want = 2 * whole.sum() * np.linalg.norm(whole)
    assert np.allclose(e.evaluate({"A": a, "B": b}), want, rtol=1e-9)


def test_an_index_of_the_expansion_is_not_taken_for_the_authors() -> None:
    d = td.derive("w'*kron(S*S,rows(i: y'.*Q[i,:]))*vec(W1*D*Q*X/a)", wrt="X", shapes="a: scalar")
    assert d.verification.passed, d.verification.failures
    for step in d.steps:
        if isinstance(step.rhs, ix.Term):
            assert step.rhs.free <= set(step.free)
