"""What stamps on a checkpoint cover, when they must be renewed, and what a chain of renewals proves: rules alone.

A stamp is worth something while its certificates are valid. Before they end, a new stamp is put over the checkpoint
and the last stamp together, which proves that the old one was there while it could still be believed (the idea of
RFC 4998, 5.2, without its trees).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from manifests.timestamps import stamp as one_stamp
from schemas.digest import Digest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cryptography.x509 import Certificate

    from manifests.timestamps.stamp import Stamp
    from schemas.instant import Instant

Name = TypeVar("Name")

RENEWAL = b"holdfast-timestamp-renewal/v1\0"
"""No checkpoint begins with it: a note holds no zero byte."""

SECONDS_A_DAY = 86_400


def covered(text: str, earlier: Sequence[bytes] = ()) -> Digest:
    """Return the digest to be stamped: of a checkpoint's text, or, after ``earlier`` stamps, of it and the last one."""
    of_text = Digest.of(text.encode())
    if not earlier:
        return of_text
    return Digest.of(RENEWAL + of_text.raw + Digest.of(earlier[-1]).raw)


def verify(
    text: str, stamps: Sequence[bytes], *, roots: Sequence[Certificate], at: Instant, nonce: int | None = None
) -> tuple[Stamp, ...]:
    """Return what the stamps on a checkpoint's text prove, oldest first; each but the first renews the one before.

    The newest is relied upon at the instant ``at``, each earlier one at the time of its renewal. The first one's ``at``
    is what all of them prove of the text. ``nonce`` is that of the newest one's request, when it just came.

    Raises:
        ArchiveError: one of them fails, as ``stamp.verify`` says.
    """
    proved: list[Stamp] = []
    for number, stamp in reversed(list(enumerate(stamps))):
        of_the_request = None if proved else nonce
        proved.append(one_stamp.verify(stamp, covered(text, stamps[:number]), roots=roots, at=at, nonce=of_the_request))
        at = proved[-1].at
    return tuple(reversed(proved))


def ending(newest: Mapping[Name, Stamp], *, at: Instant, days: int) -> tuple[Name, ...]:
    """Return which of the ``newest`` stamps must be renewed now, those that end first first.

    These are the ones that can be verified at ``at`` and for less than ``days`` more.
    """
    limit = at.plus(seconds=days * SECONDS_A_DAY)
    return _by_end({name: stamp for name, stamp in newest.items() if at <= stamp.valid_until < limit})


def ended(newest: Mapping[Name, Stamp], *, at: Instant) -> tuple[Name, ...]:
    """Return which of the ``newest`` stamps can no longer be verified at ``at``: it is too late to renew them."""
    return _by_end({name: stamp for name, stamp in newest.items() if stamp.valid_until < at})


def _by_end(stamps: Mapping[Name, Stamp]) -> tuple[Name, ...]:
    return tuple(sorted(stamps, key=lambda name: stamps[name].valid_until))
