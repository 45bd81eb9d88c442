"""Doctor finds every promise that a bucket breaks, says which, and leaves the bucket as it was."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from schemas.errors import ArchiveError
from storage import layout
from storage.examination import refuse_faulty
from storage.objects import StoreUnavailableError, StoreUnsuitableError
from storage.s3 import policies
from storage.s3.client import Bucket
from storage.s3.probes import TITLES, connect
from storage.s3.probes_of_locks import look_at_locks
from storage.s3.probes_of_writes import look_at_checksums, look_at_race
from tests.storage.buckets import apply, other_user, place_of
from tests.storage.examining import HOME, codes, examine, now, probing_of
from tests.storage.s3_proxy import proxy, refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from storage.s3.probing import Probing

EXCESSIVE = {
    "s3:PutBucketVersioning",
    "s3:PutBucketObjectLockConfiguration",
    "s3:PutLifecycleConfiguration",
    "s3:DeleteBucketPolicy",
    "s3:DeleteObject",
    "s3:DeleteObjectVersion",
}
LACKING = {"ministack": set(), "ceph16": {"CONDITION_IGNORED", "SHA256_UNCHECKED"}, "ceph20": set()}


@pytest.fixture
def owner(s3_lane, monkeypatch) -> Iterator[Any]:
    """A client of the bucket's owner, whose credentials are also those of the environment."""
    for name, value in s3_lane.environment().items():
        monkeypatch.setenv(name, value)
    with closing(s3_lane.client()) as client:
        yield client


