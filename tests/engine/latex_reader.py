"""Reads LaTeX as a reader of the notes would, and evaluates it; knows nothing of the renderer.

`evaluate_latex(latex, values, dims, indices)` gives the value of a formula for arrays by symbol
name, sizes by dimension name, and sizes by index name; `env` gives the free indices (from 0).
"""

from __future__ import annotations

import functools
import itertools
import math
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from . import printed as pr
from .printed import Ambiguous, Env, Meaning, Value

_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|\d+(?:\.\d+)?|\S")
_FUNCTIONS = {r"\exp", r"\log", r"\sin", r"\cos", r"\tan", r"\sinh", r"\cosh", r"\tanh"}
_FUNCTIONS |= {r"\arcsin", r"\arccos", r"\arctan", r"\det", r"\max", r"\min"}
_BOLD = {r"\mathbf", r"\boldsymbol"}
_COUNTER = itertools.count()
_END = {"}", r"\right", r"\\", r"\end", "+", "-", r"\odot", r"\otimes", ")", ""}


def evaluate_latex(
    latex: str,
    values: Mapping[str, Any],
    *,
    dims: Mapping[str, int],
    indices: Mapping[str, int],
    env: Env | None = None,
    shape: tuple[int, int] | None = None,
) -> Any:
    """The value of a formula; `shape` is the size of the whole, where the print leaves it open."""
    reader = Reader(_TOKEN.findall(latex), values, dims, indices)
    value = reader.whole()(dict(env or {}))
    if shape is not None and isinstance(value, pr.Open):
        value = value.at(*shape)
    return pr.definite(value)


