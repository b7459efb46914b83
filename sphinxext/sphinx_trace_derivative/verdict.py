"""What a page says of a derivation as a whole, and what the build log says of its failures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .engine import Result
from .logging import Report, Subtype
from .options import Request
from .records import Status

if TYPE_CHECKING:
    from trace_derivative.verify import Check

__all__ = ["judge", "warn_of_failures"]


def judge(result: Result, request: Request) -> Status:
    """The status on the page; a claim that the author knows to be wrong is no failure."""
    if request.verify and request.expect_fails and _claim_holds(result):
        return "failed"
    return result.presentation.status


def _claim_holds(result: Result) -> bool:
    """Whether there is a claim, and it was found to be right."""
    return result.claim is not None and result.claim.passed


def warn_of_failures(result: Result, request: Request, report: Report) -> None:
    """Say every equation that failed, with its counterexample, and every notice."""
    for check in result.presentation.failures:
        subtype: Subtype = "claim" if check == result.claim else "verification"
        report.warn(subtype, _in_words(check, result))
    if request.verify and request.expect_fails and _claim_holds(result):
        right = f"{request.expect} is right, but :expect-fails: says that it is wrong"
        report.warn("claim", right)
    for notice in result.presentation.notices:
        report.warn("notice", f"{result.function}: {notice}")


def _in_words(check: Check, result: Result) -> str:
    first = f"derivative of {result.function} by {result.variable}: {check.name}: {check.message}"
    return "\n".join([first, check.counterexample] if check.counterexample else [first])
