"""The rules of the differential calculus: one entry in `RULES` for each kind of node.

A rule takes a form whose factor is of that kind to forms over what is inside it, of which the
derivative is the sum.  The operators of the table of `operators` have theirs as texts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from . import blocks, expr as ex, functions as fn, operators, templates
from .expr import Expr
from .forms import Form, diagonal_of_cofactor, times
from .indexed import fresh, rename_expr
from .limits import check_terms
from .matrix_functions import along, by_exponent
from .partial import partial_traces
from .simplify import flip, simplify


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of the differential calculus: its name, its statement, its source, and its deed."""

    name: str
    statement: str
    source: str
    apply: Callable[[Form], tuple[Form, ...]]


def _inside(form: Form, factor: Expr, dual: Expr) -> Form:
    """`sum(dual .* factor)` written as a trace: `tr[dual' factor]`."""
    return form.at(factor, (ex.transpose(dual),), ())


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
    return Form(factor, (), (), times(form.weight, ex.total(dual)), form.over)


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
    below = _inside(form, b, slope)._replace(weight=times(form.weight, ex.number(-1)))
    return above, below


def _diag(form: Form) -> tuple[Form, ...]:
    assert isinstance(form.factor, ex.Diag)
    v = form.factor.arg
    return (_inside(form, v if v.shape[1] == 1 else flip(v), diagonal_of_cofactor(form)),)


def _triangle(form: Form) -> tuple[Form, ...]:
    assert isinstance(form.factor, ex.Triangle)
    return (_inside(form, form.factor.arg, ex.triangle(form.factor.part, form.dual())),)


def _diagonal(form: Form) -> tuple[Form, ...]:
    assert isinstance(form.factor, ex.Diagonal)
    return (form.at(form.factor.arg, (ex.diag(form.dual()),), ()),)


def _inverse(form: Form) -> tuple[Form, ...]:
    assert isinstance(form.factor, ex.Inverse)
    held = form.factor
    weight = times(form.weight, ex.number(-1))
    left, right = (*form.left, held), (held, *form.right)
    return (form.at(held.arg, left, right, weight),)


def _matrix_power(form: Form) -> tuple[Form, ...]:
    assert isinstance(form.factor, ex.MatrixPower)
    base, n = form.factor.base, form.factor.exponent
    if not form.left and not form.right:  # all places are alike under the trace
        power = ex.matrix_power(base, n - 1)
        return (form.at(base, (power,), (), times(form.weight, ex.number(n))),)
    check_terms(n, "terms of a power")
    results = []
    for r in range(n):
        before = (ex.matrix_power(base, r),) if r else ()
        after = (ex.matrix_power(base, n - 1 - r),) if r < n - 1 else ()
        results.append(form.at(base, form.left + before, after + form.right))
    return tuple(results)


def _matrix_function(form: Form) -> tuple[Form, ...]:
    assert isinstance(form.factor, ex.MatrixFunction)
    f, cofactor = form.factor, form.cofactor()
    held = along(f.function, f.arg, cofactor, f.parameters)
    results = [form.at(f.arg, (held,), ())]
    for p in f.parameters:
        by_p = by_exponent(f)
        product = by_p if isinstance(cofactor, ex.Identity) else ex.mul(cofactor, by_p)
        results.append(Form(p, (), (), times(form.weight, ex.trace(product)), form.over))
    return tuple(results)


def _frechet(form: Form) -> tuple[Form, ...]:
    assert isinstance(form.factor, ex.Frechet)
    f = form.factor
    held = along(f.function, f.arg, form.cofactor(), f.parameters)
    return (form.at(f.direction, (held,), ()),)


def _row(form: Form) -> tuple[Form, ...]:
    assert isinstance(form.factor, ex.Row)
    z = form.factor.arg
    unit = ex.transpose(ex.column(ex.identity(z.shape[0]), form.factor.index))
    return (form.at(z, (*form.left, unit), form.right),)


def _column(form: Form) -> tuple[Form, ...]:
    assert isinstance(form.factor, ex.Column)
    z = form.factor.arg
    unit = ex.column(ex.identity(z.shape[1]), form.factor.index)
    return (form.at(z, form.left, (unit, *form.right)),)


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
        front, rest = ex.split_front(templates.gradient(form.factor, number))
        left = () if isinstance(rest, ex.Identity) else (flip(rest),)
        results.append(Form(z, left, (), times(form.weight, front), form.over))
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
        form._replace(
            factor=p.factor,
            left=p.left,
            right=(),
            weight=times((), p.weight, *form.weight),
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
            parts.append(form.at(part, (left,), ()))
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
        "d tr[A*Z^n*B] = sum over r of d tr[A*Z^r*Z*Z^(n-1-r)*B], and d tr Z^n = n*d tr[Z^(n-1)*Z]",
        "Cookbook (91), (121)",
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
