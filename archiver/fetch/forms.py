"""Sending a form over vetted connections: an exchange that is not recorded, because it is made of secrets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from requests.exceptions import RequestException
from urllib3.exceptions import HTTPError

from archiver.fetch.addresses import permitted
from archiver.fetch.connections import Reach, VettedPools, prepared
from archiver.fetch.failures import LATER, AddressMalformedError, ConnectionCutError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archiver.fetch.addresses import Resolver

LONGEST_ANSWER = 1 << 16
CONNECT, READ, TOTAL = 10.0, 30.0, 60.0


@dataclass(frozen=True, slots=True)
class Forms:
    """The way to where forms are sent. ``private_network`` allows addresses that are not public."""

    resolve: Resolver
    user_agent: str
    private_network: bool = False

    def send(
        self, url: str, form: str, *, method: str = "POST", headers: Mapping[str, str] | None = None
    ) -> tuple[int, str]:
        """Return the status and the body of the answer to a form, as text, its beginning if it is long.

        Raises:
            UnavailableError: there is no answer.
            AddressForbiddenError, AddressMalformedError: the address may not be connected to, or is none.
        """
        allowed = permitted(private_network=self.private_network)
        reach = Reach(allowed, self.resolve, connect=CONNECT, read=READ, total=TOTAL)
        sent = {
            "User-Agent": self.user_agent,
            "Content-Type": "application/x-www-form-urlencoded",
            **(headers or {}),
        }
        try:
            request = prepared(url, sent, method=method, body=form)
            host = urlsplit(request.url or "").hostname
        except (RequestException, ValueError):
            # What caused it would show the address, and with it what it may hold.
            raise AddressMalformedError(
                "The address at which a platform is to be asked is none.", do="Correct it: [platform.NAME] api."
            ) from None
        pools = VettedPools(reach, authorities=None)
        try:
            raw, _ = pools.open(request)
            body = raw.read(LONGEST_ANSWER, decode_content=True).decode("utf-8", "replace")
            raw.close()
        except (HTTPError, OSError):
            raise ConnectionCutError(f"The host {host} broke off while it answered.", do=LATER, host=host) from None
        finally:
            pools.clear()
        return raw.status, body
