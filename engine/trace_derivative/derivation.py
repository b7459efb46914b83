"""The record of a derivation: every part worked out when it is first asked for, and once.

Input: a reading, the variable, the options.  Output: both routes' answers, the steps, their
checks, and all forms of output.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from . import expr as ex, indexed as ix
from .assumptions import because, facts_used, with_facts
from .checks import Check, Verification
from .differentiate import Occurrence
from .distribute import expanded, multiplied_out
from .errors import UnsupportedError
from .expand import expansion_chain
from .expr import Dim, Expr, Symbol
from .factor import factored
from .identities import Account, account
from .index_route import IndexGradient, IndexRoute
from .journey import Journey
from .kinds import Facts, facts_of
from .layers import Folding, Layers, layers_of
from .lazy import lazy
from .limits import limited
from .options import Options
from .read import Reading
from .sampling import Sample, samples
from .simplify import simplify
from .slices import has_loose_slices, has_slices, shorter
from .smoothness import smoothness_notices
from .statements import Definition, Derivative, FunctionName, Step
from .steps import (
    by_names,
    expansion_steps,
    identity_steps,
    index_step,
    occurrence_steps,
    result_step,
    structure_step,
)
from .structures import structured
from .verify import Equality, Verifier

CHECKED_LAYERS = 16
"""Up to so many layers the index forms in which they are written out are checked as well."""


class Claim(NamedTuple):
    """The author's own result, as written and without abbreviations."""

    written: Expr
    value: Expr


