"""A Sphinx project as a PDF: compiled with latexmk; its text and its pages as pictures."""

from __future__ import annotations

import subprocess
from pathlib import Path

from .builds import SPHINX, environment
from .needs import program


def latex_pdf(source: Path, out: Path, *options: str) -> Path:
    """`sphinx-build -M latexpdf`, warnings being errors; the path of the PDF."""
    program("latexmk")
    program("pdflatex")
    done = subprocess.run(
        [*SPHINX, "-M", "latexpdf", str(source), str(out), "-nW", "--keep-going", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        # LaTeX's own output is in whatever encoding it likes.
        encoding="utf-8",
        errors="replace",
        env=environment(LATEXMKOPTS="-interaction=nonstopmode -halt-on-error"),
        check=False,
    )
    pdfs = sorted((out / "latex").glob("*.pdf"))
    if done.returncode != 0 or not pdfs:
        raise AssertionError(f"sphinx-build -M latexpdf {source} failed:\n{done.stdout[-10_000:]}")
    return max(pdfs, key=lambda pdf: pdf.stat().st_mtime)


def pdf_text(pdf: Path) -> str:
    """The text of the PDF as it is laid out, pages parted by form feeds."""
    return subprocess.run(
        [program("pdftotext"), "-layout", "-enc", "UTF-8", str(pdf), "-"],
        capture_output=True,
        encoding="utf-8",
        check=True,
    ).stdout


def pdf_pictures(pdf: Path, folder: Path, dpi: int = 80) -> list[Path]:
    """One PNG for each page of the PDF, in order, in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    prefix = folder / pdf.stem
    subprocess.run([program("pdftoppm"), "-png", "-r", str(dpi), str(pdf), str(prefix)], check=True)
    return sorted(folder.glob(f"{pdf.stem}-*.png"))
