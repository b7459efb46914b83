"""Text to a syntax tree: names are resolved, precedence is settled, nothing is said about shapes.

Input: a text and the names that are known to be symbols (they win over every other reading).
Output: `Parsed`.  A precedence climber over a list of tokens; how deep it may nest is
`limits.current().depth`.  Precedence, low to high: `+ -`; the loose signs `⊙ ⊘`; products and
juxtaposition; signs; what stands behind an operand.
"""

from __future__ import annotations

from collections.abc import Set

from . import functions, limits, sizes as dims
from .cursor import CLOSING, Cursor
from .errors import LimitError, ParseError
from .scan import Token, exact_number, scan
from .tree import (
    Blocks,
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
    Reshaped,
    Size,
    Subscript,
    Sum,
    Transposed,
    Tree,
)
from .words import (
    CONSTANTS,
    MATRIX_FUNCTIONS,
    NORMS,
    RESERVED,
    UNSUPPORTED,
    arity,
    did_you_mean,
    is_symbol,
    pieces,
)

__all__ = ["parse"]

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
    "⊗": _TIGHT,
    # refused with a word of its own
    "**": _TIGHT,
}
_JUXTAPOSED = frozenset({"name", "number", "(", "‖"})
_ELEMENTWISE = {"⊙": ".*", "⊘": "./"}
_NESTING = frozenset({".*", "./", "/"})
_POSTFIX = frozenset({"'", "^", ".^", "[", "superscript", "⊤"})
_SPECIAL = RESERVED | functions.ALIASES.keys() | {"I"}
"""The words that are no symbols, whatever stands behind them."""
_DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")


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


