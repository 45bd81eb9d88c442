"""Why a record is kept, and until when: the rule, the series and their editions, every day, the holds, the lock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from ediscovery.evidence import read_hits, stored_at
from ediscovery.retention.eligible import find_needing
from ediscovery.retention.holding import holds_on
from ediscovery.retention.knowing import known_of, subject_of
from ediscovery.retention.reckoning import ONE_DAY, length_of, longest, reckon
from ediscovery.retention.wording import words
from manifests.wording import scope_in_words
from schemas.classifying import find_rule
from storage.objects import Locks

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import tzinfo

    from ediscovery.retention.in_force import InForce
    from ediscovery.retention.knowing import Known
    from ediscovery.retention.reckoning import Last, Reckoned, Undue
    from ediscovery.retention.schedules import Scheduled
    from ediscovery.search import Hit, Search
    from manifests.archive import Archive
    from schemas.digest import Digest
    from schemas.holds import Hold
    from schemas.retention import SeriesName
    from storage.objects import Guard

UNTIL: Mapping[Undue, str] = {
    "unknown": "as long as the day that it is due is not known",
    "beyond": "beyond the year 9999",
    "for-ever": "for ever",
}
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

    ``known`` is of the record whose way it goes (``knowing.subject_of``); ``needing`` is a record that would be due
    earlier without that one, and is kept longer than it by itself (``bearing``).
    """

    hit: Hit
    known: Known
    belonging: Belonging
    reckoned: tuple[tuple[Scheduled, Reckoned], ...]
    citations: tuple[str, ...]
    needing: tuple[Hit, Last] | None
    holds: tuple[Hold, ...]
    guard: Guard | None
    as_of: date

    @property
    def longest(self) -> Reckoned | None:
        """What the longest of its series says; ``None``: it has none."""
        return longest(*(reckoned for _, reckoned in self.reckoned)) if self.reckoned else None

    @property
    def last(self) -> Last | None:
        """The last day of keeping, by its series or for another record; ``None``: it has no series."""
        return self.needing[1] if self.needing else self.longest.last if self.longest else None

    @property
    def due(self) -> date | None:
        """The day from which on it may be disposed of, if there is one."""
        return self.last + ONE_DAY if isinstance(self.last, date) else None

    @property
    def eligible(self) -> bool:
        """Whether it may be disposed of on that day, as far as schedules and holds go."""
        return not self.holds and self.due is not None and self.due <= self.as_of

    def lines(self, zone: tzinfo) -> Iterator[str]:
        """Yield all of it in plain words for a reader in ``zone``."""
        yield f"Record {self.hit.record}, a {self.hit.kind} in {self.hit.account}"
        if self.known.hit.record != self.hit.record:
            yield f"  It goes the way of what it is about: the {self.known.hit.kind} {self.known.hit.record}"
        yield f"  {self.belonging.why}"
        for (scheduled, reckoned), citation in zip(self.reckoned, self.citations, strict=True):
            yield f"  Series {scheduled.name}: {scheduled.series.title} ({citation})"
            yield from (f"    {sentence}" for sentence in words(reckoned))
        if self.needing:
            yield f"  {_needed(*self.needing)}"
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
        return f"On {self.as_of} it must be kept{f'; it is due on {self.due}' if self.due else ''}."

    def to_plain(self) -> dict[str, Any]:
        """Return all of it as plain JSON values."""
        return {
            "record": str(self.hit.record),
            "about": str(self.known.hit.record),
            "account": self.hit.account,
            "as_of": str(self.as_of),
            "eligible": self.eligible,
            "due": str(self.due) if self.due else None,
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
            "needed_by": str(self.needing[0].record) if self.needing else None,
            "holds": [hold.hold for hold in self.holds],
            "lock": str(self.guard.lock.until) if self.guard and self.guard.lock else None,
            "legal_hold": self.guard.hold if self.guard else None,
        }


def explain(archive: Archive, opened: Search, hit: Hit, in_force: InForce, *, as_of: date) -> Explanation:
    """Return why a record is kept, or may go. All records of its account are judged for that (``eligible``).

    Raises:
        SeriesUnknownError, SeriesCycleError: something belongs to a series that no schedule in force has.
        IntegrityError: the record is not what was sealed.
        SearchTooLargeError: as ``Search.batches`` does.
    """
    found = read_hits(archive, (hit,))
    subject = subject_of(opened, hit, found[hit.record].view)
    found |= read_hits(archive, (subject,))
    account = archive.ledger.history.accounts[hit.account]
    declared = in_force.declared.days(hit.account, subject.record, hit.record)
    known = known_of(opened, subject, found[subject.record].view, account, declared)
    belonging = _belonging(hit, known, in_force)
    scheduled = tuple(in_force.schedules.resolve(name) for name in belonging.series)
    reckoned = tuple((one, reckon(one.series, known.facts(one.calendar), one.calendar)) for one in scheduled)
    needing = find_needing(archive, opened, in_force, account=hit.account, record=subject.record)
    stored = stored_at(found[hit.record].place)
    return Explanation(
        hit=hit,
        known=known,
        belonging=belonging,
        reckoned=reckoned,
        citations=tuple(_citation(name, in_force) for name in belonging.series),
        needing=_longer(opened, needing, [one for _, one in reckoned]),
        holds=tuple(holds_on((hit, subject), opened, archive.ledger.history, archive.settings.zone)),
        guard=archive.store.guard_of(stored.key, version=stored.version) if isinstance(archive.store, Locks) else None,
        as_of=as_of,
    )


def _longer(opened: Search, needing: tuple[Digest, Last] | None, own: Sequence[Reckoned]) -> tuple[Hit, Last] | None:
    """Return the record that needs another, if that one belongs to series, and these keep it shorter."""
    if needing is None or not own or length_of(needing[1]) <= length_of(longest(*own).last):
        return None
    hit = opened.find_record(needing[0].hex)
    return None if hit is None else (hit, needing[1])


def _needed(hit: Hit, last: Last) -> str:
    until = f"until {last}" if isinstance(last, date) else UNTIL[last]
    return f"The last activity in the {hit.kind} {hit.record} is known from it, and that is kept {until}."


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
