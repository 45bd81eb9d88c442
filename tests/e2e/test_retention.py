"""How long records are kept, as an office says and asks it: adopt, explain, classify, declare."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from demo.site import BlogSite
from manifests.archive import open_archive
from manifests.console import system_clock
from tests.e2e.holdfast import Answer, Holdfast
from tests.ediscovery.retention.sealed import explained, judged
from tests.schedules import rules_text, schedule_text

if TYPE_CHECKING:
    from pathlib import Path

POSTS = """
[[series]]
item = "POSTS"
title = "Posts"
disposal = "destroy"
trigger = "created"
period = {years = 2}
cutoff = "calendar-year-end"
"""
OURS = schedule_text(
    POSTS
    + """
[[series]]
item = "MINORS"
title = "About a minor"
disposal = "destroy"
trigger = "created"
period = {years = 5}
combine = "max"

[[series.alternative]]
trigger = "subject-born"
period = {years = 20}

[[series]]
item = "ELECTION"
title = "Election notices"
disposal = "destroy"
trigger = "event:election"
period = {days = 60}
"""
)
CLASSIFICATION = rules_text("""
[[rule]]
match = {kinds = ["post"], accounts = ["blog"]}
series = ["ours/POSTS"]
""")


LOCAL = schedule_text(POSTS + 'at_least = "ours/POSTS"\n', name="local")
TALK = """
[[series]]
item = "TALK"
title = "What people answer"
disposal = "review"
trigger = "last-activity"
period = {years = 2}
cutoff = "calendar-year-end"
"""
AFTER = "2040-01-01"


@dataclass
class Office:
    """An archive with a captured blog, and a folder for files."""

    holdfast: Holdfast
    folder: Path

    def adopt(self, text: str) -> Answer:
        """Adopt a schedule or classification."""
        return self.holdfast.adopt(text)

    def explain(self, record: str, *arguments: str) -> dict[str, Any]:
        """Why a record is kept."""
        return self.holdfast.json("retention", "explain", record, *arguments)

    def record(self, words: str, kind: str = "post") -> str:
        """The one record that words find."""
        (hit,) = self.holdfast.json("search", words, "--type", kind, "--limit", "1")["hits"]
        return hit["record"]


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Holdfast:
    """An archive with a captured blog, of which one post was changed and one is gone: never written to, only copied."""
    holdfast = Holdfast(tmp_path_factory.mktemp("before") / "home").init()
    with BlogSite() as site:
        holdfast.register(site.feed, "blog")
        holdfast.capture("blog")
        site.edit("bus-routes", paragraphs=("Route 7 stops at Elm Street again.",))
        site.delete("graduation")
        holdfast.capture("blog")
    return holdfast


@pytest.fixture
def office(before: Holdfast, tmp_path: Path) -> Office:
    """An office with a schedule and a classification."""
    shutil.copytree(before.home, tmp_path / "home")
    made = Office(Holdfast(tmp_path / "home"), tmp_path)
    for text in (OURS, CLASSIFICATION):
        answer = made.adopt(text)
        assert answer.status == 0, answer.err or answer.out
    return made


def test_what_no_rule_names_is_unscheduled_and_kept(before: Holdfast, office: Office):
    bare = Office(before, before.home.parent)
    record = bare.record("volcano")
    assert bare.explain(record, "--as-of", AFTER)["why"].startswith("No classification is adopted")
    comment = office.holdfast.json("search", "--type", "comment", "--limit", "1")["hits"][0]["record"]
    explained = office.explain(comment, "--as-of", AFTER)
    assert explained["why"].startswith("No rule matches it")
    assert (explained["eligible"], explained["due"]) == (False, None)


def test_a_post_is_due_after_the_end_of_the_year_and_every_decision_cites_its_edition(office: Office):
    record = office.record("volcano")
    created = office.holdfast.json("search", "volcano", "--type", "post", "--limit", "1")["hits"][0]["created"]
    due = f"{int(created[:4]) + 3}-01-01"
    explained = office.explain(record, "--as-of", due)
    assert (explained["eligible"], explained["due"]) == (True, due)
    assert not office.explain(record, "--as-of", f"{int(created[:4]) + 2}-12-31")["eligible"]
    assert "adopted in ledger entry" in explained["series"][0]["cited"]
    assert "edition 2026" in explained["series"][0]["cited"]
    words = office.holdfast.run("retention", "explain", record, "--as-of", due).out
    assert f"On {due} it may be proposed for disposal." in words
    assert "2 years after the end of the year of its creation" in words


def test_a_hold_keeps_what_is_due_and_only_what_it_covers(office: Office):
    held, free = office.record("volcano"), office.record("roofs")
    for number, scope in enumerate((("--query", "volcano"), ("--record", held), ("--query", "volcan*"))):
        office.holdfast.json("hold", "place", f"case-{number}", "--account", "blog", *scope, "--reason", "Doe")
    assert office.explain(held, "--as-of", AFTER)["holds"] == ["case-0", "case-1", "case-2"]
    assert not office.explain(held, "--as-of", AFTER)["eligible"]
    assert office.explain(free, "--as-of", AFTER)["eligible"]
    office.holdfast.json("hold", "place", "old", "--to", "2000-01-01", "--reason", "Doe")
    assert office.explain(free, "--as-of", AFTER)["eligible"]
    office.holdfast.json("hold", "place", "all", "--reason", "Doe")
    assert office.explain(free, "--as-of", AFTER)["holds"] == ["all"]


def test_what_a_person_says_goes_before_the_rules_and_an_unknown_day_keeps(office: Office):
    record = office.record("volcano")
    office.holdfast.json("retention", "classify", record, "--series", "ours/MINORS", "--reason", "A pupil's name")
    explained = office.explain(record, "--as-of", AFTER)
    assert explained["why"].startswith("A person said so in ledger entry")
    assert (explained["eligible"], explained["due"]) == (False, None)
    office.holdfast.json("retention", "declare", "subject-born", "2012-02-29", record, "--reason", "Enrolment office")
    assert office.explain(record)["due"] == "2032-03-01"
    office.holdfast.json("retention", "declare", "subject-born", "2012-03-29", record, "--reason", "A slip")
    assert office.explain(record)["due"] == "2032-03-30"


def test_what_one_person_declares_makes_nothing_due_earlier(office: Office):
    record = office.record("volcano")
    due = office.explain(record)["due"]
    declare = ("retention", "declare", "created")
    office.holdfast.json(*declare, "1999-01-01", record, "--account", "blog", "--reason", "Says who")
    assert office.explain(record)["due"] == due
    office.holdfast.json(*declare, "2030-01-01", record, "--reason", "It was posted anew")
    assert office.explain(record)["due"] == "2033-01-01"


def test_an_event_is_declared_for_an_account_and_for_a_record_in_its_place(office: Office):
    one, other = office.record("volcano"), office.record("roofs")
    office.holdfast.json("retention", "classify", one, other, "--series", "ours/ELECTION", "--reason", "Notices")
    assert office.explain(one)["due"] is None
    declare = ("retention", "declare", "event:election")
    office.holdfast.json(*declare, "2026-11-03", "--account", "blog", "--reason", "County clerk")
    office.holdfast.json(*declare, "2026-12-01", one, "--reason", "Run-off")
    assert [office.explain(record)["due"] for record in (one, other)] == ["2027-01-31", "2027-01-03"]


def test_local_rules_lengthen_and_never_shorten(office: Office):
    refused = office.adopt(LOCAL.replace("years = 2", "years = 1"))
    assert (refused.status, refused.json["error"]["code"]) == (2, "SCHEDULE_SHORTENS")
    assert office.adopt(LOCAL.replace("years = 2", "years = 3")).status == 0
    # An authority that asks for more than a local rule gives is not adopted over it.
    longer = office.adopt(OURS.replace("years = 2", "years = 4"))
    assert longer.json["error"]["code"] == "SCHEDULE_SHORTENS"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (OURS, "ALREADY_ADOPTED"),
        (CLASSIFICATION, "ALREADY_ADOPTED"),
        (CLASSIFICATION.replace("ours/POSTS", "theirs/POSTS"), "SERIES_UNKNOWN"),
        (OURS.replace('"POSTS"', '"OTHERS"'), "SERIES_UNKNOWN"),
        (OURS.replace("years = 2", "years = -2"), "SCHEDULE"),
        ("x = ", "SCHEDULE"),
    ],
)
def test_what_does_not_fit_is_refused_and_that_is_all_that_is_recorded(office: Office, text: str, code: str):
    before = office.holdfast.json("status")["entries"]
    answer = office.adopt(text)
    assert (answer.status, answer.json["error"]["code"]) == (2, code)
    assert office.holdfast.json("status")["entries"] == before + 1
    last = office.holdfast.run("log", "--limit", "1").out
    assert f"adopting a schedule or classification was refused: {code}" in last
    assert office.holdfast.run("verify").status == 0


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("classify", "ffffffff", "--series", "ours/POSTS", "--reason", "x"), "RECORD_UNKNOWN"),
        (("classify", "--series", "ours/POSTS", "--reason", "x"), "ACT_REFUSED"),
        (("classify", "ffffffff", "--series", "ours/NONE", "--reason", "x"), "SERIES_UNKNOWN"),
        (("declare", "created", "yesterday", "--account", "blog", "--reason", "x"), "DATE_UNREADABLE"),
        (("declare", "whenever", "2026-01-01", "--account", "blog", "--reason", "x"), "DECLARATION"),
        (("declare", "closed", "2026-01-01", "--account", "none", "--reason", "x"), "ACT_REFUSED"),
        (("declare", "closed", "2026-01-01", "--reason", "x"), "ACT_REFUSED"),
        (("explain", "ffffffff"), "RECORD_UNKNOWN"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(office: Office, arguments: tuple[str, ...], code: str):
    answer = office.holdfast.run("retention", *arguments)
    assert answer.status != 0
    assert code in answer.err


def test_every_command_reads_and_the_archive_is_sound(office: Office):
    told = office.holdfast.run("log").out
    assert "schedule ours adopted: Schedule of Maple Grove, edition 2026" in told
    assert "classification adopted" in told
    assert office.holdfast.run("verify").status == 0


def test_what_will_be_due_together_is_sealed_together(before: Holdfast, tmp_path: Path):
    shutil.copytree(before.home, tmp_path / "home")
    office = Office(Holdfast(tmp_path / "home"), tmp_path)
    assert office.adopt(OURS).status == 0
    assert office.adopt(CLASSIFICATION.replace("blog", "later")).status == 0
    with BlogSite() as site:
        office.holdfast.register(site.feed, "later")
        office.holdfast.capture("later")
    folder = office.holdfast.home / "archive" / "partitions"
    assert {path.name for path in (folder / "blog").iterdir()} == {"unscheduled"}
    assert {path.name for path in (folder / "later").iterdir()} == {"ours-posts", "unscheduled"}
    assert office.holdfast.run("verify").status == 0


def test_what_is_due_is_counted_and_listed_as_it_is_explained(office: Office, tmp_path: Path):
    office.holdfast.json("hold", "place", "doe", "--query", "volcano", "--reason", "Doe")
    status = office.holdfast.json("retention", "status", "--as-of", AFTER)
    out = tmp_path / "due.jsonl"
    listed = office.holdfast.json("retention", "due", "--as-of", AFTER, "--out", str(out))
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert listed["records"] == len(rows) == status["reasons"]["due"] > 0
    assert status["reasons"]["held"] > 0
    assert status["records"] == sum(status["reasons"].values())
    assert [one["series"] for one in status["series"]] == ["ours/POSTS", None]
    assert {row["kind"] for row in rows} == {"post", "absence"}
    assert office.record("volcano") not in {row["record"] for row in rows}
    for row in (rows[0], rows[-1], next(row for row in rows if row["record"] == office.record("Route 7"))):
        explained = office.explain(row["record"], "--as-of", AFTER)
        assert (explained["eligible"], explained["due"]) == (True, row["due"])
    early = office.holdfast.json("retention", "status", "--as-of", "2020-01-01")
    assert early["reasons"]["due"] == early["reasons"]["held"] == 0
    assert early["next"][0]["day"] == min(row["due"] for row in rows)


def test_every_record_of_a_captured_blog_is_judged_as_it_is_explained(office: Office):
    rules = CLASSIFICATION.replace('"post"', '"post", "comment"').replace('"ours/POSTS"', '"ours/POSTS", "ours/TALK"')
    assert [office.adopt(text).status for text in (OURS + TALK, rules)] == [0, 0]
    office.holdfast.json("hold", "place", "doe", "--query", "volcano OR graduation", "--reason", "Doe")
    archive = open_archive(office.holdfast.home, now=system_clock, actor="test")
    found = judged(archive, date.fromisoformat(AFTER))
    assert found == explained(archive, date.fromisoformat(AFTER), sorted(found))
    assert {row["reason"] for row in found.values()} == {"due", "held", "unscheduled"}
    absences = [row for row in found.values() if row["kind"] == "absence"]
    assert {(row["reason"], row["series"], row["disposal"]) for row in absences} == {
        ("held", "ours/POSTS, ours/TALK", "review")
    }


def test_a_list_for_people_is_written_once_and_the_counts_are_said_in_words(office: Office, tmp_path: Path):
    out = tmp_path / "due.csv"
    told = office.holdfast.run("retention", "due", "--as-of", AFTER, "--out", str(out))
    assert (told.status, told.err) == (0, "")
    assert f"due on {AFTER}" in told.out
    before = out.read_bytes()
    again = office.holdfast.run("retention", "due", "--as-of", AFTER, "--out", str(out))
    assert (again.status, out.read_bytes()) == (2, before)
    assert "OUTPUT_EXISTS" in again.err
    words = office.holdfast.run("retention", "status", "--as-of", AFTER).out
    assert "due: they may be proposed for disposal" in words
    assert "ours/POSTS" in words
    today = office.holdfast.run("retention", "status")
    assert (today.status, "Due from " in today.out) == (0, True)
    assert "DATE_UNREADABLE" in office.holdfast.run("retention", "status", "--as-of", "soon").err
