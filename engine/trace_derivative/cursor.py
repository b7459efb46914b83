"""A place in the tokens of a text: open brackets, depth, and the errors that name a place."""

from __future__ import annotations

from collections.abc import Set

from .errors import LimitError, ParseError, Span, TraceDerivativeError, UnsupportedError
from .scan import Token

CLOSING = {"(": ")", "[": "]", "‖": "‖"}
OPENING = {")": "(", "]": "["}


class Cursor:
    """What a parser moves over the tokens.

    `nesting` counts the brackets and signs around the place, `height` the operators in the tree
    that was read last; neither may pass the limit.  Methods that return an error leave it to
    the caller to raise it.
    """

    def __init__(self, text: str, tokens: list[Token], known: Set[str], depth: int) -> None:
        self.text = text
        self.tokens = tokens
        self.known = known
        self.at = 0
        self.limit = depth
        self.nesting = 0
        self.height = 0
        self.open: list[Token] = []

    @property
    def kind(self) -> str:
        """The kind of the present token."""
        return self.tokens[self.at][0]

    def before(self) -> int:
        """Where the token before the present one stops."""
        return self.tokens[self.at - 1][2]

    # ------------------------------------------------------------ depth and brackets

    def deeper(self, token: Token) -> None:
        """Count one level of nesting."""
        self.nesting += 1
        if self.nesting > self.limit:
            raise self.too_deep(token)

    def higher(self, token: Token, levels: int = 1) -> None:
        """Count levels of operators on top of the tree that was read last."""
        self.height += levels
        if self.height > self.limit:
            raise self.too_deep(token)

    def enter(self) -> None:
        """Pass an opening bracket."""
        token = self.tokens[self.at]
        self.at += 1
        self.deeper(token)
        self.open.append(token)

    def leave(self) -> None:
        """Pass the closing bracket."""
        kind = self.kind
        if kind != CLOSING[self.open[-1][0]]:
            raise self.not_closed() if kind in ("", ")", "]", "‖") else self.unexpected()
        self.open.pop()
        self.nesting -= 1
        self.at += 1

    # ------------------------------------------------------------ errors

    def error(self, message: str, span: Span, hint: str) -> ParseError:
        """A `ParseError` at a place."""
        return ParseError(message, source=self.text, span=span, hint=hint)

    def unsupported(self, message: str, span: Span, hint: str) -> UnsupportedError:
        """An `UnsupportedError` at a place."""
        return UnsupportedError(message, source=self.text, span=span, hint=hint)

    def too_deep(self, token: Token) -> LimitError:
        """The error for too many levels."""
        return LimitError(
            f"brackets and operators are nested more than {self.limit} deep",
            source=self.text,
            span=(token[1], token[2]),
            hint="give parts of it names (where), or raise the limit `depth`",
        )

    def not_closed(self) -> ParseError:
        """The error for the innermost open bracket."""
        kind, start, stop, word = self.open[-1]
        _, left, right, found = self.tokens[self.at]
        return ParseError(
            f"`{word}` is not closed",
            source=self.text,
            span=(start, stop),
            hint=f"a `{CLOSING[kind]}` is missing",
            others=(((left, right), f"found `{found}` instead"),) if found else (),
        )

    def ends_early(self, missing: str) -> ParseError:
        """The error for a text that stops in the middle."""
        at = len(self.text)
        return self.error("the text ends too early", (at, at + 1), f"{missing} is missing")

    def unexpected(self) -> TraceDerivativeError:
        """The error for a token that cannot stand where it stands."""
        kind, start, stop, word = self.tokens[self.at]
        span = (start, stop)
        if not kind:
            return self.ends_early("an operand")
        if kind in OPENING and not self.open:
            return self.error(f"`{word}` without `{OPENING[kind]}`", span, "remove it")
        if kind in OPENING and CLOSING[self.open[-1][0]] != kind:
            return self.not_closed()
        if kind == "[":
            hint = "brackets [ ] stand behind a matrix or a function; group with ( )"
            return self.error("unexpected `[`", span, hint)
        if kind == ";":
            hint = "one expression at a time; abbreviations go into `where`, block rows into [ ]"
            return self.error("unexpected `;`", span, hint)
        if kind == ":":
            return self.error("unexpected `:`", span, "a colon stands in B[k,:] and sum(k: ...)")
        return self.error(f"unexpected `{word}`", span, "an operand is missing before it")

    def no_index(self) -> TraceDerivativeError:
        """The error for something that is not an index name."""
        kind, start, stop, word = self.tokens[self.at]
        if kind == "number":
            hint = "name the index: sum(i: A[i,i]), B[k,:]"
            return self.unsupported("indices are names, not numbers", (start, stop), hint)
        if not kind:
            return self.ends_early("an index")
        hint = "A[i,j], x[i], B[k,:]; group with ( )"
        return self.error(f"expected an index instead of `{word}`", (start, stop), hint)
