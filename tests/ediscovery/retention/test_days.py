"""Millions of instants fall on the days on which each by itself does, in every zone, to both ends of the calendar."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ediscovery.retention.days import DAY, HOUR, Days
from ediscovery.retention.reckoning import Calendar, day_of
from schemas.instant import FIRST, LAST, Instant

MINUTE = HOUR // 60
ZONES = (
    "America/Chicago",
    "America/St_Johns",
    "Pacific/Apia",
    "Asia/Kathmandu",
    "Africa/Monrovia",
    "Etc/GMT-14",
    "UTC",
)
EDGES = (
    *(FIRST, LAST, FIRST + 23 * HOUR, LAST - 23 * HOUR),
    # One minute after midnight in St John's it was 23:01 of the day before; in Apia a day was left out.
    *(Instant.from_text(f"2006-10-29T02:{minute}:00.000000Z").micros for minute in (29, 30, 31, 59)),
    *(Instant.from_text(f"2011-12-30T{hour}:00:00.000000Z").micros for hour in ("09", "10", "11")),
)
micros = (
    st.sampled_from(EDGES)
    | st.integers(FIRST, LAST)
    | st.datetimes(datetime(1880, 1, 1), datetime(2060, 1, 1)).map(  # noqa: DTZ001 - made aware in the next line
        lambda moment: Instant.from_datetime(moment.replace(tzinfo=UTC)).micros
    )
)


@given(st.sampled_from(ZONES), st.lists(st.none() | micros, max_size=30))
def test_each_instant_falls_on_its_own_day(zone, several):
    calendar = Calendar(zone)
    days = Days(calendar)
    expected = [None if one is None else day_of(Instant(one), calendar) for one in several]
    for _ in range(2):
        assert days.of(pa.array(several, pa.int64())).to_pylist() == expected


@pytest.mark.parametrize("zone", ["America/Chicago", "America/St_Johns", "Pacific/Apia"])
def test_around_every_change_of_the_clock_no_minute_is_on_another_day(zone):
    calendar = Calendar(zone)
    days = Days(calendar)
    first = (Instant.from_text("2006-01-01T00:00:00.000000Z").micros - FIRST) // DAY
    changing = [number for number in range(first, first + 366 * 6) if days._distance(number) is None]
    assert changing
    several = [FIRST + number * DAY + minute * MINUTE for number in changing for minute in range(-180, 27 * 60)]
    assert days.of(pa.array(several, pa.int64())).to_pylist() == [day_of(Instant(one), calendar) for one in several]
