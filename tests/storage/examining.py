"""Examining buckets in tests: the doctor's probes with a clock, a run of their own, and an archive's first line."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from schemas.instant import Instant
from storage.objects import KeyMalformedError
from storage.s3.probes import examine_bucket
from storage.s3.probing import Probing
from storage.s3.store import S3Store

if TYPE_CHECKING:
    from schemas.settings import BucketPlace
    from storage.s3.client import Bucket

HOME = Path("/nonexistent")


def now() -> Instant:
    return Instant.from_datetime(datetime.now(UTC))


def origin_of(content: bytes) -> str:
    """The first line of an entry, as a stand-in for the ledger's own reader."""
    if not content.startswith(b"origin "):
        raise KeyMalformedError("no entry", do="nothing")
    return content.decode().removeprefix("origin ").strip()


def examine(place: BucketPlace, **settings: Any) -> Any:
    settings = {"origin": None, "now": now, "run": secrets.token_hex(8)} | settings
    return examine_bucket(place, home=HOME, origin_of=origin_of, **settings)


def codes(examination: Any, severity: str = "fault") -> list[str]:
    return [found.code for found in examination.findings if found.severity == severity]


def probing_of(place: BucketPlace, bucket: Bucket) -> Probing:
    store = S3Store(msgspec.structs.replace(place, lock="none"), home=HOME, now=now)
    return Probing(bucket, place, store, secrets.token_hex(8), now)
