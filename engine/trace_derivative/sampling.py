"""Sample points: values inside the domain of some expressions, the same for the same content.

Dimensions of different names always get different sizes, so that a forgotten transpose cannot
hide.  Values of either sign are tried first; where a logarithm, an inverse, a kink or an overflow
is in the way, positive values, then others.  Random numbers are Python's, seeded with SHA-256, so
that a page is the same on every machine.
"""

from __future__ import annotations

import hashlib
import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, permutations, product
from typing import Any, TypeAlias

import numpy as np

from . import expr as ex, functions, operators, sizes
from .domain import LARGEST, Domain, Place
from .errors import UnsupportedError
from .expr import Dim, Expr, Symbol
from .kinds import check_kinds, drawn, kinds_of, with_gaps
from .limits import check_time
from .values import Draw, Way

Array: TypeAlias = np.ndarray[Any, Any]

_FEW = 4
_CHANCES = 8
"""So often another assignment of sizes is drawn where it was drawn before."""

_MANY = 8
"""More dimensions than this are many: sizes and entries are then chosen with more care."""

THOROUGH = 8
"""The number of points of a thorough search."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Values of all symbols, `(n,)` for a vector, and the sizes of all dimensions."""

    values: dict[str, Array]
    dims: dict[str, int]

    def as_python(self) -> str:
        """Python code that makes `values` and `dims` again, to the last digit."""
        lines = ["import numpy as np", "", "values = {"]
        for name, array in self.values.items():
            body = repr(array.tolist())
            if array.ndim:
                body = f"np.array({body})"
            lines.append(f"    {name!r}: {body},")
        return "\n".join([*lines, "}", f"dims = {self.dims!r}"])


def samples(
    exprs: Sequence[Expr],
    symbols: Mapping[str, Symbol],
    *,
    assume: Mapping[str, str] | None = None,
    structure: Mapping[str, str] | None = None,
    seed_text: str,
    count: int = 3,
    small: Sequence[Dim] = (),
    moved: str = "",
    thorough: bool = False,
) -> tuple[Sample, ...]:
    """At least three points at which all expressions (and their derivatives) exist.

    `assume` and `structure` say of a symbol, by name, that its value is one of `KINDS`; `moved` is
    the variable.  Where there are many dimensions the `small` ones (the variable's) get the least
    sizes.  A `thorough` search, and any with functions that have kinks, gives at least `THOROUGH`
    points, every second one of them with values of very different sizes, so that signs and kinks
    cannot hide.
    """
    rng = random.Random(int.from_bytes(hashlib.sha256(seed_text.encode()).digest(), "big"))
    kinds = {
        name: kinds_of(f"{(assume or {}).get(name, '')},{(structure or {}).get(name, '')}")
        for name in symbols
    }
    for name, symbol in symbols.items():
        check_kinds(symbol, kinds[name])
    free = moved if moved not in (structure or {}) else ""
    search = _Search(exprs, symbols, kinds, rng, small, with_gaps(kinds, free))
    wide = thorough or any(map(_has_kinks, exprs))
    points = search.points(max(3, count, THOROUGH if wide else 0))
    return tuple([search.widened(p) if wide and n % 2 else p for n, p in enumerate(points)])


def of_one_size(samples: Sequence[Sample]) -> list[tuple[Sample, ...]]:
    """The samples that have the same sizes together, in the order of the first of each."""
    groups: dict[tuple[tuple[str, int], ...], list[Sample]] = {}
    for sample in samples:
        groups.setdefault(tuple(sorted(sample.dims.items())), []).append(sample)
    return [tuple(group) for group in groups.values()]


def _in_words(kinds: frozenset[str]) -> str:
    return " and ".join(sorted(kinds))


def _has_kinks(e: Expr) -> bool:
    """Is there a function with a derivative almost everywhere only?"""
    if not ex.holds(e, ex.Operation, ex.Apply):
        return False
    for node in ex.walk(e):
        if isinstance(node, ex.Operation) and not operators.TABLE[node.operator].analytic:
            return True
        if isinstance(node, ex.Apply) and not functions.get(node.function).analytic:
            return True
    return False


# ---------------------------------------------------------------------------- sizes


_NEW_DIMS: tuple[type[ex.Node], ...] = (
    *(ex.Identity, ex.Ones, ex.Zeros, ex.Kron, ex.Vec, ex.Unvec, ex.Block),
    *(ex.IndexSum, ex.Rows, ex.Delta),
)
"""What may have dimensions that no symbol has."""


