"""Whom a call is about: an app has one address for all its accounts, and one secret, by which they are known. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from schemas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archiver.receiving.hooks import Hook


class NobodyKnownError(InputError):
    """A call was about somebody by whose id no account is known that shares its secret."""

    code = "NOBODY_KNOWN"

    @classmethod
    def of(cls, called: str, stranger: str) -> NobodyKnownError:
        """Return what is said of a ``stranger`` of whom the address of the account ``called`` was told."""
        return cls(
            f"{called} was told of {stranger}, by which no account with its secret is known: it is kept with {called}.",
            do="Register it and set up its [webhook.NAME], or capture it once; then start again: holdfast listen",
        )


@dataclass(frozen=True, slots=True)
class Route:
    """The accounts with which a call is kept, each with the ids that it is to look into: with none, into everything.

    ``strangers`` are those among them that are no account's.
    """

    told: Mapping[str, tuple[str, ...]]
    strangers: tuple[str, ...] = ()


def routed(hooks: Mapping[str, Hook], called: Hook, body: bytes) -> Route:
    """Return whom a call to the address of ``called`` is about, among the accounts of its platform with its secret.

    What is of nobody known is of the account that was called, and so is a call that does not say whom it is about.
    """
    app = [hook for hook in hooks.values() if (hook.platform, hook.key) == (called.platform, called.key)]
    known: dict[str, list[str]] = {}
    for hook in app:
        for name in hook.names:
            known.setdefault(name, []).append(hook.account)
    told: dict[str, list[str]] = {}
    about = tuple(dict.fromkeys(called.webhook.about(body)))
    for whose in about:
        for account in known.get(whose, [called.account]):
            told.setdefault(account, []).append(whose)
    # Of one account alone that was never captured, it is most likely its own.
    tells = called.names or len(app) > 1
    strangers = tuple(whose for whose in about if whose and whose not in known) if tells else ()
    return Route({account: tuple(ids) for account, ids in told.items()} or {called.account: ()}, strangers)
