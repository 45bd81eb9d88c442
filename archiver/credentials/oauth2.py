"""The authorisation code grant of OAuth 2.0, with PKCE: what is asked, and what answers say (RFC 6749, RFC 7636)."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING
from urllib.parse import quote_plus, urlencode

from oauthlib.oauth2 import OAuth2Error, WebApplicationClient

from archiver.credentials.granted import granted
from archiver.credentials.secret import Secret
from archiver.fetch.tokens import TokenRefusedError
from archiver.platforms.paging import with_parameter

if TYPE_CHECKING:
    from archiver.fetch.tokens import TokenService
    from archiver.platforms.authorisation import OAuth2
    from schemas.instant import Instant


def authorisation_url(how: OAuth2, *, client: str, redirect: str, state: str, verifier: str) -> str:
    """Return the address that a person opens to allow the reading of an account."""
    parameters = {
        "response_type": "code",
        how.client_name: client,
        "redirect_uri": redirect,
        "scope": how.separator.join(how.scopes),
        "state": state,
        "code_challenge": _challenge(how, verifier),
        "code_challenge_method": "S256",
    }
    return with_parameter(how.authorise, **parameters, **how.more)


def _challenge(how: OAuth2, verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode("ascii"))
    if how.challenge == "hex":
        return digest.hexdigest()
    return base64.urlsafe_b64encode(digest.digest()).decode().rstrip("=")  # RFC 7636 section 4.2


def code_in(callback: str, *, client: str, state: str) -> str:
    """Return the code in the address at which the browser came back.

    Raises:
        TokenRefusedError: the person, or the platform, refused; or it is the answer to another question.
    """
    try:
        answer = WebApplicationClient(client).parse_request_uri_response(_as_secure(callback), state=state)
    except OAuth2Error as error:
        raise TokenRefusedError(
            f"The platform did not allow it: {error.error}.", do="Open the address again, and allow it."
        ) from error
    return str(answer["code"])


def exchange(
    how: OAuth2, service: TokenService, *, client: str, client_secret: str, code: str, redirect: str, verifier: str,
    now: Instant,
) -> Secret:  # fmt: skip
    """Return the credentials that a code is exchanged for.

    Raises:
        UnavailableError, TokenRefusedError: there are none.
    """
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect, "code_verifier": verifier}
    body = _ask(how, service, form, client=client, client_secret=client_secret)
    return granted(body, Secret(token="", client=client, client_secret=client_secret), now)


def renewed(how: OAuth2, service: TokenService, secret: Secret, now: Instant) -> Secret:
    """Return the credentials with another token (RFC 6749 section 6), and another refresh token if one was given.

    Raises:
        UnavailableError, TokenRefusedError: there is none.
    """
    form = {"grant_type": "refresh_token", "refresh_token": secret.refresh}
    if how.renews_scopes:
        form["scope"] = how.separator.join(secret.scopes or how.scopes)
    return granted(_ask(how, service, form, client=secret.client, client_secret=secret.client_secret), secret, now)


def _ask(how: OAuth2, service: TokenService, form: dict[str, str], *, client: str, client_secret: str) -> str:
    headers = {}
    if how.proof == "basic" and client_secret:
        pair = f"{quote_plus(client)}:{quote_plus(client_secret)}".encode()
        headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
    else:
        form = {**form, how.client_name: client, **({"client_secret": client_secret} if client_secret else {})}
    return service.ask(how.token, form=urlencode(form), headers=headers)


def _as_secure(callback: str) -> str:
    # oauthlib refuses plain http; this address is on this machine's loopback, and never leaves it.
    return callback.replace("http://127.0.0.1", "https://127.0.0.1", 1)
