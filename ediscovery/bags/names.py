"""Names of the files that every bag has, and what a name in a manifest looks like (RFC 8493)."""

from __future__ import annotations

import re

PAYLOAD = "data/"
DECLARATION = "bagit.txt"
INFO = "bag-info.txt"
ALGORITHMS = ("sha256", "sha512")
LAST = "tagmanifest-sha256.txt"
"""Written last: without it, what lies in the folder is a draft."""

SAFE = re.compile(
    r"(?:[A-Za-z0-9][A-Za-z0-9_-]*(?:\.[A-Za-z0-9]+)?/)*[A-Za-z0-9][A-Za-z0-9_-]*\.[A-Za-z0-9]+", re.ASCII
)
"""What a name in a manifest looks like: it leads nowhere else, on any system."""


def manifest(algorithm: str) -> str:
    """Return the name of the payload manifest with these digests."""
    return f"manifest-{algorithm}.txt"


def tag_manifest(algorithm: str) -> str:
    """Return the name of the tag manifest with these digests."""
    return f"tagmanifest-{algorithm}.txt"
