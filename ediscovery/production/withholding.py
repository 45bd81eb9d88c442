"""What must not show of records that are withheld: in others' conversations and versions, and in their natives."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from ediscovery.production.document import ThreadLine, WithheldItem
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
    whether versions were decided by themselves; ``rules`` say what is redacted in what is shown, and in the ``named``.
    """

    withheld: Sequence[tuple[Hit, WithheldItem]] = ()
    versions: bool = False
    rules: Sequence[Rule] = ()
    items: Mapping[Digest, tuple[str, str]] = field(default_factory=dict)
    named: Sequence[Hit] = ()

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
        hits = tuple(produced)
        starts = tuple(rule.record for rule in rules if rule.record)
        named = tuple(hit for hit in hits if hit.record.hex.startswith(starts))
        return cls(withheld, versions, rules, {hit.record: (hit.account, hit.item) for hit in hits}, named)

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
    produced = tuple(whole)
    for sealed in held_back:
        spelled = tuple(_spelled(sealed))
        for one in produced:
            if any(octets in one.record.native for octets in spelled):
                raise WithheldWithinError(
                    f"The native of record {one.id.hex[:12]} holds what record {sealed.id.hex[:12]} says, which is "
                    "withheld or redacted: platforms serve some items with others in them, and some quote others.",
                    do="Withhold or redact that record, too, or produce both as they are.",
                )


def _spelled(sealed: Sealed) -> Iterator[bytes]:
    """Yield how what a record says may stand in another's native bytes."""
    yield sealed.record.native
    text = (sealed.view.text or "").strip()
    if len(text) >= SHORTEST_TEXT:
        yield text.encode()
        for is_ascii in (True, False):
            yield json.dumps(text, ensure_ascii=is_ascii)[1:-1].encode()
