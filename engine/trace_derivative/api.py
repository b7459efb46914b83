"""`derive`, `check` and `equal`: from texts to derivations and verdicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Unpack, overload

from . import (
    canonical,
    expand,
    expr as ex,
    factor,
    indexed as ix,
    latex_names,
    latex_width,
    length,
    numeric,
    render_text,
    simplify as simplification,
    sympy_functions,
)
from .checks import Check
from .derivation import Claim, Derivation
from .errors import ParseError, ShapeError, TraceDerivativeError, UnsupportedError
from .expr import Symbol
from .journey import Journey
from .limits import Limits, limited
from .matrix_functions import refuse_second_derivative
from .options import (
    FORMS,
    ROUTES,
    Assumptions,
    DeriveOptions,
    Options,
    Pairs,
    Shapes,
    check_known,
    check_numbers,
    check_texts,
    check_together,
    choose,
    pairs,
    square_kinds,
    square_names,
)
from .read import Reading, read
from .sampling import samples as draw
from .verify import Verifier


@overload
def derive(
    function: str, wrt: str | None = None, **options: Unpack[DeriveOptions]
) -> Derivation: ...
@overload
def derive(
    function: str, wrt: list[str] | tuple[str, ...], **options: Unpack[DeriveOptions]
) -> tuple[Derivation, ...]: ...
def derive(
    function: str,
    wrt: str | Sequence[str] | None = None,
    *,
    shapes: Shapes = None,
    where: Pairs = None,
    assume: Assumptions = None,
    structure: Pairs = None,
    route: str = "both",
    form: str = "compact",
    samples: int = 3,
    tolerance: float | None = None,
    expected: str | None = None,
    limits: Limits | None = None,
) -> Derivation | tuple[Derivation, ...]:
    """Derive a scalar function by a variable, or by several.

    :param function: the scalar expression in the text notation
    :param wrt: the variable, or a sequence of variables, for which a tuple of derivations is
        returned.  May be left out where `X` or `x` is the only candidate
    :param shapes: `"A: p m; x: n; a: scalar; J: ones"` or a mapping from names to tuples of
        dimensions; what is not declared is inferred
    :param where: abbreviations, `"D = B*X*C'"` or a mapping
    :param assume: properties of symbols, `"S: symmetric; Q: orthogonal"` or a mapping, to texts or
        lists of them; all of them are in `kinds.KINDS`
    :param structure: of the variable (`kinds.STRUCTURES`); the gradient is then the constrained
        one
    :param route: index, identities or both
    :param form: compact (as the identities give it) or expanded (multiplied out)
    :param samples: number of sample points for the verification, at least 3
    :param tolerance: largest relative error that passes (default 1e-8; 1e-5 for central
        differences)
    :param expected: the author's own result, checked by `verification`
    :param limits: bounds on length, depth, terms and time
    :raises TraceDerivativeError: `ParseError`, `ShapeError`, `UnsupportedError` or `LimitError`,
        with the place in the text
    """
    check_texts(function=function, expected="" if expected is None else expected)
    choose("route", route, ROUTES)
    choose("form", form, FORMS)
    check_numbers(samples, tolerance)
    options = Options(
        pairs(assume, "assume"),
        pairs(structure, "structure"),
        route,
        form,
        max(3, samples),
        tolerance,
        limits,
    )
    with limited(limits, source=function):
        several = wrt is not None and not isinstance(wrt, str)
        names = _variables(wrt)
        reading = read(
            function,
            shapes=shapes,
            where=where,
            wrt=names,
            scalar=True,
            square=square_names(options) if assume or structure else (),
        )
        if reading.free:
            raise ParseError(
                "a scalar function has no free indices",
                source=function,
                hint="leave out the leading [...]",
            )
        if not names:
            names = (_only_candidate(reading),)
        if options.assume or options.structure:
            check_known(options, reading)
        given = {"shapes": shapes, "where": where}
        found = tuple([_derivation(reading, n, options, expected, given) for n in names])
    return found if several else found[0]


def _variables(wrt: str | Sequence[str] | None) -> tuple[str, ...]:
    """The names of the variables that are asked for; none where the text has to tell."""
    if wrt is None:
        return ()
    several = (wrt,) if isinstance(wrt, str) else wrt
    if not isinstance(several, Sequence):
        raise ParseError(f"wrt is {wrt!r}", hint="name one symbol, or several")
    stripped = tuple([str(n).strip() for n in several])
    if not stripped or not all(stripped):
        raise ParseError(f"wrt is {wrt!r}", hint="name one symbol, or several")
    if len(set(stripped)) < len(stripped):
        raise ParseError(f"wrt names a symbol twice: {', '.join(stripped)}", hint="name it once")
    return stripped


def _derivation(
    reading: Reading, name: str, options: Options, expected: str | None, given: Mapping[str, Any]
) -> Derivation:
    """The derivation by one variable; `given` are the declarations of the author."""
    variable = reading.symbols.get(name)
    if variable is None:
        raise ParseError(f"{name!r} is not a symbol of the expression", source=reading.sources[0])
    try:
        refuse_second_derivative(reading.exprs[0], name)
    except UnsupportedError as problem:
        source = reading.sources[0]
        raise UnsupportedError(
            problem.message, source=source, span=(0, len(source)), hint=problem.hint
        ) from problem
    if expected is None:
        return Derivation(reading, variable, options)
    try:
        found = _claim(expected, reading, variable)
    except ShapeError as problem:
        claim, misfit = _misfit(expected, Derivation(reading, variable, options), given, problem)
        if claim is None:
            raise
        return Derivation(reading, variable, options, claim, misfit)
    return Derivation(reading, variable, options, found)


def _claim(text: str, reading: Reading, variable: Symbol) -> Claim:
    """A claimed derivative, which may use the abbreviations of the function."""
    shortened = {n: ex.symbol(n, e.shape) for n, e in reading.values.items()}
    found = read(text, symbols={**shortened, **reading.symbols}, expected=variable.shape)
    _check_symbols(found, reading)
    written = found.exprs[0]
    return Claim(written, ex.substitute(written, reading.values))


def _check_symbols(claim: Reading, reading: Reading) -> None:
    """Every symbol of a claim is one of the function."""
    for name in claim.symbols:
        if name not in reading.symbols and name not in reading.values:
            source = claim.sources[0]
            at = source.find(name)
            raise ParseError(
                f"{name} is not a symbol of the function",
                source=source,
                span=(at, at + len(name)) if at >= 0 else None,
                hint=f"its symbols are {', '.join(reading.symbols)}",
            )


def _only_candidate(reading: Reading) -> str:
    found = [n for n in ("X", "x") if n in reading.symbols]
    if len(found) != 1:
        raise ParseError(
            "the variable is not given",
            source=reading.sources[0],
            hint="say by which symbol to derive (wrt)",
        )
    return found[0]


def check(
    claim: str,
    *,
    of: str,
    wrt: str | None = None,
    shapes: Shapes = None,
    where: Pairs = None,
    assume: Assumptions = None,
    samples: int = 3,
    tolerance: float | None = None,
    limits: Limits | None = None,
) -> Check:
    """Is the claimed gradient right?  The check has a counterexample where it is not.

    A claim that does not conform is a failed check; where it would conform with fewer different
    dimensions, the counterexample is taken there.
    """
    options: dict[str, Any] = {
        "shapes": shapes,
        "where": where,
        "assume": assume,
        "samples": samples,
        "tolerance": tolerance,
        "limits": limits,
    }
    if wrt is not None and not isinstance(wrt, str):
        raise ParseError(f"wrt is {wrt!r}", hint="a claim is checked by one variable")
    check_texts(claim=claim, of=of)
    derive(of, wrt, **options)  # what is wrong with the function itself is raised here
    try:
        result = derive(of, wrt, **options, expected=claim).expected_check
    except ShapeError as problem:
        return _unfit(claim, problem)
    assert result is not None
    return result


def _unfit(claim: str, problem: ShapeError) -> Check:
    reason = f"the claim does not conform: {problem.message}"
    return Check("expected", False, float("inf"), 0, message=reason, rhs=claim)


def _misfit(
    claim: str, derivation: Derivation, given: Mapping[str, Any], problem: ShapeError
) -> tuple[Claim | None, Check]:
    """A claim whose shapes do not fit, and its verdict: false, at sizes where it conforms if any.

    Without such sizes there is no claim but its text.
    """
    reason = f"the claim does not conform: {problem.message}"
    variable, function = str(derivation.variable), str(derivation.function)
    try:
        joint = read(
            f"sum(({claim}).*{variable})",
            function,
            wrt=(variable,),
            where=given["where"],
            shapes=given["shapes"],
            scalar=True,
            square=square_names(derivation.options),
        )
        alone = replace(
            joint, exprs=joint.exprs[1:], written=joint.written[1:], sources=joint.sources[1:]
        )
        x = joint.symbols[variable]
        found = _claim(claim, joint, x)
        result = Derivation(alone, x, derivation.options, found).expected_check
        assert result is not None
    except TraceDerivativeError:
        return None, _unfit(claim, problem)
    if result.passed:
        message = f"{reason} (it is right only where the dimensions coincide)"
    else:
        message = f"{reason}; where the dimensions coincide, {result.message}"
    example = f"# {reason}; where the dimensions coincide:\n{result.counterexample}".strip()
    return found, replace(result, passed=False, message=message, counterexample=example)


def equal(
    a: str,
    b: str,
    *,
    shapes: Shapes = None,
    where: Pairs = None,
    assume: Assumptions = None,
    samples: int = 3,
    tolerance: float | None = None,
    limits: Limits | None = None,
) -> Check:
    """Are two expressions equal for all values?  Found by numbers, at `samples` samples."""
    check_texts(a=a, b=b)
    check_numbers(samples, tolerance)
    with limited(limits, source=a):
        kinds = pairs(assume, "assume")
        square = square_kinds(kinds)
        reading = read(a, b, shapes=shapes, where=where, same_shape=True, square=square)
        left, right = reading.exprs
        check_together(reading.symbols, kinds)
        points = draw(
            (left, right),
            reading.symbols,
            assume=kinds,
            seed_text=f"{left}|{right}",
            count=max(3, samples),
            thorough=True,
        )
        journey = Journey(left, ex.symbol("u", ex.SCALAR), reading.symbols)
        return Verifier(journey, points, tolerance).compare("equal", left, right)


def clear_caches() -> None:
    """Forget everything remembered in this process (expressions in use stay valid)."""
    ex.clear()
    ix.clear()
    simplification.clear()
    canonical.clear()
    factor.clear()
    length.clear()
    latex_names.clear()
    latex_width.clear()
    expand.clear()
    numeric.clear()
    render_text.clear()
    sympy_functions.clear()
