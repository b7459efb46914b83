"""Expr -> Expr by known identities: one occurrence of the variable at a time ("take 2").

The function is written as traces `tr[L Y R]` in which Y holds the occurrence and all else is
constant (eq (18) of the notes).  A rule of the differential calculus replaces Y by what is
inside it, until Y is the variable, its transpose or its diagonal matrix; then (9), (12) or (31)
gives the derivative.  `RULES` has one entry for each kind of node.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from . import blocks, expr as ex, functions as fn, operators, templates
from .errors import UnsupportedError
from .expr import ONE, Expr, Index, Symbol
from .indexed import fresh, rename_expr
from .limits import check_terms
from .matrix_functions import along, by_exponent, refuse_second_derivative
from .partial import partial_traces
from .simplify import flip, simplify, split_front


@dataclass(frozen=True, slots=True)
class Form:
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
    return (
        ex.index_sum(form.over, ex.mul(*form.weight, body))
        if form.over
        else ex.mul(*form.weight, body)
    )


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of the differential calculus: its name, its statement, its source, and its deed."""

    name: str
    statement: str
    source: str
    apply: Callable[[Form], tuple[Form, ...]]


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


@dataclass(frozen=True, slots=True)
class Reduction:
    """One rule at work: the derivative of `form` is the sum of those of `results`."""

    form: Form
    rule: Rule
    results: tuple[Form, ...]


@dataclass(frozen=True, slots=True)
class BaseCase:
    """A form whose derivative an identity gives."""

    form: Form
    identity: str
    gradient: Expr


@dataclass(frozen=True, slots=True)
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
        case Symbol() as s if s == variable and s.shape == ex.SCALAR:
            rest = ex.trace(ex.mul(*form.left, *form.right)) if form.left + form.right else ONE
            return BaseCase(form, "linearity", index_sum(form, rest))
        case Symbol() as s if s == variable:
            gradient = ex.mul(*_flipped(form.left), *_flipped(form.right))
            if not form.left + form.right:
                gradient = ex.identity(s.shape[0])
            return BaseCase(form, "(9)", index_sum(form, gradient))
        case ex.Transpose(arg=s) if s == variable:
            chain = form.right + form.left
            gradient = ex.mul(*chain) if chain else ex.identity(s.shape[0])
            return BaseCase(form, "(12)", index_sum(form, gradient))
        case ex.Diag(arg=s) if s == variable:
            return BaseCase(form, "(31)", index_sum(form, _diagonal_of_cofactor(form)))
    return None


def _flipped(chain: tuple[Expr, ...]) -> tuple[Expr, ...]:
    """The factors of the transposed product."""
    return tuple(flip(m) for m in reversed(chain))


def _diagonal_of_cofactor(form: Form) -> Expr:
    """`(L' .* R)*1`, the diagonal of R L (eq (31)); without the ones where L' and R are vectors."""
    if not form.left or not form.right:
        return ex.diagonal(form.cofactor())
    left, right = flip(ex.mul(*form.left)), ex.mul(*form.right)
    inner = right.shape[1]
    body = ex.hadamard(left, right)
    return body if inner == 1 else ex.mul(body, ex.ones(inner))


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
                others = (ex.number(c), *scalars[:n], *scalars[n + 1 :])
                yield from _opened_scalar(s, name, _times(weight, *others), over)
        case ex.Mul(coefficient=c, matrices=matrices):
            form = Form(ex.mul(*matrices), (), (), _times(weight, ex.number(c)), over)
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
                slope = fn.lift(derivative, *args)
                yield from map(_inexact, _opened_scalar(arg, name, _times(weight, slope), over))
        case ex.Power(base=base, exponent=p):
            slope = ex.mul(p, ex.power(base, ex.sub(p, ONE)))
            yield from map(_inexact, _opened_scalar(base, name, _times(weight, slope), over))
            slope = ex.mul(e, ex.apply("log", base))
            yield from map(_inexact, _opened_scalar(p, name, _times(weight, slope), over))
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
    return replace(form, exact=False)


