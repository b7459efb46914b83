"""The operators that random expressions are made of: one line each.

A line has the shapes of the operands and of the result, the texts (the first is the canonical
one, the others are also read), and the value by NumPy.  In shapes, `1` is one, a capital letter
is a dimension larger than one, `i` and `j` are dimensions of indices that are read, `b` and `c`
of indices that are bound, every other letter is any dimension.  In texts, `{0:3}` is the first
operand, in brackets unless it binds as tightly as level 3 (`terms`).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from tests.random_expressions import terms as t
from tests.random_expressions.terms import (
    ATOM,
    LOOSE,
    POSTFIX,
    PRODUCT,
    SIGN,
    SUM,
    Array,
    Operator,
)

POSITIVE, UNIT = "positive", "unit"


def _op(
    signature: str,
    forms: str | tuple[str, ...],
    value: Callable[..., Array],
    weight: float = 1.0,
    *,
    level: int = ATOM,
    needs: str = "",
    positive: bool = False,
) -> Operator:
    """An operator; `needs` are the domains of its operands, `positive`: of positive operands."""
    left, _, right = signature.partition("->")
    args = tuple(_pair(a) for a in left.split(",") if a.strip())
    texts = (forms,) if isinstance(forms, str) else forms
    domains = tuple(needs.split(",")) if needs else ()
    domains += ("",) * (len(args) - len(domains))
    return Operator(texts[0], args, _pair(right), texts, value, level, weight, domains, positive)


def _pair(shape: str) -> tuple[str, str]:
    rows, columns = shape.split()
    return (rows, columns)


def _times(a: Array, b: Array) -> Array:
    return a @ b


def _total(a: Array) -> Array:
    return a.sum().reshape(1, 1)


def _trace(a: Array) -> Array:
    return np.trace(a).reshape(1, 1)


def _transpose(a: Array) -> Array:
    return a.T


def _delta(i: int, j: int) -> Array:
    return np.array([[float(i == j)]])


def _sum(parts: list[Array]) -> Array:
    return np.sum(parts, axis=0)


def _norm1(a: Array) -> Array:
    return _total(t.kinked(np.abs, np.sign)(a))


def _of_kron(f: Callable[[Array], Array]) -> Callable[[Array, Array], Array]:
    return lambda a, b: f(np.kron(a, b))


def _of_blocks(f: Callable[[Array], Array]) -> Callable[..., Array]:
    return lambda a, b, c, d: f(np.block([[a, b], [c, d]]))


def _plain(z: Array) -> Array:
    return z


_ADD, _MUL, _NEG = np.add, np.multiply, np.negative

OPERATORS: list[Operator] = [
    # sums and signs
    _op("m n, m n -> m n", "{0:1} + {1:2}", _ADD, 7, level=SUM, positive=True),
    _op("m n, m n -> m n", "{0:1} - {1:2}", np.subtract, 5, level=SUM),
    _op("m n -> m n", "-{0:4}", _NEG, 1.5, level=SIGN),
    _op("m n -> m n", "+{0:4}", _plain, 0.1, level=SIGN, positive=True),
    # products
    _op(
        "m K, K n -> m n",
        ("{0:3}*{1:4}", "{0:3} {1:6}", "{0:3}@{1:4}"),
        _times, 16, level=PRODUCT, positive=True,
    ),
    _op("m 1, 1 n -> m n", "{0:3}*{1:4}", _times, 2, level=PRODUCT, positive=True),
    _op("1 1, m n -> m n", ("{0:3}*{1:4}", "{0:3} {1:6}"), _MUL, 3, level=PRODUCT, positive=True),
    _op("m n, 1 1 -> m n", "{0:3}*{1:4}", _MUL, 2, level=PRODUCT, positive=True),
    _op("m n, m n -> m n", "{0:3}.*{1:4}", _MUL, 4, level=PRODUCT, positive=True),
    _op("m n, m n -> m n", ("{0:2} ⊙ {1:3}", "{0:2} ∘ {1:3}"), _MUL, 1, level=LOOSE, positive=True),
    _op("m n, m n -> m n", ("{0:3}./{1:4}", "{0:3}/{1:4}"), t.quotient, 2.5, level=PRODUCT,
        positive=True),
    _op("m n, 1 1 -> m n", "{0:3}/{1:4}", t.quotient, 2.5, level=PRODUCT, positive=True),
    # transposes, inverses, powers
    _op("m n -> n m", ("{0:5}'", "{0:6}.T", "{0:5}^T", "{0:6}ᵀ"), _transpose, 6, level=POSTFIX,
        positive=True),
    _op("n n -> n n", ("inv({0})", "{0:5}^-1", "{0:6}⁻¹"), t.inverse, 3, level=POSTFIX),
    _op("n n -> n n", ("{0:5}^2", "{0:6}²", "{0:5}^(2)"), t.matrix_power(2), 1, level=POSTFIX,
        positive=True),
    _op("n n -> n n", "{0:5}^3", t.matrix_power(3), 0.6, level=POSTFIX, positive=True),
    _op("n n -> n n", ("{0:5}^-2", "{0:5}^(-2)"), t.matrix_power(-2), 0.4, level=POSTFIX),
    _op("n n -> n n", "{0:5}^1", _plain, 0.1, level=POSTFIX, positive=True),
    _op("N N -> N N", "{0:5}^0", t.matrix_power(0), 0.1, level=POSTFIX),
    *[
        _op("m n -> m n", f"{{0:6}}.^{p}", t.whole_power(int(p)), w, level=POSTFIX, positive=True)
        for p, w in (("2", 2), ("3", 0.7), ("-1", 0.7), ("-2", 0.4), ("1", 0.1), ("0", 0.1))
    ],
    *[
        _op("m n -> m n", f"{{0:6}}.^{p}", t.fixed_power(float(v)), w, level=POSTFIX,
            needs=POSITIVE, positive=True)
        for p, v, w in (
            ("0.5", 0.5, 0.7), ("(1/2)", 0.5, 0.4), ("(-1/2)", -0.5, 0.4), ("1.5", 1.5, 0.4),
            ("(2/3)", 2 / 3, 0.3), ("-0.25", -0.25, 0.3),
        )
    ],
    _op("m n, 1 1 -> m n", "{0:6}.^{1:6}", t.power, 1, level=POSTFIX, needs=POSITIVE,
        positive=True),
    _op("1 1, 1 1 -> 1 1", "{0:5}^{1:6}", t.power, 1, level=POSTFIX, needs=POSITIVE, positive=True),
    _op("1 1 -> 1 1", ("{0:5}^2", "{0:6}²"), t.whole_power(2), 3, level=POSTFIX, positive=True),
    _op("1 1 -> 1 1", "{0:5}^3", t.whole_power(3), 1, level=POSTFIX, positive=True),
    _op("1 1 -> 1 1", "{0:5}^(1/2)", t.fixed_power(0.5), 0.7, level=POSTFIX, needs=POSITIVE,
        positive=True),
    _op("1 1 -> 1 1", ("{0:5}^-1", "{0:6}⁻¹"), t.whole_power(-1), 0.7, level=POSTFIX,
        positive=True),
    # diagonals
    _op("N 1 -> N N", "diag({0})", t.diagonal_matrix, 4),
    _op("1 N -> N N", "diag({0})", t.diagonal_matrix, 1.5),
    _op("N N -> N 1", "diag({0})", t.diagonal, 4, positive=True),
    # scalars of matrices
    _op("n n -> 1 1", ("tr({0})", "trace({0})", "tr[{0}]"), _trace, 12, positive=True),
    _op("m n -> 1 1", ("sum({0})", "sum[{0}]"), _total, 7, positive=True),
    _op("n n -> 1 1", "det({0})", t.det, 3),
    _op("n n -> 1 1", "logdet({0})", t.logdet, 3),
    _op("m n -> 1 1", ("norm2({0})", "norm({0})", "‖{0}‖_F"), t.norm2, 2, positive=True),
    _op("N 1 -> 1 1", ("norm2({0})", "‖{0}‖", "‖{0}‖_2"), t.norm2, 1.5, positive=True),
    _op("m n -> 1 1", "norm1({0})", _norm1, 1, positive=True),
    _op("N 1 -> 1 1", "‖{0}‖_1", _norm1, 0.5, positive=True),
    _op("m n, m n -> 1 1", "dot({0}, {1})", lambda a, b: _total(a * b), 1, positive=True),
    _op("N 1, N 1 -> 1 1", "{0:5}'*{1:4}", lambda a, b: a.T @ b, 6, level=PRODUCT, positive=True),
    _op("N 1, N n, n 1 -> 1 1", "{0:5}'*{1:4}*{2:4}", lambda a, b, c: a.T @ b @ c, 4,
        level=PRODUCT, positive=True),
    # indices
    _op("i n -> 1 n", "{0:5}[{i},:]", lambda a, i: a[i : i + 1], 14, level=POSTFIX, positive=True),
    _op("m i -> m 1", "{0:5}[:,{i}]", lambda a, i: a[:, i : i + 1], 14, level=POSTFIX,
        positive=True),
    _op("i j -> 1 1", "{0:5}[{i},{j}]", lambda a, i, j: a[i : i + 1, j : j + 1], 25,
        level=POSTFIX, positive=True),
    _op("i 1 -> 1 1", "{0:5}[{i}]", lambda a, i: a[i : i + 1], 20, level=POSTFIX, positive=True),
    _op("1 i -> 1 1", "{0:5}[{i}]", lambda a, i: a[:, i : i + 1], 4, level=POSTFIX, positive=True),
    _op("i i -> 1 1", "{0:5}[{i},{i}]", lambda a, i: a[i : i + 1, i : i + 1], 6,
        level=POSTFIX, positive=True),
    _op("-> 1 1", "delta({i},{j})", _delta, 5),
    _op("m n -> m n", "sum({b}: {0})", _sum, 2.5, positive=True),
    _op("1 1 -> 1 1", "sum({b}: {0})", _sum, 3, positive=True),
    _op("m n -> m n", "sum({b},{c}: {0})", _sum, 0.7, positive=True),
    _op("1 1 -> 1 1", "sum({b},{c}: {0})", _sum, 2, positive=True),
    _op("1 n -> b n", "rows({b}: {0})", np.concatenate, 1.5, positive=True),
    # functions of every entry
    _op("m n -> m n", "exp({0})", np.exp, 3, positive=True),
    _op("m n -> m n", ("log({0})", "ln({0})"), t.positive(np.log), 4, needs=POSITIVE),
    _op("m n -> m n", "sin({0})", np.sin, 1.5),
    _op("m n -> m n", "cos({0})", np.cos, 1),
    _op("m n -> m n", "tan({0})", np.tan, 0.5),
    _op("m n -> m n", "sinh({0})", np.sinh, 0.5, positive=True),
    _op("m n -> m n", "cosh({0})", np.cosh, 0.5, positive=True),
    _op("m n -> m n", "tanh({0})", np.tanh, 1.5, positive=True),
    _op("m n -> m n", ("arcsin({0})", "asin({0})"), t.unit(np.arcsin), 0.4, needs=UNIT),
    _op("m n -> m n", ("arccos({0})", "acos({0})"), t.unit(np.arccos), 0.4, needs=UNIT),
    _op("m n -> m n", ("arctan({0})", "atan({0})"), np.arctan, 0.7, positive=True),
    _op("m n -> m n", "sqrt({0})", t.positive(np.sqrt), 1.5, needs=POSITIVE, positive=True),
    _op("m n -> m n", "abs({0})", t.kinked(np.abs, np.sign), 1, positive=True),
    _op("m n -> m n", "sign({0})", t.kinked(np.sign, np.zeros_like), 0.4, positive=True),
    _op("m n -> m n", "relu({0})", t.kinked(lambda x: np.maximum(x, 0), lambda x: (x > 0) * 1.0), 1,
        positive=True),
    _op("m n -> m n", ("step({0})", "heaviside({0})"),
        t.kinked(lambda x: np.heaviside(x, 0.5), np.zeros_like), 0.4, positive=True),
    _op("m n -> m n", "sigmoid({0})", lambda z: 1 / (1 + np.exp(-z)), 1.5, positive=True),
    _op("m n -> m n", "softplus({0})", lambda z: np.log(1 + np.exp(z)), 1, positive=True),
    # functions of two arguments, entry by entry
    _op("m n, m n -> m n", "max({0}, {1})", t.larger(1), 0.7, positive=True),
    _op("m n, m n -> m n", "min({0}, {1})", t.larger(-1), 0.7, positive=True),
    _op("m n, m n -> m n", "logaddexp({0}, {1})", lambda a, b: np.log(np.exp(a) + np.exp(b)), 0.7),
    _op("m n, 1 1 -> m n", "max({0}, {1})", t.larger(1), 0.4, positive=True),
    _op("m n, m n -> m n", "arctan2({0}, {1})", t.angle, 0.4),
    _op("m n, m n -> m n", "{0:6}.^{1:6}", t.power, 1, level=POSTFIX, needs=POSITIVE,
        positive=True),
    # triangles
    _op("N N -> N N", "tril({0})", np.tril, 0.7, positive=True),
    _op("N N -> N N", "triu({0})", np.triu, 0.5),
    # Kronecker products, vec, block matrices
    _op("m n, k l -> 1 1", "sum(kron({0}, {1}))", _of_kron(_total), 0.4, positive=True),
    _op("m n, k l -> 1 1", "norm2({0:4} ⊗ {1:4})", _of_kron(t.norm2), 0.4, positive=True),
    _op("N N, k k -> 1 1", "tr(kron({0}, {1}))", _of_kron(_trace), 0.6, positive=True),
    _op("N N, K K -> 1 1", "det(kron({0}, {1}))", _of_kron(t.det), 0.2),
    _op("m n, k l, l n, k m -> 1 1", "vec({3})'*kron({0}, {1})*vec({2})",
        lambda a, b, x, y: _total(y * (b @ x @ a.T)), 0.5, level=PRODUCT, positive=True),
    _op("m n, m n -> 1 1", "vec({0})'*vec({1})", lambda a, b: _total(a * b), 0.5, level=PRODUCT,
        positive=True),
    _op("m n, m l, k n, k l -> 1 1", "sum([{0}, {1}; {2}, {3}])", _of_blocks(_total), 0.4,
        positive=True),
    _op("m n, m l, k n, k l -> 1 1", "norm2([{0}, {1}; {2}, {3}])", _of_blocks(t.norm2), 0.4,
        positive=True),
    _op("N N, N K, K N, K K -> 1 1", "tr([{0}, {1}; {2}, {3}]^2)",
        _of_blocks(lambda a: _trace(a @ a)), 0.4, positive=True),
    # operators of whole matrices
    _op("N N -> N N", "expm({0})", t.exponential, 0.7),
    _op("m n -> 1 1", ("logsumexp({0})", "lse({0})"), lambda a: np.log(_total(np.exp(a))), 1),
    _op("m n -> m 1", "logsumexp_rows({0})",
        lambda a: np.log(np.exp(a).sum(axis=1, keepdims=True)), 1),
    _op("m n -> n 1", "logsumexp_columns({0})",
        lambda a: np.log(np.exp(a).sum(axis=0).reshape(-1, 1)), 1),
    _op("N 1 -> N 1", "softmax({0})", lambda a: np.exp(a) / np.exp(a).sum(), 1.5, positive=True),
    _op("m n -> m n", "softmax_rows({0})",
        lambda a: np.exp(a) / np.exp(a).sum(axis=1, keepdims=True), 0.7, positive=True),
    _op("m n -> m n", "softmax_columns({0})",
        lambda a: np.exp(a) / np.exp(a).sum(axis=0), 0.7, positive=True),
    # some of SymPy's functions
    _op("m n -> m n", "erf({0})",
        t.split(t.each(math.erf), lambda x: 2 / math.sqrt(math.pi) * np.exp(-x * x)), 0.08),
    _op("m n -> m n", "gamma({0})", t.positive(lambda z: np.exp(t.log_gamma(z))), 0.05,
        needs=POSITIVE, positive=True),
    _op("m n -> m n", "loggamma({0})", t.positive(t.log_gamma), 0.05, needs=POSITIVE),
    _op("m n -> m n", "asinh({0})", np.arcsinh, 0.08, positive=True),
    _op("m n -> m n", "atanh({0})", t.unit(np.arctanh), 0.05, needs=UNIT),
    _op("m n -> m n", "sec({0})", lambda z: 1 / np.cos(z), 0.06),
    _op("m n -> m n", "cot({0})", lambda z: 1 / np.tan(z), 0.06),
    _op("m n -> m n", "sech({0})", lambda z: 1 / np.cosh(z), 0.06, positive=True),
]  # fmt: skip
"""All operators."""

NUMBERS = (
    ("2", 2.0, ATOM - 1, 6), ("3", 3.0, ATOM - 1, 3), ("1", 1.0, ATOM - 1, 2),
    ("0.5", 0.5, ATOM - 1, 3), ("1/3", 1 / 3, PRODUCT, 1.5), ("7/4", 1.75, PRODUCT, 1),
    ("1.25", 1.25, ATOM - 1, 1), ("10", 10.0, ATOM - 1, 0.5), ("1e-1", 0.1, ATOM - 1, 0.3),
    ("-1", -1.0, SIGN, 1), ("-2", -2.0, SIGN, 0.7), ("-0.3", -0.3, SIGN, 0.3),
    ("0", 0.0, ATOM - 1, 0.3), (".5", 0.5, ATOM - 1, 0.1),
)  # fmt: skip
"""Numbers as leaves: text, value, level, weight."""

MATRICES = [
    "X",
    "A",
    "B",
    "C",
    "D",
    "E",
    "F",
    "G",
    "H",
    "K",
    "L",
    "M",
    "N",
    "P",
    "Q",
    "R",
    "S",
    "U",
    "V",
    "W",
    "Y",
    "Z",
    "Sigma",
    "W1",
    "A_2",
    "Phi",
    "J",
]
VECTORS = ["x", "u", "v", "w", "y", "z", "a", "b", "c", "d", "g", "h", "s", "t", "x1", "u_2"]
SCALARS = ["alpha", "mu", "theta", "lambda", "sigma", "tau", "rho", "epsilon", "kappa", "nu"]
DIMENSIONS = ("m", "n", "p")
INDICES = ("i", "j", "k", "l")
