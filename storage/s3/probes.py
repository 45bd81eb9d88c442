"""What ``doctor`` tries with a bucket before an archive may live there, and whenever somebody wants to know.

Nothing that is not ours is changed. What is written lies under ``probes/``: a handful of objects of 70 bytes, one or
two of them locked for a minute, the shortest time that means anything. Settings of the bucket are written back as they
were read, to learn whether these credentials may.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

from schemas.errors import ArchiveError
from storage.examination import Examination, Looked, ailment_of, examined
from storage.s3.client import Bucket
from storage.s3.lifecycle import look_at_lifecycle
from storage.s3.probes_of_contact import HOLDS_OURS, look_at_clocks, look_at_connection, look_at_contents, seconds_ahead
from storage.s3.probes_of_locks import look_at_locks, look_at_versioning
from storage.s3.probes_of_permissions import look_at_permissions
from storage.s3.probes_of_writes import look_at_checksums, look_at_race, look_at_writing
from storage.s3.probing import Probing
from storage.s3.store import S3Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from schemas.instant import Instant
    from schemas.settings import BucketPlace

TITLES = (
    "Connection: encrypted, to a server that speaks S3, takes the credentials and has the bucket",
    "Clocks: the server's and this machine's agree",
    "Contents: the bucket is empty, or holds this archive alone",
    "Writing: an object comes back as it went, in a version of its own",
    "Versions: every one is kept, and nobody can stop that",
    "Locks: given as asked, and held against deleting and shortening",
    "Ownership: of writers that race for a key one owns it",
    "Checksums: damaged bytes are refused",
    "Permissions: these credentials can do nothing that an archive must not",
    "Lifecycle: no rule of the bucket destroys objects",
)
NOT_WRITABLE = Looked(0, note="nothing can be written")


def examine_bucket(
    place: BucketPlace,
    *,
    home: Path,
    now: Callable[[], Instant],
    run: str,
    origin: str | None,
    origin_of: Callable[[bytes], str],
    tell: Callable[[str, int, int], None] = lambda _step, _done, _total: None,
) -> Examination:
    """Return which promises a bucket keeps; no fault is raised, each is found.

    ``run`` is random text for keys, new every time. ``origin`` is the archive that may live there, if any, and
    ``origin_of`` reads the origin from the bytes of a ledger's first entry, or raises an ``ArchiveError``.
    """
    bucket = Bucket(place, home=home)
    store = S3Store(msgspec.structs.replace(place, lock="none"), home=home, now=now)
    looks = _looks(Probing(bucket, place, store, run, now), origin=origin, origin_of=origin_of)
    return examined(f"the bucket {place.bucket} at {bucket.endpoint}", TITLES, looks, tell)


def connect(place: BucketPlace, *, home: Path) -> None:
    """Ask a bucket for what it holds, once.

    Raises:
        ArchiveError: no connection, no S3, no credentials that are taken, no such bucket or region, no permission.
    """
    Bucket(place, home=home).call("list_object_versions", MaxKeys=1)


def _looks(probing: Probing, *, origin: str | None, origin_of: Callable[[bytes], str]) -> Iterator[Looked]:
    """Yield what each step found, and nothing more after a fault that makes going on senseless or rude."""
    began = probing.now()
    connection, answer = look_at_connection(probing)
    yield connection
    if answer is None:
        return
    probing = replace(probing, ahead=seconds_ahead(answer, began=began, ended=probing.now()))
    yield look_at_clocks(probing)
    yield (contents := _found(probing, lambda: look_at_contents(probing, origin=origin, origin_of=origin_of)))
    if contents.faulty:  # somebody else's: nothing is written there
        return
    yield (writing := _found(probing, lambda: look_at_writing(probing)))
    yield _found(probing, lambda: look_at_versioning(probing, in_use=contents.note == HOLDS_OURS))
    for look in (look_at_locks, look_at_race, look_at_checksums):
        yield NOT_WRITABLE if writing.faulty else _found(probing, lambda look=look: look(probing))  # type: ignore[misc]
    yield _found(probing, lambda: look_at_permissions(probing, written=not writing.faulty))
    yield _found(probing, lambda: look_at_lifecycle(probing))


def _found(probing: Probing, look: Callable[[], Looked]) -> Looked:
    """Return what a step found, or the error that ended it as what ails."""
    try:
        return look()
    except ArchiveError as error:
        return Looked(1, (ailment_of(error, key=probing.bucket.name),))
