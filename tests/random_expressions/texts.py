"""Random texts that need not be expressions: mutated ones, and strings of tokens.

Every one is an answer or an error of the engine's own, with a place inside of its source.
"""

from __future__ import annotations

import re
from random import Random

import trace_derivative as td
from tests.random_expressions.check import (
    CRASH,
    REFUSED,
    RIGHT,
    SECONDS,
    Late,
    Verdict,
    place_of,
    reason_of,
    time_limit,
)
from tests.random_expressions.generate import case
from tests.random_expressions.grammar import MATRICES, SCALARS, VECTORS

_TOKENS = (
    "A B X x y a T I J W1 alpha Sigma α Σ λ tr det inv log exp sum norm2 norm1 diag ones zeros eye "
    "rows delta dot gamma erf zeta foo AXB TX ( ) [ ] ( ) [ ] ( ) , : + - * / .* ./ ^ .^ ' ' .T "
    "⊙ ⊘ @ ‖ _F 1 2 0 0.5 1e5 1e400 -1 i j k sum(k: sum(i,j: rows(k: [k,:] [i,j] [:,k] ² ⁻¹ ᵀ ⊤ "
    "\\odot · − А { } = ones(m,n) eye(n) ^-1 ^T n m tr( diag( exp( log( x' X' ; \\ \" # \n \t é 9"
)
TOKENS = _TOKENS.split(" ")
_WORD = re.compile(r"[A-Za-z]\w*|\d+(?:\.\d+)?|\s+|.", re.DOTALL)
_VARIABLES = frozenset((*MATRICES, *VECTORS, *SCALARS))
OPTIONS: tuple[dict[str, object], ...] = (
    {},
    {},
    {"shapes": "A: m n; X: n m; x: n; y: m; a: scalar; J: ones"},
    {"shapes": "T: scalar; I: n n; A: n 1; B: 1 n; X: 1 1"},
    {"where": "D = A*X; B = D'"},
    {"form": "expanded"},
    {"structure": {"X": "symmetric"}},
    {"assume": "X: spd; A: positive"},
)


def bad_text(seed: object, number: int) -> tuple[str, dict[str, object]]:
    """A text and options for `derive`."""
    rng = Random(f"text:{seed}:{number}")
    options = dict(rng.choice(OPTIONS))
    if rng.random() < 0.3:
        count = rng.randint(1, 14)
        return rng.choice(("", " ")).join(rng.choices(TOKENS, k=count)), options
    original = case(f"text:{seed}", number)
    words = _WORD.findall(original.text)[:120]
    if rng.random() < 0.6:
        options = dict(original.options)
    for _ in range(rng.choice((1, 1, 1, 2, 2, 4))):
        _mutate(rng, words)
    return "".join(words), options


def _mutate(rng: Random, words: list[str]) -> None:
    """Change one place, often to another word of the same kind: something can come of it."""
    at = rng.randrange(len(words)) if words else 0
    match rng.randrange(8):
        case 0:
            del words[at : at + rng.randint(1, 3)]
        case 1:
            words.insert(at, rng.choice(TOKENS))
        case 2 if words:
            words.insert(at, rng.choice(words))
        case 3 if words:
            other = rng.randrange(len(words))
            words[at], words[other] = words[other], words[at]
        case 4 if words:
            words[at] = rng.choice(TOKENS)
        case _ if words:
            alike = [t for t in (*TOKENS, *words) if t.isalpha() == words[at].isalpha()]
            words[at] = rng.choice(alike)


def check_text(text: str, options: dict[str, object], *, thorough: bool = False) -> Verdict:
    """The verdict on a text: an answer, a refusal with a place, or a crash."""
    try:
        with time_limit():
            wrt = next((w for w in _WORD.findall(text) if w in _VARIABLES), "X")
            d = td.derive(text, wrt, **options)  # type: ignore[arg-type]
            str(d.gradient), str(d.index_gradient), d.routes
            if thorough:
                d.latex(), d.text(), d.to_dict()
    except td.TraceDerivativeError as problem:
        inside = problem.span is not None and (
            0 <= problem.span[0] <= problem.span[1] <= len(problem.source) + 1
        )
        if not inside and not _about_options(problem):
            return Verdict(CRASH, f"no place: {reason_of(problem)}", f"{problem.span}")
        if problem.message not in str(problem):
            return Verdict(CRASH, "an error without its message")
        return Verdict(REFUSED, reason_of(problem))
    except Late:
        return Verdict(CRASH, f"no answer within {SECONDS:g} s")
    except Exception as problem:  # anything else is what this looks for
        return Verdict(CRASH, f"{type(problem).__name__}: {place_of(problem)}", str(problem)[:300])
    return Verdict(RIGHT)


def _about_options(problem: td.TraceDerivativeError) -> bool:
    """Is the error about an option or the time, and not about a place in a text?"""
    message = problem.message
    return (
        message.startswith(("assume", "structure", "no answer within"))
        or "a structure" in message
        or "the limit is" in message
    )
