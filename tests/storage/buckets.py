"""Buckets whose users have the policies that ``doctor`` prints, on servers that enforce them."""

from __future__ import annotations

import fcntl
import json
import tempfile
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
import msgspec
from botocore.exceptions import ClientError

from schemas.settings import BucketPlace
from storage.s3 import policies

if TYPE_CHECKING:
    from collections.abc import Iterator

    from storage.s3.policies import Document, Role, Subject
    from tests.lanes.s3 import Lane

OTHER = "other"  # the second user of every lane, by name


def place_of(lane: Lane, bucket: str, **settings: Any) -> BucketPlace:
    """The settings of a bucket of a lane."""
    authority = str(lane.authority) if lane.authority else None
    place = BucketPlace(bucket=bucket, endpoint=lane.endpoint, region=lane.region, authority=authority)
    return msgspec.structs.replace(place, **settings)


def subject_of(lane: Lane, bucket: str, role: Role) -> Subject:
    """A bucket in which the lane's second user has a role."""
    return policies.Subject(bucket, users={role: OTHER})


def apply(lane: Lane, bucket: str, role: Role, *, denied: bool = True) -> None:
    """Paste the policies: the second user gets the role, and what everybody is denied holds."""
    subject = subject_of(lane, bucket, role)
    if lane.name != "ministack":
        _paste(lane, bucket, policies.policies("ceph", subject)["bucket"])
        return
    with closing(_iam(lane)) as iam:
        text = policies.to_text(policies.policy("aws", subject, role))
        iam.put_user_policy(UserName=OTHER, PolicyName="role", PolicyDocument=text)
    if denied:
        _paste(lane, bucket, without_plain_http(policies.policy("aws", subject, "deny")))


@contextmanager
def other_user(lane: Lane) -> Iterator[None]:
    """Have the second user to oneself: on ministack a role is the user's in every bucket, and tests run at once."""
    name = f"holdfast-other-user-{urlsplit(lane.endpoint).port}"
    with (Path(tempfile.gettempdir()) / name).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
        _withdraw(lane)


def _withdraw(lane: Lane) -> None:
    """Take the second user's policy away again, where users have any; buckets are the tests' own."""
    if lane.name == "ministack":
        with closing(_iam(lane)) as iam:
            for name in iam.list_user_policies(UserName=OTHER)["PolicyNames"]:
                iam.delete_user_policy(UserName=OTHER, PolicyName=name)


def without_plain_http(document: Document) -> Document:
    """What is denied, but for requests that are not encrypted: the lane's server has no TLS."""
    kept = [statement for statement in document["Statement"] if statement["Sid"] != "HoldfastDenyPlainHttp"]
    return {**document, "Statement": kept}


@dataclass(frozen=True)
class Attempt:
    """What became of a request: the server's word for its refusal, or nothing."""

    refused: str | None

    @property
    def forbidden(self) -> bool:
        return self.refused == "AccessDenied"


def attempt(ask: Any, **parameters: Any) -> Attempt:
    """Make a request; what is refused for another reason than permission is named too."""
    try:
        ask(**parameters)
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        return Attempt("AccessDenied" if status == 403 else str(error.response["Error"]["Code"]))
    return Attempt(None)


def _paste(lane: Lane, bucket: str, document: Document) -> None:
    with closing(lane.client()) as client:
        client.put_bucket_policy(Bucket=bucket, Policy=json.dumps(document))


def _iam(lane: Lane) -> Any:
    return boto3.client(
        "iam",
        endpoint_url=lane.endpoint,
        region_name=lane.region,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
