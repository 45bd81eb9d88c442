"""The store's own listing beside what the ledger names, in one pass over both, each in the order of keys.

Named and not there, there and not named, more than one version of a key, delete markers: nothing is kept but what is
found, however long the listings are.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING

from manifests import chain
from manifests.audit.attesting import judged_here
from manifests.audit.found import Found
from schemas.digest import Digest
from schemas.errors import ArchiveError
from storage import keys, layout
from storage.objects import CHUNK, Versions

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from manifests.audit.register import Fate, NamedEntry, NamedObject
    from manifests.audit.walking import Tell, Walk
    from storage.objects import ObjectStore, Version

THERE = "The ledger says that this object was destroyed, and it is there."
STRAY = "The ledger does not name this object: a capture was cut short before its entry, or somebody put it there."
GONE = "The ledger names this object, and the store does not list it."
CLOCKS_DIFFER_SECONDS = 86_400


@dataclass(slots=True)
class Inventory:
    """What comparing the listings gave: how many keys and versions there are, and what was found of both."""

    listed: int = 0
    versions: int = 0
    objects: Found = field(default_factory=Found)
    several: Found = field(default_factory=Found)


@dataclass(frozen=True, slots=True)
class Listed:
    """A key that the store lists, with its versions from oldest to newest where the store keeps any."""

    key: str
    versions: tuple[Version, ...] = ()

    @property
    def real(self) -> tuple[Version, ...]:
        """The versions that hold bytes."""
        return tuple(version for version in self.versions if not version.marker)


def take_inventory(store: ObjectStore, walk: Walk, *, copy: bool, tell: Tell) -> Inventory:
    """Compare what the store lists with what the ledger names. In a ``copy`` version ids and dates say nothing.

    Of an object that the audit reads, that it is missing is the finding of reading it.
    """
    inventory = Inventory()
    inspection = _Inspection(store, walk, copy=copy) if isinstance(store, Versions) else None
    total = walk.register.count_objects() + walk.register.entry_count
    for listed, key, fate in _merged(listing(store), walk.register.fates()):
        if listed is None:
            if fate == "stands":
                _missing(walk, key, inventory)
            continue
        if fate is None and key.startswith(layout.INDEX):
            continue  # no evidence: it may be there or not (FORMAT 2.9)
        there = inspection is None or (bool(listed.real) and keys.is_key(listed.key))
        inventory.listed += there
        inventory.versions += len(listed.versions)
        tell("inventory", inventory.listed, total)
        if fate in ("condemned", "gone"):
            if fate == "gone":  # a marker tells as much: whoever put it there knew the key
                inventory.objects.fault("OBJECT_NOT_GONE", key, THERE)
            continue
        if inspection is not None:
            inspection.inspect(listed, inventory, named=fate is not None)
        if there and fate is None and walk.whole and not _own(listed.key, walk):
            inventory.objects.notice("OBJECT_UNREFERENCED", listed.key, STRAY)
    for name in getattr(store, "strangers", lambda: ())():
        inventory.objects.notice("FILE_FOREIGN", name, "This file is no object of the archive.")
    return inventory


def listing(store: ObjectStore, prefix: str = "") -> Iterator[Listed]:
    """Yield what a store lists under a prefix, in the order of keys."""
    if isinstance(store, Versions):
        for key, versions in groupby(store.versions(prefix), key=attrgetter("key")):
            yield Listed(key, tuple(versions))
    else:
        yield from (Listed(key) for key in store.keys(prefix))


def _merged(
    listing: Iterator[Listed], named: Iterator[tuple[str, Fate]]
) -> Iterator[tuple[Listed | None, str, Fate | None]]:
    """Yield each key once, in order, as it is listed, if it is, and with what became of it, if it is named."""
    listed, one = next(listing, None), next(named, None)
    while listed is not None or one is not None:
        if listed is not None and (one is None or listed.key < one[0]):
            yield listed, listed.key, None
            listed = next(listing, None)
        elif one is not None:
            here = listed if listed is not None and listed.key == one[0] else None
            yield here, *one
            listed, one = next(listing, None) if here else listed, next(named, None)


def _missing(walk: Walk, key: str, inventory: Inventory) -> None:
    named = walk.register.find(key)
    if named is not None and not named.wanted:
        inventory.objects.fault("OBJECT_MISSING", key, GONE)


def _own(key: str, walk: Walk) -> bool:
    if key.startswith((layout.CHECKPOINTS, layout.PROBES)) or judged_here(key, walk.history):
        return True  # judged by steps of their own; left by 'holdfast doctor'
    index = layout.entry_index(key)
    return index is not None and index < walk.head.size


@dataclass(frozen=True, slots=True)
class _Inspection:
    """Judges the versions of keys that the ledger knows: exactly one each, and no delete markers."""

    versions: Versions
    walk: Walk
    copy: bool

    def inspect(self, listed: Listed, inventory: Inventory, *, named: bool) -> None:
        """Add what is wrong with a key's versions."""
        for marker in (version for version in listed.versions if version.marker):
            what = (
                f"A delete marker of {marker.modified} hides this key: somebody deleted it. Its bytes are still there."
            )
            inventory.several.fault("DELETE_MARKER", listed.key, what)
        index = layout.entry_index(listed.key)
        entry = self.walk.register.find_entry(index) if index is not None else None
        thing = self.walk.register.find(listed.key) if named else None
        if entry is not None:
            self._of_entry(entry, listed.real, inventory.several)
        elif thing is not None:
            self._of_object(thing, listed.real, inventory)
        elif listed.key.startswith(layout.ATTESTING) and listed.real:
            # No entry names these: the oldest version is the one that is meant, and was judged.
            oldest = listed.real[0]
            digest = _digest(self.versions, oldest) if len(listed.real) > 1 else None
            self._of_later(listed.real[1:], oldest.size, digest, inventory.several)

    def _of_entry(self, entry: NamedEntry, real: Sequence[Version], found: Found) -> None:
        key = layout.entry(entry.index)
        apart = abs(real[0].modified.micros - entry.clock.micros) if real and not self.copy else 0
        if apart > CLOCKS_DIFFER_SECONDS * 1_000_000:
            what = f"The store took this entry at {real[0].modified} by its clock; the entry says {entry.clock}."
            found.fault("CLOCKS_DIFFER", key, what)
        for version in real[1:]:
            if self._lost_race(entry, version):
                what = "A writer of this archive lost the race for this entry; what it wrote second does not count."
                found.notice("RACE_LOST", key, what)
            else:
                found.fault("EXTRA_VERSION", key, _put_over(version))

    def _lost_race(self, entry: NamedEntry, version: Version) -> bool:
        try:
            with self.versions.open_version(version.key, version.version) as stream:
                content = stream.read(chain.ENTRY_LIMIT + 1)
            origin, other, note = chain.parse_entry(content)
            chain.check_signature(self.walk.history, origin, other, note)
        except ArchiveError:
            return False  # whatever it is, it is no entry of this archive: the version is named as put over
        return other.index == entry.index and other.previous == entry.previous

    def _of_object(self, thing: NamedObject, real: Sequence[Version], inventory: Inventory) -> None:
        stored, found = thing.stored, inventory.several
        known = {version.version for version in real}
        if not thing.wanted and not (real if self.copy else stored.version in known):
            inventory.objects.fault("OBJECT_MISSING", stored.key, GONE)
        if not self.copy and real and stored.version in known - {real[0].version}:
            what = "An older version than the one that the ledger names stands at this key."
            found.fault("VERSION_NOT_OLDEST", stored.key, what)
        others = [
            version for version in real if version.version != stored.version and not (self.copy and version is real[0])
        ]
        self._of_later(others, stored.size, stored.sha256, found)

    def _of_later(self, versions: Sequence[Version], size: int, sha256: Digest | None, found: Found) -> None:
        """Judge versions beside the one that counts, which has this size and digest."""
        for version in versions:
            if version.size == size and _digest(self.versions, version) == sha256:
                what = "The same bytes were written here again: an answer got lost, and the write was repeated."
                found.notice("WRITTEN_AGAIN", version.key, what)
            else:
                found.fault("EXTRA_VERSION", version.key, _put_over(version))


def _put_over(version: Version) -> str:
    return f"Other bytes were put at this key at {version.modified}: version {version.version}."


def _digest(versions: Versions, version: Version) -> Digest:
    with versions.open_version(version.key, version.version) as stream:
        return Digest.of_chunks(iter(lambda: stream.read(CHUNK), b""))
