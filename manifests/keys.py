"""Private keys: in files of their owner alone, in what the machine hands over, or in a token; made once, read by name.

Passphrases and PINs come from the environment, and none of them, nor any key, is ever printed.
"""

from __future__ import annotations

import errno
import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from manifests import tokens
from manifests.signing import SigningKey
from schemas.errors import InputError, PolicyError, UnavailableError
from schemas.settings import EnvironmentKey, FileKeys, TokenKey

if TYPE_CHECKING:
    from collections.abc import Sequence

    from manifests.signing import Signer, Verifier
    from schemas.ledger import KeyPurpose
    from schemas.settings import KeyPlace

PASSPHRASE_VARIABLE = "HOLDFAST_KEY_PASSPHRASE"  # noqa: S105 - a variable's name
OTHERS = 0o077
PEM = "-----BEGIN"
LARGEST_PEM = 1 << 16
NO_LINKS = (errno.EPERM, errno.EOPNOTSUPP)
"""What file systems without hard links say when one is asked for (FAT, exFAT; some network shares)."""


class KeyMissingError(InputError):
    """A private key that is needed is not there."""

    code = "KEY_MISSING"


class KeyExposedError(PolicyError):
    """Others may read a private key."""

    code = "KEY_EXPOSED"


class KeyUnwritableError(UnavailableError):
    """A private key cannot be written."""

    code = "KEY_UNWRITABLE"


class KeyTargetError(InputError):
    """A new private key cannot go where it was to go: something is there, or no place was named."""

    code = "KEY_TARGET"


def _passphrase() -> bytes | None:
    value = os.environ.get(PASSPHRASE_VARIABLE)
    return value.encode() if value else None


def load(path: Path, *, name: str, passphrase: bytes | None = None) -> SigningKey:
    """Return the key in ``path``, which signs under ``name``; without a ``passphrase`` the environment's is used.

    Where a ``passphrase`` is given the key is read only if it is encrypted with it. Then others may read the file: on
    memory sticks no file has an owner.

    Raises:
        KeyMissingError: there is no such file.
        KeyExposedError: users other than its owner may read it, and no ``passphrase`` is given.
        KeyMalformedError: it is not a key, or the passphrase does not fit.
    """
    try:
        mode, pem = path.stat().st_mode, _pem(path)
    except OSError as error:
        raise KeyMissingError(
            f"The private key {path.name} cannot be read: {error.strerror}.",
            do=f"Check the path, or restore {path} from your copy of the keys; reading the archive still works. "
            "Without a copy, have another key adopted (docs/KEYS.md, 'A key is lost').",
        ) from error
    if mode & OTHERS and passphrase is None:
        raise KeyExposedError(
            f"The private key {path.name} may be read by other users.",
            do=f"Run 'chmod 600 {path}'; if others had access to this machine, replace the key.",
        )
    return SigningKey.from_pem(name, pem, passphrase=passphrase or _passphrase())


def _pem(path: Path) -> bytes:
    """Return what a file holds, as far as a private key can reach."""
    with path.open("rb") as stream:
        return stream.read(LARGEST_PEM)


def load_or_make(path: Path, *, name: str) -> SigningKey:
    """Return the key in ``path``, made now where there is none.

    Raises:
        KeyUnwritableError: it cannot be written.
    """
    if not path.exists():
        key = SigningKey.generate(name)
        write_once(path, key.to_pem(passphrase=_passphrase()), mode=0o600)
    return load(path, name=name)


def open_key(place: KeyPlace, *, purpose: KeyPurpose, name: str, accepted: Sequence[Verifier], home: Path) -> Signer:
    """Return the key for ``purpose`` that this machine has, under the name that it has among those ``accepted``.

    Where it has several of them, it is the one that stands last. Where it has none, the key is returned that would be
    used, under ``name``: whoever is asked to accept its signature knows why not.

    Raises:
        KeyMissingError, KeyExposedError, KeyMalformedError: it cannot be read.
        InputError, UnavailableError: the token or its key cannot be used.
    """
    match place:
        case FileKeys(folder=folder):
            path = _file_of(home / folder, purpose, accepted)
            return _named(load(path, name=name), accepted)
        case EnvironmentKey(variable=variable):
            return _named(_handed_over(variable, name), accepted)
        case TokenKey():
            found = tokens.keys_in(place, name=name, environment=os.environ)
            named = [_named(key, accepted) for key in found]
            in_force = [key for key in named if key.verifier in accepted]
            return max(in_force, key=lambda key: accepted.index(key.verifier), default=named[0])


