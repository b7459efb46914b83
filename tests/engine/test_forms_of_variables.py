"""Every kind of function by variables of every form: rows, columns, numbers as sizes, structures.

Each derivative is verified, and its value is that of central differences of the function.  The
functions are written to meet each other's gaps: what one is easy for is the corner of another.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import trace_derivative as td

BY_MATRIX = """
tr(A*X*B); tr(X'*A*X*B); sum(X.^2); norm2(A*X-B)^2; a'*X*b; sum(exp(X*b)); logdet(X); tr(X^3);
sum(log(A*X)./B); tr(diag(X)); sum(diag(X)^2); sum(k: X[k,k]); sum(i,j: X[i,j]*X[j,i]);
sum(k: X[k,:]*A*X[k,:]'); sum(k: X[:,k]'*A*X[:,k]); sum(rows(k: X[k,:]*A)); tr(kron(X,A));
sum(kron(X,X)); c'*vec(X); sum(vec(X*A)); tr([X, A; B, X]); sum(i: delta(i,i)*X[i,i]);
sum(i,j: A[i,j]*delta(i,j)*X[i,j]); sum(k: a[k]*sum(k: X[k,k])); sum(tril(X)); tr(expm(X));
tr(A*inv(X)); sum(softmax_rows(X).*A); sum(relu(X)); norm1(X); -tr(X); 1/2*tr(X*X); tr(X)^a;
sum(X.^p); tr(0*X); 5; sum(k: (X[k,:]*b)^2); sum(k: log(X[k,:]*b)*X[k,1]); max(tr(X),a);
sum(tanh(A*tanh(B*tanh(C*tanh(X))))); sum(i: tanh(X[i,:]*a)*X[i,i]); tr(X.*X'); sum(X*X*X);
tr(X*A*X*A*X); sum((X*b).*(X*b)); x'*X*x; sum(rows(i: a*(x'.*X[i,:]))); sum(j: X[j,j]*0);
sum(k: a[k]*log(det(x[k]*X))); sum(k: X[k,k]*log(det(x[k]*X)))
"""

BY_VECTOR = """
x'*A*x; a'*x; sum(x.^3); sum(exp(A*x)); logsumexp(A*x); x*x'*A; norm2(x); sum(kron(x,A));
sum(k: x[k]*x[k]*a[k]); sum(i,j: x[i]*A[i,j]*x[j]); tr(diag(x)*A); prod(x); x[1]; max(x,a)'*b;
sum(rows(k: x'*A[k,1])); sum(i: x[i]^i0); softmax(x)'*a; x'*x*x'*a; (a'*x)^2*x'*b; sum(x)*a'*x;
sum(l: (x*q)[l,l]*sum(j: delta(j,j))); tr(A*diag(x)); sum(k: a[k]*log(det(x[k]*S)))
"""

MATRICES = (None, "X: n n", "X: 3 3", "X: 1 n", "X: n 1", "X: n n; A: n n; B: n n")
VECTORS = (None, "x: n", "x: 1 n", "x: scalar", "x: 1", "x: 4")
KINDS = [
    *[{"structure": {"X": kind}} for kind in ("symmetric", "skew", "diagonal", "lower")],
    *[{"assume": {"X": kind}} for kind in ("spd", "orthogonal", "symmetric", "diagonal")],
]


def functions(texts: str) -> list[str]:
    """The functions in a list of texts."""
    return [text.strip() for text in texts.replace("\n", " ").split("; ")]


def differences(d: td.Derivation, sample: Any) -> Any:
    """Central differences by each entry of the variable, fourth order."""
    x = np.asarray(sample.values[d.variable.name], float)
    found = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        step = 1e-3 * max(abs(x[place]), 0.1)
        for k, weight in ((-2, 1 / 12), (-1, -2 / 3), (1, 2 / 3), (2, -1 / 12)):
            moved = x.copy()
            moved[place] += k * step
            at = {**sample.values, d.variable.name: moved}
            found[place] += weight * float(d.function.evaluate(at, sample.dims)) / step
    return found


def check(text: str, variable: str, shapes: str | None, options: dict[str, Any]) -> bool:
    """Is there a derivative, and a point to check it at?  It is then the right one."""
    try:
        d = td.derive(text, variable, shapes=shapes, **options)
        verified = d.verification
    except td.TraceDerivativeError:
        return False
    assert verified.passed, verified
    if d.gradient is None or options.get("structure"):
        return True  # the numeric derivative by structured entries is that of `test_structures`
    sample = d.samples[0]
    want = differences(d, sample)
    got = d.gradient.evaluate(sample.values, sample.dims)
    assert np.allclose(got, want, rtol=1e-5, atol=1e-6 * max(1.0, np.abs(want).max())), d.gradient
    return True


@pytest.mark.parametrize("shapes", MATRICES)
def test_by_a_matrix(shapes: str | None) -> None:
    texts = functions(BY_MATRIX)
    derived = sum(check(text, "X", shapes, {}) for text in texts)
    assert derived > len(texts) // (5 if shapes in ("X: 1 n", "X: n 1") else 2)


@pytest.mark.parametrize("options", KINDS, ids=str)
def test_by_a_matrix_of_a_kind(options: dict[str, Any]) -> None:
    texts = functions(BY_MATRIX)
    assert sum(check(text, "X", "X: n n", options) for text in texts) > len(texts) // 2


@pytest.mark.parametrize("shapes", VECTORS)
def test_by_a_vector(shapes: str | None) -> None:
    texts = functions(BY_VECTOR)
    assert sum(check(text, "x", shapes, {}) for text in texts) > len(texts) // 3
