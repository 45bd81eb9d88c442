"""How a platform's accounts are read over the network: what is asked, what answers hold, what absence means. Data only.

A platform declares this and reads nothing itself: ``archiver.collectors.api`` asks, in the order that is given here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from archiver.observe import standing_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from archiver.contract import Access, Standing
    from archiver.observe import Version
    from archiver.parsing.json_objects import Path
    from archiver.parsing.shapes import Object
    from schemas.account import Account
    from schemas.instant import Instant
    from schemas.record import Kind, Normalised

Order: TypeAlias = Literal["none", "whole", "newest", "part", "recent", "passing"]
DATED: frozenset[Order] = frozenset({"newest", "part", "recent", "passing"})
"""The orders that go from the newest item back: a look stops where the items are old enough."""
UNAUTHORISED = 401
Known: TypeAlias = "Mapping[str, Sequence[Version]]"
"""What is held of an account: the versions of each item, oldest first."""


@dataclass(frozen=True, slots=True)
class Site:
    """Where an account is read: below ``api`` (no slash at its end), in the API's ``version`` where it has versions.

    ``authorised`` tells whether there are credentials of the account's, so that what needs them is asked for; ``keyed``
    that there is a program's key instead, which reads what is public. ``options`` are what ``holdfast.toml`` chooses of
    what the platform lets one choose; ``directory`` is where it has the platform's directory of identities, empty where
    that is the usual one, and ``stream`` where it has the one that tells what happens. ``identity`` is what the
    platform itself knows the account by, where that is known.
    """

    account: Account
    api: str
    version: str = ""
    authorised: bool = False
    keyed: bool = False
    options: frozenset[str] = frozenset()
    directory: str = ""
    stream: str = ""
    identity: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """One address to ask, and which endpoint answers. ``about`` is the item that the answer belongs below, if any.

    ``within`` is the thread of what it belongs below, where the answer does not say it.
    ``changed`` is asked only where what leads here is new or changed, or the list that it is was never read; ``seldom``
    only by a look that reads everything.
    ``empty`` tells that nothing is there, as the platform counts: then it is asked only if something is known to have
    been there, which has gone meanwhile.
    """

    endpoint: str
    url: str
    about: str = ""
    changed: bool = False
    seldom: bool = False
    empty: bool = False
    within: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the decoded JSON (``None`` where it was none), and what HTTP said."""

    question: Question
    value: Any
    status: int
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Led:
    """One item of an answer that came ``at`` a time, for what it leads to."""

    site: Site
    question: Question
    value: Object
    view: Normalised
    at: Instant


@dataclass(frozen=True, slots=True)
class Quota:
    """What the platform still allows: ``left`` is a part of the whole (0 to 1), ``seconds`` until all is allowed."""

    left: float
    seconds: float


def nowhere(_: Answer) -> str | None:
    """Lead to no further page."""
    return None


def nothing(_: Led) -> Iterable[Question]:
    """Lead to nothing."""
    return ()


def no_more(_site: Site, _: Answer) -> Iterable[Question]:
    """Lead to nothing."""
    return ()


def none_besides(_: Answer) -> Iterable[str]:
    """Name nothing."""
    return ()


def as_it_is(view: Normalised, _: Question) -> Normalised:
    """Return a view as the dialect gave it."""
    return view


def never(_: Led) -> bool:
    """Hold of no item."""
    return False


