"""The check of one case: derive, read what is printed back, and compare with the oracle.

The oracle is the directional derivative of the term itself (`terms`).  A difference counts only
when it shows at several points: what is ill-conditioned differs at some, what is wrong at all.
"""

from __future__ import annotations

import json
import keyword
import re
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from enum import IntEnum
from random import Random
from typing import Any

import numpy as np

import trace_derivative as td
from tests.engine.ranges import index_ranges
from tests.random_expressions.generate import Case
from tests.random_expressions.terms import (
    STEP,
    Array,
    Dim,
    Leaf,
    Node,
    NoPoint,
    Point,
    Shape,
    Term,
    free,
    symbols,
    text,
    value,
)
from trace_derivative import indexed
from trace_derivative.evaluate import Evaluator
from trace_derivative.limits import limited
from trace_derivative.read import read

RIGHT, INDEX_ONLY, REFUSED, OTHER, NO_POINT, WRONG, CRASH = (
    "right", "right, no matrix form", "refused", "read otherwise", "no point", "WRONG", "CRASH",
)  # fmt: skip
"""The verdicts; `read otherwise`: dimensions left out in the text mean something else."""

SECONDS = 10.0
"""The longest time for one case."""

TOLERANCE = 1e-7
_TRIES = 8
_PATIENT = td.Limits(seconds=100)
"""The time is measured here, where a busy machine does not count."""

