"""The files in which decisions travel from whoever proposes them to whoever approves them, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from manifests.ceremony.carrying import read_carried, write_carried
from manifests.decisions.decided import DAY, Decided
from manifests.notes import NOTE_LIMIT
from schemas.decisions import Decision

if TYPE_CHECKING:
    from pathlib import Path

    from manifests.archive import Archive
    from schemas.decisions import Decidable


def propose(archive: Archive, what: Decidable, *, days: int, to: Path) -> Decided:
    """Write a proposal that nobody has approved into a new file, and return it; it counts for so many days.

    Raises:
        CarriedFileError: the file cannot be written, or is there.
    """
    now = archive.now()
    decision = Decision(what=what, proposer=archive.actor, proposed=now, expires=now.plus(seconds=days * DAY))
    decided = Decided.proposed(archive.ledger.origin, decision)
    save_decision(to, decided, new=True)
    return decided


def load_decision(path: Path) -> Decided:
    """Return the decision in a file.

    Raises:
        CarriedFileError: it cannot be read.
        DecisionMalformedError, IntegrityError: it holds none.
    """
    return Decided.from_file(read_carried(path, 2 * NOTE_LIMIT))


def save_decision(path: Path, decided: Decided, *, new: bool = False) -> None:
    """Write a decision into a file, whole or not at all; a ``new`` one is not put over another file.

    Raises:
        CarriedFileError: it cannot be written, or something is there.
    """
    write_carried(path, decided.to_file(), new=new)
