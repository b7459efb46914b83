"""A built page in headless Chromium, offline: its final DOM, a report on it, and its picture.

Pages are served on the loopback address, for scripts and fonts load there as they do on the web.
The report is made by a script that the server adds to the page: it waits for MathJax, looks at
the page as laid out, and leaves what it found in the DOM that Chromium then prints.
"""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qs, urlencode, urlsplit

from .needs import HERE

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--hide-scrollbars",
    "--force-device-scale-factor=1",
    "--virtual-time-budget=20000",
    "--run-all-compositor-stages-before-draw",
)
# Chromium refuses narrower windows; narrower pages are shown in a frame.
NARROWEST_WINDOW = 500
TALLEST_PICTURE = 16_000


@dataclass(frozen=True)
class PageReport:
    """What a reader would see of a page, as laid out at one width."""

    title: str
    math: int  # elements that should hold a formula
    typeset: int  # formulas that MathJax made
    errors: tuple[str, ...]  # what MathJax refused, and unknown commands that it painted red
    raw_tex: tuple[str, ...]  # texts outside code that still show TeX
    overflow: tuple[str, ...]  # what sticks out to the right of the page
    scrolled: tuple[str, ...]  # formulas wider than their place, so that a reader must scroll
    missing: tuple[str, ...]  # addresses that could not be loaded
    width: int
    height: int

    @property
    def problems(self) -> tuple[str, ...]:
        """Everything that is wrong with the page; `scrolled` is a matter of taste."""
        count = (
            ()
            if self.math == self.typeset
            else (f"{self.math} math elements but {self.typeset} formulas",)
        )
        return (*count, *self.errors, *self.raw_tex, *self.overflow, *self.missing)


@dataclass(frozen=True)
class Browser:
    """Headless Chromium, looking at the pages of one built folder.

    Pages are named relative to the folder: `browser.report("index.html")`.
    """

    program: str
    address: str

    def dom(self, page: str, width: int = 1200, **query: str) -> str:
        """The page's HTML after all scripts have run."""
        return self._run(self._address(page, width, **query), max(width, NARROWEST_WINDOW), 900)

    def report(self, page: str, width: int = 1200) -> PageReport:
        """Look at the page as laid out at this width."""
        dom = self.dom(page, width, report="1")
        found = re.search(r'<script type="application/json" id="page-report">(.*?)</script>', dom)
        if not found:
            raise AssertionError(f"{page}: no report, the page was not ready in time")
        values: dict[str, Any] = json.loads(found[1])
        if "failed" in values:
            raise AssertionError(f"{page}: {values['failed']}")
        fields = {name: tuple(v) if isinstance(v, list) else v for name, v in values.items()}
        return PageReport(**cast("dict[str, Any]", fields))

    def screenshot(
        self,
        page: str,
        picture: Path,
        width: int = 1200,
        height: int | None = None,
        dark: bool = False,
    ) -> Path:
        """A PNG of the page at this width; the whole page unless a height is given."""
        if height is None:
            height = min(self.report(page, width).height, TALLEST_PICTURE)
        picture.parent.mkdir(parents=True, exist_ok=True)
        flags = [f"--screenshot={picture}"]
        if dark:
            flags.append("--blink-settings=preferredColorScheme=0")
        address = self._address(page, width, height=str(height))
        self._run(address, max(width, NARROWEST_WINDOW), height, *flags)
        return picture

    def _address(self, page: str, width: int, **query: str) -> str:
        path, _, fragment = page.partition("#")
        if width < NARROWEST_WINDOW:
            height = query.pop("height", "900")
            query = {"page": path, "width": str(width), "height": height, **query}
            return f"{self.address}/{_FRAME}?{urlencode(query)}"
        query.pop("height", None)
        asked = f"?{urlencode(query)}" if query else ""
        return f"{self.address}/{path}{asked}" + (f"#{fragment}" if fragment else "")

    def _run(self, address: str, width: int, height: int, *flags: str) -> str:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
            done = subprocess.run(
                [
                    *(self.program, *FLAGS, f"--user-data-dir={profile}"),
                    *(f"--window-size={width},{height}", *(flags or ("--dump-dom",)), address),
                ],
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=120,
                check=False,
            )
        if done.returncode != 0:
            raise RuntimeError(f"Chromium failed on {address}:\n{done.stderr}")
        return done.stdout


@contextmanager
def serve(folder: Path) -> Iterator[str]:
    """Serve a folder on the loopback address; gives the address, without a final slash."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


_FRAME = "__frame__.html"
_REPORT_SCRIPT = "__report__.js"


class _Handler(SimpleHTTPRequestHandler):
    """Files as they are; `?report=1` adds the reporting script to a page."""

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        if url.path == f"/{_FRAME}":
            self._answer(_frame(**query), "text/html")
        elif url.path == f"/{_REPORT_SCRIPT}":
            self._answer((HERE / "report.js").read_text(encoding="utf-8"), "text/javascript")
        elif "report" in query and (file := Path(self.translate_path(self.path))).is_file():
            script = f'<script src="/{_REPORT_SCRIPT}"></script>'
            page = file.read_text(encoding="utf-8")
            self._answer(page.replace("<head>", f"<head>{script}", 1), "text/html")
        else:
            super().do_GET()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing: pytest has enough to print."""

    def _answer(self, text: str, kind: str) -> None:
        body = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _frame(page: str, width: str, height: str, **query: str) -> str:
    """A page with the wanted page in a frame, which may be narrower than any window."""
    asked = f"?{urlencode(query)}" if query else ""
    # A report must end up in the outer document, the one that is printed.
    return (
        "<!DOCTYPE html><html><head><style>body{margin:0;background:#888}"
        f"iframe{{border:0;display:block;width:{width}px;height:{height}px}}</style></head>"
        f'<body><iframe src="/{page}{asked}"></iframe></body></html>'
    )
