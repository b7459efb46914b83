"""Plain dictionaries of expressions, index forms and the sides of equalities, for JSON.

Input: an `Expr`, an `Indexed` or another side; output: `{"kind": ..., ...}` nested by the parts'
names, with the canonical text and the LaTeX beside it at the top.  Numbers are exact: text.
"""

from __future__ import annotations

from typing import Any, TypeAlias, assert_never

from . import expr as ex, indexed as ix
from .expr import Expr, Index
from .indexed import Indexed
from .render_latex import indexed_latex, latex, side_latex
from .render_text import indexed_text, text
from .statements import Derivative, DerivativeSum, EntryOfResult, FunctionName, Side

Json: TypeAlias = dict[str, Any]


def expr_dict(e: Expr) -> Json:
    """An expression with its shape, text and LaTeX."""
    return {**_expr(e), "text": text(e), "latex": latex(e)}


def indexed_dict(t: Indexed) -> Json:
    """An index form with its text and LaTeX."""
    return {**_indexed(t), "text": indexed_text(t), "latex": indexed_latex(t)}


def side_dict(side: Side) -> Json:
    """A side of an equality with its LaTeX, and its text where it has one."""
    match side:
        case FunctionName():
            return {"kind": "function", "latex": side_latex(side)}
        case Derivative():
            return {**_derivative(side), "latex": side_latex(side)}
        case DerivativeSum(terms=terms):
            parts = [_derivative(t) for t in terms]
            return {"kind": "derivative_sum", "terms": parts, "latex": side_latex(side)}
        case EntryOfResult(matrix=matrix, indices=indices):
            return {
                "kind": "entry_of_result",
                "matrix": expr_dict(matrix),
                "indices": _indices(indices),
                "latex": side_latex(side),
            }
        case _ if isinstance(side, ix.Term):
            return indexed_dict(side)
        case _:
            return expr_dict(side)


def _derivative(side: Derivative) -> Json:
    return {
        "kind": "derivative",
        "function": None if side.function is None else expr_dict(side.function),
        "variable": side.variable.name,
        "indices": _indices(side.indices),
        "occurrence": side.occurrence,
    }


def _index(i: Index) -> Json:
    return {"name": i.name, "dim": i.dim}


def _indices(indices: tuple[Index, ...]) -> list[Json]:
    return [_index(i) for i in indices]


_ONE_ARGUMENT: dict[type[ex.Node], str] = {
    ex.Transpose: "transpose",
    ex.Inverse: "inverse",
    ex.Diag: "diag",
    ex.Diagonal: "diagonal",
    ex.Vec: "vec",
    ex.Unvec: "unvec",
    ex.Trace: "trace",
    ex.Total: "sum_of_entries",
}


def _expr(e: Expr) -> Json:
    return {**_expr_fields(e), "shape": list(e.shape)}


