"""Which network addresses may be connected to, so that no feed or redirect can reach inside (SSRF)."""

from __future__ import annotations

import ipaddress
import socket
from typing import TYPE_CHECKING, TypeAlias

from archiver.fetch.failures import LATER, HostUnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Permission: TypeAlias = "Callable[[Address], bool]"
Resolver: TypeAlias = "Callable[[str, int], Sequence[Address]]"

# Global as some versions of ``ipaddress`` have it, and yet never a place to publish: relays and tunnels into IPv4
# (RFC 3068, 3056, 4380, 8215, 4291 section 2.5.5.1), site-local addresses (RFC 3879), the host of Azure's machines.
NOT_PUBLIC = tuple(
    ipaddress.ip_network(network)
    for network in (
        "192.88.99.0/24",
        "2002::/16",
        "2001::/32",
        "::/96",
        "fec0::/10",
        "64:ff9b:1::/48",
        "168.63.129.16/32",
    )
)
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def is_public(address: Address) -> bool:
    """Tell whether anybody on the internet could reach ``address``."""
    inner = embedded(address)
    if inner is not None:
        return is_public(inner)
    return (
        address.is_global
        and not address.is_multicast
        and not any(address.version == network.version and address in network for network in NOT_PUBLIC)
    )


def is_public_or_private(address: Address) -> bool:
    """Tell whether ``address`` is public, or one of this machine or its intranet.

    For accounts with ``private_network``. Link-local addresses, where clouds keep their credentials, stay forbidden.
    """
    inner = embedded(address)
    if inner is not None:
        return is_public_or_private(inner)
    if address.is_link_local or address.is_multicast or address.is_unspecified or str(address) == "168.63.129.16":
        return False
    return is_public(address) or address.is_private or address.is_loopback


def permitted(*, private_network: bool) -> Permission:
    """Return which addresses may be connected to, where those of the own network may or may not be."""
    return is_public_or_private if private_network else is_public


def embedded(address: Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address that an IPv6 address stands for (RFC 4291 section 2.5.5.2, RFC 6052), or ``None``."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped


def resolve(host: str, port: int) -> tuple[Address, ...]:
    """Ask the system for the addresses of ``host``, in the order in which to try them.

    Raises:
        HostUnreachableError: it has none.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise HostUnreachableError(f"The host {host} has no address.", do=LATER, host=host) from error
    texts = (str(entry[4][0]).partition("%")[0] for entry in found)
    return tuple(ipaddress.ip_address(text) for text in dict.fromkeys(texts))
