"""Immutable objects of many fields made quickly.

A frozen dataclass sets each of its fields by a call of its own.  Where very many objects are
made, each is made as one of an open twin of its class, by plain assignments, and becomes one of
its class when it is complete; where few of them live long, the type checker alone guards them.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, make_dataclass
from typing import Any, TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, eq_default=False)
def record(kind: type[T]) -> type[T]:
    """A dataclass with slots that are filled once: the type checker refuses all else.

    Each object equals itself alone.  For what is made anew for every text and is never shared.
    """
    return dataclass(slots=True, eq=False)(kind)


class _Twins(dict[type[Any], type[Any]]):
    """The twin of each class, made when it is first asked for."""

    def __missing__(self, kind: type[Any]) -> type[Any]:
        names = [(f.name, f.type) for f in fields(kind)]
        plain = make_dataclass(
            kind.__name__, names, eq=False, repr=False, namespace={"__doc__": kind.__doc__}
        )
        own = {
            "__slots__": (),
            "__init__": vars(plain)["__init__"],
            "__setattr__": object.__setattr__,
            "__delattr__": object.__delattr__,
        }
        self[kind] = type(kind.__name__, (kind,), own)
        return self[kind]


OPEN = _Twins()
"""Of a frozen dataclass with slots the class with the same fields, which may be assigned."""
