"""What people decided in ``review.csv``: of every hit whether it is produced, and if not, why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from ediscovery.filled import TableUnreadableError, rows_of
from ediscovery.reviews.listing import COLUMNS, DECIDED
from schemas.digest import Digest, DigestMalformedError
from schemas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

Choice: TypeAlias = Literal["produce", "withhold"]
CHOICES: tuple[Choice, ...] = get_args(Choice)
NAME = "list of decisions"
LONGEST_REASON, LONGEST_DESCRIPTION = 80, 1_000
MOST_NAMED = 5


class UndecidedError(InputError):
    """Records are not decided, or others are than were found."""

    code = "UNDECIDED"


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided of a record: whether it is produced, and if it is withheld, why and what it is."""

    choice: Choice
    reason: str = ""
    description: str = ""


def read_decisions(content: bytes) -> Mapping[Digest, Decided | None]:
    """Return what a list says of each record; ``None`` where nothing was decided. Columns may be in any order.

    Raises:
        TableUnreadableError: it cannot be read, or says something that cannot be meant; the row is named.
    """
    found: dict[Digest, Decided | None] = {}
    for number, row in rows_of(content, COLUMNS, needed=(*DECIDED, "record"), name=NAME):
        try:
            record = Digest.from_hex(row["record"].lower())
        except DigestMalformedError as error:
            raise _unreadable(f"row {number} has no record's id", "Leave the column 'record' as it was.") from error
        if record in found:
            raise _unreadable(f"row {number} is about a record of which there is another row", "Leave one of them.")
        found[record] = _decided(number, row)
    return found


def demand_decided(found: Collection[Digest], decisions: Mapping[Digest, Decided | None]) -> dict[Digest, Decided]:
    """Return the decisions of all records that were found.

    Raises:
        UndecidedError: there are rows of other records, or records without a row or without a decision.
    """
    strangers = [record for record in decisions if record not in set(found)]
    if strangers:
        raise UndecidedError(
            f"The list has records that the search did not find: {_named(strangers)}.",
            do="Use the list that was written with the receipt beside it.",
        )
    decided = {record: decision for record, decision in decisions.items() if decision is not None}
    open_still = [record for record in found if record not in decided]
    if open_still:
        raise UndecidedError(
            f"Of {len(found):,} records {len(open_still):,} are not decided: {_named(open_still)}.",
            do=f"Write {' or '.join(CHOICES)} into the column 'decision' of each.",
        )
    return decided


def _decided(number: int, row: Mapping[str, str]) -> Decided | None:
    said, reason, description = (row[name] for name in DECIDED)
    choice = next((one for one in CHOICES if one == said.lower()), None)
    if choice is None:
        if said or reason:
            raise _unreadable(f"row {number} has the decision {said[:40]!r}", f"Write {' or '.join(CHOICES)}.")
        return None
    if choice == "withhold" and not reason:
        raise _unreadable(f"row {number} withholds a record and does not say why", "Write it into the column 'reason'.")
    if choice == "produce" and reason:
        raise _unreadable(f"row {number} produces a record and has a reason", "Empty the reason, or write withhold.")
    if len(reason) > LONGEST_REASON or len(description) > LONGEST_DESCRIPTION:
        most = f"{LONGEST_REASON} characters of reason and {LONGEST_DESCRIPTION:,} of description"
        raise _unreadable(f"row {number} says more than can be printed", f"Use at most {most}.")
    return Decided(choice, reason, description)


def _named(records: Collection[Digest]) -> str:
    shown = ", ".join(record.hex[:12] for record in sorted(records)[:MOST_NAMED])
    return f"{shown} and {len(records) - MOST_NAMED:,} more" if len(records) > MOST_NAMED else shown


def _unreadable(what: str, do: str) -> TableUnreadableError:
    return TableUnreadableError.of(NAME, what, do)
