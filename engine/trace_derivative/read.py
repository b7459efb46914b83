"""Texts with what is declared about their names, read into expressions: parse, shapes, build.

Several texts are read together: a name has one shape in all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from . import expr as ex
from .build import Builder, Inferred
from .declare import Declaration, ShapeSpec, declarations, definitions, of_symbol, read_name
from .dims import Pair
from .errors import LimitError, ShapeError, Span
from .expr import Dim, Expr, Index, Shape, Symbol
from .filling import record
from .limits import current, limited
from .parse import parse
from .shapes import Inference
from .tree import Parsed

__all__ = ["Reading", "read"]


@record
class Reading:
    """What was read.

    `exprs` has one expression for each text, with abbreviations replaced by what they stand
    for; `written` has them as symbols.  `symbols` are the symbols of all texts and the
    variables, in order of appearance.  `abbreviations` maps names to expressions as they were
    written (in terms of earlier names), `values` to the same without any abbreviation.  `free`
    are the free indices of a text `[j,k] ...`, row first.
    """

    exprs: tuple[Expr, ...]
    written: tuple[Expr, ...]
    symbols: Mapping[str, Symbol]
    abbreviations: Mapping[str, Expr]
    values: Mapping[str, Expr]
    free: tuple[Index, ...]
    sources: tuple[str, ...]


def read(
    *texts: str,
    shapes: str | Mapping[str, ShapeSpec] | None = None,
    where: str | Mapping[str, str] | None = None,
    wrt: Sequence[str] = (),
    same_shape: bool = False,
    scalar: bool = False,
    symbols: Mapping[str, Symbol] | None = None,
    expected: Shape | None = None,
    ranges: Mapping[str, Dim] | None = None,
    square: Iterable[str] = (),
) -> Reading:
    """Read texts together.

    `shapes` declares names; `where` defines abbreviations; `wrt` are names that are symbols
    even where they do not occur, their open dimensions are named first.  `symbols` are symbols
    whose shapes are settled.  With `same_shape` all texts have one shape, with `scalar` each
    is a scalar, with `expected` each has that shape.  `ranges` says over which dimension an
    index of a given name runs, where a text may not show it.  `square` are names of square
    matrices.
    """
    with limited(source=texts[0] if texts else ""):
        declared = _declared(shapes, symbols)
        variables = tuple([read_name(name) for name in ((wrt,) if isinstance(wrt, str) else wrt)])
        reader = _Reader(declared, variables, ranges)
        if where:
            reader.define_all(definitions(where))
        for text in texts:
            reader.read(text)
        reader.need_square(square)
        return reader.finish(same_shape=same_shape, scalar=scalar, expected=expected)


def _declared(
    shapes: str | Mapping[str, ShapeSpec] | None, symbols: Mapping[str, Symbol] | None
) -> dict[str, Declaration]:
    """All declarations; a symbol that is settled goes before `shapes`."""
    found = declarations(shapes)
    if symbols:
        found |= {name: of_symbol(symbol) for name, symbol in symbols.items()}
    return found


class _Reader:
    """One reading: parse and infer text after text, then name the dimensions and build."""

    def __init__(
        self,
        declared: dict[str, Declaration],
        variables: tuple[str, ...],
        ranges: Mapping[str, Dim] | None,
    ) -> None:
        self._variables = variables
        self._inference = Inference(declared, ranges)
        self._known = {*declared, *variables}
        self._definitions: list[tuple[str, Parsed]] = []
        self._texts: list[Parsed] = []
        self._pairs: list[Pair] = []

    def define_all(self, definitions: Sequence[tuple[str, str]]) -> None:
        """Read abbreviations, each of which may use those before it."""
        for name, text in definitions:
            self._define(name, text)
        self._refuse_loops([name for name, _ in definitions])

    def _define(self, name: str, text: str) -> None:
        """Read an abbreviation; later texts may use it."""
        given = self._inference.declared.get(name)
        settled = given is not None and (given.symbol is not None or given.kind != "symbol")
        if settled or name in self._variables:
            raise ShapeError(
                f"{name} is declared already",
                source=f"{name} = {text}",
                span=(0, len(name)),
                hint="give the abbreviation another name",
            )
        parsed = parse(text, self._known)
        self._definitions.append((name, parsed))
        self._inference.define(name, parsed)
        self._known.add(name)

    def _refuse_loops(self, names: Sequence[str]) -> None:
        """No abbreviation uses itself or one that is defined after it."""
        for name in names:
            use = self._inference.first_use.get(name)
            if name in self._inference.symbols and use is not None:
                text, span = use
                raise ShapeError(
                    f"{name} is used before it is defined",
                    source=self._inference.sources[text],
                    span=span,
                    hint="an abbreviation may use those defined before it, and not itself",
                )

    def need_square(self, names: Iterable[str]) -> None:
        """The symbols of these names have as many rows as columns."""
        for name in names:
            pair = self._inference.symbols.get(name)
            if pair is None and name in self._variables:
                pair = self._inference.symbol(name)  # a variable that does not occur
            if pair is None or self._inference.dims.unify(*pair):
                continue
            text, span = self._inference.first_use.get(name, (0, (0, 1)))
            raise ShapeError(
                f"{name} is assumed to be of a kind that only a square matrix can be",
                source=self._inference.sources[text],
                span=span,
                hint=f"declare it square, shapes={{'{name}': ('n', 'n')}}, or drop the assumption",
            )

    def read(self, text: str) -> None:
        """Read a text."""
        parsed = parse(text, self._known)
        self._texts.append(parsed)
        self._pairs.append(self._inference.read(parsed))

    def finish(self, *, same_shape: bool, scalar: bool, expected: Shape | None) -> Reading:
        """Settle what is open and build the expressions."""
        inference = self._inference
        for name in self._variables:
            inference.symbol(name)
        self._relate(same_shape, expected)
        inference.settle_ranges()
        inference.resolve(guess=True)
        _check_clashes(inference)
        inference.name_dimensions(self._variables)
        symbols = self._symbols()
        builder = Builder(Inferred(inference), symbols | self._shortened())
        abbreviations, values = self._abbreviations(builder)
        texts = self._texts
        written = tuple([builder.build(parsed) for parsed in texts])
        if scalar:
            for parsed, e in zip(texts, written, strict=True):
                _need_scalar(parsed, e)
        exprs = written
        if values:
            pairs = zip(texts, written, strict=True)
            exprs = tuple([_expanded(parsed, e, values) for parsed, e in pairs])
        lists = [parsed.free for parsed in texts if parsed.free is not None]
        free = tuple(map(builder.index, lists[0])) if lists else ()
        sources = tuple([parsed.source for parsed in texts])
        return Reading(exprs, written, symbols, abbreviations, values, free, sources)

    def _shortened(self) -> dict[str, Symbol]:
        """The abbreviations as symbols."""
        dim = self._inference.dims.dim
        return {
            name: ex.symbol(name, (dim(rows), dim(columns)))
            for name, (rows, columns) in self._inference.abbreviations.items()
        }

    def _symbols(self) -> dict[str, Symbol]:
        inference = self._inference
        declared, ranks, dim = inference.declared, inference.ranks, inference.dims.dim
        found: dict[str, Symbol] = {}
        for name, (rows, columns) in inference.symbols.items():
            given = declared.get(name)
            if given is not None and given.symbol is not None:
                found[name] = given.symbol
            else:
                found[name] = ex.symbol(name, (dim(rows), dim(columns)), ranks[name])
        return found

    def _abbreviations(self, builder: Builder) -> tuple[dict[str, Expr], dict[str, Expr]]:
        """The abbreviations as they were written, and without any abbreviation in them."""
        written: dict[str, Expr] = {}
        values: dict[str, Expr] = {}
        for name, parsed in self._definitions:
            written[name] = builder.build(parsed)
            values[name] = _expanded(parsed, written[name], values)
        return written, values

    def _relate(self, same_shape: bool, expected: Shape | None) -> None:
        """Make the demands on whole texts true."""
        inference = self._inference
        pairs = [
            inference.result(p, pair) for p, pair in zip(self._texts, self._pairs, strict=True)
        ]
        if expected is None and not same_shape:
            return
        trees = [parsed.tree for parsed in self._texts]
        if expected is not None:
            wanted = (inference.dims.rigid(expected[0]), inference.dims.rigid(expected[1]))
            inference.same_texts(trees, pairs, wanted, "")
        if same_shape and pairs:
            inference.same_texts(trees, pairs, pairs[0], self._texts[0].source)


def _expanded(parsed: Parsed, written: Expr, values: Mapping[str, Expr]) -> Expr:
    """A text without abbreviations; `LimitError` where that is too large to be worked on."""
    used = values.keys() & written.symbols
    if not used:
        return written
    sizes = {name: ex.leaf_count(values[name]) for name in used}
    heights = {name: _height(values[name], {}) for name in used}
    bounds = current()
    size, height = _size(written, sizes), _height(written, heights)
    if size > bounds.terms or height > 2 * bounds.depth:
        raise LimitError(
            "the expression is too large once the abbreviations in it are written out",
            source=parsed.source,
            span=parsed.tree.span,
            hint=f"{size} symbols and numbers, {height} operators deep",
        )
    return ex.substitute(written, values)


def _size(e: Expr, sizes: Mapping[str, int]) -> int:
    """How many leaves it has, the abbreviations written out."""
    if isinstance(e, Symbol):
        return sizes.get(e.name, 1)
    return sum(_size(part, sizes) for part in e.parts) or 1


def _height(e: Expr, heights: Mapping[str, int]) -> int:
    """How deep its operators are nested, the abbreviations written out."""
    if isinstance(e, Symbol):
        return heights.get(e.name, 0)
    return 1 + max((_height(part, heights) for part in e.parts), default=0)


def _need_scalar(parsed: Parsed, e: Expr) -> None:
    if not ex.is_scalar(e):
        raise ShapeError(
            f"a scalar function is needed, but this is {ex.describe(e.shape)}",
            source=parsed.source,
            span=parsed.tree.span,
            hint="take tr(...), sum(...) or norm2(...) of it",
        )


def _check_clashes(inference: Inference) -> None:
    """No name is two of: symbol, dimension, index."""
    sizes = inference.dims.rigid_names()
    if not sizes and not inference.index_use:
        return
    symbols = {*inference.symbols, *inference.abbreviations}
    declared = {name for name, given in inference.declared.items() if given.symbol is None}
    for name, use in inference.index_use.items():
        if name in symbols or name in declared:
            _clash(inference, f"{name} is an index and a symbol", use)
        if name in sizes:
            _clash(inference, f"{name} is an index and a dimension", use)
    for name in sorted(sizes & symbols):
        place = inference.size_use.get(name) or inference.first_use.get(name)
        _clash(inference, f"{name} is a dimension and a symbol", place)


def _clash(inference: Inference, message: str, use: tuple[int, Span] | None) -> None:
    text, span = use or (-1, (0, 1))
    source = inference.sources[text] if inference.sources else ""
    hint = "give one of them another name"
    raise ShapeError(f"name clash: {message}", source=source, span=span, hint=hint)
