"""``holdfast approve``: what a person signs who is asked to decide, on a machine that needs no archive."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from manifests import keys as places
from manifests.ceremony.carrying import agree, passphrase, public_file
from manifests.ceremony.files import read_verifier
from manifests.console import json_option
from manifests.decisions.decided import DecisionRefusedError, person_of
from manifests.decisions.files import load_decision, save_decision
from schemas.decisions import Disposition, HoldRelease
from schemas.errors import InputError

if TYPE_CHECKING:
    from manifests.console import Console
    from manifests.decisions.decided import Decided
    from manifests.signing import SigningKey

FILE = click.Path(dir_okay=False, path_type=Path)


class ApproverKeyError(InputError):
    """A key file and its public half do not belong together, or to the archive that the decision is about."""

    code = "APPROVER_KEY"


@click.command()
@click.argument("file", type=FILE)
@click.option("--with", "key_file", required=True, type=FILE, help="The file of your key; its .pub lies beside it.")
@click.option("--yes", is_flag=True, help="Do not ask: it was read before.")
@json_option
@click.pass_obj
def approve(console: Console, file: Path, key_file: Path, yes: bool) -> None:  # noqa: FBT001 - click's
    """Approve the decision in FILE with a key of your own, after reading what it is. Needs neither archive nor network.

    \b
    Example:
      holdfast approve release.json --with jane.pem
    """
    decided = load_decision(file)
    for line in in_words(decided):
        console.say(line)
    key = _key(key_file, decided)
    _, role, person = key.name.rsplit("/", 2)
    if person in (decided.decision.proposer, person_of(decided.decision.proposer)):
        raise DecisionRefusedError(f"{person} proposed this, and cannot approve it.", do="Have somebody else approve.")
    if not yes:
        agree(f"Approve this as {person}?", who=person, file=file)
    done = decided.signed(key)
    save_decision(file, done)
    signed = sorted(signature.name.rpartition("/")[2] for signature in done.note.signatures)
    console.show(
        {"file": str(file), "approved_by": signed, "role": role},
        (f"{person} approved {file}.", f"  Approved so far by: {', '.join(signed)}"),
    )


def _key(file: Path, decided: Decided) -> SigningKey:
    """Return a person's key under the name that its public half has."""
    public = read_verifier(str(public_file(file)))
    key = places.load(file, name=public.name, passphrase=passphrase(confirm=False))
    if key.verifier != public:
        raise ApproverKeyError(f"{public_file(file)} is not the public half of {file}.", do="Put the right one there.")
    if not public.name.startswith(f"{decided.origin}/"):
        raise ApproverKeyError(
            f"The key of {public.name} is not for the archive {decided.origin}.", do="Take the key for this archive."
        )
    return key


def in_words(decided: Decided) -> tuple[str, ...]:
    """Return what whoever approves must have read."""
    decision = decided.decision
    about: tuple[str, ...]
    match decision.what:
        case HoldRelease(hold=hold, reason=reason):
            about = (f"Release the hold {hold!r}: what it covers may be destroyed again when it is due.", reason)
        case Disposition() as what:
            about = (
                f"Destroy {what.records:,} records that are due on {what.as_of}, by the plan {what.plan}.",
                "They cannot be brought back. Read the plan's list first; the digest in it must be",
                what.digest.grouped,
            )
    return (
        f"To be decided for the archive {decided.origin}",
        "",
        *(f"  {line}" for line in about),
        "",
        f"  Proposed by {decision.proposer} at {decision.proposed}; counts until {decision.expires}.",
        "",
    )
