"""What changed between two texts, word by word: a pure rule with bounded work."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

TOKEN = re.compile(r"\n|[^\S\n]+|\w+|[^\w\s]")
MOST_PAIRS = 4_000_000
"""Above this product of two lengths in words, the differing middle is shown as replaced: comparing is quadratic."""
CONTEXT = 240

Sign: TypeAlias = Literal["same", "removed", "inserted", "elided"]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of text: in both, only in the old, only in the new, or in both and left out here."""

    sign: Sign
    text: str


def changes(old: str, new: str) -> tuple[Stretch, ...]:
    """Return the stretches that turn ``old`` into ``new``.

    Without the inserted ones they join to ``old``, without the removed ones to ``new``.
    """
    before, after = TOKEN.findall(old), TOKEN.findall(new)
    head = _common(before, after)
    tail = _common(before[head:][::-1], after[head:][::-1])
    middle_before, middle_after = before[head : len(before) - tail], after[head : len(after) - tail]
    stretches = [Stretch("same", "".join(before[:head]))]
    if len(middle_before) * len(middle_after) > MOST_PAIRS:
        stretches += _replaced(middle_before, middle_after)
    else:
        stretches += _compared(middle_before, middle_after)
    stretches.append(Stretch("same", "".join(before[len(before) - tail :])))
    return tuple(stretch for stretch in stretches if stretch.text)


def elide(stretches: Sequence[Stretch]) -> tuple[Stretch, ...]:
    """Return the stretches with long unchanged text left out: what is elided has the sign ``elided``."""
    shown: list[Stretch] = []
    for place, stretch in enumerate(stretches):
        if stretch.sign != "same" or len(stretch.text) <= 3 * CONTEXT:
            shown.append(stretch)
            continue
        start = CONTEXT if place > 0 else 0
        end = len(stretch.text) - (CONTEXT if place < len(stretches) - 1 else 0)
        pieces: tuple[tuple[Sign, int, int], ...] = (
            ("same", 0, start),
            ("elided", start, end),
            ("same", end, len(stretch.text)),
        )
        shown += [Stretch(sign, stretch.text[a:b]) for sign, a, b in pieces if a < b]
    return tuple(shown)


def _common(before: Sequence[str], after: Sequence[str]) -> int:
    length = 0
    for one, other in zip(before, after, strict=False):
        if one != other:
            break
        length += 1
    return length


def _replaced(before: Sequence[str], after: Sequence[str]) -> list[Stretch]:
    return [Stretch("removed", "".join(before)), Stretch("inserted", "".join(after))]


def _compared(before: Sequence[str], after: Sequence[str]) -> Iterator[Stretch]:
    """Compare word by word; words that change side by side are one change, whatever space is between them."""
    removed: list[str] = []
    inserted: list[str] = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        same = "".join(before[i1:i2]) if tag == "equal" else ""
        if same.strip() or (same and not removed and not inserted):
            yield from _replaced(removed, inserted)
            removed, inserted = [], []
            yield Stretch("same", same)
        else:
            removed += before[i1:i2]
            inserted += after[j1:j2]
    yield from _replaced(removed, inserted)
