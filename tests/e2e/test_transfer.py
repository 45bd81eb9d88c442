"""Records that go to an archives, as an office does it: make, check, hand over, record the receipt."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from demo.site import BlogSite
from ediscovery.transfer.receiving import transferred
from manifests.archive import open_archive
from manifests.console import system_clock
from tests.e2e.holdfast import Holdfast
from tests.schedules import rules_text, schedule_text

if TYPE_CHECKING:
    from pathlib import Path

SCHEDULE = schedule_text("""
[[series]]
item = "POSTS"
title = "Posts"
disposal = "transfer"
trigger = "created"
period = {years = 2}

[[series]]
item = "TALK"
title = "What people answer"
disposal = "keep"
""")
CLASSIFICATION = rules_text("""
[[rule]]
match = {kinds = ["post"]}
series = ["ours/POSTS"]

[[rule]]
match = {kinds = ["comment"]}
series = ["ours/TALK"]
""")
AFTER = "2040-01-01"
MAKE = ("retention", "transfer", "make", "--series", "ours/POSTS")


@pytest.fixture(scope="module")
def holdfast(tmp_path_factory: pytest.TempPathFactory) -> Holdfast:
    """An archive with a captured blog, whose posts go to an archives and whose comments are kept."""
    folder = tmp_path_factory.mktemp("office")
    made = Holdfast(folder / "home").init()
    with BlogSite() as site:
        made.register(site.feed, "blog")
        made.capture("blog")
        site.edit("bus-routes", paragraphs=("Route 7 stops at Elm Street again.",))
        site.delete("graduation")
        made.capture("blog")
    for text in (SCHEDULE, CLASSIFICATION):
        assert made.adopt(text).status == 0
    return made


def test_records_are_made_ready_checked_handed_over_and_confirmed(holdfast: Holdfast, tmp_path: Path):
    package, letter = tmp_path / "package", tmp_path / "letter.txt"
    letter.write_text("We have them. Jane Archivist")
    holdfast.json("hold", "place", "doe", "--query", "volcano", "--reason", "Doe")
    due = tmp_path / "due.jsonl"
    holdfast.json("retention", "due", "--as-of", AFTER, "--out", str(due))
    rows = [json.loads(line) for line in due.read_text().splitlines()]
    assert {row["disposal"] for row in rows} == {"transfer"}

    made = holdfast.json(*MAKE, "--as-of", AFTER, "--to", str(package))
    assert made["records"] == len(rows) > 3
    # Whoever receives it has no archive: the check needs none.
    stranger = Holdfast(tmp_path / "stranger")
    checked = stranger.json("retention", "transfer", "check", str(package))
    assert (checked["sound"], checked["records"]) == (True, len(rows))
    key = next(line for line in (package / "data/documentation/README.txt").read_text().split() if "+" in line)
    assert stranger.run("retention", "transfer", "check", str(package), "--key", key).status == 0

    act = holdfast.json(
        *("retention", "transfer", "receipt", str(package), "--from", str(letter), "--receiver", "State Archives")
    )
    archive = open_archive(holdfast.home, now=system_clock, actor="test")
    assert {record.hex for record in transferred(archive)} == {row["record"] for row in rows}
    assert act["records"] == len(rows)
    assert f"transfer {made['transfer']} of {len(rows)} records received by State Archives" in holdfast.run("log").out
    again = holdfast.run(*MAKE, "--as-of", AFTER, "--to", str(tmp_path / "again"))
    assert (again.status, "TRANSFER_EMPTY" in again.err) == (2, True)
    twice = holdfast.run(
        *("retention", "transfer", "receipt", str(package), "--from", str(letter), "--receiver", "State Archives")
    )
    assert (twice.status, "ACT_REFUSED" in twice.err) == (4, True)
    assert holdfast.run("verify").status == 0
    for path in holdfast.objects():
        assert b"Jane" not in path.read_bytes()


def test_what_is_kept_for_ever_is_handed_over_as_copies(holdfast: Holdfast, tmp_path: Path):
    package = tmp_path / "kept"
    make = ("retention", "transfer", "make", "--series", "ours/TALK", "--to", str(package))
    assert "TRANSFER_EMPTY" in holdfast.run(*make).err
    made = holdfast.json(*make, "--permanent")
    comments = holdfast.json("search", "--type", "comment")["total"]
    assert made["records"] >= comments > 0
    assert holdfast.json("retention", "transfer", "check", str(package))["sound"]


def test_a_package_that_was_changed_ends_with_the_status_of_integrity(holdfast: Holdfast, tmp_path: Path):
    package = tmp_path / "package"
    holdfast.json("retention", "transfer", "make", "--series", "ours/TALK", "--permanent", "--to", str(package))
    native = next(package.rglob("000000000-native.*"))
    native.write_bytes(native.read_bytes() + b"\n")
    answer = holdfast.run("retention", "transfer", "check", str(package))
    assert answer.status == 7
    assert "FAULT FILE_ALTERED" in answer.out
    assert "FAULT RECORD_NOT_PROVED" in answer.out
    assert holdfast.run("retention", "transfer", "check", str(package), "--json").json["sound"] is False
    refused = holdfast.run(
        *("retention", "transfer", "receipt", str(package), "--from", __file__, "--receiver", "State Archives")
    )
    assert (refused.status, "PACKAGE_UNSOUND" in refused.err) == (7, True)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("make", "--series", "ours/NONE", "--to", "x"), "SERIES_UNKNOWN"),
        (("make", "--series", "ours/TALK", "--permanent", "--to", "."), "OUTPUT_EXISTS"),
        (("make", "--series", "ours/TALK", "--as-of", "soon", "--to", "x"), "DATE_UNREADABLE"),
        (("check", "."), "NOT_A_PACKAGE"),
        (("check", ".", "--key", "x"), "KEY_MALFORMED"),
        (("receipt", ".", "--from", "none", "--receiver", "A"), "NOT_A_PACKAGE"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(holdfast: Holdfast, arguments: tuple[str, ...], code: str):
    answer = holdfast.run("retention", "transfer", *arguments)
    assert answer.status != 0
    assert code in answer.err
