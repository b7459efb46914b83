"""Functions of a square matrix (functional calculus): names, derivatives, algebra.

Every analytic function of the table in `functions` is one, under its name with an `m` behind it
(`expm`); so is the power `A^p` by any scalar (`pow`).  All that is known of a derivative comes from
the table's scalar one: with f' as a function of the matrix where things commute, else as the
Fréchet derivative (`dexpm`).  (Higham, Functions of Matrices, chapters 1 and 3.)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from . import expr as ex, functions as fn
from .canonical import canonical
from .errors import UnsupportedError
from .expr import Expr

POWER = "pow"

NAMES: dict[str, str] = {
    f"{name}m": name for name, entry in fn.TABLE.items() if entry.analytic and entry.arity == 1
}
"""What the functions are called in texts."""

DERIVATIVES: dict[str, str] = {f"d{word}": name for word, name in NAMES.items()} | {
    f"d{POWER}m": POWER
}
"""What their derivatives in a direction are called: `dexpm(A,E)`, `dpowm(A,E,p)`."""

_HALF = Fraction(1, 2)


def word_of(e: ex.MatrixFunction | ex.Frechet) -> str:
    """The name of the function in texts."""
    return f"d{e.function}m" if isinstance(e, ex.Frechet) else f"{e.function}m"


def has_cut(function: str) -> bool:
    """Has the function no value on the closed negative real axis?"""
    return function == POWER or fn.get(function).domain == "positive"


# ------------------------------------------------------------------------ derivatives


def slope(function: str, arg: Expr, parameters: Sequence[Expr]) -> Expr:
    """f'(A), a function of the matrix again; of a scalar the ordinary derivative."""
    if function == POWER:
        (p,) = parameters
        return ex.mul(p, ex.matrix_function(POWER, arg, ex.sub(p, ex.ONE)))
    return _lift(fn.get(function).derivatives[0], arg)


def _lift(template: Expr, arg: Expr) -> Expr:
    """A scalar expression in `u` as a function of a matrix."""
    match template:
        case ex.Symbol(name="u"):
            return arg
        case ex.Add(terms=terms):
            return ex.add(*[_lift(t, arg) for t in terms])
        case ex.Mul(coefficient=c, scalars=factors):
            return ex.mul(ex.number(c), *[_lift(f, arg) for f in factors])
        case ex.Power(base=base, exponent=p):
            return ex.matrix_function(POWER, _lift(base, arg), p)
        case ex.Apply(function=name, args=(inner,)):
            return ex.matrix_function(name, _lift(inner, arg))
        case _:
            return ex.mul(template, ex.identity(arg.shape[0]))


def along(function: str, arg: Expr, direction: Expr, parameters: Sequence[Expr]) -> Expr:
    """The derivative at `arg` in a direction: a product where the two commute."""
    if arg.shape == ex.SCALAR:
        return ex.mul(slope(function, arg, parameters), direction)
    if isinstance(direction, ex.Identity):
        return slope(function, arg, parameters)
    if commutes(direction, arg):
        return ex.mul(direction, slope(function, arg, parameters))
    return ex.frechet(function, arg, direction, *parameters)


def _entrywise_slope(e: ex.Frechet, column: Expr) -> Expr:
    """f' of every entry of a vector."""
    if e.parameters:
        (p,) = e.parameters
        return ex.mul(p, ex.power(column, ex.sub(p, ex.ONE)))
    return fn.lift(fn.get(e.function).derivatives[0], column)


def by_exponent(e: ex.MatrixFunction) -> Expr:
    """The derivative of `A^p` by p."""
    return ex.mul(e, ex.matrix_function("log", e.arg))


def refuse_second_derivative(e: Expr, name: str) -> None:
    """Raise `UnsupportedError` where the symbol is in the point of a Fréchet derivative."""
    if not ex.holds(e, ex.Frechet):
        return
    for node in ex.walk(e):
        if isinstance(node, ex.Frechet):
            for part in (node.arg, *node.parameters):
                if name in part.symbols:
                    raise UnsupportedError(
                        f"the derivative of {node} by {name} is not known: "
                        f"{name} is in the point at which a matrix function is differentiated",
                        hint="a second derivative is not had, but by the direction: dexpm(A,X)",
                    )


