"""Key statements: which keys an archive's root keys put in force and revoke, and the file in which one is signed."""

from __future__ import annotations

from schemas.canonical import Canonical, Natural
from schemas.digest import Digest
from schemas.ledger import Key


class Revocation(Canonical, frozen=True):
    """A key that others may have used: what it signed from ledger index ``since`` on is suspect, for this reason."""

    verifier: str
    since: Natural
    reason: str


class KeyStatement(Canonical, frozen=True):
    """All keys of an archive at one time (FORMAT 4.9).

    ``roots`` are the verifiers of the root keys, of which ``needed`` sign every statement; ``keys`` those that sign
    entries and checkpoints; ``revoked`` every key that was ever revoked. ``previous`` is the SHA-256 of the text of
    the statement before.
    """

    version: Natural
    needed: Natural
    roots: tuple[str, ...]
    keys: tuple[Key, ...]
    revoked: tuple[Revocation, ...] = ()
    previous: Digest | None = None


class KeyProposal(Canonical, frozen=True):
    """A statement on its way from one root key to the next: no part of an archive until it is adopted.

    ``text`` is what is signed and ``signatures`` the note's lines so far. ``current`` is the note of the statement
    before, if there is one.
    """

    text: str
    signatures: tuple[str, ...] = ()
    current: str = ""
