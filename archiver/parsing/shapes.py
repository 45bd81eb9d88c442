"""Reading JSON of unknown shape without trusting it: each function returns what is asked for, or nothing. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from archiver.parsing.text import find_address

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemas.record import Role

Object: TypeAlias = "dict[str, Any]"


def member(value: Any, *names: str) -> Any:  # noqa: ANN401 - any JSON
    """Return the member that the path of ``names`` leads to, or ``None``."""
    for name in names:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def find_text(value: Any, *names: str) -> str | None:  # noqa: ANN401 - any JSON
    """Return the text at the end of a path, unless it is empty or something else."""
    found = member(value, *names)
    return found if isinstance(found, str) and found else None


def find_id(value: Any, *names: str) -> str | None:  # noqa: ANN401 - any JSON
    """Return the first of the members ``names`` that is an identifier, as text with every digit."""
    for name in names:
        found = member(value, name)
        if isinstance(found, str) and found:
            return found
        if isinstance(found, int) and not isinstance(found, bool):
            return str(found)
    return None


def objects(value: Any, *names: str) -> Iterator[Object]:  # noqa: ANN401 - any JSON
    """Yield the objects in the array at the end of a path."""
    found = member(value, *names)
    if isinstance(found, list):
        yield from (item for item in found if isinstance(item, dict))


def texts(value: Any, *names: str) -> Iterator[str]:  # noqa: ANN401 - any JSON
    """Yield the texts in the array at the end of a path."""
    found = member(value, *names)
    if isinstance(found, list):
        yield from (item for item in found if isinstance(item, str))


def address(value: Any, *names: str) -> str | None:  # noqa: ANN401 - any JSON
    """Return the http(s) address at the end of a path."""
    return find_address(member(value, *names), base="")


def many(value: Any) -> list[Any]:  # noqa: ANN401 - any JSON
    """Return a value as the list that it stands for: JSON-LD writes a list of one without brackets."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def role_of(media_type: str | None) -> Role:
    """Return what a file of a media type is to the item that shows it."""
    match (media_type or "").partition("/")[0].lower():
        case "image" | "audio" | "video" as kind:
            return kind
        case _:
            return "document"
