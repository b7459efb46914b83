"""The only door to the engine: a `Request` goes in, presentations or a `Refusal` come out.

The engine (and NumPy with it) is imported when it is first needed, or by `preload` before Sphinx
forks its readers; `setup()` must not import it.
"""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .logging import Subtype
from .options import Request

if TYPE_CHECKING:
    from trace_derivative.derive import Derivation
    from trace_derivative.presentation import Presentation
    from trace_derivative.verify import Check

__all__ = ["Refusal", "Result", "derive", "preload"]


class Refusal(Exception):
    """No derivation: the subtype of the warning, and its text."""

    def __init__(self, subtype: Subtype, message: str) -> None:
        super().__init__(message)
        self.subtype = subtype
        self.message = message


@dataclass(frozen=True, slots=True)
class Result:
    """One derivation as a page needs it, by one variable.

    `latex` and `plain` are the result alone, empty where there is no matrix form.
    """

    function: str
    variable: str
    latex: str
    plain: str
    presentation: Presentation
    claim: Check | None


def preload() -> None:
    """Import the engine."""
    import trace_derivative.presentation  # noqa: F401


def derive(request: Request) -> tuple[Result, ...]:
    """One result a variable, checked as the request says; `Refusal` where there is none."""
    from trace_derivative.errors import (
        LimitError,
        ShapeError,
        TraceDerivativeError,
        UnsupportedError,
    )

    subtypes: dict[type[TraceDerivativeError], Subtype] = {
        LimitError: "limit",
        ShapeError: "shape",
        UnsupportedError: "unsupported",
    }
    try:
        return _derive(request)
    except TraceDerivativeError as problem:
        raise Refusal(subtypes.get(type(problem), "input"), str(problem)) from problem
    except Exception as problem:  # a fault of the engine must not end the build of a whole site
        last = traceback.extract_tb(problem.__traceback__)[-1]
        text = f"{type(problem).__name__} in {last.name}: {problem}"
        raise Refusal("internal", f"{request.function}: {text}") from problem


def _derive(request: Request) -> tuple[Result, ...]:
    from trace_derivative.derive import derive as derive_by
    from trace_derivative.limits import Limits, limited

    limits = Limits(**request.settings.limits)
    with limited(limits, source=request.function):
        found = derive_by(
            request.function,
            wrt=request.wrt or None,
            shapes=request.shapes or None,
            where=dict(request.where) or None,
            assume=dict(request.assume) or None,
            structure=dict(request.structure) or None,
            route=request.route,
            form=request.form,
            samples=request.samples,
            tolerance=request.tolerance,
            expected=request.expect or None,
            limits=limits,
        )
        derivations = found if isinstance(found, tuple) else (found,)
        return tuple(_result(d, request) for d in derivations)


def _result(derivation: Derivation, request: Request) -> Result:
    from trace_derivative.presentation import present
    from trace_derivative.render_latex import Notation, latex
    from trace_derivative.render_unicode import unicode

    gradient = derivation.gradient
    notation = Notation(**request.settings.notation)
    checked = request.verify and request.expect
    return Result(
        function=str(derivation.function),
        variable=str(derivation.variable),
        latex=latex(gradient, notation) if gradient is not None else "",
        plain=unicode(gradient) if gradient is not None else "",
        presentation=present(
            derivation,
            show=request.show,
            notation=notation,
            verify=request.verify,
            refuted=request.expect_fails,
        ),
        claim=derivation.expected_check if checked else None,
    )