def _but_one(e: Expr) -> tuple[Expr, ...]:
    return () if e == ONE else (e,)


def _times(weight: tuple[Expr, ...], *more: Expr) -> tuple[Expr, ...]:
    product = ex.mul(*weight, *more)
    return () if product == ONE else (product,)


def _opened(form: Form, name: str) -> Iterator[Form]:
    """The forms that a form falls into: sums taken apart, products and transposes moved aside."""
    f = form.factor
    if name not in f.symbols:
        return
    if f.shape == ex.SCALAR and not isinstance(f, Symbol) and not _is_chain(f):
        rest = form.left + form.right
        weight = _times(form.weight, ex.trace(ex.mul(*rest))) if rest else form.weight
        for inner in _opened_scalar(f, name, weight, form.over):
            yield replace(inner, exact=inner.exact and form.exact, turned=form.turned)
        return
    match f:
        case ex.Add(terms=terms):
            for t in terms:
                yield from _opened(replace(form, factor=t, exact=False), name)
        case ex.Mul(coefficient=c, scalars=scalars, matrices=matrices):
            weight = _times(form.weight, ex.number(c))
            for n, s in enumerate(scalars):
                others = (*scalars[:n], *scalars[n + 1 :])
                chain = form.left + matrices + form.right
                held = _times(weight, *others, ex.trace(ex.mul(*chain)))
                yield from map(_inexact, _opened_scalar(s, name, held, form.over))
            weight = _times(weight, *scalars)
            for n, m in enumerate(matrices):
                left, right = form.left + matrices[:n], matrices[n + 1 :] + form.right
                part = replace(form, factor=m, left=left, right=right, weight=weight)
                yield from _opened(part, name)
        case ex.Transpose(arg=Symbol()):
            yield form
        case ex.Transpose(arg=arg):
            left, right = _flipped(form.right), _flipped(form.left)
            turned = replace(form, factor=arg, left=left, right=right, turned=not form.turned)
            yield from _opened(turned, name)
        case ex.IndexSum(indices=indices, body=body):
            around = (*form.weight, *form.left, *form.right)
            indices, body = _apart(indices, body, form.over, around)
            yield from _opened(replace(form, factor=body, over=form.over + indices), name)
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
            return replace(form, right=tuple(rest[:n]), left=tuple(rest[n:]))
    return form


# ------------------------------------------------------------------------ rules


def _inside(form: Form, factor: Expr, dual: Expr) -> Form:
    """`sum(dual .* factor)` written as a trace: `tr[dual' factor]`."""
    return replace(form, factor=factor, left=(ex.transpose(dual),), right=())


def _apply(form: Form) -> tuple[Form, ...]:
    assert isinstance(form.factor, ex.Apply)
    args, dual = form.factor.args, form.dual()
    derivatives = fn.get(form.factor.function).derivatives
    slopes = [fn.lift(d, *args) for d in derivatives]
    return tuple(
        _inside(form, z, _merged(dual, slope)) for z, slope in zip(args, slopes, strict=True)
    )


def _merged(dual: Expr, slope: Expr) -> Expr:
    """`dual .* slope`, as a quotient where the slope is one."""
    if isinstance(slope, ex.Quotient):
        return ex.quotient(_product(dual, slope.numerator), slope.denominator)
    return _product(dual, slope)


def _product(*factors: Expr) -> Expr:
    """The elementwise product without factors of ones."""
    kept = [f for f in factors if not isinstance(f, ex.Ones)]
    return ex.hadamard(*kept) if kept else factors[0]


def _power(form: Form) -> tuple[Form, ...]:
    assert isinstance(form.factor, ex.Power)
    base, p = form.factor.base, form.factor.exponent
    slope = ex.hadamard(p, ex.power(base, ex.sub(p, ex.ones(*p.shape))))
    by_base = _among(form, base, _product(form.dual(), slope))
    by_exponent = _among(
        form, p, ex.hadamard(_product(form.dual(), form.factor), ex.apply("log", base))
    )
    return by_base, by_exponent


