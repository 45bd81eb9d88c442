"""The receipt of a search: what was asked, of what, and what the answer was, so that anybody can ask it again. Pure."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import msgspec

from ediscovery.language.faults import QuerySyntaxError
from ediscovery.language.parsing import parse
from ediscovery.language.spelling import ROOM
from schemas.canonical import Canonical, Name, Natural, NotCanonicalError
from schemas.digest import Digest
from schemas.errors import InputError
from schemas.instant import Instant
from schemas.query import Query

FORMAT = "holdfast-search-receipt/v1"
LARGEST = 16 << 20  # bytes


class SearchReceiptUnreadableError(InputError):
    """A file is no receipt of a search."""

    code = "SEARCH_RECEIPT_UNREADABLE"


class AccountAnswer(Canonical, frozen=True):
    """Of one account: how many hits there are, their digest, and how many of its records were destroyed by then."""

    account: str
    hits: Natural
    digest: Digest
    withheld: Natural = 0


class SearchReceipt(Canonical, frozen=True):
    """What a search was about, and its answer.

    ``typed`` and ``options`` are what was asked for, ``query`` what was understood: all of it, filters too, in the
    spelling that ``ediscovery.language`` reads, with days of ``zone``. The records are those that the first
    ``ledger_size`` entries sealed and that are left: ``records`` in ``partitions``. ``not_indexed`` counts those of
    which something is not searched, by reason; ``withheld`` were destroyed, as the ledger says. ``accounts`` are those
    that have hits, or had records destroyed. ``unicode`` are the tables that say what a word is.
    """

    format: str
    origin: str
    asked_at: Instant
    actor: str
    typed: str
    query: str
    zone: str
    ledger_size: Natural
    ledger_root: Digest
    partitions: Natural
    segments: Natural
    records: Natural
    hits: Natural
    digest: Digest
    software: str
    unicode: str
    options: dict[Name, str] = msgspec.field(default_factory=dict)
    versions: bool = False
    not_indexed: dict[Name, Natural] = msgspec.field(default_factory=dict)
    withheld: Natural = 0
    accounts: tuple[AccountAnswer, ...] = ()

    def asked(self) -> Query:
        """Return the query.

        Raises:
            SearchReceiptUnreadableError: it cannot be read.
        """
        try:
            zone = ZoneInfo(self.zone)
        except (ValueError, OSError, KeyError) as error:
            raise SearchReceiptUnreadableError(
                f"The receipt names an unknown time zone, {self.zone[:80]!r}.", do="Ask whoever made it for another."
            ) from error
        try:
            return Query(term=parse(self.query, zone, room=ROOM), versions=self.versions)
        except QuerySyntaxError as error:
            raise SearchReceiptUnreadableError(
                f"The receipt holds a query that cannot be read. {error.what}", do="Ask whoever made it for another."
            ) from error


def read_receipts(content: bytes, *, lines: bool) -> tuple[SearchReceipt, ...]:
    """Return the receipt in a file, or where it has ``lines``, one of each; they are of the same size of the ledger.

    Raises:
        SearchReceiptUnreadableError: it is none, of a later version, or they are not.
    """
    if len(content) > LARGEST:
        raise SearchReceiptUnreadableError("The file is larger than any receipt.", do="Give a receipt of a search.")
    parts = [part for part in content.split(b"\n") if part.strip()] if lines else [content]
    receipts = tuple(_receipt(part) for part in parts)
    if len({one.ledger_size for one in receipts}) != 1:
        raise SearchReceiptUnreadableError(
            "The file has no receipts, or of several sizes of the ledger.",
            do="Repeat those of each size by themselves.",
        )
    return receipts


def _receipt(content: bytes) -> SearchReceipt:
    try:
        receipt = SearchReceipt.from_plain(msgspec.json.decode(content))
    except (msgspec.DecodeError, NotCanonicalError, UnicodeError, RecursionError) as error:
        raise SearchReceiptUnreadableError(
            f"This is no receipt of a search: {error}", do="Give a file that 'holdfast search --receipt' wrote."
        ) from error
    if receipt.format != FORMAT:
        raise SearchReceiptUnreadableError(
            f"The receipt is in the format {receipt.format[:80]!r}; this version knows {FORMAT!r}.",
            do="Update Holdfast.",
        )
    return receipt
