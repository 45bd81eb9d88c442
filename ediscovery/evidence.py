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
from manifests.proofs.making import hops_of, prove_record, prove_redacted
from schemas.digest import SIZE, Digest
from schemas.errors import IntegrityError
from schemas.ledger import Captured
from schemas.merkle import nodes_of
from schemas.record import Normalised, Provenance
from storage import parquet
from storage.objects import read_stored

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

    from ediscovery.search import Hit
    from manifests.archive import Archive
    from manifests.history import Place
    from manifests.notes import SignedNote
    from manifests.proofs.record import RecordProof
    from manifests.proofs.redacted import ProofPart, RedactedProof
    from schemas.claims import Claims
    from schemas.merkle import Nodes
    from schemas.record import Record
    from schemas.stored import StoredObject
    from storage.objects import ObjectStore
    from storage.parquet import Row


Extension: TypeAlias = Literal["json", "xml", "html", "bin"]


class EvidenceDiffersError(IntegrityError):
    """What a search found is not what the evidence holds."""

    code = "EVIDENCE_DIFFERS"


@dataclass(frozen=True, slots=True)
class Sealed:
    """A record with its place: ``row`` of all that its partition ever had, whose tree is ``nodes``."""

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
    return (place for place in sealed_places(archive, accounts) if place.stored is not None)


def sealed_places(archive: Archive, accounts: Iterable[str] | None = None) -> Iterator[Place]:
    """Yield every partition that was ever sealed, oldest entry first, of all accounts or of these."""
    history = archive.ledger.history
    found = [
        place for account in (history.accounts if accounts is None else accounts) for place in history.places(account)
    ]
    return iter(sorted(found, key=lambda place: (place.entry, place.partition.stored.key)))


def by_stored_key(archive: Archive, accounts: Iterable[str] | None = None) -> dict[str, Place]:
    """Return the ``places`` by the key of the object that holds what is left of each now."""
    return {stored_at(place).key: place for place in places(archive, accounts)}


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
    by_key = by_stored_key(archive)
    found: dict[Digest, Sealed] = {}
    for key, ids in wanted.items():
        place = by_key[key]
        rows = list(parquet.read_rows(io.BytesIO(read_stored(archive.store, stored_at(place)))))
        tree = _tree_of(archive.store, place, [row.id for row in rows])
        found |= {row.id: tree.sealed(row) for row in rows if row.id in ids}
    for ids in wanted.values():
        for lost in ids - found.keys():
            raise _differs(lost)
    return found


@dataclass(frozen=True, slots=True)
class _Tree:
    """All rows that a partition ever had, and the first number of each: proofs are made over these."""

    place: Place
    nodes: Nodes
    numbers: dict[Digest, int]

    def sealed(self, row: Row) -> Sealed:
        if row.record.id != row.id or row.id not in self.numbers:
            raise _differs(row.id)
        return Sealed(row.id, row.record, self.numbers[row.id], self.nodes, self.place)


def _tree_of(store: ObjectStore, place: Place, left: list[Digest]) -> _Tree:
    leaves = left if place.leaves is None else leaves_in(store, place.leaves)
    numbers = {leaf: number for number, leaf in reversed(list(enumerate(leaves)))}
    return _Tree(place, nodes_of(leaves), numbers)


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


def read_rows(archive: Archive, place: Place, rows: Container[int]) -> Iterator[Sealed]:
    """Yield the records in these rows of what is left of a partition, in their order, checked.

    A row group is in memory at a time.

    Raises:
        EvidenceDiffersError: a record is not what its id commits to.
        IntegrityError: the partition is missing or altered.
    """
    with read_whole(archive.store, stored_at(place)) as source:
        left = [cast("Digest", record) for (record,) in parquet.read_columns(source, ["record"])]
        tree = _tree_of(archive.store, place, left)
        for number, row in enumerate(parquet.read_rows(source)):
            if number in rows:
                yield tree.sealed(row)


def exchange_files(archive: Archive, entry: int, capture: str) -> Iterator[StoredObject]:
    """Yield the WARC files of a capture that an entry sealed, as far as they are left."""
    for act in archive.ledger.entry(entry).acts:
        if isinstance(act, Captured) and act.poll.capture == capture:
            for named in act.exchanges:
                standing = archive.ledger.history.replacements.find(named.key)
                stored = named if standing is None else standing.now
                if stored is not None:
                    yield stored


def media_type_of(sealed: Sealed) -> tuple[str, Extension]:
    """Return the media type of the native bytes, by the way they came, and the extension of a file with them."""
    native = sealed.record.native.lstrip()[:1]
    if native in (b"{", b"["):
        return "application/json", "json"
    match sealed.provenance.method:
        case "feed" if sealed.view.kind != "media":
            return "application/xml", "xml"
        case "web" if sealed.view.kind != "media":
            return "text/html", "html"
        case _:
            return "application/octet-stream", "bin"


def author_of(view: Normalised) -> str | None:
    """Return an item's author as people name them."""
    return (view.author.name or view.author.handle or view.author.id) if view.author else None


def words_of(view: Normalised) -> str | None:
    """Return what a line that tells of an item says: its text or title, or the address of a medium that came late."""
    return view.text or view.title or (view.url if view.late_of else None)


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


def prove_parts(
    archive: Archive, sealed: Sealed, parts: tuple[ProofPart, ...], checkpoint: SignedNote, claims: Claims
) -> RedactedProof:
    """Return the proof that a record of which these parts are shown is in the ledger that ``checkpoint`` signs."""
    hops = hops_of(archive.ledger, sealed.place.partition, entry=sealed.place.entry, checkpoint=checkpoint)
    return prove_redacted(sealed.record, parts, row=sealed.row, nodes=sealed.nodes, hops=hops, claims=claims)


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
