"""What can be said of the values of a symbol: one entry a kind, with all that is known of it.

Input: the text of an assumption (`symmetric, invertible`); output: kinds, what they imply, and
random matrices that are of all of them.  `KINDS` is the only list: sampling draws from it, the
options are checked against it, the rewriting of results (`assumptions`) asks for its names.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal, TypeAlias

import numpy as np

from . import values
from .errors import ParseError, ShapeError
from .expr import SCALAR, Expr, Symbol, describe
from .values import Array, Draw, Maker, Way, close

Facts: TypeAlias = Mapping[str, frozenset[str]]
"""The kinds of symbols, with all that they imply, by name."""

Demand: TypeAlias = Literal["any", "square", "vector", "tall"]


@dataclass(frozen=True, slots=True)
class Kind:
    """One thing that a symbol can be.

    `says`: what it means, as it is said behind the symbol; `fact`: the equality that it gives,
    of texts with `S` for the symbol and `I` for the identity, shown where the kind is used;
    `implies`: weaker kinds; `shape`: what it asks of the shape; `holds`: is a matrix of the kind
    (`free` are the entries that other kinds do not fix at zero); `make`: a random one;
    `pattern`: the entries that need not be zero; `moves`: for a structure of the variable, the
    directions in which it can move, made of those of its single entries.
    """

    name: str
    says: str
    holds: Callable[[Array, Array], bool]
    make: Maker
    shape: Demand = "square"
    fact: tuple[str, str] | None = None
    aliases: tuple[str, ...] = ()
    implies: tuple[str, ...] = ()
    pattern: Callable[[Array], Array] | None = None
    moves: Callable[[Array], Array] | None = None


def _orthonormal(a: Array, free: Array) -> bool:
    return close(a.T @ a, np.eye(a.shape[1]))


def _is_lower(a: Array, free: Array) -> bool:
    return close(a, np.tril(a)) and bool(a.any())


def _is_upper(a: Array, free: Array) -> bool:
    return close(a, np.triu(a)) and bool(a.any())


def _is_semidefinite(a: Array, free: Array) -> bool:
    return close(a, a.T) and bool(np.linalg.eigvalsh(a)[0] > -values.ROUNDING) and bool(a.any())


def _is_invertible(a: Array, free: Array) -> bool:
    return bool(np.linalg.cond(a) < values.CONDITION)


def _mirrored(units: Array, sign: float) -> Array:
    """Both entries of a pair moving; an entry on the diagonal alone, if it can move at all."""
    turned = units.transpose(0, 2, 1)
    alone = (units == turned).all(axis=(1, 2))[:, None, None]
    return np.where(alone, units * (sign > 0), units + sign * turned)


_LIST = (
    Kind(
        "positive",
        "positive in all entries",
        lambda a, free: bool((a[free] > values.ROUNDING).all()) and bool((a >= 0).all()),
        values.as_it_is,
        "any",
        implies=("nonnegative",),
    ),
    Kind(
        "nonnegative",
        "nonnegative in all entries",
        lambda a, free: bool((a >= 0).all()) and bool(a.any()),
        values.with_zeros,
        "any",
        aliases=("non negative",),
    ),
    Kind(
        "negative",
        "negative in all entries",
        lambda a, free: bool((a[free] < -values.ROUNDING).all()) and bool((a <= 0).all()),
        values.negated,
        "any",
    ),
    Kind(
        "unit",
        "a unit vector",
        lambda a, free: close(np.sum(a**2), np.ones(())),
        values.unit,
        "vector",
        ("S'*S", "1"),
        aliases=("unit vector",),
    ),
    Kind(
        "symmetric",
        "symmetric",
        lambda a, free: close(a, a.T) and bool(a.any()),
        values.symmetric,
        fact=("S'", "S"),
        moves=lambda units: _mirrored(units, 1.0),
    ),
    Kind(
        "skew",
        "skew-symmetric",
        lambda a, free: close(a, -a.T) and bool(a.any()),
        values.skew,
        fact=("S'", "-S"),
        aliases=("skew symmetric", "antisymmetric"),
        moves=lambda units: _mirrored(units, -1.0),
    ),
    Kind(
        "lower",
        "lower triangular",
        _is_lower,
        lambda draw, a: np.tril(a),
        fact=("tril(S)", "S"),
        aliases=("lower triangular",),
        pattern=np.tril,
        moves=np.tril,
    ),
    Kind(
        "upper",
        "upper triangular",
        _is_upper,
        lambda draw, a: np.triu(a),
        fact=("triu(S)", "S"),
        aliases=("upper triangular",),
        pattern=np.triu,
        moves=np.triu,
    ),
    Kind(
        "diagonal",
        "diagonal",
        lambda a, free: close(a, np.diag(np.diag(a))) and bool(a.any()),
        values.diagonal,
        fact=("S.*I", "S"),
        implies=("symmetric", "lower", "upper"),
        pattern=lambda a: np.triu(np.tril(a)),
        moves=lambda units: np.triu(np.tril(units)),
    ),
    Kind(
        "psd",
        "symmetric positive semidefinite",
        _is_semidefinite,
        values.semidefinite,
        aliases=("positive semidefinite", "symmetric positive semidefinite"),
        implies=("symmetric",),
    ),
    Kind(
        "spd",
        "symmetric positive definite",
        lambda a, free: close(a, a.T) and bool(np.linalg.eigvalsh(a)[0] > values.ROUNDING),
        values.definite,
        aliases=("positive definite", "symmetric positive definite"),
        implies=("psd", "symmetric", "invertible"),
    ),
    Kind(
        "idempotent",
        "idempotent",
        lambda a, free: close(a @ a, a) and bool(a.any()),
        values.oblique,
        fact=("S*S", "S"),
    ),
    Kind(
        "projection",
        "an orthogonal projection",
        lambda a, free: close(a @ a, a) and close(a, a.T) and bool(a.any()),
        values.projection,
        fact=("S'*S", "S"),
        implies=("idempotent", "psd", "symmetric"),
    ),
    Kind(
        "orthonormal",
        "a matrix with orthonormal columns",
        _orthonormal,
        values.orthonormal,
        "tall",
        ("S'*S", "I"),
        aliases=("orthonormal columns",),
    ),
    Kind(
        "orthogonal",
        "orthogonal",
        _orthonormal,
        values.orthogonal,
        fact=("S'*S", "I"),
        implies=("orthonormal", "invertible"),
    ),
    Kind(
        "invertible",
        "invertible",
        _is_invertible,
        values.invertible,
        aliases=("nonsingular", "regular"),
    ),
)

KINDS: Mapping[str, Kind] = {kind.name: kind for kind in _LIST}
"""The kinds by their names; several may be given of a symbol, separated by commas."""

STRUCTURES = tuple(name for name, kind in KINDS.items() if kind.moves)
"""The kinds that may be the structure of the variable."""

_NAMES = {alias: kind.name for kind in _LIST for alias in (kind.name, *kind.aliases)}

_TOGETHER = (
    ({"lower", "upper"}, "diagonal"),
    ({"symmetric", "lower"}, "diagonal"),
    ({"symmetric", "upper"}, "diagonal"),
    ({"symmetric", "idempotent"}, "projection"),
    ({"psd", "invertible"}, "spd"),
)
"""Kinds that several others imply together."""


def kinds_of(text: str) -> frozenset[str]:
    """The kinds that an assumption names."""
    out = set()
    for part in text.replace("_", " ").replace("-", " ").split(","):
        word = " ".join(part.lower().split())
        if word in ("", "any"):
            continue
        if word not in _NAMES:
            raise ParseError(
                f"unknown assumption: {word}", hint=f"one of any, {', '.join(KINDS)}, or several"
            )
        out.add(_NAMES[word])
    return frozenset(out)


@cache
def closure(kinds: frozenset[str]) -> frozenset[str]:
    """The kinds with all that they imply."""
    found = set(kinds)
    while True:
        more = {weaker for name in found for weaker in KINDS[name].implies}
        more |= {name for several, name in _TOGETHER if several <= found}
        if more <= found:
            return frozenset(found)
        found |= more


def facts_of(assume: Mapping[str, str]) -> dict[str, frozenset[str]]:
    """All that assumptions say of symbols, by name."""
    return {name: closure(kinds) for name, text in assume.items() if (kinds := kinds_of(text))}


def is_kind(e: Expr, kind: str, facts: Facts) -> bool:
    """Is it a symbol that is said to be of the kind?"""
    return isinstance(e, Symbol) and kind in facts.get(e.name, frozenset())


def is_square(kinds: frozenset[str]) -> bool:
    """Can only a square matrix be of these kinds?"""
    return any(KINDS[name].shape == "square" for name in kinds)


# ------------------------------------------------------------------------ random ones

_PLAIN = Way(0.25, 1.25)
_LARGEST_SIZE = 6


def drawn(draw: Draw, rows: int, columns: int, kinds: frozenset[str]) -> Array | None:
    """A random matrix of all the kinds; None where this size, or this draw, has none."""
    signed = draw.way.signed and not kinds & {"positive", "nonnegative"}
    array = draw.entries(rows, columns, signed=signed)
    form = draw.way.square if rows == columns and kinds <= {"invertible", "symmetric"} else ""
    if form == "definite":
        least = float(np.linalg.eigvalsh((array + array.T) / 2)[0])
        array = np.round(array + (0.5 * draw.way.high - least) * np.eye(rows), 4)
        return (array + array.T) / 2 if "symmetric" in kinds else array
    if form == "bounded" and "symmetric" not in kinds:
        return np.asarray(array / np.max(np.abs(np.linalg.eigvals(array))))
    if not kinds:
        return array
    wanted = [kind for name, kind in KINDS.items() if name in kinds]
    for maker in _makers(wanted, rows == columns):
        made = maker(draw, array)
        if _is_of(made, wanted):
            return _without_rounding(made, kinds)
    return None


def _without_rounding(array: Array, kinds: frozenset[str]) -> Array:
    """A matrix that is its own transpose but for rounding made so to the last digit."""
    if "symmetric" in kinds:
        return np.asarray((array + array.T) / 2)
    if "skew" in kinds:
        return np.asarray((array - array.T) / 2)
    return array


def _makers(wanted: list[Kind], square: bool) -> Iterable[Maker]:
    """All makers one after the other, then each alone, then those of several kinds."""

    def together(draw: Draw, array: Array) -> Array:
        for kind in wanted:
            array = kind.make(draw, array)
        return array

    yield together
    if any(kind.shape == "any" for kind in wanted):
        yield values.as_it_is
    for kind in wanted:
        yield kind.make
    if square:
        yield from values.JOINT


def _is_of(array: Array, wanted: list[Kind]) -> bool:
    """Is the matrix of all the kinds?"""
    if not np.isfinite(array).all():
        return False
    free = np.ones(array.shape)
    for kind in wanted:
        if kind.pattern and array.shape[0] == array.shape[1]:
            free = kind.pattern(free)
    return all(kind.holds(array, free > 0) for kind in wanted)


@cache
def _some_exist(kinds: frozenset[str], shape: Demand) -> bool:
    """Is there a matrix of all the kinds, of some size?"""
    draw = Draw(random.Random(1), _PLAIN)
    for n in range(2, _LARGEST_SIZE):
        size = {"vector": (n, 1), "tall": (n + 1, n), "square": (n, n), "any": (1, 1)}[shape]
        if any(drawn(draw, *size, kinds) is not None for _ in range(8)):
            return True
    return False


def with_gaps(kinds: Mapping[str, frozenset[str]], moved: str) -> frozenset[str]:
    """The names of those with zeros that are drawn by chance, or that move with `moved`.

    The variable itself moves with all its entries where what it is, its sign aside, is assumed
    only.
    """
    by_chance = {n for n, k in kinds.items() if "nonnegative" in k and "positive" not in k}
    if any(KINDS[kind].shape != "any" for kind in kinds.get(moved, ())):
        by_chance.add(moved)
    return frozenset(by_chance)


def check_kinds(symbol: Symbol, kinds: frozenset[str]) -> None:
    """Raise where a symbol of this shape cannot be of all the kinds."""
    rows, columns = symbol.shape
    for name in sorted(kinds):
        demand = KINDS[name].shape
        if demand == "square" and rows != columns:
            hint = "orthonormal columns are `orthonormal`" if name == "orthogonal" else ""
            raise ShapeError(
                f"{symbol.name} is {describe(symbol.shape)}: only a square matrix can be {name}",
                hint=hint,
            )
        if demand == "vector" and (columns != 1 or symbol.shape == SCALAR):
            raise ShapeError(
                f"{symbol.name} is {describe(symbol.shape)}: only a vector can be {name}"
            )
        both_numbers = isinstance(rows, int) and isinstance(columns, int)
        if demand == "tall" and both_numbers and rows < columns:  # type: ignore[operator]
            raise ShapeError(
                f"{symbol.name} is {describe(symbol.shape)}: its columns are too many to be {name}"
            )
    shape: Demand = "tall" if columns != 1 else "vector"
    if rows == columns:
        shape = "any" if symbol.shape == SCALAR else "square"
    if not _some_exist(kinds, shape):
        raise ParseError(
            f"{symbol.name} cannot be {' and '.join(sorted(kinds))} at once",
            hint="no such value was found; leave one of them out",
        )
