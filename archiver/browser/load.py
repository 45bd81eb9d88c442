"""One page as it loads: what it asked for, what it got, and whether it still waits for something."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from archiver.browser.page import Bounds, Fetched, Refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from archiver.browser.rules import Paused
    from archiver.contract import Response
    from schemas.errors import ArchiveError

LOOK = 0.05
LONGEST_ADDRESS = 8_192
"""In characters: a page may make one of two million."""
MOST_REFUSED = 1_000
"""How many refusals are told of one page."""
MOST_NAVIGATIONS = 20
"""How often a page may lead its own window elsewhere, redirects included."""


@dataclass(slots=True)
class Load:
    """A page's load. ``document`` is the answer that the page is; ``instead`` one that is no page, or a failed one.

    ``failure`` is why there was no answer; ``defect`` why the capture must end. What ``stands`` is being taken: it
    leads its window nowhere any more.
    """

    url: str
    frame: str
    bounds: Bounds
    clock: Callable[[], float]
    document: Response | None = None
    instead: Response | None = None
    failure: ArchiveError | None = None
    defect: ArchiveError | None = None
    stands: bool = False
    fetched: list[Fetched] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    invited: set[str] = field(default_factory=set)
    _asked: int = 0
    _octets: int = 0
    _navigations: int = 0
    _waiting: int = 0
    _last: float = 0.0

    def is_of_page(self, request: Paused) -> bool:
        """Return whether a request leads the page's own window somewhere."""
        return request.kind == "Document" and request.frame == self.frame

    def over(self, request: Paused) -> str | None:
        """Count a request; return why the page has had enough, or ``None``."""
        self._asked += 1
        if self._asked > self.bounds.requests:
            return f"the page asks for more than {self.bounds.requests} things"
        if self._octets > self.bounds.octets:
            return f"the page is larger than {self.bounds.octets} bytes"
        if self.is_of_page(request):
            self._navigations += 1
            if self._navigations > MOST_NAVIGATIONS:
                return "the page leads from one to the next without end"
        return None

    def begins(self) -> None:
        """Note that something is asked for."""
        self._waiting += 1

    def ends(self) -> None:
        """Note that it was answered, or not."""
        self._waiting -= 1
        self._last = self.clock()

    def gives(self, fetched: Fetched, size: int) -> None:
        """Note what the page was given."""
        self._octets += size
        self.fetched.append(fetched)

    def refuses(self, request: Paused, why: str, *, lacking: bool) -> None:
        """Note what the page was not given."""
        self.refuse(Refused(request.kind, request.method, request.url, why, lacking))

    def refuse(self, one: Refused) -> None:
        """Note what the page was not given."""
        if len(self.refused) < MOST_REFUSED:
            self.refused.append(replace(one, url=one.url[:LONGEST_ADDRESS]))

    async def quiet(self, seconds: float, *, until: float) -> bool:
        """Wait until nothing was asked for ``seconds``; return false when ``until`` came first.

        Raises:
            ArchiveError: the capture must end.
        """
        start = self.clock()
        while True:
            if self.defect is not None:
                raise self.defect
            now = self.clock()
            if not self._waiting and now - max(start, self._last) >= seconds:
                return True
            if now >= until:
                return False
            await asyncio.sleep(LOOK)
