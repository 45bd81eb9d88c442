"""That an archives received a package: its receipt goes into the ledger, with the list of the records' ids."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, BinaryIO

from ediscovery.bags.reading import demand_package, read_file
from ediscovery.transfer import naming
from ediscovery.transfer.inspecting import inspect
from ediscovery.transfer.manifest import Transfer, commitment_to, read_transfer
from ediscovery.transfer.premis import read_objects
from manifests.audit.reading import whole
from manifests.notes import SignedNote
from manifests.proofs.vouching import Trust
from manifests.workspaces import workspace
from schemas.errors import InputError, IntegrityError
from schemas.ledger import RecordsTransferred
from schemas.merkle import CompactRange
from schemas.transfers import LONGEST_LINE, TOGETHER, ids_from, lines_of
from storage import layout
from storage.objects import CHUNK, Content

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from manifests.archive import Archive
    from schemas.digest import Digest


class ReceiptUnreadableError(InputError):
    """The file with an archives' receipt cannot be read, or is empty."""

    code = "RECEIPT_UNREADABLE"


class PackageUnsoundError(IntegrityError):
    """A package is not sound, so that no receipt for it is recorded."""

    code = "PACKAGE_UNSOUND"


class TransferListError(IntegrityError):
    """The list of a transfer's records is not of those that were handed over."""

    code = "TRANSFER_LIST"


class PackageOfAnotherError(InputError):
    """A package is of another archive."""

    code = "PACKAGE_OF_ANOTHER"


def receive(
    archive: Archive, folder: Path, receipt: Path, *, receiver: str, tell: Callable[[int, int], None]
) -> RecordsTransferred:
    """Record that the archives ``receiver`` has the records of the package in ``folder``, as its receipt says.

    The package is checked as a whole before. Of the receipt, the ledger holds a salted digest and no word.

    Raises:
        NotAPackageError: there is no package, or one that was never finished.
        PackageUnsoundError: it was altered.
        PackageOfAnotherError: it is of another archive, or of another history of this one.
        ReceiptUnreadableError: the receipt cannot be read, or is empty.
        ActRefusedError: its receipt is recorded already.
    """
    demand_package(folder)
    transfer = _own(archive, read_transfer(read_file(folder, naming.TRANSFER)))
    signer = archive.ledger.checkpoint_signer(SignedNote.from_bytes(transfer.checkpoint.encode()))
    report = inspect(folder, Trust(at=archive.now(), verifier=signer), tell=tell)
    if not report.sound:
        raise PackageUnsoundError(
            f"The package in {folder} is not sound, so that no receipt for it is recorded.",
            do="See what 'holdfast retention transfer check' names; keep everything, and ask the archives.",
        )
    commitment = commitment_to(_chunks(receipt), salt=transfer.salt)
    with workspace(archive.home) as working:
        with (working / "records").open("wb") as file:
            tree = CompactRange().extend(_written(file, folder))
        if (tree.size, tree.root) != (transfer.records, transfer.records_root):
            raise PackageUnsoundError(
                f"{naming.PREMIS} in {folder} names other records than the package was made of.",
                do="Keep everything, and ask the archives which package it has.",
            )
        listed = archive.store.put_new(layout.transfer(transfer.transfer), Content.of_file(working / "records"))
    # At this point the list is stored. If we crash here, recording the receipt again finds it there.
    act = RecordsTransferred(
        transfer=transfer.transfer,
        receiver=receiver,
        records=transfer.records,
        records_root=transfer.records_root,
        package=report.package,
        receipt=commitment,
        listed=listed,
    )
    archive.append(lambda _history: (act,))
    return act


def _written(file: BinaryIO, folder: Path) -> Iterator[Digest]:
    """Write the ids of a package's records into a file as lines, and yield them."""
    for line in lines_of(one.record for one in read_objects(folder / naming.PREMIS)):
        file.write(line)
        yield from ids_from([line])


def transferred(archive: Archive) -> Iterator[Digest]:
    """Yield the ids of all records that an archives confirmed to have; some MB are in memory at a time.

    Raises:
        TransferListError: a list is not the one that the ledger tells of; some of its ids were yielded.
        IntegrityError: a list is missing or altered.
    """
    for act in archive.ledger.history.transferred.values():
        tree = CompactRange()
        with whole(archive.store, act.listed) as source:
            ids = ids_from(iter(lambda source=source: source.readline(LONGEST_LINE), b""))  # type: ignore[misc]
            while some := tuple(islice(ids, TOGETHER)):
                tree = tree.extend(some)
                yield from some
        if (tree.size, tree.root) != (act.records, act.records_root):
            raise TransferListError(
                f"The list of the transfer {act.transfer} is not that of the records that were handed over.",
                do="Destroy nothing; keep everything and run 'holdfast verify'.",
            )


def _own(archive: Archive, transfer: Transfer) -> Transfer:
    """Return a transfer of this archive, from the history that it has now.

    Raises:
        PackageOfAnotherError: it is another's.
    """
    ledger = archive.ledger
    known = transfer.origin == ledger.origin and 0 < transfer.ledger_size <= ledger.head.size
    if not known or ledger.root_at(transfer.ledger_size) != transfer.ledger_root:
        raise PackageOfAnotherError(
            f"The package is of {transfer.origin} as of {transfer.ledger_size} entries, and this archive is not.",
            do="Record the receipt in the archive that made the package.",
        )
    return transfer


def _chunks(path: Path) -> Iterator[bytes]:
    """Yield a file's bytes.

    Raises:
        ReceiptUnreadableError: it cannot be read, or is empty.
    """
    try:
        with path.open("rb") as stream:
            chunk = stream.read(CHUNK)
            if not chunk:
                raise ReceiptUnreadableError(f"{path} is empty.", do="Give the file that the archives sent.")
            while chunk:
                yield chunk
                chunk = stream.read(CHUNK)
    except OSError as error:
        raise ReceiptUnreadableError(f"{path} cannot be read: {error.strerror}.", do="Check the path.") from error
