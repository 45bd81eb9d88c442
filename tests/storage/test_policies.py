"""Each role may do what it is for and nothing else, and real servers enforce it."""

from __future__ import annotations

import hashlib
import json
import secrets
from base64 import b64encode
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from storage import layout
from storage.s3 import policies
from tests.storage.buckets import apply, attempt, other_user, subject_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from storage.s3.policies import Role

SUBJECT = policies.Subject("records")
DIALECTS = ("aws", "minio", "ceph")
# What MinIO's policies may name (minio/pkg, policy/action.go and policy/condition/keyname.go).
MINIO_ACTIONS = """
AbortMultipartUpload CreateBucket DeleteBucket ForceDeleteBucket DeleteBucketPolicy DeleteObject GetBucketLocation
GetBucketNotification GetBucketPolicy GetObject HeadBucket ListAllMyBuckets ListBucket GetBucketPolicyStatus
ListBucketVersions ListBucketMultipartUploads ListMultipartUploadParts PutLifecycleConfiguration
GetLifecycleConfiguration PutBucketNotification PutBucketPolicy PutObject BypassGovernanceRetention PutObjectRetention
GetObjectRetention GetObjectLegalHold PutObjectLegalHold GetBucketObjectLockConfiguration
PutBucketObjectLockConfiguration GetBucketTagging PutBucketTagging GetObjectVersion DeleteObjectVersion
PutEncryptionConfiguration GetEncryptionConfiguration PutBucketVersioning GetBucketVersioning
GetReplicationConfiguration PutReplicationConfiguration ReplicateObject ReplicateDelete ReplicateTags RestoreObject
"""
MINIO_KEYS = {
    "s3:object-lock-remaining-retention-days": {"s3:PutObjectRetention"},
    "s3:object-lock-mode": {"s3:PutObject", "s3:PutObjectRetention"},
    "aws:username": None,
}
AWS_MANAGED_POLICY, AWS_BUCKET_POLICY, MINIO_POLICY = 6144, 20 * 1024, 2048  # characters


def statements(dialect: str, name: str) -> list[dict[str, Any]]:
    return policies.policy(dialect, SUBJECT, name)["Statement"]  # type: ignore[arg-type]


def allowed(dialect: str, role: str) -> set[str]:
    return {
        action
        for statement in statements(dialect, role)
        if statement["Effect"] == "Allow"
        for action in statement["Action"]
    }


@pytest.mark.parametrize("dialect", DIALECTS)
def test_nobody_may_change_the_bucket_hide_an_object_or_bypass_a_lock(dialect):
    forbidden = {f"s3:{action}" for action in (*policies.CHANGES, *policies.HIDES)}

    for role in policies.ROLES:
        assert not allowed(dialect, role) & forbidden, role
        assert not any("*" in action for action in allowed(dialect, role)), role


@pytest.mark.parametrize("dialect", DIALECTS)
def test_two_roles_write_and_lock_one_holds_and_who_writes_and_who_destroys_delete(dialect):
    holders = {
        action: {role for role in policies.ROLES if f"s3:{action}" in allowed(dialect, role)}
        for action in ("PutObject", "PutObjectLegalHold", "DeleteObjectVersion", "PutObjectRetention")
    }

    assert holders == {
        "PutObject": {"writer", "sweeper"},
        "PutObjectLegalHold": {"hold"},
        "DeleteObjectVersion": {"writer", "disposition"},
        "PutObjectRetention": {"writer", "sweeper"},
    }


@pytest.mark.parametrize("dialect", DIALECTS)
def test_destruction_and_holds_are_for_data_and_never_for_the_ledger(dialect):
    for role, action, prefixes in (
        ("disposition", "s3:DeleteObjectVersion", (*policies.DATA, layout.INDEX)),
        ("writer", "s3:DeleteObjectVersion", (layout.INDEX,)),
        ("hold", "s3:PutObjectLegalHold", policies.DATA),
    ):
        (resources,) = (found["Resource"] for found in statements(dialect, role) if action in found["Action"])
        assert resources == [f"arn:aws:s3:::records/{prefix}*" for prefix in prefixes]


