"""Indexed -> Expr: reads a contraction graph and puts its matrix form together.

The graph is reduced in `network`.  An elementwise function of an index form is the function of
that form's matrix.  Where a factor hangs on three indices, one of them that
the author has written as an index is held fixed: what comes of it is a sum over slices (eq (46)
of the notes).  The answer is None where no matrix form is found; nothing is guessed.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TypeAlias

from . import expr as ex, indexed as ix
from .adjoint import has_unit, without_units
from .construct import UNIT, exact_product
from .expand import expand, hoist
from .expr import Expr, Index
from .indexed import Indexed
from .kernels import apart, is_parameter, links, places_of_kernel
from .limits import check_time
from .matrix_functions import along
from .network import Network, Stuck, oriented
from .separate import factors_of
from .simplify import simplify

Fixed: TypeAlias = frozenset[Index]
_NOTHING: Fixed = frozenset()


class Assembler:
    """Finds the matrices of index forms, and remembers those of shared parts.

    `authors` are the names of the indices that may be held fixed.
    """

    def __init__(self, authors: frozenset[str]) -> None:
        self.authors = authors
        self._done: dict[tuple[Indexed, Index | None, Index | None, Fixed], Expr | None] = {}

    def matrix(
        self, t: Indexed, row: Index | None, column: Index | None, fixed: Fixed = _NOTHING
    ) -> Expr | None:
        """The matrix whose entry (row, column) is `t`; None where no matrix form is found.

        An index is None just where the result has dimension 1; those in `fixed` are parameters.
        """
        key = (t, row, column, fixed)
        if key not in self._done:
            check_time()
            self._done[key] = self._matrix(t, row, column, fixed)
        return self._done[key]

    def _matrix(
        self, t: Indexed, row: Index | None, column: Index | None, fixed: Fixed
    ) -> Expr | None:
        places = tuple([i for i in (row, column) if i is not None])
        if isinstance(t, ix.Element) and t.indices == places and not t.matrix.free:
            # an entry of a vector is that of a column: see `indexed.element`
            return simplify(ex.transpose(t.matrix) if places == (column,) else t.matrix)
        if isinstance(t, ix.Num) and not places:
            return ex.number(t.value)
        open_ = {*places}
        if isinstance(t, ix.Plus):
            terms = self._all(t.terms, row, column, fixed)
            return None if terms is None else simplify(ex.add(*terms))
        if isinstance(t, ix.Function) and t.free - fixed == open_:
            args = self._all(t.args, row, column, fixed)
            return None if args is None else simplify(ex.apply(t.function, *args))
        if isinstance(t, ix.Pow) and t.free - fixed == open_:
            scalar = not t.exponent.free - fixed
            base = self.matrix(t.base, row, column, fixed)
            own = (None, None) if scalar else (row, column)
            exponent = self.matrix(t.exponent, *own, fixed)
            if base is None or exponent is None:
                return None
            return simplify(_power(base, exponent))
        return self._product(t, row, column, fixed)

    def _all(
        self, parts: tuple[Indexed, ...], row: Index | None, column: Index | None, fixed: Fixed
    ) -> list[Expr] | None:
        """The matrices of all parts over the same places; None where one has none."""
        found = [self.matrix(p, row, column, fixed) for p in parts]
        matrices = [m for m in found if m is not None]
        return matrices if len(matrices) == len(found) else None

    # ------------------------------------------------------------------ products

    def _product(
        self, t: Indexed, row: Index | None, column: Index | None, fixed: Fixed
    ) -> Expr | None:
        coefficient, bound, factors = flatten(t)
        shorter = without_units(factors, bound, lambda u, i, j: self.matrix(u, i, j, fixed))
        if shorter is not None:
            factors, bound = shorter
            rest = ix.sum_over(bound, ix.times(ix.num(coefficient), *factors))
            return self.matrix(rest, row, column, fixed)
        try:
            bound, factors = self._without_kernels(bound, factors, fixed)
            network = self._network(factors, bound, fixed)
            network.reduce()
            return simplify(ex.scale(coefficient, network.matrix(row, column)))
        except Stuck:
            return self._sliced(t, row, column, fixed)

    def _without_kernels(
        self, bound: tuple[Index, ...], factors: tuple[Indexed, ...], fixed: Fixed
    ) -> tuple[tuple[Index, ...], tuple[Indexed, ...]]:
        """Derivatives of matrix functions with all that hangs on their entries in one matrix.

        The sum over i and j of `W[i,j] L(Z, e_a e_b')[i,j]` is `L(Z, W')[b,a]`.
        """
        for n, f in enumerate(factors):
            if not isinstance(f, ix.Element) or (places := places_of_kernel(f.matrix)) is None:
                continue
            assert isinstance(f.matrix, ex.Frechet)
            i, j = f.indices
            others = (*factors[:n], *factors[n + 1 :])
            own, inside, outside = links({i, j}, others, set(bound))
            if not {i, j} <= own or own & {*places}:
                raise Stuck
            body = ix.sum_over(tuple(k for k in bound if k in own - {i, j}), ix.times(*inside))
            if i == j:
                vector = self.matrix(body, i, None, fixed)
                direction = None if vector is None else simplify(ex.diag(vector))
            else:
                direction = self.matrix(body, j, i, fixed)
            if direction is None:
                raise Stuck
            held = f.matrix
            whole = simplify(along(held.function, held.arg, direction, held.parameters))
            entry = _transposed_entry(whole, places)
            rest = tuple(k for k in bound if k not in own)
            return self._without_kernels(rest, (entry, *outside), fixed)
        return bound, factors

    def _sliced(
        self, t: Indexed, row: Index | None, column: Index | None, fixed: Fixed
    ) -> Expr | None:
        """What is left: a sum among the factors taken apart, an author's index held fixed."""
        coefficient, bound, factors = flatten(t)
        choices = apart(factors) or _taken_apart(factors)
        if choices:
            front = ix.num(coefficient)
            terms = [ix.sum_over(bound, ix.times(front, *fs)) for fs in choices]
            return self.matrix(ix.plus(*terms), row, column, fixed)
        for k in bound:
            if k.name in self.authors:
                rest = tuple(i for i in bound if i != k)
                body = ix.sum_over(rest, ix.times(ix.num(coefficient), *factors))
                inner = self.matrix(body, row, column, fixed | {k})
                if inner is not None:
                    return self._let_go(k, t, ex.index_sum((k,), inner), row, column, fixed)
        if row is not None and (row.name in self.authors or is_parameter(row, t)):
            inner = self.matrix(t, None, column, fixed | {row})
            if inner is None:
                return None
            return self._let_go(row, t, ex.rows(row, inner), row, column, fixed)
        if column is not None and (column.name in self.authors or is_parameter(column, t)):
            inner = self.matrix(t, None, row, fixed | {column})
            if inner is not None:
                whole = ex.transpose(ex.rows(column, inner))
                return self._let_go(column, t, whole, row, column, fixed)
        return None

    def _let_go(
        self,
        k: Index,
        t: Indexed,
        held: Expr,
        row: Index | None,
        column: Index | None,
        fixed: Fixed,
    ) -> Expr:
        """The matrix of `t`, found with `k` held, without that where matrices depend on it no more.

        Held, `inv(x[k]*S)` has become `inv(S)/x[k]`.
        """
        whole = simplify(held)
        if not is_parameter(k, t):
            return whole
        form = expand(whole, row, column)
        if is_parameter(k, form):
            return whole
        return self.matrix(form, row, column, fixed) or whole

    def _network(
        self, factors: tuple[Indexed, ...], bound: tuple[Index, ...], fixed: Fixed
    ) -> Network:
        network = Network(bound)
        for f in factors:
            for g in factors_of(f, fixed):
                self._place(network, g, fixed)
        return network

    def _place(self, network: Network, f: Indexed, fixed: Fixed) -> None:
        """Put one factor into the network."""
        if isinstance(f, ix.Element):
            self._place_element(network, f, fixed)
            return
        loose = sorted(f.free - fixed, key=lambda i: i.name)
        if isinstance(f, ix.KroneckerDelta) and len(loose) == 2:
            first, second = loose
            network.join(first, second, ex.identity(first.dim))
            return
        if len(loose) > 2 or isinstance(f, ix.KroneckerDelta):
            raise Stuck
        row, column = (*loose, None, None)[:2]
        matrix = self.matrix(f, row, column, fixed)
        if matrix is None:
            raise Stuck
        if row is None:
            network.scalars.append(matrix)
        elif column is None:
            network.weigh(row, matrix)
        else:
            network.join(*oriented(row, column, matrix))

    def _place_element(self, network: Network, f: ix.Element, fixed: Fixed) -> None:
        loose = tuple(i for i in f.indices if i not in fixed)
        if f.matrix.free - fixed:
            raise Stuck
        value = f.matrix
        if len(loose) < len(f.indices):
            value = _slice(value, f.indices, fixed)
        if not loose:
            network.scalars.append(value)
        elif len(loose) == 1:
            network.weigh(loose[0], value)
        elif loose[0] == loose[1]:
            network.weigh(loose[0], ex.diagonal(value))
        else:
            network.join(loose[0], loose[1], value)


