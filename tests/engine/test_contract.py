"""Sums of products over labels: against one big einsum, and fast where that would be hopeless."""

from __future__ import annotations

import time

import numpy as np
import pytest

from trace_derivative.contract import contract
from trace_derivative.errors import LimitError, ShapeError


def random(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng([seed, *shape]).normal(size=shape)


def test_a_matrix_product_with_its_ends_kept() -> None:
    a, b = random(2, 3), random(3, 4)
    assert np.allclose(contract([(a, ("i", "j")), (b, ("j", "k"))], ("k", "i")), (a @ b).T)


@pytest.mark.parametrize(
    "formula",
    [
        "ij,jk,ki->",
        "ij,ij,ij->ij",
        "ij,kj,lj,mj->ikl",
        "ii,ij->j",
        "i,j,k->k",
        "iij,jk,kl,l->",
        "ij,kl->",
        "abc,cde,efa,bdf->",
    ],
)
def test_agrees_with_einsum(formula: str) -> None:
    inputs, output = formula.split("->")
    sizes = {label: 2 + k % 3 for k, label in enumerate("abcdefijklm")}
    terms = inputs.split(",")
    arrays = [random(*[sizes[c] for c in term], seed=k) for k, term in enumerate(terms)]
    found = contract(list(zip(arrays, map(tuple, terms), strict=True)), tuple(output))
    assert np.allclose(found, np.einsum(formula, *arrays))


def test_a_kept_label_that_no_operand_has_is_an_axis_of_length_one() -> None:
    assert contract([(random(3), ("i",))], ("i", "k")).shape == (3, 1)


def test_no_operands_are_the_number_one() -> None:
    assert contract([], ()) == 1


def test_a_long_chain_is_cheap() -> None:
    n, count = 6, 300
    a = random(n, n) / 3
    start = time.perf_counter()
    found = contract([(a, (k, (k + 1) % count)) for k in range(count)], ())
    assert time.perf_counter() - start < 1
    assert np.isclose(found, np.trace(np.linalg.matrix_power(a, count)))


def test_a_star_of_many_arrays_is_cheap() -> None:
    a = random(4, 5)
    found = contract([(a, (k, "centre")) for k in range(40)], ())
    assert np.isclose(found, (a.sum(axis=0) ** 40).sum())


def test_complex_numbers_pass() -> None:
    a = random(2, 3) + 1j * random(2, 3, seed=1)
    assert np.allclose(contract([(a, ("i", "j")), (a, ("i", "j"))], ()), (a * a).sum())


def test_two_sizes_of_one_label_are_an_error() -> None:
    with pytest.raises(ShapeError, match="over 3 and over 4"):
        contract([(random(2, 3), ("i", "j")), (random(4), ("j",))], ())


def test_what_cannot_be_small_is_a_limit_error() -> None:
    labels = [(i, j) for i in range(14) for j in range(i)]
    with pytest.raises(LimitError, match="intermediate"):
        contract([(random(8, 8), pair) for pair in labels], ())
