"""Credentials on their way out: put on requests to the origins that a platform names, and on no others.

A collector never sees them. Where an answer leads elsewhere, by a redirect or as the address of a next page, the
request goes without them.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from archiver.fetch.masking import SHORTEST_SECRET
from schemas.errors import InputError, PolicyError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from archiver.contract import Access
    from schemas.account import Account
    from schemas.settings import AccessSettings

LONGEST_SECRET = 16_384
"""In bytes."""


class CredentialsMissingError(InputError):
    """An account's credentials are not where ``holdfast.toml`` says, or cannot be used."""

    code = "CREDENTIALS_MISSING"


class CredentialsExposedError(PolicyError):
    """An account's credentials would travel in clear."""

    code = "CREDENTIALS_EXPOSED"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What is put on requests: ``token``, in the way of ``access``."""

    access: Access
    token: str

    @property
    def secrets(self) -> tuple[str, ...]:
        """What is to be masked: the token, and of ``user:password`` the password alone, also without its spaces.

        Spaces are how some platforms show passwords, and not counted.
        """
        if self.access.way != "basic":
            return (self.token,)
        password = self.token.partition(":")[2]
        return tuple(dict.fromkeys((self.token, password, password.replace(" ", ""))))

    def on(self, url: str) -> tuple[str, Mapping[str, str]]:
        """Return the address to ask for and the headers to add; both as they are where the origin gets nothing."""
        if origin_of(url) not in self.access.origins:
            return url, {}
        match self.access.way:
            case "bearer":
                return url, {"Authorization": f"Bearer {self.token}"}
            case "parameter":
                address, _, fragment = url.partition("#")
                mark = "&" if "?" in address else "?"
                named = f"{address}{mark}{quote(self.access.parameter)}={quote(self.token, safe='')}"
                return (f"{named}#{fragment}" if fragment else named), {}
            case "basic":
                return url, {"Authorization": f"Basic {base64.b64encode(self.token.encode()).decode()}"}


def credentials_of(
    access: Access, settings: AccessSettings | None, account: Account, *, home: Path, environment: Mapping[str, str]
) -> Credentials | None:
    """Return an account's credentials; ``None`` where none are set up and the platform can do without.

    Raises:
        CredentialsMissingError: they are not where they should be, or are none.
        CredentialsExposedError: anybody on the way could read them.
    """
    if settings is None:
        if not access.needed:
            return None
        raise CredentialsMissingError(
            f"The account {account.name!r} cannot be read without credentials.",
            do=f'Say in holdfast.toml where they are: [access.{account.name}], token_variable = "NAME".',
        )
    if not account.private_network and any(not origin.startswith("https://") for origin in access.origins):
        raise CredentialsExposedError(
            f"The account {account.name!r} would be read without encryption, and its token with it.",
            do="Register it under an https address.",
        )
    token = _token(settings, account=account.name, home=home, environment=environment).strip()
    credentials = Credentials(access, token)
    if not _can_be_one(credentials):
        raise CredentialsMissingError(
            f"The token of {account.name!r} is none: empty, too short, or with characters that no token has.",
            do="Put the token there as the platform gave it, and nothing else"
            f"{': the user, a colon, the password' if access.way == 'basic' else ''}.",
        )
    return credentials


def _can_be_one(credentials: Credentials) -> bool:
    token, basic = credentials.token, credentials.access.way == "basic"
    user, colon, password = token.partition(":") if basic else ("", "", token)
    spaced = " " in (user if basic else password)
    long_enough = all(len(secret) >= SHORTEST_SECRET for secret in credentials.secrets)
    return bool(
        long_enough and token.isascii() and token.isprintable() and not spaced and basic is bool(user and colon)
    )


def _token(settings: AccessSettings, *, account: str, home: Path, environment: Mapping[str, str]) -> str:
    if settings.token_variable is not None:
        name = settings.token_variable
        if name not in environment:
            raise CredentialsMissingError(
                f"The environment variable {name!r} for the account {account!r} is not set.",
                do=f"Set {name} to the token where Holdfast runs.",
            )
        return environment[name]
    file = home / (settings.token_file or "")
    try:
        with file.open("rb") as stream:
            return stream.read(LONGEST_SECRET).decode("ascii", "replace")
    except OSError as error:
        raise CredentialsMissingError(
            f"The token of the account {account!r} cannot be read: {error.strerror}.",
            do=f"Put it into {file}, readable for Holdfast's user alone.",
        ) from error


def origin_of(url: str) -> str:
    """Return scheme, host and port of an address, as an ``Access`` spells them: ``https://api.example:443``.

    It is empty for an address that two readers might read differently: nothing is entrusted to it.
    """
    parts = urlsplit(url)
    if "\\" in url or "@" in parts.netloc:
        return ""
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme.lower(), 0)
    return f"{parts.scheme.lower()}://{(parts.hostname or '').lower()}:{port}"
