"""The derivation in index notation: the function, what each occurrence contributes, their sum.

Input: a scalar function, the variable, names for its layers where it is a deep composition (see
`layers`).  Output: an object whose attributes are worked out when they are first asked for.
"""

from __future__ import annotations

from dataclasses import dataclass

from . import expr as ex, indexed as ix
from .assemble import Assembler
from .differentiate import Occurrence, differentiate, free_indices, marked, total
from .expand import author_indices, expand
from .expr import Expr, Index, Symbol
from .layers import NO_LAYERS, Layers
from .lazy import lazy
from .render_latex import indexed_latex
from .render_text import with_free_indices


@dataclass(frozen=True, slots=True)
class IndexGradient:
    """The derivative in index notation: its free indices, row first, and its body."""

    free: tuple[Index, ...]
    body: ix.Indexed

    def __str__(self) -> str:
        return with_free_indices(self.body, self.free)

    def latex(self) -> str:
        """LaTeX of the body."""
        return indexed_latex(self.body)


class IndexRoute:
    """`shown` is the function by the names of its `layers`, itself where it has none."""

    def __init__(
        self, function: Expr, shown: Expr, variable: Symbol, layers: Layers = NO_LAYERS
    ) -> None:
        self.function = function
        self.shown = shown
        self.variable = variable
        self.layers = layers

    @lazy
    def expansion(self) -> ix.Indexed:
        """The function in index notation, all sums in front (eq (7) of the notes)."""
        return expand(self.shown)

    @lazy
    def occurrences(self) -> tuple[Occurrence, ...]:
        """What each occurrence of the variable contributes, in index notation."""
        return differentiate(self.expansion, self.variable, self.function, self.layers)

    @lazy
    def gradient(self) -> IndexGradient:
        """The derivative over the free indices of the variable."""
        if not self.occurrences:
            return IndexGradient(free_indices(self.variable, self.function), ix.ZERO)
        return IndexGradient(*total(self.occurrences, self.function, self.layers))

    @lazy
    def assembler(self) -> Assembler:
        """What finds the matrices of the contributions, and of what they share once."""
        return Assembler(author_indices(self.function))

    @lazy
    def contributions(self) -> tuple[Expr | None, ...]:
        """The matrix form of each occurrence's contribution, in place."""
        matrix, variable = self.assembler.matrix, self.variable
        return tuple([matrix(o.term, *places(variable, o.free)) for o in self.occurrences])

    @lazy
    def sum_of_contributions(self) -> Expr | None:
        """The derivative in matrix form, not simplified; None where no matrix form exists."""
        terms = [c for c in self.contributions if c is not None]
        if len(terms) < len(self.occurrences):
            return None
        return ex.add(ex.zeros(*self.variable.shape), *terms)

    @lazy
    def marked(self) -> tuple[tuple[ix.Indexed, Symbol], ...]:
        """f with one occurrence marked, for each one; none for a single one: it is the whole."""
        if len(self.occurrences) < 2:
            return ()
        return marked(self.expansion, self.variable, self.function, self.layers)


def places(variable: Symbol, free: tuple[Index, ...]) -> tuple[Index | None, Index | None]:
    """The free indices as row and column of the variable; None where its dimension is 1."""
    left = list(free)
    row = left.pop(0) if variable.shape[0] != 1 else None
    column = left.pop(0) if variable.shape[1] != 1 else None
    return row, column
