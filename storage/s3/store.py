"""An object store in a versioned bucket of S3-compatible storage.

The server's own order of versions says who was first: a key belongs to its oldest version, and to nobody while a
delete marker stands there. Every read names a version. What it keeps against: crashes at any point, racing writers
anywhere, servers that ignore conditions, answers that get lost, and, with Object Lock, everybody until the lock ends.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, BinaryIO, cast

from schemas.digest import Digest
from schemas.stored import StoredObject
from storage import keys
from storage.objects import (
    CHUNK,
    Guard,
    KeyTakenError,
    LockRefusedError,
    StoreUnsuitableError,
    WriteOutcomeUnknownError,
)
from storage.s3 import parts
from storage.s3.client import Bucket
from storage.s3.destroying import destroy
from storage.s3.locking import Locking, headers_of, lock_in, longer
from storage.s3.patience import Patience
from storage.s3.reading import VersionStream, read_part
from storage.s3.refusals import KeyContestedError, StoreAccessRefusedError, StoreRefusedError, missing
from storage.s3.upload import Upload
from storage.s3.versions import histories, history_of, may_begin_keys, oldest_of, owner_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from schemas.instant import Instant
    from schemas.settings import BucketPlace
    from schemas.stored import Lock
    from storage.objects import Content, Version

BUFFER = 1 << 18
UNVERSIONED = "null"  # what S3 calls the version of an object that was written without versioning
REFUSALS = (StoreAccessRefusedError, StoreRefusedError, StoreUnsuitableError)


class S3Store:
    """An ``ObjectStore`` with ``Locks`` and ``Versions`` in the bucket at ``place``; safe among threads and processes.

    Relative paths are relative to ``home``; ``now`` dates the locks. Nothing is asked of the bucket yet.
    """

    def __init__(
        self, place: BucketPlace, *, home: Path, now: Callable[[], Instant], patience: Patience | None = None
    ) -> None:
        self.bucket = Bucket(place, home=home)
        self._pinned = place.versions == "pinned"
        self._locking, self._patience = Locking.of(place, now=now), patience or Patience()

    def put_new(self, key: str, content: Content) -> StoredObject:
        """Store ``content`` under a key that nobody holds; see ``ObjectStore.put_new``.

        Raises:
            KeyHiddenError: a delete marker stands at the key.
            StoreUnsuitableError: the bucket keeps no versions, or no locks and is asked for one.
        """
        keys.check(key)
        if content.size <= parts.WHOLE:
            return self._put_whole(key, content)
        return self._put_in_parts(key, content)

    def open_version(self, key: str, version: str) -> BinaryIO:
        """Open one version of a key; see ``Versions.open_version``."""
        keys.check(key)
        return cast(
            "BinaryIO", io.BufferedReader(VersionStream(self.bucket, self._patience, key=key, version=version), BUFFER)
        )

    def open(self, key: str, *, version: str | None = None) -> BinaryIO:
        """Open an object for reading; see ``ObjectStore.open``. The stream can be sought; it keeps a connection."""
        keys.check(key)
        return cast("BinaryIO", io.BufferedReader(self._stream(key, version), BUFFER))

    def read_part(self, key: str, start: int, end: int, *, version: str | None = None) -> bytes:
        """Return some bytes of an object, by one request with a range; see ``ObjectStore.read_part``."""
        keys.check(key)
        named = self._version(key, version)
        return read_part(self.bucket, self._patience, key=key, version=named, start=start, end=end)

    def find(self, key: str) -> StoredObject | None:
        """Return what is stored under ``key``, its digest computed from its bytes, or ``None``."""
        keys.check(key)
        oldest = oldest_of(self._history(key))
        return None if oldest is None else self._found(oldest)

    def exists(self, key: str) -> bool:
        """Return whether something is stored under ``key``, also under delete markers."""
        keys.check(key)
        return oldest_of(self._history(key)) is not None

    def keys(self, prefix: str, *, after: str = "") -> Iterator[str]:
        """Yield the keys that start with ``prefix`` and come after ``after``, in order; delete markers hide none."""
        if may_begin_keys(prefix):
            start = after if after > prefix and may_begin_keys(after) else ""
            for history in histories(self.bucket, prefix, after=start, patience=self._patience):
                key = history[0].key
                if key > after and keys.is_key(key) and oldest_of(history) is not None:
                    yield key

    def versions(self, prefix: str, *, after: str = "") -> Iterator[Version]:
        """Yield every version and delete marker under a prefix; see ``Versions.versions``. Names may be no keys."""
        for history in histories(self.bucket, prefix, after=after, patience=self._patience):
            yield from history

    def guard_of(self, key: str, *, version: str | None = None) -> Guard:
        """Return how the store guards a version now, as it says itself; see ``Locks.guard_of``."""
        keys.check(key)
        return self._guard(key, self._version(key, version))

    def retain(self, key: str, *, version: str | None = None, until: Instant) -> Lock:
        """Lock a version until ``until`` at least, and return its lock; see ``Locks.retain``."""
        keys.check(key)
        return self._retain(key, self._version(key, version), until=until)

    def hold(self, key: str, *, version: str | None = None, on: bool) -> None:
        """Set or lift a version's legal hold; see ``Locks.hold``."""
        keys.check(key)
        held = self._version(key, version)
        self._lock("put_object_legal_hold", key, VersionId=held, LegalHold={"Status": "ON" if on else "OFF"})

    def destroy(self, key: str) -> int:
        """Delete every version of a key, every marker and every unfinished upload; see ``Shredder.destroy``."""
        keys.check(key)
        return destroy(self.bucket, self._patience, key)

    def _put_whole(self, key: str, content: Content) -> StoredObject:
        lock = self._locking.lock_of(key)

        def write() -> str:
            body = parts.read_whole(key, content)
            answer = self.bucket.call(
                "put_object",
                Key=key,
                Body=body,
                **parts.Part.of(1, body).checksums,
                Metadata={"sha256": content.sha256.hex},
                IfNoneMatch="*",
                **headers_of(lock),
            )
            return str(answer.get("VersionId", UNVERSIONED))

        mine, owner = self._patience.look_and_write(lambda: self._own(key, write))
        # An answer may lose the version's name on its way; whether there are versions says the listing.
        if mine is not None and owner.version in (mine, UNVERSIONED):
            version = self._named(owner.version)
            return StoredObject(key=key, sha256=content.sha256, size=content.size, version=version, lock=lock)
        return self._same(owner, content)

    def _put_in_parts(self, key: str, content: Content) -> StoredObject:
        upload = Upload(self.bucket, self._patience, key, content)
        mine, owner = self._patience.look_and_write(lambda: self._own(key, upload.commit))
        if owner.version != mine:
            if mine is None:
                upload.abandon()
            return self._same(owner, content)
        # At this point the object is ours and readers see it, but it is not locked: servers ignore locks that are
        # given to an upload in parts. If we crash here, putting it again locks it.
        lock = self._locked(key, self._named(mine), None)
        return StoredObject(key=key, sha256=content.sha256, size=content.size, version=mine, lock=lock)

    def _own(self, key: str, write: Callable[[], str | None]) -> tuple[str | None, Version]:
        """Look, write if the key is free, and return the version that was written, if any, and the one that owns it."""
        owner = owner_of(self._look(key))
        if owner is not None:
            return None, owner
        try:
            mine = write()
        except KeyContestedError:
            if (owner := owner_of(self._look(key))) is None:
                raise
            return None, owner
        # At this point our version is there, and perhaps others that were written at the same time. Which of them
        # owns the key is settled: whoever comes later is newer. If we crash here, putting it again finds it.
        owner = owner_of(self._look(key))
        if owner is None:
            raise WriteOutcomeUnknownError(
                f"The store took {key} and does not list it.", do="Try again; it looks first.", key=key
            )
        return mine, owner

    def _same(self, owner: Version, content: Content) -> StoredObject:
        """Return the object that owns a key if it has the bytes that were to be stored there.

        Raises:
            KeyTakenError: it has others.
            StoreUnsuitableError: the bucket keeps no versions, so that nothing owns a key for good.
        """
        self._named(owner.version)
        found = self._found(owner) if owner.size == content.size else None
        if found is None or found.sha256 != content.sha256:
            raise KeyTakenError(
                f"The key {owner.key} holds other bytes.", do="Read what it holds, then decide.", key=owner.key
            )
        # Whoever wrote it may not have lived to lock it.
        lock = self._locked(owner.key, owner.version, found.lock)
        return StoredObject(key=found.key, sha256=found.sha256, size=found.size, version=found.version, lock=lock)

    def _locked(self, key: str, version: str, lock: Lock | None) -> Lock | None:
        """Return the lock of a version, after locking it as new ones are if no lock holds it."""
        wanted = self._locking.lock_of(key)
        if wanted is None or (lock is not None and not self._locking.is_over(lock)):
            return lock
        return self._retain(key, version, until=wanted.until)

    def _found(self, owner: Version) -> StoredObject:
        with VersionStream(self.bucket, self._patience, key=owner.key, version=owner.version) as stream:
            sha256 = Digest.of_chunks(iter(lambda: stream.read(CHUNK) or b"", b""))
            return StoredObject(key=owner.key, sha256=sha256, size=stream.size, version=owner.version, lock=stream.lock)

    def _stream(self, key: str, version: str | None) -> VersionStream:
        return VersionStream(self.bucket, self._patience, key=key, version=self._version(key, version))

    def _version(self, key: str, version: str | None) -> str:
        """Return the version that is meant: the given one, or the oldest."""
        if version is not None and self._pinned:
            if not version:
                raise missing(key, version)
            return version
        oldest = oldest_of(self._history(key))
        if oldest is None:
            raise missing(key, None)
        return oldest.version

    def _history(self, key: str) -> tuple[Version, ...]:
        return history_of(self.bucket, key, call=self._patience.repeat)

    def _look(self, key: str) -> tuple[Version, ...]:
        """Return a key's history in requests that are not repeated: the whole attempt is."""
        return history_of(self.bucket, key, call=lambda ask: ask())

    def _named(self, version: str | None) -> str:
        if version is None or version == UNVERSIONED:
            raise StoreUnsuitableError(
                f"The bucket {self.bucket.name} keeps no versions: what was written last hides what was first.",
                do="Use a bucket with versioning, or better one that was made with Object Lock, which includes it.",
            )
        return version

    def _guard(self, key: str, version: str) -> Guard:
        answer = self._patience.repeat(lambda: self.bucket.call("head_object", Key=key, VersionId=version))
        return Guard(lock_in(answer), answer.get("ObjectLockLegalHoldStatus") == "ON")

    def _retain(self, key: str, version: str, *, until: Instant) -> Lock:
        mode = self._locking.mode
        if mode is None:
            raise LockRefusedError(
                f"{key} is not locked: the settings say store.lock = 'none'.", do="Set store.lock, then lock again."
            )
        held = self._guard(key, version).lock
        lock = longer(held, until=until, mode=mode, over=held is not None and self._locking.is_over(held))
        if lock == held:
            return lock
        retention = {"Mode": lock.mode.upper(), "RetainUntilDate": lock.until.to_datetime()}
        try:
            self._lock("put_object_retention", key, VersionId=version, Retention=retention)
        except LockRefusedError:
            # Somebody else may have locked it for longer since we looked; then ours would have shortened it.
            since = self._guard(key, version).lock
            if since is None or since.until < lock.until:
                raise
            return since
        return lock

    def _lock(self, operation: str, key: str, **parameters: object) -> None:
        try:
            self._patience.repeat(lambda: self.bucket.call(operation, Key=key, **parameters))
        except REFUSALS as error:
            raise LockRefusedError(
                f"The store does not lock {key}: {error.what}",
                do="Use a bucket with Object Lock, and credentials that may lock.",
                key=key,
            ) from error
