"""Where in texts something stands that is to be redacted. Pure.

Words are found whole, in upper and lower case, composed or decomposed (NFC, NFD), whatever up to three signs or spaces
part them (``Anna-Bell``, ``#AnnaBell``, ``anna%20bell``), with any apostrophes and dashes, and with characters between
letters that nobody sees. What is misspelled, or spelled with letters that only look alike, is not found.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple
from unicodedata import normalize
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable

UNSEEN = "\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff"
UNSEEN_ONES = re.compile(f"[{UNSEEN}]")
BETWEEN = rf"(?:%20|[\W_]){{0,3}}[{UNSEEN}]*"
ALIKE = ("'\u2018\u2019\u201b\u02bc\u00b4`", "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212")
"""Signs that people type for each other."""
DASHES = "\u00a0\u2010-\u2015-"
APART = rf"[ ./{DASHES}]"
# A number of North America, or one that begins with a plus sign. In addresses and ids a run of digits is none.
PHONE = re.compile(
    rf"(?<![\w+])(?:(?:\+?1{APART}{{0,3}})?(?:\(\d{{3}}\){APART}{{0,3}}|\d{{3}}{APART}{{1,3}})\d{{3}}{APART}{{0,3}}\d{{4}}"
    rf"|\+(?=(?:[()./ {DASHES}]{{0,3}}\d){{8}})\d{{1,3}}(?:[()./ {DASHES}]{{0,3}}\d{{1,4}}){{2,6}})"
    r"(?:\s?(?:x|ext\.?)\s?\d{1,6})?(?!\w)|tel:[+\d().-]{7,20}",
    re.ASCII | re.IGNORECASE,
)
PHONE_IN_WORDS = re.compile(rf"{PHONE.pattern}|(?<![\w.+-])1?\d{{10}}(?![\w-])", re.ASCII | re.IGNORECASE)
EMAIL = re.compile(r"(?<![\w.+'%-])[\w.+'%-]{1,64}(?:@|\(at\)|\[at\])[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}", re.IGNORECASE)
LONGEST_TOKEN = re.compile(r"[^\W_]+")


class Span(NamedTuple):
    """Characters of a text, and the number of the pattern that found them first."""

    start: int
    end: int
    by: int


@dataclass(frozen=True, slots=True)
class Pattern:
    """Something to be looked for; ``token`` is in every text in which it can be found, folded in case.

    ``whole`` tells that only a whole text counts, as of an id.
    """

    regex: re.Pattern[str]
    in_words: re.Pattern[str]
    token: str = ""
    whole: bool = False


PHONES = Pattern(PHONE, PHONE_IN_WORDS)
EMAILS = Pattern(EMAIL, EMAIL)


def words(value: str, *, whole: bool = False) -> Pattern:
    """Return the pattern of some words, of which one has a letter or digit at least."""
    spellings = dict.fromkeys(normalize(form, value) for form in ("NFC", "NFD"))
    several = [_spelled(one) for one in spellings]
    if not value.isascii():
        several.append(re.escape(quote(normalize("NFC", value))))
    regex = re.compile("|".join(several), re.IGNORECASE)
    tokens = [token for token in LONGEST_TOKEN.findall(normalize("NFC", value)) if value.isascii() and token.isascii()]
    return Pattern(regex, regex, max(tokens, key=len, default="").lower(), whole)


def spans(text: str, patterns: Iterable[tuple[int, Pattern]], *, words: bool) -> tuple[list[Span], set[int]]:
    """Return what patterns find in a text, in order and apart from each other, and which of them found something.

    ``words`` are what people read.
    """
    folded = (text if text.isascii() else UNSEEN_ONES.sub("", text)).lower()
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
    return merged, {span.by for span in found}


def _spelled(value: str) -> str:
    parts = [part for part in re.split(r"\s+", value.strip()) if part]
    before, after = r"(?<![^\W_])" if _bounded(parts[0][0]) else "", r"(?![^\W_])" if _bounded(parts[-1][-1]) else ""
    return before + BETWEEN.join(f"[{UNSEEN}]*".join(map(_letter, part)) for part in parts) + after


def _letter(character: str) -> str:
    alike = next((signs for signs in ALIKE if character in signs), None)
    return f"[{re.escape(alike)}]" if alike else re.escape(character)


def _bounded(character: str) -> bool:
    """Return whether words of its script are parted by what is no letter: those that have cases, and digits."""
    return has_case(character) or character.isdigit()


def has_case(text: str) -> bool:
    """Return whether a text has letters of a script that knows capitals."""
    return text.lower() != text.upper()
