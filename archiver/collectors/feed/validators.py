"""Conditional requests (RFC 9110 section 13): what to remember of an answer, and how to ask whether it changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archiver.contract import Response

NOT_MODIFIED = 304
ASKED_BY = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}


def validators_of(response: Response) -> dict[str, str]:
    """Return the answer's validators by name in lower case: ``etag``, ``last-modified``."""
    return {name.lower(): value for name, value in response.headers.items() if name.lower() in ASKED_BY and value}


def asking(validators: Mapping[str, str]) -> dict[str, str]:
    """Return the request headers that ask for an answer only if it changed."""
    return {header: validators[name] for name, header in ASKED_BY.items() if validators.get(name)}
