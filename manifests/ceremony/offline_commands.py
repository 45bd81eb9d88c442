"""The commands of ``holdfast keys`` for a machine without network and without archive: make a root key, sign."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from manifests import keys as places
from manifests.ceremony.carrying import agree, make_personal_key, passphrase
from manifests.ceremony.files import load_proposal, save_proposal
from manifests.ceremony.proposals import approver_key_name, check_root_name, root_of, signed
from manifests.ceremony.words import ROLE_NAMES, changes_in_words, keys_in_words, waiting_in_words
from manifests.console import json_option
from manifests.statements import signers
from schemas.roles import ROLES

if TYPE_CHECKING:
    from manifests.ceremony.proposals import Proposed
    from manifests.console import Console
    from schemas.roles import Role

FILE = click.argument("file", type=click.Path(dir_okay=False, path_type=Path))


@click.command()
@FILE
@click.option("--name", required=True, help="Whose key it is, for life: a word without spaces, such as 'alice'.")
@json_option
@click.pass_obj
def root(console: Console, file: Path, name: str) -> None:
    """Make a root key in FILE, on a machine without network, and its public half in FILE.pub.

    The private half is encrypted with a passphrase, which is asked for or comes from HOLDFAST_ROOT_PASSPHRASE. Keep
    FILE offline and a copy of it elsewhere; carry FILE.pub to the archive.

    \b
    Example:
      holdfast keys root /media/alice/root.pem --name alice
    """
    check_root_name(name)
    verifier, public = make_personal_key(file, name=name)
    text = verifier.to_text()
    console.show(
        {"private_key": str(file), "public_key": str(public), "verifier": text},
        (
            f"The root key {name} is in {file}: keep it offline, with its passphrase apart, and a copy elsewhere.",
            f"  Its public half, also in {public}:\n    {text}",
            f"Next, on the archive's machine: holdfast keys propose --root {public.name} … --needed K --to keys-1.json",
        ),
    )


@click.command()
@FILE
@click.option("--role", required=True, type=click.Choice(ROLES), help="As what the person approves.")
@click.option("--name", required=True, help="Whose key it is: lower-case letters, digits and dashes, such as 'jane'.")
@click.option("--origin", required=True,
              help="The archive's name for life, which 'holdfast status' shows after the word archive.")  # fmt: skip
@json_option
@click.pass_obj
def approver(console: Console, file: Path, role: Role, name: str, origin: str) -> None:
    """Make a key in FILE with which a person approves, and its public half in FILE.pub. Needs no archive.

    The private half is encrypted with a passphrase, which is asked for or comes from HOLDFAST_ROOT_PASSPHRASE. Somebody
    with two roles has two keys, and still counts as one person.

    \b
    Example:
      holdfast keys approver jane.pem --role records-officer --name jane --origin maple-grove-usd/25c9bbc9
    """
    verifier, public = make_personal_key(file, name=approver_key_name(origin, role, name))
    text = verifier.to_text()
    console.show(
        {"private_key": str(file), "public_key": str(public), "verifier": text},
        (
            f"The key of {name}, {ROLE_NAMES[role]}, is in {file}; keep {public.name} beside it.",
            f"  Its public half, also in {public}:\n    {text}",
            f"Next, on the archive's machine: holdfast keys propose --add {role} {public.name} --to keys.json",
        ),
    )


@click.command()
@FILE
@click.option("--with", "key_file", required=True, type=click.Path(dir_okay=False, path_type=Path),
              help="The file of the root key.")  # fmt: skip
@click.option("--yes", is_flag=True, help="Do not ask: it was read before.")
@json_option
@click.pass_obj
def sign(console: Console, file: Path, key_file: Path, yes: bool) -> None:  # noqa: FBT001 - click's
    """Sign the proposal in FILE with a root key, after showing what it changes. Needs neither archive nor network.

    \b
    Example:
      holdfast keys sign /media/stick/keys-2.json --with /media/alice/root.pem
    """
    proposed = load_proposal(file)
    for line in _question(proposed):
        console.say(line)
    key = places.load(key_file, name="root", passphrase=passphrase(confirm=False))
    name = root_of(proposed, key.verifier.public).name
    if not yes:
        agree(f"Sign this as root key {name}?", who=name, file=file)
    done = signed(proposed, key)
    save_proposal(file, done, new=False)
    waiting = waiting_in_words(done)
    console.show(
        {
            "file": str(file),
            "version": done.new.statement.version,
            "changes": changes_in_words(done),
            "signed": sorted(one.name for one in signers(done.new, before=done.before)),
            "waiting": waiting,
        },
        (
            f"{name} signed {file}.",
            *(
                (f"It still needs {' and '.join(waiting)}.", "Next: carry it to them, and run the same command there.")
                if waiting
                else (f"Next, on the archive's machine: holdfast keys adopt {file.name}",)
            ),
        ),
    )


def _question(proposed: Proposed) -> tuple[str, ...]:
    """Return what a root key's owner must have read."""
    statement = proposed.new.statement
    return (
        f"Key statement {statement.version} of the archive {proposed.new.origin}",
        "",
        "What it changes:",
        *(f"  {line}" for line in changes_in_words(proposed)),
        "",
        f"All keys after it ({statement.needed} of {len(statement.roots)} root keys decide):",
        *(f"  {line}" for line in keys_in_words(proposed)),
        "",
        "Compare the new ones, to the last character, with what their owners gave you: on paper or in person.",
    )
