"""Key statements as signed notes: their spelling, what each may say after the one before, and who must sign. Pure."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from manifests.notes import SignedNote
from manifests.signing import Verifier
from schemas.digest import Digest
from schemas.errors import ConflictError, PolicyError
from schemas.keys import KeyStatement
from schemas.roles import ROLES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schemas.ledger import Key, KeyPurpose

STATEMENT_FORMAT = "holdfast-keys/v1"
STATEMENT_LINES = 4
JOB = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?", re.ASCII)
ROOT_NAME = re.compile(r"[!-*,-~]{1,100}", re.ASCII)
LONGEST_REASON = 500
UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
"""What does not show in a line, or turns it about. A list: what Unicode calls printable changes with its version."""

MOST_KEYS = 1000


class StatementRefusedError(ConflictError):
    """A key statement does not fit what was stated before, or contradicts itself."""

    code = "KEYS_REFUSED"


class StatementUnsignedError(PolicyError):
    """Too few root keys signed a key statement."""

    code = "KEYS_UNSIGNED"


def statement_refused(why: str, do: str = "Propose again: 'holdfast keys propose'.") -> StatementRefusedError:
    """Return the refusal of a statement."""
    return StatementRefusedError(f"This key statement cannot be adopted: {why}.", do=do)


@dataclass(frozen=True, slots=True)
class Stated:
    """A statement with its text and the signatures under it, of which a proposal may have none yet."""

    origin: str
    statement: KeyStatement
    note: SignedNote

    @property
    def digest(self) -> Digest:
        """The SHA-256 of the text, by which the next statement names this one."""
        return Digest.of(self.note.text.encode())

    @property
    def roots(self) -> tuple[Verifier, ...]:
        """The root keys."""
        return tuple(map(Verifier.from_text, self.statement.roots))

    def verifiers(self, purpose: KeyPurpose) -> tuple[Verifier, ...]:
        """Return the keys that it puts in force for ``purpose``."""
        return tuple(key for use, key in uses_of(self.statement.keys) if use == purpose)


def uses_of(keys: Iterable[Key]) -> tuple[tuple[KeyPurpose, Verifier], ...]:
    """Return keys with what each is for.

    Raises:
        KeyMalformedError: one is not spelled as a verifier key.
    """
    return tuple((key.purpose, Verifier.from_text(key.verifier)) for key in keys)


def statement_text(origin: str, statement: KeyStatement) -> str:
    """Return the text that root keys sign (FORMAT 4.9.1)."""
    return f"{STATEMENT_FORMAT}\n{origin}\n{statement.to_bytes().decode()}\n"


def stated(note: SignedNote) -> Stated:
    """Return what a note states, without judging it.

    Raises:
        StatementRefusedError: it is no key statement, or of a later format.
        NotCanonicalError: what it says is not in its one spelling.
    """
    lines = note.text.split("\n")
    if lines[0] != STATEMENT_FORMAT or len(lines) != STATEMENT_LINES:
        known = f"its format is {lines[0][:40]!r}, and this version of Holdfast knows {STATEMENT_FORMAT!r} alone"
        raise statement_refused(known, do="Update Holdfast, or ask for the right file.")
    return Stated(lines[1], KeyStatement.from_bytes(lines[2].encode()), note)


def read_statement(content: str) -> Stated:
    """Return the statement in a signed note's text.

    Raises:
        NoteMalformedError, NotCanonicalError, StatementRefusedError: it is none in its one spelling.
    """
    note = SignedNote.from_bytes(content.encode())
    if note.to_bytes() != content.encode():
        raise statement_refused("its note is not in its one spelling")
    return stated(note)


def check_statement(new: Stated, *, before: Stated | None) -> None:
    """Check what a statement says, by itself and after the one before (FORMAT 4.9.2 to 4.9.5).

    Raises:
        StatementRefusedError: it says what it may not.
        KeyMalformedError: a key in it is not spelled as a verifier key.
    """
    statement = new.statement
    due = before.statement.version + 1 if before else 1
    if statement.version != due or statement.previous != (before.digest if before else None):
        raise statement_refused(f"it is version {statement.version} after another statement; version {due} is due")
    if before is not None and before.origin != new.origin:
        raise statement_refused(f"it is of another archive, {new.origin[:80]!r}")
    if not 1 <= statement.needed <= len(statement.roots):
        raise statement_refused(f"it wants {statement.needed} signatures of {len(statement.roots)} root keys")
    if len(statement.roots) + len(statement.keys) + len(statement.revoked) > MOST_KEYS:
        raise statement_refused(f"it holds more than {MOST_KEYS} keys")
    _check_names(new)
    _check_distinct(new, before)
    _check_revoked(statement, before.statement if before else None)


def _check_names(new: Stated) -> None:
    entry, checkpoint = new.verifiers("entry"), new.verifiers("checkpoint")
    if not entry or not checkpoint:
        raise statement_refused(
            "it leaves no key for entries, or none for checkpoints", do="Add another one in the same proposal."
        )
    for key in entry:
        if key.name != f"{new.origin}/entry" and not _is_below(key.name, f"{new.origin}/entry/"):
            raise statement_refused(f"a key for entries is named {key.name!r}, not '{new.origin}/entry/' and a job")
    for role in ROLES:
        for key in new.verifiers(role):
            if not _is_below(key.name, f"{new.origin}/{role}/"):
                raise statement_refused(
                    f"a {role}'s key is named {key.name!r}, not '{new.origin}/{role}/' and a person"
                )
    for key in new.roots:
        if not ROOT_NAME.fullmatch(key.name):
            raise statement_refused(f"a root key is named {key.name!r}, not a word of ASCII")
    for key in checkpoint:
        if key.name != new.origin:
            raise statement_refused(f"a key for checkpoints is named {key.name!r}, not {new.origin!r}")


def _is_below(name: str, prefix: str) -> bool:
    return name.startswith(prefix) and JOB.fullmatch(name[len(prefix) :]) is not None


def _check_distinct(new: Stated, before: Stated | None) -> None:
    keys = (*new.roots, *(key for _, key in uses_of(new.statement.keys)))
    if max(Counter(key.public for key in keys).values()) > 1:
        raise statement_refused("one key stands in it twice; every purpose and every job has its own")
    # A note names its keys by name and id, and an id has four bytes: that two share one can be brought about.
    every = {*keys, *(before.roots if before else ())}
    if max(Counter((key.name, key.id) for key in every).values()) > 1:
        raise statement_refused("two keys have one name and one id", do="Make another key.")


def _check_revoked(statement: KeyStatement, before: KeyStatement | None) -> None:
    revoked = {one.verifier: one for one in statement.revoked}
    if len(revoked) != len(statement.revoked):
        raise statement_refused("it revokes one key twice")
    for old in before.revoked if before else ():
        if old.verifier not in revoked or revoked[old.verifier].since > old.since:
            raise statement_refused("it takes a revocation back")
    gone = {Verifier.from_text(verifier).public for verifier in revoked}
    if any(
        Verifier.from_text(text).public in gone for text in (*statement.roots, *(k.verifier for k in statement.keys))
    ):
        raise statement_refused("it lists a key that is revoked")
    for one in statement.revoked:
        if not one.reason.strip(" ") or UNSEEN.search(one.reason) or len(one.reason) > LONGEST_REASON:
            raise statement_refused(f"a revocation needs a reason: one line of at most {LONGEST_REASON} characters")


@dataclass(frozen=True, slots=True)
class Quorum:
    """How far the root keys of one statement are with signing: who did, who has not yet, and how many are needed."""

    version: int
    needed: int
    signed: tuple[Verifier, ...]
    waiting: tuple[Verifier, ...]

    @property
    def lacking(self) -> int:
        """How many signatures are still to come."""
        return max(0, self.needed - len(self.signed))


def quorums(new: Stated, *, before: Stated | None) -> tuple[Quorum, ...]:
    """Return how far the root keys of the statement before, if there is one, and of this one are with signing it.

    Raises:
        As ``signers``.
    """
    signed = signers(new, before=before)
    return tuple(
        Quorum(
            one.statement.version,
            one.statement.needed,
            tuple(key for key in one.roots if key in signed),
            tuple(key for key in one.roots if key not in signed),
        )
        for one in (before, new)
        if one is not None
    )


def check_signed(new: Stated, *, before: Stated | None) -> None:
    """Check that enough root keys of the statement before and of this one signed it, and nobody else (FORMAT 4.9.6).

    Raises:
        StatementUnsignedError: too few did.
        StatementRefusedError: a signature is by another key, or comes twice.
        SignatureRefusedError: a signature does not fit.
    """
    for quorum in quorums(new, before=before):
        if quorum.lacking:
            waiting = ", ".join(key.name for key in quorum.waiting)
            raise StatementUnsignedError(
                f"Key statement {new.statement.version} bears {len(quorum.signed)} of the {quorum.needed} signatures "
                f"that it needs by root keys of statement {quorum.version}.",
                do=f"Have it signed with 'holdfast keys sign' by {quorum.lacking} more of: {waiting}.",
                signed=len(quorum.signed),
                needed=quorum.needed,
            )


def signers(new: Stated, *, before: Stated | None) -> frozenset[Verifier]:
    """Return the root keys, of this statement and of the one before, that signed it so far.

    Raises:
        StatementRefusedError: a signature is by another key, or comes twice.
        SignatureRefusedError: a signature does not fit.
    """
    if not new.note.signatures:
        return frozenset()
    known = {*new.roots, *(before.roots if before else ())}
    names = {(key.name, key.id) for key in known}
    for signature in new.note.signatures:
        if (signature.name, signature.key_id) not in names:
            raise statement_refused(f"it bears a signature by {signature.name[:80]!r}, which is no root key of it")
    proved = new.note.verify(known)
    if len(set(proved)) != len(proved):
        raise statement_refused("it bears two signatures by one key")
    return frozenset(proved)
