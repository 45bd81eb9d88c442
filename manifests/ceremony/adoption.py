"""Adopting a signed key statement: the one act that changes which keys an archive has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from manifests.statements import check_signed
from schemas.ledger import KeysChanged

if TYPE_CHECKING:
    from manifests.archive import Archive
    from manifests.ceremony.proposals import Proposed


def adopt(archive: Archive, proposed: Proposed) -> int:
    """Commit a proposed statement, and return the index of the entry after which it is in force.

    It is signed by a key that may do so (``KeyRing.adopters``), which this machine must have.

    Raises:
        StatementUnsignedError: root keys are still to sign it.
        StatementRefusedError: it does not follow what is in force now, or is adopted already.
        KeyNotInForceError: this machine has no key that may adopt it.
    """
    check_signed(proposed.new, before=proposed.before)
    note, ledger = proposed.new.note.to_bytes().decode(), archive.ledger
    key = archive.entry_key(ledger.history.keys.adopters(note, index=ledger.head.size))
    archive.append(lambda _history: (KeysChanged(statement=note),), key=key)
    return ledger.history.keys.periods[-1].since - 1
