"""Sphinx extension: derivatives of traces, derived, typeset and verified from their expression.

`setup()` imports no engine: a build that derives nothing, because nothing is read or because the
cache knows it all, stays free of it.
"""

from __future__ import annotations

from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util.typing import ExtensionMetadata

from . import config, domain, lookup, nodes, transforms
from .directives import TraceDerivativeDirective
from .locale import CATALOG, LOCALE_DIR
from .roles import TraceDerivativeRole

__all__ = ["ENV_VERSION", "__version__", "setup"]

__version__ = "0.1.0"

ENV_VERSION = 3
"""Raised whenever the shape of what is pickled with the documents changes."""

_STATIC = Path(__file__).parent / "static"
_STYLE = "trace-derivative.css"


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register everything with Sphinx."""
    app.add_message_catalog(CATALOG, LOCALE_DIR)
    config.register(app)
    nodes.register(app)
    domain.register(app)
    lookup.register(app)
    transforms.register(app)
    app.add_directive("trace-derivative", TraceDerivativeDirective)
    app.add_role("trace-derivative", TraceDerivativeRole())
    app.add_css_file(_STYLE)
    app.connect("config-inited", config.warn_of_invalid)
    app.connect("config-inited", _add_static)
    return {
        "version": __version__,
        "env_version": ENV_VERSION,
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }


def _add_static(_app: Sphinx, project: Config) -> None:
    project.html_static_path = [*project.html_static_path, str(_STATIC)]
