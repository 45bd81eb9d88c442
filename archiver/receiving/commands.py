"""Commands for what platforms tell by themselves: listening, and what is to be entered on a platform."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from archiver import registry, rounds
from archiver.fetch.addresses import resolve
from archiver.platforms.known import find_platform
from archiver.platforms.notifying import word_for
from archiver.receiving.hooks import PATH
from archiver.receiving.listening import hooks_of, listening
from archiver.receiving.received import waiting
from manifests.console import Console, json_option
from schemas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archiver.receiving.due import Due
    from archiver.rounds import Captures


class NothingToHearError(InputError):
    """No account has a platform that tells anything by itself, or is set up for it."""

    code = "NOTHING_TO_HEAR"


@click.command("listen")
@json_option
@click.pass_obj
def listen(console: Console) -> None:
    """Listen to platforms until it is stopped, and read an account at once when something is told of it.

    Takes the calls of platforms ([webhook.NAME] in holdfast.toml) and follows their streams. What is told is kept, then
    the platform thanked, and the next capture seals it. It makes the interval in which something vanished short;
    what it misses, the captures from cron find all the same.

    \b
    Examples:
      holdfast listen
    """
    archive, chance = console.open(), rounds.system_chance()
    with listening(
        archive, chance, environment=os.environ, resolve=resolve, said=lambda error: console.say(f"✗ {error.what}")
    ) as (due, server, streams):
        if server is None and not streams:
            raise NothingToHearError(
                "There is nothing to listen to.",
                do="Set up [webhook.NAME] in holdfast.toml, or connect or capture an account that has a stream.",
            )
        told = [f"streams of {', '.join(streams)}"] if streams else []
        if server is not None:
            host, port = server.server_address[:2]
            told.append(f"calls at http://{host!s}:{port}{PATH} for {', '.join(server.hooks)}")
        console.say(f"Listening to {'; '.join(told)}. Stop with Ctrl-C.")
        with _until_stopped(due):
            while names := due.take(wait=archive.settings.listen.wait_seconds):
                accounts = [registry.account_named(archive, name) for name in names]
                for result in rounds.capture_all(archive, accounts, chance, environment=os.environ, resolve=resolve):
                    _tell(console, result)
                    if result.error is None and waiting(archive.home, result.account):
                        due.add(result.account)  # one look does not take along everything


def _tell(console: Console, result: Captures) -> None:
    act = result.act
    said = result.error.what if result.error else "sealed"
    if act is not None and result.error is None:
        said = f"{act.new} new, {act.edited} edited, {act.absent} gone"
    console.say(f"{'✗' if result.error else '✓'} {result.account}: {said}")


@contextmanager
def _until_stopped(due: Due) -> Iterator[None]:
    """Let Ctrl-C and the system's wish to stop end what waits, after what is being read is sealed."""
    before = {number: signal.signal(number, lambda *_: due.end()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@click.command("webhook")
@click.argument("name", metavar="ACCOUNT")
@json_option
@click.pass_obj
def webhook(console: Console, name: str) -> None:
    """Show what is to be entered on a platform so that it calls: the address, and the word by which it knows us.

    \b
    Examples:
      holdfast account webhook district-page
    """
    archive = console.open()
    account = registry.account_named(archive, name)
    platform = find_platform(account.platform)
    hooks = hooks_of(archive, os.environ)
    if platform is None or platform.webhook is None:
        raise NothingToHearError(
            f"The platform of {name!r} calls nobody.", do="Capture it often: holdfast capture, from cron or a timer."
        )
    if name not in hooks:
        raise NothingToHearError(
            f"Nothing says which secret {name!r} and its platform share.",
            do=f"Set up [webhook.{name}] in holdfast.toml, with the secret that the platform signs its calls with.",
        )
    word = word_for(hooks[name].key)
    if platform.webhook.subscription is not None:
        address = archive.settings.listen.address
        where = f"{address}{PATH}{name}" if address else "set [listen] address in holdfast.toml"
        console.show(
            {"path": f"{PATH}{name}", "address": address, "topic": hooks[name].topic},
            (
                f"{platform.title} calls whoever asks its hub; 'holdfast listen' does, and asks again in time.",
                f"What it is asked to tell of: {hooks[name].topic or 'not known yet; capture the account once'}",
                f"Where it is to call: {where}",
            ),
        )
        return
    names = hooks[name].names
    console.show(
        {"path": f"{PATH}{name}", "word": word, "names": names},
        (
            f"Address: https://YOUR-HOST{PATH}{name}",
            f"Word (verify token): {word}",
            "Where a platform knows no word, write it at the end of the address: ?word=…",
            "One address serves all accounts of an app that are set up with its secret.",
            f"By what calls name this account: {', '.join(names) or 'not known yet; capture the account once'}",
        ),
    )
