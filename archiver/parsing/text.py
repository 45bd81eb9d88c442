"""The one place that makes text safe to keep: any string becomes one that canonical JSON can spell."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

import msgspec

from schemas.record import Normalised

if TYPE_CHECKING:
    from collections.abc import Iterable

REPLACED = "replaced-characters"
"""The flag of a normalised view in which something that is no character became U+FFFD."""

COUNT = re.compile(r"\d{1,15}", re.ASCII)
LARGEST_COUNT = 2**53 - 1
LONE_SURROGATE = re.compile("[\ud800-\udfff]")
INVISIBLE_IN_URL = re.compile(r"[\t\r\n]")


def clean(text: str) -> str:
    """Return ``text`` with lone surrogates, which no encoding can spell, replaced by U+FFFD."""
    return text if text.isascii() else LONE_SURROGATE.sub("\ufffd", text)


def cleaned(view: Normalised) -> Normalised:
    """Return ``view`` as canonical JSON can spell it, flagged ``replaced-characters`` if that changed anything."""
    try:
        msgspec.json.encode(view, enc_hook=str)
    except UnicodeEncodeError:
        plain = _clean_plain(view.to_plain())
        flags = tuple(dict.fromkeys((*plain.get("flags", ()), REPLACED)))
        return Normalised.from_plain({**plain, "flags": flags})
    return view


def _clean_plain(value: Any) -> Any:  # noqa: ANN401 - plain JSON of a normalised view, a few levels deep
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {clean(key): _clean_plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_clean_plain(inner) for inner in value]
    return value


def unique(texts: Iterable[str | None]) -> tuple[str, ...]:
    """Return the texts that are there, each once, in order."""
    return tuple(dict.fromkeys(text for text in texts if text))


def counts_of(pairs: Iterable[tuple[str, object]]) -> dict[str, int]:
    """Return the pairs whose value is a count, also one written as text, and not below 0; JSON can spell each."""
    counts: dict[str, int] = {}
    for name, value in pairs:
        number = int(value) if isinstance(value, str) and COUNT.fullmatch(value) else value
        if isinstance(number, int) and not isinstance(number, bool) and 0 <= number <= LARGEST_COUNT:
            counts[name] = number
    return counts


def find_address(reference: object, *, base: str) -> str | None:
    """Return the absolute http(s) address that ``reference`` names as seen from ``base``, or ``None``."""
    if not isinstance(reference, str) or not (stripped := INVISIBLE_IN_URL.sub("", reference).strip()):
        return None
    try:
        address = stripped if stripped.startswith(("http://", "https://")) else urljoin(base, stripped)
        parts = urlsplit(address)
    except ValueError:
        return None
    return address if parts.scheme in ("http", "https") and parts.netloc else None


@dataclass(frozen=True, slots=True)
class Reference:
    """Something that markup refers to: an absolute address, the element that does so, and its alternative text."""

    address: str
    element: str
    alt: str | None = None
    media_type: str | None = None
