"""What a search must find, said a second time and slowly: its own table of characters, its own matching, no SQL.

The table is written by hand, for the characters that generated tests use.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from schemas.query import And, Is, Near, Not, Or, Phrase, Prefix, Wildcard, Within, Word
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
            sign = SIGNS.get(character, "")
            if kinds[-1] == "letter" or (kinds[-1] == "alone" and sign == "#"):
                sign = ""
            kinds.append("separator")
    return found


Fields = Mapping[str, Sequence[str]]
"""The values of each field of a record; ``facts`` are apart."""


def _spans(term: Term, value: list[tuple[str, str]]) -> set[tuple[int, int]]:
    """The first and the last word of everything in one value that a term finds."""
    match term:
        case Word() | Prefix() | Wildcard():
            return {(at, at) for at, have in enumerate(value) if _is(term, have)}
        case Phrase(parts):
            leaves = [Word(part) if isinstance(part, str) else part for part in parts]
            return {
                (at, at + len(leaves) - 1)
                for at in range(len(value) - len(leaves) + 1)
                if all(_is(leaf, have) for leaf, have in zip(leaves, value[at:], strict=False))
            }
        case Or(terms):
            return {span for one in terms for span in _spans(one, value)}
        case Near(first, second, within, ordered):
            pairs = [(x, y) for x in _spans(first, value) for y in _spans(second, value)]
            near = {(x[0], y[1]) for x, y in pairs if 1 <= y[0] - x[1] <= within}
            return near if ordered else near | {(y[0], x[1]) for x, y in pairs if 1 <= x[0] - y[1] <= within}
    raise AssertionError(term)


def _is(leaf: Word | Prefix | Wildcard, have: tuple[str, str]) -> bool:
    sign, letters = have
    wanted = leaf.text
    if wanted[0] in "#@":
        if wanted[0] != sign:
            return False
        wanted = wanted[1:]
    if isinstance(leaf, Wildcard):
        form = "".join({"*": ".*", "?": "."}.get(c, re.escape(c)) for c in _folded(wanted))
        return re.fullmatch(form, letters, re.DOTALL) is not None
    return letters.startswith(_folded(wanted)) if isinstance(leaf, Prefix) else letters == _folded(wanted)


def _folded(text: str) -> str:
    return "".join((LETTERS | ALONE).get(c, c) for c in unicodedata.normalize("NFC", text) if c not in IGNORED)


def holds(term: Term, fields: Fields, own: str | None = None) -> bool:
    """Whether a record with these fields satisfies the term, in one field or in all but ``link``."""
    match term:
        case Not(inner):
            return not holds(inner, fields, own)
        case And(terms):
            return all(holds(one, fields, own) for one in terms)
        case Or(terms):
            return any(holds(one, fields, own) for one in terms)
        case Within(name, inner):
            return holds(inner, fields, name)
        case Is(fact, value):
            return value in fields[f"is {fact}"]
        case _:
            searched = [own] if own else ["text", "title", "author", "media", "tag"]
            return any(_spans(term, tokens(value)) for name in searched for value in fields[name])


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


def fields_of(version: Version) -> Fields:
    """What words stand in, and what is so."""
    return {
        "text": [version.text or ""],
        "title": [version.title or ""],
        "author": [version.author or ""],
        "media": version.alt,
        "tag": [f"#{tag.lstrip('#')}" for tag in version.tags],
        "link": (),
        "is type": [version.kind],
        "is account": [version.account],
        "is has": ["media", "image"] if version.alt else [],
        "is is": ["reply"] if version.kind == "comment" else [],
    }


def _as_phrase(text: str) -> Term:
    return Phrase(tuple(sign + letters for sign, letters in tokens(text)))


def _order(version: Version) -> tuple[float, bytes]:
    return version.captured, version.record.id.raw


def _date(version: Version) -> float:
    return version.captured if version.created is None else version.created


def _passes(query: Query, version: Version) -> bool:
    date = MONDAY.plus(seconds=_date(version) * 3600)
    kinds = query.kinds or {"post", "comment", "page"}
    fields = fields_of(version)
    return (
        version.kind in kinds
        and (not query.accounts or version.account in query.accounts)
        and (query.start is None or query.start <= date)
        and (query.end is None or date < query.end)
        and (query.author is None or holds(_as_phrase(query.author), fields, "author"))
        and (query.term is None or holds(query.term, fields))
    )
