"""Reads plain Unicode formulas as a reader would, and evaluates them; knows no renderer."""

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

_TOKEN = re.compile(
    r"(?P<space>\s*)"
    r"(?P<token>Σ_[a-z0-9]+|log det|\d+(?:\.\d+)?|⁻[¹²³⁴⁵⁶⁷⁸⁹⁰]+|⁻ᵀ|[⁰¹²³⁴⁵⁶⁷⁸⁹]+|‖(?:_F|₁|₂)"
    r"|[A-Za-zΑ-ωⰰ-ⱟ][A-Za-z0-9_ⰰ-ⱟ]*|\^⊙|\S)"
)
_GREEK = {name: sign for name, sign in pr.GREEK.items() if name not in {"Sigma", "Pi"}}
_DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_END = {")", "]", ";", ",", "+", "-", "⊙", "⊘", "⊗", "/", "", "‖_F", "‖₁", "‖₂"}
_COUNTER = itertools.count()


def evaluate_unicode(
    text: str,
    values: Mapping[str, Any],
    *,
    dims: Mapping[str, int],
    indices: Mapping[str, int],
    env: Env | None = None,
    shape: tuple[int, int] | None = None,
) -> Any:
    """The value of a formula, as `evaluate_latex`."""
    named = {_print_name(k): v for k, v in values.items()}
    value = Reader(text, named, dims, indices).whole()(dict(env or {}))
    if shape is not None and isinstance(value, pr.Open):
        value = value.at(*shape)
    return pr.definite(value)


def _print_name(name: str) -> str:
    found = re.fullmatch(r"([A-Za-z]+)(.*)", name)
    assert found
    return _GREEK.get(found[1], found[1]) + found[2]


