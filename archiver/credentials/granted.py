"""What an answer of a place that gives out tokens holds (RFC 6749 section 5.1), read without trusting it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from archiver.credentials.secret import SecretUnusableError, read_secret
from archiver.fetch.tokens import TokenRefusedError
from archiver.parsing.json_slices import JsonMalformedError, decode
from archiver.parsing.shapes import find_text, member

if TYPE_CHECKING:
    from archiver.credentials.secret import Secret
    from schemas.instant import Instant

LONGEST_SECONDS = 100 * 365 * 86_400
SCOPES = ("scope", "permissions")
"""Meta's refreshed tokens name what they may do by the second."""
REFRESH = ("refresh_token_expires_in", "refresh_expires_in")
"""In how many seconds what renews the token ends: as LinkedIn and Pinterest say it, and as TikTok does."""


def granted(body: str, before: Secret, now: Instant) -> Secret:
    """Return credentials with the token of an answer that came ``now``; what it does not say stays as it was.

    Raises:
        TokenRefusedError: it holds no token that requests could carry.
    """
    try:
        value: Any = decode(body.encode("utf-8", "replace")).value
    except JsonMalformedError:
        value = None
    made = msgspec.structs.replace(
        before,
        token=find_text(value, "access_token") or "",
        refresh=find_text(value, "refresh_token") or before.refresh,
        expires=_end(member(value, "expires_in"), now),
        refresh_expires=next(
            (end for name in REFRESH if (end := _end(member(value, name), now))), before.refresh_expires
        ),
        scopes=next((found for name in SCOPES if (found := _words(member(value, name)))), before.scopes),
    )
    try:
        return read_secret(made.to_text())
    except SecretUnusableError as error:
        raise TokenRefusedError(
            "The platform answered, and not with a token that can be used.", do="Connect the account again."
        ) from error


def _end(seconds: Any, now: Instant) -> str:  # noqa: ANN401 - any JSON
    """Return when a token ends that lives so long; nothing where that is not said, or is no time."""
    if (
        isinstance(seconds, str)
        and seconds.isascii()
        and seconds.isdigit()
        and len(seconds) <= len(str(LONGEST_SECONDS))
    ):
        seconds = int(seconds)
    told = isinstance(seconds, int | float) and not isinstance(seconds, bool) and 0 < seconds <= LONGEST_SECONDS
    return str(now.plus(seconds=int(seconds))) if told else ""


def _words(scopes: Any) -> tuple[str, ...]:  # noqa: ANN401 - any JSON
    """Return scopes (RFC 6749 section 3.3): separated by spaces, on some platforms by commas, or a list."""
    told = scopes.replace(",", " ").split() if isinstance(scopes, str) else scopes
    found = told if isinstance(told, list) else ()
    return tuple(scope for scope in found if isinstance(scope, str) and scope.isascii() and scope.isprintable())
