"""Shapes by unification: what every part of a syntax tree demands of the dimensions.

Input: trees, and declarations of names.  Output: the dimensions of every symbol, constant and
index (`Inference`), from which `build` makes expressions.  A product with a side that is known
to be 1 x 1 is a scaling, else its inner dimensions are one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from . import explain, operators
from .declare import Declaration, check_size
from .dims import ANY, ONE, SEVERAL, SINGLE, UNIT, Demand, Dimensions, Pair
from .errors import ShapeError, Span, UnsupportedError
from .matrix_functions import DERIVATIVES, NAMES
from .sizes import Dim, atoms
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
    Place,
    Product,
    Raised,
    Reshaped,
    Size,
    Subscript,
    Sum,
    Transposed,
    Tree,
)
from .words import rank_of

_TO_SQUARE = frozenset({"inv", "tril", "triu"})
_SQUARE = frozenset({"tr", *_TO_SQUARE})


class Inference:
    """The dimensions of all texts of one reading.

    `pairs` has the rows and columns of every node, `symbols` of every symbol in order of
    appearance, `indices` the dimension of every index where it is bound; `powers` are the
    marks of transposition that are powers by a declared scalar T.
    """

    def __init__(
        self, declared: Mapping[str, Declaration], ranges: Mapping[str, Dim] | None = None
    ) -> None:
        self.declared = declared
        self.dims = Dimensions()
        self._ranges = ranges or {}
        self.pairs: dict[Tree | IndexName, Pair] = {}
        self.symbols: dict[str, Pair] = {}
        self.ranks: dict[str, int] = {}
        self.abbreviations: dict[str, Pair] = {}
        self.indices: dict[IndexName, int] = {}
        self.powers: set[Transposed] = set()
        self.sources: list[str] = []
        self.first_use: dict[str, tuple[int, Span]] = {}
        self.size_use: dict[str, tuple[int, Span]] = {}
        self.index_use: dict[str, tuple[int, Span]] = {}
        self._text = -1
        self._scope: dict[str, int] = {}
        self._used: set[int] = set()

    # ------------------------------------------------------------ texts and symbols

    def read(self, parsed: Parsed) -> Pair:
        """The dimensions of a text."""
        self.sources.append(parsed.source)
        self._text += 1
        self._scope = {}
        for index in parsed.free or ():
            self._bind(index)
        pair = self.infer(parsed.tree)
        self.resolve(guess=False)
        return pair

    def define(self, name: str, parsed: Parsed) -> None:
        """Read the text of an abbreviation; its shape may be declared as well."""
        pair = self.read(parsed)
        given = self.declared.get(name)
        if given is not None:
            self.same_texts([parsed.tree], [pair], self._sizes(given.rows, given.columns), "")
        self.abbreviations[name] = pair

    def symbol(self, name: str) -> Pair:
        """The dimensions of a symbol, declared or by the first letter of its name."""
        pair = self.symbols.get(name)
        if pair is None:
            given = self.declared.get(name)
            if given is not None:
                pair = self._sizes(given.rows, given.columns)
                rank = given.rank
            else:
                rank = rank_of(name)
                pair = self._sizes(*((1, 1), (None, 1), (None, None))[rank])
            self.symbols[name] = pair
            self.ranks[name] = rank
        return pair

    def _sizes(self, rows: Dim | None, columns: Dim | None) -> Pair:
        dims = self.dims
        return (
            dims.open() if rows is None else dims.rigid(rows),
            dims.open() if columns is None else dims.rigid(columns),
        )

    # ------------------------------------------------------------ the nodes

    def infer(self, node: Tree) -> Pair:
        """The dimensions of a node; all that it demands is made true, or is an error."""
        match node:
            case Name():
                pair = self._name(node)
            case Product():
                pair = self._product(node)
            case Call():
                pair = self._call(node)
            case Transposed(arg=arg):
                rows, columns = pair = self.infer(arg)
                if node.letter and self._is_power(node, pair):
                    self.powers.add(node)
                else:
                    if node.inverse:
                        self._square(node, arg, "an inverse")
                    pair = (columns, rows)
            case Sum():
                pair = self._sum(node)
            case Literal():
                pair = UNIT
            case Negative(arg=arg):
                pair = self.infer(arg)
            case Raised():
                pair = self._raised(node)
            case Constant():
                pair = self._constant(node)
            case Subscript():
                pair = self._subscript(node)
            case Bound():
                pair = self._bound(node)
            case Blocks():
                pair = self._blocks(node)
            case Reshaped():
                pair = self._reshaped(node)
            case DeltaOf(row=row, column=column):
                i, j = self._index(row), self._index(column)
                self._unify(i, j, Demand("delta", self._text, node, row, column))
                pair = UNIT
            case _:
                assert_never(node)
        self.pairs[node] = pair
        return pair

    def _name(self, node: Name) -> Pair:
        name = node.name
        pair = self.abbreviations.get(name)
        if pair is not None:
            return pair
        if name in self._scope:
            raise self.error(
                f"{name} is an index here, not a symbol", node, "give the index another name"
            )
        given = self.declared.get(name)
        if given is not None and given.kind != "symbol":
            return self._of_kind(given.kind)
        if name not in self.first_use:
            self.first_use[name] = (self._text, node.span)
        return self.symbol(name)

    def _is_power(self, node: Transposed, base: Pair) -> bool:
        """Is the exponent T a scalar that is declared so, rather than a mark?"""
        given = self.declared.get("T")
        if given is None or (given.kind, given.rank) != ("symbol", 0):
            return False
        if not node.elementwise and not self._settle_scalar(base):
            return False
        self.symbol("T")
        return True

    def _of_kind(self, kind: str) -> Pair:
        """The dimensions of a declared constant; each one in the text has its own."""
        rows = self.dims.open(ANY if kind == "eye" else SEVERAL)
        return (rows, rows) if kind == "eye" else (rows, self.dims.open())

    def _constant(self, node: Constant) -> Pair:
        sizes = [self._size(size) for size in node.sizes]
        if node.kind == "eye":
            if len(sizes) == 2 and sizes[0] != sizes[1]:
                raise self.error("an identity matrix is square", node, "eye(n)")
            rows = sizes[0] if sizes else self.dims.open(ANY)
            return (rows, rows)
        if not sizes:
            return (self.dims.open(ANY), self.dims.open(SINGLE))
        return (sizes[0], sizes[1] if len(sizes) == 2 else ONE)

    def _size(self, size: Size) -> int:
        """A size that was written."""
        if isinstance(size.size, int):
            check_size(size.size, self.sources[-1], size.span)
        for name in atoms(size.size):
            self.size_use.setdefault(name, (self._text, size.span))
        return self.dims.rigid(size.size)

    def _blocks(self, node: Blocks) -> Pair:
        """Blocks side by side have one height, blocks below each other one width."""
        grid = [[self.infer(part) for part in row] for row in node.rows]
        for trees, pairs in zip(node.rows, grid, strict=True):
            for n, (part, pair) in enumerate(zip(trees, pairs, strict=True)):
                why = Demand("[,]", self._text, node, trees[0], part)
                self._unify(pairs[0][0], pair[0], why)
                why = Demand("[;]", self._text, node, node.rows[0][n], part)
                self._unify(grid[0][n][1], pair[1], why)
        rows = self.dims.total(*[pairs[0][0] for pairs in grid])
        return (rows, self.dims.total(*[pair[1] for pair in grid[0]]))

    def _reshaped(self, node: Reshaped) -> Pair:
        rows, columns = self._size(node.rows), self._size(node.columns)
        wanted = (self.dims.product(columns, rows), ONE)
        self._same(Demand("unvec", self._text, node, node.arg), self.infer(node.arg), wanted)
        return (rows, columns)

    def _product(self, node: Product) -> Pair:
        dims = self.dims
        factors = node.factors
        left = self.infer(factors[0])
        last: Tree = factors[0]  # the factor whose columns the product so far has
        for count, (sign, right_node) in enumerate(
            zip(node.operators, factors[1:], strict=True), 1
        ):
            right = self.infer(right_node)
            if dims.is_scalar(right):
                continue
            if dims.is_scalar(left):
                left, last = right, right_node
            elif sign == "*":
                left = self._times(node, left, right, last, right_node)
                last = right_node
            else:
                before = self._part(node, count, left)
                self._same(Demand(sign, self._text, node, before, right_node), left, right)
        return left

    def _times(self, node: Product, left: Pair, right: Pair, last: Tree, next_: Tree) -> Pair:
        """A matrix product."""
        if self.dims.unify(left[1], right[0], why := Demand("*", self._text, node, last, next_)):
            return (left[0], right[1])
        if self._settle_scalar(left):
            return right
        if self._settle_scalar(right):
            return left
        raise self._conflict(why, left[1], right[0])

    def _part(self, node: Product, count: int, pair: Pair) -> Tree:
        """The product of the first factors, as a node for messages."""
        if count == 1:
            return node.factors[0]
        factors = node.factors[:count]
        part = Product(node.start, factors[-1].stop, factors, node.operators[: count - 1])
        self.pairs[part] = pair
        return part

    def _sum(self, node: Sum) -> Pair:
        pairs = [self.infer(term) for term in node.terms]
        scalar = next((k for k, p in enumerate(pairs) if self.dims.is_scalar(p)), None)
        if scalar is None:
            for term, pair in zip(node.terms[1:], pairs[1:], strict=True):
                self._same(Demand("+", self._text, node, node.terms[0], term), pairs[0], pair)
            return pairs[0]
        for k, pair in enumerate(pairs):
            if not self._settle_scalar(pair):
                raise self._mixed(node, node.terms[scalar], node.terms[k])
        return UNIT

    def _mixed(self, node: Sum, scalar: Tree, other: Tree) -> ShapeError:
        """The error for a scalar among matrices."""
        one, two = self._words(scalar), self._words(other)
        return ShapeError(
            f"cannot add {one} and {two}",
            source=self.sources[-1],
            span=node.span,
            hint="multiply the scalar by ones(m,n), or by eye(n)",
            others=((scalar.span, f"this is {one}"), (other.span, f"this is {two}")),
        )

    def _raised(self, node: Raised) -> Pair:
        base, exponent = self.infer(node.base), self.infer(node.exponent)
        if not self._settle_scalar(exponent):
            if node.elementwise:
                if self._settle_scalar(base):
                    return exponent
                why = Demand(".^", self._text, node, node.base, node.exponent)
                self._same(why, base, exponent)
                return base
            what = f"the exponent is {self._words(node.exponent)}"
            raise self.error(what, node.exponent, "an exponent is a scalar; a transpose is A'")
        if not node.elementwise and not self._settle_scalar(base):
            self._square(node, node.base, "a power")
        return base

    def _call(self, node: Call) -> Pair:
        pairs = [self.infer(arg) for arg in node.args]
        function = node.function
        if node.elementwise:
            return self._entry_by_entry(node, pairs)
        if function in _SQUARE:
            self._square(node, node.args[0], function)
            return pairs[0] if function in _TO_SQUARE else UNIT
        if function in NAMES or function in DERIVATIVES:
            return self._function_of_matrix(node, pairs)
        if function == "kron":
            rows, columns = zip(*pairs, strict=True)
            return (self.dims.product(*rows), self.dims.product(*columns))
        if function == "vec":
            return (self.dims.product(*pairs[0][::-1]), ONE)
        if function == "dot":
            self._same(Demand("dot", self._text, node, *node.args), *pairs)
            return UNIT
        if function == "diag":
            return self._diag(node, pairs[0])
        if function.startswith("vector ") and not self._as_vector(pairs[0]):
            raise UnsupportedError(
                "this norm is for vectors only",
                source=self.sources[-1],
                span=node.span,
                hint="‖A‖_F, or norm2(A) and norm1(A) of all entries",
            )
        entry = operators.TABLE.get(function.removeprefix("vector "))
        return self._operation(node, entry, pairs) if entry else UNIT

    def _entry_by_entry(self, node: Call, pairs: list[Pair]) -> Pair:
        """A function of entries: its arguments have one shape, or are scalars."""
        wide = [k for k, pair in enumerate(pairs) if not self.dims.is_scalar(pair)]
        for k in wide[1:]:
            args = node.args[wide[0]], node.args[k]
            why = Demand(node.function, self._text, node, *args)
            self._same(why, pairs[wide[0]], pairs[k])
        return pairs[wide[0]] if wide else UNIT

    def _operation(self, node: Call, entry: operators.Operator, pairs: list[Pair]) -> Pair:
        """An operator of the table: its dimension letters become dimensions."""
        if all(map(self.dims.is_scalar, pairs)):
            return UNIT
        found: dict[str, tuple[int, Tree]] = {"1": (ONE, node)}
        for letters, arg, pair in zip(entry.arguments, node.args, pairs, strict=True):
            for letter, dim in zip(letters, pair, strict=True):
                known, where = found.setdefault(letter, (dim, arg))
                right = None if where is arg else arg
                if letter == "1" and not self.dims.unify(dim, ONE):
                    raise self._no_vector(node, entry, arg)
                self._unify(known, dim, Demand(entry.name, self._text, node, where, right))
        rows, columns = (found[letter][0] for letter in entry.result)
        return rows, columns

    def _no_vector(self, node: Call, entry: operators.Operator, arg: Tree) -> ShapeError:
        """The error for a matrix where a column is needed."""
        others = [o for o in operators.TABLE if o.startswith(f"{entry.name}_")]
        hint = f"there are {' and '.join(others)}" if others else "a column vector is needed"
        return self.error(f"{entry.name} needs a vector, not {self._words(arg)}", node, hint)

    def _function_of_matrix(self, node: Call, pairs: list[Pair]) -> Pair:
        """`expm(A)`, `dexpm(A,E)`, `dpowm(A,E,p)`: all but the exponent have one square shape."""
        self._square(node, node.args[0], node.function)
        if len(pairs) > 1:
            self._same(Demand(node.function, self._text, node, *node.args[:2]), *pairs[:2])
        for arg, pair in zip(node.args[2:], pairs[2:], strict=True):
            if not self._settle_scalar(pair):
                what = f"the exponent is {self._words(arg)}"
                raise self.error(what, arg, "an exponent is a scalar")
        return pairs[0]

    def _as_vector(self, pair: Pair) -> bool:
        """Is it a column or a row, or is it one by default?"""
        if self.dims.is_one(pair[1]) or self.dims.is_one(pair[0]):
            return True
        for dim in pair[::-1]:
            if self.dims.kind(dim) == SINGLE and not self.dims.is_known(dim):
                return self.dims.unify(dim, ONE)
        return False

    def _diag(self, node: Call, pair: Pair) -> Pair:
        if self._as_vector(pair):
            size = pair[0] if self.dims.is_one(pair[1]) else pair[1]
            return (size, size)
        self._square(node, node.args[0], "diag")
        return (pair[0], ONE)

    # ------------------------------------------------------------ indices

    def _bind(self, index: IndexName) -> int:
        dim = self._scope[index.name] = self.indices[index] = self.dims.open(ANY)
        self.index_use.setdefault(index.name, (self._text, index.span))
        self.pairs[index] = (dim, ONE)
        return dim

    def _index(self, index: IndexName) -> int:
        dim = self._scope.get(index.name)
        if dim is None:
            hint = f"write sum({index.name}: ...), or [{index.name}] in front of the text"
            raise self.error(f"the index {index.name} is not bound", index, hint)
        self._used.add(dim)
        self.indices[index] = dim
        self.pairs[index] = (dim, ONE)
        return dim

    def _subscript(self, node: Subscript) -> Pair:
        rows, columns = pair = self.infer(node.arg)
        first, second = node.places[0], node.places[-1]
        if self.dims.is_scalar(pair):
            raise self.error(
                "a scalar has no entries", node, "indices stand behind a matrix or a vector"
            )
        if len(node.places) == 1:
            assert first is not None
            if not self._as_vector(pair):
                raise self.error(
                    "an entry of a matrix needs two indices", node, "A[i,j], or B[k,:] for a row"
                )
            along = rows if self.dims.is_one(columns) else columns
            self._run(node, first, along, "rows" if along is rows else "columns")
            return UNIT
        if first is not None and second is not None:
            for dim in pair:
                if self.dims.is_one(dim):
                    raise self.error("an entry of a vector needs one index", node, "x[i]")
        if first is not None:
            self._run(node, first, rows, "rows")
            rows = ONE
        if second is not None:
            self._run(node, second, columns, "columns")
            columns = ONE
        return (rows, columns)

    def _run(self, node: Subscript, index: IndexName, dim: int, what: str) -> None:
        """The index runs over the dimension."""
        why = Demand(what, self._text, node, index, node.arg)
        self._unify(self._index(index), dim, why)

    def occurs(self, index: IndexName) -> bool:
        """Does the index of a sum, or of rows, stand in the body?"""
        return self.indices[index] in self._used

    def _bound(self, node: Bound) -> Pair:
        outer = self._scope
        self._scope = dict(outer)
        dims = [self._bind(index) for index in node.indices]
        rows, columns = self.infer(node.body)
        self._scope = outer
        if node.kind == "rows" and not self.dims.unify(rows, ONE):
            is_column = self.dims.is_one(columns)
            hint = "transpose it: rows(k: v')" if is_column else "rows(k: B[k,:])"
            raise self.error(f"a row is needed here, not {self._words(node.body)}", node.body, hint)
        for index, dim in zip(node.indices, dims, strict=True):
            if dim not in self._used and index.name in self._ranges:
                self.dims.unify(dim, self.dims.rigid(self._ranges[index.name]))
            elif dim not in self._used:
                hint = "what it runs over is not known"
                raise self.error(f"the index {index.name} does not occur here", index, hint)
        return (dims[0], columns) if node.kind == "rows" else (rows, columns)

    # ------------------------------------------------------------ demands

    def _settle_scalar(self, pair: Pair) -> bool:
        """Is it a scalar, or one by default?"""
        dims = self.dims
        if dims.is_scalar(pair):
            return True
        for dim in pair:
            if not dims.is_one(dim) and (dims.is_known(dim) or dims.kind(dim) != SINGLE):
                return False
        return dims.unify(pair[0], ONE) and dims.unify(pair[1], ONE)

    def _same(self, why: Demand, one: Pair, two: Pair) -> None:
        """Two shapes are one."""
        self._unify(one[0], two[0], why)
        self._unify(one[1], two[1], why)

    def _square(self, node: Tree, arg: Tree, what: str) -> None:
        rows, columns = self.pairs[arg]
        if rows != columns:
            self._unify(rows, columns, Demand(what, self._text, node, arg))

    def _unify(self, a: int, b: int, why: Demand) -> None:
        if not self.dims.unify(a, b, why):
            raise self._conflict(why, a, b)

    def resolve(self, *, guess: bool) -> None:
        """Work off what is demanded of composite dimensions."""
        failed = self.dims.resolve(guess=guess)
        if failed is not None and failed.why is not None:
            raise self._conflict(failed.why, failed.a, failed.b)
        if failed is not None:
            what = " and ".join(str(self.dims.dim(d)) for d in (failed.a, failed.b))
            raise ShapeError(f"the sizes {what} do not fit", source=self.sources[-1])

    def settle_ranges(self) -> None:
        """An index whose dimension nothing has told runs over the one that the caller knows."""
        for index, dim in self.indices.items():
            if index.name in self._ranges and not self.dims.is_known(dim):
                self.dims.unify(dim, self.dims.rigid(self._ranges[index.name]))

    def result(self, parsed: Parsed, pair: Pair) -> Pair:
        """The dimensions of a whole text: those of its free indices where it is an index form."""
        if parsed.free is None:
            return pair
        if len(parsed.free) > 2 or not self._settle_scalar(pair):
            return pair
        rows, columns = (*[self.indices[index] for index in parsed.free], ONE, ONE)[:2]
        return (rows, columns)

    def same_texts(self, trees: list[Tree], pairs: list[Pair], wanted: Pair, other: str) -> None:
        """All texts have the shape `wanted`, which is that of the text `other` if given."""
        first = len(self.sources) - len(trees)
        for k, (tree, pair) in enumerate(zip(trees, pairs, strict=True), first):
            if all(self.dims.unify(a, b) for a, b in zip(wanted, pair, strict=True)):
                continue
            self.name_dimensions(())
            one, two = (explain.shape_in_words(self.dims, p) for p in (wanted, pair))
            raise ShapeError(
                f"this is {two}, where {one} is needed",
                source=self.sources[k],
                span=tree.span,
                hint=f"it is compared with {other}" if other else "is a transpose missing?",
            )

    def error(self, message: str, node: Place, hint: str) -> ShapeError:
        """A `ShapeError` at a node of the present text."""
        return ShapeError(message, source=self.sources[-1], span=node.span, hint=hint)

    def name_dimensions(self, first: tuple[str, ...]) -> None:
        """Name what is still open, the dimensions of the symbols in `first` before the others."""
        self.dims.settle()
        taken = {*self.symbols, *self.declared, *self.abbreviations, *self.index_use}
        taken |= self.dims.rigid_names()
        front = [dim for name in first for dim in self.symbols.get(name, ())]
        self.dims.name_all(front, taken)

    def _words(self, node: Tree) -> str:
        self.name_dimensions(())
        return explain.shape_in_words(self.dims, self.pairs[node])

    def _conflict(self, why: Demand, a: int, b: int) -> ShapeError:
        """The error for two dimensions that cannot be one."""
        self.name_dimensions(())
        return explain.conflict(self.dims, self.pairs, self.sources, why, a, b)
