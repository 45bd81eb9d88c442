"""The platforms whose JSON is read, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archiver.platforms import activitypub, mastodon, x

if TYPE_CHECKING:
    from archiver.platforms.dialect import Dialect
    from schemas.account import Platform

DIALECTS: dict[Platform, Dialect] = {
    "x": x.DIALECT,
    "mastodon": mastodon.DIALECT,
    "activitypub": activitypub.DIALECT,
}
