"""Bucket stores for tests: buckets on the S3 servers of ``tests.lanes``, a clock that moves on request, no waiting."""

from __future__ import annotations

import itertools
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from schemas.instant import Instant
from schemas.settings import BucketPlace
from storage.s3.patience import Patience
from storage.s3.store import S3Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

    from tests.lanes.s3 import Lane

HOME = Path("/")
DAY = 86_400


@dataclass
class Clock:
    """The machine's clock, so many seconds ahead."""

    ahead: float = 0

    def __call__(self) -> Instant:
        return Instant.from_datetime(datetime.now(UTC)).plus(seconds=self.ahead)


@dataclass
class Waits:
    """A sleep that only notes how long it should have been."""

    seconds: list[float] = field(default_factory=list)

    def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


def patience(*, attempts: int = 5, waits: Waits | None = None) -> Patience:
    """Return a patience that never waits."""
    return Patience(attempts=attempts, sleep=waits or Waits(), chance=lambda: 1.0)


@dataclass(frozen=True)
class LaneBucket:
    """A bucket of a test's own on a lane. Locks of the store can be lifted by a bypass unless a test says otherwise."""

    lane: Lane
    name: str
    client: Any
    clock: Clock

    def place(self, **settings: Any) -> BucketPlace:
        authority = str(self.lane.authority) if self.lane.authority else None
        defaults = {"endpoint": self.lane.endpoint, "authority": authority, "region": self.lane.region}
        return BucketPlace(**{"bucket": self.name, "lock": "governance"} | defaults | settings)

    def store(self, *, waiting: Patience | None = None, **settings: Any) -> S3Store:
        """Return a store with a connection of its own."""
        return S3Store(self.place(**settings), home=HOME, now=self.clock, patience=waiting)

    def through(self, endpoint: str, *, waiting: Patience | None = None, **settings: Any) -> S3Store:
        """Return a store that reaches the bucket through a proxy, and never waits."""
        return self.store(waiting=waiting or patience(), endpoint=endpoint, authority=None, **settings)

    def put(self, key: str, body: bytes) -> str:
        """Write a version as somebody does who is not Holdfast, and return its id."""
        return self.client.put_object(Bucket=self.name, Key=key, Body=body)["VersionId"]

    def hide(self, key: str) -> str | None:
        """Delete a key as somebody does who names no version, and return the delete marker's id.

        ``None`` where the server makes no marker over a marker, as Ceph 16 does not.
        """
        return self.client.delete_object(Bucket=self.name, Key=key).get("VersionId")

    def remove(self, key: str, version: str) -> None:
        """Delete a version, with the right to bypass governance."""
        self.client.delete_object(Bucket=self.name, Key=key, VersionId=version, BypassGovernanceRetention=True)

    def count(self, key: str) -> int:
        """Return how many versions the key has."""
        listed = self.client.list_object_versions(Bucket=self.name, Prefix=key).get("Versions", ())
        return sum(version["Key"] == key for version in listed)


@contextmanager
def bucket_on(
    lane: Lane, environment: pytest.MonkeyPatch, *, lock: bool = True, versioned: bool = True
) -> Iterator[LaneBucket]:
    """Make a bucket on a lane, and be its first user."""
    for name, value in lane.environment().items():
        environment.setenv(name, value)
    with closing(lane.client()) as client:
        yield LaneBucket(lane, lane.bucket(lock=lock, versioned=versioned), client, Clock())


def in_turn(*stores: S3Store) -> Any:
    """Return a function that gives one of the stores after the other."""
    handles = itertools.cycle(stores)
    return lambda: next(handles)
