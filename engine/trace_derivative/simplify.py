"""Expr -> Expr: an equal, neater expression.

Every rule is an identity for all values (shapes given): transposes are pushed inward, double
transposes, identities and cancelling factors removed, like terms collected, elementwise products
and quotients merged, sums over slices put together as matrices.  `expanded` multiplies out.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from . import blocks, expr as ex, kronecker, operators
from .canonical import canonical
from .expr import Expr
from .limits import check_terms, check_time
from .matrix_functions import commuting_joined, rewritten
from .slices import simplify_index_sum, simplify_rows

_memo: dict[Expr, Expr] = {}
_counts: dict[Expr, int] = {}
_MEMO_LIMIT = 100_000


def clear() -> None:
    """Forget all results."""
    _memo.clear()
    _counts.clear()


def simplify(e: Expr) -> Expr:
    """An equal expression in the compact form."""
    found = _memo.get(e)
    if found is not None:
        return found
    check_time()
    if len(_memo) > _MEMO_LIMIT:
        clear()
    new = ex.map_children(e, simplify)
    for _ in range(8):
        opened = blocks.rewritten(new)
        if opened == new:
            opened = kronecker.rewritten(new)
        if opened != new:
            new = simplify(opened)
            break
        rule = _RULES.get(type(new))
        if rule is None:
            break
        after = _linear_rule(new) if isinstance(new, _LINEAR) else new
        if after == new:
            after = rewritten(new)
        if after == new:
            after = rule(new)
        if after == new:
            break
        new = simplify(after) if type(after) is not type(new) else after
    _memo[e] = _memo[new] = new
    return new


# ------------------------------------------------------------------------ transposes


def transposes(e: Expr) -> int:
    """The number of transposes in the written form."""
    found = _counts.get(e)
    if found is None:
        own = 1 if isinstance(e, ex.Transpose) else 0
        found = _counts[e] = own + sum(transposes(c) for c in ex.children(e))
    return found


def push_transposes(e: Expr) -> Expr:
    """Transposes moved towards the symbols: through products always, else where it saves some."""
    return _transpose_rule(e) if isinstance(e, ex.Transpose) else e


def _transpose_rule(e: Expr) -> Expr:
    if not isinstance(e, ex.Transpose):
        return e
    arg = e.arg
    match arg:
        case ex.Mul(coefficient=c, scalars=scalars, matrices=matrices):
            flipped = [flip(m) for m in reversed(matrices)]
            return ex.mul(ex.number(c), *scalars, ex.mul(*flipped))
        case ex.MatrixFunction(function=name, arg=inner, parameters=more):
            turned = flip(inner)
            kept = transposes(turned) > transposes(inner)
            return e if kept else ex.matrix_function(name, turned, *more)
        case ex.Frechet(function=name, arg=inner, direction=direction, parameters=more):
            return _fewer(ex.frechet(name, flip(inner), flip(direction), *more), e)
        case ex.Inverse(arg=inner) | ex.MatrixPower(base=inner):
            turned = flip(inner)
            return e if transposes(turned) > transposes(inner) else ex.with_children(arg, (turned,))
        case ex.Add(terms=terms):
            return _fewer(ex.add(*[flip(t) for t in terms]), e)
        case ex.Hadamard(factors=factors):
            return _fewer(ex.hadamard(*[flip(f) for f in factors]), e)
        case ex.Quotient(numerator=a, denominator=b):
            return _fewer(ex.quotient(flip(a), flip(b)), e)
        case ex.Apply(function=name, args=args):
            return _fewer(ex.apply(name, *[flip(a) for a in args]), e)
        case ex.Power(base=base, exponent=p):
            return _fewer(ex.power(flip(base), flip(p)), e)
        case ex.IndexSum(indices=indices, body=body):
            return ex.index_sum(indices, flip(body))
        case ex.Block():
            return ex.map_children(blocks.transposed(arg), push_transposes)
        case ex.Kron(factors=factors, shape=(m, n)):
            return _fewer(ex.kron(*[flip(f) for f in factors], shape=(n, m)), e)
        case _:
            return e


def _fewer(pushed: Expr, kept: Expr) -> Expr:
    return pushed if transposes(pushed) <= transposes(kept) else kept


def flip(e: Expr) -> Expr:
    """The transpose, pushed inward."""
    return push_transposes(ex.transpose(e))


# ------------------------------------------------------------------------ sums


def _add_rule(e: Expr) -> Expr:
    if not isinstance(e, ex.Add):
        return e
    check_terms(len(e.terms))
    coefficients: dict[Expr, Fraction] = {}
    shown: dict[Expr, Expr] = {}
    for t in e.terms:
        c, rest = ex.split_coefficient(t)
        key = canonical(rest)
        coefficients[key] = coefficients.get(key, Fraction(0)) + c
        if key not in shown or ex.leaf_count(rest) < ex.leaf_count(shown[key]):
            shown[key] = rest
    if len(coefficients) == len(e.terms):
        return e
    kept = [ex.scale(c, shown[key]) for key, c in coefficients.items() if c]
    return ex.add(*kept) if kept else ex.zeros(*e.shape)


# ------------------------------------------------------------------------ products


def _mul_rule(e: Expr) -> Expr:
    if not isinstance(e, ex.Mul):
        return e
    if any(ex.is_zero(f) for f in e.scalars + e.matrices):
        return ex.zeros(*e.shape)
    scalars, chain = list(e.scalars), list(e.matrices)
    chain = _join([simplify(m) for m in commuting_joined(chain)])
    scalars, chain = _inner_scalars(scalars, chain)
    scalars = _merge_powers(scalars)
    body = ex.mul(*chain) if chain else ex.ONE
    if chain and body.shape == ex.SCALAR:
        body = _best_orientation(body)
    return ex.mul(ex.number(e.coefficient), *scalars, body)


def _best_orientation(e: Expr) -> Expr:
    """A 1 x 1 product equals its transpose: the one with fewer transposes, then the lesser text."""
    if not isinstance(e, ex.Mul) or not e.matrices:
        return e
    inner = _between_ones(e.matrices)
    if inner is not None:
        return simplify(ex.total(inner))
    if len(e.matrices) == 2:
        product = simplify(ex.hadamard(flip(e.matrices[0]), e.matrices[1]))
        if ex.leaf_count(product) < ex.leaf_count(e):
            return simplify(ex.total(product))
    other = ex.mul(*[flip(m) for m in reversed(e.matrices)])
    ours, theirs = transposes(e), transposes(other)
    if theirs < ours or (theirs == ours and str(other) < str(e)):
        return other
    return e


def _between_ones(chain: tuple[Expr, ...]) -> Expr | None:
    """M for `1'*M*1`, with either of the ones vectors left out where M is a vector already."""
    first, last = chain[0], chain[-1]
    start = 1 if isinstance(first, ex.Transpose) and isinstance(first.arg, ex.Ones) else 0
    stop = len(chain) - 1 if isinstance(last, ex.Ones) else len(chain)
    inner = chain[start:stop]
    return ex.mul(*inner) if inner and len(inner) < len(chain) else None


def _join(chain: list[Expr]) -> list[Expr]:
    """Adjacent matrix factors combined, from left to right."""
    out: list[Expr] = []
    for m in chain:
        out.append(m)
        while len(out) > 1:
            pair = _pair(out[-2], out[-1])
            if pair is None:
                break
            out[-2:] = [pair]
    return out


def _pair(a: Expr, b: Expr) -> Expr | None:
    """One factor for two adjacent ones, where there is one."""
    joined = kronecker.joined(a, b) or blocks.joined(a, b)
    if joined is not None:
        return simplify(joined)
    match a, b:
        case ex.Identity(), _:
            return b
        case _, ex.Identity():
            return a
        case ex.Hadamard(factors=(first, second)), ex.Ones(shape=(_, 1)):
            return _diagonal_of_form(first, second) or _diagonal_of_form(second, first)
        case ex.Diag(arg=u), ex.Diag(arg=v):
            return ex.diag(simplify(ex.hadamard(_column(u), _column(v))))
        case ex.Diag(arg=u), _ if b.shape[1] == 1:
            return simplify(ex.hadamard(_column(u), b))
        case _, ex.Diag(arg=v) if a.shape[0] == 1:
            return flip(simplify(ex.hadamard(flip(a), _column(v))))
        case ex.Ones(shape=(_, 1)), ex.Transpose(arg=ex.Ones(shape=(n, 1))):
            return ex.ones(a.shape[0], n)
    if a.shape[0] == a.shape[1]:
        (base, p), (other, q) = _base_power(a), _base_power(b)
        if base == other:
            return ex.matrix_power(base, p + q) if p + q >= 0 else _negative(base, p + q)
    return None


def _diagonal_of_form(p: Expr, q: Expr) -> Expr | None:
    """`(X.*(X*A))*1` is `diag(X*A*X')`; None where the factors have no end in common."""
    if isinstance(q, ex.Mul) and q.matrices and q.matrices[0] == p:
        return simplify(ex.diagonal(ex.mul(q, flip(p))))
    return None


def _negative(base: Expr, p: int) -> Expr:
    return ex.matrix_power(ex.inverse(base), -p)


def _base_power(e: Expr) -> tuple[Expr, int]:
    if isinstance(e, ex.MatrixPower):
        base, p = _base_power(e.base)
        return base, p * e.exponent
    if isinstance(e, ex.Inverse):
        base, p = _base_power(e.arg)
        return base, -p
    if isinstance(e, ex.Transpose) and isinstance(e.arg, ex.MatrixPower | ex.Inverse):
        base, p = _base_power(e.arg)
        return ex.transpose(base), p
    return e, 1


def _column(vector: Expr) -> Expr:
    return vector if vector.shape[1] == 1 else flip(vector)


def _inner_scalars(scalars: list[Expr], chain: list[Expr]) -> tuple[list[Expr], list[Expr]]:
    """Parts of a chain that are 1 x 1 by themselves, taken out as scalars."""
    if not chain or (chain[0].shape[0], chain[-1].shape[1]) == ex.SCALAR:
        return scalars, chain
    start = 0 if chain[0].shape[0] == 1 else None
    kept: list[Expr] = []
    pending: list[Expr] = []
    out = list(scalars)
    for m in chain:
        pending.append(m)
        if m.shape[1] == 1:
            if start is not None:
                out.append(_best_orientation(ex.mul(*pending)))
            else:
                kept += pending
            pending, start = [], 0
    return out, kept + pending


def _merge_powers(scalars: list[Expr]) -> list[Expr]:
    """Equal scalar factors as one power; what cancels vanishes."""
    exponents: dict[Expr, Fraction] = {}
    others: list[Expr] = []
    for s in scalars:
        base, p = (s.base, s.exponent) if isinstance(s, ex.Power) else (s, ex.ONE)
        if isinstance(p, ex.Number):
            exponents[base] = exponents.get(base, Fraction(0)) + p.value
        else:
            others.append(s)
    merged = _joined_functions(exponents)
    if len(exponents) + len(others) == len(scalars) and merged == exponents:
        return scalars
    return [ex.power(b, ex.number(p)) for b, p in merged.items() if p] + others


def _joined_functions(exponents: dict[Expr, Fraction]) -> dict[Expr, Fraction]:
    """Functions of one argument that go together: see `TOGETHER`."""
    found = dict(exponents)
    for name, other, joined in TOGETHER:
        for base in list(found):
            if not isinstance(base, ex.Apply) or base.function != name or found[base] < 1:
                continue
            partner = base.arg if other == "" else ex.apply(other, base.arg)
            sign = -1 if joined in _RATIOS else 1
            if found.get(partner, Fraction(0)) * sign >= 1:
                new = ex.apply(joined, base.arg)
                for part, by in ((base, 1), (partner, sign), (new, -1)):
                    found[part] = found.get(part, Fraction(0)) - by
    root = [b for b in found if isinstance(b, ex.Apply) and b.function == "sqrt" and b.arg in found]
    for base in root:
        assert isinstance(base, ex.Apply)
        found[base.arg] += found.pop(base) / 2
    return {b: p for b, p in found.items() if p}


TOGETHER = (
    ("sin", "cos", "tan"),
    ("sinh", "cosh", "tanh"),
    ("sign", "", "abs"),
    ("relu", "step", "relu"),
)
"""`sin/cos = tan`, `sinh/cosh = tanh`, `sign(u)*u = abs(u)`, `relu*step = relu`."""
_RATIOS = {"tan", "tanh"}


# ------------------------------------------------------------------------ elementwise


def _elementwise_rule(e: Expr) -> Expr:
    """Hadamard products and quotients as one quotient of products of powers."""
    if not isinstance(e, ex.Hadamard | ex.Quotient):
        return e
    exponents: dict[Expr, Fraction] = {}
    scalars: list[Expr] = []
    below: list[Expr] = []
    _gather(e, Fraction(1), exponents, scalars, below)
    if any(ex.is_zero(b) for b, p in exponents.items() if p > 0):
        return ex.zeros(*e.shape)
    exponents = _joined_functions(exponents)
    left: list[Expr] = []
    right: list[Expr] = []
    above: list[Expr] = []
    for base, p in exponents.items():
        outer = _outer_ones(base) if p == 1 else None
        if outer is not None:
            (left if outer[0] else right).append(outer[1])
        elif p > 0:
            above.append(ex.power(base, ex.number(p)))
        elif p < 0:
            below.append(ex.power(base, ex.number(-p)))
    if not above and (left or right) and not below:
        return e
    above = _on_diagonal(above)
    body = ex.hadamard(*above) if above else ex.ones(*e.shape)
    if not above and len(below) == 1 and isinstance(below[0], ex.Power):
        body, below = ex.power(below[0].base, ex.neg(below[0].exponent)), []
    if below:
        body = ex.quotient(body, ex.hadamard(*below))
    if left:
        body = ex.mul(ex.diag(ex.hadamard(*left)), body)
    if right:
        body = ex.mul(body, ex.diag(ex.hadamard(*right)))
    return ex.mul(*scalars, body)


def _on_diagonal(factors: list[Expr]) -> list[Expr]:
    """`diag(u).*A` as `diag(u.*diag(A))`: off the diagonal there is nothing."""
    diagonals = [f for f in factors if isinstance(f, ex.Diag)]
    others = [f for f in factors if not isinstance(f, ex.Diag)]
    if not diagonals or len(factors) == 1:
        return factors
    vectors = [_column(f.arg) for f in diagonals]
    if others:
        vectors.append(simplify(ex.diagonal(ex.hadamard(*others))))
    return [ex.diag(simplify(ex.hadamard(*vectors)))]


def _outer_ones(e: Expr) -> tuple[bool, Expr] | None:
    """(True, u) for `u*ones'`, (False, v) for `ones*v'`, u and v columns."""
    if not isinstance(e, ex.Mul) or e.scalars or e.coefficient != 1 or e.shape[1] == 1:
        return None
    first, last = e.matrices[0], e.matrices[-1]
    if isinstance(last, ex.Transpose) and isinstance(last.arg, ex.Ones) and last.shape[0] == 1:
        return True, ex.mul(*e.matrices[:-1])
    if isinstance(first, ex.Ones) and first.shape[1] == 1:
        return False, flip(ex.mul(*e.matrices[1:]))
    return None


def _gather(
    e: Expr, p: Fraction, exponents: dict[Expr, Fraction], scalars: list[Expr], below: list[Expr]
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
        case ex.Power(base=base, exponent=ex.Number(value=q)) if e.shape != ex.SCALAR and (
            q.denominator == 1 or p == 1
        ):
            exponents[base] = exponents.get(base, Fraction(0)) + p * q
        case ex.Ones():
            pass
        case ex.Mul() if p.denominator == 1 and (e.scalars or e.coefficient != 1):
            front = ex.mul(ex.number(e.coefficient), *e.scalars)
            scalars.append(ex.power(front, ex.number(p)))
            _gather(ex.mul(*e.matrices), p, exponents, scalars, below)
        case _ if p < 0 and _has_zeros(e):
            below.append(ex.power(e, ex.number(-p)))
        case _:
            exponents[e] = exponents.get(e, Fraction(0)) + p


def _has_zeros(e: Expr) -> bool:
    """Is some entry zero whatever the values are?  Then it cancels nothing."""
    return any(isinstance(node, ex.Identity | ex.Zeros | ex.Diag) for node in ex.walk(e))


def _power_rule(e: Expr) -> Expr:
    if not isinstance(e, ex.Power) or not isinstance(e.exponent, ex.Number):
        return e
    p = e.exponent.value
    is_root = isinstance(e.base, ex.Apply) and e.base.function == "sqrt"
    if is_root and p.denominator == 1 and p % 2 == 0:
        return ex.power(ex.children(e.base)[0], ex.number(p / 2))
    if isinstance(e.base, ex.Mul) and e.base.shape != ex.SCALAR and p.denominator == 1:
        front, matrices = ex.mul(ex.number(e.base.coefficient), *e.base.scalars), e.base.matrices
        if front != ex.ONE:
            powered = ex.power(ex.mul(*matrices), e.exponent)
            return ex.mul(ex.power(front, e.exponent), powered)
    return e


# ------------------------------------------------------------------------ functions of a matrix


def _linear_rule(e: Expr) -> Expr:
    """Scalar factors of the argument of a linear function, in front of it."""
    c, rest = split_front(ex.children(e)[0])
    return e if c == ex.ONE else ex.mul(c, ex.with_children(e, (rest,)))


def _diag_rule(e: Expr) -> Expr:
    if isinstance(e, ex.Diag):
        if isinstance(e.arg, ex.Ones):
            return ex.identity(e.shape[0])
        turned = flip(e.arg)
        if e.free and transposes(turned) < transposes(e.arg):
            return ex.diag(turned)
    return e


def split_front(e: Expr) -> tuple[Expr, Expr]:
    """The scalar factors of a product, and the rest of it."""
    if isinstance(e, ex.Mul) and e.matrices and (e.scalars or e.coefficient != 1):
        return ex.mul(ex.number(e.coefficient), *e.scalars), ex.mul(*e.matrices)
    return ex.ONE, e


def _diagonal_rule(e: Expr) -> Expr:
    if not isinstance(e, ex.Diagonal):
        return e
    match e.arg:
        case ex.Diag(arg=v):
            return _column(v)
        case ex.Identity() | ex.Ones():
            return ex.ones(e.shape[0])
        case ex.Transpose(arg=arg):
            return ex.diagonal(arg)
        case ex.Mul(matrices=(ex.Diag(arg=u), *others)) if others:
            return ex.hadamard(_column(u), ex.diagonal(ex.mul(*others)))
        case ex.Mul(matrices=(*others, ex.Diag(arg=v))) if others:
            return ex.hadamard(ex.diagonal(ex.mul(*others)), _column(v))
        case ex.Mul(matrices=matrices):
            for n in range(1, len(matrices)):
                if matrices[n].shape[0] == 1:
                    v = flip(ex.mul(*matrices[n:]))
                    return ex.hadamard(ex.mul(*matrices[:n]), v)
    return e


def _trace_rule(e: Expr) -> Expr:
    if not isinstance(e, ex.Trace):
        return e
    rest = e.arg
    if isinstance(rest, ex.Mul):
        for n, m in enumerate(rest.matrices):
            if isinstance(m, ex.Ones) and m.shape[1] != 1:
                return ex.total(ex.mul(*rest.matrices[n + 1 :], *rest.matrices[:n]))
        for n in range(1, len(rest.matrices)):
            if rest.matrices[n].shape[0] == 1:
                return ex.mul(*rest.matrices[n:], ex.mul(*rest.matrices[:n]))
    turned = flip(rest)
    return ex.trace(turned) if transposes(turned) < transposes(rest) else e


def _total_rule(e: Expr) -> Expr:
    if not isinstance(e, ex.Total):
        return e
    match e.arg:
        case ex.Transpose(arg=arg):
            return ex.total(arg)
        case ex.Diag(arg=arg):
            return ex.total(arg)
        case ex.Diagonal(arg=arg):
            return ex.trace(arg)
        case ex.Mul(matrices=(*others, ex.Ones(shape=(_, 1)))) if others:
            return ex.total(ex.mul(*others))
        case ex.Mul(matrices=(ex.Transpose(arg=ex.Ones()), *others)) if others:
            return ex.total(ex.mul(*others))
    return e


def _operation_rule(e: Expr) -> Expr:
    if not isinstance(e, ex.Operation) or not isinstance(e.arg, ex.Transpose):
        return e
    return ex.with_children(e, (e.arg.arg,)) if operators.TABLE[e.operator].invariant else e


def _matrix_power_rule(e: Expr) -> Expr:
    if isinstance(e, ex.MatrixPower) and isinstance(e.base, ex.Transpose):
        return ex.transpose(ex.matrix_power(e.base.arg, e.exponent))
    return e


def _inverse_rule(e: Expr) -> Expr:
    if isinstance(e, ex.Inverse):
        if isinstance(e.arg, ex.Transpose):
            return ex.transpose(ex.inverse(e.arg.arg))
        c, rest = split_front(e.arg)
        if c != ex.ONE:
            return ex.mul(ex.power(c, ex.number(-1)), ex.inverse(rest))
    return e


_LINEAR = (ex.Trace, ex.Total, ex.Diag, ex.Diagonal)
_RULES: dict[type[ex.Node], Callable[[Expr], Expr]] = {
    ex.Transpose: _transpose_rule,
    ex.Add: _add_rule,
    ex.Mul: _mul_rule,
    ex.Hadamard: _elementwise_rule,
    ex.Quotient: _elementwise_rule,
    ex.Power: _power_rule,
    ex.Diag: _diag_rule,
    ex.Diagonal: _diagonal_rule,
    ex.Trace: _trace_rule,
    ex.Total: _total_rule,
    ex.Operation: _operation_rule,
    ex.Inverse: _inverse_rule,
    ex.MatrixPower: _matrix_power_rule,
    ex.MatrixFunction: rewritten,
    ex.Frechet: rewritten,
    ex.IndexSum: simplify_index_sum,
    ex.Rows: simplify_rows,
}
