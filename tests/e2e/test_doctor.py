"""Doctor as its user runs it: sound places, unsound ones, and policies that can be pasted."""

from __future__ import annotations

import json
import re
import secrets
from contextlib import closing

import msgspec
import pytest

from manifests.console import system_clock
from manifests.doctor import refuse_unsuitable
from schemas.settings import DirectoryPlace, parse_settings
from storage import layout
from storage.objects import StoreUnsuitableError
from storage.s3.refusals import BucketMissingError
from tests.e2e.holdfast import ROOT, Holdfast
from tests.storage.buckets import place_of

BUCKET_TOML = """
[archive]
origin = "maple-grove/1"
organisation = "Maple Grove USD"

[store]
kind = "s3"
bucket = "{bucket}"
endpoint = "{endpoint}"
lock = "governance"
"""


def files(holdfast: Holdfast) -> list[str]:
    return sorted(path.relative_to(holdfast.home).as_posix() for path in holdfast.home.rglob("*") if path.is_file())


def in_bucket(tmp_path, *, bucket: str, endpoint: str, more: str = "") -> Holdfast:
    """A home whose settings name a bucket."""
    (tmp_path / "holdfast.toml").write_text(BUCKET_TOML.format(bucket=bucket, endpoint=endpoint) + more)
    return Holdfast(tmp_path)


def test_a_folder_is_sound_is_said_to_be_software_only_and_stays_as_it_is(tmp_path):
    holdfast = Holdfast(tmp_path).init()
    before = files(holdfast)

    answer = holdfast.run("doctor")
    found = holdfast.json("doctor")

    assert answer.status == 0
    assert "Sound: an archive can live here." in answer.out
    assert [finding["code"] for finding in found["findings"]] == ["SOFTWARE_ONLY"]
    assert found["sound"] is True
    assert [step["verdict"] for step in found["steps"]] == ["sound"] * 5
    assert files(holdfast) == before


def test_a_folder_that_cannot_be_written_is_a_fault_with_the_status_of_policy(tmp_path):
    holdfast = Holdfast(tmp_path).init()
    settings = tmp_path / "holdfast.toml"
    settings.write_text(settings.read_text().replace('path = "archive"', 'path = "/proc/nowhere"'))

    answer = holdfast.run("doctor")

    assert answer.status == 3
    assert "FAULT STORE_UNAVAILABLE /proc/nowhere" in answer.out
    assert "NOT SOUND" in answer.out


def test_without_an_archive_doctor_says_so(tmp_path):
    answer = Holdfast(tmp_path).run("doctor")

    assert (answer.status, answer.out) == (2, "")
    assert "ARCHIVE_MISSING" in answer.err


def test_a_bucket_is_examined_and_its_report_reads_like_an_audits(tmp_path, s3_lane):
    trust = f'authority = "{s3_lane.authority}"\n' if s3_lane.authority else ""
    holdfast = in_bucket(tmp_path, bucket=s3_lane.bucket(), endpoint=s3_lane.endpoint, more=trust)

    answer = holdfast.run("doctor", **s3_lane.environment())
    found = holdfast.run("doctor", "--json", **s3_lane.environment())

    assert (answer.status, found.status) == (3, 3)  # its owner may bypass governance
    assert "  ✓ 1. Connection: " in answer.out
    assert "FAULT BYPASS_ALLOWED s3:BypassGovernanceRetention" in answer.out
    assert "→ Give these credentials the policy of 'holdfast doctor --policy writer'" in answer.out
    assert s3_lane.secret_key not in answer.out + answer.err + found.out
    assert [step["number"] for step in found.json["steps"]] == list(range(1, 11))


def test_an_authority_that_is_not_named_is_a_fault_of_its_own(tmp_path, s3_lane):
    if s3_lane.authority is None:
        pytest.skip(f"{s3_lane.name} has no TLS")
    holdfast = in_bucket(tmp_path, bucket="records", endpoint=s3_lane.endpoint)

    answer = holdfast.run("doctor", **s3_lane.environment())

    assert answer.status == 3
    assert "FAULT STORE_CERTIFICATE" in answer.out
    assert "store.authority" in answer.out


def test_a_server_that_is_not_there_is_a_fault(tmp_path):
    holdfast = in_bucket(tmp_path, bucket="records", endpoint="http://127.0.0.1:1")

    answer = holdfast.run("doctor", AWS_ACCESS_KEY_ID="a", AWS_SECRET_ACCESS_KEY="b")

    assert answer.status == 3
    assert "FAULT STORE_UNAVAILABLE" in answer.out


