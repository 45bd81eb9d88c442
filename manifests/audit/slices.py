"""Native bytes found in the WARC file that they came in: every exchange read once, in bounded memory."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from itertools import chain
from operator import attrgetter
from typing import TYPE_CHECKING

from manifests.audit.found import Found
from manifests.audit.reading import hashed, whole
from schemas.errors import ArchiveError
from storage import warc

if TYPE_CHECKING:
    from collections.abc import Sequence

    from manifests.audit.records import Wanted
    from schemas.stored import StoredObject
    from storage.objects import ObjectStore


@dataclass(slots=True)
class Searched:
    """What looking through a capture's WARC files gave. ``exchanges`` counts their records."""

    exchanges: int = 0
    objects: Found = field(default_factory=Found)
    slices: Found = field(default_factory=Found)


def find_slices(store: ObjectStore, stored: Sequence[StoredObject], wanted: Sequence[Wanted]) -> Searched:
    """Read a capture's WARC files, each hashed while it is parsed, and look for the slices in them.

    Where a file is missing or altered, what is not found elsewhere is not judged.
    """
    searched = Searched()
    waiting: dict[str, list[Wanted]] = {}
    for one in wanted:
        waiting.setdefault(one.exchange, []).append(one)
    for one_stored in stored:
        try:
            searched.slices.take(_read(store, one_stored, waiting, searched))
        except ArchiveError as error:
            searched.objects.error(error, one_stored.key)
    if not searched.objects.faults:
        for unfound in waiting.values():
            for one in unfound:
                what = f"The exchange that record {one.record.hex()} comes from, {one.exchange}, is in no WARC file."
                searched.slices.fault("EXCHANGE_MISSING", one.key, what)
    return searched


def _read(store: ObjectStore, stored: StoredObject, waiting: dict[str, list[Wanted]], searched: Searched) -> Found:
    found, repeated, broken = Found(), set[str](), None
    with hashed(store, stored) as stream:
        try:
            for record in warc.read_warc(stream, keep=waiting):
                searched.exchanges += 1
                if record.id not in waiting:
                    continue
                if record.type == "revisit":
                    repeated.add(record.id)
                else:
                    _compare(record, waiting.pop(record.id), found)
        except ArchiveError as error:
            broken = error
        stream.check(stored)
    if broken is not None:
        raise broken
    if repeated:
        # Which payload a revisit shares is known only once it is reached: such a file, and no other, is read again.
        with whole(store, stored) as copy:
            for name, holder in warc.payload_holders(copy, repeated):
                _compare(holder, waiting.pop(name), found)
    return found


def _compare(record: warc.WarcRecord, wanted: list[Wanted], found: Found) -> None:
    """Look for slices in a payload that passes by; no more of it is kept than from the first to the last open one."""
    waiting = iter(sorted(wanted, key=attrgetter("offset")))
    window, start, one = bytearray(), 0, next(waiting)
    for chunk in chain((b"",), record.chunks()):
        window += chunk
        while one.offset + one.length <= start + len(window):
            begin = one.offset - start
            if hashlib.sha256(window[begin : begin + one.length]).digest() != one.native:
                _differs(one, found)
            following = next(waiting, None)
            if following is None:
                return
            one = following
        done = min(one.offset - start, len(window))
        del window[:done]
        start += done
    for unfound in (one, *waiting):
        _differs(unfound, found)


def _differs(one: Wanted, found: Found) -> None:
    what = f"The native bytes of record {one.record.hex()} are not in the exchange that it names."
    found.fault("SLICE_DIFFERS", one.key, what)
