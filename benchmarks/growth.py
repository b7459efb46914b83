"""How cost grows with the size of the input: series of growing functions and fitted exponents.

`python benchmarks/growth.py [--largest 128] [--runs 3] [--only network]`.  Each function is
measured from its text to the text of its gradient, and to the LaTeX of its verified derivation.
Beside the exponent of a time stands that of the length of the answer, and what the one exceeds
the other by: what is printed has to be written.  The chain is measured beside SymPy's `diff` at
small sizes, in turn in one run.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from typing import NamedTuple

from functions import chain_by_sympy, gradient, verified
from measure import Work, exponent, in_turn, table
from series import SERIES, Series
from sympy.core.cache import clear_cache

import trace_derivative as td

LIMITS = td.Limits(length=200_000, depth=5_000, terms=200_000, seconds=600)
SYMPY_UP_TO = 16


class Row(NamedTuple):
    """One size: milliseconds, and the characters of what they brought; nan where not measured."""

    n: int
    gradient: float
    gradient_length: float
    verified: float
    verified_length: float
    sympy: float


def main() -> None:
    """Measure and print one table for each series."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--largest", type=int, default=128)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", choices=SERIES)
    given = parser.parse_args()
    for name, series in SERIES.items():
        if given.only in (None, name):
            sizes = [n for n in series.sizes if n <= given.largest]
            rows = [measure(name, series, n, given.runs) for n in sizes]
            print(f"\n{name}\n{_table(rows)}", flush=True)
            for what in ("gradient", "verified"):
                print(_growth(what, rows))


def measure(name: str, series: Series, n: int, runs: int) -> Row:
    """The times of one size."""
    text, variable = series.make(n)
    works: dict[str, tuple[Work, Work]] = {
        "gradient": (td.clear_caches, lambda: gradient(text, variable, limits=LIMITS))
    }
    if n <= series.verified_up_to:
        works["verified"] = (td.clear_caches, lambda: verified(text, variable, limits=LIMITS))
    if name == "chain" and n <= SYMPY_UP_TO:
        works["SymPy"] = (clear_cache, chain_by_sympy(n))
    times = in_turn(works, runs)
    checked = "verified" in works
    return Row(
        n,
        times["gradient"],
        len(gradient(text, variable, limits=LIMITS)),
        times.get("verified", math.nan),
        len(verified(text, variable, limits=LIMITS)) if checked else math.nan,
        times.get("SymPy", math.nan),
    )


def _table(rows: Sequence[Row]) -> str:
    head = ["n", "gradient ms", "characters", "verified ms", "characters", "SymPy/gradient"]
    return table(head, [[*row[:5], row.sympy / row.gradient] for row in rows])


def _growth(what: str, rows: Sequence[Row]) -> str:
    """The exponents of a time and of the length of its answer, and their difference."""
    found = [
        (row.n, getattr(row, what), getattr(row, f"{what}_length"))
        for row in rows
        if not math.isnan(getattr(row, what))
    ]
    if len(found) < 3:
        return f"{what}: too few sizes for an exponent"
    sizes, times, lengths = zip(*found, strict=True)
    time, length = exponent(sizes, times), exponent(sizes, lengths)
    return (
        f"{what}: exponent {time:.2f}, of the length {length:.2f}, difference {time - length:.2f}"
    )


if __name__ == "__main__":
    main()