@pytest.fixture
def as_other(s3_lane, owner, monkeypatch) -> Iterator[None]:
    """From now on the credentials of the environment are those of the second user."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3_lane.other_access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3_lane.other_secret_key)
    with other_user(s3_lane):
        yield


def written(owner: Any, bucket: str) -> list[str]:
    listed = owner.list_object_versions(Bucket=bucket)
    return sorted(found["Key"] for kind in ("Versions", "DeleteMarkers") for found in listed.get(kind, ()))


def test_a_bucket_with_object_lock_is_sound_and_what_its_owner_may_is_said(s3_lane, owner):
    place = place_of(s3_lane, s3_lane.bucket(), lock="governance" if s3_lane.name == "ministack" else "compliance")

    examination = examine(place)

    allowed = {found.key for found in examination.findings if found.code == "PERMISSION_EXCESSIVE"}
    faults = {"ministack": ["BYPASS_ALLOWED"]}.get(s3_lane.name, [])
    notices = {"PERMISSION_EXCESSIVE", "UPLOADS_LINGER"} | LACKING[s3_lane.name]
    notices |= {"VERSIONING_SUSPENDABLE"} if s3_lane.name == "ministack" else {"BYPASS_ALLOWED"}
    assert codes(examination) == faults
    assert allowed == EXCESSIVE
    assert set(codes(examination, "notice")) == notices
    assert [step.number for step in examination.steps] == list(range(1, len(TITLES) + 1))
    assert all(step.checked for step in examination.steps)


def test_what_can_be_deleted_of_the_probes_is_and_the_rest_is_small_and_soon_unlocked(s3_lane, owner):
    bucket = s3_lane.bucket()

    examine(place_of(s3_lane, bucket), run="ab12")

    assert written(owner, bucket) == ["probes/ab12/governed", "probes/ab12/locked"]
    for found in owner.list_object_versions(Bucket=bucket)["Versions"]:
        lock = owner.get_object_retention(Bucket=bucket, Key=found["Key"], VersionId=found["VersionId"])["Retention"]
        assert lock["RetainUntilDate"] < datetime.now(UTC) + timedelta(minutes=3)
        assert found["Size"] < 100


def test_the_bucket_is_left_with_the_settings_that_it_had(s3_lane, owner):
    bucket = s3_lane.bucket()
    owner.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration=policies.lifecycle())
    text = policies.to_text(policies.policy("ceph", policies.Subject(bucket), "reader")).replace(
        "holdfast-reader", "other"
    )
    if s3_lane.name != "ministack":
        owner.put_bucket_policy(Bucket=bucket, Policy=text)

    def settings() -> list[Any]:
        asked = [owner.get_bucket_versioning, owner.get_object_lock_configuration]
        asked += [owner.get_bucket_lifecycle_configuration]
        asked += [owner.get_bucket_policy] if s3_lane.name != "ministack" else []
        return [{**ask(Bucket=bucket), "ResponseMetadata": None} for ask in asked]

    before = settings()
    examination = examine(place_of(s3_lane, bucket))

    assert settings() == before
    assert before[0]["Status"] == "Enabled"
    assert "UPLOADS_LINGER" not in codes(examination, "notice")


def test_with_the_writers_policy_nothing_is_excessive_and_everything_works(s3_lane, owner, as_other):
    bucket = s3_lane.bucket()
    owner.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration=policies.lifecycle())
    apply(s3_lane, bucket, "writer")

    examination = examine(place_of(s3_lane, bucket))

    assert codes(examination) == []
    assert set(codes(examination, "notice")) == LACKING[s3_lane.name]
    assert examination.sound
    refuse_faulty(examination)


def test_credentials_that_may_only_read_are_a_fault_and_nothing_is_written(s3_lane, owner, as_other):
    bucket = s3_lane.bucket()
    apply(s3_lane, bucket, "auditor")

    examination = examine(place_of(s3_lane, bucket))

    assert codes(examination) == ["STORE_ACCESS_REFUSED"]
    assert examination.steps[3].verdict == "faulty"
    assert {step.verdict for step in examination.steps[5:8]} == {"not checked"}
    assert written(owner, bucket) == []


def test_a_bucket_without_object_lock_is_refused_unless_the_settings_want_none(s3_lane, owner):
    bucket = s3_lane.bucket(lock=False)

    with_lock, without = (examine(place_of(s3_lane, bucket, lock=lock)) for lock in ("compliance", "none"))

    assert codes(with_lock) == ["LOCK_MISSING"]
    assert codes(without) == []
    with pytest.raises(StoreUnsuitableError, match="without Object Lock") as refused:
        refuse_faulty(with_lock)
    assert refused.value.facts["promise"] == "LOCK_MISSING"
    assert "new bucket" in refused.value.do


def test_a_bucket_without_versions_is_refused(s3_lane, owner):
    bucket = s3_lane.bucket(lock=False, versioned=False)

    examination = examine(place_of(s3_lane, bucket, lock="none"))

    assert codes(examination) == ["STORE_UNSUITABLE", "VERSIONING_OFF"]


def test_a_server_that_lets_versions_be_switched_off_is_found_and_they_are_on_again(s3_lane, owner):
    bucket = s3_lane.bucket()

    compliance, governance = (examine(place_of(s3_lane, bucket, lock=lock)) for lock in ("compliance", "governance"))

    found = s3_lane.name == "ministack"
    assert ("VERSIONING_SUSPENDABLE" in codes(compliance)) is found
    assert ("VERSIONING_SUSPENDABLE" in codes(governance, "notice")) is found
    assert owner.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"


def test_switching_versions_off_is_never_tried_while_an_archive_lives_there(s3_lane, owner):
    bucket = s3_lane.bucket()
    owner.put_object(Bucket=bucket, Key=layout.entry(0), Body=b"origin mine")

    examination = examine(place_of(s3_lane, bucket), origin="mine")

    assert "VERSIONING_SUSPENDABLE" not in codes(examination)
    assert examination.steps[4].note == "not tried to switch them off: the archive is in use"


@pytest.mark.parametrize("content", [b"origin theirs", b"what is this"])
def test_a_bucket_with_another_archive_is_refused_and_nothing_is_written_there(s3_lane, owner, content):
    bucket = s3_lane.bucket()
    owner.put_object(Bucket=bucket, Key=layout.entry(0), Body=content)

    for origin in (None, "mine"):
        examination = examine(place_of(s3_lane, bucket), origin=origin)

        assert codes(examination) == ["BUCKET_TAKEN"]
        assert {step.verdict for step in examination.steps[3:]} == {"not checked"}
    assert written(owner, bucket) == [layout.entry(0)]


def test_what_lies_in_the_bucket_and_is_no_archives_is_said(s3_lane, owner):
    bucket = s3_lane.bucket()
    for key in ("holiday/beach.jpg", "notes.txt", "partitions/a"):
        owner.put_object(Bucket=bucket, Key=key, Body=b"x")

    examination = examine(place_of(s3_lane, bucket))

    (found,) = (found for found in examination.findings if found.code == "KEYS_FOREIGN")
    assert "'holiday/'" in found.what
    assert "'notes.txt'" in found.what
    assert "partitions" not in found.what


def test_a_lifecycle_rule_that_deletes_is_a_fault(s3_lane, owner):
    bucket = s3_lane.bucket()
    rule = {
        "ID": "tidy",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "NoncurrentVersionExpiration": {"NoncurrentDays": 9},
    }
    owner.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [rule]})

    examination = examine(place_of(s3_lane, bucket))

    assert "LIFECYCLE_DESTROYS" in codes(examination)
    assert examination.steps[-1].verdict == "faulty"


def test_a_clock_that_is_minutes_off_is_said_and_locks_are_still_tried_by_the_servers(s3_lane, owner):
    place = place_of(s3_lane, s3_lane.bucket())
    verdicts = {}
    for seconds in (30, 120, -900):
        examination = examine(place, now=lambda seconds=seconds: now().plus(seconds=seconds))
        verdicts[seconds] = [found.severity for found in examination.findings if found.code == "CLOCK_SKEWED"]
        assert examination.steps[5].verdict == "sound"

    assert verdicts == {30: [], 120: ["notice"], -900: ["fault"]}


def test_credentials_that_the_server_does_not_take_are_named_and_nothing_else_is_tried(s3_lane, owner, monkeypatch):
    place = place_of(s3_lane, s3_lane.bucket())
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")

    examination = examine(place)

    assert codes(examination) == ["STORE_CREDENTIALS"]
    assert {step.verdict for step in examination.steps[1:]} == {"not checked"}
    with pytest.raises(ArchiveError) as refused:
        connect(place, home=HOME)
    assert refused.value.code == "STORE_CREDENTIALS"


def test_a_bucket_that_is_not_there_is_named(s3_lane, owner):
    assert codes(examine(place_of(s3_lane, "nobody-made-this-bucket"))) == ["BUCKET_MISSING"]


# Servers that break promises which those above keep: the real one, less one of its virtues.


class Careless(Bucket):
    """A bucket that forgets some parameters of its requests, and claims to have done what it is told to leave out."""

    forgets: frozenset[str] = frozenset()
    claims: frozenset[str] = frozenset()

    def call(self, operation: str, **parameters: Any) -> Any:
        if operation in self.claims:
            return {}
        kept = {name: value for name, value in parameters.items() if name not in self.forgets}
        return super().call(operation, **kept)


LOCK_HEADERS = frozenset({"ObjectLockMode", "ObjectLockRetainUntilDate"})


def careless(lane: Any, **virtues: Any) -> Probing:
    place = place_of(lane, lane.bucket())
    bucket = Careless(place, home=HOME)
    for name, value in virtues.items():
        setattr(bucket, name, frozenset(value))
    return probing_of(place, bucket)


def test_a_server_that_forgets_locks_is_found(s3_lane, owner):
    looked = look_at_locks(careless(s3_lane, forgets=LOCK_HEADERS))

    assert [found.code for found in looked.ailments] == ["LOCK_IGNORED"]
    assert "gave none" in looked.ailments[0].what


def test_a_server_that_only_says_that_it_locks_is_found(s3_lane, owner):
    class Liar(Careless):
        def call(self, operation: str, **parameters: Any) -> Any:
            if operation == "put_object":
                self.lock = {
                    "Mode": parameters["ObjectLockMode"],
                    "RetainUntilDate": parameters["ObjectLockRetainUntilDate"],
                }
            if operation == "get_object_retention":
                return {"Retention": self.lock}
            return super().call(operation, **parameters)

    place = place_of(s3_lane, s3_lane.bucket())
    bucket = Liar(place, home=HOME)
    bucket.forgets, bucket.claims = LOCK_HEADERS, frozenset({"put_object_retention"})

    looked = look_at_locks(probing_of(place, bucket))

    assert [found.code for found in looked.ailments] == ["LOCK_SHORTENABLE", "LOCK_SHORTENABLE", "LOCK_DELETABLE"]


def test_a_server_that_forgets_checksums_is_found(s3_lane, owner):
    looked = look_at_checksums(careless(s3_lane, forgets={"ContentMD5", "ChecksumAlgorithm", "ChecksumSHA256"}))

    assert [(found.code, found.severity) for found in looked.ailments] == [
        ("MD5_UNCHECKED", "fault"),
        ("SHA256_UNCHECKED", "notice"),
    ]


def test_a_server_that_forgets_conditions_is_found_and_one_writer_owns_the_key_nevertheless(s3_lane, owner):
    probing = careless(s3_lane, forgets={"IfNoneMatch"})
    probing.store.bucket = probing.bucket

    looked = look_at_race(probing)

    assert [(found.code, found.severity) for found in looked.ailments] == [("CONDITION_IGNORED", "notice")]


def test_what_a_busy_server_did_not_come_to_judge_is_no_refusal(s3_lane, owner):
    """Nothing is known of a lock when the server says to the deletion of what it guards that it has no time."""
    with proxy(s3_lane, lambda seen: refusal(503, "SlowDown") if seen.method == "DELETE" else None) as server:
        place = place_of(s3_lane, s3_lane.bucket(), endpoint=server.endpoint, authority=None)
        with pytest.raises(StoreUnavailableError):
            look_at_locks(probing_of(place, Bucket(place, home=HOME)))
