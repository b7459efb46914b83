"""The documentation of sphinx-trace-derivative."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sphinx.application import Sphinx

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))

project = "sphinx-trace-derivative"
author = "the sphinx-trace-derivative developers"
copyright = f"2026, {author}"  # noqa: A001
release = tomllib.loads((HERE.parent / "pyproject.toml").read_text("utf-8"))["project"]["version"]
version = release

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx_copybutton",
    "gallery",
    "operator_tables",
    "reference",
    "sphinx_trace_derivative",
]
exclude_patterns = ["_build"]

myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "none"

html_theme = "furo"
html_title = f"{project} {release}"
html_copy_source = False
html_static_path = ["_static"]
html_css_files = ["gallery.css"]
default_role = "code"
copybutton_prompt_text = r"\$ |>>> |\.\.\. "
copybutton_prompt_is_regexp = True

latex_engine = "pdflatex"
# Signs of the engine's Unicode text, in blocks that show what the command line prints.
LATEX_SIGNS = {
    "Σ": r"\Sigma",
    "∂": r"\partial",
    "ᵀ": r"{}^{T}",
    "𝟏": r"\mathbf{1}",
    "⊙": r"\odot",
    "⊘": r"\oslash",
    "∘": r"\circ",
    "⊗": r"\otimes",
    "‖": r"\|",
    "≠": r"\neq",
    "⁻": r"{}^{-}",
    "¹": r"{}^{1}",
    "²": r"{}^{2}",
    "λ": r"\lambda",
    "✓": r"\checkmark",
}
latex_elements = {
    "preamble": "\n".join(
        rf"\DeclareUnicodeCharacter{{{ord(sign):04X}}}{{\ensuremath{{{command}}}}}"
        for sign, command in LATEX_SIGNS.items()
    )
}
latex_documents = [("index", f"{project}.tex", project, author, "manual")]

# Formulas are typeset without the network: MathJax is copied into the pages. It comes from the
# package sphinx-mathjax-offline, or from the folder that TRACE_DERIVATIVE_MATHJAX names (the one
# with tex-mml-chtml.js in it). Where neither exists, Sphinx's default address is used.


def local_mathjax() -> Path | None:
    """The folder of a local MathJax 3, if there is one."""
    if given := os.environ.get("TRACE_DERIVATIVE_MATHJAX"):
        return Path(given)
    package = importlib.util.find_spec("sphinx-mathjax-offline")
    if package is None or package.origin is None:
        return None
    return Path(package.origin).parent / "static" / "mathjax"


MATHJAX = local_mathjax()
if MATHJAX is not None:
    mathjax_path = "mathjax/tex-mml-chtml.js"


def copy_mathjax(app: Sphinx) -> None:
    """Copy what a page loads: the script, the extensions of TeX, the fonts."""
    if MATHJAX is None or app.builder.format != "html" or app.builder.name == "epub":
        return
    target = app.outdir / "_static" / "mathjax"
    for name in ("tex-mml-chtml.js", "input/tex/extensions", "output/chtml/fonts", "a11y", "ui"):
        source = MATHJAX / name
        if source.is_dir():
            shutil.copytree(source, target / name, dirs_exist_ok=True)
        else:
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target / name)


# The gallery was one page once; its old address leads to the new one.
MOVED = {"gallery": ("Gallery", "gallery/index.html")}


def moved_pages(app: Sphinx) -> Iterator[tuple[str, dict[str, str], str]]:
    """A page with a link at each old address; where pages are folders, it is the new one."""
    if app.builder.name == "html":
        for page, (title, target) in MOVED.items():
            body = f'<h1>{title}</h1><p>This page is <a href="{target}">here</a> now.</p>'
            yield page, {"title": title, "body": body}, "page.html"


def setup(app: Sphinx) -> None:
    """Copy MathJax before the first page is written, add the pages at old addresses."""
    app.connect("builder-inited", copy_mathjax)
    app.connect("html-collect-pages", moved_pages)
