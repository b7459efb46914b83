"""Functions of matrices by numbers, against series and iterations that share nothing with them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests import matrix_functions as mf
from trace_derivative import functions, spectral

NAMES = ("exp", "log", "sqrt", "sin", "cos", "sinh", "cosh")
STEP = 1e-20


def matrices(name: str, n: int = 4) -> tuple[Any, Any]:
    """A matrix in the domain of the function that is not symmetric, and a direction."""
    rng = np.random.default_rng(len(name) + n)
    a, e = rng.normal(size=(2, n, n))
    return (a + 6 * np.eye(n) if name in {"log", "sqrt", "pow"} else a), e


def close(got: Any, want: Any) -> bool:
    return bool(np.max(np.abs(got - want)) <= 1e-11 * np.max(np.abs(want)))


def of(name: str) -> spectral.Function:
    return functions.get(name).evaluate


@pytest.mark.parametrize("name", NAMES)
def test_values(name: str) -> None:
    a, _ = matrices(name)
    assert close(spectral.function_of(of(name), a), mf.MATRIX_FUNCTIONS[f"{name}m"](a))


@pytest.mark.parametrize("name", NAMES)
def test_a_complex_step_is_the_derivative_in_its_direction(name: str) -> None:
    a, e = matrices(name)
    want = mf.frechet(mf.MATRIX_FUNCTIONS[f"{name}m"], a, e)
    moved = spectral.function_of(of(name), a + 1j * STEP * e)
    assert close(moved.imag / STEP, want)
    assert close(moved.real, mf.MATRIX_FUNCTIONS[f"{name}m"](a))
    assert close(spectral.derivative(of(name), a, e), want)


def test_equal_and_near_eigenvalues() -> None:
    _, e = matrices("exp")
    for gap in (0.0, 1e-14, 1e-9, 1e-6, 1e-4, 2e-3, 3e-3, 1e-2):
        a = np.diag([1.0, 1.0 + gap, 1.0 + 2 * gap, -0.5])
        assert close(spectral.derivative(np.exp, a, e), mf.frechet(mf.expm, a, e)), gap


@pytest.mark.parametrize("name", NAMES)
def test_a_matrix_without_enough_eigenvectors(name: str) -> None:
    jordan = np.diag(np.ones(3), 1) + 2 * np.eye(4)
    _, e = matrices(name)
    f = mf.MATRIX_FUNCTIONS[f"{name}m"]
    assert close(spectral.function_of(of(name), jordan), f(jordan))
    assert close(spectral.derivative(of(name), jordan, e), mf.frechet(f, jordan, e))


def test_a_truly_complex_matrix() -> None:
    a, e = matrices("exp")
    z = a + 0.5j * e
    assert close(spectral.function_of(np.exp, z), mf.expm(z))


def test_stacks() -> None:
    a, e = matrices("log")
    stack = np.stack([a, a @ a])
    found = spectral.function_of(np.log, stack[:, None])
    assert found.shape == (2, 1, 4, 4)
    assert close(found[1, 0], mf.logm(a @ a))
    directions = np.stack([e, 2 * e, e.T])
    slopes = spectral.function_of(np.log, a + 1j * STEP * directions).imag / STEP
    for direction, slope in zip(directions, slopes, strict=True):
        assert close(slope, mf.frechet(mf.logm, a, direction))


@pytest.mark.parametrize("p", [0.5, -0.5, 1.7, -2.3, 3.0])
def test_powers(p: float) -> None:
    a, e = matrices("pow")
    exponent = np.array([[p]])
    assert close(spectral.power(a, exponent), mf.powm(a, p))
    moved = spectral.power(a + 1j * STEP * e, exponent).imag / STEP
    want = mf.frechet(lambda z: mf.powm(z, p), a, e)
    assert close(moved, want)
    assert close(spectral.power_derivative(a, e, exponent), want)
    by_exponent = spectral.power(a, exponent + 1j * STEP).imag / STEP
    assert close(by_exponent, mf.powm(a, p) @ mf.logm(a))


def test_both_the_matrix_and_the_exponent_may_move() -> None:
    a, e = matrices("pow")
    moved = spectral.power(a + 1j * STEP * e, np.array([[0.7 + 2j * STEP]])).imag / STEP
    own = mf.frechet(lambda z: mf.powm(z, 0.7), a, e)
    assert close(moved, own + 2 * mf.powm(a, 0.7) @ mf.logm(a))


def test_a_stack_of_exponents() -> None:
    a, _ = matrices("pow")
    found = spectral.power(a, np.array([0.5, 1.5, 0.5]).reshape(3, 1, 1))
    assert close(found[1], a @ mf.sqrtm(a))
    assert close(found[2], mf.sqrtm(a))


@pytest.mark.parametrize("name", ["log", "sqrt"])
def test_not_a_number_outside_the_domain(name: str) -> None:
    with np.errstate(all="ignore"):
        assert np.isnan(spectral.function_of(of(name), np.diag([1.0, -2.0]))).all()
        assert np.isnan(spectral.function_of(of(name), np.full((2, 2), np.nan))).all()
        assert np.isnan(spectral.function_of(np.log, np.diag([1.0, 0.0]))).any()


def test_a_second_derivative_is_not_a_number() -> None:
    a, e = matrices("exp")
    assert np.isnan(spectral.derivative(np.exp, a + 1j * STEP * e, e)).all()
    b, e = matrices("pow")
    with_step = np.array([[0.5 + 1j * STEP]])
    assert np.isnan(spectral.power_derivative(b, e, with_step)).all()


def test_the_derivative_is_linear_in_a_complex_direction() -> None:
    a, e = matrices("exp")
    found = spectral.derivative(np.exp, a, e + 1j * STEP * e.T)
    assert close(found.imag / STEP, mf.frechet(mf.expm, a, e.T))
