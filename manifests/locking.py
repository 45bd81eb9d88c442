"""Locks as leases: what the archive promised, what is due, and the sweep that renews it and mirrors holds.

An object is locked when it is written, for the lease of its store's settings. A sweep renews all of them together when
the first comes within half a lease of its end, and says so in the ledger; so what is promised for each object follows
from the ledger alone, and an audit can hold the store to it. A legal hold in the ledger is mirrored as a flag on every
object of its accounts.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from schemas.errors import PolicyError
from schemas.instant import Instant
from schemas.ledger import LocksRenewed
from schemas.settings import BucketPlace
from storage import layout
from storage.objects import Locks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from manifests.archive import Archive
    from manifests.history import History
    from schemas.stored import StoredObject

ALARM_DAYS = 14
WORKERS = 16
DAY = 86_400
LEDGER_SPARE_DAYS = 365
"""How long before the end of the ledger's first lock all of them are extended."""

Item = TypeVar("Item")


class LocksUnsupportedError(PolicyError):
    """The store has no locks, or the settings say that it is to have none."""

    code = "LOCKS_UNSUPPORTED"


@dataclass(frozen=True, slots=True)
class Promised:
    """An object that the ledger names: by which entry, for which account (none for productions), locked until when."""

    stored: StoredObject
    entry: int
    account: str | None
    until: Instant | None


@dataclass(frozen=True, slots=True)
class Leases:
    """The state of all leases: how many objects, how many have none, and when the first one ends."""

    objects: int
    without: int
    first_end: Instant | None

    def days_left(self, now: Instant) -> float | None:
        """Return for how many days the shortest lease still runs; ``None`` when nothing is locked."""
        return None if self.first_end is None else (self.first_end.micros - now.micros) / 1_000_000 / DAY


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep did: how many leases, and how many locks of ledger and checkpoints, it extended."""

    renewed: int = 0
    ledger: int = 0
    until: Instant | None = None


def promises(history: History) -> Iterator[Promised]:
    """Yield every object that the ledger names with the end of the lock that it promises."""
    for named in history.objects():
        yield Promised(named.stored, named.entry, named.account, _until(named.stored, named.entry, history.renewed))


def _until(stored: StoredObject, entry: int, renewed: LocksRenewed | None) -> Instant | None:
    first = stored.lock.until if stored.lock else None
    if renewed is None or entry >= renewed.size:
        return first
    return max(first, renewed.until) if first else renewed.until


def leases(history: History) -> Leases:
    """Return the state of all leases, from the ledger alone."""
    ends = [one.until for one in promises(history)]
    return Leases(len(ends), ends.count(None), min((end for end in ends if end), default=None))


def held_accounts(history: History) -> frozenset[str]:
    """Return the accounts of which nothing may be destroyed."""
    return frozenset(name for hold in history.holds.values() for name in hold.accounts)


def sweep(archive: Archive, *, force: bool = False, tell: Callable[[str, int, int], None]) -> Swept:
    """Renew the leases if they are due, or anyway with ``force``, and record that.

    It may be killed at any moment and be run again: a lock is only ever extended.

    Raises:
        LocksUnsupportedError: there are no locks to renew.
        LockRefusedError: the store does not do it.
    """
    store, place = locked_store(archive)
    archive.ledger.refresh()
    history, size, now = archive.ledger.history, archive.ledger.head.size, archive.now()
    named, state = list(promises(history)), leases(history)
    kept = _renew_ledger(archive, store, place, force=force, tell=tell)
    left = state.days_left(now)
    if not named or not (force or state.without or (left is not None and left < place.lease_days / 2)):
        return Swept(ledger=kept)
    until = _days_from(now, place.lease_days)
    _each(
        named, lambda one: store.retain(one.stored.key, version=one.stored.version, until=until), tell, "renewing locks"
    )
    act = LocksRenewed(size=size, until=until, objects=len(named))
    archive.append(lambda _history: (act,))
    return Swept(renewed=len(named), ledger=kept, until=until)


def locked_store(archive: Archive) -> tuple[Locks, BucketPlace]:
    """Return the archive's store as one with locks, and its settings.

    Raises:
        LocksUnsupportedError: it has none.
    """
    store, place = archive.store, archive.settings.store
    if not isinstance(store, Locks) or not isinstance(place, BucketPlace) or place.lock == "none":
        raise LocksUnsupportedError(
            "This archive's store has no locks.", do="Use a bucket with Object Lock, and set 'lock' in holdfast.toml."
        )
    return store, place


def mirror_holds(archive: Archive, *, tell: Callable[[str, int, int], None]) -> tuple[int, int]:
    """Set and lift legal hold flags as the ledger says, and return how many were set and lifted.

    Raises:
        LocksUnsupportedError: there are no flags to set.
        LockRefusedError: the store does not do it, or not with these credentials.
    """
    store, _ = locked_store(archive)
    archive.ledger.refresh()
    history = archive.ledger.history
    held = held_accounts(history)
    concerned = held | {name for hold in history.released.values() for name in hold.accounts}
    changed: list[bool] = []

    def mirror(one: Promised) -> None:
        wanted = one.account in held
        if store.guard_of(one.stored.key, version=one.stored.version).hold != wanted:
            store.hold(one.stored.key, version=one.stored.version, on=wanted)
            changed.append(wanted)

    _each([one for one in promises(history) if one.account in concerned], mirror, tell, "mirroring holds")
    return changed.count(True), changed.count(False)


def _renew_ledger(
    archive: Archive, store: Locks, place: BucketPlace, *, force: bool, tell: Callable[[str, int, int], None]
) -> int:
    """Extend the locks of entries, checkpoints and what vouches for them once the first of them comes near its end."""
    now, term = archive.now(), place.ledger_days
    spare = min(LEDGER_SPARE_DAYS, term / 2)
    if not force and archive.ledger.entry(0).at.plus(seconds=(term - spare) * DAY) > now:
        return 0
    renewed: list[str] = []

    def renew(key: str) -> None:
        lock = store.guard_of(key).lock
        if lock is None or lock.until < now.plus(seconds=spare * DAY):
            store.retain(key, until=_days_from(now, term))
            renewed.append(key)

    keys = [key for prefix in layout.RECORD for key in archive.store.keys(prefix)]
    _each(keys, renew, tell, "looking at the ledger's locks")
    return len(renewed)


def _each(
    items: Sequence[Item], work: Callable[[Item], object], tell: Callable[[str, int, int], None], what: str
) -> None:
    with ThreadPoolExecutor(WORKERS) as pool:
        for done, _ in enumerate(pool.map(work, items), 1):
            tell(what, done, len(items))


def _days_from(now: Instant, days: float) -> Instant:
    """Return an instant so many days later, at a whole second, as stores keep it."""
    return Instant(now.plus(seconds=days * DAY).micros // 1_000_000 * 1_000_000)
