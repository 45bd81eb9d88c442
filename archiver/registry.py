"""Registering accounts: what is asked is checked, named and committed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from archiver.fetch.masking import Mask
from archiver.fetch.placeholders import PLACEHOLDER
from schemas.account import NAME, Account
from schemas.errors import InputError
from schemas.ledger import AccountRegistered

if TYPE_CHECKING:
    from manifests.archive import Archive
    from manifests.history import History
    from schemas.ledger import Act


class AccountUnknownError(InputError):
    """No account of that name is registered."""

    code = "ACCOUNT_UNKNOWN"


class AccountTakenError(InputError):
    """An account of that name is registered already."""

    code = "ACCOUNT_TAKEN"


class AddressUnusableError(InputError):
    """An account's address cannot be registered."""

    code = "ADDRESS_UNUSABLE"


def check_address(url: str) -> None:
    """Check that an address is a web address and carries no secret in clear: it will stand in the ledger.

    Raises:
        AddressUnusableError: it is not, or does.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise AddressUnusableError(
            f"{url[:120]!r} is not a web address.", do="Give the whole address, such as 'https://example.org/feed.xml'."
        )
    if "@" in parts.netloc:
        raise AddressUnusableError(
            "The address carries a user name or password.",
            do="Put it into an environment variable and write ${NAME} in its place; the ledger never forgets.",
        )
    shown = PLACEHOLDER.sub("", url)
    if Mask().url(shown) != shown:
        raise AddressUnusableError(
            f"The address seems to carry a secret: {Mask().url(shown)[:200]}.",
            do="Put it into an environment variable, say FEED_TOKEN, and write ${FEED_TOKEN} in its place.",
        )


def name_for(url: str, taken: frozenset[str]) -> str:
    """Return a name for an account that was given none, made of its address."""
    parts = urlsplit(url)
    stem = re.sub(r"[^a-z0-9]+", "-", f"{parts.hostname or ''}{parts.path}".lower()).strip("-")[:56].strip("-")
    stem = stem if NAME.fullmatch(stem) else "account"
    return next(name for name in (stem, *(f"{stem}-{number}" for number in range(2, 10_000))) if name not in taken)


def register(archive: Archive, account: Account) -> Account:
    """Commit the registration of ``account``.

    Raises:
        AccountTakenError: its name is taken.
        AddressUnusableError: its address is not usable.
    """
    check_address(account.url)

    def build(history: History) -> tuple[Act, ...]:
        if account.name in history.accounts:
            raise AccountTakenError(
                f"An account named {account.name!r} is registered already.", do="Choose another name with --name."
            )
        return (AccountRegistered(account=account),)

    archive.append(build)
    return account


def find_by_address(archive: Archive, url: str, *, private_network: bool) -> Account | None:
    """Return the account registered with that address, and for the private network where that is asked for."""
    accounts = archive.ledger.history.accounts.values()
    allowed = (account for account in accounts if account.private_network or not private_network)
    return next((account for account in allowed if account.url == url), None)


def in_turn(archive: Archive, platforms: tuple[str, ...]) -> list[Account]:
    """Return the accounts on ``platforms`` in the order in which they are to be read: who waited longest comes first.

    A round that is cut off, by a machine that is restarted every night, say, then starves no account.
    """
    history = archive.ledger.history

    def waited(account: Account) -> tuple[bool, str, str]:
        last = history.last_capture.get(account.name)
        return last is not None, str(last[1].poll.started) if last else "", account.name

    return sorted((one for one in history.accounts.values() if one.platform in platforms), key=waited)


def account_named(archive: Archive, name: str) -> Account:
    """Return the account of that name.

    Raises:
        AccountUnknownError: there is none.
    """
    account = archive.ledger.history.accounts.get(name)
    if account is None:
        names = ", ".join(sorted(archive.ledger.history.accounts)[:10]) or "none yet"
        raise AccountUnknownError(
            f"No account named {name!r} is registered.", do=f"Registered are: {names}. See 'holdfast account --help'."
        )
    return account
