"""Where the items lie that an exchange shows, whether they made records or not: noted beside it (FORMAT 3.6.2)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

import msgspec

from storage.warc.read import read_warc

if TYPE_CHECKING:
    from collections.abc import Iterator

SIGHTED = "sighted"
LINE = re.compile(rb'^sighted: (\d{1,16}) (\d{1,16}) ("[^\r\n]*")\r\n', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Sighting:
    """An item that an exchange shows: the ``length`` bytes at ``offset`` of its payload.

    ``note`` is the id of the record that says so, in whose block the item's id lies at ``named``: from where, how many
    bytes, without its quotation marks.
    """

    exchange: str
    offset: int
    length: int
    item: str
    note: str
    named: tuple[int, int]


def spell_sighting(offset: int, length: int, item: str) -> str:
    """Return what a note says of an item: it is one line, whatever the id holds."""
    return f"{offset} {length} {msgspec.json.encode(item).decode()}"


def read_sightings(stream: BinaryIO) -> Iterator[Sighting]:
    """Yield every sighting that a WARC file notes, in order; ids that were overwritten are left out.

    ``stream`` must be seekable and is left where it stood. One note is in memory at a time, and no other record.

    Raises:
        WarcDamagedError: a record is damaged.
    """
    start = stream.tell()
    notes = [
        (record.offset, record.refers_to)
        for record in read_warc(stream, keep=())
        if record.type == "metadata" and record.refers_to
    ]
    for offset, exchange in notes:
        stream.seek(start + offset)
        for note in read_warc(stream):
            note.body.seek(0)
            yield from sightings_in(note.id, exchange, note.body.read())
            break
    stream.seek(start)


def sightings_in(note: str, exchange: str, content: bytes) -> Iterator[Sighting]:
    """Yield what the block of a note says, by the ids of the note and of the exchange that it is about."""
    for match in LINE.finditer(content):
        try:
            item = msgspec.json.decode(match[3], type=str)
        except (msgspec.DecodeError, UnicodeError):
            continue  # the byte that was written over it spells no text
        start, end = match.span(3)
        yield Sighting(exchange, int(match[1]), int(match[2]), item, note, (start + 1, end - start - 2))
