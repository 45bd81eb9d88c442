"""Tokens that their platform exchanges for others, which end later, by nothing but themselves: when, and how. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archiver.platforms.paging import with_parameter

if TYPE_CHECKING:
    from archiver.credentials.secret import Secret
    from archiver.platforms.authorisation import Renewal
    from schemas.instant import Instant

DAY = 86_400 * 1_000_000


def is_due(how: Renewal, secret: Secret, now: Instant) -> bool:
    """Return whether a token is to be exchanged: half of its life is over, or when it ends is not known.

    The platform is asked once a day at most: it refuses what is younger, and half a life has days enough. What has
    ended is exchanged no more.
    """
    asked, ends = secret.asked_at, secret.ends
    if asked is not None and 0 <= now.micros - asked.micros < DAY:
        return False
    return ends is None or 0 < ends.micros - now.micros < how.days * DAY // 2


def address_of(how: Renewal, api: str, secret: Secret) -> str:
    """Return where another token is asked for; the address holds the token, and is for the token service alone."""
    return with_parameter(f"{api}{how.path}", grant_type=how.grant, access_token=secret.token)


def find_remark(secret: Secret) -> str | None:
    """Return in words that the platform gave no other token when it was last asked, and how long this one serves."""
    if not secret.refused:
        return None
    ends = f"It ends on {secret.expires[:10]}." if secret.expires else "When it ends is not known."
    return f"The token was not renewed on {secret.asked[:10]}: {secret.refused} {ends}"
