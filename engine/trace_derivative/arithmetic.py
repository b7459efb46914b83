"""Leaves of programs and arithmetic with them: sums, products, quotients, powers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

import numpy as np

from . import stacks
from .expr import SCALAR, Dim, Shape
from .planned import matmul, multiplied, power
from .slots import NO_AXES, Array, Lengths, Point, Slot, Slots


class Arithmetic(Slots):
    """Operations with what numbers they are, and of what factors products consist."""

    def __init__(self, dims: Mapping[str, int] | None = None) -> None:
        super().__init__(dims)
        self.numbers: dict[Slot, Fraction] = {}
        self._factors: dict[Slot, tuple[Slot, ...]] = {}
        self._scaled: dict[Slot, tuple[Slot, Slot]] = {}

    # ------------------------------------------------------------------ leaves

    def symbol(self, name: str, shape: Shape, lengths: Lengths = NO_AXES) -> Slot:
        """The value of a name; `lengths` are the axes that it has, in order."""
        key = ("symbol", name)
        return self._leaf(key, lambda run: run.given(name), shape, lengths, self.bit(name))

    def number(self, value: Fraction) -> Slot:
        """A number."""
        key = ("number", value.numerator, value.denominator)
        array = np.array([[stacks.to_float(value)]])
        slot = self._leaf(key, lambda run: array, SCALAR)
        self.numbers[slot] = value
        return slot

    def constant(self, kind: str, rows: Dim, columns: Dim) -> Slot:
        """An identity, or a matrix of ones or zeros."""

        def sized(run: Point) -> Array:
            shape = run.size(rows), run.size(columns)
            if kind == "eye":
                return np.eye(*shape)
            return np.ones(shape) if kind == "ones" else np.zeros(shape)

        return self._leaf((kind, rows, columns), sized, (rows, columns))

    def delta(self, i: str, j: str, dim: Dim) -> Slot:
        """Kronecker's delta of two indices over one dimension."""
        if i == j:
            return self.number(Fraction(1))
        axes = (min(i, j), max(i, j))
        return self._leaf(
            ("delta", *axes, dim),
            lambda run: np.eye(run.size(dim))[..., None, None],
            SCALAR,
            dict.fromkeys(axes, self._typical(dim)),
        )

    def _extent(self, dim: Dim) -> Slot:
        """The size of a dimension as a number."""
        return self._leaf(("extent", dim), lambda run: np.array([[float(run.size(dim))]]), SCALAR)

    # ------------------------------------------------------------------ arithmetic

    def add(self, terms: Sequence[tuple[Slot, int]]) -> Slot:
        """The sum of terms with their signs."""
        (total, sign), *rest = terms
        if sign < 0:
            total = self.negative(total)
        for term, sign in rest:
            shape = self._one_shape(total, term)
            name, f = ("+", np.add) if sign > 0 else ("-", np.subtract)
            total = self.call(name, f, (total, term), shape)
        return total

    def negative(self, a: Slot) -> Slot:
        """The negative."""
        if a in self.numbers:
            return self.number(-self.numbers[a])
        return self.call("negative", np.negative, (a,), self.shapes[a])

    def multiply(self, factors: Iterable[Slot]) -> Slot:
        """The matrix product, from the left; scalars may stand anywhere among the factors."""
        scalars: list[Slot] = []
        chain: Slot | None = None
        for a in factors:
            if self.shapes[a] == SCALAR:
                scalars.append(a)
            elif chain is None:
                chain = a
            else:
                shape = (self.shapes[chain][0], self.shapes[a][1])
                chain = self.call("@", matmul, (chain, a), shape)
                if shape == SCALAR:
                    scalars.append(chain)
                    chain = None
        if not scalars:
            assert chain is not None
            return chain
        scalar = self._product(scalars)
        if chain is None:
            return scalar
        slot = self.call("*", np.multiply, (scalar, chain), self.shapes[chain])
        self._scaled[slot] = scalar, chain
        return slot

    def _product(self, scalars: Sequence[Slot]) -> Slot:
        """The product of scalars; a sum over indices takes it apart again."""
        if len(scalars) == 1:
            return scalars[0]
        flat: list[Slot] = []
        for a in scalars:
            flat += self._factors.get(a, (a,))
        slot = self.call("product", multiplied, flat, SCALAR)
        self._factors[slot] = tuple(flat)
        return slot

    def elementwise(self, sign: str, a: Slot, b: Slot) -> Slot:
        """`A.*B`, `A./B`; a scalar goes with every entry."""
        shape = self._one_shape(a, b, scalars=True)
        return self.call(sign, np.multiply if sign == ".*" else np.divide, (a, b), shape)

    def divide(self, a: Slot, b: Slot) -> Slot:
        """`A/b`, `A./B`, a quotient of scalars as the product with a reciprocal."""
        top, bottom = self.numbers.get(a), self.numbers.get(b)
        if top is not None and bottom:
            return self.number(top / bottom)
        if self.shapes[a] == self.shapes[b] == SCALAR:
            return self._product((a, self.power(b, self.number(Fraction(-1)))))
        return self.elementwise("./", a, b)

    def power(self, base: Slot, exponent: Slot) -> Slot:
        """A power of a scalar, or of each entry."""
        value = self.numbers.get(exponent)
        shape = self.shapes[base]
        if value is None:
            shape = self._one_shape(base, exponent, scalars=True)
            fixed = not self.names[exponent] and not self.axes[exponent]
            f = power if fixed and self.shapes[exponent] == SCALAR else np.power
            return self.call("power", f, (base, exponent), shape)
        if value.denominator == 1:
            n = value.numerator
            return self.call(f"^{n}", lambda x: stacks.whole_power(x, n), (base,), shape)
        p = float(value)
        return self.call(f"^{value}", lambda x: x**p, (base,), shape)
