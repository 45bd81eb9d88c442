"""Records redacted by rules: which of their parts are hidden, and what is printed instead. Pure.

The words of an item, its title and its text, are shown with a mark in place of what is hidden. Of every other member
all is hidden in which something is found, and native bytes and the slice that they are always: who sees how long a
slice is sees how much is hidden.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import msgspec

from ediscovery.redaction.matching import EMAILS, PHONES, Span, has_case, spans, words
from ediscovery.redaction.reading import as_read, readings, texts_in
from ediscovery.redaction.rules import unreadable
from manifests.proofs.redacted import NATIVE_NAME, TEXT_NAME, TITLE_NAME, ProofPart, mark, view_of
from schemas.digest import Digest
from schemas.errors import PolicyError
from schemas.parts import NAME_END, commitment_to, nonce_of, parts_of, pieces

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from ediscovery.evidence import Sealed
    from ediscovery.redaction.matching import Pattern
    from ediscovery.redaction.rules import Rule
    from schemas.record import Author, Normalised, Provenance

ALWAYS = frozenset({NATIVE_NAME, "provenance.source", "provenance.vouched"})
PICTURED = ("image/", "audio/", "video/")
"""Media types of files in which no words are that could be guessed."""
OPEN = frozenset(
    {"normalised.kind", "normalised.type", "normalised.absence", "normalised.created", "normalised.edited"}
)
"""Members in which nothing is looked for."""
TOGETHER = {"created": ("created", "created_text")}
"""Fields that say the same."""
SHORTEST_NAME, SHORTEST_ID, SHORTEST_PIECE = 3, 5, 12
"""Characters of a person's other names, of ids, and of sentences, from which on they are looked for in texts."""
LONGEST_REPEATED = 1_000
"""Characters of a hidden text up to which it is looked for in other members."""
MOST_NAMED = 5
Item = tuple[str, str]
"""An account and the id of an item in it."""


class NotInPartsError(PolicyError):
    """A record was sealed before records were committed to in parts: it cannot be redacted."""

    code = "NOT_IN_PARTS"


class RedactedInSearchError(PolicyError):
    """What is to be redacted stands in what is said of the production itself."""

    code = "REDACTED_IN_SEARCH"


def item_of(sealed: Sealed) -> Item:
    """Return the item that a record is of; late media are of the item that shows them."""
    view = sealed.view
    return sealed.provenance.account, view.late_of or view.item


