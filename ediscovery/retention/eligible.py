"""Which records of an archive may be disposed of on a day: what ``explaining`` says of one, for all of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import pyarrow as pa
import pyarrow.compute as pc

from ediscovery.retention.assigning import Assigning, Declaring
from ediscovery.retention.bearing import BEARERS, Bearing, reckons_from_activity
from ediscovery.retention.covering import covering
from ediscovery.retention.days import Days
from ediscovery.retention.gathering import gathered
from ediscovery.retention.holding import items_found
from ediscovery.retention.mass import FATES, SERIES, STRICTNESS, Due, MassReckoning, last_of
from ediscovery.retention.reckoning import Calendar
from manifests.locking import accounts_of
from schemas.digest import Digest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from datetime import date

    from ediscovery.retention.assigning import Column
    from ediscovery.retention.in_force import InForce
    from ediscovery.retention.reckoning import Last
    from ediscovery.retention.schedules import Scheduled
    from ediscovery.search import Search
    from manifests.archive import Archive
    from schemas.account import Account
    from schemas.retention import Trigger

Reason: TypeAlias = Literal["unscheduled", "unknown", "for-ever", "beyond", "not-yet", "held", "due"]
"""Why a record may not be disposed of, or that it may; ``held`` is one that would be due but for a hold."""
REASONS: tuple[Reason, ...] = get_args(Reason)
TELLING = ("tells", "told")
KEPT = ("record", "key", "row", "item", "kind", *TELLING)
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
    ``disposal`` (of the longest series) and ``reason`` (one of ``REASONS``); ``tells`` and ``told`` (``gathering``).
    What others need (``bearing``) is due when
    those are, if that is later. With ``shown`` also ``own`` (the record's
    date, in microseconds), ``title`` and the beginning of the ``text``. ``opened`` is over the whole archive;
    ``accounts``, if given, are those whose records are yielded.

    Raises:
        SeriesUnknownError, SeriesCycleError: something belongs to a series that no schedule in force has.
        PartitionUnreadableError, SearchTooLargeError: as ``Search.batches`` does.
    """
    judging = _Judging(archive, opened, in_force, shown=shown)
    for name in sorted(archive.ledger.history.accounts):
        if accounts is None or name in accounts:
            yield from judging.account(name, as_of)


def find_needing(
    archive: Archive, opened: Search, in_force: InForce, *, account: str, record: Digest
) -> tuple[Digest, Last] | None:
    """Return which record is kept longest of those whose last activity would be earlier without one, and how long.

    Of several it is the one with the smallest id; ``None``: there is none. ``opened`` and errors are as for
    ``eligible``.
    """
    return _Judging(archive, opened, in_force, shown=False).find_needing(account, record)


class _Judging:
    """Judges all records of accounts, by what is in force."""

    def __init__(self, archive: Archive, opened: Search, in_force: InForce, *, shown: bool) -> None:
        self._history, self._opened, self._shown = archive.ledger.history, opened, shown
        self._zone = archive.settings.zone
        self._assigning, self._declaring = Assigning(in_force), Declaring(in_force.declared)
        zones = sorted(_zones(self._assigning)) or ["UTC"]
        self._zones = [_Zone(zone, self._assigning) for zone in zones]
        self._active = any(map(reckons_from_activity, self._assigning.scheduled.values()))

    def account(self, name: str, as_of: date) -> Iterator[pa.RecordBatch]:
        """Yield the records of an account; at last those that others may need, when all others are known."""
        account, bearing = self._history.accounts[name], Bearing(self._assigning.scheduled)
        waiting: list[_Reckoned] = []
        for whole in self._reckoned(name):
            known = whole
            if self._active:
                bearing.add(whole.batch, whole.series, whole.lengths)
                bears: Column = whole.batch.column("bears")
                waiting.append(whole.filter(bears))
                known = whole.filter(pc.invert(bears))
            yield _judged(known.batch, account, known.series, Due.of(known.lengths), as_of)
        needed = bearing.needed()
        for one in waiting:
            yield _judged(one.batch, account, one.series, Due.of(needed.lengths(one.batch, one.lengths)), as_of)

    def find_needing(self, name: str, record: Digest) -> tuple[Digest, Last] | None:
        """Return the record of an account that needs one longest, and how long (``find_needing``)."""
        if not self._active:
            return None
        bearing, found = Bearing(self._assigning.scheduled), list[tuple[int, bytes]]()
        for one in self._reckoned(name):
            for column in BEARERS:
                this: Column = pc.equal(one.batch.column(column), pa.scalar(record.raw, pa.binary()))
                chosen = pc.and_(this, bearing.needing(one.batch, one.series, one.lengths, column))
                parts: tuple[Column, Column] = (one.lengths, one.batch.column("record"))
                found += zip(*(part.filter(chosen).to_pylist() for part in parts), strict=True)
        if not found:
            return None
        length, needing = min(found, key=lambda one: (-(one[0] >> STRICTNESS), one[1]))
        return Digest(needing), last_of(length)

    def _reckoned(self, name: str) -> Iterator[_Reckoned]:
        account, history = self._history.accounts[name], self._history
        scopes = (one.scope for hold in history.holds.values() for one in hold.covered)
        own = [scope for scope in scopes if name in accounts_of(scope, history)]
        found = partial(items_found, account=name, opened=self._opened, zone=self._zone)
        holds = partial(covering, own, found)
        statement = gathered(account.officials, holds, activity=self._active, shown=self._shown)
        for batch in self._opened.batches(statement, name):
            series = self._assigning.series(batch, account)
            lengths = [zone.lengths(series, batch, account, self._declaring) for zone in self._zones]
            yield _Reckoned(batch, series, pc.max_element_wise(*lengths))


@dataclass(frozen=True, slots=True)
class _Reckoned:
    """Records of ``gathering``, their series, and how long these keep each (``MassReckoning.lengths``)."""

    batch: pa.RecordBatch
    series: Column
    lengths: Column

    def filter(self, chosen: Column) -> _Reckoned:
        """Return those that are chosen."""
        return _Reckoned(self.batch.filter(chosen), self.series.filter(chosen), self.lengths.filter(chosen))


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