_LONG = td.Limits(length=10**6, depth=2000)
_ENTRIES = 1e-6


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a case."""

    kind: str
    reason: str = ""
    detail: str = ""

    @property
    def bad(self) -> bool:
        """Is something to be mended?"""
        return self.kind in (WRONG, CRASH)


class Late(BaseException):
    """A case takes too long."""


class _Wrong(Exception):
    """Numbers differ, or what is printed does not mean what it should."""


@contextmanager
def time_limit(seconds: float = SECONDS) -> Iterator[None]:
    """`Late` is raised when the block takes longer, on a processor of its own."""

    def late(*_: object) -> None:
        raise Late

    before = signal.signal(signal.SIGVTALRM, late)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def reason_of(problem: td.TraceDerivativeError) -> str:
    """The class and the message of an error, its specifics replaced."""
    message = problem.message.split("\n")[0]
    message = re.sub(r"`[^`]*`|'[^']*'", "`...`", message)
    message = re.sub(r"\b[\d.]+(e[+-]?\d+)?\b", "N", message)
    message = re.sub(r"\b(an? )?[\w]+ x [\w]+ matrix", "a matrix", message)
    message = re.sub(r"(size|of|index|by|exponent) [A-Za-z]\w{0,1}\b", r"\1 _", message)
    return f"{type(problem).__name__}: {message[:110]}"


class Depth(IntEnum):
    """How much of an answer is looked at."""

    VALUES = 0
    """The gradient and the answers of both routes, along a direction."""
    TEXTS = 1
    """Also the texts of the gradient and of the index form, and what they mean when read."""
    ALL = 2
    """Also every entry, every output and the verification."""

    @classmethod
    def of(cls, number: int, every: int) -> Depth:
        """That of the case of a number: all of each one in `every`, the texts of one in eight."""
        return cls.ALL if number % every == 0 else cls.TEXTS if number % 8 == 0 else cls.VALUES


def check(case: Case, seed: object, depth: Depth = Depth.TEXTS) -> Verdict:
    """The verdict on one case."""
    try:
        with time_limit():
            return _check(case, Random(f"point:{seed}"), depth)
    except td.TraceDerivativeError as problem:
        if (
            problem.span is not None
            and not 0 <= problem.span[0] <= problem.span[1] <= len(problem.source) + 1
        ):
            return Verdict(CRASH, "an error with a span outside of its source", repr(problem))
        return Verdict(REFUSED, reason_of(problem) + (" (sizes left out)" * unsized(case.term)))
    except NoPoint:
        return Verdict(NO_POINT)
    except _Wrong as problem:
        what, _, detail = str(problem).partition("|")
        return Verdict(WRONG, what, detail)
    except Late:
        return Verdict(CRASH, f"no answer within {SECONDS:g} s")
    except Exception as problem:  # anything else is what this looks for
        return Verdict(CRASH, f"{type(problem).__name__}: {place_of(problem)}", str(problem)[:300])


def place_of(problem: BaseException) -> str:
    """Where the engine raised an error: the last function of its own."""
    place, trace = "", problem.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if "trace_derivative" in code.co_filename:
            place = f"{code.co_filename.rpartition('/')[2]}:{code.co_name}"
        trace = trace.tb_next
    return place


def _check(case: Case, rng: Random, depth: Depth) -> Verdict:
    found = td.derive(case.text, list(case.wrt), **case.options, limits=_PATIENT)
    kind = RIGHT
    for d in found:
        one = _one(case, d, rng, depth)
        if one.kind != RIGHT:
            kind = one.kind
        if one.kind in (OTHER, NO_POINT):
            return one
    return Verdict(kind)


def _one(case: Case, d: td.Derivation, rng: Random, depth: Depth) -> Verdict:
    gradient = d.gradient
    if depth >= Depth.TEXTS:
        str(d.index_gradient)
        if gradient is not None and read_back(gradient, d) != gradient:
            raise _Wrong(f"the printed gradient reads back otherwise|{gradient}")
    dims = _dims(case, d)
    if dims is None:
        return Verdict(OTHER, "sizes left out")
    misses: list[str] = []
    seen = 0
    for _ in range(_TRIES):
        values = draw(case, rng)
        try:
            slope, direction, scale = directional(case, values, str(d.variable), d.structure, rng)
        except (NoPoint, np.linalg.LinAlgError):
            continue
        try:
            miss = _compare(d, values, dims, slope, direction, scale)
        except td.ShapeError as problem:
            if "is not known" in problem.message and "size" in problem.message:
                return Verdict(OTHER, "a size that nothing shows")
            raise
        if "|nan" in miss and _overflows(d, values, dims):
            continue
        seen += 1
        if not miss:
            break
        if unsized(case.term) and _read_otherwise(case, d, values, dims):
            return Verdict(OTHER, "sizes left out")
        misses.append(miss)
        if len(misses) == 3:
            raise _Wrong(misses[0])
    if len(misses) == seen:
        return Verdict(NO_POINT, "ill-conditioned" if seen else "")
    if depth is Depth.ALL:
        if unsized(case.term) and _read_otherwise(case, d, values, dims):
            return Verdict(OTHER, "sizes left out")
        _thorough(case, d, values, dims)
    return Verdict(RIGHT if gradient is not None else INDEX_ONLY)


def _overflows(d: td.Derivation, values: Mapping[str, Array], dims: Mapping[str, int]) -> bool:
    """Is the function no number in index notation, where softmax is a quotient of exponentials?"""
    with limited(_LONG):
        reading = read(str(d.expansion), symbols=d.symbols, ranges=indexed.ranges(d.expansion))
    return not np.isfinite(Evaluator(values, dims).value(reading.exprs[0])).all()


def _read_otherwise(
    case: Case, d: td.Derivation, values: Mapping[str, Array], dims: Mapping[str, int]
) -> bool:
    """Does the text mean another function to the engine?"""
    own = value(case.term, Point(values, case.sizes))[0, 0]
    theirs = float(Evaluator(values, dims).value(d.function))
    return not abs(own - theirs) <= TOLERANCE * max(1.0, abs(own))


def read_back(e: Any, d: td.Derivation) -> Any:
    """What a printed text means; it may be longer than an author's.

    Over what the index of a lone delta runs, the text does not show.
    """
    with limited(_LONG):
        again = read(str(e), symbols=d.symbols, expected=e.shape, ranges=index_ranges(e))
    return again.exprs[0]


def _compare(
    d: td.Derivation,
    values: Mapping[str, Array],
    dims: Mapping[str, int],
    slope: float,
    direction: Array,
    scale: float,
) -> str:
    """What is wrong with the answers at a point; nothing where they are right."""
    evaluator = Evaluator(values, dims)
    answers = {f"route {n}": e for n, e in d.routes.items() if e is not None and e != d.gradient}
    if d.gradient is not None:
        answers["gradient"] = d.gradient
    results = {n: evaluator.value(e) for n, e in answers.items()}
    if d.gradient is None and d.structure is None:
        results["index gradient"] = _index_gradient(d, evaluator)
    for name, result in results.items():
        if result.size != direction.size:
            return f"{name}: shape {result.shape} for {direction.shape}"
        parts = result.reshape(direction.shape) * direction
        here = max(scale, float(np.abs(parts).sum()))
        if not abs(float(parts.sum()) - slope) <= TOLERANCE * here:
            return f"{name} differs|{float(parts.sum())!r} for {slope!r}, {answers.get(name)}"
    return ""


def _index_gradient(d: td.Derivation, evaluator: Evaluator) -> Array:
    """The value of the derivative in index notation, as its printed text means it."""
    form = d.index_gradient
    shape = d.variable.shape if d.variable.shape[0] != 1 else d.variable.shape[::-1]
    with limited(_LONG):
        reading = read(
            str(form), symbols=d.symbols, expected=shape, ranges=indexed.ranges(form.body)
        )
    return evaluator.value(reading.exprs[0], reading.free)


def _dims(case: Case, d: td.Derivation) -> dict[str, int] | None:
    """The sizes of the engine's dimensions; None where it reads the text with other ones."""
    shapes, found = symbols(case.term), dict[str, int]()
    found.update({str(k): v for k, v in case.sizes.items() if _named(case, k)})
    for name, symbol in d.symbols.items():
        if name not in shapes:
            continue
        for dim, own in zip(symbol.shape, shapes[name], strict=True):
            size = case.sizes[own]
            known = dim if isinstance(dim, int) else found.setdefault(dim, size)
            if known != size:
                return None
    return found


