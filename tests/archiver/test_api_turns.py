"""What waits moves on whatever is new, and lists that several looks read together come to an end."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archiver.collectors.api import listing as listings
from archiver.collectors.api.collector import ApiCollector
from archiver.collectors.api.reached import reached_in, spell_reached
from archiver.collectors.api.waiting import Waiting, waiting_in
from archiver.contract import Access, Reached, Response
from archiver.observe import SPREAD
from archiver.platforms.known import find_platform
from archiver.platforms.paging import by_cursor
from archiver.platforms.reading import Endpoint, Question, Reading
from schemas.account import Account
from schemas.digest import Digest
from schemas.record import Normalised
from schemas.settings import CaptureSettings, PlatformSettings, RecheckSettings, parse_settings
from tests.archiver.transports import AT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from archiver.contract import Collected, Transport
    from archiver.platforms.reading import Led, Site
    from schemas.instant import Instant

API = "https://api.example"
SETTINGS = parse_settings('[archive]\norigin = "maple/1"\norganisation = "Maple Grove"')


def account_of_words() -> Account:
    return Account(name="words", platform="mastodon", url=f"{API}/@maple", title="Words")


@dataclass
class Words:
    """An account with a profile, posts from the newest on with replies to each, and a list of words, page by page.

    It answers at once; ``asked`` are the addresses, and a look is an hour after the one before.
    """

    posts: int = 0
    pages: int = 0
    asked: list[str] = field(default_factory=list)
    at: Instant = AT

    def get(self, url: str, *, headers: Mapping[str, str] | None = None, keep_payload: bool = True) -> Response:
        del headers, keep_payload
        self.asked.append(url)
        payload = json.dumps(self.answer(urlsplit(url).path, dict(parse_qsl(urlsplit(url).query)))).encode()
        kind = {"Content-Type": "application/json"}
        name = f"urn:uuid:{len(self.asked)}"
        return Response(name, url, 200, kind, payload, Digest.of(payload), len(payload), self.at)

    def answer(self, path: str, query: Mapping[str, str]) -> Any:
        page = int(query.get("page", "1"))
        more = {"next": str(page + 1)} if page < self.pages else {}
        match path:
            case "/profile":
                return {"id": "1", "acct": "maple"}
            case "/posts":
                return {"items": [post(f"post-{number}") for number in range(self.posts)]}
            case "/words":
                return {"items": [post(f"word-{page}-{number}") for number in range(2)], **more}
        return {"items": []}

    def sighted(self, response: Response, items: Iterable[tuple[int, int, str]]) -> None:
        """Nothing is written here."""

    def look(
        self,
        transport: Transport,
        *,
        cursor: Mapping[str, str],
        bound: int,
        recheck: tuple[RecheckSettings, ...] = (RecheckSettings(0, 0),),
    ) -> Collected:
        self.at = self.at.plus(seconds=3600)
        capture = CaptureSettings(max_requests=bound, recheck=recheck)
        platform = find_platform("mastodon")
        assert platform is not None
        chosen = msgspec.structs.replace(SETTINGS, capture=capture, platform={"mastodon": PlatformSettings(api=API)})
        account = account_of_words()
        collector = ApiCollector.of(platform, READING, account, chosen, now=lambda: self.at)
        return collector.collect(account, transport, cursor=cursor, known=lambda _item, _native: False)


def post(number: str) -> dict[str, Any]:
    return {"id": number, "content": "<p>Words</p>", "account": {"id": "1", "acct": "maple"}}


def _of_profile(led: Led) -> Iterable[Question]:
    yield Question("posts", f"{led.site.api}/posts")
    yield Question("words", f"{led.site.api}/words")


def _of_post(led: Led) -> Iterable[Question]:
    yield Question("replies", f"{led.site.api}/replies?of={led.view.item}", about=led.view.item)


def _start(site: Site) -> Iterable[Question]:
    yield Question("profile", f"{site.api}/profile")


READING = Reading(
    collector="words/1",
    endpoints={
        "profile": Endpoint(title="the profile", leads=_of_profile),
        "posts": Endpoint(title="the posts", items=(("items",),), order="newest", leads=_of_post),
        "words": Endpoint(
            title="the words", items=(("items",),), order="whole", next=by_cursor("next", parameter="page")
        ),
        "replies": Endpoint(title="the replies", items=(("items",),), order="whole"),
    },
    start=_start,
    access=lambda _: Access(),
)


def lists(collected: Collected) -> dict[str, Normalised]:
    views = (one.observation.normalised for one in collected.items)
    return {view.item: view for view in views if view.kind == "list"}


@settings(deadline=None, max_examples=8)
@given(
    bound=st.integers(2, 9),
    posts=st.lists(st.integers(0, 12), min_size=1, max_size=6),
    pages=st.integers(1, 12),
)
def test_whatever_waits_is_asked_after_no_more_looks_than_questions_stand_before_it(
    bound: int, posts: list[int], pages: int
):
    words, cursor = Words(pages=pages), dict[str, str]()
    due: dict[str, int] = {}
    waiting: tuple[Waiting, ...] = ()
    for look in range(20):
        # Young posts alone fill each look, again and again.
        words.posts = posts[look % len(posts)]
        begun = len(words.asked)
        cursor = dict(words.look(words, cursor=cursor, bound=bound).cursor)
        asked = words.asked[begun:]
        assert len(asked) == len(set(asked)) <= bound
        before, waiting = waiting, waiting_in(cursor)
        # A look in which the list of words goes on does not begin it anew.
        for url in (*asked, *(f"{API}/{one.question.endpoint}" for one in (*before, *waiting) if one.rest)):
            due.pop(url, None)
        for place, one in enumerate(waiting, start=1):
            due.setdefault(one.question.url, look + place)
        assert all(look <= last for last in due.values())


@pytest.mark.parametrize("bound", [2, 3, 5])
def test_a_whole_list_that_no_look_can_finish_is_a_list_in_the_end(bound: int):
    words, cursor, found = Words(posts=3, pages=7), dict[str, str](), list[Normalised]()
    for _ in range(40):
        collected = words.look(words, cursor=cursor, bound=bound)
        cursor = dict(collected.cursor)
        found += [view for name, view in lists(collected).items() if name == "list:words"]
        assert collected.failures == () or "the next one goes on" in collected.failures[0]
    assert found
    every = tuple(f"word-{page}-{number}" for page in range(1, 8) for number in range(2))
    assert {view.listed for view in found} == {every}
    for view in found:
        # It is told as it was shown from its first page to its last, and by no look alone.
        first, last = (view.text or "").removeprefix("Read in parts, from ").split(" to ")
        assert view.flags == (SPREAD,)
        assert first < last <= str(words.at)


def test_a_list_that_goes_on_is_not_begun_anew_beside_it():
    words, cursor = Words(pages=7), dict[str, str]()
    for _ in range(8):
        cursor = dict(words.look(words, cursor=cursor, bound=3).cursor)
        if any("page=7" in url for url in words.asked):
            break
    assert [url for url in words.asked if "/words" in url] == [
        f"{API}/words",
        *(f"{API}/words?page={page}" for page in range(2, 8)),
    ]


def test_it_is_remembered_how_far_each_look_read_a_list():
    words, steps = Words(posts=1), (RecheckSettings(2, 0), RecheckSettings(0, 168))
    first = words.look(words, cursor={}, bound=9, recheck=steps)
    second = words.look(words, cursor=first.cursor, bound=9, recheck=steps)
    assert first.reached == {}
    assert second.reached is not None
    ((began, down_to),) = ((one.began, one.down_to) for one in second.reached["list:posts"])
    assert (began, down_to) == (words.at.plus(seconds=-3600), None)
    # What was read to its end later says more than what was read so earlier.
    third = words.look(words, cursor=second.cursor, bound=9, recheck=steps)
    assert third.reached is not None
    assert [one.began for one in third.reached["list:posts"]] == [words.at.plus(seconds=-3600)]


def test_a_reading_that_went_less_far_leaves_the_one_before_to_be_remembered():
    old, young = Reached(AT, None), Reached(AT.plus(seconds=60), AT.plus(seconds=-60))
    cursor = spell_reached({"list:posts": (old,)}, {"list:posts": (young,)})
    assert reached_in(cursor) == {"list:posts": (young, old)}
    again = Reached(AT.plus(seconds=120), AT.plus(seconds=-60))
    assert reached_in(spell_reached(reached_in(cursor), {"list:posts": (again,)})) == {"list:posts": (again, old)}
    assert reached_in({"reached": '{"list:posts": [["yesterday", ""]]}'}) == {}


def test_a_list_that_a_week_of_looks_cannot_finish_is_begun_anew_and_that_is_said():
    words, cursor = Words(pages=10_000), dict[str, str]()
    cursor = dict(words.look(words, cursor=cursor, bound=4).cursor)
    words.at = words.at.plus(seconds=7 * 86_400)
    again = words.look(words, cursor=cursor, bound=4)
    assert again.failures[0].startswith("the words: a week of looks has not read it to its end")
    assert words.asked.count(f"{API}/words") == 2
    assert "list:words" not in lists(again)


def test_a_list_too_long_to_be_remembered_is_no_list_and_that_is_said(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(listings, "MOST_SHOWN", 50)
    words, cursor, said = Words(pages=7), dict[str, str](), set[str]()
    for _ in range(6):
        collected = words.look(words, cursor=cursor, bound=4)
        assert "list:words" not in lists(collected)
        cursor, said = dict(collected.cursor), said | set(collected.failures)
    assert any(failure.startswith("the words: it is longer than one look may read") for failure in said)
    assert f"{API}/words?page=7" in words.asked