# ------------------------------------------------------------------------ what commutes


def commutes(e: Expr, z: Expr) -> bool:
    """Is the matrix a function of the one that z is a function of?"""
    g = _generator(z)
    return g is None or _pieces(_chain(e), g) is not None


def _chain(e: Expr) -> tuple[Expr, ...]:
    return e.matrices if isinstance(e, ex.Mul) else (e,)


def _generator(e: Expr) -> Expr | None:
    """The matrix that e is a function of, in the normal form; None for a multiple of the identity.

    At worst that is e itself, without scalar factors.
    """
    match e:
        case ex.Identity():
            return None
        case ex.MatrixFunction(arg=arg) | ex.Inverse(arg=arg) | ex.MatrixPower(base=arg):
            return _generator(arg)
        case ex.Transpose(arg=arg):
            g = _generator(arg)
            return None if g is None else canonical(ex.transpose(g))
        case ex.Add(terms=terms):
            found = {g for t in terms if (g := _generator(t)) is not None}
            return found.pop() if len(found) == 1 else canonical(e)
        case ex.Mul(matrices=chain):
            for m in chain:
                g = _generator(m)
                if g is not None and _pieces(chain, g) is not None:
                    return g
            return canonical(ex.mul(*chain))
        case _:
            return canonical(e)


def _pieces(chain: tuple[Expr, ...], g: Expr) -> list[Expr] | None:
    """The chain as functions of g one behind the other; None where there is something else."""
    found: list[Expr] = []
    while chain:
        n = _first_piece(chain, g)
        if n == 0:
            return None
        found.append(ex.mul(*chain[:n]))
        chain = chain[n:]
    return found


def _first_piece(chain: tuple[Expr, ...], g: Expr) -> int:
    """How many of the first factors are a function of g together; 0 where they are none."""
    first = chain[0]
    if first.shape[0] == first.shape[1] and _generator(first) == g:
        return 1
    width = len(_chain(g))
    if 1 < width <= len(chain) and canonical(ex.mul(*chain[:width])) == g:
        return width
    return 0


# ------------------------------------------------------------------------ products


def commuting_joined(chain: Sequence[Expr]) -> list[Expr]:
    """The chain with neighbours that are functions of one matrix put together: powers first."""
    out = list(chain)
    for g in dict.fromkeys(_generators(chain)):
        out = _joined_by(tuple(out), g)
    return out


def _generators(chain: Sequence[Expr]) -> Iterator[Expr]:
    for m in chain:
        if _has_function(m) and (g := _generator(m)) is not None:
            yield g


def _has_function(e: Expr) -> bool:
    """Is it a function of a matrix that its neighbours may be functions of as well?"""
    match e:
        case ex.Inverse(arg=ex.Mul(matrices=(_, _, *_))):
            return True
        case ex.Transpose(arg=arg) | ex.Inverse(arg=arg) | ex.MatrixPower(base=arg):
            return _has_function(arg)
        case _:
            return isinstance(e, ex.MatrixFunction)


def _joined_by(chain: tuple[Expr, ...], g: Expr) -> list[Expr]:
    out: list[Expr] = []
    run: list[Expr] = []
    while chain:
        n = _first_piece(chain, g)
        if n:
            run.append(ex.mul(*chain[:n]))
        else:
            out += [*_together(run), chain[0]]
            run = []
        chain = chain[max(n, 1) :]
    return out + _together(run)


