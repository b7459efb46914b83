"""The functions of the notes: from text to gradient and to verified LaTeX, beside their peers.

`python benchmarks/notes.py [--runs 21]`, with the package installed; CasADi is left out where it
is not.  All are measured in turn in one process; medians in milliseconds.  SymPy is its bare
`diff`, the cache cleared, CasADi a graph of fixed sizes and its gradient: neither has a text to
read, steps to show or numbers to check.
"""

from __future__ import annotations

import argparse
import math
from functools import partial

from functions import NOTES, by_casadi, by_sympy, gradient, verified
from measure import Work, geometric_mean, in_turn, table
from sympy.core.cache import clear_cache

import trace_derivative as td


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=21)
    runs = parser.parse_args().runs
    sympy_works, casadi_works = by_sympy(), by_casadi()
    rows: list[list[object]] = []
    for label, *call in NOTES:
        works: dict[str, tuple[Work, Work]] = {
            "gradient": (td.clear_caches, partial(gradient, *call)),
            "verified": (td.clear_caches, partial(verified, *call)),
        }
        if label in sympy_works:
            works["SymPy"] = (clear_cache, sympy_works[label])
        if label in casadi_works:
            works["CasADi"] = (lambda: None, casadi_works[label])
        t = in_turn(works, runs)
        a, b = t["gradient"], t["verified"]
        s, c = t.get("SymPy", math.nan), t.get("CasADi", math.nan)
        rows.append([label, a, b, s, c, s / a, s / b, a / c])
    head = ["", "gradient", "verified", "SymPy", "CasADi"]
    print(table([*head, "SymPy/gradient", "SymPy/verified", "gradient/CasADi"], rows))
    for name, k in (("SymPy/gradient", 5), ("SymPy/verified", 6), ("gradient/CasADi", 7)):
        ratios = [float(str(r[k])) for r in rows if not math.isnan(float(str(r[k])))]
        if ratios:
            print(f"{name}: {geometric_mean(ratios):.3g} (geometric mean of {len(ratios)})")


if __name__ == "__main__":
    main()
