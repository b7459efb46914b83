"""Printed texts read back as operations of a program.

Input: a text that the engine has printed, whose symbols are known.  A bracket that has been read
is replaced by its slot, `#12`: it is not read again, in whatever text it stands.  Nothing is
inferred here: a text in which something is open raises `OpenError`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction

from . import functions, operators
from .expr import SCALAR, Dim, Symbol
from .matrix_functions import DERIVATIVES, NAMES, POWER
from .planned import OpenError
from .program import Program, Slot
from .words import MATRIX_FUNCTIONS, arity

_OPENING = re.compile(r"([A-Za-z]\w*)?\(")
_BRACKETS = re.compile(r"[()]")
_TOKEN = re.compile(r"[A-Za-z]\w*|#\d+|\d+(?:\.\d+)?|\.[*/^]|[-+*/^'\[\],;:]")
_BOUND = re.compile(r"([A-Za-z]\w*(?:,[A-Za-z]\w*)*): (.*)", re.DOTALL)
_SIZE = re.compile(r"\w+(?:[+*]\w+)*")
_END = ""
_ENDS = [_END] * 4
"""As many as may be looked at beyond the last token."""


class Reader:
    """Reads texts over known symbols; what it has read it remembers."""

    def __init__(self, program: Program, symbols: Mapping[str, Symbol]) -> None:
        self.program = program
        self._names: dict[str, Slot] = {
            name: program.symbol(name, s.shape) for name, s in symbols.items()
        }
        self._ranges: Mapping[str, Dim] = {}
        self._sizes: Mapping[Dim, Dim] = {}
        self._asked = False
        self._read: dict[str, Slot] = {}

    def name(self, name: str, slot: Slot) -> None:
        """Let a name stand for a slot."""
        self._names[name] = slot

    def slot(self, text: str, ranges: Mapping[str, Dim]) -> Slot:
        """The slot of a text; `ranges` has the dimensions of its indices."""
        if "#" in text:
            raise OpenError
        self._ranges = ranges
        return self._whole(text)

    def _whole(self, text: str) -> Slot:
        return self._flat(self._flattened(text, 0, len(text), _closings(text)))

    def _flattened(self, text: str, start: int, stop: int, closings: Mapping[int, int]) -> str:
        """A stretch of a text with its brackets read and replaced by their slots."""
        pieces = []
        match = _OPENING.search(text, start, stop)
        while match:
            first, inside = match.span()
            close = closings[inside - 1]
            whole = text[first : close + 1]
            slot = self._read.get(whole)
            if slot is None:
                slot = self._bracket(whole, match[1], text, inside, close, closings)
            pieces += [text[start:first], f" #{slot} "]
            start = close + 1
            match = _OPENING.search(text, start, stop)
        pieces.append(text[start:stop])
        return "".join(pieces)

    def _bracket(
        self,
        whole: str,
        word: str | None,
        text: str,
        start: int,
        stop: int,
        closings: Mapping[int, int],
    ) -> Slot:
        """A bracket, behind the name of a function or not."""
        outer, self._asked = self._asked, False
        inside = self._flattened(text, start, stop, closings)
        slot = self._call(word, inside) if word else self._flat(inside)
        if not self._asked:
            self._read[whole] = slot
        self._asked |= outer
        return slot

    # ------------------------------------------------------------------ calls

    def _call(self, word: str, inside: str) -> Slot:
        program = self.program
        if word in self._names:
            raise OpenError
        if word in ("eye", "ones", "zeros"):
            sizes = [self._size(size) for size in inside.split(",")]
            if len(sizes) > (1 if word == "eye" else 2):
                raise OpenError
            last = sizes[0] if word == "eye" else 1
            return program.constant(word, sizes[0], sizes[1] if len(sizes) > 1 else last)
        if word in ("sum", "rows"):
            match = _BOUND.fullmatch(inside)
            if match:
                return self._bound(word, match[1].split(","), self._flat(match[2]))
        if word == "delta":
            i, j = inside.split(",")
            return program.delta(i, j, self._range(i))
        if word == "unvec":
            inside, rows, columns = inside.rsplit(",", 2)
            return program.unvec(self._flat(inside), self._size(rows), self._size(columns))
        args = self._list(inside)
        name = MATRIX_FUNCTIONS.get(word)
        if name is None:
            return program.function(functions.ALIASES.get(word, word), args)
        if len(args) != arity(name):
            raise OpenError
        if name == "kron":
            return program.kron(*args)
        if name == "dot":
            return program.operation("sum", program.elementwise(".*", *args))
        if name in NAMES:
            return program.matrix_function(NAMES[name], args)
        if name in DERIVATIVES:
            return program.frechet(DERIVATIVES[name], args)
        entry = operators.TABLE.get(name)
        if entry and entry.evaluate is None:
            return self._defined(entry, args)
        return program.operation(name, args[0])

    def _bound(self, word: str, indices: list[str], body: Slot) -> Slot:
        axes = self.program.axes[body]
        if word == "rows":
            if len(indices) > 1:
                raise OpenError
            return self.program.rows(body, indices[0], self._range(indices[0]))
        return self.program.index_sum(
            [(i, None if i in axes else self._range(i)) for i in indices], body
        )

    def _defined(self, entry: operators.Operator, args: list[Slot]) -> Slot:
        """An operator by the text of its definition."""
        shapes = [self.program.shapes[a] for a in args]
        sizes = operators.dims_of(entry, shapes)
        if sizes is None or not entry.definition:
            raise OpenError
        inner = Reader(self.program, {})
        inner._sizes = sizes
        inner._names = dict(zip(operators.LETTERS, args, strict=False))
        return inner._whole(entry.definition)

    def _size(self, text: str) -> Dim:
        text = text.strip()
        if text.isdigit():
            return int(text)
        if not _SIZE.fullmatch(text):
            raise OpenError
        return self._sizes.get(text, text)

    def _range(self, index: str) -> Dim:
        """The dimension over which an index runs."""
        self._asked = True
        if index not in self._ranges:
            raise OpenError
        return self._ranges[index]

    # ------------------------------------------------------------------ without brackets

    def _tokens(self, text: str) -> list[str]:
        tokens = _TOKEN.findall(text)
        if len("".join(tokens)) + text.count(" ") != len(text):
            raise OpenError
        tokens += _ENDS
        return tokens

    def _flat(self, text: str) -> Slot:
        tokens = self._tokens(text)
        slot, at = self._sum(tokens, 0)
        if tokens[at] != _END:
            raise OpenError
        return slot

    def _list(self, text: str) -> list[Slot]:
        """The slots of arguments with commas between them."""
        tokens = self._tokens(text)
        slot, at = self._sum(tokens, 0)
        slots = [slot]
        while tokens[at] == ",":
            slot, at = self._sum(tokens, at + 1)
            slots.append(slot)
        if tokens[at] != _END:
            raise OpenError
        return slots

    def _sum(self, tokens: list[str], at: int) -> tuple[Slot, int]:
        slot, at = self._product(tokens, at)
        sign = tokens[at]
        if sign != "+" and sign != "-":
            return slot, at
        terms = [(slot, 1)]
        while sign == "+" or sign == "-":
            slot, at = self._product(tokens, at + 1)
            terms.append((slot, 1 if sign == "+" else -1))
            sign = tokens[at]
        return self.program.add(terms), at

    def _product(self, tokens: list[str], at: int) -> tuple[Slot, int]:
        program = self.program
        slot, at = self._factor(tokens, at)
        while True:
            sign = tokens[at]
            if sign == "*":
                factors = [slot]
                while tokens[at] == "*":
                    slot, at = self._factor(tokens, at + 1)
                    factors.append(slot)
                slot = program.multiply(factors)
            elif sign == ".*":
                right, at = self._factor(tokens, at + 1)
                slot = program.elementwise(".*", slot, right)
            elif sign == "/" or sign == "./":
                right, at = self._factor(tokens, at + 1)
                slot = program.divide(slot, right)
            else:
                return slot, at

    def _factor(self, tokens: list[str], at: int) -> tuple[Slot, int]:
        if tokens[at] == "-":
            slot, at = self._factor(tokens, at + 1)
            return self.program.negative(slot), at
        slot, at = self._operand(tokens, at)
        while True:
            sign = tokens[at]
            if sign == "'":
                slot = self.program.transpose(slot)
                at += 1
            elif sign == "[":
                slot, at = self._subscript(slot, tokens, at + 1)
            elif sign == "^" or sign == ".^":
                exponent, at = self._exponent(tokens, at + 1)
                slot = self._power(slot, exponent, sign == ".^")
            else:
                return slot, at

    def _exponent(self, tokens: list[str], at: int) -> tuple[Slot, int]:
        if tokens[at] == "-":
            slot, at = self._operand(tokens, at + 1)
            return self.program.negative(slot), at
        return self._operand(tokens, at)

    def _power(self, base: Slot, exponent: Slot, elementwise: bool) -> Slot:
        if elementwise:
            return self.program.power(base, exponent)
        if self.program.shapes[exponent] != SCALAR:
            raise OpenError
        if self.program.shapes[base] == SCALAR:
            return self.program.power(base, exponent)
        value = self.program.numbers.get(exponent)
        if value is None or value.denominator != 1:
            return self.program.matrix_function(POWER, (base, exponent))
        return self.program.matrix_power(base, int(value))

    def _operand(self, tokens: list[str], at: int) -> tuple[Slot, int]:
        token = tokens[at]
        first = token[:1]
        if first == "#":
            return int(token[1:]), at + 1
        if first.isdigit():
            return self.program.number(Fraction(token)), at + 1
        if token == "[":
            return self._block(tokens, at + 1)
        found = self._names.get(token)
        if found is None:
            raise OpenError
        return found, at + 1

    def _block(self, tokens: list[str], at: int) -> tuple[Slot, int]:
        """`[A, B; C, D]`."""
        grid: list[list[Slot]] = [[]]
        while True:
            slot, at = self._sum(tokens, at)
            grid[-1].append(slot)
            sign = tokens[at]
            at += 1
            if sign == "]":
                return self.program.block(grid), at
            if sign == ";":
                grid.append([])
            elif sign != ",":
                raise OpenError

    def _subscript(self, slot: Slot, tokens: list[str], at: int) -> tuple[Slot, int]:
        """`[i]`, `[i,j]`, `[k,:]`, `[:,k]`."""
        first, behind = tokens[at], tokens[at + 1]
        program = self.program
        if not (first.isidentifier() or (first == ":" and tokens[at + 2].isidentifier())):
            raise OpenError
        if behind == "]":
            return program.entry(slot, first), at + 2
        second = tokens[at + 2]
        if behind != "," or tokens[at + 3] != "]":
            raise OpenError
        if first == ":":
            return program.column(slot, second), at + 4
        if second != ":" and not second.isidentifier():
            raise OpenError
        if second == ":":
            return program.row(slot, first), at + 4
        return program.entry(slot, first, second), at + 4


def _closings(text: str) -> dict[int, int]:
    """Where the bracket closes that opens at a place, for each that opens."""
    found: dict[int, int] = {}
    opened: list[int] = []
    for match in _BRACKETS.finditer(text):
        at = match.start()
        if text[at] == "(":
            opened.append(at)
        elif opened:
            found[opened.pop()] = at
        else:
            raise OpenError
    if opened:
        raise OpenError
    return found
