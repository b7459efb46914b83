"""Real Sphinx applications on tiny projects: `build({"index.rst": ...}).page("index.html")`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from docutils import nodes
from sphinx.testing.util import SphinxTestApp

from sphinx_trace_derivative.domain import TraceDerivativeDomain
from sphinx_trace_derivative.records import DOMAIN, Record

CONF = """
project = "tiny"
version = "1"
extensions = ["sphinx_trace_derivative"]
"""


@dataclass
class Built:
    """A project that was built, and what came of it."""

    app: SphinxTestApp

    @property
    def log(self) -> str:
        """The log of warnings, without colours and without the folder of the test."""
        text = re.sub(r"\x1b\[[0-9;]*m", "", self.app.warning.getvalue())
        return text.replace(f"{self.app.srcdir}/", "")

    @property
    def warnings(self) -> list[str]:
        """The first line of each warning."""
        return [line for line in self.log.splitlines() if "WARNING: " in line or "ERROR: " in line]

    @property
    def folder(self) -> Path:
        """Where the output is."""
        return Path(self.app.outdir)

    def page(self, name: str = "index.html") -> str:
        """The text of an output file; of an HTML page only the body of the document."""
        text = (self.folder / name).read_text(encoding="utf-8")
        return text.split('role="main">')[-1].split("sphinxsidebar")[0]

    def doctree(self, docname: str = "index") -> nodes.document:
        """A document as it was read."""
        return self.app.env.get_doctree(docname)

    def records(self, docname: str = "index") -> list[Record]:
        """What the domain keeps of a document."""
        domain = self.app.env.get_domain(DOMAIN)
        assert isinstance(domain, TraceDerivativeDomain)
        return domain.records.get(docname, [])


Build: TypeAlias = Callable[..., Built]


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """`build(files)` writes what changed of a project and builds it; call it again to rebuild."""

    def run(
        files: Mapping[str, str],
        *,
        builder: str = "html",
        out: str = "out",
        jobs: int = 1,
        **config: Any,
    ) -> Built:
        source = tmp_path / "source"
        for name, text in {"conf.py": CONF, **files}.items():
            path = source / name
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
        app = SphinxTestApp(
            builder, srcdir=source, builddir=tmp_path / out, confoverrides=config, parallel=jobs
        )
        try:
            app.build()
        finally:
            app.cleanup()
        return Built(app)

    return run


def page(*blocks: str, title: str = "Title") -> str:
    """A reStructuredText page of these blocks."""
    return "\n\n".join([f"{title}\n{'=' * len(title)}", *blocks, ""])
