"""Expr -> Expr by known identities: one occurrence of the variable at a time ("take 2").

The function is written as traces `tr[L Y R]` in which Y holds the occurrence and all else is
constant (eq (18) of the notes).  A rule of the differential calculus replaces Y by what is
inside it, until Y is the variable, its transpose or its diagonal matrix; then (9), (12) or (31)
gives the derivative.  The rules are in `rules`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from . import expr as ex, functions as fn
from .construct import UNIT
from .errors import UnsupportedError
from .expr import ONE, Expr, Index, Symbol
from .filling import record
from .forms import Form, diagonal_of_cofactor, flipped, index_sum, times
from .indexed import fresh, rename_expr
from .limits import check_terms
from .matrix_functions import refuse_second_derivative
from .rules import Rule, rule_of


@dataclass(frozen=True, slots=True)
class Identity:
    """A derivative that is known: `d function / d variable = gradient` (text), and its number."""

    label: str
    function: str
    variable: str
    gradient: str


IDENTITIES: dict[str, Identity] = {
    i.label: i
    for i in (
        Identity("(9)", "tr(A*X*B)", "X", "A'*B'"),
        Identity("(12)", "tr(A*X'*B)", "X", "B*A"),
        Identity("(27)", "tr(V'*log(A*X*B))", "X", "A'*(V./(A*X*B))*B'"),
        Identity("(28)", "tr(V'*log(A*X'*B))", "X", "B*(V./(A*X'*B))'*A"),
        Identity("(31)", "tr(A*diag(x)*B)", "x", "(A'.*B)*ones"),
    )
}
"""The identities of the notes; (27) and (28) are what the rule of `log` and (9), (12) give."""


@record
class Reduction:
    """One rule at work: the derivative of `form` is the sum of those of `results`."""

    form: Form
    rule: Rule
    results: tuple[Form, ...]


@record
class BaseCase:
    """A form whose derivative an identity gives."""

    form: Form
    identity: str
    gradient: Expr


@record
class Account:
    """How the derivative came about.

    `forms`: one for each place in the function; `reductions` in the order in which they were
    made; `cases`: the forms at which an identity was applied, in reading order.
    """

    forms: tuple[Form, ...]
    reductions: tuple[Reduction, ...]
    cases: tuple[BaseCase, ...]

    def gradient(self, variable: Symbol) -> Expr:
        """The sum of what the identities give, not simplified."""
        terms = [c.gradient for c in self.cases]
        return ex.add(*terms) if terms else ex.zeros(*variable.shape)


def account(function: Expr, variable: Symbol) -> Account:
    """Derive by identities; raises `UnsupportedError` where a rule is missing."""
    refuse_second_derivative(function, variable.name)
    forms = tuple(_opened_scalar(function, variable.name, (), ()))
    reductions: list[Reduction] = []
    cases: list[BaseCase] = []
    for form in forms:
        _derive(form, variable, reductions, cases)
    return Account(forms, tuple(reductions), tuple(cases))


def _derive(
    form: Form, variable: Symbol, reductions: list[Reduction], cases: list[BaseCase]
) -> None:
    check_terms(len(cases) + len(reductions), "terms")
    case = base_case(form, variable)
    if case is not None:
        cases.append(case)
        return
    rule = rule_of(form.factor)
    if rule is None:
        raise UnsupportedError(f"no rule for the derivative of {form.factor}")
    results = tuple(
        opened
        for result in rule.apply(form)
        if variable.name in result.factor.symbols
        for opened in _opened(result, variable.name)
    )
    reductions.append(Reduction(form, rule, results))
    for result in results:
        _derive(result, variable, reductions, cases)


# ------------------------------------------------------------------------ known derivatives


def base_case(form: Form, variable: Symbol) -> BaseCase | None:
    """The form's derivative where an identity gives it; None where a rule has to come first."""
    match form.factor:
        case Symbol(shape=ex.SCALAR) as s if s == variable:
            rest = ex.trace(ex.mul(*form.left, *form.right)) if form.left + form.right else ONE
            return BaseCase(form, "linearity", index_sum(form, rest))
        case Symbol() as s if s == variable:
            gradient = ex.mul(*flipped(form.left), *flipped(form.right))
            if not form.left + form.right:
                gradient = ex.identity(s.shape[0])
            return BaseCase(form, "(9)", index_sum(form, gradient))
        case ex.Transpose(arg=s) if s == variable:
            chain = form.right + form.left
            gradient = ex.mul(*chain) if chain else ex.identity(s.shape[0])
            return BaseCase(form, "(12)", index_sum(form, gradient))
        case ex.Diag(arg=s) if s == variable and s.shape[1] == 1:
            return BaseCase(form, "(31)", index_sum(form, diagonal_of_cofactor(form)))
    return None


# ------------------------------------------------------------------------ opening


