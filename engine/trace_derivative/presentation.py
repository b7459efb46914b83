"""What a page, the command line and `Derivation.text()` show of a derivation, in order.

Input: a `Derivation` and the parts to show.  Output: a `Presentation`: equation groups with
their sentences, LaTeX and Unicode text side by side, the verdict on each, one verification line.
It knows no document system.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from .checks import Check, Verification
from .derivation import Derivation
from .entries import Expansion
from .errors import ParseError
from .latex_names import DEFAULT, Notation
from .outline import Cuts, Group, Status, groups_of, groups_of_expansion
from .render_json import side_dict
from .render_latex import LatexWriter
from .render_unicode import UnicodeWriter
from .sentences import Said, Sentences, written
from .statements import Step

PARTS = (
    "function",
    "expansion",
    "index",
    "occurrences",
    "entries",
    "substitutions",
    "matrix",
    "verification",
    "code",
)
DEFAULT_SHOW = ("function", "expansion", "occurrences", "matrix", "substitutions", "verification")
_UNCUT: Cuts = MappingProxyType({})


class Fragment(NamedTuple):
    """A piece of a sentence: plain text, or a formula with its Unicode text and its LaTeX."""

    kind: Literal["text", "math"]
    text: str
    latex: str = ""


class Display(NamedTuple):
    """One displayed equation group.

    `suffix` is what its label adds to the derivation's ("" for the result); `sentence` stands
    before the formula; `latex` is the body of one math block, `text` the same in Unicode;
    `is_step` is true for what may be folded away.
    """

    part: str
    suffix: str
    sentence: tuple[Fragment, ...]
    latex: str
    text: str
    status: Status
    is_step: bool


class Presentation(NamedTuple):
    """All that is shown of a derivation.

    `concerns` are the notices that are for the author too; `result` is the derivative alone,
    None where there is no matrix form.
    """

    displays: tuple[Display, ...]
    verification: str
    status: Status
    failures: tuple[Check, ...]
    code: str
    notices: tuple[str, ...]
    concerns: tuple[str, ...] = ()
    result: Fragment | None = None


def present(
    d: Derivation,
    *,
    show: Sequence[str] = DEFAULT_SHOW,
    notation: Notation = DEFAULT,
    verify: bool = True,
    refuted: bool = False,
    cuts: Cuts = _UNCUT,
) -> Presentation:
    """The parts of a derivation that `show` names, each with its verdict.

    With `refuted` the author says that the claim is wrong: its failure is none of the derivation.
    `cuts` names displays, by suffix, and the numbers of equalities after which each is cut in two.
    Raises `ParseError` for a part that does not exist.
    """
    sentences = Sentences(d.function, d.symbols)
    latex, text = LatexWriter(notation), UnicodeWriter()
    displays = []
    for group in _groups(d, show, verify, cuts):
        said = sentences.before(group)
        if _wanted(group, show):
            fragments = tuple([_fragment(x, latex, text) for x in said])
            displays.append(_display(group, fragments, latex, text))
    result = None if d.gradient is None else _fragment(d.gradient, latex, text)
    found = _verdict(d, show, verify, refuted)
    return found._replace(displays=tuple(displays), result=result)


def present_expansion(
    x: Expansion, *, notation: Notation = DEFAULT, verify: bool = True, cuts: Cuts = _UNCUT
) -> Presentation:
    """An expansion into index notation, with the verdict; the suffix of the display is ""."""
    latex, text = LatexWriter(notation), UnicodeWriter()
    displays = tuple(
        _display(group, (), latex, text)._replace(is_step=False)
        for group in groups_of_expansion(x, verify, cuts)
    )
    if not verify:
        return Presentation(displays, "Not verified.", "unchecked", (), "", ())
    line = _verification_line(x.verification)
    status: Status = "verified" if x.verification.passed else "failed"
    return Presentation(displays, line, status, x.verification.failures, "", ())


def _groups(d: Derivation, show: Sequence[str], verify: bool, cuts: Cuts) -> Iterator[Group]:
    """All groups of a derivation, whether they are shown or not."""
    for part in show:
        if part not in PARTS:
            raise ParseError(f"there is no part {part!r}", hint=f"the parts are {', '.join(PARTS)}")
    return groups_of(d, verify, cuts)


def _display(
    group: Group, sentence: tuple[Fragment, ...], latex: LatexWriter, text: UnicodeWriter
) -> Display:
    return Display(
        group.part,
        group.suffix,
        sentence,
        group.formula.latex(latex),
        group.formula.text(text),
        group.status,
        group.is_step,
    )


def _fragment(said: Said, latex: LatexWriter, text: UnicodeWriter) -> Fragment:
    if isinstance(said, str):
        return Fragment("text", said)
    return Fragment("math", written(said, text), written(said, latex))


def _verdict(d: Derivation, show: Sequence[str], verify: bool, refuted: bool) -> Presentation:
    """All of a presentation but its displays."""
    checks = tuple(c for c in d.verification.checks if not _is_claim(c, refuted)) if verify else ()
    verification = Verification(all(c.passed for c in checks), checks)
    failures = verification.failures
    status: Status = "unchecked" if not verify else "failed" if failures else "verified"
    line = _verification_line(verification) if verify else "Not verified."
    code = d.numpy() if "code" in show or d.gradient is None else ""
    wanted = "verification" in show and not refuted
    shown = line if wanted or status == "failed" else ""
    return Presentation((), shown, status, failures, code, d.notices, d.concerns)


def _wanted(group: Group, show: Sequence[str]) -> bool:
    """The claim always; the one occurrence of the variable is the index form as well."""
    if group.part == "expected" or group.part in show:
        return True
    return group.suffix.startswith("index") and "index" in show


def _is_claim(check: Check, refuted: bool) -> bool:
    return refuted and check.name == "expected"


def _verification_line(v: Verification) -> str:
    kinds = sorted({c.kind for c in v.checks if c.kind != "values"})
    how = f" ({', '.join(kinds)})" if kinds else ""
    if v.passed:
        return (
            f"Verified: {_equalities(_distinct(v))} at {v.samples} samples{how}, "
            f"largest relative error {v.max_relative_error:.1e}."
        )
    names = ", ".join(c.name for c in v.failures)
    what = "1 equality fails" if len(v.failures) == 1 else f"{len(v.failures)} equalities fail"
    return f"Not verified: {what} ({names})."


def _distinct(v: Verification) -> int:
    """How many different equalities were checked, those of a text with itself aside."""
    return len({(c.lhs, c.rhs) for c in v.checks if c.lhs != c.rhs})


def _equalities(n: int) -> str:
    return "1 equality" if n == 1 else f"{n} equalities"


# ------------------------------------------------------------------------ whole derivations


def latex_of(d: Derivation, *, show: Sequence[str] = DEFAULT_SHOW, verify: bool = False) -> str:
    """The displays as LaTeX, one display math block each."""
    write = LatexWriter()
    shown = [g for g in _groups(d, show, verify, _UNCUT) if _wanted(g, show)]
    return "\n".join([f"\\[\n{g.formula.latex(write)}\n\\]" for g in shown])


def text_of(d: Derivation, *, show: Sequence[str] = DEFAULT_SHOW, verify: bool = True) -> str:
    """The displays as Unicode text, with their sentences and the verification line."""
    write, sentences = UnicodeWriter(), Sentences(d.function, d.symbols)
    blocks = []
    for group in _groups(d, show, verify, _UNCUT):
        said = sentences.before(group)
        if _wanted(group, show):
            words = "".join([x if isinstance(x, str) else written(x, write) for x in said])
            lines = group.formula.text(write).splitlines()
            mark = "    (this fails)\n" if group.status == "failed" else ""
            body = "\n".join([f"    {line}" for line in lines]) + f"\n{mark}"
            blocks.append(f"{words}\n{body}" if words else body)
    verdict = _verdict(d, show, verify, False)
    blocks += [f"Note: {n}\n" for n in verdict.notices]
    if verdict.verification:
        blocks.append(verdict.verification + "\n")
    for c in verdict.failures:
        blocks.append(f"{c.name} fails: {c.message}\n{c.counterexample}\n")
    if verdict.code:
        blocks.append(verdict.code + "\n")
    return "\n".join(blocks).rstrip() + "\n"


def dict_of(d: Derivation) -> dict[str, Any]:
    """The derivation as plain data."""
    v = d.verification
    return {
        "function": side_dict(d.function),
        "variable": d.variable.name,
        "shapes": {n: list(s) for n, s in d.shapes.items()},
        "expansion": side_dict(d.expansion),
        "index_gradient": {
            "free": [i.name for i in d.index_gradient.free],
            "text": str(d.index_gradient),
        },
        "gradient": None if d.gradient is None else side_dict(d.gradient),
        "routes": {n: None if e is None else str(e) for n, e in d.routes.items()},
        "steps": [_step_dict(s, c) for s, c in zip(d.steps, d.step_checks, strict=True)],
        "verification": {
            "passed": v.passed,
            "max_relative_error": v.max_relative_error,
            "samples": v.samples,
            "checks": [_check_dict(c) for c in v.checks],
        },
        "notices": list(d.notices),
    }


def _step_dict(step: Step, check: Check) -> dict[str, Any]:
    return {
        "kind": step.kind,
        "lhs": side_dict(step.lhs),
        "rhs": side_dict(step.rhs),
        "reason": step.reason,
        "free": [i.name for i in step.free],
        "where": {x.symbol.name: str(x.value) for x in step.where},
        "check": _check_dict(check),
    }


def _check_dict(check: Check) -> dict[str, Any]:
    return {
        "name": check.name,
        "passed": check.passed,
        "max_relative_error": check.max_relative_error,
        "samples": check.samples,
        "kind": check.kind,
        "lhs": check.lhs,
        "rhs": check.rhs,
        "message": check.message,
        "counterexample": check.counterexample,
    }


__all__ = [
    "DEFAULT_SHOW",
    "PARTS",
    "Display",
    "Fragment",
    "Presentation",
    "dict_of",
    "latex_of",
    "present",
    "present_expansion",
    "text_of",
]
