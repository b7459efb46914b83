"""Cases: random expressions with all arguments of `derive`, one for each seed and number."""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from random import Random
from typing import Any, TypeVar

from tests.random_expressions.grammar import (
    DIMENSIONS,
    INDICES,
    MATRICES,
    NUMBERS,
    OPERATORS,
    POSITIVE,
    SCALARS,
    UNIT,
    VECTORS,
)
from tests.random_expressions.terms import (
    Dim,
    Index,
    Leaf,
    Node,
    Operator,
    Shape,
    Term,
    free,
    symbols,
    text,
    walk,
)

T = TypeVar("T")

SCALAR: Shape = (1, 1)
_BUDGETS = (((2, 4), 78), ((3, 7), 20), ((6, 12), 1.8), ((15, 30), 0.17), ((50, 80), 0.03))
"""How many leaves, about, and how often."""

_ASSUMPTIONS = ("symmetric", "spd", "positive", "invertible", "diagonal", "orthogonal")


@dataclass(frozen=True, slots=True)
class Case:
    """One call of `derive`, and the term that its text stands for."""

    term: Term
    text: str
    wrt: tuple[str, ...]
    sizes: dict[Dim, int]
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def call(self) -> str:
        """The call, to be pasted."""
        wrt = self.wrt[0] if len(self.wrt) == 1 else list(self.wrt)
        options = "".join(f", {k}={v!r}" for k, v in self.options.items())
        return f"td.derive({self.text!r}, wrt={wrt!r}{options})"


def case(seed: object, number: int) -> Case:
    """The case of a number."""
    rng = Random(f"{seed}:{number}")
    while True:
        maker = _Maker(rng)
        low, high = _weighted(rng, _BUDGETS)
        term = maker.make(SCALAR, rng.randint(low, high), ())
        found = symbols(term)
        if found and isinstance(term, Node):
            return _case(rng, maker, term, found)


def _case(rng: Random, maker: _Maker, term: Term, found: dict[str, Shape]) -> Case:
    names = list(found)
    occurring = [t.text for t in walk(term) if isinstance(t, Leaf) and t.kind == "symbol"]
    wrt = (rng.choice(occurring),)
    if len(names) > 1 and rng.random() < 0.06:
        wrt = tuple(rng.sample(names, 2))
    options: dict[str, Any] = {}
    declared = _declared(rng, found)
    if declared:
        options["shapes"] = declared
    short: dict[int, str] = {}
    if rng.random() < 0.08:
        short, options["where"] = _abbreviations(rng, term, found)
        if not short:
            del options["where"]
    if rng.random() < 0.12:
        assume = _assume(rng, found)
        if assume:
            options["assume"] = assume
    rows, columns = found[wrt[0]]
    if len(wrt) == 1 and rows == columns != 1 and rng.random() < 0.12:
        options["structure"] = {wrt[0]: rng.choice(("symmetric", "diagonal"))}
        options.pop("assume", None)
    if rng.random() < 0.12:
        options["form"] = "expanded"
    if rng.random() < 0.04:
        options["route"] = rng.choice(("index", "identities"))
    return Case(term, maker.styled(text(term, short), declared), wrt, maker.sizes, options)


def _declared(rng: Random, found: dict[str, Shape]) -> dict[str, tuple[Dim, ...]]:
    """Declarations: of all symbols, of none, or of some."""
    share = rng.choice((0.0, 0.0, 1.0, 1.0, 0.5))
    return {name: shape[: _rank(shape)] for name, shape in found.items() if rng.random() < share}


def _rank(shape: Shape) -> int:
    """0 of a scalar, 1 of a column, 2 of a matrix."""
    if shape == SCALAR:
        return 0
    return 1 if shape[1] == 1 else 2


def _abbreviations(
    rng: Random, term: Term, taken: dict[str, Shape]
) -> tuple[dict[int, str], dict[str, str]]:
    """One or two parts with a name: by `id`, and what the names stand for."""
    parts = [t for t in walk(term) if isinstance(t, Node) and t is not term and not free(t)]
    names = iter([n for n in ("D", "E", "G", "Z1", "P_1") if n not in taken])
    short: dict[int, str] = {}
    said: dict[str, str] = {}
    for part in reversed(rng.sample(parts, min(len(parts), rng.randint(1, 2)))):
        if any(id(inner) in short for inner in walk(part)) or any(
            id(outer) in short for outer in walk(term) if part in set(walk(outer))
        ):
            continue
        name = next(names)
        said[name] = text(part)
        short[id(part)] = name
    return short, said


def _assume(rng: Random, found: dict[str, Shape]) -> dict[str, str]:
    name = rng.choice(list(found))
    rows, columns = found[name]
    kind = rng.choice(_ASSUMPTIONS) if rows == columns != 1 else "positive"
    return {name: kind}


