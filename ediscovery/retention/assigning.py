"""To which series millions of records belong, and what people declared of them: what is said of one, for columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias, cast

import pyarrow as pa
import pyarrow.compute as pc

from ediscovery.retention.knowing import BECAME
from schemas.classifying import Subject, find_rule

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from ediscovery.retention.in_force import Declared, InForce
    from ediscovery.retention.schedules import Scheduled
    from schemas.account import Account
    from schemas.digest import Digest
    from schemas.record import AbsenceClass, Kind
    from schemas.retention import SeriesName, Trigger

Column: TypeAlias = Any  # as in ``mass``

OWN_LAST = ("about", "record")
"""Of what is said of the record that an absence is about, and of the absence itself, the latter goes before."""


def text_of(series: Sequence[SeriesName]) -> str:
    """Return series in one text; no name holds a comma."""
    return ", ".join(series)


class Assigning:
    """Assigns records to series. ``scheduled`` says what each text that it assigns stands for."""

    def __init__(self, in_force: InForce) -> None:
        """Take what is in force.

        Raises:
            SeriesUnknownError, SeriesCycleError: a rule or a person names a series that no schedule in force has.
        """
        self._classification = in_force.classification
        several = [rule.series for rule in self._classification.rules] if self._classification else []
        several += [said.series for said in in_force.said.values()]
        self.scheduled: Mapping[str, tuple[Scheduled, ...]] = {
            text_of(series): tuple(in_force.schedules.resolve(name) for name in series) for series in several
        }
        self._numbers = {text: number for number, text in enumerate(self.scheduled)}
        self._said = _Said({record: self._numbers[text_of(one.series)] for record, one in in_force.said.items()})

    def series(self, batch: pa.RecordBatch, account: Account) -> Column:
        """Return the series of each record (``gathering``) as text, dictionary-encoded; null: it is unscheduled."""
        parts: list[Column] = [batch.column(name) for name in ("subject", "official", "became")]
        texts = [part.cast(pa.string()).fill_null("") for part in parts]
        asked: Column = pc.binary_join_element_wise(*texts, pa.scalar(" ")).dictionary_encode()
        ruled = pa.array([self._ruled(one, account) for one in asked.dictionary.to_pylist()], pa.int32())
        chosen = self._said.before(ruled.take(asked.indices), batch, pa.int32())
        return pa.DictionaryArray.from_arrays(chosen, pa.array(list(self._numbers), pa.string()))

    def _ruled(self, asked: str, account: Account) -> int | None:
        """Return the number of the series of one kind, class and verdict."""
        kind, official, verdict = asked.split(" ")
        subject = Subject(
            account=account.name,
            platform=account.platform,
            kind=cast("Kind", kind),
            author_class="official" if official == "true" else "public",
            moderation=BECAME.get(cast("AbsenceClass", verdict), "visible"),
        )
        found = find_rule(self._classification, subject) if self._classification else None
        return self._numbers[text_of(found[1].series)] if found else None


class Declaring:
    """Puts the days that people declared beside those that were captured: the later one counts."""

    def __init__(self, declared: Declared) -> None:
        self._accounts = declared.accounts
        records: dict[Trigger, dict[Digest, date]] = {}
        for (trigger, record), on in declared.records.items():
            records.setdefault(trigger, {})[record] = on
        self._records = {trigger: _Said(days) for trigger, days in records.items()}

    def days(self, trigger: Trigger, captured: Column | None, batch: pa.RecordBatch, account: Account) -> Column:
        """Return the day (``date32``) of a trigger for each record; ``captured`` are those that the archive knows."""
        found: Column = pa.nulls(batch.num_rows, pa.date32())
        if (on := self._accounts.get((trigger, account.name))) is not None:
            found = pa.repeat(pa.scalar(on, pa.date32()), batch.num_rows)
        said = self._records.get(trigger)
        declared = found if said is None else said.before(found, batch, pa.date32())
        return declared if captured is None else pc.max_element_wise(declared, captured)


class _Said:
    """What is said of single records."""

    def __init__(self, said: Mapping[Digest, int] | Mapping[Digest, date]) -> None:
        self._records = pa.array([record.raw for record in said], pa.binary())
        self._values = list(said.values())

    def before(self, found: Column, batch: pa.RecordBatch, kind: pa.DataType) -> Column:
        """Return a column in which it has taken the place of what was found."""
        if not self._values:
            return found
        values: Column = pa.array(self._values, kind)
        for name in OWN_LAST:
            said = values.take(pc.index_in(batch.column(name), value_set=self._records))
            found = pc.coalesce(said, found)
        return found
