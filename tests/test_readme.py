"""The README's example runs and gives what it says."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"


def test_python_example_prints_what_its_comments_say() -> None:
    blocks = re.findall(r"```python\n(.*?)```", README.read_text("utf-8"), re.S)
    code = next(b for b in blocks if "import trace_derivative as td" in b)
    said = [
        line.split("# ", 1)[1]
        for line in code.splitlines()
        if line.startswith("print(") and "# " in line and "the whole" not in line
    ]
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(code, {})
    printed = out.getvalue()
    for comment in said:
        if not comment.startswith("a NumPy"):
            assert comment in printed
    assert "def gradient(" in printed
    assert r"\begin{aligned}" in printed
