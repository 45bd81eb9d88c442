"""What the ledger says about retention now: the schedules adopted, the classification, what people said of records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self, TypeVar

from ediscovery.retention.schedules import Schedules
from schemas.digest import Digest
from schemas.ledger import EventDeclared, RecordsClassified, ScheduleAdopted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from manifests.ledger import Ledger
    from schemas.retention import Classification, SeriesName, Trigger

Kind = TypeVar("Kind", ScheduleAdopted, RecordsClassified, EventDeclared)


@dataclass(frozen=True, slots=True)
class Adopted:
    """A schedule or classification in force: the entry that adopted it, and the SHA-256 of its canonical spelling."""

    entry: int
    digest: Digest


@dataclass(frozen=True, slots=True)
class Said:
    """To which series a person said a record belongs, and the entry in which that is."""

    entry: int
    series: tuple[SeriesName, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Declared:
    """The day on which a trigger was reached, by trigger and account or record; the last word counts."""

    accounts: Mapping[tuple[Trigger, str], date]
    records: Mapping[tuple[Trigger, Digest], date]

    def days(self, account: str, *records: Digest) -> dict[Trigger, date]:
        """Return what is declared for records; what is said of a later one goes before, of their account after all."""
        found = {trigger: on for (trigger, name), on in self.accounts.items() if name == account}
        for record in records:
            found |= {trigger: on for (trigger, named), on in self.records.items() if named == record}
        return found


@dataclass(frozen=True, slots=True)
class InForce:
    """Everything by which records are classified and reckoned, as of the ledger's last refresh."""

    schedules: Schedules
    adopted: Mapping[str, Adopted]
    classification: Classification | None
    classified_by: Adopted | None
    said: Mapping[Digest, Said]
    declared: Declared

    @classmethod
    def of(cls, ledger: Ledger) -> Self:
        """Read what is in force.

        Raises:
            LedgerChangedError: the store gives other entries than those that were accepted.
        """
        history = ledger.history
        editions = {
            act.schedule.name: (entry, act.schedule)
            for entry in history.schedules.values()
            for act in _acts(ledger, entry, ScheduleAdopted)
        }
        entry, classification = history.classification or (0, None)
        by = Adopted(entry, Digest.of(classification.to_bytes())) if classification else None
        said = {
            record: Said(entry, act.series, act.reason)
            for entry in history.classified
            for act in _acts(ledger, entry, RecordsClassified)
            for record in act.records
        }
        declarations = [act for entry in history.declared for act in _acts(ledger, entry, EventDeclared)]
        return cls(
            schedules=Schedules.of(schedule for _, schedule in editions.values()),
            adopted={
                name: Adopted(entry, Digest.of(schedule.to_bytes())) for name, (entry, schedule) in editions.items()
            },
            classification=classification,
            classified_by=by,
            said=said,
            declared=Declared(
                {(act.trigger, name): act.on for act in declarations for name in act.accounts},
                {(act.trigger, record): act.on for act in declarations for record in act.records},
            ),
        )


def _acts(ledger: Ledger, entry: int, kind: type[Kind]) -> Iterator[Kind]:
    return (act for act in ledger.entry(entry).acts if isinstance(act, kind))
