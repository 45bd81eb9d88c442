"""The days on which millions of instants fall in a zone: what ``reckoning.day_of`` says of one, for columns."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from ediscovery.retention.reckoning import day_of
from schemas.instant import FIRST, Instant

if TYPE_CHECKING:
    from ediscovery.retention.reckoning import Calendar

MICROSECOND = timedelta(microseconds=1)
HOUR = timedelta(hours=1) // MICROSECOND
DAY = timedelta(days=1) // MICROSECOND


class Days:
    """Days of one zone; what was looked up for one column is known for the next. For one thread.

    A zone's distance from UTC is asked for at every hour of each day (in UTC) on which there is an instant. Where it
    differs, or where the calendar ends, the instants of that day are asked for one by one.
    """

    def __init__(self, calendar: Calendar) -> None:
        self._calendar = calendar
        self._zone = ZoneInfo(calendar.zone)
        self._distances: dict[int, int | None] = {}

    def of(self, micros: Any) -> Any:  # noqa: ANN401 - pyarrow's arrays; their stubs tell types apart that Arrow converts
        """Return the days (``date32``) of instants, in microseconds since 1970 (``int64``); null stays null."""
        since = pc.subtract(micros, FIRST)  # from the year 1 on: nothing is negative, and division rounds down
        utc = pc.divide(since, DAY).dictionary_encode()
        distances = pa.array([self._distance(number) for number in utc.dictionary.to_pylist()], pa.int64())
        distance: Any = distances.take(utc.indices)
        days: Any = pc.add(pc.divide(pc.add(since, distance), DAY), FIRST // DAY).cast(pa.int32()).cast(pa.date32())
        singly = pc.and_(pc.is_valid(micros), pc.is_null(distance))
        asked = [day_of(Instant(one), self._calendar) for one in micros.filter(singly).to_pylist()]
        return pc.replace_with_mask(days, singly, pa.array(asked, pa.date32())) if asked else days

    def _distance(self, number: int) -> int | None:
        """Return how far the zone is ahead of UTC on the whole of a day, counted from the year 1; ``None``: ask."""
        if number not in self._distances:
            start = FIRST + number * DAY
            found = {self._at(moment) for moment in (*range(start, start + DAY, HOUR), start + DAY - 1)}
            self._distances[number] = found.pop() if len(found) == 1 else None
        return self._distances[number]

    def _at(self, micros: int) -> int | None:
        try:
            distance = Instant(micros).to_datetime().astimezone(self._zone).utcoffset()
        except OverflowError:
            return None
        return None if distance is None else distance // MICROSECOND
