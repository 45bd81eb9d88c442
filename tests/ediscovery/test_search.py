"""Searching over real partitions: what is found, in which version and order; an independent oracle agrees."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from ediscovery.folding import words
from ediscovery.index import evaluating, segments
from ediscovery.index.conditions import KindNotSearchableError
from ediscovery.language.parsing import parse
from ediscovery.search import RecordNameError
from schemas.query import And, Is, Near, Not, Or, Phrase, Prefix, Query, Wildcard, Within, Word
from tests.ediscovery import oracle
from tests.ediscovery.partitions import MONDAY, Version, opened, write

if TYPE_CHECKING:
    from collections.abc import Iterator


def items(folder: Path, versions: list[Version], query: str | Query) -> list[str]:
    """Which items a query finds, in order."""
    asked = Query(term=parse(query, UTC)) if isinstance(query, str) else query
    with opened(write(folder, versions)) as search:
        found = [hit.item for hit in search.hits(asked)]
        assert search.count(asked) == len(found)
    return found


texts = st.text(st.sampled_from(oracle.ALPHABET), max_size=12)
maybe = st.none() | texts
versions = st.builds(
    Version,
    item=st.sampled_from("xyz"),
    account=st.sampled_from(["blog", "page"]),
    kind=st.sampled_from(["post", "comment", "absence", "list"]),
    title=maybe,
    text=maybe,
    author=maybe,
    created=st.none() | st.integers(0, 3),
    captured=st.integers(0, 3),
    alt=st.lists(texts, max_size=2).map(tuple),
    tags=st.lists(texts, max_size=2).map(tuple),
    salt=st.integers(),
)
hours = st.none() | st.integers(0, 4).map(lambda hour: MONDAY.plus(seconds=3600 * hour))


def terms(own: list[str]) -> st.SearchStrategy:
    """Terms made of some texts' own words, of their beginnings and forms, of runs of them, and of what is near."""
    word = st.sampled_from(own)
    single = word.flatmap(
        lambda one: st.sampled_from(
            [
                Word(one),
                Word(one.lstrip("#@")),
                Prefix(one[:2] if one[0] in "#@" else one[0]),
                Wildcard(f"{one[:-1]}?" if len(one.lstrip("#@")) > 1 else f"{one}*"),
                Wildcard(f"{one.lstrip('#@')[0]}*{one[-1]}"),
            ]
        )
    )
    runs = st.tuples(st.integers(0, len(own) - 1), st.integers(1, 3)).map(lambda at: tuple(own[at[0] : sum(at)]))
    placed = st.recursive(
        single
        | st.builds(Phrase, runs)
        | st.builds(Phrase, st.lists(word | single.filter(_is_many), min_size=1, max_size=3).map(tuple)),
        lambda inner: (
            st.lists(inner, min_size=1, max_size=3).map(tuple).map(Or)
            | st.builds(Near, inner, inner, st.integers(1, 4), st.booleans())
        ),
        max_leaves=4,
    )
    facts = st.sampled_from(
        [Is("type", "post"), Is("type", "comment"), Is("account", "blog"), Is("has", "image"), Is("is", "reply")]
    )
    return st.recursive(
        placed | st.builds(Within, st.sampled_from(["text", "title", "author", "media", "tag"]), placed) | facts,
        lambda inner: (
            st.builds(Not, inner)
            | st.lists(inner, min_size=1, max_size=3).map(tuple).flatmap(lambda t: st.sampled_from([And(t), Or(t)]))
        ),
        max_leaves=5,
    )


def _is_many(term: object) -> bool:
    return not isinstance(term, Word)


@st.composite
def archives(draw: st.DrawFn) -> tuple[list[Version], list[Query]]:
    """Versions, and queries for words that some of them have."""
    held = list({version.record.id: version for version in draw(st.lists(versions, min_size=1, max_size=20))}.values())
    own = [word for one in held for text in (one.title, one.text, one.author, *one.alt) for word in words(text or "")]
    names = [one.author for one in held if words(one.author or "")]
    query = st.builds(
        Query,
        term=st.none() | terms(own) if own else st.none(),
        start=hours,
        end=hours,
        kinds=st.sampled_from([frozenset(), frozenset(), frozenset({"post"}), frozenset({"comment", "list"})]),
        accounts=st.sampled_from([frozenset(), frozenset(), frozenset({"blog"}), frozenset({"nobody", "page"})]),
        author=st.none() | st.sampled_from(names) if names else st.none(),
        versions=st.booleans(),
    )
    return held, draw(st.lists(query, min_size=1, max_size=5))


