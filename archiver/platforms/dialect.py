"""What is known of one platform's JSON: its envelopes, and how to read one object. Data only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from archiver.parsing.shapes import Object
    from schemas.record import Normalised

Context: TypeAlias = "Mapping[str, Mapping[str, Any]]"
"""Objects that others of one envelope refer to, by kind and id."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one platform writes.

    ``view`` returns what an object says, or ``None`` for a shape it does not know. ``paths`` lead to the objects in an
    envelope, ``within`` to those in an object that are items of their own, too; ``context`` returns what they refer to;
    ``list_view`` what the envelope itself says, if anything.
    ``volatile`` are members, as paths with dots, whose change makes no version of an object (``archiver.substance``);
    with ``?`` at its end, of an address all but the name of the file that it leads to.
    """

    view: Callable[[Object, Context], Normalised | None]
    paths: tuple[tuple[str, ...], ...]
    context: Callable[[Object], Context]
    list_view: Callable[[Object], Normalised | None]
    volatile: tuple[str, ...] = ()
    within: tuple[tuple[str, ...], ...] = ()
