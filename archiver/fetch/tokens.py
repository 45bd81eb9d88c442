"""Asking a platform for a token: the one exchange that is not recorded, because it is made of secrets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from archiver.fetch.failures import LATER, ConnectionCutError, RateLimitedError
from archiver.parsing.json_slices import JsonMalformedError, decode
from archiver.parsing.shapes import find_id, member
from schemas.errors import PolicyError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archiver.fetch.forms import Forms


TOO_MANY_REQUESTS, SERVER_ERRORS = 429, 500


class TokenRefusedError(PolicyError):
    """A platform gives out no token: it no longer knows the credentials, or never did."""

    code = "TOKEN_REFUSED"


@dataclass(frozen=True, slots=True)
class TokenService:
    """The way to where tokens are given out."""

    forms: Forms

    def ask(self, url: str, *, method: str = "POST", form: str = "", headers: Mapping[str, str] | None = None) -> str:
        """Return the body of the answer to a form.

        Raises:
            UnavailableError: there is no answer, or none that can be used.
            TokenRefusedError: the platform refuses; the error shows its own code, and nothing of what was sent.
            AddressForbiddenError, AddressMalformedError: the address may not be connected to, or is none.
        """
        if not url.lower().startswith("https://") and not self.forms.private_network:
            raise TokenRefusedError("Tokens are asked for over https alone.", do="Correct the platform's address.")
        sent = {"Accept": "application/json", **(headers or {})}
        status, body = self.forms.send(url, form, method=method, headers=sent)
        host = urlsplit(url).hostname
        if status == TOO_MANY_REQUESTS:
            raise RateLimitedError(f"{host} gave no token: it wants to be asked less often.", do=LATER, status=status)
        if status >= SERVER_ERRORS:
            raise ConnectionCutError(f"{host} gave no token: it answered with status {status}.", do=LATER)
        if not 200 <= status < 300:  # noqa: PLR2004 - RFC 9110 section 15.3
            raise TokenRefusedError(
                f"{host} gave no token: it answered with status {status}{_reason(body)}.",
                do="Connect the account again: holdfast account connect NAME",
            )
        return body


def _reason(body: str) -> str:
    """Return the code by which a server says why it gives none: a word (RFC 6749 section 5.2), or a number (Meta's)."""
    try:
        value: Any = decode(body.encode("utf-8", "replace")).value
    except JsonMalformedError:
        return ""
    code = find_id(value, "error") or find_id(member(value, "error"), "code") or ""
    known = code.isascii() and code.replace("_", "").isalnum() and len(code) <= 40  # noqa: PLR2004
    return f" ({code})" if known else ""
