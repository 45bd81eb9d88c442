"""When what the law asks in a matter is due: counted by a calendar, or set by a person. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from ediscovery.matters.calendars import CALENDARS, RECEIVED
from ediscovery.matters.holidays import SATURDAY

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from ediscovery.matters.calendars import Calendar, Deadline
    from manifests.matters import Matter
    from schemas.ledger import MatterStepped

ONE = timedelta(days=1)
LAST = date.max - timedelta(days=366)
"""What is set or counted from later days is not counted on: no calendar reaches so far."""


@dataclass(frozen=True, slots=True)
class Counted:
    """A day, and how it was arrived at: the days that were passed over, each with the reason."""

    day: date
    passed: tuple[tuple[date, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Due:
    """Something that is due in a matter on ``day``; ``how`` says in words what was counted.

    ``settled`` is the day on which it was done. ``passed`` are the days but weekends that did not count.
    """

    step: str
    day: date
    words: str
    how: str
    clause: str = ""
    may_move: str = ""
    passed: tuple[tuple[date, str], ...] = ()
    settled: date | None = None
    right: bool = False

    def left(self, today: date) -> int:
        """Return how many days are left, fewer than none where it is overdue."""
        return (self.day - today).days


def why_closed(calendar: Calendar, day: date, closed: Collection[date]) -> str | None:
    """Return why a weekday is no business day, or ``None`` where it is one; ``closed`` are days that a person named."""
    holiday = calendar.holidays.find(day)
    if holiday is not None:
        return f"{holiday.name}, {holiday.clause}"
    return "closed, as holdfast.toml says" if day in closed else None


def add_business_days(calendar: Calendar, start: date, count: int, closed: Collection[date]) -> Counted:
    """Return the ``count``-th business day after a day, which itself does not count."""
    day, passed = start, []
    while count:
        day += ONE
        if day.weekday() >= SATURDAY:
            continue
        why = why_closed(calendar, day, closed)
        if why is None:
            count -= 1
        else:
            passed.append((day, why))
    return Counted(day, tuple(passed))


def received_on(calendar: Calendar, received: date, closed: Collection[date]) -> Counted:
    """Return the day on which a request counts as received."""
    business = received.weekday() < SATURDAY and why_closed(calendar, received, closed) is None
    if business or not calendar.moved_receipt:
        return Counted(received)
    return add_business_days(calendar, received, 1, closed)


def due_in(matter: Matter, closed: Collection[date]) -> tuple[Due, ...]:
    """Return what is or was due in a matter, the earliest first; ``closed`` are days that are no business days.

    Of what is told of a step the last word counts: that it was done, or until when it may be.
    """
    if matter.closed is not None:
        return ()
    said = {act.step: act for act in matter.steps}
    known = CALENDARS.get(matter.opened.jurisdiction or "")
    found = list(_by_law(known, matter.opened.received, said, closed)) if known else []
    lawful = {one.step for one in found}
    found += (
        Due(act.step, act.until, "as you said", f"set to that day on {act.on}")
        for act in said.values()
        if act.until is not None and act.step not in lawful
    )
    return tuple(sorted(found, key=lambda one: (one.day, one.step)))


def steps_of(matter: Matter) -> tuple[str, ...]:
    """Return the steps that can be taken in a matter: those of its calendar, and those that a person set a day for."""
    calendar = CALENDARS.get(matter.opened.jurisdiction or "")
    return tuple(dict.fromkeys((*(calendar.steps if calendar else ()), *(act.step for act in matter.steps))))


def _by_law(
    calendar: Calendar, received: date, said: dict[str, MatterStepped], closed: Collection[date]
) -> Iterator[Due]:
    taken = {step: act.on for step, act in said.items() if act.until is None}
    starts = taken | {RECEIVED: received}
    for one in calendar.deadlines:
        begun = next((step for step in one.after if step in starts), None)
        if begun is None or starts[begun] > LAST:
            continue
        first = received_on(calendar, received, closed) if begun == RECEIVED else Counted(starts[begun])
        counted = _count(calendar, one, first.day, closed)
        act = said.get(one.step)
        moved = act.until if act is not None else None
        yield Due(
            step=one.step,
            day=moved or counted.day,
            words=one.words,
            how=_how(calendar, one, begun, starts[begun], first.day)
            + (f", that is {counted.day}; set to {moved} instead on {act.on}" if act is not None and moved else ""),
            clause=one.clause,
            may_move=one.may_move,
            passed=() if moved else (*first.passed, *counted.passed),
            settled=min((taken[step] for step in (one.step, *one.settled_by) if step in taken), default=None),
            right=one.right,
        )


def _count(calendar: Calendar, deadline: Deadline, start: date, closed: Collection[date]) -> Counted:
    if deadline.unit == "calendar":
        # Where a period would end on a weekend some laws let it go on: the earlier day is safe.
        return Counted(start + timedelta(days=deadline.count))
    return add_business_days(calendar, start, deadline.count, closed)


def _how(calendar: Calendar, deadline: Deadline, begun: str, start: date, counted_from: date) -> str:
    unit = "business days" if deadline.unit == "business" else "days, weekends and holidays too,"
    moved = f" (counted as {counted_from}: {calendar.moved_receipt})" if counted_from != start else ""
    return f"{deadline.count} {unit} after {begun.replace('-', ' ')} on {start}{moved}"
