"""An archive with neighbours, by the command line: two witnesses, one by file, two authorities; then what it proves."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pypdfium2
import pytest

from demo.site import BlogSite
from manifests.console import system_clock
from tests.e2e.holdfast import Holdfast
from tests.manifests.checkpointing import Office
from tests.servers import Answer
from tests.servers import serving as answering

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def clerk(tmp_path: Path) -> Holdfast:
    """A new archive with a captured blog."""
    made = Holdfast(tmp_path / "home", {"HOLDFAST_TOKEN": "t0ken-in-the-environment"}).init()
    with BlogSite() as site:
        made.capture(site.feed, "--allow-private-network")
    return made


def stamped(answer) -> list[str]:
    return [stamp["name"] for stamp in answer["stamps"]]


def cosigned(answer) -> list[str]:
    return [made["name"] for made in answer["cosigned"]]


def test_checkpoint_by_two_witnesses_and_two_authorities_then_produce_and_verify(clerk: Holdfast, tmp_path: Path):
    site = tmp_path / "site"
    site.mkdir()
    office = Office(clerk.home, system_clock)
    office.checkpoint(publish=[str(site)])
    with office.neighbours() as (county, alpha, _beta):
        office.open()  # writes the settings
        # When a checkpoint is made, all that can be asked online vouch at once, and the rest is said plainly;
        made = clerk.json("checkpoint", "make")
        assert (cosigned(made), stamped(made)) == (["county"], ["alpha", "beta"])
        assert (made["needed"], made["enough"]) == (2, False)
        assert [(lack["name"], lack["error"]["code"]) for lack in made["lacking"]] == [("school", "ATTESTOR_UNASKED")]
        assert made["published"] == [str(site)]
        words = clerk.run("checkpoint", "make").out
        assert "Cosigned by 1 of 2 witnesses (2 needed)" in words
        assert "LACKING witness school" in words
        # the other witness is asked with a stick;
        stick, back = tmp_path / "request.txt", tmp_path / "cosigned.note"
        clerk.json("checkpoint", "request", "--witness", "school", "--to", str(stick))
        clerk.json("witness", "sign", str(tmp_path / "school"), str(stick), "--to", str(back))
        accepted = clerk.json("checkpoint", "accept", str(back))
        assert (accepted["accepted"], accepted["enough"]) == (["school"], True)
        # a second run finds nothing lacking and asks nobody again.
        heard = (len(county.told), len(alpha.queries))
        again = clerk.json("checkpoint", "make")
        assert (again["size"], again["lacking"], sorted(cosigned(again))) == (made["size"], [], ["county", "school"])
        assert (len(county.told), len(alpha.queries)) == heard
        (shown,) = clerk.json("checkpoint", "show", "--size", str(made["size"]))["checkpoints"]
        assert shown["enough"]
        assert clerk.json("checkpoint", "renew")["due"] == []
        # A production rests on that very checkpoint, as nothing was added since,
        document = tmp_path / "production.pdf"
        produced = clerk.json("produce", "budget OR buses", "--matter", "Request 2026-14", "--out", str(document))
        assert produced["lacking"] == []
    # says so on its pages, and can be checked by whoever gets it, long after everybody is gone.
    pages = [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(document)]
    for page in (pages[0], pages[-1]):
        flat = " ".join(page.split())
        assert "Cosigned by 2 of 2 witnesses (2 needed): county.example at" in flat
        assert "as Alpha stamped" in flat
        assert "as Beta stamped" in flat
    checked = clerk.json("verify", str(document))
    assert checked["sound"]
    assert [step["verdict"] for step in checked["steps"] if step["number"] == 8] == ["sound"]
    assert any(words.startswith("Cosigned by 2 of 2 witnesses") for words in checked["vouched"])
    assert len(checked["roots"]) == 2
    report = clerk.json("verify")
    assert report["findings"] == []
    assert [step["checked"] for step in report["steps"] if step["number"] in (12, 13)] == [2, 2]
    (log,) = [entry for entry in clerk.json("log")["entries"] if entry["acts"][0]["act"] == "attestors-named"]
    assert log["acts"][0]["needed"] == 2
    assert "witnesses county, school (2 of 2 needed)" in clerk.run("log").out


def test_a_production_is_made_and_says_who_was_silent(clerk: Holdfast, tmp_path: Path):
    office = Office(clerk.home, system_clock)
    with office.neighbours():
        office.checkpoint(needed=1, timeout_seconds=2)
        office.open()
        clerk.json("checkpoint", "make")
    with BlogSite() as site:  # the ledger grows, and now nobody answers
        clerk.register(site.feed, "other")
    document = tmp_path / "production.pdf"
    produced = clerk.json("produce", "budget", "--matter", "M", "--out", str(document))
    assert {lack["name"] for lack in produced["lacking"]} == {"alpha", "beta", "county", "school"}
    cover = " ".join(pypdfium2.PdfDocument(document)[0].get_textpage().get_text_range().split())
    assert "Cosigned by 0 of 2 witnesses (1 needed)." in cover
    assert "The witness county had not cosigned it." in cover
    assert "The authority beta had not stamped its time." in cover
    assert clerk.json("verify", str(document))["sound"]


def test_a_witness_that_disputes_stops_everything_with_status_7(clerk: Holdfast, tmp_path: Path):
    office = Office(clerk.home, system_clock)
    office.watched("county")
    with answering({"/add-checkpoint": Answer(422, {}, b"not a continuation\n")}) as server:
        office.sections["witness.county"]["url"] = server.url("")
        office.open()
        answer = clerk.run("checkpoint", "make", "--json")
        assert answer.status == 7
        error = answer.json["error"]
        assert error["code"] == "WITNESS_DISPUTES"
        assert "not a continuation" in (tmp_path / error["facts"]["kept"]).read_text()
        document = tmp_path / "production.pdf"
        assert clerk.run("produce", "budget", "--matter", "M", "--out", str(document)).status == 7
    assert not document.exists()


def test_settings_and_names_that_cannot_be_are_refused_with_advice(clerk: Holdfast, tmp_path: Path):
    office = Office(clerk.home, system_clock)
    office.sections["witness.county"] = {"key": "no key at all"}
    office.open()
    assert clerk.run("checkpoint", "make", "--json").json["error"]["code"] == "KEY_MALFORMED_OR_LOCKED"
    office.sections = {"authority.alpha": {"url": "http://127.0.0.1:1/", "roots": "missing.pem"}}
    office.open()
    assert clerk.run("checkpoint", "make", "--json").json["error"]["code"] == "TIMESTAMP_ROOTS"
    office.sections = {"checkpoint": {"publish": ["https://x.example/"], "token_variable": "HOLDFAST_UNSET"}}
    office.open()
    (lack,) = clerk.json("checkpoint", "make")["lacking"]
    assert lack["error"]["code"] == "PUBLISHING_TOKEN"
    for arguments, code in (
        (("request", "--witness", "nobody", "--to", str(tmp_path / "r")), "WITNESS_UNNAMED"),
        (("accept", str(tmp_path / "missing")), "WITNESS_FILE"),
        (("show", "--size", "999"), "CHECKPOINT_UNKNOWN"),
    ):
        assert clerk.run("checkpoint", *arguments, "--json").json["error"]["code"] == code


def test_every_checkpoint_command_has_help_with_an_example():
    for name in ("", "make", "request", "accept", "renew", "show"):
        arguments = [sys.executable, "-m", "cli", "checkpoint", *([name] if name else []), "--help"]
        out = subprocess.run(arguments, capture_output=True, text=True, check=True).stdout
        assert f"\n    holdfast checkpoint {name}" in out
