"""Canonical text of expressions and index forms: `parse` reads it back to an equal expression.

Brackets stand wherever two reading conventions differ: a Hadamard product or quotient is
bracketed inside any product, a product inside any Hadamard product.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import reduce
from itertools import zip_longest
from typing import assert_never

from . import expr as ex, indexed as ix, sizes
from .construct import UNIT
from .expr import Dim, Expr
from .indexed import Indexed
from .matrix_functions import word_of

# binding strength, low to high
ADD, MUL, NEG, POSTFIX, ATOM = 1, 2, 3, 4, 5

_CALLS: dict[type[ex.Node], str] = {
    ex.Inverse: "inv",
    ex.Diag: "diag",
    ex.Diagonal: "diag",
    ex.Vec: "vec",
    ex.Trace: "tr",
    ex.Total: "sum",
}


TRIANGLES: dict[ex.Part, str] = {"lower": "tril", "upper": "triu"}


_MEMO_LIMIT = 100_000


def clear() -> None:
    """Forget all texts."""
    _WRITER.clear()


def text(e: Expr) -> str:
    """The canonical text of an expression."""
    return _WRITER.of(e)[0]


def indexed_text(t: Indexed) -> str:
    """The canonical text of an index form, `sum(i,j: A[i,j]*X[j,i])`."""
    return _WRITER.of_indexed(t)[0]


def with_free_indices(t: Indexed, free: tuple[ex.Index, ...]) -> str:
    """`[j,k] sum(...)`: an index form behind the names of its free indices, row first."""
    return f"[{','.join(i.name for i in free)}] {indexed_text(t)}"


def decimal(value: Fraction) -> str:
    """A number as text: a short decimal where it is exact, else a fraction `p/q`."""
    if value.denominator == 1:
        return str(value.numerator)
    q = value.denominator
    for prime in (2, 5):
        while q % prime == 0:
            q //= prime
    if q == 1 and value.denominator <= 10**6:
        digits = f"{value.numerator / value.denominator:.12f}".rstrip("0")
        if Fraction(digits) == value:
            return digits
    return f"{value.numerator}/{value.denominator}"


def _number(value: Fraction) -> tuple[str, int]:
    body = decimal(value)
    return body, NEG if value < 0 else MUL if "/" in body else ATOM


class _Writer:
    """Writes texts, and remembers those of all parts."""

    def __init__(self) -> None:
        self._done: dict[Expr, tuple[str, int]] = {}
        self._done_indexed: dict[Indexed, tuple[str, int]] = {}

    def clear(self) -> None:
        """Forget all texts."""
        self._done.clear()
        self._done_indexed.clear()

    # -------------------------------------------------------------- matrix language

    def of(self, e: Expr) -> tuple[str, int]:
        """Text and binding strength."""
        if isinstance(e, ex.Symbol):
            return e.name, ATOM
        found = self._done.get(e)
        if found is None:
            if len(self._done) > _MEMO_LIMIT:
                self._done.clear()
            found = self._done[e] = self._write(e)
        return found

    def at(self, e: Expr, least: int) -> str:
        """Text, in brackets when it binds weaker than `least`."""
        body, strength = self.of(e)
        return body if strength >= least else f"({body})"

    def _write(self, e: Expr) -> tuple[str, int]:
        match e:
            case ex.Mul():
                return self._mul(e)
            case ex.Transpose(arg=arg):
                return self._base(arg) + "'", POSTFIX
            case ex.Add(terms=terms):
                return self._signed([self.of(t) for t in terms]), ADD
            case ex.Number(value=value):
                return _number(value)
            case ex.Hadamard(factors=factors):
                return ".*".join(self.at(f, NEG) for f in factors), MUL
            case ex.Kron(factors=factors):
                inner = self.of(ex.kron(*factors[1:]))[0]
                return f"kron({self.of(factors[0])[0]},{inner})", ATOM
            case ex.Block(grid=grid):
                rows = [", ".join(self.of(part)[0] for part in row) for row in grid]
                return f"[{'; '.join(rows)}]", ATOM
            case ex.Unvec(arg=arg, shape=(m, n)):
                return f"unvec({self.of(arg)[0]},{m},{n})", ATOM
            case ex.Quotient(numerator=a, denominator=b):
                return f"{self.at(a, NEG)}./{self.at(b, NEG)}", MUL
            case ex.Apply(function=name, args=args) | ex.Operation(operator=name, args=args):
                return f"{name}({','.join(self.of(a)[0] for a in args)})", ATOM
            case ex.Power(base=base, exponent=exponent):
                return self._power(base, exponent)
            case ex.MatrixFunction(function="pow", arg=base, parameters=(p,)):
                return f"{self._base(base)}^{self.at(p, ATOM)}", POSTFIX
            case ex.MatrixFunction() | ex.Frechet():
                inside = ",".join(self.of(part)[0] for part in e.parts)
                return f"{word_of(e)}({inside})", ATOM
            case ex.MatrixPower(base=base, exponent=n):
                return f"{self._base(base)}^{n}", POSTFIX
            case (
                ex.Trace(arg=arg)
                | ex.Diag(arg=arg)
                | ex.Diagonal(arg=arg)
                | ex.Vec(arg=arg)
                | ex.Inverse(arg=arg)
                | ex.Total(arg=arg)
            ):
                return f"{_CALLS[type(e)]}({self.of(arg)[0]})", ATOM
            case ex.Triangle(arg=arg, part=part):
                return f"{TRIANGLES[part]}({self.of(arg)[0]})", ATOM
            case ex.Identity(shape=(n, _)):
                return constant("eye", (n,)), ATOM
            case ex.Ones(shape=(m, n)):
                return constant("ones", (m,) if n == 1 else (m, n)), ATOM
            case ex.Zeros(shape=(m, n)):
                return constant("zeros", (m,) if n == 1 else (m, n)), ATOM
            case ex.Row(arg=arg, index=k):
                return f"{self._base(arg)}[{k},:]", POSTFIX
            case ex.Column(arg=arg, index=k):
                return f"{self._base(arg)}[:,{k}]", POSTFIX
            case ex.Entry(arg=arg, row=i, column=j):
                return f"{self._base(arg)}[{i}{'' if j is None else f',{j}'}]", POSTFIX
            case ex.IndexSum(indices=indices, body=body):
                names = ",".join(i.name for i in indices)
                return f"sum({names}: {self.of(body)[0]})", ATOM
            case ex.Rows(index=k, body=body):
                return f"rows({k}: {self.of(body)[0]})", ATOM
            case ex.Delta(row=i, column=j):
                return f"delta({i},{j})", ATOM
            case ex.Symbol(name=name):
                return name, ATOM
            case _:
                assert_never(e)

    def _base(self, e: Expr) -> str:
        """What a postfix operator is put behind: an atom, or a transpose."""
        body, strength = self.of(e)
        plain = strength == ATOM or (
            strength == POSTFIX and isinstance(e, ex.Transpose | ex.Row | ex.Column | ex.Entry)
        )
        return body if plain else f"({body})"

    def _signed(self, parts: list[tuple[str, int]]) -> str:
        out = ""
        for body, strength in parts:
            piece = f"({body})" if strength <= ADD else body
            if not out:
                out = piece
            elif piece.startswith("-"):
                out += f" - {piece[1:]}"
            else:
                out += f" + {piece}"
        return out

    def _mul(self, e: ex.Mul) -> tuple[str, int]:
        above: list[str] = []
        below: list[str] = []
        for s in e.scalars:
            if ex.is_divisor(s):
                assert isinstance(s, ex.Power)
                below.append(self.at(ex.power(s.base, ex.neg(s.exponent)), NEG))
            else:
                above.append(self._factor(s))
        above += [self._factor(m) for m in e.matrices]
        sign = ""
        if not above or e.coefficient is not UNIT:
            sign, value = ("-", -e.coefficient) if e.coefficient < 0 else ("", e.coefficient)
            if not above or value != 1:
                above.insert(0, decimal(value))
        body = "*".join(above)
        if below:
            body += "/" + (below[0] if len(below) == 1 else f"({'*'.join(below)})")
        return sign + body, MUL

    def _factor(self, e: Expr) -> str:
        """A factor of a product: a 1 x 1 chain is joined on without brackets."""
        body, strength = self.of(e)
        if strength >= POSTFIX:
            return body
        chain = isinstance(e, ex.Mul) and e.coefficient is UNIT and not e.scalars
        return body if chain else f"({body})"

    def _power(self, base: Expr, exponent: Expr) -> tuple[str, int]:
        sign = "^" if base.shape == exponent.shape == ex.SCALAR else ".^"
        if isinstance(exponent, ex.Number):
            value = exponent.value
            if value < 0 and base.shape == ex.SCALAR:
                return f"1/{self.at(ex.power(base, ex.number(-value)), NEG)}", MUL
            body = decimal(value)
            power = body if "/" not in body else f"({body})"
        else:
            power = self.at(exponent, ATOM)
        return f"{self._base(base)}{sign}{power}", POSTFIX

    # -------------------------------------------------------------- index language

    def of_indexed(self, t: Indexed) -> tuple[str, int]:
        """Text and binding strength of an index form."""
        found = self._done_indexed.get(t)
        if found is None:
            if len(self._done_indexed) > _MEMO_LIMIT:
                self._done_indexed.clear()
            found = self._done_indexed[t] = self._write_indexed(t)
        return found

    def _at_indexed(self, t: Indexed, least: int) -> str:
        body, strength = self.of_indexed(t)
        return body if strength >= least else f"({body})"

    def _write_indexed(self, t: Indexed) -> tuple[str, int]:
        match t:
            case ix.Num(value=value):
                return _number(value)
            case ix.Element(matrix=matrix, indices=indices):
                if not indices:
                    return self.of(matrix)
                return f"{self._base(matrix)}[{','.join(i.name for i in indices)}]", POSTFIX
            case ix.KroneckerDelta(row=i, column=j):
                return f"delta({i},{j})", ATOM
            case ix.Times():
                return self._times(t)
            case ix.Plus(terms=terms):
                return self._signed([self.of_indexed(u) for u in terms]), ADD
            case ix.SumOver(indices=indices, body=body):
                names = ",".join(i.name for i in indices)
                return f"sum({names}: {self.of_indexed(body)[0]})", ATOM
            case ix.Function(function=name, args=args):
                return f"{name}({','.join(self.of_indexed(a)[0] for a in args)})", ATOM
            case ix.Pow(base=base, exponent=exponent):
                return self._pow(base, exponent)
            case _:
                assert_never(t)

    def _times(self, t: ix.Times) -> tuple[str, int]:
        above: list[str] = []
        below: list[str] = []
        for f in t.factors:
            if is_divisor(f):
                assert isinstance(f, ix.Pow)
                below.append(self._at_indexed(reciprocal(f), NEG))
            else:
                above.append(self._at_indexed(f, POSTFIX))
        sign, value = ("-", -t.coefficient) if t.coefficient.numerator < 0 else ("", t.coefficient)
        if not above or value != 1:
            above.insert(0, decimal(value))
        body = "*".join(above)
        if below:
            body += "/" + (below[0] if len(below) == 1 else f"({'*'.join(below)})")
        return sign + body, MUL

    def _pow(self, base: Indexed, exponent: Indexed) -> tuple[str, int]:
        if isinstance(exponent, ix.Num):
            value = exponent.value
            if value < 0:
                return f"1/{self._at_indexed(ix.pow_(base, ix.num(-value)), NEG)}", MUL
            body = decimal(value)
            power = body if "/" not in body else f"({body})"
        else:
            power = self._at_indexed(exponent, ATOM)
        body, strength = self.of_indexed(base)
        plain = strength == ATOM or isinstance(base, ix.Element)
        return f"{body if plain and strength >= POSTFIX else f'({body})'}^{power}", POSTFIX


def is_divisor(t: Indexed) -> bool:
    """Is the factor a power with a negative number, to be written below the line?"""
    return (
        isinstance(t, ix.Pow) and isinstance(t.exponent, ix.Num) and t.exponent.value.numerator < 0
    )


def reciprocal(t: ix.Pow) -> Indexed:
    """The power with the sign of its exponent changed."""
    return ix.pow_(t.base, ix.times(ix.num(-1), t.exponent))


def constant(name: str, dims: Sequence[Dim]) -> str:
    """`ones(m,n)`; with products of dimensions a Kronecker product, `kron(eye(m),eye(n))`."""
    parts = list(zip_longest(*map(sizes.factors, dims), fillvalue=1))
    calls = [f"{name}({','.join(map(str, part))})" for part in parts]
    return reduce(lambda rest, first: f"kron({first},{rest})", reversed(calls))


_WRITER = _Writer()
