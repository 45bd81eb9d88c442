"""One probing of a bucket: what it is about, and how things are tried that should be refused."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from schemas.errors import ArchiveError, ConflictError, PolicyError, UnavailableError
from storage import layout
from storage.s3.locking import headers_of, whole_second
from storage.s3.refusals import BUSY

if TYPE_CHECKING:
    from collections.abc import Callable

    from schemas.instant import Instant
    from schemas.settings import BucketPlace
    from schemas.stored import Lock
    from storage.s3.client import Answer, Bucket
    from storage.s3.store import S3Store

BODY = b"Written by 'holdfast doctor' to try this bucket; it may be deleted.\n"
LOCK_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Probing:
    """A bucket, its settings, and the ``run`` whose keys nobody else uses.

    ``store`` is the bucket as a store that locks nothing: probes are not to stay longer than they must.
    ``ahead`` is by how many seconds the server's clock is ahead of ours, if it tells: locks are dated by
    its time.
    """

    bucket: Bucket
    place: BucketPlace
    store: S3Store
    run: str
    now: Callable[[], Instant]
    ahead: float | None = None

    def key(self, name: str) -> str:
        """Return the key of this run's probe of a name."""
        return layout.probe(run=self.run, name=name)

    def soon(self, seconds: float = LOCK_SECONDS) -> Instant:
        """Return the server's time in some seconds."""
        return whole_second(self.now().plus(seconds=(self.ahead or 0) + seconds))

    def put(self, name: str, *, lock: Lock | None = None, **parameters: Any) -> Answer:  # noqa: ANN401 -- boto3's
        """Write a probe, only if its key is new, and return the answer.

        Raises:
            ArchiveError: it was refused, or failed.
        """
        checksums = {"ContentMD5": b64encode(hashlib.md5(BODY, usedforsecurity=False).digest()).decode()}
        written = {"Key": self.key(name), "Body": BODY, "IfNoneMatch": "*", **checksums, **headers_of(lock)}
        return self.bucket.call("put_object", **{**written, **parameters})

    def refusal(self, operation: str, **parameters: Any) -> ArchiveError | None:  # noqa: ANN401 -- boto3's
        """Ask for something that should be refused; return the refusal, or ``None`` when it was done.

        Raises:
            ArchiveError: it is not known: the server did not answer.
        """
        return refusal_of(lambda: self.bucket.call(operation, **parameters))


def refusal_of(ask: Callable[[], object]) -> ArchiveError | None:
    """Return the server's refusal of what ``ask`` asks for, or ``None`` when it did it.

    Raises:
        ArchiveError: it is not known: the server did not answer, or was busy.
    """
    try:
        ask()
    except (PolicyError, ConflictError) as error:
        return error
    except UnavailableError as error:
        reason = error.facts.get("s3")
        if not reason or reason in BUSY:  # it did not come to judging what was asked
            raise
        return error
    return None
