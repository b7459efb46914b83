"""Expr -> Expr: products of matrices and scalars, their neighbours joined."""

from __future__ import annotations

from . import blocks, expr as ex, kronecker
from .construct import UNIT
from .expr import Expr
from .inverses import base_power, cancelled, negative_power
from .length import length
from .matrix_functions import commuting_joined
from .powers import merge_powers
from .reductions import columns_sum_to_one, rows_sum_to_one
from .rewrite import simplify
from .transposes import column, flip, transposes
from .triangles import masked

_NUMBERS = ex.bits_of(ex.Zeros, ex.Number)
_CANCELLING = ex.bits_of(ex.Inverse, ex.MatrixFunction)
_MERGING = ex.bits_of(ex.Hadamard, ex.Triangle)


def mul_rule(e: Expr) -> Expr:
    """Neighbours joined, scalars merged, a 1 x 1 chain turned the better way round."""
    if not isinstance(e, ex.Mul):
        return e
    if e.kinds & _NUMBERS and any(map(ex.is_zero, e.parts)):
        return ex.zeros(*e.shape)
    scalars, chain = list(e.scalars), list(e.matrices)
    may_cancel = e.kinds & _CANCELLING
    if may_cancel:
        joined = commuting_joined(chain)
        chain = chain if joined == chain else [simplify(m) for m in joined]
    chain = _join(chain)
    if len(chain) > 1 and may_cancel:
        chain = cancelled(chain)
    if len(chain) > 2 and (e.kinds & _MERGING or len(chain) < len(e.matrices)):
        chain = masked(_diagonals(chain))
    scalars, chain = _inner_scalars(scalars, chain)
    if len(scalars) > 1 or (scalars and chain):
        scalars, chain = _absorbed(merge_powers(scalars), chain)
    if e.shape != ex.SCALAR and tuple(chain) == e.matrices and tuple(scalars) == e.scalars:
        return e
    body = ex.mul(*chain) if chain else ex.ONE
    if chain and body.shape == ex.SCALAR and isinstance(body, ex.Mul):
        # neighbours that were joined may have left numbers in front
        plain = body.matrices and not body.scalars and body.coefficient is UNIT
        body = _best_orientation(body) if plain else simplify(body)
    if e.coefficient is UNIT and not scalars:
        return body
    return ex.mul(ex.number(e.coefficient), *scalars, body)


def _best_orientation(e: Expr) -> Expr:
    """A 1 x 1 product equals its transpose: the one with fewer transposes, then the lesser text."""
    if not isinstance(e, ex.Mul) or not e.matrices:
        return e
    inner = _between_ones(e.matrices)
    if inner is not None:
        return simplify(ex.total(inner))
    if len(e.matrices) == 2:
        product = simplify(ex.hadamard(flip(e.matrices[0]), e.matrices[1]))
        if length(product) < length(e):
            return simplify(ex.total(product))
    other = ex.mul(*[flip(m) for m in reversed(e.matrices)])
    ours, theirs = transposes(e), transposes(other)
    if theirs < ours or (theirs == ours and str(other) < str(e)):
        return other
    return e


def _between_ones(chain: tuple[Expr, ...]) -> Expr | None:
    """M for `1'*M*1`, with either of the ones vectors left out where M is a vector already."""
    first, last = chain[0], chain[-1]
    start = 1 if isinstance(first, ex.Transpose) and isinstance(first.arg, ex.Ones) else 0
    stop = len(chain) - 1 if isinstance(last, ex.Ones) else len(chain)
    inner = chain[start:stop]
    return ex.mul(*inner) if inner and len(inner) < len(chain) else None


def _join(chain: list[Expr]) -> list[Expr]:
    """Adjacent matrix factors combined, from left to right."""
    out: list[Expr] = []
    for m in chain:
        out.append(m)
        while len(out) > 1:
            pair = _pair(out[-2], out[-1])
            if pair is None:
                break
            out[-2:] = [pair]
    return out


