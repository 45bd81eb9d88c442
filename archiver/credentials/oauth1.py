"""Three-legged OAuth 1.0a (RFC 5849): temporary credentials, a person's permission, and the token."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from oauthlib.oauth1 import Client

from archiver.credentials.secret import Secret
from archiver.fetch.tokens import TokenRefusedError
from archiver.platforms.paging import with_parameter

if TYPE_CHECKING:
    from archiver.fetch.tokens import TokenService
    from archiver.platforms.authorisation import OAuth1


def begin(how: OAuth1, service: TokenService, *, client: str, client_secret: str, redirect: str) -> tuple[Secret, str]:
    """Return temporary credentials and the address that a person opens.

    Raises:
        UnavailableError, TokenRefusedError: there are none.
    """
    signing = Client(client, client_secret=client_secret, callback_uri=redirect)
    temporary = _asked(how.request, service, signing, Secret(token="", client=client, client_secret=client_secret))
    return temporary, with_parameter(how.authorise, oauth_token=temporary.token)


def end(how: OAuth1, service: TokenService, temporary: Secret, *, callback: str) -> Secret:
    """Return the credentials for which a permission is exchanged; ``callback`` is where the browser came back.

    Raises:
        UnavailableError, TokenRefusedError: there are none, or it is the answer to another question.
    """
    given = parse_qs(urlsplit(callback).query)
    if given.get("oauth_token") != [temporary.token] or not given.get("oauth_verifier"):
        raise TokenRefusedError("The platform did not allow it.", do="Open the address again, and allow it.")
    signing = Client(
        temporary.client,
        client_secret=temporary.client_secret,
        resource_owner_key=temporary.token,
        resource_owner_secret=temporary.token_secret,
        verifier=given["oauth_verifier"][0],
    )
    return _asked(how.access, service, signing, temporary)


def _asked(url: str, service: TokenService, signing: Client, before: Secret) -> Secret:
    _, headers, _ = signing.sign(url, http_method="POST")
    answer = parse_qs(service.ask(url, headers=headers))
    try:
        token, token_secret = answer["oauth_token"][0], answer["oauth_token_secret"][0]
    except KeyError as error:
        raise TokenRefusedError("The platform answered, and not with a token.", do="Connect it again.") from error
    return Secret(token=token, token_secret=token_secret, client=before.client, client_secret=before.client_secret)