@contextmanager
def cut(rows: int) -> Iterator[None]:
    """Have segments in row groups of so many rows, and words that stand together looked for in as many documents."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("DOC_ROWS", "POSTING_ROWS", "NAME_ROWS"):
            patch.setattr(segments, name, rows)
        patch.setattr(evaluating, "BLOCK", rows)
        yield


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(archives(), st.sampled_from([1, 2, 3, 1 << 16]), st.integers(0, 8))
def test_the_oracle_finds_the_same_versions(archive, rows, limit):
    held, asked = archive
    with cut(rows), tempfile.TemporaryDirectory() as folder, opened(write(Path(folder), held, rows=5)) as search:
        for query in asked:
            hits = [(hit.record.raw, hit.matched.raw) for hit in search.hits(query)]
            event("nothing" if not hits else "all" if len(hits) == len(held) else "some")
            assert hits == oracle.found(query, held)
            assert search.count(query) == len(hits)
            total, page = search.page(query, limit=limit)
            assert (total, [(hit.record.raw, hit.matched.raw) for hit in page]) == (len(hits), hits[:limit])


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(texts, st.integers(0, 12), st.integers(1, 12)), min_size=1, max_size=5))
def test_a_text_is_found_by_every_run_of_its_own_words(asked):
    held = [Version(str(number), f"{text} end") for number, (text, _, _) in enumerate(asked)]
    with tempfile.TemporaryDirectory() as folder, opened(write(Path(folder), held)) as search:
        for number, (text, start, length) in enumerate(asked):
            own = words(f"{text} end")
            run = own[start % len(own) :][:length]
            assert str(number) in search.items(Query(term=Phrase(run)))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("cafe", ["french"]),
        ("CAFÉ", ["french"]),
        ("resume", ["french"]),
        ("budg*", ["plain", "tagged"]),
        ("#budget", ["tagged"]),
        ("budget", ["plain", "tagged"]),
        ("@district", ["tagged"]),
        ("the", ["marked"]),
        ("客服", ["chinese"]),
        ("服很", ["chinese"]),
        ("客很", []),
        ("雪が降る", ["japanese"]),
        ("🏫", ["emoji"]),
        ("👩‍🏫", ["emoji"]),
        ("हिन्दी", ["hindi"]),
        ("हनद", []),
        ('"levy budget"', []),
        ('"title ends"', ["fields"]),
        ('"ends text"', []),
        ("ends text", ["fields"]),
        ("author OR picture OR tagged", ["fields"]),
        ('"yellow bus" OR "snow day"', ["fields"]),
    ],
)
def test_what_people_search_for_is_found(tmp_path, query, found):
    held = [
        Version("plain", "The budget, and the levy."),
        Version("tagged", "Vote #Budget! cc @District"),
        Version("french", "Un cafe\u0301; mon RÉSUMÉ"),
        Version("marked", "_the_"),
        Version("chinese", "我们的客服很好。"),
        Version("japanese", "学校に雪が降る"),
        Version("emoji", "Merci 👩🏽‍🏫!"),
        Version("hindi", "यह हिन्दी है"),
        Version("fields", "text begins", title="title ends", author="Author", alt=("yellow bus",), tags=("Snow Day",)),
    ]
    assert sorted(set(items(tmp_path, held, query)) - ({"plain"} if query == "the" else set())) == sorted(found)


def test_words_that_were_edited_out_still_find_their_item(tmp_path):
    held = [
        Version("p", "We promise new roofs", captured=1),
        Version("p", "We promise nothing", captured=2),
        Version("p", kind="absence", verdict="deleted", captured=3),
    ]
    with opened(write(tmp_path, held)) as search:
        (hit,) = search.hits(Query(term=parse("roofs", UTC)))
        assert (hit.text, hit.versions, hit.absence, hit.absent) == ("We promise nothing", 2, "deleted", True)
        assert (hit.record, hit.matched) == (held[1].record.id, held[0].record.id)
        (each,) = search.hits(Query(term=parse("roofs", UTC), versions=True))
        assert each.record == each.matched == held[0].record.id
        assert [one.kind for one in search.versions("blog", "p")] == ["post", "post", "absence"]


@pytest.mark.parametrize(
    ("after", "absence", "absent"),
    [
        (Version("p", kind="absence", verdict="hidden", captured=3), "hidden", True),
        (Version("p", kind="absence", verdict="present", captured=3), "present", False),
        (Version("p", "back again", captured=3), None, False),
    ],
)
def test_an_absence_ends_with_what_came_after_it(tmp_path, after, absence, absent):
    held = [Version("p", "roofs", captured=1), Version("p", kind="absence", verdict="deleted", captured=2), after]
    with opened(write(tmp_path, held)) as search:
        (hit,) = search.hits(Query(term=parse("roofs", UTC)))
        assert (hit.absence, hit.absent) == (absence, absent)


def test_hits_come_by_date_and_stop_at_the_limit(tmp_path):
    held = [
        Version("c", "snow", created=3),
        Version("a", "snow", created=None, captured=2),
        Version("b", "snow", created=1),
    ]
    assert items(tmp_path, held, "snow") == ["b", "a", "c"]
    with opened(write(tmp_path, held)) as search:
        assert [hit.item for hit in search.hits(Query(term=Word("snow")), limit=2)] == ["b", "a"]


def test_the_start_is_included_and_the_end_is_not(tmp_path):
    held = [Version(str(hour), "snow", created=hour) for hour in range(4)]
    window = Query(start=MONDAY.plus(seconds=3600), end=MONDAY.plus(seconds=3 * 3600))
    assert items(tmp_path, held, window) == ["1", "2"]


def test_absences_cannot_be_asked_for_and_lists_only_by_kind(tmp_path):
    held = [Version("feed", "snow", kind="list"), Version("p", "snow")]
    assert items(tmp_path, held, "snow") == ["p"]
    assert items(tmp_path, held, Query(kinds=frozenset({"list"}))) == ["feed"]
    with opened(write(tmp_path, held)) as search, pytest.raises(KindNotSearchableError):
        search.count(Query(kinds=frozenset({"absence"})))


def test_an_absence_is_no_hit_where_lists_are_asked_for_either(tmp_path):
    held = [
        Version("a", "snow"),
        Version("a", kind="absence", verdict="deleted", captured=1),
        Version("l", kind="list"),
    ]
    for query in ("account:blog OR type:list", "type:list OR snow", "type:list"):
        found = items(tmp_path, held, query)
        assert found == ["l"] if query == "type:list" else sorted(found) == ["a", "l"]


def test_long_phrases_and_many_words_are_found(tmp_path):
    long = [f"wört{n}" for n in range(120)]
    held = [Version("long", " ".join(long)), Version("short", " ".join(long[:-1])), Version("plain", "wort5")]
    assert items(tmp_path, held, Query(term=Phrase(words(" ".join(long))))) == ["long"]
    many = Or((*(Word(f"none{n}") for n in range(300)), Word("wort119"), Prefix("wort11")))
    assert sorted(items(tmp_path, held, Query(term=many))) == ["long", "short"]


def test_an_empty_archive_answers(tmp_path):
    with opened([]) as search:
        assert list(search.hits(Query())) == []
        assert search.count(Query(term=Word("x"))) == 0
        assert search.find_record("0000") is None
        assert search.versions("blog", "x") == search.thread("blog", "x") == ()


def test_many_small_partitions_are_one_archive(tmp_path):
    held = [Version(str(number), f"snow {number}", created=number) for number in range(1_500)]
    with opened(write(tmp_path, held, rows=1)) as search:
        assert search.count(Query(term=Word("snow"))) == 1_500
        assert [hit.item for hit in search.hits(Query(term=Word("777")))] == ["777"]


def test_a_record_is_named_by_the_beginning_of_its_id(tmp_path):
    held = [Version(str(number), kind="list") for number in range(600)]
    with opened(write(tmp_path, held)) as search:
        wanted = held[7].record.id
        found = search.find_record(wanted.hex[:16].upper())
        assert found is not None
        assert (found.record, found.row, found.key) == (wanted, 7, "partitions/blog/0.parquet")
        assert search.find_record("0" * 64) is None
        for bad in ("", "abc", "xyz0", "%" * 8, "0" * 65, "０００0"):  # noqa: RUF001
            with pytest.raises(RecordNameError):
                search.find_record(bad)


def test_the_beginning_of_two_ids_names_no_record(tmp_path):
    by_start: dict[str, Version] = {}
    number = 0
    while True:
        version = Version(str(number))
        start = version.record.id.hex[:4]
        if start in by_start:
            break
        by_start[start] = version
        number += 1
    with (
        opened(write(tmp_path, [by_start[start], version])) as search,
        pytest.raises(RecordNameError, match="More than"),
    ):
        search.find_record(start)


def test_a_thread_is_its_post_and_comments_in_their_latest_versions(tmp_path):
    held = [
        Version("post", "snow day", created=0),
        Version("c1", "first", kind="comment", thread="post", created=1),
        Version("c1", "first, edited", kind="comment", thread="post", created=1, captured=5),
        Version("c2", "second", kind="comment", thread="post", created=2),
        Version("c3", "elsewhere", kind="comment", thread="other", created=2),
        Version("c4", "other account", kind="comment", thread="post", account="page"),
    ]
    with opened(write(tmp_path, held)) as search:
        assert [hit.text for hit in search.thread("blog", "post")] == ["snow day", "first, edited", "second"]


def test_two_searches_may_be_read_side_by_side(tmp_path):
    held = [Version(str(number), "snow", created=number) for number in range(2_500)]
    with opened(write(tmp_path, held)) as search:
        pairs = zip(search.hits(Query()), search.hits(Query()), strict=True)
        assert sum(one == other for one, other in pairs) == 2_500
