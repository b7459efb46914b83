"""Sizes of products and sums of dimensions: polynomials with whole coefficients, as canonical text.

A dimension is a name, a whole number, or a polynomial of names: `m*n`, `2*m*n+p`.  Equal
polynomials are equal texts, so that dimensions are compared as they stand.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import TypeAlias

Dim: TypeAlias = str | int
Monomial: TypeAlias = tuple[str, ...]
"""The names in a product, in order; one that stands twice is squared."""


def is_composite(dim: Dim) -> bool:
    """Is it neither a name nor a number?"""
    return isinstance(dim, str) and ("*" in dim or "+" in dim)


def product(*dims: Dim) -> Dim:
    """The size of a Kronecker product."""
    several = [d for d in dims if d != 1]
    if len(several) < 2:
        return several[0] if several else 1
    return dim_of(multiplied(polynomial(d) for d in several))


def total(*dims: Dim) -> Dim:
    """The size of parts that are put side by side."""
    return dims[0] if len(dims) == 1 else dim_of(added(polynomial(d) for d in dims))


@cache
def _terms(dim: Dim) -> tuple[tuple[Monomial, int], ...]:
    if isinstance(dim, int):
        return (((), dim),)
    found: Counter[Monomial] = Counter()
    for term in dim.split("+"):
        parts = term.split("*")
        names = tuple(sorted(p for p in parts if not p.isdigit()))
        found[names] += math.prod(int(p) for p in parts if p.isdigit())
    return tuple(found.items())


def polynomial(dim: Dim) -> Counter[Monomial]:
    """The coefficient of every product of names."""
    return Counter(dict(_terms(dim)))


def multiplied(factors: Iterable[Counter[Monomial]]) -> Counter[Monomial]:
    """The product of polynomials."""
    whole: Counter[Monomial] = Counter({(): 1})
    for factor in factors:
        new: Counter[Monomial] = Counter()
        for a, x in whole.items():
            for b, y in factor.items():
                new[tuple(sorted(a + b))] += x * y
        whole = new
    return whole


def added(terms: Iterable[Counter[Monomial]]) -> Counter[Monomial]:
    """The sum of polynomials."""
    whole: Counter[Monomial] = Counter()
    for term in terms:
        whole.update(term)
    return whole


def dim_of(whole: Mapping[Monomial, int]) -> Dim:
    """The dimension with this polynomial."""
    if not whole.keys() - {()}:
        return whole.get((), 0)
    # a number stands last
    parts = [
        "*".join((*((str(c),) if c != 1 or not names else ()), *names))
        for names, c in sorted(whole.items(), key=lambda item: (not item[0], item[0]))
    ]
    return "+".join(parts)


@cache
def atoms(dim: Dim) -> frozenset[str]:
    """The names in a dimension."""
    return frozenset(name for names, _ in _terms(dim) for name in names)


def value(dim: Dim, size: Callable[[str], int]) -> int:
    """The size of a dimension from those of its names."""
    if isinstance(dim, int):
        return dim
    if not is_composite(dim):
        return size(dim)
    return sum(c * math.prod(size(name) for name in names) for names, c in _terms(dim))


def factors(dim: Dim) -> tuple[Dim, ...]:
    """The factors of a dimension that is a product, a number in front; itself where it is none."""
    terms = _terms(dim)
    if len(terms) != 1:
        return (dim,)
    names, c = terms[0]
    return (*((c,) if c != 1 or not names else ()), *names)


def written(dim: Dim, name: Callable[[str], str], times: str = "*", plus: str = "+") -> str:
    """A dimension with its names written in another way."""
    if isinstance(dim, int):
        return str(dim)
    return plus.join(
        times.join(p if p.isdigit() else name(p) for p in term.split("*"))
        for term in dim.split("+")
    )
