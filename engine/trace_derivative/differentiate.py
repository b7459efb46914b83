"""Indexed -> Indexed: the derivative of an index form, a term for each occurrence of the variable.

Input: f in index notation and the variable.  Output: for each occurrence X_{pq} what it
contributes to df/dX_{pq}, with the indices of that place free (eqs (8), (11), (15)-(16), (26) of
the notes).  The rule behind all of it is dX_{pq}/dX_{rs} = delta_{pr} delta_{qs}; an entry of an
inverse, of a determinant or of a high power has its own rule (Cookbook (40), (49), (91)).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import assert_never

from . import expr as ex, functions as fn, indexed as ix, templates
from .errors import UnsupportedError
from .expand import contract, expand, hoist, named, split_composite
from .expr import Dim, Expr, Index, Symbol
from .indexed import Indexed
from .kernels import apart, kernel, places_of_kernel
from .limits import check_terms
from .matrix_functions import by_exponent, refuse_second_derivative, slope as slope_of


@dataclass(frozen=True, slots=True)
class Occurrence:
    """What one occurrence of the variable contributes.

    `term` is the contribution, `free` its free indices (row first; none for a scalar variable).
    """

    term: Indexed
    free: tuple[Index, ...]


def differentiate(f: Indexed, variable: Symbol, function: Expr) -> tuple[Occurrence, ...]:
    """The contributions of all occurrences of `variable` in `f = function`, in reading order."""
    refuse_second_derivative(function, variable.name)
    names = ix.fresh_names(_taken(f, function))
    free = tuple(Index(next(names), d) for d in _ranges(variable))
    found: list[Occurrence] = []
    for place in _occurrences(f, variable, free):
        check_terms(len(found) + 1, "occurrences of the variable")
        term = split_composite(hoist(place.term), function)
        if ex.holds(function, ex.MatrixFunction, ex.Frechet):
            term = _closed_traces(term)
        shown = _display_indices(place.indices, free)
        term = ix.rename(term, dict(zip(free, shown, strict=True)))
        term = named(term, function, _names_of(shown))
        found.append(Occurrence(term, shown))
    return tuple(found)


def marked(f: Indexed, variable: Symbol, function: Expr) -> tuple[tuple[Indexed, Symbol], ...]:
    """`f` with one occurrence alone renamed, and its new name: for each one in the same order.

    So each contribution can be checked by numbers.
    """
    marker = ex.symbol(
        _marker_name(variable.name, _taken(f, function)), variable.shape, variable.rank
    )
    return tuple((form, marker) for form in _marked(f, variable, marker))


def _taken(f: Indexed, function: Expr) -> frozenset[str]:
    """All names that are in use."""
    names = function.symbols | ex.dim_names(function) | ex.index_names(function)
    return names | ix.all_names(f)


def total(occurrences: tuple[Occurrence, ...], function: Expr) -> tuple[tuple[Index, ...], Indexed]:
    """The whole derivative: all contributions over the free indices of the first one."""
    if not occurrences:
        return (), ix.ZERO
    free = occurrences[0].free
    count: dict[Indexed, int] = {}
    for o in occurrences:
        term = o.term
        if o.free != free:
            moved = ix.rename(term, dict(zip(o.free, free, strict=True)))
            term = named(moved, function, _names_of(free))
        count[term] = count.get(term, 0) + 1
    return free, ix.plus(*[ix.times(ix.num(n), t) for t, n in count.items()])


def _names_of(indices: tuple[Index, ...]) -> frozenset[str]:
    return frozenset(i.name for i in indices)


def free_indices(variable: Symbol, function: Expr) -> tuple[Index, ...]:
    """Names for the row and the column of the variable where it does not occur."""
    names = ix.fresh_names(function.symbols | ex.dim_names(function) | ex.index_names(function))
    return tuple(Index(next(names), d) for d in _ranges(variable))


def _ranges(variable: Symbol) -> tuple[Dim, ...]:
    return tuple(d for d in variable.shape if d != 1)


def _marker_name(name: str, taken: frozenset[str] | set[str]) -> str:
    marker = f"{name}_1"
    while marker in taken:
        marker += "1"
    return marker


def _display_indices(place: tuple[Index, ...], free: tuple[Index, ...]) -> tuple[Index, ...]:
    """The names that the place has in f, where they can be free there; else the fresh ones."""
    return place if len(set(place)) == len(free) else free


@dataclass(frozen=True, slots=True)
class _Place:
    term: Indexed
    indices: tuple[Index, ...]


def _occurrences(t: Indexed, variable: Symbol, free: tuple[Index, ...]) -> Iterator[_Place]:
    """Derivative of t through each single occurrence, by the entry at `free`."""
    if variable.name not in t.symbols:
        return
    match t:
        case ix.Element(matrix=ex.Symbol() | ex.Transpose(arg=ex.Symbol()), indices=indices):
            deltas = [ix.kronecker(a, b) for a, b in zip(indices, free, strict=True)]
            yield _Place(ix.times(*deltas), indices)
        case ix.Element(matrix=matrix, indices=indices):
            yield _Place(_inner(matrix, indices, variable, free), ())
        case ix.Num() | ix.KroneckerDelta():
            return
        case ix.Times(coefficient=c, factors=factors):
            for n, f in enumerate(factors):
                if variable.name not in f.symbols:
                    continue
                before, after = (ix.num(c), *factors[:n]), factors[n + 1 :]
                for place in _occurrences(f, variable, free):
                    yield _Place(ix.times(*before, place.term, *after), place.indices)
        case ix.Plus(terms=terms):
            for u in terms:
                yield from _occurrences(u, variable, free)
        case ix.SumOver(indices=indices, body=body):
            for place in _occurrences(body, variable, free):
                yield _Place(contract(indices, place.term), place.indices)
        case ix.Function(function=name, args=args):
            for arg, derivative in zip(args, fn.get(name).derivatives, strict=True):
                if variable.name not in arg.symbols:
                    continue
                slope = instantiate(derivative, args)
                for place in _occurrences(arg, variable, free):
                    yield _Place(ix.times(slope, place.term), place.indices)
        case ix.Pow(base=base, exponent=p):
            slope = ix.times(p, ix.pow_(base, ix.plus(p, ix.num(-1))))
            for place in _occurrences(base, variable, free):
                yield _Place(ix.times(slope, place.term), place.indices)
            if variable.name in p.symbols:
                slope = ix.times(t, ix.function("log", base))
                for place in _occurrences(p, variable, free):
                    yield _Place(ix.times(slope, place.term), place.indices)
        case _:
            assert_never(t)


def _marked(t: Indexed, variable: Symbol, marker: Symbol) -> Iterator[Indexed]:
    """The form with one occurrence at a time renamed, in the order of `_occurrences`."""
    if variable.name not in t.symbols:
        return
    if isinstance(t, ix.Element):
        renamed = ex.substitute(t.matrix, {variable.name: marker})
        yield ix.element(renamed, *t.indices)
        return
    for n, part in enumerate(t.parts):
        for form in _marked(part, variable, marker):
            yield ix.with_children(t, (*t.parts[:n], form, *t.parts[n + 1 :]))


def instantiate(template: Expr, args: tuple[Indexed, ...]) -> Indexed:
    """A scalar expression in `u` and `v` (see `functions`) at index forms."""
    match template:
        case ex.Symbol(name=name):
            return args[fn.ARGUMENTS.index(name)]
        case ex.Number(value=value):
            return ix.num(value)
        case ex.Add(terms=terms):
            return ix.plus(*[instantiate(t, args) for t in terms])
        case ex.Mul(coefficient=c, scalars=factors):
            return ix.times(ix.num(c), *[instantiate(f, args) for f in factors])
        case ex.Power(base=base, exponent=p):
            return ix.pow_(instantiate(base, args), instantiate(p, args))
        case ex.Apply(function=name, args=inner):
            return ix.function(name, *[instantiate(a, args) for a in inner])
        case _:
            raise TypeError(f"not a scalar expression in u: {template}")


def _inner(
    matrix: Expr, indices: tuple[Index, ...], variable: Symbol, free: tuple[Index, ...]
) -> Indexed:
    """Derivative of an entry of an inverse, an operator or a power, by the entry at `free`."""
    if isinstance(matrix, ex.Kron | ex.Vec | ex.Unvec | ex.Block):
        return ix.plus(*_linear(matrix, indices, variable, free))
    taken = {i.name for i in (*indices, *free)} | set(matrix.symbols) | ex.dim_names(matrix)
    names = ix.fresh_names(taken | ex.index_names(matrix))
    scope = _names_of((*indices, *free))
    parts: list[Indexed] = []
    for number, arg in enumerate(matrix.parts):
        if variable.name not in arg.symbols:
            continue
        a, b = (None if d == 1 else Index(next(names), d) for d in arg.shape)
        for p in _occurrences(expand(arg, a, b, scope), variable, free):
            parts += _around(matrix, number, indices, (a, b), hoist(p.term))
    return ix.plus(*parts)


def _closed_traces(t: Indexed) -> Indexed:
    """The trace of the derivative of a matrix function: `tr L(Z, E) = tr f'(Z) E`."""
    t = ix.map_children(t, _closed_traces)
    if not isinstance(t, ix.SumOver):
        return t
    factors = t.body.factors if isinstance(t.body, ix.Times) else (t.body,)
    if choices := apart(factors):
        terms = [hoist(ix.sum_over(t.indices, ix.times(*fs))) for fs in choices]
        return ix.plus(*map(_closed_traces, terms))
    for n, f in enumerate(factors):
        others = (*factors[:n], *factors[n + 1 :])
        if not isinstance(f, ix.Element) or len(set(f.indices)) != 1:
            continue
        (i,) = set(f.indices)
        places = places_of_kernel(f.matrix)
        if places is None or i not in t.indices or any(i in o.free for o in others):
            continue
        assert isinstance(f.matrix, ex.Frechet)
        closed = slope_of(f.matrix.function, f.matrix.arg, f.matrix.parameters)
        entry = expand(closed, *places[::-1], frozenset(ix.all_names(t)))
        rest = tuple(k for k in t.indices if k != i)
        return _closed_traces(ix.sum_over(rest, ix.times(*others, entry)))
    return t


def _linear(
    matrix: ex.Kron | ex.Vec | ex.Unvec | ex.Block,
    indices: tuple[Index, ...],
    variable: Symbol,
    free: tuple[Index, ...],
) -> Iterator[Indexed]:
    """Derivative of an entry of something that is linear in each of its parts."""
    parts = matrix.parts
    taken = {i.name for i in (*indices, *free)} | set(matrix.symbols) | ex.dim_names(matrix)
    taken |= ex.index_names(matrix)
    for n, part in enumerate(parts):
        if variable.name not in part.symbols:
            continue
        names = ix.fresh_names(taken)
        a, b = (None if d == 1 else Index(next(names), d) for d in part.shape)
        form = expand(part, a, b, _names_of((*indices, *free)))
        others = parts
        if isinstance(matrix, ex.Block):
            others = tuple(ex.zeros(*p.shape) for p in parts)
        unit = ex.with_children(matrix, (*others[:n], _unit(part, a, b), *others[n + 1 :]))
        place = tuple(i for i in (a, b) if i is not None)
        for inner in _occurrences(form, variable, free):
            yield contract(place, ix.times(ix.element(unit, *indices), hoist(inner.term)))


def _unit(part: Expr, row: Index | None, column: Index | None) -> Expr:
    """The matrix with one entry 1, at that place, of the shape of a part."""
    left = () if row is None else (ex.column(ex.identity(part.shape[0]), row),)
    right = () if column is None else (ex.row(ex.identity(part.shape[1]), column),)
    return ex.mul(*left, *right)


def _around(
    matrix: Expr,
    number: int,
    indices: tuple[Index, ...],
    place: tuple[Index | None, Index | None],
    inside: Indexed,
) -> Iterator[Indexed]:
    """The differential of an entry of `matrix`, `inside` being that of an argument at `place`."""
    a, b = place
    bound = tuple(i for i in place if i is not None)
    match matrix:
        case ex.Inverse():
            i, j = indices
            body = ix.times(ix.element(matrix, i, a), inside, ix.element(matrix, b, j))
            yield ix.times(ix.num(-1), contract(bound, body))
        case ex.Operation() if not indices:
            slope = expand(templates.gradient(matrix, number), a, b, _names_of(bound))
            yield contract(bound, ix.times(slope, inside))
        case ex.MatrixFunction() | ex.Frechet() if a is not None and b is not None:
            body = ix.times(ix.element(kernel(matrix, a, b), *indices), inside)
            yield contract(bound, body)
        case ex.MatrixFunction():
            i, j = indices
            taken = _names_of((*indices, *inside.free))
            yield ix.times(expand(by_exponent(matrix), i, j, taken), inside)
        case ex.MatrixPower(base=m, exponent=n) if a is not None and b is not None:
            i, j = indices
            check_terms(n, "terms of a power")
            for r in range(n):
                yield _power_term(m, n, r, (i, a, b, j), inside)
        case _:
            raise UnsupportedError(f"the derivative of an entry of {matrix} is not known")


def _power_term(
    base: Expr, n: int, r: int, places: tuple[Index, Index, Index, Index], inside: Indexed
) -> Indexed:
    """`base^r dbase base^(n-1-r)` at (i, j)."""
    i, a, b, j = places
    left = ix.element(ex.matrix_power(base, r), i, a) if r else ix.kronecker(i, a)
    right = ix.element(ex.matrix_power(base, n - 1 - r), b, j) if r < n - 1 else ix.kronecker(b, j)
    return contract((a, b), ix.times(left, inside, right))
