"""Which hits are one post that was captured in several ways, and which differ though they have one address. Pure.

What the same post is, and which texts are equal, is what ``corroboration`` says (ADR 0027). Here something is hidden by
it, so more has to agree: nothing that differs, as far as it is compared, is ever taken for the same.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, TypeAlias

from ediscovery.corroboration import Saying, same_author
from schemas.record import Normalised, Provenance

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schemas.digest import Digest
    from schemas.record import AbsenceClass, Author, Kind, Method

Source: TypeAlias = "tuple[str, Method]"
"""An account, and the way in which it was read."""

COMPARED = ("text", "time of creation", "author", "what became of it")


@dataclass(frozen=True, slots=True)
class Reading:
    """What one hit says of a post, and from which source; ``words`` is a digest of its text or title.

    ``second`` is when it was created, ``gone`` what became of it in its source.
    """

    record: Digest
    source: Source
    kind: Kind
    words: bytes | None
    second: int | None
    author: Author | None
    gone: AbsenceClass | None

    @classmethod
    def of(cls, record: Digest, view: bytes, provenance: bytes, verdict: AbsenceClass | None) -> Reading:
        """Return what a record says."""
        seen, made = Normalised.from_bytes(view), Provenance.from_bytes(provenance)
        saying = Saying.of(record, seen, made, entry=0)
        return cls(
            record=record,
            source=(made.account, made.method),
            kind=seen.kind,
            words=hashlib.sha256(saying.words.encode()).digest() if saying.words else None,
            second=saying.second,
            author=saying.author,
            gone=None if verdict == "present" else verdict,
        )


def differences(one: Reading, other: Reading) -> tuple[str, ...]:
    """Return in what two readings of a post differ, of what is ``COMPARED``.

    The text must be there, and equal; times and authors may not contradict each other.
    """
    same = (
        one.words is not None and one.words == other.words,
        None in (one.second, other.second) or one.second == other.second,
        same_author(one.author, other.author) is not False,
        one.gone == other.gone,
    )
    return tuple(name for name, agrees in zip(COMPARED, same, strict=True) if not agrees)


@dataclass(frozen=True, slots=True)
class Differing:
    """Another reading at a post's address, and in what it differs."""

    reading: Reading
    parts: tuple[str, ...]


class Posts:
    """Hits that are one post, and hits at one address that differ; learned address by address."""

    def __init__(self) -> None:
        self._post: dict[Digest, tuple[Reading, ...]] = {}
        self._differing: dict[Digest, dict[Digest, Differing]] = {}

    def add(self, readings: Iterable[Reading]) -> None:
        """Take the readings at one address, in the order of hits.

        Where a source has two items of a kind there, the address names neither, and nothing is learned of that kind.
        """
        by_kind: dict[Kind, dict[Source, Reading | None]] = {}
        for one in readings:
            own = by_kind.setdefault(one.kind, {})
            own[one.source] = None if one.source in own else one
        for found in by_kind.values():
            single = [one for one in found.values() if one is not None]
            if len(single) == len(found):
                for one, other in combinations(single, 2):
                    self._compare(one, other)

    def _compare(self, one: Reading, other: Reading) -> None:
        mine, theirs = self.post_of(one), self.post_of(other)
        if mine is theirs:
            return
        pairs = [(here, there) for here in mine for there in theirs]
        parts = {part for here, there in pairs for part in differences(here, there)}
        if parts:
            told = tuple(part for part in COMPARED if part in parts)
            self._differing.setdefault(one.record, {})[other.record] = Differing(other, told)
            self._differing.setdefault(other.record, {})[one.record] = Differing(one, told)
        elif all(here.source != there.source for here, there in pairs):
            post = (*mine, *theirs)
            self._post |= dict.fromkeys((each.record for each in post), post)

    def post_of(self, reading: Reading) -> tuple[Reading, ...]:
        """Return all readings of a reading's post."""
        return self._post.get(reading.record, (reading,))

    def ways(self, record: Digest) -> tuple[Reading, ...]:
        """Return the readings of a record's post, its own among them; none where it is the only one."""
        return self._post.get(record, ())

    def differing(self, record: Digest) -> tuple[Differing, ...]:
        """Return what differs from a record, or from what is one post with it."""
        own = {one.record for one in self.ways(record)} | {record}
        found = {
            name: differing
            for one in sorted(own)
            for name, differing in self._differing.get(one, {}).items()
            if name not in own
        }
        return tuple(found.values())

    @property
    def hidden(self) -> int:
        """How many hits are one post with another one that is shown."""
        posts = {one[0].record for one in self._post.values()}
        return len(self._post) - len(posts)
