"""What a platform told, as a capture of its account takes it along: kept in the WARC file, and made into records."""

from __future__ import annotations

import io
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING
from uuid import UUID

from archiver.collectors.api.collector import ApiCollector
from archiver.contract import Seen
from archiver.platforms.known import find_platform
from schemas.capture import Observation
from schemas.record import Normalised, Slice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from archiver.platforms.notifying import Named
    from archiver.platforms.reading import Known, Site
    from archiver.receiving.received import Notification
    from schemas.account import Account
    from schemas.instant import Instant
    from schemas.settings import Settings
    from storage.warc import WarcWriter

PREFIX = "notification:"
MEDIA_TYPE = "application/octet-stream"


MOST_NAMED = 1_000
"""How many items a look may be led to: as many changes as Meta puts into one call at most."""


def find_site(account: Account, settings: Settings, held: Known, *, now: Callable[[], Instant]) -> Site | None:
    """Return where an account is read, with its own id there if its address or what is ``held`` tells that."""
    platform = find_platform(account.platform)
    if platform is None or platform.reading is None:
        return None
    site = ApiCollector.of(platform, platform.reading, account, settings, now=now).site
    return replace(site, identity=platform.reading.identity(account, held))


def noticed(site: Site, told: Iterable[Notification], writer: WarcWriter) -> tuple[Seen, ...]:
    """Keep notifications in the WARC file, and return each as an event, below the item that it names first.

    Those that were sealed before are not kept again.

    Raises:
        WarcUnwritableError: they cannot be kept.
    """
    seen = []
    for one in told:
        if one.sealed:
            continue
        uri = UUID(hex=one.name).urn
        exchange = writer.resource(uri=uri, at=one.at, content_type=MEDIA_TYPE, body=io.BytesIO(one.body))
        view = Normalised(
            kind="event",
            type="Activity",
            item=f"{PREFIX}{one.name}",
            title=f"Told by {one.way}",
            parent=next((named.item for named in named_in(site, one)), None),
        )
        source = Slice(exchange=exchange, uri=uri, offset=0, length=len(one.body))
        seen.append(Seen(one.body, Observation(normalised=view, source=source, observed=one.at)))
    return tuple(seen)


def named_in(site: Site, told: Notification) -> Iterator[Named]:
    """Yield the items of the account that a notification says something of."""
    platform = find_platform(site.account.platform)
    if platform is not None and platform.webhook is not None:
        about = frozenset(told.about)
        yield from (one for one in platform.webhook.named(told.body) if not about or one.whose in about)
    if platform is not None and platform.stream is not None:
        yield from platform.stream.named(told.body, site)


def taken_along(site: Site, told: Iterable[Notification]) -> tuple[tuple[Notification, ...], tuple[Named, ...]]:
    """Return which notifications one look takes along, the oldest first, and the items that they name, each once.

    Those that would lead it to too many items wait for the next; one alone leads it to as many as it may.
    """
    taken: list[Notification] = []
    named: dict[str, Named] = {}
    for one in told:
        more = {found.item: found for found in islice(named_in(site, one), MOST_NAMED)}
        if taken and len(named | more) > MOST_NAMED:
            break
        taken.append(one)
        named |= more
    return tuple(taken), tuple(named.values())
