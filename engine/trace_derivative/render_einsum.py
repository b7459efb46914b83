"""NumPy code of an index form: one `einsum` for each sum of products, nested where functions are.

Input: an index form with its free indices, row first; output: Python source.  As in
`render_numpy` a vector is an `(n, 1)` array in the code; its entries are `x[:, 0]`.
"""

from __future__ import annotations

import string
from collections.abc import Iterable
from typing import TypeAlias, assert_never

from . import expr as ex, functions, indexed as ix, sizes
from .assemble import flatten
from .errors import UnsupportedError
from .expr import Expr, Index, Symbol
from .indexed import Indexed
from .render_numpy import Code, Level, Names, needed_dims, number_code, whole_function

Operand: TypeAlias = tuple[str, tuple[Index, ...]]
"""The code of an array, and the index of each of its axes."""


def einsum_function(
    t: Indexed, free: tuple[Index, ...], symbols: Iterable[Symbol], name: str = "gradient"
) -> str:
    """A function of the symbols that returns the array of `t` over its free indices.

    Raises `UnsupportedError` where more indices come together than there are letters.
    """
    symbols = tuple(symbols)
    indices = _indices(t) | set(free)
    dims = {d for s in symbols for d in s.shape} | {i.dim for i in indices}
    atoms = {atom for d in dims for atom in sizes.atoms(d)}
    inside = [m for m in _matrices(t) if m.free]
    atoms = atoms.union(*map(ex.dim_names, inside))
    names = {i.name for i in indices}.union(*map(ex.index_names, inside))
    code = Code(Names([s.name for s in symbols], atoms, names))
    writer = _Writer(code)
    value = writer.of(t, free) if free else f"float({writer.of(t, free)})"
    return whole_function(name, symbols, code, value, writer.dims)


def _indices(t: Indexed) -> set[Index]:
    found = set(t.free)
    if isinstance(t, ix.SumOver):
        found |= set(t.indices)
    return found.union(*[_indices(part) for part in t.parts])


def _matrices(t: Indexed) -> list[Expr]:
    """The matrices of which entries are taken."""
    own = [t.matrix] if isinstance(t, ix.Element) else []
    return own + [m for part in t.parts for m in _matrices(part)]


class _Writer:
    """One printing; `dims` are the dimensions whose sizes the code needs."""

    def __init__(self, code: Code) -> None:
        self.code = code
        self.dims: set[str] = set()

    def of(self, t: Indexed, order: tuple[Index, ...]) -> str:
        """The code of the array over the indices in `order`, which are all that are free."""
        if isinstance(t, ix.Plus):
            return f"({' + '.join(self.of(u, order) for u in t.terms)})"
        coefficient, _, factors = flatten(t)
        operands = [self.operand(f) for f in factors]
        held = {i for _, indices in operands for i in indices}
        operands += [(f"np.ones({self.size(i)})", (i,)) for i in order if i not in held]
        scalars = [code for code, indices in operands if not indices]
        front = ([number_code(coefficient)] if coefficient != 1 else []) + scalars
        product = self.contracted([o for o in operands if o[1]], order)
        return " * ".join([*front, product] if product else front or ["1"])

    def contracted(self, operands: list[Operand], order: tuple[Index, ...]) -> str:
        """The product of arrays, summed over all indices that are not in `order`."""
        if not operands:
            return ""
        if len(operands) == 1 and operands[0][1] == order:
            return operands[0][0]
        letters = _letters([i for _, indices in operands for i in indices])
        subscripts = ",".join("".join(letters[i] for i in indices) for _, indices in operands)
        target = "".join(letters[i] for i in order)
        parts = [f'"{subscripts}->{target}"', *[code for code, _ in operands]]
        return f"np.einsum({', '.join(parts)}, optimize=True)"

    def operand(self, t: Indexed) -> Operand:
        """The array of one factor, and its axes."""
        match t:
            case ix.Num(value=value):
                return number_code(value), ()
            case ix.Element(matrix=matrix, indices=indices):
                self.dims |= needed_dims(matrix)
                if matrix.free:
                    return self.stacked(matrix, indices)
                atom = self.code.of(matrix, Level.ATOM)
                return (f"{atom}[:, 0]" if len(indices) == 1 else atom), indices
            case ix.KroneckerDelta(row=i, column=j):
                return f"np.eye({self.size(i)})", (i, j)
            case ix.Function(function=name, args=args):
                order = _sorted(t)
                entry = functions.get(name)
                if not entry.numpy:
                    raise UnsupportedError(f"there is no NumPy code for the function {name}")
                body = entry.numpy.format(*[self.of(a, order) for a in args])
                return f"({body})", order
            case ix.Pow(base=base, exponent=exponent):
                order = _sorted(t)
                over = order if exponent.free else ()
                return f"({self.of(base, order)}) ** ({self.of(exponent, over)})", order
            case ix.Times() | ix.Plus() | ix.SumOver():
                order = _sorted(t)
                return f"({self.of(t, order)})", order
            case _:
                assert_never(t)

    def stacked(self, matrix: Expr, indices: tuple[Index, ...]) -> Operand:
        """The entries of a matrix that itself depends on indices: each of them is an axis."""
        outer = tuple(sorted(matrix.free, key=lambda i: i.name))
        body = self.code.of(matrix, Level.SUM)
        for i in reversed(outer):
            body = f"[{body} for {self.code.names.index(i)} in range({self.size(i)})]"
        array = f"np.array({body})"
        return (f"{array}[..., 0]" if len(indices) == 1 else array), (*outer, *indices)

    def size(self, i: Index) -> str:
        """The size of the dimension that an index runs over."""
        self.dims |= sizes.atoms(i.dim)
        return self.code.names.dim(i.dim)


def _sorted(t: Indexed) -> tuple[Index, ...]:
    return tuple(sorted(t.free, key=lambda i: i.name))


def _letters(indices: list[Index]) -> dict[Index, str]:
    """A letter for each index: its own name where that is one letter."""
    distinct = list(dict.fromkeys(indices))
    own = {i: i.name for i in distinct if len(i.name) == 1 and i.name in string.ascii_letters}
    others = [c for c in string.ascii_letters if c not in own.values()]
    rest = [i for i in distinct if i not in own]
    if len(rest) > len(others):
        raise UnsupportedError(f"einsum has letters for {len(string.ascii_letters)} indices only")
    return own | dict(zip(rest, others, strict=False))