class Redactor:
    """The rules of a review, made ready for all that is shown: produced records, their versions, conversations.

    ``items`` are the records that are produced, in whatever volume, each with its item; ``authors`` all that wrote
    something that is shown or withheld.

    Raises:
        TableUnreadableError: a rule names a record that is not produced, or more than one.
    """

    def __init__(self, rules: Sequence[Rule], items: Mapping[Digest, Item], authors: Collection[Author]) -> None:
        self._rules = rules
        self._items = _items_of(rules, items)
        self._patterns = {number: list(_patterns_of(rule, authors)) for number, rule in enumerate(rules)}
        self._parts: dict[Digest, tuple[ProofPart, ...] | None] = {}
        self._found: dict[int, set[Digest]] = defaultdict(set)

    def parts(self, sealed: Sealed) -> tuple[ProofPart, ...] | None:
        """Return the parts of a record, shown and hidden; ``None`` where no rule finds anything in it.

        There are none where something is found in a record that was sealed whole, and can only be shown whole.
        """
        if not self._rules:
            return None
        if sealed.id not in self._parts:
            self._parts[sealed.id] = self._redacted(sealed)
        return self._parts[sealed.id]

    def find_view(self, sealed: Sealed) -> tuple[Normalised, Provenance] | None:
        """Return what may be shown of a record; ``None`` if that is nothing."""
        parts = self.parts(sealed)
        if parts is None:
            return sealed.view, sealed.provenance
        return view_of(parts) if parts else None

    def counts(self, produced: Collection[Digest]) -> Mapping[Rule, int]:
        """Return of each rule in how many of these records, which were all looked through, it found something."""
        return {rule: len(self._found[number] & {*produced}) for number, rule in enumerate(self._rules)}

    def demand_found(self, produced: Collection[Digest]) -> None:
        """Demand that each rule that names a record found something, when all were looked through.

        Raises:
            TableUnreadableError: one did not.
        """
        for rule, count in self.counts(produced).items():
            if rule.record and not count:
                raise unreadable(
                    f"row {rule.row} redacts {rule}, which is not in record {rule.record[:12]}",
                    "Write the words as they stand in the record, or remove the row.",
                )

    def demand_in_parts(self, produced: Iterable[Digest]) -> None:
        """Demand that records in which something is found can be shown in parts.

        Raises:
            NotInPartsError: some were sealed whole.
        """
        whole = [record.hex[:12] for record in produced if self._parts.get(record) == ()]
        if whole:
            more = f" and {len(whole) - MOST_NAMED:,} more" if len(whole) > MOST_NAMED else ""
            raise NotInPartsError(
                f"Records are to be redacted that were sealed in a form that is shown whole: "
                f"{', '.join(whole[:MOST_NAMED])}{more}.",
                do="Withhold them.",
            )

    def demand_unsaid(self, said: Mapping[str, str]) -> None:
        """Demand that what is redacted everywhere stands in nothing that is said of the production, by its name.

        Raises:
            RedactedInSearchError: it does.
        """
        everywhere = [
            (number, pattern)
            for number, rule in enumerate(self._rules)
            if rule.record is None
            for pattern in self._patterns[number]
        ]
        for name, text in said.items():
            for number in sorted(_matching(as_read(text), everywhere, words=True)):
                raise RedactedInSearchError(
                    f"{self._rules[number]} is to be redacted, and stands in {name}, which is printed on the cover.",
                    do="Search for something else, such as an account and dates, or leave the row out.",
                )

    def _redacted(self, sealed: Sealed) -> tuple[ProofPart, ...] | None:
        item = item_of(sealed)
        items = (item, (item[0], sealed.view.item))
        own = {number for number, rule in enumerate(self._rules) if rule.record is None or self._items[number] in items}
        patterns = [(number, pattern) for number in sorted(own) for pattern in self._patterns[number]]
        fields: dict[str, int] = {}
        for number in sorted(own, reverse=True):
            if (rule := self._rules[number]).what == "field":
                fields |= {f"normalised.{name}": number for name in TOGETHER.get(rule.value, (rule.value,))}
        found = _Found(sealed, patterns, fields)
        for number in found.by:
            self._found[number].add(sealed.id)
        if not found.by:
            return None
        if sealed.record.version == 1:
            return ()
        return tuple(found.parts(lambda number: self._rules[number].reason))


class _Found:
    """What rules find in one record: members that are hidden, and stretches of its words, by the rule's number.

    ``by`` are the numbers of all that found something.
    """

    def __init__(self, sealed: Sealed, patterns: Sequence[tuple[int, Pattern]], fields: Mapping[str, int]) -> None:
        record, view = sealed.record, sealed.view
        self._salt = record.salt
        raw = parts_of(Digest.of(record.native).raw, record.normalised, record.provenance)
        self._raw = [(name.decode(), value) for name, _, value in (part.partition(NAME_END) for part in raw)]
        # What a hidden field says is hidden wherever else the record says it: pictures are described by titles.
        plain = view.to_plain()
        repeated = [(by, words(text)) for name, by in fields.items() for text in _told(name.partition(".")[2], plain)]
        patterns = [*patterns, *repeated]
        self._texts = {TITLE_NAME: view.title or "", TEXT_NAME: view.text or ""}
        self.by = {by for name, by in fields.items() if any(name == one for one, _ in self._raw)}
        self.words: dict[str, list[Span]] = {}
        self.hidden: dict[str, int] = {}
        for name, text in self._texts.items():
            found, by = spans(text, patterns, words=True)
            self.words[name] = [Span(0, len(text), fields[name])] if name in fields and text else found
            self.by |= by
        for name, value in self._raw:
            if name.startswith("normalised.") and name not in self._texts:
                told = () if name in OPEN else texts_in(msgspec.json.decode(value), names=False)
                by = _matching((one for text in told for one in as_read(text)), patterns)
                if name == "normalised.attachments":
                    by |= _matching((one.alt for one in view.attachments if one.alt), patterns, words=True)
                self._hide(name, fields.get(name), by)
        said = (*readings(record.native), *as_read(sealed.provenance.source.uri))
        self._hide(NATIVE_NAME, None, _matching(said, patterns))
        # The digest of a page that says what the item says confirms a guess as the digest of its native would.
        paged = any(one.sha256 and not (one.media_type or "").startswith(PICTURED) for one in view.attachments)
        if self.by and paged:
            self.hidden.setdefault("normalised.attachments", min(self.by))

    def _hide(self, name: str, field: int | None, found: set[int]) -> None:
        self.by |= found
        if field is not None or found:
            self.hidden[name] = min(found) if field is None else field

    def parts(self, reason: Callable[[int], str]) -> Iterator[ProofPart]:
        """Yield the record's parts, shown and hidden."""
        end = 0
        for number, (name, value) in enumerate(self._raw):
            because, instead = self.hidden.get(name), None
            if name in self._texts:
                start = end if name == TEXT_NAME else 0
                stop = start + len(value.decode()) if name == TEXT_NAME else len(self._texts[name])
                end = stop if name == TEXT_NAME else end
                if inside := _inside(self.words[name], start, stop):
                    because = inside[0].by
                    instead = "".join(_replaced(self._texts[name], start, stop, inside, reason))
            nonce = nonce_of(self._salt, number)
            if because is None and name not in ALWAYS:
                yield ProofPart(name=name, nonce=nonce.hex(), value=value.decode())
            else:
                commitment = Digest(commitment_to(nonce, name.encode() + NAME_END + value))
                said = reason(because) if because is not None else None
                yield ProofPart(name=name, commitment=commitment, reason=said, instead=instead)