class Reader:
    def __init__(
        self,
        text: str,
        values: Mapping[str, Any],
        dims: Mapping[str, int],
        indices: Mapping[str, int],
    ) -> None:
        self.text = text
        found = list(_TOKEN.finditer(text))
        self.tokens = [m["token"] for m in found]
        self.spaced = [bool(m["space"]) for m in found]
        self.start = [m.start("token") for m in found]
        self.n = 0
        self.values, self.dims, self.indices = values, dims, indices

    @property
    def next(self) -> str:
        return self.tokens[self.n] if self.n < len(self.tokens) else ""

    @property
    def adjacent(self) -> bool:
        """Does the next token stand directly behind the one before?"""
        return self.n < len(self.tokens) and not self.spaced[self.n]

    def take(self, expected: str | None = None) -> str:
        if expected is not None and self.next != expected:
            raise Ambiguous(f"{expected!r} expected before {self.text[self.start[self.n] :]}")
        self.n += 1
        return self.tokens[self.n - 1]

    def sub(self, text: str) -> Meaning:
        return Reader(text, self.values, self.dims, self.indices).whole()

    def whole(self) -> Meaning:
        meaning = self.sum()
        if self.n != len(self.tokens):
            raise Ambiguous(f"left over: {self.tokens[self.n :]}")
        return meaning

    def sum(self) -> Meaning:
        signs = [1.0]
        if self.next == "-":
            self.take()
            signs = [-1.0]
        terms = [self.elementwise()]
        while self.next in {"+", "-"}:
            signs.append(1.0 if self.take() == "+" else -1.0)
            terms.append(self.elementwise())

        def meaning(env: Env) -> Value:
            out = pr.product(signs[0], terms[0](env))
            for sign, term in zip(signs[1:], terms[1:], strict=True):
                out = pr.combine(np.add, out, pr.product(sign, term(env)))
            return out

        return meaning

    def elementwise(self) -> Meaning:
        left = self.kron()
        while self.next in {"⊙", "⊘"}:
            f = np.multiply if self.take() == "⊙" else np.true_divide
            left = self._combined(f, left, self.kron())
        return left

    def kron(self) -> Meaning:
        """A Kronecker product; beside other signs, or of products, it is bracketed."""
        before = self.tokens[self.n - 1] if self.n else ""
        factors = [self.product()]
        while self.next == "⊗":
            self.take()
            factors.append(self.product())
        if len(factors) == 1:
            return factors[0]
        if {"⊙", "⊘"} & {before, self.next}:
            raise Ambiguous("a Kronecker product in an elementwise one without brackets")
        return lambda env: functools.reduce(pr.kron, [f(env) for f in factors])

    def _combined(self, f: Any, a: Meaning, b: Meaning) -> Meaning:
        return lambda env: pr.combine(f, a(env), b(env))

    def product(self) -> Meaning:
        factors: list[Meaning] = []
        while self.next not in _END and not (factors and self._closes()):
            if self.next == "·":
                self.take()
            elif factors and re.match("[0-9]", self.next):
                raise Ambiguous("a number behind a factor")
            factors.append(self.sum_sign() if self.next.startswith("Σ_") else self.factor())
        if not factors:
            raise Ambiguous(f"a factor is missing: {self.text}")
        if self.next == "/":
            self.take()
            bottom = self.factor()
            return lambda env: pr.quotient(_product(factors, env), bottom(env))
        return lambda env: _product(factors, env)

    def _closes(self) -> bool:
        """Is a bar the closing one?  It then stands directly behind what it closes."""
        return self.next == "|" and self.adjacent

    def sum_sign(self) -> Meaning:
        name = self.take()[2:]
        body = self.product()
        size = self.indices[name]

        def meaning(env: Env) -> Value:
            out = body({**env, name: 0})
            for i in range(1, size):
                out = pr.combine(np.add, out, body({**env, name: i}))
            return out

        return meaning

    def factor(self) -> Meaning:
        token = self.take()
        if token == "(":
            inner = self.sum()
            self.take(")")
            return self.script(inner)
        if token == "[":
            return self.square()
        if token in {"‖", "|"}:
            return self.script(self.barred(token))
        if token[0].isdigit() and token.isascii():
            value = float(token)
            return self.script(lambda env: value)
        constant = self.constant(token)
        if constant is not None:
            return self.script(constant)
        if token == "vec" and self.next.startswith("⁻") and self.adjacent:
            return self.unvec()
        if self.next in {"(", "["} and self.adjacent and token not in self.values:
            return self.call(token)
        return self.named(token)

    def constant(self, token: str) -> Meaning | None:
        """`𝟏`, `𝟎`, `I`, `J`, the first two with their size or without."""
        constants = {
            "𝟏": pr.ones_vector,
            "𝟎": pr.zeros,
            "I": pr.identity,
            "J": pr.ones_matrix,
        }
        if token not in constants or token in self.values:
            return None
        found = constants[token]()
        if token in {"𝟏", "𝟎"} and self.next.startswith("_") and self.adjacent:
            sized = found.at(*self.subscript())
            return lambda env: sized
        return lambda env: found

    def size(self, *ends: str) -> int:
        """A dimension: sums of products of names and numbers, up to a sign."""
        total, product = 0, 1
        while self.next not in ends:
            token = self.take()
            if token == "+":
                total, product = total + product, 1
            elif token != "*":
                product *= int(token) if token.isdigit() else self.dims[token]
        return total + product

    def subscript(self) -> tuple[int, int]:
        """`_m` or `_m×n`: a name or number each."""
        self.take("_")
        sizes = [self.take()]
        if self.next == "×" and self.adjacent:
            self.take()
            sizes.append(self.take())
        rows, columns, *_ = [*(int(s) if s.isdigit() else self.dims[s] for s in sizes), 1]
        return rows, columns

    def unvec(self) -> Meaning:
        """`vec⁻¹_m×n(c)`."""
        self.take("⁻¹")
        self.take("_")
        rows = self.size("×")
        self.take("×")
        columns = self.size("(")
        self.take("(")
        inner = self.sum()
        self.take(")")
        return self.script(lambda env: pr.unvec(inner(env), rows, columns))

    def barred(self, token: str) -> Meaning:
        inner = self.sum()
        if token == "|":
            self.take("|")
            return lambda env: pr.each(np.abs, inner(env))
        kind = {"‖_F": "F", "‖₁": "1", "‖₂": "2"}[self.take()]
        return lambda env: pr.norm(kind, inner(env))

    def call(self, name: str) -> Meaning:
        if name == "δ":
            return self.script(self.delta(self.places()))
        if name.startswith("d") and name.endswith("m"):
            return self.frechet(name[1:])
        bracket = self.take()
        if bracket != ("[" if name == "tr" else "("):
            raise Ambiguous(f"{name}{bracket}")
        inner = [self.sum()]
        while self.next == ",":
            self.take()
            inner.append(self.sum())
        self.take("]" if bracket == "[" else ")")
        if self.adjacent and self.next not in _END | {"|", "·"}:
            raise Ambiguous("what is raised to a power?")
        name = "logdet" if name == "log det" else name
        return lambda env: pr.operator(name, *[part(env) for part in inner])

    def frechet(self, name: str) -> Meaning:
        """`dexpm(A, E)`, and of a power `dpowm(A, E, p)`."""
        self.take("(")
        parts = [self.sum()]
        while self.next == ",":
            self.take()
            parts.append(self.sum())
        self.take(")")
        if self.adjacent and self.next not in _END | {"|", "·"}:
            raise Ambiguous("what is raised to a power?")

        def meaning(env: Env) -> Value:
            point, direction, exponent = (*(p(env) for p in parts), None)[:3]
            return pr.frechet(name, exponent, point, direction)

        return meaning

    def named(self, token: str) -> Meaning:
        if token == "π" and token not in self.values:
            return self.script(lambda env: math.pi)
        if token not in self.values and "_" in token:
            base, places = token.rsplit("_", 1)
            if base == "I" and (places.isdigit() or places in self.dims):
                eye = pr.identity().at(self.dims.get(places) or int(places), None)
                return self.script(lambda env: eye)
            if base == "δ" and base not in self.values:
                return self.script(self.delta(list(places)))
            if base not in self.values:
                raise Ambiguous(f"an unknown name {token}")
            return self.script(self.picked(self.value(base), list(places)))
        if token not in self.values:
            raise Ambiguous(f"an unknown name {token}")
        meaning = self.value(token)
        return self.script(meaning)

    def value(self, name: str) -> Meaning:
        value = pr.scalar_or_array(self.values[name])
        return lambda env: value

    def delta(self, places: list[str]) -> Meaning:
        i, j = places
        return lambda env: float(self.number_of(i, env) == self.number_of(j, env))

    def script(self, meaning: Meaning) -> Meaning:
        if not self.adjacent:
            return meaning
        if self.next == "[":
            return self.script(self.picked(meaning, self.places()))
        token = self.next
        if token == "^⊙":
            self.take()
            exponent = self.exponent()
            return lambda env: pr.elementwise_power(meaning(env), exponent(env))
        if token == "^":
            self.take()
            exponent = self.exponent()
            return lambda env: pr.power(meaning(env), exponent(env))
        if token in {"ᵀ", "⁻ᵀ"}:
            self.take()
            turned = meaning if token == "ᵀ" else (lambda env: pr.inverse(meaning(env)))
            self.no_more()
            return lambda env: pr.transposed(turned(env))
        if token[0] in "⁰¹²³⁴⁵⁶⁷⁸⁹⁻":
            self.take()
            self.no_more()
            whole = int(token.translate(_DIGITS))
            if whole == -1:
                return lambda env: pr.inverse(meaning(env))
            return lambda env: pr.power(meaning(env), whole)
        return meaning

    def no_more(self) -> None:
        if self.adjacent and self.next[0] in "⁰¹²³⁴⁵⁶⁷⁸⁹⁻ᵀ^[":
            raise Ambiguous("a second superscript")

    def exponent(self) -> Meaning:
        """One number, one name, an entry `A_ij`, or a bracket."""
        token = self.take()
        if token == "(":
            inner = self.sum()
            self.take(")")
            return inner
        if token[0].isdigit() and token.isascii():
            value = float(token)
            return lambda env: value
        if self.next == "[" and self.adjacent:
            raise Ambiguous("brackets behind an exponent")
        return self.constant(token) or self.named(token)

    def places(self) -> list[str]:
        self.take("[")
        out = []
        while self.next != "]":
            token = self.take()
            if token != ",":
                out.append(token)
        self.take("]")
        return out

    def picked(self, meaning: Meaning, names: list[str]) -> Meaning:
        def value(env: Env) -> Value:
            places = [None if i == ":" else self.number_of(i, env) for i in names]
            return pr.pick(pr.definite(meaning(env)), places)

        return value

    def number_of(self, place: str, env: Env) -> int:
        if place in env:
            return env[place]
        return int(place) - 1 if place.isdigit() else self.dims[place] - 1

    def square(self) -> Meaning:
        """`[M]_ij`, or stacked rows `[first ; … ; last]`."""
        rows = self.rows()
        self.take("]")
        if self.next.startswith("_") and self.adjacent:
            self.take()
            (inner,) = rows
            return self.script(self.picked(self.sub(inner), list(self.take())))
        if "…" not in rows:
            meanings = [self.sub(r) for r in rows]
            return self.script(lambda env: pr.stacked([m(env) for m in meanings]))
        return self.script(self.general_rows(rows[0], rows[2]))

    def rows(self) -> list[str]:
        """The texts between semicolons, up to the closing bracket."""
        depth, begin = 0, self.start[self.n]
        out = []
        while depth or self.next != "]":
            if self.next == ";" and not depth:
                out.append(self.text[begin : self.start[self.n]].strip())
                begin = self.start[self.n] + 1
            depth += {"[": 1, "]": -1}.get(self.take(), 0)
        out.append(self.text[begin : self.start[self.n]].strip())
        return out

    def general_rows(self, first: str, last: str) -> Meaning:
        name = chr(ord("ⰰ") + next(_COUNTER) % 40)  # one character, of no other use
        general, height = pr.generalise(first, last)
        if height is None:
            row = self.sub(first)
            return lambda env: pr.repeated(row(env))
        body = self.sub(general.replace("ρ", name))
        size = int(height) if height.isdigit() else self.dims[height]
        return lambda env: pr.stacked([body({**env, name: k}) for k in range(size)])


def _product(factors: list[Meaning], env: Env) -> Value:
    out = factors[0](env)
    for f in factors[1:]:
        out = pr.product(out, f(env))
    return out
