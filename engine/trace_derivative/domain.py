"""Where expressions and their derivatives exist: is a point inside, and not too near to an edge?

Input: expressions and values of their symbols; output: a complaint in words, or None.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from . import expr as ex, functions, operators, spectral
from .errors import LimitError
from .evaluate import Evaluator
from .expr import Expr, Symbol
from .matrix_functions import has_cut
from .plan import Planner
from .planned import OpenError
from .program import Program, Slot
from .run import Run
from .smoothness import not_squared
from .stacks import Value
from .values import CONDITION

Array: TypeAlias = np.ndarray[Any, Any]
At: TypeAlias = Callable[[Expr], Array]
"""The array of an expression at a point."""

MARGIN = 0.01
"""The least distance from a kink, a pole or the edge of a domain."""

_CIRCLES = 8
"""So much farther a branch point is kept from eigenvalues, around which integrals are taken."""

LARGEST = (1e8, 1e100)
"""The largest number that may occur: first the one, and if need be the other."""


_SHORT = 40
"""A product of so many numbers that are drawn, summed over their indices, does not overflow."""

_NOT_HAD = (OpenError, ValueError, MemoryError)
"""What a program may end in where it cannot tell; ValueError: shapes that do not fit."""


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A point: values by name, sizes by name, and what has been worked out there."""

    values: Mapping[str, Array]
    dims: Mapping[str, int]
    run: Run


class Domain:
    """The points at which some expressions exist; what they have in common is looked at once.

    The symbols named in `gaps` have zeros by chance, where others are zero by their kind alone.
    """

    def __init__(
        self,
        exprs: Sequence[Expr],
        symbols: Mapping[str, Symbol],
        gaps: frozenset[str] = frozenset(),
    ) -> None:
        self._exprs = exprs
        self._symbols = symbols
        self._gaps = gaps
        self._program = Program()
        self._planner = Planner(self._program)
        self._watched: list[tuple[Slot, Expr]] | None
        try:
            slots = {self._planner.slot(e): e for e in _watched(exprs)}
            self._watched = sorted(slots.items(), key=lambda pair: pair[0])
            self._needed = self._program.needed(slots)
        except OpenError:
            self._watched = None

    def place(self, values: Mapping[str, Array], dims: Mapping[str, int]) -> Place:
        """A point, to be asked for a complaint."""
        given: dict[str, Array] = {}
        run = Run(self._program, given, dims)
        for name, symbol in self._symbols.items():
            given[name] = values[name].reshape(*map(run.size, symbol.shape))
        return Place(values, dims, run)

    def has(self, points: Sequence[Mapping[str, Array]], dims: Mapping[str, int]) -> bool:
        """Are all these points good, which have the same sizes?  They are looked at together."""
        if not self._watched:
            return self._watched is not None
        run = Run.at(self._program, self._symbols, points, dims)
        try:
            with np.errstate(all="ignore"):
                run.work_out(self._needed)
            return self._looked_at(self._watched, run, LARGEST[0]) is None
        except LimitError:
            raise
        except _NOT_HAD:
            return False

    def beside(self, place: Place, name: str, value: Array) -> Place:
        """The point with another value of one symbol; what does not depend on it is kept."""
        shape = map(place.run.size, self._symbols[name].shape)
        run = place.run.moved(name, value.reshape(*shape))
        return Place({**place.values, name: value}, place.dims, run)

    def complaint(self, place: Place, largest: float) -> str | None:
        """Why a point is not good; None when it is."""
        if self._watched is not None:
            try:
                return self._looked_at(self._watched, place.run, largest)
            except LimitError:
                raise
            except _NOT_HAD:
                pass
        return complaint_at(self._exprs, place.values, place.dims, largest, self._gaps)

    def _looked_at(
        self, watched: Sequence[tuple[Slot, Expr]], run: Run, largest: float
    ) -> str | None:
        def at(e: Expr) -> Array:
            return run.value(self._planner.slot(e))

        try:
            with np.errstate(all="ignore"):
                for slot, e in watched:
                    _look(e, run.value(slot), at, largest, self._gaps)
        except _OutsideError as problem:
            return str(problem)
        return None


def _watched(exprs: Sequence[Expr]) -> Iterator[Expr]:
    """What can leave its domain or grow without bound, its parts included, and the first whole.

    Nothing where all are short sums of products: these exist everywhere, and are no large numbers.
    """
    if any(ex.holds(e, *_NARROW) for e in exprs) or ex.leaf_count(exprs[0]) > _SHORT:
        yield exprs[0]
    for e in dict.fromkeys(exprs):
        if not ex.holds(e, *_NARROW):
            continue
        yield e
        parts = dict.fromkeys(not_squared(e))
        for node in parts:
            if isinstance(node, _NARROW):
                yield node
                yield from [part for part in node.parts if part in parts]


_NARROW: tuple[type[ex.Node], ...] = (
    ex.Apply,
    ex.Operation,
    ex.Power,
    ex.MatrixPower,
    ex.Quotient,
    ex.Inverse,
    ex.MatrixFunction,
    ex.Frechet,
)
"""What is not a sum of products: its value may be large, or not exist."""


def complaint_at(
    exprs: Sequence[Expr],
    values: Mapping[str, Array],
    dims: Mapping[str, int],
    largest: float,
    gaps: frozenset[str] = frozenset(),
) -> str | None:
    """Why a point is not good for these expressions; None when it is.  `gaps`: see `Domain`."""
    squared = {n for e in exprs for n in ex.walk(e)}
    squared.difference_update(n for e in exprs for n in not_squared(e))
    probe = _Probe(values, dims, largest, gaps, squared)
    try:
        for e in exprs:
            probe.array(e)
    except _OutsideError as problem:
        return str(problem)
    return None