def dims_of(exprs: Sequence[Expr], symbols: Mapping[str, Symbol]) -> tuple[Dim, ...]:
    """All dimensions of symbols and expressions: those of the symbols first, in their order.

    Of a composite dimension those that it is made of.
    """
    found: dict[Dim, None] = {}
    for symbol in symbols.values():
        found.update(dict.fromkeys(a for dim in symbol.shape for a in _parts(dim)))
    more: set[Dim] = set()
    for node in chain.from_iterable([ex.walk(e) for e in exprs if ex.holds(e, *_NEW_DIMS)]):
        more.update(a for dim in node.shape for a in _parts(dim))
        match node:
            case ex.IndexSum(indices=indices):
                more.update(a for i in indices for a in _parts(i.dim))
            case ex.Rows(index=i):
                more.update(_parts(i.dim))
            case ex.Delta(row=i, column=j):
                more.update((*_parts(i.dim), *_parts(j.dim)))
            case _:
                pass
    found.update(dict.fromkeys(sorted(more, key=str)))
    return tuple(found)


def _parts(dim: Dim) -> tuple[Dim, ...]:
    """The names that a dimension is made of; itself where it is a number."""
    return (dim,) if isinstance(dim, int) else tuple(sorted(sizes.atoms(dim)))


class _Sizes:
    """Sizes for the named dimensions: all different, none that of a dimension given as a number.

    Among more than `_MANY` the `small` ones get the least sizes.  There is one size to spare, and
    `more`.  `aliases` are names of composite dimensions.
    """

    def __init__(
        self,
        dims: Sequence[Dim],
        rng: random.Random,
        small: Sequence[Dim] = (),
        aliases: Mapping[str, Dim] | None = None,
        more: int = 0,
    ) -> None:
        self.rng = rng
        self.aliases = dict(aliases or {})
        self.names = [d for d in dims if isinstance(d, str) and d not in self.aliases]
        if len(self.names) > _MANY:
            self.names.sort(key=lambda d: d not in small)
        self.small = sum(d in small for d in self.names)
        fixed = {d for d in dims if isinstance(d, int)}
        count = len(self.names) + 1 + more
        self.sizes = [n for n in range(2, len(dims) + more + 4) if n not in fixed][:count]

    def one(self, avoid: Mapping[str, int] | None) -> dict[str, int] | None:
        """A random assignment; None where it is the one to avoid, time and again."""
        for _ in range(_CHANCES):
            order = self._in_order(self._shuffled())
            dims = self._with_aliases(dict(zip(self.names, order, strict=False)))
            if dims != avoid or not self.names:
                return dims
        return None

    def _shuffled(self) -> list[int]:
        return sorted(self.sizes, key=lambda _: self.rng.random())

    def _in_order(self, order: list[int]) -> list[int]:
        """The least sizes first where there are many names: the small ones are the first names."""
        if len(self.names) > _MANY:
            least = self.small + 2
            order.sort(key=lambda size: size not in self.sizes[:least])
        return order

    def draw(self, avoid: Mapping[str, int] | None) -> list[dict[str, int]]:
        """Some assignments in random order; none is `avoid`, unless there is no other."""
        count = min(_ASSIGNMENTS, math.factorial(len(self.sizes)))
        out: list[dict[str, int]] = []
        orders = self._orders()
        for _ in range(4 * count):
            order = next(orders, None)
            if order is None:
                break
            order = self._in_order(order)
            dims = self._with_aliases(dict(zip(self.names, order, strict=False)))
            if dims not in out and (dims != avoid or not self.names):
                out.append(dims)
            if len(out) == count:
                break
        return out

    def _with_aliases(self, dims: dict[str, int]) -> dict[str, int]:
        """The sizes, also of what is composed of them."""
        found = dict(dims)

        def size(name: str) -> int:
            if name not in found:
                found[name] = sizes.value(self.aliases[name], size)
            return found[name]

        for name in self.aliases:
            size(name)
        return found

    def _orders(self) -> Iterator[list[int]]:
        """Orders of the sizes: every one once where they are few, else random ones."""
        if len(self.sizes) <= _FEW:
            every = [list(order) for order in permutations(self.sizes)]
            self.rng.shuffle(every)
            yield from every
            return
        while True:
            yield self._shuffled()


# ---------------------------------------------------------------------------- values


_WAYS = (
    Way(0.25, 1.25),
    Way(0.5, 2.0, signed=False),
    Way(1.5, 4.0, signed=False),
    Way(0.25, 1.25, square="definite"),
    Way(0.5, 2.0, signed=False, square="definite"),
    Way(0.05, 0.35),
    Way(0.05, 0.35, signed=False),
    Way(0.4, 0.9, square="bounded"),
    Way(0.02, 0.12),
    Way(4.0, 9.0),
    Way(0.999, 1.001, square="bounded"),
)
_MANY_WAYS = (
    Way(0.5, 1.4, scaled=True),
    Way(0.5, 1.4, signed=False, scaled=True),
    *_WAYS,
)
"""The ways for expressions with more than `_MANY` dimensions."""
_WIDE = Way(0.05, 8.0, even=True)
_TRIES = 6
_RELAXING = 3
_MORE_SIZES = 2
_MIXED_TRIES = 100
_ASSIGNMENTS = 24


