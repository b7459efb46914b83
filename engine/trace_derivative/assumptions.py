"""Expr -> Expr: what is known of symbols used on a finished gradient, and which of it was used.

Input: a result that holds for all values, and the kinds of its symbols (`kinds`).  Every rule is
an identity where these hold.  An assumption about the variable holds for its values, not for the
derivative: it is used after the differentiation only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from itertools import combinations

from . import expr as ex
from .expr import Expr, Symbol
from .kinds import KINDS, Facts, closure, is_kind
from .kronecker import log_determinant
from .limits import check_time
from .properties import (
    is_definite,
    is_diagonal,
    is_idempotent,
    is_nonnegative,
    is_orthogonal,
    is_orthonormal,
    is_skew,
    is_symmetric,
    sign_of,
    turned,
)
from .simplify import simplify, transposes
from .vanishing import in_triangle

_ROUNDS = 6


def with_facts(e: Expr, facts: Facts) -> Expr:
    """The result rewritten with what is known of its symbols."""
    if not facts:
        return e
    known = {name: kinds for name, kinds in facts.items() if kinds and name in e.symbols}
    if not known:
        return e
    rewriter = _Rewriter(known)
    for _ in range(_ROUNDS):
        new = simplify(rewriter.rewrite(e))
        if new == e:
            break
        e = new
    return e


def facts_used(facts: Facts, made: Callable[[Facts], Expr], result: Expr) -> Facts:
    """The least of the facts of which the same result is made.

    Of a positive definite matrix that is only turned it is said that it is symmetric.
    """
    found = dict(facts)
    used: dict[str, frozenset[str]] = {}
    for name, kinds in facts.items():
        for some in _weaker(kinds):
            if made({**found, name: closure(some)}) == result:
                found[name] = closure(some)
                used[name] = some
                break
    return {name: kinds for name, kinds in used.items() if kinds}


def _weaker(kinds: frozenset[str]) -> Iterator[frozenset[str]]:
    """Nothing, then each kind alone, the weaker ones first, then two, and so on."""
    said = kinds - {"orthonormal"} if "orthogonal" in kinds else kinds
    ordered = sorted(said, key=lambda kind: (len(closure(frozenset((kind,)))), kind))
    for count in range(len(ordered) + 1):
        yield from map(frozenset, combinations(ordered, count))


def because(used: Facts, symbols: Mapping[str, Symbol]) -> str:
    """The reason: what the symbols are, and where it is one thing only the equality it gives."""
    says = [
        f"`{name}` is {' and '.join(KINDS[kind].says for kind in sorted(kinds))}"
        for name, kinds in sorted(used.items())
    ]
    words = says[0] if len(says) == 1 else f"{', '.join(says[:-1])} and {says[-1]}"
    reason = f"Since {words}"
    if len(used) == 1:
        ((name, kinds),) = used.items()
        fact = KINDS[next(iter(kinds))].fact
        if len(kinds) == 1 and fact is not None:
            means = {"S": name, "I": f"eye({symbols[name].shape[1]})"}
            left, right = (re.sub(r"\b[SI]\b", lambda m: means[m[0]], part) for part in fact)
            reason += f", `{left}` = `{right}`"
    return reason


# ------------------------------------------------------------------------ the rules


class _Rewriter:
    """Rewrites from the leaves up; each rule looks at one node."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self._names = frozenset(facts)
        self._done: dict[Expr, Expr] = {}

    def rewrite(self, e: Expr) -> Expr:
        """The expression with all rules applied once, inner parts first."""
        if not e.parts or self._names.isdisjoint(e.symbols):
            return e
        found = self._done.get(e)
        if found is None:
            check_time()
            found = self._done[e] = self._at(ex.map_children(e, self.rewrite))
        return found

    def _at(self, e: Expr) -> Expr:
        match e:
            case ex.Transpose(arg=arg):
                return self._transpose(e, arg)
            case ex.Inverse(arg=arg):
                return self._inverse(e, arg)
            case ex.Mul():
                return self._oriented(self._product(e))
            case ex.MatrixPower(base=base, exponent=n):
                return self._matrix_power(e, base, n)
            case ex.Power(base=base, exponent=ex.Number(value=p)):
                return self._power(e, base, p)
            case ex.Apply(function=name, args=(arg,)):
                return self._apply(e, name, arg)
            case ex.Operation(operator="norm2", args=(arg,)):
                return self._norm(e, arg)
            case ex.Operation(operator="det" | "logdet", args=(arg,)):
                return self._determinant(e, arg)
            case ex.Trace(arg=arg) | ex.Total(arg=arg):
                return self._vanishing(e, arg)
            case ex.Diagonal(arg=arg):
                return ex.zeros(*e.shape) if is_skew(arg, self.facts) else e
            case ex.Diag(arg=ex.Diagonal(arg=arg)):
                return arg if is_diagonal(arg, self.facts) else e
            case ex.Triangle(arg=arg, part=part):
                return self._triangle(e, arg, part)
            case ex.Hadamard(factors=factors):
                return self._hadamard(e, factors)
            case _:
                return e

    def _transpose(self, e: Expr, arg: Expr) -> Expr:
        found = turned(arg, self.facts)
        _, rest = ex.split_coefficient(found)
        return found if rest == arg or transposes(found) <= transposes(arg) else e

    def _inverse(self, e: Expr, arg: Expr) -> Expr:
        if is_orthogonal(arg, self.facts):
            return turned(arg, self.facts)
        if isinstance(arg, ex.Mul):
            for first in (True, False):
                matrices = arg.matrices
                end, rest = (matrices[0], matrices[1:]) if first else (matrices[-1], matrices[:-1])
                if rest and is_orthogonal(end, self.facts):
                    inner = ex.inverse(ex.mul(*rest))
                    pair = (inner, ex.transpose(end)) if first else (ex.transpose(end), inner)
                    front = ex.power(
                        ex.mul(ex.number(arg.coefficient), *arg.scalars), ex.number(-1)
                    )
                    return ex.mul(front, *pair)
        return e

    # -------------------------------------------------------------- products

    def _product(self, e: ex.Mul) -> Expr:
        chain = list(e.matrices)
        n = 0
        while n < len(chain) - 1:
            joined = self._pair(chain[n], chain[n + 1])
            if joined is None:
                n += 1
                continue
            chain[n : n + 2] = joined
            n = max(0, n - 1)
            if len(chain) == 1 or any(ex.is_zero(m) for m in chain):
                break
        if tuple(chain) == e.matrices:
            return e
        return ex.mul(ex.number(e.coefficient), *e.scalars, *ex.as_one(chain))

    def _pair(self, a: Expr, b: Expr) -> list[Expr] | None:
        """What two factors side by side can be replaced by."""
        if is_orthonormal(b, self.facts) and a == turned(b, self.facts):
            return [ex.identity(b.shape[1])]
        if is_orthogonal(a, self.facts) and b == turned(a, self.facts):
            return [ex.identity(a.shape[0])]
        if isinstance(a, ex.Identity) or isinstance(b, ex.Identity):
            return [b if isinstance(a, ex.Identity) else a]
        if a == b and is_idempotent(a, self.facts):
            return [a]
        for inner, outer in ((a, b), (b, a)):
            match inner:
                case ex.MatrixPower(base=base, exponent=n) if base == outer:
                    if is_orthogonal(outer, self.facts):
                        power = ex.matrix_power(outer, n + 1)
                        return [self._matrix_power(power, outer, n + 1)]
        distributed = self._distributed(a, b)
        if distributed is not None:
            return [distributed]
        if is_diagonal(a, self.facts) and is_diagonal(b, self.facts) and str(b) < str(a):
            return [b, a] if a != b else None
        return None

    def _distributed(self, a: Expr, b: Expr) -> Expr | None:
        """A product with a sum, term by term, where that is shorter: `P*(I - P)` is 0."""
        for one, other in ((a, b), (b, a)):
            if not isinstance(other, ex.Add):
                continue
            special = is_idempotent(one, self.facts) or is_orthonormal(one, self.facts)
            if special or is_orthonormal(ex.transpose(one), self.facts):
                pairs = [(a, t) if one is a else (t, b) for t in other.terms]
                terms = [self.rewrite(simplify(ex.mul(*pair))) for pair in pairs]
                found = simplify(ex.add(*terms))
                if ex.leaf_count(found) <= ex.leaf_count(other):
                    return found
        return None

    def _matrix_power(self, e: Expr, base: Expr, n: int) -> Expr:
        facts = self.facts
        if is_idempotent(base, facts):
            return base
        if is_orthogonal(base, facts) and (is_symmetric(base, facts) or is_skew(base, facts)):
            sign = 1 if is_symmetric(base, facts) else (-1) ** (n // 2)
            return ex.scale(sign, base if n % 2 else ex.identity(base.shape[0]))
        return e

    def _hadamard(self, e: Expr, factors: tuple[Expr, ...]) -> Expr:
        """With the identity: a diagonal matrix alone, or fewer transposes."""
        if not any(isinstance(f, ex.Identity) for f in factors):
            return e
        others = [f for f in factors if not isinstance(f, ex.Identity)]
        if any(is_skew(f, self.facts) for f in others):
            return ex.zeros(*e.shape)
        if any(is_diagonal(f, self.facts) for f in others):
            return ex.hadamard(*others)
        return on_diagonal(e, self.facts)

    # -------------------------------------------------------------- scalars

    def _oriented(self, e: Expr) -> Expr:
        """A 1 x 1 product equals its transpose: zero if that is its negative, else the lesser."""
        if not isinstance(e, ex.Mul) or e.shape != ex.SCALAR or not e.matrices:
            return e
        other = turned(e, self.facts)
        if _same_text(other, ex.neg(e)):
            return ex.ZERO
        keys = [(transposes(x), str(ex.split_coefficient(x)[1])) for x in (e, other)]
        return other if keys[1] < keys[0] else e

    def _vanishing(self, e: Expr, arg: Expr) -> Expr:
        """A trace, or a sum of all entries, that equals its own negative; else the lesser one."""
        other = ex.with_children(e, (turned(arg, self.facts),))
        front, rest = ex.split_front(other.parts[0])
        other = ex.mul(front, ex.with_children(e, (rest,)))
        if any(_same_text(ex.neg(e), x) for x in _rotations(other)):
            return ex.ZERO
        return other if transposes(other) < transposes(e) else e

    def _power(self, e: Expr, base: Expr, p: Fraction) -> Expr:
        facts = self.facts
        if ex.is_operation(base, "det") and is_orthogonal(base.arg, facts) and p.denominator == 1:
            return ex.power(base, ex.number(p % 2))
        root = _root(base, p, facts)
        if root is not None:
            return root
        if ex.is_operation(base, "norm2") and p == 2 and is_kind(base.arg, "unit", facts):
            return ex.ONE
        return e

    def _apply(self, e: Expr, name: str, arg: Expr) -> Expr:
        facts = self.facts
        sign = sign_of(arg, facts)
        if name in ("sign", "step") and sign:
            value = sign if name == "sign" else max(0, sign)
            return ex.mul(ex.number(value), ex.ones(*e.shape))
        if name == "relu" and sign < 0:
            return ex.zeros(*e.shape)
        if name == "abs" and sign < 0:
            return ex.neg(arg)
        if name in ("abs", "relu") and is_nonnegative(arg, facts, rounded=True):
            return arg
        if name == "abs" and ex.is_operation(arg, "det") and is_orthogonal(arg.arg, facts):
            return ex.ONE
        root = _root(arg, Fraction(1, 2), facts) if name == "sqrt" else None
        return e if root is None else root

    def _norm(self, e: Expr, arg: Expr) -> Expr:
        """Without orthonormal factors at the ends; 1 of a unit vector."""
        facts = self.facts
        if is_kind(arg, "unit", facts):
            return ex.ONE
        matrices = list(arg.matrices) if isinstance(arg, ex.Mul) and not arg.scalars else []
        kept = list(matrices)
        while len(kept) > 1 and is_orthonormal(kept[0], facts):
            kept.pop(0)
        while len(kept) > 1 and is_orthonormal(turned(kept[-1], facts), facts):
            kept.pop()
        if len(kept) == len(matrices):
            return e
        assert isinstance(arg, ex.Mul)
        return ex.scale(abs(arg.coefficient), ex.norm(ex.mul(*kept)))

    def _determinant(self, e: Expr, arg: Expr) -> Expr:
        """Without an orthogonal factor and its transpose at the ends; of definite factors."""
        if isinstance(arg, ex.Kron) and ex.is_operation(e, "logdet"):
            definite = all(is_definite(f, self.facts) for f in arg.factors)
            return log_determinant(arg) if definite else e
        if not isinstance(arg, ex.Mul) or arg.scalars or arg.coefficient != 1:
            return e
        first, *middle, last = arg.matrices
        ends = is_orthogonal(first, self.facts) and last == turned(first, self.facts)
        square = middle and ex.mul(*middle).shape == arg.shape
        return ex.with_children(e, (ex.mul(*middle),)) if ends and square else e

    def _triangle(self, e: Expr, arg: Expr, part: ex.Part) -> Expr:
        if in_triangle(arg, part, self.facts):
            return arg
        if in_triangle(arg, ex.mirrored(part), self.facts):
            return ex.diag(ex.diagonal(arg))
        return e


def _root(base: Expr, p: Fraction, facts: Facts) -> Expr | None:
    """A power of a power of what is not below zero, as one power."""
    match base:
        case ex.Power(base=inner, exponent=ex.Number(value=q)) if is_nonnegative(
            inner, facts, rounded=True
        ):
            return ex.power(inner, ex.number(p * q))
        case _:
            return None


def _same_text(a: Expr, b: Expr) -> bool:
    return a == b or simplify(a) == simplify(b)


def _rotations(e: Expr) -> Iterable[Expr]:
    """A trace with the factors of its product rotated; else the expression alone."""
    yield e
    front, rest = (
        (ex.mul(ex.number(e.coefficient), *e.scalars[:-1]), e.scalars[-1])
        if (isinstance(e, ex.Mul) and e.scalars)
        else (ex.ONE, e)
    )
    if isinstance(rest, ex.Trace) and isinstance(rest.arg, ex.Mul):
        chain = rest.arg.matrices
        for n in range(1, len(chain)):
            yield ex.mul(front, ex.trace(ex.mul(*chain[n:], *chain[:n])))


def on_diagonal(e: Expr, facts: Facts) -> Expr:
    """`A'.*I` as `A.*I`: on the diagonal a matrix is its transpose; the one with fewer of them."""
    if not isinstance(e, ex.Hadamard):
        return e
    others = [f for f in e.factors if not isinstance(f, ex.Identity)]
    if len(others) == len(e.factors):
        return e
    best = [min(f, turned(f, facts), key=transposes) for f in others]
    return e if best == others else ex.hadamard(*best, ex.identity(e.shape[0]))
