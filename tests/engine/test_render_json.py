"""Plain dictionaries: they are JSON, and say what the expression is."""

from __future__ import annotations

import json

from hypothesis import given, settings

from tests.engine import formulas
from trace_derivative import expr as ex, indexed as ix
from trace_derivative.expr import Expr, Index
from trace_derivative.render_json import expr_dict, indexed_dict, side_dict
from trace_derivative.statements import Derivative, DerivativeSum, EntryOfResult, FunctionName

X = ex.symbol("X", ("m", 3))
j, k = Index("j", "m"), Index("k", 3)


def test_an_expression() -> None:
    assert expr_dict(ex.scale(-2, ex.transpose(X))) == {
        "kind": "product",
        "coefficient": "-2",
        "scalars": [],
        "matrices": [
            {
                "kind": "transpose",
                "argument": {"kind": "symbol", "name": "X", "rank": 2, "shape": ["m", 3]},
                "shape": [3, "m"],
            }
        ],
        "shape": [3, "m"],
        "text": "-2*X'",
        "latex": r"-2 \mathbf{X}^{T}",
    }


def test_an_index_form() -> None:
    t = ix.sum_over((k,), ix.element(X, j, k))
    assert indexed_dict(t) == {
        "kind": "index_sum",
        "indices": [{"name": "k", "dim": 3}],
        "body": {
            "kind": "entry",
            "argument": {"kind": "symbol", "name": "X", "rank": 2, "shape": ["m", 3]},
            "indices": [{"name": "j", "dim": "m"}, {"name": "k", "dim": 3}],
        },
        "text": "sum(k: X[j,k])",
        "latex": r"\sum_{k} X_{jk}",
    }


def test_sides() -> None:
    f = ex.total(X)
    assert side_dict(FunctionName()) == {"kind": "function", "latex": "f"}
    derivative = side_dict(Derivative(f, X, (j, k), 1))
    assert (derivative["kind"], derivative["variable"], derivative["occurrence"]) == (
        "derivative",
        "X",
        1,
    )
    assert derivative["function"]["text"] == "sum(X)"
    assert derivative["latex"].startswith(r"\left.\frac{\partial \mathrm{sum}")
    assert len(side_dict(DerivativeSum((Derivative(None, X), Derivative(None, X))))["terms"]) == 2
    assert side_dict(EntryOfResult(X, (j, k)))["matrix"]["text"] == "X"
    assert side_dict(f) == expr_dict(f)
    assert side_dict(ix.element(X, j, k)) == indexed_dict(ix.element(X, j, k))


@settings(max_examples=200, deadline=None)
@given(formulas.formulas())
def test_everything_is_json(e: Expr) -> None:
    plain = expr_dict(e)
    assert json.loads(json.dumps(plain)) == plain
    assert plain["text"] == str(e)
    for t in formulas.expansions(e if e.shape == ex.SCALAR else ex.total(e)):
        assert json.loads(json.dumps(indexed_dict(t)))["text"] == str(t)
