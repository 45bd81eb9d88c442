"""A list as its pages come in: what it shows, in order, and how much of it was read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from archiver.collectors.api.waiting import Waiting
from archiver.contract import Reached, Seen
from archiver.observe import NEWEST, OLDER, SPREAD, WINDOW
from archiver.parsing.text import cleaned
from archiver.platforms.reading import DATED, Question
from schemas.capture import Observation
from schemas.record import Normalised, Slice

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archiver.contract import Response
    from archiver.platforms.reading import Endpoint
    from schemas.instant import Instant


MOST_SHOWN = 4_000_000
"""How many characters the ids of a whole list may have that are remembered from one look to the next."""


def list_item(question: Question) -> str:
    """Return the id of the list that a question asks for."""
    return ":".join(("list", question.endpoint, *filter(None, (question.about,))))


@dataclass(slots=True)
class Listing:
    """One list; ``rest`` tells that its reading goes on where another look stopped, ``after`` that item.

    ``whole`` tells that it was read to its end. ``shown`` and ``since`` are as ``Waiting`` has them.
    """

    question: Question
    endpoint: Endpoint
    rest: bool = False
    after: str = ""
    shown: tuple[str, ...] = ()
    since: Instant | None = None
    whole: bool = False
    items: list[str] = field(default_factory=list)
    pages: set[str] = field(default_factory=set)
    first: Response | None = None
    last: Instant | None = None
    until: Instant | None = None
    head: int = 0

    @classmethod
    def of(cls, waiting: Waiting, endpoint: Endpoint) -> Listing:
        """Return the list that a question asks for, where it is to go on."""
        return cls(waiting.question, endpoint, waiting.rest, waiting.after, waiting.shown, waiting.since)

    def add(self, response: Response, items: list[str], *, head: int) -> None:
        """Add a page: its items, and where the first of them begins."""
        if self.first is None:
            self.first, self.head = response, head
        self.last = response.at
        self.items += items

    def held(self, about: str, endpoints: Mapping[str, Endpoint]) -> Listing:
        """Return the list that one of the items holds; one answer shows it whole."""
        name = self.endpoint.holds
        return Listing(Question(name, self.question.url, about=about), endpoints[name], whole=True)

    def goes_on(self, question: Question, horizon: Instant | None) -> Waiting:
        """Return what is to be asked by another look: the rest of the list from the page of ``question`` on."""
        after = self.items[-1] if self.items else self.after
        rest = self.rest or self.first is not None
        if self.endpoint.order != "whole" or self._since is None or not self.can_be_remembered:
            return Waiting(question, horizon, rest=rest, after=after)
        return Waiting(question, horizon, rest=rest, after=after, shown=self._listed(), since=self._since)

    @property
    def can_be_remembered(self) -> bool:
        """Whether what was shown so far can wait for another look; what is said of a part alone need not."""
        return self.endpoint.order != "whole" or sum(map(len, (*self.shown, *self.items))) <= MOST_SHOWN

    @property
    def _since(self) -> Instant | None:
        return self.since if self.rest else self.first.at if self.first else None

    def _listed(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.shown, *self.items)))

    def find_reached(self) -> Reached | None:
        """Return how far the list was read from its beginning on; ``None`` where that is not known."""
        began = self._since if self.endpoint.order == "whole" or not self.rest else None
        if began is None or not (self.items or self.shown) or not (self.whole or self.until):
            return None
        return Reached(began, None if self.whole else self.until)

    def find_seen(self) -> Seen | None:
        """Return the list as it was seen; ``None`` where what was read says nothing of what is missing."""
        order, part = self.endpoint.order, not self.whole
        if self.first is None or order in ("none", "passing") or (order == "whole" and (part or self._since is None)):
            return None
        listed, spread = self._listed(), self.rest and order == "whole"
        # An empty part says nothing, and yet it is told: a list that showed several items is doubted.
        if not listed and (self.rest or (part and order != "part")):
            return None
        # Of a part neither end is sure, so nothing is said of what stood before the first item that it shows again.
        older = order == "part" or (self.rest and not spread)
        flags = {NEWEST: part, OLDER: older, SPREAD: spread, WINDOW: order == "recent"}
        view = Normalised(
            kind="list",
            type="OrderedCollection" if order in DATED else "Collection",
            item=list_item(self.question),
            title=self.endpoint.title,
            text=f"Read in parts, from {self.since} to {self.last}" if spread else None,
            thread=self.question.about or None,
            parent=(self.after or None) if self.rest and not spread else None,
            listed=listed,
            flags=tuple(flag for flag, holds in flags.items() if holds),
        )
        # What stands before the first item: the items are records of their own, and go when they are due.
        native = self.first.payload[: self.head]
        source = Slice(exchange=self.first.exchange, uri=self.first.uri, offset=0, length=len(native))
        return Seen(native, Observation(normalised=cleaned(view), source=source, observed=self.first.at))