def _among(form: Form, factor: Expr, dual: Expr) -> Form:
    """`sum(dual .* factor)` as a trace; of a scalar factor the sum is its weight."""
    if factor.shape != ex.SCALAR:
        return _inside(form, factor, dual)
    return Form(factor, (), (), _times(form.weight, ex.total(dual)), form.over)


def _hadamard(form: Form) -> tuple[Form, ...]:
    assert isinstance(form.factor, ex.Hadamard)
    fs = form.factor.factors
    dual = form.dual()
    return tuple(_inside(form, f, _product(dual, *fs[:n], *fs[n + 1 :])) for n, f in enumerate(fs))


def _quotient(form: Form) -> tuple[Form, ...]:
    assert isinstance(form.factor, ex.Quotient)
    a, b = form.factor.numerator, form.factor.denominator
    dual = form.dual()
    above = _inside(form, a, ex.quotient(dual, b))
    slope = ex.quotient(_product(dual, a), ex.power(b, ex.number(2)))
    below = replace(_inside(form, b, slope), weight=_times(form.weight, ex.number(-1)))
    return above, below


def _diag(form: Form) -> tuple[Form, ...]:
    assert isinstance(form.factor, ex.Diag)
    v = form.factor.arg
    return (_inside(form, v if v.shape[1] == 1 else flip(v), _diagonal_of_cofactor(form)),)


def _triangle(form: Form) -> tuple[Form, ...]:
    assert isinstance(form.factor, ex.Triangle)
    return (_inside(form, form.factor.arg, ex.triangle(form.factor.part, form.dual())),)


def _diagonal(form: Form) -> tuple[Form, ...]:
    assert isinstance(form.factor, ex.Diagonal)
    return (replace(form, factor=form.factor.arg, left=(ex.diag(form.dual()),), right=()),)


def _inverse(form: Form) -> tuple[Form, ...]:
    assert isinstance(form.factor, ex.Inverse)
    held = form.factor
    weight = _times(form.weight, ex.number(-1))
    left, right = (*form.left, held), (held, *form.right)
    return (replace(form, factor=held.arg, left=left, right=right, weight=weight),)


def _matrix_power(form: Form) -> tuple[Form, ...]:
    assert isinstance(form.factor, ex.MatrixPower)
    base, n = form.factor.base, form.factor.exponent
    check_terms(n, "terms of a power")
    results = []
    for r in range(n):
        before = (ex.matrix_power(base, r),) if r else ()
        after = (ex.matrix_power(base, n - 1 - r),) if r < n - 1 else ()
        results.append(
            replace(form, factor=base, left=form.left + before, right=after + form.right)
        )
    return tuple(results)


def _matrix_function(form: Form) -> tuple[Form, ...]:
    assert isinstance(form.factor, ex.MatrixFunction)
    f, cofactor = form.factor, form.cofactor()
    held = along(f.function, f.arg, cofactor, f.parameters)
    results = [replace(form, factor=f.arg, left=(held,), right=())]
    for p in f.parameters:
        by_p = by_exponent(f)
        product = by_p if isinstance(cofactor, ex.Identity) else ex.mul(cofactor, by_p)
        results.append(Form(p, (), (), _times(form.weight, ex.trace(product)), form.over))
    return tuple(results)


def _frechet(form: Form) -> tuple[Form, ...]:
    assert isinstance(form.factor, ex.Frechet)
    f = form.factor
    held = along(f.function, f.arg, form.cofactor(), f.parameters)
    return (replace(form, factor=f.direction, left=(held,), right=()),)


def _row(form: Form) -> tuple[Form, ...]:
    assert isinstance(form.factor, ex.Row)
    z = form.factor.arg
    unit = ex.transpose(ex.column(ex.identity(z.shape[0]), form.factor.index))
    return (replace(form, factor=z, left=(*form.left, unit)),)


def _column(form: Form) -> tuple[Form, ...]:
    assert isinstance(form.factor, ex.Column)
    z = form.factor.arg
    unit = ex.column(ex.identity(z.shape[1]), form.factor.index)
    return (replace(form, factor=z, right=(unit, *form.right)),)


