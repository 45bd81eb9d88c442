"""A second copy: objects first, then the entry that names them, in the ledger's order, so that a copy is always whole.

The copy's own ledger says how far it is: copying goes on there, after a crash too. What arrives is read back.
"""

from __future__ import annotations

from bisect import bisect_left
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from manifests.ledger import ArchiveMissingError
from schemas.errors import ArchiveError, IntegrityError
from storage import layout
from storage.objects import Content, KeyTakenError, read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from manifests.dispositions.replacements import Replacements
    from manifests.ledger import Ledger
    from schemas.stored import StoredObject
    from storage.objects import ObjectStore

WORKERS = 8
TOGETHER = 200
"""How many objects are copied before their entries follow."""


class CopyDiffersError(IntegrityError):
    """Two stores hold different ledgers under one name."""

    code = "COPY_DIFFERS"


class CopyAheadError(IntegrityError):
    """A copy holds entries that the archive itself lacks."""

    code = "COPY_AHEAD"


class CopyDamagedError(IntegrityError):
    """What arrived in a copy is not what was sent."""

    code = "COPY_DAMAGED"


@dataclass(frozen=True, slots=True)
class Failure:
    """An object that could not be copied."""

    key: str
    error: ArchiveError


@dataclass(frozen=True, slots=True)
class Copied:
    """What copying did: entries and objects that are new in the copy, bytes, and the objects that failed."""

    entries: int
    objects: int
    octets: int
    failures: tuple[Failure, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """How far a copy is: the entries of both, one ledger being the beginning of the other."""

    entries: int
    copied: int

    def refuse_ahead(self) -> None:
        """Accept a copy that is as long as its archive or shorter.

        Raises:
            CopyAheadError: it is longer: the archive lost its newest entries since it was copied.
        """
        if self.copied > self.entries:
            raise CopyAheadError(
                f"The copy holds {self.copied} entries and the archive {self.entries}: its newest ones were cut off.",
                do="Keep both as they are, find out who cut them off, then bring them back with 'holdfast restore'.",
                entries=self.entries,
                copied=self.copied,
            )


def copy_archive(
    source: Ledger, target: Ledger, *, everything: bool = False, tell: Callable[[str, int, int], None]
) -> Copied:
    """Bring the store of ``target`` to the state of that of ``source``; both are refreshed.

    With ``everything``, objects that were copied before are looked at too. An object that is damaged or missing at its
    source, or otherwise there in the target, is reported and does not keep the others from being copied. A target that
    has more entries than the source gets what it lacks of those that both have.

    Raises:
        CopyDiffersError: neither ledger is the beginning of the other.
        ArchiveMissingError: the source holds no archive.
        ArchiveError: anything else that another run may overcome (a store that is away, a right that is lacking): no
            entry was copied whose objects were not; copying goes on there the next time.
    """
    done = compare(source, target).copied
    copied, octets, failures = 0, 0, list[Failure]()
    with ThreadPoolExecutor(WORKERS) as pool:
        for batch in _batches(source, target.history.replacements, start=0 if everything else done):
            tell("entries", batch.entries.stop, source.head.size)
            for outcome in pool.map(lambda stored: _copied(source.store, target.store, stored), batch.objects):
                if isinstance(outcome, Failure):
                    failures.append(outcome)
                elif outcome is not None:
                    copied, octets = copied + 1, octets + outcome
            # At this point every object that these entries name is in the copy. If we crash here, copying again finds
            # them there.
            for number in batch.entries:
                target.store.put_new(layout.entry(number), Content.of(source.entry_bytes(number)))
    _copy_attesting(source.store, target.store)
    return Copied(max(0, source.head.size - done), copied, octets, tuple(failures))


def compare(source: Ledger, target: Ledger) -> Comparison:
    """Refresh two ledgers and return how far ``target`` is.

    Raises:
        CopyDiffersError: neither ledger is the beginning of the other.
        ArchiveMissingError: the source holds no archive.
    """
    try:
        target.refresh()
    except ArchiveMissingError:
        source.refresh()
        return Comparison(source.head.size, 0)
    # The source last: what others append and copy meanwhile makes no copy longer than its archive.
    source.refresh()
    common = min(source.head.size, target.head.size)
    if source.root_at(common) != target.root_at(common):
        sizes = range(1, common + 1)
        first = bisect_left(sizes, 1, key=lambda size: int(source.root_at(size) != target.root_at(size)))
        raise CopyDiffersError(
            f"The two stores hold different ledgers: entry {first} is not the same.",
            do="Keep both as they are, and find out which of them was altered: compare with checkpoints handed over.",
            entry=first,
        )
    return Comparison(source.head.size, target.head.size)


@dataclass(frozen=True, slots=True)
class _Batch:
    entries: range
    objects: list[StoredObject]


def _batches(source: Ledger, known: Replacements, *, start: int) -> Iterator[_Batch]:
    """Yield consecutive entries in groups that name some two hundred objects together, and none that is condemned.

    ``known`` are the replacements that the target knows: an older copy brings back nothing that was destroyed since.
    """
    objects: list[StoredObject] = []
    found = (named for named in source.history.objects(start=start) if not known.is_out(named.stored.key))
    named = next(found, None)
    for number in range(start, source.head.size):
        while named is not None and named.entry == number:
            objects.append(named.stored)
            named = next(found, None)
        if len(objects) >= TOGETHER or number - start >= TOGETHER:
            yield _Batch(range(start, number + 1), objects)
            start, objects = number + 1, []
    if start < source.head.size:
        yield _Batch(range(start, source.head.size), objects)


def _copied(source: ObjectStore, target: ObjectStore, stored: StoredObject) -> int | Failure | None:
    """Copy an object and read it back; return how many bytes that took, none where the copy has it already."""
    content = Content(lambda: source.open(stored.key, version=stored.version), stored.size, stored.sha256)
    try:
        known = target.exists(stored.key)
        # Also what is there is put again: whoever put it may not have lived to lock it.
        arrived = target.put_new(stored.key, content)
        if known:
            return None
        _check_arrived(target, stored)
    except KeyTakenError:
        taken = KeyTakenError(
            f"The copy holds other bytes at {stored.key}.",
            do="Set them aside (they are evidence of what happened), then copy again with --everything.",
            key=stored.key,
        )
        return Failure(stored.key, taken)
    except IntegrityError as error:
        return Failure(stored.key, error)
    # Every other error ends the run before any entry that names the object: the next run finds it lacking.
    return arrived.size


def _check_arrived(target: ObjectStore, stored: StoredObject) -> None:
    """Read an object back that was copied.

    Raises:
        CopyDamagedError: it is not what was sent.
    """
    arrived = target.find(stored.key)
    if arrived is None or (arrived.size, arrived.sha256) != (stored.size, stored.sha256):
        raise CopyDamagedError(
            f"The object {stored.key} did not arrive in the copy as it was sent.",
            do="Check the copy's disk or server, then copy again with --everything.",
            key=stored.key,
        )


def _copy_attesting(source: ObjectStore, target: ObjectStore) -> None:
    """Copy checkpoints and who vouches for them."""
    for prefix in layout.ATTESTING:
        held = set(target.keys(prefix))
        for key in source.keys(prefix):
            if key not in held:
                target.put_new(key, Content.of(read(source, key)))
