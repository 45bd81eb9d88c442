"""What the archive knows about one record that decides how long it is kept: its days, its class, what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ediscovery.retention.reckoning import Facts, day_of
from schemas.classifying import Subject, author_class
from schemas.record import is_late

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from ediscovery.retention.reckoning import Calendar
    from ediscovery.search import Hit, Search
    from schemas.account import Account
    from schemas.instant import Instant
    from schemas.record import AbsenceClass, Normalised
    from schemas.retention import Moderation, Trigger

BECAME: Mapping[AbsenceClass, Moderation] = {"deleted": "removed", "hidden": "hidden"}
EVENT = "event:"


@dataclass(frozen=True, slots=True)
class Known:
    """A record, its instants as far as they are known, and what rules ask about it."""

    hit: Hit
    subject: Subject
    last_activity: Instant
    superseded: Instant | None
    declared: Mapping[Trigger, date]

    def facts(self, calendar: Calendar) -> Facts:
        """Return the days of the triggers in a calendar.

        Of what people declared and what the archive knows the later counts: one person makes nothing due earlier.
        """

        def day(trigger: Trigger, instant: Instant | None) -> date | None:
            known = None if instant is None else day_of(instant, calendar)
            return max((on for on in (self.declared.get(trigger), known) if on is not None), default=None)

        return Facts(
            created=day("created", self.hit.created),
            captured=day("captured", self.hit.captured),
            last_activity=day("last-activity", self.last_activity),
            closed=day("closed", None),
            superseded=day("superseded", self.superseded),
            subject_born=day("subject-born", None),
            events={
                trigger.removeprefix(EVENT): on for trigger, on in self.declared.items() if trigger.startswith(EVENT)
            },
        )


def subject_of(opened: Search, hit: Hit, view: Normalised) -> Hit:
    """Return the record whose way a record with the derived view ``view`` goes.

    That is itself, or for an absence and a late medium the newest version of the item, if any.
    """
    if hit.kind != "absence" and view.late_of is None:
        return hit
    versions = [one for one in opened.versions(hit.account, view.late_of or hit.item) if _is_version(one)]
    return versions[-1] if versions else hit


def _is_version(hit: Hit) -> bool:
    """Return whether a record is a version of its item, and not about another one."""
    return hit.kind != "absence" and not is_late(hit.kind, hit.item)


def known_of(opened: Search, hit: Hit, view: Normalised, account: Account, declared: Mapping[Trigger, date]) -> Known:
    """Return what is known of a record, whose derived view is ``view``, and which is its own ``subject_of``.

    The last activity in an item is the date of the newest item in its thread, or if an item there was changed, when
    that was seen. A version was superseded when the next one, of the same kind, was captured; absences are none.
    """
    versions = [one for one in opened.versions(hit.account, hit.item) if one.kind == hit.kind and _is_version(one)]
    thread = opened.thread(hit.account, view.thread or hit.item)
    later = [one.captured for one in versions if one.captured > hit.captured]
    activities = [
        hit.date,
        *later,
        *(one.captured if one.versions > 1 else one.date for one in thread if _is_version(one)),
    ]
    return Known(
        hit=hit,
        subject=Subject(
            account=hit.account,
            platform=account.platform,
            kind=hit.kind,
            author_class=author_class(hit.kind, view.author, account.officials),
            moderation=BECAME.get(hit.absence, "visible") if hit.absence else "visible",
        ),
        last_activity=max(activities),
        superseded=min(later, default=None),
        declared=declared,
    )
