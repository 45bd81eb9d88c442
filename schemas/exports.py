"""Which imported records come from files in the form of a platform's own export (ADR 0027). Data only."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from schemas.record import Provenance

EXPORTS: dict[str, str] = {
    "blogger-export": "",
    "bluesky-repository": ".car",
    "facebook-export": "",
    "google-plus-takeout": "",
    "instagram-export": "",
    "linkedin-export": "",
    "mastodon-archive": "",
    "mediawiki-dump": "",
    "reddit-export": "",
    "wordpress-export": "",
    "x-archive": "",
    "youtube-takeout": "",
}
"""The readers of platforms' own exports, without their version, and how the address of a file ends that is one.

What other readers read (native JSON, web archives, mail, bookmarks, items of another vendor) anybody may have made of
what anybody captured.
"""


def is_export(provenance: Provenance) -> bool:
    """Return whether a record was in a file in the form of its platform's own export, whoever made it."""
    ending = EXPORTS.get(provenance.collector.partition("/")[0]) if provenance.method == "import" else None
    return ending is not None and provenance.source.uri.partition("#")[0].lower().endswith(ending)
