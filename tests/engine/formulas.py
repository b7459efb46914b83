"""Random formulas with names of every kind, and whether a print has the value of its formula."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np
from hypothesis import reject, strategies as st

from tests.engine import strategies
from tests.engine.printed import Unresolved
from trace_derivative import expr as ex, indexed as ix, sizes
from trace_derivative.errors import TraceDerivativeError
from trace_derivative.evaluate import evaluate
from trace_derivative.expand import expansion_chain
from trace_derivative.expr import Expr, Index
from trace_derivative.indexed import Indexed

SIZES = {"m": 2, "n": 3, "p": 4}
"""The size of every dimension."""

_NAMES = {
    "B": "X_hat",
    "E": "Data",
    "c": "rate",
    "u": "y2_new",
    "H": "Phi",
    "D": "D_k",
    "y": "mu",
    "a": "b3",
}
_RENAMED = {
    s.name: ex.symbol(_NAMES.get(s.name, s.name), s.shape, s.rank)
    for s in strategies.SYMBOLS.values()
}
SYMBOLS = {s.name: s for s in _RENAMED.values()}
"""The symbols that occur."""
_INDEX_NAMES = ("i", "j1", *"jklqrst", "i1", "k12")


def formulas(shape: ex.Shape | None = None, depth: int = 3) -> st.SearchStrategy[Expr]:
    """Random expressions; every index that is bound has a name of its own."""
    plain = strategies.expressions(shape, depth=depth, frechet=True)
    return st.one_of(plain, plain, _sums_among_others(shape)).map(_renamed)


@st.composite
def _sums_among_others(draw: st.DrawFn, shape: ex.Shape | None) -> Expr:
    """A sum over an index beside other factors and terms, where brackets matter most."""
    rows, columns = shape or draw(st.sampled_from(strategies.SHAPES))

    def part(r: ex.Dim, c: ex.Dim) -> Expr:
        return draw(strategies.expressions((r, c), depth=2))

    inner = draw(st.sampled_from(strategies.DIMS))
    k, x = Index("k", inner), next(s for s in strategies.SYMBOLS.values() if s.shape == (inner, 1))
    first = ex.index_sum((k,), ex.mul(ex.entry(x, k), part(rows, columns)))
    among = ex.index_sum(
        (k,), ex.mul(ex.column(part(rows, inner), k), ex.row(part(inner, inner), k))
    )
    number = ex.index_sum((k,), ex.power(ex.number(2), ex.entry(x, k)))
    ways = [
        lambda: ex.mul(among, part(inner, columns)),
        lambda: ex.mul(part(rows, rows), first, part(columns, columns)),
        lambda: ex.sub(part(rows, columns), ex.mul(first, part(columns, columns))),
        lambda: ex.hadamard(first, part(rows, columns), first),
        lambda: ex.mul(number, part(rows, columns)),
        lambda: ex.mul(ex.number(3), ex.power(ex.number(2), number), part(rows, columns)),
        lambda: ex.mul(ex.power(number, ex.number(-2)), part(rows, columns), number),
        lambda: ex.quotient(first, ex.mul(part(rows, columns), number)),
    ]
    return draw(st.sampled_from(ways))()


def _renamed(e: Expr) -> Expr:
    names = iter((*_INDEX_NAMES, *(f"h{n}" for n in range(1000))))
    return _distinct(ex.substitute(e, _RENAMED), names)


def _distinct(e: Expr, names: Iterator[str]) -> Expr:
    if isinstance(e, ex.IndexSum):
        mapping = {i: Index(next(names), i.dim) for i in e.indices}
        body = _distinct(ix.rename_expr(e.body, mapping), names)
        return ex.index_sum(tuple(mapping.values()), body)
    if isinstance(e, ex.Rows):
        new = Index(next(names), e.index.dim)
        return ex.rows(new, _distinct(ix.rename_expr(e.body, {e.index: new}), names))
    return ex.map_children(e, lambda part: _distinct(part, names))


def same_name_twice() -> Expr:
    """A sum over k beside a factor with another k, inside a sum over that one."""
    k = Index("k", "n")
    x, y = (ex.entry(SYMBOLS[name], k) for name in ("x", "y2_new"))
    return ex.index_sum((k,), ex.mul(ex.index_sum((k,), x), y, x))


MOST_TERMS = 2000
"""Nested sums with more terms than this take the readers too long."""


def size(dim: ex.Dim) -> int:
    return sizes.value(dim, SIZES.__getitem__)


@cache
def values(factor: float = 1.0) -> dict[str, Any]:
    """Values of all symbols: two-dimensional arrays, floats."""
    rng = np.random.default_rng(1)
    out: dict[str, Any] = {}
    for name, e in SYMBOLS.items():
        shape = (size(e.shape[0]), size(e.shape[1]))
        array = rng.uniform(0.3, 1.7, shape) * rng.choice([-1, 1, 1], shape)
        array *= 1 + (factor - 1) * rng.uniform(-1, 1, shape)
        out[name] = float(array.item()) if e.shape == ex.SCALAR else array
    return out


def close(got: Any, want: Any) -> bool:
    """Are two values equal to rounding, or one of them not finite?"""
    got, want = (np.ravel(np.asarray(v, dtype=float)) for v in (got, want))
    if not np.isfinite(want).all() or not np.isfinite(got).all():
        return True  # outside of some domain, or an overflow
    scale = max(1.0, float(np.max(np.abs(want))))
    return got.shape == want.shape and bool(np.max(np.abs(got - want)) <= 1e-6 * scale)


def value(e: Expr) -> Any:
    """The value; an example without one, or where rounding decides on it, is passed over."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            here, near = (evaluate(e, values(f), SIZES) for f in (1.0, 1 + 1e-11))
        except (np.linalg.LinAlgError, ZeroDivisionError, OverflowError):
            reject()
    if not close(near, here):
        reject()
    return here


