"""Reading an API: pages, lists, threads, versions, media, and where everything lies."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from archiver.collectors.api.waiting import Waiting, spell_waiting, waiting_in
from archiver.observe import NEWEST
from archiver.platforms import mastodon
from archiver.platforms.known import platforms
from archiver.platforms.reading import Question
from schemas.settings import (
    RecheckSettings,
)
from storage.warc import payload_of, read_sightings, read_warc
from tests.archiver.api_site import LOOK_UP, PROFILE, STATUSES, answer, looked, site, status, views
from tests.archiver.transports import AT
from tests.servers import serving

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pytest

    from archiver.platforms.reading import Answer as ReadAnswer
    from archiver.platforms.reading import Led, Site


def test_pages_are_followed_and_make_one_list(tmp_path: Path):
    with serving({}) as server:
        link = f'<{server.url(STATUSES + "-2")}>; rel="next", <{server.url("/x")}>; rel="prev"'
        server.write(
            site() | {STATUSES: answer([status(3), status(2)], Link=link), f"{STATUSES}-2": answer([status(1)])}
        )
        collected = looked(server, tmp_path)
    listed = views(collected)["list:statuses"]
    assert (listed.listed, listed.flags) == (("3", "2", "1"), ())
    assert [one.native for one in collected.items if one.observation.normalised.item == "2"] == [
        json.dumps(status(2)).encode()
    ]
    assert collected.failures == ()


def test_a_look_that_is_not_for_everything_stops_at_what_is_old_and_says_so(tmp_path: Path):
    with serving({}) as server:
        link = f'<{server.url(STATUSES + "-2")}>; rel="next"'
        server.write(site() | {STATUSES: answer([status(3), status(2, day=1)], Link=link)})
        young = RecheckSettings(2, 0)
        collected = looked(server, tmp_path, recheck=(young,))
        asked = [request.path.partition("?")[0] for request in server.requests]
    assert views(collected)["list:statuses"].flags == (NEWEST,)
    assert asked == [LOOK_UP, STATUSES]  # neither the second page nor the followers


def test_what_a_page_shows_beyond_what_a_look_reads_is_followed_only_where_it_is_new(tmp_path: Path):
    posts = [status(3, replies_count=1), status(2, day=1, replies_count=1), status(1, day=1, replies_count=1)]
    contexts = {f"/api/v1/statuses/{number}/context": answer({"descendants": []}) for number in (1, 2, 3)}
    with serving(site(*posts) | contexts) as server:
        looked(server, tmp_path, recheck=(RecheckSettings(2, 0),), known=lambda item, _: item != "1")
        asked = [request.path for request in server.requests if request.path.endswith("/context")]
        assert asked == ["/api/v1/statuses/3/context", "/api/v1/statuses/1/context"]


def test_everything_is_read_again_when_it_is_time(tmp_path: Path):
    steps = (RecheckSettings(2, 0), RecheckSettings(within_days=0, every_hours=168))
    with serving(site(status(1))) as server:
        first = looked(server, tmp_path, recheck=steps)
        assert "list:followers" in views(first)
        second = looked(server, tmp_path, recheck=steps, cursor=first.cursor)
        assert "list:followers" not in views(second)
        week_ago = {**first.cursor, "read-all": str(AT.plus(seconds=-168 * 3600))}
        assert "list:followers" in views(looked(server, tmp_path, recheck=steps, cursor=week_ago))


def test_replies_belong_to_their_thread_and_earlier_versions_to_their_post(tmp_path: Path):
    post = status(1, replies_count=1, edited_at="2026-11-20T09:00:00.000Z")
    reply, before = status(2, in_reply_to_id="1"), status(1)
    del before["id"]
    with serving(
        site(post)
        | {
            "/api/v1/statuses/1/context": answer({"ancestors": [], "descendants": [reply]}),
            "/api/v1/statuses/1/history": answer([before]),
        }
    ) as server:
        found = views(looked(server, tmp_path))
        assert (found["2"].thread, found["list:replies:1"].listed) == ("1", ("2",))
        version = found["1@2026-11-20T08:00:00.000Z"]
        assert (version.thread, version.flags) == ("1", ("earlier-version",))
        again = views(looked(server, tmp_path, known=lambda item, _: item == "1"))
        assert "2" in again
        assert "1@2026-11-20T08:00:00.000Z" not in again


def test_replies_of_which_none_is_counted_any_more_are_missed_where_there_were_some(tmp_path: Path):
    nothing = {"/api/v1/statuses/1/context": answer({"ancestors": [], "descendants": []})}
    with serving(site(status(1)) | nothing) as server:
        assert "list:replies:1" not in views(looked(server, tmp_path))
        held = looked(server, tmp_path, known=lambda item, native: item == "list:replies:1" and not native)
        assert views(held)["list:replies:1"].listed == ()


def test_a_list_below_what_is_known_is_asked_for_until_it_was_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def leads(led: Led) -> list[Question]:
        return [Question("replies", f"{led.site.api}/api/v1/statuses/1/context", about="1", changed=True)]

    endpoints = dict(mastodon.READING.endpoints)
    endpoints["statuses"] = replace(endpoints["statuses"], leads=leads)
    told = replace(mastodon.PLATFORM, reading=replace(mastodon.READING, endpoints=endpoints))
    monkeypatch.setitem(platforms(), "mastodon", told)
    below = {"/api/v1/statuses/1/context": answer({"descendants": [status(2, in_reply_to_id="1")]})}
    with serving(site(status(1)) | below) as server:
        assert "2" in views(looked(server, tmp_path, known=lambda item, _: item == "1"))
        held = ("1", "list:replies:1")
        assert "2" not in views(looked(server, tmp_path, known=lambda item, _: item in held))


def test_what_is_read_elsewhere_in_another_form_is_listed_and_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    endpoints = dict(mastodon.READING.endpoints)
    endpoints["statuses"] = replace(endpoints["statuses"], elsewhere=lambda led: led.view.item == "2")
    told = replace(mastodon.PLATFORM, reading=replace(mastodon.READING, endpoints=endpoints))
    monkeypatch.setitem(platforms(), "mastodon", told)
    below = {"/api/v1/statuses/2/context": answer({"descendants": [status(3, in_reply_to_id="2")]})}
    with serving(site(status(1), status(2, replies_count=1)) | below) as server:
        found = views(looked(server, tmp_path))
    assert found["list:statuses"].listed == ("1", "2")
    assert {"1", "3"} < found.keys()
    assert "2" not in found


def test_what_a_page_only_names_is_listed_besides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    endpoints = dict(mastodon.READING.endpoints)
    endpoints["statuses"] = replace(endpoints["statuses"], names=lambda read: [f"{read.value[0]['id']}7", "1"])
    told = replace(mastodon.PLATFORM, reading=replace(mastodon.READING, endpoints=endpoints))
    monkeypatch.setitem(platforms(), "mastodon", told)
    with serving(site(status(2), status(1))) as server:
        found = views(looked(server, tmp_path))
    assert found["list:statuses"].listed == ("2", "1", "27")
    assert "27" not in found


def test_what_is_asked_of_many_together_is_asked_once_a_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def together(site: Site, read: ReadAnswer) -> list[Question]:
        return [Question("replies", f"{site.api}/many?id=" + ",".join(one["id"] for one in read.value))]

    endpoints = dict(mastodon.READING.endpoints)
    endpoints["statuses"] = replace(endpoints["statuses"], together=together)
    told = replace(mastodon.PLATFORM, reading=replace(mastodon.READING, endpoints=endpoints))
    monkeypatch.setitem(platforms(), "mastodon", told)
    many = {"/many": answer({"ancestors": [], "descendants": [status(9)]})}
    with serving(site(status(2), status(1)) | many) as server:
        assert "9" in views(looked(server, tmp_path))
        assert [one.path for one in server.requests if one.path.startswith("/many")] == ["/many?id=2,1"]


def test_a_profile_leads_to_its_posts_however_old_it_is(tmp_path: Path):
    old = {LOOK_UP: answer({**PROFILE, "created_at": "2016-04-01T00:00:00.000Z"})}
    with serving(site(status(1)) | old) as server:
        read = looked(server, tmp_path, recheck=(RecheckSettings(2, 0),), known=lambda item, _: item != "1")
        assert "1" in views(read)


def test_where_nobody_knows_what_waited_everything_is_asked_again_until_a_look_has_read_everything(tmp_path: Path):
    post, history = status(1, edited_at="2026-11-20T09:00:00.000Z"), "/api/v1/statuses/1/history"
    steps = (RecheckSettings(2, 0), RecheckSettings(0, 168))
    # An edit was seen and is held; what it led to waited on another machine.
    cursor = {"waits": "1", "read-2d": str(AT), "read-all": str(AT.plus(seconds=-3600))}

    def asked(cursor: Mapping[str, str]) -> tuple[bool, Mapping[str, str]]:
        before = len(server.requests)
        collected = looked(server, tmp_path, cursor=cursor, known=lambda _item, _native: True, recheck=steps)
        return history in [one.path for one in server.requests[before:]], collected.cursor

    with serving(site(post) | {history: answer([])}) as server:
        assert asked({"read-2d": str(AT), "read-all": str(AT)})[0] is False
        again, young = asked(cursor)
        assert (again, young["lost"]) == (True, "waiting")
        again, after = asked({**young, "read-all": str(AT.plus(seconds=-168 * 3600))})
        assert again
        assert "lost" not in after
        assert asked(after)[0] is False


def test_what_waits_is_remembered_with_all_that_its_answer_needs():
    waiting = (
        Waiting(Question("replies", "https://maple.example/7", about="7"), AT, rest=True),
        Waiting(Question("replies", "https://maple.example/8", about="8", within="1")),
    )
    assert waiting_in(spell_waiting(waiting)) == waiting


def sighted(folder: Path) -> list[tuple[str, bytes]]:
    """What the one look's file notes of items: their ids, and the bytes that lie there."""
    (path,) = folder.glob("*.warc.gz")
    with path.open("rb") as stream:
        noted = list(read_sightings(stream))
    found = []
    for one in noted:
        with path.open("rb") as stream:
            payload = payload_of(stream, one.exchange, limit=1 << 20)
        found.append((one.item, payload[one.offset : one.offset + one.length]))
    return found


