"""What is to be redacted, as people say it in a table: which words, of whom, in which records, and why. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import msgspec

from ediscovery.filled import TableUnreadableError
from schemas.record import Normalised

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

What: TypeAlias = Literal["words", "person", "phones", "emails", "field"]
WHATS: tuple[What, ...] = get_args(What)
VALUED = frozenset({"words", "person", "field"})
NAME = "list of redactions"
COLUMNS = ("what", "value", "reason", "record")
FIELDS = frozenset(one.name for one in msgspec.structs.fields(Normalised)) - {
    "kind",
    "type",
    "absence",
    "flags",
    "listed",
}
"""What can be hidden as a whole. A record without its kind is no record, and a list's items are others."""
LONGEST_REASON = 40
SHORTEST_ID = 8


@dataclass(frozen=True, slots=True)
class Rule:
    """A row of the table: ``value`` is redacted for ``reason``, in the item of one record, or wherever it occurs.

    ``record`` is the beginning of a record's id, in hexadecimal digits.
    """

    row: int
    what: What
    value: str
    reason: str
    record: str | None = None

    def __str__(self) -> str:
        return f"{self.what} {self.value!r}" if self.value else self.what


def rules_of(rows: Iterable[tuple[int, Mapping[str, str]]]) -> tuple[Rule, ...]:
    """Return the rules in a table, from its rows with their numbers.

    Raises:
        TableUnreadableError: a row says what cannot be meant; it is named.
    """
    return tuple(_rules(rows))


def _rules(rows: Iterable[tuple[int, Mapping[str, str]]]) -> Iterator[Rule]:
    for number, row in rows:
        said, value, reason, record = (row[name] for name in COLUMNS)
        what = next((one for one in WHATS if one == said.lower()), None)
        if what is None:
            raise unreadable(f"row {number} says {said[:40]!r}", f"Write one of {', '.join(WHATS)} into 'what'.")
        if not reason or len(reason) > LONGEST_REASON or not reason.isprintable():
            raise unreadable(
                f"row {number} has no reason that can be printed",
                f"Write one of at most {LONGEST_REASON} characters, such as FERPA: it is printed.",
            )
        if bool(value) != (what in VALUED):
            raise unreadable(
                f"row {number} redacts {what} and {'has' if value else 'lacks'} a value",
                "Give a value with words, person and field, and with nothing else.",
            )
        if what == "field" and value.lower() not in FIELDS:
            raise unreadable(f"row {number} names no field: {value[:40]!r}", f"Use one of {', '.join(sorted(FIELDS))}.")
        if what in ("words", "person") and not any(character.isalnum() for character in value):
            raise unreadable(f"row {number} has a value without a letter or digit", "Give the words to be redacted.")
        if record and (len(record) < SHORTEST_ID or not set(record.lower()) <= set("0123456789abcdef")):
            raise unreadable(
                f"row {number} has no record's id", f"Give it, or its first {SHORTEST_ID} digits at least."
            )
        yield Rule(number, what, value.lower() if what == "field" else value, reason, record.lower() or None)


def unreadable(what: str, do: str) -> TableUnreadableError:
    """Return the error for a table of redactions that cannot be used."""
    return TableUnreadableError.of(NAME, what, do)