def test_every_prefix_that_keys_are_spelled_with_is_one_that_the_writer_may_write():
    prefixes = {value for name, value in vars(layout).items() if name.isupper() and str(value).endswith("/")}

    grants = (found for found in statements("aws", "writer") if found["Effect"] == "Allow")
    (resources,) = (found["Resource"] for found in grants if "s3:PutObject" in found["Action"])

    assert {resource.removeprefix("arn:aws:s3:::records/") for resource in resources} == {f"{p}*" for p in prefixes}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_bucket_action_is_granted_on_the_bucket_and_an_object_action_on_objects(dialect):
    for role in policies.ROLES:
        for statement in statements(dialect, role):
            on_objects = {"/" in resource for resource in statement["Resource"]}
            of_buckets = {"Bucket" in action or "Lifecycle" in action for action in statement["Action"]}
            assert len(on_objects) == len(of_buckets) == 1, statement
            assert on_objects != of_buckets, statement


def test_minio_is_told_only_what_it_knows():
    for name in (*policies.ROLES, "deny"):
        document = policies.policy("minio", SUBJECT, name)
        for statement in document["Statement"]:
            assert {action.removeprefix("s3:") for action in statement["Action"]} <= set(MINIO_ACTIONS.split())
            for keys in statement.get("Condition", {}).values():
                for key in keys:
                    known = MINIO_KEYS[key]
                    assert known is None or set(statement["Action"]) <= known
            assert "Principal" not in statement
        assert len(json.dumps(document, separators=(",", ":"))) <= MINIO_POLICY


def test_aws_takes_the_documents_for_their_size_and_names():
    for name in (*policies.ROLES, "deny"):
        document = policies.policy("aws", SUBJECT, name)
        most = AWS_BUCKET_POLICY if name == "deny" else AWS_MANAGED_POLICY
        assert len("".join(policies.to_text(document).split())) <= most
        sids = [statement["Sid"] for statement in document["Statement"]]
        assert len(set(sids)) == len(sids)
        assert all(sid.isalnum() for sid in sids)
        assert all(("Principal" in statement) == (name == "deny") for statement in document["Statement"])


def test_locks_may_be_as_long_as_the_settings_say_and_a_day_more_or_less():
    subject = policies.Subject("records", lease_days=30, ledger_days=1461)

    found = {
        statement["Sid"]: next(iter(statement["Condition"].values()))["s3:object-lock-remaining-retention-days"]
        for statement in policies.policy("aws", subject, "sweeper")["Statement"]
        if "Condition" in statement
    }

    assert found == {
        "HoldfastSweeperDataTooShort": "29",
        "HoldfastSweeperDataTooLong": "31",
        "HoldfastSweeperLedgerTooShort": "1460",
        "HoldfastSweeperLedgerTooLong": "1462",
    }


def test_lifecycle_rules_abort_uploads_and_delete_nothing():
    (rule,) = policies.lifecycle()["Rules"]

    assert set(rule) == {"ID", "Status", "Filter", "AbortIncompleteMultipartUpload"}


# On real servers. Each call is made by the second user, who has one role; the first user owns the bucket.

READING = {"list", "list versions", "read the ledger", "read data"}
MAY: dict[Role, set[str]] = {
    "writer": READING
    | {"write data", "write the ledger", "write a probe", "extend a lock", "see a lock", "see the settings", "upload"}
    | {"write the index", "destroy the index"},
    "reader": READING,
    "auditor": READING | {"see a lock", "see the settings", "see the policy"},
    "hold": READING | {"hold", "see a lock"},
    "sweeper": READING | {"extend a lock", "see a lock", "write the ledger"},
    "disposition": READING | {"destroy data", "destroy the index", "see a lock"},
}
LIFECYCLE = policies.lifecycle()
ELSEWHERE = {"ledger": "ledger/0", "index": "index/a/b"}


