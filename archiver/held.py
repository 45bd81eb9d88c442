"""What the archive holds of an account, read from its partitions: what a new look is compared with.

What was read once is noted in the home folder, so that a look costs what is new and not what is old. The note is no
evidence: it belongs to the user who runs Holdfast, and without it, or with one that does not fit, all is read again.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec

from archiver.observe import Held, Version, contents
from archiver.substance import has_volatile, substance
from schemas.canonical import Canonical, Natural
from schemas.errors import IntegrityError
from schemas.record import Normalised
from storage import parquet

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from manifests.archive import Archive
    from manifests.history import History
    from schemas.account import Platform
    from schemas.digest import Digest
    from schemas.ledger import Captured
    from storage.parquet import Summary


class Note(Canonical, frozen=True):
    """What an account's first ``acts`` sealed captures hold; ``last`` is the name of the last of them.

    ``condemned`` is the entry that condemned some of it last: after another one, all is read again.
    """

    acts: Natural = 0
    last: str = ""
    condemned: Natural | None = None
    versions: dict[str, tuple[Version, ...]] = msgspec.field(default_factory=dict)
    lists: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)


def held_of(archive: Archive, account: str) -> Held:
    """Return every version held of the account's items, oldest first, as of the ledger's last refresh.

    Raises:
        IntegrityError: a partition is not what was sealed.
    """
    history = archive.ledger.history
    path = archive.home / "state" / "held" / f"{account}.json"
    note = _read(path, account, history)
    acts = tuple(act for _, act in history.sealed(account, start=note.acts))
    if acts:
        note = _extended(archive, note, account, acts)
        _write(path, note)
    return Held(versions=note.versions, lists=note.lists, last_read=history.last_read.get(account))


def _extended(archive: Archive, note: Note, account: str, acts: Sequence[Captured]) -> Note:
    versions, lists = dict(note.versions), dict(note.lists)
    history = archive.ledger.history
    platform = history.accounts[account].platform
    for place in history.places(account, start=note.acts):
        if place.stored is not None:
            path = archive.cache.path_of(archive.store, place.stored)
            for row, counts in _rows(path, platform):
                view = Normalised.from_bytes(row.normalised) if row.kind in ("list", "absence") else None
                if view is not None and view.kind == "list":
                    lists[row.item] = contents(lists.get(row.item, ()), view)
                version = Version(
                    record=row.record,
                    native=row.native_sha256,
                    derived=row.normalised_sha256,
                    substance=counts,
                    kind=row.kind,
                    captured=row.captured,
                    url=row.url,
                    thread=row.thread,
                    verdict=view.absence.verdict if view is not None and view.absence is not None else None,
                )
                versions[row.item] = (*versions.get(row.item, ()), version)
    return Note(
        acts=note.acts + len(acts),
        last=acts[-1].poll.capture,
        condemned=history.condemned.get(account),
        versions=versions,
        lists=lists,
    )


def _rows(path: Path, platform: Platform) -> Iterator[tuple[Summary, Digest]]:
    """Yield a partition's rows, each with the digest of what counts of it; natives are read where it takes them."""
    if not has_volatile(platform):
        yield from ((row, row.native_sha256) for row in parquet.read_summaries(path))
        return
    counts = (substance(platform, row.record.native) for row in parquet.read_rows(path))
    yield from zip(parquet.read_summaries(path), counts, strict=True)


def _read(path: Path, account: str, history: History) -> Note:
    nothing = Note()
    try:
        note = Note.from_bytes(path.read_bytes())
    except (FileNotFoundError, IntegrityError):
        return nothing
    if note.condemned != history.condemned.get(account) or not 0 < note.acts <= history.sealing.get(account, 0):
        return nothing
    _, last = next(history.sealed(account, start=note.acts - 1))
    return note if last.poll.capture == note.last else nothing


def _write(path: Path, note: Note) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_bytes(note.to_bytes())
    temporary.rename(path)
