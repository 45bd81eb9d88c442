"""Media that could not be had when their items were captured, asked for again until they are there or are given up.

Which these are is told by what is held (``archiver.held``): nothing else need be remembered, and nothing can be lost.
An item whose medium arrives is no other item: the medium becomes a record of its own (FORMAT 3.4.3).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from heapq import nsmallest
from typing import TYPE_CHECKING

from archiver.collectors.api.depth import depth_of
from archiver.collectors.media import Media, may_pass
from archiver.contract import Kept, Seen
from archiver.parsing.text import cleaned
from schemas.capture import Observation
from schemas.digest import Digest
from schemas.record import LATE, Attachment, Normalised, Slice

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from archiver.contract import Collected, Transport
    from archiver.observe import Failing, Held
    from schemas.instant import Instant
    from schemas.settings import RecheckSettings

MOST = 50
"""How many media one look asks for again; which ones, each look draws."""
LONGEST = 365 * 86_400 * 1_000_000
"""For how long a medium is asked for, in microseconds: a year, counted from the record that lacks it."""
MOST_FAILURES = 3
"""How often a server may fail until a look leaves it alone."""
MARK = "media-"
"""How the keys of the cursor begin that say when media were asked for how far back."""


@dataclass(frozen=True, slots=True)
class Late:
    """What asking again gave, in words what it did not give, and what the cursor then says."""

    seen: tuple[Seen, ...] = ()
    failures: tuple[str, ...] = ()
    marks: Mapping[str, str] | None = None

    def added(self, collected: Collected) -> Collected:
        """Return a look with what arrived late."""
        others = {name: value for name, value in collected.cursor.items() if not name.startswith(MARK)}
        return replace(collected, items=(*collected.items, *self.seen), cursor={**others, **(self.marks or {})})


def ask_again(
    held: Held,
    items: Sequence[Seen],
    transport: Transport,
    *,
    rendered: bool,
    recheck: Sequence[RecheckSettings],
    cursor: Mapping[str, str],
    now: Instant,
) -> Late:
    """Ask for media of held items that are failing, except for those of ``items``, which this look asked for itself.

    The younger a failure, the more often: as ``recheck`` has it for items. Of a page that was ``rendered`` only what it
    shows is asked for: what its scripts asked for, nobody else can ask.

    Raises:
        UnavailableError: an exchange cannot be recorded.
    """
    asked = {(one.observation.normalised.item, part.url) for one in items for part in _recorded(one)}

    def waiting() -> Iterator[Failing]:
        for one in _young(held, now):
            if (one.item, one.attachment.url) not in asked and not (rendered and one.attachment.role == "resource"):
                yield one

    if next(waiting(), None) is None:
        return Late()
    depth = depth_of(recheck, cursor, now, prefix=MARK)
    due = (one for one in waiting() if depth.horizon is None or one.since >= depth.horizon)
    media, failed, seen = Media(transport), Counter[str](), list[Seen]()
    for one in nsmallest(MOST, due, key=lambda one: _turn(one, now)):
        server = one.attachment.url.split("/")[:3][-1]
        if failed[server] >= MOST_FAILURES:
            continue
        found = media.recorded((one.attachment,))
        first = found[0]
        if first.failure is not None and may_pass(first.failure):
            failed[server] += 1
            for part in found:
                _sight(part, one.item, transport, now)
        elif first.exchange is not None:
            seen.append(_seen(one, first.exchange, found, now))
    marks = {name: value for name, value in cursor.items() if name.startswith(MARK)}
    return Late(tuple(seen), tuple(media.failures), {**marks, **depth.marks})


def _sight(part: Attachment, item: str, transport: Transport, now: Instant) -> None:
    """Note whose the bytes are that make no record, such as those of a picture that was cut off once more."""
    if part.exchange is not None and part.size and part.sha256 is not None:
        kept = Kept(part.exchange, part.url, part.media_type or "", b"", part.sha256, part.size, now)
        transport.sighted(kept, [(0, part.size, item)])


def _recorded(one: Seen) -> Iterator[Attachment]:
    return (part for part in one.observation.normalised.attachments if part.exchange or part.failure)


def _young(held: Held, now: Instant) -> Iterator[Failing]:
    return (one for several in held.failing.values() for one in several if now.micros - one.since.micros < LONGEST)


def _turn(one: Failing, now: Instant) -> bytes:
    return Digest.of(f"{now} {one.item} {one.attachment.url}".encode()).raw


def _seen(one: Failing, exchange: str, found: tuple[Attachment, ...], now: Instant) -> Seen:
    """Return a medium as a record: no bytes are its own, they lie in the exchange (ADR 0004)."""
    url = one.attachment.url
    view = Normalised(
        kind="media",
        type="Document",
        item=f"{LATE}{one.item}:{url}",
        url=url,
        created=one.created,
        thread=one.thread,
        parent=one.item,
        attachments=found,
    )
    source = Slice(exchange=exchange, uri=url, offset=0, length=0)
    return Seen(b"", Observation(normalised=cleaned(view), source=source, observed=now))
