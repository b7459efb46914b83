"""What a page, the command line and `Derivation.text()` show of a derivation, in order.

Input: a `Derivation` and the parts to show.  Output: a `Presentation`: equation groups with
their sentences, LaTeX and Unicode text side by side, the verdict on each, one verification line.
It knows no document system.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, count
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

from . import expr as ex
from .checks import Check, Verification
from .derivation import Derivation
from .entries import Expansion
from .errors import ParseError
from .expr import Expr, Symbol
from .latex_names import DEFAULT, Notation
from .read import read
from .render_json import side_dict
from .render_latex import break_sum, definition_latex, entry_latex, latex, side_latex, width
from .render_unicode import definition_unicode, side_unicode, unicode
from .statements import Definition, Derivative, Side, Step, expressions_in

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
LINE_WIDTH = 42
WIDEST_LINE = 50
FRAMED = 4
"""By how much less goes into a line of what stands in a frame."""

Status: TypeAlias = Literal["verified", "failed", "unchecked"]
Cuts: TypeAlias = Mapping[str, Sequence[int]]
_UNCUT: Cuts = MappingProxyType({})

_PART_OF_KIND = {
    "function": "function",
    "expansion": "expansion",
    "occurrence": "occurrences",
    "index": "index",
    "matrix": "matrix",
    "identities": "substitutions",
}


@dataclass(frozen=True, slots=True)
class Fragment:
    """A piece of a sentence: plain text, or a formula with its Unicode text and its LaTeX."""

    kind: Literal["text", "math"]
    text: str
    latex: str = ""


@dataclass(frozen=True, slots=True)
class Display:
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


@dataclass(frozen=True, slots=True)
class Presentation:
    """All that is shown of a derivation; `concerns` are the notices that are for the author too."""

    displays: tuple[Display, ...]
    verification: str
    status: Status
    failures: tuple[Check, ...]
    code: str
    notices: tuple[str, ...]
    concerns: tuple[str, ...] = ()


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
    for part in show:
        if part not in PARTS:
            raise ParseError(f"there is no part {part!r}", hint=f"the parts are {', '.join(PARTS)}")
    writer = _DerivationWriter(d, notation, verify, cuts)
    displays = tuple(x for x in writer.displays() if _wanted(x, show))
    checks = tuple(c for c in d.verification.checks if not _is_claim(c, refuted)) if verify else ()
    verification = Verification(all(c.passed for c in checks), checks)
    failures = verification.failures
    status: Status = "unchecked" if not verify else "failed" if failures else "verified"
    line = _verification_line(verification) if verify else "Not verified."
    code = d.numpy() if "code" in show or d.gradient is None else ""
    wanted = "verification" in show and not refuted
    shown = line if wanted or status == "failed" else ""
    return Presentation(displays, shown, status, failures, code, d.notices, d.concerns)


def present_expansion(
    x: Expansion, *, notation: Notation = DEFAULT, verify: bool = True, cuts: Cuts = _UNCUT
) -> Presentation:
    """An expansion into index notation, with the verdict; the suffix of the display is ""."""
    writer = _Writer(x, notation, verify, cuts)
    displays = tuple(
        replace(display, sentence=(), is_step=False)
        for group in writer.groups()
        for display in writer.chain(group, "")
    )
    if not verify:
        return Presentation(displays, "Not verified.", "unchecked", (), "", ())
    line = _verification_line(x.verification)
    status: Status = "verified" if x.verification.passed else "failed"
    return Presentation(displays, line, status, x.verification.failures, "", ())


def _wanted(display: Display, show: Sequence[str]) -> bool:
    """The claim always; the one occurrence of the variable is the index form as well."""
    if display.part == "expected" or display.part in show:
        return True
    return display.suffix.startswith("index") and "index" in show


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


class _Writer:
    """Turns steps into displays."""

    def __init__(
        self, d: Derivation | Expansion, notation: Notation, verify: bool, cuts: Cuts = _UNCUT
    ) -> None:
        self._steps = d.steps
        self._symbols = d.symbols
        self._notation = notation
        self._checks: tuple[Check, ...] = d.step_checks if verify else ()
        self._verify = verify
        self._cuts = cuts
        self._suffixes: set[str] = set()
        self._defined: set[Definition] = set()
        self._explained: set[tuple[str, tuple[Expr, ...]]] = set()

    def groups(self) -> list[list[tuple[int, Step]]]:
        """The steps with their numbers, each chain of equalities a group."""
        return list(_chains(list(enumerate(self._steps))))

    def chain(self, group: list[tuple[int, Step]], suffix: str) -> Iterator[Display]:
        """One chain of equalities, in the pieces that the author wants."""
        first = group[0][1]
        for letter, piece in zip(_letters(), _cut(group, self._cuts.get(suffix, ())), strict=False):
            sides: list[Side] = [first.lhs, *[s.rhs for _, s in piece]]
            yield Display(
                _PART_OF_KIND[first.kind],
                f"{suffix}-{letter}".strip("-"),
                tuple(self._sentence(piece)),
                self._latex(sides),
                self._text(sides),
                self._status(n for n, _ in piece),
                first.kind not in ("function", "matrix"),
            )

    def _unique(self, base: str, always: bool = False) -> str:
        """The suffix, with a number where it is not the first (or `always`)."""
        n = 1
        name = f"{base}-1" if always else base
        while name in self._suffixes:
            n += 1
            name = f"{base}-{n}"
        self._suffixes.add(name)
        return name

    def _status(self, numbers: Iterator[int]) -> Status:
        if not self._verify:
            return "unchecked"
        return "verified" if all(self._checks[n].passed for n in numbers) else "failed"

    def _sentence(self, group: list[tuple[int, Step]]) -> Iterator[Fragment]:
        reasons = list(dict.fromkeys(s.reason for _, s in group if s.reason))
        if group[0][1].kind == "expansion":
            reasons = reasons[:1]
        if reasons:
            joined = "; ".join([reasons[0], *[r[0].lower() + r[1:] for r in reasons[1:]]])
            yield from self._fragments(joined)
        named = dict.fromkeys(x for _, s in group for x in s.where)
        definitions = [x for x in named if x not in self._defined]
        self._defined.update(definitions)
        for n, x in enumerate(definitions):
            before = ", where " if n == 0 else " and " if n == len(definitions) - 1 else ", "
            yield Fragment("text", before)
            yield Fragment("math", definition_unicode(x), definition_latex(x, self._notation))
        meanings = list(self._meanings(group, bool(reasons or definitions)))
        yield from meanings
        if reasons or definitions or meanings:
            yield Fragment("text", ":")

    def _meanings(self, group: list[tuple[int, Step]], begun: bool) -> Iterator[Fragment]:
        """What the sign of a Fréchet derivative means, where it is first shown."""
        shown = (e for _, s in group for side in (s.lhs, s.rhs) for e in expressions_in(side))
        for e in shown:
            if not isinstance(e, ex.Frechet) or (e.function, e.parameters) in self._explained:
                continue
            self._explained.add((e.function, e.parameters))
            point, direction = (ex.symbol(name, ("n", "n")) for name in ("Z", "E"))
            sign = ex.frechet(e.function, point, direction, *e.parameters)
            yield Fragment("text", ", where " if begun else "Here ")
            yield self._math(sign)
            yield Fragment("text", " is the Fréchet derivative of the matrix function at ")
            yield self._math(point)
            yield Fragment("text", " in the direction ")
            yield self._math(direction)
            begun = True

    def _math(self, e: Expr) -> Fragment:
        return Fragment("math", unicode(e), latex(e, self._notation))

    def _fragments(self, sentence: str) -> Iterator[Fragment]:
        for n, piece in enumerate(re.split(r"`([^`]*)`", sentence)):
            if n % 2 == 0:
                if piece:
                    yield Fragment("text", piece)
            else:
                e = read(piece, symbols=self._symbols).exprs[0]
                yield self._math(e)

    def _latex(self, sides: list[Side], relation: str = "=", most: int = LINE_WIDTH) -> str:
        left = side_latex(sides[0], notation=self._notation)
        room = most - width(left)
        rights = [break_sum(s, room, notation=self._notation) for s in sides[1:]]
        widest = max(width(x) for right in rights for x in right)
        if widest > room and (room < most // 2 or width(left) + widest > WIDEST_LINE):
            rights = [break_sum(s, most - 4, notation=self._notation) for s in sides[1:]]
            lines, head = [f"&{left}"], r"&\quad"
        else:
            lines, head = [], f"{left} &"
        for right in rights:
            lines.append(f"{head}{relation} {right[0]}")
            lines += [rf"&\qquad {{}} {more}" for more in right[1:]]
            head = "&" if not lines[0].startswith("&") else r"&\quad "
        return _aligned(lines)

    def _text(self, sides: list[Side], relation: str = "=") -> str:
        left = side_unicode(sides[0])
        pad = " " * len(left)
        rights = [side_unicode(s) for s in sides[1:]]
        return "\n".join(f"{left if n == 0 else pad} {relation} {r}" for n, r in enumerate(rights))


class _DerivationWriter(_Writer):
    """All displays of a derivation."""

    def __init__(self, d: Derivation, notation: Notation, verify: bool, cuts: Cuts) -> None:
        super().__init__(d, notation, verify, cuts)
        self._d = d

    def displays(self) -> Iterator[Display]:
        """One display a chain of equalities, in order; the author's claim last."""
        groups = self.groups()
        occurrences = sum(1 for g in groups if g[0][1].kind == "occurrence")
        entries_shown = False
        for group in groups:
            first = group[0][1]
            if first.kind == "matrix" and not entries_shown:
                entries_shown = True
                yield self._entries()
            suffix = self._suffix(first, occurrences)
            if first.kind == "function":
                yield self._function(suffix, group)
            else:
                yield from self.chain(group, suffix)
        if self._d.expected is not None:
            yield self._expected()

    def _function(self, suffix: str, group: list[tuple[int, Step]]) -> Display:
        """f as written, with what its abbreviations stand for."""
        written = self._d.written
        names = [Definition(_symbol_for(n, e), e, False) for n, e in self._d.abbreviations.items()]
        used = [x for x in names if x.symbol.name in written.symbols]
        lines = [f"{self._notation.function} &= {latex(written, self._notation)}"]
        lines += [definition_latex(x, self._notation).replace(" = ", " &= ", 1) for x in used]
        body = _aligned(lines)
        text = "\n".join([f"f = {unicode(written)}", *[definition_unicode(x) for x in used]])
        return Display("function", suffix, (), body, text, self._status(n for n, _ in group), False)

    def _entries(self) -> Display:
        """The layout of the derivative, eq (3) of the notes."""
        x = self._d.variable
        left = side_latex(Derivative(None, x), notation=self._notation)
        text = side_unicode(Derivative(None, x))
        rows, columns = x.shape
        body = "\n".join(_entry_rows(x, self._notation))
        shape = f"{rows} x {columns}" if columns != 1 else str(rows)
        return Display(
            "entries",
            self._unique("entries"),
            (Fragment("text", "The derivative has the shape of the variable:"),),
            f"{left} = {body}" if rows != 1 else f"{left}",
            f"{text}: {shape}, entry by entry",
            "unchecked",
            True,
        )

    def _expected(self) -> Display:
        claim = self._d.expected
        assert claim is not None
        sides: list[Side] = [Derivative(self._d.function, self._d.variable), claim]
        status: Status = "unchecked"
        if self._verify:
            status = "verified" if self._d.expected_check else "failed"
        sentence = "The author's own form:"
        if status == "failed" and self._d.expected_check is not None:
            sentence = f"Claimed, and false ({self._d.expected_check.message}):"
        return Display(
            "expected",
            self._unique("expected"),
            (Fragment("text", sentence),),
            self._latex(sides, r"\neq" if status == "failed" else "=", LINE_WIDTH - FRAMED),
            self._text(sides, "≠" if status == "failed" else "="),
            status,
            False,
        )

    def _suffix(self, step: Step, occurrences: int) -> str:
        match step.kind:
            case "matrix":
                return self._unique("")
            case "occurrence" if occurrences == 1:
                return self._unique("index")
            case "occurrence":
                return self._unique("occurrence", always=True)
            case kind:
                return self._unique(kind)


