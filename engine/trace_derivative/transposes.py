"""Expr -> Expr: transposes pushed towards the symbols, where that makes them fewer."""

from __future__ import annotations

from . import blocks, expr as ex
from .expr import Expr

_counts: dict[Expr, int] = {}
_flipped: dict[Expr, Expr] = {}
_MEMO_LIMIT = 100_000
_TRANSPOSED = ex.bits_of(ex.Transpose)


def clear() -> None:
    """Forget all results."""
    _counts.clear()
    _flipped.clear()


def transposes(e: Expr) -> int:
    """The number of transposes in the written form."""
    if not e.kinds & _TRANSPOSED:
        return 0
    if not e.kinds & ex.COMPOUND:
        return 1
    found = _counts.get(e)
    if found is None:
        if len(_counts) > _MEMO_LIMIT:
            clear()
        own = 1 if isinstance(e, ex.Transpose) else 0
        found = _counts[e] = own + sum([transposes(c) for c in e.parts if c.parts])
    return found


def push_transposes(e: Expr) -> Expr:
    """Transposes moved towards the symbols: through products always, else where it saves some."""
    return transpose_rule(e) if isinstance(e, ex.Transpose) else e


def transpose_rule(e: Expr) -> Expr:
    """One transpose pushed inward."""
    if not isinstance(e, ex.Transpose):
        return e
    arg = e.arg
    if not arg.parts:
        return e
    match arg:
        case ex.Mul(coefficient=c, scalars=scalars, matrices=matrices):
            flipped = [flip(m) for m in reversed(matrices)]
            return ex.product(c, scalars, flipped)
        case ex.MatrixFunction(function=name, arg=inner, parameters=more):
            turned = flip(inner)
            kept = transposes(turned) > transposes(inner)
            return e if kept else ex.matrix_function(name, turned, *more)
        case ex.Frechet(function=name, arg=inner, direction=direction, parameters=more):
            return _fewer(ex.frechet(name, flip(inner), flip(direction), *more), e)
        case ex.Inverse(arg=inner) | ex.MatrixPower(base=inner):
            turned = flip(inner)
            return e if transposes(turned) > transposes(inner) else ex.with_children(arg, (turned,))
        case ex.Add(terms=terms):
            return _fewer(ex.add(*[flip(t) for t in terms]), e)
        case ex.Hadamard(factors=factors):
            return _fewer(ex.hadamard(*[flip(f) for f in factors]), e)
        case ex.Quotient(numerator=a, denominator=b):
            return _fewer(ex.quotient(flip(a), flip(b)), e)
        case ex.Apply(function=name, args=args):
            return _fewer(ex.apply(name, *[flip(a) for a in args]), e)
        case ex.Power(base=base, exponent=p):
            return _fewer(ex.power(flip(base), flip(p)), e)
        case ex.Triangle(arg=inner, part=part):
            turned = ex.triangle(ex.mirrored(part), flip(inner))
            return turned if transposes(turned) < transposes(e) else e
        case ex.IndexSum(indices=indices, body=body):
            return ex.index_sum(indices, flip(body))
        case ex.Block():
            return ex.map_children(blocks.transposed(arg), push_transposes)
        case ex.Kron(factors=factors, shape=(m, n)):
            return _fewer(ex.kron(*[flip(f) for f in factors], shape=(n, m)), e)
        case _:
            return e


def _fewer(pushed: Expr, kept: Expr) -> Expr:
    return pushed if transposes(pushed) <= transposes(kept) else kept


def flip(e: Expr) -> Expr:
    """The transpose, pushed inward."""
    if isinstance(e, ex.Transpose):
        return e.arg
    found = _flipped.get(e)
    if found is None:
        if len(_flipped) > _MEMO_LIMIT:
            clear()
        found = _flipped[e] = push_transposes(ex.transpose(e))
    return found


def column(vector: Expr) -> Expr:
    """A vector as a column."""
    return vector if vector.shape[1] == 1 else flip(vector)