class Derivation:
    """The derivative of one scalar function by one variable, and how it is found.

    Attributes are worked out on first use.  All but `verification` are exact symbolic results.
    """

    def __init__(
        self,
        reading: Reading,
        variable: Symbol,
        options: Options,
        claim: Claim | None = None,
        misfit: Check | None = None,
    ) -> None:
        self._reading = reading
        self.options = options
        self._claim = claim
        self._misfit = misfit
        self.function: Expr = reading.exprs[0]
        """The function, a scalar expression, with all abbreviations put in."""
        self.written: Expr = reading.written[0]
        """The function as written, abbreviations left as names."""
        self.variable: Symbol = variable
        """The variable."""
        self.abbreviations: Mapping[str, Expr] = reading.abbreviations
        """What the abbreviations stand for."""
        self._answers: dict[Expr, Expr] = {}

    def __repr__(self) -> str:
        return f"<Derivation of {self.function} by {self.variable}>"

    # ------------------------------------------------------------------ the function

    @property
    def shapes(self) -> dict[str, tuple[Dim, ...]]:
        """The dimensions of every symbol: none for a scalar, one for a vector, two for a matrix."""
        return {n: s.shape[: s.rank] for n, s in self._reading.symbols.items()}

    @property
    def symbols(self) -> Mapping[str, Symbol]:
        """Every symbol of the function, the variable included."""
        return self._reading.symbols

    @property
    def route(self) -> str:
        """The route asked for: index, identities or both."""
        return self.options.route

    @property
    def form(self) -> str:
        """The form asked for: compact or expanded."""
        return self.options.form

    @lazy
    def layers(self) -> Layers:
        """Names for what the functions in a deep composition are applied to; else none."""
        taken = frozenset(self.symbols) | frozenset(self.abbreviations)
        taken |= ex.dim_names(self.function) | ex.index_names(self.function)
        with self._limits():
            return layers_of(self.function, self.variable, self._reading.values, taken)

    @lazy
    def folding(self) -> Callable[[Expr], Expr]:
        """Writes expressions by the names of the layers; as they are where there are none."""
        return Folding(self.layers.names) if self.layers else lambda e: e

    @lazy
    def in_indices(self) -> IndexRoute:
        """The route by index notation as it is shown, by the names of the layers."""
        with self._limits():
            shown = self.folding(self.function)
        return IndexRoute(self.function, shown, self.variable, self.layers)

    @lazy
    def _written_out(self) -> IndexRoute:
        """The route by index notation with all layers written out."""
        if not self.layers:
            return self.in_indices
        return IndexRoute(self.function, self.function, self.variable)

    @property
    def expansion(self) -> ix.Indexed:
        """The function in index notation, all sums in front (eq (7) of the notes)."""
        with self._limits():
            return self._written_out.expansion

    @property
    def occurrences(self) -> tuple[Occurrence, ...]:
        """What each occurrence of the variable contributes, in index notation, as it is shown."""
        with self._limits():
            return self.in_indices.occurrences

    @property
    def index_gradient(self) -> IndexGradient:
        """The derivative in index notation over the free indices of the variable."""
        with self._limits():
            return self._written_out.gradient

    # ------------------------------------------------------------------ the routes

    @property
    def contributions(self) -> tuple[Expr | None, ...]:
        """The matrix form of each occurrence's contribution, in place, as it is shown."""
        with self._limits():
            return self.in_indices.contributions

    @lazy
    def _raw_by_index(self) -> Expr | None:
        with self._limits():
            found = self.in_indices.sum_of_contributions
            return None if found is None else self.layers.written_out(found)

    @lazy
    def by_index(self) -> Expr | None:
        """The result of the route by index notation; None where no matrix form exists."""
        with self._limits():
            raw = self._raw_by_index
            return None if raw is None else self._assumed(raw)

    @lazy
    def account(self) -> Account | None:
        """How the route by identities goes; None where a rule is missing."""
        with self._limits():
            try:
                return account(self._start, self.variable)
            except UnsupportedError:
                return None

    @lazy
    def by_identities(self) -> Expr | None:
        """The result of the route by identities."""
        with self._limits():
            raw = self._raw_by_identities
            return None if raw is None else self._assumed(raw)

    @lazy
    def _raw_by_identities(self) -> Expr | None:
        return None if self.account is None else self.account.gradient(self.variable)

    @property
    def routes(self) -> dict[str, Expr | None]:
        """Each route's own answer, by its name."""
        answers = {"index": self.by_index, "identities": self.by_identities}
        return {n: None if e is None else self._constrained(e) for n, e in answers.items()}

    @lazy
    def gradient(self) -> Expr | None:
        """The derivative in matrix form, of the shape of the variable; None where none exists."""
        with self._limits():
            if self.unconstrained is None:
                return None
            found = self._constrained(self.unconstrained)
            return ex.with_context(found, self.symbols.values())

    @lazy
    def unconstrained(self) -> Expr | None:
        """The derivative with all entries of the variable independent."""
        if self._raw is None:
            return None
        return self.by_identities if self._raw == self._raw_by_identities else self.by_index

    @lazy
    def general(self) -> Expr | None:
        """The derivative for all values, whether they are of the kinds assumed or not."""
        if self._raw is None or not self._facts:
            return self.unconstrained
        with self._limits():
            return self._finished(self._raw)

    @lazy
    def _raw(self) -> Expr | None:
        """What the route that is shown gives, not simplified."""
        found = self._raw_by_index if self.route == "index" else self._raw_by_identities
        if found is None or (has_slices(found) and has_loose_slices(self._simplified(found))):
            both = (self._raw_by_identities, self._raw_by_index)
            first, second = both[::-1] if self.route == "index" else both
            found = shorter(first, second, self._finished)
        return found

    @property
    def structure(self) -> str | None:
        """The structure of the variable: one of `kinds.STRUCTURES`, or None."""
        return self.options.structure.get(self.variable.name)

    @lazy
    def _facts(self) -> Facts:
        """What is said of the values of symbols."""
        return facts_of(self.options.assume)

    @lazy
    def _structured_facts(self) -> Facts:
        """The same with the structure of the variable."""
        name = self.variable.name
        said = f"{self.options.assume.get(name, '')},{self.structure or ''}"
        return facts_of({**self.options.assume, name: said})

    def _constrained(self, e: Expr) -> Expr:
        if self.structure is None:
            return e
        return structured(e, self.structure, self._structured_facts)

    @lazy
    def _start(self) -> Expr:
        """The function from which the route by identities starts."""
        return multiplied_out(self.function) if self.form == "expanded" else self.function

    def _simplified(self, e: Expr) -> Expr:
        result = simplify(e)
        return expanded(result) if self.form == "expanded" else result

    def _finished(self, e: Expr) -> Expr:
        """A route's answer in the form asked for."""
        result = self._simplified(e)
        return result if self.form == "expanded" else factored(result)

    def _assumed(self, e: Expr) -> Expr:
        """A route's answer in the form asked for, with what is assumed of the symbols."""
        if not self._facts:
            return self._finished(e)
        start = self._simplified(e)
        found = self._answers.get(start)
        if found is None:
            found = self._answers[start] = self._with(self._facts, start)
        return found

    def _with(self, facts: Facts, simplified: Expr) -> Expr:
        result = with_facts(simplified, facts)
        return result if self.form == "expanded" else factored(result)

    # ------------------------------------------------------------------ what is shown

    @property
    def steps(self) -> tuple[Step, ...]:
        """Every displayed equality, in order."""
        # Not kept: a derivation that held what asks it for checks would never be let go of.
        return tuple(
            [step.checked_by(partial(self._check_of, n)) for n, step in enumerate(self._stated)]
        )

    @lazy
    def _stated(self) -> tuple[Step, ...]:
        """The steps, without what finds their verdicts."""
        with self._limits():
            return tuple(self._steps())

    def _check_of(self, number: int) -> Check:
        return self.step_checks[number]

    def _steps(self) -> list[Step]:
        shown = self.in_indices.shown
        chain = expansion_chain(shown, final=self.in_indices.expansion)
        found = list(expansion_steps(self.function, shown, self.layers.definitions, chain))
        if self.route != "identities" or self.account is None:
            found += occurrence_steps(
                self.occurrences,
                self.contributions,
                self.variable,
                self.in_indices.assembler,
            )
            if len(self.occurrences) > 1 or self.gradient is None:
                gradient = self.in_indices.gradient
                found.append(index_step(self.variable, gradient.free, gradient.body))
        result = self.general
        if result is not None:
            whole = None if self.layers else self.function
            count = len(self.occurrences) if self.route != "identities" else 1
            if self.route != "identities":
                found.append(result_step(whole, self.variable, self.folding(result), count))
                found += self._assumption_steps("matrix")
            if self.route != "index" and self.account is not None and self.account.forms:
                found += self._other_route(result)
            if self.route == "identities":
                found.append(result_step(whole, self.variable, self.folding(result), count))
                found += self._assumption_steps("matrix")
        return [*found, *self._structure_steps()]

    def _assumption_steps(self, kind: str) -> Iterator[Step]:
        """The result for all values, and what it is under the assumptions, if that is another."""
        general, result = self.general, self.unconstrained
        if general is not None and result is not None and general != result:
            yield Step(kind, self.folding(general), self.folding(result), self._reason)

    @lazy
    def _reason(self) -> str:
        """Why the result is what it is under the assumptions."""
        raw, result = self._raw, self.unconstrained
        assert raw is not None
        assert result is not None
        start = self._simplified(raw)
        facts = {name: kinds for name, kinds in self._facts.items() if name in start.symbols}
        used = facts_used(facts, lambda some: self._with(some, start), result)
        return because(used, self._reading.symbols)

    def _structure_steps(self) -> Iterator[Step]:
        """The derivative by the structured variable, and what its values make of it."""
        if self.structure is None or self.unconstrained is None or self.gradient is None:
            return
        moving = structured(self.unconstrained, self.structure, {})
        yield structure_step(self.variable, self.structure, self.folding(moving))
        if moving != self.gradient:
            used = facts_used(
                self._structured_facts,
                partial(structured, self.unconstrained, self.structure),
                self.gradient,
            )
            reason = because(used, self._reading.symbols)
            yield Step("matrix", self.folding(moving), self.folding(self.gradient), reason)

    def _other_route(self, result: Expr) -> list[Step]:
        """The way by identities; left out beside the other where it is only the result again."""
        assert self.account is not None
        taken = frozenset(self.abbreviations) | frozenset(self.layers.meanings)
        steps = list(
            identity_steps(
                self.function,
                self.account,
                self.variable,
                result,
                self._start,
                taken,
                self.layers.names,
            )
        )
        if self.layers:
            steps = [by_names(step, self.folding) for step in steps]
        steps += self._assumption_steps("identities")
        again = len(steps) == 1 and steps[0].lhs == Derivative(self.function, self.variable)
        return [] if again and self.route == "both" else steps

    @property
    def notices(self) -> tuple[str, ...]:
        """What a reader should know: the concerns, and where there is no derivative."""
        smooth = smoothness_notices(self.function, self.variable, self._structured_facts)
        return self.concerns + smooth

    @property
    def concerns(self) -> tuple[str, ...]:
        """What the author may want to change: no matrix form exists, the variable is missing."""
        found = []
        if self.variable.name not in self.function.symbols:
            found.append(f"{self.variable} does not occur in the function: the derivative is zero")
        elif self.gradient is None:
            found.append(
                "no matrix form was found: the derivative stays in index notation, "
                "and its code has einsum"
            )
        return tuple(found)

    # ------------------------------------------------------------------ verification

    @lazy
    def samples(self) -> tuple[Sample, ...]:
        """The points at which the equalities are checked."""
        with self._limits():
            if self.account is not None:
                raw: tuple[Expr | None, ...] = (self.account.gradient(self.variable),)
            else:
                written_out = self.layers.written_out
                raw = tuple(None if c is None else written_out(c) for c in self.contributions)
            parts = (self.function, self.unconstrained, *raw)
            return samples(
                tuple(e for e in parts if e is not None),
                self._reading.symbols,
                assume=self.options.assume,
                structure=self.options.structure,
                seed_text=self._seed(),
                count=self.options.samples,
                small=self.variable.shape,
                moved=self.variable.name,
                thorough=self._claim is not None,
            )

    def _seed(self) -> str:
        parts = (
            str(self.function),
            self.variable.name,
            repr(sorted(self.shapes.items())),
            repr(sorted(self.options.assume.items())),
        )
        return hashlib.sha256("|".join(parts).encode()).hexdigest()

    @lazy
    def verifier(self) -> Verifier:
        """Evaluates the sides of the steps at the samples."""
        definitions: dict[str, Definition] = {}
        for step in self._stated:
            definitions.update({d.symbol.name: d for d in step.where})
        journey = Journey(
            self.function,
            self.variable,
            self._reading.symbols,
            self.in_indices.marked,
            tuple(definitions.values()),
        )
        return Verifier(journey, self.samples, self.options.tolerance)

    @lazy
    def verification(self) -> Verification:
        """Every equality of `steps`, the routes against each other, and the claim, by numbers."""
        checks = self._checks
        if self.expected_check is not None:
            checks = (*checks, self.expected_check)
        return Verification(all(c.passed for c in checks), checks)

    def take_over(self, checks: Sequence[Check]) -> None:
        """Take `verification.checks` of an earlier derivation of the same: none is made again."""
        self._checks = tuple(checks)
        self.verification = Verification(all(c.passed for c in checks), tuple(checks))
        if checks[-1].name == "expected":
            self.expected_check = checks[-1]

    @property
    def step_checks(self) -> tuple[Check, ...]:
        """One check for each step, in order."""
        return self._checks[: len(self._stated)]

    @lazy
    def _checks(self) -> tuple[Check, ...]:
        """The checks of the steps, of the results, and of a claim where they are taken over."""
        with self._limits():
            count: dict[str, int] = {}
            equalities = []
            for step in self._stated:
                number = count[step.kind] = count.get(step.kind, 0) + 1
                name = f"{step.kind}-{number}"
                equalities.append(Equality(name, step.lhs, step.rhs, step.free))
            return tuple(self.verifier.checks([*equalities, *self._results()]))

    def _results(self) -> list[Equality]:
        """What is checked of the results: each form against f, the routes against each other."""
        slope = Derivative(None, self.variable)
        constrained = Derivative(None, self.variable, structure=self.structure)
        gradient = self.in_indices.gradient
        found = [
            Equality("expansion", FunctionName(), self.in_indices.expansion),
            Equality("index gradient", slope, gradient.body, gradient.free),
        ]
        if 0 < len(self.layers.values) <= CHECKED_LAYERS:
            whole = self._written_out
            free, body = whole.gradient.free, whole.gradient.body
            found.append(Equality("expansion, written out", FunctionName(), whole.expansion))
            found.append(Equality("index gradient, written out", slope, body, free))
        for name, answer in self.routes.items():
            if answer is not None:
                found.append(Equality(f"route {name}", constrained, answer))
        if self.by_index is not None and self.by_identities is not None:
            found.append(Equality("routes agree", self.by_index, self.by_identities))
        return found

    @property
    def expected(self) -> Expr | None:
        """The author's own result, as written."""
        return None if self._claim is None else self._claim.written

    @lazy
    def expected_check(self) -> Check | None:
        """The author's own result against the numeric derivative; None where there is none."""
        if self._claim is None or self._misfit is not None:
            return self._misfit
        with self._limits():
            slope = Derivative(None, self.variable, structure=self.structure)
            return self.verifier.compare("expected", slope, self.folding(self._claim.value))

    # ------------------------------------------------------------------ output

    def latex(self) -> str:
        """The whole derivation as LaTeX (an `aligned` block an equation group)."""
        from .presentation import latex_of

        return latex_of(self)

    def text(self) -> str:
        """The whole derivation as Unicode text."""
        from .presentation import text_of

        return text_of(self)

    def numpy(self) -> str:
        """A NumPy function that computes the gradient, with `einsum` where no matrix form is."""
        from .render_numpy import numpy_function

        if self.gradient is None:
            return self.einsum()
        names = self._reading.symbols
        symbols = [
            s for n, s in names.items() if n in self.gradient.symbols or n == str(self.variable)
        ]
        return numpy_function(self.gradient, symbols)

    def einsum(self) -> str:
        """A NumPy function that computes the derivative in index notation, with `einsum`.

        It is by the variable with all its entries independent.
        """
        from .render_einsum import einsum_function

        free, body = self.index_gradient.free, self.index_gradient.body
        names = self._reading.symbols.values()
        symbols = [s for s in names if s.name in body.symbols or s == self.variable]
        return einsum_function(body, free, symbols)

    def to_dict(self) -> dict[str, Any]:
        """The derivation as plain data for JSON."""
        from .presentation import dict_of

        return dict_of(self)

    def _limits(self) -> Any:
        return limited(self.options.limits, source=self._reading.sources[0])
