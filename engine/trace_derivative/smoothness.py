"""Where a function has no derivative: what a reader of its derivative has to be told.

Input: the function, the variable, what is known of the symbols.  Output: sentences, in the order
in which the functions concerned occur.
"""

from __future__ import annotations

from collections.abc import Iterator

from . import expr as ex, functions, operators
from .expr import Expr, Symbol
from .kinds import Facts
from .properties import is_definite, sign_of


def smoothness_notices(function: Expr, variable: Symbol, facts: Facts) -> tuple[str, ...]:
    """What holds almost everywhere only, and why."""
    if not ex.holds(function, ex.Apply, ex.Operation):
        return ()
    found = []
    for ties, one, several in _SENTENCES:
        names = list(dict.fromkeys(_kinks(function, variable.name, facts, ties)))
        if len(names) == 1:
            found.append(f"{names[0]} {one}")
        elif names:
            found.append(f"{', '.join(names[:-1])} and {names[-1]} {several}")
    if any(_is_norm_at_zero(e, variable.name, facts) for e in not_squared(function)):
        found.append("norm2 is not differentiable at 0: the derivative holds elsewhere")
    return tuple(found)


_SENTENCES = (
    (
        False,
        "has a kink or a jump at 0: the derivative holds where no argument of it is 0",
        "have a kink or a jump at 0: the derivative holds where no argument of theirs is 0",
    ),
    (
        True,
        "has a kink where its arguments are equal: the derivative holds elsewhere",
        "have a kink where their arguments are equal: the derivative holds elsewhere",
    ),
)
"""Whether it is about arguments that are equal; the words for one function, and for several."""


def _kinks(function: Expr, name: str, facts: Facts, ties: bool) -> Iterator[str]:
    """The functions with a kink at 0 (or at `ties`) in which the variable moves."""
    for e in ex.walk(function):
        match e:
            case ex.Apply(function=word, args=args) if not functions.get(word).analytic:
                at_ties = functions.get(word).domain == "unequal"
            case ex.Operation(operator=word, args=args) if not operators.TABLE[word].analytic:
                at_ties = False
            case _:
                continue
        moves = any(name in p.symbols and (ties or not sign_of(p, facts)) for p in args)
        if at_ties == ties and moves:
            yield word


def not_squared(function: Expr) -> Iterator[Expr]:
    """All parts, but for norms that are raised to an even power above zero: these are smooth."""
    seen: set[Expr] = set()
    stack = [function]
    while stack:
        e = stack.pop()
        if e in seen:
            continue
        seen.add(e)
        yield e
        match e:
            case ex.Power(
                base=ex.Operation(operator="norm2", args=(arg,)), exponent=ex.Number(value=p)
            ) if p > 0 and p.denominator == 1 and p % 2 == 0:
                stack.append(arg)
            case _:
                stack.extend(e.parts)


def _is_norm_at_zero(e: Expr, name: str, facts: Facts) -> bool:
    """Is it a norm of what moves and may be zero?"""
    if not ex.is_operation(e, "norm2") or name not in e.arg.symbols:
        return False
    unit = isinstance(e.arg, Symbol) and "unit" in facts.get(e.arg.name, frozenset())
    return not (unit or sign_of(e.arg, facts) or is_definite(e.arg, facts))
