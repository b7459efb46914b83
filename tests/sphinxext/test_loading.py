"""The engine is loaded late, and once for all readers; the extension says what it is."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from tests.browser.builds import environment
from tests.sphinxext.conftest import CONF, Build, page

PROBE = """
import os, sys
from sphinx.application import Sphinx
source, out, doctrees, jobs = sys.argv[1:]

def loaded():
    return "trace_derivative.api" in sys.modules, "numpy" in sys.modules

app = Sphinx(source, source, out, doctrees, "html", status=None, parallel=int(jobs))
print("set up", *loaded())
parent = os.getpid()
def said(*_):
    if os.getpid() != parent:  # in one piece: several readers write to one pipe
        sys.stdout.write("fork {} {}\\n".format(*loaded()))

app.connect("doctree-read", said)
app.build()
print("built", *loaded())
"""


def run(source: Path, out: Path, jobs: int = 1) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-u", "-c", PROBE, *map(str, (source, out, out / "doctrees", jobs))],
        capture_output=True,
        encoding="utf-8",
        env=environment(),
        check=True,
    )
    return done.stdout.splitlines()


def project(source: Path, *pages: str, conf: str = "") -> None:
    source.mkdir(exist_ok=True)
    (source / "conf.py").write_text(f"{CONF}\n{conf}", encoding="utf-8")
    for name, text in zip(("index", "second", "third"), pages, strict=False):
        (source / f"{name}.rst").write_text(f":orphan:\n\n{page(text)}", encoding="utf-8")


def forget_output(out: Path) -> None:
    """Remove all but the cache."""
    for path in [*out.glob("*"), *(out / "doctrees").glob("*")]:
        if path.name == "trace_derivative" or path.name == "doctrees":
            continue
        shutil.rmtree(path) if path.is_dir() else path.unlink()


NEITHER, BOTH = "False False", "True True"


def test_engine_is_loaded_only_to_derive(tmp_path: Path) -> None:
    source, out = tmp_path / "source", tmp_path / "out"
    project(source, "Text.")
    assert run(source, out) == [f"set up {NEITHER}", f"built {NEITHER}"]
    project(source, ".. trace-derivative:: tr(A X B)")
    assert run(source, out) == [f"set up {NEITHER}", f"built {BOTH}"]
    assert run(source, out) == [f"set up {NEITHER}", f"built {NEITHER}"]
    forget_output(out)
    assert run(source, out) == [f"set up {NEITHER}", f"built {NEITHER}"]


def test_engine_is_loaded_before_the_fork_where_all_need_it(tmp_path: Path) -> None:
    source, out = tmp_path / "source", tmp_path / "out"
    block = ".. trace-derivative:: tr(A X B)"
    project(source, block, block, block)
    assert run(source, out, 2)[-1] == f"built {BOTH}"
    forget_output(out)
    warm = run(source, out, 2)
    assert warm == [f"set up {NEITHER}", *[f"fork {NEITHER}"] * 3, f"built {NEITHER}"]
    project(source, conf="trace_derivative_samples = 4")
    assert run(source, out, 2)[-1] == f"built {BOTH}"


def test_one_reader_loads_the_engine_for_itself(tmp_path: Path) -> None:
    source, out = tmp_path / "source", tmp_path / "out"
    block = ".. trace-derivative:: tr(A X B)"
    project(source, block, block, block)
    run(source, out, 2)
    project(source, ".. trace-derivative:: tr(A X B C)")
    assert run(source, out, 2) == [f"set up {NEITHER}", f"fork {BOTH}", f"built {NEITHER}"]


def test_metadata(build: Build) -> None:
    built = build({"index.rst": page("Text.")}, builder="dummy")
    extension = built.app.extensions["sphinx_trace_derivative"]
    assert extension.parallel_read_safe
    assert extension.parallel_write_safe
    assert extension.metadata["env_version"] >= 1
