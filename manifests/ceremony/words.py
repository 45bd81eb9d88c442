"""A proposed key statement in plain words, for whoever is asked to sign or adopt it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from manifests.signing import Verifier
from manifests.statements import quorums

if TYPE_CHECKING:
    from collections.abc import Iterator

    from manifests.ceremony.proposals import Proposed
    from schemas.ledger import Key

ROLE_NAMES = {"records-officer": "records officer", "legal-reviewer": "legal reviewer"}
PURPOSES = {
    "entry": "entries",
    "checkpoint": "checkpoints",
    **{role: f"what a {name} approves" for role, name in ROLE_NAMES.items()},
}


def shown(text: str) -> str:
    """Return a key as people compare it: its name and its id."""
    verifier = Verifier.from_text(text)
    return f"{verifier.name} ({verifier.id.hex()})"


def _shown(key: Key) -> str:
    return f"{shown(key.verifier)} for {PURPOSES[key.purpose]}"


def changes_in_words(proposed: Proposed) -> tuple[str, ...]:
    """Return what a statement changes, a line for each change."""
    return tuple(_changes(proposed))


def _changes(proposed: Proposed) -> Iterator[str]:
    new, before = proposed.new.statement, proposed.before.statement if proposed.before else None
    roots = before.roots if before else ()
    yield from (f"New root key: {shown(root)}" for root in new.roots if root not in roots)
    yield from (f"Root key that goes: {shown(root)}" for root in roots if root not in new.roots)
    if before is None:
        yield f"From now on, {new.needed} of these {len(new.roots)} root keys decide together about all keys."
    elif (before.needed, len(roots)) != (new.needed, len(new.roots)):
        yield (f"Root keys that must sign: {new.needed} of {len(new.roots)} (before: {before.needed} of {len(roots)})")
    fresh = [one for one in new.revoked if before is None or one not in before.revoked]
    revoked = {one.verifier for one in fresh}
    keys = before.keys if before else ()
    yield from (f"{'New key' if before else 'Key'}: {_shown(key)}" for key in new.keys if key not in keys)
    for key in keys:
        if key not in new.keys and key.verifier not in revoked:
            yield f"Retired: {_shown(key)}; what it signed stays good"
    for one in fresh:
        yield f"REVOKED: {shown(one.verifier)}; what it signed from entry {one.since} on is suspect: {one.reason}"


def keys_in_words(proposed: Proposed) -> tuple[str, ...]:
    """Return all keys of a statement, a line each; spelled out, for an id of eight digits can be forged."""
    statement = proposed.new.statement
    return (
        *(f"{'root':<15} {root}" for root in statement.roots),
        *(f"{key.purpose:<15} {key.verifier}" for key in statement.keys),
        *(f"{'revoked':<15} {one.verifier} from entry {one.since} on" for one in statement.revoked),
    )


def waiting_in_words(proposed: Proposed) -> tuple[str, ...]:
    """Return whose signatures are still missing, a line if one statement's root keys are to sign, or two."""
    waiting = (
        f"{quorum.lacking} more of: {', '.join(key.name for key in quorum.waiting)}"
        for quorum in quorums(proposed.new, before=proposed.before)
        if quorum.lacking
    )
    return tuple(dict.fromkeys(waiting))
