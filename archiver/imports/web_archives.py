"""Web archives: WARC (ISO 28500), ARC, and WACZ packages of them; each page that was answered is a record. Pure.

The file is kept whole. A page's payload, which lies in it compressed, coded or in chunks, is unpacked beside it. Where
the account's platform answers in JSON, its answers are read as they are when they were captured here.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from archiver.collectors.website.pages import page_address, read_page
from archiver.containers.web_records import BrokenRecord, web_records
from archiver.imports import json_lines
from archiver.imports.format import Counted, Format, Said, Unpacked, ending, file
from archiver.imports.packages import read_digest, read_package
from archiver.imports.refusals import ImportRefusedError, Refused
from archiver.platforms.known import find_platform
from archiver.platforms.objects import Item, item_at
from schemas.errors import InputError
from schemas.record import Normalised

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archiver.containers.web_records import WebRecord
    from archiver.imports.format import Asked, Found
    from archiver.parsing.json_slices import Buffer
    from schemas.instant import Instant

HTML = ("text/html", "application/xhtml+xml")
JSON = ("application/json", "application/activity+json", "application/ld+json")
MOST_TYPES, LONGEST_TYPE = 50, 100
"""How many types of records are counted by their names, and how long one may be."""

NAMES = r"[^/]*\.(?:warc|arc)(?:\.wat|\.wet)?(?:\.gz)?"


def _read(content: Buffer, asked: Asked) -> Iterator[Found]:
    if not len(content):
        raise ImportRefusedError("The file is empty.", do="Obtain it again.", line=1, offset=0)
    counts: Counter[str] = Counter()
    types: Counter[str] = Counter()
    revisits: list[Instant] = []
    wanted = (*HTML, *JSON) if find_platform(asked.account.platform) else HTML
    for record in web_records(content, wanted=wanted):
        if isinstance(record, BrokenRecord):
            error = ImportRefusedError(
                record.why,
                do="What stands before is imported. Obtain the file again; it is kept.",
                offset=record.offset,
            )
            yield Refused(record.offset, len(content) - record.offset, error)
            break
        kind = record.type[:LONGEST_TYPE] or "nameless"
        types[kind if kind in types or len(types) < MOST_TYPES else "other"] += 1
        if record.type == "revisit":
            revisits = [min((*revisits, record.date)), max((*revisits, record.date))]
        if record.digests != "absent":
            counts[f"digests {record.digests}"] += 1
        if record.type not in ("response", "resource"):
            continue
        if record.payload:
            yield from _unpacked(record, asked)
        elif record.too_large:
            yield Refused(record.offset, 0, _too_large(record))
        else:
            counts["payloads kept in it, no pages"] += 1
    yield from (Counted(f"{kind} records", number) for kind, number in types.items())
    yield from (Counted(what, number) for what, number in counts.items())
    if revisits:
        first, last = revisits
        yield Said(
            f"Between {first} and {last} it says of answers that they were the same as earlier ones (revisit records). "
            "They have no bytes of their own and make no records; they are kept in the file, and counted."
        )


def _too_large(record: WebRecord) -> ImportRefusedError:
    return ImportRefusedError(
        f"The page at byte {record.offset} is larger than is read.", do="It is kept in the file.", offset=record.offset
    )


def _unpacked(record: WebRecord, asked: Asked) -> Iterator[Found]:
    payload = record.payload or b""
    media_type = record.media_type.partition(";")[0].strip().lower()
    items: tuple[Item, ...]
    if media_type.startswith(JSON):
        try:
            found = list(json_lines.read(payload, asked.account.platform))
        except InputError:
            found = [item_at(payload, 0, len(payload), None)]
        items = tuple(one for one in found if isinstance(one, Item))
        yield from (Refused(record.offset, 0, one.error) for one in found if isinstance(one, Refused))
    else:
        items = (item_at(payload, 0, len(payload), _view(record, payload)),)
    yield Unpacked(str(record.offset), media_type, payload, items, record.offset)


def _view(record: WebRecord, payload: bytes) -> Normalised:
    address = _address(record.uri)
    page = read_page(payload, address=address, content_type=record.media_type)
    told = (
        (f"status-{record.status}", record.status is not None and not 200 <= record.status < 300),  # noqa: PLR2004
        ("truncated", record.cut),
        ("digest-failed", record.digests == "failed"),
    )
    return Normalised(
        kind="page",
        type="Page",
        item=f"{address}@{record.date}",
        url=address if address.startswith(("http://", "https://")) else None,
        title=page.title,
        text=page.text or None,
        lang=page.lang,
        created=record.date,
        created_text=str(record.date),
        links=page.links,
        flags=(*page.flags, *(flag for flag, is_raised in told if is_raised)),
    )


def _address(uri: str) -> str:
    try:
        return page_address(uri) if uri.lower().startswith(("http://", "https://")) else uri
    except ValueError:
        return uri


FORMAT = Format(
    collector="web-archive/1",
    title="a web archive",
    platforms=(),
    mark=ending(NAMES),
    files=(
        file(NAMES, "pages", _read),
        file(r"datapackage\.json", "digests of a WACZ package", read_package),
        file(r"datapackage-digest\.json", "the signature of a WACZ package", read_digest),
    ),
)
