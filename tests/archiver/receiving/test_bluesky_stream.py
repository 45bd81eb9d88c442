"""Bluesky's streams: which records they name, from where they go on, and what no server can do to who follows them."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from websockets.sync.server import serve

from archiver import registry, rounds
from archiver.parsing.ipld import encode
from archiver.platforms.bluesky import READING
from archiver.platforms.bluesky_events import JETSTREAM, STREAM
from archiver.platforms.notifying import Named
from archiver.platforms.reading import Site
from archiver.receiving import following, streams
from archiver.receiving.listening import listening
from archiver.receiving.received import waiting
from manifests.archive import open_archive
from manifests.console import system_clock
from schemas.account import Account
from tests.archiver.transports import only_loopback
from tests.manifests.archives import archive_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from archiver.receiving.due import Due

DID = "did:plc:mapletown"
POST = "app.bsky.feed.post"
TOWN = Account(name="town", platform="bluesky", url=f"https://bsky.app/profile/{DID}", title="t", private_network=True)
AT_JETSTREAM = Site(TOWN, "", identity=DID)
SERVER = "wss://pds.example/xrpc/com.atproto.sync.subscribeRepos"
AT_SERVER = Site(TOWN, "", identity=DID, stream=SERVER)


def told(number: int, *, did: str = DID, key: str = "3k", operation: str = "create") -> bytes:
    """What Jetstream says of a post."""
    commit = {"rev": "3l", "operation": operation, "collection": POST, "rkey": key}
    return json.dumps({"did": did, "time_us": number, "kind": "commit", "commit": commit}).encode()


def frame(kind: str, **members: Any) -> bytes:
    """A message of an event stream: a header, and a payload."""
    return encode({"op": 1, "t": kind}) + encode(members)


def commit(number: int, *paths: str, repo: str = DID) -> bytes:
    return frame("#commit", seq=number, repo=repo, ops=[{"action": "create", "path": path} for path in paths])


def test_what_was_made_changed_or_deleted_of_an_account_is_named_and_what_others_do_is_not():
    posted = Named(f"at://{DID}/{POST}/3k")
    for operation in ("create", "update", "delete"):
        assert list(STREAM.named(told(1, operation=operation), AT_JETSTREAM)) == [posted]
    liked = "app.bsky.feed.like/3l"
    assert list(STREAM.named(commit(1, f"{POST}/3k", liked, f"{POST}/3k"), AT_SERVER)) == [
        posted,
        Named(f"at://{DID}/{liked}", "event"),
    ]
    assert list(STREAM.named(told(1, did="did:plc:other"), AT_JETSTREAM)) == []
    assert list(STREAM.named(commit(1, f"{POST}/3k", repo="did:plc:other"), AT_SERVER)) == []
    assert list(STREAM.named(commit(1, f"{POST}/3k"), Site(TOWN, ""))) == []


def test_what_becomes_of_the_account_itself_leads_to_its_document_or_its_repository():
    repository, document = Named(f"repository:{DID}", "profile"), Named(f"document:{DID}", "profile")
    away = {"active": False, "status": "takendown"}
    for body, named in (
        (frame("#account", seq=1, did=DID, **away), repository),
        (frame("#sync", seq=1, did=DID, rev="3l"), repository),
        (frame("#commit", seq=1, repo=DID, ops=[], tooBig=True), repository),
        (frame("#identity", seq=1, did=DID, handle="town.example"), document),
        (json.dumps({"did": DID, "kind": "account", "account": {"did": DID, **away}}).encode(), repository),
        (json.dumps({"did": DID, "kind": "identity", "identity": {"did": DID}}).encode(), document),
    ):
        assert list(STREAM.named(body, AT_SERVER)) == [named]


def test_a_path_that_is_none_names_the_repository_and_no_record_of_another():
    for path in ("", "/", "a/", "/b", "a/b/c", "../b/c"):
        assert list(STREAM.named(commit(1, path), AT_SERVER)) == [Named(f"repository:{DID}", "profile")]


def test_a_stream_goes_on_where_it_is_told_to():
    asked = parse_qs(urlsplit(STREAM.address(AT_JETSTREAM, "17")).query)
    assert asked == {"wantedDids": [DID], "maxMessageSizeBytes": ["5000000"], "cursor": ["17"]}
    assert STREAM.address(AT_JETSTREAM, "").startswith(f"{JETSTREAM}?")
    assert STREAM.address(AT_SERVER, "") == SERVER
    assert STREAM.address(AT_SERVER, "17") == f"{SERVER}?cursor=17"
    assert STREAM.address(Site(TOWN, "", stream=SERVER), "") is None
    assert (STREAM.mark(told(17)), STREAM.mark(commit(18))) == ("17", "18")
    assert STREAM.mark(encode({"op": -1}) + encode({"error": "FutureCursor"})) == ""
    for other in (encode({"op": -1}) + encode({"error": "ConsumerTooSlow"}), frame("#info", name="OutdatedCursor")):
        assert STREAM.mark(other) is None
        assert list(STREAM.named(other, AT_SERVER)) == []
    for worthless in (b'{"time_us": true}', b'{"time_us": -1}', b'{"time_us": "1&x=y"}', b'{"time_us": 1e99}', b"\xff"):
        assert STREAM.mark(worthless) is None


def test_an_account_is_known_by_its_did_from_its_address_or_from_what_is_held_and_not_when_that_is_ambiguous():
    named = Account(name="t", platform="bluesky", url="https://bsky.app/profile/town.example", title="t")
    assert READING.identity(TOWN, ()) == DID
    assert READING.identity(named, ["at://x/y/z", f"document:{DID}", "identity:town.example"]) == DID
    assert READING.identity(named, ["identity:town.example"]) == ""
    assert READING.identity(named, [f"document:{DID}", "document:did:plc:other"]) == ""


class Talker:
    """A stream's server: talks by ``script``, and keeps the addresses at which it was asked."""

    def __init__(self, script: Callable[[Talker, Any], None]) -> None:
        self.asked: list[str] = []
        self.closing = threading.Event()
        self._script = script

    def __call__(self, connection: Any) -> None:
        self.asked.append(connection.request.path)
        self._script(self, connection)

    def cursors(self) -> list[str]:
        return [parse_qs(urlsplit(path).query).get("cursor", [""])[0] for path in self.asked]


