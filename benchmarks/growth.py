"""How cost grows with the size of the input: series of growing functions and fitted exponents.

`python benchmarks/growth.py [--largest 128] [--runs 3]`.  Beside the exponent of the time stands
that of the length of the answer: what is printed has to be written.  The chain is measured beside
SymPy's `diff` at small sizes, in turn in one run.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

from functions import chain_by_sympy, gradient, verified
from measure import exponent, in_turn, table
from sympy.core.cache import clear_cache

import trace_derivative as td

LIMITS = td.Limits(length=200_000, depth=5_000, terms=200_000, seconds=600)
VERIFIED_UP_TO = 32


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


SERIES: dict[str, tuple[Callable[[int], tuple[str, str]], tuple[int, ...]]] = {
    "chain": (chain, (4, 8, 16, 32, 64, 128, 256)),
    "long product": (product, (4, 8, 16, 32, 64, 128, 200)),
    "sum of products": (sums_of_products, (2, 4, 8, 16, 32, 64)),
    "power of a binomial": (power, (2, 3, 4, 5)),
    "nested products": (nested, (2, 4, 8, 16, 32)),
    "network": (network, (2, 4, 8, 16, 32, 50)),
}


def main() -> None:
    """Measure and print one table for each series."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--largest", type=int, default=128)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", choices=SERIES)
    given = parser.parse_args()
    for name, (make, sizes) in SERIES.items():
        if given.only in (None, name):
            one(name, make, [n for n in sizes if n <= given.largest], given.runs)


def one(name: str, make: Callable[[int], tuple[str, str]], sizes: list[int], runs: int) -> None:
    """One series."""
    rows: list[list[object]] = []
    times, lengths, checked = [], [], []
    for n in sizes:
        call = make(n)
        works = {"gradient": (td.clear_caches, lambda call=call: gradient(*call, limits=LIMITS))}
        if n <= VERIFIED_UP_TO or name in ("network", "long product"):
            works["verified"] = (td.clear_caches, lambda call=call: verified(*call, limits=LIMITS))
        if name == "chain" and n <= 16:
            works["SymPy"] = (clear_cache, chain_by_sympy(n))
        t = in_turn(works, runs)
        length = len(gradient(*call, limits=LIMITS))
        times.append(t["gradient"])
        lengths.append(length)
        if "verified" in t:
            checked.append((n, t["verified"]))
        nan = float("nan")
        rows.append(
            [n, t["gradient"], t.get("verified", nan), length, t.get("SymPy", nan) / t["gradient"]]
        )
    print(f"\n{name}")
    print(table(["n", "gradient ms", "verified ms", "characters", "SymPy/gradient"], rows))
    if len(sizes) > 2:
        grown = f"exponents: gradient {exponent(sizes, times):.2f}"
        grown += f", its length {exponent(sizes, lengths):.2f}"
        if len(checked) > 2:
            grown += f", verified {exponent(*zip(*checked, strict=True)):.2f}"
        print(grown)


if __name__ == "__main__":
    main()
