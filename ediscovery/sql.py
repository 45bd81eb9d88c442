"""A statement of SQL with the values of its parameters: what people type is never part of the text. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

Parameter: TypeAlias = "str | int | list[str]"


def listed(name: str) -> str:
    """Return how SQL reads a parameter that is a list: as JSON, for DuckDB looks long at each part of a Python list."""
    return f"""from_json({name}, '["VARCHAR"]')"""


def bound(parameters: Mapping[str, Parameter]) -> dict[str, str | int]:
    """Return parameters as a statement takes them."""
    return {
        name: json.dumps(value, ensure_ascii=False) if isinstance(value, list) else value
        for name, value in parameters.items()
    }


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL and the values of its parameters, ``$paths`` excepted."""

    sql: str
    parameters: Mapping[str, Parameter]


class Values:
    """The parameters of one statement as it grows."""

    def __init__(self) -> None:
        self.named: dict[str, Parameter] = {}

    def add(self, value: Parameter) -> str:
        """Return what SQL calls a new parameter."""
        name = f"p{len(self.named)}"
        self.named[name] = value
        return listed(f"${name}") if isinstance(value, list) else f"${name}"
