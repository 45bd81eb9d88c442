"""From the settings of a place to the store that lies there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.settings import BucketPlace, DirectoryPlace
from storage.directory import DirectoryStore

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from schemas.instant import Instant
    from schemas.settings import Place
    from storage.objects import ObjectStore


def open_store(place: Place, *, home: Path, now: Callable[[], Instant]) -> ObjectStore:
    """Return the store at ``place``; relative paths are relative to ``home``, and ``now`` dates the locks.

    Nothing is read, written or asked yet.
    """
    match place:
        case DirectoryPlace():
            return DirectoryStore(home / place.path, pinned=place.versions == "pinned")
        case BucketPlace():
            # boto3 takes a third of a second to import, which only those who have a bucket should wait for.
            from storage.s3.store import S3Store  # noqa: PLC0415

            return S3Store(place, home=home, now=now)
