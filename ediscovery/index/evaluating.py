"""From a term to the documents of a segment that it finds, and where in them its words stand.

What is rare is looked for first, and what is common only in the documents that are left. A term that nothing is left
for is not looked for any more.
"""

from __future__ import annotations

import re
from hashlib import md5
from typing import TYPE_CHECKING, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ediscovery.engine import SearchTooLargeError, encoded
from ediscovery.index import sets
from ediscovery.index.places import HASH_DIGITS, LINKED, PLACE_BITS, fact, room
from ediscovery.index.sets import NONE, Spans, among
from ediscovery.index.terms import finds, is_one_word, leaf_of, parted, words_in
from schemas.classifying import ANSWERS
from schemas.errors import InputError
from schemas.query import And, During, Is, Near, Not, Or, Phrase, Prefix, Wildcard, Within, Word
from schemas.record import AbsenceClass

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ediscovery.index.items import Items
    from ediscovery.index.known import Known
    from ediscovery.index.opened import Segment, Stretch
    from ediscovery.index.sets import Mask, Numbers
    from ediscovery.index.terms import Leaf
    from schemas.digest import Digest
    from schemas.query import Term, TextField

LAST = "\U0010ffff"
SHORTEST_ID = 8  # hexadecimal digits of a record's id
ID_DIGITS = 64

PLACE_BYTES = 24
"""Bytes of memory that a place needs while it is compared with others."""

BLOCK = 1 << 21
"""Documents in which at once it is looked where words stand: what is in memory does not grow with the segment."""

VERDICTS: Mapping[str, tuple[AbsenceClass, ...]] = {
    "removed": ("deleted",),
    "deleted": ("deleted",),
    "hidden": ("hidden",),
    "absent": tuple(one for one in get_args(AbsenceClass) if one != "present"),
}


class NotSearchableError(InputError):
    """A term cannot be searched for where it stands."""

    code = "NOT_SEARCHABLE"