class Reader:
    def __init__(
        self,
        tokens: list[str],
        values: Mapping[str, Any],
        dims: Mapping[str, int],
        indices: Mapping[str, int],
    ) -> None:
        self.tokens, self.n = tokens, 0
        self.values, self.dims, self.indices = values, dims, indices

    # ------------------------------------------------------------ tokens

    @property
    def next(self) -> str:
        return self.tokens[self.n] if self.n < len(self.tokens) else ""

    def take(self, *expected: str) -> str:
        for token in expected:
            if self.next != token:
                raise Ambiguous(f"{token!r} expected before {' '.join(self.tokens[self.n :])}")
            self.n += 1
        if not expected:
            self.n += 1
        return self.tokens[self.n - 1]

    def group(self) -> list[str]:
        """The tokens of a group in braces."""
        self.take("{")
        start, depth = self.n, 1
        while depth:
            depth += {"{": 1, "}": -1}.get(self.take(), 0)
        return self.tokens[start : self.n - 1]

    def sub(self, tokens: list[str]) -> Meaning:
        return Reader(tokens, self.values, self.dims, self.indices).whole()

    def whole(self) -> Meaning:
        meaning = self.sum()
        if self.n != len(self.tokens):
            raise Ambiguous(f"left over: {' '.join(self.tokens[self.n :])}")
        return meaning

    # ------------------------------------------------------------ operators

    def sum(self) -> Meaning:
        terms: list[tuple[float, Meaning]] = []
        sign = 1.0
        if self.next == "-":
            self.take()
            sign = -1.0
        terms.append((sign, self.hadamard()))
        while self.next in {"+", "-"}:
            sign = 1.0 if self.take() == "+" else -1.0
            terms.append((sign, self.hadamard()))
        if len(terms) == 1 and terms[0][0] == 1:
            return terms[0][1]
        return lambda env: _added([pr.product(s, t(env)) for s, t in terms])

    def hadamard(self) -> Meaning:
        factors = [self.kron()]
        while self.next == r"\odot":
            self.take()
            factors.append(self.kron())
        if len(factors) == 1:
            return factors[0]

        def meaning(env: Env) -> Value:
            out = factors[0](env)
            for f in factors[1:]:
                other = f(env)
                if pr.is_scalar(out) or pr.is_scalar(other):
                    raise Ambiguous("a scalar in an elementwise product")
                out = pr.combine(np.multiply, out, other)
            return out

        return meaning

    def kron(self) -> Meaning:
        """A Kronecker product; beside other signs, or of products, it is bracketed."""
        start = self.n
        factors = [self.product()]
        while self.next == r"\otimes":
            self.take()
            factors.append(self.product())
        if len(factors) == 1:
            return factors[0]
        if self.next == r"\odot" or self.tokens[start - 1 : start] == [r"\odot"]:
            raise Ambiguous("a Kronecker product in an elementwise one without brackets")
        return lambda env: functools.reduce(pr.kron, [f(env) for f in factors])

    def product(self) -> Meaning:
        factors: list[Meaning] = []
        number_last = False
        while self.next not in _END:
            if self.next in {r"\,", r"\cdot"}:
                if self.take() == r"\cdot":
                    number_last = False
                continue
            number = self.next[0].isdigit()
            if number and number_last:
                raise Ambiguous("numbers side by side")
            if number and factors and self.tokens[self.n - 1] != r"\cdot":
                raise Ambiguous("a number behind a factor")
            number_last = number
            factors.append(self.sum_sign() if self.next == r"\sum" else self.factor())
        if not factors:
            raise Ambiguous(f"a factor is missing before {self.next!r}")

        def meaning(env: Env) -> Value:
            out = factors[0](env)
            for f in factors[1:]:
                out = pr.product(out, f(env))
            return out

        return meaning

    def sum_sign(self) -> Meaning:
        """A sum sign reaches over all factors that follow."""
        self.take(r"\sum", "_")
        (name,) = _units(self.group())
        body = self.product()
        size = self.indices[name]
        return lambda env: _added([body({**env, name: i}) for i in range(size)])

    # ------------------------------------------------------------ factors

    def factor(self) -> Meaning:
        token = self.next
        if token == r"\left":
            return self.delimited()
        if token == r"\frac":
            self.take()
            top, bottom = self.sub(self.group()), self.sub(self.group())
            self.no_script()
            return lambda env: pr.quotient(top(env), bottom(env))
        if token == r"\sqrt":
            self.take()
            inner = self.sub(self.group())
            self.no_script()
            return lambda env: pr.each(np.sqrt, inner(env))
        if token == r"\begin":
            return self.script(self.rows())
        if token == r"\delta" and self.tokens[self.n + 1 : self.n + 2] == ["_"]:
            return self.delta()
        if token == "(":
            return self.script(self.entry_of_subscripted())
        if token == "L" and {r"\mathrm", r"\cdot"} & set(self.peek_subscript()):
            return self.frechet()
        if token in _FUNCTIONS or token in {r"\mathrm", r"\operatorname"}:
            return self.call()
        if token in _BOLD:
            return self.bold()
        if token[0].isdigit():
            self.take()
            value = float(token)
            return self.script(lambda env: value)
        return self.italic()

    def no_script(self) -> None:
        if self.next in {"^", "_", "'"}:
            raise Ambiguous("what is raised to a power?")

    def inside(self, left: str, right: str) -> list[str]:
        """The tokens between `\\left` and `\\right` with these delimiters."""
        self.take(r"\left", left)
        start, depth = self.n, 1
        while depth:
            depth += {r"\left": 1, r"\right": -1}.get(self.take(), 0)
        tokens = self.tokens[start : self.n - 1]
        self.take(right)
        return tokens

    def delimited(self) -> Meaning:
        left = self.tokens[self.n + 1]
        right = {"(": ")", "[": "]", "|": "|", r"\|": r"\|"}[left]
        inner = self.sub(self.inside(left, right))
        if left == "|":
            return self.script(lambda env: pr.each(np.abs, inner(env)))
        if left == r"\|":
            self.take("_")
            (kind,) = self.group()
            return self.script(lambda env: pr.norm(kind, inner(env)))
        if self.next == "_":
            self.take()
            return self.script(self.picked(inner, self.group()))
        if left == "[":
            raise Ambiguous("square brackets without subscripts")
        return self.script(inner)

    def call(self) -> Meaning:
        token = self.take()
        name = token[1:]
        if token in {r"\mathrm", r"\operatorname"}:
            name = "".join(self.group())
        if name == "log" and self.next == r"\det":
            self.take()
            name = "logdet"
        if name == "vec" and self.next == "^":
            self.take("^", "{", "-", "1", "}", "_")
            size = [self.size(part) for part in _parted(self.group(), r"\times")]
            vector = self.sub(self.inside("(", ")"))
            return self.script(lambda env: pr.unvec(vector(env), *size))
        if self.next == "_":
            self.take("_", "{", r"\mathrm")
            name = f"{name}_{''.join(self.group())}"
            self.take("}")
        left, right = ("[", "]") if name == "tr" else ("(", ")")
        inner = [self.sub(part) for part in _arguments(self.inside(left, right))]
        self.no_script()
        return lambda env: pr.operator(name, *[part(env) for part in inner])

    def peek_subscript(self) -> list[str]:
        here = self.n
        self.take()
        tokens = self.peek_group() if self.next == "_" else []
        self.n = here
        return tokens

    def frechet(self) -> Meaning:
        """`L_{\\mathrm{expm}}(A, E)`, and of a power `L_{(\\cdot)^{p}}(A, E)`."""
        self.take("L", "_")
        name = self.group()
        exponent: Meaning = lambda env: None  # noqa: E731
        if r"\cdot" in name:
            exponent = self.sub(name[5:-1])
        word = "".join(name[2:-1])
        point, direction = map(self.sub, _split(self.inside("(", ")")))
        self.no_script()
        return lambda env: pr.frechet(word, exponent(env), point(env), direction(env))

    def size(self, tokens: list[str]) -> int:
        """A dimension: sums of products of names and numbers."""
        total = 0
        for term in _parted(tokens, "+"):
            total += math.prod(int(u) if u.isdigit() else self.dims[u] for u in _units(term))
        return total

    def bold(self) -> Meaning:
        command = self.take()
        letters = self.group()
        base = "".join(letters) if command == r"\mathbf" else letters[0].removeprefix("\\")
        suffix: list[str] = []
        if self.next == "_" and ":" not in self.peek_group():
            self.take("_")
            suffix = self.group()
        constants = {
            "1": pr.ones_vector,
            "0": pr.zeros,
            "I": pr.identity,
            "J": pr.ones_matrix,
        }
        name = _symbol(base, suffix, self.values)
        if name is None and base in constants:
            constant = constants[base]()
            if suffix:
                size = [self.size(part) for part in _parted(suffix, r"\times")]
                columns = 1 if base == "0" and len(size) == 1 else None
                constant = constant.at(*(size if len(size) == 2 else (*size, columns)))
            return self.script(lambda env: constant)
        if name is None:
            raise Ambiguous(f"an unknown matrix {base} {suffix}")
        value = pr.scalar_or_array(self.values[name])
        meaning: Meaning = lambda env: value  # noqa: E731
        if self.next == "_":
            self.take("_")
            meaning = self.picked(meaning, self.group())
        return self.script(meaning)

    def peek_group(self) -> list[str]:
        here = self.n
        self.take("_")
        tokens = self.group()
        self.n = here
        return tokens

    def italic(self) -> Meaning:
        token = self.take()
        base = token.removeprefix("\\")
        if token == r"\mathit":
            base = "".join(self.group())
        elif token.startswith("\\") and base not in pr.GREEK:
            raise Ambiguous(f"an unknown command {token}")
        places: list[str] = []
        if self.next == "_":
            self.take("_")
            places = self.group()
        name = _symbol(base, places, self.values)
        if name is not None:
            value = pr.scalar_or_array(self.values[name])
            if not pr.is_scalar(value):
                raise Ambiguous(f"the matrix {name} is not bold")
            return self.script(lambda env: value)
        if token == r"\pi" and not places:
            return self.script(lambda env: math.pi)
        if not places or base not in self.values:
            raise Ambiguous(f"an unknown scalar {base} {places}")
        matrix = pr.scalar_or_array(self.values[base])
        return self.script(self.picked(lambda env: matrix, places))

    def entry_of_subscripted(self) -> Meaning:
        """`(W_{1})_{ij}`: an entry, a row or a column of a matrix whose name has a subscript."""
        self.take("(")
        base = self.take().removeprefix("\\")
        if base in {"mathbf", "mathit", "boldsymbol"}:
            base = "".join(self.group()).removeprefix("\\")
        self.take("_")
        name = _symbol(base, self.group(), self.values)
        self.take(")", "_")
        if name is None:
            raise Ambiguous(f"an unknown matrix {base}")
        matrix = pr.scalar_or_array(self.values[name])
        return self.picked(lambda env: matrix, self.group())

    def delta(self) -> Meaning:
        self.take(r"\delta", "_")
        i, j = _units(self.group())
        return self.script(lambda env: float(self.number_of(i, env) == self.number_of(j, env)))

    # ------------------------------------------------------------ scripts

    def script(self, meaning: Meaning) -> Meaning:
        if self.next == "_":
            raise Ambiguous("a second subscript")
        if self.next != "^":
            return meaning
        self.take("^")
        tokens = self.group()
        if self.next in {"^", "_"}:
            raise Ambiguous("a second superscript")
        if tokens[:1] == [r"\odot"]:
            exponent = self.sub(tokens[1:])
            return lambda env: pr.elementwise_power(meaning(env), exponent(env))
        return lambda env: self.raised(meaning(env), tokens, env)

    def raised(self, base: Value, tokens: list[str], env: Env) -> Value:
        if not pr.is_scalar(base):
            if tokens == ["T"]:
                return pr.transposed(base)
            if tokens == ["-", "T"]:
                return pr.transposed(pr.inverse(base))
            if tokens == ["-", "1"]:
                return pr.inverse(base)
        return pr.power(base, self.sub(tokens)(env))

    def picked(self, meaning: Meaning, tokens: list[str]) -> Meaning:
        def value(env: Env) -> Value:
            matrix = pr.definite(meaning(env))
            names = _units(tokens)
            if "," not in tokens and len(names) == 1 and names[0].isdigit():
                names = names if 1 in np.shape(matrix) else list(names[0])
            places = [None if i == ":" else self.number_of(i, env) for i in names]
            return pr.pick(matrix, places)

        return value

    def number_of(self, place: str, env: Env) -> int:
        """The number (from 0) of a row: an index, a number, or a dimension for the last."""
        if place in env:
            return env[place]
        return int(place) - 1 if place.isdigit() else self.dims[place] - 1

    # ------------------------------------------------------------ stacked rows

    def rows(self) -> Meaning:
        self.take(r"\begin", "{", *"bmatrix", "}")
        parts: list[list[str]] = [[]]
        depth = 0
        while depth or self.next != r"\end":
            token = self.take()
            depth += {r"\begin": 1, r"\end": -1}.get(token, 0)
            if token == r"\\" and not depth:
                parts.append([])
            else:
                parts[-1].append(token)
        self.take(r"\end", "{", *"bmatrix", "}")
        if parts[1:2] != [[r"\vdots"]]:
            meanings = [self.sub(p) for p in parts]
            return lambda env: pr.stacked([m(env) for m in meanings])
        return self.general_rows(parts[0], parts[2])

    def general_rows(self, first: list[str], last: list[str]) -> Meaning:
        name = chr(ord("ⰰ") + next(_COUNTER) % 40)  # one character, of no other use
        general, height = pr.generalise(_joined(first), _joined(last))
        if height is None:
            row = self.sub(first)
            return lambda env: pr.repeated(row(env))
        size = int(height) if height.isdigit() else self.dims[height]
        body = self.sub([name if t == "ρ" else t for t in _TOKEN.findall(general)])
        return lambda env: pr.stacked([body({**env, name: k}) for k in range(size)])


