"""A Bluesky account's repository as a CAR file (AT Protocol, version 3): each record in its block of DAG-CBOR. Pure.

Every block is held against its CID. The signature is not checked: the key is in the account's DID document, which no
export has. Pictures and film are no part of a repository; files that are called by their CID are found beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from archiver.imports import native
from archiver.imports.format import Format, ending, file
from archiver.imports.refusals import ImportRefusedError, Refused
from archiver.parsing.cars import read_car
from archiver.parsing.ipld import IpldMalformedError, spell_cid, to_json
from archiver.parsing.repositories import read_unproved
from archiver.platforms.bluesky_parts import view_of_record
from archiver.platforms.objects import item_at
from schemas.record import Author, Normalised

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archiver.imports.format import Asked, Found
    from archiver.parsing.cars import Car
    from archiver.parsing.json_slices import Buffer
    from schemas.record import Attachment

LARGEST = 1 << 30


def _read(content: Buffer, _: Asked) -> Iterator[Found]:
    if len(content) > LARGEST:
        raise ImportRefusedError(
            f"The repository is larger than {LARGEST >> 30} GiB.", do="Capture the account instead.", offset=0
        )
    car = read_car(content)
    found = read_unproved(car)
    commit = Normalised(
        kind="event",
        type="Update",
        item=f"commit:{found.did}@{found.rev}",
        title=found.rev,
        author=Author(id=found.did),
        counts={"records": len(found.records)},
    )
    yield item_at(content, *car.places[car.root], commit)
    for path, cid in found.records.items():
        yield _record(car, f"at://{found.did}/{path}", cid)


def _record(car: Car, uri: str, cid: bytes) -> Found:
    if cid not in car.places:
        name = spell_cid(cid)
        error = ImportRefusedError(
            f"The block {name} of a record is not in the file.", do="Obtain the whole repository.", offset=0
        )
        return Refused(0, 0, error)
    offset, length = car.places[cid]
    try:
        value = to_json(car.value(cid))
    except (IpldMalformedError, RecursionError):
        return Refused(offset, length, ImportRefusedError("A record is no DAG-CBOR.", do="Keep it.", offset=offset))
    return item_at(car.content, offset, length, view_of_record(value, uri) if isinstance(value, dict) else None)


def _file_of(_: Normalised, attachment: Attachment) -> str | None:
    return next(iter(parse_qs(urlsplit(attachment.url).query).get("cid", ())), None)


FORMAT = Format(
    collector="bluesky-repository/1",
    title="a Bluesky repository",
    platforms=("bluesky",),
    mark=ending(r"[^/]*\.car"),
    files=(file(r"[^/]*\.car", "records", _read), native.FILE),
    file_of=_file_of,
)
