"""Find a tool that a test needs; a test without its tool is skipped with a reason, or fails.

It fails where `TRACE_DERIVATIVE_REQUIRE_TOOLS=1` says that everything has been installed, as
`.ci/run` does: there a missing tool means that nothing was tested.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest

HERE = Path(__file__).parent
REQUIRE_TOOLS = "TRACE_DERIVATIVE_REQUIRE_TOOLS"


def program(*names: str) -> str:
    """The path of the first of these programs that is installed."""
    found = next(filter(None, map(shutil.which, names)), None)
    return found or _missing(f"{' or '.join(names)} is not installed")


def node_modules() -> Path:
    """The folder of the Node packages in tests/browser/package.json."""
    folder = HERE / "node_modules"
    if not all((folder / package).is_dir() for package in ("katex", "mathjax", "mathjax4")):
        _missing("the Node packages are not installed (npm ci --prefix tests/browser)")
    return folder


def _missing(reason: str) -> NoReturn:
    if os.environ.get(REQUIRE_TOOLS) == "1":
        pytest.fail(f"{reason}, and {REQUIRE_TOOLS}=1 demands it", pytrace=False)
    pytest.skip(reason)
