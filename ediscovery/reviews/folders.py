"""The folder of a review: the receipt that freezes a search, and the list in which people decide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ediscovery.answers.receipt import LARGEST, read_receipts
from ediscovery.answers.repeating import content_of, demand_ledger
from ediscovery.filled import rows_of
from ediscovery.redaction.rules import COLUMNS, NAME, rules_of
from ediscovery.reviews.deciding import read_decisions
from schemas.errors import ConflictError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ediscovery.answers.receipt import SearchReceipt
    from ediscovery.redaction.rules import Rule
    from ediscovery.reviews.deciding import Decided
    from manifests.archive import Archive
    from schemas.digest import Digest

RECEIPT, LIST, REDACTIONS = "receipt.json", "review.csv", "redactions.csv"
LARGEST_LIST = 1 << 30


class ReviewOvertakenError(ConflictError):
    """The search of a review finds other records now than those that were decided."""

    code = "REVIEW_OVERTAKEN"


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A review as it lies in its folder; of a record that nobody decided there is ``None``."""

    receipt: SearchReceipt
    decisions: Mapping[Digest, Decided | None]
    rules: tuple[Rule, ...]


def read_review(archive: Archive, folder: Path) -> Reviewed:
    """Return the review in a folder.

    Raises:
        FileUnreadableError: a file cannot be read.
        SearchReceiptUnreadableError, TableUnreadableError: one is not what it must be.
        SearchReceiptForeignError, SearchReceiptLedgerError: it is of another ledger.
    """
    (receipt,) = read_receipts(content_of(folder / RECEIPT, LARGEST), lines=False)
    demand_ledger(archive, receipt)
    decisions = read_decisions(content_of(folder / LIST, LARGEST_LIST))
    # Whoever redacts nothing may throw the table away.
    table = content_of(folder / REDACTIONS, LARGEST_LIST) if (folder / REDACTIONS).exists() else b""
    rows = rows_of(table, COLUMNS, needed=COLUMNS, name=NAME) if table else ()
    return Reviewed(receipt, decisions, rules_of(rows))


def demand_same(before: SearchReceipt, now: SearchReceipt) -> None:
    """Demand that a search finds what it found when the list was written.

    Raises:
        ReviewOvertakenError: it does not.
    """
    if (before.hits, before.digest) != (now.hits, now.digest):
        raise ReviewOvertakenError(
            f"The search found {before.hits:,} hits when the list was written, and finds {now.hits:,} others now.",
            do="Records were destroyed since, or the receipt was altered: see 'holdfast repeat'. Write the list again.",
        )
