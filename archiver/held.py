"""What the archive holds of an account, read from its partitions: what a new look is compared with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archiver.observe import Held, Version
from schemas.record import Normalised
from storage import parquet

if TYPE_CHECKING:
    from manifests.archive import Archive


def held_of(archive: Archive, account: str) -> Held:
    """Return every version held of the account's items, oldest first, as of the ledger's last refresh.

    Raises:
        IntegrityError: a partition is not what was sealed.
    """
    history = archive.ledger.history
    versions: dict[str, tuple[Version, ...]] = {}
    lists: dict[str, frozenset[str]] = {}
    for act in history.sealed.get(account, ()):
        for partition in act.partitions:
            path = archive.cache.path_of(archive.store, partition.stored)
            for row in parquet.read_summaries(path):
                view = Normalised.from_bytes(row.normalised) if row.kind in ("list", "absence") else None
                if view is not None and view.kind == "list":
                    lists[row.item] = frozenset(view.listed)
                version = Version(
                    record=row.record,
                    native=row.native_sha256,
                    derived=row.normalised_sha256,
                    kind=row.kind,
                    captured=row.captured,
                    url=row.url,
                    thread=row.thread,
                    verdict=view.absence.verdict if view is not None and view.absence is not None else None,
                )
                versions[row.item] = (*versions.get(row.item, ()), version)
    return Held(versions=versions, lists=lists, last_read=history.last_read.get(account))
