"""What generated code needs of `scipy.linalg`, where SciPy is not installed."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from tests import matrix_functions as mf


def funm(a: Any, f: Callable[[Any], Any]) -> Any:
    """A function of a matrix with distinct eigenvalues."""
    w, v = np.linalg.eig(a)
    return ((v * f(w.astype(complex))) @ np.linalg.inv(v)).real


def tanm(a: Any) -> Any:
    return mf.sinm(a) @ np.linalg.inv(mf.cosm(a))


def tanhm(a: Any) -> Any:
    return mf.sinhm(a) @ np.linalg.inv(mf.coshm(a))


def provide() -> None:
    """Let `import scipy.linalg` find these functions, unless there is the true one."""
    if "scipy" in sys.modules or importlib.util.find_spec("scipy") is not None:
        return
    linalg = ModuleType("scipy.linalg")
    scipy = ModuleType("scipy")
    functions = {**mf.MATRIX_FUNCTIONS, "fractional_matrix_power": mf.powm}
    functions |= {"funm": funm, "tanm": tanm, "tanhm": tanhm}
    for name, function in functions.items():
        setattr(linalg, name, function)
    vars(scipy)["linalg"] = linalg
    sys.modules.update({"scipy": scipy, "scipy.linalg": linalg})
