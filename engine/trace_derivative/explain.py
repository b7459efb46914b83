"""A shape conflict in words: both demands with their places, and how they came about."""

from __future__ import annotations

from collections.abc import Mapping

from .dims import Demand, Dimensions, Pair
from .errors import ShapeError, Span
from .expr import Dim, describe
from .tree import Call, IndexName, Name, Negative, Place, Product, Raised, Sum, Transposed, Tree

_HINTS = {
    "*": "the columns of the left factor are the rows of the right one; is a transpose missing?",
    "+": "all terms of a sum have one shape; is a transpose missing?",
    ".*": "elementwise operands have one shape",
    "./": "elementwise operands have one shape",
    "/": "A/B is elementwise; the inverse is inv(B)",
    "dot": "both arguments have one shape",
    ".^": "an elementwise power is of one shape with its base, or a scalar",
    "a power": "an elementwise power is x.^2; a scalar is declared by shapes (x: scalar)",
    "diag": "diag takes a vector or a square matrix",
    "rows": "an index runs over one dimension only",
    "columns": "an index runs over one dimension only",
    "delta": "both indices of a delta run over one dimension",
}
_HINTS["[,]"] = "blocks side by side have as many rows"
_HINTS["[;]"] = "blocks below each other have as many columns"
_HINTS["unvec"] = "unvec(c,m,n) takes a column vector of size m*n"
_VERBS = {"+": "add", ".*": "multiply the entries of", "./": "divide the entries of"}
_VERBS |= {"[,]": "put side by side", "[;]": "put below each other"}
_VERBS["/"] = _VERBS["./"]
_LONGEST, _MOST = 40, 6


def shape_in_words(dims: Dimensions, pair: Pair) -> str:
    """`an m x n matrix` and the like."""
    return describe((dims.dim(pair[0]), dims.dim(pair[1])))


def conflict(
    dims: Dimensions,
    pairs: Mapping[Tree | IndexName, Pair],
    sources: list[str],
    why: Demand,
    a: int,
    b: int,
) -> ShapeError:
    """The error for two dimensions `a` and `b` that `why` demands to be one."""
    source = sources[why.text]
    others: list[tuple[Span, str]] = []
    for node, dim in ((why.left, a), (why.right or why.left, b)):
        _add(others, node.span, _shape_remark(dims, pairs, source, node, dim))
        if not isinstance(node, IndexName):
            leaf = _origin(node, 0 if pairs[node][0] == dim else 1, pairs, dims)
            _add(others, leaf.span, _shape_remark(dims, pairs, source, leaf, dim))
        for reason in dims.reasons(dim):
            words = _reason(reason, sources[reason.text], dims.dim(dim))
            if reason.text == why.text:
                _add(others, reason.whole.span, words)
            else:
                _add(others, why.whole.span, f"{words}, in `{sources[reason.text]}`")
    return ShapeError(
        _message(dims, pairs, why, dims.dim(a), dims.dim(b)),
        source=source,
        span=why.whole.span,
        hint=_hint(why, source),
        others=tuple(others[:_MOST]),
    )


def _hint(why: Demand, source: str) -> str:
    left = why.left
    if why.what == "*" and isinstance(left, Name) and source[left.stop : left.stop + 1] == "(":
        return f"{left.name}(...) is read as a product: {left.name} is a symbol, not a function"
    if why.right is not None and why.what not in _HINTS:
        return _HINTS["dot"]
    return _HINTS.get(why.what, f"{why.what} takes a square matrix; is a transpose missing?")


def _add(others: list[tuple[Span, str]], span: Span, words: str) -> None:
    if (span, words) not in others:
        others.append((span, words))


def _shown(source: str, node: Place) -> str:
    text = " ".join(source[node.start : node.stop].split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def _shape_remark(
    dims: Dimensions,
    pairs: Mapping[Tree | IndexName, Pair],
    source: str,
    node: Tree | IndexName,
    dim: int,
) -> str:
    if isinstance(node, IndexName):
        return f"the index {node.name} runs from 1 to {dims.dim(dim)}"
    return f"`{_shown(source, node)}` is {shape_in_words(dims, pairs[node])}"


def _message(
    dims: Dimensions, pairs: Mapping[Tree | IndexName, Pair], why: Demand, one: Dim, two: Dim
) -> str:
    """What is wrong, in one line."""
    left, right = why.left, why.right
    if isinstance(left, IndexName):
        if isinstance(right, IndexName):
            return f"the index {left.name} runs over {one}, {right.name} over {two}"
        return f"the index {left.name} runs over {one} and over {two}"
    first = shape_in_words(dims, pairs[left])
    if why.what == "unvec":
        return f"unvec needs a vector of another size, not {first}"
    if right is None:
        return f"{why.what} needs a square matrix, not {first}"
    second = shape_in_words(dims, pairs[right])
    if why.what == "*":
        columns = "1 column" if one == 1 else f"{one} columns"
        rows = "1 row" if two == 1 else f"{two} rows"
        return f"cannot multiply: {columns} on the left, {rows} on the right"
    if why.what == ".^":
        return f"cannot raise {first} to {second}"
    if why.what not in _VERBS:
        return f"{why.what} needs two of one shape, not {first} and {second}"
    return f"cannot {_VERBS[why.what]} {first} and {second}"


def _reason(why: Demand, source: str, dim: Dim) -> str:
    """Why a size is what it is, in one line."""
    left = _shown(source, why.left)
    if why.right is None:
        return f"`{left}` is square, so that both its sizes are {dim}"
    right = _shown(source, why.right)
    if isinstance(why.left, IndexName):
        return f"the index {left} stands here, so that it runs over {dim}"
    if why.what == "*":
        return f"`{left}` meets `{right}` here, so that the inner sizes are {dim}"
    return f"`{left}` and `{right}` have one shape, so that the sizes are {dim}"


def _origin(
    node: Tree, axis: int, pairs: Mapping[Tree | IndexName, Pair], dims: Dimensions
) -> Tree:
    """The part of a node from which its rows (axis 0) or columns (axis 1) come."""
    while True:
        match node:
            case Product(factors=factors):
                matrices = [f for f in factors if not dims.is_scalar(pairs[f])]
                if not matrices:
                    return node
                node = matrices[0 if axis == 0 else -1]
            case Sum(terms=terms):
                node = terms[0]
            case Transposed(arg=arg):
                node, axis = arg, 1 - axis
            case Negative(arg=arg) | Raised(base=arg):
                node = arg
            case (
                Call(elementwise=True, args=args)
                | Call(function="inv" | "tril" | "triu", args=args)
            ):
                node = args[0]
            case _:
                return node
