"""Records read back from evidence: bytes that the ledger names, commitments recomputed, and the proof of each.

Search may lose a record; it may not invent or alter one. Whatever is shown or produced is read here.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from manifests.proofs.making import prove_record
from schemas.digest import SIZE, Digest
from schemas.errors import IntegrityError
from schemas.merkle import nodes_of
from schemas.record import Normalised, Provenance
from storage import parquet
from storage.objects import read_stored

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ediscovery.search import Hit
    from manifests.archive import Archive
    from manifests.history import Place
    from manifests.notes import SignedNote
    from manifests.proofs.record import RecordProof
    from schemas.claims import Claims
    from schemas.merkle import Nodes
    from schemas.record import Record
    from schemas.stored import StoredObject
    from storage.objects import ObjectStore


class EvidenceDiffersError(IntegrityError):
    """What a search found is not what the evidence holds."""

    code = "EVIDENCE_DIFFERS"


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
    """Yield every partition of which something is left, oldest entry first, of all accounts or of these."""
    history = archive.ledger.history
    found = [
        place
        for account in (history.accounts if accounts is None else accounts)
        for place in history.places(account)
        if place.stored is not None
    ]
    return iter(sorted(found, key=lambda place: (place.entry, place.partition.stored.key)))


def stored_at(place: Place) -> StoredObject:
    """Return the object that holds a partition's rows.

    Raises:
        EvidenceDiffersError: nothing is left of it.
    """
    if place.stored is None:
        raise EvidenceDiffersError(
            f"Nothing is left of the partition {place.partition.stored.key}: it was destroyed as its schedule says.",
            do="See 'holdfast retention plans'.",
        )
    return place.stored


def read_records(archive: Archive, wanted: dict[str, set[Digest]]) -> dict[Digest, Sealed]:
    """Return records by id, read from the partitions at the keys of ``wanted`` and checked.

    Raises:
        EvidenceDiffersError: a record is not there, or is not what its id commits to.
        IntegrityError: a partition is missing or altered.
    """
    by_key = {stored_at(place).key: place for place in places(archive)}
    found: dict[Digest, Sealed] = {}
    for key, ids in wanted.items():
        place = by_key[key]
        rows = list(parquet.read_rows(io.BytesIO(read_stored(archive.store, stored_at(place)))))
        # Its proof is made over all rows that there ever were.
        leaves = [row.id for row in rows] if place.leaves is None else leaves_in(archive.store, place.leaves)
        numbers = {leaf: number for number, leaf in reversed(list(enumerate(leaves)))}
        nodes = nodes_of(leaves)
        for row in rows:
            if row.id in ids:
                if row.record.id != row.id or row.id not in numbers:
                    raise _differs(row.id)
                found[row.id] = Sealed(row.id, row.record, numbers[row.id], nodes, place)
    for ids in wanted.values():
        for lost in ids - found.keys():
            raise _differs(lost)
    return found


def leaves_in(store: ObjectStore, stored: StoredObject) -> list[Digest]:
    """Return the ids of all rows that a partition ever had, from the object that keeps them (FORMAT 3.8).

    Raises:
        ObjectMissingError, ObjectAlteredError: it is gone, or not what was stored.
    """
    content = read_stored(store, stored)
    return [Digest(content[at : at + SIZE]) for at in range(0, len(content), SIZE)]


def read_hits(archive: Archive, hits: Iterable[Hit]) -> dict[Digest, Sealed]:
    """Return the records of hits (``read_records``)."""
    wanted: dict[str, set[Digest]] = {}
    for hit in hits:
        wanted.setdefault(hit.key, set()).add(hit.record)
    return read_records(archive, wanted)


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
    return prove_record(
        archive.ledger,
        sealed.record,
        row=sealed.row,
        nodes=sealed.nodes,
        partition=sealed.place.partition,
        entry=sealed.place.entry,
        checkpoint=checkpoint,
        claims=claims,
        whole=whole,
    )
