"""Polls that find nothing new: what one takes and leaves, on the first day and after a month of them."""

from __future__ import annotations

import json
import os
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec
import requests

from archiver import registry, rounds
from bench.measure import Row
from manifests.archive import create_archive
from manifests.console import system_clock
from schemas.account import Account

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from manifests.archive import Archive
    from manifests.history import History
    from schemas.ledger import Act, Captured

ACCOUNTS = 200
POSTS = 40
A_DAY = 96
DAYS = int(os.environ.get("HOLDFAST_BENCH_DAYS", "30"))


class _Mastodon(BaseHTTPRequestHandler):
    """Answers as Mastodon does for accounts whose posts never change."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        name = parts.query.rpartition("acct=")[2] if "lookup" in parts.path else parts.path.split("/")[4]
        content = json.dumps(_answer(parts.path, name)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def _answer(path: str, name: str) -> Any:
    profile = {"id": name, "acct": name, "username": name, "note": "<p>The district</p>", "followers_count": 12}
    if path.endswith("/followers"):
        return []
    if not path.endswith("/statuses"):
        return profile
    return [
        {
            "id": f"{name}{number:04}",
            "content": f"<p>Post {number} of {name}: the board meets on Monday, and everybody may speak.</p>",
            "created_at": f"2026-11-{1 + number % 28:02}T08:00:00.000Z",
            "account": profile,
            "replies_count": 0,
            "media_attachments": [],
        }
        for number in reversed(range(POSTS))
    ]


@contextmanager
def _serving() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Mastodon)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def polling(folder: Path) -> list[Row]:
    """A round over accounts of which none shows anything new, beside the same requests by requests alone."""
    archive = create_archive(
        folder / "home",
        organisation="Bench",
        timezone="UTC",
        bates_prefix="B",
        tag="0",
        now=system_clock,
        actor="bench",
    )
    with _serving() as site:
        for number in range(ACCOUNTS):
            account = Account(
                name=f"a{number}", platform="mastodon", url=f"{site}/@a{number}", title="a", private_network=True
            )
            registry.register(archive, account)
        _round(archive)
        before = _octets(archive)
        first = _round(archive)
        sizes = {kind: (octets - before.get(kind, 0)) / ACCOUNTS for kind, octets in _octets(archive).items()}
        told = ", ".join(f"{octets:,.0f} bytes of {kind}" for kind, octets in sorted(sizes.items()) if octets)
        print(f"    a poll that finds nothing new leaves {told}", flush=True)
        alone = _alone(site)
        began = time.perf_counter()
        _pass(archive, DAYS * A_DAY)
        taken = time.perf_counter() - began
        print(f"    {DAYS} days of {ACCOUNTS * A_DAY:,} polls a day committed in {taken:.0f} s", flush=True)
        later = _round(archive)
    return [
        Row("poll: nothing new", "polls/s", ACCOUNTS / first, ACCOUNTS / alone, "requests"),
        Row(f"poll: after {DAYS} days", "polls/s", ACCOUNTS / later, ACCOUNTS / first, "on the first day"),
    ]


def _round(archive: Archive) -> float:
    accounts = list(archive.ledger.history.accounts.values())
    began = time.perf_counter()
    for result in rounds.capture_all(archive, accounts, rounds.system_chance(), environment={}):
        assert result.error is None, result.error
    return time.perf_counter() - began


def _alone(site: str) -> float:
    began = time.perf_counter()
    for number in range(ACCOUNTS):
        with requests.Session() as session:
            session.get(f"{site}/api/v1/accounts/lookup?acct=a{number}", timeout=10).json()
            session.get(f"{site}/api/v1/accounts/a{number}/statuses?limit=40", timeout=10).json()
    return time.perf_counter() - began


def _octets(archive: Archive) -> dict[str, int]:
    found: dict[str, int] = {}
    root = archive.home / "archive"
    for path in root.rglob("*"):
        if path.is_file():
            kind = path.relative_to(root).parts[0]
            found[kind] = found.get(kind, 0) + path.stat().st_size
    return found


def _pass(archive: Archive, times: int) -> None:
    """Commit rounds as they would have been, without asking anybody: of polls like the last ones."""

    def build(history: History) -> tuple[Act, ...]:
        return tuple(_again(*history.last_capture[name]) for name in history.accounts)

    for _ in range(times):
        archive.append(build)


def _again(entry: int, act: Captured) -> Captured:
    poll = msgspec.structs.replace(act.poll, capture=os.urandom(16).hex(), cursor_before=act.poll.cursor_after)
    return msgspec.structs.replace(act, poll=poll, base=entry, exchanges=())
