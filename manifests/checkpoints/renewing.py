"""Renewing time stamps before the certificates end with which they are verified (FORMAT 5.4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from manifests.checkpoints.asking import Lack, asked, stamp_asked
from manifests.checkpoints.judging import roots_named
from manifests.checkpoints.stored import roots_of, stamps_of, text_at
from manifests.timestamps import renewal
from manifests.timestamps.trust import TimestampExpiredError, load_der_roots
from storage import layout

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from manifests.archive import Archive
    from manifests.timestamps.stamp import Stamp


@dataclass(frozen=True, slots=True)
class Renewed:
    """What renewing did: the keys of stamps that were ``due``, those of them that still lack, and those too late."""

    due: tuple[str, ...]
    lacking: tuple[Lack, ...]
    ended: tuple[str, ...]


def renew(archive: Archive, *, nonce: Callable[[], int]) -> Renewed:
    """Have every stamp renewed that can be verified now and for less than the settings' ``renew_days`` more.

    It may be killed at any moment and be run again.

    Raises:
        IntegrityError: a stamp or a root is not what was stored.
    """
    archive.ledger.refresh()
    now = archive.now()
    newest: dict[tuple[int, str], Stamp] = {}
    ended: list[str] = []
    for size, authority in _stamped(archive):
        stamps = stamps_of(archive.store, size, authority)
        roots = load_der_roots(roots_of(archive.store, archive.ledger.history, authority))
        try:
            newest[size, authority] = renewal.verify(text_at(archive.ledger, size), stamps, roots=roots, at=now)[-1]
        except TimestampExpiredError:
            ended.append(layout.timestamp(size, authority))
    due = renewal.ending(newest, at=now, days=archive.settings.checkpoint.renew_days)
    questions = [
        stamp_asked(
            archive,
            text_at(archive.ledger, size),
            authority,
            stamps_of(archive.store, size, authority),
            nonce=nonce,
        )
        for size, authority in due
    ]
    lacking = asked(archive, questions)
    return Renewed(tuple(layout.timestamp(size, authority) for size, authority in due), lacking, tuple(ended))


def _stamped(archive: Archive) -> Iterator[tuple[int, str]]:
    """Yield size and authority of every first stamp that is stored, of authorities that the ledger names."""
    for key in archive.store.keys(layout.TIMESTAMPS):
        match layout.timestamp_of(key):
            case (size, authority, 0) if size <= archive.ledger.head.size and roots_named(
                archive.ledger.history, authority
            ):
                yield size, authority