def _opened_scalar(
    e: Expr, name: str, weight: tuple[Expr, ...], over: tuple[Index, ...]
) -> Iterator[Form]:
    """The forms of a scalar expression, one for each place that holds the variable."""
    if name not in e.symbols:
        return
    match e:
        case ex.Add(terms=terms):
            for t in terms:
                yield from map(_inexact, _opened_scalar(t, name, weight, over))
        case ex.Mul(coefficient=c, scalars=scalars, matrices=()):
            for n, s in enumerate(scalars):
                if name not in s.symbols:
                    continue
                others = (ex.number(c), *scalars[:n], *scalars[n + 1 :])
                yield from _opened_scalar(s, name, times(weight, *others), over)
        case ex.Mul(coefficient=c, matrices=matrices):
            form = Form(ex.mul(*matrices), (), (), times(weight, ex.number(c)), over)
            yield from _opened(form, name)
        case ex.IndexSum(indices=indices, body=body):
            indices, body = _apart(indices, body, over, weight)
            yield from _opened_scalar(body, name, weight, over + indices)
        case ex.Trace(arg=arg):
            yield from _opened(Form(arg, (), (), weight, over), name)
        case ex.Total(arg=arg):
            left, right = ex.transpose(ex.ones(arg.shape[0])), ex.ones(arg.shape[1])
            form = Form(arg, _but_one(left), _but_one(right), weight, over)
            yield from _opened(form, name)
        case ex.Power(base=ex.Operation(operator="norm2", args=(arg,)), exponent=p) if p == ex.TWO:
            squared = ex.mul(arg, ex.transpose(arg))
            yield from _opened(Form(squared, (), (), weight, over), name)
        case ex.Apply(function=f, args=args):
            for arg, derivative in zip(args, fn.get(f).derivatives, strict=True):
                if name not in arg.symbols:
                    continue
                slope = fn.lift(derivative, *args)
                yield from map(_inexact, _opened_scalar(arg, name, times(weight, slope), over))
        case ex.Power(base=base, exponent=p):
            slope = ex.mul(p, ex.power(base, ex.sub(p, ONE)))
            yield from map(_inexact, _opened_scalar(base, name, times(weight, slope), over))
            if name not in p.symbols:
                return
            slope = ex.mul(e, ex.apply("log", base))
            yield from map(_inexact, _opened_scalar(p, name, times(weight, slope), over))
        case _:
            yield Form(e, (), (), weight, over)


def _apart(
    indices: tuple[Index, ...], body: Expr, over: tuple[Index, ...], around: tuple[Expr, ...]
) -> tuple[tuple[Index, ...], Expr]:
    """The indices of a sum, renamed where what stands around the sum has their names."""
    taken = {i.name for i in over}.union(*[ex.index_names(e) for e in around])
    clashing = [i for i in indices if i.name in taken]
    if not clashing:
        return indices, body
    taken |= ex.index_names(body) | body.symbols | ex.dim_names(body) | {i.name for i in indices}
    new: dict[Index, Index] = {}
    for i in clashing:
        new[i] = fresh(i.dim, taken)
        taken.add(new[i].name)
    return tuple(new.get(i, i) for i in indices), rename_expr(body, new)


def _inexact(form: Form) -> Form:
    return form._replace(exact=False) if form.exact else form


def _but_one(e: Expr) -> tuple[Expr, ...]:
    return () if e == ONE else (e,)


def _opened(form: Form, name: str) -> Iterator[Form]:
    """The forms that a form falls into: sums taken apart, products and transposes moved aside."""
    f = form.factor
    if name not in f.symbols:
        return
    if isinstance(f, Symbol):
        yield form
        return
    if f.shape == ex.SCALAR and not _is_chain(f):
        rest = form.left + form.right
        weight = times(form.weight, ex.trace(ex.mul(*rest))) if rest else form.weight
        for inner in _opened_scalar(f, name, weight, form.over):
            yield inner._replace(exact=inner.exact and form.exact, turned=form.turned)
        return
    match f:
        case ex.Add(terms=terms):
            for t in terms:
                if name in t.symbols:
                    yield from _opened(form._replace(factor=t, exact=False), name)
        case ex.Mul(coefficient=c, scalars=scalars, matrices=matrices):
            weight = form.weight if c is UNIT else times(form.weight, ex.number(c))
            for n, s in enumerate(scalars):
                if name not in s.symbols:
                    continue
                others = (*scalars[:n], *scalars[n + 1 :])
                chain = form.left + matrices + form.right
                held = times(weight, *others, ex.trace(ex.mul(*chain)))
                yield from map(_inexact, _opened_scalar(s, name, held, form.over))
            if scalars:
                weight = times(weight, *scalars)
            for n, m in enumerate(matrices):
                if name in m.symbols:
                    left, right = form.left + matrices[:n], matrices[n + 1 :] + form.right
                    yield from _opened(form.at(m, left, right, weight), name)
        case ex.Transpose(arg=Symbol()):
            yield form
        case ex.Transpose(arg=arg):
            left, right = flipped(form.right), flipped(form.left)
            turned = form._replace(factor=arg, left=left, right=right, turned=not form.turned)
            yield from _opened(turned, name)
        case ex.IndexSum(indices=indices, body=body):
            around = (*form.weight, *form.left, *form.right)
            indices, body = _apart(indices, body, form.over, around)
            yield from _opened(form._replace(factor=body, over=form.over + indices), name)
        case ex.Diag():
            yield _rotated(form)
        case _:
            yield form


def _is_chain(e: Expr) -> bool:
    return isinstance(e, ex.Mul) and bool(e.matrices)


def _rotated(form: Form) -> Form:
    """The trace rotated so that it begins and ends with vectors, where it can be (eq (35))."""
    rest: list[Expr] = []
    for m in form.right + form.left:
        if isinstance(m, ex.Ones) and m.shape[1] != 1:
            rest += [ex.ones(m.shape[0]), ex.transpose(ex.ones(m.shape[1]))]
        else:
            rest.append(m)
    for n in range(1, len(rest)):
        if rest[n].shape[0] == 1:
            return form._replace(right=tuple(rest[:n]), left=tuple(rest[n:]))
    return form
