"""Garbage collections put off while a document is derived, and made up for after it.

What the engine remembers of a document is given back at its end (`engine.forget`), and then no
collection has to look at it.  In between, each of them would look at all of it, and most would
find nothing.
"""

from __future__ import annotations

import gc

__all__ = ["MOST", "Pause"]

MOST = 100
"""So many derivations of a document go without: no document takes all memory."""


class Pause:
    """No collections from the first `begin` until `end`, or until the last of `MOST`."""

    def __init__(self) -> None:
        self._paused = False
        self._left = MOST

    def begin(self) -> None:
        """Before each derivation; nothing where collections are off already, by somebody else."""
        if self._left and (self._paused or gc.isenabled()):
            self._paused = True
            self._left -= 1
            gc.disable()
        elif self._paused:
            self._resume()

    def end(self) -> None:
        """At the end of a document."""
        self._resume()
        self._left = MOST

    def _resume(self) -> None:
        if self._paused:
            self._paused = False
            gc.enable()
