"""A saved search: what is asked for, as somebody typed it, and who is told of new hits. No evidence, and no secret."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Annotated, TypeAlias

from msgspec import Meta

from ediscovery.language.forms import Language
from schemas.canonical import Canonical
from schemas.errors import InputError
from schemas.instant import Instant
from schemas.record import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schemas.digest import Digest

Name: TypeAlias = Annotated[str, Meta(pattern=r"\A[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?\Z")]
NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?", re.ASCII)
ADDRESS = re.compile(r"""[^\s@,;<>"\\]{1,64}@[^\s@,;<>"\\]{1,250}""")
NUMBER_DIGITS = 16


class SearchNameError(InputError):
    """A saved search cannot have that name."""

    code = "SEARCH_NAME"


class MailAddressError(InputError):
    """Nobody can be written to at that address."""

    code = "MAIL_ADDRESS"


class SavedSearch(Canonical, frozen=True):
    """What is asked for; ``mail`` are the addresses of those who are told. Dates are as they were typed."""

    name: Name
    words: str
    saved: Instant
    by: str
    start: str | None = None
    end: str | None = None
    kinds: tuple[Kind, ...] = ()
    accounts: tuple[str, ...] = ()
    author: str | None = None
    versions: bool = False
    forms: Language | None = None
    mail: tuple[str, ...] = ()


def demand_name(name: str) -> None:
    """Refuse what no saved search can be called.

    Raises:
        SearchNameError: it holds something else than small letters, digits and hyphens, or too much.
    """
    if not NAME.fullmatch(name):
        raise SearchNameError(
            f"{name[:80]!r} cannot be the name of a search.",
            do="Take 1 to 64 small letters, digits and hyphens, such as budget-hearing.",
        )


def demand_addresses(addresses: Iterable[str]) -> None:
    """Refuse what is no address of mail.

    Raises:
        MailAddressError: one is none.
    """
    for address in addresses:
        if not ADDRESS.fullmatch(address) or not address.isprintable():
            raise MailAddressError(
                f"{address[:80]!r} is no address of mail.", do="Give one such as clerk@city.example."
            )


def number_of(origin: str, name: str, records: Iterable[Digest]) -> str:
    """Return the number of an alert: the same whenever the same records are told of the same search."""
    told = "\n".join([origin, name, *sorted(record.hex for record in records)])
    return hashlib.sha256(told.encode()).hexdigest()[:NUMBER_DIGITS]
