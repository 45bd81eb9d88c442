"""What somebody does to a bucket behind the archive's back: verification names each thing with a code of its own.

Servers that keep their promises refuse most of it; so the intruder here is the owner of a bucket without locks, or one
who may bypass them.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from demo.site import BlogSite
from manifests.audit import audit
from manifests.console import system_clock
from schemas.settings import BucketPlace
from storage import layout
from storage.places import open_store
from tests.e2e.buckets import BucketOffice, bucket_office
from tests.e2e.holdfast import Holdfast
from tests.lanes.s3 import lane
from tests.manifests.archives import archive_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from manifests.archive import Archive
    from schemas.instant import Instant
    from schemas.settings import LockSetting
    from tests.lanes.s3 import Lane

LANES = ("ministack", "ceph16", "ceph20")
DATA = ("partitions/", "exchanges/", "productions/")


def filled(home: Path, on: Lane, *, lock: str) -> BucketOffice:
    """An archive with a capture and a production."""
    made = bucket_office(home, on, lock=lock)
    with BlogSite() as site:
        made.holdfast.capture(site.feed, "--allow-private-network")
    made.holdfast.json("produce", "volcano", "--matter", "M", "--out", str(home / "out.pdf"))
    assert made.verify() == {}
    return made


@pytest.fixture(scope="module", params=[pytest.param(name, marks=pytest.mark.server) for name in LANES])
def unlocked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BucketOffice]:
    """An archive whose bucket has no locks; every test leaves it as it was."""
    made = filled(tmp_path_factory.mktemp("unlocked"), lane(request.param), lock="none")
    yield made
    made.client.close()


def undone(office: BucketOffice, key: str, version: str) -> None:
    office.client.delete_object(Bucket=office.bucket, Key=key, VersionId=version)


@pytest.mark.parametrize("prefix", ["ledger/", *DATA])
def test_a_delete_marker_is_named_and_hides_nothing(unlocked: BucketOffice, prefix: str):
    key = unlocked.key(prefix)
    marker = unlocked.client.delete_object(Bucket=unlocked.bucket, Key=key)["VersionId"]
    assert unlocked.verify() == {("DELETE_MARKER", key): "fault"}
    assert unlocked.holdfast.json("search", "volcano")["hits"]
    undone(unlocked, key, marker)
    assert unlocked.verify() == {}


@pytest.mark.parametrize("prefix", ["ledger/", *DATA])
@pytest.mark.parametrize("same_length", [True, False])
def test_another_version_over_an_object_is_named_and_is_not_read(
    unlocked: BucketOffice, prefix: str, same_length: bool
):
    key = unlocked.key(prefix)
    before = unlocked.client.get_object(Bucket=unlocked.bucket, Key=key)["Body"].read()
    put = unlocked.put(key, bytes(len(before)) if same_length else b"something else")
    assert unlocked.verify() == {("EXTRA_VERSION", key): "fault"}
    assert unlocked.holdfast.json("search", "volcano")["hits"]
    undone(unlocked, key, put)
    assert unlocked.verify() == {}


def test_the_same_bytes_once_more_are_a_notice(unlocked: BucketOffice):
    key = unlocked.key("partitions/")
    put = unlocked.put(key, unlocked.client.get_object(Bucket=unlocked.bucket, Key=key)["Body"].read())
    assert unlocked.verify() == {("WRITTEN_AGAIN", key): "notice"}
    undone(unlocked, key, put)


def test_another_entry_promoted_over_an_entry_is_named(unlocked: BucketOffice):
    first, second = unlocked.keys("ledger/")[1:3]
    put = unlocked.put(first, unlocked.client.get_object(Bucket=unlocked.bucket, Key=second)["Body"].read())
    assert unlocked.verify() == {("EXTRA_VERSION", first): "fault"}
    undone(unlocked, first, put)


def test_an_object_exchanged_for_another_of_the_same_length_is_missing_in_its_version(
    tmp_path: Path, unlocked: BucketOffice
):
    made = filled(tmp_path, unlocked.lane, lock="none")
    key = made.key("partitions/")
    answer = made.client.get_object(Bucket=made.bucket, Key=key)
    content = bytearray(answer["Body"].read())
    content[len(content) // 2] ^= 1
    undone(made, key, answer["VersionId"])
    made.put(key, bytes(content))
    found = made.verify()
    assert found[("OBJECT_MISSING", key)] == "fault"
    assert {code for code, _ in found} <= {"OBJECT_MISSING", "EXTRA_VERSION"}


def test_what_stands_before_the_version_that_the_ledger_names_is_named(tmp_path: Path, unlocked: BucketOffice):
    made = filled(tmp_path, unlocked.lane, lock="none")
    key = made.key("partitions/")
    answer = made.client.get_object(Bucket=made.bucket, Key=key)
    content = answer["Body"].read()
    # The server cannot be made to put something before a version; the same is seen when the ledger's is put again.
    undone(made, key, answer["VersionId"])
    made.put(key, b"first")
    made.put(key, content)
    assert ("OBJECT_MISSING", key) in made.verify()


def test_a_ledger_that_lost_its_end_is_noticed_by_a_machine_that_saw_it(tmp_path: Path, unlocked: BucketOffice):
    made = filled(tmp_path, unlocked.lane, lock="none")
    last = made.keys("ledger/")[-1]
    undone(made, last, made.client.head_object(Bucket=made.bucket, Key=last)["VersionId"])
    answer = made.holdfast.run("status", "--json")
    assert answer.status == 7
    assert "LEDGER_CHANGED" in answer.out + answer.err


# Ceph keeps locks as it should; who may bypass them can shorten those of governance.
@pytest.fixture(scope="module", params=[pytest.param(name, marks=pytest.mark.server) for name in ("ceph16", "ceph20")])
def locked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BucketOffice]:
    """An archive under compliance locks."""
    made = filled(tmp_path_factory.mktemp("locked"), lane(request.param), lock="compliance")
    yield made
    made.client.close()


@pytest.mark.parametrize("prefix", ["ledger/", "checkpoints/", *DATA])
def test_nobody_deletes_or_unlocks_a_locked_version(locked: BucketOffice, prefix: str):
    for key in locked.keys(prefix):
        head = locked.client.head_object(Bucket=locked.bucket, Key=key)
        version = {"Bucket": locked.bucket, "Key": key, "VersionId": head["VersionId"]}
        soon = datetime.now(UTC) + timedelta(seconds=60)
        for attempt in (
            lambda version=version: locked.client.delete_object(**version),
            lambda version=version: locked.client.delete_object(**version, BypassGovernanceRetention=True),
            lambda version=version, soon=soon: locked.client.put_object_retention(
                **version, Retention={"Mode": "COMPLIANCE", "RetainUntilDate": soon}
            ),
            lambda version=version, soon=soon: locked.client.put_object_retention(
                **version,
                Retention={"Mode": "GOVERNANCE", "RetainUntilDate": soon},
                BypassGovernanceRetention=True,
            ),
        ):
            with pytest.raises(ClientError):
                attempt()
    assert locked.verify() == {}


def place_of(on: Lane, bucket: str, *, lock: LockSetting = "compliance") -> BucketPlace:
    """The settings of a bucket on a lane."""
    authority = str(on.authority) if on.authority else None
    return BucketPlace(bucket=bucket, endpoint=on.endpoint, authority=authority, lock=lock)


def ahead(days: float) -> Callable[[], Instant]:
    """A clock that is so many days ahead."""
    return lambda: system_clock().plus(seconds=days * 86_400)


def audited(office: BucketOffice, *, days: float = 0) -> dict[tuple[str, str], str]:
    """What the audit finds when its clock is so many days ahead."""
    store = open_store(place_of(office.lane, office.bucket), home=office.holdfast.home, now=ahead(days))
    report = audit(store, now=ahead(days)())
    return {(finding.code, finding.key): finding.severity for finding in report.findings}


@pytest.fixture
def _credentials(locked: BucketOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in locked.lane.environment().items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("_credentials")
def test_locks_that_end_soon_are_a_notice_and_lapsed_ones_a_fault(locked: BucketOffice):
    data = {key for prefix in DATA for key in locked.keys(prefix)}
    assert audited(locked) == {}
    assert audited(locked, days=47) == {("LOCK_ENDING", key): "notice" for key in data}
    assert audited(locked, days=61) == {("LOCK_LAPSED", key): "fault" for key in data}


@pytest.mark.usefixtures("_credentials")
def test_a_lock_that_was_shortened_is_named_and_mended(locked: BucketOffice, tmp_path: Path):
    bucket = locked.lane.bucket()
    # Whoever may bypass governance locks may do this; 'init' refuses an archive to such credentials.
    archive = made_in(tmp_path, place_of(locked.lane, bucket, lock="governance"), days=0)
    office = BucketOffice(Holdfast(tmp_path, locked.lane.environment()), locked.lane, bucket, locked.client)
    with BlogSite() as site:
        office.holdfast.capture(site.feed, "--allow-private-network")
    assert office.verify() == {}
    entry, partition = office.keys("ledger/")[1], office.key("partitions/")
    soon = {"Mode": "GOVERNANCE", "RetainUntilDate": datetime.now(UTC) + timedelta(days=20)}
    for key in (entry, partition):
        office.client.put_object_retention(Bucket=bucket, Key=key, Retention=soon, BypassGovernanceRetention=True)
    assert office.verify() == {("LOCK_SHORTENED", entry): "fault", ("LOCK_SHORTENED", partition): "fault"}
    assert office.holdfast.json("locks", "renew", "--force")["ledger"] == 1
    assert office.verify() == {}
    assert archive.ledger.head.size == 1


@pytest.mark.usefixtures("_credentials")
def test_an_archive_written_under_a_clock_two_days_off_is_named(locked: BucketOffice, tmp_path: Path):
    place = place_of(locked.lane, locked.lane.bucket())
    archive = made_in(tmp_path, place, days=2)
    found = audit(archive.store, now=system_clock()).findings
    assert {(finding.code, finding.key) for finding in found} == {("CLOCKS_DIFFER", layout.entry(0))}


def made_in(home: Path, place: BucketPlace, *, days: float) -> Archive:
    """An archive that was made without asking whether its bucket is fit."""
    return archive_in(home, place, now=ahead(days))