def _transposed_entry(matrix: Expr, places: tuple[Index, Index]) -> Indexed:
    """The entry of the transpose at two places, scalar factors apart."""
    a, b = places
    c, rest = ex.split_front(matrix)
    return ix.times(*([] if c == ex.ONE else [ix.element(c)]), ix.element(rest, b, a))


def _taken_apart(factors: tuple[Indexed, ...]) -> list[tuple[Indexed, ...]]:
    """The factors with the first sum over more than two indices replaced by each of its terms."""
    for n, f in enumerate(factors):
        if isinstance(f, ix.Plus) and (len(f.free) > 2 or has_unit(f)):
            return [(*factors[:n], u, *factors[n + 1 :]) for u in f.terms]
    return []


def _slice(matrix: Expr, indices: tuple[Index, ...], fixed: Fixed) -> Expr:
    """The row (as a column vector), the column or the entry that fixed indices leave."""
    if len(indices) == 1:
        return ex.entry(matrix, indices[0])
    i, j = indices
    if i in fixed and j in fixed:
        return ex.entry(matrix, i, j)
    return ex.transpose(ex.row(matrix, i)) if i in fixed else ex.column(matrix, j)


def flatten(t: Indexed) -> tuple[Fraction, tuple[Index, ...], tuple[Indexed, ...]]:
    """Coefficient, bound indices and factors of a term, its sums moved in front."""
    t = hoist(t)
    coefficient = UNIT
    bound: tuple[Index, ...] = ()
    if isinstance(t, ix.Times):
        coefficient = t.coefficient
        if len(t.factors) == 1:
            t = t.factors[0]
    if isinstance(t, ix.SumOver):
        t = ix.rename_apart(t, {i.name for i in t.free})
        assert isinstance(t, ix.SumOver)
        bound, t = t.indices, t.body
    if isinstance(t, ix.Times):
        return exact_product(coefficient, t.coefficient if bound else UNIT), bound, t.factors
    if isinstance(t, ix.Num):
        return coefficient * t.value, bound, ()
    return coefficient, bound, (t,)


def _power(base: Expr, exponent: Expr) -> Expr:
    if isinstance(exponent, ex.Number) and exponent.value < 0 and base.shape != ex.SCALAR:
        below = ex.power(base, ex.number(-exponent.value))
        return ex.quotient(ex.ones(*base.shape), below)
    return ex.power(base, exponent)
