"""How a platform gives out what an archive needs to read an account: data for ``holdfast account connect``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """A token that lives so many ``days`` is exchanged for one that ends later, by nothing but itself.

    It is asked for by GET at ``path`` below the API, as ``grant``; it must be a day old, and must not have ended.
    """

    path: str
    grant: str
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """The platform shows a token, or a password for programs, to be copied once. ``steps`` say where."""

    steps: tuple[str, ...]
    renewal: Renewal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuth2:
    """An authorisation code grant (RFC 6749 section 4.1, with PKCE, RFC 7636).

    ``steps`` say how a client is registered with the platform; ``{redirect}`` in them is the address to be registered.
    ``scopes`` are the least that reading needs. ``proof`` says where the client's secret travels to the ``token``
    address. ``more`` are parameters of the ``authorise`` address that the platform wants besides. ``challenge`` is how
    the platform wants PKCE's digest spelled: ``base64url`` is the standard. ``renews_scopes`` tells that it wants the
    scopes named again where a token is renewed, which the standard leaves open.
    """

    steps: tuple[str, ...]
    authorise: str
    token: str
    scopes: tuple[str, ...]
    proof: Literal["body", "basic"] = "body"
    client_name: str = "client_id"
    separator: str = " "
    more: Mapping[str, str] = field(default_factory=dict)
    challenge: Literal["base64url", "hex"] = "base64url"
    renews_scopes: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuth1:
    """Three-legged OAuth 1.0a (RFC 5849): the addresses of its three steps."""

    steps: tuple[str, ...]
    request: str
    authorise: str
    access: str


Authorisation: TypeAlias = Given | OAuth2 | OAuth1
