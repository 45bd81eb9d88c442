"""Single requests for pages that are rendered: hops, bodies, what the browser is given, what is kept beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from archiver.contract import Asked
from archiver.fetch.addresses import is_public
from archiver.fetch.failures import AddressForbiddenError
from archiver.fetch.recording import Limits
from archiver.fetch.transport import Patience
from schemas.digest import Digest
from storage.warc import payload_of, read_warc
from tests.archiver.recordings import TOKEN, recording
from tests.servers import Answer, redirect, serving

if TYPE_CHECKING:
    from pathlib import Path

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def test_a_redirect_is_an_answer_of_its_own(tmp_path: Path) -> None:
    with serving({"/a": redirect("/b"), "/b": Answer(body=b"there")}) as server, recording(tmp_path) as made:
        answered = made.transport.ask(Asked("GET", server.url("/a")))

        assert answered.response.status == 302
        assert ("Location", "/b") in answered.headers
        assert [request.path for request in server.requests] == ["/a"]


def test_a_body_is_sent_as_it_is_and_kept_without_credentials(tmp_path: Path) -> None:
    body = f"q=budget&access_token={TOKEN}".encode()
    with serving({"/": Answer(body=b"ok")}) as server, recording(tmp_path, secrets=(TOKEN,)) as made:
        made.transport.ask(Asked("POST", server.url("/"), FORM | {"User-Agent": "Browser"}, body))

        (request,) = server.requests
        assert (request.method, request.body) == ("POST", body)
        assert request.headers["User-Agent"] == "Browser"
        assert request.headers["Accept-Encoding"] == "gzip"
        with made.path.open("rb") as stream:
            (kept,) = [record.payload(limit=999) for record in read_warc(stream) if record.type == "request"]
        assert kept.startswith(b"q=budget&access_token=")
        assert len(kept) == len(body)
        assert TOKEN.encode() not in made.plain()


def test_a_browser_is_given_cookies_and_no_secret_of_the_account(tmp_path: Path) -> None:
    headers = {"Set-Cookie": "visit=1234567890", "X-Echo": f"<{TOKEN}>"}
    with serving({"/": Answer(headers=headers, body=TOKEN.encode())}) as server:
        with recording(tmp_path, secrets=(TOKEN,)) as made:
            answered = made.transport.ask(Asked("GET", server.url("/")))

        assert ("Set-Cookie", "visit=1234567890") in answered.headers
        assert TOKEN not in str(answered)
        assert b"visit=1234567890" not in made.plain()


def test_a_redirect_with_a_secret_is_followed_by_an_address_that_stands_for_it(tmp_path: Path) -> None:
    site = {"/": redirect(f"/in?key={TOKEN}"), "/in": Answer(body=b"in")}
    with serving(site) as server, recording(tmp_path, secrets=(TOKEN,)) as made:
        (location,) = [
            value for name, value in made.transport.ask(Asked("GET", server.url("/"))).headers if name == "Location"
        ]
        assert TOKEN not in location
        answered = made.transport.ask(Asked("GET", server.url(location)))

        assert answered.response.payload == b"in"
        assert server.requests[-1].path == f"/in?key={TOKEN}"
        assert TOKEN.encode() not in made.plain()


def test_what_a_page_asks_for_is_asked_once_unless_it_is_the_page(tmp_path: Path) -> None:
    with serving({"/": [Answer(503), Answer(503), Answer(body=b"ok")]}) as server:
        with recording(tmp_path, patience=Patience(attempts=3)) as made:
            assert made.transport.ask(Asked("GET", server.url("/"))).response.status == 503
            assert made.transport.ask(Asked("GET", server.url("/")), patient=True).response.status == 200
        assert len(server.requests) == 3


def test_an_answer_for_a_page_has_less_time_than_another(tmp_path: Path) -> None:
    limits = Limits(connect=5, read=5, total=60, brief=0.5)
    with (
        serving({"/": Answer(body=b"begun", hang="after", short=10)}) as server,
        recording(tmp_path, limits=limits) as made,
    ):
        response = made.transport.ask(Asked("GET", server.url("/"))).response

        assert (response.payload, response.truncated) == (b"begun", "time")


def test_a_page_cannot_reach_inside(tmp_path: Path) -> None:
    with serving({"/": Answer(body=b"inside")}) as server, recording(tmp_path, addresses=is_public) as made:
        with pytest.raises(AddressForbiddenError):
            made.transport.ask(Asked("POST", server.url("/"), FORM, b"x=1"))
        assert not server.requests


def test_what_a_look_makes_is_kept_without_secrets_under_its_address(tmp_path: Path) -> None:
    with recording(tmp_path, secrets=(TOKEN,)) as made:
        kept = made.transport.keep("urn:dom:https://grove.example/", f"<p>{TOKEN}</p>".encode(), "text/html")
        made.transport.tell("https://grove.example/", {"outcome": f"new {TOKEN}"}, about=kept.exchange)

        with made.path.open("rb") as stream:
            payload = payload_of(stream, kept.exchange, limit=999)
        assert payload == kept.payload
        assert (kept.sha256, kept.size) == (Digest.of(payload), len(payload))
        assert made.records("resource") == [("urn:dom:https://grove.example/", None, None)]
        assert made.notes()[-1]["outcome"].startswith("new ")
        assert TOKEN.encode() not in made.plain()
