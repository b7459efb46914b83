"""Median time from text to verified LaTeX for each function of the notes, beside SymPy's `diff`.

Run it with the package installed: `python benchmarks/notes.py [--runs 21]`.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import sympy
from sympy.core.cache import clear_cache

import trace_derivative as td

FUNCTIONS = (
    ("(9)", "tr(A X B)", "X", ""),
    ("(12)", "tr(A X^T B)", "X", ""),
    ("(17)", "tr(A X B X C^T)", "X", ""),
    ("(21)", "tr(A X X^T B C X^T X C)", "X", ""),
    ("(24)", "norm2(X - W*H)^2", "W", ""),
    ("(27)", "tr(V' log(A X B))", "X", ""),
    ("(28)", "tr(V' log(A X' B))", "X", ""),
    ("(31)", "tr(A diag(x) B)", "x", ""),
    ("(34)", "tr(J A diag(x) B)", "x", "J: ones"),
    ("(41)", "tr(V' log(A diag(x) B))", "x", ""),
    ("(46)", "tr(sum(k: V' log(A diag(B[k,:] X) C)))", "X", ""),
)


def _sympy_cases() -> dict[str, Callable[[], object]]:
    """The derivatives that SymPy's matrix expressions can do, written for it by hand."""
    m, n, p, q = sympy.symbols("m n p q", integer=True, positive=True)

    def mat(name: str, rows: object, columns: object) -> sympy.MatrixSymbol:
        return sympy.MatrixSymbol(name, rows, columns)

    x = mat("X", m, n)

    def trace(*factors: sympy.MatrixExpr) -> sympy.Expr:
        return sympy.Trace(sympy.MatMul(*factors))

    def log(e: sympy.MatrixExpr) -> sympy.MatrixExpr:
        return e.applyfunc(sympy.log)

    w, h, data = mat("W", m, q), mat("H", q, n), mat("X", m, n)
    error = data - w * h
    return {
        "(9)": lambda: trace(mat("A", p, m), x, mat("B", n, p)).diff(x),
        "(12)": lambda: trace(mat("A", p, n), x.T, mat("B", m, p)).diff(x),
        "(17)": lambda: trace(mat("A", p, m), x, mat("B", n, m), x, mat("C", p, n).T).diff(x),
        "(21)": lambda: trace(
            mat("A", n, m), x, x.T, mat("B", m, n), mat("C", n, n), x.T, x, mat("C", n, n)
        ).diff(x),
        "(24)": lambda: trace(error, error.T).diff(w),
        "(27)": lambda: trace(mat("V", p, q).T, log(mat("A", p, m) * x * mat("B", n, q))).diff(x),
        "(28)": lambda: trace(mat("V", p, q).T, log(mat("A", p, n) * x.T * mat("B", m, q))).diff(x),
    }


def _ours(text: str, wrt: str, shapes: str, verified: bool) -> Callable[[], object]:
    def gradient() -> object:
        td.clear_caches()
        return str(td.derive(text, wrt=wrt, shapes=shapes or None).gradient)

    def whole() -> object:
        td.clear_caches()
        d = td.derive(text, wrt=wrt, shapes=shapes or None)
        if not d.verification.passed:
            raise SystemExit(f"{text}: the verification failed")
        return d.latex()

    return whole if verified else gradient


def _time(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1e3


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=21)
    runs = parser.parse_args().runs
    peers = _sympy_cases()
    print(
        f"{'eq':6}{'gradient':>10}{'verified':>10}{'SymPy':>10}{'SymPy/gradient':>16}{'SymPy/verified':>16}"
    )
    for label, text, wrt, shapes in FUNCTIONS:
        works = [_ours(text, wrt, shapes, False), _ours(text, wrt, shapes, True)]
        for w in works:
            w()
        times: list[list[float]] = [[], [], []]
        for _ in range(runs):
            for n, w in enumerate(works):
                times[n].append(_time(w))
            if label in peers:
                clear_cache()
                times[2].append(_time(peers[label]))
        a, b = statistics.median(times[0]), statistics.median(times[1])
        row = f"{label:6}{a:10.2f}{b:10.2f}"
        if label in peers:
            c = statistics.median(times[2])
            row += f"{c:10.2f}{c / a:16.1f}{c / b:16.1f}"
        print(row)
    print("milliseconds, medians; SymPy: diff alone, cache cleared, no steps, no verification")


if __name__ == "__main__":
    main()
