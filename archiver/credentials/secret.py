"""What an account's credentials are made of, as they stand where the machine keeps them. Pure."""

from __future__ import annotations

import msgspec

from archiver.fetch.masking import SHORTEST_SECRET
from schemas.errors import InputError
from schemas.instant import Instant, InstantMalformedError

LONGEST = 16_384
"""In characters."""
SOON = 300
"""How many seconds before its end a token counts as ended: what it is used for takes time, too."""


class SecretUnusableError(InputError):
    """What stands where an account's credentials should be cannot be used."""

    code = "CREDENTIALS_UNUSABLE"


class Secret(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """An account's credentials. Nothing of it is ever shown: it prints as nothing.

    ``token`` is what requests carry; with OAuth 1.0a ``token_secret`` signs. ``client`` and ``client_secret`` are those
    of the program as the platform knows it, ``refresh`` gets another token when this one ``expires`` (an instant), and
    does so until ``refresh_expires``. ``scopes`` are what the platform said that the token may do. Of a token that is
    exchanged by itself, ``asked`` is when another one was last asked for, and ``refused`` in words why there is none.
    """

    token: str
    token_secret: str = ""
    client: str = ""
    client_secret: str = ""
    refresh: str = ""
    expires: str = ""
    refresh_expires: str = ""
    scopes: tuple[str, ...] = ()
    asked: str = ""
    refused: str = ""

    def __repr__(self) -> str:
        return "Secret(…)"

    @property
    def values(self) -> tuple[str, ...]:
        """What is to be masked wherever it occurs."""
        values = (self.token, self.token_secret, self.client_secret, self.refresh)
        return tuple(dict.fromkeys(value for value in values if value))

    @property
    def ends(self) -> Instant | None:
        """When the token ends; ``None`` where that is not known."""
        return _find_instant(self.expires)

    @property
    def refresh_ends(self) -> Instant | None:
        """When what renews the token ends; ``None`` where that is not known."""
        return _find_instant(self.refresh_expires)

    @property
    def asked_at(self) -> Instant | None:
        """When another token was last asked for; ``None`` where that is not known."""
        return _find_instant(self.asked)

    def has_ended(self, now: Instant) -> bool:
        """Return whether the token has ended, or ends so soon that a look could not be finished with it."""
        ends = self.ends
        return ends is not None and ends.micros - now.micros < SOON * 1_000_000

    def to_text(self) -> str:
        """Return the credentials as they are kept."""
        return msgspec.json.encode(self).decode()


def read_secret(text: str, *, spaced: bool = False) -> Secret:
    """Return the credentials in a text: a token and nothing else, or what ``Secret.to_text`` returned.

    ``spaced`` allows spaces in a token, as passwords may have.

    Raises:
        SecretUnusableError: they are none; the error shows nothing of them.
    """
    stripped = text.strip()
    if len(stripped) > LONGEST:
        raise _unusable("they are longer than any token")
    secret = Secret(token=stripped)
    if stripped.startswith("{"):
        try:
            secret = msgspec.json.decode(stripped, type=Secret)
        except msgspec.MsgspecError as error:
            raise _unusable("they are no JSON of the kind that 'holdfast account connect' writes") from error
    for value in secret.values:
        if len(value) < SHORTEST_SECRET:
            raise _unusable("a part of them is empty or too short")
        if not value.isascii() or not value.isprintable() or (" " in value and not spaced):
            raise _unusable("they hold characters that no token has")
    if not secret.token:
        raise _unusable("they are empty")
    return secret


def _find_instant(text: str) -> Instant | None:
    try:
        return Instant.from_text(text)
    except InstantMalformedError:
        return None


def _unusable(why: str) -> SecretUnusableError:
    return SecretUnusableError(
        f"The credentials cannot be used: {why}.",
        do="Put the token there as the platform gave it, and nothing else; or run: holdfast account connect NAME",
    )
