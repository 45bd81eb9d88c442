"""A website whose content its scripts make, and which tries what it can: for tests of rendering."""

from __future__ import annotations

import json
import struct
import zlib
from typing import TYPE_CHECKING

from tests.servers import Answer, redirect

if TYPE_CHECKING:
    from collections.abc import Mapping

HTML = {"Content-Type": "text/html; charset=utf-8"}
JSON = {"Content-Type": "application/json"}
SCRIPT = {"Content-Type": "text/javascript"}


def html(body: str, *, title: str = "Maple Grove", status: int = 200, **headers: str) -> Answer:
    head = f"<!doctype html><html lang=en><head><title>{title}</title></head>"
    return Answer(status, HTML | headers, f"{head}<body>{body}</body></html>".encode())


def picture(red: int, green: int, blue: int, *, side: int = 120) -> Answer:
    """A PNG of one colour, with a pattern that keeps it from being tiny."""
    rows = b"".join(
        b"\0" + bytes(channel ^ (x * y % 7) for x in range(side) for channel in (red, green, blue)) for y in range(side)
    )

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    size = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    body = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return Answer(headers={"Content-Type": "image/png"}, body=body)


START = """
<noscript>This site needs JavaScript.</noscript>
<header style="background:#1d5c3a;color:white;padding:24px;font:700 40px sans-serif">Maple Grove</header>
<main id=news>Loading</main>
<office-hours></office-hours>
<iframe src="/frame" width=600 height=80></iframe>
<div style="height:3000px;background:linear-gradient(#fff,#cde)"></div>
<img id=lazy loading=lazy src="/lazy.png" alt="The new hall">
<nav><a href="/moved">Meetings</a> <a href="/minutes.pdf">Minutes</a> <a href="https://elsewhere.example/">E</a></nav>
<script nonce="NONCE">
window.__state = {csrf: "NONCE", drawn: Date.now()};
fetch('/api/news?page=1').then(answer => answer.json()).then(items => {
  news.innerHTML = items.map(item => `<article><h2>${item.title}</h2><p>${item.text}</p></article>`).join('');
});
fetch('/api/search', {method: 'POST', headers: {'Content-Type': 'application/json'}, body: '{"q":"budget"}'})
  .then(answer => answer.json()).then(found => { document.body.dataset.found = found.length;
    document.body.append(`${found.length} budgets found`); });
navigator.sendBeacon('/beacon', 'seen');
customElements.define('office-hours', class extends HTMLElement {
  connectedCallback() { this.attachShadow({mode: 'open'}).innerHTML = '<p>Open on Tuesdays</p>'; }
});
</script>
"""
NEWS = [
    {"title": "Snow day", "text": "All schools are closed on Wednesday."},
    {"title": "Budget hearing", "text": "The board hears the public on the 2026-27 budget."},
]


def site(*, news: list[dict[str, str]] | None = None, nonce: str = "n0nce", lazy: Answer | None = None, **more: Answer):
    """The site's paths and answers; ``more`` are further ones, by name of the path."""
    pages: Mapping[str, Answer] = {
        "/": html(START.replace("NONCE", nonce), **{"Set-Cookie": f"visit={nonce}; Path=/"}),
        "/frame": html("<p>Bus routes of the <b>frame</b></p>"),
        "/lazy.png": lazy or picture(200, 60, 40),
        "/api/news": Answer(headers=JSON, body=json.dumps(NEWS if news is None else news).encode()),
        "/api/search": Answer(headers=JSON, body=b'[{"id":1},{"id":2}]'),
        "/beacon": Answer(204),
        "/moved": redirect("/meetings"),
        "/meetings": html("<p id=x></p><script>x.textContent = ['The board', 'meets', 'monthly'].join(' ')</script>"),
        "/minutes.pdf": Answer(headers={"Content-Type": "application/pdf"}, body=b"%PDF-1.7 minutes of the board"),
        "/favicon.ico": Answer(404),
    }
    return {**pages, **{f"/{name}": answer for name, answer in more.items()}}
