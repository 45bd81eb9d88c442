"""Looks at a site through the system's Chromium: what each found, and the WARC file that it left."""

from __future__ import annotations

import io
import os
import shutil
import struct
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from archiver.browser.chromium import NAMES, Chromium
from archiver.browser.page import Bounds
from archiver.collectors.rendered.collector import RenderedCollector
from schemas.account import Account
from storage.warc import payload_of, read_warc
from tests.archiver.transports import recorded_native, transport_to
from tests.judges import judged

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from archiver.contract import Collected, Seen
    from schemas.record import Normalised
    from tests.servers import Server

MARKS = [
    pytest.mark.browser,
    pytest.mark.skipif(not any(map(shutil.which, NAMES)), reason="there is no Chromium here"),
    pytest.mark.timeout(240),
]
"""What every test of a rendered page has."""


def never(_item: str, _native: bytes) -> bool:
    return False


class Look:
    """One look at a site, and the WARC file that it left."""

    def __init__(
        self,
        url: str,
        folder: Path,
        *,
        known: Callable[[str, bytes], bool] = never,
        cursor: Mapping[str, str] | None = None,
        seconds: float = 20,
        max_pages: int = 1,
        **bounds: Any,
    ) -> None:
        number = sum(1 for _ in folder.glob("*.warc.gz"))
        self.folder, self.path = folder, folder / f"{number}.warc.gz"
        chromium = Chromium(sandbox=os.geteuid() != 0, introduces="Holdfast", bounds=Bounds(seconds=seconds, **bounds))
        account = Account(name="site", platform="rendered", url=url, title="Site", private_network=True)
        collector = RenderedCollector(chromium, max_pages=max_pages)
        try:
            with transport_to(self.path) as transport:
                self.found: Collected = collector.collect(account, transport, cursor=cursor or {}, known=known)
        finally:
            assert not (folder / "browser").exists()
            judged(self.path)
        for seen in self.found.items:
            assert recorded_native(self.path, seen) == seen.native

    @property
    def pages(self) -> dict[str, Seen]:
        views = ((seen.observation.normalised, seen) for seen in self.found.items)
        return {view.item: seen for view, seen in views if view.kind != "list"}

    def view(self, item: str) -> Normalised:
        return self.pages[item].observation.normalised

    def payload(self, exchange: str) -> bytes:
        with self.path.open("rb") as stream:
            return payload_of(stream, exchange, limit=1 << 30)

    def kept(self, kind: str) -> list[str]:
        with self.path.open("rb") as stream:
            return [record.uri or "" for record in read_warc(stream) if record.type == kind]

    def notes(self) -> str:
        with self.path.open("rb") as stream:
            return "".join(
                record.payload(limit=1 << 20).decode() for record in read_warc(stream) if record.type == "metadata"
            )


def asked(server: Server) -> list[tuple[str, str]]:
    return [(request.method, request.path) for request in server.requests]


def size_of(png: bytes) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", png[16:24])
    return width, height


def last_pixel(png: bytes) -> tuple[int, ...]:
    """The bottom right pixel of a PNG, read by a library of its own."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    pixel = image.getpixel((image.width - 1, image.height - 1))
    assert isinstance(pixel, tuple)
    return pixel
