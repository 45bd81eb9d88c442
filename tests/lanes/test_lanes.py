"""The S3 servers do what the tests that use them rely on, and differ where it is known that they do."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def client(s3_lane):
    with closing(s3_lane.client()) as client:
        yield client


@pytest.fixture
def stranger(s3_lane):
    with closing(s3_lane.client(other=True)) as client:
        yield client


def status_of(refused):
    return refused.value.response["ResponseMetadata"]["HTTPStatusCode"]


def locked(mode, body):
    """The arguments that put ``body`` under a lock of an hour; the digest, since without one a lock is refused."""
    return {
        "Body": body,
        "ContentMD5": b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode(),
        "ObjectLockMode": mode,
        "ObjectLockRetainUntilDate": datetime.now(UTC) + timedelta(hours=1),
    }


def test_what_is_put_is_read_again_and_every_version_is_kept(s3_lane, client):
    bucket = s3_lane.bucket()

    versions = [client.put_object(Bucket=bucket, Key="a/b", Body=body)["VersionId"] for body in (b"one", b"two")]

    read = [client.get_object(Bucket=bucket, Key="a/b", VersionId=version)["Body"].read() for version in versions]
    listed = client.list_object_versions(Bucket=bucket)["Versions"]
    assert read == [b"one", b"two"]
    assert [version["VersionId"] for version in listed] == versions[::-1]


def test_a_bucket_can_be_without_versions(s3_lane, client):
    bucket = s3_lane.bucket(lock=False, versioned=False)

    answer = client.put_object(Bucket=bucket, Key="a", Body=b"one")

    assert "VersionId" not in answer
    assert "Status" not in client.get_bucket_versioning(Bucket=bucket)


def test_a_version_under_a_compliance_lock_is_not_deleted(s3_lane, client):
    bucket = s3_lane.bucket()
    version = client.put_object(
        Bucket=bucket,
        Key="kept",
        **locked("COMPLIANCE", b"evidence"),
    )["VersionId"]

    with pytest.raises(ClientError) as refused:
        client.delete_object(Bucket=bucket, Key="kept", VersionId=version, BypassGovernanceRetention=True)

    assert status_of(refused) == 403
    assert client.get_object(Bucket=bucket, Key="kept", VersionId=version)["Body"].read() == b"evidence"


def test_the_other_user_may_neither_read_nor_write(s3_lane, client, stranger):
    bucket = s3_lane.bucket()
    client.put_object(Bucket=bucket, Key="a", Body=b"one")

    with pytest.raises(ClientError) as reading:
        stranger.get_object(Bucket=bucket, Key="a")
    with pytest.raises(ClientError) as writing:
        stranger.put_object(Bucket=bucket, Key="a", Body=b"two")

    assert (status_of(reading), status_of(writing)) == (403, 403)
    assert len(client.list_object_versions(Bucket=bucket)["Versions"]) == 1


def test_only_ceph_16_writes_over_a_key_of_a_locked_bucket_that_must_be_new(s3_lane, client):
    bucket = s3_lane.bucket()
    client.put_object(Bucket=bucket, Key="a", Body=b"one", IfNoneMatch="*")

    if s3_lane.name == "ceph16":
        client.put_object(Bucket=bucket, Key="a", Body=b"two", IfNoneMatch="*")
        return
    with pytest.raises(ClientError) as refused:
        client.put_object(Bucket=bucket, Key="a", Body=b"two", IfNoneMatch="*")

    assert status_of(refused) == 412


def test_only_ceph_16_lets_a_user_who_may_delete_bypass_a_governance_lock(s3_lane, client, stranger):
    bucket = s3_lane.bucket()
    may_delete = {
        "Effect": "Allow",
        "Principal": {"AWS": [s3_lane.other_arn]},
        "Action": ["s3:DeleteObject", "s3:DeleteObjectVersion"],
        "Resource": [f"arn:aws:s3:::{bucket}/*"],
    }
    client.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [may_delete]}))
    kept = client.put_object(Bucket=bucket, Key="kept", **locked("GOVERNANCE", b"evidence"))["VersionId"]
    free = client.put_object(Bucket=bucket, Key="free", Body=b"draft")["VersionId"]
    stranger.delete_object(Bucket=bucket, Key="free", VersionId=free)

    def bypass():
        stranger.delete_object(Bucket=bucket, Key="kept", VersionId=kept, BypassGovernanceRetention=True)

    if s3_lane.name == "ceph16":
        bypass()
        assert "Versions" not in client.list_object_versions(Bucket=bucket)
        return
    with pytest.raises(ClientError) as refused:
        bypass()

    assert status_of(refused) == 403
    assert [version["Key"] for version in client.list_object_versions(Bucket=bucket)["Versions"]] == ["kept"]