def _entry(form: Form) -> tuple[Form, ...]:
    assert isinstance(form.factor, ex.Entry)
    z, i, j = form.factor.arg, form.factor.row, form.factor.column
    left = ex.transpose(ex.column(ex.identity(z.shape[0]), i))
    right = () if j is None else (ex.column(ex.identity(z.shape[1]), j),)
    return (Form(z, (left,), right, form.weight, form.over),)


def _rows(form: Form) -> tuple[Form, ...]:
    assert isinstance(form.factor, ex.Rows)
    k, body = form.factor.index, form.factor.body
    cofactor = form.cofactor()
    around = ex.index_names(cofactor) | {i.name for i in form.over}
    if k.name in around:
        free = fresh(k.dim, around | ex.index_names(body) | body.symbols | ex.dim_names(body))
        k, body = free, rename_expr(body, {k: free})
    column = ex.column(cofactor, k)
    return (Form(body, (), (column,), form.weight, (*form.over, k)),)


def _operation(form: Form) -> tuple[Form, ...]:
    assert isinstance(form.factor, ex.Operation)
    if form.factor.shape != ex.SCALAR:
        duals = [
            templates.gradient(form.factor, n, form.dual()) for n, _ in enumerate(form.factor.args)
        ]
        return tuple(_among(form, z, g) for z, g in zip(form.factor.args, duals, strict=True))
    results = []
    for number, z in enumerate(form.factor.args):
        front, rest = split_front(templates.gradient(form.factor, number))
        left = () if isinstance(rest, ex.Identity) else (flip(rest),)
        results.append(Form(z, left, (), _times(form.weight, front), form.over))
    return tuple(results)


def _kron(form: Form) -> tuple[Form, ...]:
    """One factor is held constant: either the first one, or the others together."""
    assert isinstance(form.factor, ex.Kron)
    first, *others = form.factor.factors
    rest = ex.kron(*others)
    taken = ex.index_names(form.cofactor()) | ex.index_names(form.factor)
    taken |= {i.name for i in form.over} | form.factor.symbols | ex.dim_names(form.factor)
    taken |= form.cofactor().symbols | ex.dim_names(form.cofactor())
    parts = partial_traces(form.right + form.left, first, rest, lambda dim: fresh(dim, taken))
    return tuple(
        replace(
            form,
            factor=p.factor,
            left=p.left,
            right=(),
            weight=_times((p.weight,), *form.weight),
            over=(*form.over, *p.over),
        )
        for p in parts
    )


def _block(form: Form) -> tuple[Form, ...]:
    """Every block by itself, between the selectors of its rows and its columns."""
    assert isinstance(form.factor, ex.Block)
    grid = form.factor.grid
    rows, columns = blocks.heights(form.factor), blocks.widths(form.factor)
    chain = form.right + form.left or (ex.identity(form.factor.shape[0]),)
    cofactor = simplify(ex.mul(*chain))
    parts = []
    for i, row in enumerate(grid):
        for j, part in enumerate(row):
            up = blocks.selector(columns, j, form.factor.shape[1])
            down = blocks.selector(rows, i, form.factor.shape[0])
            left = simplify(ex.mul(ex.transpose(up), cofactor, down))
            parts.append(replace(form, factor=part, left=(left,), right=()))
    return tuple(parts)


def _vec(form: Form) -> tuple[Form, ...]:
    assert isinstance(form.factor, ex.Vec)
    z = form.factor.arg
    return (_inside(form, z, simplify(ex.unvec(form.dual(), *z.shape))),)


def _unvec(form: Form) -> tuple[Form, ...]:
    assert isinstance(form.factor, ex.Unvec)
    z = form.factor.arg
    return (_inside(form, z, simplify(ex.vec(form.dual(), z.shape[0]))),)


