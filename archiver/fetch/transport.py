"""The recording transport, the only door to the network: redirects followed, retries owned, every hop recorded.

Redirects from https to http are followed: public bodies do redirect so, and each hop is kept as evidence. Headers with
credentials do not travel to another origin.
"""

from __future__ import annotations

import io
import time
from dataclasses import dataclass, replace
from threading import Lock
from typing import TYPE_CHECKING, Self
from urllib.parse import urljoin, urlsplit

from requests.exceptions import RequestException
from requests.structures import CaseInsensitiveDict
from tenacity import RetryCallState, Retrying, retry_if_exception_type, retry_if_result, stop_after_attempt

from archiver.contract import Answered, Kept
from archiver.fetch.addresses import is_public
from archiver.fetch.addresses import resolve as resolve_by_system
from archiver.fetch.connections import Reach, VettedPools, prepared
from archiver.fetch.failures import (
    AddressMalformedError,
    ConnectionCutError,
    HostUnreachableError,
    TimedOutError,
    TooManyRedirectsError,
)
from archiver.fetch.masking import SECRET_HEADERS, Mask
from archiver.fetch.recording import Limits, Recorded, Recorder
from archiver.parsing.dates import find_instant
from schemas.digest import Digest
from storage.warc import FIELDS, SIGHTED, spell_fields, spell_sighting

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from requests import PreparedRequest

    from archiver.contract import Asked, Response
    from archiver.fetch.access import Credentials
    from archiver.fetch.addresses import Permission, Resolver
    from schemas.instant import Instant
    from storage.warc import WarcWriter

REDIRECT_LIMIT = 10
TOO_MANY_REQUESTS, SERVER_ERRORS = 429, 500
SCHEMES = frozenset(("http", "https"))


@dataclass(frozen=True, slots=True)
class Patience:
    """How often to ask in all; the seconds before the second time, doubled for each further one; and the longest wait.

    A server that asks for a longer wait is not waited for: its answer is returned at once, for the poll to say so.
    """

    attempts: int = 3
    wait: float = 2.0
    longest_wait: float = 60.0


