"""Which record of a WARC file holds a payload: the record itself, or the one that a revisit refers to."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from schemas.errors import IntegrityError
from storage.warc.exchange import field
from storage.warc.read import read_warc

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from storage.warc.record import WarcRecord


PAYLOAD_DIGEST = "WARC-Payload-Digest"


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


def find_holders(stream: BinaryIO) -> dict[str, str]:
    """Return which record each revisit shares its payload with, as far as that is in the file; every record is checked.

    A revisit that names none, or one that is not in the file, is told by its payload digest. ``stream`` must be
    seekable and is left where it stood; it is read again where a revisit is not told by an id. Nothing but names is
    kept in memory.

    Raises:
        WarcDamagedError: a record is damaged.
    """
    start = stream.tell()
    passed, named = set[str](), dict[str, tuple[str, str | None]]()
    unnamed: dict[tuple[str | None, str | None], list[str]] = {}
    for record in read_warc(stream, keep=()):
        if record.type != "revisit":
            passed.add(record.id)
            continue
        digest = field(record.headers, PAYLOAD_DIGEST)
        if record.refers_to:
            named[record.id] = record.refers_to, digest
        else:
            key = _referred(record)
            unnamed.setdefault((None, digest) if None in key else key, []).append(record.id)
    holders = {name: holder for name, (holder, _) in named.items() if holder in passed}
    for name in named.keys() - holders.keys():
        unnamed.setdefault((None, named[name][1]), []).append(name)
    unnamed.pop((None, None), None)
    stream.seek(start)
    if unnamed:
        for record in read_warc(stream, keep=()):
            if record.type != "revisit":
                date, digest = (field(record.headers, name) for name in ("WARC-Date", PAYLOAD_DIGEST))
                for key in ((record.uri, date), (None, digest)):
                    holders |= dict.fromkeys(unnamed.pop(key, ()), record.id)
        stream.seek(start)
    return holders


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
