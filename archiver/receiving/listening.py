"""Listening to platforms: their calls and streams, kept as they come, and the accounts read that they are about."""

from __future__ import annotations

import threading
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from archiver.credentials.places import Place
from archiver.credentials.secret import read_secret
from archiver.fetch.forms import Forms
from archiver.held import held_of
from archiver.platforms.known import find_platform
from archiver.receiving.due import Due
from archiver.receiving.following import following
from archiver.receiving.hooks import Hook, Hooks
from archiver.receiving.received import accounts_waiting
from archiver.receiving.sealing import find_site
from archiver.receiving.subscribing import NotSubscribedError, Subscribing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from archiver.fetch.addresses import Resolver
    from archiver.sealing import Chance
    from manifests.archive import Archive
    from schemas.errors import ArchiveError


def hooks_of(archive: Archive, environment: Mapping[str, str]) -> dict[str, Hook]:
    """Return the accounts whose platforms may call, as ``holdfast.toml`` has them.

    Raises:
        CredentialsMissingError, SecretUnusableError: the shared secret is not where it should be, or is none.
    """
    found = {}
    for name, settings in archive.settings.webhook.items():
        account = archive.ledger.history.accounts.get(name)
        platform = find_platform(account.platform) if account else None
        if account is not None and platform is not None and platform.webhook is not None:
            secret = read_secret(Place(name, settings, archive.home, environment).read()).token
            site = find_site(account, archive.settings, held_of(archive, name).versions, now=archive.now)
            subscription = platform.webhook.subscription
            found[name] = Hook(
                name,
                platform.webhook,
                secret,
                topic=(subscription.topic(site) if subscription and site else None) or "",
                platform=account.platform,
                names=platform.webhook.names(site) if site else (),
            )
    return found


@contextmanager
def taking_calls(
    archive: Archive,
    hooks: Mapping[str, Hook],
    chance: Chance,
    subscribing: Subscribing,
    *,
    said: Callable[[ArchiveError], None],
) -> Iterator[Hooks]:
    """Take the calls of platforms until the block ends, and ask the hubs to call that want to be asked."""
    chosen = archive.settings.listen
    server = Hooks(
        (chosen.host, chosen.port),
        hooks,
        home=archive.home,
        name=chance.name,
        now=archive.now,
        told=subscribing.due.add,
        greeted=subscribing.granted,
        said=said,
    )
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1})
    thread.start()
    if subscribing.hooks:
        threading.Thread(target=subscribing.run, daemon=True, name="subscriptions").start()
    try:
        yield server
    finally:
        subscribing.ended.set()
        server.shutdown()
        thread.join()
        server.server_close()


def subscribing_of(
    archive: Archive, hooks: Mapping[str, Hook], due: Due, *, resolve: Resolver, said: Callable[[ArchiveError], None]
) -> Subscribing:
    """Return what keeps those accounts subscribed whose calls come from a hub, if hubs are told where to call."""
    wanted = {name: hook for name, hook in hooks.items() if hook.webhook.subscription is not None}
    address = archive.settings.listen.address
    if wanted and address is None:
        said(
            NotSubscribedError(
                f"The hub of {', '.join(wanted)} is not asked to call: nothing says where.",
                do="Set [listen] address in holdfast.toml to the https address of the server before this one.",
            )
        )
    accounts, agent = archive.ledger.history.accounts, archive.settings.capture.user_agent
    forms = {name: Forms(resolve, agent, accounts[name].private_network) for name in wanted}
    return Subscribing(wanted if address else {}, address or "", forms, due, threading.Event(), said)


@contextmanager
def listening(
    archive: Archive,
    chance: Chance,
    *,
    environment: Mapping[str, str],
    resolve: Resolver,
    said: Callable[[ArchiveError], None],
) -> Iterator[tuple[Due, Hooks | None, tuple[str, ...]]]:
    """Listen until the block ends: gives what is due, the server of calls if any account has one, and the streams."""
    due = Due()
    for name in accounts_waiting(archive.home):
        if name in archive.ledger.history.accounts:
            due.add(name)
    hooks = hooks_of(archive, environment)
    with ExitStack() as begun:
        subscribing = subscribing_of(archive, hooks, due, resolve=resolve, said=said)
        server = begun.enter_context(taking_calls(archive, hooks, chance, subscribing, said=said)) if hooks else None
        streams = begun.enter_context(
            following(archive, chance, due, environment=environment, resolve=resolve, said=said)
        )
        yield due, server, streams
