"""A list as its pages come in: what it shows, in order, and how much of it was read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from archiver.collectors.api.waiting import Waiting
from archiver.contract import Seen
from archiver.observe import NEWEST, OLDER, WINDOW
from archiver.parsing.text import cleaned
from archiver.platforms.reading import DATED
from schemas.capture import Observation
from schemas.record import Normalised, Slice

if TYPE_CHECKING:
    from archiver.contract import Response
    from archiver.platforms.reading import Endpoint, Question
    from schemas.instant import Instant


def list_item(question: Question) -> str:
    """Return the id of the list that a question asks for."""
    return ":".join(("list", question.endpoint, *filter(None, (question.about,))))


@dataclass(slots=True)
class Listing:
    """One list; ``rest`` tells that its reading goes on where another look stopped, ``after`` that item.

    ``whole`` tells that it was read to its end, ``reached`` to where it may stop.
    """

    question: Question
    endpoint: Endpoint
    rest: bool = False
    after: str = ""
    whole: bool = False
    reached: bool = False
    items: list[str] = field(default_factory=list)
    first: Response | None = None
    head: int = 0

    def add(self, response: Response, items: list[str], *, head: int) -> None:
        """Add a page: its items, and where the first of them begins."""
        if self.first is None:
            self.first, self.head = response, head
        self.items += items

    def goes_on(self, question: Question, horizon: Instant | None) -> Waiting:
        """Return what is to be asked by another look: the rest of the list from the page of ``question`` on."""
        after = self.items[-1] if self.items else self.after
        return Waiting(question, horizon, rest=self.rest or self.first is not None, after=after)

    def find_seen(self) -> Seen | None:
        """Return the list as it was seen; ``None`` where what was read says nothing of what is missing."""
        order, part = self.endpoint.order, not self.whole
        if self.first is None or order in ("none", "passing") or (order == "whole" and (part or self.rest)):
            return None
        listed = tuple(dict.fromkeys(self.items))
        if (part or self.rest) and not listed:
            return None
        flags = {NEWEST: part, OLDER: self.rest, WINDOW: order == "recent"}
        view = Normalised(
            kind="list",
            type="OrderedCollection" if order in DATED else "Collection",
            item=list_item(self.question),
            title=self.endpoint.title,
            thread=self.question.about or None,
            parent=(self.after or None) if self.rest else None,
            listed=listed,
            flags=tuple(flag for flag, holds in flags.items() if holds),
        )
        # What stands before the first item: the items are records of their own, and go when they are due.
        native = self.first.payload[: self.head]
        source = Slice(exchange=self.first.exchange, uri=self.first.uri, offset=0, length=len(native))
        return Seen(native, Observation(normalised=cleaned(view), source=source, observed=self.first.at))