@dataclass(slots=True)
class _Run:
    """Commuting factors: exponents by base, the argument of one exponential, and others."""

    powers: dict[Expr, list[Expr]] = field(default_factory=dict)
    exponents: list[Expr] = field(default_factory=list)
    others: list[Expr] = field(default_factory=list)

    def put(self, e: Expr, times: Fraction) -> None:
        """Multiply by `e^times`, a whole number of times."""
        match e:
            case ex.Inverse(arg=arg):
                self.put(arg, -times)
            case ex.MatrixPower(base=arg, exponent=n):
                self.put(arg, times * n)
            case ex.MatrixFunction(function="pow", arg=arg, parameters=(p,)):
                self.powers.setdefault(arg, []).append(ex.scale(times, p))
            case ex.MatrixFunction(function="sqrt", arg=arg):
                self.powers.setdefault(arg, []).append(ex.number(times * _HALF))
            case ex.MatrixFunction(function="exp", arg=arg):
                self.exponents.append(ex.scale(times, arg))
            case ex.Transpose(arg=ex.MatrixFunction(function="exp" | "sqrt" | "pow") as f):
                turned = ex.transpose(f.arg)
                self.put(ex.matrix_function(f.function, turned, *f.parameters), times)
            case ex.MatrixFunction() | ex.Transpose(arg=ex.MatrixFunction()):
                self.others.append(ex.matrix_power(e, times.numerator))
            case ex.Transpose(arg=ex.Inverse(arg=arg)):
                self.put(ex.transpose(arg), -times)
            case ex.Transpose(arg=ex.MatrixPower(base=arg, exponent=n)):
                self.put(ex.transpose(arg), times * n)
            case _:
                self.powers.setdefault(e, []).append(ex.number(times))


def _together(run: list[Expr]) -> list[Expr]:
    """The product of commuting factors with equal bases as one; a single one stays as it is."""
    if len(run) < 2 or not any(map(_has_function, run)):
        return run
    found = _Run()
    for e in run:
        found.put(e, Fraction(1))
    factors = [_power(base, _collected(ps)) for base, ps in found.powers.items()]
    if found.exponents:
        factors.append(_turned_out("exp", _collected(found.exponents)))
    factors += sorted(found.others, key=str)
    kept: list[Expr] = [f for f in factors if not isinstance(f, ex.Identity)]
    return kept or [ex.identity(run[0].shape[0])]


def _collected(terms: Sequence[Expr]) -> Expr:
    """The sum with like terms put together."""
    coefficients: dict[Expr, Fraction] = {}
    whole = ex.add(*terms)
    for t in whole.terms if isinstance(whole, ex.Add) else (whole,):
        c, rest = ex.split_coefficient(t)
        coefficients[rest] = coefficients.get(rest, Fraction(0)) + c
    kept = [ex.scale(c, rest) for rest, c in coefficients.items() if c]
    return ex.add(*kept) if kept else ex.zeros(*terms[0].shape)


def _power(base: Expr, exponent: Expr) -> Expr:
    """`base^exponent`; a half is a square root."""
    if isinstance(base, ex.Transpose):
        return ex.transpose(_power(base.arg, exponent))
    half = ex.number(_HALF)
    if exponent == half:
        return ex.matrix_function("sqrt", base)
    if exponent == ex.neg(half):
        return ex.inverse(ex.matrix_function("sqrt", base))
    return ex.matrix_function(POWER, base, exponent)


def _turned_out(function: str, arg: Expr) -> Expr:
    """The function of a multiple of a transpose as a transpose."""
    match arg:
        case ex.Transpose(arg=inner):
            return ex.transpose(ex.matrix_function(function, inner))
        case ex.Mul(coefficient=c, scalars=scalars, matrices=(ex.Transpose(arg=inner),)):
            inner = ex.mul(ex.number(c), *scalars, inner)
            return ex.transpose(ex.matrix_function(function, inner))
        case _:
            return ex.matrix_function(function, arg)


# ------------------------------------------------------------------------ single nodes


