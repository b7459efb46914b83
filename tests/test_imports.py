"""Every module can be imported alone, the engine needs no Sphinx, and SymPy is loaded late."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.browser.builds import SOURCES, environment

ENGINE = SOURCES[0] / "trace_derivative"


def modules(folder: Path) -> list[str]:
    """The modules of a folder on the import path, less `__main__`, which is run, not imported."""
    files = sorted(file for file in folder.rglob("*.py") if file.stem != "__main__")
    parts = [file.relative_to(folder).with_suffix("").parts for file in files]
    return [".".join(p[:-1] if p[-1] == "__init__" else p) for p in parts]


def loaded_by(statement: str) -> set[str]:
    """The names of all modules that a fresh interpreter holds after this statement."""
    listing = f"{statement}\nimport sys\nprint('\\n'.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-W", "error::SyntaxWarning", "-c", listing],
        capture_output=True,
        encoding="utf-8",
        env=environment(),
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.mark.parametrize("module", [m for folder in SOURCES for m in modules(folder)])
def test_module_can_be_imported_alone(module: str) -> None:
    assert module in loaded_by(f"import {module}")


def test_whole_engine_loads_neither_sphinx_nor_docutils() -> None:
    everything = "\n".join(f"import {module}" for module in modules(SOURCES[0]))
    roots = {name.partition(".")[0] for name in loaded_by(everything)}
    assert not roots & {"sphinx", "docutils", "sphinx_trace_derivative"}


@pytest.mark.parametrize("file", sorted(ENGINE.rglob("*.py")), ids=lambda f: f.stem)
def test_no_line_of_the_engine_imports_sphinx(file: Path) -> None:
    """Not even inside a function, where the test above would not see it."""
    imported = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            imported.add(node.module or "")
    roots = {name.partition(".")[0] for name in imported}
    assert not roots & {"sphinx", "docutils", "sphinx_trace_derivative"}


@pytest.mark.parametrize("package", ["trace_derivative", "sphinx_trace_derivative"])
def test_package_starts_without_sympy(package: str) -> None:
    assert "sympy" not in loaded_by(f"import {package}")


@pytest.mark.parametrize("folder", SOURCES, ids=lambda folder: folder.name)
def test_packages_are_typed(folder: Path) -> None:
    for package in folder.glob("*/__init__.py"):
        assert package.with_name("py.typed").is_file()


def test_public_names_are_what_they_are_whatever_was_imported_before() -> None:
    """A module must not have the name of a function that is loaded on first use."""
    everything = "\n".join(f"import {module}" for module in modules(SOURCES[0]))
    lines = "import trace_derivative as td\nassert set(td.__all__) <= set(dir(td))\n"
    lines += "assert all(not isinstance(getattr(td, n), type(td)) for n in td.__all__)"
    loaded_by(f"{everything}\n{lines}")


def test_package_loads_its_modules_when_they_are_used() -> None:
    assert "numpy" not in loaded_by("import trace_derivative")
    assert "numpy" in loaded_by("import trace_derivative as td\ntd.derive")
