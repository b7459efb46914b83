"""What is said before a displayed equation group: reasons, definitions, the meaning of signs.

Input: the groups of a derivation, in order; output: for each a sequence of words and of formulas
that are not yet typeset.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from . import expr as ex
from .expr import Expr, Symbol
from .layout import Writer
from .outline import Group
from .read import read
from .statements import Definition, Step, expressions_in

Said: TypeAlias = str | Definition | Expr
"""A piece of a sentence: words, a definition or another formula."""

_QUOTED = re.compile(r"`([^`]*)`")


def written(said: Definition | Expr, write: Writer) -> str:
    """The print of a formula in a sentence."""
    return write.definition(said) if isinstance(said, Definition) else write.expression(said)


class Sentences:
    """The sentences of one derivation: what was said before is not said again."""

    def __init__(self, function: Expr, symbols: Mapping[str, Symbol]) -> None:
        self._symbols = symbols
        self._has_frechets = ex.holds(function, ex.MatrixFunction, ex.Frechet)
        self._defined: set[Definition] = set()
        self._explained: set[tuple[str, tuple[Expr, ...]]] = set()

    def before(self, group: Group) -> list[Said]:
        """What is said before a group; to be asked for each, in order."""
        return [group.remark] if group.remark else list(self._of_steps(group.steps))

    def _of_steps(self, steps: Sequence[Step]) -> Iterator[Said]:
        reasons = list(dict.fromkeys([s.reason for s in steps if s.reason]))
        if reasons and steps[0].kind == "expansion":
            reasons = reasons[:1]
        if reasons:
            joined = "; ".join([reasons[0], *[r[0].lower() + r[1:] for r in reasons[1:]]])
            yield from self._quoting(joined)
        named = dict.fromkeys([x for s in steps for x in s.where])
        definitions = [x for x in named if x not in self._defined]
        self._defined.update(definitions)
        for n, x in enumerate(definitions):
            yield ", where " if n == 0 else " and " if n == len(definitions) - 1 else ", "
            yield x
        begun = bool(reasons or definitions)
        meanings = list(self._meanings(steps, begun)) if self._has_frechets else []
        yield from meanings
        if begun or meanings:
            yield ":"

    def _meanings(self, steps: Sequence[Step], begun: bool) -> Iterator[Said]:
        """What the sign of a Fréchet derivative means, where it is first shown."""
        for e in _frechets(steps):
            if (e.function, e.parameters) in self._explained:
                continue
            self._explained.add((e.function, e.parameters))
            point, direction = (ex.symbol(name, ("n", "n")) for name in ("Z", "E"))
            yield ", where " if begun else "Here "
            yield ex.frechet(e.function, point, direction, *e.parameters)
            yield " is the Fréchet derivative of the matrix function at "
            yield point
            yield " in the direction "
            yield direction
            begun = True

    def _quoting(self, sentence: str) -> Iterator[Said]:
        """The words of a sentence, and the formulas between back-quotes in it."""
        for n, piece in enumerate(_QUOTED.split(sentence)):
            if n % 2:
                yield self._symbols.get(piece) or read(piece, symbols=self._symbols).exprs[0]
            elif piece:
                yield piece


def _frechets(steps: Sequence[Step]) -> Iterator[ex.Frechet]:
    """All signs of Fréchet derivatives that steps show."""
    for step in steps:
        for side in (step.lhs, step.rhs):
            for e in expressions_in(side):
                if ex.holds(e, ex.Frechet):
                    yield from (node for node in ex.walk(e) if isinstance(node, ex.Frechet))
