"""From a `Request` to results: out of the cache where it knows them, else from the engine.

Two entries are kept for a request.  The *checks* are what verification found; their name comes
from what is asked (expression, declarations, claim, numbers of samples, limits), not from how it
is shown.  The *page* is what the directive shows: its name adds the parts shown, the notation and
where chains are cut.  A page that is built again needs its page entry only, and no engine.  A page
whose presentation was changed is derived and typeset anew, and takes over the checks, which are
most of the work.  Labels, numbers, folding and captions are put on later and change no name.

A failed verification, a false claim that is not announced, and a refusal are never kept: they
are worked out, and said, in every build.
"""

from __future__ import annotations

from contextlib import suppress
from itertools import chain
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias, cast

from sphinx.environment import CONFIG_CHANGED, BuildEnvironment

from . import engine
from .cache import digest, folder_of, is_empty, prune, read_entry, write_entry
from .config import settings
from .options import Request
from .records import DOMAIN
from .results import Result, read_result
from .verdict import judge

if TYPE_CHECKING:
    from sphinx.application import Sphinx

    from .domain import TraceDerivativeDomain

__all__ = ["LOOK", "MEANING", "PAGE", "Found", "Kind", "find", "register"]

Kind: TypeAlias = Literal["derivation", "expansion"]

MEANING = (
    *("function", "wrt", "shapes", "where", "assume", "structure", "route", "form"),
    *("expect", "expect_fails", "verify", "samples", "tolerance"),
)
"""The fields of a request that decide what is derived and checked, beside `settings.limits`."""
LOOK = ("show", "cuts")
"""Those that decide how the engine shows it, beside `settings.notation`."""
PAGE = ("settings", "steps", "numbers")
"""Those that the engine never sees, the two parts of the settings aside."""

_meaning, _look = attrgetter(*MEANING), attrgetter(*LOOK)


class Found(NamedTuple):
    """The results of a request, and the names of the entries that keep them."""

    results: tuple[Result, ...]
    entries: tuple[str, ...]


def find(env: BuildEnvironment, request: Request, kind: Kind = "derivation") -> Found:
    """What was asked, from wherever it is; `Refusal` where there is nothing."""
    work = engine.derive if kind == "derivation" else engine.expand
    if not request.settings.cache:
        return Found(work(request).results, ())
    folder = folder_of(env.doctreedir)
    page, checks = _names(request, kind)
    entries = (page, checks) if request.verify else (page,)
    known = _known(folder, page)
    if known is not None:
        return Found(known, entries)
    kept = read_entry(folder, checks) if request.verify else None
    derived = work(request, kept or ())
    if any(judge(result, request) == "failed" for result in derived.results):
        return Found(derived.results, ())
    if request.verify and kept is None:
        write_entry(folder, checks, derived.checks)
    write_entry(folder, page, derived.results)
    return Found(derived.results, entries)


def _names(request: Request, kind: Kind) -> tuple[str, str]:
    """The names of the page entry and of the checks."""
    # All of it is texts, numbers, tuples and dictionaries of these, whose `repr` says everything.
    meaning = repr((kind, request.settings.limits, *_meaning(request)))
    look = repr((request.settings.notation, *_look(request)))
    return f"{digest(meaning, look)}.page", f"{digest(meaning)}.checks"


def _known(folder: Path, page: str) -> tuple[Result, ...] | None:
    rows = read_entry(folder, page)
    if rows is None:
        return None
    with suppress(TypeError, ValueError):
        return tuple([read_result(row) for row in rows])
    return None


# ------------------------------------------------------------------------ once a build


def _load_before_fork(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    """Import the engine where several readers are about to need it, so that they share it.

    With a filled cache they rarely do, unless the configuration has changed.  One that does
    imports the engine for itself, and so does a reader that has no others beside it.
    """
    if app.parallel < 2 or len(docnames) < 2:
        return
    kept = settings(app.config).cache and not is_empty(folder_of(env.doctreedir))
    if not kept or env.config_status == CONFIG_CHANGED:
        engine.preload()


def _forget(_app: Sphinx, _subject: object) -> None:
    """Forget how a document was derived, also one at which the build has stopped.

    Documents share next to nothing, and what is kept of one is in the way of every garbage
    collection after it.
    """
    engine.forget()


def _prune(app: Sphinx, env: BuildEnvironment) -> None:
    """Remove what no document uses any more, where something was read."""
    domain = cast("TraceDerivativeDomain", env.get_domain(DOMAIN))
    if domain.read_now and settings(app.config).cache:
        records = chain.from_iterable(domain.records.values())
        prune(folder_of(env.doctreedir), {name for r in records for name in r.entries})


def register(app: Sphinx) -> None:
    """Tell Sphinx of what happens before and after documents are read."""
    app.connect("env-before-read-docs", _load_before_fork)
    app.connect("doctree-read", _forget)
    app.connect("build-finished", _forget)
    # Before the domain says its warnings again and forgets which documents were read.
    app.connect("env-updated", _prune, priority=400)
