"""Questions that an API wants to be asked by POST: the body stands behind the address, as its fragment. Pure.

No request carries a fragment (RFC 3986 section 3.5). So a question stays one line of text, by which it is known to have
been asked, waits for the next look, and names what is looked up.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote_to_bytes, urlsplit

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


def with_body(url: str, body: Mapping[str, Any]) -> str:
    """Return an address with what is to be posted there, as JSON."""
    text = json.dumps(body, separators=(",", ":"), sort_keys=True)
    return f"{url.partition('#')[0]}#{quote(text, safe='')}"


def find_body(url: str, ends: Collection[str]) -> tuple[str, bytes] | None:
    """Return the address alone and the body, where its path has one of the ``ends`` of what is read by POST.

    An answer may lead to any address, and what is posted elsewhere might change something.
    """
    address, mark, text = url.partition("#")
    posted = mark and urlsplit(address).path.endswith(tuple(ends))
    return (address, unquote_to_bytes(text)) if posted else None