def _pair(a: Expr, b: Expr) -> Expr | None:
    """One factor for two adjacent ones, where there is one."""
    may_join = (a.kinds | b.kinds) & _JOINABLE_BITS
    if may_join and (_untransposed(a) in _JOINABLE or _untransposed(b) in _JOINABLE):
        found = _joined(a, b)
        if found is not None:
            return found
    if a.shape[0] == a.shape[1] == b.shape[1]:
        (base, p), (other, q) = base_power(a), base_power(b)
        if base == other:
            joined = ex.matrix_power(base, p + q) if p + q >= 0 else negative_power(base, p + q)
            return simplify(joined)
    return None


_STRUCTURED = (ex.Kron, ex.Vec, ex.Unvec, ex.Block)
_STRUCTURED_BITS = ex.bits_of(*_STRUCTURED)
_JOINABLE = {ex.Identity, ex.Diag, ex.Ones, *_STRUCTURED}
"""The kinds of nodes, one of which, perhaps transposed, is in every pair of `_joined`."""
_JOINABLE_BITS = ex.bits_of(*_JOINABLE)


def _untransposed(e: Expr) -> type[ex.Node]:
    """The kind of a node, or of what is transposed."""
    return type(e.arg) if isinstance(e, ex.Transpose) else type(e)


def _joined(a: Expr, b: Expr) -> Expr | None:
    """One factor for two adjacent ones that are no powers of one matrix, where there is one."""
    if (a.kinds | b.kinds) & _STRUCTURED_BITS:
        joined = kronecker.joined(a, b) or blocks.joined(a, b)
        if joined is not None:
            return simplify(joined)
    match a, b:
        case ex.Identity(), _:
            return b
        case _, ex.Identity():
            return a
        case ex.Hadamard(factors=(first, second)), ex.Ones(shape=(_, 1)):
            return (
                _diagonal_of_form(first, second)
                or _diagonal_of_form(second, first)
                or _weighted_form(first, second)
                or _weighted_form(second, first)
                or _product_form(first, second)
            )
        case ex.Diag(arg=u), ex.Diag(arg=v):
            return ex.diag(simplify(ex.hadamard(column(u), column(v))))
        case ex.Diag(arg=u), _ if b.shape[1] == 1:
            return simplify(ex.hadamard(column(u), b))
        case ex.Diag(arg=u), ex.Ones():
            return ex.mul(column(u), ex.transpose(ex.ones(b.shape[1])))
        case ex.Ones(), ex.Diag(arg=u) if a.shape[0] != 1:
            return ex.mul(ex.ones(a.shape[0]), flip(column(u)))
        case ex.Ones(), _ if b.shape[1] == 1 and 1 not in a.shape:
            return ex.mul(simplify(ex.total(b)), ex.ones(a.shape[0]))
        case _, ex.Ones() if a.shape[0] == 1 and 1 not in b.shape:
            return ex.mul(simplify(ex.total(a)), ex.transpose(ex.ones(b.shape[1])))
        case _, ex.Diag(arg=v) if a.shape[0] == 1:
            return flip(simplify(ex.hadamard(flip(a), column(v))))
        case _, ex.Ones() if rows_sum_to_one(a):
            return ex.ones(a.shape[0], b.shape[1])
        case ((ex.Ones() | ex.Transpose(arg=ex.Ones())), _) if columns_sum_to_one(b):
            return ex.ones(a.shape[0], b.shape[1])
        case ex.Ones(shape=(_, 1)), ex.Transpose(arg=ex.Ones(shape=(n, 1))):
            return ex.ones(a.shape[0], n)
    return None


def _diagonal_of_form(p: Expr, q: Expr) -> Expr | None:
    """`(X.*(X*A))*1` is `diag(X*A*X')`; None where the factors have no end in common."""
    start = p.matrices if isinstance(p, ex.Mul) and not p.scalars and p.coefficient == 1 else (p,)
    if isinstance(q, ex.Mul) and q.matrices[: len(start)] == start != q.matrices:
        return simplify(ex.diagonal(ex.mul(q, flip(p))))
    return None


