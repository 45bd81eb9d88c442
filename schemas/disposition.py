"""Disposition: which records are planned to be destroyed, and what is left of the objects that held them."""

from __future__ import annotations

from datetime import date

from schemas.canonical import Canonical, Natural
from schemas.digest import Digest
from schemas.retention import Disposal, SeriesName
from schemas.stored import StoredObject


class PlannedSeries(Canonical, frozen=True):
    """How many of the planned records belong to these series together, and their months from first to last.

    ``titles`` are those of the series, ``cited`` the ledger entries that adopted their schedules, both in the order of
    ``series``. Months are in UTC: ``2026-11``.
    """

    series: tuple[SeriesName, ...]
    titles: tuple[str, ...]
    cited: tuple[Natural, ...]
    disposal: Disposal
    records: Natural
    first: str
    last: str


class PlannedRecords(Canonical, frozen=True):
    """A line of a plan's list: records in one partition, of the same series and due on the same day.

    ``partition`` is the key that the ledger's capture names, whatever became of it since. There is nothing of what the
    records say.
    """

    partition: str
    series: tuple[SeriesName, ...]
    due: date
    records: tuple[Digest, ...]


class Replaced(Canonical, frozen=True):
    """What takes an object's place: ``now`` holds what is left of it, absent if that is nothing.

    ``key`` is the one that a capture or production names, ``was`` that of the object that goes: the same, or what an
    earlier plan left. ``leaves`` are the ids of all rows of a partition (FORMAT 3.8), given the first time; ``rows``
    are left. ``unread`` counts the records of a WARC file that could not be looked into (FORMAT 3.9.6), ``unsalted``
    tells that it had no salt (3.9.7).
    """

    key: str
    was: str
    now: StoredObject | None = None
    leaves: StoredObject | None = None
    rows: Natural = 0
    unread: Natural = 0
    unsalted: bool = False
