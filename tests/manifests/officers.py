"""Officers with root keys, and an archive whose keys they change: real statements in a real ledger in memory."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from manifests.ceremony.proposals import Changes, propose, signed
from manifests.signing import SigningKey, Verifier
from schemas.keys import Revocation
from schemas.ledger import PURPOSES, Key, KeysChanged
from tests.manifests.archives import ORIGIN, Writer

if TYPE_CHECKING:
    from manifests.ledger import Ledger
    from schemas.ledger import KeyPurpose
    from schemas.roles import Role


def entry_key(job: str) -> SigningKey:
    """A new key for entries."""
    return SigningKey.generate(f"{ORIGIN}/entry/{job}")


def added(*keys: SigningKey) -> tuple[Key, ...]:
    """Keys as a statement lists them, by their names."""
    return tuple(Key(purpose=_purpose_of(key.name), verifier=key.verifier.to_text()) for key in keys)


def _purpose_of(name: str) -> KeyPurpose:
    return next((purpose for purpose in PURPOSES if name.startswith(f"{ORIGIN}/{purpose}")), "checkpoint")


def approver_key(role: Role, person: str) -> SigningKey:
    """A new key with which a person approves."""
    return SigningKey.generate(f"{ORIGIN}/{role}/{person}")


def revoked(key: SigningKey, since: int, reason: str = "Laptop stolen on May 2") -> Revocation:
    """A revocation."""
    return Revocation(verifier=key.verifier.to_text(), since=since, reason=reason)


@dataclass
class Office:
    """An archive, made unless it is there, its writer, and three officers of whom two decide."""

    writer: Writer = field(default_factory=Writer)
    alice: SigningKey = field(default_factory=lambda: SigningKey.generate("alice"))
    bob: SigningKey = field(default_factory=lambda: SigningKey.generate("bob"))
    carol: SigningKey = field(default_factory=lambda: SigningKey.generate("carol"))

    ledger: Ledger | None = None

    def __post_init__(self) -> None:
        self.ledger = self.ledger or self.writer.create()

    @property
    def officers(self) -> tuple[Verifier, ...]:
        """Their public keys."""
        return tuple(key.verifier for key in (self.alice, self.bob, self.carol))

    @property
    def first(self) -> Changes:
        """What the first statement changes."""
        return Changes(roots=self.officers, needed=2)

    def note(self, changes: Changes, *signers: SigningKey) -> str:
        """The statement of these changes, signed by these officers."""
        proposed = propose(self.ledger.history.keys, changes, size=self.ledger.head.size)
        for key in signers:
            proposed = signed(proposed, key)
        return proposed.new.note.to_bytes().decode()

    def adopt(self, changes: Changes, *signers: SigningKey, by: SigningKey | None = None) -> str:
        """Adopt a statement, and return it."""
        note = self.note(changes, *(signers or (self.alice, self.bob)))
        self.append(KeysChanged(statement=note), by=by)
        return note

    def append(self, *acts, by: SigningKey | None = None):
        """Commit acts with the writer's key, or another."""
        return replace(self.writer, key=by or self.writer.key).append(self.ledger, *acts)

    def hold_ceremony(self) -> Office:
        """Adopt the first statement."""
        self.adopt(self.first)
        return self
