"""The WARC files of an account without what a plan destroys: overwritten where it lies, or gone with all else."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, BinaryIO

from manifests.audit.reading import whole
from schemas.disposition import Replaced
from schemas.errors import IntegrityError
from schemas.record import Provenance
from storage import layout, parquet, warc
from storage.objects import Content, read_stored

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from manifests.archive import Archive
    from schemas.digest import Digest
    from schemas.ledger import Captured
    from schemas.stored import StoredObject
    from storage.objects import ObjectStore

    Slices = dict[str, list[tuple[int, int]]]

TOGETHER = 128 << 20
"""How many bytes of natives are looked for at once."""
READ = frozenset({"captured", "unchanged"})
"""How a capture ended that read all of its account."""


class RecordLostError(IntegrityError):
    """A record that is to be destroyed is not where the ledger says: where its bytes lie is not known."""

    code = "RECORD_LOST"


@dataclass(frozen=True, slots=True)
class Held:
    """A partition of which a plan has condemned records: the object that held them, and which these are."""

    stored: StoredObject
    records: frozenset[Digest]


@dataclass(frozen=True, slots=True)
class Going:
    """What of an account goes: by the keys that captures name, what held it; and between which entries it was captured.

    ``left_from`` is the entry of the first capture of which something survives (absent: of none does).
    """

    partitions: Mapping[str, Held]
    since: int
    until: int
    left_from: int | None

    @classmethod
    def of(cls, archive: Archive, account: str, planned: Mapping[str, frozenset[Digest]], plan: str) -> Going:
        """Return what of an account a plan has condemned; ``planned`` are records by partition.

        Raises:
            RecordLostError: a partition is not condemned.
        """
        history = archive.ledger.history
        partitions: dict[str, Held] = {}
        since, left_from = history.size, None
        for place in history.places(account):
            key = place.partition.stored.key
            if place.stored is not None:
                left_from = place.entry if left_from is None else min(left_from, place.entry)
            if key in planned:
                before = history.replacements.before(place.partition.stored, plan)
                if before is None:
                    raise RecordLostError(f"The partition {key} is not condemned.", do="Go on with the plan again.")
                partitions[key] = Held(before, planned[key])
                since = min(since, place.entry)
        return cls(partitions, since, history.condemned[account], left_from)

    def natives(self, store: ObjectStore) -> Iterator[list[bytes]]:
        """Yield the native bytes that go, as many at a time as are looked for at once."""
        some: list[bytes] = []
        octets = 0
        for held in self.partitions.values():
            for row in parquet.read_rows(io.BytesIO(read_stored(store, held.stored))):
                if row.id in held.records and row.record.native:
                    some.append(row.record.native)
                    octets += len(row.record.native)
                    if octets >= TOGETHER:
                        yield some
                        some, octets = [], 0
        if some:
            yield some


def surviving_exchanges(
    archive: Archive, account: str, going: Going, plan: str, tell: Callable[[str, int, int], None]
) -> Iterator[Replaced]:
    """Yield what takes the place of an account's WARC files, as far as anything that goes lies in them.

    Looked into are those of all captures from the one on that read the account before the first of it was sealed, and
    of earlier ones that were cut short: what they saw may have become a record later. A file that is from before
    anything that survives was captured goes whole.

    Raises:
        IntegrityError: an object is not what was stored.
    """
    looking = _Looking(archive.store, going, plan)
    captures = list(_concerned(archive, account, going))
    for done, (entry, act) in enumerate(captures):
        tell(f"exchanges of {account}", done, len(captures))
        for named in act.exchanges:
            history = archive.ledger.history
            standing = history.replacements.find(named.key)
            stored = named if standing is None else standing.now
            if stored is None or history.replacements.before(named, plan) is not None:
                continue
            if going.left_from is None or entry < going.left_from:
                yield Replaced(key=named.key, was=stored.key)
                continue
            kept = [one for one in history.places_of(entry, act) if one.stored is not None]
            replaced = looking.replaced(act, named, stored, [one.stored for one in kept if one.stored])
            if replaced is not None:
                yield replaced


def _concerned(archive: Archive, account: str, going: Going) -> Iterator[tuple[int, Captured]]:
    """Yield the captures in whose exchanges something may lie that goes."""
    history = archive.ledger.history
    before = max(
        (entry for entry, act in history.captures(account) if entry < going.since and act.poll.outcome in READ),
        default=0,
    )
    for entry, act in history.captures(account):
        if act.exchanges and entry <= going.until and (entry >= before or act.poll.outcome not in READ):
            yield entry, act


class _Looking:
    """Looks for natives in WARC files; those that fit together into memory are read once."""

    def __init__(self, store: ObjectStore, going: Going, plan: str) -> None:
        self._store, self._going, self._plan = store, going, plan
        self._only: list[list[bytes]] | None = None

    def replaced(
        self, act: Captured, named: StoredObject, stored: StoredObject, kept: list[StoredObject]
    ) -> Replaced | None:
        """Return what takes the place of a WARC file, if anything in it goes; ``kept`` hold the capture's survivors."""
        staying: Slices = {}
        for one in kept:
            _add_slices(staying, self._store, one, None)
        gone: Slices = {}
        for partition in act.partitions:
            held = self._going.partitions.get(partition.stored.key)
            if held is not None:
                _add_slices(gone, self._store, held.stored, held.records)
        with TemporaryDirectory(prefix="holdfast-") as folder:
            done = self._overwritten(stored, Path(folder), gone, staying)
            if done is None:
                return None
            file, unread = done
            now = self._store.put_new(layout.surviving(named.key, self._plan), Content.of_file(file))
        return Replaced(key=named.key, was=stored.key, now=now, unread=unread)

    def _overwritten(self, stored: StoredObject, folder: Path, gone: Slices, kept: Slices) -> tuple[Path, int] | None:
        drop = gone.keys() - kept.keys()
        changed, unread = False, 0
        with whole(self._store, stored) as original:
            source: BinaryIO = original
            for number, natives in enumerate(self._natives()):
                file = folder / str(number)
                with file.open("w+b") as target:
                    result = warc.overwrite(
                        source,
                        target,
                        natives=natives,
                        gone=gone,
                        drop=drop,
                        kept=kept,
                        turn=None if changed else self._plan,
                    )
                unread = len(result.unread)
                if result.changed:
                    changed = True
                    source = file.open("rb")
        return (file, unread) if changed else None

    def _natives(self) -> Iterator[list[bytes]]:
        if self._only is not None:
            yield from self._only
            return
        groups = self._going.natives(self._store)
        first = next(groups, [])
        second = next(groups, None)
        if second is None:
            self._only = [first]
        yield first
        if second is not None:
            yield second
            yield from groups


def _add_slices(found: Slices, store: ObjectStore, stored: StoredObject, records: frozenset[Digest] | None) -> None:
    """Add where a partition's rows, or those of ``records``, lie, by exchange."""
    for row in parquet.read_rows(io.BytesIO(read_stored(store, stored))):
        if records is None or row.id in records:
            source = Provenance.from_bytes(row.record.provenance).source
            found.setdefault(source.exchange, []).append((source.offset, source.length))
