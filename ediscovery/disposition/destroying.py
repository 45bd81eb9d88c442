"""Condemned objects deleted, every version of them, in the archive's store and every copy; and an act that says so.

A store keeps what is locked until the lock ends: that is tried again with the next run. Partitions go before the
exchanges of their account, so that whatever is stopped half way still fits together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from manifests.dispositions.rules import PlanOvertakenError, refuse_newly_held
from schemas.errors import IntegrityError, PolicyError
from schemas.ledger import DispositionStopped, ObjectsDestroyed
from storage import layout
from storage.objects import LockRefusedError, Locks, ObjectLockedError, ObjectMissingError, Shredder, Versions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from manifests.archive import Archive
    from manifests.history import History
    from schemas.instant import Instant
    from schemas.ledger import Act
    from storage.objects import ObjectStore

TOGETHER = 500
"""How many objects an act says are gone at most."""
LOOK_EVERY = 20
"""After how many objects it is looked whether a hold was placed."""


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


@dataclass(frozen=True)
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
        done, gone, kept_of = Destroyed(), list[str](), set[str]()
        locked: set[str] = set()
        for number, key in enumerate(doomed):
            self.tell("objects", number, len(doomed))
            if number % LOOK_EVERY == 0:
                self._refuse_held()
            account = layout.account(key)
            if key.startswith(layout.EXCHANGES) and account in kept_of:
                done.waiting += 1
                continue
            keeping = [name for name, store in self.stores.items() if not self._gone(store, key, done)]
            if keeping:
                locked.update(keeping)
                done.waiting += 1
                if key.startswith(layout.PARTITIONS):
                    kept_of.add(account)
                continue
            gone.append(key)
            if len(gone) == TOGETHER:
                self._say(gone, done)
                gone = []
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

    def _gone(self, store: ObjectStore, key: str, done: Destroyed) -> bool:
        """Delete an object with all its versions, and return whether it is gone."""
        if not isinstance(store, Shredder):
            return False
        try:
            self._lift(store, key)
            store.destroy(key)
        except (ObjectLockedError, LockRefusedError):
            until = _locked_until(store, key)
            done.until = max((one for one in (done.until, until) if one), default=None)
            return False
        return True

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
            for key in gone:
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