class _Search:
    """The search for points; ways that have worked are tried first at the next point.

    The `best` ones are plain wherever that worked at once, the `safe` ones as they were before.
    """

    def __init__(
        self,
        exprs: Sequence[Expr],
        symbols: Mapping[str, Symbol],
        kinds: Mapping[str, frozenset[str]],
        rng: random.Random,
        small: Sequence[Dim] = (),
        gaps: frozenset[str] = frozenset(),
    ) -> None:
        self.exprs = exprs
        self.symbols = symbols
        self.kinds = kinds
        self.rng = rng
        self.dims = dims_of(exprs, symbols)
        self.small = small
        self.aliases = ex.aliases([e for e in exprs if ex.holds(e, *_NEW_DIMS)])
        self.sizes = _Sizes(self.dims, rng, small, self.aliases)
        self.domain = Domain(exprs, symbols, gaps)
        self.best: dict[str, Way] | None = None
        self.safe: dict[str, Way] = {}
        self.complaint = ""

    def points(self, count: int) -> list[Sample]:
        """Samples at two assignments of sizes in turn: those of one are evaluated together."""
        found = self._together([], count)
        if not found:
            first = self._one(None, None)
            found = self._together([first], count) or [first]
        while len(found) < count:
            avoid = found[0].dims if len(found) == 1 else None
            found.append(self._one(avoid, found[-2].dims if len(found) > 1 else None))
        return found

    def _together(self, found: list[Sample], count: int) -> list[Sample]:
        """So many samples, one of which may be found; none where one of the others is not good.

        They are drawn in the ways that have worked, else in the plain way.
        """
        ways = self.best or dict.fromkeys(self.symbols, self._ways()[0])
        first = found[0].dims if found else self.sizes.one(None)
        second = self.sizes.one(first)
        if first is None or second is None:
            return []
        new = []
        for number in range(len(found), count):
            dims = second if number % 2 else first
            values = self._values(dims, ways)
            if values is None:
                return []
            new.append(Sample(values, dims))
        for group in (new[::2], new[1::2]):
            if group and not self.domain.has([s.values for s in group], group[0].dims):
                return []
        return [*found, *new]

    def _one(self, avoid: Mapping[str, int] | None, like: dict[str, int] | None) -> Sample:
        """A sample at other sizes than `avoid`, at those of `like` if there is one.

        The sizes are larger ones where there is no point among the least.

        A skew matrix, say, is invertible at every other size.
        """
        found = self._point(avoid, like)
        if found is None:
            self.sizes = _Sizes(self.dims, self.rng, self.small, self.aliases, _MORE_SIZES)
            found = self._point(avoid, None)
        if found is None:
            raise UnsupportedError(
                f"no point was found at which all of it can be evaluated: {self.complaint}",
                hint="say of what kind the values are, for example assume={'X': 'positive'}",
            )
        return found

    def _ways(self) -> tuple[Way, ...]:
        return _MANY_WAYS if len(self.sizes.names) > _MANY else _WAYS

    def _point(self, avoid: Mapping[str, int] | None, like: dict[str, int] | None) -> Sample | None:
        """A sample: one try, many sizes in haste, then a few at length; None where none is."""
        all_ways = self._ways()
        plain = all_ways[0]
        dims = like or self.sizes.one(avoid)
        sample = self._at_once(dims, plain) if dims else None
        if sample is not None:
            return sample
        assignments = self.sizes.draw(avoid)
        if like is not None:
            assignments[:0] = [like] * _RELAXING
        if self.best is not None:
            for _, dims in product(range(_TRIES), assignments):
                sample = self._try(dims, self.best, LARGEST[0])
                if sample is not None:
                    return sample
        quick: list[Way | None] = [*all_ways[:5], None]
        long = [way for way in all_ways for _ in range(_TRIES)] + [None] * _MIXED_TRIES
        for ways, some, largest in (
            (all_ways[:2], assignments[:_TRIES], LARGEST[0]),  # it may be the sizes
            (2 * quick, assignments, LARGEST[0]),
            (long, assignments[:3], LARGEST[0]),
            (long, assignments[:1], LARGEST[1]),
        ):
            for dims, way in product(some, ways):
                ways_of = {name: way or self._any_way() for name in self.symbols}
                sample = self._try(dims, ways_of, largest)
                if sample is not None:
                    return self._relaxed(sample, ways_of, plain, largest)
        return None

    def _at_once(self, dims: dict[str, int], plain: Way) -> Sample | None:
        """A sample by one try of the plain way, or one of each that has worked."""
        best = self.best or dict.fromkeys(self.symbols, plain)
        sample = self._try(dims, best, LARGEST[0])
        if sample is None and self.safe:
            sample = self._try(dims, self.safe, LARGEST[0])
            if sample is not None:
                return self._relaxed(sample, self.safe, plain, LARGEST[0])
        return sample

    def _relaxed(self, sample: Sample, ways: dict[str, Way], plain: Way, largest: float) -> Sample:
        """The point with every symbol drawn in the plain way that need not be drawn otherwise.

        What holds for positive values only would else be taken for true of all values.
        """
        place = self.domain.place(sample.values, sample.dims)
        best = dict(ways)
        for name in self.symbols:
            if ways[name] == plain:
                continue
            for number in range(_RELAXING):
                changed = self._redrawn(place, name, plain, largest)
                if changed is not None:
                    place = changed
                    if number == 0:  # else it was luck, which is not to be expected again
                        best[name] = plain
                    break
        self.best, self.safe = best, ways
        return Sample(dict(place.values), sample.dims)

    def widened(self, sample: Sample) -> Sample:
        """The point with each symbol drawn over a wide range, where that is inside the domain."""
        place = self.domain.place(sample.values, sample.dims)
        for name in self.symbols:
            place = self._redrawn(place, name, _WIDE, LARGEST[0]) or place
        return Sample(dict(place.values), sample.dims)

    def _redrawn(self, place: Place, name: str, way: Way, largest: float) -> Place | None:
        """The point with one symbol drawn anew; None where it leaves the domain."""
        value = self._draw(self.symbols[name], place.dims, way)
        if value is None:
            return None
        changed = self.domain.beside(place, name, value)
        return changed if self.domain.complaint(changed, largest) is None else None

    def _try(self, dims: dict[str, int], ways: Mapping[str, Way], largest: float) -> Sample | None:
        check_time()
        values = self._values(dims, ways)
        if values is None:
            return None
        complaint = self.domain.complaint(self.domain.place(values, dims), largest)
        if complaint is None:
            return Sample(values, dims)
        self.complaint = complaint
        return None

    def _values(self, dims: Mapping[str, int], ways: Mapping[str, Way]) -> dict[str, Array] | None:
        """A value of each symbol; None where there is none of its kinds."""
        values = self._of_any_kind(dims, ways)
        for name, symbol in self.symbols.items():
            if name in values:
                continue
            value = self._draw(symbol, dims, ways[name])
            if value is None:
                self.complaint = (
                    f"there is no value of {name} that is {_in_words(self.kinds[name])}"
                )
                return None
            values[name] = value
        return values

    def _of_any_kind(self, dims: Mapping[str, int], ways: Mapping[str, Way]) -> dict[str, Array]:
        """Values of the symbols that may have any, drawn at once where they are in one way."""
        names = [name for name, kinds in self.kinds.items() if not kinds]
        some = {ways[name] for name in names}
        if len(some) != 1:
            return {}
        (way,) = some
        if way.scaled or way.square:
            return {}
        shapes = [self._shape(self.symbols[name], dims) for name in names]
        entries = Draw(self.rng, way).entries(sum(map(math.prod, shapes)), 1, signed=way.signed)
        values, start = {}, 0
        for name, shape in zip(names, shapes, strict=True):
            stop = start + math.prod(shape)
            values[name] = entries[start:stop].reshape(shape)
            start = stop
        return values

    def _shape(self, symbol: Symbol, dims: Mapping[str, int]) -> tuple[int, ...]:
        """The form of a symbol's value."""
        rows, columns = [
            d if isinstance(d, int) else dims.get(d) or sizes.value(d, dims.__getitem__)
            for d in symbol.shape
        ]
        if symbol.shape[1] != 1:
            return rows, columns
        return () if symbol.shape == ex.SCALAR else (rows,)

    def _any_way(self) -> Way:
        return _WAYS[int(self.rng.random() * len(_WAYS))]

    def _draw(self, symbol: Symbol, dims: Mapping[str, int], way: Way) -> Array | None:
        shape = self._shape(symbol, dims)
        rows, columns = (*shape, 1, 1)[:2]
        array = drawn(Draw(self.rng, way), rows, columns, self.kinds[symbol.name])
        return None if array is None else array.reshape(shape)
