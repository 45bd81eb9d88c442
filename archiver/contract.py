"""What a collector is given and what it hands over; the contract between the transport, the collectors and the run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from schemas.account import Account
    from schemas.capture import Observation, Sanity
    from schemas.digest import Digest
    from schemas.instant import Instant
    from schemas.record import Kind, Method

Standing: TypeAlias = Literal["gone", "withheld", "present", "unknown"]
"""What an answer says of one item: that there is none, that it is not shown, that it is there; or nothing."""


@dataclass(frozen=True, slots=True)
class Response:
    """The answer to one request, recorded already.

    ``exchange`` is the WARC-Record-ID of the response (``<urn:uuid:…>`` without the angle brackets); ``uri`` the final
    address after redirects, masked. ``payload`` is the body after content decoding and masking: the bytes that slices
    count in. ``truncated`` says why bytes are missing (``length``, ``time``, ``disconnect``).
    """

    exchange: str
    uri: str
    status: int
    headers: Mapping[str, str]
    payload: bytes
    sha256: Digest
    size: int
    at: Instant
    truncated: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that a page makes, as its browser would send it."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer to one request, a redirect too.

    ``headers`` are those that the server sent, cookies included, without what the account's owner keeps secret: for
    the browser that asked, and never to be kept. ``response`` is what was kept.
    """

    response: Response
    headers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """Something that came of a look and not over HTTP, kept as WARC record ``exchange``; ``payload`` is as kept."""

    exchange: str
    uri: str
    media_type: str
    payload: bytes
    sha256: Digest
    size: int
    at: Instant


class Transport(Protocol):
    """The network as collectors see it: every exchange is recorded before the answer is returned."""

    @property
    def folder(self) -> Path:
        """A folder of this look alone, that goes with it."""
        ...

    def ask(self, asked: Asked, *, patient: bool = False) -> Answered:
        """Make one request of a page, follow no redirect, and record the exchange; any HTTP status is an answer.

        It may take ``Limits.brief`` seconds. A ``patient`` one is tried again as ``get`` does.

        Raises:
            UnavailableError, PolicyError, InputError: as ``get``.
        """
        ...

    def keep(self, uri: str, content: bytes, media_type: str) -> Kept:
        """Record what a look made, such as a picture of a page, under an address that says what it is.

        Raises:
            UnavailableError: it is not recorded.
        """
        ...

    def tell(self, uri: str, fields: Mapping[str, str], *, about: str | None = None) -> Kept:
        """Record in words what no exchange shows of ``uri``, and return it; ``about`` is the record it belongs to.

        Raises:
            UnavailableError: it is not recorded.
        """
        ...

    def masked(self, text: str) -> str:
        """Return a text without secrets."""
        ...

    def get(self, url: str, *, headers: Mapping[str, str] | None = None, keep_payload: bool = True) -> Response:
        """Fetch ``url`` and record the exchange, redirects included; any HTTP status is an answer.

        With ``keep_payload=False`` the body is recorded and hashed in bounded memory and ``payload`` is empty:
        for media. 429 and 5xx are tried again as the settings allow; the last answer is returned.

        Raises:
            UnavailableError: no answer (unreachable, timed out, cut off).
            PolicyError: the address is not public and the account does not allow that.
            InputError: the address is not one.
        """
        ...

    def sighted(self, response: Response | Kept, items: Sequence[tuple[int, int, str]]) -> None:
        """Note in the WARC file where items lie in an answer: offset, length and id.

        That is for items whose native bytes may differ from those of their record, although they make no version: what
        destroys the record finds them by this note.

        Raises:
            UnavailableError: it cannot be noted.
        """
        ...


@dataclass(frozen=True, slots=True)
class Access:
    """How a platform is told who asks: the ``way`` in which a token travels, and to which ``origins`` alone.

    Origins are spelled as ``archiver.fetch.access.origin_of`` does. ``parameter`` is the name in the address, for that
    way, or of the header. For ``basic`` (RFC 7617) the token is ``user:password``; ``oauth1`` signs each
    request (RFC 5849). ``needed`` is false where accounts can be read without a token, too.
    """

    way: Literal["bearer", "parameter", "header", "basic", "oauth1"] = "bearer"
    origins: frozenset[str] = frozenset()
    parameter: str = "access_token"
    needed: bool = False


NOBODY = Access()


@dataclass(frozen=True, slots=True)
class Seen:
    """One item as it was seen: its exact native bytes and what was made of them."""

    native: bytes
    observation: Observation


@dataclass(frozen=True, slots=True)
class Reached:
    """A reading of a list that ``began`` then: it showed what was made after ``down_to``, or all (``None``)."""

    began: Instant
    down_to: Instant | None


@dataclass(frozen=True, slots=True)
class Collected:
    """What one successful look at an account showed.

    ``listed`` are the ids that the account shows now, ``None`` when it said that nothing changed (304).
    ``window`` is true when the account shows only its newest items, so that absence from ``listed`` means little.
    ``failures`` are parts that could not be read (a resource, a comment feed), in words: the poll is then partial.
    ``reached`` is how far the looks before this one read each list; ``None`` where each look reads all of them.
    """

    items: tuple[Seen, ...] = ()
    listed: tuple[str, ...] | None = ()
    window: bool = True
    status: int | None = None
    sanity: Sanity = "plausible"
    cursor: Mapping[str, str] = field(default_factory=dict)
    failures: tuple[str, ...] = ()
    reached: Mapping[str, tuple[Reached, ...]] | None = None


@dataclass(frozen=True, slots=True)
class LookingUp:
    """How an item that its list no longer shows is looked up.

    ``address`` returns where (item, kind, the address that it was seen at), ``None`` where there is no such place;
    ``standing`` reads the answer; ``read`` returns the items that one shows, from the transport, the answer, and what
    tells whether a version is archived already. ``direct`` tells that the address is the item's own and that its
    answer decides: an item that is there is not missing, whatever its list shows. ``posts`` are how paths end that are
    read by POST (``archiver.platforms.posting``).
    """

    address: Callable[[str, Kind, str | None], str | None]
    standing: Callable[[Response], Standing]
    headers: Mapping[str, str] = field(default_factory=dict)
    direct: bool = False
    posts: frozenset[str] = frozenset()
    read: Callable[[Transport, Response, Callable[[str, bytes], bool]], tuple[Seen, ...]] | None = None


class Collector(Protocol):
    """One way to read one kind of account. Stateless: what it must remember travels in the cursor."""

    @property
    def name(self) -> str:
        """What polls and records call it, with a version of its own."""
        ...

    @property
    def method(self) -> Method:
        """By which way it reads."""
        ...

    def access(self, account: Account) -> Access:
        """Return how the account's platform is told who asks.

        Raises:
            ArchiveError: it cannot be asked as it is set up; the poll is recorded as failed with the error's code.
        """
        ...

    def looking_up(self, account: Account) -> LookingUp:
        """Return how an item of the account is looked up that its list no longer shows."""
        ...

    def collect(
        self,
        account: Account,
        transport: Transport,
        *,
        cursor: Mapping[str, str],
        known: Callable[[str, bytes], bool],
    ) -> Collected:
        """Read the account once.

        ``known(item, native)`` tells whether that version is archived already, so that its media need not be fetched
        again; without any bytes, whether the item is a list that showed something when it was read last.

        Raises:
            ArchiveError: the account could not be read; the poll is recorded as failed with the error's code.
        """
        ...
