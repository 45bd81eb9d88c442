"""From where a machine keeps an account's credentials to what requests carry; renewed first where they have ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from archiver.credentials.granted import granted
from archiver.credentials.oauth2 import renewed
from archiver.credentials.places import CredentialsMissingError, CredentialsUnsavableError, Place
from archiver.credentials.renewing import address_of, find_remark, is_due
from archiver.credentials.secret import Secret, read_secret
from archiver.fetch.access import Credentials
from archiver.fetch.forms import Forms
from archiver.fetch.tokens import TokenService
from archiver.platforms.authorisation import Given, OAuth2
from archiver.platforms.known import find_platform
from schemas.errors import ArchiveError, PolicyError
from schemas.settings import PlatformSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archiver.contract import Access
    from archiver.fetch.addresses import Resolver
    from archiver.platforms.authorisation import Authorisation, Renewal
    from manifests.archive import Archive
    from schemas.account import Account
    from schemas.instant import Instant


class CredentialsExposedError(PolicyError):
    """An account's credentials would travel in clear."""

    code = "CREDENTIALS_EXPOSED"


@dataclass(frozen=True, slots=True)
class Opening:
    """How an account's credentials are got at: where they are, and how its platform, at ``api``, renews them."""

    account: Account
    place: Place | None
    authorisation: Authorisation | None
    service: TokenService
    now: Instant
    api: str = ""

    @property
    def renewal(self) -> Renewal | None:
        """How the platform exchanges the token by itself, if it does."""
        return self.authorisation.renewal if isinstance(self.authorisation, Given) else None

    @property
    def renews(self) -> bool:
        """Whether the token is exchanged here: its platform does that, and what it gives can be kept."""
        return self.renewal is not None and self.place is not None and self.place.keeps

    def renew(self) -> str | None:
        """Exchange the token where it is time; return in words why that did not succeed when it was last tried.

        A token that is exchanged by itself serves on meanwhile: that there is no other one is no error yet.

        Raises:
            CredentialsMissingError, SecretUnusableError: the credentials are not where they should be, or are none.
        """
        how, place = self.renewal, self.place
        if how is None or place is None or not place.keeps:
            return None
        secret = read_secret(place.read())
        if not is_due(how, secret, self.now):
            return find_remark(secret)
        try:
            with place.held():
                secret = read_secret(place.read())
                if is_due(how, secret, self.now):
                    secret = msgspec.structs.replace(secret, asked=str(self.now), refused="")
                    # Before anything is asked: what comes back must find a place, and who is killed asks no more today.
                    place.write(secret.to_text())
                    secret = self._exchanged(how, secret)
                    place.write(secret.to_text())
        except CredentialsUnsavableError as error:
            return f"The token was not renewed: {error.what}"
        return find_remark(secret)

    def _exchanged(self, how: Renewal, secret: Secret) -> Secret:
        try:
            answer = self.service.ask(address_of(how, self.api, secret), method="GET")
            return granted(answer, secret, self.now)
        except ArchiveError as error:
            # Not swallowed: it is kept beside the token, and said at every look until there is another one.
            return msgspec.structs.replace(secret, refused=error.what)

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
    api = settings.platform.get(account.platform, PlatformSettings()).api or (
        platform.reading.api if platform and platform.reading else ""
    )
    return Opening(
        account=account,
        place=Place(account.name, chosen, archive.home, environment) if chosen else None,
        authorisation=platform.authorisation if platform else None,
        service=TokenService(Forms(resolve, settings.capture.user_agent, account.private_network)),
        now=archive.now(),
        api=api.rstrip("/"),
    )
