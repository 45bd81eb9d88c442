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

    Of what is told of a step the last word counts: that it was done, or until when it may be. Where days are counted
    anew, what was said before counts for nothing. What happened has happened, also where a day is set for it later.
    """
    if matter.closed is not None:
        return ()
    told = _Told(matter)
    known = CALENDARS.get(matter.opened.jurisdiction or "")
    found = list(_by_law(known, told, closed)) if known else []
    lawful = {one.step for one in found}
    found += (
        Due(act.step, act.until, "as you said", f"set to that day on {act.on}")
        for act in told.last.values()
        if act.until is not None and act.step not in lawful
    )
    return tuple(sorted(found, key=lambda one: (one.day, one.step)))


def steps_of(matter: Matter) -> tuple[str, ...]:
    """Return the steps that can be said to be taken: those of the calendar, and those that a person set a day for."""
    calendar = CALENDARS.get(matter.opened.jurisdiction or "")
    return tuple(dict.fromkeys((*(calendar.steps if calendar else ()), *(act.step for act in matter.steps))))


class _Told:
    """What people said of the steps of a matter: the ``last`` word of each, and when what happened, and was moved.

    A moment is a day, and where several things are of one day, which was said first.
    """

    def __init__(self, matter: Matter) -> None:
        self.last = {act.step: act for act in matter.steps}
        self.taken = {RECEIVED: (matter.opened.received, -1)}
        self.moved: dict[str, tuple[tuple[date, int], date]] = {}
        for number, act in enumerate(matter.steps):
            if act.until is None:
                self.taken[act.step] = act.on, number
            else:
                self.moved[act.step] = (act.on, number), act.until

    def settled(self, deadline: Deadline, since: tuple[date, int]) -> date | None:
        """Return when a deadline was settled that runs since a moment: what was done before it settles nothing."""
        last = self.last.get(deadline.step)
        own = () if last is None or last.until is not None else (deadline.step,)
        done = (self.taken[step] for step in (*own, *deadline.settled_by) if step in self.taken)
        return min((moment[0] for moment in done if moment >= since), default=None)

    def set_to(self, deadline: Deadline, since: tuple[date, int]) -> tuple[date, date] | None:
        """Return the day on which somebody set a deadline that runs since a moment, and to which one."""
        last = self.last.get(deadline.step)
        if last is None or last.until is None:
            return None
        moment, until = self.moved[deadline.step]
        return (moment[0], until) if moment >= since else None


def _by_law(calendar: Calendar, told: _Told, closed: Collection[date]) -> Iterator[Due]:
    for one in calendar.deadlines:
        begun = next((step for step in one.after if step in told.taken), None)
        if begun is None or told.taken[begun][0] > LAST:
            continue
        since = told.taken[begun]
        first = received_on(calendar, since[0], closed) if begun == RECEIVED else Counted(since[0])
        counted = _count(calendar, one, first.day, closed)
        how, day, passed = (
            _how(calendar, one, begun, since[0], first.day),
            counted.day,
            (*first.passed, *counted.passed),
        )
        moved = told.set_to(one, since)
        if moved is not None:
            how, day, passed = f"{how}, that is {day}; set to {moved[1]} instead on {moved[0]}", moved[1], ()
        yield Due(
            step=one.step,
            day=day,
            words=one.words,
            how=how,
            clause=one.clause,
            may_move=one.may_move,
            passed=passed,
            settled=told.settled(one, since),
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
