"""A statement of SQL with the values of its parameters: what people type is never part of the text. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

Parameter: TypeAlias = "str | int | list[str]"


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
        """Return the name, as SQL spells it, of a new parameter."""
        name = f"p{len(self.named)}"
        self.named[name] = value
        return f"${name}"
