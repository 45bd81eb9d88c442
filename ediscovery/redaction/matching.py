"""Where in texts something stands that is to be redacted. Pure.

Words are found whole, in upper and lower case, with any spaces between them, composed or decomposed (NFC, NFD). What is
misspelled, or spelled with characters that only look alike, is not found.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple
from unicodedata import normalize

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# A number of North America, or one that begins with a plus sign. In addresses and ids a run of digits is none.
PHONE = re.compile(
    r"(?<![\w.+-])(?:(?:\+?1[ .\u00a0-]?)?(?:\(\d{3}\)[ \u00a0]?|\d{3}[ .\u00a0-])\d{3}[ .\u00a0-]\d{4}"
    r"|\+\d{1,3}(?:[ .()\u00a0-]{0,2}\d{2,4}){2,5})(?!\w)",
    re.ASCII,
)
PHONE_IN_WORDS = re.compile(rf"{PHONE.pattern}|(?<![\w.+-])1?\d{{10}}(?![\w-])", re.ASCII)
EMAIL = re.compile(r"[\w.+'%-]+(?:@|\(at\)|\[at\])[\w-]+(?:\.[\w-]+)+", re.IGNORECASE)
LONGEST_TOKEN = re.compile(r"[^\W_]+")


class Span(NamedTuple):
    """Characters of a text, and the number of the pattern that found them."""

    start: int
    end: int
    by: int


@dataclass(frozen=True, slots=True)
class Pattern:
    """Something to be looked for; ``token`` is in every text in which it can be found, folded in case."""

    regex: re.Pattern[str]
    in_words: re.Pattern[str]
    token: str = ""
    whole: bool = False
    """Whether only a whole text counts, as of an id."""


PHONES = Pattern(PHONE, PHONE_IN_WORDS)
EMAILS = Pattern(EMAIL, EMAIL)


def words(value: str, *, whole: bool = False) -> Pattern:
    """Return the pattern of some words."""
    spellings = dict.fromkeys(normalize(form, value) for form in ("NFC", "NFD"))
    regex = re.compile("|".join(_spelled(one) for one in spellings), re.IGNORECASE)
    ascii_tokens = [token for token in LONGEST_TOKEN.findall(normalize("NFC", value)) if token.isascii()]
    return Pattern(regex, regex, max(ascii_tokens, key=len, default="").lower(), whole)


def spans(text: str, patterns: Iterable[tuple[int, Pattern]], *, words: bool) -> list[Span]:
    """Return what patterns find in a text, in order and apart from each other; ``words`` are what people read."""
    folded = text.lower()
    found = []
    for number, pattern in patterns:
        if pattern.token in folded:
            regex = pattern.in_words if words else pattern.regex
            matches = filter(None, [regex.fullmatch(text)]) if pattern.whole else regex.finditer(text)
            found += [Span(match.start(), match.end(), number) for match in matches]
    merged: list[Span] = []
    for span in sorted(found):
        if merged and span.start < merged[-1].end:
            merged[-1] = merged[-1]._replace(end=max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return merged


def texts_in(value: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON
    """Yield every text in a JSON value, names of members too."""
    waiting = [value]
    while waiting:
        match waiting.pop():
            case str() as text:
                yield text
            case list() as items:
                waiting += items
            case dict() as members:
                waiting += [*members.keys(), *members.values()]
            case int() | float() as number:
                yield str(number)
            case _:
                pass


def _spelled(value: str) -> str:
    parts = value.split()
    before, after = r"(?<!\w)" if _bounded(parts[0][0]) else "", r"(?!\w)" if _bounded(parts[-1][-1]) else ""
    return before + r"\s+".join(map(re.escape, parts)) + after


def _bounded(character: str) -> bool:
    """Return whether words of its script are parted by what is no letter: those that have cases, and digits."""
    return character.lower() != character.upper() or character.isdigit()
