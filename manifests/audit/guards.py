"""How the live store guards what the ledger promises: locks and holds, asked for object by object."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import TYPE_CHECKING

import msgspec

from manifests.audit.found import Found
from manifests.audit.inventory import listing
from manifests.locking import ALARM_DAYS, DAY, WORKERS, accounts_of, promises
from schemas.findings import Guarded
from storage import layout
from storage.objects import ObjectMissingError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from manifests.audit.register import NamedEntry
    from manifests.audit.walking import Tell, Walk
    from manifests.locking import Promised
    from schemas.instant import Instant
    from storage.objects import Guard, Locks, ObjectStore

LEDGER_LOCK_DAYS = 365
"""For how long an entry, a checkpoint and what others said of it are locked at least when they are written."""

MIRRORED_WITHIN_DAYS = 2
AT_ONCE = 1_000
"""How many answers are waited for together."""


@dataclass(slots=True)
class Watch:
    """What asking the store gave: how many objects and entries were asked for, how they are guarded, what is wrong."""

    asked: int = 0
    guarded: Guarded = field(default_factory=lambda: Guarded(objects=0))
    found: Found = field(default_factory=Found)


@dataclass(frozen=True, slots=True)
class Lasting:
    """What no entry promises a lock for and every store that has locks keeps for years, ``written`` then."""

    what: str
    key: str
    version: str | None
    written: Instant


def lasting(store: ObjectStore, entries: Iterable[NamedEntry]) -> Iterator[Lasting]:
    """Yield the entries, by their own clock, and checkpoints, cosignatures and stamps, by the store's."""
    for entry in entries:
        yield Lasting("ledger entry", layout.entry(entry.index), None, entry.clock)
    for prefix in layout.ATTESTING:
        for listed in listing(store, prefix):
            for oldest in listed.real[:1]:
                yield Lasting("object", listed.key, oldest.version, oldest.modified)


def check_guards(locks: Locks, walk: Walk, record: Iterable[Lasting], *, now: Instant, tell: Tell) -> Watch:
    """Ask how every object that the ledger names is guarded, and the ``record`` itself where objects are locked."""
    watch, since = Watch(), _mirrored_since(walk)
    total = walk.register.count_objects() + walk.register.entry_count
    promised = any(one.until for one in promises(walk.history))
    jobs: Iterator[Promised | Lasting] = chain(promises(walk.history), record if promised else ())
    with ThreadPoolExecutor(WORKERS) as pool:
        while some := list(islice(jobs, AT_ONCE)):
            for one, guard in zip(some, pool.map(lambda job: _guard(locks, job), some), strict=True):
                watch.asked += 1
                if isinstance(one, Lasting):
                    _judge_lasting(one, guard, now, watch.found)
                else:
                    watch.guarded = _counted(watch.guarded, guard)
                    _judge(one, guard, now, watch.found, mirrored=_is_due(walk, since, one, now))
            tell("locks", watch.asked, max(total, watch.asked))
    return watch


def _guard(locks: Locks, job: Promised | Lasting) -> Guard | None:
    try:
        if isinstance(job, Lasting):
            return locks.guard_of(job.key, version=job.version)
        return locks.guard_of(job.stored.key, version=job.stored.version)
    except ObjectMissingError:
        return None  # that is another step's finding


def _counted(guarded: Guarded, guard: Guard | None) -> Guarded:
    if guard is None:
        return msgspec.structs.replace(guarded, objects=guarded.objects + 1)
    mode, end = (guard.lock.mode, guard.lock.until) if guard.lock else (None, None)
    return Guarded(
        objects=guarded.objects + 1,
        compliance=guarded.compliance + (mode == "compliance"),
        governance=guarded.governance + (mode == "governance"),
        held=guarded.held + guard.hold,
        first_end=min((one for one in (guarded.first_end, end) if one), default=None),
    )


def _mirrored_since(walk: Walk) -> dict[str, Instant]:
    """Return since when each account is under a hold that is in force."""
    since: dict[str, Instant] = {}
    for one in (covered for hold in walk.history.holds.values() for covered in hold.covered):
        entry = walk.register.find_entry(one.entry)
        if entry is None:
            continue
        for account in accounts_of(one.scope, walk.history):
            since[account] = min(entry.at, since.get(account, entry.at))
    return since


def _is_due(walk: Walk, since: dict[str, Instant], one: Promised, now: Instant) -> bool:
    """Whether the daily sweep must have mirrored a hold on an object: a lease guards it until then."""
    if one.account not in since:
        return False
    entry = walk.register.find_entry(one.entry)
    return entry is not None and max(since[one.account], entry.at).plus(seconds=MIRRORED_WITHIN_DAYS * DAY) < now


def _judge(one: Promised, guard: Guard | None, now: Instant, found: Found, *, mirrored: bool) -> None:
    if guard is None:
        return
    key, promised = one.stored.key, one.stored.lock
    if mirrored and not guard.hold:
        found.fault("HOLD_NOT_MIRRORED", key, "A hold covers this object, but its legal hold flag is off.")
    if one.until is None or one.until < now:
        if one.until is not None and (guard.lock is None or guard.lock.until < now):
            found.fault("LOCK_LAPSED", key, f"Its lock ended at {one.until} and was not renewed.")
        return
    if guard.lock is None:
        found.fault("LOCK_GONE", key, f"It should be locked until {one.until}, and is not.")
    elif guard.lock.until < one.until:
        what = f"It should be locked until {one.until}, and is only until {guard.lock.until}."
        found.fault("LOCK_SHORTENED", key, what)
    elif promised is not None and (promised.mode, guard.lock.mode) == ("compliance", "governance"):
        found.fault("LOCK_WEAKENED", key, "It was locked for everybody, and can now be unlocked by some.")
    elif guard.lock.until < now.plus(seconds=ALARM_DAYS * DAY):
        found.notice("LOCK_ENDING", key, f"Its lock ends at {guard.lock.until}: run 'holdfast locks renew'.")


def _judge_lasting(one: Lasting, guard: Guard | None, now: Instant, found: Found) -> None:
    if guard is None:
        return
    lock = guard.lock
    least = one.written.plus(seconds=(LEDGER_LOCK_DAYS - 1) * DAY)
    if lock is None:
        found.fault("LOCK_GONE", one.key, f"This {one.what} should be locked, and is not.")
    elif lock.until < now:
        found.fault("LOCK_LAPSED", one.key, f"The lock of this {one.what} ended at {lock.until}.")
    elif lock.until < least:
        what = f"The lock of this {one.what} ends at {lock.until}, less than a year after it was written."
        found.fault("LOCK_SHORTENED", one.key, what)
