"""Each stage's share of a verified derivation, over the functions of the notes.

`python benchmarks/stages.py [--runs 9]`: a stage is what its first use adds, everything before it
being there already; medians, summed over the functions.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

from functions import NOTES
from measure import table

import trace_derivative as td
from trace_derivative.parse import parse

STAGES: tuple[tuple[str, Callable[[Any], object]], ...] = (
    ("shapes, expressions", lambda d: d.function),
    ("identities", lambda d: d.account),
    ("simplify", lambda d: d.gradient),
    ("text", lambda d: str(d.gradient)),
    ("expand", lambda d: d.expansion),
    ("differentiate", lambda d: d.occurrences),
    ("assemble", lambda d: d.contributions),
    ("index gradient", lambda d: d.index_gradient),
    ("steps", lambda d: d.steps),
    ("samples", lambda d: d.samples),
    ("verify", lambda d: d.verification),
    ("render", lambda d: d.latex()),
)


def once(text: str, wrt: str, shapes: str) -> dict[str, float]:
    """Milliseconds of each stage."""
    td.clear_caches()
    found: dict[str, float] = {}
    start = time.perf_counter()
    parse(text)
    found["parse"] = time.perf_counter() - start
    start = time.perf_counter()
    d = td.derive(text, wrt=wrt, shapes=shapes or None)
    for name, stage in STAGES:
        stage(d)
        now = time.perf_counter()
        found[name] = now - start
        start = now
    found["shapes, expressions"] -= found["parse"]
    return {name: 1e3 * taken for name, taken in found.items()}


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=9)
    runs = parser.parse_args().runs
    total: dict[str, float] = {}
    for _, *call in NOTES:
        once(*call)
        each = [once(*call) for _ in range(runs)]
        for name in each[0]:
            total[name] = total.get(name, 0.0) + statistics.median(e[name] for e in each)
    whole = sum(total.values())
    rows = [[name, t / len(NOTES), f"{100 * t / whole:.0f} %"] for name, t in total.items()]
    print(table(["stage", "ms a function", "share"], [*rows, ["all", whole / len(NOTES), ""]]))


if __name__ == "__main__":
    main()
