"""What a child process of the bucket store's tests runs: a writer that may be killed."""

from __future__ import annotations

import sys

import msgspec

from schemas.settings import BucketPlace
from storage.s3.store import S3Store
from tests.storage.contract import noise
from tests.storage.s3_stores import HOME, Clock


def main(place: str, key: str, size: str) -> None:
    """Put noise under a key; ``place`` is the bucket's settings as JSON."""
    store = S3Store(msgspec.json.decode(place, type=BucketPlace), home=HOME, now=Clock())
    store.put_new(key, noise(int(size)))


if __name__ == "__main__":
    main(*sys.argv[1:])
