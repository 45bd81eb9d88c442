"""A hold is in force when the ledger says so, whether or not the store could be told."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import msgspec
import pytest

from storage import layout
from storage.objects import Content
from tests.e2e.halls import PASSPHRASE, Hall
from tests.e2e.holdfast import Holdfast
from tests.lanes.s3 import lane
from tests.manifests.archives import archive_in, captured, registered
from tests.storage.buckets import place_of
from tests.storage.s3_proxy import proxy, refusal

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.server
def test_a_hold_that_the_store_was_too_busy_to_mirror_is_placed_and_mirrored_by_the_sweep(
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
    holdfast, settings = Holdfast(tmp_path, server.environment()), tmp_path / "holdfast.toml"
    text = settings.read_text()

    with proxy(server, lambda seen: refusal(503, "SlowDown") if "legal-hold" in seen.query else None) as busy:
        settings.write_text(text.replace(server.endpoint, busy.endpoint))
        placed = holdfast.run("hold", "place", "case", "--account", "blog", "--reason", "Doe v. District")
    settings.write_text(text)

    assert placed.status == 0, placed.err
    assert "Hold case covers blog. Not every flag was set" in placed.out
    assert not archive.store.guard_of(stored.key).hold  # type: ignore[attr-defined]
    assert holdfast.json("locks", "renew", "--only", "holds")["held"] == 1
    assert archive.store.guard_of(stored.key).hold  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Hall:
    """An archive with people who approve, and a hold: never written to, only copied."""
    folder = tmp_path_factory.mktemp("hall")
    hall = Hall(Holdfast(folder / "home").init(), folder / "drawer").hold_ceremony()
    hall.appoint(jane="records-officer", omar="legal-reviewer")
    hall.office.register("https://one.example/feed.xml", "one", "--custodian", "Ana Ruiz")
    hall.office.register("https://two.example/feed.xml", "two")
    hall.office.json("hold", "place", "case", "--custodian", "Ana Ruiz", "--reason", "Doe v. District")
    return hall


def test_two_people_end_a_hold_and_the_ledger_says_who(hall: Hall):
    released = hall.release("case", "jane", "omar")
    assert released.status == 0, released.err
    assert hall.office.json("hold", "list")["holds"] == []
    told = hall.office.run("log", "--limit", "1").out
    assert "hold case released: Dismissed (proposed by clerk@office, approved by jane and omar)" in told
    assert hall.office.run("verify").status == 0


@pytest.mark.parametrize("people", [(), ("jane",)])
def test_one_person_or_none_does_not_end_a_hold(hall: Hall, people: tuple[str, ...]):
    refused = hall.release("case", *people)
    assert (refused.status, refused.json["error"]["code"]) == (3, "DECISION_REFUSED")
    assert len(hall.office.json("hold", "list")["holds"]) == 1


def test_what_is_approved_is_read_first_and_may_be_declined(hall: Hall):
    file = hall.file("release.json")
    hall.office.json("hold", "propose-release", "case", "--reason", "Settled", "--to", file)
    command = ("approve", file, "--with", hall.file("jane.pem"))
    declined = hall.office.run(*command, typed="n\n", HOLDFAST_ROOT_PASSPHRASE=PASSPHRASE)
    assert "Release the hold 'case'" in declined.err
    assert "Settled" in declined.err
    assert "KEYS_NOT_SIGNED" in declined.err
    unanswered = hall.office.run(*command, typed="", HOLDFAST_ROOT_PASSPHRASE=PASSPHRASE)
    assert "KEYS_NOT_SIGNED" in unanswered.err
    approved = hall.office.run(*command, typed="y\n", HOLDFAST_ROOT_PASSPHRASE=PASSPHRASE)
    assert "Approved so far by: jane" in approved.out


def test_a_hold_is_amended_and_listed_in_words(hall: Hall):
    days = ("--from", "2026-01-01", "--to", "2026-01-31")
    hall.office.json("hold", "amend", "case", "--account", "two", *days, "--reason", "More")
    listed = hall.office.run("hold", "list").out
    assert "accounts of Ana Ruiz; two, from 2026-01-01, up to 2026-01-31: Doe v. District" in listed
    assert "covers two, from 2026-01-01, up to 2026-01-31, too: More" in hall.office.run("log", "--limit", "1").out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("place", "x", "--account", "none"), "ACT_REFUSED"),
        (("place", "x", "--custodian", "Nobody"), "ACT_REFUSED"),
        (("place", "x", "--query", " "), "HOLD_ON_NOTHING"),
        (("place", "x", "--query", "a OR"), "QUERY_SYNTAX"),
        (("place", "x", "--from", "yesterday"), "DATE_UNREADABLE"),
        (("place", "x", "--record", "ffffffff"), "RECORD_UNKNOWN"),
        (("place", "case"), "ACT_REFUSED"),
        (("amend", "unknown", "--account", "one"), "ACT_REFUSED"),
        (("propose-release", "unknown", "--to", "x.json"), "HOLD_UNKNOWN"),
    ],
)
def test_what_cannot_be_held_is_refused_and_the_holds_stay_as_they_are(hall: Hall, arguments, code):
    before, holds = hall.office.json("status")["entries"], hall.office.json("hold", "list")
    answer = hall.office.run("hold", *arguments, "--reason", "x")
    assert answer.status != 0
    assert code in answer.err
    assert hall.office.json("hold", "list") == holds
    # Proposing changes nothing yet; whoever places or widens a hold in vain is in the ledger.
    tried = arguments[0] != "propose-release"
    assert hall.office.json("status")["entries"] == before + tried
    assert (f"was refused: {code}" in hall.office.run("log", "--limit", "1").out) is tried


def test_a_key_without_its_public_half_or_of_another_archive_approves_nothing(hall: Hall):
    file = hall.file("release.json")
    hall.office.json("hold", "propose-release", "case", "--reason", "Settled", "--to", file)
    stranger = hall.file("eve.pem")
    hall.json("approver", stranger, "--role", "records-officer", "--name", "eve", "--origin", "elsewhere/1")
    shutil.copy(hall.file("omar.pem"), hall.file("bare.pem"))
    shutil.copy(hall.file("omar.pem"), hall.file("mixed.pem"))
    shutil.copy(hall.file("jane.pem.pub"), hall.file("mixed.pem.pub"))
    for name, code in (("eve", "APPROVER_KEY"), ("bare", "FILE_CARRIED"), ("mixed", "APPROVER_KEY")):
        answer = hall.office.run(
            "approve", file, "--with", hall.file(f"{name}.pem"), "--yes", HOLDFAST_ROOT_PASSPHRASE=PASSPHRASE
        )
        assert (answer.status, code in answer.err) == (2, True), answer.err
