"""What the accepted entries say: accounts, captures, numbers, productions. A fold, and the only source of state."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from manifests.keyring import KeyRing
from schemas.ledger import (
    AccountRegistered,
    ArchiveCreated,
    BatesAssigned,
    Captured,
    Entry,
    HoldPlaced,
    HoldReleased,
    KeysChanged,
    LocksRenewed,
    Produced,
)

if TYPE_CHECKING:
    from manifests.signing import Verifier
    from schemas.account import Account
    from schemas.instant import Instant
    from schemas.ledger import Act, KeyPurpose
    from schemas.production import BatesRange
    from schemas.stored import StoredObject


@dataclass(frozen=True, slots=True)
class Named:
    """An object that the ledger names: by which entry, and of which account, unless it is a production's."""

    stored: StoredObject
    entry: int
    account: str | None


@dataclass(slots=True)
class History:
    """What the accepted entries say: a fold over their acts, the only source of current state.

    It is the one mutable value of this floor: ``record`` adds an accepted entry to it.
    """

    created: ArchiveCreated | None = None
    keys: KeyRing = KeyRing()  # noqa: RUF009 - immutable
    accounts: dict[str, Account] = field(default_factory=dict)
    registered: dict[str, int] = field(default_factory=dict)
    polls: dict[str, int] = field(default_factory=dict)
    failures: dict[str, int] = field(default_factory=dict)
    captures: dict[str, int] = field(default_factory=dict)
    last_capture: dict[str, tuple[int, Captured]] = field(default_factory=dict)
    last_read: dict[str, Instant] = field(default_factory=dict)
    sealed: dict[str, list[Captured]] = field(default_factory=dict)
    bates_next: dict[str, int] = field(default_factory=dict)
    bates: dict[str, BatesRange] = field(default_factory=dict)
    produced: dict[str, Produced] = field(default_factory=dict)
    objects: list[Named] = field(default_factory=list)
    holds: dict[str, HoldPlaced] = field(default_factory=dict)
    released: dict[str, HoldPlaced] = field(default_factory=dict)
    renewed: LocksRenewed | None = None

    def verifiers(self, purpose: KeyPurpose, *, at: int | None = None) -> tuple[Verifier, ...]:
        """Return the keys that may sign for ``purpose`` at ledger index ``at``, or next (``KeyRing.verifiers``)."""
        return self.keys.verifiers(purpose, at=at)

    def record(self, entry: Entry) -> None:  # noqa: C901 - a case for each act
        """Add an accepted entry."""
        for act in entry.acts:
            account = act.poll.account if isinstance(act, Captured) else None
            self.objects += [Named(stored, entry.index, account) for stored in objects_of(act)]
            match act:
                case ArchiveCreated():
                    self.created, self.keys = act, KeyRing.founded(act)
                case AccountRegistered():
                    self.accounts[act.account.name] = act.account
                    self.registered[act.account.name] = entry.index
                case Captured():
                    failed = act.poll.outcome in ("failed", "interrupted")
                    self.polls[act.poll.account] = self.polls.get(act.poll.account, 0) + 1
                    self.failures[act.poll.account] = self.failures.get(act.poll.account, 0) + failed
                    self.captures[act.poll.capture] = entry.index
                    self.last_capture[act.poll.account] = (entry.index, act)
                    if act.poll.method != "import" and act.poll.outcome in ("captured", "partial", "unchanged"):
                        self.last_read[act.poll.account] = act.poll.started
                    if act.partitions:
                        self.sealed.setdefault(act.poll.account, []).append(act)
                case BatesAssigned():
                    self.bates[act.production] = act.bates
                    self.bates_next[act.bates.prefix] = act.bates.last + 1
                case Produced():
                    self.produced[act.production] = act
                case HoldPlaced():
                    self.holds[act.hold] = act
                case HoldReleased():
                    self.released[act.hold] = self.holds.pop(act.hold)
                case LocksRenewed():
                    self.renewed = act
                case KeysChanged():
                    self.keys = self.keys.adopting(act.statement, index=entry.index)


def objects_of(act: Act) -> tuple[StoredObject, ...]:
    """Return every object that an act names."""
    match act:
        case Captured():
            return (*(partition.stored for partition in act.partitions), *act.exchanges)
        case Produced():
            return (act.document,)
        case _:
            return ()
