"""Matters as the ledger tells them: what is known of each, and the rules of their acts (FORMAT 4.14)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from schemas.canonical import Canonical
from schemas.errors import ConflictError, InputError
from schemas.ledger import MatterClosed, MatterOpened, MatterStepped
from storage import layout

if TYPE_CHECKING:
    from manifests.history import History
    from schemas.instant import Instant
    from schemas.ledger import Entry

FIRST_ZONE = 14 * 3_600_000_000
"""How much earlier than in UTC a day begins where it begins first (UTC+14), in microseconds."""
DAY = 24 * 3_600_000_000
EPOCH = date(1970, 1, 1)

MatterAct: TypeAlias = MatterOpened | MatterStepped | MatterClosed


class MatterRefusedError(ConflictError):
    """A matter cannot be opened, go on or be closed so, or a hold is still needed by one."""

    code = "MATTER_REFUSED"


class MatterUnknownError(InputError):
    """There is no matter of that name."""

    code = "MATTER_UNKNOWN"


class Matter(Canonical, frozen=True):
    """A matter as the ledger tells it; ``closed`` is absent while it is open."""

    opened: MatterOpened
    steps: tuple[MatterStepped, ...] = ()
    closed: MatterClosed | None = None


def matter_after(before: Matter | None, act: MatterAct) -> Matter | None:
    """Return what is known of a matter after one of its acts; ``None`` if its opening is not known.

    An audit goes on after a damaged entry, which may have been the one that opened it.
    """
    match act:
        case MatterOpened():
            return Matter(opened=act)
        case MatterStepped() if before is not None:
            return msgspec.structs.replace(before, steps=(*before.steps, act))
        case MatterClosed() if before is not None:
            return msgspec.structs.replace(before, closed=act)
        case _:
            return None


def check_matter(history: History, entry: Entry, act: MatterAct) -> None:
    """Check an act of a matter against what the ledger says.

    Raises:
        MatterUnknownError: there is no such matter.
        MatterRefusedError: it does not fit.
    """
    match act:
        case MatterOpened():
            _check_opened(history, entry, act)
        case MatterStepped():
            matter = demand_open(history, act.matter)
            check_day(act.on, entry.at, since=matter.opened.received)
            if act.until is not None and act.until < act.on:
                raise _refused(f"A deadline cannot be set to {act.until} on {act.on}", "Give a later day.")
        case MatterClosed():
            matter = demand_open(history, act.matter)
            check_day(act.on, entry.at, since=matter.opened.received)
            if act.text is not None and act.text.key != layout.matter_closed(act.matter):
                raise _refused("The text about a matter does not lie where it should", "Report this.")


def _check_opened(history: History, entry: Entry, act: MatterOpened) -> None:
    refuse_taken(history, act.matter)
    check_day(act.received, entry.at)
    if act.text.key != layout.matter(act.matter):
        raise _refused("The text about a matter does not lie where it should", "Report this.")
    if act.hold is not None and (act.hold not in history.holds or history.holds[act.hold].matter != act.matter):
        raise _refused(f"The hold {act.hold[:80]!r} is not in force for the matter {act.matter}", "Place it first.")


def refuse_taken(history: History, name: str) -> None:
    """Check that there is and was no matter of that name.

    Raises:
        MatterRefusedError: there is or was.
    """
    if name in history.matters:
        raise _refused(f"There is or was a matter {name}", f"See 'holdfast matter show {name}'; no name is used twice.")


def demand_matter(history: History, name: str) -> Matter:
    """Return a matter, open or closed.

    Raises:
        MatterUnknownError: there is none of that name.
    """
    if name not in history.matters:
        raise MatterUnknownError(f"There is no matter {name[:80]!r}.", do="See 'holdfast matter list --all'.")
    return history.matters[name]


def demand_open(history: History, name: str) -> Matter:
    """Return a matter that is open.

    Raises:
        MatterUnknownError: there is none of that name.
        MatterRefusedError: it is closed.
    """
    matter = demand_matter(history, name)
    if matter.closed is not None:
        raise _refused(f"The matter {name} is closed since {matter.closed.on}", "Open another one, if it goes on.")
    return matter


def refuse_needed(history: History, hold: str) -> None:
    """Check that no open matter needs a hold.

    Raises:
        MatterRefusedError: one does.
    """
    held = history.holds.get(hold)
    matter = history.matters.get(held.matter) if held is not None and held.matter is not None else None
    if matter is not None and matter.closed is None:
        name = matter.opened.matter
        raise _refused(
            f"The hold {hold} is of the matter {name}, which is open",
            f"Close it first: 'holdfast matter close {name} --outcome OUTCOME'.",
        )


def check_day(day: date, at: Instant, *, since: date | None = None) -> None:
    """Check that a day of a matter is not before it began, and has begun somewhere on earth when it is written.

    Raises:
        MatterRefusedError: it is before, or to come.
    """
    if since is not None and day < since:
        raise _refused(f"The matter began on {since}, and this would be on {day}", "Correct the day.")
    if (day - EPOCH).days * DAY - FIRST_ZONE > at.micros:
        raise _refused(f"The day {day} is to come", "Give a day that has come.")


def _refused(what: str, do: str) -> MatterRefusedError:
    return MatterRefusedError(f"{what}.", do=do)
