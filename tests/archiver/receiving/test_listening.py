"""What is told by streams and calls: kept, sealed with the account's next capture, and looked up at once."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.sync.server import serve

from archiver import registry, rounds
from archiver.fetch.failures import AccessRefusedError, ConnectionCutError
from archiver.platforms.mastodon import STREAM as MASTODON
from archiver.platforms.notifying import Stream
from archiver.platforms.reading import Site
from archiver.receiving import sealing, streams
from archiver.receiving.due import Due
from archiver.receiving.listening import listening
from archiver.receiving.received import Notification, accounts_waiting, keep, waiting
from archiver.receiving.streams import StreamReader
from manifests.archive import open_archive
from manifests.audit import audit
from manifests.console import system_clock
from schemas.account import Account
from tests.archiver.api_site import FOLLOWERS, LOOK_UP, PROFILE, STATUSES, answer, status
from tests.archiver.transports import AT, only_loopback
from tests.manifests.archives import archive_in
from tests.servers import Answer, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from archiver.rounds import Captures
    from manifests.archive import Archive
    from tests.servers import Server

EVENTS = {"Content-Type": "text/event-stream"}
STREAMING = "/api/v1/streaming/user"


def reader(kind: Any) -> StreamReader:
    return StreamReader(
        Stream(kind=kind, address=lambda *_: "", named=lambda *_: ()), only_loopback, "holdfast", private_network=True
    )


def test_events_come_in_their_bytes_however_they_were_cut_and_comments_are_none():
    text = b":thump\n\nevent: update\ndata: {\n\rdata: }\n\n\r\nevent: delete\r\ndata: 7\r\n\r\n:thump\n\nevent: cut"
    text = text.replace(b"\n\r", b"\n")
    with serving({"/": Answer(headers=EVENTS, body=text, chunked=True)}) as server:
        opened, *told = reader("events").messages(server.url("/"))
        assert opened == b""
    assert told == [b"event: update\ndata: {\ndata: }", b"event: delete\r\ndata: 7"]


@given(st.lists(st.integers(1, 40), max_size=8))
def test_an_event_has_its_bytes_wherever_it_was_cut(cuts: list[int]):
    text = b"\r\n\r\nevent: a\r\ndata: 1\r\n\r\nevent: b\ndata: 2\n\n:thump\n\nevent: c\rdata: 3\r\rcut"
    places = [0, *sorted(accumulate(cuts)), len(text)]
    parts = iter([text[start:end] for start, end in pairwise(places)])
    assert list(streams.events_in(parts)) == [b"event: a\r\ndata: 1", b"event: b\ndata: 2", b"event: c\rdata: 3"]


def test_a_character_that_ends_lines_elsewhere_ends_none_of_an_event():
    whose = Site(Account(name="m", platform="mastodon", url="https://social.example/@maple", title="m"), "")
    for character in "\x85\u2028\u2029":
        said = json.dumps({"id": "7", "content": f"a{character}b", "account": {"acct": "maple"}}, ensure_ascii=False)
        body = f"event: update\ndata: {said}".encode()
        assert [one.item for one in MASTODON.named(body, whose)] == ["7"]


def test_a_stream_that_is_refused_or_breaks_says_so():
    with serving({"/": Answer(401), "/cut": Answer(headers=EVENTS, body=b"event: a\ndata: b\n\n", short=5)}) as server:
        with pytest.raises(AccessRefusedError):
            list(reader("events").messages(server.url("/")))
        with pytest.raises(ConnectionCutError):
            list(reader("events").messages(server.url("/cut")))


def test_a_websocket_is_read_frame_by_frame():
    def talk(connection: Any) -> None:
        connection.send("text")
        connection.send(b"\xa1\x61t")

    with serve(talk, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            port = server.socket.getsockname()[1]
            assert list(reader("websocket").messages(f"ws://127.0.0.1:{port}/")) == [b"", b"text", b"\xa1\x61t"]
        finally:
            server.shutdown()
            thread.join()


def test_no_stream_leads_elsewhere():
    answer = Answer(302, {"Location": "http://127.0.0.1:9/"})
    with serving({"/": answer}) as server, pytest.raises(ConnectionCutError):
        list(reader("websocket").messages(server.url("/").replace("http", "ws", 1)))


def test_an_event_that_is_too_large_is_a_reason_to_look(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(streams, "LARGEST", 100)
    text = b"event: update\ndata: " + b"x" * 40_000 + b"\n\nevent: delete\ndata: 7\n\n"
    with serving({"/": Answer(headers=EVENTS, body=text, chunked=True)}) as server:
        opened, *passed, last = reader("events").messages(server.url("/"))
        assert opened == b""
        assert b"" in passed
        assert last == b"event: delete\ndata: 7"


def test_no_stream_leads_into_ones_own_network():
    outside = StreamReader(reader("websocket").stream, only_loopback, "holdfast")
    with pytest.raises(Exception, match="not public"):
        list(outside.messages("ws://127.0.0.1:9/"))


def site(*statuses: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {LOOK_UP: answer(PROFILE), STATUSES: answer(statuses), FOLLOWERS: answer([]), **more}


@contextmanager
def archive_of(home: Path, server: Server) -> Iterator[Archive]:
    """An archive with one Mastodon account, connected, that was captured once."""
    archive_in(home)
    with (home / "holdfast.toml").open("a") as settings:
        settings.write('\n[access.city]\ntoken_variable = "TOKEN"\n[listen]\nwait_seconds = 0\n')
    archive = open_archive(home, now=system_clock, actor="test")
    registry.register(
        archive, Account(name="city", platform="mastodon", url=server.url("/@maple"), title="c", private_network=True)
    )
    assert captured(archive).error is None
    yield archive


def captured(archive: Archive) -> Captures:
    accounts = [registry.account_named(archive, "city")]
    (result,) = rounds.capture_all(archive, accounts, rounds.system_chance(), environment={"TOKEN": "token-of-maple"})
    return result


def test_a_notification_is_sealed_once_and_what_it_names_is_looked_up(tmp_path: Path):
    old = status(1, day=1)
    with serving(site(old) | {"/api/v1/conversations": answer([])}) as server, archive_of(tmp_path, server) as archive:
        server.write(
            site() | {STATUSES: answer([status(2)]), "/api/v1/conversations": answer([])}
        )  # the old one is no longer among the newest; nobody would miss it before the next deep look
        keep(archive.home, "city", Notification("a" * 32, AT, "stream", b"event: delete\ndata: 1"))
        keep(archive.home, "city", Notification("b" * 32, AT, "stream", b"what is this"))
        act = captured(archive).act
        assert act is not None
        assert (act.absent, act.edited) == (1, 0)
        assert act.new == 1 + 2  # a status, and two events
        assert waiting(archive.home, "city") == ()
        keep(archive.home, "city", Notification("a" * 32, AT, "stream", b"event: delete\ndata: 1"))  # left by a crash
        again = captured(archive).act
        assert again is not None
        assert (again.new, again.absent) == (0, 0)
        assert audit(archive.store, now=archive.now()).sound


def test_an_edit_and_an_answer_that_are_told_of_are_read_though_no_list_shows_them(tmp_path: Path):
    with (
        serving(site(status(1, day=1)) | {"/api/v1/conversations": answer([])}) as server,
        archive_of(tmp_path, server) as archive,
    ):
        edited = status(1, day=1, content="<p>Edited</p>")
        reply = status(9, in_reply_to_id="1")
        server.write(
            site(status(2))
            | {
                "/api/v1/conversations": answer([]),
                "/api/v1/statuses/1": answer(edited),
                "/api/v1/statuses/9": answer(reply),
            }
        )
        for number, (kind, data) in enumerate((("status.update", edited), ("notification", {"status": reply}))):
            body = f"event: {kind}\ndata: {json.dumps(data)}".encode()
            edited["account"]["acct"] = "maple"
            keep(archive.home, "city", Notification(f"{number:032x}", AT, "stream", body))
        act = captured(archive).act
        assert act is not None
        assert (act.new, act.edited, act.absent) == (4, 1, 0)  # a status, the answer and two events; the edit


def test_what_could_not_be_looked_into_is_sealed_once_and_looked_into_when_the_platform_answers_again(tmp_path: Path):
    silent = {"/api/v1/conversations": answer([])}
    with serving(site(status(1, day=1)) | silent) as server, archive_of(tmp_path, server) as archive:
        keep(archive.home, "city", Notification("a" * 32, AT, "stream", b"event: delete\ndata: 1"))
        server.write({})
        failed = captured(archive)
        assert failed.error is not None
        assert failed.act is not None
        assert failed.act.new == 1
        assert captured(archive).act.new == 0
        assert accounts_waiting(archive.home) == ("city",)
        server.write(site(status(2)) | silent)  # the old one is no longer among the newest
        act = captured(archive).act
        assert act is not None
        assert (act.new, act.absent) == (1, 1)
        assert accounts_waiting(archive.home) == ()
        assert audit(archive.store, now=archive.now()).sound


def test_one_look_takes_along_no_more_than_it_can_look_into(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sealing, "MOST_NAMED", 2)
    silent = {"/api/v1/conversations": answer([])}
    with serving(site(status(1)) | silent) as server, archive_of(tmp_path, server) as archive:
        for number in range(3):
            told = f"event: delete\ndata: {7 + number}".encode()
            keep(archive.home, "city", Notification(f"{number:032x}", AT.plus(seconds=number), "stream", told))
        assert captured(archive).act.new == 2
        assert [one.name for one in waiting(archive.home, "city")] == [f"{2:032x}"]
        assert captured(archive).act.new == 1
        assert waiting(archive.home, "city") == ()


def test_a_stream_is_followed_and_its_account_is_due(tmp_path: Path):
    body = b":thump\n\nevent: delete\ndata: 1\n\nevent: update\ndata: " + json.dumps(status(5)).encode() + b"\n\n"
    other = json.dumps({**status(6), "account": {"id": "2", "acct": "other"}}).encode()
    body += b"event: update\ndata: " + other + b"\n\n"
    with (
        serving(site(status(1)) | {"/api/v1/conversations": answer([])}) as server,
        archive_of(tmp_path, server) as archive,
    ):
        server.write(
            site(status(1))
            | {"/api/v1/conversations": answer([]), STREAMING: Answer(headers=EVENTS, body=body, hang="after", short=9)}
        )
        said: list[Exception] = []
        with listening(
            archive, rounds.system_chance(), environment={"TOKEN": "token-of-maple"}, resolve=only_loopback,
            said=said.append,
        ) as (due, server_of_calls, streams):  # fmt: skip
            assert (server_of_calls, streams) == (None, ("city",))
            assert due.take(wait=0) == ("city",)  # when it is open
            while not waiting(archive.home, "city"):
                assert due.take(wait=0) == ("city",)
            (authorization,) = {
                request.headers.get("Authorization") for request in server.requests if request.path == STREAMING
            }
            assert authorization == "Bearer token-of-maple"
        kept = [one.body.partition(b"\n")[0] for one in waiting(archive.home, "city")]
        assert kept[0] == b"event: delete"
        assert len(kept) <= 2  # what others write is not kept


def test_what_is_due_is_taken_once_and_ending_lets_go():
    due = Due()
    due.add("a")
    due.add("b")
    due.add("a")
    assert due.take(wait=0) == ("a", "b")
    due.end()
    assert due.take(wait=60) == ()
