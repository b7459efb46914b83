"""The operators of whole matrices, `det`, `norm2` ...: one entry in `TABLE` for each.

An entry has everything about its operator: the shapes it takes and gives (dimension letters), its
derivative rule, its definition in terms of others where it has one, its print in every form, its
numeric value and domain, its source.  The rules are texts in the language itself, over `Z` (and
`W`) for the arguments, `Y` for the value and, where the value is a matrix, `D` for the matrix with
`df = sum(D .* dY)`; `templates` reads them.  Functions of single entries are in `functions`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from . import stacks

Array: TypeAlias = np.ndarray[Any, Any]
Letters: TypeAlias = tuple[str, str]
Dim: TypeAlias = str | int

SINGLE: Letters = ("1", "1")
LETTERS = ("Z", "W")
"""The names of the arguments in the rules."""


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator.

    `arguments` and `result` are rows and columns as dimension letters (`1` for a scalar's).
    `gradient` has for each argument the matrix G with `df = sum(G .* dZ)`.  `definition` is the
    operator in terms of others; without one the value comes from `evaluate`, and an index form
    keeps the operator closed.  `of_scalar` is what it is of a number: `Z`, `1` or a function's
    name.  `bars` are the subscripts of a norm for a matrix and for a vector.  `numpy` is a format
    with a `{}` an argument (left out: the code of the definition), and `domain` where the operator
    is smooth: any, nonzero (the argument), entries (all nonzero), invertible.  An `invariant`
    operator is the same of the transpose.  `summed` is the dimension that it sums over: where
    that is 1 it is for each entry what it is of a number.
    """

    name: str
    title: str
    source: str
    arguments: tuple[Letters, ...]
    result: Letters
    gradient: tuple[str, ...]
    of_scalar: str
    definition: str = ""
    aliases: tuple[str, ...] = ()
    latex: str = ""
    unicode: str = ""
    bars: tuple[str, str] | None = None
    numpy: str = ""
    evaluate: Callable[..., Array] | None = None
    domain: str = "any"
    analytic: bool = True
    invariant: bool = False
    summed: str = ""

    @property
    def statement(self) -> str:
        """The derivative rule in words of the language, for the page."""
        if self.result == SINGLE:
            return f"d {self.name}(Z) = d tr[({self.gradient[0]})'*Z]"
        return f"d tr[D'*{self.name}(Z)] = d tr[({self.gradient[0]})'*Z]"


_SQUARE: tuple[Letters, ...] = (("n", "n"),)
_ANY: tuple[Letters, ...] = (("m", "n"),)

