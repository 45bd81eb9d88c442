"""One look at an account through its platform's API as it grows: questions asked, items seen, what is left to ask."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import msgspec

from archiver.collectors.api.answers import AnswerUnreadableError, ask
from archiver.collectors.api.listing import Listing, list_item
from archiver.collectors.api.shown import shown_in
from archiver.collectors.api.waiting import MOST, Waiting
from archiver.collectors.media import Media
from archiver.contract import Seen
from archiver.fetch.failures import (
    NOT_FETCHED,
    AccessRefusedError,
    NotFoundError,
    RateLimitedError,
    RequestRefusedError,
    ServerFailedError,
)
from archiver.parsing.json_objects import Located
from archiver.parsing.json_slices import decode
from archiver.parsing.text import cleaned
from archiver.platforms.paging import NextPageUnusableError
from archiver.platforms.reading import DATED, UNAUTHORISED, Answer, Endpoint, Led, Question
from schemas.capture import Observation
from schemas.digest import Digest
from schemas.errors import UnavailableError
from schemas.record import Slice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from archiver.contract import Reached, Response, Transport
    from archiver.platforms.objects import Item
    from archiver.platforms.platform import Platform
    from archiver.platforms.reading import Reading, Site
    from schemas.errors import ArchiveError
    from schemas.instant import Instant
    from schemas.record import Normalised

UNANSWERED = (
    *NOT_FETCHED,
    AccessRefusedError,
    AnswerUnreadableError,
    NotFoundError,
    RateLimitedError,
    RequestRefusedError,
    ServerFailedError,
)
"""What may befall one question without ending the look. What cannot be recorded does end it."""
LONGEST_SPREAD = 7 * 86_400 * 1_000_000
"""How long the looks that read a whole list together may take, in microseconds."""
ENDLESS = "a week of looks has not read it to its end; it is begun anew, and until then nothing is said of what left it"
TOO_LONG = "it is longer than one look may read and the next one remembers; nothing is said of what left it"
LOW = 0.02
"""The part of a quota that is left to whoever else uses it."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much one look may take: requests, bytes of items, and units of the platform's budget (``None``: any)."""

    requests: int
    octets: int
    budget: int | None = None


@dataclass(slots=True)
class _Side:
    """The questions of one side, in the order in which they are asked, and how many requests it has made."""

    queue: deque[Waiting] = field(default_factory=deque)
    asked: int = 0