def _arguments(tokens: list[str]) -> list[list[str]]:
    """The tokens between the commas that stand outside of brackets and groups."""
    out: list[list[str]] = [[]]
    depth = 0
    for token in tokens:
        depth += {r"\left": 1, "{": 1, r"\right": -1, "}": -1}.get(token, 0)
        if token == "," and not depth:
            out.append([])
        else:
            out[-1].append(token)
    return out


def _parted(tokens: list[str], sign: str) -> list[list[str]]:
    """The tokens between signs."""
    parts: list[list[str]] = [[]]
    for t in tokens:
        if t == sign:
            parts.append([])
        else:
            parts[-1].append(t)
    return parts


def _joined(tokens: list[str]) -> str:
    return "".join(f"{t} " if t.startswith("\\") else t for t in tokens)


def _split(tokens: list[str]) -> tuple[list[str], list[str]]:
    """Two arguments at the comma between them."""
    depth = 0
    for n, token in enumerate(tokens):
        depth += {"{": 1, r"\left": 1, "}": -1, r"\right": -1}.get(token, 0)
        if token == "," and not depth:
            return tokens[:n], tokens[n + 1 :]
    raise Ambiguous("one argument where two are needed")


def _units(tokens: list[str]) -> list[str]:
    """The names of indices side by side: `i`, `i_{1}` (as i1), a colon, a number."""
    out: list[str] = []
    n = 0
    while n < len(tokens):
        token = tokens[n]
        if token == "_":
            stop = tokens.index("}", n)
            out[-1] += "".join(tokens[n + 2 : stop])
            n = stop + 1
            continue
        if token == r"\mathit":
            stop = tokens.index("}", n)
            out.append("".join(tokens[n + 2 : stop]))
            n = stop + 1
            continue
        if token != ",":
            out.append(token.removeprefix("\\"))
        n += 1
    return out


def _symbol(base: str, suffix: list[str], values: Mapping[str, Any]) -> str | None:
    """The symbol of a name with a subscript: `W1`, `W_1`, `X_hat`, `a1_2`."""
    if not suffix:
        return base if base in values else None
    if "".join(suffix).replace(",", "").isdigit():
        parts = "".join(suffix).split(",")
    elif r"\mathrm" in suffix:
        text = "".join(t for t in suffix if t not in {r"\mathrm", "{", "}"})
        parts = text.split(",")
    elif len(suffix) == 1 and f"{base}_{suffix[0]}" in values:
        parts = suffix  # the name of a matrix, `D_k`
    else:
        return None
    for name in (base + "_".join(parts), "_".join((base, *parts))):
        if name in values:
            return name
    return None


def _added(values: list[Value]) -> Value:
    out = values[0]
    for v in values[1:]:
        out = pr.combine(np.add, out, v)
    return out
