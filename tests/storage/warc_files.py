"""WARC files to test with: short ones, as a writer leaves them."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from schemas.instant import Instant
from storage.warc import (
    Answer,
    Exchange,
    Request,
    WarcWriter,
    read_warc,
)

if TYPE_CHECKING:
    from pathlib import Path

AT = Instant.from_text("2026-11-21T09:30:00.123456Z")
PAGE = b"<p>Hello, district.</p>" * 40


def writer(path: Path) -> WarcWriter:
    return WarcWriter(
        path,
        software="holdfast/0",
        operator="The district",
        salt=bytes(range(32)),
        now=lambda: AT,
        user_agent="holdfast",
    )


def exchange(body: bytes = PAGE, **changes: object) -> Exchange:
    headers = changes.pop("headers", (("Content-Type", "text/html"), ("X-Name", "Zo\xeb")))
    asked = Request("GET", "/page", (("Host", "district.example"),))
    answer = Answer(200, "OK", headers, io.BytesIO(body))  # type: ignore[arg-type]
    known: dict[str, object] = {"uri": "https://district.example/page", "at": AT, "ip": "192.0.2.7"}
    return Exchange(**known | {"request": asked, "answer": answer} | changes)  # type: ignore[arg-type]


def records(path: Path) -> list[str]:
    with path.open("rb") as stream:
        return [record.type for record in read_warc(stream)]


def written(path: Path, *bodies: bytes) -> list[str]:
    with writer(path) as warc:
        return [warc.exchange(exchange(body)) for body in bodies]
