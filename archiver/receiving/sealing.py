"""What a platform told, as a capture of its account takes it along: kept in the WARC file, and made into records."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from archiver.contract import Seen
from archiver.parsing.json_slices import JsonMalformedError, decode
from archiver.parsing.text import unique
from archiver.platforms.known import find_platform
from schemas.capture import Observation
from schemas.record import Normalised, Slice

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archiver.receiving.received import Notification
    from schemas.account import Account
    from storage.warc import WarcWriter

PREFIX = "notification:"


def noticed(told: Iterable[Notification], writer: WarcWriter) -> tuple[Seen, ...]:
    """Keep notifications in the WARC file, and return each as an event.

    Raises:
        WarcUnwritableError: they cannot be kept.
    """
    seen = []
    for one in told:
        uri = f"urn:holdfast:notification:{one.name}"
        json = _decoded(one.body) is not None
        media_type = "application/json" if json else "application/octet-stream"
        exchange = writer.resource(uri=uri, at=one.at, content_type=media_type, body=io.BytesIO(one.body))
        view = Normalised(kind="event", type="Activity", item=f"{PREFIX}{one.name}", title=f"Told by {one.way}")
        source = Slice(exchange=exchange, uri=uri, offset=0, length=len(one.body))
        seen.append(Seen(one.body, Observation(normalised=view, source=source, observed=one.at)))
    return tuple(seen)


def named_in(account: Account, told: Iterable[Notification]) -> tuple[str, ...]:
    """Return the ids of the items that notifications say something of, each once."""
    platform = find_platform(account.platform)
    sources = [] if platform is None else [source for source in (platform.webhook, platform.stream) if source]
    values = [value for one in told if isinstance(value := _decoded(one.body), dict)]
    return unique(item for value in values for source in sources for item in source.named(value))


def _decoded(body: bytes) -> Any:  # noqa: ANN401 - any JSON
    try:
        return decode(body).value
    except JsonMalformedError:
        return None
