"""Files that keep what the engine has worked out, so that it is worked out once.

An entry is a file `<doctreedir>/trace_derivative/<engine>/<name>`: its name comes from a digest of
what was asked, its folder from a digest of who answered (`fingerprint`).  An entry is never
changed, so that builds side by side need no locks: they can only write the same bytes twice, each
through a file of its own that is then renamed.  Entries are JSON behind a digest of their bytes:
what does not fit its digest is a miss, and nothing in a file can be executed.  No function here
raises for a bad file or a bad disk; what cannot be kept is worked out again.

This module knows nothing of Sphinx or of requests; `lookup` decides what is kept, and when.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sys
from collections.abc import Iterator, Set
from contextlib import suppress
from functools import cache
from importlib import metadata, util
from pathlib import Path
from typing import Any

__all__ = ["digest", "fingerprint", "folder_of", "is_empty", "prune", "read_entry", "write_entry"]

SCHEMA = 1
"""Raised whenever the shape of an entry or the meaning of a name changes."""

FOLDER = "trace_derivative"
SPARE = 200
"""So many entries that no page uses are kept, or as many as are in use if those are more."""

_DISTRIBUTIONS = ("sphinx-trace-derivative", "numpy", "sympy")
_OWN = ("engine.py", "results.py")
"""The modules of this package that have a say in what an entry holds."""


@cache
def folder_of(doctreedir: Path) -> Path:
    """Where the entries of this engine are."""
    return Path(doctreedir, FOLDER, fingerprint())


def digest(*texts: str) -> str:
    """SHA-256 of some texts, as a name."""
    return hashlib.sha256("\0".join(texts).encode("utf-8", "surrogatepass")).hexdigest()


def read_entry(folder: Path, name: str) -> Any:
    """The data of an entry; None where there is none, or a damaged one."""
    try:
        seal, _, body = (folder / name).read_bytes().partition(b"\n")
        return json.loads(body.decode("ascii")) if seal == _seal(name, body) else None
    except (OSError, ValueError):
        return None


def write_entry(folder: Path, name: str, data: Any) -> None:
    """Keep plain data under a name; other builds see all of it or nothing."""
    draft = folder / f"{name}.{os.urandom(8).hex()}"
    try:
        body = json.dumps(data, separators=(",", ":")).encode("ascii")
        _write(draft, _seal(name, body) + b"\n" + body)
        draft.replace(folder / name)
    except (OSError, TypeError, ValueError):
        with suppress(OSError):
            draft.unlink()


def _write(file: Path, data: bytes) -> None:
    """Write a file, and make its folder where that is not there yet."""
    try:
        file.write_bytes(data)
    except FileNotFoundError:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)


def _seal(name: str, body: bytes) -> bytes:
    """What tells an entry from a damaged one, and from one that was given another name."""
    return hashlib.blake2b(name.encode() + body, digest_size=16).hexdigest().encode()


def is_empty(folder: Path) -> bool:
    """Whether this engine has kept nothing yet."""
    try:
        with os.scandir(folder) as entries:
            return next(entries, None) is None
    except OSError:
        return True


def prune(folder: Path, used: Set[str]) -> None:
    """Remove the oldest entries that no page uses, where there are too many of them.

    Some stay for the author who goes back to an earlier text.  Of the entries of other engines
    only those of the last one stay.
    """
    with suppress(OSError), os.scandir(folder) as entries:
        unused = [entry for entry in entries if entry.name not in used]
        surplus = len(unused) - max(SPARE, len(used))
        if surplus > 0:
            for entry in sorted(unused, key=lambda e: e.stat().st_mtime_ns)[:surplus]:
                with suppress(OSError):
                    Path(entry).unlink()
    with suppress(OSError), os.scandir(folder.parent) as engines:
        others = [engine for engine in engines if engine.name != folder.name]
        for engine in sorted(others, key=lambda e: e.stat().st_mtime_ns)[:-1]:
            shutil.rmtree(engine, ignore_errors=True)


# ------------------------------------------------------------------------ who answers


@cache
def fingerprint() -> str:
    """A digest of all that an answer depends on beside the question.

    The engine's own source is part of it, and with it its version: an engine that is being worked
    on never serves what it answered before.  It is the text that counts, not the times of the
    files, which differ between two checkouts; reading it takes a few milliseconds once.
    """
    versions = {name: _version(name) for name in _DISTRIBUTIONS}
    found = hashlib.blake2b(repr((SCHEMA, sys.version_info[:3], versions)).encode())
    for file in _sources():
        with suppress(OSError):
            body = file.read_bytes()
            found.update(f"\0{file.name} {len(body)}\0".encode() + body)
    return found.hexdigest()[:32]


def _version(distribution: str) -> str:
    """The version of an installed package; `metadata.version` takes ten times as long for it."""
    try:
        text = metadata.distribution(distribution).read_text("METADATA") or ""
    except metadata.PackageNotFoundError:
        return ""
    found = re.search(r"^Version: (.*)$", text, re.MULTILINE)
    return found[1] if found else ""


def _sources() -> Iterator[Path]:
    """The files of the engine, without importing it, and those that read what it answers."""
    spec = util.find_spec("trace_derivative")
    for place in (spec.submodule_search_locations or ()) if spec else ():
        yield from sorted(Path(place).rglob("*.py"))
    yield from (Path(__file__).with_name(name) for name in _OWN)
