"""What the APIs of Google have in common: how they refuse, how pages go on, who is let in, and how. Pure.

Sources: cloud.google.com/apis/design/errors, developers.google.com/identity/protocols/oauth2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from archiver.contract import Access
from archiver.fetch.access import origin_of
from archiver.parsing.shapes import find_text, objects
from archiver.platforms.authorisation import OAuth2
from archiver.platforms.paging import by_cursor
from archiver.platforms.reading import UNAUTHORISED

if TYPE_CHECKING:
    from archiver.platforms.reading import Answer, Site

LIMITED = frozenset(
    {
        *("quotaExceeded", "dailyLimitExceeded", "dailyLimitExceededUnreg", "limitExceeded"),
        *("rateLimitExceeded", "rateLimitExceededUnreg", "userRateLimitExceeded", "userRateLimitExceededUnreg"),
    }
)
"""Why a 403 speaks of how much was asked, and not of who asks."""
KEYS = frozenset({"keyInvalid", "keyExpired", "API_KEY_INVALID", "API_KEY_EXPIRED"})
"""Why a 400 speaks of the key."""
TOO_MANY = 429

by_page_token = by_cursor("nextPageToken", parameter="pageToken")
"""The reader of the token that leads to the next page, for all of Google's lists."""


def status_of(answer: Answer) -> int:
    """Return the HTTP status that an answer means: what is used up is told by a 403, a key that ended by a 400."""
    reasons = {find_text(error, "reason") for error in objects(answer.value, "error", "errors")}
    reasons |= {find_text(detail, "reason") for detail in objects(answer.value, "error", "details")}
    if answer.status in (403, 429) and reasons & LIMITED:
        return TOO_MANY
    return UNAUTHORISED if answer.status == 400 and reasons & KEYS else answer.status  # noqa: PLR2004 - RFC 9110


def access_to(site: Site) -> Access:
    """Return how Google is told who asks: by the owner's token, or by a program's key, which reads what is public."""
    origins = frozenset({origin_of(site.api)})
    if site.keyed:
        return Access(way="parameter", origins=origins, parameter="key", needed=True)
    return Access(origins=origins, needed=True)


def address(site: Site, path: str, **parameters: str) -> str:
    """Return an address below the API in the version that is set up."""
    query = urlencode(parameters, safe=",")
    return f"{site.api}/{site.version}/{path}{'?' if query else ''}{query}"


def authorised_for(*scopes: str, api: str, sign_in: str) -> OAuth2:
    """Return the walk through Google's consent, which also gives what renews the token."""
    return OAuth2(
        steps=(
            f"Sign in to console.cloud.google.com, make a project, and enable '{api}' under APIs & Services → Library.",
            "Under OAuth consent screen choose Internal where your office has Google Workspace.",
            "Where it has not, choose External, and publish the app: what a test app is given ends after seven days.",
            "Under Credentials → Create credentials → OAuth client ID choose Web application.",
            "Enter {redirect} there as an authorised redirect URI.",
            f"Copy the client ID and the client secret. In the browser that opens next, sign in as {sign_in}.",
        ),
        authorise="https://accounts.google.com/o/oauth2/v2/auth",
        token="https://oauth2.googleapis.com/token",  # noqa: S106 - an address
        scopes=scopes,
        more={"access_type": "offline", "prompt": "consent"},
    )
