"""`python -m trace_derivative`: the command line."""

import sys

from .cli import main

sys.exit(main())
