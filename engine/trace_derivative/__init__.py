"""Matrix calculus that is derived and verified: traces, index notation, matrix forms.

>>> import trace_derivative as td
>>> str(td.derive("tr(A*X*B)", wrt="X").gradient)
"A'*B'"
"""

__version__ = "0.1.0"

from .checks import Check, Verification
from .derivation import Derivation
from .derive import check, clear_caches, derive, equal
from .errors import LimitError, ParseError, ShapeError, TraceDerivativeError, UnsupportedError
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
