"""Identities of Kronecker products, vec and its inverse: expressions rewritten, none simplified.

`rewritten` takes a node over simplified parts to an equal and neater one (or to itself), `joined`
two adjacent factors of a product to one; `split` writes a matrix as a sum of Kronecker products
of given sizes.  Source: Magnus and Neudecker, chapter 2; Cookbook (505)-(524).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import TypeAlias

from . import expr as ex, sizes
from .expr import Dim, Expr

Cut: TypeAlias = tuple[int, int]
Piece: TypeAlias = tuple[Expr, Expr, Expr]
"""A scalar and the two factors of a Kronecker product."""

MULTIPLICATIVE = frozenset({"abs", "sign"})
"""Functions with f(a*b) = f(a)*f(b) for all numbers."""

MOST_PIECES = 64


def is_structured(e: Expr) -> bool:
    """Is it a Kronecker product, a vec or its inverse, transposed or not?"""
    e = e.arg if isinstance(e, ex.Transpose) else e
    return isinstance(e, ex.Kron | ex.Vec | ex.Unvec)


def turned(e: Expr) -> Expr:
    """The transpose, pushed into products and Kronecker products."""
    match e:
        case ex.Kron(factors=factors, shape=(m, n)):
            return ex.kron(*map(turned, factors), shape=(n, m))
        case ex.Mul(coefficient=c, scalars=scalars, matrices=matrices):
            return ex.mul(ex.number(c), *scalars, *ex.as_one([turned(m) for m in matrices[::-1]]))
        case _:
            return ex.transpose(e)


def factors_of(e: Expr) -> tuple[Expr, ...]:
    """The factors of a Kronecker product, transposed or not; the matrix alone where it is none."""
    match e:
        case ex.Kron(factors=factors):
            return factors
        case ex.Transpose(arg=ex.Kron(factors=factors)):
            return tuple(turned(f) for f in factors)
        case _:
            return (e,)


# ------------------------------------------------------------------------ products


def joined(a: Expr, b: Expr) -> Expr | None:
    """One factor for two adjacent ones of a product; None where there is none."""
    if not is_structured(a) and not is_structured(b):
        return None
    match a, b:
        case ex.Transpose(arg=ex.Vec(arg=u)), ex.Vec(arg=v) if u.shape == v.shape:
            return inner_product(u, v)
        case _, ex.Vec(arg=x):
            return _times_vec(factors_of(a), x, a.shape[0])
        case ex.Transpose(arg=ex.Vec(arg=x)), _:
            found = _times_vec(tuple(map(turned, factors_of(b))), x, b.shape[1])
            return None if found is None else ex.transpose(found)
    left, right = factors_of(a), factors_of(b)
    if len(left) == len(right) == 1:
        return None
    groups = list(aligned([f.shape[1] for f in left], [f.shape[0] for f in right]))
    if len(groups) < 2:
        return None
    parts = []
    for (i, j), (k, m) in groups:
        parts.append(ex.mul(*_grouped(left[i:j]), *_grouped(right[k:m])))
    return ex.kron(*parts, shape=(a.shape[0], b.shape[1]))


def _grouped(factors: Sequence[Expr]) -> tuple[Expr, ...]:
    return (ex.kron(*factors),) if factors else ()


def inner_product(u: Expr, v: Expr) -> Expr:
    """The sum of the products of the entries of two matrices."""
    if u == v:
        return ex.power(ex.norm(u), ex.number(2))
    if isinstance(u, ex.Mul) or isinstance(v, ex.Mul):
        return ex.trace(ex.mul(turned(u), v))
    return ex.total(ex.hadamard(u, v))


def _times_vec(factors: tuple[Expr, ...], x: Expr, size: Dim) -> Expr | None:
    """`kron(A,B)*vec(X)` is `vec(B*X*A')`."""
    for n in range(1, len(factors)):
        a, b = ex.kron(*factors[:n]), ex.kron(*factors[n:])
        if (b.shape[1], a.shape[1]) == x.shape:
            return ex.vec(ex.mul(b, x, turned(a)), size)
    return None


def aligned(left: Sequence[Dim], right: Sequence[Dim]) -> Iterator[tuple[Cut, Cut]]:
    """The finest cuts of two lists of sizes into parts of equal products.

    A size 1 is a part of its own, with nothing on the other side.
    """
    i = k = 0
    while i < len(left) or k < len(right):
        if i < len(left) and left[i] == 1 and (k == len(right) or right[k] != 1):
            j, m = i + 1, k
        elif k < len(right) and right[k] == 1 and (i == len(left) or left[i] != 1):
            j, m = i, k + 1
        else:
            ends = product(range(i + 1, len(left) + 1), range(k + 1, len(right) + 1))
            fitting = (
                end
                for end in ends
                if sizes.product(*left[i : end[0]]) == sizes.product(*right[k : end[1]])
            )
            j, m = min(fitting, key=sum, default=(len(left), len(right)))
        yield (i, j), (k, m)
        i, k = j, m


# ------------------------------------------------------------------------ one node


def rewritten(e: Expr) -> Expr:
    """An equal expression in which a Kronecker product or a vec is opened, or `e`."""
    rule = RULES.get(type(e))
    return rule(e) if rule else e


def _kron(e: Expr) -> Expr:
    assert isinstance(e, ex.Kron)
    if any(map(ex.is_zero, e.factors)):
        return ex.zeros(*e.shape)
    plain = [_upright(f) for f in e.factors]
    if plain != list(e.factors):
        return ex.kron(*plain, shape=e.shape)
    for n, (a, b) in enumerate(zip(e.factors, e.factors[1:], strict=False)):
        outer = None
        if a.shape[1] == 1 and b.shape[0] == 1:
            outer = ex.mul(a, b)
        elif a.shape[0] == 1 and b.shape[1] == 1:
            outer = ex.mul(b, a)
        if outer is not None:
            return ex.kron(*e.factors[:n], outer, *e.factors[n + 2 :], shape=e.shape)
    return ex.kron(*e.factors, shape=e.shape)


def _upright(e: Expr) -> Expr:
    """A row or column of an identity without a transpose."""
    match e:
        case ex.Transpose(arg=ex.Column(arg=ex.Identity() as eye, index=i)):
            return ex.row(eye, i)
        case ex.Transpose(arg=ex.Row(arg=ex.Identity() as eye, index=i)):
            return ex.column(eye, i)
        case _:
            return e


def _add(e: Expr) -> Expr:
    """Sums of vecs as the vec of a sum; Kronecker products that differ in one factor as one."""
    assert isinstance(e, ex.Add)
    parts = [ex.split_front(t) for t in e.terms]
    for kind in (ex.Vec, ex.Unvec):
        inner = [rest.arg for _, rest in parts if isinstance(rest, kind)]
        if len(inner) == len(parts) and len({a.shape for a in inner}) == 1:
            whole = ex.add(*[ex.mul(c, a) for (c, _), a in zip(parts, inner, strict=True)])
            return ex.with_children(parts[0][1], (whole,))
    for m, (c, p) in enumerate(parts):
        for n in range(m + 1, len(parts)):
            d, q = parts[n]
            merged = _with_one_factor(c, p, d, q)
            if merged is not None:
                return ex.add(*e.terms[:m], merged, *e.terms[m + 1 : n], *e.terms[n + 1 :])
    return e


def _with_one_factor(c: Expr, p: Expr, d: Expr, q: Expr) -> Expr | None:
    """`c*kron(A,B) + d*kron(A,C)` as `kron(A, c*B + d*C)`."""
    if not isinstance(p, ex.Kron) or not isinstance(q, ex.Kron):
        return None
    if len(p.factors) != len(q.factors):
        return None
    pairs = list(zip(p.factors, q.factors, strict=True))
    unlike = [n for n, (a, b) in enumerate(pairs) if a != b]
    if len(unlike) != 1 or pairs[unlike[0]][0].shape != pairs[unlike[0]][1].shape:
        return None
    n = unlike[0]
    a, b = pairs[n]
    middle = ex.add(ex.mul(c, a), ex.mul(d, b))
    return ex.kron(*p.factors[:n], middle, *p.factors[n + 1 :], shape=p.shape)


def _elementwise(e: Expr) -> Expr:
    """An elementwise product or quotient of Kronecker products of one split, or of vecs."""
    parts = e.parts
    if all(isinstance(p, ex.Vec) for p in parts):
        inner = [p.arg for p in parts if isinstance(p, ex.Vec)]
        if len({a.shape for a in inner}) == 1:
            return ex.vec(ex.with_children(e, tuple(inner)), e.shape[0])
    found = next((fs for p in parts if len(fs := factors_of(p)) > 1), ())
    lists = [_ones_like(found) if isinstance(p, ex.Ones) else factors_of(p) for p in parts]
    if any(len(fs) < 2 for fs in lists):
        return e
    if any([f.shape for f in fs] != [f.shape for f in lists[0]] for fs in lists):
        return e
    columns = zip(*lists, strict=True)
    return ex.kron(*[ex.with_children(e, tuple(c)) for c in columns], shape=e.shape)


def _ones_like(factors: tuple[Expr, ...]) -> tuple[Expr, ...]:
    return tuple(ex.ones(*f.shape) for f in factors)


def _factorwise(e: Expr) -> Expr:
    """A function that acts on every factor by itself: inverse, power, abs, diagonal."""
    arg, *others = e.parts
    if any(o.shape != ex.SCALAR for o in others) or (isinstance(e, ex.Apply) and others):
        return _elementwise(e) if all(isinstance(p, ex.Vec) for p in (arg, *others)) else e
    if isinstance(arg, ex.Vec) and isinstance(e, ex.Apply | ex.Power):
        return ex.vec(ex.with_children(e, (arg.arg, *others)), e.shape[0])
    factors = factors_of(arg)
    if len(factors) < 2 or not _acts_on_factors(e, factors):
        return e
    parts = [ex.with_children(e, (f, *others)) for f in factors]
    return ex.kron(*parts, shape=e.shape)


def _acts_on_factors(e: Expr, factors: tuple[Expr, ...]) -> bool:
    match e:
        case ex.Inverse() | ex.MatrixPower() | ex.Diagonal():
            return all(f.shape[0] == f.shape[1] for f in factors)
        case ex.Diag():
            return any(all(f.shape[axis] == 1 for f in factors) for axis in (0, 1))
        case ex.Apply(function=name):
            return name in MULTIPLICATIVE
        case ex.Power(exponent=ex.Number(value=p)):
            return p.denominator == 1
        case _:
            return False


def _multiplied(e: Expr) -> Expr:
    """A number that is the product of those of the factors: trace, sum, norms."""
    (arg,) = e.parts
    inner = arg.arg if isinstance(arg, ex.Transpose) else arg
    if isinstance(inner, ex.Vec | ex.Unvec):
        return ex.with_children(e, (inner.arg,)) if not isinstance(e, ex.Trace) else e
    factors = factors_of(arg)
    if len(factors) < 2:
        return e
    if isinstance(e, ex.Trace) and any(f.shape[0] != f.shape[1] for f in factors):
        return e
    return ex.mul(*[ex.with_children(e, (f,)) for f in factors])


def factorised(e: Expr) -> Expr:
    """The expression with every trace, sum and norm of a Kronecker product as a product.

    In index form the entries of each factor are then apart: nothing is summed over all of them.
    """
    if not ex.holds(e, ex.Kron):
        return e
    new = ex.map_children(e, factorised)
    if not isinstance(new, ex.Trace | ex.Total | ex.Operation):
        return new
    (arg,) = new.parts
    front, inner = ex.split_front(arg)
    if isinstance(new, ex.Operation):
        if new.operator not in ("norm1", "norm2"):
            return new
        c, others = ex.split_coefficient(front)
        front = ex.scale(abs(c), others if others == ex.ONE else ex.apply("abs", others))
    whole = ex.with_children(new, (inner,))
    found = _multiplied(whole)
    return new if found == whole else ex.mul(front, found)


def _trace(e: Expr) -> Expr:
    assert isinstance(e, ex.Trace)
    front, inner = ex.split_front(e.arg)
    match inner:
        case ex.Identity(shape=(n, _)) if isinstance(n, int) or sizes.is_composite(n):
            return ex.mul(front, ex.size_of(n))
        case ex.Mul(matrices=(first, *middle, last)) if middle:
            around = joined(last, first)
            if around is not None and around.shape == (last.shape[0], first.shape[1]):
                return ex.mul(front, ex.trace(ex.mul(*middle, around)))
    return _multiplied(e)


def _determinant(e: Expr) -> Expr:
    """`det(kron(A,B))` is `det(A)^n*det(B)^m` for A m x m and B n x n."""
    (arg,) = e.parts
    factors = factors_of(arg)
    if len(factors) < 2 or any(f.shape[0] != f.shape[1] for f in factors):
        return e
    return ex.mul(*[ex.power(ex.det(f), p) for f, p in _times_in_determinant(factors).items()])


def log_determinant(e: ex.Kron) -> Expr:
    """`logdet(kron(A,B))` is `n*logdet(A) + m*logdet(B)`, where both determinants are positive."""
    return ex.add(*[ex.mul(p, ex.logdet(f)) for f, p in _times_in_determinant(e.factors).items()])


def _times_in_determinant(factors: tuple[Expr, ...]) -> dict[Expr, Expr]:
    """How often the determinant of each square factor is in that of their Kronecker product."""
    powers: dict[Expr, Expr] = {}
    for n, f in enumerate(factors):
        others = [ex.size_of(g.shape[0]) for g in (*factors[:n], *factors[n + 1 :])]
        powers[f] = ex.add(powers.get(f, ex.ZERO), ex.mul(*others))
    return powers


def _operation(e: Expr) -> Expr:
    assert isinstance(e, ex.Operation)
    rule = _OPERATORS.get(e.operator)
    return rule(e) if rule else e


def _vec(e: Expr) -> Expr:
    assert isinstance(e, ex.Vec)
    c, rest = ex.split_front(e.arg)
    return ex.mul(c, ex.vec(rest, e.shape[0]))


def _unvec(e: Expr) -> Expr:
    assert isinstance(e, ex.Unvec)
    c, rest = ex.split_front(e.arg)
    if c != ex.ONE:
        return ex.mul(c, ex.unvec(rest, *e.shape))
    return reshaped(e.arg, *e.shape) or e


def reshaped(v: Expr, rows: Dim, columns: Dim) -> Expr | None:
    """`unvec(v)` of that shape without an unvec of the whole of v; None where there is none."""
    match v:
        case ex.Vec(arg=x):
            return x if x.shape == (rows, columns) else None
        case ex.Ones() | ex.Zeros():
            return ex.unvec(v, rows, columns)
        case ex.Kron(factors=factors):
            for n in range(1, len(factors)):
                a, b = ex.kron(*factors[:n]), ex.kron(*factors[n:])
                if (b.shape, a.shape) == ((rows, 1), (columns, 1)):
                    return ex.mul(b, turned(a))
        case ex.Mul(matrices=(first, *others)) if others and v.shape != ex.SCALAR:
            front = ex.mul(ex.number(v.coefficient), *v.scalars)
            factors = factors_of(first)
            for n in range(1, len(factors)):
                a, b = ex.kron(*factors[:n]), ex.kron(*factors[n:])
                if (b.shape[0], a.shape[0]) == (rows, columns):
                    inner = ex.unvec(ex.mul(*others), b.shape[1], a.shape[1])
                    return ex.mul(front, b, inner, turned(a))
        case ex.Hadamard() | ex.Quotient() | ex.Apply() | ex.Add() | ex.Power():
            parts = v.parts
            found = [None if p.shape == ex.SCALAR else reshaped(p, rows, columns) for p in parts]
            if any(found):
                new = [
                    f or (p if p.shape == ex.SCALAR else ex.unvec(p, rows, columns))
                    for f, p in zip(found, parts, strict=True)
                ]
                return ex.with_children(v, tuple(new))
    return None


RULES: dict[type[ex.Node], Callable[[Expr], Expr]] = {
    ex.Kron: _kron,
    ex.Vec: _vec,
    ex.Unvec: _unvec,
    ex.Add: _add,
    ex.Hadamard: _elementwise,
    ex.Quotient: _elementwise,
    ex.Inverse: _factorwise,
    ex.MatrixPower: _factorwise,
    ex.Diagonal: _factorwise,
    ex.Diag: _factorwise,
    ex.Apply: _factorwise,
    ex.Power: _factorwise,
    ex.Trace: _trace,
    ex.Total: _multiplied,
    ex.Operation: _operation,
}
"""What opens a Kronecker product or a vec in each kind of node."""

_OPERATORS: dict[str, Callable[[Expr], Expr]] = {
    "norm2": _multiplied,
    "norm1": _multiplied,
    # of the logarithm nothing is known: the determinants of two factors may both be negative
    "det": _determinant,
}


# ------------------------------------------------------------------------ sums of products


def split(e: Expr, rows: tuple[Dim, Dim], columns: tuple[Dim, Dim]) -> list[Piece] | None:
    """`e` as a sum of `c*kron(P,Q)`, P and Q of these sizes; None where it is not seen."""
    first, second = (rows[0], columns[0]), (rows[1], columns[1])
    if first == ex.SCALAR:
        return [(ex.ONE, ex.ONE, e)]
    if second == ex.SCALAR:
        return [(ex.ONE, e, ex.ONE)]
    match e:
        case ex.Identity() if rows == columns:
            return [(ex.ONE, ex.identity(rows[0]), ex.identity(rows[1]))]
        case ex.Ones() | ex.Transpose(arg=ex.Ones()):
            return [(ex.ONE, ex.ones(*first), ex.ones(*second))]
        case ex.Kron(factors=factors):
            return _split_factors(factors, rows, columns)
        case ex.Transpose(arg=arg):
            turned_pieces = split(arg, columns, rows)
            if turned_pieces is None:
                return None
            return [(c, turned(p), turned(q)) for c, p, q in turned_pieces]
        case ex.Add(terms=terms):
            parts = [split(t, rows, columns) for t in terms]
            if any(p is None for p in parts):
                return None
            return [piece for p in parts for piece in p or ()]
        case ex.Mul(coefficient=c, scalars=scalars, matrices=matrices) if matrices:
            found = _split_chain(matrices, rows, columns)
            if found is None:
                return None
            front = ex.mul(ex.number(c), *scalars)
            return [(ex.mul(front, s), p, q) for s, p, q in found]
        case ex.Inverse(arg=arg):
            inner = split(arg, columns, rows)
            if inner is None or len(inner) != 1 or rows != columns:
                return None
            ((s, p, q),) = inner
            return [(ex.power(s, ex.number(-1)), ex.inverse(p), ex.inverse(q))]
        case ex.Hadamard(factors=factors):
            return _multiplied_pieces([split(f, rows, columns) for f in factors], ex.hadamard)
        case _:
            return None


def _split_factors(
    factors: tuple[Expr, ...], rows: tuple[Dim, Dim], columns: tuple[Dim, Dim]
) -> list[Piece] | None:
    for n in range(1, len(factors)):
        a, b = ex.kron(*factors[:n]), ex.kron(*factors[n:])
        if (a.shape, b.shape) == ((rows[0], columns[0]), (rows[1], columns[1])):
            return [(ex.ONE, a, b)]
    return None


def _split_chain(
    matrices: tuple[Expr, ...], rows: tuple[Dim, Dim], columns: tuple[Dim, Dim]
) -> list[Piece] | None:
    """A product, where every factor splits at sizes that fit those of its neighbours."""
    if len(matrices) == 1:
        return split(matrices[0], rows, columns)
    first, rest = matrices[0], matrices[1:]
    for inner in _inner_sizes(first, rows) or _inner_sizes_of_rows(rest[0]):
        left = split(first, rows, inner)
        right = None if left is None else _split_chain(rest, inner, columns)
        if left is not None and right is not None:
            return _multiplied_pieces([left, right], ex.mul)
    return None


def _inner_sizes(first: Expr, rows: tuple[Dim, Dim]) -> list[tuple[Dim, Dim]]:
    """The sizes of the columns of a factor that can be split at these rows."""
    if first.shape[1] == 1:
        return [(1, 1)]
    if isinstance(first, ex.Identity):
        return [rows]
    if isinstance(first, ex.Inverse):
        return [rows]
    factors = factors_of(first)
    if isinstance(first, ex.Add):
        factors = next(
            (fs for t in first.terms if len(fs := factors_of(ex.split_front(t)[1])) > 1), ()
        )
    return [
        (
            sizes.product(*[f.shape[1] for f in factors[:n]]),
            sizes.product(*[f.shape[1] for f in factors[n:]]),
        )
        for n in range(1, len(factors))
        if sizes.product(*[f.shape[0] for f in factors[:n]]) == rows[0]
    ]


def _inner_sizes_of_rows(second: Expr) -> list[tuple[Dim, Dim]]:
    """The same by the rows of the factor behind it."""
    factors = factors_of(second)
    return [
        (
            sizes.product(*[f.shape[0] for f in factors[:n]]),
            sizes.product(*[f.shape[0] for f in factors[n:]]),
        )
        for n in range(1, len(factors))
    ]


def _multiplied_pieces(
    lists: Sequence[list[Piece] | None], times: Callable[..., Expr]
) -> list[Piece] | None:
    """The product of sums of Kronecker products, factor by factor."""
    found = [pieces for pieces in lists if pieces is not None]
    count = 1
    for pieces in found:
        count *= len(pieces)
    if len(found) < len(lists) or count > MOST_PIECES:
        return None
    return [
        (
            ex.mul(*[c for c, _, _ in choice]),
            times(*[p for _, p, _ in choice]),
            times(*[q for _, _, q in choice]),
        )
        for choice in product(*found)
    ]
