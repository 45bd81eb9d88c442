"""Which keys a store accepts: rule 6 of the object store's contract, as a rule over text."""

from __future__ import annotations

import re

from storage.objects import KeyMalformedError

LONGEST = 512
LONGEST_SEGMENT = 255  # what every file system in use can name
SEGMENT = re.compile(rf"(?!\.{{1,2}}\Z)[a-z0-9._-]{{1,{LONGEST_SEGMENT}}}", re.ASCII)


def is_segment(text: str) -> bool:
    """Return whether ``text`` may stand between two slashes of a key."""
    return SEGMENT.fullmatch(text) is not None


def is_key(text: str) -> bool:
    """Return whether ``text`` is a key."""
    return len(text) <= LONGEST and all(map(is_segment, text.split("/")))


def check(key: str) -> None:
    """Accept a key, or refuse it.

    Raises:
        KeyMalformedError: it is none.
    """
    if not is_key(key):
        raise KeyMalformedError(
            f"{key[:80]!r} cannot be the key of an object.",
            do=f"Use segments of a-z, 0-9, '.', '_' and '-' parted by '/', at most {LONGEST} characters in all.",
        )
