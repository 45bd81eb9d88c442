r"""Words as regular expressions (RE2): what finds folded words in text that is not folded, only in NFC.

So no second copy of the text is needed, and what a word is stays said once, in ``ediscovery.folding``. RE2 reads any
pattern in linear time and has no look-around. Nothing that a person typed is copied into a pattern: every character is
spelled ``\x{…}``.

A pattern over all of Unicode is large, and RE2 leaves its fast automaton beyond some words of it; over text known to be
ASCII the same pattern is small. So each pattern is made for an alphabet.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from ediscovery.folding import SIGNS, Character, part_of, spans_of, variants

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ediscovery.folding import Spans

LAST_ASCII = 0x7F
LAST_UNICODE = 0x10FFFF
FIELD_END = "\x1f"  # between the fields of a record ("unit separator"): no phrase crosses it
EDGE_WEIGHT = 400  # what stands between two words, in spans of characters


@dataclass(frozen=True, slots=True)
class Alphabet:
    """The code points up to ``last`` and, for these, what stands around words.

    ``beside`` may stand next to a word of letters, ``outside`` before a sign, ``apart`` between two words;
    ``marks`` is any number of marks and ``gap`` any number of separators and marks.
    """

    last: int
    beside: str
    outside: str
    apart: str
    marks: str
    gap: str


@cache
def alphabet(last: int) -> Alphabet:
    """Return the alphabet of the code points up to ``last``."""
    separators = tuple(_without(spans_of(Character.SEPARATOR), ord(FIELD_END)))
    marks = spans_of(Character.MARK)
    return Alphabet(
        last=last,
        beside=_any_of(spans_of(Character.SEPARATOR, Character.SYMBOL, Character.ALONE), last),
        outside=_any_of(spans_of(Character.SEPARATOR, Character.SYMBOL), last),
        apart=_any_of(separators, last),
        marks=_any_of(marks, last, times="*"),
        gap=_any_of((*separators, *marks), last, times="*"),
    )


def _without(spans: Spans, code: int) -> Iterable[tuple[int, int]]:
    for first, last in spans:
        if first <= code <= last:
            yield from (span for span in ((first, code - 1), (code + 1, last)) if span[0] <= span[1])
        else:
            yield first, last


def _any_of(spans: Iterable[tuple[int, int]], last: int, *, times: str = "") -> str:
    """Return the class of the spans within the alphabet, or nothing where it has none of them."""
    inside = ((first, min(end, last)) for first, end in spans if first <= last)
    members = "".join(
        rf"\x{{{first:x}}}" if first == end else rf"\x{{{first:x}}}-\x{{{end:x}}}" for first, end in inside
    )
    return f"[{members}]{times}" if members else ""


@cache
def _same(folded: str) -> Spans:
    spans: list[tuple[int, int]] = []
    for code in sorted(map(ord, (folded, *variants().get(folded, ())))):
        if spans and spans[-1][1] == code - 1:
            spans[-1] = (spans[-1][0], code)
        else:
            spans.append((code, code))
    return tuple(spans)


@cache
def _letter(folded: str, last: int) -> str:
    return _any_of(_same(folded), last)


def weight(words: Sequence[str]) -> int:
    """Return how large the pattern of some words is over all of Unicode, in spans of characters."""
    return sum(EDGE_WEIGHT + sum(len(_same(letter)) for letter in word) for word in words)


@dataclass(frozen=True, slots=True)
class Pattern:
    """What finds some words: ``body`` between the edges that must stand around it."""

    start: str
    body: str
    end: str


def sequence(words: Sequence[str], *, last: int, prefix: bool = False) -> Pattern | None:
    """Return the pattern of folded words one after the other; with ``prefix`` the last may go on.

    ``None`` when the alphabet of the code points up to ``last`` cannot spell them.
    """
    letters = alphabet(last)
    parts: list[str] = []
    before: Character | None = None
    for word in words:
        sign = word[0] if word[0] in SIGNS else ""
        spelled = [_letter(letter, last) for letter in word.removeprefix(sign)]
        if not all(spelled):
            return None
        part = part_of(word[len(sign)])
        parts.append(_edge(letters, before, part, signed=bool(sign)))
        if sign:
            parts.append(_any_of(((ord(c), ord(c)) for c, s in SIGNS.items() if s == sign), last) + letters.marks)
        parts += [f"{letter}{letters.marks}" for letter in spelled]
        before = part
    end = f"(?:$|{letters.beside})" if before is Character.LETTER and not prefix else ""
    return Pattern(parts[0], "".join(parts[1:]), end)


def _edge(letters: Alphabet, before: Character | None, part: Character, *, signed: bool) -> str:
    """Return what stands before a word: after another, or first (``before`` is ``None``)."""
    if before is None:
        start = letters.outside if signed else letters.beside
        return f"(?:^|{start}){letters.marks}" if signed or part is Character.LETTER else ""
    touching = before is Character.SYMBOL if signed else not before is part is Character.LETTER
    return letters.gap if touching else letters.apart + letters.gap


def any_of(patterns: Iterable[Pattern]) -> str:
    """Return one regular expression that finds what at least one of the patterns finds."""
    bodies: dict[tuple[str, str], list[str]] = {}
    for pattern in patterns:
        bodies.setdefault((pattern.start, pattern.end), []).append(pattern.body)
    return "|".join(f"{start}(?:{'|'.join(group)}){end}" for (start, end), group in bodies.items())
