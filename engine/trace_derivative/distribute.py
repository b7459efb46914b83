"""Expr -> Expr: multiplied out, and the rewritings of a function that come before it.

Products, traces and transposes of sums become sums of them (eq (23) of the notes); squared norms
become traces (eq (22)), matrices of ones products of two vectors (eq (35)).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

from . import expr as ex
from .expr import Expr
from .limits import check_terms, check_time
from .simplify import push_transposes, simplify

_Rewrite: TypeAlias = Callable[[Expr], Expr]


def expanded(e: Expr) -> Expr:
    """The expression multiplied out, like terms collected."""
    return simplify(multiplied_out(e))


def as_trace(e: Expr) -> Expr:
    """Squared norms written as traces (eq (22) of the notes)."""
    if not ex.holds(e, ex.Operation):
        return e
    return _everywhere(e, lambda node, _: _norm_as_trace(node))


def _norm_as_trace(e: Expr) -> Expr:
    match e:
        case ex.Power(base=ex.Operation(operator="norm2", args=(arg,)), exponent=p) if p == ex.TWO:
            return ex.trace(ex.mul(arg, ex.transpose(arg)))
        case _:
            return e


def split_ones(e: Expr) -> Expr:
    """Matrices of ones written as `1*1'` (eq (35) of the notes)."""
    return _everywhere(e, lambda node, _: _ones_split(node)) if ex.holds(e, ex.Ones) else e


def _ones_split(e: Expr) -> Expr:
    if isinstance(e, ex.Ones) and e.shape[1] != 1:
        return ex.mul(ex.ones(e.shape[0]), ex.transpose(ex.ones(e.shape[1])))
    return e


def multiplied_out(e: Expr) -> Expr:
    """Products, traces and transposes of sums as sums, term by term (eq (23) of the notes)."""
    return _everywhere(as_trace(e), _expand)


def _everywhere(e: Expr, rule: Callable[[Expr, _Rewrite], Expr]) -> Expr:
    """A rule used on every part, the innermost first, on parts that occur several times once.

    The rule gets the rewriting itself too, for what it makes anew.
    """
    memo: dict[Expr, Expr] = {}

    def go(node: Expr) -> Expr:
        found = memo.get(node)
        if found is None:
            check_time()
            found = memo[node] = rule(ex.map_children(node, go), go)
        return found

    return go(e)


def _expand(e: Expr, again: _Rewrite) -> Expr:
    match e:
        case ex.MatrixPower(base=ex.Add() as base, exponent=n):
            return _distribute((base,) * n, lambda fs: ex.mul(*fs))
        case ex.Mul(coefficient=c, scalars=scalars, matrices=matrices):
            k = len(scalars)
            return _distribute(scalars + matrices, lambda fs: ex.product(c, fs[:k], fs[k:]))
        case ex.Hadamard(factors=factors):
            return _distribute(factors, lambda fs: ex.hadamard(*fs))
        case ex.Quotient(numerator=ex.Add(terms=terms), denominator=b):
            return ex.add(*[ex.quotient(t, b) for t in terms])
        case ex.Transpose(arg=ex.Add(terms=terms)):
            return ex.add(*[again(ex.transpose(t)) for t in terms])
        case ex.Transpose(arg=ex.Mul()):
            pushed = push_transposes(e)
            return e if pushed == e else again(pushed)
        case ex.Trace(arg=ex.Add(terms=terms)):
            return ex.add(*[_trace_of_term(t) for t in terms])
        case ex.Total(arg=ex.Add(terms=terms)):
            return ex.add(*[ex.total(t) for t in terms])
        case ex.Triangle(arg=ex.Add(terms=terms), part=part):
            return ex.add(*[ex.triangle(part, t) for t in terms])
        case ex.IndexSum(indices=indices, body=ex.Add(terms=terms)):
            return ex.add(*[ex.index_sum(indices, t) for t in terms])
        case _:
            return e


def spread(e: Expr, most: int) -> list[Expr]:
    """The terms of a product of sums; functions and inverses of sums are left alone.

    The product itself where there would be more than `most`.
    """
    if not ex.holds(e, ex.Add):
        return [e]
    match e:
        case ex.Add(terms=terms):
            found = [u for t in terms for u in spread(t, most)]
        case ex.Mul(coefficient=c, scalars=scalars, matrices=matrices):
            k = len(scalars)
            found = [ex.product(c, fs[:k], fs[k:]) for fs in _choices(scalars + matrices, most)]
        case ex.Hadamard(factors=factors):
            found = [ex.hadamard(*fs) for fs in _choices(factors, most)]
        case ex.Quotient(numerator=a, denominator=b):
            found = [ex.quotient(t, b) for t in spread(a, most)]
        case ex.Transpose(arg=ex.Add(terms=terms)):
            found = [ex.transpose(t) for t in terms]
        case _:
            return [e]
    return found if len(found) <= most else [e]


def _choices(factors: Iterable[Expr], most: int) -> list[tuple[Expr, ...]]:
    """All choices of one term from every factor; of sums as they stand where there are too many."""
    choices: list[tuple[Expr, ...]] = [()]
    for f in factors:
        terms = spread(f, most)
        if len(choices) * len(terms) > most:
            terms = [f]
        choices = [(*c, t) for c in choices for t in terms]
    return choices


def _trace_of_term(e: Expr) -> Expr:
    c, rest = ex.split_front(e)
    return ex.mul(c, ex.trace(rest))


def _distribute(factors: Iterable[Expr], build: Callable[[tuple[Expr, ...]], Expr]) -> Expr:
    """The sum of `build(choice)` over all choices of one term from every sum among the factors."""
    choices: list[tuple[Expr, ...]] = [()]
    for f in factors:
        terms = f.terms if isinstance(f, ex.Add) else (f,)
        check_terms(len(choices) * len(terms))
        choices = [(*c, t) for c in choices for t in terms]
    return ex.add(*[build(c) for c in choices])
