"""The index language: sums over named indices of products of entries, immutable and hash-consed.

A value of this language is a scalar that depends on its free indices.  Binding is lexical: an
inner sum may re-use the name of an outer one (`tidy` gives every binder a name of its own
before anything is shown).  `rename` never captures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias, TypeVar, assert_never

from . import expr as ex
from .construct import UNIT, exact, exact_product, whole
from .expr import Dim, Expr, Index
from .filling import OPEN


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Term:
    """What every value of the index language has: its free indices, its symbols, its parts.

    `binds` says whether there is a sum in it.
    """

    free: frozenset[Index]
    symbols: frozenset[str]
    parts: tuple[Indexed, ...]
    binds: bool
    _key: tuple[Any, ...]
    _hash: int

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return isinstance(other, Term) and self._hash == other._hash and self._key == other._key

    def __str__(self) -> str:
        from .render_text import indexed_text

        return indexed_text(self)  # type: ignore[arg-type]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self}>"

    def latex(self) -> str:
        """LaTeX of the index form (plain amsmath)."""
        from .render_latex import indexed_latex

        return indexed_latex(self)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Num(Term):
    """An exact number."""

    value: Fraction


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Element(Term):
    """An entry of a matrix expression: as many indices as it has dimensions other than 1."""

    matrix: Expr
    indices: tuple[Index, ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class KroneckerDelta(Term):
    """1 where the two indices are equal, else 0."""

    row: Index
    column: Index


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Times(Term):
    """`coefficient` times a product of factors, in reading order."""

    coefficient: Fraction
    factors: tuple[Indexed, ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Plus(Term):
    """A sum of two or more terms."""

    terms: tuple[Indexed, ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SumOver(Term):
    """The sum over one or more bound indices."""

    indices: tuple[Index, ...]
    body: Indexed


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Function(Term):
    """A function of numbers."""

    function: str
    args: tuple[Indexed, ...]

    @property
    def arg(self) -> Indexed:
        """The first argument, the only one of most functions."""
        return self.args[0]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Pow(Term):
    """A power of numbers."""

    base: Indexed
    exponent: Indexed


Indexed: TypeAlias = Num | Element | KroneckerDelta | Times | Plus | SumOver | Function | Pow

T = TypeVar("T", bound=Term)
_table: dict[int, Term] = {}
_TABLE_LIMIT = 200_000
_NO_INDICES: frozenset[Index] = frozenset()
_NO_NAMES: frozenset[str] = frozenset()
_names: dict[Term, frozenset[str]] = {}


def clear() -> None:
    """Forget the table of nodes."""
    _table.clear()
    _names.clear()


def _make(
    kind: type[T],
    parts: tuple[Indexed, ...],
    *fields: Any,
    bound: tuple[Index, ...] = (),
    own: tuple[Index, ...] = (),
    names: frozenset[str] = _NO_NAMES,
    number: Fraction | None = None,
) -> T:
    if number is None:
        key: tuple[Any, ...] = (kind, *fields)
    else:
        # the hash of a fraction is slow, that of two whole numbers is not
        key = (kind, None if number is UNIT else number.as_integer_ratio(), *fields)
        fields = (number, *fields)
    # the hash of a key is slow too, for it asks every part: it is worked out once
    own_hash = place = hash(key)
    while (found := _table.get(place)) is not None:
        if found._key == key:
            return found  # type: ignore[return-value]
        place += 1
    free, binds = _NO_INDICES, bool(bound)
    if len(parts) == 1:
        (part,) = parts
        free, names, binds = part.free, part.symbols, binds or part.binds
    elif parts:
        free = free.union(*[p.free for p in parts])
        names = names.union(*[p.symbols for p in parts])
        binds = True in [p.binds for p in parts]
    if bound:
        free = free.difference(bound)
    if own:
        free = free.union(own)
    if len(_table) >= _TABLE_LIMIT:
        clear()
        place = own_hash
    made: Any = OPEN[kind](free, names, parts, binds, key, own_hash, *fields)
    made.__class__ = kind
    _table[place] = made
    return made  # type: ignore[no-any-return]


# ------------------------------------------------------------------------ constructors


def num(value: Fraction | int) -> Num:
    """An exact number."""
    found = exact(value)
    return ONE if found is UNIT else _make(Num, (), number=found)


ONE = _make(Num, (), number=UNIT)
ZERO = _make(Num, (), number=whole(0))


def element(matrix: Expr, row: Index | None = None, column: Index | None = None) -> Indexed:
    """Entry of a matrix expression; an index is None just where the dimension is 1.

    A row vector is turned into a column, so that an entry of a vector has one index.
    """
    if type(matrix) is ex.Number:
        return num(matrix.value)
    if row is None and column is not None:
        matrix, row, column = ex.transpose(matrix), column, None
    if type(matrix) is ex.Transpose and row is not None and column is not None:
        matrix, row, column = matrix.arg, column, row
    if row is None:
        indices: tuple[Index, ...] = ()
    else:
        indices = (row,) if column is None else (row, column)
    own = (*indices, *matrix.free) if matrix.free else indices
    return _make(Element, (), matrix, indices, own=own, names=matrix.symbols)


def kronecker(row: Index, column: Index) -> Indexed:
    """Kronecker's delta."""
    return ONE if row == column else _make(KroneckerDelta, (), row, column, own=(row, column))


