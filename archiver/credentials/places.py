"""Where a machine keeps an account's credentials: an environment variable, a file, or the system's keyring."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import keyring
from keyring.errors import KeyringError

from schemas.errors import InputError
from storage.disk import synchronise

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from schemas.settings import SecretSettings

LONGEST = 16_384
"""In bytes."""
SERVICE = "holdfast"


class CredentialsMissingError(InputError):
    """An account's credentials are not where ``holdfast.toml`` says, or it does not say where."""

    code = "CREDENTIALS_MISSING"


class CredentialsUnsavableError(InputError):
    """Renewed credentials cannot be kept where the old ones are."""

    code = "CREDENTIALS_UNSAVABLE"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the credentials of ``account`` are; ``home`` is the folder of ``holdfast.toml``."""

    account: str
    settings: SecretSettings
    home: Path
    environment: Mapping[str, str]

    @property
    def words(self) -> str:
        """Return in words where it is."""
        match self.settings.token_variable, self.settings.token_file:
            case str() as name, _:
                return f"the environment variable {name}"
            case _, str() as name:
                return f"the file {name}"
            case _:
                return f"the keyring, under {self.settings.token_keyring}"

    @property
    def keeps(self) -> bool:
        """Whether renewed credentials can be kept there."""
        return self.settings.token_variable is None

    def read(self) -> str:
        """Return what is there.

        Raises:
            CredentialsMissingError: nothing is, or it cannot be read.
        """
        settings = self.settings
        if settings.token_variable is not None:
            found = self.environment.get(settings.token_variable)
        elif settings.token_file is not None:
            found = self._read_file(self.home / settings.token_file)
        else:
            found = self._from_keyring(settings.token_keyring or "")
        if found is None:
            raise CredentialsMissingError(
                f"The credentials of the account {self.account!r} are not in {self.words}.",
                do=f"Put them there, or run: holdfast account connect {self.account}",
            )
        return found

    def write(self, text: str) -> None:
        """Keep credentials there, readable for this user alone, in the place of what was there.

        Raises:
            CredentialsUnsavableError: they cannot be kept there.
        """
        settings = self.settings
        try:
            if settings.token_file is not None:
                _write_file(self.home / settings.token_file, text)
            elif settings.token_keyring is not None:
                keyring.set_password(SERVICE, settings.token_keyring, text)
            else:
                raise self._unsavable("an environment variable cannot be written")
        except (OSError, KeyringError) as error:
            raise self._unsavable(getattr(error, "strerror", None) or type(error).__name__) from error

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep other processes of this machine from renewing the same credentials until the block ends.

        Raises:
            CredentialsUnsavableError: the home folder's state cannot be written, by which processes know of each other.
        """
        folder = self.home / "state" / "access"
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = (folder / f"{self.account}.lock").open("w")
            fcntl.flock(lock, fcntl.LOCK_EX)
        except OSError as error:
            raise self._unsavable(error.strerror or type(error).__name__) from error
        with lock:
            yield

    def _read_file(self, path: Path) -> str | None:
        try:
            with path.open("rb") as stream:
                return stream.read(LONGEST).decode("ascii", "replace")
        except FileNotFoundError:
            return None
        except OSError as error:
            raise CredentialsMissingError(
                f"The credentials of the account {self.account!r} cannot be read: {error.strerror}.",
                do=f"Make {path} readable for Holdfast's user, and for nobody else.",
            ) from error

    def _from_keyring(self, name: str) -> str | None:
        try:
            return keyring.get_password(SERVICE, name)
        except KeyringError as error:
            raise CredentialsMissingError(
                f"The keyring with the credentials of the account {self.account!r} does not open.",
                do="Unlock it, or keep the credentials in a file: an unattended job has no keyring of a desktop.",
            ) from error

    def _unsavable(self, why: str) -> CredentialsUnsavableError:
        return CredentialsUnsavableError(
            f"The credentials of the account {self.account!r} cannot be kept in {self.words}: {why}.",
            do="Keep them in a file that Holdfast may write (token_file). If the platform has just given others, "
            "connect the account once more.",
        )


def _write_file(path: Path, text: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.rename(path)
    # What it replaces may be worth nothing any more.
    synchronise(path.parent)
