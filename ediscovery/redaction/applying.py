"""Records redacted by rules: which of their parts are hidden, and what is printed instead. Pure.

The words of an item, its title and its text, are shown with a mark in place of what is hidden. Of every other member
all is hidden in which something is found, and native bytes and the slice that they are always: who sees how long a
slice is sees how much is hidden.
"""

from __future__ import annotations

import html
import re
from collections import defaultdict
from typing import TYPE_CHECKING

import msgspec

from ediscovery.redaction.matching import EMAILS, PHONES, Span, spans, texts_in, words
from ediscovery.redaction.rules import unreadable
from manifests.proofs.redacted import NATIVE_NAME, TEXT_NAME, TITLE_NAME, ProofPart, view_of
from schemas.digest import Digest
from schemas.errors import PolicyError
from schemas.parts import NAME_END, commitment_to, nonce_of, parts_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from ediscovery.evidence import Sealed
    from ediscovery.redaction.matching import Pattern
    from ediscovery.redaction.rules import Rule
    from schemas.record import Author, Normalised, Provenance

ALWAYS = frozenset({NATIVE_NAME, "provenance.source", "provenance.vouched"})
OPEN = frozenset(
    {"normalised.kind", "normalised.type", "normalised.absence", "normalised.created", "normalised.edited"}
)
"""Members in which nothing is looked for."""
SHORTEST_NAME, SHORTEST_ID = 3, 5
"""Characters of a person's names, and of ids, from which on they are looked for in texts and not only as a whole."""
LONGEST_REPEATED = 1_000
"""Characters of a hidden field up to which it is looked for in others."""
TAGS = re.compile(r"<[^<>]*>")


class NotInPartsError(PolicyError):
    """A record was sealed before records were committed to in parts: it cannot be redacted."""

    code = "NOT_IN_PARTS"


def mark(reason: str) -> str:
    """Return what stands in place of words that are redacted."""
    return f"[redacted: {reason}]"


class Redactor:
    """The rules of a review, made ready for the records that are shown: produced ones, their versions, conversations.

    ``items`` are the records that are produced, in whatever volume, each with its account and item.

    Raises:
        TableUnreadableError: a rule names a record that is not produced, or more than one.
    """

    def __init__(self, rules: Sequence[Rule], items: Mapping[Digest, tuple[str, str]], shown: Iterable[Sealed]) -> None:
        self._rules = rules
        self._items = _items_of(rules, items)
        self._patterns: dict[int, list[Pattern]] = defaultdict(list)
        authors = [view.author for sealed in shown if (view := sealed.view).author]
        for number, rule in enumerate(rules):
            self._patterns[number] += _patterns_of(rule, authors)
        self._parts: dict[Digest, tuple[ProofPart, ...] | None] = {}
        self._found: dict[int, set[Digest]] = defaultdict(set)

    def parts(self, sealed: Sealed) -> tuple[ProofPart, ...] | None:
        """Return the parts of a record, shown and hidden; ``None`` where no rule finds anything in it."""
        if sealed.id not in self._parts:
            self._parts[sealed.id] = self._redacted(sealed)
        return self._parts[sealed.id]

    def view(self, sealed: Sealed) -> tuple[Normalised, Provenance]:
        """Return what may be shown of a record."""
        parts = self.parts(sealed)
        return (sealed.view, sealed.provenance) if parts is None else view_of(parts)

    def counts(self, produced: Iterable[Sealed]) -> Mapping[Rule, int]:
        """Return of each rule in how many of some produced records it found something.

        Raises:
            TableUnreadableError: one that names a record found nothing in it.
        """
        there = {one.id: (one.provenance.account, one.view.item) for one in produced}
        counts = {rule: len(self._found[number] & there.keys()) for number, rule in enumerate(self._rules)}
        for number, rule in enumerate(self._rules):
            if rule.record and not counts[rule] and self._items[number] in there.values():
                raise unreadable(
                    f"row {rule.row} redacts {rule}, which is not in record {rule.record[:12]}",
                    "Write the words as they stand in the record, or remove the row.",
                )
        return counts

    def _redacted(self, sealed: Sealed) -> tuple[ProofPart, ...] | None:
        item = (sealed.provenance.account, sealed.view.item)
        patterns = [
            (number, pattern)
            for number, rule in enumerate(self._rules)
            if rule.record is None or self._items[number] == item
            for pattern in self._patterns[number]
        ]
        fields = {
            f"normalised.{rule.value}": number
            for number, rule in reversed(tuple(enumerate(self._rules)))
            if rule.what == "field" and (rule.record is None or self._items[number] == item)
        }
        found = _Found(sealed, patterns, fields)
        by = {*found.hidden.values(), *(span.by for several in found.words.values() for span in several)}
        for number in by:
            self._found[number].add(sealed.id)
        if by and sealed.record.version == 1:
            raise NotInPartsError(
                f"Record {sealed.id.hex[:12]} is to be redacted, and was sealed in a form that is shown whole.",
                do="Withhold it.",
            )
        return tuple(found.parts(lambda number: self._rules[number].reason)) if by else None