def is_indicator(t: Indexed) -> bool:
    """Is the value 0 or 1, so that it is its own power?"""
    if type(t) is Element:
        return type(t.matrix) is ex.Triangle and type(t.matrix.arg) is ex.Ones
    return type(t) is KroneckerDelta


def times(*factors: Indexed) -> Indexed:
    """The product; nested products become flat, numbers go in front."""
    coefficient = UNIT
    flat: list[Indexed] = []
    for f in factors:
        if type(f) is Times:
            if f.coefficient is not UNIT:
                coefficient = exact_product(coefficient, f.coefficient)
            flat.extend(f.factors)
        elif type(f) is Num:
            coefficient = exact_product(coefficient, f.value)
        else:
            flat.append(f)
    if not coefficient:
        return ZERO
    if not flat:
        return num(coefficient)
    if len(flat) == 1 and coefficient is UNIT:
        return flat[0]
    if len([f for f in flat if not f.symbols]) > 1:
        flat = _indicators_once(flat)
    parts = tuple(flat)
    return _make(Times, parts, parts, number=coefficient)


def _indicators_once(factors: list[Indexed]) -> list[Indexed]:
    """Factors, which are more than one without symbols, each that is its own power once."""
    found: list[Indexed] = []
    for f in factors:
        if not (is_indicator(f) and f in found):
            found.append(f)
    return found


def plus(*terms: Indexed) -> Indexed:
    """The sum; nested sums become flat, numbers are added up."""
    constant: Fraction | int = 0
    flat: list[Indexed] = []
    for t in terms:
        for u in t.terms if isinstance(t, Plus) else (t,):
            if isinstance(u, Num):
                constant += u.value
            else:
                flat.append(u)
    if constant:
        first = isinstance(flat[0], Times) and flat[0].coefficient < 0 if flat else False
        flat.insert(0 if first else len(flat), num(constant))
    if not flat:
        return ZERO
    if len(flat) == 1:
        return flat[0]
    parts = tuple(flat)
    return _make(Plus, parts, parts)


def sum_over(indices: tuple[Index, ...], body: Indexed) -> Indexed:
    """The sum over indices; directly nested sums become one, a number stands in front.

    An index that the body does not hold gives a factor, the size of its dimension.
    """
    if not indices or (type(body) is Num and body.value == 0):
        return body
    idle = [i for i in indices if i not in body.free]
    if idle:
        sizes = [element(ex.size_of(i.dim)) for i in idle]
        return times(*sizes, sum_over(tuple(i for i in indices if i in body.free), body))
    if type(body) is SumOver and not set(indices) & set(body.indices):
        indices, body = indices + body.indices, body.body
    if type(body) is Times and body.coefficient is not UNIT:
        bare = times(*body.factors)
        rest = _make(SumOver, (bare,), indices, bare, bound=indices)
        return times(num(body.coefficient), rest)
    return _make(SumOver, (body,), indices, body, bound=indices)


