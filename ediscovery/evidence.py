"""Records read back from evidence: bytes that the ledger names, commitments recomputed, and the proof of each.

Search may lose a record; it may not invent or alter one. Whatever is shown or produced is read here.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Literal, TypeAlias, cast

from manifests.audit.reading import whole as read_whole
from manifests.proofs.making import hops_of, prove_record
from schemas.errors import IntegrityError
from schemas.merkle import nodes_of
from schemas.record import Normalised, Provenance
from storage import parquet
from storage.objects import read_stored

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

    from ediscovery.search import Hit
    from manifests.archive import Archive
    from manifests.notes import SignedNote
    from manifests.proofs.record import RecordProof
    from manifests.proofs.vouching import Claims
    from schemas.digest import Digest
    from schemas.merkle import Nodes
    from schemas.partition import Partition
    from schemas.record import Record


Extension: TypeAlias = Literal["json", "xml", "html", "bin"]


class EvidenceDiffersError(IntegrityError):
    """What a search found is not what the evidence holds."""

    code = "EVIDENCE_DIFFERS"


@dataclass(frozen=True, slots=True)
class Place:
    """A partition and the index of the ledger entry that named it."""

    partition: Partition
    entry: int


@dataclass(frozen=True, slots=True)
class Sealed:
    """A record with its place: ``row`` of a partition, whose tree is ``nodes``."""

    id: Digest
    record: Record
    row: int
    nodes: Nodes
    place: Place

    @property
    def view(self) -> Normalised:
        """The derived view."""
        return Normalised.from_bytes(self.record.normalised)

    @property
    def provenance(self) -> Provenance:
        """How the record came to be."""
        return Provenance.from_bytes(self.record.provenance)


def places(archive: Archive, accounts: Iterable[str] | None = None) -> Iterator[Place]:
    """Yield every partition that the ledger names, oldest entry first, of all accounts or of these."""
    history = archive.ledger.history
    found = [
        Place(partition, entry)
        for account in (history.accounts if accounts is None else accounts)
        for entry, act in history.sealed(account)
        for partition in act.partitions
    ]
    return iter(sorted(found, key=lambda place: (place.entry, place.partition.stored.key)))


def read_records(archive: Archive, wanted: dict[str, set[Digest]]) -> dict[Digest, Sealed]:
    """Return records by id, read from the partitions at the keys of ``wanted`` and checked.

    Raises:
        EvidenceDiffersError: a record is not there, or is not what its id commits to.
        IntegrityError: a partition is missing or altered.
    """
    by_key = {place.partition.stored.key: place for place in places(archive)}
    found: dict[Digest, Sealed] = {}
    for key, ids in wanted.items():
        place = by_key[key]
        rows = list(parquet.read_rows(io.BytesIO(read_stored(archive.store, place.partition.stored))))
        nodes = nodes_of([row.id for row in rows])
        for number, row in enumerate(rows):
            if row.id in ids:
                if row.record.id != row.id:
                    raise _differs(row.id)
                found[row.id] = Sealed(row.id, row.record, number, nodes, place)
    for ids in wanted.values():
        for lost in ids - found.keys():
            raise _differs(lost)
    return found


def read_hits(archive: Archive, hits: Iterable[Hit]) -> dict[Digest, Sealed]:
    """Return the records of hits (``read_records``)."""
    wanted: dict[str, set[Digest]] = {}
    for hit in hits:
        wanted.setdefault(hit.key, set()).add(hit.record)
    return read_records(archive, wanted)


def read_rows(archive: Archive, place: Place, rows: Container[int]) -> Iterator[Sealed]:
    """Yield the records in these rows of a partition, in their order, checked, a row group in memory at a time.

    Raises:
        EvidenceDiffersError: a record is not what its id commits to.
        IntegrityError: the partition is missing or altered.
    """
    with read_whole(archive.store, place.partition.stored) as source:
        nodes = nodes_of([cast("Digest", record) for (record,) in parquet.read_columns(source, ["record"])])
        for number, row in enumerate(parquet.read_rows(source)):
            if number in rows:
                if row.record.id != row.id:
                    raise _differs(row.id)
                yield Sealed(row.id, row.record, number, nodes, place)


def media_type_of(sealed: Sealed) -> tuple[str, Extension]:
    """Return the media type of the native bytes, by the way they came, and the extension of a file with them."""
    native = sealed.record.native.lstrip()[:1]
    if native in (b"{", b"["):
        return "application/json", "json"
    match sealed.provenance.method:
        case "feed":
            return "application/xml", "xml"
        case "web" if sealed.view.kind != "media":
            return "text/html", "html"
        case _:
            return "application/octet-stream", "bin"


def author_of(view: Normalised) -> str | None:
    """Return an item's author as people name them."""
    return (view.author.name or view.author.handle or view.author.id) if view.author else None


def _differs(record: Digest) -> EvidenceDiffersError:
    return EvidenceDiffersError(
        f"Record {record} is not in the evidence as the search found it.",
        do="Run 'holdfast verify', and delete the folder state/cache; it is made again.",
    )


def prove(
    archive: Archive, sealed: Sealed, checkpoint: SignedNote, claims: Claims, *, whole: bool = False
) -> RecordProof:
    """Return the proof that ``sealed`` is in the ledger that ``checkpoint`` signs (``proofs.making.prove_record``)."""
    ((_, proof),) = prove_all(archive, (sealed,), checkpoint, claims, whole=whole)
    return proof


def prove_all(
    archive: Archive, several: Iterable[Sealed], checkpoint: SignedNote, claims: Claims, *, whole: bool = False
) -> Iterator[tuple[Sealed, RecordProof]]:
    """Yield records, each with its proof; of those of one partition that come together, the hops are read once."""
    for place, own in groupby(several, key=attrgetter("place")):
        hops = hops_of(archive.ledger, place.partition, entry=place.entry, checkpoint=checkpoint)
        for sealed in own:
            yield (
                sealed,
                prove_record(sealed.record, row=sealed.row, nodes=sealed.nodes, hops=hops, claims=claims, whole=whole),
            )