def _expr_fields(e: Expr) -> Json:
    match e:
        case ex.Symbol(name=name, rank=rank):
            return {"kind": "symbol", "name": name, "rank": rank}
        case ex.Number(value=value):
            return {"kind": "number", "value": str(value)}
        case ex.Identity():
            return {"kind": "identity"}
        case ex.Ones():
            return {"kind": "ones"}
        case ex.Zeros():
            return {"kind": "zeros"}
        case ex.Mul():
            return {
                "kind": "product",
                "coefficient": str(e.coefficient),
                "scalars": [_expr(s) for s in e.scalars],
                "matrices": [_expr(m) for m in e.matrices],
            }
        case ex.Add(terms=terms):
            return {"kind": "sum", "terms": [_expr(t) for t in terms]}
        case ex.Hadamard(factors=factors):
            return {"kind": "elementwise_product", "factors": [_expr(f) for f in factors]}
        case ex.Block(grid=grid):
            return {"kind": "block_matrix", "rows": [[_expr(p) for p in row] for row in grid]}
        case ex.Kron(factors=factors):
            return {"kind": "kronecker_product", "factors": [_expr(f) for f in factors]}
        case ex.Quotient(numerator=a, denominator=b):
            return {
                "kind": "elementwise_quotient",
                "numerator": _expr(a),
                "denominator": _expr(b),
            }
        case ex.Power(base=base, exponent=exponent):
            return {"kind": "power", "base": _expr(base), "exponent": _expr(exponent)}
        case ex.MatrixPower(base=base, exponent=n):
            return {"kind": "matrix_power", "base": _expr(base), "exponent": n}
        case ex.MatrixFunction(function=name, arg=arg, parameters=more):
            return {
                "kind": "matrix_function",
                "function": name,
                "argument": _expr(arg),
                "parameters": [_expr(p) for p in more],
            }
        case ex.Frechet(function=name, arg=arg, direction=direction, parameters=more):
            return {
                "kind": "frechet_derivative",
                "function": name,
                "argument": _expr(arg),
                "direction": _expr(direction),
                "parameters": [_expr(p) for p in more],
            }
        case ex.Apply(function=name, args=args):
            return {"kind": "apply", "function": name, "arguments": [_expr(a) for a in args]}
        case ex.Operation(operator=name, args=args):
            return {"kind": "operator", "operator": name, "arguments": [_expr(a) for a in args]}
        case ex.Triangle(arg=arg, part=part):
            return {"kind": "triangle", "part": part, "argument": _expr(arg)}
        case ex.Row() | ex.Column() | ex.Entry() | ex.Delta() | ex.IndexSum() | ex.Rows():
            return _with_indices(e)
        case (
            ex.Transpose(arg=arg)
            | ex.Inverse(arg=arg)
            | ex.Diag(arg=arg)
            | ex.Diagonal(arg=arg)
            | ex.Vec(arg=arg)
            | ex.Unvec(arg=arg)
            | ex.Trace(arg=arg)
            | ex.Total(arg=arg)
        ):
            return {"kind": _ONE_ARGUMENT[type(e)], "argument": _expr(arg)}
        case _:
            assert_never(e)


def _with_indices(e: ex.Row | ex.Column | ex.Entry | ex.Delta | ex.IndexSum | ex.Rows) -> Json:
    match e:
        case ex.Row(arg=arg, index=k):
            return {"kind": "row", "argument": _expr(arg), "index": _index(k)}
        case ex.Column(arg=arg, index=k):
            return {"kind": "column", "argument": _expr(arg), "index": _index(k)}
        case ex.Entry(arg=arg, row=i, column=j):
            indices = (i,) if j is None else (i, j)
            return {"kind": "entry", "argument": _expr(arg), "indices": _indices(indices)}
        case ex.Delta(row=i, column=j):
            return {"kind": "delta", "indices": _indices((i, j))}
        case ex.IndexSum(indices=bound, body=body):
            return {"kind": "index_sum", "indices": _indices(bound), "body": _expr(body)}
        case ex.Rows(index=k, body=body):
            return {"kind": "rows", "index": _index(k), "body": _expr(body)}
        case _:
            assert_never(e)


def _indexed(t: Indexed) -> Json:
    match t:
        case ix.Num(value=value):
            return {"kind": "number", "value": str(value)}
        case ix.Element(matrix=matrix, indices=indices):
            return {"kind": "entry", "argument": _expr(matrix), "indices": _indices(indices)}
        case ix.KroneckerDelta(row=i, column=j):
            return {"kind": "delta", "indices": _indices((i, j))}
        case ix.Times(coefficient=c, factors=factors):
            return {
                "kind": "product",
                "coefficient": str(c),
                "factors": [_indexed(f) for f in factors],
            }
        case ix.Plus(terms=terms):
            return {"kind": "sum", "terms": [_indexed(u) for u in terms]}
        case ix.SumOver(indices=bound, body=body):
            return {"kind": "index_sum", "indices": _indices(bound), "body": _indexed(body)}
        case ix.Function(function=name, args=args):
            return {"kind": "apply", "function": name, "arguments": [_indexed(a) for a in args]}
        case ix.Pow(base=base, exponent=exponent):
            return {"kind": "power", "base": _indexed(base), "exponent": _indexed(exponent)}
        case _:
            assert_never(t)
