"""Indexed -> Indexed: the derivative of an index form, a term for each occurrence of the variable.

Input: f in index notation and the variable.  Output: for each occurrence X_{pq} what it
contributes to df/dX_{pq}, with the indices of that place free (eqs (8), (11), (15)-(16), (26) of
the notes).  The rule behind all of it is dX_{pq}/dX_{rs} = delta_{pr} delta_{qs}; an entry of an
inverse, of a determinant or of a high power has its own rule (Cookbook (40), (49), (91)).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import assert_never

from . import expr as ex, functions as fn, indexed as ix, templates
from .errors import UnsupportedError
from .expand import contract, expand, hoist, named, names_in_front, split_composite
from .expr import Dim, Expr, Index, Symbol
from .indexed import Indexed
from .kernels import apart, kernel, places_of_kernel
from .layers import NO_LAYERS, Layers
from .limits import check_terms
from .matrix_functions import by_exponent, refuse_second_derivative, slope as slope_of


@dataclass(frozen=True, slots=True)
class Occurrence:
    """What one occurrence of the variable contributes.

    `term` is the contribution, `free` its free indices (row first; none for a scalar variable).
    """

    term: Indexed
    free: tuple[Index, ...]


def differentiate(
    f: Indexed, variable: Symbol, function: Expr, layers: Layers = NO_LAYERS
) -> tuple[Occurrence, ...]:
    """The contributions of all occurrences of `variable` in `f = function`, in reading order.

    By the names of `layers` in f the chain rule leads to the occurrences in what they stand for.
    """
    refuse_second_derivative(function, variable.name)
    by = _by(f, variable, function, layers)
    found: list[Occurrence] = []
    for place in _occurrences(f, by):
        check_terms(len(found) + 1, "occurrences of the variable")
        # a sum to be moved in front that has the same name for its index gets another one later
        clear = _names_of(place.free).isdisjoint(names_in_front(place.term))
        free = place.free if clear else by.free
        term = split_composite(hoist(place.at(free)), function)
        if ex.holds(function, ex.MatrixFunction, ex.Frechet):
            term = _closed_traces(term)
        names = _names_of(place.shown) | by.names
        term = named(term, function, names, dict(zip(free, place.shown, strict=True)))
        found.append(Occurrence(term, place.shown))
    return tuple(found)


def marked(
    f: Indexed, variable: Symbol, function: Expr, layers: Layers = NO_LAYERS
) -> tuple[tuple[Indexed, Symbol], ...]:
    """`f` with one occurrence alone renamed, and its new name: for each one in the same order.

    So each contribution can be checked by numbers.
    """
    by = _by(f, variable, function, layers)
    marker = ex.symbol(
        _marker_name(variable.name, _taken(f, function) | by.names), variable.shape, variable.rank
    )
    forms = _marked(f, by, marker)
    if layers:
        forms = (named(form, function, by.names) for form in forms)
    return tuple((form, marker) for form in forms)


def _taken(f: Indexed, function: Expr) -> frozenset[str]:
    """All names that are in use."""
    names = function.symbols | ex.dim_names(function) | ex.index_names(function)
    return names | ix.all_names(f)


def total(
    occurrences: tuple[Occurrence, ...], function: Expr, layers: Layers = NO_LAYERS
) -> tuple[tuple[Index, ...], Indexed]:
    """The whole derivative: all contributions over the free indices of the first one."""
    if not occurrences:
        return (), ix.ZERO
    names = frozenset(layers.meanings)
    free = occurrences[0].free
    count: dict[Indexed, int] = {}
    for o in occurrences:
        term = o.term
        if o.free != free:
            moved = dict(zip(o.free, free, strict=True))
            term = named(term, function, _names_of(free) | names, moved)
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


@dataclass(frozen=True, slots=True)
class _Place:
    """The derivative through one occurrence: by the entry at `free`, which is shown at `shown`."""

    term: Indexed
    free: tuple[Index, ...]
    shown: tuple[Index, ...]

    def times(self, before: tuple[Indexed, ...], after: tuple[Indexed, ...] = ()) -> _Place:
        """The same in a product with what is held constant."""
        return _Place(ix.times(*before, self.term, *after), self.free, self.shown)

    def summed(self, indices: tuple[Index, ...]) -> _Place:
        """The same in a sum, in which the indices of the entry are fixed."""
        others = tuple([i for i in indices if i not in self.free])
        return _Place(contract(others, self.term), self.free, self.shown)

    def at(self, free: tuple[Index, ...]) -> Indexed:
        """The derivative by the entry at other indices."""
        return ix.rename(self.term, dict(zip(self.free, free, strict=True)))


@dataclass(frozen=True, slots=True)
class _By:
    """By what is derived: a variable's entry at `free`; all `names` move, the layers' with it.

    `indices` are the names of those around and of the author's: what is opened gets others, so that
    its sums can be moved in front without another name, and none is taken for one of the author's.
    The `tied` ones cannot be free by themselves: they are those in deltas and those bound further
    out.
    """

    variable: Symbol
    free: tuple[Index, ...]
    layers: Layers
    meanings: Mapping[str, Expr]
    names: frozenset[str]
    indices: frozenset[str]
    tied: frozenset[Index]

    def moves(self, t: Indexed | Expr) -> bool:
        """Does something depend on the variable?"""
        return not self.names.isdisjoint(t.symbols)


def _by(f: Indexed, variable: Symbol, function: Expr, layers: Layers) -> _By:
    meanings = layers.meanings
    names = ix.fresh_names(_taken(f, function).union(meanings))
    free = tuple(Index(next(names), d) for d in _ranges(variable))
    moving = frozenset((variable.name, *meanings))
    indices = _names_of(free) | ix.all_names(f) | ex.index_names(function)
    return _By(variable, free, layers, meanings, moving, indices, _in_deltas(f))


def _in_deltas(t: Indexed) -> frozenset[Index]:
    """The indices of all deltas in a form."""
    deltas = [node for node in ix.walk(t) if isinstance(node, ix.KroneckerDelta)]
    return frozenset(i for delta in deltas for i in delta.free)


def _occurrences(t: Indexed, by: _By) -> Iterator[_Place]:
    """Derivative of t through each single occurrence."""
    if not by.moves(t):
        return
    match t:
        case ix.Element(matrix=ex.Symbol() | ex.Transpose(arg=ex.Symbol()), indices=indices):
            opened = _opened(t, by)
            if opened is not None:
                yield from _occurrences(*opened)
            elif len(set(indices)) < len(indices):
                yield _Place(_deltas(indices, by.free), by.free, by.free)
            elif by.tied.isdisjoint(indices):
                yield _Place(ix.ONE, indices, indices)
            else:
                yield _Place(_deltas(indices, by.free), by.free, indices)
        case ix.Element(matrix=matrix, indices=indices):
            yield _Place(_inner(matrix, indices, by), by.free, by.free)
        case ix.Num() | ix.KroneckerDelta():
            return
        case ix.Times(coefficient=c, factors=factors):
            for n, f in enumerate(factors):
                if not by.moves(f):
                    continue
                before, after = (ix.num(c), *factors[:n]), factors[n + 1 :]
                for place in _occurrences(f, by):
                    yield place.times(before, after)
        case ix.Plus(terms=terms):
            for u in terms:
                yield from _occurrences(u, by)
        case ix.SumOver(indices=indices, body=body):
            for place in _occurrences(body, by):
                yield place.summed(indices)
        case ix.Function(function=name, args=args):
            for arg, derivative in zip(args, fn.get(name).derivatives, strict=True):
                if not by.moves(arg):
                    continue
                slope = instantiate(derivative, args)
                for place in _occurrences(arg, by):
                    yield place.times((slope,))
        case ix.Pow(base=base, exponent=p):
            slope = ix.times(p, ix.pow_(base, ix.plus(p, ix.num(-1))))
            for place in _occurrences(base, by):
                yield place.times((slope,))
            if by.moves(p):
                slope = ix.times(t, ix.function("log", base))
                for place in _occurrences(p, by):
                    yield place.times((slope,))
        case _:
            assert_never(t)


def _deltas(first: tuple[Index, ...], second: tuple[Index, ...]) -> Indexed:
    """1 where two places are the same, else 0."""
    return ix.times(*[ix.kronecker(a, b) for a, b in zip(first, second, strict=True)])


def _marked(t: Indexed, by: _By, marker: Symbol) -> Iterator[Indexed]:
    """The form with one occurrence at a time renamed, in the order of `_occurrences`."""
    if not by.moves(t):
        return
    if isinstance(t, ix.Element):
        opened = _opened(t, by)
        if opened is not None:
            yield from _marked(*opened, marker)
            return
        renamed = ex.substitute(by.layers.written_out(t.matrix), {by.variable.name: marker})
        yield ix.element(renamed, *t.indices)
        return
    for n, part in enumerate(t.parts):
        for form in _marked(part, by, marker):
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


def _opened(t: ix.Element, by: _By) -> tuple[Indexed, _By] | None:
    """What an entry of a layer stands for, and by what to go on; None for no name of a layer."""
    symbol = t.matrix.arg if isinstance(t.matrix, ex.Transpose) else t.matrix
    if not isinstance(symbol, Symbol) or symbol.name not in by.meanings:
        return None
    places = iter(t.indices)
    row, column = (None if d == 1 else next(places) for d in symbol.shape)
    taken = by.indices | _names_of(t.indices)
    form = expand(by.meanings[symbol.name], row, column, taken)
    tied = by.tied | _in_deltas(form)
    return form, replace(by, indices=taken | ix.all_names(form), tied=tied)


def _below(form: Indexed, by: _By) -> tuple[Indexed, _By]:
    """A form whose free indices are bound further out, and by what to go on in it."""
    return form, replace(by, tied=form.free | _in_deltas(form))


def _inner(matrix: Expr, indices: tuple[Index, ...], by: _By) -> Indexed:
    """Derivative of an entry of an inverse, an operator or a power."""
    if isinstance(matrix, ex.Kron | ex.Vec | ex.Unvec | ex.Block):
        return ix.plus(*_linear(matrix, indices, by))
    taken = by.indices | _names_of(indices) | matrix.symbols | ex.dim_names(matrix)
    names = ix.fresh_names(taken)
    scope = by.indices | _names_of(indices)
    parts: list[Indexed] = []
    for number, arg in enumerate(matrix.parts):
        if not by.moves(arg):
            continue
        a, b = (None if d == 1 else Index(next(names), d) for d in arg.shape)
        for p in _occurrences(*_below(expand(arg, a, b, scope), by)):
            parts += _around(matrix, number, indices, (a, b), hoist(p.at(by.free)))
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
    by: _By,
) -> Iterator[Indexed]:
    """Derivative of an entry of something that is linear in each of its parts."""
    parts = matrix.parts
    taken = by.indices | _names_of(indices) | matrix.symbols | ex.dim_names(matrix)
    for n, part in enumerate(parts):
        if not by.moves(part):
            continue
        names = ix.fresh_names(taken)
        a, b = (None if d == 1 else Index(next(names), d) for d in part.shape)
        form = _below(expand(part, a, b, by.indices | _names_of(indices)), by)
        others = parts
        if isinstance(matrix, ex.Block):
            others = tuple(ex.zeros(*p.shape) for p in parts)
        unit = ex.with_children(matrix, (*others[:n], _unit(part, a, b), *others[n + 1 :]))
        place = tuple(i for i in (a, b) if i is not None)
        for inner in _occurrences(*form):
            moved = hoist(inner.at(by.free))
            yield contract(place, ix.times(ix.element(unit, *indices), moved))


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
