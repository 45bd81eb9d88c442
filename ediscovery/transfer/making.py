"""From the records that were chosen to a package: their parts and proofs, METS and PREMIS, the index, the bag."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ediscovery.bags.writing import new_bag
from ediscovery.evidence import by_stored_key, media_type_of, prove_all, read_rows
from ediscovery.printable import one_line
from ediscovery.transfer import naming
from ediscovery.transfer.index import index, readme
from ediscovery.transfer.manifest import TRANSFER_FORMAT, Transfer
from ediscovery.transfer.mets import write_mets
from ediscovery.transfer.premis import Premis, premis
from manifests.archive import SOFTWARE
from manifests.proofs.vouching import without_stamps
from schemas.errors import ConflictError
from schemas.ledger import Captured
from schemas.merkle import CompactRange

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date
    from pathlib import Path

    from ediscovery.bags.writing import Bag, Filed
    from ediscovery.evidence import Sealed
    from ediscovery.transfer.choosing import Chosen, Judgement
    from manifests.archive import Archive
    from manifests.checkpoints.making import Made as Checkpointed
    from manifests.history import Place
    from manifests.proofs.record import RecordProof
    from schemas.capture import Poll
    from schemas.instant import Instant
    from schemas.retention import SeriesName


class TransferOvertakenError(ConflictError):
    """Records were destroyed while a package was made of them, or of others in their partition."""

    code = "TRANSFER_OVERTAKEN"


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be packed: under which name, of which series, judged for which day; ``salt`` is 32 random bytes."""

    name: str
    series: tuple[SeriesName, ...]
    as_of: date
    permanent: bool
    salt: bytes


@dataclass(frozen=True, slots=True)
class Packed:
    """A finished package: what it says, and how large its payload is in files and bytes."""

    transfer: Transfer
    files: int
    octets: int


def pack(
    archive: Archive,
    chosen: Chosen,
    order: Order,
    checkpoint: Checkpointed,
    folder: Path,
    *,
    tell: Callable[[int, int], None],
) -> Packed:
    """Write the package of the chosen records to a new folder; until its last file is there it is a draft.

    ``checkpoint`` was made after they were found (``manifests.checkpoints.making.make``). Records are read and written
    one after the other.

    Raises:
        OutputExistsError: there is such a folder; it stays as it is.
        TransferOvertakenError: records were destroyed meanwhile; what was written is removed.
        BagUnwritableError: it cannot be written; what was written is removed.
        IntegrityError: a record is not in evidence as it was found; what was written is removed.
    """
    at, organisation = archive.now(), one_line(archive.settings.archive.organisation)
    with new_bag(folder, many=naming.RECORDS) as bag:
        tree = _records(archive, chosen, order, checkpoint, bag, at=at, tell=tell)
        transfer = Transfer(
            format=TRANSFER_FORMAT,
            transfer=order.name,
            organisation=organisation,
            software=SOFTWARE,
            made=at,
            as_of=order.as_of,
            series=order.series,
            origin=archive.ledger.origin,
            ledger_size=checkpoint.size,
            ledger_root=checkpoint.vouched.checkpoint.root,
            checkpoint=checkpoint.note.to_bytes().decode(),
            claims=checkpoint.claims,
            records=tree.size,
            records_root=tree.root,
            salt=order.salt.hex(),
            permanent=order.permanent,
        )
        bag.add(naming.README, readme(transfer), media_type="text/plain")
        write_mets(
            bag.path_of(naming.METS),
            bag.payload(),
            name=order.name,
            organisation=organisation,
            software=SOFTWARE,
            at=at,
        )
        bag.add_written(naming.METS, media_type="application/xml")
        bag.finish(_info(transfer, day=str(at)[:10]), {naming.TRANSFER: transfer.to_bytes()})
        return Packed(transfer, bag.files, bag.octets)


def _info(transfer: Transfer, *, day: str) -> dict[str, str]:
    return {
        "Source-Organization": transfer.organisation,
        "Bagging-Date": day,
        "External-Identifier": transfer.transfer,
        "Bag-Group-Identifier": transfer.origin,
        "External-Description": f"{transfer.records} records of {', '.join(transfer.series)}",
        "Bag-Software-Agent": transfer.software,
    }


def _records(
    archive: Archive,
    chosen: Chosen,
    order: Order,
    checkpoint: Checkpointed,
    bag: Bag,
    *,
    at: Instant,
    tell: Callable[[int, int], None],
) -> CompactRange:
    """Write every record with what tells of it, and return the tree over their ids."""
    tree = CompactRange()
    with ExitStack() as open_files:
        add_row = open_files.enter_context(index(bag.path_of(naming.INDEX)))
        told = Premis(open_files.enter_context(premis(bag.path_of(naming.PREMIS))), order.name)
        told.package()
        for judgement, sealed, proof, capture in _proved(archive, chosen, checkpoint):
            native = _parts(bag, tree.size, sealed, proof)
            told.native(sealed.id, native, poll=capture.poll, entry=sealed.place.entry, at=capture.sealed)
            add_row(tree.size, sealed, judgement, native.name)
            tree = tree.append(sealed.id)
            tell(tree.size, len(chosen))
        told.finish(organisation=one_line(archive.settings.archive.organisation), software=SOFTWARE, at=at)
    bag.add_written(naming.INDEX, media_type="text/csv")
    bag.add_written(naming.PREMIS, media_type="application/xml")
    return tree


@dataclass(frozen=True, slots=True)
class _Capture:
    """What captured the records of a partition, and when the ledger took them."""

    poll: Poll
    sealed: Instant


def _proved(
    archive: Archive, chosen: Chosen, checkpoint: Checkpointed
) -> Iterator[tuple[Judgement, Sealed, RecordProof, _Capture]]:
    by_key = by_stored_key(archive)
    claims = without_stamps(checkpoint.claims)
    for key, rows in chosen.by_partition():
        if key not in by_key:
            raise TransferOvertakenError(
                "Records of a partition were destroyed while the package was made.", do="Make it again.", key=key
            )
        place = by_key[key]
        capture = _capture_of(archive, place)
        proved = prove_all(archive, read_rows(archive, place, rows), checkpoint.note, claims)
        for judgement, (sealed, proof) in zip(rows.values(), proved, strict=True):
            yield judgement, sealed, proof, capture


def _capture_of(archive: Archive, place: Place) -> _Capture:
    entry = archive.ledger.entry(place.entry)
    # Captures share an entry only if they are of different accounts.
    acts = (act for act in entry.acts if isinstance(act, Captured))
    polls = (act.poll for act in acts if act.poll.account == place.partition.account)
    return _Capture(next(polls), entry.at)


def _parts(bag: Bag, number: int, sealed: Sealed, proof: RecordProof) -> Filed:
    """Write the parts of a record, in the order of their names, and return the first: its native bytes."""
    media_type, extension = media_type_of(sealed)
    native = bag.add(naming.part(number, naming.native(extension)), sealed.record.native, media_type=media_type)
    for name, content in (
        (naming.NORMALISED, sealed.record.normalised),
        (naming.PROOF, proof.to_bytes()),
        (naming.PROVENANCE, sealed.record.provenance),
    ):
        bag.add(naming.part(number, name), content, media_type="application/json")
    return native