def rewritten(e: Expr) -> Expr:
    """An equal expression where a matrix function, or an operator on one, has a simpler form.

    Where a function has a branch cut the identity holds for real matrices in its domain: their
    eigenvalues come in conjugate pairs, so that the logarithm of the determinant is the trace of
    the logarithm.
    """
    match e:
        case ex.MatrixFunction():
            return _function_rule(e)
        case ex.Frechet():
            return _frechet_rule(e)
        case ex.Inverse(arg=ex.MatrixFunction(function="exp", arg=z)):
            return ex.matrix_function("exp", ex.neg(z))
        case ex.Inverse(arg=ex.MatrixFunction(function="pow", arg=z, parameters=(p,))):
            return ex.matrix_function(POWER, z, ex.neg(p))
        case ex.MatrixPower(base=ex.MatrixFunction() as f, exponent=n):
            return _whole_power(f, n) or e
        case ex.Operation(operator="det" | "logdet" as name, args=(ex.MatrixFunction() as f,)):
            found = _log_of_determinant(f)
            if found is None:
                return e
            if name == "logdet":
                return found
            if f.function == "exp":
                return ex.apply("exp", found)
            p = f.parameters[0] if f.parameters else ex.number(_HALF)
            return ex.power(ex.det(f.arg), p)
        case ex.Trace(arg=ex.MatrixFunction(function="log", arg=z)):
            return ex.logdet(z)
        case ex.Trace(arg=ex.Mul(matrices=chain)):
            return _trace_of_derivative(chain) or e
        case ex.Diagonal(arg=ex.Frechet(arg=ex.Diag(arg=v), direction=direction) as f):
            column = v if v.shape[1] == 1 else ex.transpose(v)
            return ex.hadamard(_entrywise_slope(f, column), ex.diagonal(direction))
        case _:
            return e


def _trace_of_derivative(chain: tuple[Expr, ...]) -> Expr | None:
    """`tr(dexpm(Z,E)*K)` as `tr(E*K*expm(Z))` where K and Z commute; None for anything else.

    The derivative is its own adjoint under the trace of a product, and along K it is `f'(Z)*K`.
    """
    for n, f in enumerate(chain):
        if isinstance(f, ex.Frechet):
            others = (*chain[n + 1 :], *chain[:n])
            if commutes(ex.mul(*others), f.arg):
                return ex.trace(
                    ex.mul(f.direction, *others, slope(f.function, f.arg, f.parameters))
                )
    return None


def _function_rule(e: ex.MatrixFunction) -> Expr:
    z, p = e.arg, e.parameters
    match e.function, z:
        case _, ex.Diag(arg=v):
            column = v if v.shape[1] == 1 else ex.transpose(v)
            return ex.diag(ex.power(column, *p) if p else ex.apply(e.function, column))
        case "exp", ex.Zeros(shape=(n, _)):
            return ex.identity(n)
        case "exp", ex.MatrixFunction(function="log", arg=inner):
            return inner
        case "log", ex.Inverse(arg=inner):
            return ex.neg(ex.matrix_function("log", inner))
        case "sqrt", ex.Inverse(arg=inner):
            return ex.inverse(ex.matrix_function("sqrt", inner))
        case "pow", ex.Inverse(arg=inner):
            return ex.matrix_function(POWER, inner, ex.neg(p[0]))
        case "pow", _:
            return _power(z, p[0])
        case _:
            return _turned_out(e.function, z)


def _whole_power(f: ex.MatrixFunction, n: int) -> Expr | None:
    match f.function:
        case "exp":
            return ex.matrix_function("exp", ex.scale(n, f.arg))
        case "sqrt":
            return _power(f.arg, ex.number(Fraction(n, 2)))
        case "pow":
            return _power(f.arg, ex.scale(n, f.parameters[0]))
        case _:
            return None


def _log_of_determinant(f: ex.MatrixFunction) -> Expr | None:
    match f.function:
        case "exp":
            return ex.trace(f.arg)
        case "sqrt":
            return ex.scale(_HALF, ex.logdet(f.arg))
        case "pow":
            return ex.mul(f.parameters[0], ex.logdet(f.arg))
        case _:
            return None


def _frechet_rule(e: ex.Frechet) -> Expr:
    z, direction = e.arg, e.direction
    if ex.is_zero(direction):
        return direction
    if isinstance(direction, ex.Mul) and (direction.scalars or direction.coefficient != 1):
        front = ex.mul(ex.number(direction.coefficient), *direction.scalars)
        rest = ex.mul(*direction.matrices)
        return ex.mul(front, ex.frechet(e.function, z, rest, *e.parameters))
    if commutes(direction, z):
        return along(e.function, z, direction, e.parameters)
    if isinstance(z, ex.Transpose) and isinstance(direction, ex.Transpose):
        return ex.transpose(ex.frechet(e.function, z.arg, direction.arg, *e.parameters))
    return e