class _Found:
    """What rules find in one record: members that are hidden, and stretches of its words, by the rule's number."""

    def __init__(self, sealed: Sealed, patterns: Sequence[tuple[int, Pattern]], fields: Mapping[str, int]) -> None:
        record = sealed.record
        self._salt = record.salt
        raw = parts_of(Digest.of(record.native).raw, record.normalised, record.provenance)
        self._raw = [(name.decode(), value) for name, _, value in (part.partition(NAME_END) for part in raw)]
        view = sealed.view
        # What a hidden field says is hidden wherever else the record says it: pictures are described by titles.
        repeated = [(by, words(text)) for name, by in fields.items() for text in self._told(name)]
        patterns = [*patterns, *repeated]
        self._texts = {TITLE_NAME: view.title or "", TEXT_NAME: view.text or ""}
        self.words: dict[str, list[Span]] = {}
        self.hidden: dict[str, int] = {}
        for name, text in self._texts.items():
            if name in fields and text:
                self.words[name] = [Span(0, len(text), fields[name])]
            else:
                self.words[name] = spans(text, patterns, words=True)
        for name, value in self._raw:
            if name.startswith("normalised.") and name not in self._texts:
                found = None if name in OPEN else _first(texts_in(msgspec.json.decode(value)), patterns)
                by = fields.get(name, found)
                if by is not None:
                    self.hidden[name] = by
        by = _first((*_readings(record.native), sealed.provenance.source.uri), patterns)
        if by is not None:
            self.hidden[NATIVE_NAME] = by

    def _told(self, field: str) -> list[str]:
        """Return what can be repeated of the texts in a member, whose words are one text."""
        values = [value for name, value in self._raw if name == field]
        told = (
            [b"".join(values).decode()]
            if field == TEXT_NAME
            else texts_in([msgspec.json.decode(one) for one in values])
        )
        return [
            text
            for text in told
            if SHORTEST_NAME <= len(text.strip()) <= LONGEST_REPEATED and any(one.isalnum() for one in text)
        ]

    def parts(self, reason: Callable[[int], str]) -> Iterator[ProofPart]:
        """Yield the record's parts, shown and hidden."""
        ends = dict.fromkeys(self._texts, 0)
        for number, (name, value) in enumerate(self._raw):
            nonce = nonce_of(self._salt, number)
            because, instead = self.hidden.get(name), None
            if name in self._texts:
                start = ends[name]
                ends[name] = end = start + (len(value.decode()) if name == TEXT_NAME else len(self._texts[name]))
                inside = [span for span in self.words[name] if span.start < end and span.end > start]
                if inside:
                    because = inside[0].by
                    instead = "".join(_replaced(self._texts[name], start, end, inside, reason))
            if because is None and name not in ALWAYS:
                yield ProofPart(name=name, nonce=nonce.hex(), value=value.decode())
            else:
                commitment = Digest(commitment_to(nonce, name.encode() + NAME_END + value))
                said = reason(because) if because is not None else None
                yield ProofPart(name=name, commitment=commitment, reason=said, instead=instead)


def _replaced(text: str, start: int, end: int, inside: Iterable[Span], reason: Callable[[int], str]) -> Iterator[str]:
    """Yield a stretch of a text with a mark where something begins that is redacted."""
    at = start
    for span in inside:
        yield text[at : max(at, span.start)]
        if span.start >= start:
            yield mark(reason(span.by))
        at = min(span.end, end)
    yield text[at:end]


def _first(texts: Iterable[str], patterns: Sequence[tuple[int, Pattern]]) -> int | None:
    """Return the number of the first pattern that finds something in one of the texts."""
    return next((found[0].by for text in texts if (found := spans(text, patterns, words=False))), None)


def _readings(native: bytes) -> Iterator[str]:
    """Yield the texts in native bytes: those of JSON; of anything else all of it, with and without its markup."""
    try:
        yield from texts_in(msgspec.json.decode(native))
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        text = native.decode(errors="replace")
        yield text
        yield html.unescape(text)
        yield html.unescape(TAGS.sub("", text))
        yield html.unescape(TAGS.sub(" ", text))


def _patterns_of(rule: Rule, authors: Iterable[Author]) -> Iterator[Pattern]:
    match rule.what:
        case "words":
            yield words(rule.value)
        case "phones":
            yield PHONES
        case "emails":
            yield EMAILS
        case "person":
            names = {rule.value}
            for author in authors:
                called = {one for one in (author.id, author.name, author.handle, author.url) if one}
                if rule.value.lower().lstrip("@") in {one.lower().lstrip("@") for one in called}:
                    names |= called
            for name in sorted(names):
                digits = not any(character.isalpha() for character in name)
                yield words(name.lstrip("@"), whole=len(name) < (SHORTEST_ID if digits else SHORTEST_NAME))
        case "field":
            pass


def _items_of(rules: Sequence[Rule], items: Mapping[Digest, tuple[str, str]]) -> Mapping[int, tuple[str, str]]:
    """Return the item that is meant by each rule that names a record: all its versions are redacted alike."""
    found = {}
    for number, rule in enumerate(rules):
        if rule.record is not None:
            meant = [item for record, item in items.items() if record.hex.startswith(rule.record)]
            if len(meant) != 1:
                raise unreadable(
                    f"row {rule.row} names record {rule.record[:16]}, and {len(meant)} such are produced",
                    "Use the ids in the list of decisions.",
                )
            found[number] = meant[0]
    return found