class RecordingTransport:
    """``archiver.contract.Transport`` over HTTP/1.1, for any number of threads.

    ``credentials`` are put on requests to their origins. They and ``secrets`` are masked wherever they occur;
    ``aliases`` are addresses that stand for others, an account's with placeholders for the one with secrets, so that
    collectors never see these. ``addresses`` says which network addresses may be connected to: ``is_public``, or
    ``is_public_or_private`` for accounts with ``private_network``. ``folder`` takes large bodies while they are
    examined; ``authorities`` is a file of certificates to trust instead of the public ones.
    """

    def __init__(  # noqa: PLR0913 -- what is elsewhere ambient comes in here
        self,
        warc: WarcWriter,
        *,
        user_agent: str,
        folder: Path,
        now: Callable[[], Instant],
        secrets: tuple[str, ...] = (),
        credentials: Credentials | None = None,
        aliases: Mapping[str, str] | None = None,
        addresses: Permission = is_public,
        resolve: Resolver = resolve_by_system,
        limits: Limits | None = None,
        patience: Patience | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        authorities: Path | None = None,
    ) -> None:
        limits = limits or Limits()
        reach = Reach(addresses, resolve, connect=limits.connect, read=limits.read, total=limits.total, clock=clock)
        self._aliases, self._attempts, self._counting = dict(aliases or {}), 0, Lock()
        self._pools = VettedPools(reach, authorities=authorities)
        self._credentials = credentials
        secrets = (*secrets, *credentials.secrets) if credentials else secrets
        self._mask, self._now, self._patience = Mask(secrets), now, patience or Patience()
        self._recorder = Recorder(warc, self._pools, self._mask, folder, now, limits)
        brief = replace(reach, total=min(limits.brief, limits.total))
        self._brief = replace(self._recorder, pools=VettedPools(brief, authorities=authorities))
        self._own_headers = {"User-Agent": user_agent, "Accept": "*/*", "Accept-Encoding": "gzip"}
        self._retrying = Retrying(
            sleep=sleep,
            stop=stop_after_attempt(self._patience.attempts),
            wait=self._wait,
            retry=retry_if_exception_type((HostUnreachableError, TimedOutError, ConnectionCutError))
            | retry_if_result(self._worth_another),
            retry_error_callback=_last_outcome,
        )

    def get(self, url: str, *, headers: Mapping[str, str] | None = None, keep_payload: bool = True) -> Response:
        """Fetch ``url`` and record every exchange on the way (``archiver.contract.Transport.get``).

        Raises:
            HostUnreachableError, TimedOutError, ConnectionCutError, CertificateRefusedError: no answer.
            AddressForbiddenError: the way leads to an address that may not be connected to.
            AddressMalformedError, TooManyRedirectsError: the way leads nowhere.
        """
        carried = self._own_headers | dict(headers or {})
        url = self._aliases.get(url, url)
        for _ in range(REDIRECT_LIMIT + 1):
            request = self._prepared(url, carried)
            recorded: Recorded = self._retrying(self._attempt, self._recorder, request, keep_payload=keep_payload)
            if recorded.location is None:
                return recorded.response
            here = request.url or url
            url = urljoin(here, recorded.location)
            if _origin(url) != _origin(here):
                carried = {name: value for name, value in carried.items() if name.lower() not in SECRET_HEADERS}
        raise TooManyRedirectsError(
            f"There are more than {REDIRECT_LIMIT} redirects on the way to {self._mask.url(url)[:200]}.",
            do="Open the account's address in a browser, and register the address at which it ends.",
        )

    def ask(self, asked: Asked, *, patient: bool = False) -> Answered:
        """Make one request of a page and record it (``archiver.contract.Transport.ask``).

        Where a redirect carries a secret, the address that is returned stands for the one with it from then on.

        Raises:
            HostUnreachableError, TimedOutError, ConnectionCutError, CertificateRefusedError: no answer.
            AddressForbiddenError, AddressMalformedError: as ``get``.
        """
        url = self._aliases.get(asked.url, asked.url)
        carried = CaseInsensitiveDict({**self._own_headers, "Accept": "*/*"})
        carried.update(asked.headers)
        carried["Accept-Encoding"] = self._own_headers["Accept-Encoding"]
        request = self._prepared(url, carried, method=asked.method, body=asked.body)
        recorded: Recorded = (
            self._retrying(self._attempt, self._brief, request, keep_payload=True)
            if patient
            else self._attempt(self._brief, request, keep_payload=True)
        )
        headers = tuple((name, self._mask.without_secrets(value)) for name, value in recorded.headers)
        if recorded.location is not None:
            there = urljoin(url, recorded.location)
            shown = urljoin(asked.url, self._mask.without_secrets(recorded.location))
            if shown != there:
                self._aliases[shown] = there
        return Answered(recorded.response, headers)

    def keep(self, uri: str, content: bytes, media_type: str) -> Kept:
        """Record what a look made (``archiver.contract.Transport.keep``), without secrets.

        Raises:
            WarcUnwritableError: it is not recorded.
        """
        at, uri, payload = self._now(), self._mask.url(uri), self._mask.body(content, media_type)
        name = self._recorder.warc.resource(uri=uri, at=at, content_type=media_type, body=io.BytesIO(payload))
        return Kept(name, uri, media_type, payload, Digest.of(payload), len(payload), at)

    def tell(self, uri: str, fields: Mapping[str, str], *, about: str | None = None) -> Kept:
        """Record in words what no exchange shows of ``uri`` (``archiver.contract.Transport.tell``).

        Raises:
            WarcUnwritableError: it is not recorded.
        """
        told = {name: self.masked(value) for name, value in fields.items()}
        at, uri, payload = self._now(), self._mask.url(uri), spell_fields(told.items())
        name = self._recorder.warc.note(at=at, uri=uri, fields=told.items(), about=about)
        return Kept(name, uri, FIELDS, payload, Digest.of(payload), len(payload), at)

    @property
    def folder(self) -> Path:
        """The folder of this look."""
        return self._recorder.folder

    @property
    def warc(self) -> WarcWriter:
        """The file that the exchanges are recorded in."""
        return self._recorder.warc

    @property
    def requests(self) -> int:
        """How many requests were made, repeated ones and redirects included."""
        return self._attempts

    def masked(self, text: str) -> str:
        """Return a text without the account's secrets, fit for the ledger."""
        return self._mask.url(text)

    def note(self, failures: Sequence[str]) -> None:
        """Keep in words what could not be read, in the WARC file: it names addresses, which the ledger does not."""
        if failures:
            told = ((f"failure-{number}", self.masked(failure)) for number, failure in enumerate(failures, 1))
            self._recorder.warc.note(at=self._now(), fields=told)

    def sighted(self, response: Response | Kept, items: Sequence[tuple[int, int, str]]) -> None:
        """Note in the WARC file where items lie in an answer (``archiver.contract.Transport.sighted``)."""
        if items:
            told = ((SIGHTED, spell_sighting(offset, length, item)) for offset, length, item in items)
            self._recorder.warc.note(at=response.at, fields=told, about=response.exchange)

    def _attempt(self, recorder: Recorder, request: PreparedRequest, *, keep_payload: bool) -> Recorded:
        with self._counting:
            self._attempts += 1
        return recorder.record(request, keep_payload=keep_payload)

    def close(self) -> None:
        """Close the connections; the WARC file stays open."""
        self._pools.clear()
        self._brief.pools.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _prepared(
        self, url: str, headers: Mapping[str, str], *, method: str = "GET", body: bytes = b""
    ) -> PreparedRequest:
        try:
            if urlsplit(url).scheme.lower() in SCHEMES:
                request = prepared(url, headers, method=method, body=body)
                # Judged is the address as it is sent, not as it was spelled.
                return request if self._credentials is None else _authorised(request, self._credentials)
        except (RequestException, ValueError):
            pass  # as malformed as another scheme; the cause would show the URL with its secrets
        raise AddressMalformedError(
            f"{self._mask.url(url)[:200]!r} is not an address that can be fetched.",
            do="Give an address that starts with http:// or https:// and names a host.",
        )

    def _worth_another(self, recorded: Recorded) -> bool:
        response = recorded.response
        if response.status == TOO_MANY_REQUESTS or response.status >= SERVER_ERRORS:
            return (self._asked_wait(response) or 0) <= self._patience.longest_wait
        return response.truncated == "disconnect"

    def _wait(self, state: RetryCallState) -> float:
        outcome, patience = state.outcome, self._patience
        asked = None if outcome is None or outcome.failed else self._asked_wait(outcome.result().response)
        return min(patience.wait * 2 ** (state.attempt_number - 1), patience.longest_wait) if asked is None else asked

    def _asked_wait(self, response: Response) -> float | None:
        """Return the seconds that ``Retry-After`` asks for, as a number or a date (RFC 9110 section 10.2.3)."""
        text = response.headers.get("Retry-After", "").strip()
        if text.isascii() and text.isdigit():
            return float(text)
        until = find_instant(text)
        return max(0.0, (until.micros - self._now().micros) / 1_000_000) if until else None


def _authorised(request: PreparedRequest, credentials: Credentials) -> PreparedRequest:
    url, headers = credentials.on(request.url or "")
    request.prepare_url(url, "")
    request.headers.update(headers)
    return request


def _last_outcome(state: RetryCallState) -> Recorded:
    """Return the last answer, or raise the last error as it was."""
    outcome = state.outcome
    assert outcome is not None  # noqa: S101 -- tenacity calls this after an attempt
    recorded: Recorded = outcome.result()
    return recorded


def _origin(url: str) -> tuple[str, str]:
    address = urlsplit(url)
    return address.scheme.lower(), address.netloc.rpartition("@")[2].lower()