RULES: dict[type[ex.Node], Rule] = {
    ex.Apply: Rule(
        "elementwise function",
        "d tr[D'*f(Z)] = d tr[(D.*f_1(Z))'*Z]",
        "notes (27), (28)",
        _apply,
    ),
    ex.Power: Rule(
        "elementwise power",
        "d tr[D'*Z.^p] = d tr[(p*D.*Z.^(p-1))'*Z]",
        "notes (27)",
        _power,
    ),
    ex.Hadamard: Rule(
        "Hadamard product", "d tr[D'*(A.*Z)] = d tr[(D.*A)'*Z]", "Magnus and Neudecker", _hadamard
    ),
    ex.Quotient: Rule(
        "elementwise quotient",
        "d tr[D'*(A./Z)] = -d tr[(D.*A./Z.^2)'*Z]",
        "Magnus and Neudecker",
        _quotient,
    ),
    ex.Diag: Rule("diagonal matrix", "d tr[A*diag(z)*B] = d ((A'.*B)*1)'*z", "notes (31)", _diag),
    ex.Diagonal: Rule(
        "diagonal of a matrix", "d d'*diag(Z) = d tr[diag(d)*Z]", "notes (31)", _diagonal
    ),
    ex.Triangle: Rule(
        "triangle of a matrix",
        "d tr[D'*tril(Z)] = d tr[tril(D)'*Z]",
        "definition",
        _triangle,
    ),
    ex.Inverse: Rule(
        "inverse", "d tr[A*inv(Z)*B] = -d tr[A*inv(Z)*Z*inv(Z)*B]", "Cookbook (59)", _inverse
    ),
    ex.MatrixPower: Rule(
        "matrix power",
        "d tr[A*Z^n*B] = sum over r of d tr[A*Z^r*Z*Z^(n-1-r)*B]",
        "Cookbook (91)",
        _matrix_power,
    ),
    ex.MatrixFunction: Rule(
        "function of a matrix",
        "d tr[A*f(Z)*B] = d tr[L(Z,B*A)*Z], and d tr f(Z) = d tr[f_1(Z)*Z]",
        "Higham, Functions of Matrices, (3.8) and theorem 3.6",
        _matrix_function,
    ),
    ex.Frechet: Rule(
        "Fréchet derivative",
        "d tr[A*L(Z,E)*B] = d tr[L(Z,B*A)*E]",
        "Higham, Functions of Matrices, (3.8)",
        _frechet,
    ),
    ex.Row: Rule("row of a matrix", "Z[k,:] = e_k'*Z", "definition", _row),
    ex.Column: Rule("column of a matrix", "Z[:,k] = Z*e_k", "definition", _column),
    ex.Entry: Rule("entry of a matrix", "Z[i,j] = e_i'*Z*e_j", "definition", _entry),
    ex.Rows: Rule(
        "stacked rows", "d tr[A*rows(k: z)*B] = d sum(k: z*B*A[:,k])", "notes (46)", _rows
    ),
    ex.Kron: Rule(
        "Kronecker product",
        "d tr[kron(P,Q)*kron(A,Z)] = tr[P*A] d tr[Q*Z], and the same for the other factor",
        "Magnus and Neudecker",
        _kron,
    ),
    ex.Block: Rule(
        "block matrix",
        "d tr[N*[A, Z; C, E]] = d tr[([0; I]'*N*[I; 0])*Z] and so on",
        "definition",
        _block,
    ),
    ex.Vec: Rule("vec", "d c'*vec(Z) = d tr[unvec(c,m,n)'*Z]", "Magnus and Neudecker", _vec),
    ex.Unvec: Rule("inverse of vec", "d tr[N'*unvec(z,m,n)] = d vec(N)'*z", "definition", _unvec),
}
"""What to do with a factor that holds the variable: one entry for each kind of node."""

OPERATORS: dict[str, Rule] = {
    o.name: Rule(o.title, o.statement, o.source, _operation) for o in operators.TABLE.values()
}
"""The same for the operators of the table."""


def rule_of(factor: Expr) -> Rule | None:
    """The rule for a factor; None where there is none."""
    if isinstance(factor, ex.Operation):
        return OPERATORS[factor.operator]
    return RULES.get(type(factor))
