"""The command line: what it prints, and its exit status."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from trace_derivative.cli import main


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Exit status, standard output, standard error."""
    status = main(arguments)
    out = capsys.readouterr()
    return status, out.out, out.err


def test_text_is_the_default(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, "tr(A X B)", "--wrt", "X")
    assert (status, err) == (0, "")
    assert "∂tr[A X B]/∂X = Aᵀ Bᵀ" in out
    assert "Verified: " in out


def test_latex(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "tr(A X B)", "--wrt", "X", "--format", "latex")
    assert status == 0
    assert r"\mathbf{A}^{T}\mathbf{B}^{T}" in out.replace(" ", "")


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "tr(A X B)", "--wrt", "X", "--format", "json")
    data = json.loads(out)
    assert status == 0
    assert data["gradient"]["text"] == "A'*B'"
    assert data["verification"]["passed"] is True
    assert all(step["check"]["passed"] for step in data["steps"])


def test_numpy_code_runs(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "tr(A diag(x) B)", "--wrt", "x", "--format", "numpy")
    scope: dict[str, object] = {"np": np}
    exec(out, scope)
    a, b, x = np.arange(6.0).reshape(2, 3), np.arange(6.0).reshape(3, 2), np.ones(3)
    function = scope["gradient"]
    got = function(A=a, B=b, x=x)  # type: ignore[operator]
    np.testing.assert_allclose(got, np.diag(b @ a))


def test_right_claim_is_status_0(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "tr(A X B)", "--wrt", "X", "--expect", "(B*A)'")
    assert status == 0
    assert "author" in out


def test_wrong_claim_is_status_1_with_a_counterexample(capsys: pytest.CaptureFixture[str]) -> None:
    shapes = "A: n n; X: n n; B: n n"
    status, out, err = run(
        capsys, "tr(A X B)", "--wrt", "X", "--shapes", shapes, "--expect", "A'*B"
    )
    assert status == 1
    assert "np.array" in err
    assert "Verified:" not in out
    assert "fails" in out


def test_bad_input_is_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, "tr(A X", "--wrt", "X")
    assert (status, out) == (2, "")
    assert err.startswith("ParseError:")
    assert "^" in err
    assert "hint:" in err


def test_claim_that_does_not_conform_is_status_1(capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = run(capsys, "tr(A X B)", "--wrt", "X", "--expect", "A*B")
    assert status == 1
    assert "does not conform" in err
    assert "np.array" in err


def test_claim_that_cannot_be_read_is_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = run(capsys, "tr(A X B)", "--wrt", "X", "--expect", "A*")
    assert status == 2
    assert err.startswith("ParseError:")


def test_several_variables(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "norm2(X - W*H)^2", "--wrt", "W, H")
    assert status == 0
    assert "/∂W" in out
    assert "/∂H" in out


def test_abbreviations_assumptions_routes_and_forms(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(
        capsys,
        "norm2(D)^2",
        *("--wrt", "W", "--where", "D = X - W*H", "--assume", "X: positive"),
        *("--route", "identities", "--form", "expanded"),
    )
    assert status == 0
    assert "D = X - W H" in out
    assert "-2 X Hᵀ + 2 W H Hᵀ" in out


def test_module_runs() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "trace_derivative", "tr(X)", "--wrt", "X"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Verified" in done.stdout


def test_function_from_standard_input(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import io

    monkeypatch.setattr("sys.stdin", io.StringIO("tr(A X B)\n"))
    status, out, _ = run(capsys, "-", "--wrt", "X")
    assert status == 0
    assert "Aᵀ Bᵀ" in out