def _named(case: Case, dim: Dim) -> bool:
    """Does the author name the dimension?"""
    declared = case.options.get("shapes", {})
    return isinstance(dim, str) and (
        any(dim in dims for dims in declared.values())
        or re.search(rf"\b{dim}\b", f"{case.text} {case.options.get('where', '')}") is not None
    )


def unsized(term: Term) -> bool:
    """Is there a constant matrix without its sizes?"""
    return any(
        isinstance(t, Leaf) and t.kind in ("eye", "ones", "zeros") and "(" not in t.text
        for t in _nodes(term)
    )


# ---------------------------------------------------------------------------- values


def draw(case: Case, rng: Random) -> dict[str, Array]:
    """Values of all symbols: of both signs, positive, or small."""
    numbers = np.random.default_rng(rng.getrandbits(32))
    low, high = rng.choice(((-1.5, 1.5), (0.3, 1.6), (0.3, 1.6), (0.05, 0.4), (-0.4, 0.4)))
    kinds = {**case.options.get("assume", {}), **case.options.get("structure", {})}
    found = {}
    for name, shape in symbols(case.term).items():
        rows, columns = case.sizes[shape[0]], case.sizes[shape[1]]
        x = numbers.uniform(low, high, (rows, columns))
        found[name] = _of_kind(x, kinds.get(name, "any"), low)
    return found


def _of_kind(x: Array, kind: str, low: float) -> Array:
    match kind:
        case "symmetric":
            return (x + x.T) / 2
        case "spd":
            return x @ x.T + (0.3 + abs(low)) * np.eye(len(x))
        case "positive":
            return np.abs(x) + 0.01
        case "diagonal":
            return x * np.eye(len(x))
        case "orthogonal":
            return np.asarray(np.linalg.qr(x)[0])
        case _:
            return x


