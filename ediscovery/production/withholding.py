"""What must not show of records that are withheld: in others' conversations and versions, and in their natives."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from ediscovery.production.document import ThreadLine, WithheldItem
from ediscovery.redaction.reading import readings
from schemas.errors import PolicyError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ediscovery.evidence import Sealed
    from ediscovery.redaction.rules import Rule
    from ediscovery.search import Hit
    from ediscovery.threads import Turn
    from schemas.digest import Digest

SHORTEST_TEXT = 20
"""Characters of a text from which on it is looked for in what is produced: shorter ones occur by chance."""


class WithheldWithinError(PolicyError):
    """What is to be produced holds what is to be withheld."""

    code = "WITHHELD_WITHIN"


@dataclass(frozen=True)
class Review:
    """What people decided: hits that are withheld, with their pages; all others were decided to be produced.

    ``items`` are the records that are produced, in whatever volume, each with its account and item. ``versions`` tells
    whether versions were decided by themselves; ``rules`` say what is redacted in what is shown.
    """

    withheld: Sequence[tuple[Hit, WithheldItem]] = ()
    versions: bool = False
    rules: Sequence[Rule] = ()
    items: Mapping[Digest, tuple[str, str]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        produced: Iterable[Hit],
        withheld: Sequence[tuple[Hit, WithheldItem]],
        *,
        versions: bool,
        rules: Sequence[Rule] = (),
    ) -> Review:
        """Return a review of which these hits are produced, and those withheld."""
        return cls(withheld, versions, rules, {hit.record: (hit.account, hit.item) for hit in produced})

    @cached_property
    def _shown(self) -> frozenset[tuple[str, str]]:
        return frozenset(self.items.values())

    def shows(self, sealed: Sealed) -> bool:
        """Return whether a record is produced, or another version of an item that is."""
        if self.versions:
            return sealed.id in self.items
        return (sealed.provenance.account, sealed.view.item) in self._shown


def hidden(turn: Turn) -> ThreadLine:
    """Return the line of a conversation in which something is that is not produced."""
    return ThreadLine(author="not produced", text="[not part of this production]", depth=turn.depth)


def refuse_within(whole: Iterable[Sealed], held_back: Iterable[Sealed]) -> None:
    """Refuse to produce ``whole`` what holds something withheld or redacted: a post with its comments, a quoted text.

    Raises:
        WithheldWithinError: a native holds the native, or the words, of a record that is not handed over whole.
    """
    held = [(sealed, tuple(_natives(sealed)), tuple(_words(sealed))) for sealed in held_back]
    for one in whole if held else ():
        said = [_squeezed(text) for text in readings(one.record.native)]
        for sealed, natives, words in held:
            if any(octets in one.record.native for octets in natives) or any(
                text in reading for text in words for reading in said
            ):
                raise WithheldWithinError(
                    f"The native of record {one.id.hex[:12]} holds what record {sealed.id.hex[:12]} says, which is "
                    "withheld or redacted: platforms serve some items with others in them, and some quote others.",
                    do="Withhold or redact that record, too, or produce both as they are.",
                )


def _natives(sealed: Sealed) -> Iterator[bytes]:
    """Yield a record's native bytes, unless they are so few, or so common, that they say nothing."""
    if len(sealed.record.native) >= SHORTEST_TEXT and sealed.view.kind != "absence":
        yield sealed.record.native


def _words(sealed: Sealed) -> Iterator[str]:
    """Yield the text of a record, if it is so long that it cannot stand elsewhere by chance, as titles do."""
    if len(squeezed := _squeezed(sealed.view.text or "")) >= SHORTEST_TEXT:
        yield squeezed


def _squeezed(text: str) -> str:
    return " ".join(text.split()).casefold()