def _chains(steps: list[tuple[int, Step]]) -> Iterator[list[tuple[int, Step]]]:
    """Consecutive steps of one kind in which each begins where the last one ended."""
    current: list[tuple[int, Step]] = []
    for n, step in steps:
        last = current[-1][1] if current else None
        if last and last.kind == step.kind and last.rhs == step.lhs and last.free == step.free:
            current.append((n, step))
            continue
        if current:
            yield current
        current = [(n, step)]
    if current:
        yield current


def _cut(group: list[tuple[int, Step]], after: Sequence[int]) -> Iterator[list[tuple[int, Step]]]:
    """A chain in pieces, cut after the equalities with these numbers (from 1)."""
    start = 0
    for stop in [*sorted(n for n in after if 0 < n < len(group)), len(group)]:
        yield group[start:stop]
        start = stop


def _letters() -> Iterator[str]:
    """What the suffixes of the pieces of a chain end with: nothing, b, c, ..."""
    return chain([""], (chr(n) for n in count(ord("b"))))


def _aligned(lines: list[str]) -> str:
    if len(lines) == 1:
        return lines[0].replace(" &", " ", 1)
    gap = " \\\\[0.6ex]\n" if any(r"\frac" in line for line in lines) else " \\\\\n"
    return "\\begin{aligned}\n" + gap.join(lines) + "\n\\end{aligned}"


