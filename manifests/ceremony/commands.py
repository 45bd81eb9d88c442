"""``holdfast keys``: the keys of this archive, and statements that change them, from proposal to adoption."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from manifests import keys as places
from manifests.archive import read_settings
from manifests.ceremony import adoption
from manifests.ceremony.files import load_proposal, read_verifier, save_proposal
from manifests.ceremony.offline_commands import FILE, approver, root, sign
from manifests.ceremony.proposals import Changes, ProposalError, entry_key_name, propose
from manifests.ceremony.words import changes_in_words, shown, waiting_in_words
from manifests.console import json_option
from schemas.keys import Revocation
from schemas.ledger import PURPOSES, Key

if TYPE_CHECKING:
    from collections.abc import Iterable

    from manifests.console import Console
    from manifests.keyring import KeyRing
    from manifests.signing import Verifier
    from schemas.ledger import KeyPurpose


@click.group()
def keys() -> None:
    """Keys: who may sign, decided by root keys that several people keep offline.

    \b
    The ceremony, once (docs/KEYS.md walks through it, and through rotation, loss and theft):
      holdfast keys root alice.pem --name alice      each officer, on a machine without network
      holdfast keys propose --root alice.pem.pub --root bob.pem.pub --root carol.pem.pub --needed 2 --to keys-1.json
      holdfast keys sign keys-1.json --with alice.pem
      holdfast keys sign keys-1.json --with bob.pem
      holdfast keys adopt keys-1.json
    """


keys.add_command(root)
keys.add_command(approver)
keys.add_command(sign)


@keys.command()
@click.option("--job", help="Make a key for entries, for the job of this name on this machine.")
@click.option("--checkpoint", is_flag=True, help="Make a key for checkpoints.")
@click.option("--to", type=click.Path(dir_okay=False, path_type=Path), help="Write the private key to this file.")
@json_option
@click.pass_obj
def make(console: Console, job: str | None, checkpoint: bool, to: Path | None) -> None:  # noqa: FBT001 - click's
    """Make a private key on this machine, and print its public half, which is to be adopted before it may sign.

    It goes where holdfast.toml says that the machine's keys are: a file, or a token. HOLDFAST_KEY_PASSPHRASE, if set,
    encrypts a file.

    \b
    Examples:
      holdfast keys make --job capture-2
      holdfast keys make --checkpoint
      holdfast keys make --job capture-2 --to new-secret.pem      for a machine that is handed its key
    """
    if checkpoint is (job is not None):
        raise ProposalError("It is not clear what key to make.", do="Give either --job NAME or --checkpoint.")
    settings = read_settings(console.home)
    origin = settings.archive.origin
    purpose: KeyPurpose = "checkpoint" if checkpoint else "entry"
    place = settings.keys.checkpoint if checkpoint else settings.keys.entry
    name = origin if job is None else entry_key_name(origin, job)
    verifier, where = places.make_key(place, purpose=purpose, name=name, home=console.home, to=to)
    text = verifier.to_text()
    console.show(
        {"purpose": purpose, "verifier": text, "private_key": where},
        (
            f"A new key for {purpose} signatures is in {where}.",
            f"  Its public half:\n    {text}",
            f"Next: holdfast keys propose --add {purpose} '{text}' --to keys.json",
        ),
    )


@keys.command("propose")
@click.option("--to", required=True, type=click.Path(dir_okay=False, path_type=Path), help="Write the proposal here.")
@click.option("--root", "roots", multiple=True, metavar="KEY", help="A root key that comes: a public key or its file.")
@click.option("--needed", type=click.IntRange(1), help="How many root keys must sign. Default: as many as before.")
@click.option("--add", "added", multiple=True, type=(click.Choice(PURPOSES), str), metavar="PURPOSE KEY",
              help="A key that may sign from now on: what for, and its public half.")  # fmt: skip
@click.option("--retire", "retired", multiple=True, metavar="KEY", help="A key or root key that signs no more.")
@click.option("--revoke", "revoked", multiple=True, metavar="KEY", help="A key that somebody else may have used.")
@click.option("--since", type=click.IntRange(0), help="The first ledger entry at which that may have been.")
@click.option("--reason", help="Why it is revoked; everybody can read it for ever.")
@json_option
@click.pass_obj
def make_proposal(
    console: Console,
    to: Path,
    roots: tuple[str, ...],
    needed: int | None,
    added: tuple[tuple[KeyPurpose, str], ...],
    retired: tuple[str, ...],
    revoked: tuple[str, ...],
    since: int | None,
    reason: str | None,
) -> None:
    """Propose a change of keys, in a file that root keys are to sign. Nothing changes until it is adopted.

    \b
    Examples:
      holdfast keys propose --root alice.pem.pub --root bob.pem.pub --root carol.pem.pub --needed 2 --to keys-1.json
      holdfast keys propose --add entry 'mgu/1a2b/entry/capture-2+…' --retire 'mgu/1a2b/entry+…' --to keys-2.json
      holdfast keys propose --revoke 'mgu/1a2b/entry+…' --since 812 --reason 'Laptop stolen on May 2' --to keys-3.json
    """
    if bool(revoked) is (since is None) or bool(revoked) is (reason is None):
        raise ProposalError(
            "--revoke, --since and --reason belong together.",
            do="Say which key, from which entry on, and why; 'holdfast log' shows the entries.",
        )
    archive = console.open()
    changes = Changes(
        roots=tuple(map(read_verifier, roots)),
        needed=needed,
        added=tuple(Key(purpose=purpose, verifier=read_verifier(key).to_text()) for purpose, key in added),
        retired=tuple(map(read_verifier, retired)),
        revoked=tuple(
            Revocation(verifier=read_verifier(key).to_text(), since=since or 0, reason=reason or "") for key in revoked
        ),
    )
    proposed = propose(archive.ledger.history.keys, changes, size=archive.ledger.head.size)
    save_proposal(to, proposed, new=True)
    words, waiting = changes_in_words(proposed), waiting_in_words(proposed)
    console.show(
        {"file": str(to), "version": proposed.new.statement.version, "changes": words, "waiting": waiting},
        (
            f"{to} proposes key statement {proposed.new.statement.version} of {proposed.new.origin}:",
            *(f"  {line}" for line in words),
            "It is to be signed by",
            *(f"  {line}" for line in waiting),
            f"Next: carry {to} to a root key's machine, and run there: holdfast keys sign {to.name} --with ROOTKEY",
        ),
    )


@keys.command()
@FILE
@json_option
@click.pass_obj
def adopt(console: Console, file: Path) -> None:
    """Put a signed key statement in force, from the next ledger entry on.

    It is committed with a key that the statement lists, so run this on a machine that has one; the first statement of
    an archive with the key that 'holdfast init' made.

    \b
    Example:
      holdfast keys adopt keys-1.json
    """
    proposed = load_proposal(file)
    archive = console.open()
    before = archive.ledger.history.verifiers("checkpoint") if proposed.before else ()
    entry = adoption.adopt(archive, proposed)
    words, version = changes_in_words(proposed), proposed.new.statement.version
    checkpoint = archive.ledger.history.verifiers("checkpoint")
    public = [verifier.to_text() for verifier in checkpoint]
    console.show(
        {"entry": entry, "version": version, "changes": words, "checkpoint_keys": public},
        (
            f"Entry {entry} puts key statement {version} in force from the next entry on:",
            *(f"  {line}" for line in words),
            *(_to_publish(public) if checkpoint != before else ()),
        ),
    )


def _to_publish(public: Iterable[str]) -> tuple[str, ...]:
    return (
        "Next: publish the keys for checkpoints, and tell them to whoever witnesses for you:",
        *(f"  {text}" for text in public),
    )


@keys.command("list")
@json_option
@click.pass_obj
def list_keys(console: Console) -> None:
    """List every key that the archive ever had: from which ledger entry on, until which, and what was revoked.

    \b
    Example:
      holdfast keys list
    """
    archive = console.open()
    ring, last = archive.ledger.history.keys, archive.ledger.history.keys.statement
    rows = [_row(ring, purpose, verifier) for purpose in PURPOSES for verifier in ring.ever(purpose)]
    console.show(
        {
            "origin": ring.origin,
            "version": last.statement.version if last else 0,
            "needed": last.statement.needed if last else 0,
            "roots": last.statement.roots if last else (),
            "keys": rows,
        },
        (
            *_roots_in_words(ring),
            *(f"{_state_in_words(row):<30} {row['purpose']:<15} {row['verifier']}" for row in rows),
            *(f"  {shown(one.verifier)} is revoked: {one.reason}" for one in ring.revocations),
        ),
    )


def _row(ring: KeyRing, purpose: KeyPurpose, verifier: Verifier) -> dict[str, str | int | None]:
    first, end = ring.span(verifier, purpose)
    revocation = ring.find_revocation(verifier)
    return {
        "purpose": purpose,
        "verifier": verifier.to_text(),
        "first": first,
        "last": None if end is None else end - 1,
        "revoked_since": revocation.since if revocation else None,
        "reason": revocation.reason if revocation else None,
    }


def _state_in_words(row: dict[str, str | int | None]) -> str:
    if row["revoked_since"] is not None:
        return f"REVOKED since entry {row['revoked_since']}"
    if row["last"] is not None:
        return f"retired: entries {row['first']} to {row['last']}"
    return f"in force since entry {row['first']}"


def _roots_in_words(ring: KeyRing) -> tuple[str, ...]:
    last = ring.statement
    if last is None:
        return (f"{ring.origin} has no key statement yet: hold the ceremony (docs/KEYS.md), so that keys can change.",)
    entry, quorum = ring.periods[-1].since - 1, f"{last.statement.needed} of {len(last.roots)}"
    return (
        f"{ring.origin}: key statement {last.statement.version}, adopted in entry {entry}",
        f"  {quorum} root keys sign the next one.",
        *(f"{'in force':<30} {'root':<15} {root}" for root in last.statement.roots),
    )
