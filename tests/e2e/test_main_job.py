"""The main job, from an empty folder to a verified production, as a user does it."""

from __future__ import annotations

import json
import subprocess
import sys
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from demo.site import BlogSite
from tests.e2e.holdfast import ROOT, Holdfast
from tests.servers import Answer, serving

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def office(tmp_path: Path) -> Holdfast:
    """A new archive."""
    return Holdfast(tmp_path / "home").init()


def test_capture_edit_delete_capture_search_produce_verify(office: Holdfast, tmp_path: Path):
    with BlogSite() as site:
        # Given a captured blog,
        office.register(site.feed, "blog", "--custodian", "Office of Communications")
        first = office.capture("blog")
        assert first["new"] == 8 + 14
        assert first["poll"]["outcome"] == "captured"
        # when nothing changes, a second capture adds nothing and is recorded;
        second = office.capture("blog")
        assert second["poll"]["outcome"] == "unchanged"
        assert "new" not in second
        # when one post is edited and another, with its comments, is deleted,
        site.edit("bus-routes", paragraphs=("Route 7 stops at Elm Street again.",))
        site.delete("budget-hearing")
        third = office.capture("blog")
    # then the capture says so,
    assert third["edited"] == 1
    assert third["absent"] == 1 + 4
    # the edited post is found by the words that it had and by those that it has,
    for words in ("no longer stops", "Elm Street again"):
        hits = office.json("search", f'"{words}"')["hits"]
        assert [hit["title"] for hit in hits] == ["New bus routes from March 2"], words
    # the deleted post is still there, with the interval of its deletion,
    (hit,) = office.json("search", "roofs buses", "--type", "post", "--account", "blog")["hits"]
    shown = office.json("show", hit["record"])
    assert shown["absence"]["verdict"] == "deleted"
    assert shown["absence"]["last_seen"] < shown["absence"]["first_missing"]
    assert len(shown["thread"]) == 4
    # a production of it can be checked,
    document = tmp_path / "production.pdf"
    made = office.json("produce", "budget OR buses", "--matter", "Request 2026-14", "--out", str(document))
    assert made["records"] >= 3
    assert made["bates"].startswith("MG0000001")
    checked = office.json("verify", str(document))
    assert checked["sound"]
    assert len(checked["records"]) == made["records"]
    # and the archive is sound.
    report = office.json("verify")
    assert all(step["verdict"] != "faulty" for step in report["steps"])
    assert not report.get("findings")


def test_a_web_address_is_captured_without_any_configuration(office: Holdfast):
    with BlogSite() as site:
        act = office.capture(site.feed, "--allow-private-network")
        assert act["new"] == 22
        assert office.capture(site.feed)["poll"]["outcome"] == "unchanged"
    assert len(office.json("account", "list")["accounts"]) == 1


def test_a_picture_that_could_not_be_had_at_first_is_shown_with_its_post(office: Holdfast):
    (office.home / "holdfast.toml").write_text(
        (office.home / "holdfast.toml").read_text() + "\n[capture]\nattempts = 1\n"
    )
    item = "<item><guid>1</guid><title>Volcano day</title><enclosure url='/a.png' type='image/png'/></item>"
    feed = f"<rss version='2.0'><channel><title>News</title>{item}</channel></rss>".encode()
    xml, picture = (
        {"Content-Type": "application/rss+xml"},
        Answer(headers={"Content-Type": "image/png"}, body=b"picture"),
    )
    with serving({"/": Answer(headers=xml, body=feed), "/a.png": [Answer(503), picture]}) as server:
        office.register(server.url("/"), "news", "--platform", "feed")
        assert office.capture("news")["new"] == 1
        assert not {"new", "edited"} & office.capture("news").keys()
    (hit,) = office.json("search", "volcano")["hits"]
    shown = office.json("show", hit["record"])
    (late,) = shown["thread"]
    assert len(shown["versions"]) == 1
    assert (late["kind"], late["parent"], late["depth"]) == ("media", shown["normalised"]["item"], 1)
    assert late["attachments"][0]["sha256"] == sha256(b"picture").hexdigest()
    assert server.url("/a.png") in office.run("show", hit["record"]).out


def test_a_website_is_captured_with_its_pages_and_their_pictures(office: Holdfast):
    with BlogSite() as site:
        office.register(f"{site.url}/", "site", "--platform", "website")
        act = office.capture("site")
        assert act["new"] == 1 + 1 + 8
        site.delete("bus-routes")
        assert office.capture("site")["absent"] == 1
    assert office.json("search", "volcano", "--type", "page")["hits"]
    assert office.run("verify").status == 0


def test_the_ledger_and_the_status_can_be_read(office: Holdfast):
    with BlogSite() as site:
        office.capture(site.feed, "--allow-private-network")
    acts = [act["act"] for entry in office.json("log")["entries"] for act in entry["acts"]]
    assert acts == ["captured", "account-registered", "archive-created"]
    status = office.json("status")
    assert status["entries"] == 3
    assert status["accounts"][0]["records"] >= 22
    assert "22 new" in office.run("log").out
    assert office.run("status").status == 0


@pytest.mark.parametrize(
    "command", ["init", "account", "capture", "import", "search", "show", "produce", "verify", "log", "status"]
)
def test_every_command_explains_itself_with_an_example(tmp_path: Path, command: str):
    answer = Holdfast(tmp_path).run(command, "--help")
    assert answer.status == 0
    if command != "account":
        lines = [line.strip().replace("--home /srv/archive ", "") for line in answer.out.splitlines()]
        assert any(line.startswith(f"holdfast {command}") for line in lines), "no example on a line of its own"


def test_the_program_starts_by_itself(tmp_path: Path):
    """All other tests fork it from a process that has loaded it (``tests.e2e.forked``)."""
    command = [sys.executable, "-m", "cli", "--home", str(tmp_path / "none"), "status", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    forked = Holdfast(tmp_path / "none").run("status", "--json")
    assert (done.returncode, json.loads(done.stdout)) == (forked.status, forked.json)
    assert forked.status != 0
