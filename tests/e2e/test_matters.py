"""A case or records request as an office works on it: its hold, its deadlines, its end, and what stays private."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec
import pytest

from storage import layout
from storage.objects import Content
from tests.e2e.holdfast import Holdfast
from tests.lanes.s3 import lane
from tests.manifests.archives import archive_in, captured, registered
from tests.storage.buckets import place_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.halls import Hall

NAME = "request-2026-14"
CANARY = "Zephyrine Quillfeather"
OPEN = ("matter", "open", NAME, "--jurisdiction", "tx-pia", "--received", "2026-03-02", "--title", f"Asked by {CANARY}",
        "--requester", CANARY, "--notes", f"{CANARY} called on Monday.")  # fmt: skip


def test_a_request_from_its_opening_to_the_release_of_its_hold(hall: Hall):
    office = hall.office
    opened = office.json(*OPEN, "--account", "blog", "--query", "budget OR buses")
    assert (opened["matter"], opened["hold"]) == (NAME, NAME)
    # Texas Independence Day is the day of receipt; no other holiday until 16 March.
    assert [(one["step"], one["day"]) for one in opened["due"]] == [
        ("answer", "2026-03-16"),
        ("ask-ruling", "2026-03-16"),
        ("send-arguments", "2026-03-23"),
    ]
    (hold,) = office.json("hold", "list")["holds"]
    assert (hold["hold"], hold["matter"], hold["reason"]) == (NAME, NAME, f"The matter {NAME}")
    assert "matters      1 open" in office.run("status").out

    listed = office.run("matter", "list", "--as-of", "2026-03-13").out
    assert "3 days left: answer, due on 2026-03-16 Mon" in listed
    assert "due TODAY: answer" in office.run("matter", "list", "--as-of", "2026-03-16").out
    assert "OVERDUE by 1 day: answer" in office.run("matter", "list", "--as-of", "2026-03-17").out

    office.json("matter", "done", NAME, "answer", "--on", "2026-03-13")
    office.json("matter", "done", NAME, "ask-ruling", "--on", "2026-03-17")
    office.json("matter", "due", NAME, "send-arguments", "2026-04-01", "--on", "2026-03-18")
    shown = office.json("matter", "show", NAME, "--as-of", "2026-04-02")
    assert (shown["requester"], shown["notes"]) == (CANARY, f"{CANARY} called on Monday.")
    assert [(one["step"], one["settled"], one["overdue"]) for one in shown["due"]] == [
        ("answer", "2026-03-13", False),
        ("ask-ruling", "2026-03-17", False),
        ("send-arguments", None, True),
    ]
    told = office.run("matter", "show", NAME, "--as-of", "2026-03-20").out
    for words in (
        "done on 2026-03-13",
        "done on 2026-03-17, late",
        "Tex. Gov't Code 552.301(b), (d)",
        "15 business days after received on 2026-03-02, that is 2026-03-23; set to 2026-04-01 instead on 2026-03-18",
        "no legal advice",
    ):
        assert words in told

    early = office.run("hold", "propose-release", NAME, "--reason", "x", "--to", hall.file("early.json"), "--json")
    assert (early.status, early.json["error"]["code"]) == (4, "MATTER_REFUSED")
    closed = office.run("matter", "close", NAME, "--outcome", "granted-in-part", "--notes", f"Sent to {CANARY}").out
    assert f"holdfast hold propose-release {NAME} --reason REASON --to release.json" in closed
    assert len(office.json("hold", "list")["holds"]) == 1
    assert hall.release(NAME, "jane", "omar").status == 0
    assert office.json("matter", "list")["matters"] == []
    (over,) = office.json("matter", "list", "--all")["matters"]
    assert over["closed"]["outcome"] == "granted-in-part"
    assert office.json("matter", "show", NAME)["closing_notes"] == f"Sent to {CANARY}"
    assert office.json("verify")["sound"]


def test_who_asks_is_in_the_matters_own_objects_and_nowhere_else_in_the_store(hall: Hall):
    office = hall.office
    office.json(*OPEN)
    office.json("matter", "done", NAME, "answer")
    office.json("matter", "close", NAME, "--outcome", "granted", "--notes", f"Sent to {CANARY}")
    holding = {office.key_of(path) for path in office.objects() if CANARY.encode() in path.read_bytes()}
    assert holding == {layout.matter(NAME), layout.matter_closed(NAME)}
    assert CANARY not in office.run("log", "--json").out
    # And what is named of them confirms no guess: the same words have another digest each time.
    salts = [json.loads((office.home / "archive" / key).read_text())["salt"] for key in holding]
    assert len({*salts}) == 2
    assert all(len(bytes.fromhex(salt)) == 32 for salt in salts)


def test_from_its_opening_on_nothing_that_it_is_about_is_destroyed(hall: Hall, tmp_path: Path):
    office = hall.office
    made = office.json("retention", "plan", "--as-of", "2026-11-01", "--to", str(tmp_path / "plans"))
    decision = str(tmp_path / "plans" / made["plan"]["plan"] / "decision.json")
    hall.approve(decision, "jane", "omar")
    office.json(*OPEN, "--account", "blog")
    assert office.run("retention", "execute", decision, "--json").json["error"]["code"] == "PLAN_OVERTAKEN"
    plan = ("retention", "plan", "--as-of", "2026-11-01", "--to", str(tmp_path / "later"), "--json")
    assert office.run(*plan).json["error"]["code"] == "NOTHING_DUE"
    office.json("matter", "close", NAME, "--outcome", "withdrawn")
    assert office.run(*plan).json["error"]["code"] == "NOTHING_DUE"
    assert hall.release(NAME, "jane", "omar").status == 0
    assert office.json(*plan)["plan"]["records"] == made["plan"]["records"]


def test_an_approved_release_waits_until_the_matter_is_closed_and_the_attempt_is_recorded(hall: Hall):
    office = hall.office
    office.json("hold", "place", NAME, "--account", "blog", "--reason", "A request came in")
    file = hall.file("release.json")
    office.json("hold", "propose-release", NAME, "--reason", "Over", "--to", file)
    hall.approve(file, "jane", "omar")
    refused = office.run(*OPEN, "--account", "blog", "--json")  # the name of its hold is taken
    assert refused.json["error"]["code"] == "ACT_REFUSED"
    office.json("matter", "open", "case-1", "--kind", "case", "--received", "2026-03-02", "--title", "Doe")
    office.json("hold", "place", "more", "--account", "blog", "--matter", "case-1", "--reason", "Second request")
    tried = office.run("hold", "propose-release", "more", "--reason", "x", "--to", hall.file("no.json"))
    assert "The hold more is of the matter case-1, which is open." in tried.err
    assert office.run("hold", "release", file).status == 0


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("open", "Request", "--received", "2026-03-02", "--title", "x"), "MATTER_NAME"),
        (("open", "../../x", "--received", "2026-03-02", "--title", "x"), "MATTER_NAME"),
        (("open", "x", "--received", "2099-03-02", "--title", "x"), "MATTER_REFUSED"),
        (("open", "x", "--received", "tomorrow", "--title", "x"), "DATE_UNREADABLE"),
        (("open", "x", "--received", "2026-02-30", "--title", "x"), "DATE_UNREADABLE"),
        (("open", "x", "--received", "2026-03-02", "--title", "x" * 1_000_000), "MATTER_TEXT"),
        (("open", "x", "--received", "2026-03-02", "--title", "x", "--requester", "\udcff"), "MATTER_TEXT"),
        (("open", "x", "--received", "2026-03-02", "--title", "x", "--notes", "x" * 1_000_000), "MATTER_TEXT"),
        (("open", "x", "--received", "2026-03-02", "--title", "x", "--query", " "), "HOLD_ON_NOTHING"),
        (("open", "x", "--received", "2026-03-02", "--title", "x", "--account", "none"), "ACT_REFUSED"),
        (("open", NAME, "--received", "2026-03-02", "--title", "x"), "MATTER_REFUSED"),
        (("show", "unknown"), "MATTER_UNKNOWN"),
        (("done", "unknown", "answer"), "MATTER_UNKNOWN"),
        (("done", NAME, "anwser"), "MATTER_NAME"),
        (("done", NAME, "answer", "--on", "2026-03-01"), "MATTER_REFUSED"),
        (("done", NAME, "answer", "--on", "2099-03-01"), "MATTER_REFUSED"),
        (("due", NAME, "Answer!", "2026-04-01"), "MATTER_NAME"),
        (("due", NAME, "answer", "soon"), "DATE_UNREADABLE"),
        (("close", "unknown", "--outcome", "granted"), "MATTER_UNKNOWN"),
        (("close", NAME, "--outcome", "granted", "--on", "2026-03-01", "--notes", "x"), "MATTER_REFUSED"),
        (("list", "--as-of", "x"), "DATE_UNREADABLE"),
    ],
)
def test_what_cannot_be_is_refused_and_every_matter_stays_as_it_is(hall: Hall, arguments, code: str):
    office = hall.office
    office.json(*OPEN)
    matters = office.json("matter", "list", "--all")
    answer = office.run("matter", *arguments)
    assert answer.status != 0
    assert code in answer.err
    assert len(answer.err) < 1_000
    assert office.json("matter", "list", "--all") == matters
    assert len(office.json("hold", "list")["holds"]) == 1
    report = office.json("verify")
    assert (report["sound"], report["findings"]) == (True, [])


@pytest.mark.parametrize(
    "arguments",
    [
        ("open", "x", "--jurisdiction", "mars", "--received", "2026-03-02", "--title", "x"),
        ("open", "x", "--received", "2026-03-02"),
        ("open", "x", "--title", "x"),
        ("open", "x", "--received", "2026-03-02", "--title", "x", "--without-hold", "none", "--account", "blog"),
        ("close", "x", "--outcome", "lost"),
        ("close", "x"),
    ],
)
def test_what_the_program_does_not_know_is_not_half_done(hall: Hall, arguments):
    before = hall.office.json("status")["entries"]
    assert hall.office.run("matter", *arguments).status == 2
    assert hall.office.json("status")["entries"] == before


def test_whoever_opens_or_closes_in_vain_is_in_the_ledger(hall: Hall):
    office = hall.office
    office.json(*OPEN)
    office.json("matter", "close", NAME, "--outcome", "denied")
    for arguments, words in (
        (("close", NAME, "--outcome", "granted"), f"closing the matter {NAME} was refused: MATTER_REFUSED"),
        (OPEN[1:], f"opening a matter {NAME} was refused: MATTER_REFUSED"),
    ):
        assert office.run("matter", *arguments).status == 4
        assert words in office.run("log", "--limit", "1").out
    late = office.run("hold", "place", "late", "--matter", NAME, "--reason", "x")
    assert late.status == 0
    assert f"No matter {NAME} is open. The hold is in force all the same" in late.out
    assert {one["hold"] for one in office.json("hold", "list")["holds"]} >= {"late"}


def test_a_hostile_requester_steers_no_terminal_and_is_kept_as_typed(hall: Hall):
    office, hostile = hall.office, "\x1b[2J\x1b]0;owned\x07Robert'); DROP TABLE\u202e\n\r<b>\x00"
    where = ("--received", "2026-03-02", "--jurisdiction", "ny-foil")
    office.json("matter", "open", "x", *where, "--title", hostile, "--requester", hostile, "--notes", hostile)
    for answer in (office.run("matter", "show", "x"), office.run("matter", "list"), office.run("log")):
        assert answer.status == 0
        assert not {"\x1b", "\x07", "\u202e", "\r", "\x00"} & {*answer.out}
    assert office.json("matter", "show", "x")["requester"] == hostile
    assert office.json("verify")["sound"]


def test_a_request_that_needs_no_hold_says_why_and_places_none(hall: Hall):
    office, why = hall.office, "Asks for no record of this archive"
    office.json(*OPEN, "--without-hold", why)
    assert office.json("hold", "list")["holds"] == []
    shown = office.json("matter", "show", NAME)
    assert (shown["hold"], shown["without_hold"]) == (None, why)
    assert f"No hold: {why}" in office.run("matter", "show", NAME).out


def test_without_an_account_there_is_nothing_to_hold(tmp_path: Path):
    office = Holdfast(tmp_path / "home").init()
    assert office.run(*OPEN, "--json").json["error"]["code"] == "HOLD_ON_NOTHING"
    assert office.json("matter", "list")["matters"] == []


def test_days_of_the_office_are_counted_as_its_settings_say_and_the_most_urgent_is_first(hall: Hall):
    office = hall.office
    settings = office.home / "holdfast.toml"
    settings.write_text(settings.read_text() + "\n[matters]\nclosed = [2026-03-16, 2026-03-17]\n")
    office.json(*OPEN)
    office.json("matter", "open", "boston", "--jurisdiction", "ma-prl", "--received", "2026-03-03", "--title", "x")
    office.json("matter", "open", "a-case", "--kind", "case", "--received", "2026-03-03", "--title", "x")
    office.json("matter", "open", "albany", "--jurisdiction", "ny-foil", "--received", "2026-03-03", "--title", "x")
    found = office.json("matter", "list", "--as-of", "2026-03-10")["matters"]
    assert [(one["matter"], one["next"] and one["next"]["day"]) for one in found] == [
        ("albany", "2026-03-10"),
        (NAME, "2026-03-18"),
        ("boston", "2026-03-19"),
        ("a-case", None),
    ]
    # What may be asked is no duty, and never overdue.
    boston = office.run("matter", "show", "boston", "--as-of", "2026-04-30").out
    assert "petition           2026-04-02 Thu  can no longer be done" in boston
    assert "produce            2026-04-09 Thu  OVERDUE by 21 days" in boston
    assert "not counted: 2026-03-16 Mon, closed, as holdfast.toml says" in office.run("matter", "show", NAME).out


@pytest.mark.server
def test_its_hold_is_mirrored_in_the_bucket_and_its_text_is_locked_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    server = lane("ministack")
    for name, value in server.environment().items():
        monkeypatch.setenv(name, value)
    archive = archive_in(tmp_path, place_of(server, server.bucket()))
    archive.append(lambda _: (registered(),))
    stored = archive.store.put_new(layout.exchanges(account="blog", capture="c"), Content.of(b"exchange"))
    act = msgspec.structs.replace(captured("c", at=archive.now()), exchanges=(stored,))
    archive.append(lambda _: (act,))
    opened = Holdfast(tmp_path, server.environment()).json(*OPEN)
    assert archive.store.guard_of(stored.key).hold  # type: ignore[attr-defined]
    assert opened["text"]["lock"]["mode"] == "compliance"
    assert archive.store.guard_of(layout.matter(NAME)).lock is not None  # type: ignore[attr-defined]
