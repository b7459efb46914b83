"""From a presentation to stock nodes: container, paragraphs, equations, foldable steps, code.

Whatever failed is said in words beside the formula and again with its counterexample, so that no
builder and no style sheet can make a false formula look like a verified one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import NamedTuple

from docutils import nodes

from .equations import Place, equation, inline_formula
from .labels import Labels
from .locale import translate as _
from .nodes import steps
from .results import Display, Fragment, Presentation, Verdict

__all__ = ["Layout", "derivation_nodes", "refusal_nodes"]


class Layout(NamedTuple):
    """How one derivation stands on its page: labels and numbers, and how its steps are folded.

    `claim` is the check of the author's own result, if there is one; `refuted` says that the
    author knows it to be wrong.
    """

    labels: Labels
    folding: str
    claim: Verdict | None = None
    refuted: bool = False


def derivation_nodes(
    place: Place, presentation: Presentation, layout: Layout
) -> list[nodes.Element]:
    """The content of one derivation."""
    made: list[nodes.Element] = []
    for is_step, group in groupby(presentation.displays, key=lambda d: d.is_step):
        displays = list(group)
        content = [node for d in displays for node in _display_nodes(place, d, layout)]
        folded = is_step and layout.folding != "plain"
        summary = _("Steps ({count})").format(count=len(displays))
        opened = layout.folding == "open"
        made += [_fold(place, content, summary, opened=opened)] if folded else content
    if _is_misfit(presentation, layout.claim):
        made.append(_misfit(place, layout))
    made += [_paragraph(place, text, "trace-derivative-notice") for text in presentation.notices]
    if presentation.code:
        made.append(_code(place, presentation.code))
    for check in presentation.failures:
        if check != layout.claim:
            made.append(_counterexample(place, check))
    if presentation.verification:
        made.append(_paragraph(place, presentation.verification, "trace-derivative-verification"))
    return made


def refusal_nodes(place: Place, source: str, message: str) -> list[nodes.Element]:
    """What stands in place of a derivation that there is not: its source, and why."""
    literal = nodes.literal_block(source, source, language="none")
    place.mark(literal)
    headline = message.strip().splitlines()[0] if message.strip() else ""
    text = _("This derivation could not be made: {reason}.").format(reason=headline.rstrip("."))
    return [_admonition(place, nodes.error, [_paragraph(place, text, ""), literal])]


# ------------------------------------------------------------------------ parts


def _display_nodes(place: Place, display: Display, layout: Layout) -> list[nodes.Element]:
    label, number = layout.labels.give(display.suffix)
    formula = equation(place, display.latex, display.text, label=label, number=number)
    sentence = [_sentence(place, display.sentence)] if display.sentence else []
    if display.status != "failed":
        return [*sentence, formula]
    if display.part == "expected" and layout.claim is not None:
        # Its sentence says that it is false, and where.
        example = _example(place, layout.claim, layout)
        if layout.refuted:
            return [_refuted(place, [*sentence, formula, *example])]
        return [_admonition(place, nodes.error, [*sentence, formula, *example])]
    said = _paragraph(place, _("This equation is false:"), "")
    return [*sentence, _admonition(place, nodes.error, [said, formula])]


def _fold(
    place: Place, content: Sequence[nodes.Element], summary: str, *, opened: bool
) -> nodes.Element:
    fold = steps("", *content, classes=["trace-derivative-steps"])
    fold["summary"], fold["open"] = summary, opened
    place.mark(fold)
    return fold


def _sentence(place: Place, fragments: Sequence[Fragment]) -> nodes.paragraph:
    content = [
        inline_formula(place, fragment.latex, fragment.text)
        if fragment.kind == "math"
        else nodes.Text(fragment.text)
        for fragment in fragments
    ]
    paragraph = nodes.paragraph("", "", *content, classes=["trace-derivative-sentence"])
    place.mark_text(paragraph)
    return paragraph


def _paragraph(place: Place, text: str, name: str) -> nodes.paragraph:
    paragraph = nodes.paragraph("", text, classes=[name] if name else [])
    place.mark_text(paragraph)
    return paragraph


def _code(place: Place, code: str) -> nodes.literal_block:
    block = nodes.literal_block(code, code, language="python", classes=["trace-derivative-code"])
    place.mark(block)
    return block


def _is_misfit(presentation: Presentation, claim: Verdict | None) -> bool:
    """Whether there is a false claim that is no display: its shapes do not fit."""
    displayed = any(display.part == "expected" for display in presentation.displays)
    return claim is not None and not claim.passed and not displayed


def _misfit(place: Place, layout: Layout) -> nodes.Element:
    assert layout.claim is not None
    claimed = nodes.literal_block(layout.claim.claimed, layout.claim.claimed, language="none")
    place.mark(claimed)
    said = _("Claimed, and false: {reason}").format(reason=layout.claim.message)
    content = [_paragraph(place, said, ""), claimed, *_example(place, layout.claim, layout)]
    return _refuted(place, content) if layout.refuted else _admonition(place, nodes.error, content)


def _refuted(place: Place, content: Sequence[nodes.Element]) -> nodes.Element:
    """A formula that the author knows to be wrong, which is no fault of the page."""
    container = nodes.container("", *content, classes=["trace-derivative-refuted"])
    place.mark(container)
    return container


def _example(place: Place, claim: Verdict, layout: Layout) -> list[nodes.Element]:
    """The counterexample of a claim, folded away where the claim is known to be wrong."""
    if not claim.counterexample:
        return []
    code = _code(place, claim.counterexample)
    if not layout.refuted:
        return [code]
    return [_fold(place, [code], _("Counterexample"), opened=False)]


def _counterexample(place: Place, check: Verdict) -> nodes.Element:
    content: list[nodes.Element] = [_paragraph(place, f"{check.name}: {check.message}", "")]
    if check.counterexample:
        content.append(_code(place, check.counterexample))
    return _admonition(place, nodes.error, content)


def _admonition(
    place: Place, kind: Callable[..., nodes.Element], content: Sequence[nodes.Element]
) -> nodes.Element:
    admonition = kind("", *content, classes=["trace-derivative-failure"])
    place.mark(admonition)
    return admonition
