"""What every reader of feeds makes: items with their places, the feed as a list, and ids that no two items share."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from archiver.parsing.markup import read_fragment
from archiver.parsing.text import cleaned, find_address
from schemas.digest import Digest
from schemas.errors import InputError
from schemas.record import Normalised

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from archiver.parsing.json_slices import Place


class NotAFeedError(InputError):
    """What was read is neither RSS, RDF, Atom nor JSON Feed."""

    code = "NOT_A_FEED"


@dataclass(frozen=True, slots=True)
class FeedItem:
    """One item: its native bytes are ``length`` at ``offset`` of the document; ``comments`` is their feed's address."""

    offset: int
    length: int
    view: Normalised
    comments: str | None = None


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed as a list, and its items in order. ``complete`` says that it shows all there are (RFC 5005 section 2).

    ``unread`` says why its items were not looked for, if they were not.
    """

    view: Normalised
    items: tuple[FeedItem, ...]
    complete: bool = False
    unread: str | None = None


def listing(
    address: str,
    listed: Iterable[str],
    *,
    title: str | None = None,
    text: str | None = None,
    lang: str | None = None,
    link: str | None = None,
    flags: tuple[str, ...] = (),
) -> Normalised:
    """Return the view of a feed: nothing in it changes unless what the feed contains or says of itself changes."""
    url = find_address(link, base=address)
    return cleaned(
        Normalised(
            kind="list",
            type="Collection",
            item=address,
            url=address,
            title=(read_fragment(title).text or None) if title else None,
            text=(read_fragment(text, base=address).text or None) if text else None,
            lang=lang or None,
            links=(url,) if url else (),
            listed=tuple(listed),
            flags=flags,
        )
    )


def named(views: Sequence[Normalised], places: Sequence[Place], document: bytes) -> list[Normalised]:
    """Return the views with their ids: the platform's, else the address, else the digest of the native bytes.

    The second item with one id gets ``#2`` behind it, and so on.
    """
    counts: Counter[str] = Counter()
    digests: dict[Place, Digest] = {}
    results = []
    for view, place in zip(views, places, strict=True):
        item = view.item or view.url
        if not item:
            if place not in digests:
                digests[place] = Digest.of(memoryview(document)[place[0] : sum(place)])
            item = f"sha256:{digests[place]}"
        counts[item] += 1
        results.append(
            cleaned(msgspec.structs.replace(view, item=f"{item}#{counts[item]}" if counts[item] > 1 else item))
        )
    return results