@pytest.mark.parametrize("dialect", ["aws", "minio"])
def test_all_policies_are_printed_by_name_and_each_alone(tmp_path, dialect):
    holdfast = in_bucket(tmp_path, bucket="records", endpoint="https://s3.example.org")

    together = json.loads(holdfast.run("doctor", "--policy", "all", "--for", dialect).out)

    assert set(together) == {"writer", "reader", "auditor", "hold", "sweeper", "disposition", "deny", "lifecycle"}
    alone = json.loads(holdfast.run("doctor", "--policy", "writer", "--for", dialect).out)
    assert alone == together["writer"]
    assert alone["Statement"][0]["Resource"] == ["arn:aws:s3:::records"]


def test_for_ceph_all_roles_are_one_bucket_policy_with_the_users_that_are_named(tmp_path):
    answer = Holdfast(tmp_path).run(
        "doctor", "--policy", "bucket", "--for", "ceph", "--bucket", "records", "--user", "writer=capture"
    )

    policy = json.loads(answer.out)
    writer = next(statement for statement in policy["Statement"] if statement["Sid"] == "HoldfastWriter1")
    assert writer["Principal"] == {"AWS": ["arn:aws:iam:::user/capture"]}
    assert sum(statement["Effect"] == "Deny" for statement in policy["Statement"]) == 7


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--policy", "writer"), "ARCHIVE_MISSING"),
        (("--policy", "bucket", "--bucket", "b"), "POLICY_UNKNOWN"),
        (("--policy", "janitor", "--bucket", "b"), "janitor"),
        (("--policy", "writer", "--bucket", "b", "--user", "capture"), "ROLE=NAME"),
        (("--policy", "writer", "--bucket", "b", "--for", "azure"), "azure"),
    ],
)
def test_what_cannot_be_printed_is_refused_with_words(tmp_path, arguments, words):
    answer = Holdfast(tmp_path).run("doctor", *arguments)

    assert (answer.status, answer.out) == (2, "")
    assert words in answer.err


def test_a_folder_has_no_policies(tmp_path):
    answer = Holdfast(tmp_path).init().run("doctor", "--policy", "writer")

    assert answer.status == 2
    assert "POLICY_WITHOUT_BUCKET" in answer.err


def test_help_shows_examples():
    answer = Holdfast(".").run("doctor", "--help")

    assert "holdfast doctor --policy writer --for aws" in answer.out


# What 'init' asks before it writes anything.


@pytest.fixture
def place(s3_lane, monkeypatch):
    for name, value in s3_lane.environment().items():
        monkeypatch.setenv(name, value)
    return place_of(s3_lane, s3_lane.bucket())


def refuse(place, home, origin=None):
    return refuse_unsuitable(place, home=home, now=system_clock, run=secrets.token_hex(8), origin=origin)


def test_a_bucket_that_keeps_its_promises_may_hold_an_archive(place, tmp_path, s3_lane):
    if s3_lane.name == "ministack":
        pytest.skip("ministack lets versioning be switched off under Object Lock")

    assert refuse(place, tmp_path).sound


def test_a_bucket_that_is_not_there_is_refused_by_its_own_error(place, tmp_path):
    absent = msgspec.structs.replace(place, bucket="nobody-made-this-bucket")

    with pytest.raises(BucketMissingError):
        refuse(absent, tmp_path)


def test_a_bucket_that_holds_another_archive_is_refused_by_name_and_left_alone(place, tmp_path, s3_lane):
    holdfast = Holdfast(tmp_path).init()
    entry = (tmp_path / "archive" / layout.entry(0)).read_bytes()
    theirs = parse_settings((tmp_path / "holdfast.toml").read_text()).archive.origin
    with closing(s3_lane.client()) as owner:
        owner.put_object(Bucket=place.bucket, Key=layout.entry(0), Body=entry)

        with pytest.raises(StoreUnsuitableError, match=theirs) as refused:
            refuse(place, holdfast.home, origin="ours/1")

        assert refused.value.facts["promise"] == "BUCKET_TAKEN"
        assert len(owner.list_object_versions(Bucket=place.bucket)["Versions"]) == 1


def test_a_folder_that_is_to_be_made_is_accepted_and_not_made_yet(tmp_path):
    assert refuse(DirectoryPlace(path="new/archive"), tmp_path).sound

    assert list(tmp_path.iterdir()) == []


def test_a_folder_where_a_file_is_is_refused(tmp_path):
    (tmp_path / "archive").write_text("not a folder")

    with pytest.raises(StoreUnsuitableError):
        refuse(DirectoryPlace(path="archive/inner"), tmp_path)


def test_every_code_that_doctor_gives_of_its_own_is_in_the_guide_to_buckets():
    text = (ROOT / "docs" / "BUCKETS.md").read_text(encoding="utf-8")
    sources = [*(ROOT / "storage" / "s3").glob("probes*.py"), ROOT / "storage" / "s3" / "lifecycle.py"]
    sources.append(ROOT / "storage" / "directory_probes.py")

    given = {code for path in sources for code in re.findall(r'"([A-Z0-9]+(?:_[A-Z]+)+)"', path.read_text())}

    assert len(given) > 20
    assert {code for code in given if f"`{code}`" not in text} == set()