def _inside(found: Sequence[Span], start: int, stop: int) -> Sequence[Span]:
    """Return those of some spans, which are in order and apart, that reach into a stretch."""
    first = bisect_right(found, start, key=lambda span: span.end)
    last = first
    while last < len(found) and found[last].start < stop:
        last += 1
    return found[first:last]


def _replaced(text: str, start: int, stop: int, inside: Iterable[Span], reason: Callable[[int], str]) -> Iterator[str]:
    """Yield a stretch of a text with a mark where something begins that is redacted."""
    at = start
    for span in inside:
        yield text[at : max(at, span.start)]
        if span.start >= start:
            yield mark(reason(span.by))
        at = min(span.end, stop)
    yield text[at:stop]


def _matching(texts: Iterable[str], patterns: Sequence[tuple[int, Pattern]], *, words: bool = False) -> set[int]:
    """Return the numbers of all patterns that find something in one of the texts; ``words`` are what people read."""
    return {number for text in texts for number in spans(text, patterns, words=words)[1]} if patterns else set()


def _told(field: str, plain: Mapping[str, Any]) -> list[str]:
    """Return what can be repeated elsewhere of what a field says: of words each sentence, too, of media their names."""
    value = plain.get(field)
    match field, value:
        case "counts", _:
            told: list[str] = []
        case "attachments", list():
            told = [text for one in value for text in (one.get("alt"), one.get("url")) if text]
        case (("title" | "text"), str()):
            told = [value, *(piece for piece in pieces(value) if len(piece.strip()) >= SHORTEST_PIECE)]
        case _:
            told = list(texts_in(value, names=False))
    return [
        text
        for text in told
        if SHORTEST_NAME <= len(text.strip()) <= LONGEST_REPEATED and any(one.isalnum() for one in text)
    ]


def _patterns_of(rule: Rule, authors: Iterable[Author]) -> Iterator[Pattern]:
    match rule.what:
        case "words":
            yield words(rule.value)
        case "phones":
            yield PHONES
        case "emails":
            yield EMAILS
        case "person":
            yield words(rule.value.lstrip("@"))
            for name in sorted(_other_names(rule.value, authors)):
                letters = any(character.isalpha() for character in name)
                shortest = SHORTEST_ID if not letters else SHORTEST_NAME if has_case(name) else 1
                yield words(name, whole=len(name) < shortest)
        case "field":
            pass


def _other_names(name: str, authors: Iterable[Author]) -> set[str]:
    """Return what the authors of a name are called, too."""
    found: set[str] = set()
    for author in authors:
        called = {one for one in (author.id, author.name, author.handle, author.url) if one}
        if _folded(name) in {_folded(one) for one in called}:
            found |= {one.strip().lstrip("@") for one in called}
    return {one for one in found if any(character.isalnum() for character in one)} - {name.lstrip("@")}


def _folded(name: str) -> str:
    return name.strip().lstrip("@").lower()


def _items_of(rules: Sequence[Rule], items: Mapping[Digest, Item]) -> Mapping[int, Item]:
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