class _Parser(Cursor):
    """One reading of a text."""

    _alone: frozenset[str] | None = None

    def run(self) -> Parsed:
        """The whole text."""
        free = self.free_indices() if self.lists_indices() else None
        tree = self.expression(_SUM)
        if self.kind:
            raise self.unexpected()
        return Parsed(self.text, tree, free)

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
        while level >= least:
            token = self.tokens[self.at]
            operands, operators = [left], []
            height, layers = self.height, 1
            while (following := self.level()) == level:
                operators.append(sign := self.operator())
                layers += sign in _NESTING and operators[-2:] != [".*", ".*"]
                operands.append(self.factor() if level == _TIGHT else self.expression(level + 1))
                height = max(height, self.height)
                if sign == "⊗":
                    operands, operators = [self.kronecker(start, operands, operators)], []
                    layers += 1
            self.height = height
            self.higher(token, layers)
            stop = self.before()
            if not operators:
                left = operands[0]
            elif level == _SUM:
                signs = (1, *[-1 if op == "-" else 1 for op in operators])
                left = Sum(start, stop, tuple(operands), signs)
            else:
                left = Product(start, stop, tuple(operands), tuple(operators))
            level = following
        return left

    def kronecker(self, start: int, operands: list[Tree], operators: list[str]) -> Tree:
        """The Kronecker product of all operands but the last, multiplied, and the last."""
        *front, last = operands
        left = front[0]
        if len(front) > 1:
            left = Product(start, front[-1].stop, tuple(front), tuple(operators[:-1]))
        return Call(start, self.before(), "kron", (left, last), False)

    def operator(self) -> str:
        """The operator at the present place, which is passed."""
        kind, start, stop, word = self.tokens[self.at]
        if kind == "number":
            hint = "write * or ^ before it; a vector of ones is `ones`"
            raise self.error(f"`{word}` behind an operand", (start, stop), hint)
        if kind in _JUXTAPOSED:
            return "*"
        if kind == "**":
            hint = "a power is A^2, elementwise A.^2"
            raise self.error("`**` is not an operator", (start, stop), hint)
        self.at += 1
        return _ELEMENTWISE.get(kind, kind)

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
            return arg if kind == "+" else Negative(token[1], self.before(), arg)
        operand = self.name(token) if kind == "name" else self.operand()
        while self.tokens[self.at][0] in _POSTFIX:
            operand = self.postfix(token[1], operand)
        return operand

    def postfix(self, start: int, operand: Tree) -> Tree:
        """The operand with one postfix operator."""
        token = self.tokens[self.at]
        kind, _, stop, word = token
        self.higher(token)
        if kind == "[":
            return self.subscript(start, operand)
        self.at += 1
        if kind == "'" or kind == "⊤" or word == "ᵀ":
            return Transposed(start, stop, operand)
        if kind == "superscript":
            return self.superscript(start, operand, token)
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
        """`^ exponent`: an operand with signs before it, or a mark of transposition."""
        height = self.height
        first = self.tokens[self.at][1]
        negative, levels = self.signs()
        token = self.tokens[self.at]
        word = token[3]
        if token[0] == "name" and self.is_run(word) and word not in RESERVED:
            token = self.separate(token)
        kind, left, stop, word = token
        mark = kind == "⊤" or word == "ᵀ"
        if mark or word == "T":
            self.at += 1
            self.nesting -= levels
            return Transposed(start, stop, base, negative, not mark, elementwise)
        if kind == "*":
            raise self.error("`^*` is not an operator", (left, stop), "a transpose is A'")
        exponent = self.operand()
        self.nesting -= levels
        stop = self.before()
        if negative:
            exponent = Negative(first, stop, exponent)
        self.height = max(height, self.height + 1)
        return Raised(start, stop, base, exponent, elementwise)

    def signs(self) -> tuple[bool, int]:
        """Pass the signs before an exponent: are they a minus, and how many are there?"""
        negative, levels = False, 0
        while (token := self.tokens[self.at])[0] in ("-", "+"):
            negative ^= token[0] == "-"
            levels += 1
            self.deeper(token)
            self.at += 1
        return negative, levels

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
            self.enter()
            inner = self.expression(_SUM)
            self.leave()
            return inner
        if kind == "[":
            return self.blocks(token)
        if kind == "‖":
            self.enter()
            inner = self.expression(_SUM)
            self.leave()
            self.higher(token)
            return self.norm(start, inner)
        raise self.unexpected()

    def blocks(self, token: Token) -> Tree:
        """`[A, B; C, D]`."""
        self.enter()
        rows: list[list[Tree]] = [[self.expression(_SUM)]]
        height = self.height
        while self.kind == "," or self.kind == ";":
            if self.kind == ";":
                rows.append([])
            self.at += 1
            rows[-1].append(self.expression(_SUM))
            height = max(height, self.height)
        self.leave()
        self.height = height
        self.higher(token)
        span = (token[1], self.before())
        if len({len(row) for row in rows}) > 1:
            raise self.error("rows of blocks of different lengths", span, "[A, B; C, D]")
        return Blocks(*span, tuple(map(tuple, rows)))

    def lists_indices(self) -> bool:
        """Does the text begin with a list of free indices, `[j,k]`, and not with a block matrix?

        It is one where names alone stand in the brackets, and what follows begins an operand.
        """
        if self.kind != "[":
            return False
        at = 1
        while self.tokens[at][0] == "name" and self.tokens[at + 1][0] == ",":
            at += 2
        at += self.tokens[at][0] == "name"
        if self.tokens[at][0] != "]":
            return False
        behind, start, _, _ = self.tokens[at + 1]
        # `[A, B][i,j]` without a space is an entry
        is_entry = behind == "[" and start == self.tokens[at][2]
        return behind in _JUXTAPOSED | {"-", "["} and not is_entry

    def norm(self, start: int, arg: Tree) -> Tree:
        """A norm in bars, with what stands behind the bars."""
        function = "norm2"
        if self.kind == "_":
            left = self.tokens[self.at][1]
            _, _, stop, word = self.tokens[self.at + 1]
            if word not in NORMS:
                hint = "there are ‖A‖_F, ‖x‖_2 and ‖x‖_1"
                raise self.error("a norm that is not known", (left, max(stop, left + 1)), hint)
            function = NORMS[word]
            self.at += 2
        return Call(start, self.before(), function, (arg,), False)

    def name(self, token: Token) -> Tree:
        """A symbol, a constant, or a function with its brackets."""
        _, start, stop, word = token
        self.height = 0
        if (len(word) > 1 or word in _SPECIAL) and word not in self.known:
            special = self.special(token)
            if special is not None:
                return special
            if self.is_run(word):
                _, start, stop, word = self.separate(token)
                if word == "I" and word not in self.known:
                    return self.constant("eye", self.tokens[self.at])
        self.at += 1
        return Name(start, stop, word)

    def special(self, token: Token) -> Tree | None:
        """A function, a constant or other syntax of an undeclared name; None for a symbol."""
        _, start, stop, word = token
        bracket = self.tokens[self.at + 1][0] in ("(", "[")
        if word not in _SPECIAL and not (bracket and len(word) > 1):
            return None
        span = (start, stop)
        function = MATRIX_FUNCTIONS.get(word)
        elementwise = functions.ALIASES.get(word, word)
        if function is not None or elementwise in functions.TABLE:
            if not bracket:
                hint = f"write {word}(...), or declare the symbol {word}"
                raise self.error(f"the function {word} needs brackets", span, hint)
            if function == "sum" and self.binds():
                return self.bound("sum", token)
            return self.call(token, function or elementwise, function is None)
        if word == "I" or word in CONSTANTS:
            return self.constant("eye" if word == "I" else word, token)
        if bracket and word == "rows":
            return self.bound("rows", token)
        if bracket and word == "delta":
            return self.delta(start)
        if bracket and word == "unvec":
            return self.reshaped(token)
        if bracket and word in UNSUPPORTED:
            raise self.unsupported(f"there is no function {word}", span, UNSUPPORTED[word])
        if bracket and len(word) > 1:
            return self.other_function(token)
        return None

    def other_function(self, token: Token) -> Tree | None:
        """A call of a SymPy function; None where the name is symbols before a bracket."""
        _, start, stop, word = token
        parts = pieces(word)
        if len(parts) == 1 or (parts and all(p[0].isupper() for p in parts)):
            return None
        found = functions.lookup(word)
        if found is not None:
            return self.call(token, found.name, True)
        if is_symbol(word) or self.splits(word):
            return None
        hint = did_you_mean(word) or "where it is a symbol, declare it"
        raise self.error(f"unknown function `{word}`", (start, stop), hint)

    def call(self, token: Token, function: str, elementwise: bool) -> Tree:
        """A function with its arguments."""
        _, start, _, word = token
        self.at += 1
        self.enter()
        args = [self.expression(_SUM)]
        height = self.height
        while self.kind == ",":
            self.at += 1
            args.append(self.expression(_SUM))
            height = max(height, self.height)
        self.height = height
        self.leave()
        self.higher(token)
        wanted = arity(function)
        if len(args) != wanted:
            count = ("one argument", "two arguments", "three arguments")[wanted - 1]
            hint = f"{word}({','.join(('A', 'B', 'p')[:wanted])})"
            raise self.error(f"{word} takes {count}, not {len(args)}", (start, self.before()), hint)
        return Call(start, self.before(), function, tuple(args), elementwise)

    def reshaped(self, token: Token) -> Tree:
        """`unvec(c,m,n)`."""
        start = token[1]
        self.at += 1
        self.enter()
        arg = self.expression(_SUM)
        height = self.height
        sizes: list[Size] = []
        while self.kind == "," and len(sizes) < 2:
            self.at += 1
            sizes.append(self.size())
        if len(sizes) < 2:
            span = (start, self.tokens[self.at][2])
            raise self.error("unvec takes a vector and two sizes", span, "unvec(c,m,n)")
        self.leave()
        self.height = height
        self.higher(token)
        return Reshaped(start, self.before(), arg, *sizes)

    # ------------------------------------------------------------ constants

    def constant(self, kind: str, token: Token) -> Tree:
        """`ones`, `zeros`, `eye` or `I`, with sizes or without."""
        _, start, stop, word = token
        self.at += 1
        if self.kind != "(" or (word == "I" and not self.sizes_follow()):
            return Constant(start, stop, kind, ())
        self.enter()
        sizes: list[Size] = []
        while self.kind != ")":
            if sizes and self.kind == ",":
                self.at += 1
            elif sizes:
                raise self.no_size()
            sizes.append(self.size())
        self.leave()
        self.height = 0
        if len(sizes) > 2:
            span = (start, self.before())
            raise self.error(f"{word} takes one or two sizes", span, f"{word}(n)")
        return Constant(start, self.before(), kind, tuple(sizes))

    def sizes_follow(self) -> bool:
        """Are there sizes in the brackets behind `I`?  Else it is a product."""
        kind, _, _, word = self.tokens[self.at + 1]
        symbol = word in self.known or word[:1].isupper()
        size = word.isdigit() if kind == "number" else kind == "name" and not symbol
        return kind == ")" or (size and self.tokens[self.at + 2][0] in (")", ","))

    def size(self) -> Size:
        """A dimension: a name, a positive whole number, or products and sums of them."""
        terms: list[list[Size]] = [[self.plain_size()]]
        while self.kind == "*" or self.kind == "+":
            if self.kind == "+":
                terms.append([])
            self.at += 1
            terms[-1].append(self.plain_size())
        whole = dims.total(*[dims.product(*[s.size for s in term]) for term in terms])
        return Size(terms[0][0].start, self.before(), whole)

    def plain_size(self) -> Size:
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
        raise self.no_size()

    def no_size(self) -> ParseError:
        """The error for something that is not a size."""
        kind, start, stop, word = self.tokens[self.at]
        if not kind:
            return self.not_closed()
        hint = "a size is a dimension name or a positive whole number: ones(m,n)"
        return self.error(f"`{word}` is not a size", (start, stop), hint)

    # ------------------------------------------------------------ indices

    def binds(self) -> bool:
        """Do index names and a colon stand in the bracket behind `sum`?"""
        at = self.at + 2
        while self.tokens[at][0] == "name" and self.tokens[at + 1][0] == ",":
            at += 2
        if self.tokens[at][0] == "name":
            at += 1
        return self.tokens[at][0] == ":"

    def bound(self, kind: str, token: Token) -> Tree:
        """`sum(i,j: ...)` or `rows(k: ...)`."""
        start = token[1]
        self.at += 1
        self.enter()
        indices = self.index_list(":")
        self.at += 1
        if kind == "rows" and len(indices) != 1:
            raise self.error("rows takes one index", indices[1].span, "rows(k: v)")
        body = self.expression(_SUM)
        self.leave()
        self.higher(token)
        return Bound(start, self.before(), kind, indices, body)

    def delta(self, start: int) -> Tree:
        """`delta(i,j)`."""
        self.at += 1
        self.enter()
        indices = self.index_list(CLOSING[self.open[-1][0]], distinct=False)
        self.leave()
        if len(indices) != 2:
            span = (start, self.before())
            raise self.error("delta takes two indices", span, "delta(i,j)")
        return DeltaOf(start, self.before(), indices[0], indices[1])

    def index_list(self, end: str, distinct: bool = True) -> tuple[IndexName, ...]:
        """Index names with commas between them, up to the sign `end`, which is not passed."""
        names: list[IndexName] = []
        while True:
            name = self.index()
            if distinct and any(name.name == n.name for n in names):
                what = f"the index {name.name} stands here twice"
                raise self.error(what, name.span, "every index has a name of its own")
            names.append(name)
            kind, start, stop, _ = self.tokens[self.at]
            if kind == end:
                return tuple(names)
            if kind != ",":
                what = f"expected a comma or `{end}`"
                raise self.error(
                    what, (start, stop), "indices: sum(i,j: ...), [i,j]; group with ( )"
                )
            self.at += 1

    def index(self) -> IndexName:
        """An index name."""
        kind, start, stop, word = self.tokens[self.at]
        if kind != "name":
            raise self.no_index()
        self.at += 1
        return IndexName(start, stop, word)

    def subscript(self, start: int, arg: Tree) -> Tree:
        """`[i,j]`, `[i]`, `[k,:]` or `[:,k]` behind an operand."""
        bracket = self.tokens[self.at]
        self.at += 1
        self.open.append(bracket)
        places: list[IndexName | None] = []
        while True:
            if self.kind == ":":
                self.at += 1
                places.append(None)
            else:
                places.append(self.index())
            if self.kind != ",":
                break
            self.at += 1
        kind, _, stop, _ = self.tokens[self.at]
        if kind != "]":
            raise self.no_index() if kind else self.not_closed()
        self.open.pop()
        self.at += 1
        if len(places) > 2 or not any(places):
            hint = "A[i,j], x[i], B[k,:], B[:,k]"
            raise self.error("one or two indices are needed here", (bracket[1], stop), hint)
        return Subscript(start, stop, arg, tuple(places))

    def free_indices(self) -> tuple[IndexName, ...]:
        """The list `[j,k]` at the beginning of a text in index notation."""
        self.at = 1
        free = () if self.kind == "]" else self.index_list("]")
        self.at += 1
        return free

    # ------------------------------------------------------------ symbols written together

    def is_run(self, word: str) -> bool:
        """Is it a word that is not a symbol by itself?"""
        return len(word) > 1 and word not in self.known and not is_symbol(word)

    def separate(self, token: Token) -> Token:
        """Put the symbols that are written together into the tokens; the first of them."""
        _, start, stop, word = token
        if not self.splits(word):
            letters = "*".join(pieces(word) or [word])
            hint = did_you_mean(word) or f"declare it (shapes); a product is {letters}"
            raise self.error(f"unknown name `{word}`", (start, stop), hint)
        parts = []
        for piece in pieces(word):
            parts.append(("name", start, start + len(piece), piece))
            start += len(piece)
        self.tokens[self.at : self.at + 1] = parts
        return parts[0]

    def splits(self, word: str) -> bool:
        """Can a name be read as symbols that are written together?"""
        parts = pieces(word)
        return bool(parts) and all(
            p[0].isupper() or p in self.known or p in self.alone() for p in parts
        )

    def alone(self) -> frozenset[str]:
        """The symbols of one letter that stand alone in the text."""
        if self._alone is None:
            found, brackets, sizes, previous = set(), 0, False, ""
            for kind, _, _, word in self.tokens:
                brackets += (kind == "[") - (kind == "]")
                sizes = (sizes or previous in CONSTANTS) if kind == "(" else sizes and kind != ")"
                if kind == "name" and not brackets and not sizes and len(word) == 1:
                    found.add(word)
                previous = word
            self._alone = frozenset(found)
        return self._alone
