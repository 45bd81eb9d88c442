"""A decision as a signed note: how it is spelled, who may sign it, and when it counts (FORMAT 4.10). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from manifests.notes import SignedNote
from schemas.decisions import Decision, DecisionFile
from schemas.errors import InputError, PolicyError
from schemas.roles import ROLES

if TYPE_CHECKING:
    from collections.abc import Collection

    from manifests.keyring import KeyRing
    from manifests.signing import Signer, Verifier
    from schemas.instant import Instant
    from schemas.roles import Role

DECISION_FORMAT = "holdfast-decision/v1"
LINES = 4
LONGEST_DAYS = 14
DAY = 86_400


class DecisionMalformedError(InputError):
    """A file holds no decision that could be signed."""

    code = "DECISION_MALFORMED"


class DecisionRefusedError(PolicyError):
    """A decision does not count: too few people approved, the wrong ones, or at another time."""

    code = "DECISION_REFUSED"


def refused(why: str, do: str) -> DecisionRefusedError:
    """Return the refusal of a decision."""
    return DecisionRefusedError(f"This is not decided: {why}.", do=do)


def person_of(actor: str) -> str:
    """Return the person in an actor's name as the ledger has it: ``jane@registry`` is ``jane``."""
    return actor.partition("@")[0]


@dataclass(frozen=True, slots=True)
class Approver:
    """A person who signed, and as what."""

    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision with the signatures under it, of which a proposal has none yet."""

    origin: str
    decision: Decision
    note: SignedNote

    @classmethod
    def proposed(cls, origin: str, decision: Decision) -> Decided:
        """Return a decision that nobody signed."""
        text = f"{DECISION_FORMAT}\n{origin}\n{decision.to_bytes().decode()}\n"
        return cls(origin, decision, SignedNote(text, ()))

    @classmethod
    def from_note(cls, note: SignedNote) -> Decided:
        """Return what a note says, without judging who signed it.

        Raises:
            DecisionMalformedError: it is no decision, or of a later format.
            NotCanonicalError: it is not in its one spelling.
        """
        lines = note.text.split("\n")
        if lines[0] != DECISION_FORMAT or len(lines) != LINES:
            raise DecisionMalformedError(
                f"This is no decision that this version of Holdfast knows ({lines[0][:40]!r}).",
                do="Ask for the right file, or update Holdfast.",
            )
        return cls(lines[1], Decision.from_bytes(lines[2].encode()), note)

    @classmethod
    def from_text(cls, content: str) -> Decided:
        """Return the decision in a signed note, as an act of the ledger holds it.

        Raises:
            NoteMalformedError: it is no note.
            As ``from_note``.
        """
        return cls.from_note(SignedNote.from_bytes(content.encode()))

    @classmethod
    def from_file(cls, content: bytes) -> Decided:
        """Return the decision in a file that people carry.

        Raises:
            NotCanonicalError, NoteMalformedError, DecisionMalformedError: it holds none.
        """
        file = DecisionFile.from_bytes(content)
        if not file.signatures:
            return cls.from_note(SignedNote(file.text, ()))
        return cls.from_text(f"{file.text}\n" + "".join(f"{line}\n" for line in file.signatures))

    def to_file(self) -> bytes:
        """Return what its file holds."""
        lines = tuple(signature.to_line().rstrip("\n") for signature in self.note.signatures)
        return DecisionFile(text=self.note.text, signatures=lines).to_bytes()

    def signed(self, key: Signer) -> Decided:
        """Return the decision with one signature more, or the same where that key has signed already."""
        mine = SignedNote.sign(self.note.text, key).signatures
        if set(mine) <= set(self.note.signatures):
            return self
        return Decided(self.origin, self.decision, SignedNote(self.note.text, (*self.note.signatures, *mine)))

    def approvers(self, keys: KeyRing, *, at: int | None = None) -> tuple[Approver, ...]:
        """Return who signed with a key that was in force at ledger index ``at``, or is now.

        Raises:
            DecisionRefusedError: somebody else signed, or one key twice.
            SignatureRefusedError: a signature does not fit.
        """
        known: dict[Verifier, Role] = {key: role for role in ROLES for key in keys.verifiers(role, at=at)}
        names = {(key.name, key.id) for key in known}
        for signature in self.note.signatures:
            if (signature.name, signature.key_id) not in names:
                raise refused(
                    f"{signature.name[:80]!r} signed it, whose key is not in force for approving",
                    "Propose it again, and have it signed by those alone whom 'holdfast keys list' names.",
                )
        proved = self.note.verify(known) if self.note.signatures else ()
        if len(set(proved)) != len(proved):
            raise refused("one key signed it twice", "Propose it again.")
        return tuple(Approver(key.name.rpartition("/")[2], known[key]) for key in proved)

    def demand(
        self, keys: KeyRing, *, origin: str, people: int, roles: Collection[Role] = (), index: int, at: Instant
    ) -> tuple[Approver, ...]:
        """Return who approved, after checking that it counts in ledger entry ``index`` that is written ``at``.

        ``people`` different ones must have, the proposer not among them, and one in each of ``roles``.

        Raises:
            DecisionRefusedError: it does not count.
            As ``approvers``.
        """
        decision = self.decision
        if self.origin != origin:
            raise refused(f"it is about another archive, {self.origin[:80]!r}", "Propose it in this one.")
        if decision.expires.micros - decision.proposed.micros > LONGEST_DAYS * DAY * 1_000_000:
            raise refused(f"it would count for more than {LONGEST_DAYS} days", "Propose it again.")
        if not decision.proposed <= at <= decision.expires:
            raise refused(f"it counts from {decision.proposed} to {decision.expires}, not at {at}", "Propose it again.")
        approvers = self.approvers(keys, at=index)
        if {decision.proposer, person_of(decision.proposer)} & {one.name for one in approvers}:
            raise refused(f"{decision.proposer} proposed it and approved it", "Have somebody else approve.")
        if len({one.name for one in approvers}) < people:
            raise refused(
                f"{len({one.name for one in approvers})} of {people} people approved it",
                "Have it signed with 'holdfast approve' by others.",
            )
        lacking = sorted(set(roles) - {one.role for one in approvers})
        if lacking:
            raise refused(f"no {lacking[0]} approved it", "Have it signed with 'holdfast approve' by one.")
        return approvers