def _weighted(rng: Random, options: Sequence[tuple[T, float]]) -> T:
    return rng.choices([o for o, _ in options], [w for _, w in options])[0]


class _Table:
    """The operators whose result can have a kind of shape, to be drawn by weight."""

    def __init__(self, ops: Sequence[Operator]) -> None:
        self.ops = ops
        self.sums = list(accumulate(op.weight for op in ops))

    def draw(self, rng: Random) -> Operator:
        return self.ops[bisect(self.sums, rng.random() * self.sums[-1])]


def _fits(op: Operator, shape: Shape, scope: bool, positive: bool) -> bool:
    """Can the operator give the shape, at first sight?"""
    reads = any("{i}" in form for form in op.forms)
    if reads > scope or positive > op.positive:
        return False
    for letter, dim in zip(op.result, shape, strict=True):
        if letter == "1" and dim != 1:
            return False
        if (letter.isupper() or letter == "b") and dim == 1:
            return False
    return op.result[0] != op.result[1] or shape[0] == shape[1]


_TABLES: dict[tuple[Shape, bool, bool], _Table] = {}


def _table(shape: Shape, scope: bool, positive: bool) -> _Table:
    key = (shape, scope, positive)
    if key not in _TABLES:
        _TABLES[key] = _Table([op for op in OPERATORS if _fits(op, shape, scope, positive)])
    return _TABLES[key]


