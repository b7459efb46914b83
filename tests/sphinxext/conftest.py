"""Real Sphinx applications on tiny projects: `build({"index.rst": ...}).page("index.html")`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from docutils import nodes
from sphinx.testing.util import SphinxTestApp
from sphinx.util.console import strip_escape_sequences

from tests.sphinxext import fake_engine

fake_engine.install()

CONF = """
project = "tiny"
extensions = ["sphinx_trace_derivative"]
"""


@dataclass
class Built:
    """A project that was built, and what came of it."""

    app: SphinxTestApp

    @property
    def warnings(self) -> list[str]:
        """The lines of the log of warnings, without colours and without the folder of the test."""
        text = strip_escape_sequences(self.app.warning.getvalue())
        return [line for line in text.splitlines() if line]

    def page(self, name: str) -> str:
        """The text of an output file."""
        return (Path(self.app.outdir) / name).read_text(encoding="utf-8")

    def doctree(self, docname: str = "index") -> nodes.document:
        """A document as it was read."""
        return self.app.env.get_doctree(docname)


Build: TypeAlias = Callable[..., Built]


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """Write the files of a project (those that are given) and build it; call it again to rebuild."""

    def run(
        files: Mapping[str, str] | None = None,
        *,
        builder: str = "html",
        out: str = "out",
        jobs: int = 1,
        fresh: bool = False,
        **config: Any,
    ) -> Built:
        source = tmp_path / "source"
        source.mkdir(exist_ok=True)
        for name, text in {"conf.py": CONF, **(files or {})}.items():
            path = source / name
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
        app = SphinxTestApp(
            builder,
            srcdir=source,
            builddir=tmp_path / out,
            confoverrides=config,
            freshenv=fresh,
            parallel=jobs,
        )
        try:
            app.build()
        finally:
            app.cleanup()
        return Built(app)

    return run
