"""Series of growing functions: each gives, for a size, a text and the variable to derive by."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


def chain(n: int) -> tuple[str, str]:
    """`tr(A1 X A2 X ... An X)`."""
    return "tr(" + "*".join(f"A{k + 1}*X" for k in range(n)) + ")", "X"


def product(n: int) -> tuple[str, str]:
    """One occurrence in a long product."""
    factors = [f"A{k + 1}" for k in range(n)]
    factors[n // 2] = "X"
    return "tr(" + "*".join(factors) + ")", "X"


def sums_of_products(n: int) -> tuple[str, str]:
    """A sum of n products of three."""
    return "tr(" + " + ".join(f"A{k + 1}*X*B{k + 1}" for k in range(n)) + ")", "X"


def power(k: int) -> tuple[str, str]:
    """The k-th power of a binomial in compact form."""
    return f"tr(((X-W*H)*(X-W*H)')^{k})", "W"


def nested(n: int) -> tuple[str, str]:
    """Products in products."""
    text = "X"
    for k in range(n):
        text = f"(A{k + 1}*{text}*B{k + 1} + C{k + 1})"
    return f"tr({text})", "X"


def network(n: int) -> tuple[str, str]:
    """A network of n layers by its first weights."""
    text = "X"
    for k in range(n):
        text = f"tanh(W{k + 1}*{text})"
    return f"norm2(Y - {text})^2", "W1"


class Series(NamedTuple):
    """How a function grows, at which sizes it is measured, and up to which it is verified too."""

    make: Callable[[int], tuple[str, str]]
    sizes: tuple[int, ...]
    verified_up_to: int


SERIES: dict[str, Series] = {
    "chain": Series(chain, (4, 8, 16, 32, 64, 128, 256), 32),
    "long product": Series(product, (4, 8, 16, 32, 64, 128, 200), 200),
    "sum of products": Series(sums_of_products, (2, 4, 8, 16, 32, 64), 64),
    "power of a binomial": Series(power, (2, 3, 4, 5), 5),
    "nested products": Series(nested, (2, 4, 8, 16, 32), 32),
    "network": Series(network, (2, 4, 8, 16, 32, 50), 50),
}
