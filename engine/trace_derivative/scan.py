"""Text to tokens, with a plain word about every character that is not of the language.

A token is `(kind, start, stop, text)`; the kind of an operator is its canonical sign, others
are `name`, `number`, `superscript` and `""` at the end.  Greek letters become their names.
"""

from __future__ import annotations

import re
import unicodedata
from fractions import Fraction
from typing import TypeAlias

from .errors import LimitError, ParseError, Span

Token: TypeAlias = tuple[str, int, int, str]

# Capitals that look like a Latin letter are not read as Greek: see _LOOK_ALIKES.
_LETTERS = {
    letter: name
    for letters, names in (
        ("αβγδεζηθ", "alpha beta gamma delta epsilon zeta eta theta"),
        ("ικλμνξπρ", "iota kappa lambda mu nu xi pi rho"),
        ("στυφχψω", "sigma tau upsilon phi chi psi omega"),
        ("ΓΔΘΛΞΠΣΦΨΩ", "Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega"),
        # other shapes of the same letters
        ("ϵϑϰϖϱςϕµ", "epsilon theta kappa pi rho sigma phi mu"),
    )
    for letter, name in zip(letters, names.split(), strict=True)
}

_TOKEN = re.compile(
    r"(?P<name>[A-Za-z][A-Za-z0-9_]*)"
    r"|(?P<number>(?:[0-9]+(?:\.[0-9]+|\.(?![*/^'A-Za-z.]))?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<sign>\.T(?![A-Za-z0-9_])|\.[*/^']|\*\*|\|\||[-+*/^'()\[\],;:@_−·⋅∗∘⊙⊘⊗‖⊤])"
    r"|(?P<superscript>⁻?(?:[⁰¹²³⁴⁵⁶⁷⁸⁹]+|ᵀ))"
    rf"|(?P<greek>[{''.join(_LETTERS)}](?:[0-9][A-Za-z0-9_]*|_[A-Za-z0-9_]+)?)"
    r"|(?P<command>\\(?:[A-Za-z]+|.))"
    r"|(?P<other>\S)",
    re.DOTALL,
)

_SIGNS = {
    ".T": "'",
    ".'": "'",
    "||": "‖",
    "@": "*",
    "−": "-",
    "·": "*",
    "⋅": "*",
    "∗": "*",
    "∘": "⊙",
}
_COMMANDS = {
    r"\odot": "⊙",
    r"\circ": "⊙",
    r"\oslash": "⊘",
    r"\otimes": "⊗",
    r"\cdot": "*",
    r"\top": "⊤",
    r"\|": "‖",
}
_HINTS = {
    "{": "braces are LaTeX; group with ( )",
    "}": "braces are LaTeX; group with ( )",
    "=": "write the expression alone; abbreviations go into `where`",
    "|": "write det(A), abs(x) or norm2(A)",
    "×": "a product is A*B",
    "÷": "a quotient is A/B",
    "∑": "a sum over an index is sum(k: ...)",
    "√": "write sqrt(x)",
    "½": "write 1/2",
    "†": "a transpose is A'",
    "∞": "there is no infinity here",
    "\\": "only \\odot, \\circ, \\oslash, \\cdot and \\top are read of LaTeX",
    "#": "there are no comments here",
    '"': "a transpose is A', of a transpose A''",
    ".": "elementwise operators are .* ./ .^ and a transpose .T",
}
_LOOK_ALIKES = dict(
    zip(
        "АВЕКМНОРСТХУІЈЅасеорхуіјѕԁԛԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧοɑɡı’‘′ʹ`´“”‐‑–—˗⁎∕⁄∶，；（）ǃ",
        "ABEKMHOPCTXYIJSaceopxyijsdqwABEZHIKMNOPTYXoagi''''''\"\"-----*//:,;()!",
        strict=True,
    )
)

MAX_DIGITS = 300
"""Digits of a number, and its largest power of ten: what a float can hold."""


def scan(text: str) -> list[Token]:
    """The tokens of a text, with an end token behind them."""
    tokens: list[Token] = []
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup
        start, stop = match.span()
        word = match[0]
        if kind == "sign":
            tokens.append((_SIGNS.get(word, word), start, stop, word))
        elif kind == "name" or kind == "number" or kind == "superscript":
            tokens.append((kind, start, stop, word))
        elif kind == "greek":
            tokens.append(("name", start, stop, _LETTERS[word[0]] + word[1:]))
        elif kind == "command" and word in _COMMANDS:
            tokens.append((_COMMANDS[word], start, stop, word))
        else:
            raise _unreadable(text, (start, stop))
    tokens.append(("", len(text), len(text), ""))
    return tokens


def canonical_name(name: str) -> str | None:
    """A name with a Greek letter spelled out; None where it is not a name at all."""
    match = _TOKEN.fullmatch(name.strip())
    if match is None or match.lastgroup not in ("name", "greek"):
        return None
    word = match.group()
    return word if match.lastgroup == "name" else _LETTERS[word[0]] + word[1:]


def _unreadable(text: str, span: Span) -> ParseError:
    """The error for a character that is not of the language."""
    char = text[span[0]]
    if char == "\\":
        what = f"`{text[span[0] : span[1]]}` is not read here"
        return ParseError(what, source=text, span=span, hint=_HINTS["\\"])
    if char.isascii() and char.isprintable():
        hint = _HINTS.get(char, "operators are + - * / .* ./ ^ .^ '")
        return ParseError(f"unexpected `{char}`", source=text, span=span, hint=hint)
    name = unicodedata.name(char, "")
    shown = char if char.isprintable() else ""
    code = f"U+{ord(char):04X}"
    known_as = f"{name}, {code}" if name else code
    what = f"unexpected character {f'`{shown}` ' if shown else ''}({known_as})"
    twin = look_alike(char)
    if twin:
        hint = f"it looks like the ASCII character {twin}; type that instead"
    else:
        hint = _HINTS.get(char, "names are ASCII letters, or Greek letters")
    return ParseError(what, source=text, span=span, hint=hint)


def look_alike(char: str) -> str:
    """The ASCII character that a character looks like, or nothing."""
    twin = _LOOK_ALIKES.get(char, "")
    if not twin:
        # full-width and mathematical letters, letters with accents
        plain = unicodedata.normalize("NFKD", char)[:1]
        if plain.isascii() and plain.isprintable() and not plain.isspace():
            twin = plain
    return twin


def exact_number(word: str, source: str, span: Span) -> Fraction:
    """The exact value of a decimal."""
    mantissa, _, exponent = word.lower().partition("e")
    # the length of the exponent first: int() of a long text is slow, or refused
    if len(mantissa) > MAX_DIGITS or len(exponent) > 6 or abs(int(exponent or 0)) > MAX_DIGITS:
        raise LimitError(
            "a number with too many digits",
            source=source,
            span=span,
            hint=f"numbers have at most {MAX_DIGITS} digits",
        )
    return Fraction(word) if len(word) > 1 or not word.isdigit() else Fraction(int(word))