def md5(body: bytes) -> str:
    return b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()


def days(count: float) -> datetime:
    return datetime.now(UTC) + timedelta(days=count)


class Desk:
    """A bucket with an object for each call, and the calls, each made by whoever has the role."""

    def __init__(self, lane, role: Role) -> None:
        self.lane, self.bucket = lane, lane.bucket()
        with closing(lane.client()) as owner:
            names = ("read", "hold", "extend", "destroy", "hide", "bypass")
            self.versions = {name: self._written(owner, f"partitions/a/{name}", name) for name in names}
            for name, key in ELSEWHERE.items():
                self.versions[name] = self._written(owner, key, name)
        apply(lane, self.bucket, role)
        self.client = lane.client(other=True)

    def _written(self, owner: Any, key: str, name: str) -> str:
        lock = {"extend": ("COMPLIANCE", 59), "bypass": ("GOVERNANCE", 59)}.get(name)
        headers = {"ObjectLockMode": lock[0], "ObjectLockRetainUntilDate": days(lock[1])} if lock else {}
        return owner.put_object(Bucket=self.bucket, Key=key, Body=b"x", ContentMD5=md5(b"x"), **headers)["VersionId"]

    def call(self, operation: str, name: str | None = None, **parameters: Any) -> Any:
        """What is asked: an operation, of the version of that name if one is given."""
        if name is not None:
            key = ELSEWHERE.get(name, f"partitions/a/{name}")
            parameters |= {"Key": key, "VersionId": self.versions[name]}
        return attempt(getattr(self.client, operation), Bucket=self.bucket, **parameters)

    def put(self, key: str, until: float = 60) -> Any:
        return self.call(
            "put_object",
            Key=key,
            Body=b"y",
            IfNoneMatch="*",
            ContentMD5=md5(b"y"),
            ObjectLockMode="COMPLIANCE",
            ObjectLockRetainUntilDate=days(until),
        )

    def retention(self, name: str, mode: str, until: float, **more: Any) -> Any:
        retention = {"Mode": mode, "RetainUntilDate": days(until)}
        return self.call("put_object_retention", name, Retention=retention, **more)

    def outcomes(self) -> dict[str, Any]:
        """Every call's outcome, by what it is; those that must be refused to all come with a 'NO:'."""
        versioning = {"Status": "Enabled"}
        return {
            "list": self.call("list_objects_v2"),
            "list versions": self.call("list_object_versions"),
            "read the ledger": self.call("get_object", "ledger"),
            "read data": self.call("get_object", "read"),
            "see a lock": self.call("get_object_retention", "extend"),
            "see the settings": self.call("get_bucket_versioning"),
            "see the policy": self.call("get_bucket_policy"),
            "write data": self.put("partitions/a/new"),
            "write the ledger": self.put("ledger/1", until=3653),
            "write a probe": self.put("probes/a/new", until=0.001),
            "write the index": self.put("index/a/new", until=0.001),
            "upload": self.call("create_multipart_upload", Key="partitions/a/large"),
            "extend a lock": self.retention("extend", "COMPLIANCE", 60),
            "hold": self.call("put_object_legal_hold", "hold", LegalHold={"Status": "ON"}),
            "destroy data": self.call("delete_object", "destroy"),
            "destroy the index": self.call("delete_object", "index"),
            "NO: write elsewhere": self.call("put_object", Key="elsewhere/a", Body=b"y", IfNoneMatch="*"),
            "NO: destroy the ledger": self.call("delete_object", "ledger"),
            "NO: hide data": self.call("delete_object", Key="partitions/a/hide"),
            "NO: hide the ledger": self.call("delete_object", Key="ledger/0"),
            "NO: bypass": self.retention("bypass", "GOVERNANCE", 1, BypassGovernanceRetention=True),
            "NO: versioning": self.call("put_bucket_versioning", VersioningConfiguration=versioning),
            "NO: default lock": self.call(
                "put_object_lock_configuration", ObjectLockConfiguration={"ObjectLockEnabled": "Enabled"}
            ),
            "NO: lifecycle": self.call("put_bucket_lifecycle_configuration", LifecycleConfiguration=LIFECYCLE),
            "NO: policy": self.call("put_bucket_policy", Policy=json.dumps({"Version": "2012-10-17", "Statement": []})),
            "NO: no policy": self.call("delete_bucket_policy"),
            "NO: no bucket": self.call("delete_bucket"),
        }


