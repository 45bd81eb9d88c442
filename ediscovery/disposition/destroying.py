"""Condemned objects deleted, every version of them, in the archive's store and every copy; and an act that says so.

A store keeps what is locked until the lock ends: that is tried again with the next run. Partitions go before the
exchanges of their account, so that whatever is stopped half way still fits together.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from manifests.dispositions.rules import PlanOvertakenError, refuse_newly_held
from schemas.errors import IntegrityError, PolicyError
from schemas.ledger import DispositionStopped, ObjectsDestroyed
from storage import layout
from storage.objects import LockRefusedError, Locks, ObjectLockedError, ObjectMissingError, Shredder, Versions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

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


@dataclass(slots=True)
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
            NotShreddableError: a store cannot destroy.
            UnavailableError: not all is done; it may be tried again.
        """
        for name, store in self.stores.items():
            if not isinstance(store, Shredder):
                raise NotShreddableError(f"The store {name} cannot destroy anything.", do="Use one that can.")
        doomed = list(self.archive.ledger.history.replacements.doomed(self.plan))
        done, locked, kept_of = Destroyed(), set[str](), set[str]()
        with ThreadPoolExecutor(WORKERS) as pool:
            for number, some in _batched(doomed):
                self.tell("objects", number, len(doomed))
                self._refuse_held()
                going = [
                    key for key in some if not (key.startswith(layout.EXCHANGES) and layout.account(key) in kept_of)
                ]
                done.waiting += len(some) - len(going)
                gone: list[str] = []
                for key, kept in zip(going, pool.map(self._kept, going), strict=True):
                    if not kept.places:
                        gone.append(key)
                        continue
                    done.waiting += 1
                    locked.update(kept.places)
                    kept_of |= {layout.account(key)} if key.startswith(layout.PARTITIONS) else set()
                    done.until = max((one for one in (done.until, kept.until) if one), default=None)
                if gone:
                    self._say(gone, done)
        done.locked = tuple(sorted(locked))
        return done

    def _refuse_held(self) -> None:
        """Stop the plan where a hold was placed since it was made; what takes nobody's place any more goes anyway."""
        ledger = self.archive.ledger
        ledger.refresh()
        plan = ledger.history.plans[self.plan]
        if plan.stopped is not None:
            return
        try:
            refuse_newly_held(ledger.history, plan)
        except PlanOvertakenError as error:
            stop(self.archive, self.plan, error.what)
            raise

    def _kept(self, key: str) -> _Kept:
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
                until = max((one for one in (until, _locked_until(store, key)) if one), default=None)
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

    def _say(self, gone: list[str], done: Destroyed) -> None:
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
        done.objects += len(gone)


def _batched(keys: Sequence[str]) -> Iterator[tuple[int, Sequence[str]]]:
    """Yield keys in groups that may go together, each with how many were before: an account's, or productions."""
    start = 0
    for _, several in groupby(keys, key=lambda key: key.split("/")[: 1 if key.startswith(layout.PRODUCTIONS) else 2]):
        left = list(several)
        for at in range(0, len(left), TOGETHER):
            yield start + at, left[at : at + TOGETHER]
        start += len(left)


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


def _locked_until(store: ObjectStore, key: str) -> Instant | None:
    if not isinstance(store, Locks):
        return None
    try:
        lock = store.guard_of(key).lock
    except ObjectMissingError:
        return None
    return lock.until if lock else None
