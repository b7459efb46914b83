"""A product of entries as a graph, reduced to one matrix.

Indices are nodes, entries are edges.  A bound node of degree two is a matrix product, parallel
edges are a Hadamard product, a leaf is a product with its weights (or the ones vector), a self
loop a diagonal, a closed component a scalar factor.  What is left when no rule fits any more is
`Stuck`: the graph is not series-parallel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush

from . import expr as ex
from .expr import Expr, Index
from .limits import check_time
from .simplify import flip, simplify, transposes


class Stuck(Exception):
    """The graph cannot be reduced further."""


@dataclass(slots=True, eq=False)
class _Edge:
    """A matrix with its rows at `a` and its columns at `b`, as factors not yet multiplied."""

    a: Index
    b: Index
    factors: list[Expr]

    def away(self, i: Index) -> list[Expr]:
        """The factors of the matrix with its rows at `i`."""
        if self.a == i:
            return self.factors
        return [ex.transpose(f) for f in reversed(self.factors)]

    def toward(self, i: Index) -> list[Expr]:
        """The factors of the matrix with its columns at `i`."""
        return self.away(self.other(i))

    def other(self, i: Index) -> Index:
        """The end that is not `i`."""
        return self.a if self.b == i else self.b

    def settle(self) -> None:
        """Multiply the factors; the edge is turned where that needs fewer transposes."""
        if len(self.factors) > 1:
            self.place(simplify(ex.mul(*self.factors)))

    def place(self, matrix: Expr) -> None:
        """Put a matrix in place of the factors, in the better direction."""
        self.a, self.b, matrix = oriented(self.a, self.b, matrix)
        self.factors = [matrix]

    def matrix(self, i: Index) -> Expr:
        """The matrix, multiplied, with its rows at `i`."""
        self.settle()
        (only,) = self.away(i)
        return only


@dataclass(slots=True)
class Network:
    """Weights (column vectors) on nodes, edges between them, scalar factors.

    Nodes that are not bound are the places of the result.
    """

    bound: Sequence[Index]
    scalars: list[Expr] = field(default_factory=list)
    _order: dict[Index, int] = field(init=False)
    _weights: dict[Index, list[Expr]] = field(default_factory=dict)
    _edges: dict[Index, list[_Edge]] = field(default_factory=dict)
    _doubles: list[tuple[_Edge, _Edge]] = field(default_factory=list)
    _leaves: list[int] = field(default_factory=list)
    _inner: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._order = {i: n for n, i in enumerate(self.bound)}

    # -------------------------------------------------------------- building

    def weigh(self, i: Index, vector: Expr) -> None:
        """Put a weight, a column vector, on a node."""
        self._weights.setdefault(i, []).append(vector)

    def join(self, a: Index, b: Index, matrix: Expr) -> None:
        """Put an edge between two nodes: a matrix with its rows at `a`, its columns at `b`."""
        self._add(_Edge(a, b, [matrix]))

    def _add(self, edge: _Edge) -> None:
        a, b = edge.a, edge.b
        if a == b:
            self.weigh(a, ex.diagonal(edge.matrix(a)))
            self._changed(a)
            return
        mine = self._edges.setdefault(a, [])
        twin = next((e for e in mine if e.a == b or e.b == b), None)
        mine.append(edge)
        self._edges.setdefault(b, []).append(edge)
        if twin is not None:
            self._doubles.append((twin, edge))

    def _remove(self, edge: _Edge) -> None:
        for i in (edge.a, edge.b):
            self._edges[i].remove(edge)

    def _changed(self, i: Index) -> None:
        """A rule may fit at a node now."""
        if i in self._order:
            degree = len(self._edges.get(i, ()))
            if degree < 2:
                heappush(self._leaves, self._order[i])
            elif degree == 2:
                heappush(self._inner, self._order[i])

    # -------------------------------------------------------------- reduction

    def reduce(self) -> None:
        """Work off all bound nodes; raises `Stuck` where the graph is not series-parallel."""
        places = range(len(self.bound))
        self._leaves = [n for n in places if len(self._edges.get(self.bound[n], ())) < 2]
        self._inner = [n for n in places if len(self._edges.get(self.bound[n], ())) == 2]
        heapify(self._leaves)
        heapify(self._inner)
        while self._order:
            check_time()
            if not (self._trace() or self._leaf() or self._parallel() or self._series()):
                raise Stuck
        while self._parallel():
            pass

    def _trace(self) -> bool:
        """Two bound nodes joined by just two edges, alone in their component: a trace."""
        for pair in self._doubles:
            there, back = pair
            ends = (there.a, there.b)
            if not all(
                i in self._order and len(self._edges[i]) == 2 and not self._weights.get(i)
                for i in ends
            ):
                continue
            there.settle()
            product = ex.mul(there.matrix(there.a), back.matrix(there.b))
            self.scalars.append(simplify(ex.trace(product)))
            self._doubles.remove(pair)
            for i in ends:
                self._drop(i)
            return True
        return False

    def _leaf(self) -> bool:
        """Sum over a node with at most one edge."""
        while self._leaves:
            i = self.bound[heappop(self._leaves)]
            edges = self._edges.get(i, ())
            if i not in self._order or len(edges) > 1:
                continue
            if edges:
                (edge,) = edges
                far = edge.other(i)
                weight = self._weight(i)
                vector = ex.ones(i.dim) if weight is None else weight
                self._remove(edge)
                self.weigh(far, simplify(ex.mul(edge.matrix(far), vector)))
                self._changed(far)
            else:
                self.scalars.append(self._sum_of_weights(i))
            self._drop(i)
            return True
        return False

    def _parallel(self) -> bool:
        """Merge two edges between the same two nodes into a Hadamard product."""
        if not self._doubles:
            return False
        first, second = self._doubles.pop(0)
        first.settle()
        a, b = first.a, first.b
        longer_first = sorted((first.matrix(a), second.matrix(a)), key=ex.leaf_count, reverse=True)
        first.place(simplify(ex.hadamard(*longer_first)))
        self._remove(second)
        self._doubles = [
            (first if p is second else p, first if q is second else q) for p, q in self._doubles
        ]
        self._changed(a)
        self._changed(b)
        return True

    def _series(self) -> bool:
        """Multiply the two edges at a node that has no others."""
        while self._inner:
            i = self.bound[heappop(self._inner)]
            if i not in self._order or len(self._edges[i]) != 2:
                continue
            first, second = self._edges[i]
            a, b = first.other(i), second.other(i)
            left, right = first.toward(i), second.away(i)
            weight = self._weight(i)
            middle = [] if weight is None else [ex.diag(weight)]
            self._remove(first)
            self._remove(second)
            self._drop(i)
            self._add(_Edge(a, b, [*left, *middle, *right]))
            return True
        return False

    def _drop(self, i: Index) -> None:
        del self._order[i]
        self._weights.pop(i, None)
        self._edges.pop(i, None)

    def _weight(self, i: Index) -> Expr | None:
        """The elementwise product of the weights on a node."""
        found = self._weights.get(i)
        return ex.hadamard(*found) if found else None

    def _sum_of_weights(self, i: Index) -> Expr:
        """Sum over a node without edges of the product of its weights."""
        weights = self._weights.get(i, [])
        if not weights:
            return ex.size_of(i.dim)
        if len(weights) == 1:
            return simplify(ex.total(weights[0]))
        return simplify(ex.mul(ex.transpose(weights[0]), ex.hadamard(*weights[1:])))

    # -------------------------------------------------------------- the result

    def matrix(self, row: Index | None, column: Index | None) -> Expr:
        """The matrix over two places of a network without bound nodes."""
        if not {*self._weights, *self._edges} <= {row, column}:
            raise Stuck  # there is an index that is neither bound nor one of the places
        if row is None and column is not None:
            return ex.transpose(self.matrix(column, None))
        if row is None:
            return ex.mul(*self.scalars) if self.scalars else ex.ONE
        left = self._weight(row)
        edges = self._edges.get(row, [])
        if column is None:
            if edges:
                raise Stuck
            return ex.mul(*self.scalars, ex.ones(row.dim) if left is None else left)
        right = self._weight(column)
        if not edges:
            u = ex.ones(row.dim) if left is None else left
            v = ex.ones(column.dim) if right is None else right
            return ex.mul(*self.scalars, u, ex.transpose(v))
        if len(edges) > 1 or edges[0].other(row) != column:
            raise Stuck
        chain = [edges[0].matrix(row)]
        if left is not None:
            chain.insert(0, ex.diag(left))
        if right is not None:
            chain.append(ex.diag(right))
        return ex.mul(*self.scalars, *chain)


def oriented(i: Index, j: Index, matrix: Expr) -> tuple[Index, Index, Expr]:
    """The edge in the direction that needs fewer transposes."""
    count = transposes(matrix)
    if count and transposes(turned := flip(matrix)) < count:
        return j, i, turned
    return i, j, matrix
