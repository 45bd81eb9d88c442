"""Locks as leases: what the archive promised, what is due, and the sweep that renews it and mirrors holds.

An object is locked when it is written, for the lease of its store's settings. A sweep renews all of them together when
the first comes within half a lease of its end, and says so in the ledger; so what is promised for each object follows
from the ledger alone, and an audit can hold the store to it. A legal hold in the ledger is mirrored as a flag on every
object of its accounts.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from schemas.errors import PolicyError
from schemas.instant import Instant
from schemas.ledger import LocksRenewed
from schemas.settings import BucketPlace
from storage import layout
from storage.objects import LockRefusedError, Locks, ObjectMissingError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from manifests.archive import Archive
    from manifests.history import History
    from manifests.ledger import Ledger
    from schemas.holds import Hold, Scope
    from schemas.settings import Place
    from schemas.stored import StoredObject
    from storage.objects import ObjectStore

ALARM_DAYS = 14
WORKERS = 16
TOGETHER = 1_000
"""How many locks are renewed before it is asked again what was condemned."""
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
    """What a sweep did: how many leases, and how many locks of ledger and checkpoints, it extended.

    ``missing`` are the keys of objects that it did not find.
    """

    renewed: int = 0
    ledger: int = 0
    until: Instant | None = None
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mirrored:
    """What mirroring did: how many legal hold flags it set and lifted; the keys of objects that it did not find."""

    held: int = 0
    lifted: int = 0
    missing: tuple[str, ...] = ()


def promises(history: History) -> Iterator[Promised]:
    """Yield every object that the ledger names with the end of the lock that it promises."""
    passed_over = _passed_over(history)
    for named in history.objects():
        renewed = None if named.stored.key in passed_over else history.renewed
        yield Promised(named.stored, named.entry, named.account, _until(named.stored, named.entry, renewed))


def _passed_over(history: History) -> frozenset[str]:
    """Return the objects that stand again because a plan stopped after locks were renewed last: perhaps not theirs."""
    if history.renewed is None or not any(plan.stopped is not None for plan in history.plans.values()):
        return frozenset()
    size = history.renewed.size
    return frozenset(
        row.replaced.was
        for row, counts in history.replacements.rows()
        if not counts and size <= (history.plans[row.plan].stopped or 0)
    )


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
    """Return the accounts of which something may not be destroyed: all of their objects bear the flag."""
    return _covered(history.holds.values(), history)


def _covered(holds: Iterable[Hold], history: History) -> frozenset[str]:
    return frozenset(name for hold in holds for one in hold.covered for name in accounts_of(one.scope, history))


def accounts_of(scope: Scope, history: History) -> frozenset[str]:
    """Return the accounts, of those that are registered, in which a scope covers something."""
    return frozenset(
        account.name
        for account in history.accounts.values()
        if (not scope.accounts or account.name in scope.accounts)
        and (not scope.custodians or not set(scope.custodians).isdisjoint(account.custodians))
    )


def sweep(archive: Archive, *, force: bool = False, tell: Callable[[str, int, int], None]) -> Swept:
    """Renew the leases if they are due, or anyway with ``force``, and record that.

    It may be killed at any moment and be run again: a lock is only ever extended. One object that is missing, or whose
    lock is refused, keeps no other from being locked.

    Raises:
        LocksUnsupportedError: there are no locks to renew.
        LockRefusedError: the store did not do it for every object; nothing is recorded.
    """
    archive.ledger.refresh()
    store, place = locked_store(archive.store, archive.settings.store)
    history, size, now = archive.ledger.history, archive.ledger.head.size, archive.now()
    named, state = list(promises(history)), leases(history)
    left = state.days_left(now)
    due = bool(named) and (force or state.without > 0 or (left is not None and left < place.lease_days / 2))
    swept = _renew_leases(archive, store, place, named, size=size, now=now, tell=tell) if due else Swept()
    kept = _renew_ledger(archive.ledger, store, place, now=now, look=force or due, tell=tell)
    return replace(swept, ledger=kept)


def _renew_leases(
    archive: Archive,
    store: Locks,
    place: BucketPlace,
    named: Sequence[Promised],
    *,
    size: int,
    now: Instant,
    tell: Callable[[str, int, int], None],
) -> Swept:
    """Extend the locks of all objects that the first ``size`` entries name, and record it."""
    until = _days_from(now, place.lease_days)
    missing: list[str] = []
    renewed = 0
    for start in range(0, len(named), TOGETHER):
        # A plan may have condemned some meanwhile: what is locked now stays for one more lease.
        archive.ledger.refresh()
        condemned = archive.ledger.history.replacements
        some = [one for one in named[start : start + TOGETHER] if not condemned.is_out(one.stored.key)]
        missing += _each(
            some,
            lambda one: store.retain(one.stored.key, version=one.stored.version, until=until),
            lambda one: one.stored.key,
            lambda step, done, _, start=start: tell(step, start + done, len(named)),  # type: ignore[misc]
            "renewing locks",
        )
        renewed += len(some)
    act = LocksRenewed(size=size, until=until, objects=renewed - len(missing))
    archive.append(lambda _history: (act,))
    return Swept(renewed=act.objects, until=until, missing=_lost(missing, archive.ledger))


def sweep_copy(
    copy: Ledger,
    place: Place,
    *,
    of: Ledger,
    now: Instant,
    force: bool = False,
    tell: Callable[[str, int, int], None],
) -> Swept:
    """Extend the locks of a copy that have less than half a lease left, or all with ``force``.

    What ``of``, the archive that was copied, condemns is left alone, also where the copy is behind and does not know.

    Raises:
        ArchiveMissingError: nothing was copied yet.
        LocksUnsupportedError: there are no locks to renew.
        LockRefusedError: the store did not do it for every object.
    """
    copy.refresh()
    store, place = locked_store(copy.store, place)
    condemned = of.history.replacements
    keys = [named.stored.key for named in copy.history.objects() if not condemned.is_out(named.stored.key)]
    until = _days_from(now, place.lease_days)
    least = until if force else _days_from(now, place.lease_days / 2)
    renewed, missing = _extend(store, keys, least=least, until=until, tell=tell, what="renewing locks")
    kept = _renew_ledger(copy, store, place, now=now, look=True, tell=tell)
    return Swept(renewed=renewed, ledger=kept, until=until if renewed else None, missing=_lost(missing, of))


def locked_store(store: ObjectStore, place: Place) -> tuple[Locks, BucketPlace]:
    """Return a store as one with locks, and its settings.

    Raises:
        LocksUnsupportedError: it has none.
    """
    if not isinstance(store, Locks) or not isinstance(place, BucketPlace) or place.lock == "none":
        raise LocksUnsupportedError(
            "This store has no locks.", do="Use a bucket with Object Lock, and set 'lock' in holdfast.toml."
        )
    return store, place


def mirror_holds(ledger: Ledger, place: Place, *, tell: Callable[[str, int, int], None]) -> Mirrored:
    """Set and lift legal hold flags in a ledger's store as the ledger says.

    Raises:
        LocksUnsupportedError: there are no flags to set.
        LockRefusedError: the store did not do it for every object, or not with these credentials.
    """
    store, _ = locked_store(ledger.store, place)
    ledger.refresh()
    history = ledger.history
    held = held_accounts(history)
    concerned = held | _covered(history.released.values(), history)
    changed: list[bool] = []

    def mirror(one: Promised) -> None:
        wanted = one.account in held
        if store.guard_of(one.stored.key, version=one.stored.version).hold != wanted:
            store.hold(one.stored.key, version=one.stored.version, on=wanted)
            changed.append(wanted)

    objects = [one for one in promises(history) if one.account in concerned]
    missing = _each(objects, mirror, lambda one: one.stored.key, tell, "mirroring holds")
    return Mirrored(changed.count(True), changed.count(False), _lost(missing, ledger))


def _lost(missing: Collection[str], ledger: Ledger) -> tuple[str, ...]:
    """Return, of objects that are not there, those that nothing has condemned while they were looked for."""
    if not missing:
        return ()
    ledger.refresh()
    replacements = ledger.history.replacements
    return tuple(key for key in missing if not replacements.is_out(key))


def _renew_ledger(
    ledger: Ledger,
    store: Locks,
    place: BucketPlace,
    *,
    now: Instant,
    look: bool,
    tell: Callable[[str, int, int], None],
) -> int:
    """Extend the locks of entries, checkpoints and what vouches for them that come near their end, and return how many.

    The first entry stands for all of them. It does not where the settings said another term meanwhile: therefore all
    are looked at whenever leases are renewed (``look``), which is often enough for the shortest term there is.
    """
    soon = now.plus(seconds=min(LEDGER_SPARE_DAYS, place.ledger_days / 2) * DAY)
    first = store.guard_of(layout.entry(0)).lock
    if not look and first is not None and first.until >= soon:
        return 0
    keys = [key for prefix in layout.RECORD for key in ledger.store.keys(prefix)]
    until = _days_from(now, place.ledger_days)
    return _extend(store, keys, least=soon, until=until, tell=tell, what="looking at the ledger's locks")[0]


def _extend(
    store: Locks,
    keys: Sequence[str],
    *,
    least: Instant,
    until: Instant,
    tell: Callable[[str, int, int], None],
    what: str,
) -> tuple[int, tuple[str, ...]]:
    """Lock until ``until`` what is not locked until ``least``; return how many that were, and the keys not found."""
    renewed: list[str] = []

    def renew(key: str) -> None:
        lock = store.guard_of(key).lock
        if lock is None or lock.until < least:
            store.retain(key, until=until)
            renewed.append(key)

    missing = _each(keys, renew, str, tell, what)
    return len(renewed), missing


def _each(
    items: Sequence[Item],
    work: Callable[[Item], object],
    key_of: Callable[[Item], str],
    tell: Callable[[str, int, int], None],
    what: str,
) -> tuple[str, ...]:
    """Work on every item, whatever becomes of the others, and return the keys of those that are missing.

    Raises:
        LockRefusedError: the store refused some; the others are done.
        UnavailableError: the store is away; some are not done.
    """

    def tried(item: Item) -> LockRefusedError | ObjectMissingError | None:
        try:
            work(item)
        except (LockRefusedError, ObjectMissingError) as error:
            return error
        return None

    missing: list[str] = []
    refused: LockRefusedError | None = None
    with ThreadPoolExecutor(WORKERS) as pool:
        for done, (item, error) in enumerate(zip(items, pool.map(tried, items), strict=True), 1):
            tell(what, done, len(items))
            if isinstance(error, LockRefusedError):
                refused = refused or error
            elif error is not None:
                missing.append(key_of(item))
    if refused is not None:
        raise refused
    return tuple(missing)


def _days_from(now: Instant, days: float) -> Instant:
    """Return an instant so many days later, at a whole second, as stores keep it."""
    return Instant(now.plus(seconds=days * DAY).micros // 1_000_000 * 1_000_000)
