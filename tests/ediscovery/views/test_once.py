"""Each post once: what says the same from several sources is one, and what differs is shown and told."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ediscovery.views.answering import answered
from ediscovery.views.once import once
from ediscovery.views.sameness import Posts, Reading
from schemas.query import Query, Word
from schemas.record import Author
from tests.ediscovery.partitions import Version, opened, write

SNOW = Query(term=Word("snow"))
URL = "https://district.example/posts/1"
API = Version("1", "Snow day", author="Ana", handle="ana", account="api", created=1, url=URL, method="api")
FEED = Version(URL, "Snow  day\n", author="Ana Ruiz", account="feed", created=1, method="feed")
PAGE = Version("p", "Snow day", account="web", url=URL, method="web", captured=5)


def seen(folder, *held: Version, query: Query = SNOW, limit: int = 50):
    """What is shown, each with what stands behind it and what differs."""
    with opened(write(folder, held)) as search:
        found = once(search, query, limit=limit)
        assert found.total == search.count(query)
    shown = [
        (
            hit.account,
            sorted(one.source[0] for one in found.posts.ways(hit.record) if one.record != hit.record),
            sorted((one.reading.source[0], *one.parts) for one in found.posts.differing(hit.record)),
        )
        for hit in found.shown
    ]
    assert found.total_posts == len(shown) or found.total_posts > limit
    return shown


def test_what_an_api_a_feed_and_a_page_say_alike_is_one_post(tmp_path):
    assert seen(tmp_path, API, FEED, PAGE) in (
        [("api", ["feed", "web"], [])],
        [("feed", ["api", "web"], [])],
    )


@pytest.mark.parametrize(
    ("changes", "parts"),
    [
        ({"text": "Snow day!"}, ("text",)),
        ({"created": 2}, ("time of creation",)),
        ({"handle": "omar"}, ("author",)),
        ({"text": "Snow, Day", "created": 2}, ("text", "time of creation")),
    ],
)
def test_what_differs_is_shown_and_told_at_both(tmp_path, changes, parts):
    other = replace(FEED, handle="ana")
    changed = replace(other, **changes)
    assert sorted(seen(tmp_path, API, changed)) == [("api", [], [("feed", *parts)]), ("feed", [], [("api", *parts)])]


def test_what_went_away_in_one_source_alone_is_no_other_ones_post(tmp_path):
    gone = Version(FEED.item, account="feed", kind="absence", verdict="deleted", captured=9)
    told = [("api", [], [("feed", "what became of it")]), ("feed", [], [("api", "what became of it")])]
    assert sorted(seen(tmp_path, API, FEED, gone)) == told
    still = replace(gone, verdict="present")
    assert len(seen(tmp_path, API, FEED, still)) == 1


def test_comments_that_give_the_address_of_their_post_are_not_taken_for_one_another(tmp_path):
    thanks = [replace(API, item=f"c{n}", kind="comment", author=None, handle=None, created=None) for n in range(2)]
    fed = replace(thanks[0], item="https://district.example/c/9", account="feed", method="feed")
    assert len(seen(tmp_path, *thanks, fed)) == 3
    assert len(seen(tmp_path, API, thanks[0])) == 2


def test_one_account_read_in_two_ways_is_two_sources_and_read_in_one_way_is_one(tmp_path):
    (tmp_path / "two").mkdir()
    (tmp_path / "one").mkdir()
    assert len(seen(tmp_path / "two", API, replace(API, item="x", method="import"))) == 1
    assert len(seen(tmp_path / "one", API, replace(API, item="x"))) == 2


def test_posts_with_one_text_and_two_addresses_are_two(tmp_path):
    assert len(seen(tmp_path, API, replace(PAGE, url=f"{URL}0"))) == 2


def test_the_limit_counts_what_is_shown(tmp_path):
    held = [
        replace(one, item=f"{one.item}{n}", url=f"{URL}{n}", created=n)
        for n in range(6)
        for one in (API, replace(FEED, item="f"), PAGE)
    ]
    shown = seen(tmp_path, *held, limit=4)
    assert len(shown) == 4
    assert all(len(ways) == 2 for _, ways, _ in shown)


def test_nobody_is_found_in_an_empty_archive():
    with opened([]) as search:
        assert once(search, SNOW, limit=5).shown == ()


def readings():
    return st.builds(
        Reading,
        record=st.integers(0, 1 << 40).map(lambda n: replace(API, salt=n).record.id),
        source=st.tuples(st.sampled_from("abc"), st.sampled_from(["api", "feed"])),
        kind=st.sampled_from(["post", "comment"]),
        words=st.sampled_from([None, b"1", b"1", b"2"]),
        second=st.sampled_from([None, 1, 1, 2]),
        author=st.sampled_from([None, Author(handle="a"), Author(handle="b"), Author(name="x")]),
        gone=st.sampled_from([None, None, "deleted"]),
    )


@settings(max_examples=50, deadline=None)
@given(st.lists(readings(), max_size=8, unique_by=lambda one: one.record), st.data())
def test_no_two_readings_of_a_post_contradict_each_other_or_come_from_one_source(held, data):
    posts = Posts()
    for _ in range(3):
        posts.add(data.draw(st.lists(st.sampled_from(held), unique_by=lambda one: one.record)) if held else [])
    hidden = 0
    for one in held:
        post = posts.ways(one.record)
        assert not post or one in post
        hidden += bool(post) and post[0] is not one
        assert len({other.source for other in post}) == len(post)
        for other in post:
            assert (other.words, other.kind, other.gone) == (one.words, one.kind, one.gone)
            assert None in (other.second, one.second) or other.second == one.second
            handles = [author.handle for author in (other.author, one.author) if author and author.handle]
            assert len(set(handles)) < 2
        assert not {way.record for way in post} & {told.reading.record for told in posts.differing(one.record)}
    assert hidden == posts.hidden


def test_people_read_which_ways_there_are_and_what_differs(tmp_path):
    held = [API, FEED, replace(PAGE, text="Snow day, no school")]
    with opened(write(tmp_path, held)) as search:
        answer = answered(search, SNOW, view="once", limit=5, zone=ZoneInfo("UTC"))
    ids = {one.account: one.record.id.hex for one in held}
    assert answer.plain["total"] == 3
    assert answer.plain["total_posts"] == len(answer.plain["hits"]) == 2
    page = answer.plain["hits"][1]
    assert page["record"] == ids["web"]
    assert {(one["record"], *one["in"]) for one in page["differing"]} == {(ids["api"], "text"), (ids["feed"], "text")}
    said = "\n".join(answer.lines)
    assert "\x1b[1mSnow\x1b[0m day, no school" in said  # bold, where it is shown on a terminal
    assert f"Differs in text: {ids['web'][:12]} in web, by a page" in said
    assert f"The same: {ids['api'][:12]} in api, by an API" in said or "in feed, by a feed" in said
    assert answer.lines[-1] == "3 items found, 2 without those that were captured in several ways."
