"""What is said about names before a text is read: shapes, constants, abbreviations.

Input: `shapes` as a text ("A: p m; x: n; a: scalar; J: ones") or a mapping, `where` as a text
("D = B*X*C'; E = A*D") or a mapping.  Output: a `Declaration` for every name, and the
definitions in order.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from . import sizes
from .errors import LimitError, ParseError, ShapeError, Span
from .expr import Dim, Symbol
from .scan import canonical_name

ShapeSpec: TypeAlias = str | Dim | Iterable[Dim]
"""What may be said about one name: `()`, `("n",)`, `("m", "n")`, `"m n"`, `"scalar"`, `"ones"`."""

MAX_SIZE = 10_000
"""The largest size that a dimension may be given as a number."""

_WORDS = {
    "scalar": ("symbol", 0),
    "vector": ("symbol", 1),
    "matrix": ("symbol", 2),
    "ones": ("ones", 2),
    "zeros": ("zeros", 2),
    "zero": ("zeros", 2),
    "eye": ("eye", 2),
    "identity": ("eye", 2),
}
_SEPARATORS = re.compile(r"[\s,×]+")
_ENTRY = re.compile(r"[^;\n]+")


@dataclass(frozen=True, slots=True)
class Declaration:
    """One name: a symbol or a constant matrix; a size that is None is to be inferred."""

    kind: str
    rank: int
    rows: Dim | None
    columns: Dim | None
    symbol: Symbol | None = None


def of_symbol(symbol: Symbol) -> Declaration:
    """The declaration of a symbol whose shape is known."""
    return Declaration("symbol", symbol.rank, *symbol.shape, symbol)


def read_name(name: object, source: str = "", span: Span | None = None) -> str:
    """A declared name, Greek letters spelled out; `ParseError` where it is not a name."""
    found = canonical_name(name) if isinstance(name, str) else None
    if found is None:
        shown = source or str(name)
        raise ParseError(
            f"`{str(name)[:40]}` is not a name",
            source=shown or " ",
            span=span or (0, max(1, len(shown))),
            hint="a name is a letter, then letters, digits and _",
        )
    return found


def declarations(shapes: str | Mapping[str, ShapeSpec] | None) -> dict[str, Declaration]:
    """The declaration of every name in `shapes`."""
    if not shapes:
        return {}
    found: dict[str, Declaration] = {}
    if isinstance(shapes, str):
        for entry in _ENTRY.finditer(shapes):
            _read_entry(shapes, entry.start(), entry.group(), found)
        return found
    if not isinstance(shapes, Mapping):
        raise ParseError("shapes are a text or a mapping", hint='shapes="A: p m; x: n"')
    for key, spec in shapes.items():
        name = read_name(key)
        _put(found, name, _of_spec(name, spec), f"{name}: {spec}", (0, len(name)))
    return found


def _read_entry(source: str, start: int, entry: str, found: dict[str, Declaration]) -> None:
    """Read `A, B: m n`, a part of `source`."""
    if not entry.strip():
        return
    names, colon, sizes = entry.partition(":")
    span = (start + len(entry) - len(entry.lstrip()), start + len(entry.rstrip()))
    if not colon:
        raise ParseError(
            "a declaration is `name: sizes`",
            source=source,
            span=span,
            hint="A: p m; x: n; a: scalar",
        )
    declaration = _of_text(sizes, source, (start + len(names) + 1, start + len(entry)))
    for name in names.split(","):
        _put(found, read_name(name.strip(), source, span), declaration, source, span)


def _put(
    found: dict[str, Declaration], name: str, declaration: Declaration, source: str, span: Span
) -> None:
    if found.get(name, declaration) != declaration:
        raise ShapeError(
            f"{name} is declared twice", source=source, span=span, hint="one shape for a name"
        )
    found[name] = declaration


def _of_spec(name: str, spec: ShapeSpec) -> Declaration:
    """The declaration for one value of a mapping."""
    source = f"{name}: {spec}"
    span = (len(name) + 2, max(len(source), len(name) + 3))
    if isinstance(spec, str):
        return _of_text(spec, source, span)
    if isinstance(spec, Iterable):
        return _of_sizes([_of_item(item, source, span) for item in spec], source, span)
    return _of_sizes([_of_item(spec, source, span)], source, span)


def _of_item(item: object, source: str, span: Span) -> Dim:
    if isinstance(item, str):
        return _size(item.strip(), source, span)
    if isinstance(item, bool):
        raise _no_size(str(item), source, span)
    try:
        return _whole(operator.index(item), source, span)  # type: ignore[arg-type]
    except TypeError:
        raise _no_size(str(item), source, span) from None


def _of_text(text: str, source: str, span: Span) -> Declaration:
    """The declaration for sizes or a word in a text."""
    body = text.strip()
    if body[:1] == "(" and body[-1:] == ")":
        body = body[1:-1]
    elif not body:
        raise ParseError(
            "sizes are missing", source=source, span=span, hint="A: p m; x: n; a: scalar"
        )
    words = [w for w in _SEPARATORS.split(body) if w]
    if len(words) == 1 and words[0] in _WORDS:
        kind, rank = _WORDS[words[0]]
        rows, columns = ((1, 1), (None, 1), (None, None))[rank]
        return Declaration(kind, rank, rows, columns)
    return _of_sizes([_size(w, source, span) for w in words], source, span)


def _of_sizes(sizes: list[Dim], source: str, span: Span) -> Declaration:
    if len(sizes) > 2:
        raise ShapeError(
            f"{len(sizes)} sizes: a symbol has at most two",
            source=source,
            span=span,
            hint="A: p m; x: n; a: scalar",
        )
    rows, columns = (*sizes, 1, 1)[:2]
    return Declaration("symbol", len(sizes), rows, columns)


def _size(word: str, source: str, span: Span) -> Dim:
    if word.isascii() and word.isdigit():
        return _whole(int(word) if len(word) < 10 else MAX_SIZE + 1, source, span)
    name = canonical_name(word)
    if name is None and any(sign in word for sign in "*+"):
        return sizes.total(
            *[
                sizes.product(*[_size(part, source, span) for part in term.split("*")])
                for term in word.split("+")
            ]
        )
    if name is None:
        raise _no_size(word, source, span)
    return name


def _whole(size: int, source: str, span: Span) -> int:
    if size < 1:
        raise _no_size(str(size), source, span)
    check_size(size, source, span)
    return size


def _no_size(word: str, source: str, span: Span) -> ParseError:
    hint = "a size is a dimension name or a positive whole number"
    return ParseError(f"`{word[:40]}` is not a size", source=source, span=span, hint=hint)


def check_size(size: int, source: str, span: Span) -> None:
    """Raise `LimitError` for a size that no computer should be given."""
    if size > MAX_SIZE:
        raise LimitError(
            f"a size above {MAX_SIZE}", source=source, span=span, hint="give the dimension a name"
        )


def definitions(where: str | Mapping[str, str] | None) -> list[tuple[str, str]]:
    """The abbreviations in order, `(name, text)`."""
    if not where:
        return []
    if isinstance(where, Mapping):
        pairs = [(read_name(name), str(text)) for name, text in where.items()]
    elif isinstance(where, str):
        pairs = [
            _definition(where, entry.start(), entry.group())
            for entry in _ENTRY.finditer(where)
            if entry.group().strip()
        ]
    else:
        raise ParseError("abbreviations are a text or a mapping", hint='where="D = B*X*C\'"')
    seen: set[str] = set()
    for name, text in pairs:
        if name in seen:
            raise ShapeError(
                f"{name} is defined twice",
                source=f"{name} = {text}",
                span=(0, len(name)),
                hint="one definition for a name",
            )
        seen.add(name)
    return pairs


def _definition(source: str, start: int, entry: str) -> tuple[str, str]:
    name, sign, text = entry.partition("=")
    span = (start + len(entry) - len(entry.lstrip()), start + len(entry.rstrip()))
    if not sign:
        raise ParseError(
            "an abbreviation is `name = expression`",
            source=source,
            span=span,
            hint="D = B*X*C'; E = A*D",
        )
    return read_name(name.strip(), source, span), text.strip()
