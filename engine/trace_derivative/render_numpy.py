"""NumPy code of expressions, as an expression or as a function that runs.

Input: an `Expr`; output: Python source.  In the code a vector is an `(n, 1)` array, a scalar a
number, a dimension a variable of its name.  Names are checked to be identifiers, and changed
where they are Python's or clash: nothing of an input text gets into the code.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Sequence
from enum import IntEnum
from fractions import Fraction
from typing import assert_never

from . import expr as ex, functions, operators, sizes, templates
from .errors import UnsupportedError
from .expr import Dim, Expr, Index
from .matrix_functions import POWER
from .render_text import TRIANGLES

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TAKEN = frozenset({"np", "math", "scipy", "sympy", "sum", "range", "float"})


def numpy_code(e: Expr) -> str:
    """A NumPy expression for the value of an expression."""
    return Code(_names_of(e)).of(e, Level.SUM)


def numpy_function(e: Expr, symbols: Iterable[ex.Symbol], name: str = "gradient") -> str:
    """A function of the symbols that returns the value, with the sizes taken from the arrays.

    A vector may be given as `(n,)` or `(n, 1)`; a column vector is returned as `(n,)`, a scalar
    as a float.  A size that no array shows is a keyword argument.
    """
    symbols = tuple(symbols)
    code = Code(_names_of(e, [s.name for s in symbols]))
    return whole_function(name, symbols, code, _returned(e, code), needed_dims(e))


def whole_function(
    name: str, symbols: tuple[ex.Symbol, ...], code: Code, value: str, dims: Iterable[str]
) -> str:
    """The function of the symbols with that value; the code mentions the sizes of `dims`."""
    names = code.names
    sized, unknown = _sizes(dims, symbols, names)
    arguments = [names.of(s.name) for s in symbols]
    if unknown:
        arguments += ["*", *unknown]
    lines = [f"def {_checked(name)}({', '.join(arguments)}):"]
    lines += [f"    {line}" for line in (*_arrays(symbols, names), *sized, f"return {value}")]
    return "\n".join((*code.imports(value), *lines)) + "\n"


def _returned(e: Expr, code: Code) -> str:
    if e.shape == ex.SCALAR:
        return f"float({code.of(e, Level.SUM)})"
    if e.shape[1] == 1:
        return f"{code.of(e, Level.ATOM)}[:, 0]"
    return code.of(e, Level.SUM)


def _arrays(symbols: tuple[ex.Symbol, ...], names: Names) -> list[str]:
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


def _sizes(
    dims: Iterable[str], symbols: tuple[ex.Symbol, ...], names: Names
) -> tuple[list[str], list[str]]:
    """The lines that give the dimensions the code needs, and those that no array shows."""
    lines, unknown = [], []
    for dim in sorted(dims):
        places = [(s.name, axis) for s in symbols for axis in (0, 1) if s.shape[axis] == dim]
        if places:
            symbol, axis = places[0]
            lines.append(f"{names.dim(dim)} = {names.of(symbol)}.shape[{axis}]")
        else:
            unknown.append(names.dim(dim))
    return lines, unknown


def needed_dims(e: Expr) -> set[str]:
    """The names of the dimensions that the code mentions."""
    dims: set[Dim] = set()
    for node in ex.walk(e):
        if isinstance(node, ex.Operation):
            meaning = _meaning(node)
            dims.update(needed_dims(meaning) if meaning is not None else ())
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


class Names:
    """The names in the code: symbols first, then dimensions and indices out of their way."""

    def __init__(self, symbols: Iterable[str], dims: Iterable[str], indices: Iterable[str]) -> None:
        self._used: set[str] = set()
        self._symbols = {s: self._new(s) for s in symbols}
        self._dims = {d: self._new(d) for d in sorted(dims)}
        self._indices = {i: self._new(i) for i in sorted(indices)}

    def _new(self, name: str) -> str:
        name = _checked(name)
        while name in self._used:
            name += "_"
        self._used.add(name)
        return name

    def of(self, symbol: str) -> str:
        """The name of a symbol."""
        return self._symbols[symbol]

    def dim(self, dim: Dim) -> str:
        """The code of the size of a dimension."""
        return sizes.written(dim, self._dims.__getitem__, " * ", " + ")

    def index(self, i: Index) -> str:
        """The name of an index."""
        return self._indices[i.name]


def _names_of(e: Expr, symbols: Sequence[str] = ()) -> Names:
    """The names for an expression: those of `symbols` first."""
    others = sorted(e.symbols.difference(symbols))
    return Names((*symbols, *others), ex.dim_names(e) | needed_dims(e), ex.index_names(e))


def _meaning(e: ex.Operation) -> Expr | None:
    """The definition of an operator without code of its own; None of one that has code."""
    return None if operators.TABLE[e.operator].numpy else templates.definition(e)


class Level(IntEnum):
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

_ARCSIN = "scipy.linalg.logm(1j * Z + scipy.linalg.sqrtm(np.eye(len(Z)) - Z @ Z)).imag"
_BY_SCIPY = {
    "arcsin": _ARCSIN,
    "arccos": f"np.pi / 2 * np.eye(len(Z)) - {_ARCSIN}",
    "arctan": "scipy.linalg.logm(np.eye(len(Z)) + 1j * Z).imag",
    "sigmoid": "np.linalg.inv(np.eye(len(Z)) + scipy.linalg.expm(-Z))",
    "softplus": "scipy.linalg.logm(np.eye(len(Z)) + scipy.linalg.expm(Z))",
}
"""The other functions of a real matrix Z by these: `funm` would fail where eigenvalues are equal,
as they are in the matrix of a Fréchet derivative."""


class Code:
    """One printing of code: remembers the code of shared parts."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self._done: dict[Expr, tuple[str, Level]] = {}

    def imports(self, text: str) -> list[str]:
        """The modules that a text of code needs."""
        others = [m for m in ("math", "scipy", "sympy") if f"{m}." in text]
        first = ["import math", ""] if "math" in others else []
        last = ["import scipy.linalg"] if "scipy" in others else []
        last += ["import sympy"] if "sympy" in others else []
        return [*first, "import numpy as np", *last, "", ""]

    def of(self, e: Expr, least: Level) -> str:
        """The code, in brackets where it binds weaker than `least`."""
        found = self._done.get(e)
        if found is None:
            found = self._done[e] = self._write(e)
        body, level = found
        return body if level >= least else f"({body})"

    def _write(self, e: Expr) -> tuple[str, Level]:
        match e:
            case ex.Symbol(name=name):
                return self.names.of(name), Level.ATOM
            case ex.Number(value=value):
                return _number(value)
            case ex.Mul():
                return self._mul(e)
            case ex.Add(terms=terms):
                return self._add(terms), Level.SUM
            case ex.Hadamard(factors=factors):
                return " * ".join(self.of(f, Level.SIGN) for f in factors), Level.PRODUCT
            case ex.Quotient(numerator=a, denominator=b):
                return f"{self.of(a, Level.SIGN)} / {self.of(b, Level.SIGN)}", Level.PRODUCT
            case ex.Kron(factors=factors):
                inner = self.of(ex.kron(*factors[1:]), Level.SUM)
                return f"np.kron({self.of(factors[0], Level.SUM)}, {inner})", Level.ATOM
            case ex.Vec(arg=arg):
                return f"{self.of(arg, Level.ATOM)}.reshape((-1, 1), order='F')", Level.ATOM
            case ex.Block(grid=grid):
                rows = [", ".join(self.of(part, Level.SUM) for part in row) for row in grid]
                return f"np.block([{', '.join(f'[{row}]' for row in rows)}])", Level.ATOM
            case ex.Unvec(arg=arg, shape=(m, n)):
                shape = f"({self.names.dim(m)}, {self.names.dim(n)})"
                return f"{self.of(arg, Level.ATOM)}.reshape({shape}, order='F')", Level.ATOM
            case ex.Transpose(arg=arg):
                return f"{self.of(arg, Level.ATOM)}.T", Level.ATOM
            case ex.Power(base=base, exponent=exponent):
                return self._power(base, exponent)
            case ex.MatrixFunction():
                return self._matrix_function(e, self.of(e.arg, Level.SUM)), Level.ATOM
            case ex.Frechet():
                return self._frechet(e), Level.ATOM
            case ex.MatrixPower(base=base, exponent=n):
                return f"np.linalg.matrix_power({self.of(base, Level.SUM)}, {n})", Level.ATOM
            case ex.Apply() if e == functions.PI:
                return "np.pi", Level.ATOM
            case ex.Apply(function=name, args=args):
                entry = functions.lookup(name)
                return self._called(name, entry.numpy if entry else "", args)
            case ex.Operation(operator=name, args=args):
                meaning = _meaning(e)
                if meaning is not None:
                    return self.of(meaning, Level.ATOM), Level.ATOM
                return self._called(name, operators.TABLE[name].numpy, args)
            case ex.Triangle(arg=arg, part=part):
                return f"np.{TRIANGLES[part]}({self.of(arg, Level.SUM)})", Level.ATOM
            case ex.Row() | ex.Column() | ex.Entry() | ex.Delta() | ex.IndexSum() | ex.Rows():
                return self._with_indices(e), Level.ATOM
            case ex.Identity() | ex.Ones() | ex.Zeros():
                return self._constant(e), Level.ATOM
            case (
                ex.Trace(arg=arg)
                | ex.Total(arg=arg)
                | ex.Inverse(arg=arg)
                | ex.Diag(arg=arg)
                | ex.Diagonal(arg=arg)
            ):
                return _CALLS[type(e)].format(self.of(arg, Level.SUM)), Level.ATOM
            case _:
                assert_never(e)

    def _add(self, terms: tuple[Expr, ...]) -> str:
        out = ""
        for term in terms:
            body = self.of(term, Level.PRODUCT)
            if not out:
                out = body
            else:
                out += f" - {body[1:]}" if body.startswith("-") else f" + {body}"
        return out

    def _mul(self, e: ex.Mul) -> tuple[str, Level]:
        sign, value = ("-", -e.coefficient) if e.coefficient < 0 else ("", e.coefficient)
        above, below = self._scalars(e)
        chain = " @ ".join(self.of(m, Level.SIGN) for m in e.matrices)
        if e.shape == ex.SCALAR and e.matrices:
            chain = f"({chain}).item()"
        front = " * ".join(above)
        if value != 1 or not (above or chain):
            front = f"{number_code(value)} * {front}" if front else number_code(value)
        for divisor in below:
            front = f"{front or '1'} / {divisor}"
        body = f"{front} * {chain}" if front and chain else front or chain
        item = e.shape == ex.SCALAR and e.matrices and not front and not sign
        return sign + body, Level.ATOM if item else Level.PRODUCT

    def _scalars(self, e: ex.Mul) -> tuple[list[str], list[str]]:
        """The code of the scalar factors and of the divisors."""
        above, below = [], []
        for s in e.scalars:
            if ex.is_divisor(s):
                below.append(self.of(ex.power(s, ex.number(-1)), Level.SIGN))
            else:
                above.append(self.of(s, Level.SIGN))
        return above, below

    def _power(self, base: Expr, exponent: Expr) -> tuple[str, Level]:
        """A power; of a scalar with an exponent that is not whole through NumPy, for its nan."""
        whole = isinstance(exponent, ex.Number) and exponent.value.denominator == 1
        if whole or (base.shape, exponent.shape) != (ex.SCALAR, ex.SCALAR):
            raised = self.of(exponent, Level.ATOM)
            return f"{self.of(base, Level.ATOM)} ** {raised}", Level.POWER
        inside = f"{self.of(base, Level.SUM)}, {self.of(exponent, Level.SUM)}"
        return f"np.power({inside})", Level.ATOM

    def _called(self, name: str, form: str, args: tuple[Expr, ...]) -> tuple[str, Level]:
        """A function by its format, `np.exp({})`."""
        if not form:
            raise UnsupportedError(f"there is no NumPy code for the function {name}")
        body = form.format(*[self.of(a, Level.SUM) for a in args])
        atom = re.fullmatch(r"[\w.]+\(.*\)(\[\d+\])?", form) is not None
        return body, Level.ATOM if atom else Level.SUM

    def _matrix_function(self, e: ex.MatrixFunction | ex.Frechet, arg: str) -> str:
        """A function of SciPy's, or the general one with NumPy's function of numbers."""
        if e.parameters:
            exponent = self.of(e.parameters[0], Level.SUM)
            return f"scipy.linalg.fractional_matrix_power({arg}, {exponent})"
        if e.function in _SCIPY:
            return f"scipy.linalg.{e.function}m({arg})"
        body = functions.get(e.function).numpy.format("z")
        return f"scipy.linalg.funm({arg}, lambda z: {body})"

    def _frechet(self, e: ex.Frechet) -> str:
        """The upper right block of the function of `[A, E; 0, A]`."""
        arg, direction = (self.of(part, Level.SUM) for part in (e.arg, e.direction))
        n = self.names.dim(e.shape[0])
        block = f"np.block([[{arg}, {direction}], [np.zeros(({n}, {n})), {arg}]])"
        if e.function == POWER or e.function in _SCIPY:
            return f"{self._matrix_function(e, block)}[:{n}, {n}:]"
        return f"(lambda Z: {_BY_SCIPY[e.function]})({block})[:{n}, {n}:]"

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
                return f"{self.of(arg, Level.ATOM)}[{self.names.index(k)}, None]"
            case ex.Column(arg=arg, index=k):
                return f"{self.of(arg, Level.ATOM)}[:, {self.names.index(k)}, None]"
            case ex.Entry(arg=arg, row=i, column=j):
                column = "0" if j is None else self.names.index(j)
                return f"{self.of(arg, Level.ATOM)}[{self.names.index(i)}, {column}]"
            case ex.Delta(row=i, column=j):
                return f"float({self.names.index(i)} == {self.names.index(j)})"
            case ex.IndexSum(indices=indices, body=body):
                loops = " ".join(self._loop(i) for i in indices)
                return f"sum({self.of(body, Level.SUM)} {loops})"
            case ex.Rows(index=k, body=body):
                return f"np.vstack([{self.of(body, Level.SUM)} {self._loop(k)}])"
            case _:
                assert_never(e)

    def _loop(self, i: Index) -> str:
        return f"for {self.names.index(i)} in range({self.names.dim(i.dim)})"


def number_code(value: Fraction) -> str:
    """A number that is not negative, as a factor."""
    if value.denominator == 1:
        return str(value.numerator)
    exact = float(value)
    return (
        repr(exact)
        if Fraction(repr(exact)) == value
        else f"{value.numerator} / {value.denominator}"
    )


def _number(value: Fraction) -> tuple[str, Level]:
    body = number_code(abs(value))
    if value < 0:
        return f"-{body}", Level.PRODUCT
    return body, Level.PRODUCT if "/" in body else Level.ATOM