class _Probe(Evaluator):
    """An evaluator that stops at the first node whose value or derivative is in doubt.

    Not at norms that are `squared`: these are smooth at zero.
    """

    def __init__(
        self,
        values: Mapping[str, Array],
        dims: Mapping[str, int],
        largest: float,
        gaps: frozenset[str],
        squared: Set[Expr],
    ) -> None:
        super().__init__(values, dims)
        self.largest = largest
        self.gaps = gaps
        self.squared = squared

    def compute(self, e: Expr) -> Value:
        """The value of a node, looked at."""
        value = super().compute(e)
        if e not in self.squared:
            _look(e, value[0], lambda part: self._at(part)[0], self.largest, self.gaps)
        return value


class _OutsideError(Exception):
    """The point is outside the domain, or too near to its edge."""


# ---------------------------------------------------------------------------- one node


def _from_cut(a: Array, b: Array) -> Array:
    """The angle of the point (b, a) jumps where a changes its sign beside a negative b."""
    return np.asarray(np.where(b < 0, np.abs(a), np.maximum(np.abs(a), np.abs(b))))


_DISTANCES: dict[str, Callable[..., Array]] = {
    "positive": np.abs,
    "unit": lambda a: np.abs(1 - np.abs(a)),
    "unequal": lambda a, b: np.abs(a - b),
    "plane": _from_cut,
}
"""How far arguments are from the edge of a domain, or from a kink; see `functions`."""


def _look(e: Expr, array: Array, at: At, largest: float, gaps: frozenset[str]) -> None:
    """Raise where the value of a node, or its derivative, is in doubt."""
    size = np.abs(array).max()
    if not size < largest:
        raise _OutsideError(f"{e} is {'too large' if size > 0 else 'not a number'}")
    if size == 0 and isinstance(e, ex.Power | ex.MatrixPower) and at(e.base).any():
        raise _OutsideError(f"{e} is too small")
    if not e.symbols:
        return
    match e:
        case ex.Apply(function=name, args=args):
            entry = functions.get(name)
            if not entry.analytic and entry.arity == 1:
                _keep_from_kinks(at(args[0]), e, gaps)
            elif entry.domain in _DISTANCES:
                _keep_from_zero(_DISTANCES[entry.domain](*[at(a) for a in args]), e)
        case ex.Operation(operator=name, arg=arg):
            domain = operators.TABLE[name].domain
            if name == "det" and _falls_into_inverses(arg):
                domain = "invertible"
            if domain == "entries":
                _keep_from_kinks(at(arg), e, gaps)
            else:
                _look_at_operator(domain, at(arg), e)
        case ex.Power(base=arg, exponent=exponent):
            if exponent.symbols:
                _keep_from_zero(at(arg), e)  # a negative number has whole powers only
            elif not _is_whole(exponent, at):
                _keep_from_zero(np.abs(at(arg)), e)
        case ex.Quotient(denominator=arg):
            _keep_from_zero(np.abs(at(arg)), e)
        case ex.MatrixFunction(function=name, arg=arg) | ex.Frechet(function=name, arg=arg):
            _keep_from_branches(name, spectral.eigenvalues(at(arg)), e)
        case ex.Inverse(arg=arg):
            _well_conditioned(at(arg), e)
        case _:
            pass


def _is_whole(exponent: Expr, at: At) -> bool:
    """Is the exponent a whole number that is not negative, whatever the symbols are?"""
    if isinstance(exponent, ex.Number):
        return exponent.value.denominator == 1 and exponent.value >= 0
    if exponent.shape != ex.SCALAR or exponent.symbols or exponent.free:
        return False
    value = float(at(exponent)[0, 0])
    return value.is_integer() and value >= 0


def _look_at_operator(domain: str, array: Array, e: Expr) -> None:
    if domain == "nonzero":
        _keep_from_zero(np.abs(array).max(axis=(-1, -2)), e)
    elif domain == "invertible":
        _well_conditioned(array, e)


def _keep_from_zero(distances: Array, e: Expr) -> None:
    if not distances.min(initial=np.inf) > MARGIN:
        raise _OutsideError(f"{e} is at the edge of its domain or at a kink")


def _keep_from_kinks(array: Array, e: Expr, gaps: frozenset[str]) -> None:
    """No entry is near zero, but for those that are zero (but for rounding), as off a diagonal.

    At zero itself both sides of an equality have the same value by convention: 0 for the slope of
    the absolute value, 1/2 for that of `relu`.
    """
    by_chance = not gaps.isdisjoint(e.symbols)
    _keep_from_zero(np.abs(array if by_chance else array[functions.at_kinks(array) != 0]), e)


def _keep_from_branches(function: str, eigenvalues: Array, e: Expr) -> None:
    """No eigenvalue is near a branch point, nor near the cut along the negative axis."""
    if has_cut(function):
        _keep_from_zero(np.abs(eigenvalues), e)
        _keep_from_zero(np.pi - np.abs(np.angle(eigenvalues)), e)
    elif functions.get(function).domain == "unit":
        _keep_from_zero(np.abs(1 - eigenvalues**2) / _CIRCLES, e)


def _well_conditioned(array: Array, e: Expr) -> None:
    if not np.linalg.cond(array).max() < CONDITION:
        raise _OutsideError(f"the matrix of {e} is singular or nearly so")


def _falls_into_inverses(e: Expr) -> bool:
    """Are there inverses of parts of it in the steps to the derivative of its determinant?"""
    return isinstance(e, ex.MatrixFunction) or ex.holds(e, ex.Kron)