def function(name: str, *args: Indexed) -> Indexed:
    """A function of numbers, by its name."""
    return _make(Function, args, name, args)


def pow_(base: Indexed, exponent: Indexed) -> Indexed:
    """A power; of a power with a whole exponent one power."""
    if isinstance(exponent, Num):
        p = exponent.value
        if p == 1:
            return base
        if p == 0:
            return ONE
        if p.denominator == 1:
            if isinstance(base, Num) and base.value != 0 and abs(p) < 100:
                return num(base.value**p.numerator)
            if isinstance(base, Pow):
                return pow_(base.base, times(base.exponent, exponent))
        if isinstance(base, Function) and base.function == "sqrt" and p % 2 == 0:
            return pow_(base.arg, num(p / 2))
        if p > 0 and is_indicator(base):
            return base
        if p > 0 and isinstance(base, Times):
            deltas = [f for f in base.factors if is_indicator(f)]
            if deltas:
                rest = [f for f in base.factors if f not in deltas]
                return times(*deltas, pow_(times(num(base.coefficient), *rest), exponent))
    return _make(Pow, (base, exponent), base, exponent)


def map_children(t: Indexed, f: Callable[[Indexed], Indexed]) -> Indexed:
    """The same kind of value over `f(part)` for every part."""
    new = tuple([f(part) for part in t.parts])
    return t if new == t.parts else with_children(t, new)


def map_parts(t: Indexed, f: Callable[[Indexed], Indexed]) -> Indexed:
    """The same for an f that leaves what has no parts as it is."""
    new = tuple([f(part) if part.parts else part for part in t.parts])
    return t if new == t.parts else with_children(t, new)


def with_children(t: Indexed, new: tuple[Indexed, ...]) -> Indexed:
    """The same kind of value over other parts."""
    match t:
        case Times():
            return times(*new) if t.coefficient is UNIT else times(num(t.coefficient), *new)
        case Num() | Element() | KroneckerDelta():
            return t
        case Plus():
            return plus(*new)
        case SumOver():
            return sum_over(t.indices, new[0])
        case Function():
            return function(t.function, *new)
        case Pow():
            return pow_(new[0], new[1])
        case _:
            assert_never(t)


# ------------------------------------------------------------------------ names

READING_ORDER = tuple("ijklmnpqrstuvwabcdefgh")
"""Index names in the order in which a reader expects them."""


def fresh_names(taken: Iterable[str]) -> Iterator[str]:
    """Names that are not taken, in reading order: i, j, k, l, m, n, p, q ..., then i1, j1 ..."""
    used = frozenset(taken)
    for name in READING_ORDER:
        if name not in used:
            yield name
    round_ = 1
    while True:
        for letter in READING_ORDER:
            name = f"{letter}{round_}"
            if name not in used:
                yield name
        round_ += 1


def fresh(dim: Dim, taken: Iterable[str]) -> Index:
    """An index over `dim` with the first name that is not taken."""
    return Index(next(fresh_names(taken)), dim)


def all_names(t: Indexed) -> frozenset[str]:
    """The names of all indices of a value, free and bound."""
    own = frozenset([i.name for i in t.free])
    if not t.parts:
        return own | ex.index_names(t.matrix) if isinstance(t, Element) else own
    found = _names.get(t)
    if found is None:
        if isinstance(t, SumOver):
            own = own.union([i.name for i in t.indices])
        found = _names[t] = own.union(*[all_names(part) for part in t.parts])
    return found


def walk(t: Indexed) -> Iterator[Indexed]:
    """The value and all that is in it, each distinct part once, parents first."""
    seen: set[Indexed] = set()
    stack = [t]
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            yield node
            stack.extend(node.parts)


