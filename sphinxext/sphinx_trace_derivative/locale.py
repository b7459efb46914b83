"""The sentences of the extension itself, translated to the language of the project."""

from __future__ import annotations

from pathlib import Path

from sphinx.locale import get_translation

__all__ = ["CATALOG", "LOCALE_DIR", "translate"]

CATALOG = "sphinx_trace_derivative"
LOCALE_DIR = Path(__file__).parent / "locale"

translate = get_translation(CATALOG)
