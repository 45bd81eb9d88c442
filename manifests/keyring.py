"""Which key may sign what at which place of the ledger: the first entry's keys, then those of every adopted statement.

A value without I/O: a statement that is adopted in entry *a* is in force for the entries after *a* (FORMAT 4.9.7).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from manifests.statements import (
    Stated,
    check_signed,
    check_statement,
    read_statement,
    statement_refused,
    uses_of,
)
from schemas.errors import PolicyError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from manifests.signing import Verifier
    from schemas.keys import Revocation
    from schemas.ledger import ArchiveCreated, KeyPurpose


class KeyNotInForceError(PolicyError):
    """A key may not sign any more, or not yet."""

    code = "KEY_NOT_IN_FORCE"


@dataclass(frozen=True, slots=True)
class KeyPeriod:
    """The keys that are in force from ledger index ``since`` on; ``stated`` is absent for those of the first entry."""

    since: int
    uses: tuple[tuple[KeyPurpose, Verifier], ...]
    stated: Stated | None = None

    def verifiers(self, purpose: KeyPurpose) -> tuple[Verifier, ...]:
        """Return the keys for ``purpose``."""
        return tuple(key for use, key in self.uses if use == purpose)


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Every key that an archive ever had, by periods of the ledger."""

    origin: str = ""
    periods: tuple[KeyPeriod, ...] = ()

    @classmethod
    def founded(cls, act: ArchiveCreated) -> KeyRing:
        """Return the ring of an archive that has no statement yet.

        Raises:
            KeyMalformedError: a key of it is not spelled as a verifier key.
        """
        return cls(act.origin, (KeyPeriod(0, uses_of(act.keys)),))

    @property
    def statement(self) -> Stated | None:
        """The statement that was adopted last."""
        return self.periods[-1].stated if self.periods else None

    @property
    def revocations(self) -> tuple[Revocation, ...]:
        """Every key that is revoked."""
        return self.statement.statement.revoked if self.statement else ()

    def verifiers(self, purpose: KeyPurpose, *, at: int | None = None) -> tuple[Verifier, ...]:
        """Return the keys that may sign for ``purpose`` at ledger index ``at``, or next.

        For a checkpoint the index is its size: it tells of the entries before.
        """
        for period in reversed(self.periods):
            if at is None or period.since <= at:
                return period.verifiers(purpose)
        return ()

    def ever(self, purpose: KeyPurpose) -> tuple[Verifier, ...]:
        """Return every key that was ever in force for ``purpose``, in the order in which they came."""
        return tuple(dict.fromkeys(key for period in self.periods for key in period.verifiers(purpose)))

    def span(self, verifier: Verifier, purpose: KeyPurpose) -> tuple[int, int | None]:
        """Return the first index at which a key was in force, and the first after it where it was not any more.

        Raises:
            KeyError: it never was.
        """
        held = [verifier in period.verifiers(purpose) for period in self.periods]
        if not any(held):
            raise KeyError(verifier.to_text())
        last = len(held) - 1 - held[::-1].index(True)
        end = self.periods[last + 1].since if last + 1 < len(held) else None
        return self.periods[held.index(True)].since, end

    def find_revocation(self, verifier: Verifier) -> Revocation | None:
        """Return how a key was revoked, if it was."""
        text = verifier.to_text()
        return next((one for one in self.revocations if one.verifier == text), None)

    def adopting(self, content: str, *, index: int) -> KeyRing:
        """Return the ring after entry ``index`` has adopted the statement in the signed note ``content``.

        Raises:
            StatementRefusedError: it does not follow what was in force at ``index``.
            StatementUnsignedError: too few root keys signed it.
            KeyMalformedError, IntegrityError: it is no statement.
        """
        new = read_statement(content)
        known = self.check(new, index=index)
        check_signed(new, before=known[-1].stated)
        period = KeyPeriod(index + 1, uses_of(new.statement.keys), new)
        return KeyRing(self.origin, (*known, period))

    def check(self, new: Stated, *, index: int) -> tuple[KeyPeriod, ...]:
        """Return the periods that were known at ``index``, after checking that a statement may follow, once signed.

        Raises:
            StatementRefusedError: it may not.
            KeyMalformedError: a key in it is not spelled as a verifier key.
        """
        known = tuple(period for period in self.periods if period.since <= index)
        if not known or new.origin != self.origin:
            raise statement_refused(f"it is of another archive, {new.origin[:80]!r}")
        before = known[-1].stated
        if before is not None and before.digest == new.digest:
            raise statement_refused("it is adopted already", do="Nothing is to be done.")
        check_statement(new, before=before)
        _check_lives(known, new)
        _check_since(known, new, index)
        return known

    def adopters(self, content: str, *, index: int) -> tuple[Verifier, ...]:
        """Return the keys that may sign entry ``index`` that adopts the statement in ``content`` (FORMAT 4.9.8).

        The first statement is adopted by a key of the first entry. Root keys vouch for the keys that a later one
        lists, so one of those adopts it: an archive whose keys are all lost goes on, and a revoked key adopts nothing.

        Raises:
            As ``adopting``.
        """
        after = self.adopting(content, index=index)
        return after.periods[-1 if after.periods[-2].stated else -2].verifiers("entry")

    def not_in_force(self, verifier: Verifier, purpose: KeyPurpose) -> KeyNotInForceError:
        """Return the refusal of a key that may not sign for ``purpose`` now: why, and what to do."""
        # A private key has no name of its own; one that was in force is called as it was then.
        known = next((key for key in self.ever(purpose) if key.public == verifier.public), None)
        if known is None:
            return KeyNotInForceError(
                f"This machine's key for {purpose} signatures was never put in force in this archive.",
                do="Have it adopted ('holdfast keys propose --add', docs/KEYS.md), or install the right key.",
                key=verifier.to_text(),
            )
        named = f"The key {known.name} ({known.id.hex()})"
        revocation = self.find_revocation(known)
        if revocation is not None:
            return KeyNotInForceError(
                f"{named} was revoked: {revocation.reason}.",
                do="Stop using this machine until it is clear who held its key (docs/KEYS.md, 'A key was stolen').",
                since=revocation.since,
            )
        return KeyNotInForceError(
            f"{named} is retired, or the statement that is to be adopted does not list it.",
            do="Use this machine's new key, or make one with 'holdfast keys make' and have it adopted; "
            "if that was done a moment ago, run the command again.",
        )


def _uses(periods: tuple[KeyPeriod, ...]) -> Iterator[tuple[bytes, str]]:
    for period in periods:
        yield from ((key.public, f"{use} {key.name}") for use, key in period.uses)
        yield from ((key.public, f"root {key.name}") for key in (period.stated.roots if period.stated else ()))


def _check_lives(known: tuple[KeyPeriod, ...], new: Stated) -> None:
    """Check that no key changes its purpose or its name, ever."""
    uses = dict(_uses(known))
    period = KeyPeriod(0, uses_of(new.statement.keys), new)
    for public, use in _uses((period,)):
        if uses.get(public, use) != use:
            raise statement_refused(f"a key that was for {uses[public]!r} would be for {use!r}", do="Make a new key.")


def _check_since(known: tuple[KeyPeriod, ...], new: Stated, index: int) -> None:
    ever = {key.to_text() for period in known for _, key in period.uses}
    for one in new.statement.revoked:
        if one.verifier not in ever:
            raise statement_refused("it revokes a key that was never in force")
        if one.since > index:
            raise statement_refused(f"it revokes a key since entry {one.since}, which is not written yet")
