"""What can go wrong between us and a server, and which answers a collector cannot use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.errors import InputError, PolicyError, UnavailableError

if TYPE_CHECKING:
    from archiver.contract import Response

LATER = "Nothing need be done: the next poll tries again. If it lasts, open the address in a browser."


class HostUnreachableError(UnavailableError):
    """The host's name is unknown, or nothing answers at its addresses."""

    code = "HOST_UNREACHABLE"


class TimedOutError(UnavailableError):
    """The server took longer than the limits allow to connect or to begin its answer."""

    code = "TIMED_OUT"


class ConnectionCutError(UnavailableError):
    """The connection broke before an answer, or what came was not HTTP."""

    code = "CONNECTION_CUT"


class CertificateRefusedError(UnavailableError):
    """The server's certificate proves nothing: expired, for another name, or by an unknown authority."""

    code = "CERTIFICATE_REFUSED"


class AddressForbiddenError(PolicyError):
    """The host's address is not one that may be connected to."""

    code = "ADDRESS_FORBIDDEN"


class AddressMalformedError(InputError):
    """The URL, or the one that a server redirects to, is not an http or https address."""

    code = "ADDRESS_MALFORMED"


class TooManyRedirectsError(InputError):
    """The server redirects and redirects, most likely in a circle."""

    code = "TOO_MANY_REDIRECTS"


class AccessRefusedError(PolicyError):
    """The server wants credentials, or other ones (401, 403)."""

    code = "ACCESS_REFUSED"


class NotFoundError(InputError):
    """There is nothing at the address (404, 410)."""

    code = "NOT_FOUND"


class RateLimitedError(UnavailableError):
    """The server wants fewer requests (429); the fact ``retry_after`` is its wish, as it spelled it."""

    code = "RATE_LIMITED"


class ServerFailedError(UnavailableError):
    """The server failed (5xx)."""

    code = "SERVER_FAILED"


class RequestRefusedError(InputError):
    """The server refuses the request as it is (any other 4xx)."""

    code = "REQUEST_REFUSED"


NOT_FETCHED = (
    AddressForbiddenError,
    AddressMalformedError,
    CertificateRefusedError,
    ConnectionCutError,
    HostUnreachableError,
    TimedOutError,
    TooManyRedirectsError,
)
"""What may befall one file without ending the capture. What cannot be recorded does end it."""


def demand_ok(response: Response, *, stands_for: int | None = None, conditional: bool = False) -> None:
    """Accept 2xx, and 304 (nothing changed) where that was asked; refuse every other answer by name.

    ``stands_for`` is the status that the answer means, where its platform says so in the body. Whoever did not ask
    whether anything changed, and is told that nothing has, knows nothing.

    Raises:
        AccessRefusedError, NotFoundError, RateLimitedError, ServerFailedError, RequestRefusedError: by status.
    """
    status, uri = stands_for or response.status, response.uri
    meant = f", which there stands for {status}" if status != response.status else ""
    what = f"{uri} was answered with status {response.status}{meant}."
    match status:
        case _ if 200 <= status < 300 or (status == 304 and conditional):  # noqa: PLR2004 -- RFC 9110 section 15
            return
        case 401 | 403:
            raise AccessRefusedError(
                what, do="Ask the account's owner for access, or correct its token.", status=status
            )
        case 404 | 410:
            raise NotFoundError(what, do="Correct the account's address, or close the account.", status=status)
        case 429:
            after = response.headers.get("Retry-After")
            do = "Poll this account less often, or wait as long as the server asks."
            raise RateLimitedError(what, do=do, status=status, retry_after=after)
        case _ if status >= 500:  # noqa: PLR2004
            raise ServerFailedError(what, do=LATER, status=status)
        case _:
            raise RequestRefusedError(what, do="Open the address in a browser, and correct the account.", status=status)
