"""Which equation groups of a derivation are displayed, in order, before they are typeset.

Input: a `Derivation` or an `Expansion`; output: a sequence of `Group`, each with its verdict and
its formula, which is set as LaTeX or as text when it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, count
from typing import Literal, NamedTuple, Protocol, TypeAlias

from . import expr as ex
from .derivation import Derivation
from .entries import Expansion
from .expr import Expr, Symbol
from .render_latex import LatexWriter, filled, width
from .render_unicode import UnicodeWriter
from .statements import Definition, Derivative, Side, Step, needed

LINE_WIDTH = 42
WIDEST_LINE = 50
FRAMED = 4
"""By how much less goes into a line of what stands in a frame."""

Status: TypeAlias = Literal["verified", "failed", "unchecked"]
Cuts: TypeAlias = Mapping[str, Sequence[int]]
_Chain: TypeAlias = list[tuple[int, Step]]

_PART_OF_KIND = {
    "function": "function",
    "expansion": "expansion",
    "occurrence": "occurrences",
    "index": "index",
    "matrix": "matrix",
    "identities": "substitutions",
}


class Formula(Protocol):
    """What one display shows."""

    def latex(self, write: LatexWriter) -> str:
        """The body of one math block."""

    def text(self, write: UnicodeWriter) -> str:
        """The same as plain text."""


class Group(NamedTuple):
    """One displayed equation group.

    `part`, `suffix` and `is_step` are those of its `Display`.  What is said before it is the
    `remark` where there is one, else what there is to say of its `steps`.
    """

    part: str
    suffix: str
    status: Status
    is_step: bool
    formula: Formula
    steps: tuple[Step, ...] = ()
    remark: str = ""


# ------------------------------------------------------------------------ formulas


class Equalities(NamedTuple):
    """A chain of equalities, or what is claimed to be one and does not hold."""

    sides: tuple[Side, ...]
    most: int = LINE_WIDTH
    holds: bool = True

    def latex(self, write: LatexWriter) -> str:
        """The sides below each other; a left side that leaves too little room stands above."""
        left = write.side(self.sides[0])
        terms = [write.terms(side) for side in self.sides[1:]]
        room = self.most - width(left, WIDEST_LINE)
        widest = room if room < self.most // 2 else WIDEST_LINE - (self.most - room)
        rights = [filled(t, room, widest) for t in terms]
        if any(round(line.width) > widest for right in rights for line in right):
            rights = [filled(t, self.most - 4) for t in terms]
            lines, head = [f"&{left}"], r"&\quad"
        else:
            lines, head = [], f"{left} &"
        relation = "=" if self.holds else r"\neq"
        for right in rights:
            lines.append(f"{head}{relation} {right[0].body}")
            lines += [rf"&\qquad {{}} {more.body}" for more in right[1:]]
            head = "&" if not lines[0].startswith("&") else r"&\quad "
        return _aligned(lines)

    def text(self, write: UnicodeWriter) -> str:
        """One line an equality."""
        relation = "=" if self.holds else "≠"
        left, *rights = map(write.side, self.sides)
        return f"{left} {relation} " + f"\n{' ' * len(left)} {relation} ".join(rights)


class Written(NamedTuple):
    """The function as written, with what its abbreviations stand for."""

    function: Expr
    names: tuple[Definition, ...]

    def latex(self, write: LatexWriter) -> str:
        """One line the function, and one an abbreviation."""
        lines = [f"{write.notation.function} &= {write.expression(self.function)}"]
        lines += [write.definition(x).replace(" = ", " &= ", 1) for x in self.names]
        return _aligned(lines)

    def text(self, write: UnicodeWriter) -> str:
        """One line the function, and one an abbreviation."""
        lines = [f"f = {write.expression(self.function)}"]
        return "\n".join([*lines, *[write.definition(x) for x in self.names]])


class Entries(NamedTuple):
    """The layout of the derivative, eq (3) of the notes."""

    variable: Symbol

    def latex(self, write: LatexWriter) -> str:
        """The matrix of partial derivatives."""
        left = write.side(Derivative(None, self.variable))
        if self.variable.shape[0] == 1:
            return left
        return f"{left} = " + "\n".join(_entry_rows(self.variable, write))

    def text(self, write: UnicodeWriter) -> str:
        """The shape in words."""
        left = write.side(Derivative(None, self.variable))
        rows, columns = self.variable.shape
        shape = f"{rows} x {columns}" if columns != 1 else str(rows)
        return f"{left}: {shape}, entry by entry"


def _aligned(lines: list[str]) -> str:
    if len(lines) == 1:
        return lines[0].replace(" &", " ", 1)
    gap = " \\\\[0.6ex]\n" if any(r"\frac" in line for line in lines) else " \\\\\n"
    return "\\begin{aligned}\n" + gap.join(lines) + "\n\\end{aligned}"


def _entry_rows(x: Symbol, write: LatexWriter) -> Iterator[str]:
    """The matrix of partial derivatives of eq (3)."""
    rows, columns = x.shape

    def partial(*places: ex.Dim) -> str:
        entry = write.entry(x, tuple(map(str, places)))
        return rf"\frac{{\partial {write.notation.function}}}{{\partial {entry}}}"

    yield r"\begin{bmatrix}"
    if columns == 1:
        yield rf"{partial(1)} \\ {partial(2)} \\ \vdots \\ {partial(rows)}"
    else:
        for r in (1, 2, None, rows):
            if r is None:
                yield r"\vdots & \vdots & \ddots & \vdots \\"
                continue
            cells = [partial(r, 1), partial(r, 2), r"\cdots", partial(r, columns)]
            yield " & ".join(cells) + r" \\"
    yield r"\end{bmatrix}"


# ------------------------------------------------------------------------ groups


def groups_of(d: Derivation, verify: bool, cuts: Cuts) -> Iterator[Group]:
    """One group a chain of equalities, in order; the author's claim last."""
    return _DerivationOutline(d, verify, cuts).groups()


