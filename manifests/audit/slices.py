"""Native bytes found in the WARC file that they came in: every exchange read once, in bounded memory."""

from __future__ import annotations

import hashlib
from collections import deque
from dataclasses import dataclass, field
from itertools import chain
from operator import attrgetter
from typing import TYPE_CHECKING

from manifests.audit.found import Found
from manifests.audit.reading import hashed, whole
from manifests.audit.records import IMPOSSIBLE
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
    """Look for slices in a payload that passes by; no more of it is kept than from the first open one on."""
    for one in wanted:
        if one.length == IMPOSSIBLE:
            _differs(one, found)
    waiting = deque(sorted((one for one in wanted if one.length != IMPOSSIBLE), key=attrgetter("offset")))
    window, start = bytearray(), 0
    for chunk in chain((b"",), record.chunks()):
        window += chunk
        while waiting and waiting[0].offset + waiting[0].length <= start + len(window):
            _judge(waiting.popleft(), window, start, found)
        if not waiting:
            return
        done = min(waiting[0].offset - start, len(window))
        del window[:done]
        start += done
    # The payload has ended in the first open slice; one that begins after it may end before it.
    for one in waiting:
        _judge(one, window, start, found)


def _judge(one: Wanted, window: bytearray, start: int, found: Found) -> None:
    part = window[one.offset - start : one.offset - start + one.length]
    if len(part) != one.length or hashlib.sha256(part).digest() != one.native:
        _differs(one, found)


def _differs(one: Wanted, found: Found) -> None:
    what = f"The native bytes of record {one.record.hex()} are not in the exchange that it names."
    found.fault("SLICE_DIFFERS", one.key, what)
