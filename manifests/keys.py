"""Private keys in files: made once, readable by their owner alone, with a passphrase from the environment if set."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

from manifests.signing import SigningKey
from schemas.errors import InputError, PolicyError, UnavailableError

if TYPE_CHECKING:
    from pathlib import Path

PASSPHRASE_VARIABLE = "HOLDFAST_KEY_PASSPHRASE"  # noqa: S105 - a variable's name
OTHERS = 0o077


class KeyMissingError(InputError):
    """A private key that is needed is not there."""

    code = "KEY_MISSING"


class KeyExposedError(PolicyError):
    """Others may read a private key."""

    code = "KEY_EXPOSED"


class KeyUnwritableError(UnavailableError):
    """A private key cannot be written."""

    code = "KEY_UNWRITABLE"


def _passphrase() -> bytes | None:
    value = os.environ.get(PASSPHRASE_VARIABLE)
    return value.encode() if value else None


def load(path: Path, *, name: str) -> SigningKey:
    """Return the key in ``path``, which signs under ``name``.

    Raises:
        KeyMissingError: there is no such file.
        KeyExposedError: users other than its owner may read it.
        KeyMalformedError: it is not a key, or the passphrase does not fit.
    """
    try:
        mode, pem = path.stat().st_mode, path.read_bytes()
    except OSError as error:
        raise KeyMissingError(
            f"The private key {path.name} cannot be read: {error.strerror}.",
            do=f"Restore {path} from your copy of the keys. Until then nothing can be added; reading still works.",
        ) from error
    if mode & OTHERS:
        raise KeyExposedError(
            f"The private key {path.name} may be read by other users.",
            do=f"Run 'chmod 600 {path}'; if others had access to this machine, replace the key.",
        )
    return SigningKey.from_pem(name, pem, passphrase=_passphrase())


def load_or_make(path: Path, *, name: str) -> SigningKey:
    """Return the key in ``path``, made now where there is none.

    Raises:
        KeyUnwritableError: it cannot be written.
    """
    if not path.exists():
        key = SigningKey.generate(name)
        write_once(path, key.to_pem(passphrase=_passphrase()), mode=0o600)
    return load(path, name=name)


def write_once(path: Path, content: bytes, *, mode: int) -> None:
    """Write a small file durably and whole; a file that is there already is left as it is.

    Raises:
        KeyUnwritableError: it cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        try:
            os.link(temporary, path)
        except FileExistsError:
            pass
        finally:
            temporary.unlink()
        folder = os.open(path.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
    except OSError as error:
        raise KeyUnwritableError(
            f"{path} cannot be written: {error.strerror}.", do="Make room or mend the folder's permissions."
        ) from error
