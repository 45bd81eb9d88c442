"""Asking time stamp authorities over HTTP (RFC 3161, 3.4)."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from manifests.network import post, split
from manifests.timestamps.stamp import request, settle
from manifests.timestamps.token import LARGEST_RESPONSE
from schemas.errors import UnavailableError

if TYPE_CHECKING:
    from schemas.digest import Digest

QUERY, REPLY = "application/timestamp-query", "application/timestamp-reply"


class TimestampAnswerError(UnavailableError):
    """What answered at the address of a time stamp authority is no time stamp response."""

    code = "TIMESTAMP_ANSWER"


def ask(url: str, digest: Digest, *, nonce: int, timeout: float) -> bytes:
    """Return an authority's stamp over ``digest``, settled (``stamp.settle``) and not yet verified.

    ``timeout`` is in seconds (``network.post``); ``nonce`` is as for ``request``.

    Raises:
        ServiceAddressError: ``url`` is no address of an authority.
        ServiceUnreachableError: nothing answers there, or not in time.
        TimestampAnswerError: something else answers there.
        TimestampRefusedError: the authority refuses.
        TimestampMalformedError: the answer claims to be a stamp and is none.
    """
    headers = {"Content-Type": QUERY, "Accept": REPLY}
    answer = post(url, request(digest, nonce=nonce), headers=headers, limit=LARGEST_RESPONSE, seconds=timeout)
    what = f"status {answer.status}" if answer.status != HTTPStatus.OK else ""
    if not what and answer.media_type != REPLY:
        what = f"the media type {answer.media_type[:80]!r}"
    if what:
        host = split(url).hostname
        raise TimestampAnswerError(
            f"The time stamp authority at {host} answers with {what}, not with a time stamp.",
            do="See that its address is right; if it is, ask its operator.",
            host=host,
        )
    return settle(answer.content)
