"""What a style sheet refers to: other style sheets and files. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import tinycss2

from archiver.parsing.text import Reference, find_address

if TYPE_CHECKING:
    from collections.abc import Iterator

STYLE_SHEET = "text/css"


def style_references(css: str, *, base: str) -> tuple[Reference, ...]:
    """Return what ``url()`` and ``@import`` name (CSS Values 4.5, CSS Cascade 2), absolute, each once, in order.

    What is imported has the media type ``text/css``.
    """
    found: dict[str, Reference] = {}
    for reference, imported in _references(tinycss2.parse_component_value_list(css, skip_comments=True)):
        address = find_address(reference, base=base)
        if address is not None and address not in found:
            media_type = STYLE_SHEET if imported else None
            found[address] = Reference(address, "import" if imported else "url", media_type=media_type)
    return tuple(found.values())


def _references(tokens: list[Any]) -> Iterator[tuple[str, bool]]:
    waiting, importing = list(reversed(tokens)), False
    while waiting:
        token = waiting.pop()
        if token.type == "whitespace":
            continue
        reference = _reference(token, importing=importing)
        if reference is not None:
            yield reference, importing
        else:
            inner = token.arguments if token.type == "function" else getattr(token, "content", None)
            waiting.extend(reversed(inner or ()))
        importing = token.type == "at-keyword" and token.lower_value == "import"


def _reference(token: Any, *, importing: bool) -> str | None:  # noqa: ANN401 - tinycss2 has no types
    if token.type == "url" or (importing and token.type == "string"):
        return str(token.value)
    if token.type == "function" and token.lower_name == "url":
        return next((str(argument.value) for argument in token.arguments if argument.type == "string"), None)
    return None
