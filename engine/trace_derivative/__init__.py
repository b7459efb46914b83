"""Matrix calculus that is derived and verified: traces, index notation, matrix forms.

>>> import trace_derivative as td
>>> str(td.derive("tr(A*X*B)", wrt="X").gradient)
"A'*B'"

The modules are loaded when they are first used: to import the package costs next to nothing.
"""

from importlib import import_module, util
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from .api import check, clear_caches, derive, equal
    from .checks import Check, Verification
    from .derivation import Derivation
    from .errors import (
        LimitError,
        ParseError,
        ShapeError,
        TraceDerivativeError,
        UnsupportedError,
    )
    from .expr import Expr
    from .indexed import Indexed
    from .limits import Limits
    from .statements import Step

__all__ = [
    "Check",
    "Derivation",
    "Expr",
    "Indexed",
    "LimitError",
    "Limits",
    "ParseError",
    "ShapeError",
    "Step",
    "TraceDerivativeError",
    "UnsupportedError",
    "Verification",
    "__version__",
    "check",
    "clear_caches",
    "derive",
    "equal",
]

_HOMES = {
    "api": ("check", "clear_caches", "derive", "equal"),
    "checks": ("Check", "Verification"),
    "derivation": ("Derivation",),
    "errors": (
        "LimitError",
        "ParseError",
        "ShapeError",
        "TraceDerivativeError",
        "UnsupportedError",
    ),
    "expr": ("Expr",),
    "indexed": ("Indexed",),
    "limits": ("Limits",),
    "statements": ("Step",),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    """A public name, its module loaded; or a module."""
    if name not in _HOME:
        if not name.startswith("_") and util.find_spec(f"{__name__}.{name}") is not None:
            return import_module(f".{name}", __name__)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f".{_HOME[name]}", __name__), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
