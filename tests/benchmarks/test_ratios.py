"""Nothing has become much slower: ratios of works measured in turn in this process.

No test knows how fast the machine is.  What is compared is CPU time, the least of several runs of
each work; where a ratio exceeds its bound, more runs are made before the test fails.  The bounds
are so wide that only a change of the order of growth, or of a factor of ten, exceeds them.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from benchmarks.functions import NOTES, by_sympy, gradient, verified
from benchmarks.series import chain, nested, network, power, sums_of_products
from sympy.core.cache import clear_cache

import trace_derivative as td
from sphinx_trace_derivative.config import Settings
from sphinx_trace_derivative.lookup import find
from sphinx_trace_derivative.options import read_request
from tests.test_imports import loaded_by

Work = Callable[[], object]
RUNS = 12
"""So many times two works may be run in turn before their ratio counts as exceeded."""


def seconds(work: Work) -> float:
    """The CPU time of a work that finds nothing remembered."""
    td.clear_caches()
    clear_cache()
    start = time.process_time()
    work()
    return time.process_time() - start


def ratios(work: Work, other: Work) -> Iterator[float]:
    """The time of a work in terms of the other's, the least of ever more runs of each."""
    least, least_other = math.inf, math.inf
    for _ in range(RUNS):
        least = min(least, seconds(work))
        least_other = min(least_other, seconds(other))
        yield least / least_other


def assert_within(bound: float, work: Work, other: Work) -> None:
    """The work takes at most `bound` times as long as the other."""
    seconds(other)  # the first run imports
    found = []
    for ratio in ratios(work, other):
        if ratio <= bound:
            return
        found.append(round(ratio, 3))
    raise AssertionError(f"more than {bound:.3g} times as long: {found}")


# ------------------------------------------------------------------------ beside SymPy

SYMPY = by_sympy()
SHARED = {label: call for label, *call in NOTES if label in SYMPY}


@pytest.mark.parametrize("label", SHARED)
def test_gradient_takes_a_fraction_of_sympy(label: str) -> None:
    """From text to text, beside a bare `diff`; it is 30 to 90 times as fast."""
    assert_within(1 / 8, partial(gradient, *SHARED[label]), SYMPY[label])


@pytest.mark.parametrize("label", SHARED)
def test_verified_derivation_does_not_take_much_longer_than_sympy(label: str) -> None:
    """All steps checked and typeset, beside a bare `diff`; it takes a third of the time."""
    assert_within(2, partial(verified, *SHARED[label]), SYMPY[label])


# ------------------------------------------------------------------------ growth


@pytest.mark.parametrize(
    ("work", "make", "small", "large", "bound"),
    [
        # Two to three times the ratio of today; one more factor `n` is four times.
        pytest.param(gradient, chain, 12, 48, 28, id="chain"),
        pytest.param(gradient, network, 12, 48, 14, id="network"),
        pytest.param(gradient, nested, 12, 48, 9, id="nested products"),
        pytest.param(gradient, sums_of_products, 12, 48, 8, id="sum of products"),
        pytest.param(gradient, power, 2, 5, 4, id="power"),
        pytest.param(verified, chain, 2, 8, 18, id="verified chain"),
        pytest.param(verified, network, 2, 8, 14, id="verified network"),
        pytest.param(verified, sums_of_products, 3, 12, 10, id="verified sum of products"),
        pytest.param(verified, power, 2, 4, 9, id="verified power"),
    ],
)
def test_cost_does_not_grow_faster(
    work: Callable[[str, str], str],
    make: Callable[[int], tuple[str, str]],
    small: int,
    large: int,
    bound: float,
) -> None:
    assert_within(bound, partial(work, *make(large)), partial(work, *make(small)))


# ------------------------------------------------------------------------ the cache of a site


def test_cached_page_takes_a_fraction_of_its_derivation(tmp_path: Path) -> None:
    env: Any = SimpleNamespace(doctreedir=tmp_path)
    settings, uncached = Settings(), Settings(cache=False)
    text, options = "tr(A X X^T B C X^T X C)", {"wrt": "X"}
    kept, derived = (read_request(text, options, s) for s in (settings, uncached))
    find(env, kept)
    assert_within(1 / 15, partial(find, env, kept), partial(find, env, derived))


# ------------------------------------------------------------------------ imports


def test_package_loads_one_module_until_it_is_used() -> None:
    loaded = loaded_by("import trace_derivative")
    assert {m for m in loaded if m.startswith("trace_derivative")} == {"trace_derivative"}
    assert "numpy" not in loaded


def test_gradient_is_derived_without_sympy() -> None:
    loaded = loaded_by("import trace_derivative as td\nstr(td.derive('tr(A X B)', 'X').gradient)")
    assert "sympy" not in loaded


def test_extension_loads_neither_engine_nor_numpy() -> None:
    loaded = loaded_by("import sphinx_trace_derivative")
    assert not {"trace_derivative", "numpy", "sympy"} & loaded