def groups_of_expansion(x: Expansion, verify: bool, cuts: Cuts) -> Iterator[Group]:
    """One group a chain of equalities, all with the suffix ""."""
    outline = _Outline(x, verify, cuts)
    return (group for chained in outline.chains() for group in outline.chain(chained, ""))


class _Outline:
    """Turns steps into groups."""

    def __init__(self, d: Derivation | Expansion, verify: bool, cuts: Cuts) -> None:
        self._steps = d.steps
        self._passed = [c.passed for c in d.step_checks] if verify else None
        self._cuts = cuts
        self._suffixes: set[str] = set()

    def chains(self) -> Iterator[_Chain]:
        """The steps with their numbers, each chain of equalities together.

        A chain are consecutive steps of one kind in which each begins where the last one ended.
        """
        current: _Chain = []
        for n, step in enumerate(self._steps):
            last = current[-1][1] if current else None
            if last and last.kind == step.kind and last.rhs == step.lhs and last.free == step.free:
                current.append((n, step))
                continue
            if current:
                yield current
            current = [(n, step)]
        if current:
            yield current

    def chain(self, chained: _Chain, suffix: str) -> Iterator[Group]:
        """One chain of equalities, in the pieces that the author wants."""
        first = chained[0][1]
        pieces = _cut(chained, self._cuts.get(suffix, ()))
        for letter, piece in zip(_letters(), pieces, strict=False):
            steps = tuple([s for _, s in piece])
            yield Group(
                _PART_OF_KIND[first.kind],
                f"{suffix}-{letter}".strip("-"),
                self.status(piece),
                first.kind not in ("function", "matrix"),
                Equalities((first.lhs, *[s.rhs for s in steps])),
                steps,
            )

    def unique(self, base: str, always: bool = False) -> str:
        """The suffix, with a number where it is not the first (or `always`)."""
        n = 1
        name = f"{base}-1" if always else base
        while name in self._suffixes:
            n += 1
            name = f"{base}-{n}"
        self._suffixes.add(name)
        return name

    def status(self, numbered: _Chain) -> Status:
        """The verdict on steps."""
        if self._passed is None:
            return "unchecked"
        return "verified" if all(self._passed[n] for n, _ in numbered) else "failed"