class Walk:
    """One walk through an account; what it found is in its members when ``follow`` returns.

    ``left`` is what the walk before left to be asked: it takes turns with what is asked anew, whichever has asked less
    so far, so that neither waits for ever. What is asked anew is read as far back as it was to be then; a whole list
    that goes on is not begun anew. ``again`` asks of what is known, too, what is asked of what has changed.
    """

    def __init__(
        self,
        platform: Platform,
        reading: Reading,
        site: Site,
        transport: Transport,
        known: Callable[[str, bytes], bool],
        *,
        bounds: Bounds,
        now: Callable[[], Instant],
        left: Iterable[Waiting] = (),
        again: bool = False,
    ) -> None:
        self._dialect, self._reading, self._site = platform.dialect, reading, site
        self._transport, self._known, self._bounds, self._now = transport, known, bounds, now
        self._media, self._again = Media(transport), again
        self._failures: dict[str, None] = {}
        left = self._timely(left)
        self._anew, self._waits = _Side(), _Side(deque(left))
        self._left = {one.question.url: one for one in left}
        self._going = {list_item(one.question) for one in left if one.since is not None}
        self._open: dict[str, Listing] = {}
        self._led: list[Waiting] = []
        self._asked: set[str] = set()
        self._taken: set[tuple[str, Digest]] = set()
        self._octets = 0
        self._stopped = False
        self._unread: list[Waiting] = []
        self._put_off: list[Waiting] = []
        self.seen: list[Seen] = []
        self.listed: dict[str, None] = {}
        self.reached: dict[str, tuple[Reached, ...]] = {}
        self.spent = 0
        self.status: int | None = None
        self.scopes: frozenset[str] | None = None
        self.doubtful = False

    @property
    def failures(self) -> tuple[str, ...]:
        """What could not be read, in words."""
        return (*self._failures, *self._media.failures)

    @property
    def waiting(self) -> tuple[Waiting, ...]:
        """The questions that were not asked, or not answered: each once, as deep as it was to be read."""
        found: dict[str, Waiting] = {}
        for one in (*self._waits.queue, *self._put_off, *self._anew.queue, *self._unread):
            before = found.get(one.question.url, one)
            found[one.question.url] = replace(before, horizon=_deeper(before.horizon, one.horizon))
        return tuple(found.values())

    @property
    def unfinished(self) -> bool:
        """Whether there was more to ask than was allowed."""
        return bool(self._anew.queue or self._waits.queue or self._put_off)

    def follow(self, questions: Iterable[Waiting]) -> None:
        """Ask the questions and what was left, and what their answers lead to, until no more may be asked.

        Raises:
            ArchiveError: the first one was not answered: nothing can be said of the account.
        """
        self._anew.queue.extend(questions)
        while self.unfinished and not self._stopped:
            if self._is_enough():
                self._stop("more is to be read than one look may; the next one goes on")
                break
            side = self._turn()
            self._read(side.queue.popleft(), side)
        # What was asked meanwhile does not wait any more, also where no more may be asked.
        for side in (self._anew, self._waits):
            side.queue = deque(one for one in side.queue if one.question.url not in self._asked)
        for listing in self._open.values():
            self._close(listing)
            if not listing.can_be_remembered:
                self._fail(f"{listing.endpoint.title}: {TOO_LONG}")

    def add_looked_up(self, response: Response) -> None:
        """Keep the item that an answer to a look-up shows, as it is now."""
        question = Question("", response.uri)
        endpoint = Endpoint(title="what was looked up", items=(self._reading.looked_up,))
        located = Located.whole(decode(response.payload))
        answer = Answer(question, located.value, response.status, response.headers)
        self._add(answer, response, located, Listing(question, endpoint), None)

    def _turn(self) -> _Side:
        """Return whose turn it is. The first question is always one that is asked anew: it tells that anybody answers.

        Both are asked in the order in which they came, and what goes on stands behind what waits already: so each
        question is asked after no more looks than there are questions before it.
        """
        anew, waits = self._anew, self._waits
        if not waits.queue:
            return anew
        return waits if not anew.queue or waits.asked < anew.asked else anew

    def _read(self, waiting: Waiting, side: _Side) -> None:
        """Ask one question, and for its further pages before anything that they lead to, as long as it is its turn."""
        question = waiting.question
        endpoint = self._reading.endpoints.get(question.endpoint)
        if endpoint is None or question.url in self._asked:
            return
        if not waiting.rest and self._is_whole(waiting) and list_item(question) in self._going:
            return
        left = self._left.get(question.url, waiting)
        horizon = _deeper(waiting.horizon, left.horizon)
        listing = self._open.pop(question.url, None) or Listing.of(waiting, endpoint)
        url = self._page(question, listing, horizon, side)
        while url is not None:
            question = replace(question, url=url)
            if self._stopped or self._is_enough() or self._yields(side):
                side.queue.append(listing.goes_on(question, horizon))
                self._open[url] = listing
                break
            url = self._page(question, listing, horizon, side)
        side.queue.extend(self._led)
        self._led.clear()
        if url is None:
            self._close(listing)

    def _close(self, listing: Listing) -> None:
        """Keep a list as far as it was read."""
        seen, reached = listing.find_seen(), listing.find_reached()
        if seen is not None:
            self.seen.append(seen)
        if seen is not None and reached is not None:
            self.reached[seen.observation.normalised.item] = (reached,)

    def _yields(self, side: _Side) -> bool:
        """Return whether a list goes on later: the other side is to ask as much, or too much waits to be remembered."""
        full = len(self._anew.queue) + len(self._waits.queue) + len(self._led) > MOST // 2
        return full or (side is self._waits and bool(self._anew.queue) and side.asked >= self._anew.asked)

    def _is_whole(self, waiting: Waiting) -> bool:
        endpoint = self._reading.endpoints.get(waiting.question.endpoint)
        return endpoint is not None and endpoint.order == "whole"

    def _timely(self, left: Iterable[Waiting]) -> tuple[Waiting, ...]:
        """Return what is still to be asked of what was left: a whole list that takes too long is begun anew."""
        now, kept = self._now(), []
        for one in left:
            endpoint = self._reading.endpoints.get(one.question.endpoint)
            if endpoint is None:
                continue
            if one.since is not None and now.micros - one.since.micros > LONGEST_SPREAD:
                self._fail(f"{endpoint.title}: {ENDLESS}")
            else:
                kept.append(one)
        return tuple(kept)

    def _page(self, question: Question, listing: Listing, horizon: Instant | None, side: _Side) -> str | None:
        """Ask for one page; return the address of the next one that is to be read."""
        endpoint = listing.endpoint
        self._asked.add(question.url)
        listing.pages.add(question.url)
        side.asked += 1
        try:
            headers = self._reading.headers(self._site)
            response, answer, located = ask(
                question,
                self._transport,
                headers,
                demands=endpoint.demands,
                lists=endpoint.lists,
                refusal=self._reading.refusal,
                stands_for=self._reading.stands_for,
                posts=self._reading.posts,
            )
        except UNANSWERED as error:
            self._unanswered(error, listing.goes_on(question, horizon))
            return None
        self.status = self.status or response.status
        self._judge(answer, endpoint)
        until = self._add(answer, response, located, listing, horizon)
        listing.until = until or listing.until
        try:
            url = endpoint.next(answer)
        except NextPageUnusableError as error:
            self._fail(f"{endpoint.title}: {error.code}: {error.what}")
            return None
        if url is None:
            listing.whole = endpoint.order != "part"
        elif url in listing.pages:
            self._fail(f"{endpoint.title}: the pages lead in a circle")
            return None
        elif url in self._asked:
            return None  # from there on it is read by what another look left
        elif endpoint.order in DATED and horizon is not None and until is not None and until < horizon:
            return None
        return url

    def _add(
        self, answer: Answer, response: Response, located: Located, listing: Listing, horizon: Instant | None
    ) -> Instant | None:
        """Keep the items of an answer; return when the last one that it lists was made."""
        shown = shown_in(response.payload, answer, located, listing.endpoint, self._dialect)
        if self._dialect.volatile:
            # Before anything else is asked: if we are killed here, what was recorded can still be found.
            self._transport.sighted(response, shown.sighted)
        listed, until = [], None
        for one in shown.items:
            if one.listed:
                listed.append(one.item.normalised.item)
                until = one.item.normalised.created or until
            view, at = one.item.normalised, response.at
            led = Led(self._site, answer.question, one.value, view, at) if one.view is not None else None
            known = (led is not None and listing.endpoint.elsewhere(led)) or self._keep(response, one.item)
            # What a page shows beyond the horizon is not followed further: a deeper look does.
            if led is not None and not (known and _is_beyond(view, horizon, listing.endpoint)):
                for lead in listing.endpoint.leads(led):
                    if self._is_to_be_asked(lead, known=known, everything=horizon is None):
                        self._led.append(Waiting(lead, horizon))
        for lead in listing.endpoint.together(self._site, answer):
            if self._is_to_be_asked(lead, known=False, everything=horizon is None):
                self._led.append(Waiting(lead, horizon))
        listed.extend(listing.endpoint.names(answer))
        head = shown.head(len(response.payload))
        listing.add(response, listed, head=head)
        for about, within in shown.held(listing.endpoint.holds) if listing.endpoint.holds else ():
            held = listing.held(about, self._reading.endpoints)
            if within:  # that none is shown may have other reasons than that there is none
                held.add(response, within, head=head)
                self._close(held)
                listed.extend(within)
        if listing.endpoint.order != "none":
            self.listed.update(dict.fromkeys(listed))
        return until

    def _is_to_be_asked(self, lead: Question, *, known: bool, everything: bool) -> bool:
        if (lead.changed and known and not self._again and self._was_read(lead)) or (lead.seldom and not everything):
            return False
        return not lead.empty or self._known(list_item(lead), b"")

    def _was_read(self, lead: Question) -> bool:
        """Return whether what a known item leads to was read, as far as anybody can tell: of a list, it is held."""
        endpoint = self._reading.endpoints.get(lead.endpoint)
        return endpoint is None or endpoint.order in ("none", "passing") or self._known(list_item(lead), b"")

    def _keep(self, response: Response, item: Item) -> bool:
        """Keep an item as it was seen, with its media where it is new; return whether that version is archived."""
        view = item.normalised
        native = response.payload[item.offset : item.offset + item.length]
        known = self._known(view.item, native)
        if (view.item, digest := Digest.of(native)) in self._taken:
            return known
        self._taken.add((view.item, digest))
        self._octets += len(native)
        if not known:
            view = cleaned(msgspec.structs.replace(view, attachments=self._media.recorded(view.attachments)))
        source = Slice(exchange=response.exchange, uri=response.uri, offset=item.offset, length=item.length)
        self.seen.append(Seen(native, Observation(normalised=view, source=source, observed=response.at)))
        return known

    def _judge(self, answer: Answer, endpoint: Endpoint) -> None:
        """Take from an answer what it says of the token, the version and what may still be asked."""
        self.spent += endpoint.cost(answer)
        refusal = self._reading.refusal(answer)
        if refusal:
            self._fail(f"{endpoint.title}: {refusal}")
        served = self._reading.served_version(answer.headers)
        if served and self._site.version and served != self._site.version:
            self._fail(f"the platform answered in version {served} of its API, and not in {self._site.version}")
            self.doubtful = True
        self.scopes = self._reading.scopes(answer) or self.scopes
        quota = self._reading.quota(answer.headers, self._now())
        if quota is not None and quota.left <= LOW:
            self._stop(f"the platform allows no more requests for {quota.seconds:.0f} seconds")

    def _unanswered(self, error: ArchiveError, waiting: Waiting) -> None:
        """Note that a question was not answered; it is asked again by the next look, unless that is of no use.

        Raises:
            ArchiveError: it was the first one.
        """
        if len(self._asked) == 1:
            raise error
        self._fail(f"{self._reading.endpoints[waiting.question.endpoint].title}: {error.code}: {error.what}")
        expired = self._site.authorised and error.facts.get("status") == UNAUTHORISED
        if isinstance(error, RateLimitedError) or expired:
            self._put_off.append(waiting)
            self._stopped = True
        elif isinstance(error, UnavailableError):
            self._unread.append(waiting)

    def _is_enough(self) -> bool:
        bounds = self._bounds
        return (
            len(self._asked) >= bounds.requests
            or self._octets >= bounds.octets
            or (bounds.budget is not None and self.spent >= bounds.budget)
        )

    def _stop(self, why: str) -> None:
        self._fail(why)
        self._stopped = True

    def _fail(self, failure: str) -> None:
        self._failures[failure] = None


def _deeper(one: Instant | None, other: Instant | None) -> Instant | None:
    return None if one is None or other is None else min(one, other)


def _is_beyond(view: Normalised, horizon: Instant | None, endpoint: Endpoint) -> bool:
    """Return whether an item is older than a look goes back, where items are told by their age: a profile is not."""
    if horizon is None or view.created is None or not (endpoint.ages or endpoint.order in DATED):
        return False
    return view.created < horizon
