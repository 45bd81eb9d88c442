"""What a word is, and which letters count as the same: one definition for queries and for records.

Text is brought to NFC and read character by character; every character plays one part (``Character``):

* ``MARK``: accents, Hebrew and Arabic points, joiners, direction marks, soft hyphens, skin tones. They are as if not
  there.
* ``ALONE``: scripts written without spaces (Chinese, Japanese, Thai, Lao, Khmer, Burmese, Yi). Each character is a word
  by itself, so that what people call a word is a phrase there, findable inside any run.
* ``SYMBOL``: emoji and other pictographs. Each is a word by itself.
* ``LETTER``: all other letters, marks (Indic vowel signs among them) and digits. A run of them is a word.
* ``SEPARATOR``: everything else, ``_`` and NUL included.

A ``#`` or ``@`` before a word and not after one is its sign: the word is found without the sign, and with it only where
the sign stands. ``@`` may stand right after a character that is a word by itself, as platforms read it there. Letters
are the same when they differ in case, accents or width (``A``, ``a``, ``á``, U+FF21).
One letter never becomes two: ``ß`` is not ``ss``. Nothing here knows about SQL or regular expressions.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from enum import Enum, auto
from functools import cache
from itertools import accumulate, groupby
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

Spans: TypeAlias = "tuple[tuple[int, int], ...]"  # of code points, first and last


class Character(Enum):
    """The part that a character plays in a word."""

    MARK = auto()
    ALONE = auto()
    SYMBOL = auto()
    LETTER = auto()
    SEPARATOR = auto()


MARKS: Spans = (
    *((0xAD, 0xAD), (0x300, 0x36F), (0x483, 0x489), (0x591, 0x5BD), (0x5BF, 0x5BF), (0x5C1, 0x5C2), (0x5C4, 0x5C5)),
    *((0x5C7, 0x5C7), (0x610, 0x61A), (0x61C, 0x61C), (0x640, 0x640), (0x64B, 0x65F), (0x670, 0x670), (0x6D6, 0x6DC)),
    *((0x6DF, 0x6E4), (0x6E7, 0x6E8), (0x6EA, 0x6ED), (0x180B, 0x180F), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF)),
    *((0x200C, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x20D0, 0x20FF), (0xFE00, 0xFE0F), (0xFE20, 0xFE2F)),
    *((0xFEFF, 0xFEFF), (0x1F3FB, 0x1F3FF)),
)
ALONE: Spans = (
    *((0xE01, 0xE3A), (0xE40, 0xE4E), (0xE81, 0xECE), (0x1000, 0x1049), (0x1050, 0x109D), (0x1780, 0x17D3)),
    *((0x3005, 0x3007), (0x3021, 0x302F), (0x3031, 0x3035), (0x3038, 0x303C), (0x3041, 0x3096), (0x3099, 0x309A)),
    *((0x309D, 0x309F), (0x30A1, 0x30FA), (0x30FC, 0x30FF), (0x3105, 0x312F), (0x31A0, 0x31BF), (0x31F0, 0x31FF)),
    *((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xA000, 0xA48C), (0xF900, 0xFAFF), (0xFF66, 0xFF9F), (0x1B000, 0x1B16F)),
)
# Emoji by block: one that is new in Unicode must not wait for a new version of Python's tables.
SYMBOLS: Spans = ((0x1F1E6, 0x1F1FF), (0x1F300, 0x1F3FA), (0x1F400, 0x1F64F), (0x1F680, 0x1F6FF), (0x1F900, 0x1FAFF))
NAMED: Mapping[Character, Spans] = {Character.SYMBOL: SYMBOLS, Character.ALONE: ALONE, Character.MARK: MARKS}
SIGNS: Mapping[str, str] = {"#": "#", "\uff03": "#", "@": "@", "\uff20": "@"}
NEVER_FOLDED = frozenset(map(chr, (*range(0x1100, 0x1200), 0x3099, 0x309A)))  # they would join their neighbour in NFC
START, END = "\x1f", "\x1e"  # around a character that is a word by itself, until words are parted
# A sign stands after no word (for ``@`` a character that is one by itself does not count) and right before one.
NO_SIGN = re.compile(f"(?<=[^ #@{START}])#|(?<=[^ #@{START}{END}])@|[#@](?=[ #@]|$)")
UNASSIGNED = "Cn"
Wildcards: TypeAlias = Literal["", "*", "*?"]
# From the first of these on nothing folds, and there are only these runs.
STARTS_ABOVE = (0x20000, 0x3FFFE, 0xE0000, 0xE1000)
PARTS_ABOVE = (Character.ALONE, Character.SEPARATOR, Character.MARK, Character.SEPARATOR)


@cache
def _unassigned() -> list[int]:
    """Return where each run of code points that are not assigned begins."""
    categories = map(unicodedata.category, map(chr, range(STARTS_ABOVE[0])))
    runs = [(category, sum(1 for _ in run)) for category, run in groupby(categories)]
    starts = accumulate((length for _, length in runs), initial=0)
    return [start for start, (category, _) in zip(starts, runs, strict=False) if category == UNASSIGNED]


def _before_unassigned(code: int) -> str:
    """Return the last character that is assigned before one that is not: that one is taken to be as it is."""
    starts = _unassigned()
    return chr(starts[bisect_right(starts, code) - 1] - 1)


@cache
def part_of(character: str) -> Character:
    """Return the part that a single character plays."""
    code = ord(character)
    if code >= STARTS_ABOVE[0]:
        return PARTS_ABOVE[bisect_right(STARTS_ABOVE, code) - 1]
    for part, spans in NAMED.items():
        if any(first <= code <= last for first, last in spans):
            return part
    category = unicodedata.category(character)
    if category == UNASSIGNED:
        category = unicodedata.category(_before_unassigned(code))
    if category[0] in "LMN":
        return Character.LETTER
    return Character.SYMBOL if category == "So" else Character.SEPARATOR


@cache
def fold(character: str) -> str:
    """Return the character that stands for all that count as the same; a mark is returned as an empty text."""
    part = part_of(character)
    if part is Character.MARK:
        return ""
    if part in (Character.SYMBOL, Character.SEPARATOR):
        return character
    bare = "".join(fold(c) if c != character else c for c in unicodedata.normalize("NFKD", character))
    for form in (bare.casefold(), character.casefold(), character.lower()):
        if len(form) == 1 and part_of(form) is part and form not in NEVER_FOLDED:
            return form
    return character


class _Table(dict[int, str]):
    """What each character becomes before words are parted: a translation table that fills as it is used.

    Words are parted by spaces. ``wildcards`` are kept as if they were letters.
    """

    def __init__(self, wildcards: str) -> None:
        super().__init__({ord(one): one for one in wildcards})

    def __missing__(self, code: int) -> str:
        character = chr(code)
        match part_of(character):
            case Character.MARK:
                became = ""
            case Character.LETTER:
                became = fold(character)
            case Character.ALONE:
                became = f"{START}{fold(character)}{END}"
            case Character.SYMBOL:
                became = f" {character} "
            case Character.SEPARATOR:
                became = SIGNS.get(character, " ")
        self[code] = became
        return became


TABLES = {wildcards: _Table(wildcards) for wildcards in ("", "*", "*?")}


def spaced(text: str, wildcards: Wildcards = "") -> str:
    """Return the words of a text, folded and in order, each with its sign if it has one, with one space between them.

    It is stable: the words of a word are that word. ``wildcards`` are taken for letters.
    """
    composed = text if text.isascii() else unicodedata.normalize("NFC", text)
    # START and END are white space to Python, too, and nothing else is left that is.
    return " ".join(signed(composed.translate(TABLES[wildcards])).split())


def signed(folded: str) -> str:
    """Return folded text of the same length in which every sign is one, and stands right before its word."""
    if "#" in folded or "@" in folded:
        return NO_SIGN.sub(" ", folded).replace(f"#{START}", " #").replace(f"@{START}", " @")
    return folded


def words(text: str, wildcards: Wildcards = "") -> tuple[str, ...]:
    """Return the words of a text as ``spaced`` spells them."""
    return tuple(found.split(" ")) if (found := spaced(text, wildcards)) else ()
