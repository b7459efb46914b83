"""Expr -> Expr: Hadamard products, elementwise quotients and powers."""

from __future__ import annotations

from fractions import Fraction

from . import expr as ex
from .construct import UNIT, exact_product
from .expr import Expr
from .length import length
from .powers import Powers, joined_functions
from .rewrite import simplify
from .transposes import column, flip
from .triangles import in_triangles, is_mask
from .vanishing import has_poles, vanishes_somewhere


def elementwise_rule(e: Expr) -> Expr:
    """Hadamard products and quotients as one quotient of products of powers."""
    if not isinstance(e, ex.Hadamard | ex.Quotient):
        return e
    exponents: Powers = {}
    scalars: list[Expr] = []
    below: list[Expr] = []
    _gather(e, UNIT, exponents, scalars, below)
    if any(ex.is_zero(b) and p > 0 for b, p in exponents.items()):
        return ex.zeros(*e.shape)
    exponents = {b: min(p, UNIT) if _is_of_ones(b) else p for b, p in exponents.items()}
    exponents = joined_functions(exponents)
    power = _common_power(exponents) if not below else 1
    if power > 1:
        inner = elementwise_rule(product_of({b: p / power for b, p in exponents.items()}, e.shape))
        return ex.mul(*scalars, ex.power(inner, ex.number(power)))
    left: list[Expr] = []
    right: list[Expr] = []
    above: list[Expr] = []
    # the products with diagonal matrices are sums: one infinite entry would be in all of them
    finite = not any(map(vanishes_somewhere, below)) and not any(map(has_poles, exponents))
    for base, p in exponents.items():
        outer = _outer_ones(base) if finite and (p is UNIT or p == 1) else None
        if outer is not None:
            (left if outer[0] else right).append(outer[1])
        elif p.numerator > 0:
            above.append(ex.power(base, ex.number(p)))
        elif p.numerator < 0:
            below.append(ex.power(base, ex.number(-p)))
    if not above and (left or right) and not below:
        return e
    above = in_triangles(_on_diagonal(above))
    body = ex.hadamard(*above) if above else ex.ones(*e.shape)
    if not above and len(below) == 1 and isinstance(below[0], ex.Power):
        body, below = ex.power(below[0].base, ex.neg(below[0].exponent)), []
    if below:
        body = _divided(body, ex.hadamard(*below))
    if left:
        body = ex.mul(ex.diag(ex.hadamard(*left)), body)
    if right:
        body = ex.mul(body, ex.diag(ex.hadamard(*right)))
    return ex.mul(*scalars, body)


def _is_of_ones(e: Expr) -> bool:
    """Is each of its entries 1 or 0, so that its positive powers are what it is itself?"""
    return isinstance(e, ex.Identity) or is_mask(e)


def _divided(above: Expr, below: Expr) -> Expr:
    """The quotient; `(a - b)./b` is `a./b - 1` where that is shorter."""
    whole = ex.quotient(above, below)
    if not isinstance(above, ex.Add) or length(below) == 1:
        return whole
    if all(ex.split_coefficient(t)[1] != below for t in above.terms):
        return whole
    parts = ex.add(*[simplify(ex.quotient(t, below)) for t in above.terms])
    return parts if length(parts) < length(whole) else whole


def _common_power(exponents: Powers) -> int:
    """n >= 2 where several factors have it as their exponent, up to signs, and none another."""
    for p in exponents.values():
        if p is UNIT or abs(p.numerator) == 1:
            return 1
    sizes = {abs(p) for p in exponents.values()}
    n = sizes.pop() if len(sizes) == 1 and len(exponents) > 1 else UNIT
    return n.numerator if n.denominator == 1 else 1


def factors_of(e: Expr) -> Powers | None:
    """The elementwise factors of a matrix; None where a scalar or a divisor with zeros is one."""
    exponents: Powers = {}
    scalars: list[Expr] = []
    below: list[Expr] = []
    _gather(e, UNIT, exponents, scalars, below)
    return None if scalars or below else exponents


def product_of(powers: Powers, shape: ex.Shape) -> Expr:
    """The elementwise product of powers; ones where there are none."""
    above = [ex.power(b, ex.number(p)) for b, p in powers.items() if p > 0]
    below = [ex.power(b, ex.number(-p)) for b, p in powers.items() if p < 0]
    top = ex.hadamard(*above) if above else ex.ones(*shape)
    return ex.quotient(top, ex.hadamard(*below)) if below else top


