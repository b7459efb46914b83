"""Sums over labels of a product of labelled arrays, by variable elimination.

Input are operands `(array, labels)`, one label an axis; every label that is not kept is summed
out, the one with the smallest intermediate result first, two arrays at a time.  A chain of
hundreds of matrices therefore costs hundreds of matrix products.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from typing import Any, TypeAlias

import numpy as np

from .errors import LimitError, ShapeError

Array: TypeAlias = np.ndarray[Any, Any]
Label: TypeAlias = Hashable
Operand: TypeAlias = tuple[Array, tuple[Label, ...]]

LARGEST = 50_000_000
"""Entries that an intermediate array may have."""


def contract(operands: Sequence[Operand], keep: Sequence[Label]) -> Array:
    """The product of the operands, summed over all labels but those of `keep`, in their order.

    A kept label that no operand has becomes an axis of length 1.
    """
    network = _Network([_distinct(*operand) for operand in operands], keep)
    network.eliminate_all()
    return _outer(list(network.live.values()), tuple(keep))


def _distinct(array: Array, labels: tuple[Label, ...]) -> Operand:
    """The same operand with every label once: a repeated one takes the diagonal."""
    once = tuple(dict.fromkeys(labels))
    if len(once) == len(labels):
        return array, labels
    number = {label: k for k, label in enumerate(once)}
    return np.einsum(array, [number[k] for k in labels], [number[k] for k in once]), once


class _Network:
    """Operands, and for every label the operands that have it."""

    def __init__(self, operands: Sequence[Operand], keep: Sequence[Label]) -> None:
        self.live = dict(enumerate(operands))
        self.keep = frozenset(keep)
        self.sizes: dict[Label, int] = {}
        self.where: dict[Label, set[int]] = {}
        for k, (array, labels) in self.live.items():
            for label, size in zip(labels, array.shape, strict=True):
                if self.sizes.setdefault(label, size) != size:
                    raise ShapeError(
                        f"index {label} runs over {self.sizes[label]} and over {size} values"
                    )
                self.where.setdefault(label, set()).add(k)
        self.next = len(operands)

    def eliminate_all(self) -> None:
        """Sum out every label that is not kept."""
        costs = {label: self.cost(label) for label in self.where if label not in self.keep}
        while costs:
            label = min(costs, key=costs.__getitem__)
            if costs[label] > LARGEST:
                raise LimitError(
                    f"an intermediate array of {costs[label]:.1e} entries in a sum over indices",
                    hint="write the sum as smaller sums",
                )
            touched = self.eliminate(label)
            for other in [k for k in costs if k not in self.where]:
                del costs[other]
            for other in touched:
                if other in costs:
                    costs[other] = self.cost(other)

    def cost(self, label: Label) -> int:
        """The entries of what is left when the operands with this label are multiplied."""
        together = {k for number in self.where[label] for k in self.live[number][1]}
        together.discard(label)
        return math.prod(self.sizes[k] for k in together)

    def eliminate(self, label: Label) -> tuple[Label, ...]:
        """Multiply the operands with this label and sum; the labels of the result."""
        numbers = self.where[label]
        group = sorted((self.live.pop(k) for k in numbers), key=lambda operand: operand[0].size)
        together = dict.fromkeys(k for _, labels in group for k in labels)
        left = tuple(k for k in together if k in self.keep or not self.where[k] <= numbers)
        result = _multiply(group, left)
        for k in together:
            if k in left:
                self.where[k] -= numbers
                self.where[k].add(self.next)
            else:
                del self.where[k]
        self.live[self.next] = (result, left)
        self.next += 1
        return left


def _multiply(group: Sequence[Operand], left: tuple[Label, ...]) -> Array:
    """The product of a few operands over the labels `left`, all others summed out."""
    number: dict[Label, int] = {}
    for _, labels in group:
        for label in labels:
            number.setdefault(label, len(number))
    array, places = group[0][0], [number[k] for k in group[0][1]]
    target = [number[k] for k in left]
    if len(group) == 1:
        return np.asarray(np.einsum(array, places, target))
    for other, labels in group[1:-1]:
        more = [number[k] for k in labels]
        both = places + [k for k in more if k not in places]
        array = np.einsum(array, places, other, more, both)
        places = both
    last, labels = group[-1]
    return np.asarray(np.einsum(array, places, last, [number[k] for k in labels], target))


def _outer(operands: list[Operand], keep: tuple[Label, ...]) -> Array:
    """The product of what is left over the kept labels."""
    place = {label: k for k, label in enumerate(keep)}
    result: Array = np.ones((1,) * len(keep))
    for array, labels in sorted(operands, key=lambda operand: operand[0].size):
        order = sorted(range(len(labels)), key=lambda k: place[labels[k]])
        sizes = dict(zip(labels, array.shape, strict=True))
        shape = tuple(sizes.get(label, 1) for label in keep)
        result = result * array.transpose(order).reshape(shape)
    return result