def directional(
    case: Case,
    values: Mapping[str, Array],
    name: str,
    structure: str | None,
    rng: Random,
) -> tuple[float, Array, float]:
    """The slope of the term along a direction, the direction, and the scale of rounding.

    Of a variable with a structure the direction has that structure, and is returned as the
    weights of the entries that move: those on and above the diagonal.
    """
    if name not in values:
        return 0.0, np.ones((1, 1)), 1.0
    x = values[name]
    direction = np.random.default_rng(rng.getrandbits(32)).uniform(0.4, 1.0, x.shape)
    direction *= np.where(direction * 1e3 % 1 < 0.5, -1, 1)
    weights = direction
    if structure == "symmetric":
        direction = (direction + direction.T) / 2
        weights = np.triu(direction)
    elif structure == "diagonal":
        direction = direction * np.eye(len(direction))
        weights = direction
    slope, scale = slope_of(case, values, name, direction)
    return slope, weights, scale


def slope_of(
    case: Case, values: Mapping[str, Array], name: str, direction: Array
) -> tuple[float, float]:
    """The slope of the term along a direction, and how large slopes were on the way."""
    moved = {**values, name: values[name] + 1j * STEP * direction}
    point = Point(moved, case.sizes)
    with np.errstate(all="ignore"):
        found = complex(value(case.term, point)[0, 0])
    slope = found.imag / STEP
    if not abs(slope) < 1e7 or not point.steepest < 1e8:
        raise NoPoint
    return slope, max(abs(slope), 1e-3 * point.steepest, 1e-3)


# ------------------------------------------------------------------------ thorough


def _thorough(
    case: Case, d: td.Derivation, values: Mapping[str, Array], dims: Mapping[str, int]
) -> None:
    """Every entry, every output, the verification."""
    json.dumps(d.to_dict())
    for output in (d.latex(), d.text(), d.function.latex(), repr(d)):
        if not output:
            raise _Wrong("an output is empty")
    for e in (d.function, d.gradient):
        if e is not None and read_back(e, d) != e:
            raise _Wrong(f"the text reads back otherwise|{e}")
    own = value(case.term, Point(values, case.sizes))[0, 0]
    theirs = float(Evaluator(values, dims).value(d.function))
    if not abs(own - theirs) <= 1e-7 * max(1.0, abs(own)):
        raise _Wrong(f"the value of the function differs|{theirs} for {own}")
    results = {"index gradient, by entry": _index_gradient(d, Evaluator(values, dims))}
    if d.structure is None and d.gradient is not None:
        results["gradient, by entry"] = Evaluator(values, dims).value(d.gradient)
        with suppress(ModuleNotFoundError):  # functions of matrices need SciPy, where it is
            results["NumPy code"] = _run(d, values, dims)
    _by_entry(case, str(d.variable), values, results)
    try:
        verification = d.verification
    except td.UnsupportedError:
        return
    if not verification.passed:
        failed = [f"{c.name}: {c.message}" for c in verification.checks if not c.passed]
        raise _Wrong(f"the verification fails|{failed[:2]}")


def _by_entry(
    case: Case, name: str, values: Mapping[str, Array], results: Mapping[str, Array]
) -> None:
    if name not in values:
        return
    shape = values[name].shape
    expected, scale = np.zeros(shape), 1e-3
    for at in np.ndindex(*shape):
        unit = np.zeros(shape)
        unit[at] = 1.0
        expected[at], steep = slope_of(case, values, name, unit)
        scale = max(scale, steep)
    for what, result in results.items():
        error = float(np.abs(result.reshape(shape) - expected).max())
        if not error <= _ENTRIES * scale:
            raise _Wrong(f"{what} differs|by {error}")