def _symbol_for(name: str, e: ex.Expr) -> Symbol:
    return ex.symbol(name, e.shape)


def _entry_rows(x: Symbol, notation: Notation) -> Iterator[str]:
    """The matrix of partial derivatives of eq (3)."""
    rows, columns = x.shape

    def partial(*places: ex.Dim) -> str:
        entry = entry_latex(x, tuple(map(str, places)), notation)
        return rf"\frac{{\partial {notation.function}}}{{\partial {entry}}}"

    yield r"\begin{bmatrix}"
    if columns == 1:
        yield rf"{partial(1)} \\ {partial(2)} \\ \vdots \\ {partial(rows)}"
    else:
        for r in (1, 2, None, rows):
            if r is None:
                yield r"\vdots & \vdots & \ddots & \vdots \\"
                continue
            cells = [partial(r, 1), partial(r, 2), r"\cdots", partial(r, columns)]
            yield " & ".join(cells) + r" \\"
    yield r"\end{bmatrix}"


# ------------------------------------------------------------------------ whole derivations


def latex_of(d: Derivation, *, show: Sequence[str] = DEFAULT_SHOW, verify: bool = False) -> str:
    """The displays as LaTeX, one display math block each."""
    shown = present(d, show=show, verify=verify)
    return "\n".join(f"\\[\n{x.latex}\n\\]" for x in shown.displays)


def text_of(d: Derivation, *, show: Sequence[str] = DEFAULT_SHOW, verify: bool = True) -> str:
    """The displays as Unicode text, with their sentences and the verification line."""
    shown = present(d, show=show, verify=verify)
    blocks = []
    for x in shown.displays:
        sentence = "".join(f.text for f in x.sentence)
        body = "\n".join(f"    {line}" for line in x.text.splitlines())
        mark = "    (this fails)\n" if x.status == "failed" else ""
        blocks.append(f"{sentence}\n{body}\n{mark}" if sentence else f"{body}\n{mark}")
    blocks += [f"Note: {n}\n" for n in shown.notices]
    if shown.verification:
        blocks.append(shown.verification + "\n")
    for c in shown.failures:
        blocks.append(f"{c.name} fails: {c.message}\n{c.counterexample}\n")
    if shown.code:
        blocks.append(shown.code + "\n")
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
