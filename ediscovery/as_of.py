"""What was known when the ledger had fewer entries: which those are, and what had been handed over."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ediscovery.index.known import Known
from schemas.errors import InputError
from schemas.instant import Instant, InstantMalformedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from manifests.archive import Archive
    from schemas.digest import Digest


class AsOfUnknownError(InputError):
    """A search is to be made as of a state of the ledger that there is not."""

    code = "AS_OF_UNKNOWN"


def size_as_of(archive: Archive, as_of: str | None) -> int:
    """Return how many entries the ledger had: the number that was given, or when a day ended in the archive's zone.

    Raises:
        AsOfUnknownError: it is neither, or the ledger is not that far, or had no entry.
    """
    size = archive.ledger.head.size
    if as_of is None:
        return size
    if as_of.isascii() and as_of.isdigit():
        wanted = int(as_of[:20])
        if not 1 <= wanted <= size:
            raise AsOfUnknownError(
                f"The ledger has {size} entries, and never had {as_of[:20]}.", do=f"Give a number from 1 to {size}."
            )
        return wanted
    try:
        after = datetime.strptime(as_of, "%Y-%m-%d").replace(tzinfo=archive.settings.zone) + timedelta(days=1)
        end = Instant.from_datetime(after)
    except (ValueError, OverflowError, InstantMalformedError):
        raise AsOfUnknownError(
            f"{as_of[:40]!r} is neither a size of the ledger nor a date.", do="Write a date as 2026-01-31."
        ) from None
    wanted = _written_before(archive, end)
    if not wanted:
        raise AsOfUnknownError(f"On {as_of} the ledger had no entry.", do="Give a later date.")
    return wanted


def _written_before(archive: Archive, end: Instant) -> int:
    """Return how many entries were written before an instant; an entry is never older than the one before."""
    low, high = 0, archive.ledger.head.size
    while low < high:
        middle = (low + high) // 2
        if archive.ledger.entry(middle).at < end:
            low = middle + 1
        else:
            high = middle
    return low


def known_at(archive: Archive, size: int) -> Known:
    """Return what the ledger's first entries say besides records. Who speaks for an account is said once, at first."""
    return Known(
        officials={name: account.officials for name, account in archive.ledger.history.accounts.items()},
        numbered=lambda numbers: _numbered(archive, numbers, size),
    )


def _numbered(archive: Archive, numbers: str, size: int) -> Iterator[Digest]:
    from ediscovery.production.handed_over import numbered  # noqa: PLC0415 - what reads PDF loads longer than we search

    return numbered(archive, numbers, size=size)
