"""What versions a bucket keeps of its keys, in the server's own order: the one thing that says who was first."""

from __future__ import annotations

import re
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING

from schemas.errors import IntegrityError
from schemas.instant import Instant
from storage.keys import LONGEST
from storage.objects import Version
from storage.s3.refusals import StoreRefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from storage.s3.client import Answer, Bucket
    from storage.s3.patience import Patience

PAGE = 1000
FEW = 32  # a key has one version, or a few when writers raced
BEGINS_KEYS = re.compile(r"[a-z0-9._/-]*", re.ASCII)


class KeyHiddenError(IntegrityError):
    """A delete marker stands at a key: somebody with other rights than the archive's deleted there."""

    code = "KEY_HIDDEN"


def may_begin_keys(prefix: str) -> bool:
    """Return whether any key could start with ``prefix``."""
    return len(prefix) <= LONGEST and BEGINS_KEYS.fullmatch(prefix) is not None


def oldest_of(history: Sequence[Version]) -> Version | None:
    """Return the oldest version that holds bytes; ``history`` is from oldest to newest."""
    return next((version for version in history if not version.marker), None)


def owner_of(history: Sequence[Version]) -> Version | None:
    """Return the version that owns its key, or ``None`` where nothing is.

    Raises:
        KeyHiddenError: there is a delete marker, so that nobody owns the key.
    """
    marker = next((version for version in history if version.marker), None)
    if marker is not None:
        raise KeyHiddenError(
            f"A delete marker stands at the key {marker.key}: somebody deleted there.",
            do="Stop and keep the bucket as it is; run 'holdfast verify', and find out whose credentials did it.",
            key=marker.key,
            version=marker.version,
        )
    return oldest_of(history)


def history_of(bucket: Bucket, key: str, *, call: Callable[[Callable[[], Answer]], Answer]) -> tuple[Version, ...]:
    """Return all versions and markers of one key, from oldest to newest; ``call`` makes the requests."""
    found = []
    for version in _newest_first(bucket, key, after="", page=FEW, call=call):
        if version.key != key:  # a key comes before all that it begins
            break
        found.append(version)
    return tuple(reversed(found))


def histories(
    bucket: Bucket, prefix: str, *, patience: Patience, after: str = "", page: int = PAGE
) -> Iterator[tuple[Version, ...]]:
    """Yield all versions of every key under a prefix: keys in order, each from oldest to newest."""
    listed = _newest_first(bucket, prefix, after=after, page=page, call=patience.repeat)
    for _, versions in groupby(listed, key=attrgetter("key")):
        yield tuple(reversed(tuple(versions)))


def _newest_first(
    bucket: Bucket, prefix: str, *, after: str, page: int, call: Callable[[Callable[[], Answer]], Answer]
) -> Iterator[Version]:
    place = {"KeyMarker": after} if after else {}
    while True:
        answer = call(lambda: bucket.call("list_object_versions", Prefix=prefix, MaxKeys=page, **place))  # noqa: B023
        yield from _in_order(answer)
        if not answer.get("IsTruncated"):
            return
        following = {"KeyMarker": answer.get("NextKeyMarker", "")}
        if answer.get("NextVersionIdMarker"):
            following["VersionIdMarker"] = answer["NextVersionIdMarker"]
        if following == place:
            raise StoreRefusedError(
                f"The store lists {bucket.name} in circles.", do="Report it to whoever makes the server."
            )
        place = following


def _in_order(answer: Answer) -> Iterator[Version]:
    """Yield what one page lists as the server wrote it, not as boto3 sorted it."""
    versions, markers = iter(answer.get("Versions", ())), iter(answer.get("DeleteMarkers", ()))
    for kind in answer["Kinds"]:
        marker = kind == "DeleteMarker"
        found = next(markers if marker else versions)
        modified = Instant.from_datetime(found["LastModified"])
        yield Version(found["Key"], found["VersionId"], found.get("Size", 0), marker=marker, modified=modified)
