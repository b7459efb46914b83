"""NumPy code of expressions, as an expression or as a function that runs.

Input: an `Expr`; output: Python source.  In the code a vector is an `(n, 1)` array, a scalar a
number, a dimension a variable of its name.  Names are checked to be identifiers, and changed
where they are Python's or clash: nothing of an input text gets into the code.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable
from enum import IntEnum
from fractions import Fraction
from typing import assert_never

from . import expr as ex, functions, operators, sizes, templates
from .errors import UnsupportedError
from .expr import Dim, Expr, Index
from .matrix_functions import POWER, word_of
from .render_text import TRIANGLES

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TAKEN = frozenset({"np", "math", "scipy", "sympy", "sum", "range", "float"})


def numpy_code(e: Expr) -> str:
    """A NumPy expression for the value of an expression."""
    return _Code(_Names(e, ())).of(e, _Level.SUM)


def numpy_function(e: Expr, symbols: Iterable[ex.Symbol], name: str = "gradient") -> str:
    """A function of the symbols that returns the value, with the sizes taken from the arrays.

    A vector may be given as `(n,)` or `(n, 1)`; a column vector is returned as `(n,)`, a scalar
    as a float.  A size that no array shows is a keyword argument.
    """
    symbols = tuple(symbols)
    names = _Names(e, tuple(s.name for s in symbols))
    sizes, unknown = _sizes(e, symbols, names)
    arguments = [names.of(s.name) for s in symbols]
    if unknown:
        arguments += ["*", *unknown]
    code = _Code(names)
    value = _returned(e, code)
    lines = [f"def {_checked(name)}({', '.join(arguments)}):"]
    lines += [f"    {line}" for line in (*_arrays(symbols, names), *sizes, f"return {value}")]
    return "\n".join((*code.imports(), *lines)) + "\n"


def _returned(e: Expr, code: _Code) -> str:
    if e.shape == ex.SCALAR:
        return f"float({code.of(e, _Level.SUM)})"
    if e.shape[1] == 1:
        return f"{code.of(e, _Level.ATOM)}[:, 0]"
    return code.of(e, _Level.SUM)


def _arrays(symbols: tuple[ex.Symbol, ...], names: _Names) -> list[str]:
    """The lines that turn the arguments into arrays of two dimensions."""
    lines = []
    for symbol in symbols:
        name = names.of(symbol.name)
        if symbol.shape == ex.SCALAR:
            lines.append(f"{name} = float({name})")
        elif symbol.shape[1] == 1:
            lines.append(f"{name} = np.asarray({name}, dtype=float).reshape(-1, 1)")
        else:
            lines.append(f"{name} = np.asarray({name}, dtype=float)")
    return lines


def _sizes(e: Expr, symbols: tuple[ex.Symbol, ...], names: _Names) -> tuple[list[str], list[str]]:
    """The lines that give the dimensions the code needs, and those that no array shows."""
    lines, unknown = [], []
    for dim in sorted(_needed_dims(e)):
        places = [(s.name, axis) for s in symbols for axis in (0, 1) if s.shape[axis] == dim]
        if places:
            symbol, axis = places[0]
            lines.append(f"{names.dim(dim)} = {names.of(symbol)}.shape[{axis}]")
        else:
            unknown.append(names.dim(dim))
    return lines, unknown


def _needed_dims(e: Expr) -> set[str]:
    """The names of the dimensions that the code mentions."""
    dims: set[Dim] = set()
    for node in ex.walk(e):
        if isinstance(node, ex.Operation):
            meaning = _meaning(node)
            dims.update(_needed_dims(meaning) if meaning is not None else ())
        elif isinstance(node, ex.Identity | ex.Ones | ex.Zeros | ex.Frechet | ex.Unvec):
            dims.update(node.shape)
        elif isinstance(node, ex.IndexSum):
            dims.update(i.dim for i in node.indices)
        elif isinstance(node, ex.Rows):
            dims.add(node.index.dim)
    return {name for d in dims for name in sizes.atoms(d)}


def _checked(name: str) -> str:
    """A name that may stand in the code."""
    if not _IDENTIFIER.fullmatch(name):
        raise UnsupportedError(
            f"{name!r} cannot be a name in NumPy code", hint="use ASCII letters and digits"
        )
    return f"{name}_" if keyword.iskeyword(name) or name in _TAKEN else name


class _Names:
    """The names in the code: symbols first, then dimensions and indices out of their way."""

    def __init__(self, e: Expr, symbols: tuple[str, ...]) -> None:
        self._used: set[str] = set()
        names = (*symbols, *sorted(e.symbols - set(symbols)))
        self._symbols = {s: self._new(s) for s in names}
        self._dims = {d: self._new(d) for d in sorted(ex.dim_names(e) | _needed_dims(e))}
        self._indices = {i: self._new(i) for i in sorted(ex.index_names(e))}

    def _new(self, name: str) -> str:
        name = _checked(name)
        while name in self._used:
            name += "_"
        self._used.add(name)
        return name

    def of(self, symbol: str) -> str:
        return self._symbols[symbol]

    def dim(self, dim: Dim) -> str:
        return sizes.written(dim, self._dims.__getitem__, " * ", " + ")

    def index(self, i: Index) -> str:
        return self._indices[i.name]


def _meaning(e: ex.Operation) -> Expr | None:
    """The definition of an operator without code of its own; None of one that has code."""
    return None if operators.TABLE[e.operator].numpy else templates.definition(e)


class _Level(IntEnum):
    """Binding strength of Python's operators, low to high."""

    SUM = 1
    PRODUCT = 2
    SIGN = 3
    POWER = 4
    ATOM = 5


