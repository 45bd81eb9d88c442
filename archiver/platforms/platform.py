"""One platform: what it is called, how its objects read, and how its accounts are read over the network. Data only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archiver.platforms.authorisation import Authorisation
    from archiver.platforms.dialect import Dialect
    from archiver.platforms.notifying import Stream, Webhook
    from archiver.platforms.reading import Reading


@dataclass(frozen=True, slots=True)
class Platform:
    """A platform: ``name`` is what accounts say and people type, ``title`` what it calls itself.

    Without a ``reading``, what its accounts hold can be imported only; ``authorisation`` is how it gives out what
    reading needs. ``webhook`` and ``stream`` are how it tells by itself that something happened.
    """

    name: str
    title: str
    dialect: Dialect
    reading: Reading | None = None
    authorisation: Authorisation | None = None
    webhook: Webhook | None = None
    stream: Stream | None = None
