"""Proposals of key statements: made from what is in force and what shall change, signed one root key at a time. Pure.

A root key's owner judges a proposal far from any archive. What it says of the statement before need not be believed:
the new one names it by its digest, so a proposal that tells of another one is never adopted. Of the keys before the
first statement a proposal says nothing, for nothing would vouch for it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import msgspec

from manifests.notes import Signature, SignedNote
from manifests.statements import (
    JOB,
    ROOT_NAME,
    Stated,
    check_statement,
    read_statement,
    signers,
    stated,
    statement_refused,
    statement_text,
)
from schemas.errors import InputError
from schemas.keys import KeyProposal, KeyStatement, Revocation
from schemas.ledger import Key

if TYPE_CHECKING:
    from collections.abc import Iterable

    from manifests.keyring import KeyRing
    from manifests.signing import SigningKey, Verifier
    from schemas.roles import Role


class ProposalError(InputError):
    """A key statement cannot be proposed or signed as asked."""

    code = "KEYS_PROPOSAL"


@dataclass(frozen=True, slots=True)
class Changes:
    """What a new statement changes: root keys and keys that come, any that go, those that are revoked from now on."""

    roots: tuple[Verifier, ...] = ()
    needed: int | None = None
    added: tuple[Key, ...] = ()
    retired: tuple[Verifier, ...] = ()
    revoked: tuple[Revocation, ...] = ()


@dataclass(frozen=True, slots=True)
class Proposed:
    """A statement that is proposed, with the signatures so far, and the one before, if there is one."""

    new: Stated
    before: Stated | None

    def to_proposal(self) -> KeyProposal:
        """Return what its file holds."""
        return KeyProposal(
            text=self.new.note.text,
            signatures=tuple(signature.to_line() for signature in self.new.note.signatures),
            current=self.before.note.to_bytes().decode() if self.before else "",
        )


def entry_key_name(origin: str, job: str) -> str:
    """Return the name of the key with which a job signs entries.

    Raises:
        ProposalError: no job is called so.
    """
    if not JOB.fullmatch(job):
        raise ProposalError(
            f"{job[:60]!r} cannot name a job.", do="Use 1 to 40 lower-case letters, digits and dashes: 'capture-2'."
        )
    return f"{origin}/entry/{job}"


def approver_key_name(origin: str, role: Role, person: str) -> str:
    """Return the name of the key with which a person approves.

    Raises:
        ProposalError: nobody is called so, or no archive.
    """
    if not origin or not origin.isprintable() or any(character in " +" for character in origin):
        raise ProposalError(
            f"{origin[:80]!r} is no archive's name.",
            do="Give what 'holdfast status' shows after the word archive: 'maple-grove-usd/25c9bbc9'.",
        )
    if not JOB.fullmatch(person):
        raise ProposalError(
            f"{person[:60]!r} cannot name a person here.",
            do="Use 1 to 40 lower-case letters, digits and dashes: 'jane'.",
        )
    return f"{origin}/{role}/{person}"


def check_root_name(name: str) -> None:
    """Check that a root key may have that name.

    Raises:
        ProposalError: it may not.
    """
    if not ROOT_NAME.fullmatch(name):
        raise ProposalError(
            f"{name[:60]!r} cannot name a root key.",
            do="Use a word without spaces, accents and plus signs, such as 'alice' or 'records-officer'.",
        )


def propose(ring: KeyRing, changes: Changes, *, size: int) -> Proposed:
    """Return the statement that makes ``changes`` to the keys of a ledger of ``size`` entries, not signed yet.

    Raises:
        ProposalError: the changes change nothing, or name what is not there.
        StatementRefusedError: they break a rule of key statements.
    """
    before = ring.statement
    old = before.statement if before else None
    first = ring.periods[0]
    founding = tuple(Key(purpose=use, verifier=key.to_text()) for use, key in first.uses)
    roots, keys = old.roots if old else (), old.keys if old else founding
    gone = {key.to_text() for key in changes.retired}
    _check_known(gone, {*roots, *(key.verifier for key in keys)})
    gone |= {one.verifier for one in changes.revoked}
    needed = changes.needed or (old.needed if old else None)
    if needed is None and not changes.roots:
        raise ProposalError("No root key decides about keys yet.", do="Hold the key ceremony first (docs/KEYS.md, 1).")
    if needed is None:
        raise ProposalError(
            "It is not said how many root keys sign a statement.", do="Say it with --needed, for example 2 of 3."
        )
    statement = KeyStatement(
        version=old.version + 1 if old else 1,
        needed=needed,
        roots=(*(root for root in roots if root not in gone), *(root.to_text() for root in changes.roots)),
        keys=(*(key for key in keys if key.verifier not in gone), *changes.added),
        revoked=_revoked(old.revoked if old else (), changes.revoked),
        previous=before.digest if before else None,
    )
    if old and msgspec.structs.replace(statement, version=old.version, previous=old.previous) == old:
        raise ProposalError("The proposal changes nothing.", do="Say what shall change; see 'holdfast keys list'.")
    new = stated(SignedNote(statement_text(ring.origin, statement), ()))
    ring.check(new, index=size)
    return Proposed(new, before)


def _check_known(retired: set[str], listed: set[str]) -> None:
    for text in sorted(retired - listed):
        raise ProposalError(f"{text} is not in force, so it cannot be retired.", do="See 'holdfast keys list'.")


def _revoked(old: tuple[Revocation, ...], fresh: tuple[Revocation, ...]) -> tuple[Revocation, ...]:
    """Return all revocations; one that is found to reach further back takes the place of the former."""
    by_key = {one.verifier: one for one in old}
    return tuple((by_key | {one.verifier: one for one in fresh}).values())


def read_proposal(content: bytes) -> Proposed:
    """Return the proposal in a file, after checking what can be checked without the archive.

    Raises:
        NotCanonicalError, NoteMalformedError: it is none.
        StatementRefusedError: what it proposes breaks a rule.
    """
    proposal = KeyProposal.from_bytes(content)
    before = read_statement(proposal.current) if proposal.current else None
    lines = "".join(f"{line}\n" for line in proposal.signatures)
    spelled = f"{proposal.text}\n{lines}"
    new = read_statement(spelled) if lines else stated(SignedNote(proposal.text, ()))
    if new.note.text != proposal.text:
        raise statement_refused("its text is malformed")
    check_statement(new, before=before)
    signers(new, before=before)
    return Proposed(new, before)


def root_of(proposed: Proposed, public: bytes) -> Verifier:
    """Return the root key with that public half, of this statement or of the one before.

    Raises:
        ProposalError: it is no root key of either.
    """
    for root in _roots(proposed):
        if root.public == public:
            return root
    raise ProposalError(
        "This key is no root key of the statement, nor of the one before.",
        do=f"Sign with one of: {', '.join(dict.fromkeys(root.name for root in _roots(proposed)))}.",
    )


def _roots(proposed: Proposed) -> Iterable[Verifier]:
    return (*proposed.new.roots, *(proposed.before.roots if proposed.before else ()))


def signed(proposed: Proposed, key: SigningKey) -> Proposed:
    """Return the proposal with the root key's signature added, once.

    Raises:
        ProposalError: it is no root key.
    """
    root = root_of(proposed, key.verifier.public)
    note = proposed.new.note
    if root in signers(proposed.new, before=proposed.before):
        return proposed
    line = Signature(root.name, root.id, key.sign(note.text.encode()))
    return replace(proposed, new=replace(proposed.new, note=SignedNote(note.text, (*note.signatures, line))))
