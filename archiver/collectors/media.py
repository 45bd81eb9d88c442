"""Recording the files that items show and pages are made of, each once in a capture."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import msgspec

from archiver.collectors.website.styles import STYLE_SHEET, style_references
from archiver.fetch.failures import NOT_FETCHED
from schemas.errors import UnavailableError
from schemas.record import Attachment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archiver.contract import Response, Transport

MOST_STYLE_SHEETS = 500
"""How many style sheets of one capture are read for what they refer to: a server may make them up without end."""


STATUS = "HTTP "
PASSING_STATUSES = frozenset({"408", "425", "429"})
PASSING_CUTS = frozenset({"cut off (disconnect)", "cut off (time)"})
PASSING_CODES = frozenset(one.code for one in NOT_FETCHED if issubclass(one, UnavailableError))


class Media:
    """Fetches attachments over one transport; remembers what it fetched, and in ``failures`` what it could not."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._fetched: dict[str, Attachment] = {}
        self._styled: dict[str, tuple[Attachment, ...]] = {}
        self.failures: list[str] = []

    def recorded(self, attachments: Iterable[Attachment]) -> tuple[Attachment, ...]:
        """Return the attachments with where their bytes are and what they hash to, or why they are not there.

        What style sheets refer to, and the style sheets that they import, is recorded and returned too.
        """
        waiting = deque(attachments)
        found: dict[str, Attachment] = {}
        while waiting:
            attachment = waiting.popleft()
            if attachment.url not in found:
                found[attachment.url] = self._recorded(attachment)
                waiting.extend(self._styled.get(attachment.url, ()))
        return tuple(found.values())

    def _recorded(self, attachment: Attachment) -> Attachment:
        if attachment.url not in self._fetched:
            fetched = self._fetch(attachment)
            self._fetched[attachment.url] = fetched
            if fetched.failure:
                self.failures.append(f"{attachment.url}: {fetched.failure}")
        known = self._fetched[attachment.url]
        return msgspec.structs.replace(
            attachment,
            media_type=known.media_type or attachment.media_type,
            size=known.size,
            sha256=known.sha256,
            exchange=known.exchange,
            failure=known.failure,
        )

    def _fetch(self, attachment: Attachment) -> Attachment:
        is_style = attachment.media_type == STYLE_SHEET
        try:
            response = self._transport.get(attachment.url, keep_payload=is_style)
        except NOT_FETCHED as error:
            return msgspec.structs.replace(attachment, failure=f"{error.code}: {error.what}")
        if is_style and len(self._styled) < MOST_STYLE_SHEETS:
            css = response.payload.decode("utf-8", "replace")
            self._styled[attachment.url] = tuple(
                Attachment(url=reference.address, media_type=reference.media_type)
                for reference in style_references(css, base=response.uri)
            )
        return described(attachment, response)


def may_pass(failure: str) -> bool:
    """Return whether what could not be had for this reason may be had another time, from the same address.

    What is not there, is refused, or is larger than we take, is so the next time, too.
    """
    if failure.startswith(STATUS):
        status = failure.removeprefix(STATUS)
        return status in PASSING_STATUSES or (len(status) == 3 and status.startswith("5"))  # noqa: PLR2004 - 5xx
    return failure in PASSING_CUTS or failure.partition(":")[0] in PASSING_CODES


def described(attachment: Attachment, response: Response) -> Attachment:
    """Return ``attachment`` as ``response`` answered it; any status but 2xx and any missing byte is a failure."""
    if not 200 <= response.status < 300:  # noqa: PLR2004 - RFC 9110 section 15.3
        return msgspec.structs.replace(attachment, exchange=response.exchange, failure=f"{STATUS}{response.status}")
    return msgspec.structs.replace(
        attachment,
        media_type=media_type_of(response) or attachment.media_type,
        size=response.size,
        sha256=response.sha256,
        exchange=response.exchange,
        failure=f"cut off ({response.truncated})" if response.truncated else None,
    )


def media_type_of(response: Response) -> str:
    """Return the response's media type in lower case without parameters; empty when it names none."""
    return content_type_of(response).partition(";")[0].strip().lower()


def content_type_of(response: Response) -> str:
    """Return the response's Content-Type as it was sent; empty when there is none."""
    return next((value for name, value in response.headers.items() if name.lower() == "content-type"), "")
