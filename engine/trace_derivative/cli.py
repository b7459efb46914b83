"""The command line: `trace-derivative "tr(A X B)" --wrt X`.

Exit status 0: right; 1: a claim or a verification failed; 2: the input is at fault.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from . import __version__
from .api import derive
from .derivation import Derivation
from .errors import TraceDerivativeError
from .options import FORMS, ROUTES

FORMATS = ("text", "latex", "json", "numpy", "einsum")


def build_parser() -> argparse.ArgumentParser:
    """The arguments of the command."""
    parser = argparse.ArgumentParser(
        prog="trace-derivative",
        description="Derive a scalar function of matrices, show every step, check each by numbers.",
        epilog='example: trace-derivative "tr(A X B)" --wrt X',
    )
    parser.add_argument("function", help="the scalar function, e.g. 'tr(A X B)'; '-' reads stdin")
    parser.add_argument("--wrt", help="the variable; several are separated by commas")
    parser.add_argument("--shapes", help="e.g. 'A: p m; x: n; a: scalar; J: ones'")
    parser.add_argument("--where", help='abbreviations, e.g. "D = B*X*C\'"')
    parser.add_argument("--assume", help="e.g. 'X: positive; S: symmetric'")
    parser.add_argument("--structure", help="of the variable, e.g. 'X: symmetric'")
    parser.add_argument("--route", choices=ROUTES, default="both")
    parser.add_argument("--form", choices=FORMS, default="compact")
    parser.add_argument("--expect", help="your own result, to be checked")
    parser.add_argument("--format", choices=FORMATS, default="text")
    parser.add_argument("--samples", type=int, default=3, help="sample points (at least 3)")
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    given = build_parser().parse_args(arguments)
    function = sys.stdin.read() if given.function == "-" else given.function
    names = [n.strip() for n in given.wrt.split(",") if n.strip()] if given.wrt else []
    try:
        found = derive(
            function,
            names if len(names) > 1 else (names[0] if names else None),
            shapes=given.shapes,
            where=given.where,
            assume=given.assume,
            structure=given.structure,
            route=given.route,
            form=given.form,
            expected=given.expect,
            samples=given.samples,
        )
        derivations: tuple[Derivation, ...] = found if isinstance(found, tuple) else (found,)
        print(_written(derivations, given.format))
        return 0 if all(d.verification.passed for d in derivations) else _failed(derivations)
    except TraceDerivativeError as problem:
        print(f"{type(problem).__name__}: {problem}", file=sys.stderr)
        return 2


def _failed(derivations: Sequence[Derivation]) -> int:
    for d in derivations:
        for check in d.verification.failures:
            print(f"failed: {check.name}: {check.message}", file=sys.stderr)
            print(check.counterexample, file=sys.stderr)
    return 1


def _written(derivations: Sequence[Derivation], style: str) -> str:
    if style == "json":
        data = [d.to_dict() for d in derivations]
        return json.dumps(data if len(data) > 1 else data[0], indent=2, ensure_ascii=False)
    write = {
        "text": Derivation.text,
        "latex": Derivation.latex,
        "numpy": Derivation.numpy,
        "einsum": Derivation.einsum,
    }[style]
    return "\n".join(write(d).rstrip("\n") for d in derivations)
