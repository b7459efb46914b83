"""Sizes that are products and sums of dimensions."""

from __future__ import annotations

import pytest

from trace_derivative import sizes
from trace_derivative.sizes import Dim


@pytest.mark.parametrize(
    ("dims", "want"),
    [
        (("m", "n"), "m*n"),
        (("n", "m"), "m*n"),
        (("m", 1), "m"),
        ((1, 1), 1),
        ((2, 3), 6),
        (("m", 2), "2*m"),
        (("m*n", "m"), "m*m*n"),
        (("m+n", "p"), "m*p+n*p"),
        (("m+1", 2), "2*m+2"),
    ],
)
def test_product(dims: tuple[Dim, ...], want: Dim) -> None:
    assert sizes.product(*dims) == want


@pytest.mark.parametrize(
    ("dims", "want"),
    [
        (("m", "n"), "m+n"),
        (("n", "m"), "m+n"),
        (("m", "m"), "2*m"),
        (("m*n", 3, "p"), "m*n+p+3"),
        ((2, 3), 5),
    ],
)
def test_total(dims: tuple[Dim, ...], want: Dim) -> None:
    assert sizes.total(*dims) == want


def test_a_size_has_a_value() -> None:
    found = {"m": 3, "n": 5}
    assert sizes.value("2*m*n+m+7", found.__getitem__) == 40
    assert sizes.value(4, found.__getitem__) == 4


def test_a_size_is_written_with_other_names() -> None:
    assert sizes.written("2*m*n+p", str.upper, " ", " + ") == "2 M N + P"


def test_factors_are_those_of_a_product() -> None:
    assert sizes.factors("2*m*n") == (2, "m", "n")
    assert sizes.factors("m+n") == ("m+n",)
    assert sizes.factors(6) == (6,)
