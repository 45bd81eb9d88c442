"""Destruction as an office does it: plan, papers, approvals, certificate; by hand, and unattended with mail."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import default
from typing import TYPE_CHECKING, Any

import pytest

from manifests.console import system_clock
from manifests.decisions.decided import DAY
from schemas.digest import Digest
from tests.e2e.holdfast import Holdfast
from tests.ediscovery.disposition.offices import SCHEDULE
from tests.mail import HOST, served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.halls import Hall


class Box:
    """A mail server's box."""

    def __init__(self) -> None:
        self.letters: list[Any] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's
        self.letters.append(envelope)
        return "250 OK"


@pytest.fixture
def mail(hall: Hall) -> Iterator[Box]:
    """A mail server on loopback, which the archive's settings name."""
    box, settings = Box(), hall.office.home / "holdfast.toml"
    with served(box) as port:
        settings.write_text(
            settings.read_text()
            + '\n[disposition]\napprovers = ["jane@x.example", "omar@x.example"]\n'
            + f'\n[mail]\nserver = "{HOST}"\nport = {port}\nsender = "holdfast@x.example"\nsecurity = "none"\n'
        )
        yield box


def test_a_plan_is_read_approved_carried_out_and_certified(hall: Hall, tmp_path: Path):
    office = hall.office
    made = office.json("retention", "plan", "--as-of", "2026-11-01", "--to", str(tmp_path / "plans"))
    name, folder = made["plan"]["plan"], tmp_path / "plans" / made["plan"]["plan"]
    assert sorted(path.name for path in folder.iterdir()) == ["decision.json", "records.csv", "records.pdf"]
    assert len((folder / "records.csv").read_text("utf-8-sig").splitlines()) == 1 + made["plan"]["records"]
    # Nobody, then one person approved:
    for people in ((), ("jane",)):
        hall.approve(str(folder / "decision.json"), *people)
        refused = office.run("retention", "execute", str(folder / "decision.json"), "--json")
        assert (refused.status, refused.json["error"]["code"]) == (3, "DECISION_REFUSED")
        last = office.run("log", "--limit", "1").out
        assert f"clerk@office  carrying out the plan {name} was refused: DECISION_REFUSED" in last
    hall.approve(str(folder / "decision.json"), "omar")
    done = office.json("retention", "execute", str(folder / "decision.json"))
    assert [(one["plan"], one["waiting"], bool(one["certificate"])) for one in done["plans"]] == [(name, 0, True)]
    assert office.json("search", "--type", "comment")["total"] == 0
    assert office.json("search", "--type", "post")["total"] == 8
    # The certificate can be checked, here and by whoever has nothing but the file;
    certificate = tmp_path / "certificate.pdf"
    office.json("retention", "certificate", name, "--out", str(certificate))
    assert office.json("verify", str(certificate))["sound"]
    stranger = Holdfast(tmp_path / "nowhere")
    assert stranger.json("verify", str(certificate))["sound"]
    # and the archive is sound; what it says of the plan can be read.
    assert office.json("verify")["findings"] == []
    assert f"plan {name} certified" in office.run("log", "--limit", "1").out
    assert "carried out and certified" in office.run("retention", "plans").out
    assert office.json("retention", "run")["proposed"] is None


def test_what_is_destroyed_cannot_be_shown_and_survivors_are_proved(hall: Hall, tmp_path: Path):
    office = hall.office
    (comment, *_) = office.json("search", "--type", "comment")["hits"]
    (post, *_) = office.json("search", "--type", "post")["hits"]
    made = office.json("retention", "plan", "--as-of", "2026-11-01", "--to", str(tmp_path))
    decision = str(tmp_path / made["plan"]["plan"] / "decision.json")
    hall.approve(decision, "jane", "omar")
    office.json("retention", "execute", decision)
    gone = office.run("show", comment["record"], "--json")
    assert gone.json["error"]["code"] == "RECORD_UNKNOWN"
    assert office.json("show", post["record"])["record"] == post["record"]
    office.json("prove", post["record"], "--out", str(tmp_path / "proof.json"))
    assert office.run("check", str(tmp_path / "proof.json")).status == 0


def test_it_is_proposed_unattended_told_by_mail_and_done_when_approved(hall: Hall, mail: Box):
    office, settings = hall.office, hall.office.home / "holdfast.toml"
    # Nothing is destroyed before its day has begun everywhere: here today always has.
    settings.write_text(settings.read_text().replace("America/Chicago", "Etc/GMT+12"))
    first = office.json("retention", "run")
    folder = office.home / "plans" / first["proposed"]["plan"]["plan"]
    assert (folder / "records.pdf").exists()
    (letter,) = mail.letters
    assert letter.rcpt_tos == ["jane@x.example", "omar@x.example"]
    text = message_from_bytes(letter.content, policy=default).get_content()
    assert Digest.from_hex(first["proposed"]["digest"]).grouped in text
    said = [hit["text"] for hit in office.json("search", "--type", "comment")["hits"] if hit["text"]]
    assert said
    assert not any(words[:20] in text for words in said)
    entries = office.json("status")["entries"]
    # Nothing happens until it is approved, and nothing is proposed twice:
    again = office.json("retention", "run")
    assert (again["begun"], again["proposed"], list(again["waiting"])) == ([], None, [folder.name])
    assert len(mail.letters) == 1
    assert office.json("status")["entries"] == entries, "nobody tried anything"
    hall.approve(str(folder / "decision.json"), "jane", "omar")
    done = office.json("retention", "run")
    assert done["begun"] == [folder.name]
    assert done["plans"][0]["certificate"]
    assert office.json("search", "--type", "comment")["total"] == 0
    assert office.json("retention", "run") == {
        "begun": [], "plans": [], "proposed": None, "waiting": {}, "failures": []
    }  # fmt: skip


