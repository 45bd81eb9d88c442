"""Objects that no entry names and that hold records: left behind where a capture or a plan was cut short."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from schemas.errors import IntegrityError
from schemas.record import Provenance
from storage import layout, parquet
from storage.objects import read

if TYPE_CHECKING:
    from collections.abc import Iterator

    from manifests.archive import Archive
    from schemas.instant import Instant

LARGEST = 1 << 30
DAY = 86_400


def strays_of(archive: Archive, account: str) -> Iterator[str]:
    """Return the keys of an account's objects that no entry names and that none can name any more.

    These are partitions of captures that are in the ledger with other objects, and what plans wrote that are over. What
    belongs to a capture that is not in the ledger may be in somebody's spool, and is left alone.
    """
    return (key for key in unnamed(archive, account) if _is_over(archive, key))


def unfinished_productions(archive: Archive) -> Iterator[str]:
    """Return the keys of documents that were numbered more than a day ago and never sealed: nobody was handed them."""
    before = archive.now().plus(seconds=-DAY)
    return (key for key, numbered in undelivered(archive) if numbered < before)


def undelivered(archive: Archive) -> Iterator[tuple[str, Instant]]:
    """Yield the keys of documents that were numbered and never sealed, each with when: some may be sealed yet."""
    history = archive.ledger.history
    for key in archive.store.keys(layout.PRODUCTIONS):
        production = layout.production_of(key) or ""
        numbered = history.bates_at.get(production)
        if numbered is not None and production not in history.produced and not history.replacements.is_out(key):
            yield key, numbered


def unnamed(archive: Archive, account: str) -> Iterator[str]:
    """Yield the keys of an account's objects that no entry names."""
    history = archive.ledger.history
    named = {stored.key for stored in history.objects_of_account(account)}
    for prefix in (layout.PARTITIONS, layout.EXCHANGES):
        for key in archive.store.keys(f"{prefix}{account}/"):
            if key not in named and not history.replacements.is_out(key):
                yield key


def _is_over(archive: Archive, key: str) -> bool:
    history = archive.ledger.history
    made_by = layout.plan_of(key)
    if made_by is not None:
        plan = history.plans.get(made_by)
        return plan is not None and plan.state in ("stopped", "certified")
    capture = _capture_of(archive, key)
    return capture is not None and history.find_capture(capture) is not None


def _capture_of(archive: Archive, key: str) -> str | None:
    """Return the capture from which a partition is, or ``None`` where it cannot be read as one."""
    if not key.startswith(layout.PARTITIONS):
        return None
    try:
        content = read(archive.store, key, limit=LARGEST)
        row = next(iter(parquet.read_rows(io.BytesIO(content))), None)
        return None if row is None else Provenance.from_bytes(row.record.provenance).capture
    except (IntegrityError, parquet.UnknownFormatError):
        return None  # it is no partition: the audit names it as foreign, and nothing that is ours is in it
