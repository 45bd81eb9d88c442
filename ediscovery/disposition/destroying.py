"""Condemned objects deleted, every version of them, in the archive's store and every copy; and an act that says so.

A store keeps what is locked until the lock ends: that is tried again with the next run. Partitions go before the
exchanges of their account, so that whatever is stopped half way still fits together.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

from manifests.dispositions.rules import PlanOvertakenError, refuse_newly_held
from schemas.errors import IntegrityError, PolicyError
from schemas.ledger import DeletionBegun, DispositionStopped, ObjectsDestroyed
from storage import layout
from storage.objects import LockRefusedError, Locks, ObjectLockedError, ObjectMissingError, Shredder, Versions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from concurrent.futures import Executor

    from manifests.archive import Archive
    from manifests.history import History
    from schemas.instant import Instant
    from schemas.ledger import Act
    from storage.objects import ObjectStore

TOGETHER = 200
"""How many objects an act says are gone at most, and after how many it is looked whether a hold was placed."""
WORKERS = 16


class NotShreddableError(PolicyError):
    """A store cannot destroy anything."""

    code = "NOT_SHREDDABLE"


class StillThereError(IntegrityError):
    """An object that was destroyed is there."""

    code = "STILL_THERE"


class SurvivorMissingError(IntegrityError):
    """What is to be left of an object that would be destroyed is not there."""

    code = "SURVIVOR_MISSING"


@dataclass(frozen=True, slots=True)
class Destroyed:
    """What a run did: objects that are gone from everywhere now, and those that a store keeps yet.

    ``locked`` are the places that keep some; ``until`` is when the last lock ends that was seen.
    """

    objects: int = 0
    waiting: int = 0
    locked: tuple[str, ...] = ()
    until: Instant | None = None


@dataclass(frozen=True, slots=True)
class _Kept:
    """The places that keep an object, none if it is gone, and the end of the last lock that was seen."""

    places: tuple[str, ...]
    until: Instant | None


@dataclass(slots=True)
class _Progress:
    """How far a run is, of ``all`` objects; ``kept_of`` are the accounts of which a partition is kept."""

    tell: Callable[[str, int, int], None]
    all: int
    objects: int = 0
    waiting: int = 0
    locked: set[str] = field(default_factory=set)
    kept_of: set[str] = field(default_factory=set)
    until: Instant | None = None

    def keep(self, key: str, kept: _Kept) -> None:
        """Note that an object is kept yet."""
        self.waiting += 1
        self.locked.update(kept.places)
        self.kept_of |= {layout.account(key)} if key.startswith(layout.PARTITIONS) else set()
        self.until = max((one for one in (self.until, kept.until) if one), default=None)
        self.tell("objects", self.objects + self.waiting, self.all)

    def go(self, count: int) -> None:
        """Note that objects are gone."""
        self.objects += count
        self.tell("objects", self.objects + self.waiting, self.all)

    def destroyed(self) -> Destroyed:
        """Return what the run did."""
        return Destroyed(self.objects, self.waiting, tuple(sorted(self.locked)), self.until)


@dataclass(frozen=True, slots=True)
class Destroying:
    """A plan whose condemned objects are destroyed; ``stores`` are the archive's and its copies', by name."""

    archive: Archive
    plan: str
    stores: Mapping[str, ObjectStore]
    tell: Callable[[str, int, int], None]

    def destroy(self) -> Destroyed:
        """Destroy what no lock keeps, and say so in the ledger.

        Raises:
            PlanOvertakenError: a hold was placed since the plan was made: the plan is stopped by that, and says so.
            SurvivorMissingError: what is to be left is not there.
            NotShreddableError: a store cannot destroy.
            UnavailableError: not all is done; it may be tried again.
        """
        for name, store in self.stores.items():
            if not isinstance(store, Shredder):
                raise NotShreddableError(f"The store {name} cannot destroy anything.", do="Use one that can.")
        replacements = self.archive.ledger.history.replacements
        doomed = list(replacements.doomed(self.plan))
        begun = [key for key in doomed if replacements.deleting(key) is not None]
        done = _Progress(self.tell, len(doomed))
        with ThreadPoolExecutor(WORKERS) as pool:
            # An earlier run was cut short: whatever was decided since, these are gone or going.
            for some in _together(begun):
                self._delete(some, pool, done)
            for some in _together([key for key in doomed if key not in set(begun)]):
                self._delete(self._begin(some, pool, done), pool, done)
        return done.destroyed()

    def _begin(self, keys: Sequence[str], pool: Executor, done: _Progress) -> Sequence[str]:
        """Say in the ledger which objects are deleted from here on, those that no lock keeps, and return them.

        Until then a hold that is placed brings all of them back; from then on nothing does.
        """
        self._refuse_held()
        free: list[str] = []
        for key, kept in zip(keys, pool.map(self._kept, keys), strict=True):
            # What natives are looked for in goes before that in which they are looked for.
            if kept.places or (key.startswith(layout.EXCHANGES) and layout.account(key) in done.kept_of):
                done.keep(key, kept)
            else:
                free.append(key)
        for _ in pool.map(self._demand_survivors, free):
            pass

        def build(history: History) -> tuple[Act, ...]:
            # Somebody else may have begun with some.
            keys = tuple(key for key in free if history.replacements.deleting(key) is None)
            return (DeletionBegun(plan=self.plan, keys=keys),) if keys else ()

        try:
            self.archive.append(build)
        except PlanOvertakenError as error:
            give_up(self.archive, self.plan, error.what)
            raise
        replacements = self.archive.ledger.history.replacements
        return [key for key in free if replacements.gone(key) is None]

    def _refuse_held(self) -> None:
        """Stop the plan where a hold was placed since it was made; what takes nobody's place any more goes anyway."""
        self.archive.ledger.refresh()
        history = self.archive.ledger.history
        plan = history.plans[self.plan]
        if plan.stopped is not None:
            return
        try:
            refuse_newly_held(history, plan)
        except PlanOvertakenError as error:
            give_up(self.archive, self.plan, error.what)
            raise

    def _demand_survivors(self, key: str) -> None:
        """Check that what takes an object's place is in every store.

        Raises:
            SurvivorMissingError: it is not.
        """
        for survivor in self.archive.ledger.history.replacements.successors(key):
            for name, store in self.stores.items():
                found = store.find(survivor.key)
                if found is None or (found.sha256, found.size) != (survivor.sha256, survivor.size):
                    raise SurvivorMissingError(
                        f"What is to be left of {key} is not in {name}, or altered: {survivor.key}.",
                        do="Nothing more is deleted. Run 'holdfast verify', and bring it back, or stop the plan.",
                        key=survivor.key,
                    )

    def _delete(self, keys: Sequence[str], pool: Executor, done: _Progress) -> None:
        """Delete objects with all their versions everywhere, and say in the ledger which are gone.

        At this point the ledger says that they are being deleted. If we crash here, the next run goes on with them.
        """
        gone: list[str] = []
        for key, kept in zip(keys, pool.map(self._deleted, keys), strict=True):
            if kept.places:
                done.keep(key, kept)
            else:
                gone.append(key)
        if gone:
            self._say(gone)
            done.go(len(gone))

    def _kept(self, key: str) -> _Kept:
        """Return which places keep an object by a lock, as they say now."""
        ends = {name: locked_until(store, key) for name, store in self.stores.items()}
        now = self.archive.now()
        locked = {name: end for name, end in ends.items() if end is not None and end > now}
        return _Kept(tuple(locked), max(locked.values(), default=None))

    def _deleted(self, key: str) -> _Kept:
        """Delete an object with all its versions everywhere, and return what keeps it where that was not to be done."""
        places, until = [], None
        for name, store in self.stores.items():
            if not isinstance(store, Shredder):
                continue
            try:
                self._lift(store, key)
                store.destroy(key)
            except (ObjectLockedError, LockRefusedError):
                places.append(name)
                until = max((one for one in (until, locked_until(store, key)) if one), default=None)
        return _Kept(tuple(places), until)

    @staticmethod
    def _lift(store: ObjectStore, key: str) -> None:
        """Lift the legal hold flag, which an object bears because of others of its account."""
        if not isinstance(store, Locks):
            return
        try:
            if store.guard_of(key).hold:
                store.hold(key, on=False)
        except ObjectMissingError:
            return  # it went with an earlier run

    def _say(self, gone: list[str]) -> None:
        for name, store in self.stores.items():
            for key in gone:  # one more look, after all of them
                if is_there(store, key):
                    raise StillThereError(
                        f"The object {key} is still in {name} after it was deleted.",
                        do="Find out who puts it back; then go on with the plan.",
                        key=key,
                    )
        places = tuple(sorted(self.stores))

        def build(history: History) -> tuple[Act, ...]:
            # Somebody else may have said it of some.
            keys = tuple(key for key in gone if history.replacements.gone(key) is None)
            return (ObjectsDestroyed(plan=self.plan, keys=keys, places=places),) if keys else ()

        self.archive.append(build)


