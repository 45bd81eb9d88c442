"""What people and programs are told of matters: what is due next, how it was counted, what the law leaves to them."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from ediscovery.matters.calendars import CALENDARS
from ediscovery.matters.deadlines import due_in
from ediscovery.printable import one_line, printable
from manifests.console import plural
from manifests.wording import scope_in_words

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from datetime import date, tzinfo

    from ediscovery.matters.calendars import Calendar
    from ediscovery.matters.deadlines import Due
    from manifests.matters import Matter
    from schemas.holds import Hold
    from schemas.ledger import Produced
    from schemas.matters import MatterText

WIDTH = 100
NO_ADVICE = "Counted to help you, and no legal advice: check it against the law in force."


@dataclass(frozen=True, slots=True)
class Standing:
    """A matter, and what is due in it."""

    matter: Matter
    due: tuple[Due, ...]

    @property
    def next(self) -> Due | None:
        """What is to be done next, or ``None``."""
        return next((one for one in self.due if one.settled is None and not one.right), None)

    def to_plain(self, today: date) -> dict[str, Any]:
        """Return it for programs, without what lies apart from the ledger."""
        opened, ended = self.matter.opened, self.matter.closed
        return {
            "matter": opened.matter,
            "kind": opened.kind,
            "jurisdiction": opened.jurisdiction,
            "received": str(opened.received),
            "hold": opened.hold,
            "closed": {"outcome": ended.outcome, "on": str(ended.on)} if ended else None,
            "next": plain_of(self.next, today) if self.next else None,
        }


def standing(matters: Iterable[Matter], closed: Collection[date], *, every: bool) -> list[Standing]:
    """Return matters and what is due in them, the most urgent first; ``closed`` are no business days.

    Those that are over are left out, unless ``every`` one is wanted.
    """
    found = [Standing(one, due_in(one, closed)) for one in matters if every or one.closed is None]
    return sorted(found, key=_urgency)


def _urgency(one: Standing) -> tuple[bool, bool, str, str]:
    due = one.next
    return one.matter.closed is not None, due is None, str(due.day) if due else "", one.matter.opened.matter


def plain_of(due: Due, today: date) -> dict[str, Any]:
    """Return something that is due, for programs."""
    left = due.left(today)
    open_still = due.settled is None and not due.right
    return {
        "step": due.step,
        "day": str(due.day),
        "days_left": left if due.settled is None else None,
        "overdue": open_still and left < 0,
        "settled": str(due.settled) if due.settled else None,
        "right": due.right,
        "words": due.words,
        "how": due.how,
        "clause": due.clause,
        "may_move": due.may_move,
        "passed": [{"day": str(day), "why": why} for day, why in due.passed],
    }


def line_of(due: Due, today: date) -> str:
    """Return in one line what is due when, and how urgent that is."""
    return f"  {due.step:<18} {due.day:%Y-%m-%d %a}  {_urgency_words(due, today)}"


def _urgency_words(due: Due, today: date) -> str:
    left = due.left(today)
    if due.settled is not None:
        late = ", late" if due.settled > due.day else ""
        return f"done on {due.settled}{late}"
    if due.right:
        return "may be done until then" if left >= 0 else "can no longer be done"
    if left < 0:
        return f"OVERDUE by {plural(-left, 'day')}"
    return "due TODAY" if left == 0 else f"{plural(left, 'day')} left"


def listed(one: Standing, today: date) -> str:
    """Return a matter in one line."""
    opened, ended, due = one.matter.opened, one.matter.closed, one.next
    about = f"{opened.matter:<24} {opened.kind:<8} {opened.jurisdiction or '':<14}"
    if ended is not None:
        return f"{about} closed on {ended.on}: {ended.outcome.replace('-', ' ')}"
    if due is None:
        return f"{about} {'nothing is due' if one.due else 'no day is set'}"
    return f"{about} {_urgency_words(due, today)}: {due.step}, due on {due.day:%Y-%m-%d %a}"


def shown(
    one: Standing,
    opened: MatterText | None,
    ended: MatterText | None,
    holds: Iterable[Hold],
    productions: Iterable[Produced],
    today: date,
    zone: tzinfo,
) -> Iterator[str]:
    """Yield what there is to read of a matter; texts of strangers steer no terminal."""
    act, calendar = one.matter.opened, CALENDARS.get(one.matter.opened.jurisdiction or "")
    yield f"Matter {act.matter}: a {act.kind}, received on {act.received}"
    yield from (f"  {calendar.title}",) if calendar else (f"  law {act.jurisdiction}",) if act.jurisdiction else ()
    if opened is not None:
        yield f"  {one_line(opened.title)}"
        yield from (f"  from {one_line(opened.requester)}",) if opened.requester else ()
        yield from _notes(opened.notes)
        yield from (f"  No hold: {one_line(opened.without_hold)}",) if opened.without_hold else ()
    for hold in holds:
        covered = "; ".join(scope_in_words(each.scope, zone) for each in hold.covered)
        yield f"  Hold {one_line(hold.hold)} covers {covered}"
    for made in productions:
        yield f"  Production {made.production}: {plural(made.records, 'record')}, {made.bates}"
    if one.matter.closed is not None:
        yield f"Closed on {one.matter.closed.on}: {one.matter.closed.outcome.replace('-', ' ')}"
        yield from _notes(ended.notes if ended else "")
        for step in one.matter.steps:
            yield f"  {step.step} {f'set to {step.until}' if step.until else 'done'} on {step.on}"
        return
    yield f"Due, as of {today}"
    for due in one.due:
        yield line_of(due, today)
        yield from wrap(due.words, WIDTH, initial_indent="      ", subsequent_indent="      ")
        yield f"      {due.how}{f'; {due.clause}' if due.clause else ''}"
        yield from (f"      not counted: {day:%Y-%m-%d %a}, {why}" for day, why in due.passed)
        yield from (f"      may be set later {due.may_move}",) if due.may_move else ()
    if not one.due:
        yield "  nothing that is known here; set it with 'holdfast matter due'"
    if calendar is not None:
        yield from _left_to_you(calendar, act.matter)


def _notes(notes: str) -> Iterator[str]:
    yield from (f"  | {printable(line)}" for line in notes.splitlines())


def _left_to_you(calendar: Calendar, name: str) -> Iterator[str]:
    if calendar.happens:
        yield f"Say with 'holdfast matter done {name} STEP' when it happens:"
        for one in calendar.happens:
            yield from wrap(f"{one.step}: {one.words}", WIDTH, initial_indent="  ", subsequent_indent="      ")
    yield f"Business days are those of {calendar.business_day}. What the law leaves to you:"
    for words in calendar.left_to_you:
        yield from wrap(words, WIDTH, initial_indent="  ", subsequent_indent="  ")
    yield NO_ADVICE
