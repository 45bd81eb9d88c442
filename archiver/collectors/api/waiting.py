"""What a look left to be asked by the next one, as it is remembered on this machine. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from archiver.platforms.reading import Question
from schemas.instant import Instant, InstantMalformedError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

KEY = "waiting"
"""The key of the cursor, which stays on this machine: addresses name items."""
WAITS, LOST = "waits", "lost"
"""The keys that go into the ledger: how much waits, and that what waited was lost, until everything was asked again."""
MOST = 20_000
"""How many questions are remembered: when half as many wait, lists wait for what they led to."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A question to be asked: down to ``horizon``.

    ``rest`` tells that it goes on where another look stopped, ``after`` that last item. Of a whole list ``shown`` is
    what its earlier pages showed, and ``since`` when the first of them was read; where that is not known it is no list.
    """

    question: Question
    horizon: Instant | None = None
    rest: bool = False
    after: str = ""
    shown: tuple[str, ...] = ()
    since: Instant | None = None


class _Spelled(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    endpoint: str
    url: str
    about: str
    horizon: str
    rest: bool
    after: str = ""
    within: str = ""
    shown: tuple[str, ...] = ()
    since: str = ""


def spell_waiting(waiting: Iterable[Waiting]) -> dict[str, str]:
    """Return what a cursor keeps of the questions that wait; nothing where there are none."""
    rows = [
        _Spelled(
            question.endpoint,
            question.url,
            question.about,
            str(one.horizon or ""),
            one.rest,
            one.after,
            question.within,
            one.shown,
            str(one.since or ""),
        )
        for one in waiting
        for question in (one.question,)
    ][:MOST]
    return {KEY: msgspec.json.encode(rows).decode(), WAITS: str(len(rows))} if rows else {}


def is_lost(cursor: Mapping[str, str], left: Collection[Waiting]) -> bool:
    """Return whether this machine does not know what an earlier look left to be asked, and not all was asked since."""
    return LOST in cursor or (WAITS in cursor and not left)


def spell_lost(cursor: Mapping[str, str], *, lost: bool, everything: bool, unfinished: bool) -> dict[str, str]:
    """Return what a cursor keeps of that until a look for ``everything`` has come to its end."""
    begun = everything or cursor.get(LOST) == "asking"
    return {LOST: "asking" if begun else "waiting"} if lost and not (begun and not unfinished) else {}


def waiting_in(cursor: Mapping[str, str]) -> tuple[Waiting, ...]:
    """Return the questions that a cursor keeps; none where it keeps something else."""
    try:
        rows = msgspec.json.decode(cursor.get(KEY, "[]"), type=list[_Spelled])
        return tuple(
            Waiting(
                Question(row.endpoint, row.url, row.about, within=row.within),
                Instant.from_text(row.horizon) if row.horizon else None,
                row.rest,
                row.after,
                row.shown,
                Instant.from_text(row.since) if row.since else None,
            )
            for row in rows
        )
    except (msgspec.MsgspecError, UnicodeDecodeError, InstantMalformedError):
        return ()
