"""Records read back from evidence: bytes that the ledger names, commitments recomputed, and the proof of each.

Search may lose a record; it may not invent or alter one. Whatever is shown or produced is read here.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from manifests.proof import PROOF_FORMAT, RecordProof
from schemas.digest import Digest
from schemas.errors import IntegrityError
from schemas.merkle import inclusion_path
from schemas.record import Normalised, Provenance
from storage import parquet
from storage.objects import read_stored

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ediscovery.search import Hit
    from manifests.archive import Archive
    from manifests.notes import SignedNote
    from schemas.partition import Partition
    from schemas.record import Record


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
    """A record with its place: ``row`` in a partition whose record ids are ``leaves``."""

    id: Digest
    record: Record
    row: int
    leaves: tuple[Digest, ...]
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
    chosen = sorted(history.sealed) if accounts is None else accounts
    found = [
        Place(partition, history.captures[act.poll.capture])
        for account in chosen
        for act in history.sealed.get(account, ())
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
        leaves = tuple(row.id for row in rows)
        for number, row in enumerate(rows):
            if row.id in ids:
                if row.record.id != row.id:
                    raise _differs(row.id)
                found[row.id] = Sealed(row.id, row.record, number, leaves, place)
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


def author_of(view: Normalised) -> str | None:
    """Return an item's author as people name them."""
    return (view.author.name or view.author.handle or view.author.id) if view.author else None


def _differs(record: Digest) -> EvidenceDiffersError:
    return EvidenceDiffersError(
        f"Record {record} is not in the evidence as the search found it.",
        do="Run 'holdfast verify', and delete the folder state/cache; it is made again.",
    )


def prove(archive: Archive, sealed: Sealed, checkpoint: SignedNote, *, size: int) -> RecordProof:
    """Return the proof that ``sealed`` is in the ledger of ``size`` entries that ``checkpoint`` signs."""
    entry, record = sealed.place.entry, sealed.record
    return RecordProof(
        format=PROOF_FORMAT,
        record=sealed.id,
        salt=record.salt.hex(),
        native_sha256=Digest.of(record.native),
        normalised=record.normalised.decode(),
        provenance=record.provenance.decode(),
        row=sealed.row,
        rows=len(sealed.leaves),
        row_path=inclusion_path(sealed.leaves, sealed.row),
        partition_root=sealed.place.partition.root,
        entry=archive.ledger.entry_bytes(entry).decode(),
        entry_path=archive.ledger.inclusion(entry, size=size),
        checkpoint=checkpoint.to_bytes().decode(),
        verifier=archive.ledger.checkpoint_signer(checkpoint).to_text(),
    )
