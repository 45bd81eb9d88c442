"""Pages that scripts make: how fast a look renders and keeps them, beside Chromium on the network of its own."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

from playwright.sync_api import sync_playwright

from archiver.browser.chromium import NAMES, Chromium
from archiver.collectors.rendered.collector import RenderedCollector
from archiver.fetch.addresses import is_public_or_private
from archiver.fetch.transport import RecordingTransport
from bench.measure import Row, seconds
from manifests.console import system_clock
from schemas.account import Account
from storage.warc import WarcWriter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAGES, PICTURES = 10, 12


class _Site(BaseHTTPRequestHandler):
    """Pages that a script fills from JSON, with pictures of their own."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        kind, content = _answer(self.path)
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def _answer(path: str) -> tuple[str, bytes]:
    number = path.rpartition("/")[2]
    if path.startswith("/text/"):
        return "application/json", b'"' + b"The board meets on Monday, and everybody may speak. " * 100 + b'"'
    if path.startswith("/picture/"):
        return "image/svg+xml", f"<svg xmlns='http://www.w3.org/2000/svg'><text y='20'>{number}</text></svg>".encode()
    links = "".join(f"<a href=/page/{other}>{other}</a> " for other in range(PAGES))
    pictures = "".join(f"<img src=/picture/{number}-{one}>" for one in range(PICTURES))
    script = f"fetch('/text/{number}').then((a) => a.json()).then((t) => {{ news.textContent = t; }})"
    return "text/html", f"<title>{number}</title><p id=news></p>{links}{pictures}<script>{script}</script>".encode()


@contextmanager
def _serving() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Site)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def rendering(folder: Path) -> list[Row]:
    program = next(found for name in NAMES if (found := shutil.which(name)))
    with _serving() as site:
        ours = seconds(lambda: _ours(site, folder), times=2)
        theirs = seconds(lambda: _theirs(site, program), times=2)
    return [Row("render: pages", "pages/s", PAGES / ours, PAGES / theirs, "Chromium alone, pictures taken")]


def _ours(site: str, folder: Path) -> Any:
    account = Account(name="site", platform="rendered", url=f"{site}/page/0", title="Site", private_network=True)
    with (
        WarcWriter(
            folder / f"{os.urandom(4).hex()}.warc.gz", software="bench", operator="x", salt=bytes(32), now=system_clock
        ) as warc,
        RecordingTransport(
            warc, user_agent="bench", folder=folder, now=system_clock, addresses=is_public_or_private
        ) as transport,
    ):
        collector = RenderedCollector(Chromium(sandbox=os.geteuid() != 0), max_pages=PAGES)
        found = collector.collect(account, transport, cursor={}, known=lambda _item, _native: False)
    assert len(found.listed or ()) == PAGES, found.failures
    return found


def _theirs(site: str, program: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, chromium_sandbox=os.geteuid() != 0)
        page = browser.new_page()
        for number in range(PAGES):
            page.goto(f"{site}/page/{number}", wait_until="networkidle")
            page.screenshot(full_page=True)
        browser.close()
