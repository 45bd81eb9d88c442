"""The media of records that pages show: read from the exchanges in which they were captured, and made small."""

from __future__ import annotations

import io
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from ediscovery.evidence import exchange_files
from ediscovery.production.thumbnails import thumbnail
from schemas.digest import Digest
from storage.objects import read_stored
from storage.warc import PayloadTooLargeError, WarcRecordMissingError, payload_holders

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from ediscovery.evidence import Sealed
    from manifests.archive import Archive
    from schemas.record import Attachment, Normalised

MOST = 12
"""Pictures of a record that are shown; all of its media are listed."""
LARGEST = 64 << 20


class Picture(NamedTuple):
    """An attachment, and a small JPEG of it."""

    attachment: Attachment
    jpeg: bytes


def pictures_of(
    archive: Archive, shown: Iterable[Sealed], *, without: Collection[Digest]
) -> Mapping[Digest, tuple[Picture, ...]]:
    """Return the pictures of records, by id, but those with the digests in ``without``.

    A picture is left out that is not in its exchange as it was captured, is larger than 64 MiB, or cannot be painted.

    Raises:
        IntegrityError: a WARC file is missing, altered or damaged.
    """
    wanted: dict[tuple[int, str], dict[str, Digest]] = defaultdict(dict)
    several: dict[Digest, list[tuple[Attachment, str, Digest]]] = {}
    for sealed in shown:
        drawn = several[sealed.id] = _drawn(sealed.view, without)
        place = (sealed.place.entry, sealed.provenance.capture)
        wanted[place] |= {exchange: sha256 for _, exchange, sha256 in drawn}
    made = {
        (exchange, sha256): small
        for place, exchanges in wanted.items()
        if exchanges
        for exchange, sha256, small in _small(archive, *place, exchanges)
    }
    return {
        record: tuple(
            Picture(attachment, made[exchange, sha256])
            for attachment, exchange, sha256 in drawn
            if (exchange, sha256) in made
        )
        for record, drawn in several.items()
    }


def _drawn(view: Normalised, without: Collection[Digest]) -> list[tuple[Attachment, str, Digest]]:
    """Return the attachments that are pictures and were captured, with the exchange and the digest of each."""
    found = [
        (one, one.exchange.strip("<>"), one.sha256)
        for one in view.attachments
        if one.role == "image" and one.exchange and one.sha256 and one.sha256 not in without
    ]
    return found[:MOST]


def _small(
    archive: Archive, entry: int, capture: str, wanted: Mapping[str, Digest]
) -> Iterator[tuple[str, Digest, bytes]]:
    """Yield small pictures of the payloads of some exchanges of a capture, each with its digest."""
    left = set(wanted)
    for stored in exchange_files(archive, entry, capture):
        if not left:
            return
        try:
            for exchange, holder in payload_holders(io.BytesIO(read_stored(archive.store, stored)), set(left)):
                left.discard(exchange)
                try:
                    content = holder.payload(limit=LARGEST)
                except PayloadTooLargeError:
                    continue
                small = thumbnail(content) if Digest.of(content) == wanted[exchange] else None
                if small is not None:
                    yield exchange, wanted[exchange], small
        except WarcRecordMissingError:
            continue  # it lies in another file of the capture, or was destroyed
