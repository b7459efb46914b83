"""Garbage collections while documents are derived: off in between, on again after each."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from sphinx_trace_derivative.garbage import MOST, Pause


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Leave collections as they were."""
    were_on = gc.isenabled()
    gc.enable()
    yield
    (gc.enable if were_on else gc.disable)()


def test_off_until_the_end_of_a_document() -> None:
    pause = Pause()
    for _ in range(2):
        pause.begin()
        pause.begin()
        assert not gc.isenabled()
        pause.end()
        assert gc.isenabled()


def test_on_again_in_a_long_document() -> None:
    pause = Pause()
    for _ in range(MOST):
        pause.begin()
        assert not gc.isenabled()
    for _ in range(3):
        pause.begin()
        assert gc.isenabled()
    pause.end()
    pause.begin()
    assert not gc.isenabled()


def test_what_somebody_else_has_switched_off_stays_off() -> None:
    gc.disable()
    pause = Pause()
    pause.begin()
    pause.end()
    assert not gc.isenabled()