class _Maker:
    """One expression in the making: its symbols, its dimensions and its habits."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        # a few dimensions only, so that terms fit together
        dims: list[Dim] = list(DIMENSIONS[: rng.choice((1, 2, 2, 3, 3))])
        numbers = rng.sample((2, 3, 4), 3)
        if rng.random() < 0.1:
            dims = list(numbers[: len(dims)])
        self.dims = dims
        self.sizes: dict[Dim, int] = {1: 1, **dict(zip(dims, numbers, strict=False))}
        self.found: dict[Shape, list[str]] = {}
        self.used: set[str] = set()
        self.unsized = rng.random() < 0.15
        self.sloppy = rng.random() < 0.3
        self.reuse = rng.choice((0.5, 0.75, 0.9))

    def make(
        self,
        shape: Shape,
        budget: int,
        scope: tuple[Index, ...],
        positive: bool = False,
        below: Operator | None = None,
    ) -> Term:
        """A term of a shape with about `budget` leaves; `scope` are the indices it may read.

        `below` is the operator that it is an operand of: chains of functions are kept short.
        """
        rng = self.rng
        if budget <= 0 or (budget == 1 and not (scope and rng.random() < 0.5)):
            return self.leaf(shape, positive)
        table = _table(shape, bool(scope), positive)
        for _ in range(6):
            op = table.draw(rng)
            if below and len(op.args) == len(below.args) == 1 and rng.random() < 0.65:
                continue
            letters, indices = self.bind(op, shape, scope)
            if letters is None:
                continue
            if op.binds and budget < 2:
                continue
            return self.node(op, shape, letters, indices, budget, scope, positive)
        return self.leaf(shape, positive)

    def bind(
        self, op: Operator, shape: Shape, scope: tuple[Index, ...]
    ) -> tuple[dict[str, Dim] | None, dict[str, Index]]:
        """What the letters of a signature stand for; None where it cannot be."""
        rng = self.rng
        letters: dict[str, Dim] = {"1": 1}
        indices: dict[str, Index] = {}
        for letter, dim in zip(op.result, shape, strict=True):
            if letters.setdefault(letter, dim) != dim:
                return None, {}
        form = op.forms[0]
        for letter in "ij":
            if f"{{{letter}}}" in form:
                fitting = [i for i in scope if letters.get(letter, i[1]) == i[1]]
                if form.startswith("delta") and indices:
                    fitting = [i for i in fitting if i[1] == indices["i"][1]]
                if not fitting:
                    return None, {}
                indices[letter] = rng.choice(fitting)
                letters[letter] = indices[letter][1]
        for letter in "bc":
            if f"{{{letter}}}" in form:
                dim = letters.setdefault(letter, rng.choice(self.dims))
                taken = {i[0] for i in indices.values()}
                if rng.random() < 0.85:  # else an inner index may have the name of an outer one
                    taken |= {i[0] for i in scope}
                names = [n for n in INDICES if n not in taken]
                if not names:
                    return None, {}
                indices[letter] = (names[0] if rng.random() < 0.6 else rng.choice(names), dim)
        for pair in op.args:
            for letter in pair:
                if letter not in letters:
                    one = letter.islower() and rng.random() < 0.12
                    letters[letter] = 1 if one else rng.choice(self.dims)
        return letters, indices

    def node(
        self,
        op: Operator,
        shape: Shape,
        letters: dict[str, Dim],
        indices: dict[str, Index],
        budget: int,
        scope: tuple[Index, ...],
        positive: bool,
    ) -> Term:
        rng = self.rng
        inside = scope
        if op.binds:
            names = {i[0] for i in indices.values()}
            inside = (*(i for i in scope if i[0] not in names), *indices.values())
        args: list[Term] = []
        left = budget
        for k, (pair, need) in enumerate(zip(op.args, op.needs, strict=True)):
            others = len(op.args) - k - 1
            share = left if not others else rng.randint(1, max(1, left - others))
            if budget == 1:  # one operator that reads an index, and leaves below it
                share = 0
            left -= share
            wanted = (letters[pair[0]], letters[pair[1]])
            strict = positive or (bool(need) and rng.random() < 0.9)
            arg = self.make(wanted, share, inside, strict, op)
            if need == UNIT and rng.random() < 0.6:
                arg = Node(_TANH, (arg,), wanted, _TANH.forms[0], {})
            if need == POSITIVE and not strict and rng.random() < 0.5:
                arg = Node(_EXP, (arg,), wanted, _EXP.forms[0], {})
            args.append(arg)
        if op.binds:
            for index in indices.values():
                if index[0] not in free(args[0]):
                    args[0] = self.with_index(args[0], index)
        form = op.forms[0]
        if self.sloppy and rng.random() < 0.5:
            form = rng.choice(op.forms)
        return Node(op, tuple(args), shape, form, indices)

    def with_index(self, body: Term, index: Index) -> Term:
        """The body times an entry, so that the index occurs."""
        factor = Node(
            _ENTRY, (self.leaf((index[1], 1), True),), SCALAR, _ENTRY.forms[0], {"i": index}
        )
        return Node(_SCALED, (factor, body), body.shape, _SCALED.forms[0], {})

    # ------------------------------------------------------------------------- leaves

    def leaf(self, shape: Shape, positive: bool = False) -> Term:
        """A symbol, mostly one that was used before; or a number, or a constant."""
        rng = self.rng
        draw = rng.random()
        if shape == SCALAR and draw < 0.3:
            options = [((s, v, lv), w) for s, v, lv, w in NUMBERS if v > 0 or not positive]
            said, number, level = _weighted(rng, options)
            return Leaf("number", said, shape, level, number)
        if shape != SCALAR and draw < 0.1:
            return self.constant(shape, positive)
        if shape[0] == 1 and shape[1] != 1:
            return Node(_TRANSPOSE, (self.symbol((shape[1], 1)),), shape, "{0:5}'", {})
        turned = (shape[1], shape[0])
        if turned in self.found and shape not in self.found and 1 not in shape:
            return Node(_TRANSPOSE, (self.symbol(turned),), shape, "{0:5}'", {})
        return self.symbol(shape)

    def symbol(self, shape: Shape) -> Leaf:
        rng = self.rng
        known = self.found.setdefault(shape, [])
        if known and (rng.random() < self.reuse or len(known) > 4):
            return Leaf("symbol", rng.choice(known), shape)
        names = MATRICES
        if shape[1] == 1:
            names = SCALARS if shape == SCALAR else VECTORS
        name = next((n for n in names if n not in self.used), None)
        if name is None:
            return Leaf("symbol", rng.choice(known), shape)
        if rng.random() < 0.4:
            name = rng.choice([n for n in names if n not in self.used])
        known.append(name)
        self.used.add(name)
        return Leaf("symbol", name, shape)

    def constant(self, shape: Shape, positive: bool) -> Leaf:
        rng = self.rng
        rows, columns = shape
        kind = "ones"
        if not positive:
            if rows == columns and rng.random() < 0.6:
                kind = "eye"
            elif rng.random() < 0.1:
                kind = "zeros"
        said = kind
        if self.unsized and rng.random() < 0.7:
            said = "I" if kind == "eye" and rng.random() < 0.5 else kind
        elif kind == "eye":
            said = f"eye({rows})"
        elif columns == 1 and rng.random() < 0.7:
            said = f"{kind}({rows})"
        else:
            said = f"{kind}({rows},{columns})"
        return Leaf(kind, said, shape)

    def styled(self, said: str, declared: dict[str, tuple[Dim, ...]]) -> str:
        """Now and then, single letters written together."""
        if self.sloppy and not declared:
            return re.sub(r"\b([A-HJ-SU-Z])\*([A-HJ-SU-Z])(?![\w(\[])", r"\1\2", said)
        return said


def _named(form: str) -> Operator:
    return next(op for op in OPERATORS if op.name == form)


_TRANSPOSE, _ENTRY = _named("{0:5}'"), _named("{0:5}[{i}]")
_TANH, _EXP = _named("tanh({0})"), _named("exp({0})")
_SCALED = next(op for op in OPERATORS if op.args == (("1", "1"), ("m", "n")))
