"""Credentials on their way out: put on requests to the origins that a platform names, and on no others.

A collector never sees them. Where an answer leads elsewhere, by a redirect or as the address of a next page, the
request goes without them.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from oauthlib.oauth1 import Client

from archiver.fetch.masking import SHORTEST_SECRET
from schemas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archiver.contract import Access
    from archiver.credentials.secret import Secret


class CredentialsMisshapenError(InputError):
    """An account's credentials are not of the kind that its platform wants."""

    code = "CREDENTIALS_MISSHAPEN"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What is put on requests: a secret, in the way of ``access``."""

    access: Access
    secret: Secret

    @classmethod
    def of(cls, access: Access, secret: Secret, *, account: str) -> Credentials:
        """Return the credentials of an account.

        Raises:
            CredentialsMisshapenError: its platform wants others.
        """
        user, colon, password = secret.token.partition(":")
        short = len(password.replace(" ", "")) < SHORTEST_SECRET
        if access.way == "basic" and (short or not user or not colon or " " in user):
            raise CredentialsMisshapenError(
                f"The credentials of {account!r} are no user and password.",
                do="Put them there as the user, a colon, and the password that the platform gave for programs.",
            )
        if access.way == "oauth1" and not (secret.token_secret and secret.client and secret.client_secret):
            raise CredentialsMisshapenError(
                f"The credentials of {account!r} cannot sign a request.", do=f"Run: holdfast account connect {account}"
            )
        return cls(access, secret)

    @property
    def secrets(self) -> tuple[str, ...]:
        """What is to be masked: of ``user:password`` also the password alone, and that without its spaces.

        Spaces are how some platforms show passwords, and not counted.
        """
        values = self.secret.values
        if self.access.way != "basic":
            return values
        password = self.secret.token.partition(":")[2]
        return tuple(dict.fromkeys((*values, password, password.replace(" ", ""))))

    def on(self, url: str) -> tuple[str, Mapping[str, str]]:
        """Return the address to ask for and the headers to add; both as they are where the origin gets nothing."""
        access, secret = self.access, self.secret
        origin = origin_of(url)
        if not origin or origin not in access.origins:
            return url, {}
        match access.way:
            case "bearer":
                return url, {"Authorization": f"Bearer {secret.token}"}
            case "header":
                return url, {access.parameter: secret.token}
            case "parameter":
                address, _, fragment = url.partition("#")
                mark = "&" if "?" in address else "?"
                named = f"{address}{mark}{quote(access.parameter)}={quote(secret.token, safe='')}"
                return (f"{named}#{fragment}" if fragment else named), {}
            case "basic":
                return url, {"Authorization": f"Basic {base64.b64encode(secret.token.encode()).decode()}"}
            case "oauth1":
                signing = Client(
                    secret.client,
                    client_secret=secret.client_secret,
                    resource_owner_key=secret.token,
                    resource_owner_secret=secret.token_secret,
                )
                _, headers, _ = signing.sign(url)
                return url, {"Authorization": headers["Authorization"]}


def origin_of(url: str) -> str:
    """Return scheme, host and port of an address, as an ``Access`` spells them: ``https://api.example:443``.

    It is empty for an address that is none, or that two readers might read differently: nothing is entrusted to it.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme.lower(), 0)
    except ValueError:
        return ""
    if "\\" in url or "@" in parts.netloc:
        return ""
    return f"{parts.scheme.lower()}://{(parts.hostname or '').lower()}:{port}"
