"""Connecting an account: a person allows the reading of it on its platform, and what that gives is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import msgspec

from archiver.credentials import oauth1, oauth2
from archiver.credentials.secret import Secret, read_secret
from archiver.platforms.authorisation import Given, OAuth1, OAuth2
from schemas.errors import InputError
from schemas.settings import AccessSettings

if TYPE_CHECKING:
    from pathlib import Path

    from archiver.fetch.tokens import TokenService
    from archiver.platforms.authorisation import Authorisation
    from archiver.sealing import Chance
    from schemas.instant import Instant


class NothingToConnectError(InputError):
    """An account's platform gives out nothing that its reading would need."""

    code = "NOTHING_TO_CONNECT"


class SettingsTakenError(InputError):
    """``holdfast.toml`` says already where an account's credentials are, and cannot be written there."""

    code = "ACCESS_TAKEN"


class Person(Protocol):
    """Whoever sits before the machine."""

    def told(self, text: str) -> None:
        """Show a text."""
        ...

    def asked(self, question: str, *, hidden: bool) -> str:
        """Return what was typed."""
        ...

    def sent(self, address: str) -> str:
        """Send the person to an address, and return the one at which the browser came back."""
        ...


@dataclass(frozen=True, slots=True)
class Connecting:
    """One walk through a platform's authorisation; ``redirect`` is the address at which browsers come back."""

    authorisation: Authorisation
    service: TokenService
    person: Person
    redirect: str
    chance: Chance
    now: Instant

    def secret(self) -> Secret:
        """Return the credentials that the platform gave.

        Raises:
            UnavailableError, TokenRefusedError, SecretUnusableError: it gave none.
        """
        for number, step in enumerate(self.authorisation.steps, 1):
            self.person.told(f"  {number}. {step.format(redirect=self.redirect)}")
        match self.authorisation:
            case Given() as how:
                secret = read_secret(self.person.asked("The token", hidden=True), spaced=True)
                # What was made just now is too young to be exchanged: the platform is asked from tomorrow on.
                return msgspec.structs.replace(secret, asked=str(self.now)) if how.renewal else secret
            case OAuth1() as how:
                client, client_secret = self._client()
                temporary, address = oauth1.begin(
                    how, self.service, client=client, client_secret=client_secret, redirect=self.redirect
                )
                return oauth1.end(how, self.service, temporary, callback=self.person.sent(address))
            case OAuth2() as how:
                return self._granted(how, *self._client())

    def _client(self) -> tuple[str, str]:
        client = self.person.asked("The client's id (or key)", hidden=False).strip()
        client_secret = self.person.asked("The client's secret (empty if it has none)", hidden=True).strip()
        # What could not be masked is refused before anybody goes anywhere.
        return client, read_secret(client_secret).token if client_secret else ""

    def _granted(self, how: OAuth2, client: str, client_secret: str) -> Secret:
        state, verifier = self.chance.name(), self.chance.name() + self.chance.name()
        address = oauth2.authorisation_url(how, client=client, redirect=self.redirect, state=state, verifier=verifier)
        code = oauth2.code_in(self.person.sent(address), client=client, state=state)
        return oauth2.exchange(
            how, self.service, client=client, client_secret=client_secret, code=code, redirect=self.redirect,
            verifier=verifier, now=self.now,
        )  # fmt: skip


def judged_scopes(authorisation: Authorisation, secret: Secret) -> tuple[str, ...]:
    """Return in words what the platform granted too little or too much of; nothing where it did not say."""
    if not isinstance(authorisation, OAuth2) or not secret.scopes:
        return ()
    asked, granted = set(authorisation.scopes), set(secret.scopes)
    lacking = (f"It was not allowed: {scope}. What needs it cannot be read." for scope in sorted(asked - granted))
    beyond = (f"It may do more than reading needs: {scope}. Take that away." for scope in sorted(granted - asked))
    return (*lacking, *beyond)


def named_in(settings: Path, account: str, place: AccessSettings | None, *, keyring: bool) -> AccessSettings:
    """Return where an account's credentials are to be kept; ``holdfast.toml`` is told where it does not say.

    Raises:
        SettingsTakenError: it names an environment variable.
    """
    if place is not None:
        if place.token_variable is not None:
            raise SettingsTakenError(
                f"holdfast.toml says that the credentials of {account!r} are in the environment variable "
                f"{place.token_variable}, which cannot be written.",
                do=f"Take [access.{account}] out of it, and run this again.",
            )
        return place
    chosen = AccessSettings(token_keyring=account) if keyring else AccessSettings(token_file=f"access/{account}.json")
    name, value = ("token_keyring", account) if keyring else ("token_file", chosen.token_file)
    with settings.open("a", encoding="utf-8") as stream:
        stream.write(f'\n[access.{account}]\n{name} = "{value}"\n')
    return chosen
