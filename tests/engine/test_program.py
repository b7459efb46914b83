"""Programs: every operation once, planned by names, run at stacks of samples."""

from __future__ import annotations

from fractions import Fraction
from typing import get_args

import numpy as np
import pytest

from trace_derivative import index_sums as module, plan, planned
from trace_derivative.expr import Expr
from trace_derivative.planned import OpenError
from trace_derivative.program import Program
from trace_derivative.run import Run

RNG = np.random.default_rng(0)
SIZES = {"m": 2, "n": 3, "p": 4}
A = RNG.normal(size=(5, 2, 3))
B = RNG.normal(size=(5, 3, 4))
C = RNG.normal(size=(5, 4, 2))


def _given(program: Program) -> tuple[int, int, int]:
    return (
        program.symbol("A", ("m", "n")),
        program.symbol("B", ("n", "p")),
        program.symbol("C", ("p", "m")),
    )


def _run(program: Program) -> Run:
    return Run(program, {"A": A, "B": B, "C": C}, SIZES)


def test_an_operation_is_put_in_once() -> None:
    program = Program()
    a, b, _ = _given(program)
    first = program.multiply((a, b))
    count = len(program.operations)
    assert program.multiply((a, b)) == first
    assert len(program.operations) == count


def test_products_and_sums_are_of_stacks() -> None:
    program = Program()
    a, b, c = _given(program)
    slot = program.operation("tr", program.multiply((a, b, c)))
    expected = np.einsum("zij,zjk,zki->z", A, B, C)
    np.testing.assert_allclose(_run(program).value(slot)[:, 0, 0], expected)


def test_sums_over_indices_are_contractions_in_any_order() -> None:
    program = Program()
    a, b, c = _given(program)
    entries = [program.entry(a, "i", "j"), program.entry(b, "j", "k"), program.entry(c, "k", "i")]
    for names in ("ijk", "kji", "jik"):
        slot = program.index_sum([(name, None) for name in names], program.multiply(entries))
        expected = np.einsum("zij,zjk,zki->z", A, B, C)
        np.testing.assert_allclose(_run(program).value(slot)[:, 0, 0], expected)


def test_what_is_left_free_is_in_the_order_of_the_names() -> None:
    program = Program()
    a, b, _ = _given(program)
    body = program.multiply((program.entry(a, "z", "j"), program.entry(b, "j", "e")))
    slot = program.index_sum([("j", None)], body)
    assert program.axes[slot] == ("e", "z")
    expected = np.einsum("sij,sjk->ski", A, B)
    np.testing.assert_allclose(_run(program).value(slot)[..., 0, 0], expected)


def test_an_index_that_is_not_there_counts() -> None:
    program = Program()
    a, _, _ = _given(program)
    slot = program.index_sum([("i", "p"), ("j", "n")], program.entry(a, "i0", "i1"))
    np.testing.assert_allclose(_run(program).value(slot)[..., 0, 0], 12 * A)
    with pytest.raises(OpenError):
        program.index_sum([("i", None)], program.number(Fraction(1)))


def test_a_repeated_index_takes_the_diagonal() -> None:
    program = Program()
    a, b, c = _given(program)
    slot = program.entry(program.multiply((a, b, c)), "i", "i")
    expected = np.einsum("zij,zjk,zki->zi", A, B, C)
    np.testing.assert_allclose(_run(program).value(slot)[..., 0, 0], expected)


def test_many_axes_at_once_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_PRODUCTS", 1)
    program = Program(SIZES)
    a, b, _ = _given(program)
    places = (program.entry(a, "i", "j"), program.entry(a, "l", "j"), program.entry(b, "j", "k"))
    slot = program.index_sum([("j", None)], program.multiply(places))
    expected = np.einsum("zij,zlj,zjk->zikl", A, A, B)
    np.testing.assert_allclose(_run(program).value(slot)[..., 0, 0], expected)
    moved = _run(program).moved("A", np.stack([A, 2 * A]))
    np.testing.assert_allclose(moved.value(slot)[1, ..., 0, 0], 4 * expected)


def test_what_does_not_depend_on_the_moved_name_is_kept() -> None:
    program = Program()
    a, b, c = _given(program)
    kept = program.multiply((b, c))
    slot = program.operation("tr", program.multiply((a, kept)))
    run = _run(program)
    run.value(slot)
    calls = []
    plain = program.operations[kept]
    program.operations[kept] = lambda *arrays: calls.append(1) or plain(*arrays)  # type: ignore[func-returns-value]
    moved = run.moved("A", np.stack([A, -A]))
    expected = np.einsum("zij,zjk,zki->z", A, B, C)
    np.testing.assert_allclose(moved.value(slot)[..., 0, 0], [expected, -expected])
    assert not calls


