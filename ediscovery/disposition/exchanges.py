"""The WARC files of an account without what a plan destroys: overwritten where it lies, or gone with all else."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, cast

from ediscovery.disposition.sighted import Versions
from manifests.audit.reading import whole
from schemas.disposition import Replaced
from schemas.errors import IntegrityError
from schemas.record import Normalised, Provenance
from storage import layout, parquet, warc
from storage.objects import Content, read_stored

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import BinaryIO

    from manifests.archive import Archive
    from schemas.digest import Digest
    from schemas.ledger import Captured
    from schemas.stored import StoredObject
    from storage.objects import ObjectStore

    Slices = dict[str, list[tuple[int, int]]]

TOGETHER = 32 << 20
"""How many bytes of partitions, which are compressed, hold the natives that are looked for at once."""
READ = frozenset({"captured", "unchanged"})
"""How a capture ended that read all of its account."""
CUT_SHORT = frozenset({"failed", "interrupted"})
"""How a capture ended that did not seal what its answers showed."""


class RecordLostError(IntegrityError):
    """A record that is to be destroyed is not where the ledger says: where its bytes lie is not known."""

    code = "RECORD_LOST"


@dataclass(frozen=True, slots=True)
class Held:
    """A partition of which a plan has condemned records: the object that held them, which these are, its entry."""

    stored: StoredObject
    records: frozenset[Digest]
    entry: int


@dataclass(frozen=True, slots=True)
class Going:
    """What of an account goes: by the keys that captures name, what held it; and between which entries it was captured.

    ``until`` is the entry of the plan's last act about the account's partitions: captures after it were compared with
    what is left. ``left_from`` is the entry of the first capture of which something survives (absent: of none does).
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
                partitions[key] = Held(before, planned[key], place.entry)
                since = min(since, place.entry)
        acts = history.registers.replacements("plan", plan, size=history.size)
        until = max(row.entry for row in acts if row.replaced.key in partitions)
        return cls(partitions, since, until, left_from)


class Natives:
    """The native bytes that go, in groups of which one is in memory."""

    def __init__(self, store: ObjectStore, partitions: Iterable[Held]) -> None:
        self._store = store
        self._groups: list[list[Held]] = [[]]
        octets = 0
        for held in partitions:
            if octets >= TOGETHER:
                self._groups.append([])
                octets = 0
            self._groups[-1].append(held)
            octets += held.stored.size
        self._last: tuple[int, list[bytes]] | None = None

    def __len__(self) -> int:
        return len(self._groups)

    def __getitem__(self, number: int) -> list[bytes]:
        """Return a group; the one that was asked for last is kept."""
        if self._last is None or self._last[0] != number:
            self._last = (number, [native for held in self._groups[number] for native in self._read(held)])
        return self._last[1]

    def _read(self, held: Held) -> Iterator[bytes]:
        for row in parquet.read_rows(io.BytesIO(read_stored(self._store, held.stored))):
            if row.id in held.records and row.record.native:
                yield row.record.native


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
    natives = Natives(archive.store, going.partitions.values())
    looking = _Looking(archive.store, going, natives, _versions(archive, account, going), plan)
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
            kept = (one.stored for one in history.places_of(entry, act) if one.stored is not None)
            replaced = looking.replaced(entry, act, named, stored, kept)
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


@dataclass(frozen=True, slots=True)
class _Looking:
    """Looks for what goes in WARC files."""

    store: ObjectStore
    going: Going
    natives: Natives
    versions: Versions
    plan: str

    def replaced(
        self, entry: int, act: Captured, named: StoredObject, stored: StoredObject, kept: Iterable[StoredObject]
    ) -> Replaced | None:
        """Return what takes the place of a WARC file, if anything in it goes; ``kept`` hold the capture's survivors."""
        staying: Slices = {}
        for one in kept:
            _add_slices(staying, self.store, one, None)
        gone: Slices = {}
        sealing = act.poll.outcome not in CUT_SHORT
        for partition in act.partitions:
            held = self.going.partitions.get(partition.stored.key)
            if held is not None:
                _add_slices(gone, self.store, held.stored, held.records)
        drop = gone.keys() - staying.keys()
        with TemporaryDirectory(prefix="holdfast-") as folder, whole(self.store, stored) as source:
            left = Path(folder) / "left"
            self._add_sighted(gone, source, entry, sealing=sealing)
            with left.open("w+b") as target:
                result = warc.overwrite(
                    source,
                    target,
                    natives=self.natives,
                    gone=gone,
                    turn=self.plan,
                    drop=drop,
                    kept=staying,
                )
            if not result.changed:
                return None
            now = self.store.put_new(layout.surviving(named.key, self.plan), Content.of_file(left))
        return Replaced(key=named.key, was=stored.key, now=now, unread=len(result.unread), unsalted=result.unsalted)

    def _add_sighted(self, gone: Slices, source: BinaryIO, entry: int, *, sealing: bool) -> None:
        """Add where a WARC file's exchanges show what goes, and where its notes name what is no more."""
        for one in warc.read_sightings(source):
            if self.versions.goes(one.item, entry=entry, sealing=sealing):
                gone.setdefault(one.exchange, []).append((one.offset, one.length))
            if not self.versions.stays(one.item):
                gone.setdefault(one.note, []).append(one.named)


def _versions(archive: Archive, account: str, going: Going) -> Versions:
    """Return when versions were sealed of the items of which some go; what was captured later counts for none."""
    imports = {entry for entry, act in archive.ledger.history.captures(account) if act.poll.method == "import"}

    def items(source: Path | io.BytesIO, entry: int) -> Iterator[tuple[Digest, str, bool]]:
        for record, item, kind in parquet.read_columns(source, ["record", "item", "kind"]):
            yield cast("Digest", record), cast("str", item), kind == "absence" or entry in imports

    gone = (
        (item, held.entry, unseen)
        for held in going.partitions.values()
        for record, item, unseen in items(io.BytesIO(read_stored(archive.store, held.stored)), held.entry)
        if record in held.records
    )
    left = (
        (item, place.entry, unseen)
        for place in archive.ledger.history.places(account)
        if place.stored is not None and place.entry <= going.until
        for _, item, unseen in items(archive.cache.path_of(archive.store, place.stored), place.entry)
    )
    return Versions(gone, left)


def _add_slices(found: Slices, store: ObjectStore, stored: StoredObject, records: frozenset[Digest] | None) -> None:
    """Add where a partition's rows, or those of ``records``, lie, and the files that they show, by exchange."""
    for row in parquet.read_rows(io.BytesIO(read_stored(store, stored))):
        if records is None or row.id in records:
            source = Provenance.from_bytes(row.record.provenance).source
            found.setdefault(source.exchange, []).append((source.offset, source.length))
            for attachment in Normalised.from_bytes(row.record.normalised).attachments:
                if attachment.exchange is not None:
                    found.setdefault(attachment.exchange, []).append((0, attachment.size or 0))
