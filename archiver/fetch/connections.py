"""Connections that go only where they may: a name is looked up once, and the vetted address itself connected to."""

from __future__ import annotations

import io
import ssl
import time
from dataclasses import dataclass
from http.client import HTTPResponse
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlsplit

from requests import PreparedRequest
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3 import PoolManager, Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, SSLError
from urllib3.exceptions import TimeoutError as Overdue
from urllib3.util.connection import create_connection

from archiver.fetch.failures import (
    LATER,
    AddressForbiddenError,
    CertificateRefusedError,
    ConnectionCutError,
    HostUnreachableError,
    TimedOutError,
)

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from urllib3 import BaseHTTPResponse, HTTPConnectionPool

    from archiver.fetch.addresses import Permission, Resolver
    from schemas.errors import UnavailableError

POOLED = 16
SocketOptions: TypeAlias = "list[tuple[int, int, int | bytes]]"


@dataclass(frozen=True, slots=True)
class Reach:
    """Where connections may go, and how long they may take (seconds, by ``clock``)."""

    addresses: Permission
    resolve: Resolver
    connect: float
    read: float
    total: float
    clock: Callable[[], float] = time.monotonic


def connected(reach: Reach, host: str, port: int, *, options: SocketOptions | None = None) -> tuple[socket.socket, str]:
    """Return a connection to the first address of a host that may be and can be connected to, and that address.

    Raises:
        AddressForbiddenError: none of its addresses may be.
        UnavailableError: it has none, or none can be.
    """
    found = reach.resolve(host, port)
    allowed = [str(address) for address in found if reach.addresses(address)]
    if found and not allowed:
        raise AddressForbiddenError(
            f"The host {host} is at an address that is not public.",
            do="If the account lies in your own network, register it with --allow-private-network.",
            host=host,
            address=str(found[0]),
        )
    failure: UnavailableError | None = None
    for address in allowed:
        try:
            return create_connection((address, port), reach.connect, socket_options=options), address
        except TimeoutError:
            failure = TimedOutError(f"The host {host} accepts no connection.", do=LATER, host=host)
        except OSError as error:
            why = error.strerror or "no connection"
            failure = HostUnreachableError(f"The host {host} cannot be reached: {why}.", do=LATER, host=host)
    raise failure or HostUnreachableError(f"The host {host} has no address.", do=LATER, host=host)


def prepared(url: str, headers: Mapping[str, str], *, method: str = "GET", body: bytes | str = b"") -> PreparedRequest:
    """Return a request as requests spells it, with no cookies and no parameters but those of the address.

    Raises:
        RequestException, ValueError: the address or a header is none; the error shows it.
    """
    request = PreparedRequest()
    request.prepare_method(method)
    request.prepare_url(url, "")
    request.prepare_headers(headers)
    request.body = body or None
    request.prepare_content_length(request.body)
    request.prepare_auth(None, url)
    return request


class _Vetted(HTTPConnection):
    """A connection to a vetted address; ``peer`` is that address."""

    reach: Reach
    peer: str | None = None

    def _new_conn(self) -> socket.socket:
        made, self.peer = connected(self.reach, self.host, self.port, options=self.socket_options)
        return made

    def response_class(self, sock: socket.socket, *args: Any, **settings: Any) -> HTTPResponse:  # type: ignore[override]  # noqa: ANN401 -- http.client's
        """Return http.client's reader of the answer, over a socket that knows when time is up."""
        return HTTPResponse(_Timed(sock, self.reach), *args, **settings)  # type: ignore[arg-type] # all that it asks for


@dataclass(frozen=True, slots=True)
class _Timed:
    """A socket, of which only reading is asked for."""

    sock: socket.socket
    reach: Reach

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_TimedReads(self.sock, self.reach))


class _TimedReads(io.RawIOBase):
    """Reads from a socket until the exchange's time is up, however slowly the bytes drip."""

    def __init__(self, sock: socket.socket, reach: Reach) -> None:
        self._sock, self._reach, self._end = sock, reach, reach.clock() + reach.total
        self._raw = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int | None:  # type: ignore[override]
        left = self._end - self._reach.clock()
        if left <= 0:
            raise TimeoutError
        if left < self._reach.read:  # which the socket waits for already
            self._sock.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _VettedTls(_Vetted, HTTPSConnection):
    """The same with TLS; the certificate must be for the name, whatever the address."""


class VettedPools(PoolManager):
    """Sends prepared requests over vetted connections: no proxies, no retries, nothing from the environment."""

    def __init__(self, reach: Reach, *, authorities: Path | None) -> None:
        self._kinds: dict[str, type[_Vetted]] = {
            "http": type("_Plain", (_Vetted,), {"reach": reach}),
            "https": type("_Tls", (_VettedTls,), {"reach": reach}),
        }
        super().__init__(
            num_pools=POOLED,
            maxsize=POOLED,
            timeout=Timeout(connect=reach.connect, read=reach.read),
            retries=False,
            cert_reqs="CERT_REQUIRED",
            ca_certs=str(authorities or DEFAULT_CA_BUNDLE_PATH),
        )

    def _new_pool(
        self, scheme: str, host: str, port: int, request_context: dict[str, Any] | None = None
    ) -> HTTPConnectionPool:
        pool = super()._new_pool(scheme, host, port, request_context)
        pool.ConnectionCls = self._kinds[scheme]
        return pool

    def open(self, request: PreparedRequest) -> tuple[BaseHTTPResponse, str | None]:
        """Send ``request``; return the answer with its body unread, and the address that gave it.

        Raises:
            HostUnreachableError, TimedOutError, ConnectionCutError, CertificateRefusedError: no answer.
            AddressForbiddenError: the host is where we may not go.
        """
        address = urlsplit(request.url or "")
        host = address.hostname or ""
        try:
            raw = self.connection_from_host(host, address.port, address.scheme).urlopen(
                request.method or "GET",
                request.path_url,
                request.body,
                request.headers,
                redirect=False,
                assert_same_host=False,
                preload_content=False,
                decode_content=False,
            )
        except SSLError as error:
            if isinstance(error.args[0], ssl.SSLCertVerificationError):
                raise CertificateRefusedError(
                    f"The certificate of {host} is refused.",
                    do="Tell the owner of the site; nothing was read.",
                    host=host,
                ) from None
            raise ConnectionCutError(f"The host {host} speaks no TLS that we accept.", do=LATER, host=host) from None
        except Overdue:
            raise TimedOutError(f"The host {host} does not answer.", do=LATER, host=host) from None
        except HTTPError:
            raise ConnectionCutError(
                f"The host {host} cut the connection, or what it sent is not HTTP.", do=LATER, host=host
            ) from None
        return raw, getattr(raw.connection, "peer", None)
