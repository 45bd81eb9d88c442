"""Doctor finds every promise that a bucket breaks, says which, and leaves the bucket as it was."""

from __future__ import annotations

import secrets
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from schemas.errors import ArchiveError
from schemas.instant import Instant
from schemas.settings import BucketPlace
from storage import layout
from storage.examination import refuse_faulty
from storage.objects import KeyMalformedError, StoreUnsuitableError
from storage.s3 import lifecycle, policies
from storage.s3.client import Bucket
from storage.s3.probes import TITLES, connect, examine_bucket
from storage.s3.probes_of_contact import is_exposed, seconds_ahead
from storage.s3.probes_of_locks import look_at_locks
from storage.s3.probes_of_writes import look_at_checksums, look_at_race
from storage.s3.probing import Probing
from storage.s3.store import S3Store
from tests.servers import Answer, serving
from tests.storage.buckets import apply, other_user, place_of

if TYPE_CHECKING:
    from collections.abc import Iterator

HOME = Path("/nonexistent")
EXCESSIVE = {
    "s3:PutBucketVersioning",
    "s3:PutBucketObjectLockConfiguration",
    "s3:PutLifecycleConfiguration",
    "s3:DeleteBucketPolicy",
    "s3:DeleteObject",
    "s3:DeleteObjectVersion",
}
LACKING = {"ministack": set(), "ceph16": {"CONDITION_IGNORED", "SHA256_UNCHECKED"}, "ceph20": set()}


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


def probing_of(place: BucketPlace, bucket: Bucket) -> Probing:
    store = S3Store(msgspec.structs.replace(place, lock="none"), home=HOME, now=now)
    return Probing(bucket, place, store, secrets.token_hex(8), now)


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


# What answers when it is no server, or one that is far away.

XML = b'<?xml version="1.0" encoding="UTF-8"?>'
HTML = Answer(200, {"Content-Type": "text/html"}, b"<html><body><h1>Welcome to the console</h1></body></html>")


def refusing(status: int, code: str, more: bytes = b"") -> Answer:
    body = XML + b"<Error><Code>" + code.encode() + b"</Code><Message>no</Message>" + more + b"</Error>"
    return Answer(status, {"Content-Type": "application/xml"}, body)


@pytest.mark.parametrize(
    ("answer", "code", "words"),
    [
        (HTML, "STORE_ENDPOINT", "does not speak S3"),
        (Answer(502, {"Content-Type": "text/html"}, b"<html>Bad gateway"), "STORE_UNAVAILABLE", "did not do"),
        (refusing(400, "ExpiredToken"), "STORE_CREDENTIALS", "ExpiredToken"),
        (refusing(403, "RequestTimeTooSkewed"), "STORE_CLOCK", "clocks"),
        (refusing(400, "AuthorizationHeaderMalformed", b"<Region>eu-south-2</Region>"), "BUCKET_REGION", "eu-south-2"),
        (refusing(403, "AccessDenied"), "STORE_ACCESS_REFUSED", "may not"),
    ],
)
def test_bad_answers_are_named_and_nothing_else_is_tried(answer, code, words, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with serving({"/records": answer}) as server:
        examination = examine(BucketPlace(bucket="records", endpoint=server.url("")))

        assert len({request.path for request in server.requests}) == 1  # boto3 asks again where it is sent elsewhere
    assert codes(examination) == [code]
    assert words in examination.findings[0].what
    assert [step.verdict for step in examination.steps] == ["faulty", *["not checked"] * (len(TITLES) - 1)]


def test_an_endpoint_that_is_not_encrypted_is_not_even_asked():
    examination = examine(BucketPlace(bucket="records", endpoint="http://192.0.2.1:9000"))

    assert codes(examination) == ["ENDPOINT_EXPOSED"]
    assert examination.findings[0].do.startswith("Give store.endpoint with https://")


def test_no_credentials_at_all_are_named(monkeypatch):
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent/config")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent/credentials")

    examination = examine(BucketPlace(bucket="records", endpoint="http://127.0.0.1:1"))

    assert codes(examination) == ["STORE_CREDENTIALS"]


@pytest.mark.parametrize(
    ("endpoint", "exposed"),
    [
        ("https://s3.example.org", False),
        ("http://s3.example.org", True),
        ("http://localhost:9000", False),
        ("http://127.0.0.2:9000", False),
        ("http://[::1]:9000", False),
        ("http://10.0.0.7", True),
        ("HTTP://EXAMPLE.ORG", True),
        ("http://localhost.example.org", True),
    ],
)
def test_only_encryption_or_this_machine_itself_keeps_what_is_sent_from_others(endpoint, exposed):
    assert is_exposed(endpoint) is exposed


def test_the_servers_time_is_read_from_its_date_and_may_be_missing():
    began = Instant.from_text("2026-01-01T00:00:00.000000Z")
    dated = {"ResponseMetadata": {"HTTPHeaders": {"date": "Thu, 01 Jan 2026 00:05:00 GMT"}}}

    assert seconds_ahead(dated, began=began, ended=began.plus(seconds=1)) == 300
    for answer in ({}, {"ResponseMetadata": {"HTTPHeaders": {"date": "yesterday"}}}):
        assert seconds_ahead(answer, began=began, ended=began) is None


KEEP = {"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}}


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([], ["UPLOADS_LINGER"]),
        ([{"Filter": {"Prefix": ""}, **KEEP}], []),
        ([{"Prefix": "", **KEEP}], []),
        ([{"Filter": {"Prefix": ""}, "Transitions": [{"Days": 1}], **KEEP}], []),
        ([{"Filter": {"Prefix": "ledger/"}, **KEEP}], ["UPLOADS_LINGER"]),
        ([{"Filter": {}, **KEEP}, {"Filter": {}, "Expiration": {"Days": 1}}], ["LIFECYCLE_DESTROYS"]),
        ([{"Filter": {}, **KEEP}, {"Filter": {"Prefix": "led"}, "Expiration": {"Days": 1}}], ["LIFECYCLE_DESTROYS"]),
        (
            [{"Filter": {}, **KEEP}, {"Filter": {"Prefix": "partitions/a/"}, "NoncurrentVersionExpiration": {}}],
            ["LIFECYCLE_DESTROYS"],
        ),
        (
            [{"Filter": {}, "Expiration": {"ExpiredObjectDeleteMarker": True}, **KEEP}],
            ["LIFECYCLE_DESTROYS"],
        ),
        (
            [{"Filter": {}, **KEEP}, {"Filter": {"And": {"Prefix": "exchanges/", "Tags": []}}, "Expiration": {}}],
            ["LIFECYCLE_DESTROYS"],
        ),
        ([{"Filter": {}, **KEEP}, {"Filter": {"Prefix": "other/"}, "Expiration": {"Days": 1}}], []),
        ([{"Filter": {}, **KEEP}, {"Filter": {"Prefix": "probes/"}, "Expiration": {"Days": 1}}], []),
        ([{"Filter": {}, **KEEP}, {"Filter": {}, "Expiration": {"Days": 1}, "Status": "Disabled"}], []),
    ],
)
def test_rules_are_judged_by_what_they_delete_and_where(rules, expected):
    enabled = [{"Status": "Enabled", "ID": "r", **rule} for rule in rules]

    assert [found.code for found in lifecycle.judged("records", enabled)] == expected
