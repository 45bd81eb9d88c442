"""Which records of an archive may be disposed of on a day: what ``explaining`` says of one, for all of them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import pyarrow as pa
import pyarrow.compute as pc

from ediscovery.retention.assigning import Assigning, Declaring
from ediscovery.retention.covering import covering
from ediscovery.retention.days import Days
from ediscovery.retention.gathering import gathered
from ediscovery.retention.mass import FATES, SERIES, Due, MassReckoning
from ediscovery.retention.reckoning import Calendar
from manifests.locking import accounts_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from datetime import date

    from ediscovery.retention.assigning import Column
    from ediscovery.retention.in_force import InForce
    from ediscovery.retention.schedules import Scheduled
    from ediscovery.search import Search
    from manifests.archive import Archive
    from schemas.account import Account
    from schemas.retention import Trigger

Reason: TypeAlias = Literal["unscheduled", "unknown", "for-ever", "beyond", "not-yet", "held", "due"]
"""Why a record may not be disposed of, or that it may; ``held`` is one that would be due but for a hold."""
REASONS: tuple[Reason, ...] = get_args(Reason)
LAST_ACTIVITY = "last-activity"
KEPT = ("record", "key", "row", "item", "kind")
SHOWN = ("own", "title", "text")
REASON = "reason"
DISPOSAL = "disposal"


class _Zone:
    """The series whose days begin in one zone."""

    def __init__(self, zone: str, assigning: Assigning) -> None:
        self._days = Days(Calendar(zone))
        own = {
            text: tuple(one for one in several if one.calendar.zone == zone)
            for text, several in assigning.scheduled.items()
        }
        self._assigned = {text: several for text, several in own.items() if several}
        self._mass = MassReckoning(self._assigned)
        self._triggers = sorted(_triggers(self._assigned))

    def lengths(self, series: Column, batch: pa.RecordBatch, account: Account, declaring: Declaring) -> Column:
        """Return how long these series keep each record (``MassReckoning.lengths``)."""
        texts = [text if text in self._assigned else None for text in series.dictionary.to_pylist()]
        columns = {SERIES: pa.DictionaryArray.from_arrays(series.indices, pa.array(texts, pa.string()))}
        for trigger in self._triggers:
            captured = self._days.of(batch.column(trigger)) if trigger in batch.schema.names else None
            columns[trigger] = declaring.days(trigger, captured, batch, account)
        return self._mass.lengths(pa.RecordBatch.from_pydict(columns))


def eligible(
    archive: Archive,
    opened: Search,
    in_force: InForce,
    *,
    as_of: date,
    shown: bool = False,
    accounts: Collection[str] | None = None,
) -> Iterator[pa.RecordBatch]:
    """Yield all records, account by account, in batches, and whether each may be disposed of on a day.

    Columns: ``record``, ``key``, ``row`` (which, and where it lies), ``account``, ``item``, ``kind``; ``series`` (their
    names in one text; null: none), ``due`` (a day; null: never, or nobody knows), ``held`` (whether a hold covers it),
    ``disposal`` (of the longest series) and ``reason`` (one of ``REASONS``). With ``shown`` also ``own`` (the record's
    date, in microseconds), ``title`` and the beginning of the ``text``. ``opened`` is over the whole archive;
    ``accounts``, if given, are those whose records are yielded.

    Raises:
        SeriesUnknownError, SeriesCycleError: something belongs to a series that no schedule in force has.
        PartitionUnreadableError, SearchTooLargeError: as ``Search.batches`` does.
    """
    history = archive.ledger.history
    assigning, declaring = Assigning(in_force), Declaring(in_force.declared)
    zones = [_Zone(zone, assigning) for zone in sorted(_zones(assigning))] or [_Zone("UTC", assigning)]
    activity = LAST_ACTIVITY in _triggers(assigning.scheduled)
    scopes = [(one.scope, accounts_of(one.scope, history)) for hold in history.holds.values() for one in hold.covered]
    for name, account in sorted(history.accounts.items()):
        if accounts is not None and name not in accounts:
            continue
        own = [scope for scope, accounts in scopes if name in accounts]
        statement = gathered(account.officials, partial(covering, own, name), activity=activity, shown=shown)
        for batch in opened.batches(statement, name):
            series = assigning.series(batch, account)
            due = Due.of(*(zone.lengths(series, batch, account, declaring) for zone in zones))
            yield _judged(batch, account, series, due, as_of)


def says(batch: pa.RecordBatch, name: str, word: str) -> Column:
    """Return which rows of ``eligible`` have a word in a column (``REASON``, ``DISPOSAL``); null is none."""
    column: Column = batch.column(name)
    words: list[str] = column.dictionary.to_pylist()
    return pc.fill_null(pc.equal(column.indices, pa.scalar(words.index(word))), False)  # noqa: FBT003 - Arrow's order


def _triggers(scheduled: Mapping[str, tuple[Scheduled, ...]]) -> set[Trigger]:
    return {term.trigger for several in scheduled.values() for one in several for term in one.series.terms}


def _zones(assigning: Assigning) -> set[str]:
    return {one.calendar.zone for several in assigning.scheduled.values() for one in several}


def _judged(batch: pa.RecordBatch, account: Account, series: Column, due: Due, as_of: date) -> pa.RecordBatch:
    held = batch.column("held")
    one = pa.repeat(pa.scalar(0, pa.int8()), batch.num_rows)
    columns: dict[str, Column] = {
        **{name: batch.column(name) for name in (*KEPT, *SHOWN) if name in batch.schema.names},
        "account": pa.DictionaryArray.from_arrays(one, pa.array([account.name])),
        SERIES: series,
        "due": due.days,
        "held": held,
        DISPOSAL: due.disposal,
        REASON: _reason(due, held, as_of),
    }
    return pa.RecordBatch.from_pydict(columns)


def _reason(due: Due, held: Column, as_of: date) -> Column:
    fates = pa.array([REASONS.index(fate) for fate in FATES], pa.int8())  # what is due is so on its day
    after: Column = pc.greater(due.days, pa.scalar(as_of, pa.date32()))
    late: Column = pc.fill_null(after, False)  # noqa: FBT003 - Arrow's order
    reasons: Column = fates.take(due.fate.indices)
    is_due = pc.equal(reasons, _number("due"))
    reasons = pc.if_else(pc.and_(is_due, held), _number("held"), reasons)
    reasons = pc.if_else(late, _number("not-yet"), reasons)
    return pa.DictionaryArray.from_arrays(reasons, pa.array(REASONS))


def _number(reason: Reason) -> Column:
    return pa.scalar(REASONS.index(reason), pa.int8())