def test_what_is_wrong_with_one_plan_is_said_and_keeps_no_other_from_going_on(hall: Hall):
    office = hall.office
    good, torn, strange = (
        office.json("retention", "plan", "--as-of", "2026-11-01", "--most", "1", "--to", str(office.home / "plans"))
        for _ in range(3)
    )
    folders = [office.home / "plans" / one["plan"]["plan"] for one in (good, torn, strange)]
    for folder in (folders[0], folders[2]):
        hall.approve(str(folder / "decision.json"), "jane", "omar")
    (folders[1] / "decision.json").write_bytes(b'{"half": ')
    (folders[2] / "permission.txt").write_bytes(b"\xff\xfe")
    ran = office.run("retention", "run", "--json")
    assert ran.status in (2, 7)  # that of the first
    assert sorted(one["code"] for one in ran.json["failures"]) == ["FILE_CARRIED", "NOT_CANONICAL"]
    assert ran.json["begun"] == [folders[0].name]
    assert ran.json["plans"][0]["certificate"]
    # Nothing is proposed over what somebody has to look at.
    assert sorted(ran.json["waiting"]) == sorted(folder.name for folder in folders[1:])
    assert ran.json["proposed"] is None


def test_a_mail_server_that_is_away_is_said_and_the_plan_stands(hall: Hall, mail: Box):
    settings = hall.office.home / "holdfast.toml"
    settings.write_text(settings.read_text().replace('server = "127.0.0.1"', 'server = "mail.invalid"'))
    ran = hall.office.run("retention", "run", "--json")
    assert ran.status != 0
    assert [one["code"] for one in ran.json["failures"]] == ["MAIL_UNSENT"]
    assert ran.json["proposed"]["plan"]["records"] > 0
    assert not mail.letters


def test_a_hold_stops_a_plan_and_one_person_may_stop_it_too(hall: Hall, tmp_path: Path):
    office = hall.office
    made = office.json("retention", "plan", "--as-of", "2026-11-01", "--to", str(tmp_path))
    decision = str(tmp_path / made["plan"]["plan"] / "decision.json")
    hall.approve(decision, "jane", "omar")
    office.json("hold", "place", "case", "--account", "blog", "--reason", "Doe v. District")
    refused = office.run("retention", "execute", decision, "--json")
    assert refused.json["error"]["code"] == "PLAN_OVERTAKEN"
    assert office.json("search", "--type", "comment")["total"] > 0
    nothing = office.run("retention", "plan", "--as-of", "2026-11-01", "--to", str(tmp_path), "--json")
    assert nothing.json["error"]["code"] == "NOTHING_DUE"
    stopped = office.run("retention", "stop", made["plan"]["plan"], "--reason", "x", "--json")
    assert stopped.json["error"]["code"] == "PLAN_REFUSED"
    assert f"stopping the plan {made['plan']['plan']} was refused" in office.run("log", "--limit", "1").out
    assert (
        office.run("retention", "certificate", made["plan"]["plan"], "--out", "x.pdf", "--json").json["error"]["code"]
        == "NOT_CERTIFIED"
    )


PERMISSION = """approval = { external = "State archivist, in writing" }
period = {days = 30}
"""


def test_the_permission_that_a_schedule_asks_for_is_typed_and_one_person_stops_what_is_begun(
    hall: Hall, tmp_path: Path
):
    office = hall.office
    comments = office.json("search", "--type", "comment")["total"]
    assert office.adopt(SCHEDULE.replace("period = {days = 30}\n", PERMISSION)).status == 0
    made = office.json(
        "retention", "plan", "--as-of", str(system_clock().plus(seconds=9 * DAY))[:10], "--to", str(tmp_path)
    )
    name = made["plan"]["plan"]
    decision = str(tmp_path / name / "decision.json")
    hall.approve(decision, "jane", "omar")
    refused = office.run("retention", "execute", decision)
    assert (refused.status, "State archivist, in writing" in refused.err) == (3, True)
    begun = office.run("retention", "execute", decision, "--permission", "RC-3 of 2026-12-01, granted")
    assert f"Plan {name} waits for its day" in begun.out, begun.err
    assert f"{name}  {made['plan']['records']} records" in (listed := office.run("retention", "plans").out)
    assert "begun, and not finished" in listed
    # A beginning of its name that is too short, or of no plan, stops nothing.
    for beginning in (name[:3], "zzzz"):
        assert office.run("retention", "stop", beginning, "--reason", "x").status != 0
    stopped = office.run("retention", "stop", name[:4], "--reason", "A records request came in: City Attorney")
    assert stopped.out.rstrip().endswith(": stopped"), stopped.err
    assert f"plan {name} stopped: A records request came in" in office.run("log", "--limit", "1").out
    assert office.run("retention", "execute").out == "No plan is begun.\n"
    assert office.json("search", "--type", "comment")["total"] == comments > 0
