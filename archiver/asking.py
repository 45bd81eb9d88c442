"""Asking an API at an address: by GET, or by POST where its platform reads so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archiver.contract import Asked
from archiver.platforms.posting import find_body

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archiver.contract import Response, Transport


def asked_at(url: str, transport: Transport, headers: Mapping[str, str], *, posts: frozenset[str]) -> Response:
    """Return the answer at an address; what its fragment spells is posted, if its path ends in one of ``posts``.

    Raises:
        UnavailableError, PolicyError, InputError: as ``Transport.get`` and ``Transport.ask``.
    """
    posted = find_body(url, posts)
    if posted is None:
        return transport.get(url, headers=headers)
    address, body = posted
    asked = Asked("POST", address, {**headers, "Content-Type": "application/json"}, body)
    return transport.ask(asked, patient=True).response
