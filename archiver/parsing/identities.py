"""A DID document: which server has an account, and with which key it signs (atproto.com/specs/did). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from archiver.parsing.shapes import address, find_text, objects

if TYPE_CHECKING:
    from archiver.parsing.shapes import Object


def find_server(document: Any) -> str | None:  # noqa: ANN401 - any JSON
    """Return the origin of the personal data server that a document names, or ``None``."""
    for service in objects(document, "service"):
        if _is_about(document, service, "#atproto_pds"):
            url = address(service, "serviceEndpoint")
            return "{0.scheme}://{0.netloc}".format(urlsplit(url)) if url else None
    return None


def _is_about(document: Any, part: Object, fragment: str) -> bool:  # noqa: ANN401 - any JSON
    """Return whether a part of a document has that fragment as its id, in full or relative to the document."""
    return find_text(part, "id") in (fragment, f"{find_text(document, 'id')}{fragment}")
