"""The only door to the engine: a `Request` goes in, presentations or a `Refusal` come out.

The engine (and NumPy with it) is imported when it is first needed, or by `preload` before Sphinx
forks its readers; `setup()` must not import it.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from .logging import Subtype
from .options import Request

if TYPE_CHECKING:
    from trace_derivative.checks import Check
    from trace_derivative.derivation import Derivation
    from trace_derivative.presentation import Presentation

__all__ = ["Refusal", "Result", "derive", "expand", "preload"]

T = TypeVar("T")


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
    import trace_derivative.api
    import trace_derivative.presentation  # noqa: F401


def derive(request: Request) -> tuple[Result, ...]:
    """One result a variable, checked as the request says; `Refusal` where there is none."""
    return _guarded(_derive, request)


def expand(request: Request) -> Presentation:
    """The index notation of a scalar or of an entry, checked; `Refusal` where there is none."""
    return _guarded(_expand, request)


def _guarded(work: Callable[[Request], T], request: Request) -> T:
    """What `work` makes of the request; any failure of it is a `Refusal`."""
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
        return work(request)
    except TraceDerivativeError as problem:
        raise Refusal(subtypes.get(type(problem), "input"), str(problem)) from problem
    except Exception as problem:  # a fault of the engine must not end the build of a whole site
        last = traceback.extract_tb(problem.__traceback__)[-1]
        text = f"{type(problem).__name__} in {last.name}: {problem}"
        raise Refusal("internal", f"{request.function}: {text}") from problem


def _derive(request: Request) -> tuple[Result, ...]:
    from trace_derivative.errors import ShapeError
    from trace_derivative.limits import limited

    options = _options(request)
    with limited(options["limits"], source=request.function):
        try:
            found = _derivations(request, {**options, "expected": request.expect or None})
            return tuple(_result(d, request, d.expected_check) for d in found)
        except ShapeError:
            if not request.expect:
                raise
        # Either the function is at fault, then this fails again, or the claim does not conform.
        (derivation,) = _derivations(request, options)
        return (_result(derivation, request, _misfit(derivation, request, options)),)


def _options(request: Request) -> dict[str, Any]:
    """What `derive` and `check` both take."""
    from trace_derivative.limits import Limits

    return {
        "shapes": request.shapes or None,
        "where": dict(request.where) or None,
        "assume": dict(request.assume) or None,
        "samples": request.samples,
        "tolerance": request.tolerance,
        "limits": Limits(**request.settings.limits),
    }


def _derivations(request: Request, options: dict[str, Any]) -> tuple[Derivation, ...]:
    from trace_derivative.api import derive as derive_by

    found = derive_by(
        request.function,
        wrt=request.wrt or None,
        structure=dict(request.structure) or None,
        route=request.route,
        form=request.form,
        **options,
    )
    return found if isinstance(found, tuple) else (found,)


def _misfit(derivation: Derivation, request: Request, options: dict[str, Any]) -> Check:
    """The verdict on a claim whose shapes do not fit."""
    from trace_derivative.api import check

    variable = str(derivation.variable)
    return check(request.expect, of=request.function, wrt=variable, **options)


def _result(derivation: Derivation, request: Request, claim: Check | None) -> Result:
    from trace_derivative.latex_names import Notation
    from trace_derivative.presentation import present
    from trace_derivative.render_latex import latex
    from trace_derivative.render_unicode import unicode

    gradient = derivation.gradient
    notation = Notation(**request.settings.notation)
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
            cuts=_cuts(request, str(derivation.variable)),
        ),
        claim=claim if request.verify else None,
    )


def _cuts(request: Request, variable: str) -> dict[str, tuple[int, ...]]:
    """Where the chains of a derivation are cut; with several variables `W-index` means W's."""
    return {ending.removeprefix(f"{variable}-"): at for ending, at in request.cuts.items()}


def _expand(request: Request) -> Presentation:
    from trace_derivative.entries import expansion
    from trace_derivative.latex_names import Notation
    from trace_derivative.presentation import present_expansion

    options = _options(request)
    del options["assume"]
    found = expansion(request.function, **options)
    notation = Notation(**request.settings.notation)
    return present_expansion(found, notation=notation, verify=request.verify, cuts=request.cuts)