def free(_: Answer) -> int:
    """Cost nothing."""
    return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One kind of question: where the items of its answers lie, how its pages hang together, where items lead.

    ``order`` says what the items are together: the ``whole`` of a list, a list from the ``newest`` on, or no list
    (``none``). A ``part`` is a list that does not tell whether it was shown whole, nor surely from which end: it says
    nothing but of what stood between items that it shows again. Two lists from the newest on are left by old items
    themselves: of a ``recent`` one, which may be empty, what has left is looked up, and that decides; of a ``passing``
    one nothing is concluded, for what has left is gone or is read elsewhere.
    ``demands`` is a member that every proper answer has: without it the answer is no silence but a fault, and so it
    is where the items of a list lie in that member itself and it is no array. ``next`` returns the address of the
    next page; it may raise ``archiver.platforms.paging.NextPageUnusableError``. ``seen_as`` completes a view by
    what only the question knows. An item that is read ``elsewhere`` in another form is listed and leads on, and is
    not kept as it is shown here. ``names`` are ids that a page lists besides: of what it only names, or shows
    within something else. The items that lie within a listed one are together another list, below that one:
    ``holds`` is the endpoint that says what it is called and how it is ordered. ``cost`` is in the units of the
    platform's budget. ``title`` is what people call what is asked for. A page leads to what is asked of all its
    items ``together``, where a platform answers for many at once. An item of a list from the newest on, or of an
    endpoint that ``ages``, leads nowhere if it is held and older than a look goes back.
    """

    title: str
    items: tuple[Path, ...] = ((),)
    order: Order = "none"
    demands: str | None = None
    next: Callable[[Answer], str | None] = nowhere
    leads: Callable[[Led], Iterable[Question]] = nothing
    together: Callable[[Site, Answer], Iterable[Question]] = no_more
    ages: bool = False
    seen_as: Callable[[Normalised, Question], Normalised] = as_it_is
    elsewhere: Callable[[Led], bool] = never
    names: Callable[[Answer], Iterable[str]] = none_besides
    holds: str = ""
    cost: Callable[[Answer], int] = free

    @property
    def lists(self) -> bool:
        """Whether what every answer has is the list itself, where anything else would look like an empty one."""
        return self.order != "none" and self.demands is not None and self.items[0] == (self.demands,)


def as_http(answer: Answer) -> int:
    """Return an answer's HTTP status as it is."""
    return answer.status


def by_status(answer: Answer) -> Standing:
    """Return what an answer's HTTP status says of an item (RFC 9110 section 15).

    401 speaks of whoever asks, and not of the item.
    """
    return "unknown" if answer.status == UNAUTHORISED else standing_of(answer.status)


def no_quota(_headers: Mapping[str, str], _now: Instant) -> Quota | None:
    """Tell of no quota."""
    return None


def no_refusal(_: Answer) -> str | None:
    """Tell of no refusal."""
    return None


def no_scopes(_: Answer) -> frozenset[str] | None:
    """Tell of no scopes."""
    return None


def no_version(_: Mapping[str, str]) -> str | None:
    """Tell of no version."""
    return None


def no_headers(_: Site) -> Mapping[str, str]:
    """Add no header."""
    return {}


def nowhere_to_look(_site: Site, _item: str, _kind: Kind) -> str | None:
    """Know no address at which an item is looked up."""
    return None


def no_identity(_account: Account, _held: Known) -> str:
    """Know no account by an id of the platform's own."""
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How one platform is read.

    ``collector`` names it in polls and records, with a version of its own. ``api`` is the address below which the
    platform answers (``holdfast.toml`` may name another), empty where it is the origin of the account's own.
    ``versioned`` platforms need a version in ``holdfast.toml``; ``served_version`` reads which one answered. ``start``
    returns the first questions. ``look_up`` is the address of one item, and ``standing`` reads what came from there;
    ``looked_up`` is where in that answer the item lies.
    ``quota`` reads what is still allowed, ``scopes`` what the token may do, ``refusal`` what an answer says it left
    out, in words, without naming items. ``headers`` are sent with every question. ``options`` are what
    ``holdfast.toml`` may choose, with what each does. ``stands_for`` returns the HTTP status that an answer means, for
    platforms that answer every trouble with the same one and say in the body which it is. ``posts`` are how paths
    end that are read by POST (``archiver.platforms.posting``). ``identity`` is what the platform itself knows an
    account by, from its address or from what is held of it; empty where neither tells.
    """

    collector: str
    endpoints: Mapping[str, Endpoint]
    start: Callable[[Site], Iterable[Question]]
    access: Callable[[Site], Access]
    api: str = ""
    versioned: bool = False
    options: Mapping[str, str] = field(default_factory=dict)
    served_version: Callable[[Mapping[str, str]], str | None] = no_version
    headers: Callable[[Site], Mapping[str, str]] = no_headers
    look_up: Callable[[Site, str, Kind], str | None] = nowhere_to_look
    looked_up: Path = ()
    standing: Callable[[Answer], Standing] = by_status
    quota: Callable[[Mapping[str, str], Instant], Quota | None] = no_quota
    scopes: Callable[[Answer], frozenset[str] | None] = no_scopes
    refusal: Callable[[Answer], str | None] = no_refusal
    stands_for: Callable[[Answer], int] = as_http
    posts: frozenset[str] = frozenset()
    identity: Callable[[Account, Known], str] = no_identity
