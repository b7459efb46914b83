"""What many tests share: the tools that look at pages as a reader does, and the built docs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TypeAlias

import pytest
from filelock import FileLock
from hypothesis import settings

from tests.browser import Browser, Mathjax, program, serve, sphinx_build

ROOT = Path(__file__).parents[1]

# How long one example takes says nothing on a machine that does other things as well.
# In CI the same examples are drawn each time; elsewhere new ones are looked for.
settings.register_profile("shared machine", deadline=None, print_blob=True)
settings.register_profile("ci", deadline=None, print_blob=True, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") == "true" else "shared machine")

MakeFolder: TypeAlias = Callable[[str, Callable[[Path], object]], Path]


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> MakeFolder:
    """`once(name, fill)`: a folder that is filled once in a run, whichever worker comes first."""
    shared = tmp_path_factory.getbasetemp()
    if worker_id != "master":
        shared = shared.parent

    def folder(name: str, fill: Callable[[Path], object]) -> Path:
        path, done = shared / name, shared / f"{name}.done"
        with FileLock(shared / f"{name}.lock"):
            if not done.exists():
                fill(path)
                done.touch()
        return path

    return folder


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of Chromium."""
    return program("chromium", "chromium-browser", "google-chrome")


@pytest.fixture
def browse(chromium: str) -> Iterator[Callable[[Path], Browser]]:
    """`browse(folder)`: headless Chromium on a folder of built pages."""
    with ExitStack() as servers:
        yield lambda folder: Browser(chromium, servers.enter_context(serve(folder)))


@pytest.fixture(params=[3, 4], ids=["mathjax3", "mathjax4"])
def mathjax(request: pytest.FixtureRequest) -> Mathjax:
    """Each of the two MathJax versions that Sphinx loads by default, from node_modules."""
    version: int = request.param
    return Mathjax(version)


@pytest.fixture(scope="session")
def docs_html(once: MakeFolder) -> Path:
    """The built documentation of this project, warnings being errors."""
    return once("docs-html", lambda out: sphinx_build(ROOT / "docs", out, "html"))
