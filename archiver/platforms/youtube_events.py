"""What YouTube tells over its hub: which videos were uploaded, renamed, described anew or deleted. Pure.

It speaks PubSubHubbub, which became WebSub (W3C, 2018): the feed of a channel is the topic, a call brings an Atom feed
of what is new in it, or a tombstone (RFC 6721). Source: developers.google.com/youtube/v3/guides/push_notifications.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from archiver.parsing.xml_elements import Element, elements
from archiver.platforms.notifying import Named, Subscription, Webhook, by_challenge, signed_with

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from archiver.parsing.xml_elements import Node
    from archiver.platforms.reading import Site
    from schemas.account import Account

HUB = "https://pubsubhubbub.appspot.com/subscribe"
FEED = "https://www.youtube.com/feeds/videos.xml?channel_id="
VIDEO = re.compile(r"[A-Za-z0-9_-]{1,64}")
CHANNEL = re.compile(r"UC[A-Za-z0-9_-]{1,64}")
TOMBSTONE = "yt:video:"


def identity(account: Account, held: Iterable[str]) -> str:
    """Return the channel's id, from the account's address or from the one channel that is held of it."""
    match [part for part in urlsplit(account.url).path.split("/") if part]:
        case ["channel", named, *_]:
            found = [named]
        case _:
            found = [item.removeprefix("channel:") for item in held if item.startswith("channel:")]
    return found[0] if len(found) == 1 and CHANNEL.fullmatch(found[0]) else ""


def _topic(site: Site) -> str | None:
    return f"{FEED}{site.identity}" if site.identity else None


def _told_of(body: bytes) -> Iterator[Named]:
    named = [node.find("videoId", "youtube.com") or "" for node in _nodes(body, "entry")]
    named += [node.attributes.get("ref", "").removeprefix(TOMBSTONE) for node in _nodes(body, "deleted-entry")]
    yield from (Named(video) for video in dict.fromkeys(named) if VIDEO.fullmatch(video))


def _nodes(body: bytes, name: str) -> Iterator[Node]:
    return (found.node for found in elements(body, name) if isinstance(found, Element))


WEBHOOK = Webhook(
    greeted=by_challenge,
    signed=signed_with("x-hub-signature", algorithm="sha1"),
    named=_told_of,
    subscription=Subscription(hub=HUB, topic=_topic),
)