def _named(key: Signer, accepted: Sequence[Verifier]) -> Signer:
    """Return a key under the name that its public half has among those accepted."""
    name = next((one.name for one in accepted if one.public == key.verifier.public), key.name)
    return key.under(name)


def _file_of(folder: Path, purpose: KeyPurpose, accepted: Sequence[Verifier]) -> Path:
    """Return where a key is: under its id if it was made later, else where 'holdfast init' put the first one."""
    paths = [folder / file_name(purpose, verifier) for verifier in reversed(accepted)]
    return next((path for path in paths if path.exists()), folder / f"{purpose}.pem")


def file_name(purpose: KeyPurpose, verifier: Verifier) -> str:
    """Return the name of the file of a key that was made after the archive."""
    return f"{purpose}-{verifier.id.hex()}.pem"


def _handed_over(variable: str, name: str) -> SigningKey:
    """Return the key that an environment variable holds, or whose file it names."""
    value = os.environ.get(variable)
    if not value:
        raise KeyMissingError(
            f"The environment variable {variable} is not set.",
            do="Set it to the private key (PEM) or to the path of its file; see docs/SETTINGS.md, [keys.PURPOSE].",
        )
    if value.lstrip().startswith(PEM):
        return SigningKey.from_pem(name, value.encode(), passphrase=_passphrase())
    try:
        # Whether others may read it is for whoever mounts secrets here: systemd, Kubernetes.
        pem = _pem(Path(value))
    except (OSError, ValueError) as error:
        raise KeyMissingError(
            f"The file that {variable} names cannot be read.",
            do="Check that the secret is mounted, and that the variable holds its path or the PEM itself.",
        ) from error
    return SigningKey.from_pem(name, pem, passphrase=_passphrase())


def make_key(place: KeyPlace, *, purpose: KeyPurpose, name: str, home: Path, to: Path | None) -> tuple[Verifier, str]:
    """Make a private key where this machine keeps its own, and return its public half and where it is, in words.

    A key that the machine hands over is written to ``to`` instead, for whoever sets up its secrets.

    Raises:
        KeyTargetError: there is a file already, or none was named.
        KeyUnwritableError: the file cannot be written.
        InputError, UnavailableError: the token does not make such a key.
    """
    if isinstance(place, TokenKey):
        made = tokens.make_in(place, name=name, environment=os.environ)
        return made.verifier, f"the token {place.token!r}, which it never leaves"
    key = SigningKey.generate(name)
    if to is None and isinstance(place, EnvironmentKey):
        raise KeyTargetError(
            f"This machine is handed its key in {place.variable}; a new one has to be put there by you.",
            do="Name a file with --to, and give it to whoever sets up this machine's secrets.",
        )
    folder = home / place.folder if isinstance(place, FileKeys) else home
    path = to or folder / file_name(purpose, key.verifier)
    write_new(path, key, passphrase=_passphrase())
    return key.verifier, str(path)


def write_new(path: Path, key: SigningKey, *, passphrase: bytes | None) -> None:
    """Write a private key into a file that is not there yet, for its owner alone.

    Raises:
        KeyTargetError: there is a file already.
        KeyUnwritableError: it cannot be written.
    """
    if path.exists():
        raise KeyTargetError(f"{path} exists already.", do="Choose another file; a key is never written over.")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(path, error) from error
    write_once(path, key.to_pem(passphrase=passphrase), mode=0o600)


def write_once(path: Path, content: bytes, *, mode: int) -> None:
    """Write a small file durably and whole; a file that is there already is left as it is.

    Raises:
        KeyUnwritableError: it cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        _write(temporary, content, mode)
        try:
            os.link(temporary, path)
        except FileExistsError:
            pass
        except OSError as error:
            if error.errno not in NO_LINKS:
                raise
            # Memory sticks have no links. Here a crash leaves a part of the file, which nothing takes for the whole.
            with suppress(FileExistsError):
                _write(path, content, mode)
        finally:
            temporary.unlink()
        folder = os.open(path.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
    except OSError as error:
        raise _unwritable(path, error) from error


def _write(path: Path, content: bytes, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def _unwritable(path: Path, error: OSError) -> KeyUnwritableError:
    return KeyUnwritableError(
        f"{path} cannot be written: {error.strerror}.", do="Make room or mend the folder's permissions."
    )
