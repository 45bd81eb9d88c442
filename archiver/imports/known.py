"""The formats of exports that are read, and which of them something is that was handed over. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archiver.imports import (
    blogger,
    bluesky_repository,
    bookmarks,
    facebook,
    google_plus,
    instagram,
    items,
    linkedin,
    mail,
    mastodon_archive,
    mediawiki,
    native,
    reddit,
    web_archives,
    wordpress,
    x_archive,
    youtube_takeout,
)
from archiver.platforms.known import find_platform, platforms
from schemas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archiver.imports.format import Format

FORMATS: tuple[Format, ...] = (
    blogger.FORMAT,
    bluesky_repository.FORMAT,
    bookmarks.FORMAT,
    facebook.FORMAT,
    google_plus.FORMAT,
    instagram.FORMAT,
    linkedin.FORMAT,
    mail.FORMAT,
    mastodon_archive.FORMAT,
    mediawiki.FORMAT,
    reddit.FORMAT,
    wordpress.FORMAT,
    x_archive.FORMAT,
    youtube_takeout.FORMAT,
    web_archives.FORMAT,
    items.FORMAT,
)


class ImportMismatchedError(InputError):
    """What was handed over is the export of another platform than the account's."""

    code = "IMPORT_MISMATCHED"


def importable() -> tuple[str, ...]:
    """Return the names of all platforms whose accounts something can be imported into, in order."""
    return tuple(sorted({*platforms(), *(name for one in FORMATS for name in one.platforms)}))


def format_of(paths: Sequence[str], platform: str) -> Format | None:
    """Return the format of files at ``paths`` that are to be imported into an account on ``platform``.

    It is the first one with a file that only it has, then the first with a file that it reads, then the platform's
    native JSON; ``None`` when there is none.

    Raises:
        ImportMismatchedError: they are the export of another platform.
    """
    fitting = [one for one in FORMATS if one.fits(platform)]
    for one in fitting:
        if any(one.mark.search(path) for path in paths):
            return one
    for one in FORMATS:
        if not one.fits(platform) and any(one.mark.search(path) for path in paths):
            raise ImportMismatchedError(
                f"This is {one.title}, and the account is on {platform}.",
                do=f"Import it into an account on: {', '.join(one.platforms)}.",
            )
    for one in fitting:
        if any(one.find_file(path) for path in paths):
            return one
    return native.format_of(platform) if find_platform(platform) else None