_CALLS: dict[type[ex.Node], str] = {
    ex.Trace: "np.trace({})",
    ex.Total: "np.sum({})",
    ex.Inverse: "np.linalg.inv({})",
    ex.Diag: "np.diagflat({})",
    ex.Diagonal: "np.diag({}).reshape(-1, 1)",
}


_SCIPY = frozenset(("exp", "log", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh"))
"""Functions of a matrix that SciPy has under their name in texts."""


class _Code:
    """One printing of code: remembers the code of shared parts."""

    def __init__(self, names: _Names) -> None:
        self.names = names
        self._done: dict[Expr, tuple[str, _Level]] = {}

    def imports(self) -> list[str]:
        """The modules that the code needs."""
        text = " ".join(body for body, _ in self._done.values())
        others = [m for m in ("math", "scipy", "sympy") if f"{m}." in text]
        first = ["import math", ""] if "math" in others else []
        last = ["import scipy.linalg"] if "scipy" in others else []
        last += ["import sympy"] if "sympy" in others else []
        return [*first, "import numpy as np", *last, "", ""]

    def of(self, e: Expr, least: _Level) -> str:
        """The code, in brackets where it binds weaker than `least`."""
        found = self._done.get(e)
        if found is None:
            found = self._done[e] = self._write(e)
        body, level = found
        return body if level >= least else f"({body})"

    def _write(self, e: Expr) -> tuple[str, _Level]:
        match e:
            case ex.Symbol(name=name):
                return self.names.of(name), _Level.ATOM
            case ex.Number(value=value):
                return _number(value)
            case ex.Mul():
                return self._mul(e)
            case ex.Add(terms=terms):
                return self._add(terms), _Level.SUM
            case ex.Hadamard(factors=factors):
                return " * ".join(self.of(f, _Level.SIGN) for f in factors), _Level.PRODUCT
            case ex.Quotient(numerator=a, denominator=b):
                return f"{self.of(a, _Level.SIGN)} / {self.of(b, _Level.SIGN)}", _Level.PRODUCT
            case ex.Kron(factors=factors):
                inner = self.of(ex.kron(*factors[1:]), _Level.SUM)
                return f"np.kron({self.of(factors[0], _Level.SUM)}, {inner})", _Level.ATOM
            case ex.Vec(arg=arg):
                return f"{self.of(arg, _Level.ATOM)}.reshape((-1, 1), order='F')", _Level.ATOM
            case ex.Block(grid=grid):
                rows = [", ".join(self.of(part, _Level.SUM) for part in row) for row in grid]
                return f"np.block([{', '.join(f'[{row}]' for row in rows)}])", _Level.ATOM
            case ex.Unvec(arg=arg, shape=(m, n)):
                shape = f"({self.names.dim(m)}, {self.names.dim(n)})"
                return f"{self.of(arg, _Level.ATOM)}.reshape({shape}, order='F')", _Level.ATOM
            case ex.Transpose(arg=arg):
                return f"{self.of(arg, _Level.ATOM)}.T", _Level.ATOM
            case ex.Power(base=base, exponent=exponent):
                return self._power(base, exponent)
            case ex.MatrixFunction():
                return self._matrix_function(e, self.of(e.arg, _Level.SUM)), _Level.ATOM
            case ex.Frechet():
                return self._frechet(e), _Level.ATOM
            case ex.MatrixPower(base=base, exponent=n):
                return f"np.linalg.matrix_power({self.of(base, _Level.SUM)}, {n})", _Level.ATOM
            case ex.Apply() if e == functions.PI:
                return "np.pi", _Level.ATOM
            case ex.Apply(function=name, args=args):
                entry = functions.lookup(name)
                return self._called(name, entry.numpy if entry else "", args)
            case ex.Operation(operator=name, args=args):
                meaning = _meaning(e)
                if meaning is not None:
                    return self.of(meaning, _Level.ATOM), _Level.ATOM
                return self._called(name, operators.TABLE[name].numpy, args)
            case ex.Triangle(arg=arg, part=part):
                return f"np.{TRIANGLES[part]}({self.of(arg, _Level.SUM)})", _Level.ATOM
            case ex.Row() | ex.Column() | ex.Entry() | ex.Delta() | ex.IndexSum() | ex.Rows():
                return self._with_indices(e), _Level.ATOM
            case ex.Identity() | ex.Ones() | ex.Zeros():
                return self._constant(e), _Level.ATOM
            case (
                ex.Trace(arg=arg)
                | ex.Total(arg=arg)
                | ex.Inverse(arg=arg)
                | ex.Diag(arg=arg)
                | ex.Diagonal(arg=arg)
            ):
                return _CALLS[type(e)].format(self.of(arg, _Level.SUM)), _Level.ATOM
            case _:
                assert_never(e)

    def _add(self, terms: tuple[Expr, ...]) -> str:
        out = ""
        for term in terms:
            body = self.of(term, _Level.PRODUCT)
            if not out:
                out = body
            else:
                out += f" - {body[1:]}" if body.startswith("-") else f" + {body}"
        return out

    def _mul(self, e: ex.Mul) -> tuple[str, _Level]:
        sign, value = ("-", -e.coefficient) if e.coefficient < 0 else ("", e.coefficient)
        above, below = self._scalars(e)
        chain = " @ ".join(self.of(m, _Level.SIGN) for m in e.matrices)
        if e.shape == ex.SCALAR and e.matrices:
            chain = f"({chain}).item()"
        front = " * ".join(above)
        if value != 1 or not (above or chain):
            front = f"{_plain(value)} * {front}" if front else _plain(value)
        for divisor in below:
            front = f"{front or '1'} / {divisor}"
        body = f"{front} * {chain}" if front and chain else front or chain
        item = e.shape == ex.SCALAR and e.matrices and not front and not sign
        return sign + body, _Level.ATOM if item else _Level.PRODUCT

    def _scalars(self, e: ex.Mul) -> tuple[list[str], list[str]]:
        """The code of the scalar factors and of the divisors."""
        above, below = [], []
        for s in e.scalars:
            if ex.is_divisor(s):
                below.append(self.of(ex.power(s, ex.number(-1)), _Level.SIGN))
            else:
                above.append(self.of(s, _Level.SIGN))
        return above, below

    def _power(self, base: Expr, exponent: Expr) -> tuple[str, _Level]:
        """A power; of a scalar with an exponent that is not whole through NumPy, for its nan."""
        whole = isinstance(exponent, ex.Number) and exponent.value.denominator == 1
        if whole or (base.shape, exponent.shape) != (ex.SCALAR, ex.SCALAR):
            raised = self.of(exponent, _Level.ATOM)
            return f"{self.of(base, _Level.ATOM)} ** {raised}", _Level.POWER
        inside = f"{self.of(base, _Level.SUM)}, {self.of(exponent, _Level.SUM)}"
        return f"np.power({inside})", _Level.ATOM

    def _called(self, name: str, form: str, args: tuple[Expr, ...]) -> tuple[str, _Level]:
        """A function by its format, `np.exp({})`."""
        if not form:
            raise UnsupportedError(f"there is no NumPy code for the function {name}")
        body = form.format(*[self.of(a, _Level.SUM) for a in args])
        atom = re.fullmatch(r"[\w.]+\(.*\)(\[\d+\])?", form) is not None
        return body, _Level.ATOM if atom else _Level.SUM

    def _matrix_function(self, e: ex.MatrixFunction | ex.Frechet, arg: str) -> str:
        """A function of SciPy's, or the general one with NumPy's function of numbers."""
        if e.parameters:
            exponent = self.of(e.parameters[0], _Level.SUM)
            return f"scipy.linalg.fractional_matrix_power({arg}, {exponent})"
        if e.function in _SCIPY:
            return f"scipy.linalg.{e.function}m({arg})"
        body = functions.get(e.function).numpy.format("z")
        return f"scipy.linalg.funm({arg}, lambda z: {body})"

    def _frechet(self, e: ex.Frechet) -> str:
        """The upper right block of the function of `[A, E; 0, A]`."""
        if e.function != POWER and e.function not in _SCIPY:
            raise UnsupportedError(f"there is no NumPy code for the function {word_of(e)}")
        arg, direction = (self.of(part, _Level.SUM) for part in (e.arg, e.direction))
        n = self.names.dim(e.shape[0])
        block = f"np.block([[{arg}, {direction}], [np.zeros(({n}, {n})), {arg}]])"
        return f"{self._matrix_function(e, block)}[:{n}, {n}:]"

    def _constant(self, e: ex.Identity | ex.Ones | ex.Zeros) -> str:
        rows, columns = (self.names.dim(d) for d in e.shape)
        match e:
            case ex.Identity():
                return f"np.eye({rows})"
            case ex.Ones():
                return f"np.ones(({rows}, {columns}))"
            case ex.Zeros():
                return f"np.zeros(({rows}, {columns}))"
            case _:
                assert_never(e)

    def _with_indices(
        self, e: ex.Row | ex.Column | ex.Entry | ex.Delta | ex.IndexSum | ex.Rows
    ) -> str:
        match e:
            case ex.Row(arg=arg, index=k):
                return f"{self.of(arg, _Level.ATOM)}[{self.names.index(k)}, None]"
            case ex.Column(arg=arg, index=k):
                return f"{self.of(arg, _Level.ATOM)}[:, {self.names.index(k)}, None]"
            case ex.Entry(arg=arg, row=i, column=j):
                column = "0" if j is None else self.names.index(j)
                return f"{self.of(arg, _Level.ATOM)}[{self.names.index(i)}, {column}]"
            case ex.Delta(row=i, column=j):
                return f"float({self.names.index(i)} == {self.names.index(j)})"
            case ex.IndexSum(indices=indices, body=body):
                loops = " ".join(self._loop(i) for i in indices)
                return f"sum({self.of(body, _Level.SUM)} {loops})"
            case ex.Rows(index=k, body=body):
                return f"np.vstack([{self.of(body, _Level.SUM)} {self._loop(k)}])"
            case _:
                assert_never(e)

    def _loop(self, i: Index) -> str:
        return f"for {self.names.index(i)} in range({self.names.dim(i.dim)})"


def _plain(value: Fraction) -> str:
    """A number that is not negative, as a factor."""
    if value.denominator == 1:
        return str(value.numerator)
    exact = float(value)
    return (
        repr(exact)
        if Fraction(repr(exact)) == value
        else f"{value.numerator} / {value.denominator}"
    )


def _number(value: Fraction) -> tuple[str, _Level]:
    body = _plain(abs(value))
    if value < 0:
        return f"-{body}", _Level.PRODUCT
    return body, _Level.PRODUCT if "/" in body else _Level.ATOM
