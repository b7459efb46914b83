"""What a page says of a derivation as a whole, and what the build log says of its failures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .engine import Result
from .logging import Report
from .options import Request
from .records import Status

if TYPE_CHECKING:
    from trace_derivative.verify import Check

__all__ = ["judge", "warn_of_failures"]


def judge(result: Result, request: Request) -> Status:
    """The status on the page; a claim that the author knows to be wrong is no failure."""
    if not request.verify:
        return "unchecked"
    failures = _false_equations(result)
    if _claim_failed(result) != request.expect_fails:
        return "failed"
    if failures:
        return "failed"
    return "verified" if request.expect_fails else result.presentation.status


def warn_of_failures(result: Result, request: Request, report: Report) -> None:
    """Say every equation that failed, with its counterexample, and every notice."""
    if request.verify:
        for check in _false_equations(result):
            report.warn("verification", _in_words(check, result))
        _warn_of_claim(result, request, report)
    for notice in result.presentation.notices:
        report.warn("notice", f"{result.function}: {notice}")


def _warn_of_claim(result: Result, request: Request, report: Report) -> None:
    if result.claim is None:
        return
    if request.expect_fails and result.claim.passed:
        right = f"{request.expect} is right, but :expect-fails: says that it is wrong"
        report.warn("claim", right)
    elif not request.expect_fails and not result.claim.passed:
        report.warn("claim", _in_words(result.claim, result))


def _false_equations(result: Result) -> list[Check]:
    """The failed checks, without the one of the author's claim."""
    return [check for check in result.presentation.failures if check != result.claim]


def _claim_failed(result: Result) -> bool:
    return result.claim is not None and not result.claim.passed


def _in_words(check: Check, result: Result) -> str:
    lines = [f"derivative of {result.function} by {result.variable}: {check.message}"]
    return "\n".join([*lines, check.counterexample] if check.counterexample else lines)