def _together(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield keys in groups that may go together: an account's, or productions."""
    for _, several in groupby(keys, key=lambda key: key.split("/")[: 1 if key.startswith(layout.PRODUCTIONS) else 2]):
        left = list(several)
        for at in range(0, len(left), TOGETHER):
            yield left[at : at + TOGETHER]


def is_there(store: ObjectStore, key: str) -> bool:
    """Return whether anything of a key is in a store: a version, or a delete marker."""
    if isinstance(store, Versions):
        return any(version.key == key for version in store.versions(key))
    return store.exists(key)


def stop(archive: Archive, plan: str, reason: str) -> None:
    """Stop a plan: what it condemned and did not destroy is read again.

    Raises:
        PlanRefusedError: it is not being carried out.
    """
    act = DispositionStopped(plan=plan, reason=reason)
    archive.append(lambda _history: (act,))


def give_up(archive: Archive, plan: str, reason: str) -> None:
    """Stop a plan, unless somebody else has."""
    act = DispositionStopped(plan=plan, reason=reason)
    archive.append(lambda history: (act,) if history.plans[plan].state == "running" else ())


def locked_until(store: ObjectStore, key: str) -> Instant | None:
    """Return when the lock of an object ends, as its store says, if it has one."""
    if not isinstance(store, Locks):
        return None
    try:
        lock = store.guard_of(key).lock
    except ObjectMissingError:
        return None
    return lock.until if lock else None
