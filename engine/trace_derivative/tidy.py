"""Indexed -> Indexed: every bound index named anew, in the order in which a reader meets it.

Input: an index form, the names that are taken and those that the author has written; output: the
same value, in which no sum has a name of a sum around it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from .expr import Index
from .indexed import (
    Element,
    Indexed,
    KroneckerDelta,
    SumOver,
    fresh_names,
    map_children,
    rename,
    rename_apart,
    sum_over,
)


def tidy(
    t: Indexed,
    taken: Iterable[str],
    keep: frozenset[str] = frozenset(),
    moved: Mapping[Index, Index] = MappingProxyType({}),
) -> Indexed:
    """Name every bound index anew, in the order in which a reader meets it.

    No index gets a name in `taken` (symbols, dimensions) or the name of a free index, and no
    inner one the name of one around it.  The author's own names, `keep`, stay where they do not
    clash, and stand first among the sums.  Free indices become what they are `moved` to.
    """
    if keep or not t.binds:
        # an index that another one is moved to the name of is the author's no longer
        t, moved = rename(t, moved), {}
    if not t.binds:
        return t
    scope = frozenset([moved.get(i, i).name for i in t.free])
    forbidden = frozenset(taken)
    return _Tidying(forbidden, keep, forbidden | keep).within(t, scope, dict(moved))


class _Tidying(NamedTuple):
    """Names for bound indices: `forbidden` ones are given to none, those to `keep` stay.

    `used` are both of them.
    """

    forbidden: frozenset[str]
    keep: frozenset[str]
    used: frozenset[str]

    def within(self, t: Indexed, scope: frozenset[str], names: dict[Index, Index]) -> Indexed:
        """The value with all indices named anew: `names` are those of what is free in it.

        The indices around it have the names in `scope`; those of `names` are all new.
        """
        if not t.binds:
            return rename(t, names) if names else t
        if not isinstance(t, SumOver):
            return map_children(t, lambda part: self.within(part, scope, names))
        own = self._own(t, scope, names)
        around = names | own if names else own
        changed = {i: new for i, new in around.items() if i != new}
        indices = tuple(own.values())
        inside = t.body
        if changed or inside.binds:
            inside = self.within(inside, scope.union([i.name for i in indices]), changed)
        same = inside is t.body and indices == t.indices and not isinstance(inside, SumOver)
        return t if same else sum_over(indices, inside)

    def _own(
        self, t: SumOver, scope: frozenset[str], names: dict[Index, Index]
    ) -> dict[Index, Index]:
        """The new names of the indices of a sum, in reading order."""
        order = _by_appearance(t, names)
        unused = fresh_names(self.used | scope)
        if not self.keep:
            return {i: _called(i, name) for i, name in zip(order, unused, strict=False)}
        order.sort(key=lambda i: i.name not in self.keep)
        return {i: i if self._stays(i, scope) else Index(next(unused), i.dim) for i in order}

    def _stays(self, i: Index, scope: frozenset[str]) -> bool:
        """Does an index keep its name?"""
        return i.name in self.keep and i.name not in scope and i.name not in self.forbidden


def _called(i: Index, name: str) -> Index:
    """The index by another name; the same one where it has that already."""
    return i if i.name == name else Index(name, i.dim)


def _by_appearance(t: SumOver, names: Mapping[Index, Index]) -> list[Index]:
    """The indices of a sum in the order in which they first appear in its body.

    `names` are the new names of the indices of the sums around it.
    """
    missing = dict.fromkeys(t.indices)
    found: list[Index] = []
    stack: list[Indexed] = [t.body]
    while stack and len(missing) > 1:
        node = stack.pop()
        if isinstance(node, Element):
            seen: tuple[Index, ...] = node.indices
            if not missing.keys().isdisjoint(node.matrix.free):
                seen += tuple(sorted(node.matrix.free, key=lambda i: names.get(i, i).name))
        elif isinstance(node, KroneckerDelta):
            seen = (node.row, node.column)
        else:
            if not missing.keys().isdisjoint(node.free):
                if isinstance(node, SumOver) and not missing.keys().isdisjoint(node.indices):
                    node = rename_apart(node, [i.name for i in t.indices])
                stack.extend(reversed(node.parts))
            continue
        for i in seen:
            if i in missing:
                del missing[i]
                found.append(i)
    return found + list(missing)