def _on_diagonal(factors: list[Expr]) -> list[Expr]:
    """`diag(u).*A` as `diag(u.*diag(A))`: off the diagonal there is nothing."""
    diagonals = [f for f in factors if isinstance(f, ex.Diag)]
    others = [f for f in factors if not isinstance(f, ex.Diag)]
    if not diagonals or len(factors) == 1:
        return factors
    vectors = [column(f.arg) for f in diagonals]
    if others:
        vectors.append(simplify(ex.diagonal(ex.hadamard(*others))))
    return [ex.diag(simplify(ex.hadamard(*vectors)))]


def _outer_ones(e: Expr) -> tuple[bool, Expr] | None:
    """(True, u) for `u*ones'`, (False, v) for `ones*v'`, u and v columns."""
    if not isinstance(e, ex.Mul) or e.scalars or e.coefficient is not UNIT or e.shape[1] == 1:
        return None
    first, last = e.matrices[0], e.matrices[-1]
    if isinstance(last, ex.Transpose) and isinstance(last.arg, ex.Ones) and last.shape[0] == 1:
        return True, ex.mul(*e.matrices[:-1])
    if isinstance(first, ex.Ones) and first.shape[1] == 1:
        return False, flip(ex.mul(*e.matrices[1:]))
    return None


def _gather(
    e: Expr, p: Fraction, exponents: Powers, scalars: list[Expr], below: list[Expr]
) -> None:
    """Collect the elementwise factors of e^p with their exponents, in reading order.

    A divisor with entries that are always zero goes to `below` at once.
    """
    match e:
        case ex.Hadamard(factors=factors):
            for f in factors:
                _gather(f, p, exponents, scalars, below)
        case ex.Quotient(numerator=a, denominator=b):
            _gather(a, p, exponents, scalars, below)
            _gather(b, -p, exponents, scalars, below)
        case ex.Power(base=ex.Hadamard() | ex.Quotient() as base, exponent=ex.Number(value=q)) if (
            q.denominator == 1
        ):
            _gather(base, p * q, exponents, scalars, below)
        case ex.Power(base=base, exponent=ex.Number(value=q)) if e.shape != ex.SCALAR and (
            q.denominator == 1 or p == 1
        ):
            if p * q < 0 and has_zeros(base):
                below.append(ex.power(base, ex.number(-p * q)))
                return
            _count(exponents, base, exact_product(p, q))
        case ex.Ones():
            pass
        case ex.Mul() if p.denominator == 1 and (e.scalars or e.coefficient is not UNIT):
            front = ex.mul(ex.number(e.coefficient), *e.scalars)
            scalars.append(ex.power(front, ex.number(p)))
            _gather(ex.mul(*e.matrices), p, exponents, scalars, below)
        case _ if p < 0 and has_zeros(e):
            below.append(ex.power(e, ex.number(-p)))
        case _:
            _count(exponents, e, p)


def _count(exponents: Powers, base: Expr, p: Fraction) -> None:
    """Multiply by a power."""
    known = exponents.get(base)
    exponents[base] = p if known is None else known + p


_WITH_ZEROS = ex.bits_of(ex.Identity, ex.Zeros, ex.Diag, ex.Triangle)


def has_zeros(e: Expr) -> bool:
    """Is some entry zero whatever the values are?  Then it cancels nothing."""
    return e.kinds & _WITH_ZEROS != 0


def power_rule(e: Expr) -> Expr:
    """Powers of roots, of scaled matrices, and of zeros and ones."""
    if not isinstance(e, ex.Power) or not isinstance(e.exponent, ex.Number):
        return e
    p = e.exponent.value
    if p > 0 and _is_of_ones(e.base):
        return e.base
    if p > 0 and isinstance(e.base, ex.Diag):
        return ex.diag(simplify(ex.power(column(e.base.arg), e.exponent)))
    if e.shape == ex.SCALAR and abs(p) == Fraction(1, 2):
        return ex.power(ex.apply("sqrt", e.base), ex.number(2 * p))
    is_root = isinstance(e.base, ex.Apply) and e.base.function == "sqrt"
    if is_root and p.denominator == 1 and p % 2 == 0:
        return ex.power(e.base.parts[0], ex.number(p / 2))
    if isinstance(e.base, ex.Mul) and e.base.shape != ex.SCALAR and p.denominator == 1:
        c, rest = ex.split_coefficient(e.base)
        if c != 1:
            return ex.mul(ex.power(ex.number(c), e.exponent), ex.power(rest, e.exponent))
    return e