class Evaluator:
    """Finds documents in one segment; ``within`` are always those among which they are looked for, or all.

    Everything raises:
        NotSearchableError: something is to be near that stands nowhere.
        NotTextError: a value is no text.
        SearchTooLargeError: more memory would be needed than ``memory`` bytes.
    """

    def __init__(self, segment: Segment, items: Items, known: Known, *, memory: int) -> None:
        """Evaluate over a segment, of whose items is known what all segments say together."""
        self._segment, self._items, self._known = segment, items.within(segment.first, segment.end), known
        self._most_places = memory // PLACE_BYTES
        self._rows: dict[str, list[Stretch]] = {}

    def documents(self, term: Term, within: Numbers | None = None) -> Numbers:
        """Return the set of the documents that a term finds."""
        self._rows = self._segment.each_term(words_in(term))
        return self._documents(term, within, None)

    def _documents(self, term: Term, within: Numbers | None, own: TextField | None) -> Numbers:
        """Return what a term finds; its words are looked for in the field ``own``, if any."""
        if within is not None and not len(within):
            return NONE
        match term:
            case And(terms):
                # What excludes needs something to exclude from, and comes last.
                for one in sorted(terms, key=lambda one: (not finds(one), self._size(one, own))):
                    within = self._documents(one, within, own)
                return self._all(within)
            case Or(terms):
                single, others = parted(terms)
                found = [self._documents(one, within, own) for one in others]
                return sets.joined([*found, self._holding(single, within, own)])
            case Not(inner):
                return sets.without(self._all(within), self._documents(inner, within, own))
            case Within(name, inner):
                return self._documents(inner, within, name)
            case _:
                return self._found(term, within, own)

    def _found(self, term: Term, within: Numbers | None, own: TextField | None) -> Numbers:
        """Return what a term finds that is not made of others."""
        match term:
            case Word() | Prefix() | Wildcard():
                return self._holding((term,), within, own)
            case Phrase() | Near():
                return np.concatenate([NONE, *(self._standing_in(term, one, own) for one in self._blocks(within))])
            case Is():
                return self._so(term, within)
            case During(date, start, end):
                low, high = (None if edge is None else edge.micros for edge in (start, end))
                if date == "created":
                    # What has a date of its own is sorted by it.
                    within, date = self._segment.whose("dated", lambda column: column, within), "date"
                return self._segment.between(date, low, high, within)
            case _:
                raise AssertionError(term)

    def _blocks(self, within: Numbers | None) -> Iterator[Numbers | None]:
        """Yield parts of the documents among which is looked, or ``None`` for all where they are few."""
        docs = self._all(within)
        if len(docs) <= BLOCK:
            yield within
            return
        for start in range(0, len(docs), BLOCK):
            yield docs[start : start + BLOCK]

    def _standing_in(self, term: Phrase | Near, within: Numbers | None, own: TextField | None) -> Numbers:
        """Return the set of the documents in which words stand together; what is too much at once is parted."""
        try:
            return self._standing_at_once(term, within, own)
        except SearchTooLargeError:
            docs = self._all(within)
            if len(docs) < 2:  # noqa: PLR2004 - it is not too many documents that there are
                raise
            halves = np.array_split(docs, 2)
            return np.concatenate([self._standing_in(term, half, own) for half in halves])

    def _standing_at_once(self, term: Phrase | Near, within: Numbers | None, own: TextField | None) -> Numbers:
        if isinstance(term, Phrase):
            return sets.documents_of(self._phrase(term.words, within, own))
        return self._near_documents(term, within, own)

    def _all(self, within: Numbers | None) -> Numbers:
        return self._segment.all if within is None else within

    def _size(self, term: Term, own: TextField | None) -> int:
        """Return about how many postings a term has."""
        match term:
            case And(terms):
                return min(self._size(one, own) for one in terms)
            case Or(terms):
                return sum(self._size(one, own) for one in terms)
            case Not(inner):
                return self._size(inner, own)
            case Within(name, inner):
                return self._size(inner, name)
            case Phrase(words):
                return min(self._size(leaf_of(one), own) for one in words)
            case Near(first, second):
                return min(self._size(first, own), self._size(second, own))
            case Word() | Prefix() | Wildcard():
                return sum(one.rows for one in self._stretches(term, own))
            case During() | Is():
                return self._segment.end - self._segment.first

    def _stretches(self, leaf: Leaf, own: TextField | None) -> list[Stretch]:
        """Return the postings of all terms that a leaf may stand for."""
        sign = LINKED if own == "link" else ""
        match leaf:
            case Word(text):
                if sign + text not in self._rows:
                    self._rows[sign + text] = self._segment.term(sign + text)
                return self._rows[sign + text]
            case Prefix(text):
                return self._segment.terms(sign + text, sign + text + LAST)
            case Wildcard(text):
                start = sign + re.split(r"[*?]", text, maxsplit=1)[0]
                return self._segment.terms(start, start + LAST)

    def _postings(
        self, leaves: Sequence[Leaf], within: Numbers | None, own: TextField | None
    ) -> Iterator[tuple[Stretch, Mask]]:
        """Yield the postings of some leaves in stretches, and which of them count, in the order of the segment."""
        if within is not None and not len(within):
            return
        several = [(stretch, leaf) for leaf in leaves for stretch in self._stretches(leaf, own)]
        for stretch, leaf in sorted(several, key=lambda one: (one[0].group, one[0].start)):
            if within is not None and not self._segment.may_have(stretch, within):
                continue
            chosen = np.ones(stretch.rows, np.bool_)
            if isinstance(leaf, Wildcard):
                terms, codes = self._segment.spelled(stretch)
                chosen = _matching(terms, (LINKED if own == "link" else "") + leaf.text)[codes]
            if within is not None:
                chosen &= among(self._segment.documents(stretch), within)
            if chosen.any():
                yield stretch, chosen

    def _holding(self, leaves: Sequence[Leaf], within: Numbers | None, own: TextField | None) -> Numbers:
        """Return the set of the documents in which one of some leaves stands."""
        found = self._documents_of(leaves, within, own)
        return np.concatenate([NONE, *found]) if is_one_word(leaves) else self._segment.set_of(found)

    def _documents_of(self, leaves: Sequence[Leaf], within: Numbers | None, own: TextField | None) -> Iterator[Numbers]:
        for stretch, chosen in self._postings(leaves, within, own):
            if own is None or own == "link":  # whose words are words of their own
                yield self._segment.documents(stretch)[chosen]
            else:
                yield sets.documents_of(_within_field(self._segment.keys(stretch, chosen), own))

    def _standing(self, leaves: Sequence[Leaf], within: Numbers | None, own: TextField | None) -> Numbers:
        """Return the set of the keys at which one of some leaves stands."""
        found, count = [], 0
        for stretch, chosen in self._postings(leaves, within, own):
            keys = _within_field(self._segment.keys(stretch, chosen), own)
            count += len(keys)
            self._check(count)
            found.append(keys)
        return np.concatenate([NONE, *found]) if is_one_word(leaves) else sets.joined(found)

    def _check(self, places: int) -> None:
        if places > self._most_places:
            raise SearchTooLargeError(
                "The search needs more memory than it may use.", do="Narrow it by dates, accounts or further words."
            )

    def _phrase(
        self, words: Sequence[str | Prefix | Wildcard], within: Numbers | None, own: TextField | None
    ) -> Numbers:
        """Return the set of the keys at which a phrase begins."""
        leaves = [leaf_of(one) for one in words]
        found: Numbers | None = None
        for at in sorted(range(len(leaves)), key=lambda at: self._size(leaves[at], own)):
            starts = self._standing((leaves[at],), within, own) - at
            found = starts if found is None else sets.both(found, starts)
            if not len(found):
                return NONE
            within = sets.documents_of(found)
        return NONE if found is None else found

    def _spans(self, term: Term, within: Numbers | None, own: TextField | None) -> Spans:
        """Return where a term stands.

        Raises:
            NotSearchableError: it stands nowhere, as what is not there does.
        """
        match term:
            case Word() | Prefix() | Wildcard():
                keys = self._standing((term,), within, own)
                return Spans(keys, keys)
            case Phrase(words):
                keys = self._phrase(words, within, own)
                return Spans(keys, keys + len(words) - 1)
            case Or(terms):
                single, others = parted(terms)
                keys = self._standing(single, within, own)
                several = [self._spans(one, within, own) for one in others]
                return Spans.of([(keys, keys), *((one.first, one.last) for one in several)])
            case Near():
                return self._near(term, within, own)
            case _:
                raise NotSearchableError(
                    "What must not be there, or stands in no text, is near to nothing.",
                    do="Put words, phrases, or some of them joined by OR on both sides.",
                )

    def _sides(self, term: Near, within: Numbers | None, own: TextField | None) -> Iterator[tuple[Spans, Spans]]:
        """Yield what is to stand before and what after it, both ways if the order does not matter."""
        rarer, commoner = sorted((term.first, term.second), key=lambda one: self._size(one, own))
        found = self._spans(rarer, within, own)
        other = self._spans(commoner, found.documents, own)
        first, second = (found, other) if rarer is term.first else (other, found)
        yield first, second
        if not term.ordered:
            yield second, first

    def _near_documents(self, term: Near, within: Numbers | None, own: TextField | None) -> Numbers:
        found = []
        for before, after in self._sides(term, within, own):
            low, high = sets.followed(before, after, term.within)
            found.append(before.first[high > low] >> PLACE_BITS)
        return sets.joined(found)

    def _near(self, term: Near, within: Numbers | None, own: TextField | None) -> Spans:
        pairs = []
        for before, after in self._sides(term, within, own):
            low, high = sets.followed(before, after, term.within)
            self._check(int((high - low).sum()))
            pairs.append((np.repeat(before.first, high - low), after.last[sets.ranges(low, high - low)]))
        return Spans.of(pairs)

    def _so(self, term: Is, within: Numbers | None) -> Numbers:
        match term:
            case Is("class", value):
                return self._of_class(value, within)
            case Is("moderation" | "is", "removed" | "hidden" | "deleted" | "absent" as value):
                return _among(self._items.judged(VERDICTS[value]), within)
            case Is("moderation"):
                away = self._items.judged(VERDICTS["removed"] + VERDICTS["hidden"])
                return sets.without(self._all(within), away)
            case Is("is", "edited"):
                return sets.joined([self._told(term, within), _among(self._items.edited, within)])
            case Is("id", value):
                return _among(self._identified(value), within)
            case Is("bates", value):
                return _among(self.of_ids(self._known.numbered(value)), within)
            case _:
                return self._told(term, within)

    def _told(self, term: Is, within: Numbers | None) -> Numbers:
        return self._having(term.fact, term.value, within, prefix=term.prefix)

    def _having(self, name: str, value: str, within: Numbers | None, *, prefix: bool = False) -> Numbers:
        """Return the documents that have a fact, or one that begins so."""
        start = fact(name, value[:HASH_DIGITS] if name == "hash" else value)
        postings = self._segment.terms(start, start + LAST) if prefix else self._segment.term(start)
        if within is not None:
            postings = [one for one in postings if len(within) and self._segment.may_have(one, within)]
        return _among(self._segment.set_of(self._segment.documents(one) for one in postings), within)

    def _identified(self, value: str) -> Numbers:
        """Return the documents of items with this identifier, and of records whose ids begin so."""
        found = [self.of_item(value)]
        if re.fullmatch(f"[0-9a-f]{{{SHORTEST_ID},{ID_DIGITS}}}", value.lower()):
            found.append(self.of_records(value.lower()))
        return sets.joined(found)

    def of_item(self, item: str) -> Numbers:
        """Return the documents of items with this identifier."""
        return self._segment.whose(
            "item", lambda column: pc.equal(column, pa.scalar(item)), self._segment.named(number_of(item))
        )

    def of_ids(self, ids: Iterable[Digest]) -> Numbers:
        """Return the documents of records with these ids."""
        wanted = pa.array([one.raw for one in ids], pa.binary(32))
        return self._segment.whose("record", lambda column: pc.is_in(column, value_set=wanted), None)

    def of_records(self, digits: str) -> Numbers:
        """Return the documents of records whose ids begin so, in hexadecimal digits."""
        low, high = (pa.scalar(bytes.fromhex(digits.ljust(ID_DIGITS, digit)), pa.binary(32)) for digit in "0f")
        return self._segment.whose(
            "record", lambda column: pc.and_(pc.greater_equal(column, low), pc.less_equal(column, high)), None
        )

    def _of_class(self, value: str, within: Numbers | None) -> Numbers:
        """Return what the public said: answers of whom nothing says that they speak for the account; or the rest."""
        public = sets.joined([self._having("type", kind, within) for kind in ANSWERS])
        for account, names in self._known.officials.items():
            own = self._having("account", account, public) if names else NONE
            spoken = [self._having("author", name, own) for name in names]
            public = sets.without(public, sets.joined(spoken))
        return public if value == "public" else sets.without(self._all(within), public)


def number_of(item: str) -> int:
    """Return the number by which items of an identifier are found: the last half of its MD5, little-endian."""
    return int.from_bytes(md5(encoded(item), usedforsecurity=False).digest()[8:], "little")


def _among(found: Numbers, within: Numbers | None) -> Numbers:
    return found if within is None else sets.both(found, within)


def _within_field(keys: Numbers, own: TextField | None) -> Numbers:
    """Return those of some keys that are in a field; of words of addresses all are."""
    if own is None or own == "link":
        return keys
    start, end = room(own)
    places = keys & ((1 << PLACE_BITS) - 1)
    return keys[(places >= start) & (places < end)]


def _matching(terms: pa.StringArray, pattern: str) -> Mask:
    form = "".join({"*": ".*", "?": "."}.get(part, re.escape(part)) for part in re.split(r"([*?])", pattern))
    matches: Mask = pc.match_substring_regex(terms, f"^(?:{form})$").to_numpy(zero_copy_only=False)
    return matches
