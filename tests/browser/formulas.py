"""Which LaTeX formulas do KaTeX and MathJax refuse? One Node process answers for all of them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

from .needs import HERE, node_modules, program


@dataclass(frozen=True)
class FormulaFailure:
    """One formula that one engine refuses."""

    index: int
    formula: str
    engine: str
    message: str


def check_formulas(formulas: Sequence[str]) -> list[FormulaFailure]:
    """The refusals among these formulas (LaTeX without `$` or `\\[`), in their order."""
    node_modules()
    answer = subprocess.run(
        [program("node"), str(HERE / "check_formulas.mjs")],
        input=json.dumps(list(formulas)),
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    if answer.returncode != 0:
        raise RuntimeError(f"check_formulas.mjs failed:\n{answer.stderr}")
    return [FormulaFailure(**failure) for failure in json.loads(answer.stdout)]
