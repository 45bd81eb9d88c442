"""The commands of ``holdfast keys`` for a machine without network and without archive: make a root key, sign."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from manifests import keys as places
from manifests.ceremony.files import load_proposal, save_proposal
from manifests.ceremony.proposals import check_root_name, root_of, signed
from manifests.ceremony.words import changes_in_words, keys_in_words, waiting_in_words
from manifests.console import json_option
from manifests.signing import SigningKey
from manifests.statements import signers
from schemas.errors import InputError, PolicyError

if TYPE_CHECKING:
    from manifests.ceremony.proposals import Proposed
    from manifests.console import Console

ROOT_PASSPHRASE_VARIABLE = "HOLDFAST_ROOT_PASSPHRASE"  # noqa: S105 - a variable's name
FILE = click.argument("file", type=click.Path(dir_okay=False, path_type=Path))


class NotSignedError(PolicyError):
    """A root key's owner read a proposal and did not sign it."""

    code = "KEYS_NOT_SIGNED"


class PassphraseMissingError(InputError):
    """A root key needs a passphrase, and there is nobody to ask."""

    code = "PASSPHRASE_MISSING"


def _passphrase(*, confirm: bool) -> bytes:
    """Return the passphrase of a root key: from the environment, else typed."""
    value = os.environ.get(ROOT_PASSPHRASE_VARIABLE)
    if not value and sys.stdin.isatty():
        value = click.prompt("Passphrase of the root key", hide_input=True, confirmation_prompt=confirm, err=True)
    if not value:
        raise PassphraseMissingError(
            "A root key has a passphrase, and none was given.",
            do=f"Run this in a terminal, or set {ROOT_PASSPHRASE_VARIABLE}.",
        )
    return str(value).encode()


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
    key = SigningKey.generate(name)
    text, public = key.verifier.to_text(), file.with_name(f"{file.name}.pub")
    if public.exists():
        raise places.KeyTargetError(f"{public} exists already.", do="Choose another file.")
    places.write_new(file, key, passphrase=_passphrase(confirm=True))
    places.write_once(public, f"{text}\n".encode(), mode=0o644)
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
    key = places.load(key_file, name="root", passphrase=_passphrase(confirm=False))
    name = root_of(proposed, key.verifier.public).name
    if not yes and not click.confirm(f"Sign this as root key {name}?", err=True):
        raise NotSignedError(
            f"{name} did not sign {file}; it is as it was.",
            do="If something in it is not what was agreed, tell the others, and have it proposed again.",
        )
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
