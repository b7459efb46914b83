"""Expr -> Expr: a normal form in which terms that are equal by associativity look alike.

It is for comparing only: transposes are pushed to the symbols, matrix powers of products are
written out, elementwise factors are put in order.  What is shown is never this form.
"""

from __future__ import annotations

from . import expr as ex, functions, operators
from .expr import Expr

MOST_FACTORS = 12
"""Powers above this are not written out."""

_ENTRYWISE = (ex.Add, ex.Hadamard, ex.Quotient, ex.Apply, ex.Inverse, ex.MatrixPower)
"""The nodes whose transpose is the same node over the transposes of its parts."""

_memo: dict[Expr, Expr] = {}
_MEMO_LIMIT = 100_000


def clear() -> None:
    """Forget all results."""
    _memo.clear()


def canonical(e: Expr) -> Expr:
    """The normal form of an expression."""
    if not e.kinds & ex.COMPOUND:
        return e
    found = _memo.get(e)
    if found is None:
        if len(_memo) > _MEMO_LIMIT:
            clear()
        new = ex.map_parts(e, canonical)
        # where a number comes to stand in front, what is behind it is looked at by itself
        apart = isinstance(new, ex.Mul) and not isinstance(e, ex.Mul)
        found = _memo[e] = canonical(new) if apart else _canonical(new)
    return found


def _canonical(e: Expr) -> Expr:
    match e:
        case ex.Transpose(arg=arg):
            return _turned(arg)
        case ex.MatrixPower(base=base, exponent=n) if n <= MOST_FACTORS:
            return ex.mul(*[base] * n)
        case ex.Trace(arg=ex.Mul(coefficient=c, scalars=(), matrices=matrices)) if (
            c == 1 and len(matrices) <= MOST_FACTORS
        ):
            return ex.trace(_rotated(matrices))
        case ex.Hadamard(factors=factors):
            return ex.hadamard(*sorted(factors, key=str))
        case ex.Add(terms=terms):
            return _ordered(terms)
        case ex.Apply(function=name, args=(arg,)):
            sign, arg = functions.without_sign(name, arg)
            return ex.scale(sign, ex.apply(name, arg))
        case ex.Operation(operator=name, args=(arg,)) if operators.TABLE[name].bars is not None:
            c, rest = ex.split_coefficient(arg)
            return ex.scale(abs(c), ex.with_children(e, (rest,)))
        case ex.Triangle(arg=arg):
            c, rest = ex.split_coefficient(arg)
            return ex.scale(c, ex.with_children(e, (rest,)))
        case ex.Power(base=ex.Mul(coefficient=c), exponent=ex.Number(value=p)) if (
            c < 0 and p.denominator == 1
        ):
            return ex.scale(-1 if p % 2 else 1, ex.power(ex.neg(e.base), e.exponent))
        case _:
            return e


def _ordered(terms: tuple[Expr, ...]) -> Expr:
    """The sum in order, the first term positive: a minus stands in front of the whole."""
    flat = [u for t in terms for u in opened(t)]
    first, *others = sorted(flat, key=lambda t: str(ex.split_coefficient(t)[1]))
    if ex.split_coefficient(first)[0] > 0:
        return ex.add(first, *others)
    return ex.neg(ex.add(ex.neg(first), *map(ex.neg, others)))


def opened(e: Expr) -> list[Expr]:
    """The terms of a multiple of a sum; of anything else itself."""
    c, rest = ex.split_coefficient(e)
    return [ex.scale(c, t) for t in rest.terms] if isinstance(rest, ex.Add) else [e]


def _rotated(chain: tuple[Expr, ...]) -> Expr:
    """The chain of a trace, or its transpose, turned round to begin with the least text."""
    flipped = tuple(canonical(ex.transpose(m)) for m in reversed(chain))
    turns = [c[n:] + c[:n] for c in (chain, flipped) for n in range(len(c))]
    return ex.mul(*min(turns, key=lambda turn: [str(m) for m in turn]))


def _turned(e: Expr) -> Expr:
    """The transpose of a normal form, a normal form."""
    match e:
        case ex.Mul(coefficient=c, scalars=scalars, matrices=matrices):
            flipped = [canonical(ex.transpose(m)) for m in reversed(matrices)]
            return ex.product(c, scalars, flipped)
        case (
            ex.Add()
            | ex.Hadamard()
            | ex.Quotient()
            | ex.Apply()
            | ex.Inverse()
            | ex.MatrixPower()
            | ex.MatrixFunction()
            | ex.Frechet()
        ):
            flipped = [canonical(ex.transpose(c)) for c in e.parts]
            return _canonical(ex.with_children(e, tuple(flipped)))
        case ex.Triangle(arg=arg, part=part):
            return ex.triangle(ex.mirrored(part), canonical(ex.transpose(arg)))
        case ex.Power(base=base, exponent=p):
            return ex.power(canonical(ex.transpose(base)), canonical(ex.transpose(p)))
        case ex.Block(grid=grid, shape=(rows, columns)):
            turned = zip(*grid, strict=True)
            parts = tuple(tuple(canonical(ex.transpose(p)) for p in row) for row in turned)
            return ex.block(parts, (columns, rows))
        case ex.Kron(factors=factors, shape=(rows, columns)):
            flipped = [canonical(ex.transpose(f)) for f in factors]
            return ex.kron(*flipped, shape=(columns, rows))
        case _:
            return ex.transpose(e)
