"""The platforms that are known here, by name: those that come with Holdfast, and those that others have installed."""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points

from archiver.platforms import (
    activitypub,
    blogger,
    bluesky,
    facebook,
    flickr,
    instagram,
    linkedin,
    mastodon,
    mediawiki,
    nextdoor,
    pinterest,
    reddit,
    smugmug,
    threads,
    tiktok,
    vimeo,
    wordpress,
    x,
    youtube,
)
from archiver.platforms.platform import Platform
from schemas.errors import InputError

GROUP = "holdfast.platforms"
"""The entry points by which an installed package adds a platform: each names a ``Platform``."""

BUILT_IN = (
    activitypub.PLATFORM,
    blogger.PLATFORM,
    bluesky.PLATFORM,
    facebook.PLATFORM,
    flickr.PLATFORM,
    instagram.PLATFORM,
    linkedin.PLATFORM,
    mastodon.PLATFORM,
    mediawiki.PLATFORM,
    nextdoor.PLATFORM,
    pinterest.PLATFORM,
    reddit.PLATFORM,
    smugmug.PLATFORM,
    threads.PLATFORM,
    tiktok.PLATFORM,
    vimeo.PLATFORM,
    wordpress.PLATFORM,
    x.PLATFORM,
    youtube.PLATFORM,
)


class PlatformUnusableError(InputError):
    """An installed package adds a platform that cannot be used."""

    code = "PLATFORM_UNUSABLE"


def find_platform(name: str) -> Platform | None:
    """Return the platform of that name, or ``None`` when it is not one whose JSON is read here."""
    return platforms().get(name)


@cache
def platforms() -> dict[str, Platform]:
    """Return every platform whose JSON is read, by name, in the order of their names.

    Raises:
        PlatformUnusableError: an installed package names something else, or a platform that is there already.
    """
    found = {platform.name: platform for platform in BUILT_IN}
    for point in entry_points(group=GROUP):
        try:
            platform = point.load()
        except (ImportError, AttributeError) as error:
            raise _unusable(point.name, f"cannot be loaded: {error}") from error
        if not isinstance(platform, Platform):
            raise _unusable(point.name, "is none")
        if platform.name in found:
            raise _unusable(point.name, f"is called {platform.name!r}, as another one is")
        found[platform.name] = platform
    return dict(sorted(found.items()))


def _unusable(name: str, why: str) -> PlatformUnusableError:
    return PlatformUnusableError(
        f"The platform that the entry point {name!r} adds {why}.",
        do="Correct or remove the package that adds it; nothing was read.",
    )
