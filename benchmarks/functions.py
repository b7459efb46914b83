"""The functions of the notes, for this engine, for SymPy and for CasADi."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy

import trace_derivative as td

NOTES = (
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
"""Number, text, variable, declarations."""


def gradient(text: str, wrt: str, shapes: str = "", limits: td.Limits | None = None) -> str:
    """The text of the gradient."""
    return str(td.derive(text, wrt=wrt, shapes=shapes or None, limits=limits).gradient)


def verified(text: str, wrt: str, shapes: str = "", limits: td.Limits | None = None) -> str:
    """LaTeX of the whole derivation, every step checked."""
    d = td.derive(text, wrt=wrt, shapes=shapes or None, limits=limits)
    if not d.verification.passed:
        raise SystemExit(f"{text[:60]}: the verification failed")
    return d.latex()


def by_sympy() -> dict[str, Callable[[], object]]:
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


def by_casadi() -> dict[str, Callable[[], object]]:
    """The same for CasADi, of fixed sizes; none where it is not installed."""
    try:
        import casadi as ca
    except ModuleNotFoundError:
        return {}
    m, n, p, q = 4, 5, 3, 2

    def mat(name: str, rows: int, columns: int = 1) -> Any:
        return ca.MX.sym(name, rows, columns)

    def slope(variable: Any, function: Callable[[Any], Any]) -> object:
        return ca.gradient(function(variable), variable)

    def rows_summed(x: Any) -> Any:
        a, b, c = mat("A", p, n), mat("B", q, m), mat("C", n, q)
        v = mat("V", p, q)
        return sum(ca.trace(v.T @ ca.log(a @ ca.diag(b[k, :] @ x) @ c)) for k in range(q))

    def squared(w: Any) -> Any:
        return ca.sumsqr(mat("X", m, n) - w @ mat("H", q, n))

    return {
        "(9)": lambda: slope(
            mat("X", m, n), lambda x: ca.trace(mat("A", p, m) @ x @ mat("B", n, p))
        ),
        "(12)": lambda: slope(
            mat("X", m, n), lambda x: ca.trace(mat("A", p, n) @ x.T @ mat("B", m, p))
        ),
        "(17)": lambda: slope(
            mat("X", m, n),
            lambda x: ca.trace(mat("A", p, m) @ x @ mat("B", n, m) @ x @ mat("C", p, n).T),
        ),
        "(21)": lambda: slope(
            mat("X", m, n),
            lambda x: ca.trace(
                mat("A", n, m)
                @ x
                @ x.T
                @ mat("B", m, n)
                @ mat("C", n, n)
                @ x.T
                @ x
                @ mat("D", n, n)
            ),
        ),
        "(24)": lambda: slope(mat("W", m, q), squared),
        "(27)": lambda: slope(
            mat("X", m, n),
            lambda x: ca.trace(mat("V", p, q).T @ ca.log(mat("A", p, m) @ x @ mat("B", n, q))),
        ),
        "(28)": lambda: slope(
            mat("X", m, n),
            lambda x: ca.trace(mat("V", p, q).T @ ca.log(mat("A", p, n) @ x.T @ mat("B", m, q))),
        ),
        "(31)": lambda: slope(
            mat("x", n), lambda x: ca.trace(mat("A", p, n) @ ca.diag(x) @ mat("B", n, p))
        ),
        "(34)": lambda: slope(
            mat("x", n),
            lambda x: ca.trace(ca.MX.ones(q, p) @ mat("A", p, n) @ ca.diag(x) @ mat("B", n, q)),
        ),
        "(41)": lambda: slope(
            mat("x", n),
            lambda x: ca.trace(
                mat("V", p, q).T @ ca.log(mat("A", p, n) @ ca.diag(x) @ mat("B", n, q))
            ),
        ),
        "(46)": lambda: slope(mat("X", m, n), rows_summed),
    }


def chain_by_sympy(n: int) -> Callable[[], object]:
    """`tr(A1 X A2 X ... An X)` for SymPy."""
    d = sympy.Symbol("d", integer=True, positive=True)
    x = sympy.MatrixSymbol("X", d, d)
    factors = [f for k in range(n) for f in (sympy.MatrixSymbol(f"A{k + 1}", d, d), x)]
    return lambda: sympy.Trace(sympy.MatMul(*factors)).diff(x)
