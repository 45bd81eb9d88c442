"""A schedule as the TOML that ``reading`` reads back to the same structure; what holds its default is left out."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import fields

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemas.retention import Schedule, Series


def write_schedule(schedule: Schedule) -> str:
    """Return the text of a schedule's file."""
    lines = ["[schedule]", *_keys(schedule, leaving=("series",))]
    for series in schedule.series:
        lines += ["", "[[series]]", *_series(series)]
    return "\n".join(lines) + "\n"


def _series(series: Series) -> Iterator[str]:
    yield from _keys(series, leaving=("terms",))
    for number, term in enumerate(series.terms):
        if number:
            yield from ("", "[[series.alternative]]")
        yield from _keys(term)


def _keys(structure: Struct, *, leaving: tuple[str, ...] = ()) -> Iterator[str]:
    for one in fields(structure):
        value = getattr(structure, one.name)
        if one.name not in leaving and value != one.default:
            yield f"{one.name} = {_spelled(value)}"


def _spelled(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case str():
            # JSON's escapes are TOML's; TOML wants one more character escaped, DEL, and no schedule holds it.
            return json.dumps(value, ensure_ascii=False)
        case date():
            return value.isoformat()
        case tuple():
            return f"[{', '.join(map(_spelled, value))}]"
        case Struct():
            return f"{{ {', '.join(_keys(value))} }}"
        case _:
            raise TypeError(type(value).__name__)
