"""The table of kinds: what is drawn is of the kind, and of no other by accident."""

from __future__ import annotations

import random
import re

import numpy as np
import pytest

import trace_derivative as td
from trace_derivative.kinds import KINDS, closure, drawn, kinds_of
from trace_derivative.values import Draw, Way

SIZES = {"square": (4, 4), "vector": (4, 1), "tall": (4, 3), "any": (4, 4)}


def is_of(kind: str, a: np.ndarray) -> bool:
    """The definition of each kind, once more and by hand."""
    n = len(a)
    square = a.shape[0] == a.shape[1]
    match kind:
        case "positive":
            return bool((a > 0).all())
        case "nonnegative":
            return bool((a >= 0).all())
        case "negative":
            return bool((a < 0).all())
        case "unit":
            return a.shape[1] == 1 and np.isclose(a.ravel() @ a.ravel(), 1.0, atol=1e-12)
        case "symmetric":
            return square and np.allclose(a, a.T, atol=1e-12)
        case "skew":
            return square and np.allclose(a, -a.T, atol=1e-12)
        case "lower":
            return square and not np.triu(a, 1).any()
        case "upper":
            return square and not np.tril(a, -1).any()
        case "diagonal":
            return square and np.array_equal(a, np.diag(np.diag(a)))
        case "psd":
            return is_of("symmetric", a) and bool(np.linalg.eigvalsh(a)[0] > -1e-12)
        case "spd":
            return is_of("symmetric", a) and bool(np.linalg.eigvalsh(a)[0] > 1e-3)
        case "idempotent":
            return square and np.allclose(a @ a, a, atol=1e-9)
        case "projection":
            return is_of("idempotent", a) and is_of("symmetric", a)
        case "orthonormal":
            return np.allclose(a.T @ a, np.eye(a.shape[1]), atol=1e-12)
        case "orthogonal":
            return square and np.allclose(a @ a.T, np.eye(n), atol=1e-12)
        case "invertible":
            return square and bool(np.linalg.cond(a) < 1e4)
        case _:
            raise AssertionError(kind)


def some(kinds: set[str], size: tuple[int, int], count: int = 8) -> list[np.ndarray]:
    """Some matrices of the kinds, drawn in the plain way."""
    draw = Draw(random.Random(7), Way(0.25, 1.25))
    found = [drawn(draw, *size, frozenset(kinds)) for _ in range(count)]
    return [a for a in found if a is not None]


@pytest.mark.parametrize("kind", KINDS)
def test_drawn_values_are_of_the_kind_and_of_no_other(kind: str) -> None:
    matrices = some({kind}, SIZES[KINDS[kind].shape])
    assert len(matrices) >= 4
    expected = closure(frozenset({kind})) | ({"orthonormal"} if kind == "unit" else set())
    for other in KINDS:
        always = all(is_of(other, a) for a in matrices)
        if other in expected:
            assert always, other
        elif other != "invertible":  # most matrices are
            assert not always, other


@pytest.mark.parametrize(
    "kinds",
    [
        {"symmetric", "orthogonal"},
        {"skew", "orthogonal"},
        {"spd", "orthogonal"},
        {"symmetric", "idempotent"},
        {"diagonal", "orthogonal"},
        {"diagonal", "idempotent"},
        {"idempotent", "invertible"},
        {"upper", "invertible"},
        {"symmetric", "positive"},
        {"spd", "positive"},
        {"skew", "invertible"},
        {"lower", "orthogonal"},
    ],
    ids=lambda kinds: "-".join(sorted(kinds)),
)
def test_several_kinds_at_once_all_hold(kinds: set[str]) -> None:
    matrices = some(kinds, (4, 4))
    assert matrices
    assert all(is_of(kind, a) for kind in kinds for a in matrices)


@pytest.mark.parametrize(
    "kinds",
    [
        "skew, symmetric",
        "skew, spd",
        "positive, negative",
        "positive, orthogonal",
        "skew, diagonal",
        "skew, idempotent",
        "negative, spd",
    ],
)
def test_kinds_that_exclude_each_other_are_refused(kinds: str) -> None:
    first, second = sorted(kinds.split(", "))
    with pytest.raises(td.ParseError, match=f"S cannot be {first} and {second} at once"):
        td.derive("tr(S*X)", wrt="X", assume={"S": kinds})
    with pytest.raises(td.ParseError, match="at once"):
        td.equal("tr(S)", "tr(S')", assume={"S": kinds})


def test_a_structure_and_an_assumption_that_exclude_each_other_are_refused() -> None:
    with pytest.raises(td.ParseError, match="X cannot be skew and symmetric at once"):
        td.derive("tr(A*X)", wrt="X", assume={"X": "symmetric"}, structure={"X": "skew"})


@pytest.mark.parametrize(
    ("kind", "shapes", "words"),
    [
        ("unit", "S: n n; X: n n", "only a vector can be unit"),
        ("orthonormal", "S: 2 3; X: 3 2", "columns are too many"),
    ],
)
def test_kinds_ask_for_shapes(kind: str, shapes: str, words: str) -> None:
    with pytest.raises(td.ShapeError, match=words):
        td.derive("tr(S*X)", wrt="X", assume={"S": kind}, shapes=shapes)
    with pytest.raises(td.ShapeError):
        td.derive("tr(S*X)", wrt="X", assume={"S": "orthogonal"}, shapes="S: m n")


@pytest.mark.parametrize("kind", [k for k in KINDS.values() if k.fact], ids=lambda k: k.name)
def test_the_fact_of_a_kind_is_true_of_it_and_not_of_others(kind: object) -> None:
    assert isinstance(kind, type(KINDS["unit"]))
    assert kind.fact is not None
    left, right = (re.sub("I", "eye(n)", part) for part in kind.fact)
    shapes = {"vector": "S: n", "tall": "S: m n", "square": "S: n n", "any": ""}[kind.shape]
    assert td.equal(left, right, shapes=shapes, assume={"S": kind.name}).passed
    assert not td.equal(left, right, shapes=shapes).passed


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_kind_implies_is_true_of_it(kind: str) -> None:
    for weaker in closure(frozenset({kind})):
        assert all(is_of(weaker, a) for a in some({kind}, SIZES[KINDS[kind].shape])), weaker


def test_other_names_of_kinds() -> None:
    assert kinds_of("Skew-Symmetric") == kinds_of("antisymmetric") == {"skew"}
    assert kinds_of("lower triangular, non-negative") == {"lower", "nonnegative"}
    assert kinds_of("positive_semidefinite") == {"psd"}
    assert all(kinds_of(alias) == {k.name} for k in KINDS.values() for alias in k.aliases)


def test_a_matrix_that_is_invertible_at_some_sizes_only() -> None:
    d = td.derive("tr(A*inv(X))", wrt="X", assume={"X": "skew"})
    assert {s.values["X"].shape[0] % 2 for s in d.samples} == {0}
    assert d.verification.passed


def test_columns_that_are_orthonormal_are_never_more_than_the_rows() -> None:
    d = td.derive("norm2(U*X - B)^2", wrt="X", assume={"U": "orthonormal"})
    for sample in d.samples:
        rows, columns = sample.values["U"].shape
        assert rows > columns
