"""An account: an official presence on a platform, registered and owned by custodians."""

from __future__ import annotations

import re
from typing import Annotated, TypeAlias

from msgspec import Meta

from schemas.canonical import Canonical
from schemas.errors import InputError

Platform: TypeAlias = Annotated[str, Meta(pattern=r"\A[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?\Z")]
"""A platform's name: the ledger keeps what a platform was called by whoever read it, also one that is unknown here."""

NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?", re.ASCII)


class AccountNameError(InputError):
    """An account's name is not usable in keys and commands."""

    code = "ACCOUNT_NAME"


class Account(Canonical, frozen=True):
    """A registered account.

    ``name`` is what people type and what keys carry; ``url`` may name environment variables (``${TOKEN}``) in the
    place of secrets; ``officials`` are the ids, handles and addresses under which the body itself comments and answers
    there; ``private_network`` allows addresses that are not public (loopback, intranet).
    """

    name: str
    platform: Platform
    url: str
    title: str
    custodians: tuple[str, ...] = ()
    officials: tuple[str, ...] = ()
    private_network: bool = False

    def __post_init__(self) -> None:
        check_name(self.name)


def check_name(name: str) -> None:
    """Check that an account may have a name.

    Raises:
        AccountNameError: none may.
    """
    if not NAME.fullmatch(name):
        raise AccountNameError(
            f"An account's name cannot be {name[:80]!r}.",
            do="Use 1 to 64 lower-case letters, digits and hyphens, such as 'district-blog'.",
        )