def test_only_what_is_asked_for_is_worked_out() -> None:
    program = Program()
    a, _, _ = _given(program)
    program.call("fails", lambda x: 1 / 0, (a,), ("m", "n"))
    assert _run(program).value(a) is A


def test_two_scalars_and_a_matrix_do_not_add() -> None:
    program = Program()
    a, _, _ = _given(program)
    with pytest.raises(OpenError):
        program.add([(a, 1), (program.number(Fraction(1)), 1)])


def test_a_column_is_not_repeated_for_each_column_of_a_matrix() -> None:
    """NumPy would, and `x.*A` would pass for `diag(x)*A`."""
    program = Program(SIZES)
    a, _, _ = _given(program)
    x = program.symbol("x", ("m", 1))
    for combine in (
        lambda: program.elementwise(".*", x, a),
        lambda: program.elementwise("./", a, x),
        lambda: program.add([(a, 1), (x, -1)]),
        lambda: program.function("max", (a, x)),
    ):
        with pytest.raises(OpenError):
            combine()


def test_one_dimension_may_have_two_names() -> None:
    program = Program({**SIZES, "q": 6})
    a, b = program.symbol("a", ("q", 1)), program.symbol("b", ("m*n", 1))
    assert program.shapes[program.elementwise(".*", a, b)] == ("q", 1)


@pytest.mark.parametrize("samples", [1, 5])
def test_products_with_one_moved_factor_are_those_of_all_directions(samples: int) -> None:
    x, y = A[:samples], B[:samples]
    dual = np.stack([x, 2 * x, -x]) * (1 + 2j)
    np.testing.assert_allclose(planned.matmul(dual, y), np.matmul(dual, y))
    dual = np.stack([y, 3 * y]) * (1 - 1j)
    np.testing.assert_allclose(planned.matmul(x, dual), np.matmul(x, dual))
    np.testing.assert_allclose(planned.matmul(x[0], dual), np.matmul(x[0], dual))
    np.testing.assert_allclose(planned.matmul(x + 0j, y), np.matmul(x, y))


def test_every_kind_of_node_has_a_plan() -> None:
    assert set(get_args(Expr)) <= set(plan._PLANS)


def test_a_matrix_with_a_scalar_in_front_is_summed_as_its_entries_are() -> None:
    program = Program(SIZES)
    a, b, c = _given(program)
    scalar = program.multiply((program.entry(a, "i", "j"), program.entry(b, "j", "k")))
    body = program.multiply((scalar, program.column(c, "i"), program.row(b, "j")))
    slot = program.index_sum([("i", None), ("j", None)], body)
    assert program.axes[slot] == ("k",)
    expected = np.einsum("zij,zjk,zpi,zjq->zkpq", A, B, C, B)
    np.testing.assert_allclose(_run(program).value(slot), expected)


def test_what_is_held_stays_when_a_name_in_it_is_moved() -> None:
    program = Program(SIZES)
    a, b, _ = _given(program)
    held = program.held("D", program.multiply((a, b)), ("m", "p"))
    slot = program.operation("sum", program.elementwise(".*", held, program.multiply((a, b))))
    product = A @ B
    expected = (product * product).sum((-1, -2))
    moved = _run(program).moved("A", np.stack([A, 3 * A]))
    np.testing.assert_allclose(moved.value(slot)[..., 0, 0], [expected, 3 * expected])
    moving, given = program.moving([slot], "A")
    assert set(given) == {held, b}
    assert moving == [a, held - 1, slot - 1, slot]
    with pytest.raises(OpenError):
        program.held("E", a, ("p", "m"))


def test_needed_slots_are_all_before_those_that_need_them() -> None:
    program = Program(SIZES)
    a, b, c = _given(program)
    first = program.multiply((a, b))
    program.multiply((b, c))
    whole = program.operation("tr", program.multiply((first, c)))
    needed = program.needed([whole])
    assert needed == sorted(needed)
    assert set(needed) == {a, b, c, first, whole - 1, whole}
    run = _run(program)
    run.work_out(needed)
    np.testing.assert_allclose(run.value(whole)[:, 0, 0], np.einsum("zij,zjk,zki->z", A, B, C))
