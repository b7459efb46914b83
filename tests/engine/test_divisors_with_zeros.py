"""Divisors that are zero at some places whatever the values are: `./tril(A)`, `./diag(u)`.

The oracle is the value as it was written, with its infinite entries and those that are none.
"""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from trace_derivative.expr import Expr
from trace_derivative.read import read
from trace_derivative.simplify import simplify
from trace_derivative.vanishing import vanishes_somewhere

SHAPES = "A: n n; B: n n; u: n; v: n; R: m n; a: scalar"
SIZES = {"n": 4, "m": 3}

ABOVE = (
    "u*ones(n)'",
    "ones(n)*v'",
    "(u*ones(n)').*(ones(n)*v')",
    "(u*ones(n)').*B",
    "A",
    "sign(A)",
    "tril(A)",
    "A.*tril(B)",
    "diag(u)",
    "tril(ones(n,n))",
    "tril(A)*diag(v)",
    "(u*ones(n)')./(u*v')",
)
BELOW = (
    "tril(A)",
    "triu(A)",
    "tril(A)'",
    "diag(u)",
    "eye(n)",
    "2*tril(A)",
    "tril(A).^2",
    "tril(A).*B",
    "tril(A)*diag(v)",
    "tril(ones(n,n))",
    "sqrt(abs(tril(A)))",
    "B./tril(A)",
    "u*v'",
    "exp(tril(A))",
)
AROUND = ("{}./({})", "({}./({})).*tril(A)", "({}./({})).*(u*ones(n)')", "({}./({})).*diag(u)")


def parsed(text: str) -> Expr:
    """An expression over the symbols of this module."""
    return read(text, shapes=SHAPES).exprs[0]


def value(e: Expr) -> np.ndarray:
    """The value at one point."""
    rng = np.random.default_rng(5)
    shapes = {"A": (4, 4), "B": (4, 4), "u": (4,), "v": (4,), "R": (3, 4), "a": ()}
    point = {n: rng.uniform(0.4, 1.6, s) * rng.choice([-1, 1], s) for n, s in shapes.items()}
    with np.errstate(all="ignore"):
        return np.asarray(e.evaluate({n: point[n] for n in e.symbols}, SIZES))


@pytest.mark.parametrize("below", BELOW)
def test_the_value_stays_where_something_is_divided_by_zero(below: str) -> None:
    for around, above in product(AROUND, ABOVE):
        e = parsed(around.format(f"({above})", below))
        before, after = value(e), value(simplify(e))
        assert np.array_equal(np.isfinite(before), np.isfinite(after)), str(simplify(e))
        assert np.allclose(before, after, equal_nan=True), str(simplify(e))


@pytest.mark.parametrize("text", BELOW[:11])
def test_they_are_seen(text: str) -> None:
    assert np.any(value(parsed(text)) == 0)
    assert vanishes_somewhere(parsed(text))


@pytest.mark.parametrize("text", ["A", "A*diag(v)", "A*tril(B)", "A + eye(n)", "exp(diag(u))"])
def test_these_have_no_zeros_of_their_own(text: str) -> None:
    assert np.all(value(parsed(text)) != 0)
    assert not vanishes_somewhere(parsed(text))


def test_other_divisors_still_leave_diagonal_factors() -> None:
    assert str(simplify(parsed("(u*ones(n)')./(A*diag(v))"))) == "diag(u)*(ones(n,n)./(A*diag(v)))"
    assert str(simplify(parsed("(A.*B)./A"))) == "B"
