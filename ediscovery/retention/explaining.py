"""Why a record is kept, and until when: the rule, the series and their editions, every day, the holds, the lock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ediscovery.evidence import read_hits, stored_at
from ediscovery.retention.holding import holds_on
from ediscovery.retention.knowing import known_of, subject_of
from ediscovery.retention.reckoning import longest, reckon
from ediscovery.retention.wording import words
from manifests.wording import scope_in_words
from schemas.classifying import find_rule
from storage.objects import Locks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, tzinfo

    from ediscovery.retention.in_force import InForce
    from ediscovery.retention.knowing import Known
    from ediscovery.retention.reckoning import Reckoned
    from ediscovery.retention.schedules import Scheduled
    from ediscovery.search import Hit, Search
    from manifests.archive import Archive
    from schemas.holds import Hold
    from schemas.retention import SeriesName
    from storage.objects import Guard

UNSCHEDULED = "No rule matches it: it is unscheduled, and kept."
NO_CLASSIFICATION = "No classification is adopted: it is unscheduled, and kept."


@dataclass(frozen=True, slots=True)
class Belonging:
    """To which series a record belongs, and why."""

    series: tuple[SeriesName, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """What is known and reckoned of one record as of a day; ``guard`` is how the store guards its object now.

    ``known`` is of the record whose way it goes (``knowing.subject_of``).
    """

    hit: Hit
    known: Known
    belonging: Belonging
    reckoned: tuple[tuple[Scheduled, Reckoned], ...]
    citations: tuple[str, ...]
    holds: tuple[Hold, ...]
    guard: Guard | None
    as_of: date

    @property
    def longest(self) -> Reckoned | None:
        """What the longest of its series says; ``None``: it has none."""
        return longest(*(reckoned for _, reckoned in self.reckoned)) if self.reckoned else None

    @property
    def eligible(self) -> bool:
        """Whether it may be disposed of on that day, as far as schedules and holds go."""
        due = self.longest.due if self.longest else None
        return not self.holds and due is not None and due <= self.as_of

    def lines(self, zone: tzinfo) -> Iterator[str]:
        """Yield all of it in plain words for a reader in ``zone``."""
        yield f"Record {self.hit.record}, a {self.hit.kind} in {self.hit.account}"
        if self.known.hit.record != self.hit.record:
            yield f"  It goes the way of what it is about: the {self.known.hit.kind} {self.known.hit.record}"
        yield f"  {self.belonging.why}"
        for (scheduled, reckoned), citation in zip(self.reckoned, self.citations, strict=True):
            yield f"  Series {scheduled.name}: {scheduled.series.title} ({citation})"
            yield from (f"    {sentence}" for sentence in words(reckoned))
        for hold in self.holds:
            scopes = "; ".join(scope_in_words(one.scope, zone) for one in hold.covered)
            yield f"  Held by {hold.hold} ({scopes}): {hold.reason}"
        yield f"  {self._lock()}"
        yield self._verdict()

    def _lock(self) -> str:
        if self.guard is None:
            return "This store has no locks."
        flag = ", under a legal hold" if self.guard.hold else ""
        lock = self.guard.lock
        return f"Its object is locked until {lock.until} ({lock.mode}){flag}." if lock else f"Not locked{flag}."

    def _verdict(self) -> str:
        if self.eligible:
            return f"On {self.as_of} it may be proposed for disposal."
        if self.holds:
            return f"On {self.as_of} it must be kept: it is under a hold."
        due = self.longest.due if self.longest else None
        return f"On {self.as_of} it must be kept{f'; it is due on {due}' if due else ''}."

    def to_plain(self) -> dict[str, Any]:
        """Return all of it as plain JSON values."""
        decided = self.longest
        return {
            "record": str(self.hit.record),
            "about": str(self.known.hit.record),
            "account": self.hit.account,
            "as_of": str(self.as_of),
            "eligible": self.eligible,
            "due": str(decided.due) if decided and decided.due else None,
            "why": self.belonging.why,
            "series": [
                {
                    "name": scheduled.name,
                    "cited": citation,
                    "due": str(one.due) if one.due else None,
                    "words": words(one),
                }
                for (scheduled, one), citation in zip(self.reckoned, self.citations, strict=True)
            ],
            "holds": [hold.hold for hold in self.holds],
            "lock": str(self.guard.lock.until) if self.guard and self.guard.lock else None,
            "legal_hold": self.guard.hold if self.guard else None,
        }


def explain(archive: Archive, opened: Search, hit: Hit, in_force: InForce, *, as_of: date) -> Explanation:
    """Return why a record is kept, or may go.

    Raises:
        SeriesUnknownError, SeriesCycleError: it belongs to a series that no schedule in force has.
        IntegrityError: the record is not what was sealed.
    """
    subject = subject_of(opened, hit)
    found = read_hits(archive, (hit, subject))
    account = archive.ledger.history.accounts[hit.account]
    declared = in_force.declared.days(hit.account, subject.record, hit.record)
    known = known_of(opened, subject, found[subject.record].view, account, declared)
    belonging = _belonging(hit, known, in_force)
    scheduled = tuple(in_force.schedules.resolve(name) for name in belonging.series)
    stored = stored_at(found[hit.record].place)
    return Explanation(
        hit=hit,
        known=known,
        belonging=belonging,
        reckoned=tuple((one, reckon(one.series, known.facts(one.calendar), one.calendar)) for one in scheduled),
        citations=tuple(_citation(name, in_force) for name in belonging.series),
        holds=tuple(holds_on((hit, subject), opened, archive.ledger.history)),
        guard=archive.store.guard_of(stored.key, version=stored.version) if isinstance(archive.store, Locks) else None,
        as_of=as_of,
    )


def _belonging(hit: Hit, known: Known, in_force: InForce) -> Belonging:
    if said := in_force.said.get(hit.record) or in_force.said.get(known.hit.record):
        return Belonging(said.series, f"A person said so in ledger entry {said.entry}: {said.reason}")
    if in_force.classification is None or in_force.classified_by is None:
        return Belonging((), NO_CLASSIFICATION)
    found = find_rule(in_force.classification, known.subject)
    if found is None:
        return Belonging((), UNSCHEDULED)
    index, rule = found
    by = in_force.classified_by
    return Belonging(rule.series, f"Rule {index + 1} of the classification in ledger entry {by.entry} ({by.digest})")


def _citation(name: SeriesName, in_force: InForce) -> str:
    schedule, _ = in_force.schedules.find(name)
    adopted = in_force.adopted[schedule.name]
    authority = f"{schedule.authority}, edition {schedule.edition}"
    return f"{authority}; adopted in ledger entry {adopted.entry}, SHA-256 {adopted.digest}"
