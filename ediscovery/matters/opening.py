"""Opening and closing a matter: hold first, then what people wrote, then the entry that names both.

Each step may be done already: whoever is cut short does the same again.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ediscovery.matters.calendars import CALENDARS, RECEIVED
from ediscovery.matters.deadlines import steps_of
from manifests.audit.reading import read_text
from manifests.matters import check_day, demand_matter, demand_open, refuse_taken
from schemas.errors import ConflictError, InputError
from schemas.ledger import HoldPlaced, MatterClosed, MatterOpened
from schemas.matters import NOTES_LIMIT, TEXT_LIMIT, TITLE_LIMIT, MatterText
from storage import layout
from storage.objects import Content, KeyTakenError, read

if TYPE_CHECKING:
    from datetime import date

    from manifests.archive import Archive
    from manifests.history import History
    from manifests.matters import Matter
    from schemas.holds import Scope
    from schemas.matters import MatterKind, Outcome
    from schemas.stored import StoredObject

NAME = re.compile("[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?", re.ASCII)
STEP = re.compile("[a-z0-9-]{1,40}", re.ASCII)
LIMITS = {"title": TITLE_LIMIT, "requester": TITLE_LIMIT, "notes": NOTES_LIMIT, "without_hold": TITLE_LIMIT}


class MatterNameError(InputError):
    """A matter or a step is named as none can be."""

    code = "MATTER_NAME"


class MatterTextError(InputError):
    """What was written about a matter cannot be kept."""

    code = "MATTER_TEXT"


class MatterBegunError(ConflictError):
    """A matter was begun to be opened or closed before, in other words."""

    code = "MATTER_BEGUN"


@dataclass(frozen=True, slots=True)
class Opening:
    """A matter that is to be opened; without ``scope`` it needs no hold, and ``text`` says why."""

    kind: MatterKind
    received: date
    text: MatterText
    jurisdiction: str | None = None
    scope: Scope | None = None

    @property
    def name(self) -> str:
        """What it is called; its hold has the same name."""
        return self.text.matter

    @property
    def hold(self) -> HoldPlaced | None:
        """The hold that it places. Its reason names the matter alone: the ledger is for ever."""
        if self.scope is None:
            return None
        return HoldPlaced(hold=self.name, reason=f"The matter {self.name}", scope=self.scope, matter=self.name)


def demand_name(name: str) -> str:
    """Return a name that a matter may have.

    Raises:
        MatterNameError: it may not.
    """
    of_a_person = "no person's name, for it stays for ever"
    return _demand(NAME, name, "a matter", f"1 to 64 of a-z, 0-9 and '-', such as request-2026-14; {of_a_person}")


def _demand(form: re.Pattern[str], name: str, of: str, allowed: str) -> str:
    if not form.fullmatch(name):
        raise MatterNameError(f"{name[:80]!r} is not a name for {of}.", do=f"Use {allowed}.")
    return name


def demand_step_of(matter: Matter, step: str) -> str:
    """Return a step that can be taken in a matter.

    Raises:
        MatterNameError: it has none of that name.
    """
    steps, calendar = steps_of(matter), CALENDARS.get(matter.opened.jurisdiction or "")
    if calendar is not None and step not in steps:
        for one in calendar.deadlines:
            if one.step == step:
                raise MatterNameError(
                    f"{step!r} is settled by what was done, from which more is counted.",
                    do=f"Say which: {', '.join(one.settled_by)}.",
                )
    if step not in steps:
        has = f"it has {', '.join(steps)}" if steps else "it has none yet"
        raise MatterNameError(
            f"The matter {matter.opened.matter} has no step {step[:80]!r}; {has}.",
            do="Name one of these; a step of your own is first given a day, with 'holdfast matter due'.",
        )
    return step


def demand_movable(matter: Matter, step: str) -> str:
    """Return a step for which a day can be set: one with a deadline, or one of a person's own.

    Raises:
        MatterNameError: it is something that happens.
    """
    calendar = CALENDARS.get(matter.opened.jurisdiction or "")
    happens = {one.step for one in calendar.happens} if calendar else set()
    if step in {*happens, RECEIVED}:
        raise MatterNameError(
            f"{step!r} happens, and is not due on a day.", do="Say with 'holdfast matter done' when it did."
        )
    return _demand(STEP, step, "a step", "1 to 40 of a-z, 0-9 and '-': 'holdfast matter show' names them")


def demand_text(text: MatterText) -> MatterText:
    """Return a text that can be kept.

    Raises:
        MatterTextError: it is too long, or no Unicode.
    """
    if not text.title.strip() and not text.notes:
        raise MatterTextError("--title says nothing.", do="Say in a few words what the matter is about.")
    for name, limit in LIMITS.items():
        words = getattr(text, name)
        if len(words) > limit:
            raise MatterTextError(
                f"--{name.replace('_', '-')} has {len(words):,} characters; there is room for {limit:,}.",
                do="Shorten it, and keep the rest in the office's file.",
            )
        if any("\ud800" <= character <= "\udfff" for character in words):
            raise MatterTextError(f"--{name.replace('_', '-')} is no Unicode text.", do="Type it in UTF-8.")
    return text


def open_matter(archive: Archive, opening: Opening) -> MatterOpened:
    """Place a matter's hold, store what was written about it, and open it.

    Raises:
        MatterRefusedError: there is or was a matter of that name, or its day is to come.
        ActRefusedError: its hold cannot be placed.
        MatterBegunError: it was begun before, in other words.
    """
    hold, history = opening.hold, archive.ledger.history
    done = history.matters.get(opening.name)
    if done is not None and done.closed is None and _is_opened(archive, done.opened, opening):
        return done.opened
    refuse_taken(history, opening.name)
    check_day(opening.received, archive.now())
    if hold is not None:
        _refuse_other(history, hold)
        archive.append(lambda history: () if _is_placed(history, hold) else (hold,))
    # At this point nothing that the matter is about is destroyed any more. If we crash here, or after the next step,
    # opening it again in the same words finds what is done.
    act = MatterOpened(
        matter=opening.name,
        kind=opening.kind,
        received=opening.received,
        text=_put_text(archive, layout.matter(opening.name), opening.text),
        jurisdiction=opening.jurisdiction,
        hold=hold.hold if hold else None,
    )
    archive.append(lambda history: () if _has_opened(history, act) else (act,))
    return act


def _has_opened(history: History, act: MatterOpened) -> bool:
    """Return whether somebody was sooner with this very act."""
    done = history.matters.get(act.matter)
    return done is not None and done.closed is None and done.opened == act


def _is_opened(archive: Archive, act: MatterOpened, opening: Opening) -> bool:
    """Return whether a matter was opened in the same words."""
    if (act.kind, act.received, act.jurisdiction) != (opening.kind, opening.received, opening.jurisdiction):
        return False
    hold = opening.hold
    same = act.hold is None if hold is None else _is_placed(archive.ledger.history, hold)
    return same and not _differing(written(archive, act.text), opening.text)


def _refuse_other(history: History, hold: HoldPlaced) -> None:
    placed = history.holds.get(hold.hold)
    if placed is not None and placed.matter == hold.matter and not _is_placed(history, hold):
        raise MatterBegunError(
            "This was begun before, with other options: its hold is in force, and covers something else.",
            do="See 'holdfast hold list', and give the same options as then.",
        )


def _differing(there: MatterText | None, text: MatterText | None) -> list[str]:
    """Return in which of their words two texts differ; their salts always do."""
    return [name for name in LIMITS if getattr(there, name, "") != getattr(text, name, "")]


def _is_placed(history: History, hold: HoldPlaced) -> bool:
    """Return whether this very hold is in force already."""
    placed = history.holds.get(hold.hold)
    if placed is None:
        return False
    first = placed.covered[0].scope
    return (placed.matter, placed.reason, first) == (hold.matter, hold.reason, hold.scope)


def close_matter(archive: Archive, name: str, *, outcome: Outcome, on: date, text: MatterText | None) -> MatterClosed:
    """Close a matter; its holds stay.

    Raises:
        MatterUnknownError: there is none of that name.
        MatterRefusedError: it is closed, or its end is before its beginning or to come.
        MatterBegunError: it was begun to be closed before, in other words.
    """
    done = demand_matter(archive.ledger.history, name).closed
    if (
        done is not None
        and (done.outcome, done.on) == (outcome, on)
        and not _differing(written(archive, done.text), text)
    ):
        return done
    matter = demand_open(archive.ledger.history, name)
    check_day(on, archive.now(), since=matter.opened.received)
    stored = None if text is None else _put_text(archive, layout.matter_closed(name), text)
    # At this point what was written is stored. If we crash here, closing it again in the same words finds it.
    act = MatterClosed(matter=name, outcome=outcome, on=on, text=stored)
    archive.append(lambda _history: (act,))
    return act


def _put_text(archive: Archive, key: str, text: MatterText) -> StoredObject:
    """Store a text, or return the one that is there if it differs by its salt alone."""
    if not archive.store.exists(key):
        with suppress(KeyTakenError):  # somebody was sooner
            return archive.store.put_new(key, Content.of(text.to_bytes()))
    there = MatterText.from_bytes(read(archive.store, key, limit=TEXT_LIMIT))
    other = _differing(there, text)
    if other or there.matter != text.matter:
        raise MatterBegunError(
            f"This was begun before, in other words: --{', --'.join(other).replace('_', '-')} differ.",
            do="Give the same words as then; or, to open a matter, another name; or, to close one, no --notes.",
        )
    return archive.store.put_new(key, Content.of(there.to_bytes()))


def written(archive: Archive, stored: StoredObject | None) -> MatterText | None:
    """Return what people wrote about a matter, or ``None`` where they wrote nothing.

    Raises:
        IntegrityError: it is missing or altered.
    """
    return None if stored is None else read_text(archive.store, stored)
