"""Block matrices: expressions rewritten so that partitions are eliminated upward.

`rewritten` takes a node over simplified parts to an equal one in which a block matrix is opened
(or to itself), `joined` two adjacent factors of a product to one; `selector` is the constant
`[0; I; 0]` that picks a block of rows.  Nothing is inverted here: a Schur complement would need
a block that is invertible.
"""

from __future__ import annotations

from collections.abc import Callable

from . import expr as ex
from .expr import Dim, Expr


def heights(e: ex.Block) -> tuple[Dim, ...]:
    """The rows of each row of blocks."""
    return tuple(row[0].shape[0] for row in e.grid)


def widths(e: ex.Block) -> tuple[Dim, ...]:
    """The columns of each column of blocks."""
    return tuple(part.shape[1] for part in e.grid[0])


def selector(dims: tuple[Dim, ...], place: int, whole: Dim) -> Expr:
    """The matrix C with `C'*M` the rows of M that belong to the block at `place`."""
    size = dims[place]
    parts = [ex.identity(d) if k == place else ex.zeros(d, size) for k, d in enumerate(dims)]
    return ex.block(tuple((p,) for p in parts), (whole, size))


def joined(a: Expr, b: Expr) -> Expr | None:
    """The product of two adjacent factors where their partitions fit; None where they do not."""
    left, right = _untransposed(a), _untransposed(b)
    if left is not None:
        rows = left.grid
        columns = right.grid if right else tuple((p,) for p in _cut(b, widths(left), across=False))
    elif right is not None:
        rows, columns = (_cut(a, heights(right), across=True),), right.grid
    else:
        return None
    if [p.shape[1] for p in rows[0]] != [row[0].shape[0] for row in columns]:
        return None
    grid = tuple(
        tuple(
            ex.add(*[ex.mul(p, line[n]) for p, line in zip(row, columns, strict=True)])
            for n in range(len(columns[0]))
        )
        for row in rows
    )
    return ex.block(grid, (a.shape[0], b.shape[1]))


def _cut(e: Expr, dims: tuple[Dim, ...], *, across: bool) -> tuple[Expr, ...]:
    """A matrix of ones or zeros cut into parts of these columns (or rows); another is one part."""
    inner = e.arg if isinstance(e, ex.Transpose) else e
    if not isinstance(inner, ex.Ones | ex.Zeros):
        return (e,)
    make = ex.ones if isinstance(inner, ex.Ones) else ex.zeros
    return tuple(make(e.shape[0], d) if across else make(d, e.shape[1]) for d in dims)


def _untransposed(e: Expr) -> ex.Block | None:
    """A block matrix, from the transpose of one where it is one."""
    if isinstance(e, ex.Transpose) and isinstance(e.arg, ex.Block):
        found = transposed(e.arg)
        return found if isinstance(found, ex.Block) else None
    return e if isinstance(e, ex.Block) else None


def transposed(e: ex.Block) -> Expr:
    """The block matrix of the transposed blocks."""
    turned = zip(*e.grid, strict=True)
    grid = tuple(tuple(ex.transpose(p) for p in row) for row in turned)
    return ex.block(grid, (e.shape[1], e.shape[0]))


def rewritten(e: Expr) -> Expr:
    """An equal expression in which a block matrix is opened, or `e`."""
    rule = RULES.get(type(e))
    return rule(e) if rule else e


def _block(e: Expr) -> Expr:
    assert isinstance(e, ex.Block)
    if all(map(ex.is_zero, e.parts)):
        return ex.zeros(*e.shape)
    diagonal = heights(e) == widths(e)
    places = [(p, i == j) for i, row in enumerate(e.grid) for j, p in enumerate(row)]
    if diagonal and all(
        (isinstance(p, ex.Identity) or p == ex.ONE) if on else ex.is_zero(p) for p, on in places
    ):
        return ex.identity(e.shape[0])
    return e


def _transpose(e: Expr) -> Expr:
    assert isinstance(e, ex.Transpose)
    return transposed(e.arg) if isinstance(e.arg, ex.Block) else e


def _entrywise(e: Expr) -> Expr:
    """Sums, elementwise products, quotients, functions: block by block."""
    fronts = [ex.split_front(p) for p in e.parts]
    blocks = [rest for _, rest in fronts if isinstance(rest, ex.Block)]
    if not blocks:
        return e
    first = blocks[0]
    grids = []
    for c, rest in fronts:
        if rest.shape == ex.SCALAR and isinstance(e, ex.Power):
            grids.append([[rest] * len(widths(first)) for _ in heights(first)])
        elif isinstance(rest, ex.Zeros | ex.Ones):
            grids.append(_constant(c, rest, first))
        elif isinstance(rest, ex.Block) and _alike(rest, first):
            grids.append([[ex.mul(c, p) for p in row] for row in rest.grid])
        else:
            return e
    grid = tuple(
        tuple(ex.with_children(e, tuple(parts)) for parts in zip(*rows, strict=True))
        for rows in zip(*grids, strict=True)
    )
    return ex.block(grid, e.shape)


def _constant(c: Expr, e: Expr, like: ex.Block) -> list[list[Expr]]:
    make = ex.zeros if isinstance(e, ex.Zeros) else ex.ones
    return [[ex.mul(c, make(m, n)) for n in widths(like)] for m in heights(like)]


def _alike(a: ex.Block, b: ex.Block) -> bool:
    return heights(a) == heights(b) and widths(a) == widths(b)


def _trace(e: Expr) -> Expr:
    assert isinstance(e, ex.Trace)
    front, inner = ex.split_front(e.arg)
    match inner:
        case ex.Block() as b if heights(b) == widths(b):
            return ex.mul(front, ex.add(*[ex.trace(row[k]) for k, row in enumerate(b.grid)]))
        case ex.Mul(matrices=(first, *middle, last)) if middle:
            around = joined(last, first)
            return e if around is None else ex.mul(front, ex.trace(ex.mul(*middle, around)))
    return e


def _total(e: Expr) -> Expr:
    (arg,) = e.parts
    if not isinstance(arg, ex.Block):
        return e
    return ex.add(*[ex.total(p) for p in arg.parts])


def _operation(e: Expr) -> Expr:
    assert isinstance(e, ex.Operation)
    if not isinstance(e.arg, ex.Block):
        return e
    parts = [p for p in e.arg.parts if not ex.is_zero(p)]
    if e.operator == "norm1":
        return ex.add(*[ex.norm1(p) for p in parts])
    if e.operator == "norm2":
        squares = [ex.power(ex.norm(p), ex.number(2)) for p in parts]
        return ex.apply("sqrt", ex.add(*squares))
    return e


def _diagonal(e: Expr) -> Expr:
    assert isinstance(e, ex.Diagonal)
    if isinstance(e.arg, ex.Block) and heights(e.arg) == widths(e.arg):
        parts = [(ex.diagonal(row[k]),) for k, row in enumerate(e.arg.grid)]
        return ex.block(tuple(parts), e.shape)
    return e


RULES: dict[type[ex.Node], Callable[[Expr], Expr]] = {
    ex.Block: _block,
    ex.Transpose: _transpose,
    ex.Add: _entrywise,
    ex.Hadamard: _entrywise,
    ex.Quotient: _entrywise,
    ex.Apply: _entrywise,
    ex.Power: _entrywise,
    ex.Trace: _trace,
    ex.Total: _total,
    ex.Operation: _operation,
    ex.Diagonal: _diagonal,
}
"""What opens a block matrix in each kind of node."""