TABLE: dict[str, Operator] = {
    o.name: o
    for o in (
        Operator(
            name="det",
            title="determinant",
            source="Cookbook (49)",
            arguments=_SQUARE,
            result=SINGLE,
            gradient=("det(Z)*inv(Z)'",),
            of_scalar="Z",
            latex=r"\det",
            numpy="np.linalg.det({})",
            evaluate=stacks.determinant,
            invariant=True,
        ),
        Operator(
            name="logdet",
            title="log-determinant",
            source="Cookbook (57)",
            arguments=_SQUARE,
            result=SINGLE,
            gradient=("inv(Z)'",),
            of_scalar="log",
            latex=r"\log\det",
            unicode="log det",
            numpy="np.linalg.slogdet({})[1]",
            evaluate=stacks.log_determinant,
            domain="invertible",
            invariant=True,
        ),
        Operator(
            name="norm2",
            title="norm",
            source="Cookbook (129)",
            arguments=_ANY,
            result=SINGLE,
            gradient=("Z/norm2(Z)",),
            of_scalar="abs",
            definition="sqrt(sum(Z.^2))",
            aliases=("norm",),
            bars=("F", "2"),
            numpy="np.linalg.norm({})",
            evaluate=stacks.norm,
            domain="nonzero",
            invariant=True,
        ),
        Operator(
            name="norm1",
            title="sum of absolute entries",
            source="definition",
            arguments=_ANY,
            result=SINGLE,
            gradient=("sign(Z)",),
            of_scalar="abs",
            definition="sum(abs(Z))",
            bars=("1", "1"),
            numpy="np.sum(np.abs({}))",
            domain="entries",
            analytic=False,
            invariant=True,
        ),
        Operator(
            name="logsumexp",
            title="log-sum-exp",
            source="Boyd and Vandenberghe, 3.1.5",
            arguments=_ANY,
            result=SINGLE,
            gradient=("exp(Z)/sum(exp(Z))",),
            of_scalar="Z",
            definition="log(sum(exp(Z)))",
            aliases=("lse",),
            invariant=True,
        ),
        Operator(
            name="logsumexp_rows",
            latex=r"\operatorname{logsumexp}_{\mathrm{rows}}",
            title="log-sum-exp by rows",
            source="Boyd and Vandenberghe, 3.1.5",
            arguments=_ANY,
            result=("m", "1"),
            gradient=("diag(D)*softmax_rows(Z)",),
            of_scalar="Z",
            definition="log(exp(Z)*ones(n))",
            aliases=("lse_rows",),
            summed="n",
        ),
        Operator(
            name="logsumexp_columns",
            latex=r"\operatorname{logsumexp}_{\mathrm{columns}}",
            title="log-sum-exp by columns",
            source="Boyd and Vandenberghe, 3.1.5",
            arguments=_ANY,
            result=("n", "1"),
            gradient=("softmax_columns(Z)*diag(D)",),
            of_scalar="Z",
            definition="log(exp(Z)'*ones(m))",
            aliases=("lse_columns",),
            summed="m",
        ),
        Operator(
            name="softmax",
            title="softmax",
            source="Bishop, PRML, (4.106)",
            arguments=(("n", "1"),),
            result=("n", "1"),
            gradient=("Y.*D - dot(Y,D)*Y",),
            of_scalar="1",
            definition="exp(Z)/sum(exp(Z))",
        ),
        Operator(
            name="softmax_rows",
            latex=r"\operatorname{softmax}_{\mathrm{rows}}",
            title="softmax by rows",
            source="Bishop, PRML, (4.106)",
            arguments=_ANY,
            result=("m", "n"),
            gradient=("Y.*D - diag((Y.*D)*ones(n))*Y",),
            of_scalar="1",
            definition="exp(Z)./(exp(Z)*ones(n,n))",
            summed="n",
        ),
        Operator(
            name="softmax_columns",
            latex=r"\operatorname{softmax}_{\mathrm{columns}}",
            title="softmax by columns",
            source="Bishop, PRML, (4.106)",
            arguments=_ANY,
            result=("m", "n"),
            gradient=("Y.*D - Y*diag((Y.*D)'*ones(m))",),
            of_scalar="1",
            definition="exp(Z)./(ones(m,m)*exp(Z))",
            summed="m",
        ),
    )
}


def names() -> dict[str, str]:
    """The names of all operators, by every name that they are read by."""
    return {word: o.name for o in TABLE.values() for word in (o.name, *o.aliases)}


def dims_of(entry: Operator, shapes: Sequence[tuple[Dim, Dim]]) -> dict[Dim, Dim] | None:
    """What the dimension letters are for arguments of these shapes; None where they do not fit."""
    found: dict[Dim, Dim] = {"1": 1}
    for letters, shape in zip(entry.arguments, shapes, strict=True):
        for letter, dim in zip(letters, shape, strict=True):
            if found.setdefault(letter, dim) != dim:
                return None
    return found


def demand(entry: Operator) -> str:
    """What the arguments have to be, in words."""
    return " and ".join(_words(letters) for letters in entry.arguments)


def _words(letters: Letters) -> str:
    rows, columns = letters
    if columns == "1":
        return "a vector"
    return "a square matrix" if rows == columns else "a matrix"
