"""What a site of verified derivations costs, beside the same formulas written by hand.

Two sites are built side by side, each build in a process of its own: one of `trace-derivative`
directives (the functions of `tests/literature/cases.jsonl`, each once), and one of `.. math::`
directives with the very LaTeX, labels and sentences that the first site displays.  CPU time is
that of the whole build with its readers and writers; wall time is given beside it.

    python benchmarks/site.py [--directives 1000] [--pages 100] [--runs 3] [--show matrix]
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docutils import nodes

ROOT = Path(__file__).parents[1]
CASES = ROOT / "tests" / "literature" / "cases.jsonl"
CACHE = "trace_derivative"
CONF = """
project = "site"
copyright = "nobody"
extensions = [{extensions}]
trace_derivative_show = {show!r}
math_number_all = False
"""


# ------------------------------------------------------------------------ the two sites


@dataclass(frozen=True)
class Site:
    """A folder of sources, and where it is built."""

    source: Path

    @property
    def out(self) -> Path:
        return self.source.with_name(f"{self.source.name}-html")

    @property
    def doctrees(self) -> Path:
        return self.source.with_name(f"{self.source.name}-doctrees")

    def forget(self, *, cache: bool = False) -> None:
        """Remove what was built; the cache only if that is wanted."""
        shutil.rmtree(self.out, ignore_errors=True)
        if cache:
            shutil.rmtree(self.doctrees, ignore_errors=True)
        for path in self.doctrees.glob("*"):
            if path.name != CACHE:
                path.unlink()

    def touch(self, number: int) -> None:
        """Change a word of one page."""
        page = self.source / "page000.rst"
        page.write_text(page.read_text("utf-8") + f"\nChange {number}.\n", "utf-8")


def directives(count: int) -> Iterator[str]:
    """Directives of different functions, in the order of the file; when all are used, doubled."""
    cases = [json.loads(line) for line in CASES.read_text("utf-8").splitlines()]
    seen: set[str] = set()
    factors = ("", *(f"{n}*" for n in range(2, 100)))
    for number, factor in enumerate(factors):
        for case in cases:
            lines = [f".. trace-derivative:: {_scaled(factor, case['expr'])}", *_options(case)]
            text = "\n   ".join(lines)
            if text in seen or len(seen) == count:
                continue
            seen.add(text)
            yield f"{text}\n   :label: {case['id']}-{number}\n"


def _scaled(factor: str, expression: str) -> str:
    return f"{factor}({expression})" if factor else expression


def _options(case: dict[str, Any]) -> Iterator[str]:
    kinds = {name: kind for name, kind in case.get("domain", {}).items() if kind != "any"}
    shapes = "; ".join(
        f"{name}: {' '.join(dims) or 'scalar'}" for name, dims in case["shapes"].items()
    )
    yield f":wrt: {case['wrt']}"
    yield f":shapes: {shapes}"
    for option, pairs in (("assume", kinds), ("structure", case.get("structure", {}))):
        if pairs:
            yield f":{option}: {'; '.join(f'{name}: {kind}' for name, kind in pairs.items())}"


def write_site(folder: Path, extensions: str, show: str, pages: Sequence[str]) -> Site:
    """A site of these pages, with a table of contents."""
    folder.mkdir(parents=True)
    (folder / "conf.py").write_text(CONF.format(extensions=extensions, show=show), "utf-8")
    toc = "Site\n====\n\n.. toctree::\n\n" + "".join(f"   page{n:03}\n" for n in range(len(pages)))
    (folder / "index.rst").write_text(toc, "utf-8")
    for number, text in enumerate(pages):
        title = f"Page {number}"
        (folder / f"page{number:03}.rst").write_text(f"{title}\n{'=' * 8}\n\n{text}", "utf-8")
    return Site(folder)


def derived_site(folder: Path, count: int, pages: int, show: str) -> Site:
    """The site whose formulas are derived."""
    blocks = list(directives(count))
    texts = ["\n".join(blocks[n::pages]) for n in range(pages)]
    return write_site(folder, '"sphinx_trace_derivative"', show, texts)


def written_site(folder: Path, built: Site) -> Site:
    """The same site as an author would have to write it, from the documents of the first."""
    texts = []
    for file in sorted(built.doctrees.glob("page*.doctree")):
        with file.open("rb") as stream:
            document: nodes.document = pickle.load(stream)
        texts.append("\n".join(_blocks(document)))
    return write_site(folder, "", "all", texts)


def _blocks(document: nodes.document) -> Iterator[str]:
    """The paragraphs, formulas and listings of a document in reStructuredText."""
    for node in document.findall():
        if isinstance(node, nodes.paragraph):
            yield "".join(_inline(child) for child in node.children) + "\n"
        elif isinstance(node, nodes.math_block):
            label = [f"   :label: {node['label']}\n"] if node["label"] else []
            body = [f"   {line}\n" for line in node.astext().splitlines()]
            yield "".join([".. math::\n", *label, "\n", *body])
        elif isinstance(node, nodes.literal_block):
            body = [f"   {line}\n" for line in node.astext().splitlines()]
            yield "".join([".. code-block:: python\n\n", *body])


def _inline(node: nodes.Node) -> str:
    if isinstance(node, nodes.math):
        return rf"\ :math:`{node.astext()}`\ "
    return re.sub(r"([\\`*_|])", r"\\\1", node.astext())


# ------------------------------------------------------------------------ measuring


@dataclass(frozen=True)
class Cost:
    """Seconds of one build."""

    cpu: float
    wall: float


def build(site: Site, jobs: int) -> Cost:
    """Build a site in a process of its own."""
    command = [sys.executable, "-m", "sphinx", "-q", "-j", str(jobs)]
    command += ["-d", str(site.doctrees), str(site.source), str(site.out)]
    path = os.pathsep.join([str(ROOT / "engine"), str(ROOT / "sphinxext")])
    # compiled files are part of an installation
    inherited = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    before, start = _children(), time.perf_counter()
    done = subprocess.run(
        command,
        env={**inherited, "PYTHONPATH": path},
        stderr=subprocess.PIPE,
        encoding="utf-8",
        check=False,
    )
    wall, cpu = time.perf_counter() - start, _children() - before
    if done.returncode != 0:
        raise SystemExit(done.stderr)
    return Cost(cpu, wall)


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


Prepare = Callable[[Site, int], None]

STATES: dict[str, Prepare] = {
    "cold": lambda site, _run: site.forget(cache=True),
    "warm": lambda site, _run: site.forget(),
    "one page": lambda site, run: site.touch(run),
    "no change": lambda _site, _run: None,
}
"""What is done before a build that follows another one."""


def measure(
    sites: Sequence[Site], states: Sequence[str], jobs: int, runs: int
) -> dict[str, list[list[Cost]]]:
    """For each state and site the cost of each run; the sites are built in turn."""
    found: dict[str, list[list[Cost]]] = {state: [[] for _ in sites] for state in states}
    for run in range(runs):
        for state, all_costs in found.items():
            for site, costs in zip(sites, all_costs, strict=True):
                STATES[state](site, run)
                costs.append(build(site, jobs))
    return found


def report(found: dict[str, list[list[Cost]]], jobs: int) -> Iterator[str]:
    """The medians of both sites and the median of their ratios, by state."""
    yield f"-j {jobs}".ljust(12) + "".join(
        f"{head:>14}" for head in ("derived CPU", "written CPU", "ratio", "derived wall", "ratio")
    )
    for state, (derived, written) in found.items():
        pairs = list(zip(derived, written, strict=True))
        cells = (
            statistics.median(c.cpu for c in derived),
            statistics.median(c.cpu for c in written),
            statistics.median(a.cpu / b.cpu for a, b in pairs),
            statistics.median(c.wall for c in derived),
            statistics.median(a.wall / b.wall for a, b in pairs),
        )
        yield state.ljust(12) + "".join(f"{cell:14.2f}" for cell in cells)


def main() -> None:
    """Write both sites, build them in every state, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--directives", type=int, default=1000)
    parser.add_argument("--pages", type=int, default=100)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--jobs", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--states", nargs="+", choices=[*STATES], default=[*STATES])
    parser.add_argument("--show", default="", help="the parts shown, as trace_derivative_show")
    options = parser.parse_args()
    show = options.show or "function, expansion, occurrences, matrix, substitutions, verification"
    with tempfile.TemporaryDirectory() as folder:
        derived = derived_site(Path(folder, "derived"), options.directives, options.pages, show)
        build(derived, max(options.jobs))
        written = written_site(Path(folder, "written"), derived)
        build(written, max(options.jobs))
        count = sum(
            file.read_text("utf-8").count(".. math::") for file in written.source.glob("page*")
        )
        print(f"{options.directives} directives on {options.pages} pages, {count} formulas")
        for jobs in options.jobs:
            found = measure((derived, written), options.states, jobs, options.runs)
            print("\n".join(report(found, jobs)), flush=True)
    print("seconds, medians; ratios are medians of pairs built one after the other")


if __name__ == "__main__":
    main()
