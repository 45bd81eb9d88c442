"""The audit of what a store does beside keeping bytes: versions that should not be, locks and holds that should.

Everything here is asked of the live store, object by object, and held to what the ledger promises.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING

from manifests import chain
from manifests.locking import ALARM_DAYS, DAY, WORKERS, promises
from schemas.digest import Digest
from schemas.errors import ArchiveError
from schemas.findings import Finding
from schemas.ledger import HoldPlaced
from storage import layout
from storage.objects import CHUNK, read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from manifests.history import History
    from manifests.locking import Promised
    from schemas.instant import Instant
    from schemas.ledger import Entry
    from schemas.stored import StoredObject
    from storage.objects import Locks, ObjectStore, Version, Versions

LEDGER_LOCK_DAYS = 365
"""For how long a ledger entry is locked at least when it is written."""

CLOCKS_DIFFER_SECONDS = DAY
MIRRORED_WITHIN_DAYS = 2


@dataclass(frozen=True, slots=True)
class Expected:
    """What the ledger says of versions: its accepted entries, and every object that they name, by key."""

    history: History
    entries: Sequence[Entry]
    objects: dict[str, StoredObject]


def check_versions(store: ObjectStore, versions: Versions, expected: Expected, *, copy: bool) -> list[Finding]:
    """Return what is wrong with the versions of every key: exactly one each, and no delete markers.

    In a ``copy`` version ids and dates are those of the copying, and say nothing.
    """
    findings: list[Finding] = []
    for key, group in groupby(versions.versions(""), key=attrgetter("key")):
        found = tuple(group)
        for marker in (version for version in found if version.marker):
            what = (
                f"A delete marker of {marker.modified} hides this key: somebody deleted it. Its bytes are still there."
            )
            findings.append(_fault("DELETE_MARKER", key, what))
        real = [version for version in found if not version.marker]
        index = layout.entry_index(key)
        if index is not None and index < len(expected.entries):
            findings += _of_entry(store, expected, expected.entries[index], real, copy=copy)
        elif key in expected.objects:
            findings += _of_object(store, expected.objects[key], real, copy=copy)
    return findings


def _of_entry(
    store: ObjectStore, expected: Expected, entry: Entry, real: Sequence[Version], *, copy: bool
) -> Iterator[Finding]:
    key = layout.entry(entry.index)
    if real and not copy and abs(real[0].modified.micros - entry.clock.micros) > CLOCKS_DIFFER_SECONDS * 1_000_000:
        what = f"The store took this entry at {real[0].modified} by its clock; the entry says {entry.clock}."
        yield _fault("CLOCKS_DIFFER", key, what)
    for version in real[1:]:
        try:
            content = read(store, key, version=version.version, limit=chain.ENTRY_LIMIT)
            origin, other, note = chain.parse_entry(content)
            chain.check_signature(expected.history, origin, other, note)
            lost_race = other.index == entry.index and other.previous == entry.previous
        except ArchiveError:
            lost_race = False
        if lost_race:
            what = "A writer of this archive lost the race for this entry; what it wrote second does not count."
            yield Finding(code="RACE_LOST", severity="notice", key=key, what=what)
        else:
            yield _fault("EXTRA_VERSION", key, _put_over(version))


def _of_object(store: ObjectStore, stored: StoredObject, real: Sequence[Version], *, copy: bool) -> Iterator[Finding]:
    if not copy and real and stored.version in {version.version for version in real[1:]}:
        what = "An older version than the one that the ledger names stands at this key."
        yield _fault("VERSION_NOT_OLDEST", stored.key, what)
    for version in real:
        if version.version == stored.version or (copy and version is real[0]):
            continue
        if version.size == stored.size and _digest(store, version) == stored.sha256:
            what = "The same bytes were written here again: an answer got lost, and the write was repeated."
            yield Finding(code="WRITTEN_AGAIN", severity="notice", key=stored.key, what=what)
        else:
            yield _fault("EXTRA_VERSION", stored.key, _put_over(version))


def _put_over(version: Version) -> str:
    return f"Other bytes were put at this key at {version.modified}: version {version.version}."


def _digest(store: ObjectStore, version: Version) -> Digest:
    with store.open(version.key, version=version.version) as stream:
        return Digest.of_chunks(iter(lambda: stream.read(CHUNK), b""))


def check_guards(
    locks: Locks, expected: Expected, *, now: Instant, tell: Callable[[str, int, int], None]
) -> tuple[int, list[Finding]]:
    """Return how many objects were asked for, and which are guarded less than the ledger promises."""
    promised = list(promises(expected.history))
    due = _mirrored_since(expected)
    jobs: list[Callable[[], list[Finding]]] = [
        lambda one=one: list(_of_promise(locks, one, mirrored=_is_due(expected, due, one, now), now=now))  # type: ignore[misc]
        for one in promised
    ]
    if any(one.until for one in promised):
        jobs += [lambda entry=entry: list(_of_locked_entry(locks, entry, now=now)) for entry in expected.entries]  # type: ignore[misc]
    findings: list[Finding] = []
    with ThreadPoolExecutor(WORKERS) as pool:
        for done, found in enumerate(pool.map(lambda job: job(), jobs), 1):
            tell("locks", done, len(jobs))
            findings += found
    return len(jobs), findings


def _mirrored_since(expected: Expected) -> dict[str, Instant]:
    """Return since when each account is under a hold that is in force."""
    since: dict[str, Instant] = {}
    for entry in expected.entries:
        for act in entry.acts:
            if isinstance(act, HoldPlaced) and act.hold in expected.history.holds:
                for account in act.accounts:
                    since.setdefault(account, entry.at)
    return since


def _is_due(expected: Expected, since: dict[str, Instant], one: Promised, now: Instant) -> bool:
    """Whether the daily sweep must have mirrored a hold on an object: a lease guards it until then."""
    if one.account not in since or one.entry >= len(expected.entries):
        return False
    return max(since[one.account], expected.entries[one.entry].at).plus(seconds=MIRRORED_WITHIN_DAYS * DAY) < now


def _of_promise(locks: Locks, one: Promised, *, mirrored: bool, now: Instant) -> Iterator[Finding]:
    key, promised = one.stored.key, one.stored.lock
    try:
        guard = locks.guard_of(key, version=one.stored.version)
    except ArchiveError:
        return  # that it is missing is another step's finding
    if mirrored and not guard.hold:
        yield _fault("HOLD_NOT_MIRRORED", key, "A hold covers this object, but its legal hold flag is off.")
    if one.until is None or one.until < now:
        if one.until is not None and (guard.lock is None or guard.lock.until < now):
            yield _fault("LOCK_LAPSED", key, f"Its lock ended at {one.until} and was not renewed.")
        return
    if guard.lock is None:
        yield _fault("LOCK_GONE", key, f"It should be locked until {one.until}, and is not.")
    elif guard.lock.until < one.until:
        what = f"It should be locked until {one.until}, and is only until {guard.lock.until}."
        yield _fault("LOCK_SHORTENED", key, what)
    elif promised is not None and (promised.mode, guard.lock.mode) == ("compliance", "governance"):
        yield _fault("LOCK_WEAKENED", key, "It was locked for everybody, and can now be unlocked by some.")
    elif guard.lock.until < now.plus(seconds=ALARM_DAYS * DAY):
        what = f"Its lock ends at {guard.lock.until}: run 'holdfast locks renew'."
        yield Finding(code="LOCK_ENDING", severity="notice", key=key, what=what)


def _of_locked_entry(locks: Locks, entry: Entry, *, now: Instant) -> Iterator[Finding]:
    key = layout.entry(entry.index)
    try:
        lock = locks.guard_of(key).lock
    except ArchiveError:
        return
    least = entry.clock.plus(seconds=(LEDGER_LOCK_DAYS - 1) * DAY)
    if lock is None:
        yield _fault("LOCK_GONE", key, "A ledger entry should be locked, and is not.")
    elif lock.until < now:
        yield _fault("LOCK_LAPSED", key, f"The lock of this ledger entry ended at {lock.until}.")
    elif lock.until < least:
        what = f"The lock of this ledger entry ends at {lock.until}, less than a year after it was written."
        yield _fault("LOCK_SHORTENED", key, what)


def _fault(code: str, key: str, what: str) -> Finding:
    return Finding(code=code, severity="fault", key=key, what=what)
