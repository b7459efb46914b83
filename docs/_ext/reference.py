"""What the reference pages show of the sources: tables, the output of commands, small formulas."""

from __future__ import annotations

import contextlib
import io
import os
import shlex
from collections.abc import Iterable
from typing import Any, ClassVar
from unittest import mock

from docutils import nodes
from docutils.nodes import Node
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective, SphinxRole

import trace_derivative as td
from sphinx_trace_derivative.config import describe
from sphinx_trace_derivative.equations import PLAIN
from sphinx_trace_derivative.logging import SUBTYPES
from trace_derivative import cli
from trace_derivative.identities import IDENTITIES
from trace_derivative.kinds import KINDS
from trace_derivative.read import read
from trace_derivative.render_latex import latex
from trace_derivative.render_unicode import unicode


class Formula(SphinxRole):
    """An expression in the text syntax as a formula: ``:f:`A^T B` ``."""

    def run(self) -> tuple[list[Node], list[nodes.system_message]]:
        """One inline formula, which carries its Unicode text for builders without TeX."""
        source, _, shapes = self.text.partition(";")
        try:
            e = read(source, shapes=shapes or None).exprs[0]
        except td.TraceDerivativeError as problem:
            message = self.inliner.reporter.error(str(problem), line=self.lineno)
            return [self.inliner.problematic(self.rawtext, self.rawtext, message)], [message]
        return [nodes.math(latex(e), latex(e), **{PLAIN: unicode(e), "translatable": False})], []


class Generated(SphinxDirective):
    """A directive that writes reStructuredText."""

    def lines(self) -> Iterable[str]:
        """The text to parse."""
        raise NotImplementedError

    def run(self) -> list[Node]:
        """The nodes of the text."""
        return self.parse_text_to_nodes("\n".join(self.lines()))


class ConfigurationValues(Generated):
    """Each configuration value as the extension describes it."""

    def lines(self) -> Iterable[str]:
        """One `confval` a value."""
        for row in describe():
            kinds = " | ".join(_kind(t) for t in row.types)
            yield f".. confval:: {row.name}\n"
            yield f"   :type: ``{kinds}``"
            yield f"   :default: ``{row.default!r}``\n"
            yield f"   {_double(row.about)}\n"


def _kind(t: type) -> str:
    return "None" if t is type(None) else t.__name__


def _double(text: str) -> str:
    return text.replace("`", "``")


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]], widths: str) -> Iterable[str]:
    """A table in reStructuredText; a cell may have several lines."""
    yield ".. list-table::\n   :header-rows: 1"
    yield f"   :widths: {widths}\n"
    for row in (head, *rows):
        for n, cell in enumerate(row):
            first, *more = cell.splitlines() or [""]
            yield f"   {'* -' if n == 0 else '  -'} {first}"
            yield from (f"       {line}" for line in more)


class WarningTypes(Generated):
    """The subtypes of warnings, each with its meaning."""

    def lines(self) -> Iterable[str]:
        """A table."""
        rows = ((f"``trace_derivative.{name}``", _double(text)) for name, text in SUBTYPES.items())
        return table(("Type", "Meaning"), rows, "38 62")


class Identities(Generated):
    """The identities at which the second route stops."""

    def lines(self) -> Iterable[str]:
        """A table."""
        rows = (
            (i.label, f":f:`{i.function}`", f":f:`{i.variable}`", f":f:`{i.gradient}`")
            for i in IDENTITIES.values()
        )
        return table(("No.", "Function", "By", "Derivative"), rows, "10 40 10 40")


class Kinds(Generated):
    """What can be assumed of a symbol."""

    def lines(self) -> Iterable[str]:
        """A table."""
        rows = (
            (
                ", ".join(f"``{name}``" for name in (kind.name, *kind.aliases)),
                f"is {kind.says}",
                ""
                if kind.fact is None
                else f":f:`{_of_kind(kind.fact[0])}` = :f:`{_of_kind(kind.fact[1])}`",
                ", ".join(f"``{name}``" for name in kind.implies),
                "yes" if kind.moves else "",
            )
            for kind in KINDS.values()
        )
        head = ("Text", "The symbol *S*", "So that", "Implies", "Structure")
        return table(head, rows, "30 25 15 20 10")


def _of_kind(text: str) -> str:
    """A text with `I` for the identity, as `Formula` reads it."""
    return f"{text.replace('I', 'eye(n)')}; S: n n" if "I" in text or "." in text else text


class CommandOutput(SphinxDirective):
    """A command line of ours with what it prints; the exit status must be as the page says."""

    required_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[dict[str, Any]] = {"status": directives.nonnegative_int}

    def run(self) -> list[Node]:
        """The command and its output."""
        command = self.arguments[0]
        text, status = run_command(shlex.split(command)[1:])
        expected = self.options.get("status", 0)
        if status != expected:
            raise self.error(f"{command} ended with {status}, not {expected}:\n{text}")
        shown = f"$ {command}\n{text.rstrip()}\n"
        block = nodes.literal_block(shown, shown, language="none")
        self.set_source_info(block)
        return [block]


def run_command(arguments: list[str]) -> tuple[str, int]:
    """What the command line prints, both streams, and its exit status."""
    printed = io.StringIO()
    with (
        contextlib.redirect_stdout(printed),
        contextlib.redirect_stderr(printed),
        mock.patch.dict(os.environ, {"COLUMNS": "79"}),
    ):
        try:
            status = cli.main(arguments)
        except SystemExit as end:
            status = int(end.code or 0)
    return printed.getvalue(), status


def setup(app: Sphinx) -> dict[str, Any]:
    """Register all of them."""
    app.add_role("f", Formula())
    app.add_directive("configuration-values", ConfigurationValues)
    app.add_directive("warning-types", WarningTypes)
    app.add_directive("identity-table", Identities)
    app.add_directive("kind-table", Kinds)
    app.add_directive("command-output", CommandOutput)
    return {"version": td.__version__, "parallel_read_safe": True, "parallel_write_safe": True}
