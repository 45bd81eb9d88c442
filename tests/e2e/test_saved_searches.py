"""Saved searches, and the unattended job that tells of what they find anew, by mail and on standard output."""

from __future__ import annotations

from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Any

import pytest

from demo.site import BlogSite
from tests.e2e.holdfast import Holdfast
from tests.mail import HOST, served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Box:
    """A mail server's box, which may be full."""

    def __init__(self) -> None:
        self.letters: list[Any] = []
        self.full = False

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's
        if self.full:
            return "452 Full"
        self.letters.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"


@pytest.fixture
def site() -> Iterator[BlogSite]:
    with BlogSite() as made:
        yield made


@pytest.fixture
def office(tmp_path: Path, site: BlogSite) -> Holdfast:
    made = Holdfast(tmp_path / "home").init()
    made.register(site.feed, "blog")
    made.capture("blog")
    return made


@pytest.fixture
def box(office: Holdfast) -> Iterator[Box]:
    made, settings = Box(), office.home / "holdfast.toml"
    with served(made) as port:
        settings.write_text(
            settings.read_text()
            + f'\n[mail]\nserver = "{HOST}"\nport = {port}\nsender = "holdfast@x.example"\nsecurity = "none"\n'
        )
        yield made


def test_what_is_new_since_a_search_was_saved_is_told_once_by_mail_and_here(office: Holdfast, site: BlogSite, box: Box):
    saved = office.json("searches", "save", "routes", "route* OR volcano", "--type", "post", "--mail", "a@x.example")
    assert saved["total"] == office.json("search", "route* OR volcano", "--type", "post")["total"]
    office.json("searches", "save", "quiet", "elm")
    assert [one["name"] for one in office.json("searches", "list")["searches"]] == ["quiet", "routes"]
    assert office.json("searches", "alerts") == {"alerts": [], "failures": []}
    site.edit("bus-routes", paragraphs=("Route 7 stops at Elm Street again.",))
    office.capture("blog")

    box.full = True
    answer = office.run("searches", "alerts", "--json")
    assert answer.status == 5
    assert [one["search"] for one in answer.json["alerts"]] == ["quiet", "routes"]
    assert [one["code"] for one in answer.json["failures"]] == ["MAIL_UNSENT"]
    assert box.letters == []

    box.full = False
    (alert,) = office.json("searches", "alerts")["alerts"]
    (record,) = alert["records"]
    assert (alert["search"], alert["again"], alert["alert"]) == ("routes", True, answer.json["alerts"][1]["alert"])
    (letter,) = box.letters
    assert letter["To"] == "a@x.example"
    assert letter["Subject"] == "Maple Grove USD: 1 new hit of the saved search routes"
    assert letter["Message-ID"] == f"<holdfast.{alert['alert']}@x.example>"
    assert f"holdfast show {record[:12]}" in letter.get_content()
    assert "Elm" not in letter.get_content()
    assert office.json("show", record)["normalised"]["text"] == "Route 7 stops at Elm Street again."

    assert office.json("searches", "alerts") == {"alerts": [], "failures": []}
    assert len(box.letters) == 1
    once_more = office.json("search", "route* OR volcano", "--type", "post")
    assert office.json("searches", "run", "routes")["hits"] == once_more["hits"]
    office.json("searches", "remove", "routes")
    assert office.run("searches", "run", "routes").status == 2


def test_people_are_not_promised_mail_that_cannot_be_sent(office: Holdfast):
    refused = office.run("searches", "save", "routes", "route", "--mail", "a@x.example", "--json")
    assert (refused.status, refused.json["error"]["code"]) == (2, "MAIL_UNSET")
    assert office.run("searches", "list").out == "No search is saved.\n"
    assert office.run("searches", "alerts").out == "Nothing new.\n"
