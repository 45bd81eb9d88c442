"""The parts of posts and messages on X that both APIs share under different names. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archiver.parsing.shapes import Object, address, find_id, find_text, member, objects
from archiver.parsing.text import counts_of, unique
from schemas.record import Attachment, Author

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archiver.platforms.dialect import Context

COUNTS = ("retweet_count", "favorite_count", "reply_count", "quote_count")


def author_of(value: Object, context: Context) -> Author | None:
    """Return who wrote a post: embedded (v1.1, flattened v2), or from the envelope."""
    identifier = find_id(value, "author_id")
    user = member(value, "user") or member(value, "author") or context.get("users", {}).get(identifier or "")
    if not isinstance(user, dict):
        return Author(id=identifier) if identifier else None
    handle = find_text(user, "screen_name") or find_text(user, "username")
    return Author(
        id=find_id(user, "id_str", "id") or identifier,
        name=find_text(user, "name"),
        handle=handle,
        url=f"https://x.com/{handle}" if handle else None,
    )


def attachments_of(value: Any, context: Context) -> tuple[Attachment, ...]:  # noqa: ANN401 - any JSON
    """Return pictures and films: from ``extended_entities`` before ``entities``, and by key from the envelope."""
    found: dict[str, Attachment] = {}
    media = [*objects(value, "extended_entities", "media")] or [*objects(value, "entities", "media")]
    media.extend(objects(value, "attachments", "media"))
    attached = member(value, "attachment", "media")
    if isinstance(attached, dict):
        media.append(attached)
    keys = member(value, "attachments", "media_keys")
    for key in keys if isinstance(keys, list) else ():
        item = context.get("media", {}).get(key) if isinstance(key, str) else None
        if item is not None:
            media.append(dict(item))
    for attachment in (made for item in media for made in _attachments(item)):
        found.setdefault(attachment.url, attachment)
    return tuple(found.values())


def _attachments(item: Object) -> Iterator[Attachment]:
    alt = find_text(item, "alt_text") or find_text(item, "ext_alt_text")
    picture = address(item, "media_url_https") or address(item, "media_url")
    picture = picture or (address(item, "url") if "media_key" in item else None) or address(item, "preview_image_url")
    variants = [*objects(item, "video_info", "variants"), *objects(item, "variants")]
    best = max(variants, key=_bit_rate, default=None)
    film = address(best, "url")
    if film:
        yield Attachment(url=film, role="video", media_type=find_text(best, "content_type"), alt=alt)
    if picture:
        yield Attachment(url=picture, role="image", alt=alt)


def _bit_rate(variant: Object) -> int:
    rate = variant.get("bitrate") or variant.get("bit_rate")
    return rate if isinstance(rate, int) else 0


def tags_in(value: Any) -> tuple[str, ...]:  # noqa: ANN401 - any JSON
    """Return hashtags without their sign, and cashtags with it."""
    hashtags = (find_text(tag, "tag") or find_text(tag, "text") for tag in objects(value, "entities", "hashtags"))
    symbols = [*objects(value, "entities", "symbols"), *objects(value, "entities", "cashtags")]
    names = (find_text(symbol, "tag") or find_text(symbol, "text") for symbol in symbols)
    return unique((*hashtags, *(f"${name}" for name in names if name)))


def mentions_in(value: Any) -> tuple[str, ...]:  # noqa: ANN401 - any JSON
    """Return the handles that a text mentions."""
    mentions = [*objects(value, "entities", "user_mentions"), *objects(value, "entities", "mentions")]
    return unique(find_text(mention, "screen_name") or find_text(mention, "username") for mention in mentions)


def links_in(value: Any) -> tuple[str, ...]:  # noqa: ANN401 - any JSON
    """Return where the links of a text lead, not their short forms."""
    urls = [*objects(value, "entities", "urls"), *objects(value, "urls")]
    return unique(address(url, "unwound_url") or address(url, "expanded_url") or address(url, "url") for url in urls)


def counts_in(value: Object) -> dict[str, int]:
    """Return what X counts of a post: ``retweet``, ``favorite``, ``reply`` and others."""
    metrics = member(value, "public_metrics")
    pairs = list(metrics.items()) if isinstance(metrics, dict) else [(name, value.get(name)) for name in COUNTS]
    return counts_of((name.removesuffix("_count"), number) for name, number in pairs)
