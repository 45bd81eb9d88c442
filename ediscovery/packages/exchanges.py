"""The exchanges of a production: which lie in which WARC files of the archive, taken out of these."""

from __future__ import annotations

import io
from collections import defaultdict
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, BinaryIO, cast

from ediscovery.evidence import exchange_files
from ediscovery.packages.wacz import Page, write_wacz
from ediscovery.printable import one_line
from manifests.archive import SOFTWARE
from schemas.errors import IntegrityError, PolicyError
from storage.objects import read_stored
from storage.warc import extract

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ediscovery.packages.fields import HandedOver
    from ediscovery.production.manifest import ProductionManifest
    from manifests.archive import Archive
    from storage.warc import Extracted

TITLE = 120


class ExchangesWithheldError(PolicyError):
    """The exchanges of a production hold what was withheld, and are not handed over."""

    code = "EXCHANGES_WITHHELD"


class ExchangeGoneError(IntegrityError):
    """The exchange of a produced record is not in the archive."""

    code = "EXCHANGE_GONE"


def refuse_held_back(manifest: ProductionManifest) -> None:
    """Refuse to hand over the exchanges of a production of which something is withheld or redacted: they may hold it.

    Raises:
        ExchangesWithheldError: something is.
    """
    if manifest.held_back or manifest.withheld or manifest.redacted:
        raise ExchangesWithheldError(
            f"Of the production {manifest.production}, or of another volume, something is withheld or redacted, and "
            "what platforms answered may hold it.",
            do="Leave out --exchanges.",
        )


def write_exchanges(
    archive: Archive, manifest: ProductionManifest, records: Sequence[HandedOver], out: BinaryIO
) -> None:
    """Write the exchanges of a production's records, and of the media in them, as a WACZ.

    Raises:
        ExchangeGoneError: one is not in the archive any more.
        IntegrityError: a WARC file is missing, altered or damaged.
    """
    extracted: list[Extracted] = []
    with TemporaryFile() as temporary:
        warc = cast("BinaryIO", temporary)
        for place, several in _by_capture(records).items():
            wanted = {exchange for one in several for exchange in _exchanges(one)}
            for stored in exchange_files(archive, *place):
                extracted += extract(io.BytesIO(read_stored(archive.store, stored)), wanted, warc)
        _demand_all(records, {one.id for one in extracted})
        write_wacz(
            out,
            warc,
            extracted,
            (_page(one) for one in records),
            title=f"{one_line(manifest.organisation)}: exchanges of production {manifest.production}",
            software=SOFTWARE,
            created=manifest.prepared_at,
        )


def _by_capture(records: Iterable[HandedOver]) -> Mapping[tuple[int, str], list[HandedOver]]:
    """Return the records of each capture, by the entry that sealed them and the capture's name."""
    found: dict[tuple[int, str], list[HandedOver]] = defaultdict(list)
    for one in records:
        found[one.entry, one.provenance.capture].append(one)
    return found


def _exchanges(record: HandedOver) -> Iterator[str]:
    """Yield the ids of a record's exchange, and of those that brought its media."""
    yield record.provenance.source.exchange.strip("<>")
    yield from (one.exchange.strip("<>") for one in record.view.attachments if one.exchange)


def _demand_all(records: Iterable[HandedOver], there: set[str]) -> None:
    for one in records:
        exchange = one.provenance.source.exchange.strip("<>")
        if exchange not in there:
            raise ExchangeGoneError(
                f"The exchange of record {one.listed.record.hex[:12]} is not in the archive.",
                do="Run 'holdfast verify'; leave out --exchanges, if it was destroyed as its schedule says.",
            )


def _page(record: HandedOver) -> Page:
    words = record.view.title or record.view.text or record.view.kind
    return Page(record.provenance.source.uri, record.provenance.captured, one_line(words)[:TITLE])
