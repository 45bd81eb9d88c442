"""From where a machine keeps an account's credentials to what requests carry; renewed first where they have ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from archiver.credentials.oauth2 import renewed
from archiver.credentials.places import CredentialsMissingError, Place
from archiver.credentials.secret import Secret, read_secret
from archiver.fetch.access import Credentials
from archiver.fetch.tokens import TokenService
from archiver.platforms.authorisation import OAuth2
from archiver.platforms.known import find_platform
from schemas.errors import PolicyError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archiver.contract import Access
    from archiver.fetch.addresses import Resolver
    from archiver.platforms.authorisation import Authorisation
    from manifests.archive import Archive
    from schemas.account import Account
    from schemas.instant import Instant


class CredentialsExposedError(PolicyError):
    """An account's credentials would travel in clear."""

    code = "CREDENTIALS_EXPOSED"


@dataclass(frozen=True, slots=True)
class Opening:
    """How an account's credentials are got at: where they are, and how its platform renews them."""

    account: Account
    place: Place | None
    authorisation: Authorisation | None
    service: TokenService
    now: Instant

    def credentials(self, access: Access) -> Credentials | None:
        """Return what requests carry; ``None`` where nothing is set up and the platform can do without.

        Raises:
            CredentialsMissingError, SecretUnusableError: the credentials are not where they should be, or are none.
            CredentialsExposedError: anybody on the way could read them.
            UnavailableError, TokenRefusedError, CredentialsUnsavableError: they have ended and cannot be renewed.
        """
        name = self.account.name
        if self.place is None:
            if not access.needed:
                return None
            raise CredentialsMissingError(
                f"The account {name!r} cannot be read without credentials.", do=f"Run: holdfast account connect {name}"
            )
        clear = sorted(origin for origin in access.origins if not origin.startswith("https://"))
        if clear and not self.account.private_network:
            raise CredentialsExposedError(
                f"The account {name!r} would be read without encryption at {clear[0]}, and its token with it.",
                do="Register it under an https address, or give one in holdfast.toml: "
                f"[platform.{self.account.platform}] api.",
            )
        return Credentials.of(access, self.secret(spaced=access.way == "basic"), account=name)

    def secret(self, *, spaced: bool = False) -> Secret:
        """Return the credentials as they are kept, renewed and kept anew where they have ended.

        Raises:
            CredentialsMissingError, SecretUnusableError: they are not where they should be, or are none.
            UnavailableError, TokenRefusedError, CredentialsUnsavableError: they have ended and cannot be renewed.
        """
        if self.place is None:
            raise CredentialsMissingError(
                f"Nothing says where the credentials of {self.account.name!r} are.",
                do=f"Run: holdfast account connect {self.account.name}",
            )
        secret = read_secret(self.place.read(), spaced=spaced)
        if not (isinstance(self.authorisation, OAuth2) and secret.refresh and secret.has_ended(self.now)):
            return secret
        with self.place.held():
            # Another process may have renewed them while this one waited: the old refresh token is worth nothing then.
            secret = read_secret(self.place.read(), spaced=spaced)
            if not secret.has_ended(self.now):
                return secret
            made = renewed(self.authorisation, self.service, secret, self.now)
            if self.place.keeps or made.refresh != secret.refresh:
                self.place.write(made.to_text())
            return made


def opening_of(archive: Archive, account: Account, *, environment: Mapping[str, str], resolve: Resolver) -> Opening:
    """Return how an account's credentials are got at on this machine."""
    settings = archive.settings
    chosen = settings.access.get(account.name)
    platform = find_platform(account.platform)
    return Opening(
        account=account,
        place=Place(account.name, chosen, archive.home, environment) if chosen else None,
        authorisation=platform.authorisation if platform else None,
        service=TokenService(resolve, settings.capture.user_agent, private_network=account.private_network),
        now=archive.now(),
    )
