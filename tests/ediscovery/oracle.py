"""What a search must find, said a second time and slowly: its own table of characters, its own matching, no SQL.

The table is written by hand, for the characters that generated tests use.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from schemas.query import And, Not, Or, Phrase, Prefix, Word
from tests.ediscovery.partitions import MONDAY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schemas.query import Query, Term
    from tests.ediscovery.partitions import Version

SAME_LETTERS = (
    *("aAáÁ\uff21\U0001d41a", "bB", "eéE", "oö", "s\u017f", "ßẞ", "1", "2²", "iİ", "\u044fЯ", "иИй", "\u03c3Σς"),
    *("م", "\u0627أ", "\u0966", "ह", "क", "\u093f", "\u094d", "한"),
)
LETTERS = {letter: same[0] for same in SAME_LETTERS for letter in same}
ALONE = {c: c for c in "客服ひガカทท\u0e48\u30fc"} | {"\uff76": "カ"}
SYMBOLS = "😀👍❤\U0001f1fa\U0001f1f8"
IGNORED = "\U0001f3fd\u0301\u0308\u200d\u200f\ufe0f\u00ad\u0651"
SEPARATORS = " _-'’.,\n\t\x00\x01!?/:“\u3002\u200b\ue000"
SIGNS = {"#": "#", "\uff03": "#", "@": "@"}
ALPHABET = "".join([*LETTERS, *ALONE, SYMBOLS, IGNORED, SEPARATORS, *SIGNS])


def tokens(text: str) -> list[tuple[str, str]]:
    """The words of one field: sign and letters."""
    found: list[tuple[str, str]] = []
    kinds = ["start"]
    sign = ""
    for composed in unicodedata.normalize("NFC", text):
        if composed in IGNORED:
            continue
        character = composed if composed in ALPHABET else unicodedata.normalize("NFD", composed)[0]
        if character in LETTERS and kinds[-1] == "letter":
            found[-1] = (found[-1][0], found[-1][1] + LETTERS[character])
        elif character in LETTERS or character in ALONE:
            found.append((sign, (LETTERS | ALONE)[character]))
            sign = ""
            kinds.append("letter" if character in LETTERS else "alone")
        elif character in SYMBOLS:
            found.append(("", character))
            sign = ""
            kinds.append("symbol")
        else:
            assert character in SEPARATORS or character in SIGNS, ascii(character)
            sign = "" if kinds[-1] in ("letter", "alone") else SIGNS.get(character, "")
            kinds.append("separator")
    return found


def _follows(field: list[tuple[str, str]], wanted: list[tuple[str, str]], *, prefix: bool = False) -> bool:
    for start in range(len(field) - len(wanted) + 1):
        pairs = list(zip(field[start:], wanted, strict=False))
        if all(want[0] in ("", have[0]) for have, want in pairs):
            *first, last = pairs
            ends = last[0][1].startswith(last[1][1]) if prefix else last[0][1] == last[1][1]
            if ends and all(have[1] == want[1] for have, want in first):
                return True
    return False


def holds(term: Term, fields: Iterable[str]) -> bool:
    """Whether a record with these fields satisfies the term."""
    match term:
        case Word(text):
            return any(_follows(tokens(field), tokens(text)) for field in fields)
        case Prefix(text):
            return any(_follows(tokens(field), tokens(text), prefix=True) for field in fields)
        case Phrase(words):
            return any(_follows(tokens(field), tokens(" ".join(words))) for field in fields)
        case Not(inner):
            return not holds(inner, fields)
        case And(terms):
            return all(holds(one, fields) for one in terms)
        case Or(terms):
            return any(holds(one, fields) for one in terms)


def found(query: Query, versions: Iterable[Version]) -> list[tuple[bytes, bytes]]:
    """The ids of the records shown and of those that matched, in order."""
    versions = list(versions)
    hits = []
    for one in versions:
        if not _passes(query, one):
            continue
        same = [v for v in versions if (v.account, v.kind, v.item) == (one.account, one.kind, one.item)]
        shown = one if query.versions else max(same, key=_order)
        best = one if query.versions else max((v for v in same if _passes(query, v)), key=_order)
        hits.append((_date(shown), shown.captured, shown.record.id.raw, best.record.id.raw))
    return [hit[2:] for hit in sorted(set(hits))]


def _order(version: Version) -> tuple[float, bytes]:
    return version.captured, version.record.id.raw


def _date(version: Version) -> float:
    return version.captured if version.created is None else version.created


def _passes(query: Query, version: Version) -> bool:
    date = MONDAY.plus(seconds=_date(version) * 3600)
    kinds = query.kinds or {"post", "comment", "page"}
    fields = [f for f in (version.title, version.text, version.author, *version.alt, *version.tags) if f is not None]
    return (
        version.kind in kinds
        and (not query.accounts or version.account in query.accounts)
        and (query.start is None or query.start <= date)
        and (query.end is None or date < query.end)
        and (query.author is None or holds(Word(query.author), [version.author or ""]))
        and (query.term is None or holds(query.term, fields))
    )
