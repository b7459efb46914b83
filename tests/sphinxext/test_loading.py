"""The engine is loaded late, and before Sphinx forks; the extension says what it is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.browser.builds import environment
from tests.sphinxext.conftest import CONF, Build, page

PROBE = """
import sys
from sphinx.application import Sphinx
app = Sphinx(*[sys.argv[1]] * 2, sys.argv[2], sys.argv[3], "html", status=None)
print("set up", "trace_derivative.api" in sys.modules, "numpy" in sys.modules)
app.build()
print("built", "trace_derivative.api" in sys.modules)
"""


def run(source: Path, out: Path) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", PROBE, str(source), str(out), str(out / "doctrees")],
        capture_output=True,
        encoding="utf-8",
        env=environment(),
        check=True,
    )
    return done.stdout.split("\n")


def test_engine_is_loaded_only_to_read(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "conf.py").write_text(CONF, encoding="utf-8")
    (source / "index.rst").write_text(page("Text."), encoding="utf-8")
    first = run(source, tmp_path / "out")
    second = run(source, tmp_path / "out")
    assert first[:2] == ["set up False False", "built True"]
    assert second[:2] == ["set up False False", "built False"]


def test_metadata(build: Build) -> None:
    built = build({"index.rst": page("Text.")}, builder="dummy")
    extension = built.app.extensions["sphinx_trace_derivative"]
    assert extension.parallel_read_safe
    assert extension.parallel_write_safe
    assert extension.metadata["env_version"] >= 1
