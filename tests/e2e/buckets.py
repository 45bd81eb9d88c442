"""An archive in a bucket of a real server, used through its commands, and what an intruder does behind its back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.e2e.holdfast import Holdfast

if TYPE_CHECKING:
    from pathlib import Path

    from tests.lanes.s3 import Lane


@dataclass(frozen=True)
class BucketOffice:
    """An archive, the lane and the bucket that it lies in, and a plain client of the bucket's owner."""

    holdfast: Holdfast
    lane: Lane
    bucket: str
    client: Any

    def key(self, prefix: str) -> str:
        """The first key under a prefix."""
        return self.keys(prefix)[0]

    def keys(self, prefix: str) -> list[str]:
        """All keys under a prefix."""
        answer = self.client.list_object_versions(Bucket=self.bucket, Prefix=prefix)
        return sorted({version["Key"] for version in answer["Versions"]})

    def put(self, key: str, content: bytes) -> str:
        """Put a new version over whatever is there."""
        return str(self.client.put_object(Bucket=self.bucket, Key=key, Body=content)["VersionId"])

    def verify(self, *arguments: str) -> dict[tuple[str, str], str]:
        """What the audit finds: severity by code and key."""
        report = self.holdfast.run("verify", *arguments, "--json").json
        report = report.get("archive", report)
        return {(finding["code"], finding["key"]): finding["severity"] for finding in report["findings"]}


def place_arguments(lane: Lane, bucket: str, *, lock: str = "compliance") -> tuple[str, ...]:
    """The options of ``init`` for a bucket."""
    authority = ("--authority", str(lane.authority)) if lane.authority else ()
    return ("--bucket", bucket, "--endpoint", lane.endpoint, "--region", lane.region, "--lock", lock, *authority)


def bucket_office(home: Path, lane: Lane, *, lock: str = "compliance") -> BucketOffice:
    """Make an archive in a new bucket."""
    bucket = lane.bucket(lock=lock != "none")
    holdfast = Holdfast(home, lane.environment()).init(*place_arguments(lane, bucket, lock=lock))
    return BucketOffice(holdfast, lane, bucket, lane.client())