@contextmanager
def talking(script: Callable[[Talker, Any], None]) -> Iterator[tuple[Talker, str]]:
    talker = Talker(script)
    with serve(talker, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield talker, f"ws://127.0.0.1:{server.socket.getsockname()[1]}/subscribe"
        finally:
            talker.closing.set()
            server.shutdown()
            thread.join()


@contextmanager
def followed(home: Path, stream: str, said: list[Exception]) -> Iterator[Due]:
    """Follow the town's stream in an archive below ``home``, which is made if need be."""
    if not (home / "holdfast.toml").exists():
        archive_in(home)
        with (home / "holdfast.toml").open("a") as settings:
            settings.write(f'\n[platform.bluesky]\nstream = "{stream}"\n')
    archive = open_archive(home, now=system_clock, actor="test")
    if "town" not in archive.ledger.history.accounts:
        registry.register(archive, TOWN)
    with listening(archive, rounds.system_chance(), environment={}, resolve=only_loopback, said=said.append) as (
        due,
        _,
        names,
    ):
        assert names == ("town",)
        yield due


def heard(home: Path, due: Due, count: int) -> list[bytes]:
    """Wait until so much was told."""
    while len(waiting(home, "town")) < count:
        assert due.take(wait=0) == ("town",)
    return [one.body for one in waiting(home, "town")]


@pytest.fixture(autouse=True)
def _in_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "FIRST_PAUSE", 0.01)


def test_what_was_told_while_nobody_listened_is_told_by_the_stream_from_its_mark_and_kept_once(tmp_path: Path):
    happened = [told(number, key=f"3k{number}") for number in range(1, 6)]
    happened[1] = told(1, key="at-the-same-instant")

    def replay(talker: Talker, connection: Any) -> None:
        """As Jetstream does: from the cursor on, what is at it included; live what there is then."""
        cursor = int(talker.cursors()[-1] or 0)
        for body in happened[:3] if len(talker.asked) == 1 else happened:
            if json.loads(body)["time_us"] >= cursor:
                connection.send(body.decode())
        if len(talker.asked) > 1:
            talker.closing.wait()

    said: list[Exception] = []
    with talking(replay) as (talker, url):
        with followed(tmp_path, url, said) as due:
            assert heard(tmp_path, due, 5) == happened
        with followed(tmp_path, url, said) as due:  # as after a kill: nothing is left but the file
            assert due.take(wait=0) == ("town",)
            while len(talker.asked) < 3:
                due.take(wait=0.01)
        assert talker.cursors() == ["", "3", "5"]
    assert [one.body for one in waiting(tmp_path, "town")] == happened


def test_a_mark_that_the_server_does_not_know_is_given_up(tmp_path: Path):
    def refuse(talker: Talker, connection: Any) -> None:
        connection.send(commit(7, f"{POST}/3k"))
        if len(talker.asked) == 2:
            connection.send(encode({"op": -1}) + encode({"error": "FutureCursor"}))
        if len(talker.asked) == 3:
            talker.closing.wait()

    with talking(refuse) as (talker, url), followed(tmp_path, url, []) as due:
        heard(tmp_path, due, 2)
        assert talker.cursors() == ["", "7", ""]


def test_what_brings_out_a_defect_is_said_and_ends_no_following(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    turns = iter([lambda *_: 1 // 0, following.keep])

    def keep(*message: Any) -> None:
        next(turns)(*message)

    monkeypatch.setattr(following, "keep", keep)

    def tell(talker: Talker, connection: Any) -> None:
        connection.send(told(len(talker.asked)))
        talker.closing.wait()

    said: list[Exception] = []
    with talking(tell) as (talker, url), followed(tmp_path, url, said) as due:
        assert heard(tmp_path, due, 1) == [told(2)]
        assert [error.code for error in said] == ["STREAM_DEFECT"]
        assert talker.cursors() == ["", ""]


def test_a_frame_that_is_too_large_is_not_asked_for_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(streams, "LARGEST", 1_000)

    def enlarge(talker: Talker, connection: Any) -> None:
        connection.send(told(len(talker.asked)))
        if len(talker.asked) == 1:
            connection.send(b"x" * 2_000)
        talker.closing.wait()

    said: list[Exception] = []
    with talking(enlarge) as (talker, url), followed(tmp_path, url, said) as due:
        assert heard(tmp_path, due, 2) == [told(1), told(2)]
        assert [error.code for error in said] == ["FRAME_TOO_LARGE"]
        assert talker.cursors() == ["", ""]
