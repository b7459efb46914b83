"""Run a Sphinx build in a process of its own, as a user would; offline, with a local MathJax."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .needs import node_modules

ROOT = Path(__file__).parents[2]
SPHINX = (sys.executable, "-m", "sphinx")
SOURCES = (ROOT / "engine", ROOT / "sphinxext")


def environment(**extra: str) -> dict[str, str]:
    """The environment of a child process that imports this checkout's two packages."""
    path = os.pathsep.join([*map(str, SOURCES), os.environ.get("PYTHONPATH", "")])
    return {**os.environ, "PYTHONPATH": path.rstrip(os.pathsep), **extra}


def sphinx_build(
    source: Path,
    out: Path,
    builder: str = "html",
    *options: str,
    settings: Mapping[str, str] | None = None,
    warnings_are_errors: bool = True,
    **variables: str,
) -> str:
    """Build `source` into `out` and return what Sphinx printed; a failure raises with all of it.

    `settings` override conf.py (`-D`), `variables` are added to the environment.
    """
    strict = ("-nW", "--keep-going") if warnings_are_errors else ("-n",)
    # The doctrees stay out of the output, which an epub would want to swallow.
    doctrees = out.with_name(f"{out.name}.doctrees")
    overrides = [f"-D{name}={value}" for name, value in (settings or {}).items()]
    done = subprocess.run(
        [
            *(*SPHINX, "-b", builder, "-d", str(doctrees), *strict),
            *(*options, *overrides, str(source), str(out)),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        env=environment(**variables),
        check=False,
    )
    if done.returncode != 0:
        raise AssertionError(f"sphinx-build -b {builder} {source} failed:\n{done.stdout}")
    return done.stdout


@dataclass(frozen=True)
class Mathjax:
    """The MathJax of node_modules, version 3 or 4, laid into a project's static files.

    A Sphinx project uses its own conf.py and takes what is here as well: `install` writes the
    files and returns the lines to add to conf.py.
    """

    version: int = 3

    def install(self, project: Path) -> str:
        """Copy MathJax into `project`/_mathjax; returns the lines for conf.py that load it."""
        target = project / "_mathjax"
        static = f"html_static_path = [*globals().get('html_static_path', []), '{target.name}']\n"
        modules = node_modules()
        if self.version == 3:
            shutil.copytree(
                modules / "mathjax" / "es5", target / "mathjax", ignore=_ignore, dirs_exist_ok=True
            )
            return f"{static}mathjax_path = 'mathjax/tex-mml-chtml.js'\n"
        shutil.copytree(modules / "mathjax4", target / "mathjax", ignore=_ignore)
        font = Path("@mathjax", "mathjax-newcm-font")
        shutil.copytree(modules / font / "chtml", target / font / "chtml")
        shutil.copyfile(modules / font / "chtml.js", target / font / "chtml.js")
        config = {"loader": {"paths": {"fonts": "[mathjax]/../@mathjax"}}}
        return f"{static}mathjax_path = 'mathjax/tex-mml-chtml.js'\nmathjax4_config = {config}\n"


def _ignore(_: str, names: list[str]) -> set[str]:
    """Of MathJax only what a page with CHTML output loads."""
    return {name for name in names if "svg" in name}
