"""Names for the layers of a deep composition: what its functions are applied to.

In `tanh(W3*tanh(W2*tanh(W1*x)))` written out, the derivative repeats what is inside at every
layer, and its length grows with the square of the depth; by names for `W1*x`, `W2*tanh(z1)`, ...
it grows with the depth.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from . import expr as ex
from .expr import Expr, Symbol
from .rebuild import map_children
from .statements import Definition
from .transposes import flip

DEEPEST = 3
"""Up to so many functions of the variable within each other are written out."""

_FUNCTIONS = (ex.Apply, ex.Power, ex.Quotient)
_LETTERS = {0: "zeta", 1: "z", 2: "Z"}
_NUMBERED = re.compile(r"(?:zeta|z|Z)_?(\d{1,9})")


@dataclass(frozen=True, slots=True)
class Layers:
    """Names from the inside out, each defined by the ones before, and their values written out."""

    definitions: tuple[Definition, ...] = ()
    values: tuple[Expr, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.definitions)

    @property
    def meanings(self) -> dict[str, Expr]:
        """What each name stands for, by the names before it."""
        return {d.symbol.name: d.value for d in self.definitions}

    @property
    def names(self) -> dict[Expr, Symbol]:
        """The names of the values."""
        return {value: d.symbol for d, value in zip(self.definitions, self.values, strict=True)}

    def written_out(self, e: Expr) -> Expr:
        """An expression with the values of the names in it."""
        if not self.definitions:
            return e
        return ex.substitute(e, {symbol.name: value for value, symbol in self.names.items()})


NO_LAYERS = Layers()


class Folding:
    """Writes expressions by the names that their parts have been given."""

    def __init__(self, names: Mapping[Expr, Symbol]) -> None:
        self._found: dict[Expr, Expr] = {}
        for value, symbol in names.items():
            self.name(value, symbol)

    def name(self, value: Expr, symbol: Symbol) -> None:
        """Give a value a name, and its transpose with it, for what is written from now on."""
        self._found[flip(value)] = ex.transpose(symbol)
        self._found[value] = symbol

    def __call__(self, e: Expr) -> Expr:
        """The expression with names for the largest parts that had one when they were first met."""
        found = self._found.get(e)
        if found is None:
            found = self._found[e] = map_children(e, self)
        return found


def layers_of(
    function: Expr, variable: Symbol, given: Mapping[str, Expr], taken: frozenset[str]
) -> Layers:
    """The layers of a deep composition; none of a shallow one.

    A layer that is among the author's abbreviations, `given`, has its name; no other name is in
    `taken`.
    """
    depths: dict[Expr, int] = {}
    if not ex.holds(function, *_FUNCTIONS) or _depth(function, variable.name, depths) <= DEEPEST:
        return NO_LAYERS
    arguments = {arg for e in depths for arg in _inside(e, variable.name)}
    named = [e for e in depths if e in arguments and not e.free and not isinstance(e, Symbol)]
    authors: dict[Expr, str] = {}
    for name, e in given.items():
        authors.setdefault(e, name)
    folding = Folding({})
    found: dict[Expr, Definition] = {}
    for value in sorted(named, key=depths.__getitem__):
        if flip(value) in found:
            continue  # it is shown by the name of its transpose
        rank = ex.least_rank(value.shape)
        name = authors.get(value) or f"{_LETTERS[rank]}{_largest(taken) + len(found) + 1}"
        symbol = ex.symbol(name, value.shape, rank)
        found[value] = Definition(symbol, folding(value), constant=False)
        folding.name(value, symbol)
    return Layers(tuple(found.values()), tuple(found))


def _largest(taken: frozenset[str]) -> int:
    """The largest number in a name that could be one of a layer."""
    numbers = [_NUMBERED.fullmatch(name) for name in taken]
    return max([int(match[1]) for match in numbers if match], default=0)


def _depth(e: Expr, variable: str, found: dict[Expr, int]) -> int:
    """How many functions of the variable stand within each other in a part that has it."""
    if variable not in e.symbols:
        return 0
    if e not in found:
        inner = max([_depth(part, variable, found) for part in e.parts], default=0)
        found[e] = inner + (1 if any(_inside(e, variable)) else 0)
    return found[e]


def _inside(e: Expr, variable: str) -> Iterator[Expr]:
    """What the function that a node is, if it is one entry by entry, is applied to."""
    match e:
        case ex.Apply(args=args):
            yield from (arg for arg in args if variable in arg.symbols)
        case ex.Power(base=inner) | ex.Quotient(denominator=inner):
            if e.shape != ex.SCALAR and variable in inner.symbols:
                yield inner
        case _:
            return
