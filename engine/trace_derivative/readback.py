"""Printed texts read back as operations of a program.

Input: a text that the engine has printed, whose symbols are known.  A bracket that has been read
is replaced by its slot, `#12#`: one with the same inside is not read again, in whatever text it
stands.  Nothing is inferred here: a text in which something is open raises `OpenError`.
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

_BRACKET = re.compile(r"((?:[A-Za-z]\w*)?\(|\))")
_TOKEN = re.compile(
    r"(?:[A-Za-z]\w*|#\d+#)(?:\[[\w,:]+\])?'*"  # a name with what stands right behind it
    r"|\d+(?:\.\d+)?|\.[*/^]|\S"
)
_BARE = re.compile(r"\d+(?:\.\d+)?|\w+|#\d+#|.", re.DOTALL)
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
        self._brackets: dict[tuple[str, str], Slot] = {}
        self._operands: dict[str, Slot] = {}
        self._texts: dict[str, Slot] = {}

    def name(self, name: str, slot: Slot) -> None:
        """Let a name stand for a slot."""
        self._names[name] = slot

    def slot(self, text: str, ranges: Mapping[str, Dim]) -> Slot:
        """The slot of a text; `ranges` has the dimensions of its indices."""
        found = self._texts.get(text)
        if found is None:
            if "#" in text:
                raise OpenError
            self._ranges, self._asked = ranges, False
            found = self._whole(text)
            if not self._asked:
                self._texts[text] = found
        return found

    def _whole(self, text: str) -> Slot:
        """The slot of a text: of each bracket when it closes, those in it come first."""
        first, *rest = _BRACKET.split(text)
        inside = [first]
        opened: list[tuple[str, list[str]]] = []
        for bracket, behind in zip(rest[::2], rest[1::2], strict=True):
            if bracket != ")":
                opened.append((bracket[:-1], inside))
                inside = [behind]
                continue
            if not opened:
                raise OpenError
            word, outside = opened.pop()
            slot = self._bracket(word, "".join(inside) if len(inside) > 1 else inside[0])
            mark = f"#{slot}#"
            self._operands[mark] = slot
            inside = outside
            inside += mark, behind
        if opened:
            raise OpenError
        return self._bracket("", "".join(inside))

    def _bracket(self, word: str, inside: str) -> Slot:
        """A bracket whose brackets are slots, behind the name of a function or not."""
        found = self._brackets.get((word, inside))
        if found is None:
            before, self._asked = self._asked, False
            found = self._call(word, inside) if word else self._flat(inside)
            if not self._asked:
                self._brackets[word, inside] = found
            self._asked |= before
        return found

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

    def _flat(self, text: str) -> Slot:
        found = self._operands.get(text)
        if found is not None:
            return found
        tokens = _TOKEN.findall(text) + _ENDS
        slot, at = self._sum(tokens, 0)
        if tokens[at] != _END:
            raise OpenError
        return slot

    def _list(self, text: str) -> list[Slot]:
        """The slots of arguments with commas between them."""
        found = self._operands.get(text)
        if found is not None:
            return [found]
        tokens = _TOKEN.findall(text) + _ENDS
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
        token = tokens[at]
        if token == "-":
            slot, at = self._factor(tokens, at + 1)
            return self.program.negative(slot), at
        if token == "[":
            slot, at = self._block(tokens, at + 1)
        else:
            found = self._operands.get(token)
            slot, at = self._operand(token) if found is None else found, at + 1
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
            slot, at = self._exponent(tokens, at + 1)
            return self.program.negative(slot), at
        if tokens[at] == "[":
            return self._block(tokens, at + 1)
        # what stands behind an exponent belongs to the power
        tokens[at : at + 1] = _BARE.findall(tokens[at]) or [_END]
        return self._operand(tokens[at]), at + 1

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

    def _operand(self, token: str) -> Slot:
        """A number, or a name or a slot with subscripts and transposed."""
        slot = self._operands[token] = self._new_operand(token)
        return slot

    def _new_operand(self, token: str) -> Slot:
        if token[:1].isdigit():
            return self.program.number(Fraction(token))
        bare = token.rstrip("'")
        name, _, subscripts = bare.partition("[")
        slot = int(name[1:-1]) if name[:1] == "#" else self._names.get(name)
        if slot is None:
            raise OpenError
        if subscripts:
            slot = self._placed(slot, subscripts[:-1].split(","))
        for _ in range(len(token) - len(bare)):
            slot = self.program.transpose(slot)
        return slot

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
        """A subscript behind a block, say."""
        places = [tokens[at]]
        if tokens[at + 1] == ",":
            at += 2
            places.append(tokens[at])
        if tokens[at + 1] != "]":
            raise OpenError
        return self._placed(slot, places), at + 2

    def _placed(self, slot: Slot, places: list[str]) -> Slot:
        """`[i]`, `[i,j]`, `[k,:]`, `[:,k]`."""
        match places:
            case [i] if i.isidentifier():
                return self.program.entry(slot, i)
            case [i, ":"] if i.isidentifier():
                return self.program.row(slot, i)
            case [":", j] if j.isidentifier():
                return self.program.column(slot, j)
            case [i, j] if i.isidentifier() and j.isidentifier():
                return self.program.entry(slot, i, j)
            case _:
                raise OpenError
