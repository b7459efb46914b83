"""Text to a syntax tree: names are resolved, precedence is settled, nothing is said about shapes.

Input: a text and the names that are known to be symbols (they win over every other reading).
Output: `Parsed`.  The syntax is the table in the documentation of the text syntax.  The parser
is a precedence climber over a list of tokens; how deep it may nest is `limits.current().depth`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Set
from typing import NoReturn

from . import functions, limits
from .errors import LimitError, ParseError, Span, UnsupportedError
from .scan import GREEK_MATRICES, GREEK_SCALARS, Token, exact_number, scan
from .tree import (
    Bound,
    Call,
    Constant,
    DeltaOf,
    IndexName,
    Literal,
    Name,
    Negative,
    Parsed,
    Product,
    Raised,
    Size,
    Subscript,
    Sum,
    Transposed,
    Tree,
)

__all__ = ["RESERVED", "parse"]

_MATRIX_FUNCTIONS = {
    "tr": "tr",
    "trace": "tr",
    "Tr": "tr",
    "det": "det",
    "logdet": "logdet",
    "inv": "inv",
    "sum": "sum",
    "norm": "norm2",
    "norm2": "norm2",
    "norm1": "norm1",
    "diag": "diag",
    "dot": "dot",
}
_CONSTANTS = {"eye": "eye", "ones": "ones", "zeros": "zeros"}
_OTHER_SYNTAX = frozenset({"rows", "delta", "kron"})
_UNSUPPORTED = {
    "vec": "write sum(A.*B) for a product of two vec",
    "mean": "write sum(A)/c with a scalar c",
    "expm": "exp is elementwise",
    "logm": "log is elementwise",
    "sqrtm": "sqrt is elementwise",
    "pinv": "write inv(A'*A)*A'",
    "softmax": "write exp(x)/sum(exp(x))",
    "max": "there is relu, abs and sign",
    "min": "there is relu, abs and sign",
    "rank": "",
    "eig": "",
    "svd": "",
    "cumsum": "",
}
RESERVED = frozenset({*_MATRIX_FUNCTIONS, *_CONSTANTS, *_OTHER_SYNTAX, *functions.TABLE})
"""Names that have a meaning of their own unless they are declared."""

_NORMS = {"F": "norm2", "fro": "norm2", "2": "vector norm2", "1": "vector norm1"}

# levels of precedence
_NONE, _SUM, _LOOSE, _TIGHT = 0, 1, 2, 3
_LEVELS = {
    "+": _SUM,
    "-": _SUM,
    "⊙": _LOOSE,
    "⊘": _LOOSE,
    "*": _TIGHT,
    "/": _TIGHT,
    ".*": _TIGHT,
    "./": _TIGHT,
    # juxtaposition
    "name": _TIGHT,
    "number": _TIGHT,
    "(": _TIGHT,
    "‖": _TIGHT,
    # refused with a word of their own
    "⊗": _TIGHT,
    "**": _TIGHT,
}
_JUXTAPOSED = frozenset({"name", "number", "(", "‖"})
_ELEMENTWISE = {"⊙": ".*", "⊘": "./"}
_POSTFIX = frozenset({"'", "^", ".^", "[", "superscript", "⊤"})
_CLOSING = {"(": ")", "[": "]", "‖": "‖"}
_OPENING = {")": "(", "]": "["}
_DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
# one symbol of a run of symbols that are written together, `AX1B`
_PIECE = re.compile(r"[A-Za-z](?:_?[0-9]+)?")
_PIECES = re.compile(rf"(?:{_PIECE.pattern})+")


def parse(text: str, known: Set[str] = frozenset()) -> Parsed:
    """The syntax tree of a text; names in `known` are symbols."""
    bounds = limits.current()
    if len(text) > bounds.length:
        raise LimitError(
            f"the text has {len(text)} characters: the limit is {bounds.length}",
            source=text,
            span=(bounds.length, bounds.length + 1),
            hint="give parts of it names (where), or raise the limit `length`",
        )
    tokens = scan(text)
    if len(tokens) == 1:
        raise ParseError(
            "the expression is empty", source=text or " ", span=(0, 1), hint="for example tr(A*X*B)"
        )
    return _Parser(text, tokens, known, bounds.depth).run()


class _Parser:
    """One reading: a position in the tokens, the open brackets, the depth."""

    def __init__(self, text: str, tokens: list[Token], known: Set[str], depth: int) -> None:
        self.text = text
        self.tokens = tokens
        self.known = known
        self.at = 0
        self.limit = depth
        self.nesting = 0  # brackets and signs around the place
        self.height = 0  # of the tree that was read last
        self.open: list[Token] = []
        self._alone: frozenset[str] | None = None

    def run(self) -> Parsed:
        """The whole text."""
        free = self.free_indices() if self.tokens[0][0] == "[" else None
        tree = self.expression(_SUM)
        if self.tokens[self.at][0]:
            raise self.unexpected()
        return Parsed(self.text, tree, free)

    # ------------------------------------------------------------ errors

    def fail(self, message: str, span: Span, hint: str = "") -> NoReturn:
        """Raise a `ParseError`."""
        raise ParseError(message, source=self.text, span=span, hint=hint)

    def unexpected(self) -> NoReturn:
        """Raise the error for a token that cannot stand where it stands."""
        kind, start, stop, word = self.tokens[self.at]
        if not kind:
            raise self.fail("the text ends too early", (start, start + 1), "an operand is missing")
        if kind in _OPENING and not self.open:
            raise self.fail(f"`{word}` without `{_OPENING[kind]}`", (start, stop), "remove it")
        if self.open and kind in (")", "]", ","):
            raise self.not_closed()
        if kind == "[":
            hint = "brackets [ ] stand behind a matrix or a function; group with ( )"
            raise self.fail("unexpected `[`", (start, stop), hint)
        if kind == ":":
            hint = "a colon stands in B[k,:] and in sum(k: ...)"
            raise self.fail("unexpected `:`", (start, stop), hint)
        raise self.fail(f"unexpected `{word}`", (start, stop), "an operand is missing before it")

    def not_closed(self) -> NoReturn:
        """Raise the error for the innermost open bracket."""
        kind, start, stop, word = self.open[-1]
        hint = f"a `{_CLOSING[kind]}` is missing"
        found = self.tokens[self.at]
        others = (((found[1], found[2]), f"found `{found[3]}` instead"),) if found[0] else ()
        raise ParseError(
            f"`{word}` is not closed",
            source=self.text,
            span=(start, stop),
            hint=hint,
            others=others,
        )

    def deeper(self, token: Token) -> None:
        """Count one level of nesting."""
        self.nesting += 1
        if self.nesting > self.limit:
            raise self.too_deep((token[1], token[2]))

    def higher(self, token: Token) -> None:
        """Count one operator on top of the tree that was read last."""
        self.height += 1
        if self.height > self.limit:
            raise self.too_deep((token[1], token[2]))

    def too_deep(self, span: Span) -> NoReturn:
        """Raise the error for too many levels."""
        raise LimitError(
            f"brackets and operators are nested more than {self.limit} deep",
            source=self.text,
            span=span,
            hint="give parts of it names (where), or raise the limit `depth`",
        )

    # ------------------------------------------------------------ operators

    def level(self) -> int:
        """The level of the operator at the present place; juxtaposition has no token."""
        kind = self.tokens[self.at][0]
        if kind == "‖" and self.open and self.open[-1][0] == "‖":
            return _NONE
        return _LEVELS.get(kind, _NONE)

    def expression(self, least: int) -> Tree:
        """Operands joined by operators of level `least` and above."""
        start = self.tokens[self.at][1]
        left = self.factor()
        level = self.level()
        while level >= least and level != _NONE:
            operands, operators = [left], []
            height = self.height
            while self.level() == level:
                operators.append(self.operator())
                operands.append(self.factor() if level == _TIGHT else self.expression(level + 1))
                height = max(height, self.height)
            self.height = height
            stop = self.tokens[self.at - 1][2]
            if level == _SUM:
                signs = (1, *[-1 if op == "-" else 1 for op in operators])
                left = Sum(start, stop, tuple(operands), signs)
            else:
                left = Product(start, stop, tuple(operands), tuple(operators))
            level = self.level()
        return left

    def operator(self) -> str:
        """The operator at the present place, which is passed."""
        kind, start, stop, word = self.tokens[self.at]
        if kind in _JUXTAPOSED:
            if kind == "number":
                raise self.fail(f"`{word}` behind an operand", (start, stop), "write * or ^ before it")
            return "*"
        if kind == "**":
            raise self.fail("`**` is not an operator", (start, stop), "a power is A^2, elementwise A.^2")
        if kind == "⊗":
            raise self.no_kronecker((start, stop))
        self.at += 1
        return _ELEMENTWISE.get(kind, kind)

    def no_kronecker(self, span: Span) -> NoReturn:
        """Raise the error for a Kronecker product."""
        raise UnsupportedError(
            "the Kronecker product is not supported yet",
            source=self.text,
            span=span,
            hint="tr(kron(A,B)) is tr(A)*tr(B)",
        )

    def factor(self) -> Tree:
        """Signs, an operand, and what stands behind it."""
        token = self.tokens[self.at]
        kind = token[0]
        if kind == "-" or kind == "+":
            self.at += 1
            self.deeper(token)
            arg = self.factor()
            self.nesting -= 1
            self.higher(token)
            return arg if kind == "+" else Negative(token[1], arg.stop, arg)
        operand = self.operand()
        while self.tokens[self.at][0] in _POSTFIX:
            operand = self.postfix(token[1], operand)
        return operand

    def postfix(self, start: int, operand: Tree) -> Tree:
        """The operand with one postfix operator."""
        token = self.tokens[self.at]
        kind, _, stop, word = token
        self.higher(token)
        self.at += 1
        if kind == "'" or kind == "⊤" or word == "ᵀ":
            return Transposed(start, stop, operand)
        if kind == "superscript":
            return self.superscript(start, operand, token)
        if kind == "[":
            return self.subscript(start, operand, token)
        return self.power(start, operand, kind == ".^")

    def superscript(self, start: int, operand: Tree, token: Token) -> Tree:
        """`A²`, `A⁻¹`, `A⁻ᵀ`."""
        _, left, stop, word = token
        if word == "⁻ᵀ":
            return Transposed(start, stop, operand, inverse=True)
        digits = word.translate(_DIGITS)
        sign = -1 if digits[0] == "-" else 1
        value = sign * exact_number(digits.lstrip("-"), self.text, (left, stop))
        return Raised(start, stop, operand, Literal(left, stop, value), False)

    def power(self, start: int, base: Tree, elementwise: bool) -> Tree:
        """`^ exponent`; the exponent is an operand with signs, or a mark of transposition."""
        height = self.height
        first = self.tokens[self.at]
        levels = 0
        negative = False
        while (token := self.tokens[self.at])[0] in ("-", "+"):
            negative ^= token[0] == "-"
            levels += 1
            self.deeper(token)
            self.at += 1
        if token[0] == "name" and token[3] not in self.known and len(token[3]) > 1:
            token = self.pieces_of(token)
        kind, left, stop, word = token
        mark = kind == "⊤" or word == "ᵀ"
        if mark or (kind == "name" and word == "T"):
            self.at += 1
            self.nesting -= levels
            return Transposed(start, stop, base, negative, not mark, elementwise)
        if kind == "*":
            raise self.fail("`^*` is not an operator", (left, stop), "a transpose is A'")
        exponent = self.operand()
        self.nesting -= levels
        stop = self.tokens[self.at - 1][2]
        if negative:
            exponent = Negative(first[1], stop, exponent)
        self.height = max(height, self.height + 1)
        return Raised(start, stop, base, exponent, elementwise)

    # ------------------------------------------------------------ operands

    def operand(self) -> Tree:
        """A number, a name, a call, brackets or a norm."""
        token = self.tokens[self.at]
        kind, start, stop, word = token
        if kind == "name":
            return self.name(token)
        self.height = 0
        if kind == "number":
            self.at += 1
            return Literal(start, stop, exact_number(word, self.text, (start, stop)))
        if kind == "(":
            self.enter(token)
            inner = self.expression(_SUM)
            self.leave()
            return inner
        if kind == "‖":
            self.enter(token)
            inner = self.expression(_SUM)
            self.leave()
            return self.norm(start, inner)
        if kind == "⊗":
            raise self.no_kronecker((start, stop))
        raise self.unexpected()

    def enter(self, token: Token) -> None:
        """Pass an opening bracket."""
        self.at += 1
        self.deeper(token)
        self.open.append(token)

    def leave(self) -> None:
        """Pass the closing bracket."""
        if self.tokens[self.at][0] != _CLOSING[self.open[-1][0]]:
            if self.tokens[self.at][0] in ("", ")", "]", "‖"):
                raise self.not_closed()
            raise self.unexpected()
        token = self.open.pop()
        self.nesting -= 1
        self.at += 1
        self.higher(token)

    def norm(self, start: int, arg: Tree) -> Tree:
        """A norm in bars, with its index."""
        function, stop = "norm2", self.tokens[self.at - 1][2]
        if self.tokens[self.at][0] == "_":
            left = self.tokens[self.at][1]
            _, _, stop, word = self.tokens[self.at + 1]
            if word not in _NORMS:
                hint = "there is ‖A‖_F, ‖x‖_2 and ‖x‖_1"
                raise self.fail("a norm that is not known", (left, max(stop, left + 1)), hint)
            function = _NORMS[word]
            self.at += 2
        return Call(start, stop, function, (arg,), False)

    def name(self, token: Token) -> Tree:
        """A name, with its brackets where it is a function."""
        _, start, stop, word = token
        self.height = 0
        if word not in self.known:
            special = self.special(token)
            if special is not None:
                return special
            if len(word) > 1 and not _is_symbol(word):
                _, start, stop, word = self.pieces_of(token)
                if word == "I" and word not in self.known:
                    return self.constant("eye", self.tokens[self.at])
        self.at += 1
        return Name(start, stop, word)

    def special(self, token: Token) -> Tree | None:
        """A function, a constant or other syntax of an undeclared name; None for a symbol."""
        _, start, stop, word = token
        following = self.tokens[self.at + 1][0]
        bracket = following == "(" or following == "["
        if word in _MATRIX_FUNCTIONS:
            if not bracket:
                raise self.needs_brackets(word, (start, stop))
            if word == "sum" and self.binds():
                return self.bound("sum", token)
            return self.call(token, _MATRIX_FUNCTIONS[word], False)
        if word == "I" or word in _CONSTANTS:
            return self.constant(_CONSTANTS.get(word, "eye"), token)
        if word == "rows" and bracket:
            return self.bound("rows", token)
        if word == "delta" and bracket:
            return self.delta(token)
        if word == "kron":
            raise self.no_kronecker((start, stop))
        if word in functions.TABLE or word in functions.ALIASES:
            if not bracket:
                raise self.needs_brackets(word, (start, stop))
            return self.call(token, functions.ALIASES.get(word, word), True)
        if word in _UNSUPPORTED and (bracket or len(word) > 3):
            raise UnsupportedError(
                f"the function {word} is not supported",
                source=self.text,
                span=(start, stop),
                hint=_UNSUPPORTED[word],
            )
        if following == "(" and len(word) > 1:
            return self.other_function(token)
        return None

    def needs_brackets(self, word: str, span: Span) -> NoReturn:
        """Raise the error for a function without an argument."""
        raise self.fail(
            f"the function {word} needs brackets",
            span,
            f"write {word}(...), or declare the symbol {word}",
        )

    def other_function(self, token: Token) -> Tree | None:
        """A call of a SymPy function; None where the name is symbols before a bracket."""
        _, start, stop, word = token
        pieces = _pieces(word)
        if pieces and all(p[0].isupper() or len(pieces) == 1 for p in pieces):
            return None
        found = functions.lookup(word)
        if found is not None:
            return self.call(token, found.name, True)
        if _is_symbol(word) or self.splits(word):
            return None
        raise self.fail(
            f"unknown function `{word}`",
            (start, stop),
            _did_you_mean(word) or "declare it where it is a symbol",
        )

    def call(self, token: Token, function: str, elementwise: bool) -> Tree:
        """A function with its arguments."""
        _, start, stop, word = token
        self.at += 1
        self.enter(self.tokens[self.at])
        args = [self.expression(_SUM)]
        height = self.height
        while self.tokens[self.at][0] == ",":
            self.at += 1
            args.append(self.expression(_SUM))
            height = max(height, self.height)
        self.height = height
        self.leave()
        wanted = 2 if function == "dot" else 1
        if len(args) != wanted:
            count = "two arguments" if wanted == 2 else "one argument"
            raise self.fail(
                f"{word} takes {count}, not {len(args)}", (start, self.tokens[self.at - 1][2])
            )
        return Call(start, self.tokens[self.at - 1][2], function, tuple(args), elementwise)

    # ------------------------------------------------------------ constants and indices

    def constant(self, kind: str, token: Token) -> Tree:
        """`ones`, `zeros`, `eye` or `I`, with sizes or without."""
        _, start, stop, word = token
        self.at += 1
        bracket = self.tokens[self.at]
        if bracket[0] != "(" or (word == "I" and not self.sizes_follow()):
            return Constant(start, stop, kind, ())
        self.enter(bracket)
        sizes: list[Size] = []
        while self.tokens[self.at][0] != ")":
            if sizes:
                if self.tokens[self.at][0] != ",":
                    self.leave()
                self.at += 1
            sizes.append(self.size())
        self.leave()
        self.height = 0
        stop = self.tokens[self.at - 1][2]
        if len(sizes) > 2:
            raise self.fail(f"{word} takes one or two sizes", (start, stop))
        return Constant(start, stop, kind, tuple(sizes))

    def sizes_follow(self) -> bool:
        """Are there sizes in the brackets behind `I`?  Else it is a product."""
        at = self.at + 1
        kind, _, _, word = self.tokens[at]
        size = (kind == "name" and word not in self.known and not word[0].isupper()) or (
            kind == "number" and word.isdigit()
        )
        return (kind == ")") or (size and self.tokens[at + 1][0] in (")", ","))

    def size(self) -> Size:
        """A dimension name or a positive whole number."""
        kind, start, stop, word = self.tokens[self.at]
        if kind == "name":
            self.at += 1
            return Size(start, stop, word)
        if kind == "number":
            value = exact_number(word, self.text, (start, stop))
            if value.denominator == 1 and value >= 1:
                self.at += 1
                return Size(start, stop, value.numerator)
        if kind in ("", ",", ")"):
            raise self.unexpected()
        hint = "a size is a dimension name or a positive whole number"
        raise self.fail(f"`{word}` is not a size", (start, stop), hint)

    def binds(self) -> bool:
        """Do index names and a colon stand in the bracket behind `sum`?"""
        at = self.at + 2
        while self.tokens[at][0] == "name" and self.tokens[at + 1][0] == ",":
            at += 2
        return self.tokens[at][0] == ":" or (
            self.tokens[at][0] == "name" and self.tokens[at + 1][0] == ":"
        )

    def bound(self, kind: str, token: Token) -> Tree:
        """`sum(i,j: ...)` or `rows(k: ...)`."""
        self.at += 1
        self.enter(self.tokens[self.at])
        indices = self.index_list(":")
        self.at += 1
        if kind == "rows" and len(indices) != 1:
            raise self.fail("rows takes one index", indices[0].span, "rows(k: v)")
        body = self.expression(_SUM)
        self.leave()
        return Bound(token[1], self.tokens[self.at - 1][2], kind, indices, body)

    def delta(self, token: Token) -> Tree:
        """`delta(i,j)`."""
        self.at += 1
        self.enter(self.tokens[self.at])
        indices = self.index_list(_CLOSING[self.tokens[self.at - 1][0]], distinct=False)
        self.leave()
        span = (token[1], self.tokens[self.at - 1][2])
        if len(indices) != 2:
            raise self.fail("delta takes two indices", span, "delta(i,j)")
        return DeltaOf(*span, *indices)

    def index_list(self, end: str, distinct: bool = True) -> tuple[IndexName, ...]:
        """Index names with commas between them, up to the sign `end`, which is not passed."""
        names: list[IndexName] = []
        while True:
            kind, start, stop, word = self.tokens[self.at]
            if kind != "name":
                raise self.no_index()
            if distinct and any(word == n.name for n in names):
                raise self.fail(f"the index {word} stands here twice", (start, stop))
            names.append(IndexName(start, stop, word))
            self.at += 1
            kind, start, stop, word = self.tokens[self.at]
            if kind == end:
                return tuple(names)
            if kind != ",":
                raise self.fail(
                    f"expected `{end}` or a comma",
                    (start, max(stop, start + 1)),
                    "as in sum(i,j: ...)",
                )
            self.at += 1

    def no_index(self) -> NoReturn:
        """Raise the error for something that is not an index name."""
        kind, start, stop, word = self.tokens[self.at]
        if kind == "number":
            raise UnsupportedError(
                "indices are names, not numbers",
                source=self.text,
                span=(start, stop),
                hint="sum(i: A[i,i]), A[i,j], B[k,:]",
            )
        if not kind:
            raise self.fail("the text ends too early", (start, start + 1), "an index is missing")
        raise self.fail(f"expected an index instead of `{word}`", (start, stop), "A[i,j], x[i], B[k,:]")

    def subscript(self, start: int, arg: Tree, bracket: Token) -> Tree:
        """`[i,j]`, `[i]`, `[k,:]` or `[:,k]` behind an operand."""
        places: list[IndexName | None] = []
        self.open.append(bracket)
        while True:
            kind, left, right, word = self.tokens[self.at]
            if kind == ":":
                places.append(None)
            elif kind == "name":
                places.append(IndexName(left, right, word))
            else:
                raise self.no_index()
            self.at += 1
            if self.tokens[self.at][0] != ",":
                break
            self.at += 1
        kind, left, right, word = self.tokens[self.at]
        if kind == "":
            raise self.not_closed()
        if kind != "]":
            raise self.fail(
                f"expected `]` instead of `{word}`",
                (left, right),
                "A[i,j], x[i], B[k,:]; group with ( )",
            )
        self.open.pop()
        self.at += 1
        if len(places) > 2 or not any(places):
            span = (bracket[1], right)
            raise self.fail("one or two indices are needed here", span, "A[i,j], x[i], B[k,:], B[:,k]")
        return Subscript(start, right, arg, tuple(places))

    def free_indices(self) -> tuple[IndexName, ...]:
        """The list `[j,k]` at the beginning of a text in index notation."""
        self.at = 1
        free: tuple[IndexName, ...] = ()
        if self.tokens[1][0] != "]":
            free = self.index_list("]")
        self.at += 1
        if len(free) > 2:
            raise self.fail("a result has at most two free indices", free[2].span)
        return free

    # ------------------------------------------------------------ symbols written together

    def pieces_of(self, token: Token) -> Token:
        """Put the symbols that are written together into the tokens; the first of them."""
        _, start, stop, word = token
        if _is_symbol(word):
            return token
        if not self.splits(word):
            raise self.unknown(word, (start, stop))
        place, pieces = start, []
        for piece in _pieces(word):
            pieces.append(("name", place, place + len(piece), piece))
            place += len(piece)
        self.tokens[self.at : self.at + 1] = pieces
        return pieces[0]

    def splits(self, word: str) -> bool:
        """Can a name be read as symbols that are written together?"""
        return bool(_PIECES.fullmatch(word)) and all(
            p[0].isupper() or p in self.known or p in self.alone() for p in _pieces(word)
        )

    def alone(self) -> frozenset[str]:
        """The symbols of one letter that stand alone in the text, as symbols."""
        if self._alone is None:
            found, brackets, sizes = set(), 0, False
            previous = ""
            for kind, _, _, word in self.tokens:
                if kind == "[":
                    brackets += 1
                elif kind == "]":
                    brackets -= 1
                elif kind == "(" and previous in _CONSTANTS:
                    sizes = True
                elif kind == ")":
                    sizes = False
                elif kind == "name" and not brackets and not sizes and len(word) == 1:
                    found.add(word)
                previous = word
            self._alone = frozenset(found)
        return self._alone

    def unknown(self, word: str, span: Span) -> NoReturn:
        """Raise the error for a name that is neither declared nor symbols written together."""
        hint = _did_you_mean(word)
        if not hint:
            hint = f"declare it (shapes), or write a product with signs: {'*'.join(_pieces(word) or [word])}"
        raise self.fail(f"unknown name `{word}`", span, hint)


def _is_symbol(word: str) -> bool:
    """Is an undeclared name one symbol: a letter or a Greek name, with digits or an underscore?"""
    head = re.match(r"[A-Za-z][a-z]*", word)
    assert head is not None
    stem, rest = head.group(), word[head.end() :]
    one = len(stem) == 1 or stem in GREEK_SCALARS or stem in GREEK_MATRICES
    return one and (not rest or rest[0] == "_" or rest.isdigit())


def _pieces(word: str) -> list[str]:
    return _PIECE.findall(word) if _PIECES.fullmatch(word) else []


def _did_you_mean(word: str) -> str:
    close = difflib.get_close_matches(word, [*RESERVED, *functions.ALIASES], n=1, cutoff=0.7)
    return f"did you mean {close[0]}?" if close else ""