def _run(d: td.Derivation, values: Mapping[str, Array], dims: Mapping[str, int]) -> Array:
    """What the generated NumPy function returns."""
    import math

    import sympy

    scope: dict[str, Any] = {"np": np, "math": math, "sympy": sympy}
    code = d.numpy()
    exec(compile(code, "<generated>", "exec"), scope)  # our own output
    function = next(v for k, v in scope.items() if callable(v) and getattr(v, "__code__", None))
    code_of = function.__code__
    names = code_of.co_varnames[: code_of.co_argcount + code_of.co_kwonlyargcount]
    ranks = {n: s.rank for n, s in d.symbols.items()}
    ranks |= {f"{n}_": rank for n, rank in ranks.items() if keyword.iskeyword(n)}
    values = {**values, **{f"{n}_": x for n, x in values.items()}}
    given = {n: _by_rank(values[n], ranks[n]) if n in ranks else dims[n] for n in names}
    return np.asarray(function(**given))


def _by_rank(x: Array, rank: int) -> Any:
    return float(x[0, 0]) if rank == 0 else x[:, 0] if rank == 1 else x


# ------------------------------------------------------------------------ shrinking


def shrunk(case: Case, verdict: Verdict, seed: object, depth: Depth, *, seconds: float) -> Case:
    """A smaller case with the same fault, found by replacing parts by simpler ones."""
    stop = time.monotonic() + seconds
    if "where" in case.options:
        options = {k: v for k, v in case.options.items() if k != "where"}
        plain = replace(case, text=text(case.term), options=options)
        if same(plain, verdict, seed, depth):
            case = plain
        else:
            return case
    going = True
    while going:
        going = False
        for smaller in _smaller(case.term):
            if time.monotonic() > stop:
                return case
            candidate = _with_term(case, smaller)
            if candidate is not None and same(candidate, verdict, seed, depth):
                case, going = candidate, True
                break
    for key in list(case.options):
        less = replace(case, options={k: v for k, v in case.options.items() if k != key})
        if time.monotonic() < stop and same(less, verdict, seed, depth):
            case = less
    return case


def same(case: Case, verdict: Verdict, seed: object, depth: Depth) -> bool:
    """Has the case the same fault?"""
    other = check(case, seed, depth)
    return (other.kind, other.reason) == (verdict.kind, verdict.reason)


def _with_term(case: Case, term: Term) -> Case | None:
    found = symbols(term)
    if case.wrt[0] not in found:
        return None
    options = dict(case.options)
    for key in ("shapes", "assume"):
        if key in options:
            options[key] = {n: v for n, v in options[key].items() if n in found}
    wrt = tuple(n for n in case.wrt if n in found)
    return replace(case, term=term, text=text(term), wrt=wrt, options=options)


def _smaller(term: Term) -> Iterator[Term]:
    """The term with one part replaced by a part of it, or by a leaf, of the same shape."""
    leaves = {t.shape: t for t in _nodes(term) if isinstance(t, Leaf)}
    yield from _replaced(term, leaves, frozenset())


def _replaced(term: Term, leaves: Mapping[Shape, Term], scope: frozenset[str]) -> Iterator[Term]:
    if isinstance(term, Leaf):
        return
    for inner in _nodes(term):
        if inner is not term and inner.shape == term.shape and free(inner) <= scope:
            yield inner
    if term.shape in leaves:
        yield leaves[term.shape]
    inside = scope
    if term.op.binds:
        inside = scope | {name for name, _ in term.indices.values()}
    for k, arg in enumerate(term.args):
        for new in _replaced(arg, leaves, inside):
            node = Node(
                term.op,
                (*term.args[:k], new, *term.args[k + 1 :]),
                term.shape,
                term.form,
                term.indices,
            )
            bound = {name for name, _ in term.indices.values()} if term.op.binds else set()
            if bound <= free(new):
                yield node


def _nodes(term: Term) -> list[Term]:
    """All parts, the smallest first."""
    found: list[Term] = [term]
    if isinstance(term, Node):
        for arg in term.args:
            found += _nodes(arg)
    return found[::-1] if isinstance(term, Leaf) else sorted(found, key=_count)


def _count(term: Term) -> int:
    return 1 + sum(map(_count, term.args)) if isinstance(term, Node) else 1
