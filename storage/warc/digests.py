"""The digests of WARC records: spelled as we write them, compared in every spelling that others write."""

from __future__ import annotations

import base64
import hashlib
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

Verdict: TypeAlias = Literal["passed", "failed", "absent"]


@lru_cache(maxsize=64)
def spelled(digest: bytes) -> str:
    """Return a SHA-256 digest as a WARC header spells it: ``sha256:`` and base32 (ISO 28500:2017 section 5.8).

    The last ones are remembered: most requests have the same body, none.
    """
    return f"sha256:{base64.b32encode(digest).decode()}"


class Claim:
    """A digest that a record claims, and what is computed to compare with it."""

    def __init__(self, claim: str | None) -> None:
        algorithm, _, self._value = (claim or "").strip().partition(":")
        self._present = bool(claim)
        self._hasher: hashlib._Hash | None = None
        with suppress(ValueError):
            self._hasher = hashlib.new(algorithm.lower().replace("-", ""), usedforsecurity=False)

    def update(self, content: bytes) -> None:
        """Take in the next bytes."""
        if self._hasher is not None:
            self._hasher.update(content)

    @property
    def verdict(self) -> Verdict:
        """Whether the bytes taken in are those claimed; a claim in an unknown algorithm is not proved: ``failed``."""
        if not self._present:
            return "absent"
        if self._hasher is None:
            return "failed"
        digest = self._hasher.digest()
        spellings = {
            base64.b32encode(digest).decode().rstrip("="),
            digest.hex(),
            digest.hex().upper(),
            base64.b64encode(digest).decode().rstrip("="),
            base64.urlsafe_b64encode(digest).decode().rstrip("="),
        }
        return "passed" if self._value.rstrip("=") in spellings else "failed"


def together(verdicts: Iterable[Verdict]) -> Verdict:
    """Return ``failed`` if one failed, ``passed`` if at least one passed, else ``absent``."""
    seen = set(verdicts)
    return "failed" if "failed" in seen else "passed" if "passed" in seen else "absent"
