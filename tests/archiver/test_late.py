"""Media that could not be had at first: asked for again, kept as evidence of their own, or given up."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from archiver import late, registry, spool
from archiver.collectors.media import may_pass
from archiver.contract import Collected, Response
from archiver.held import held_of
from archiver.observe import Failing, Held
from archiver.planning import plan_of
from archiver.rounds import capture_all, recover, system_chance
from ediscovery.evidence import places, read_rows
from manifests.audit import audit
from schemas.account import Account
from schemas.digest import Digest
from schemas.record import Attachment
from schemas.settings import CaptureSettings, PlatformSettings
from tests.manifests.archives import START, Clock, archive_in
from tests.servers import Answer, serving

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from manifests.archive import Archive
    from schemas.account import Platform
    from schemas.instant import Instant
    from schemas.ledger import Captured
    from schemas.record import Normalised
    from tests.servers import Server

PICTURE = b"the picture"
THERE, DOWN = Answer(headers={"Content-Type": "image/png"}, body=PICTURE), Answer(503)
HOUR = 3600


def with_picture(platform: Platform, server: Server, *names: str) -> dict[str, Answer]:
    """What an account serves that has one item, which shows these pictures."""
    urls = [server.url(f"/{name}.png") for name in names]
    if platform == "feed":
        shown = "".join(f'<enclosure url="{url}" type="image/png"/>' for url in urls)
        item = f"<item><guid isPermaLink='false'>one</guid><title>One</title>{shown}</item>"
        body = f"<rss version='2.0'><channel><title>District</title>{item}</channel></rss>"
        return {"/": Answer(headers={"Content-Type": "application/rss+xml"}, body=body.encode())}
    if platform == "website":
        body = "<!doctype html><title>One</title>" + "".join(f"<img src={url} alt=Map>" for url in urls)
        return {"/": Answer(headers={"Content-Type": "text/html"}, body=body.encode())}
    owner = {"id": "1", "acct": "maple", "username": "maple"}
    media = [{"id": url, "type": "image", "url": url} for url in urls]
    post = {"id": "one", "content": "<p>One</p>", "account": owner, "replies_count": 0, "media_attachments": media}
    answers: dict[str, Any] = {"lookup": owner, "1/statuses": [post], "1/followers": [], "1/following": []}
    return {
        f"/api/v1/accounts/{path}": Answer(
            headers={"Content-Type": "application/json"}, body=json.dumps(value).encode()
        )
        for path, value in answers.items()
    }


class Office:
    """An archive of one account, whose clock goes on as told."""

    def __init__(self, home: Path, server: Server, platform: Platform) -> None:
        self.clock, self.server, self.platform = Clock(), server, platform
        made = archive_in(home, now=self.clock)
        capture = msgspec.structs.replace(made.settings.capture, attempts=1)
        chosen = {"mastodon": PlatformSettings(api=server.url("").rstrip("/"))}
        settings = msgspec.structs.replace(made.settings, capture=capture, platform=chosen)
        self.archive: Archive = replace(made, settings=settings)
        url = server.url("/@maple" if platform == "mastodon" else "/")
        account = Account(name="a", platform=platform, url=url, title="A", private_network=True)
        registry.register(self.archive, account)

    def look(self, *, after: int = HOUR) -> Captured:
        self.clock.at = self.clock.at.plus(seconds=after)
        account = registry.account_named(self.archive, "a")
        (result,) = capture_all(self.archive, [account], system_chance(), environment={})
        assert result.act is not None
        assert result.error is None
        return result.act

    def asked(self, path: str) -> int:
        return sum(request.path == path for request in self.server.requests)

    def late(self) -> list[Normalised]:
        records = (one for place in places(self.archive) for one in read_rows(self.archive, place, range(99)))
        return [one.view for one in records if one.view.late_of is not None]

    def failing(self) -> int:
        return sum(map(len, held_of(self.archive, "a").failing.values()))


@pytest.fixture
def server() -> Iterator[Server]:
    with serving({}) as running:
        yield running


@pytest.mark.parametrize(("platform", "item"), [("feed", "one"), ("website", None), ("mastodon", "one")])
def test_a_picture_whose_server_is_down_for_two_looks_becomes_evidence_and_no_edit(
    tmp_path: Path, server: Server, platform: Platform, item: str | None
):
    server.write(with_picture(platform, server, "a") | {"/a.png": [DOWN, DOWN, THERE]})
    office, item = Office(tmp_path, server, platform), item or server.url("/")
    first, second, third, fourth = (office.look() for _ in range(4))
    assert first.poll.outcome == "partial"
    assert first.new > 0
    assert [(act.new, act.edited, act.absent) for act in (second, third, fourth)] == [(0, 0, 0)] * 3
    assert office.asked("/a.png") == 3
    assert office.failing() == 0
    (view,) = office.late()
    assert (view.kind, view.parent, view.thread, view.url) == ("media", item, item, server.url("/a.png"))
    (part,) = view.attachments
    assert (part.sha256, part.size, part.failure) == (Digest.of(PICTURE), len(PICTURE), None)
    assert part.exchange is not None
    report = audit(office.archive.store, now=office.archive.now())
    assert (report.sound, report.findings) == (True, ())


def test_what_is_not_there_is_given_up_at_once(tmp_path: Path, server: Server):
    server.write(with_picture("feed", server, "a"))
    office = Office(tmp_path, server, "feed")
    office.look()
    office.look()
    assert (office.asked("/a.png"), office.failing(), office.late()) == (1, 0, [])


def test_what_turns_out_not_to_be_there_is_given_up_and_that_is_evidence(tmp_path: Path, server: Server):
    server.write(with_picture("feed", server, "a") | {"/a.png": [DOWN, Answer(410)]})
    office = Office(tmp_path, server, "feed")
    for _ in range(3):
        office.look()
    (view,) = office.late()
    assert [part.failure for part in view.attachments] == ["HTTP 410"]
    assert (office.asked("/a.png"), office.failing()) == (2, 0)


def test_what_this_machine_noted_may_be_lost_and_a_look_may_be_killed(tmp_path: Path, server: Server):
    server.write(with_picture("feed", server, "a") | {"/a.png": [DOWN, THERE]})
    office = Office(tmp_path, server, "feed")
    office.look()
    account = registry.account_named(office.archive, "a")
    plan = plan_of(office.archive, account, system_chance(), method="feed", collector="feed/1")
    with spool.begin(office.archive.spool, plan):
        pass  # the process ends here
    (cut,) = recover(office.archive, system_chance())
    assert cut.poll.outcome == "interrupted"
    (office.archive.home / "state" / "held" / "a.sqlite").unlink()
    (office.archive.home / "state" / "cursors" / "a.json").unlink(missing_ok=True)
    office.look()
    assert [part.sha256 for view in office.late() for part in view.attachments] == [Digest.of(PICTURE)]


class Silent:
    """A server that fails, and the hours at which it was asked."""

    def __init__(self) -> None:
        self.hour, self.asked = 0, list[int]()

    @property
    def now(self) -> Instant:
        return START.plus(seconds=self.hour * HOUR)

    def get(self, url: str, *, headers: Mapping[str, str] | None = None, keep_payload: bool = True) -> Response:
        del headers, keep_payload
        self.asked.append(self.hour)
        return Response("urn:uuid:1", url, 503, {}, b"", Digest.of(b""), 0, self.now)


def test_a_medium_is_asked_for_less_often_the_longer_it_fails_and_after_a_year_not_at_all() -> None:
    failing = Failing("one", Attachment(url="https://cdn.example/a.png", failure="HTTP 503"), START)
    held, server = Held(failing={"one": (failing,)}), Silent()
    collected = Collected(cursor={"etag": "1"})
    for hour in range(400 * 24):
        server.hour = hour
        found = late.ask_again(
            held,
            (),
            server,  # type: ignore[arg-type] # as much of it as is asked
            rendered=False,
            recheck=CaptureSettings().recheck,
            cursor=collected.cursor,
            now=server.now,
        )
        collected = found.added(collected)
        assert collected.items == ()
    spans = [(0, 2), (5, 6), (50, 51), (200, 207), (366, 400)]
    assert [sum(one // 24 in range(*span) for one in server.asked) for span in spans] == [48, 4, 1, 1, 0]
    assert collected.cursor == {"etag": "1"}


def test_of_a_rendered_page_only_what_it_shows_is_asked_for_again() -> None:
    parts = (Attachment(url="https://a.example/api"), Attachment(url="https://a.example/a.png", role="image"))
    held = Held(failing={"one": tuple(Failing("one", part, START) for part in parts)})
    server, recheck = Silent(), CaptureSettings().recheck
    for rendered, asked in ((True, 1), (False, 2)):
        server.asked.clear()
        late.ask_again(held, (), server, rendered=rendered, recheck=recheck, cursor={}, now=START)  # type: ignore[arg-type]
        assert len(server.asked) == asked


def test_one_look_asks_for_so_many_and_leaves_a_server_alone_that_fails(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(late, "MOST", 2)
    names = "abcdefgh"
    pictures = {f"/{name}.png": [DOWN, THERE] for name in names}
    server.write(with_picture("feed", server, *names) | pictures)
    office = Office(tmp_path, server, "feed")
    office.look()
    for left in (6, 4, 2, 0):
        office.look()
        assert office.failing() == left
    assert len(office.late()) == len(names)

    monkeypatch.setattr(late, "MOST", 50)
    server.write(with_picture("feed", server, *(f"{name}2" for name in names)) | {f"/{n}2.png": DOWN for n in names})
    office.look()
    before = len(server.requests)
    office.look()
    assert len(server.requests) - before == 1 + late.MOST_FAILURES


def test_a_medium_that_fails_again_in_another_version_arrives_again(tmp_path: Path, server: Server):
    server.write(with_picture("feed", server, "a") | {"/a.png": [DOWN, THERE, DOWN, THERE]})
    office = Office(tmp_path, server, "feed")
    office.look()
    office.look()
    feed = with_picture("feed", server, "a")["/"]
    server.write({"/": replace(feed, body=feed.body.replace(b"One", b"Two")), "/a.png": [DOWN, THERE]})
    assert office.look().edited == 1
    assert (office.look().edited, office.failing(), len(office.late())) == (0, 0, 2)


@pytest.mark.parametrize(
    ("failure", "passes"),
    [
        *[(f"HTTP {status}", True) for status in (408, 425, 429, 500, 503, 599)],
        *[(f"HTTP {status}", False) for status in (300, 401, 403, 404, 410, 451, 5, "")],
        *[("cut off (disconnect)", True), ("cut off (time)", True), ("cut off (length)", False)],
        *[("HOST_UNREACHABLE: no", True), ("TIMED_OUT: no", True), ("CONNECTION_CUT: no", True)],
        *[("ADDRESS_FORBIDDEN: no", False), ("TOO_MANY_REDIRECTS: no", False), ("not in the export", False)],
    ],
)
def test_what_may_pass_is_asked_for_again(failure: str, passes: bool):
    assert may_pass(failure) is passes
