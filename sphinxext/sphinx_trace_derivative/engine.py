"""The only door to the engine: a `Request` goes in, results or a `Refusal` come out.

The engine (and NumPy with it) is imported when it is first needed, or by `preload` before Sphinx
forks its readers; `setup()` must not import it, and neither must a page that the cache knows.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from .garbage import Pause
from .logging import Subtype
from .options import Request
from .results import Display, Fragment, Presentation, Result, Verdict

if TYPE_CHECKING:
    from trace_derivative import presentation as shown_by
    from trace_derivative.checks import Check
    from trace_derivative.derivation import Derivation
    from trace_derivative.entries import Expansion

__all__ = ["Checks", "Derived", "Refusal", "derive", "expand", "forget", "preload"]

Checks: TypeAlias = Sequence[Sequence[Sequence[Any]]]
"""All checks of each derivation as plain data, for a later run to take over."""


_pause = Pause()


class Derived(NamedTuple):
    """What the engine made of a request, and the checks on which its verdicts stand."""

    results: tuple[Result, ...]
    checks: Checks


class Refusal(Exception):
    """No derivation: the subtype of the warning, and its text."""

    def __init__(self, subtype: Subtype, message: str) -> None:
        super().__init__(message)
        self.subtype = subtype
        self.message = message


def preload() -> None:
    """Import the engine."""
    import trace_derivative.api
    import trace_derivative.presentation  # noqa: F401


def forget() -> None:
    """Give back what the engine remembers of a document, if it was imported at all."""
    if "trace_derivative.api" in sys.modules:
        from trace_derivative.api import clear_caches

        clear_caches()
    _pause.end()


def derive(request: Request, checks: Checks = ()) -> Derived:
    """One result a variable, checked as the request says; `Refusal` where there is none.

    `checks` are those of an earlier run with the same meaning: they are not made again.
    """
    return _guarded(_derive, request, checks)


def expand(request: Request, checks: Checks = ()) -> Derived:
    """The index notation of a scalar or of an entry, checked, as one result without a variable."""
    return _guarded(_expand, request, checks)


def _guarded(
    work: Callable[[Request, Checks], Derived], request: Request, checks: Checks
) -> Derived:
    """What `work` makes of the request; any failure of it is a `Refusal`."""
    _pause.begin()
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
        return work(request, checks)
    except TraceDerivativeError as problem:
        raise Refusal(subtypes.get(type(problem), "input"), str(problem)) from problem
    except Exception as problem:  # a fault of the engine must not end the build of a whole site
        last = traceback.extract_tb(problem.__traceback__)[-1]
        text = f"{type(problem).__name__} in {last.name}: {problem}"
        raise Refusal("internal", f"{request.function}: {text}") from problem


def _derive(request: Request, checks: Checks) -> Derived:
    from trace_derivative.errors import ShapeError
    from trace_derivative.limits import limited

    options = _options(request)
    with limited(options["limits"], source=request.function):
        try:
            found = _derivations(request, {**options, "expected": request.expect or None})
            _take_over(found, checks)
            results = tuple(_result(d, request, d.expected_check) for d in found)
        except ShapeError:
            if not request.expect:
                raise
            # Either the function is at fault, then this fails again, or the claim does not conform.
            found = _derivations(request, options)
            _take_over(found, checks)
            results = (_result(found[0], request, _misfit(found[0], request, options)),)
        return Derived(results, _all_checks(found) if request.verify else ())


def _take_over(found: Sequence[Derivation | Expansion], checks: Checks) -> None:
    """Give derivations the checks of an earlier run, so that they make none of their own."""
    from trace_derivative.checks import Check

    for one, rows in zip(found, checks, strict=False):
        one.take_over([Check(*row) for row in rows])


def _all_checks(found: Sequence[Derivation | Expansion]) -> Checks:
    return tuple(tuple(_row(c) for c in one.verification.checks) for one in found)


def _row(check: Check) -> tuple[Any, ...]:
    """The fields of a check, which are plain already: `astuple` would copy each of them."""
    return tuple(getattr(check, name) for name in check.__dataclass_fields__)


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

    presentation = present(
        derivation,
        show=request.show,
        notation=Notation(**request.settings.notation),
        verify=request.verify,
        refuted=request.expect_fails,
        cuts=_cuts(request, str(derivation.variable)),
    )
    shown = presentation.result
    return Result(
        function=str(derivation.function),
        variable=str(derivation.variable),
        latex=shown.latex if shown else "",
        plain=shown.text if shown else "",
        presentation=_plain(presentation),
        claim=_verdict(claim) if claim is not None and request.verify else None,
    )


def _cuts(request: Request, variable: str) -> dict[str, tuple[int, ...]]:
    """Where the chains of a derivation are cut; with several variables `W-index` means W's."""
    return {ending.removeprefix(f"{variable}-"): at for ending, at in request.cuts.items()}


def _expand(request: Request, checks: Checks) -> Derived:
    from trace_derivative.entries import expansion
    from trace_derivative.latex_names import Notation
    from trace_derivative.presentation import present_expansion

    options = _options(request)
    del options["assume"]
    found = expansion(request.function, **options)
    _take_over((found,), checks)
    notation = Notation(**request.settings.notation)
    shown = present_expansion(found, notation=notation, verify=request.verify, cuts=request.cuts)
    result = Result(request.function, "", "", "", _plain(shown), None)
    return Derived((result,), _all_checks((found,)) if request.verify else ())


# ------------------------------------------------------------------------ as plain data


def _plain(shown: shown_by.Presentation) -> Presentation:
    return Presentation(
        displays=tuple(_display(d) for d in shown.displays),
        verification=shown.verification,
        status=shown.status,
        failures=tuple(_verdict(c) for c in shown.failures),
        code=shown.code,
        notices=shown.notices,
        concerns=shown.concerns,
    )


def _display(d: shown_by.Display) -> Display:
    sentence = tuple(Fragment(f.kind, f.text, f.latex) for f in d.sentence)
    return Display(d.part, d.suffix, sentence, d.latex, d.text, d.status, d.is_step)


def _verdict(c: Check) -> Verdict:
    return Verdict(c.name, c.passed, c.rhs, c.message, c.counterexample)
