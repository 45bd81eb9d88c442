"""What a receipt is repeated on: a file that can be read, about entries of this ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.errors import InputError, IntegrityError

if TYPE_CHECKING:
    from pathlib import Path

    from ediscovery.answers.receipt import SearchReceipt
    from manifests.archive import Archive


class SearchReceiptForeignError(InputError):
    """A receipt is of another archive, or of more of it than is here."""

    code = "SEARCH_RECEIPT_FOREIGN"


class SearchReceiptLedgerError(IntegrityError):
    """The entries that a receipt was about are not those of this ledger."""

    code = "SEARCH_RECEIPT_LEDGER"


class FileUnreadableError(InputError):
    """A file that was named cannot be read."""

    code = "FILE_UNREADABLE"


def content_of(path: Path, largest: int) -> bytes:
    """Return what is in a file, and a byte more than ``largest`` at most.

    Raises:
        FileUnreadableError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(largest + 1)
    except OSError as error:
        raise FileUnreadableError(f"{path} cannot be read: {error.strerror}.", do="Check the file.") from error


def demand_ledger(archive: Archive, receipt: SearchReceipt) -> None:
    """Check that a receipt is about entries of this ledger.

    Raises:
        SearchReceiptForeignError: it is of another archive, or of more entries than there are.
        SearchReceiptLedgerError: it is of other entries.
    """
    ledger = archive.ledger
    if receipt.origin != ledger.origin:
        raise SearchReceiptForeignError(
            f"The receipt is of {receipt.origin[:80]!r}, and this is {ledger.origin!r}.", do="Open that archive."
        )
    if not 1 <= receipt.ledger_size <= ledger.head.size:
        raise SearchReceiptForeignError(
            f"The receipt is about {receipt.ledger_size} entries of the ledger, of which {ledger.head.size} are here.",
            do="Bring this copy up to date. If it is, entries were cut off: run 'holdfast verify'.",
        )
    if ledger.root_at(receipt.ledger_size) != receipt.ledger_root:
        raise SearchReceiptLedgerError(
            f"The first {receipt.ledger_size} entries of this ledger are not those that the receipt is about.",
            do="Stop, keep everything, and compare with a second copy or a checkpoint that was handed over.",
        )
