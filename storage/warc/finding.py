"""Where natives lie in one WARC record (FORMAT 3.9): the rule that looking applies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from storage.warc import parts
from storage.warc.coding import KNOWN, codings
from storage.warc.exchange import field
from storage.warc.spans import merged

if TYPE_CHECKING:
    from collections.abc import Mapping

    from storage.warc.parts import Going, Part, Place
    from storage.warc.record import WarcRecord
    from storage.warc.sought import Sought
    from storage.warc.spans import Span


@dataclass(frozen=True, slots=True)
class Found:
    """Where natives lie in a record, and whether one lies where nothing may be overwritten (``quoting``).

    ``stored`` tells that its coded body spells one. In an ``unread`` record natives may lie unseen; in a ``broken``
    one too, behind what decodes.
    """

    spans: Mapping[Place, tuple[Span, ...]]
    stored: bool = False
    quoting: bool = False
    unread: bool = False
    broken: bool = False

    def joined(self, other: Found) -> Found:
        """Return what both found."""
        places = self.spans.keys() | other.spans.keys()
        return Found(
            {place: tuple(merged((*self.spans.get(place, ()), *other.spans.get(place, ())))) for place in places},
            self.stored or other.stored,
            self.quoting or other.quoting,
            self.unread or other.unread,
            self.broken or other.broken,
        )


NOTHING = Found({})
PACKED = frozenset({"application/gzip", "application/zip"})
"""The types of files that are kept as they were handed over, and hold others compressed."""


def find(record: WarcRecord, scratch: BinaryIO, sought: Sought, going: Going) -> Found:
    """Return where the natives ``sought`` lie in a record; its body is used up, ``scratch`` is an empty file.

    What a file says of itself (``warcinfo``) is not searched.
    """
    if record.type == "warcinfo":
        return NOTHING
    searched: dict[Place, Part] = {parts.HEAD: parts.head(record), **dict(parts.addresses(record))}
    stored, whole, dropped = False, True, record.id in going.drop
    if not going.emptied(record):
        searched[parts.PAYLOAD], whole = parts.payload(record, scratch, going)
        stored = not dropped and parts.coded(record) and sought.occurs(record.body)
    spans: dict[Place, tuple[Span, ...]] = {}
    quoting = False
    for place, part in searched.items():
        if places := tuple(sought.places(part.file)):
            spans[place] = places
            quoting = quoting or any(sought.occurs(part.file, within=span) for span in part.fixed())
    return Found(spans, stored, quoting, not dropped and _hidden(record), not dropped and not whole)


def _hidden(record: WarcRecord) -> bool:
    return (
        (record.type == "resource" and field(record.headers, "Content-Type") in PACKED)
        or not KNOWN.issuperset(codings(record.coding))
        or record.truncated is not None
        or field(record.headers, "WARC-Segment-Number") is not None
    )
