"""What a platform told, as a capture of its account takes it along: kept in the WARC file, and made into records."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING
from uuid import UUID

from archiver.contract import Seen
from archiver.platforms.known import find_platform
from schemas.capture import Observation
from schemas.record import Normalised, Slice

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archiver.platforms.notifying import Named
    from archiver.receiving.received import Notification
    from schemas.account import Account
    from storage.warc import WarcWriter

PREFIX = "notification:"
MEDIA_TYPE = "application/octet-stream"


def noticed(account: Account, told: Iterable[Notification], writer: WarcWriter) -> tuple[Seen, ...]:
    """Keep notifications in the WARC file, and return each as an event, below the item that it names first.

    Raises:
        WarcUnwritableError: they cannot be kept.
    """
    seen = []
    for one in told:
        uri = UUID(hex=one.name).urn
        exchange = writer.resource(uri=uri, at=one.at, content_type=MEDIA_TYPE, body=io.BytesIO(one.body))
        view = Normalised(
            kind="event",
            type="Activity",
            item=f"{PREFIX}{one.name}",
            title=f"Told by {one.way}",
            parent=next((named.item for named in named_in(account, (one,))), None),
        )
        source = Slice(exchange=exchange, uri=uri, offset=0, length=len(one.body))
        seen.append(Seen(one.body, Observation(normalised=view, source=source, observed=one.at)))
    return tuple(seen)


def named_in(account: Account, told: Iterable[Notification]) -> tuple[Named, ...]:
    """Return the items that notifications say something of, each once."""
    platform = find_platform(account.platform)
    if platform is None:
        return ()
    named: dict[str, Named] = {}
    for one in told:
        calls = platform.webhook.named(one.body) if platform.webhook is not None else ()
        streamed = platform.stream.named(one.body, account) if platform.stream is not None else ()
        named.update((found.item, found) for found in (*calls, *streamed))
    return tuple(named.values())
