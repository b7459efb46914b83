"""What a reader sees: helpers that look at built pages, formulas and PDFs as a reader's tools do.

| module | promise |
| --- | --- |
| needs | find a tool; without it, skip the test (or fail it where everything must be there) |
| builds | run a Sphinx build as a user would, offline, with the MathJax of node_modules |
| browser | a built page in headless Chromium: its final DOM, a report on its formulas, a picture |
| formulas | which LaTeX formulas KaTeX or MathJax refuse |
| pdf | a LaTeX build compiled, its text and its pages as pictures |
"""

from .browser import Browser, PageReport, serve
from .builds import Mathjax, sphinx_build
from .formulas import FormulaFailure, check_formulas
from .needs import node_modules, program
from .pdf import latex_pdf, pdf_pictures, pdf_text

__all__ = [
    "Browser",
    "FormulaFailure",
    "Mathjax",
    "PageReport",
    "check_formulas",
    "latex_pdf",
    "node_modules",
    "pdf_pictures",
    "pdf_text",
    "program",
    "serve",
    "sphinx_build",
]
