"""What a search finds, in numbers: a count in plain Python over the same hits agrees; days are those of the place."""

from __future__ import annotations

import tempfile
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ediscovery.index.known import Known
from ediscovery.views.summary import MOST_VALUES, THERE, Bar, histogram, offsets
from ediscovery.views.summing import summarised
from schemas.classifying import ANSWERS
from schemas.query import Query, Word
from tests.ediscovery.partitions import MONDAY, Version, opened, write

CHICAGO = ZoneInfo("America/Chicago")
versions = st.builds(
    Version,
    item=st.sampled_from("uvwxyz"),
    text=st.sampled_from(["snow", "snow day", "rain"]),
    author=st.sampled_from([None, "", "Ana", "zoë"]),
    handle=st.sampled_from([None, "ana"]),
    account=st.sampled_from(["blog", "page"]),
    kind=st.sampled_from(["post", "comment", "absence"]),
    verdict=st.sampled_from(["deleted", "hidden", "present"]),
    created=st.none() | st.integers(-2_000, 2_000),
    captured=st.integers(0, 30),
    salt=st.integers(),
)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(versions, max_size=20),
    st.builds(Query, term=st.sampled_from([Word("snow"), Word("day")]), versions=st.booleans()),
    st.sampled_from([CHICAGO, ZoneInfo("Asia/Kathmandu"), ZoneInfo("UTC")]),
)
def test_hits_counted_one_by_one_come_to_the_same_numbers(held, query, zone):
    held = list({version.record.id: version for version in held}.values())
    known = Known(officials={"blog": ["ana"]})
    with tempfile.TemporaryDirectory() as folder, opened(write(Path(folder), held, rows=7), known=known) as search:
        hits = list(search.hits(query))
        found = summarised(search, query, zone)
    by_id = {version.record.id: version for version in held}
    shown = [by_id[hit.record] for hit in hits]
    counted = {
        "account": Counter(hit.account for hit in hits),
        "platform": Counter("feed" for _ in hits),
        "type": Counter(hit.kind for hit in hits),
        "author": Counter(hit.author or "" for hit in hits),
        "absence": Counter(hit.absence or THERE for hit in hits),
        "class": Counter(
            "public" if one.kind in ANSWERS and (one.account, one.handle) != ("blog", "ana") else "official"
            for one in shown
        ),
    }
    assert found.total == len(hits)
    for facet in found.facets:
        assert {one.value: one.hits for one in facet.counts} == counted[facet.name], facet
        assert [one.hits for one in facet.counts] == sorted((one.hits for one in facet.counts), reverse=True)
    bars = {bar.start: bar.hits for bar in found.bars}
    assert sum(bars.values()) == len(hits)
    for hit in hits:
        day = hit.date.to_datetime().astimezone(zone).date()
        starts = {"day": day, "month": day.replace(day=1), "year": day.replace(month=1, day=1)}
        assert bars[starts[found.unit]]


@given(
    st.integers(0, 4_000_000_000), st.sampled_from(["America/Chicago", "Africa/Casablanca", "Asia/Kathmandu", "UTC"])
)
def test_offsets_are_those_of_the_zone_at_every_instant(second: int, name: str):
    zone = ZoneInfo(name)
    _, ahead = max(one for one in offsets(zone) if one[0] <= second * 1_000_000)
    told = datetime.fromtimestamp(second, zone).utcoffset()
    assert told is not None
    assert ahead == told.total_seconds() * 1_000_000


def test_an_evening_is_counted_to_the_day_that_it_was_there(tmp_path):
    evening = datetime(2026, 3, 8, 4, 30, tzinfo=UTC)  # 22:30 in Chicago on the day before clocks go forward
    hours = (evening - MONDAY.to_datetime()).total_seconds() / 3600
    held = [Version("a", "snow", created=hours), Version("b", "snow", created=hours + 24), Version("c", "snow")]
    with opened(write(tmp_path, held)) as search:
        found = summarised(search, Query(term=Word("snow")), CHICAGO)
    assert found.unit == "day"
    assert [(bar.start.day, bar.hits) for bar in found.bars] == [(2, 1), (3, 0), (4, 0), (5, 0), (6, 0), (7, 1), (8, 1)]


@pytest.mark.parametrize(
    ("first", "last", "unit", "bars"),
    [
        (date(2026, 1, 31), date(2026, 1, 31), "day", 1),
        (date(2026, 1, 31), date(2026, 3, 1), "day", 30),
        (date(2025, 12, 31), date(2026, 12, 1), "month", 13),
        (date(2001, 5, 5), date(2026, 2, 1), "year", 26),
        (date(1, 1, 1), date(9999, 12, 31), "century", 100),
        (date(9950, 1, 1), date(9999, 12, 31), "year", 50),
    ],
)
def test_the_span_chooses_the_unit_and_gaps_are_shown(first, last, unit, bars):
    told, found = histogram({first.toordinal(): 2, last.toordinal(): 3})
    assert (told, len(found)) == (unit, bars)
    assert sum(bar.hits for bar in found) == (3 if first == last else 5)
    assert found[0].start <= first
    assert all(isinstance(bar, Bar) and bar.hits == 0 for bar in found[1:-1])


def test_of_many_authors_the_most_frequent_are_named_and_the_others_counted(tmp_path):
    held = [Version(str(n), "snow", author=f"author {n // 2 if n < 20 else n}") for n in range(20 + MOST_VALUES)]
    with opened(write(tmp_path, held)) as search:
        found = summarised(search, Query(term=Word("snow")), CHICAGO)
    (authors,) = (facet for facet in found.facets if facet.name == "author")
    assert [one.hits for one in authors.counts] == [2] * 10 + [1] * (MOST_VALUES - 10)
    assert (authors.more, authors.others) == (10, 10)


def test_nothing_found_is_counted_as_nothing(tmp_path):
    with opened(write(tmp_path, [Version("a", "snow")])) as search:
        found = summarised(search, Query(term=Word("rain")), CHICAGO)
    assert (found.total, found.bars) == (0, ())
    with opened([]) as search:
        assert summarised(search, Query(), CHICAGO).total == 0
