"""Times of works measured in turn in one run, medians, fitted exponents, and tables of them."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

Work = Callable[[], object]


def milliseconds(work: Work, before: Work = lambda: None) -> float:
    """How long a work takes; what is done `before` is not counted."""
    before()
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1e3


IN_A_ROW = 5
"""How often each work is measured in one turn."""


def in_turn(works: Mapping[str, tuple[Work, Work]], runs: int) -> dict[str, float]:
    """The median of each work, `(before, work)`, all of them measured in turn `runs` times.

    In each turn a work is measured several times in a row, and all of these times count: right
    after another work its code and data are no longer in the processor's caches, and what is
    measured is mostly memory.
    """
    for before, work in works.values():
        milliseconds(work, before)
    times: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(runs):
        for name, (before, work) in works.items():
            times[name] += [milliseconds(work, before) for _ in range(IN_A_ROW)]
    return {name: statistics.median(found) for name, found in times.items()}


def geometric_mean(values: Iterable[float]) -> float:
    """The geometric mean of positive numbers."""
    logs = [math.log(v) for v in values]
    return math.exp(sum(logs) / len(logs))


def exponent(sizes: Sequence[float], times: Sequence[float]) -> float:
    """The slope of the straight line through the logarithms: time grows as size to this power."""
    x, y = [math.log(n) for n in sizes], [math.log(t) for t in times]
    mx, my = statistics.mean(x), statistics.mean(y)
    return sum((a - mx) * (b - my) for a, b in zip(x, y, strict=True)) / sum(
        (a - mx) ** 2 for a in x
    )


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table in plain text, numbers to three digits."""
    cells = [list(head), *[[_cell(c) for c in row] for row in rows]]
    widths = [max(len(row[k]) for row in cells) for k in range(len(head))]
    lines = ["  ".join(c.rjust(w) for c, w in zip(row, widths, strict=True)) for row in cells]
    return "\n".join([lines[0], "  ".join("-" * w for w in widths), *lines[1:]])


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "-" if math.isnan(value) else f"{value:.3g}" if value < 1000 else f"{value:.0f}"
    return str(value)
