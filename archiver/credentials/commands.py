"""Commands for credentials: connecting an account to its platform, and whether what was given still serves."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from archiver import registry, rounds
from archiver.credentials.callback import Callback, listening
from archiver.credentials.connecting import Connecting, NothingToConnectError, judged_scopes, named_in
from archiver.credentials.opening import Opening, opening_of
from archiver.credentials.places import Place
from archiver.fetch.addresses import resolve
from archiver.platforms.known import find_platform
from manifests.archive import SETTINGS_FILE
from manifests.console import Console, json_option
from schemas.canonical import Canonical
from schemas.errors import ArchiveError

if TYPE_CHECKING:
    from archiver.credentials.secret import Secret

PORT = 8571
SOON_DAYS = 14
DAY = 86_400 * 1_000_000


@dataclass(frozen=True, slots=True)
class _AtTerminal:
    """A person at a terminal, whose browser may be on another machine."""

    console: Console
    callback: Callback | None

    def told(self, text: str) -> None:
        self.console.say(text)

    def asked(self, question: str, *, hidden: bool) -> str:
        answer: str = click.prompt(question, hide_input=hidden, default="", show_default=False, err=True)
        return answer

    def sent(self, address: str) -> str:
        self.console.say(f"\nOpen this address in a browser, as somebody who administers the account:\n\n{address}\n")
        if self.callback is not None:
            self.console.say("Waiting for the browser to come back …")
            return self.callback.wait()
        return self.asked("The whole address at which the browser ended (the page need not load)", hidden=True)


@click.command("connect")
@click.argument("name", metavar="ACCOUNT")
@click.option("--keyring", is_flag=True, help="Keep what is given in the system's keyring, and not in a file.")
@click.option("--paste", is_flag=True, help="The browser is on another machine: paste the address at which it ends.")
@click.option("--port", default=PORT, show_default=True, help="Where the browser comes back on this machine.")
@json_option
@click.pass_obj
def connect(
    console: Console,
    name: str,
    keyring: bool,  # noqa: FBT001 - click's
    paste: bool,  # noqa: FBT001 - click's
    port: int,
) -> None:
    """Let Holdfast read an account on its platform: says what to do there, step by step, and keeps what that gives.

    Neither the ledger nor anything that is stored ever holds it: it stays on this machine, readable for this user.

    \b
    Examples:
      holdfast account connect district-page
      holdfast account connect district-videos --paste
    """
    archive = console.open()
    account = registry.account_named(archive, name)
    platform = find_platform(account.platform)
    if platform is None or platform.authorisation is None:
        raise NothingToConnectError(
            f"{name!r} is read without credentials.", do=f"Nothing need be done. Next: holdfast capture {name}"
        )
    opening = opening_of(archive, account, environment=os.environ, resolve=resolve)
    console.say(f"{platform.title}: what is to be done there")
    with listening(0 if paste else port) as callback:
        connecting = Connecting(
            platform.authorisation,
            opening.service,
            _AtTerminal(console, None if paste else callback),
            f"http://127.0.0.1:{port}/callback",
            rounds.system_chance(),
            archive.now(),
        )
        secret = connecting.secret()
    settings = named_in(archive.home / SETTINGS_FILE, name, archive.settings.access.get(name), keyring=keyring)
    place = Place(name, settings, archive.home, os.environ)
    place.write(secret.to_text())
    remarks = judged_scopes(platform.authorisation, secret)
    console.show(
        {"account": name, "kept": place.words, "expires": secret.expires or None, "remarks": remarks},
        (f"Connected. What the platform gave is kept in {place.words}.", *remarks, f"Next: holdfast capture {name}"),
    )


@click.command("access")
@click.argument("names", nargs=-1, metavar="[ACCOUNT]…")
@json_option
@click.pass_context
def access(context: click.Context, names: tuple[str, ...]) -> None:
    """Show whether the credentials of accounts still serve: where they are, when they end, what they may do.

    What ends is renewed where the platform allows it. The exit status is 3 where something is to be done.

    \b
    Examples:
      holdfast account access
      holdfast account access district-page --json
    """
    console: Console = context.obj
    archive = console.open()
    accounts = [registry.account_named(archive, name) for name in names or sorted(archive.settings.access)]
    states = [state_of(opening_of(archive, one, environment=os.environ, resolve=resolve)) for one in accounts]
    console.show_all("access", states, State.line, none="No account has credentials. See: holdfast account connect")
    if any(state.to_do for state in states):
        context.exit(3)


class State(Canonical, frozen=True):
    """Whether the credentials of one account still serve: where they are, when they end, and what is to be done."""

    account: str
    where: str
    expires: str | None = None
    scopes: tuple[str, ...] = ()
    to_do: str | None = None

    def line(self) -> str:
        """Return it for people."""
        ends = f"ends {self.expires[:10]}" if self.expires else "has no stated end"
        return f"{'✗' if self.to_do else '✓'} {self.account:<28} {self.where}; {self.to_do or ends}"


def state_of(opening: Opening) -> State:
    """Return whether credentials still serve, renewed first where it is time."""
    name, where = opening.account.name, opening.place.words if opening.place else "nowhere"
    try:
        remark = opening.renew()
        secret = opening.secret(spaced=True)
    except ArchiveError as error:
        return State(account=name, where=where, to_do=f"{error.what} {error.do}")
    trouble = _trouble(opening, secret, remark)
    to_do = f"{trouble}: run holdfast account connect {name}" if trouble else None
    return State(account=name, where=where, expires=secret.expires or None, scopes=secret.scopes, to_do=to_do)


def _trouble(opening: Opening, secret: Secret, remark: str | None) -> str | None:
    """Return what ends, or may end, without being renewed; ``None`` where nothing is to be done."""
    if remark is not None:
        return remark.removesuffix(".")
    ends, renews = secret.ends, bool(secret.refresh) or opening.renews
    left = ends.micros - opening.now.micros if ends else SOON_DAYS * DAY
    if left < SOON_DAYS * DAY and (left <= 0 or not renews):
        return f"{'ends' if left > 0 else 'ended'} {secret.expires[:10]}"
    renewed_until = secret.refresh_ends
    if renewed_until and renewed_until.micros - opening.now.micros < SOON_DAYS * DAY:
        return f"can be renewed until {secret.refresh_expires[:10]} and no longer"
    if opening.renewal is not None and not renews:
        return f"ends {opening.renewal.days} days after it was made, and cannot be renewed where it is"
    return None
