"""The errors of the engine: each shows the source text, carets under the fault, and a hint."""

from __future__ import annotations

__all__ = [
    "LimitError",
    "ParseError",
    "ShapeError",
    "Span",
    "TraceDerivativeError",
    "UnsupportedError",
]

Span = tuple[int, int]
"""Half-open character range `(start, stop)` in a source text."""

_WINDOW = 72


class TraceDerivativeError(ValueError):
    """Base of all errors that the engine raises for an input.

    `message` says what is wrong, `source` is the text at fault, `span` where in it,
    `hint` what to do; `others` are further `(span, remark)` pairs (the other demand of a
    shape conflict).  `str()` prints all of it with caret lines.
    """

    def __init__(
        self,
        message: str,
        *,
        source: str = "",
        span: Span | None = None,
        hint: str = "",
        others: tuple[tuple[Span, str], ...] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.source = source
        self.span = span
        self.hint = hint
        self.others = others

    def __reduce__(self) -> tuple[object, ...]:
        state = (self.message, self.source, self.span, self.hint, self.others)
        return (_rebuild, (type(self), *state))

    def __str__(self) -> str:
        lines = [self.message]
        if self.span is not None and self.source:
            lines += caret_lines(self.source, self.span)
        for span, remark in self.others:
            lines.append(remark)
            if self.source:
                lines += caret_lines(self.source, span)
        if self.hint:
            lines.append(f"hint: {self.hint}")
        return "\n".join(lines)


def _rebuild(
    kind: type[TraceDerivativeError],
    message: str,
    source: str,
    span: Span | None,
    hint: str,
    others: tuple[tuple[Span, str], ...],
) -> TraceDerivativeError:
    return kind(message, source=source, span=span, hint=hint, others=others)


class ParseError(TraceDerivativeError):
    """The text is not an expression of the language."""


class ShapeError(TraceDerivativeError):
    """The shapes of the operands do not fit, or a name is used in two ways."""


class UnsupportedError(TraceDerivativeError):
    """A well-formed expression that the engine cannot treat."""


class LimitError(TraceDerivativeError):
    """The input, or what comes of it, passes one of the limits (length, depth, terms, time)."""


def caret_lines(source: str, span: Span) -> list[str]:
    """Two lines: the part of the source around the span, and carets under the span."""
    start, stop = max(0, span[0]), max(span[0] + 1, span[1])
    flat = source.replace("\n", " ").replace("\t", " ")
    left = max(0, start - _WINDOW // 2) if len(flat) > _WINDOW else 0
    right = min(len(flat), left + _WINDOW)
    head = "..." if left else ""
    tail = "..." if right < len(flat) else ""
    width = max(1, min(stop, right) - start)
    return [
        f"  {head}{flat[left:right]}{tail}",
        "  " + " " * (len(head) + start - left) + "^" * width,
    ]
