"""The small files that people carry from machine to machine, and the keys of their own with which they sign."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from manifests import keys as places
from manifests.signing import SigningKey
from schemas.errors import InputError, PolicyError

if TYPE_CHECKING:
    from pathlib import Path

    from manifests.signing import Verifier

PASSPHRASE_VARIABLE = "HOLDFAST_ROOT_PASSPHRASE"  # noqa: S105 - a variable's name


class CarriedFileError(InputError):
    """A file that people carry cannot be read or written, or something is there already."""

    code = "FILE_CARRIED"


class NotSignedError(PolicyError):
    """A key's owner read what was to be signed, and did not sign it."""

    code = "KEYS_NOT_SIGNED"


class PassphraseMissingError(InputError):
    """A person's key needs a passphrase, and there is nobody to ask."""

    code = "PASSPHRASE_MISSING"


def read_carried(path: Path, limit: int) -> bytes:
    """Return what a file of at most ``limit`` bytes holds.

    Raises:
        CarriedFileError: it cannot be read, or is larger.
    """
    try:
        with path.open("rb") as stream:
            content = stream.read(limit + 1)
    except OSError as error:
        raise CarriedFileError(f"{path} cannot be read: {error.strerror}.", do="Name the file again.") from error
    if len(content) > limit:
        raise CarriedFileError(f"{path} is larger than any such file.", do="Name the file again.")
    return content


def read_carried_text(path: Path, limit: int) -> str:
    """Return the text that a file of at most ``limit`` bytes holds, without the space around it.

    Raises:
        CarriedFileError: it cannot be read, is larger, or is no text in UTF-8.
    """
    try:
        return read_carried(path, limit).decode().strip()
    except UnicodeDecodeError as error:
        raise CarriedFileError(f"{path} is no text in UTF-8.", do="Save it as plain text.") from error


def write_carried(path: Path, content: bytes, *, new: bool) -> None:
    """Write a file, whole or not at all; a ``new`` one is not put over another.

    Raises:
        CarriedFileError: it cannot be written, or something is there.
    """
    if new and path.exists():
        raise CarriedFileError(f"{path} exists already.", do="Choose another name.")
    temporary = path.with_name(f"{path.name}.part")
    try:
        with temporary.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    except OSError as error:
        raise CarriedFileError(
            f"{path} cannot be written: {error.strerror}.", do="Make room, or go elsewhere."
        ) from error


def passphrase(*, confirm: bool) -> bytes:
    """Return the passphrase of a person's key: from the environment, else typed.

    Raises:
        PassphraseMissingError: there is neither.
    """
    value = os.environ.get(PASSPHRASE_VARIABLE)
    if not value and sys.stdin.isatty():
        value = click.prompt("Passphrase of the key", hide_input=True, confirmation_prompt=confirm, err=True)
    if not value:
        raise PassphraseMissingError(
            "A key of a person has a passphrase, and none was given.",
            do=f"Run this in a terminal, or set {PASSPHRASE_VARIABLE}.",
        )
    return str(value).encode()


def make_personal_key(file: Path, *, name: str) -> tuple[Verifier, Path]:
    """Make a person's key in ``file``, encrypted, and its public half in a file beside; return that half and its file.

    Raises:
        KeyTargetError: one of the files is there.
        KeyUnwritableError: they cannot be written.
        PassphraseMissingError: there is no passphrase.
    """
    key = SigningKey.generate(name)
    public = public_file(file)
    if public.exists():
        raise places.KeyTargetError(f"{public} exists already.", do="Choose another file.")
    places.write_new(file, key, passphrase=passphrase(confirm=True))
    places.write_once(public, f"{key.verifier.to_text()}\n".encode(), mode=0o644)
    return key.verifier, public


def public_file(file: Path) -> Path:
    """Return where the public half of a person's key lies."""
    return file.with_name(f"{file.name}.pub")


def agree(question: str, *, who: str, file: Path) -> None:
    """Ask whoever signs.

    Raises:
        NotSignedError: the answer is no, or nobody answers.
    """
    try:
        agreed = click.confirm(question, err=True)
    except click.Abort:
        agreed = False
    if not agreed:
        raise NotSignedError(
            f"{who} did not sign {file}; it is as it was.",
            do="If something in it is not what was agreed, tell the others, and have it proposed again.",
        )
