"""From the settings of a place to the store that lies there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.settings import BucketPlace, DirectoryPlace
from storage.directory import DirectoryStore
from storage.objects import StoreUnsuitableError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from schemas.instant import Instant
    from schemas.settings import Place
    from storage.objects import ObjectStore


def open_store(place: Place, *, home: Path, now: Callable[[], Instant]) -> ObjectStore:
    """Return the store at ``place``; relative paths are relative to ``home``, and ``now`` dates the locks."""
    match place:
        case DirectoryPlace():
            return DirectoryStore(home / place.path)
        case BucketPlace():
            raise StoreUnsuitableError("Buckets are not supported yet.", do=f"Use a directory, {now()}.")