def test_where_every_object_lies_is_noted_also_of_what_is_known_and_of_what_stands_above(tmp_path: Path):
    post, above, reply = status(1, replies_count=1), status(7, day=1), status(2, in_reply_to_id="1")
    context = {"ancestors": [above], "descendants": [reply]}
    with serving(site(post) | {"/api/v1/statuses/1/context": answer(context)}) as server:
        collected = looked(server, tmp_path, known=lambda _item, _native: True)
    noted = dict(sighted(tmp_path))
    assert noted == {
        "account:1": json.dumps(PROFILE).encode(),
        "1": json.dumps(post).encode(),
        "2": json.dumps(reply).encode(),
        "7": json.dumps(above).encode(),
    }
    # What stands above is no record here, and no part of the list.
    assert "7" not in views(collected)
    assert not any(b"Post 7" in one.native for one in collected.items)


def test_what_was_answered_is_noted_before_anything_else_is_asked(tmp_path: Path):
    picture = {"id": "9", "type": "image", "url": "http://127.0.0.1:9/none.png", "preview_url": ""}
    with serving(site(status(1, media_attachments=[picture]))) as server:
        looked(server, tmp_path)
    (path,) = tmp_path.glob("*.warc.gz")
    with path.open("rb") as stream:
        order = [(record.type, record.uri or "") for record in read_warc(stream)]
    asked = next(number for number, (_, uri) in enumerate(order) if uri.endswith("none.png"))
    shown = next(number for number, (kind, uri) in enumerate(order) if kind == "response" and STATUSES in uri)
    assert order[shown + 2][0] == "metadata"
    assert shown + 2 < asked


def test_what_is_read_by_post_is_posted_there_and_nowhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    following = iter(("/listed#" + "%7B%22page%22%3A2%7D", "/elsewhere#%7B%22delete%22%3A1%7D"))

    def next_page(read: ReadAnswer) -> str | None:
        found = next(following, None)
        return urljoin(read.question.url, found) if found else None

    endpoints = dict(mastodon.READING.endpoints)
    endpoints["statuses"] = replace(endpoints["statuses"], next=next_page)
    told = replace(mastodon.READING, endpoints=endpoints, posts=frozenset({"/listed"}))
    monkeypatch.setitem(platforms(), "mastodon", replace(mastodon.PLATFORM, reading=told))
    pages = {"/listed": answer([status(2)]), "/elsewhere": answer([status(1)])}
    with serving(site(status(3)) | pages) as server:
        found = views(looked(server, tmp_path))
        sent = [(one.method, one.path, one.body) for one in server.requests if one.path in pages]
    assert sent == [("POST", "/listed", b'{"page":2}'), ("GET", "/elsewhere", b"")]
    assert found["list:statuses"].listed == ("3", "2", "1")
