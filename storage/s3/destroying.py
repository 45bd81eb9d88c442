"""Deleting a key for good: every version by its id, every delete marker, every upload that was never finished."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage.objects import ObjectLockedError, ObjectMissingError, StoreUnavailableError
from storage.s3.refusals import StoreAccessRefusedError, StoreRefusedError, UploadLostError
from storage.s3.upload import uploads_of
from storage.s3.versions import history_of

if TYPE_CHECKING:
    from storage.objects import Version
    from storage.s3.client import Bucket
    from storage.s3.patience import Patience

KEPT = (StoreAccessRefusedError, StoreRefusedError)


def destroy(bucket: Bucket, patience: Patience, key: str) -> int:
    """Delete all that a bucket holds of a key; see ``storage.objects.Shredder.destroy``."""
    gone = 0
    for upload in list(uploads_of(bucket, patience, key)):
        _abort(bucket, patience, key, upload)
        gone += 1
    # The newest first: if we crash, what is left belongs to whom the key belonged.
    for version in reversed(history_of(bucket, key, call=patience.repeat)):
        _delete(bucket, patience, version)
        gone += 1
    left = len(history_of(bucket, key, call=patience.repeat)) + len(list(uploads_of(bucket, patience, key)))
    if left:
        raise StoreUnavailableError(
            f"The store said that {key} is deleted, and still lists it.", do="Try again; somebody may be writing it."
        )
    return gone


def _delete(bucket: Bucket, patience: Patience, version: Version) -> None:
    try:
        patience.repeat(lambda: bucket.call("delete_object", Key=version.key, VersionId=version.version))
    except ObjectMissingError:
        return  # it went with an answer that was lost
    except KEPT as error:
        raise ObjectLockedError(
            f"The store keeps {version.key}: {error.what}",
            do="Wait for the end of its lock and the release of its holds; credentials need the disposition role.",
            key=version.key,
            version=version.version,
        ) from error


def _abort(bucket: Bucket, patience: Patience, key: str, upload: str) -> None:
    try:
        patience.repeat(lambda: bucket.call("abort_multipart_upload", Key=key, UploadId=upload))
    except (ObjectMissingError, UploadLostError):
        return