class _DerivationOutline(_Outline):
    """All groups of a derivation."""

    def __init__(self, d: Derivation, verify: bool, cuts: Cuts) -> None:
        super().__init__(d, verify, cuts)
        self._d = d
        self._verify = verify

    def groups(self) -> Iterator[Group]:
        """One group a chain of equalities, in order; the author's claim last."""
        chains = list(self.chains())
        occurrences = sum(1 for c in chains if c[0][1].kind == "occurrence")
        entries_shown = False
        for chained in self._without_repetition(chains):
            first = chained[0][1]
            if first.kind == "matrix" and not entries_shown:
                entries_shown = True
                yield self._entries()
            suffix = self._suffix(first, occurrences)
            if first.kind == "function":
                yield self._function(suffix, chained)
            else:
                yield from self.chain(chained, suffix)
        if self._d.expected is not None:
            yield self._claim(self._d.folding(self._d.expected))

    def _without_repetition(self, chains: list[_Chain]) -> list[_Chain]:
        """Without f as written, where the author's own names are those of all its layers."""
        layers = self._d.layers
        if layers and str(self._d.written) == str(chains[1][0][1].rhs):
            return chains[1:]
        return chains

    def _function(self, suffix: str, chained: _Chain) -> Group:
        """f with what its names stand for: as written with abbreviations, or by its layers."""
        step = chained[0][1]
        if step.where and isinstance(step.rhs, ex.Node):
            again = bool(self._suffixes - {suffix})
            own = self._abbreviations()
            said = {x.symbol.name for x in own} if again else set()
            names = [x for x in step.where if x.symbol.name not in said]
            if not again:
                names += [x for x in own if x.symbol.name not in self._d.layers.meanings]
            formula, remark = Written(step.rhs, tuple(names)), f"{step.reason}:" if again else ""
            return Group("function", suffix, self.status(chained), False, formula, remark=remark)
        formula = Written(self._d.written, self._abbreviations())
        return Group("function", suffix, self.status(chained), False, formula)

    def _abbreviations(self) -> tuple[Definition, ...]:
        """The author's abbreviations in the function as written, in the claim, and in these."""
        shown = self._d.written.symbols
        if self._d.expected is not None:
            shown |= self._d.expected.symbols
        own = self._d.abbreviations.items()
        return needed([Definition(ex.symbol(name, e.shape), e, False) for name, e in own], shown)

    def _entries(self) -> Group:
        return Group(
            "entries",
            self.unique("entries"),
            "unchecked",
            True,
            Entries(self._d.variable),
            remark="The derivative has the shape of the variable:",
        )

    def _claim(self, claim: Expr) -> Group:
        check = self._d.expected_check if self._verify else None
        holds = not self._verify or bool(check)
        remark = "The author's own form:"
        if not holds and check is not None:
            remark = f"Claimed, and false ({check.message}):"
        status: Status = "unchecked" if not self._verify else "verified" if holds else "failed"
        function = None if self._d.layers else self._d.function
        sides = (Derivative(function, self._d.variable), claim)
        formula = Equalities(sides, LINE_WIDTH - FRAMED, holds)
        return Group("expected", self.unique("expected"), status, False, formula, remark=remark)

    def _suffix(self, step: Step, occurrences: int) -> str:
        match step.kind:
            case "matrix":
                return self.unique("")
            case "occurrence" if occurrences == 1:
                return self.unique("index")
            case "occurrence":
                return self.unique("occurrence", always=True)
            case kind:
                return self.unique(kind)


def _cut(chained: _Chain, after: Sequence[int]) -> Iterator[_Chain]:
    """A chain in pieces, cut after the equalities with these numbers (from 1)."""
    start = 0
    for stop in [*sorted(n for n in after if 0 < n < len(chained)), len(chained)]:
        yield chained[start:stop]
        start = stop


def _letters() -> Iterator[str]:
    """What the suffixes of the pieces of a chain end with: nothing, b, c, ..."""
    return chain([""], (chr(n) for n in count(ord("b"))))
