"""Where the words of a text stand in it, as its author wrote it: folding changes lengths, and this undoes it. Pure.

Offsets count Unicode code points. A word reaches over the marks that follow its letters: accents, skin tones, joiners.
What Unicode composes into one letter stays together.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ediscovery.folding import END, START, TABLES, signed

if TYPE_CHECKING:
    from collections.abc import Iterator

WORD = re.compile(f"[^ {START}{END}]+")
LOWEST_COMPOSED = "\u0300"
"""No character before it is ever composed with what stands before that."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A word as ``folding.words`` spells it, from ``start`` up to, and without, ``end``.

    Its sign, where it has one, stands between ``start`` and ``bare``.
    """

    word: str
    start: int
    bare: int
    end: int


def standing(text: str) -> Iterator[Standing]:
    """Yield the words of a text, in their order, each with its place."""
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    owners: list[int] = []  # which character a folded one comes from
    table = TABLES[""]
    for character, start, end in composed(text):
        piece = table[ord(character)]
        if piece:
            pieces.append(piece)
            owners += [len(starts)] * len(piece)
            starts.append(start)
            ends.append(end)
        elif ends:
            ends[-1] = end
    folded = "".join(pieces)
    for found in WORD.finditer(signed(folded)):
        at, word = found.start(), found[0]
        first = bare = owners[at]
        if word[0] in "#@":
            bare = owners[at + 1]
            if folded[at] == START:  # the sign of a character that is a word by itself was moved next to it
                first = owners[at - 1]
        yield Standing(word, starts[first], starts[bare], ends[owners[found.end() - 1]])


def composed(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield the characters of a text's NFC, each with the stretch of the text that it stands for."""
    if text.isascii() or unicodedata.is_normalized("NFC", text):
        yield from ((character, at, at + 1) for at, character in enumerate(text))
        return
    start = 0
    for end in _ends(text):
        stretch = text[start:end]
        whole = unicodedata.normalize("NFC", stretch)
        if whole == stretch:
            yield from ((character, start + at, start + at + 1) for at, character in enumerate(stretch))
        else:
            yield from ((character, start, end) for character in whole)
        start = end


def _ends(text: str) -> Iterator[int]:
    """Yield where the stretches of a text end that nothing is composed across."""
    start = 0
    for at in range(1, len(text)):
        if text[at] < LOWEST_COMPOSED or (_opens(text[at]) and _apart(text[start:at], text[at])):
            yield at
            start = at
    yield len(text)


def _opens(character: str) -> bool:
    return unicodedata.combining(unicodedata.normalize("NFD", character)[0]) == 0


def _apart(before: str, character: str) -> bool:
    one, other = (unicodedata.normalize("NFC", part) for part in (before, character))
    return unicodedata.normalize("NFC", before + character) == one + other
