"""The displayed equalities of a derivation, in the order in which a reader follows them.

Input: the record of both routes (index forms and occurrences; the account of the identities).
Output: a tuple of `Step`, in the order of the notes: f and its expansion, each occurrence in
index notation and as an entry of a matrix, the result, then the way by identities.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from types import MappingProxyType

from . import expr as ex, indexed as ix
from .assemble import Assembler
from .differentiate import Occurrence
from .distribute import as_trace, split_ones
from .expr import Expr, Index, Symbol
from .forms import Form
from .identities import Account, base_case
from .indexed import Indexed
from .layers import Folding
from .regroup import collapse, separated, stacked
from .simplify import flip, push_transposes, transposes
from .statements import (
    Definition,
    Derivative,
    DerivativeSum,
    EntryOfResult,
    FunctionName,
    Side,
    Step,
    needed,
)

_ORDINALS = ("", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")


def expansion_steps(
    function: Expr, shown: Expr, layers: tuple[Definition, ...], chain: tuple[Indexed, ...]
) -> Iterator[Step]:
    """f, by the names of its layers, and in index notation by way of some forms (eqs (6), (7))."""
    yield Step("function", FunctionName(), function, "The function is")
    if layers:
        yield Step("function", FunctionName(), shown, "With names for its layers", (), layers)
    reasons = ("In index notation", "", "", "")
    left: Side = FunctionName()
    for n, form in enumerate(chain):
        yield Step("expansion", left, form, reasons[min(n, 3)])
        left = form


def occurrence_steps(
    occurrences: tuple[Occurrence, ...],
    matrices: tuple[Expr | None, ...],
    variable: Symbol,
    assembler: Assembler,
) -> Iterator[Step]:
    """Each occurrence in index notation and as an entry of a matrix (eqs (8), (15), (16))."""
    many = len(occurrences) > 1
    for n, (o, matrix) in enumerate(zip(occurrences, matrices, strict=True), 1):
        number = n if many else None
        reason = f"The derivative by an entry of `{variable}`"
        if many:
            reason = f"What the {_ordinal(n)} occurrence of `{variable}` contributes"
        left: Side = Derivative(None, variable, o.free, number)
        yield Step("occurrence", left, o.term, reason, o.free)
        left = o.term
        apart = separated(o.term)
        if apart != o.term:
            yield Step("occurrence", left, apart, "", o.free)
            left = apart
        row = o.free[0] if o.free else None
        collapsed = collapse(o.term, assembler, row)
        if collapsed is not None and collapsed != o.term and matrix is not None:
            yield Step("occurrence", left, collapsed, "", o.free)
            left = collapsed
        under = stacked(o.term, assembler) if matrix is not None else None
        if under is not None:
            yield Step("occurrence", left, under, "", o.free)
            left = under
        if matrix is not None and o.free and not isinstance(left, ix.Element):
            yield Step("occurrence", left, _entry_of(matrix, o.free), "", o.free)


def by_names(step: Step, folding: Callable[[Expr], Expr]) -> Step:
    """The same step with the expressions of its sides by the names that their parts have."""

    def derivative(shown: Derivative) -> Derivative:
        if shown.function is None:
            return shown
        return replace(shown, function=folding(shown.function))

    def side(shown: Side) -> Side:
        match shown:
            case Derivative():
                return derivative(shown)
            case DerivativeSum(terms=terms):
                return DerivativeSum(tuple(map(derivative, terms)))
            case _ if isinstance(shown, ex.Node):
                return folding(shown)
            case _:
                return shown

    return replace(step, lhs=side(step.lhs), rhs=side(step.rhs))


def _ordinal(n: int) -> str:
    return _ORDINALS[n] if n < len(_ORDINALS) else f"{n}th"


def _entry_of(matrix: Expr, free: tuple[Index, ...]) -> EntryOfResult:
    """`[M]_{kj}` in the direction that needs fewer transposes, before it is put in place."""
    turned = flip(matrix)
    if len(free) == 2 and transposes(turned) < transposes(matrix):
        return EntryOfResult(turned, free[::-1])
    return EntryOfResult(matrix, free)


def index_step(variable: Symbol, free: tuple[Index, ...], gradient: Indexed) -> Step:
    """The whole derivative in index notation."""
    return Step(
        "index",
        Derivative(None, variable, free),
        gradient,
        "In index notation, all contributions over the same free indices",
        free,
    )


def result_step(function: Expr | None, variable: Symbol, gradient: Expr, occurrences: int) -> Step:
    """The result in matrix form (eqs (9), (17))."""
    reason = (
        f"Brought into the shape of `{variable}`, and summed"
        if occurrences > 1
        else f"In matrix form, in the shape of `{variable}`"
    )
    return Step("matrix", Derivative(function, variable), gradient, reason)


_STRUCTURES = {
    "symmetric": "For a symmetric `{}`, entries that are equal moving together [Cookbook (138)]",
    "skew": "For a skew-symmetric `{}`, opposite entries moving by opposite amounts",
    "lower": "For a lower triangular `{}`, the entries of its triangle moving",
    "upper": "For an upper triangular `{}`, the entries of its triangle moving",
    "diagonal": "For a diagonal `{}` [Cookbook (142)]",
}


def structure_step(variable: Symbol, structure: str, gradient: Expr) -> Step:
    """The derivative by a structured variable."""
    reason = _STRUCTURES[structure].format(variable)
    return Step("matrix", Derivative(None, variable, structure=structure), gradient, reason)


# ------------------------------------------------------------------------ by identities


def identity_steps(
    function: Expr,
    account: Account,
    variable: Symbol,
    gradient: Expr,
    rewritten: Expr,
    taken: frozenset[str] = frozenset(),
    layers: Mapping[Expr, Symbol] = MappingProxyType({}),
) -> Iterator[Step]:
    """The way by identities (eqs (18), (20)-(21), (23)-(24), (35)-(36)).

    `rewritten` is the function in the form from which the account starts; no part gets a name
    in `taken`.
    """
    names = _Names(function, variable, taken, layers)
    start: Side = Derivative(function, variable)
    alone = len(account.forms) == 1 and account.forms[0].exact
    single = account.forms[0].value() if alone else rewritten
    rotated = isinstance(rewritten, ex.Trace) and single.shape == ex.SCALAR
    split = split_ones(rewritten) if rotated and not isinstance(single, ex.Trace) else rewritten
    stages = (
        (as_trace(function), "As a trace"),
        (rewritten, "Multiplied out"),
        (split, "With the matrix of ones as a product of two vectors"),
        (single, "Rotated" if rotated else "Rewritten"),
    )
    shown: Side = FunctionName()
    for form, reason in stages:
        if form != function and form != shown:
            yield Step("identities", shown, form, reason)
            shown, start = form, Derivative(None, variable)
    forms = [names.held(f) for f in account.forms]
    opened = _sum_of(forms, variable)
    if start != opened:
        reason = (
            "One occurrence at a time, all else held constant"
            if len(forms) > 1
            else "With all else held constant"
        )
        if any(f.turned for f in forms):
            reason += f"; the trace transposed where `{variable}` stands under a transpose"
        if forms:
            yield Step("identities", start, opened, reason, (), names.used(forms))
    reduced = set()
    for r in account.reductions:
        before = names.held(r.form)
        after = [names.held(f) for f in r.results]
        left = Derivative(before.value(), variable)
        if left in reduced:
            continue
        reduced.add(left)
        reason = f"By the rule for the {r.rule.name} [{r.rule.source}]"
        used = names.used([before, *after])
        yield Step("identities", left, _sum_of(after, variable), reason, (), used)
    yield from _applied(account, names, variable, gradient)


def _applied(account: Account, names: _Names, variable: Symbol, gradient: Expr) -> Iterator[Step]:
    """The identities applied, the names put back, the sum simplified."""
    held = [names.held(c.form) for c in account.cases]
    cases = [base_case(f, variable) for f in held]
    terms = Counter([push_transposes(c.gradient) for c in cases if c is not None])
    labels = _cited({c.identity for c in account.cases})
    named = ex.add(*[ex.scale(Fraction(n), term) for term, n in terms.items()])
    left: Side = _sum_of(held, variable)
    definitions = names.used(held)
    yield Step("identities", left, named, f"By {labels}", (), definitions)
    full = ex.substitute(named, names.values)
    if full != named:
        reason = "With the names put back"
        yield Step("identities", named, full, reason, (), definitions)
        named = full
    if gradient != named:
        yield Step("identities", named, gradient, "Simplified", (), definitions)


def _sum_of(forms: list[Form], variable: Symbol) -> Side:
    """The derivatives of forms, added up."""
    terms = tuple(Derivative(f.value(), variable) for f in forms)
    return terms[0] if len(terms) == 1 else DerivativeSum(terms)


def _cited(labels: set[str]) -> str:
    """The identities by their numbers in the notes, in words."""
    ordered = sorted(labels, key=_label_order)
    numbers = [n for n in ordered if n.startswith("(")]
    noun = "identities" if len(numbers) > 1 else "identity"
    cited = [f"{noun} {' and '.join(numbers)} of the notes"] if numbers else []
    return " and ".join(cited + [n for n in ordered if n not in numbers])


def _label_order(label: str) -> tuple[int, str]:
    digits = "".join(c for c in label if c.isdigit())
    return (int(digits) if digits else 999, label)


_LETTERS = {
    2: ("D", "E", "F", "G", "H", "K", "L", "M", "N", "P", "Q", "R", "S", "U", "V", "W", "Y", "Z"),
    1: ("a", "b", "d", "e", "g", "h", "p", "q", "r", "s", "u", "v", "w", "y", "z"),
    0: ("alpha", "beta", "gamma", "lambda", "mu", "rho", "sigma", "tau", "omega"),
}


_PARTS = (ex.Row, ex.Column, ex.Diag)
_PLAIN = (Symbol, ex.Ones, ex.Identity, ex.Zeros)


class _Names:
    """Names for what is held constant, the same one for the same part."""

    def __init__(
        self,
        function: Expr,
        variable: Symbol,
        taken: frozenset[str],
        layers: Mapping[Expr, Symbol],
    ) -> None:
        self._folding = Folding(layers)
        self._variable = variable
        self._taken = taken | function.symbols | {variable.name} | ex.dim_names(function)
        self._taken |= ex.index_names(function)
        self._given: dict[Expr, Definition] = {}
        self._held: dict[Form, Form] = {}

    @property
    def values(self) -> dict[str, Expr]:
        """What the names stand for, written out."""
        return {d.symbol.name: value for value, d in self._given.items()}

    def held(self, form: Form) -> Form:
        """The form with names for its composite, or variable, parts."""
        found = self._held.get(form)
        if found is None:
            left, right = self._side(form.left), self._side(form.right)
            weight = tuple([self._weight(w) for w in form.weight])
            found = self._held[form] = form.at(form.factor, left, right, weight)
        return found

    def used(self, forms: list[Form]) -> tuple[Definition, ...]:
        """The definitions of the names in held forms, and of those in these, in their order."""
        names = {s for f in forms for p in (*f.left, *f.right, *f.weight) for s in p.symbols}
        return needed(self._given.values(), names)

    def _side(self, chain: tuple[Expr, ...]) -> tuple[Expr, ...]:
        if not chain or (len(chain) == 1 and self._plain(chain[0])):
            return chain
        product = ex.mul(*chain)
        if product.shape == ex.SCALAR:
            return chain if self._variable.name not in product.symbols else (self._name(product),)
        if product.shape[0] == 1 or (len(chain) == 1 and isinstance(chain[0], ex.Transpose)):
            turned = flip(product)
            return (ex.transpose(turned if self._plain(turned) else self._name(turned)),)
        return (self._name(product),)

    def _weight(self, weight: Expr) -> Expr:
        c, rest = ex.split_coefficient(weight)
        if isinstance(rest, ex.Number | Symbol) and rest != self._variable:
            return weight
        return ex.scale(c, self._name(rest))

    def _plain(self, e: Expr) -> bool:
        """Is it shown as it is: one constant symbol, perhaps transposed, or a constant?"""
        inner = e.arg if isinstance(e, ex.Transpose) else e
        if isinstance(inner, _PARTS):
            inner = inner.arg
        simple = isinstance(inner, _PLAIN)
        return simple and self._variable.name not in inner.symbols

    def _name(self, value: Expr) -> Expr:
        turned = self._given.get(flip(value))
        if turned is not None and value not in self._given:
            return ex.transpose(turned.symbol)
        if value not in self._given:
            rank = ex.least_rank(value.shape)
            suffix = "".join(f"_{i.name}" for i in sorted(value.free, key=lambda i: i.name))
            name = next(n + suffix for n in _letters(rank) if n + suffix not in self._taken)
            self._taken |= {name}
            symbol = ex.symbol(name, value.shape, rank)
            self._given[value] = Definition(symbol, self._folding(value))
            if value.parts:
                self._folding.name(value, symbol)
        return self._given[value].symbol


def _letters(rank: int) -> Iterator[str]:
    yield from _LETTERS[rank]
    n = 1
    while True:
        yield from (f"{letter}{n}" for letter in _LETTERS[rank])
        n += 1