def ranges(t: Indexed) -> dict[str, Dim]:
    """Over which dimension each bound index of a value runs, by its name.

    A name that is bound twice, over different dimensions, is left out.
    """
    found: dict[str, Dim] = {}
    several: set[str] = set()
    for node in walk(t):
        if isinstance(node, SumOver):
            for name, dim in node.indices:
                if found.setdefault(name, dim) != dim:
                    several.add(name)
    for name in several:
        del found[name]
    return found


def rename(t: Indexed, mapping: Mapping[Index, Index]) -> Indexed:
    """The value with free indices replaced; a binder in the way gets another name."""
    if t.free.isdisjoint(mapping):
        return t
    if type(t) is Element:
        places = [mapping.get(i, i) for i in t.indices]
        return element(rename_expr(t.matrix, mapping), *places)
    live = {a: b for a in t.free if (b := mapping.get(a, a)) != a}
    if not live:
        return t
    match t:
        case Num() | Element():
            return t
        case KroneckerDelta():
            return kronecker(live.get(t.row, t.row), live.get(t.column, t.column))
        case SumOver():
            incoming = {b.name for b in live.values()}
            if any(i.name in incoming for i in t.indices):
                t = rename_apart(t, incoming)
            return sum_over(t.indices, rename(t.body, live))
        case _:
            return map_children(t, lambda part: rename(part, live))


def rename_apart(t: SumOver, taken: Iterable[str]) -> SumOver:
    """The sum with its indices renamed where their names are taken.

    The new names are ones that an author hardly writes: an index of the author's stays recognised.
    """
    forbidden = set(taken)
    if forbidden.isdisjoint([i.name for i in t.indices]):
        return t
    avoid = forbidden | all_names(t)
    mapping: dict[Index, Index] = {}
    for i in t.indices:
        mapping[i] = i
        if i.name in forbidden:
            mapping[i] = fresh(i.dim, avoid.union(READING_ORDER))
            avoid.add(mapping[i].name)
    indices, body = tuple(mapping.values()), rename(t.body, mapping)
    return _make(SumOver, (body,), indices, body, bound=indices)


def rename_expr(e: Expr, mapping: Mapping[Index, Index]) -> Expr:
    """A matrix expression with free indices replaced; a binder in the way gets another name."""
    if not e.free:
        return e
    live = {a: b for a in e.free if (b := mapping.get(a, a)) != a}
    if not live:
        return e
    match e:
        case ex.Row():
            return ex.row(rename_expr(e.arg, live), live.get(e.index, e.index))
        case ex.Column():
            return ex.column(rename_expr(e.arg, live), live.get(e.index, e.index))
        case ex.Entry():
            column = live.get(e.column, e.column) if e.column else None
            return ex.entry(rename_expr(e.arg, live), live.get(e.row, e.row), column)
        case ex.Delta():
            return ex.delta(live.get(e.row, e.row), live.get(e.column, e.column))
        case ex.IndexSum():
            indices, body = _unbind(e.indices, e.body, live)
            return ex.index_sum(indices, rename_expr(body, live))
        case ex.Rows():
            indices, body = _unbind((e.index,), e.body, live)
            return ex.rows(indices[0], rename_expr(body, live))
        case _:
            return ex.map_children(e, lambda c: rename_expr(c, live))


def _unbind(
    indices: tuple[Index, ...], body: Expr, live: Mapping[Index, Index]
) -> tuple[tuple[Index, ...], Expr]:
    """Binders renamed out of the way of the names that come in."""
    incoming = {b.name for b in live.values()}
    taken = incoming | ex.index_names(body) | {i.name for i in indices}
    out = []
    for i in indices:
        if i.name in incoming:
            new = fresh(i.dim, taken)
            taken.add(new.name)
            body = rename_expr(body, {i: new})
            out.append(new)
        else:
            out.append(i)
    return tuple(out), body
