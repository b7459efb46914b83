"""What a page says of a derivation as a whole, and what the build log says of its failures."""

from __future__ import annotations

from .logging import Report
from .options import Request
from .records import Status
from .results import Result, Verdict

__all__ = ["judge", "warn_of_failures"]


def judge(result: Result, request: Request) -> Status:
    """The status on the page; a claim that the author knows to be wrong is no failure."""
    if result.claim is not None and result.claim.passed == request.expect_fails:
        return "failed"
    return result.presentation.status


def warn_of_failures(result: Result, request: Request, report: Report) -> None:
    """Say every equation that failed, with its counterexample, and every concern."""
    for check in result.presentation.failures:
        if check != result.claim:
            report.warn("verification", _in_words(check, result))
    if result.claim is not None:
        _warn_of_claim(result.claim, result, request, report)
    for notice in result.presentation.concerns:
        report.warn("notice", f"{result.function}: {notice}")


def _warn_of_claim(claim: Verdict, result: Result, request: Request, report: Report) -> None:
    if not claim.passed and not request.expect_fails:
        report.warn("claim", _in_words(claim, result))
    if claim.passed and request.expect_fails:
        report.warn("claim", f"{request.expect} is right, but :expect-fails: says that it is wrong")


def _in_words(check: Verdict, result: Result) -> str:
    first = f"derivative of {result.function} by {result.variable}: {check.name}: {check.message}"
    return "\n".join([first, check.counterexample] if check.counterexample else [first])