def same_value(e: Expr, printed: str, read: Callable[..., Any]) -> None:
    """What is read from a print has the value of the expression."""
    want = value(e)
    _compare(e, printed, read, want, _sizes(_expr_indices(e)))


def expansions(e: Expr) -> tuple[Indexed, ...]:
    """The index forms of an expression; nothing where it has none."""
    try:
        return expansion_chain(e)
    except TraceDerivativeError:
        return ()


def same_index_value(e: Expr, t: Indexed, printed: str, read: Callable[..., Any]) -> None:
    """What is read from the print of an index form has the value of the expression."""
    _compare(e, printed, read, value(e), _sizes(_indices(t)))


def _compare(
    e: Expr, printed: str, read: Callable[..., Any], want: Any, indices: dict[str, int]
) -> None:
    shape = (size(e.shape[0]), size(e.shape[1]))
    try:
        with np.errstate(all="ignore"):
            got = read(printed, values(), dims=SIZES, indices=indices, shape=shape)
    except (Unresolved, np.linalg.LinAlgError, OverflowError):
        reject()
    assert close(got, want), f"{e}\n{printed}\n{got}\n{want}"


def _sizes(indices: set[Index]) -> dict[str, int]:
    """Sizes by name; an example in which a name has two sizes is passed over."""
    names: dict[str, int] = {}
    for i in indices:
        if names.setdefault(i.name, size(i.dim)) != size(i.dim):
            reject()
    if math.prod(names.values()) > MOST_TERMS:
        reject()
    return names


def _expr_indices(e: Expr) -> set[Index]:
    found: set[Index] = set()
    for node in ex.walk(e):
        found.update(node.free)
        found.update(node.indices if isinstance(node, ex.IndexSum) else ())
        found.update((node.index,) if isinstance(node, ex.Rows) else ())
    return found


def _indices(t: Indexed) -> set[Index]:
    found = set(t.free)
    if isinstance(t, ix.SumOver):
        found.update(t.indices)
    if isinstance(t, ix.Element):
        found.update(_expr_indices(t.matrix))
    return found.union(*[_indices(c) for c in t.parts])
