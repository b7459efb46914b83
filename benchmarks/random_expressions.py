"""Random well-typed expressions of the whole language against an oracle, and random texts.

`python benchmarks/random_expressions.py --count 1000000 --jobs 2 --out report.txt`; the same seed
and number give the same expression.  `--only NUMBER` shows one.  What is counted stands in
`tests/random_expressions/check.py`.
"""

from __future__ import annotations

import argparse
import gc
import multiprocessing
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.random_expressions.check import (
    CRASH,
    REFUSED,
    WRONG,
    Depth,
    Verdict,
    check,
    shrunk,
)
from tests.random_expressions.generate import case
from tests.random_expressions.texts import bad_text, check_text

import trace_derivative as td

CHUNK = 1000


@dataclass(slots=True)
class Tally:
    """Counts of verdicts and of reasons, failures as text, and the slowest cases."""

    kinds: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    slowest: list[tuple[float, str]] = field(default_factory=list)
    seconds: float = 0.0

    def add(self, other: Tally) -> None:
        """Put another tally to this one."""
        self.kinds += other.kinds
        self.reasons += other.reasons
        self.failures += other.failures
        self.slowest = sorted(self.slowest + other.slowest, reverse=True)[:10]
        self.seconds += other.seconds


@dataclass(frozen=True, slots=True)
class Job:
    """A run of consecutive numbers."""

    seed: str
    start: int
    stop: int
    every: int
    texts: bool
    deadline: float


def _prepare() -> None:
    """Collect garbage less often: tables of nodes make it slow."""
    gc.set_threshold(200_000, 50, 1000)


def work(job: Job) -> Tally:
    """The tally of one run."""
    tally = Tally()
    one = _text if job.texts else _expression
    for number in range(job.start, job.stop):
        if time.time() > job.deadline:
            break
        depth = Depth.of(number, job.every)
        start = time.perf_counter()
        verdict, call = one(job.seed, number, depth, tally)
        taken = time.perf_counter() - start
        tally.seconds += taken
        tally.slowest.append((round(taken, 2), f"{number} ({depth.name.lower()}): {call[:160]}"))
        tally.kinds[verdict.kind] += 1
        if verdict.kind == REFUSED:
            tally.reasons[verdict.reason] += 1
    tally.slowest = sorted(tally.slowest, reverse=True)[:5]
    td.clear_caches()
    gc.collect()
    return tally


def _expression(seed: str, number: int, depth: Depth, tally: Tally) -> tuple[Verdict, str]:
    made = case(seed, number)
    verdict = check(made, number, depth)
    if verdict.bad:
        less = shrunk(made, verdict, number, depth, seconds=20)
        tally.failures.append(
            f"{verdict.kind} {number}: {verdict.reason}\n  {verdict.detail}\n"
            f"  {made.call}\n  shrunk: {less.call}"
        )
    return verdict, made.call


def _text(seed: str, number: int, depth: Depth, tally: Tally) -> tuple[Verdict, str]:
    text, options = bad_text(seed, number)
    verdict = check_text(text, options, thorough=depth is Depth.ALL)
    call = f"td.derive({text!r}, 'X', **{options!r})"
    if verdict.bad:
        tally.failures.append(
            f"{verdict.kind} text {number}: {verdict.reason}\n  {verdict.detail}\n  {call}"
        )
    return verdict, call


def jobs(arguments: argparse.Namespace) -> Iterator[Job]:
    """The runs; what comes after the deadline is left out."""
    deadline = time.time() + arguments.budget
    for start in range(arguments.start, arguments.start + arguments.count, CHUNK):
        end = min(start + CHUNK, arguments.start + arguments.count)
        yield Job(arguments.seed, start, end, arguments.every, arguments.texts, deadline)


def report(tally: Tally, elapsed: float) -> str:
    """The summary."""
    count = max(1, sum(tally.kinds.values()))
    lines = [
        f"{count} cases in {elapsed:.0f} s; {1e3 * tally.seconds / count:.2f} ms each on a core",
        *[f"{n:9}  {100 * n / count:7.3f} %  {kind}" for kind, n in tally.kinds.most_common()],
        "refused, by reason:",
        *[f"{n:9}  {reason}" for reason, n in tally.reasons.most_common()],
        "slowest:",
        *[f"{seconds:9} s  {call}" for seconds, call in tally.slowest],
        f"failures: {tally.kinds[WRONG]} {WRONG}, {tally.kinds[CRASH]} {CRASH}",
        *tally.failures,
    ]
    return "\n".join(lines)


def main() -> int:
    """Run and print the summary; the status is 1 where something failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--start", type=int, default=0, help="number of the first expression")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--budget", type=float, default=float("inf"), help="seconds")
    parser.add_argument("--every", type=int, default=100, help="how often all is checked")
    parser.add_argument("--texts", action="store_true", help="random texts, most of them bad")
    parser.add_argument("--only", type=int, help="show this one")
    parser.add_argument("--out", type=Path, help="file for the summary, brought up to date")
    arguments = parser.parse_args()
    if arguments.only is not None:
        n = arguments.only
        arguments.start, arguments.count, arguments.jobs = n, 1, 1
    start, tally, last = time.monotonic(), Tally(), 0.0
    with multiprocessing.Pool(arguments.jobs, initializer=_prepare) as pool:
        for part in pool.imap_unordered(work, jobs(arguments)):
            tally.add(part)
            if arguments.out and time.monotonic() - last > 20:
                last = time.monotonic()
                arguments.out.write_text(report(tally, last - start), encoding="utf-8")
    summary = report(tally, time.monotonic() - start)
    print(summary)
    if arguments.out:
        arguments.out.write_text(summary + "\n", encoding="utf-8")
    return 1 if tally.failures else 0


if __name__ == "__main__":
    raise SystemExit(main())
