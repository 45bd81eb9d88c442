"""Bluesky accounts: read through the API, and what is new held against the repository that the account signed.

The API lists records in JSON, from which they are kept. Beside it the same server gives the repository, or what changed
in it, as a CAR file: whatever record is proved to be in that is signed by its origin, and not only shown by a server.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import msgspec

from archiver.collectors.api.answers import AnswerUnreadableError
from archiver.collectors.api.walk import UNANSWERED
from archiver.fetch.failures import demand_ok
from archiver.parsing.cars import CarBlockAlteredError, CarBlockMissingError, CarMalformedError, read_car
from archiver.parsing.identities import SigningKeyMissingError, find_server, signing_key
from archiver.parsing.ipld import IpldMalformedError
from archiver.parsing.json_slices import decode
from archiver.parsing.repositories import (
    RepositoryDisorderedError,
    RepositoryForeignError,
    RepositoryMalformedError,
    RepositoryUnsignedError,
    read_repository,
)
from archiver.parsing.shapes import find_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from archiver.collectors.api.collector import ApiCollector
    from archiver.contract import Access, Collected, LookingUp, Response, Seen, Transport
    from archiver.parsing.repositories import Repository
    from schemas.account import Account
    from schemas.record import Method

REVISION = "revision"
"""The key of the cursor that says of which revision of the repository everything was asked for."""
REFUSED = (
    CarBlockAlteredError,
    CarBlockMissingError,
    CarMalformedError,
    IpldMalformedError,
    RepositoryDisorderedError,
    RepositoryForeignError,
    RepositoryMalformedError,
    RepositoryUnsignedError,
    SigningKeyMissingError,
)
"""Why a repository proves nothing. What its server lists is kept all the same, and the poll is suspect."""
MOST_REQUESTS = 2
"""How many a proof takes: for what changed, and, where that is not enough, for everything."""
TOLD = "the signed repository"


@dataclass(frozen=True, slots=True)
class Document:
    """An account's DID document, and the exchange that it came in."""

    value: Any
    exchange: str

    @property
    def did(self) -> str:
        """Whose it is."""
        return find_text(self.value, "id") or ""


@dataclass(frozen=True, slots=True)
class SignedCollector:
    """An account whose records can be held against what it signed; ``api`` reads them."""

    api: ApiCollector

    @classmethod
    def beside(cls, api: ApiCollector) -> SignedCollector:
        """Return the collector that proves what ``api`` reads, within the requests that one look may make."""
        left = max(1, api.capture.max_requests - MOST_REQUESTS)
        return cls(replace(api, capture=msgspec.structs.replace(api.capture, max_requests=left)))

    @property
    def name(self) -> str:
        """What polls and records call it."""
        return self.api.name

    @property
    def method(self) -> Method:
        """Return that it reads an API."""
        return self.api.method

    def access(self, account: Account) -> Access:
        """Return how the platform is told who asks."""
        return self.api.access(account)

    def looking_up(self, account: Account) -> LookingUp:
        """Return how the platform is asked for one item, and how its answer reads."""
        return self.api.looking_up(account)

    def collect(
        self,
        account: Account,
        transport: Transport,
        *,
        cursor: Mapping[str, str],
        known: Callable[[str, bytes], bool],
    ) -> Collected:
        """Read the account once (``archiver.contract.Collector``), and prove what is new of its own records.

        Raises:
            ArchiveError: the first question was not answered.
        """
        collected = self.api.collect(account, transport, cursor=cursor, known=known)
        document = _find_document(collected)
        if document is None:
            return _with_revision(collected, cursor.get(REVISION))
        own = f"at://{document.did}/"
        new = {
            (item, one.native): decode(one.native).value
            for one in collected.items
            if (item := one.observation.normalised.item).startswith(own) and not known(item, one.native)
        }
        if not new:
            return _with_revision(collected, cursor.get(REVISION))
        proof = _Proof(document, transport, new)
        proof.ask(since=cursor.get(REVISION))
        return replace(
            _with_revision(collected, proof.revision or cursor.get(REVISION)),
            items=tuple(proof.vouched(one) for one in collected.items),
            sanity="suspect" if proof.doubtful else collected.sanity,
            failures=(*collected.failures, *proof.failures),
        )


class _Proof:
    """What is ``new`` of an account's records, by item and native bytes, and which of it is proved to be signed."""

    def __init__(self, document: Document, transport: Transport, new: Mapping[tuple[str, bytes], Any]) -> None:
        self._document, self._transport, self._new = document, transport, new
        self._proved: dict[tuple[str, bytes], str] = {}
        self.revision: str | None = None
        self.failures: tuple[str, ...] = ()
        self.doubtful = False

    def ask(self, *, since: str | None) -> None:
        """Ask for what changed since a revision, and for the whole repository where that does not prove everything."""
        for revision in dict.fromkeys((since, None)):
            try:
                self._take(revision)
            except UNANSWERED as error:
                self.failures = (f"{TOLD}: {error.code}: {error.what}",)
            except REFUSED as error:
                self.failures, self.doubtful = (f"{TOLD}: {error.code}: {error.what}",), True
                return
            else:
                self.failures = ()
            if self._proved.keys() == self._new.keys():
                return
        if not self.failures:
            unsigned = len(self._new) - len(self._proved)
            self.failures, self.doubtful = (
                (f"{TOLD}: it does not have {unsigned} records as its server lists them",),
                True,
            )

    def _take(self, since: str | None) -> None:
        server = find_server(self._document.value) or ""
        asked = {"did": self._document.did, **({"since": since} if since else {})}
        response = self._transport.get(f"{server}/xrpc/com.atproto.sync.getRepo?{urlencode(asked)}")
        demand_ok(response)
        if response.truncated:
            raise AnswerUnreadableError(
                f"{response.uri} was cut off ({response.truncated}).",
                do="If the repository is larger than capture.max_payload_megabytes, raise that.",
            )
        repository = self._read(response, partial=since is not None)
        self.revision = repository.rev
        for one, value in self._new.items():
            if repository.find(value) is not None:
                self._proved.setdefault(one, response.exchange)

    def _read(self, response: Response, *, partial: bool) -> Repository:
        """Return what a CAR proves; where records lie in it is noted, so that what destroys one finds it."""
        car = read_car(response.payload)
        key = signing_key(self._document.value)
        repository = read_repository(car, did=self._document.did, key=key, partial=partial)
        held = ((path, car.places[cid]) for path, cid in repository.records.items() if cid in car.places)
        own = f"at://{self._document.did}/"
        self._transport.sighted(response, [(*place, f"{own}{path}") for path, place in held])
        return repository

    def vouched(self, one: Seen) -> Seen:
        """Return an item with the exchanges that prove it, where they do."""
        exchange = self._proved.get((one.observation.normalised.item, one.native))
        if exchange is None:
            return one
        vouched = (self._document.exchange, exchange)
        return replace(one, observation=msgspec.structs.replace(one.observation, vouched=vouched))


def _find_document(collected: Collected) -> Document | None:
    for one in collected.items:
        if one.observation.normalised.item.startswith("document:"):
            document = Document(decode(one.native).value, one.observation.source.exchange)
            return document if find_server(document.value) else None
    return None


def _with_revision(collected: Collected, revision: str | None) -> Collected:
    return replace(collected, cursor={**collected.cursor, **({REVISION: revision} if revision else {})})
