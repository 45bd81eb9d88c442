"""The exchanges that records were cut out of, as a WACZ (webrecorder's specification 1.1.1): a browser replays them.

A WACZ is a ZIP of WARC files, an index of them (CDXJ), a list of pages, and the digests of all. The same exchanges give
the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import urlsplit
from zipfile import ZIP_STORED, ZipFile

from ediscovery.bags.entries import entry
from storage.objects import CHUNK

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from schemas.instant import Instant
    from storage.warc import Extracted

VERSION = "1.1.1"
WARC = "data.warc.gz"
NAME = re.compile(r"\.[a-z][a-z0-9-]*\.?$", re.IGNORECASE)
"""How the name of a host ends."""
INDEXED = ("response", "revisit", "resource")


@dataclass(frozen=True, slots=True)
class Page:
    """What a reader of the WACZ begins with: an address that was asked for, when, and what it is."""

    url: str
    at: Instant
    title: str


def write_wacz(
    out: BinaryIO, warc: BinaryIO, records: Sequence[Extracted], pages: Iterable[Page], *, title: str, software: str,
    created: Instant,
) -> None:  # fmt: skip
    """Write a WACZ of one WARC file, of which ``records`` tells where each record lies."""
    parts: dict[str, Iterable[bytes]] = {
        f"archive/{WARC}": iter(lambda: warc.read(CHUNK), b""),
        "indexes/index.cdx": [line.encode() for line in sorted(_cdxj(records))],
        "pages/pages.jsonl": [line.encode() for line in _page_lines(pages)],
    }
    warc.seek(0)
    resources = []
    with ZipFile(out, "w", ZIP_STORED) as packed:
        for path, chunks in parts.items():
            digest, size = hashlib.sha256(), 0
            with packed.open(entry(path), "w", force_zip64=True) as file:
                for chunk in chunks:
                    file.write(chunk)
                    digest.update(chunk)
                    size += len(chunk)
            name = path.rpartition("/")[2]
            resources.append({"name": name, "path": path, "hash": f"sha256:{digest.hexdigest()}", "bytes": size})
        package = _json(
            {
                "profile": "data-package",
                "wacz_version": VERSION,
                "title": title,
                "software": software,
                "created": str(created),
                "resources": resources,
            }
        )
        packed.writestr(entry("datapackage.json"), package)
        said = {"path": "datapackage.json", "hash": f"sha256:{hashlib.sha256(package).hexdigest()}"}
        packed.writestr(entry("datapackage-digest.json"), _json(said))


def _json(said: Mapping[str, object]) -> bytes:
    return json.dumps(said, ensure_ascii=False, indent=2).encode() + b"\n"


def _cdxj(records: Iterable[Extracted]) -> Iterator[str]:
    """Yield a line for each record that answers for an address (CDXJ: key, time, and what is said of it)."""
    for one in records:
        if one.type not in INDEXED or one.uri is None:
            continue
        said = {
            "url": one.uri,
            "mime": "warc/revisit" if one.type == "revisit" else (one.media_type or "").partition(";")[0].strip(),
            "status": str(one.status or 200),
            "digest": one.digest or "",
            "length": str(one.length),
            "offset": str(one.offset),
            "filename": WARC,
        }
        yield f"{surt(one.uri)} {one.date.to_datetime():%Y%m%d%H%M%S} {json.dumps(said, ensure_ascii=False)}\n"


def surt(url: str) -> str:
    """Return an address as indexes sort it: the labels of a host's name from behind, then the path; lower case."""
    parts = urlsplit(url)
    try:
        port = f":{parts.port}" if parts.port is not None else ""
    except ValueError:
        port = ""
    host = parts.hostname or ""
    if NAME.search(host):  # not an address in numbers
        host = ",".join(reversed(host.split(".")))
    query = f"?{parts.query}" if parts.query else ""
    return f"{host}{port}){parts.path or '/'}{query}".lower().replace(" ", "%20")


def _page_lines(pages: Iterable[Page]) -> Iterator[str]:
    yield json.dumps({"format": "json-pages-1.0", "id": "pages", "title": "What records were read from"}) + "\n"
    for number, page in enumerate(dict.fromkeys(pages), 1):
        said = {"id": f"page-{number}", "url": page.url, "ts": str(page.at), "title": page.title}
        yield json.dumps(said, ensure_ascii=False) + "\n"
