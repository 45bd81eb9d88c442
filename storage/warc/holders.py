"""Which record of a WARC file holds a payload: the record itself, or the one that a revisit refers to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from schemas.errors import IntegrityError
from storage.warc.exchange import field
from storage.warc.read import read_warc

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from storage.warc.record import WarcRecord


class WarcRecordMissingError(IntegrityError):
    """A record that should be in the file is not."""

    code = "WARC_RECORD_MISSING"


def payload_holders(stream: BinaryIO, wanted: Collection[str]) -> Iterator[tuple[str, WarcRecord]]:
    """Yield each wanted record id once, with the record that holds its payload: itself, or what a revisit refers to.

    ``stream`` must be seekable; it is read twice where revisits are wanted. Nothing but ids is kept in memory.

    Raises:
        WarcDamagedError: a record is damaged; those before it have been yielded.
        WarcRecordMissingError: a wanted record, or one that a revisit refers to, is not in the file.
    """
    start, missing = stream.tell(), set(wanted)
    referring: dict[tuple[str | None, str | None], list[str]] = {}
    for record in read_warc(stream):
        if record.id not in missing:
            continue
        missing.remove(record.id)
        if record.type == "revisit":
            referring.setdefault(_referred(record), []).append(record.id)
        else:
            yield record.id, record
        if not missing:
            break
    if referring:
        stream.seek(start)
        for record in read_warc(stream):
            if record.type != "revisit":
                for key in ((record.id, None), (record.uri, field(record.headers, "WARC-Date"))):
                    for name in referring.pop(key, ()):
                        yield name, record
            if not referring:
                break
    absent = sorted(missing) + [name for names in referring.values() for name in names]
    if absent:
        raise WarcRecordMissingError(
            f"The WARC file does not hold the payload of {absent[0]}.",
            do="Keep the file and report it; restore it from a second copy.",
            record=absent[0],
            records=len(absent),
        )


@dataclass(frozen=True, slots=True)
class Referred:
    """What the revisits of a file refer to: record ids by theirs. ``ahead`` are those that come after a revisit."""

    holders: dict[str, str]
    ahead: frozenset[str]


def find_referred(stream: BinaryIO) -> Referred:
    """Return which record each revisit shares its payload with, as far as that is in the file; every record is checked.

    A revisit that names none is told by its payload digest. ``stream`` must be seekable and is left where it stood; it
    is read again where a revisit names no id. Nothing but names is kept in memory.

    Raises:
        WarcDamagedError: a record is damaged.
    """
    start = stream.tell()
    holders: dict[str, str] = {}
    ahead, passed = set[str](), set[str]()
    unnamed: dict[tuple[str | None, str | None], list[tuple[str, int]]] = {}
    for record in read_warc(stream, keep=()):
        if record.type != "revisit":
            passed.add(record.id)
        elif record.refers_to:
            holders[record.id] = record.refers_to
            ahead |= {record.refers_to} - passed
        else:
            key = _referred(record)
            if None in key:
                key = (None, field(record.headers, "WARC-Payload-Digest"))
            unnamed.setdefault(key, []).append((record.id, record.offset))
    stream.seek(start)
    if unnamed:
        for record in read_warc(stream, keep=()):
            if record.type == "revisit":
                continue
            date, digest = (field(record.headers, name) for name in ("WARC-Date", "WARC-Payload-Digest"))
            for key in ((record.uri, date), (None, digest)):
                for name, offset in unnamed.pop(key, ()):
                    holders[name] = record.id
                    ahead |= {record.id} if offset < record.offset else set()
        stream.seek(start)
    return Referred(holders, frozenset(ahead))


def _referred(revisit: WarcRecord) -> tuple[str | None, str | None]:
    if revisit.refers_to:
        return revisit.refers_to, None
    return field(revisit.headers, "WARC-Refers-To-Target-URI"), field(revisit.headers, "WARC-Refers-To-Date")


def payload_of(stream: BinaryIO, record: str, *, limit: int) -> bytes:
    """Return the payload of one record, also of a revisit, at most ``limit`` bytes.

    Raises:
        WarcDamagedError: a record before it, or it, is damaged.
        WarcRecordMissingError: it is not in the file.
        PayloadTooLargeError: it has more bytes.
    """
    (payload,) = (holder.payload(limit=limit) for _, holder in payload_holders(stream, {record}))
    return payload
