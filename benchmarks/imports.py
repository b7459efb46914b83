"""Import times beyond NumPy's and Sphinx's own, in fresh processes, and the peak of memory.

`python benchmarks/imports.py [--runs 7]`; CPU time in milliseconds, medians.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys

from measure import table

_SPHINX = """
import sphinx.application, sphinx.builders.html, sphinx.cmd.build, sphinx.domains.math
import sphinx.ext.mathjax, sphinx.transforms.post_transforms, sphinx.util.docutils
"""
"""What a build has loaded anyway."""

CASES = {
    "import trace_derivative": ("import numpy", "import trace_derivative"),
    "first derivation": (
        "import numpy",
        "import trace_derivative as td; str(td.derive('tr(A X B)', 'X').gradient)",
    ),
    "import sphinx_trace_derivative": (
        _SPHINX,
        "import sphinx_trace_derivative",
    ),
    "import sympy (for comparison)": ("import numpy", "import sympy"),
}
_CODE = """
{before}
import gc, resource, sys, time
gc.collect()  # what is left over of before is not counted
start = time.process_time()
{work}
taken = time.process_time() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(taken * 1e3, peak, 'sympy' in sys.modules)
"""


def once(before: str, work: str) -> tuple[float, float, str]:
    """Milliseconds, peak of memory in MB, and whether SymPy was loaded."""
    code = _CODE.format(before=before, work=work)
    # compiled files are part of an installation
    env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env
    )
    taken, memory, loaded = done.stdout.split()
    return float(taken), float(memory), loaded


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    runs = parser.parse_args().runs
    found: dict[str, list[tuple[float, float, str]]] = {name: [] for name in CASES}
    for _ in range(runs + 1):  # the first one writes the compiled files
        for name, case in CASES.items():
            found[name].append(once(*case))
    rows = [
        [
            name,
            statistics.median(taken for taken, _, _ in all_[1:]),
            max(memory for _, memory, _ in all_),
            all_[0][2],
        ]
        for name, all_ in found.items()
    ]
    print(table(["", "ms", "peak MB", "SymPy loaded"], rows))


if __name__ == "__main__":
    main()