def _weighted_form(p: Expr, q: Expr) -> Expr | None:
    """`((A*diag(x)).*B)*1` is `(A.*B)*x`."""
    if isinstance(p, ex.Mul) and len(p.matrices) > 1 and isinstance(p.matrices[-1], ex.Diag):
        front = ex.mul(ex.number(p.coefficient), *p.scalars, ex.mul(*p.matrices[:-1]))
        return simplify(ex.mul(ex.hadamard(front, q), column(p.matrices[-1].arg)))
    return None


def _product_form(p: Expr, q: Expr) -> Expr | None:
    """`(P.*Q')*1` is `diag(P*Q)`, where that saves transposes.

    For plain P and Q the form of eq (31) of the notes is kept.
    """
    if _plain(p) and _plain(q):
        return None
    product = simplify(ex.mul(p, flip(q)))
    turned = flip(product)
    found = min(product, turned, key=transposes)
    return ex.diagonal(found) if transposes(found) < transposes(p) + transposes(q) else None


def _plain(e: Expr) -> bool:
    return isinstance(e.arg if isinstance(e, ex.Transpose) else e, ex.Symbol)


def _diagonals(chain: list[Expr]) -> list[Expr]:
    """`(P.*Q')*1*w'` with `diag(P*Q)` for its beginning, where that has no more transposes."""
    for n in range(len(chain) - 2):
        if not isinstance(chain[n], ex.Hadamard):
            continue
        match chain[n], chain[n + 1]:
            case ex.Hadamard(factors=(p, q)), ex.Ones(shape=(_, 1)):
                product = simplify(ex.mul(p, flip(q)))
                found = min(product, flip(product), key=transposes)
                if transposes(found) <= transposes(p) + transposes(q):
                    return [*chain[:n], ex.diagonal(found), *_diagonals(chain[n + 2 :])]
    return chain


# ------------------------------------------------------------------------ scalars


def _absorbed(scalars: list[Expr], chain: list[Expr]) -> tuple[list[Expr], list[Expr]]:
    """`1/(v*(1 + a/v))` is `1/(v + a)`; the same in the denominator of a quotient."""
    for n, s in enumerate(scalars):
        if not ex.is_divisor(s):
            continue
        up = ex.power(s, ex.number(-1))
        for k, other in enumerate(scalars):
            match other:
                case ex.Power(base=ex.Add() as below, exponent=ex.Number(value=p)) if p == -1:
                    new = _times(up, s, below)
                    if new is not None:
                        scalars = [*scalars]
                        scalars[k] = ex.power(new, ex.number(-1))
                        return _absorbed(scalars[:n] + scalars[n + 1 :], chain)
        for k, m in enumerate(chain):
            match m:
                case ex.Quotient(numerator=above, denominator=ex.Add() as below):
                    new = _times(up, s, below)
                    if new is not None:
                        quotient = simplify(ex.quotient(above, new))
                        chain = [*chain[:k], quotient, *chain[k + 1 :]]
                        return _absorbed(scalars[:n] + scalars[n + 1 :], chain)
    return scalars, chain


def _times(up: Expr, down: Expr, total: ex.Add) -> Expr | None:
    """A sum times a scalar that is a divisor in it; None where the result is no shorter."""
    if not any(isinstance(t, ex.Mul) and down in t.scalars for t in total.terms):
        return None
    new = ex.add(*[simplify(ex.mul(up, t)) for t in total.terms])
    return new if length(new) < length(total) + length(down) else None


def _inner_scalars(scalars: list[Expr], chain: list[Expr]) -> tuple[list[Expr], list[Expr]]:
    """Parts of a chain that are 1 x 1 by themselves, taken out as scalars."""
    if 1 not in [m.shape[1] for m in chain[:-1]]:
        return scalars, chain
    if (chain[0].shape[0], chain[-1].shape[1]) == ex.SCALAR:
        return scalars, chain
    start = 0 if chain[0].shape[0] == 1 else None
    kept: list[Expr] = []
    pending: list[Expr] = []
    out = list(scalars)
    for m in chain:
        pending.append(m)
        if m.shape[1] == 1:
            if start is not None:
                out.append(_best_orientation(ex.mul(*pending)))
            else:
                kept += pending
            pending, start = [], 0
    return out, kept + pending
