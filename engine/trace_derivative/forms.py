"""A function as a trace `tr[L Y R]` in which only Y is not held constant (eq (18) of the notes)."""

from __future__ import annotations

from typing import NamedTuple

from . import expr as ex
from .expr import ONE, Expr, Index
from .simplify import flip


class Form(NamedTuple):
    """`weight * sum(over: tr[left factor right])`; only `factor` is not held constant.

    `exact`: the form has the value of what it was opened from, not only the derivative.
    `turned`: the trace was transposed on the way.
    """

    factor: Expr
    left: tuple[Expr, ...] = ()
    right: tuple[Expr, ...] = ()
    weight: tuple[Expr, ...] = ()
    over: tuple[Index, ...] = ()
    exact: bool = True
    turned: bool = False

    def at(
        self,
        factor: Expr,
        left: tuple[Expr, ...],
        right: tuple[Expr, ...],
        weight: tuple[Expr, ...] | None = None,
    ) -> Form:
        """The same form around another factor, with the same weight if none is given."""
        if weight is None:
            weight = self.weight
        return Form(factor, left, right, weight, self.over, self.exact, self.turned)

    def cofactor(self) -> Expr:
        """N with `tr[left factor right] = tr[N factor]`, simplified no further."""
        chain = self.right + self.left
        if chain:
            return ex.mul(*chain)
        return ex.identity(self.factor.shape[0])

    def dual(self) -> Expr:
        """The transpose of the cofactor, of the factor's shape: df = sum(dual .* dfactor)."""
        chain = self.right + self.left
        # vectors of ones with nothing summed between them
        if chain and all(map(_is_ones, chain)) and all(m.shape[1] == 1 for m in chain[:-1]):
            return ex.ones(*self.factor.shape)
        return flip(self.cofactor())

    def value(self) -> Expr:
        """The form as an expression."""
        return index_sum(self, ex.trace(ex.mul(*self.left, self.factor, *self.right)))


def _is_ones(e: Expr) -> bool:
    return isinstance(e.arg if isinstance(e, ex.Transpose) else e, ex.Ones) and 1 in e.shape


def index_sum(form: Form, body: Expr) -> Expr:
    """`weight * sum(over: body)`; the weight may depend on the indices."""
    if form.weight:
        body = ex.mul(*form.weight, body)
    return ex.index_sum(form.over, body)


def flipped(chain: tuple[Expr, ...]) -> tuple[Expr, ...]:
    """The factors of the transposed product."""
    return tuple([flip(m) for m in reversed(chain)])


def diagonal_of_cofactor(form: Form) -> Expr:
    """`(L' .* R)*1`, the diagonal of R L (eq (31)); without the ones where L' and R are vectors."""
    if not form.left or not form.right:
        return ex.diagonal(form.cofactor())
    left, right = flip(ex.mul(*form.left)), ex.mul(*form.right)
    inner = right.shape[1]
    body = ex.hadamard(left, right)
    return body if inner == 1 else ex.mul(body, ex.ones(inner))


def times(weight: tuple[Expr, ...], *more: Expr) -> tuple[Expr, ...]:
    """A weight with more factors; none where the product is 1."""
    if more.count(ONE) == len(more):
        return weight
    product = ex.mul(*weight, *more)
    return () if product == ONE else (product,)