@pytest.fixture
def desk_of(s3_lane) -> Iterator[Any]:
    desks = []

    def make(role: Role) -> Desk:
        desks.append(Desk(s3_lane, role))
        return desks[-1]

    with other_user(s3_lane):
        yield make
    for desk in desks:
        desk.client.close()


@pytest.mark.parametrize("role", policies.ROLES)
def test_a_role_may_do_what_it_is_for_and_nothing_else(desk_of, role):
    desk = desk_of(role)

    outcomes = desk.outcomes()

    done = {name for name, outcome in outcomes.items() if outcome.refused is None}
    forbidden = {name for name, outcome in outcomes.items() if outcome.forbidden}
    assert done == MAY[role]
    assert forbidden == set(outcomes) - MAY[role]


def test_not_even_the_owner_hides_or_destroys_or_changes_the_bucket(desk_of, s3_lane):
    desk = desk_of("writer")
    with closing(s3_lane.client()) as owner:
        desk.client.close()
        desk.client = owner

        outcomes = desk.outcomes()

    kept = ["destroy data", "NO: destroy the ledger", "NO: hide data", "NO: hide the ledger", "NO: versioning"]
    kept += ["NO: lifecycle", "NO: default lock", "NO: bypass", "hold"]
    assert {name: outcomes[name].refused for name in kept} == dict.fromkeys(kept, "AccessDenied")


def test_a_lock_for_a_lifetime_is_refused_where_the_server_counts_days(desk_of, s3_lane):
    desk = desk_of("sweeper")

    outcome = desk.retention("extend", "COMPLIANCE", 36_000)

    if outcome.refused is None:
        pytest.skip(f"{s3_lane.name} does not know s3:object-lock-remaining-retention-days")
    assert outcome.forbidden


def test_a_write_that_could_overwrite_is_refused_where_the_server_knows_the_condition(desk_of, s3_lane):
    desk = desk_of("writer")

    outcome = desk.call("put_object", Key=f"partitions/a/{secrets.token_hex(4)}", Body=b"y")

    if outcome.refused is None:
        pytest.skip(f"{s3_lane.name} does not know s3:if-none-match")
    assert outcome.forbidden


def test_a_weaker_lock_than_the_settings_say_is_refused_where_the_server_knows_modes(desk_of, s3_lane):
    desk = desk_of("sweeper")

    outcome = desk.retention("read", "GOVERNANCE", 60)

    if outcome.refused is None:
        pytest.skip(f"{s3_lane.name} does not know s3:object-lock-mode")
    assert outcome.forbidden


def test_requests_that_are_not_encrypted_are_refused_where_the_server_knows(s3_lane):
    if s3_lane.name != "ministack":
        pytest.skip("Ceph's dialect leaves it to the endpoint")
    bucket = s3_lane.bucket()
    denied = policies.policy("aws", subject_of(s3_lane, bucket, "writer"), "deny")
    with closing(s3_lane.client()) as owner:
        owner.put_bucket_policy(Bucket=bucket, Policy=json.dumps(denied))

        outcome = attempt(owner.list_objects_v2, Bucket=bucket)

    assert outcome.forbidden
