"""How long objects are locked, and what a bucket says of the locks it keeps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from schemas.instant import Instant
from schemas.stored import Lock
from storage import layout

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from schemas.settings import BucketPlace
    from schemas.stored import LockMode
    from storage.s3.client import Answer

DAY = 86_400
SECOND = 1_000_000
SHORTEST = 60
"""For how many seconds is locked what is no evidence: without a lock of its own it would get the bucket's, of years."""

MODES: dict[str, LockMode] = {"COMPLIANCE": "compliance", "GOVERNANCE": "governance"}


@dataclass(frozen=True, slots=True)
class Locking:
    """For how many days new objects are locked, those of the ledger and all others; ``mode`` is absent for no lock."""

    mode: LockMode | None
    lease_days: int
    ledger_days: int
    now: Callable[[], Instant]

    @classmethod
    def of(cls, place: BucketPlace, *, now: Callable[[], Instant]) -> Locking:
        """Return what the settings of a bucket say."""
        mode = None if place.lock == "none" else place.lock
        return cls(mode, place.lease_days, place.ledger_days, now)

    def lock_of(self, key: str) -> Lock | None:
        """Return the lock that an object gets which is written now; its end is a whole second."""
        if self.mode is None:
            return None
        if key.startswith(layout.INDEX):
            seconds = SHORTEST
        else:
            seconds = DAY * (self.ledger_days if key.startswith(layout.RECORD) else self.lease_days)
        return Lock(self.mode, whole_second(self.now().plus(seconds=seconds)))

    def is_over(self, lock: Lock) -> bool:
        """Return whether a lock has ended."""
        return lock.until <= self.now()


def whole_second(instant: Instant) -> Instant:
    """Return the first whole second that is not before ``instant``: stores keep no smaller parts."""
    return Instant(-(-instant.micros // SECOND) * SECOND)


def headers_of(lock: Lock | None) -> dict[str, str | datetime]:
    """Return the parameters of a write that is locked so."""
    if lock is None:
        return {}
    return {"ObjectLockMode": lock.mode.upper(), "ObjectLockRetainUntilDate": lock.until.to_datetime()}


def lock_in(answer: Answer) -> Lock | None:
    """Return the lock in the answer to a GET or HEAD, or ``None``."""
    mode, until = MODES.get(answer.get("ObjectLockMode", "")), answer.get("ObjectLockRetainUntilDate")
    if mode is None or until is None:
        return None
    return Lock(mode, Instant.from_datetime(until.replace(microsecond=0)))


def longer(lock: Lock | None, *, until: Instant, mode: LockMode, over: bool) -> Lock:
    """Return the lock that keeps a version until ``until`` at least and is not shorter or weaker than ``lock``.

    A mode is changed only when the lock is ``over``: stores refuse to change that of one that holds.
    """
    if lock is None:
        return Lock(mode, whole_second(until))
    return Lock(mode if over else lock.mode, max(lock.until, whole_second(until)))
