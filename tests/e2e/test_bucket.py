"""The main job in a bucket of a real server: locked, verified, copied, restored."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from demo.site import BlogSite
from manifests.console import system_clock
from tests.e2e.buckets import BucketOffice, bucket_office, place_arguments
from tests.e2e.halls import Hall
from tests.e2e.holdfast import Holdfast
from tests.lanes.s3 import lane
from tests.manifests.checkpointing import Office

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.lanes.s3 import Lane

TOML = """
[replica.folder]
kind = "directory"
path = "copy"
"""


@pytest.fixture(scope="module")
def site() -> Iterator[BlogSite]:
    """The blog, served."""
    with BlogSite() as served:
        yield served


# Not ministack: it lets its users switch versioning off, and 'init' refuses it for that.
@pytest.fixture(scope="module", params=[pytest.param(name, marks=pytest.mark.server) for name in ("ceph16", "ceph20")])
def ceph(request: pytest.FixtureRequest) -> Lane:
    """A server that keeps every promise."""
    return lane(request.param)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, ceph: Lane, site: BlogSite) -> Iterator[BucketOffice]:
    """An archive in a bucket, with captures and a production."""
    made = bucket_office(tmp_path_factory.mktemp("office"), ceph)
    made.holdfast.capture(site.feed, "--allow-private-network")
    made.holdfast.capture()
    out = made.holdfast.home / "out.pdf"
    made.holdfast.json("produce", "volcano", "--matter", "M", "--out", str(out))
    with (made.holdfast.home / "holdfast.toml").open("a") as settings:
        settings.write(TOML)
    yield made
    made.client.close()


def test_the_archive_in_a_bucket_is_sound_and_every_step_is_checked(office: BucketOffice):
    answer = office.holdfast.run("verify", "--json")
    assert answer.status == 0, answer.out
    report = answer.json
    assert report["findings"] == []
    verdicts = {step["number"]: step["verdict"] for step in report["steps"]}
    assert {number for number, verdict in verdicts.items() if verdict == "sound"} == {1, 3, 4, 5, 6, 7, 8, 9, 10}


REFUSED = {
    "no such bucket": "BUCKET_MISSING",
    "no Object Lock": "STORE_UNSUITABLE",
    "another archive's": "STORE_UNSUITABLE",
    "a wrong secret": "STORE_CREDENTIALS",
    "no rights": "STORE_ACCESS_REFUSED",
    "a web page": "STORE_ENDPOINT",
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_refused_init_says_why_and_makes_nothing(
    office: BucketOffice, ceph: Lane, site: BlogSite, tmp_path: Path, what: str
):
    bucket, lane_, environment = ceph.bucket(), ceph, ceph.environment()
    match what:
        case "no such bucket":
            bucket = "nobody-has-this"
        case "no Object Lock":
            bucket = ceph.bucket(lock=False)
        case "another archive's":
            bucket = office.bucket
        case "a wrong secret":
            environment |= {"AWS_SECRET_ACCESS_KEY": "not-the-secret"}
        case "no rights":
            environment |= {
                "AWS_ACCESS_KEY_ID": ceph.other_access_key,
                "AWS_SECRET_ACCESS_KEY": ceph.other_secret_key,
            }
        case "a web page":
            lane_ = replace(ceph, endpoint=site.url)
    home = Holdfast(tmp_path / "home", environment)
    answer = home.run("init", "--organisation", "X", *place_arguments(lane_, bucket), "--json")
    assert answer.status != 0
    assert REFUSED[what] in answer.out + answer.err
    assert "not-the-secret" not in answer.out + answer.err
    assert not home.home.exists() or list(home.home.iterdir()) == []


def test_what_was_captured_is_found_and_the_production_proves_itself(office: BucketOffice):
    assert office.holdfast.json("search", "volcano")["hits"]
    answer = office.holdfast.run("verify", str(office.holdfast.home / "out.pdf"))
    assert answer.status == 0, answer.out + answer.err


def test_every_object_is_locked_and_the_ledger_longest(office: BucketOffice):
    ends = {}
    for prefix in ("ledger/", "checkpoints/", "partitions/", "exchanges/", "productions/"):
        for key in office.keys(prefix):
            head = office.client.head_object(Bucket=office.bucket, Key=key)
            assert head["ObjectLockMode"] == "COMPLIANCE", key
            ends.setdefault(prefix, set()).add(head["ObjectLockRetainUntilDate"].year)
    assert set(ends) == {"ledger/", "checkpoints/", "partitions/", "exchanges/", "productions/"}
    assert min(ends["ledger/"] | ends["checkpoints/"]) > max(ends["partitions/"] | ends["exchanges/"]) + 5


def test_locks_are_renewed_only_when_they_are_due_or_when_forced(office: BucketOffice):
    assert office.holdfast.json("locks", "renew")["renewed"] == 0
    key = office.key("partitions/")
    before = office.client.head_object(Bucket=office.bucket, Key=key)["ObjectLockRetainUntilDate"]
    swept = office.holdfast.json("locks", "renew", "--force")
    assert swept["renewed"] == sum(len(office.keys(prefix)) for prefix in ("partitions/", "exchanges/", "productions/"))
    assert office.client.head_object(Bucket=office.bucket, Key=key)["ObjectLockRetainUntilDate"] > before
    assert "locks of" in office.holdfast.run("log", "--limit", "1").out
    status = office.holdfast.json("locks", "status")
    assert (status["without"], status["alarm"]) == (0, False)
    assert office.verify() == {}


def flags(office: BucketOffice) -> set[str]:
    """The legal hold flags of all data."""
    keys = office.keys("partitions/") + office.keys("exchanges/")
    heads = [office.client.head_object(Bucket=office.bucket, Key=key) for key in keys]
    return {head.get("ObjectLockLegalHoldStatus", "OFF") for head in heads}


def test_a_hold_is_mirrored_at_once_and_for_what_is_captured_later_by_the_sweep(office: BucketOffice, tmp_path: Path):
    hall = Hall(office.holdfast, tmp_path / "drawer").hold_ceremony()
    hall.appoint(jane="records-officer", omar="legal-reviewer")
    (account,) = [one["name"] for one in office.holdfast.json("account", "list")["accounts"]]
    assert flags(office) == {"OFF"}
    office.holdfast.json("hold", "place", "case-1", "--account", account, "--reason", "Doe v. District")
    assert flags(office) == {"ON"}
    office.holdfast.capture()
    assert flags(office) == {"ON", "OFF"}
    assert office.holdfast.json("locks", "renew")["held"] == 1
    assert flags(office) == {"ON"}
    assert hall.release("case-1", "jane", "omar").status == 0
    assert flags(office) == {"OFF"}
    assert office.holdfast.json("locks", "renew")["lifted"] == 0
    assert office.verify() == {}


def test_a_copy_in_a_folder_is_whole_and_a_lost_bucket_is_restored_from_it(
    office: BucketOffice, ceph: Lane, tmp_path: Path
):
    first = office.holdfast.json("replicate", "folder")["copies"][0]
    assert first["failures"] == []
    assert first["objects"] == sum(len(office.keys(prefix)) for prefix in ("partitions/", "exchanges/", "productions/"))
    assert office.holdfast.json("replicate", "folder")["copies"][0]["objects"] == 0
    both = office.holdfast.json("verify", "--replica", "folder")
    assert both["behind"] == 0
    assert both["archive"]["root"] == both["replica"]["root"]

    bucket = ceph.bucket()
    fresh = Holdfast(tmp_path / "home", ceph.environment()).init(*place_arguments(ceph, bucket))
    assert fresh.run("restore", "folder").status != 0  # it holds another archive, and knows no such copy
    home = office.holdfast.home
    empty = ceph.bucket()
    text = (home / "holdfast.toml").read_text()
    lost = Holdfast(tmp_path / "lost", ceph.environment())
    (tmp_path / "lost").mkdir()
    moved = text.replace(office.bucket, empty).replace('path = "copy"', f'path = "{home / "copy"}"')
    (lost.home / "holdfast.toml").write_text(moved)
    refused = lost.run("restore", "folder")
    assert "RESTORE_INTO_PINNED" in refused.err
    (lost.home / "holdfast.toml").write_text(moved.replace("[store]\n", '[store]\nversions = "oldest"\n'))
    restored = lost.json("restore", "folder")["copies"][0]
    assert restored["failures"] == []
    report = lost.run("verify", "--json")
    assert report.status == 0, report.out
    assert report.json["root"] == both["archive"]["root"]
    assert lost.json("search", "volcano")["hits"]


def test_what_others_say_of_a_checkpoint_is_locked_like_the_ledger_and_copied(
    ceph: Lane, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    for name, value in ceph.environment().items():
        monkeypatch.setenv(name, value)
    made = bucket_office(tmp_path / "home", ceph)
    neighbours = Office(made.holdfast.home, system_clock, {"replica.folder": {"kind": "directory", "path": "copy"}})
    with neighbours.neighbours():
        neighbours.open()
        assert [lack["name"] for lack in made.holdfast.json("checkpoint", "make")["lacking"]] == ["school"]
        assert made.holdfast.json("checkpoint", "make")["published"] == []
    keys = [key for prefix in ("cosignatures/", "timestamps/") for key in made.keys(prefix)]
    assert len(keys) == 1 + 2 + 2
    entry = made.client.head_object(Bucket=made.bucket, Key=made.key("ledger/"))
    for key in keys:
        head = made.client.head_object(Bucket=made.bucket, Key=key)
        assert head["ObjectLockMode"] == "COMPLIANCE", key
        assert head["ObjectLockRetainUntilDate"] >= entry["ObjectLockRetainUntilDate"], key
    assert made.verify() == {("WITNESSES_MISSING", made.key("checkpoints/")): "notice"}
    made.holdfast.json("replicate", "folder")
    copy = made.holdfast.json("verify", "--replica", "folder")["replica"]
    assert [step["checked"] for step in copy["steps"] if step["number"] in (12, 13)] == [1, 2]
    made.client.close()
