"""Commands that bring evidence in: register accounts, capture them, import exports."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from archiver import importing, registry, rounds
from archiver.collectors.known import OWN, readable, steps_before
from archiver.credentials import commands as credentials
from archiver.import_reports import lines_of, report_writer
from archiver.imports.known import importable
from archiver.receiving import commands as receiving
from manifests.console import Console, json_option, plural
from schemas.account import Account

if TYPE_CHECKING:
    from archiver.rounds import Captures
    from manifests.archive import Archive
    from schemas.account import Platform

SHOWN = 5
private_option = click.option(
    "--allow-private-network",
    is_flag=True,
    help="Allow this account on loopback or intranet addresses, which are refused otherwise.",
)


@click.group()
def account() -> None:
    """Register accounts and list them."""


@account.command("register")
@click.argument("url")
@click.option("--name", help="What to call it; made of the address when absent.")
@click.option("--platform", type=click.Choice([*OWN, *importable()]), default="feed", show_default=True)
@click.option("--title", help="The account's name for people.")
@click.option("--custodian", "custodians", multiple=True, help="Who answers for it; may be given more than once.")
@click.option("--official", "officials", multiple=True,
              help="An id, handle or address under which the body itself answers there. Again, too.")  # fmt: skip
@private_option
@json_option
@click.pass_obj
def register(
    console: Console,
    url: str,
    name: str | None,
    platform: Platform,
    title: str | None,
    custodians: tuple[str, ...],
    officials: tuple[str, ...],
    allow_private_network: bool,  # noqa: FBT001 - click's
) -> None:
    """Register an official account, to be captured from now on.

    A secret in the address is written as ${NAME} and read from the environment at each capture.

    \b
    Examples:
      holdfast account register https://district.example/blog/feed.xml --name district-blog
      holdfast account register https://city.example/ --platform website --custodian "City Clerk"
      holdfast account register https://sites.google.com/district.example/home --platform rendered
      holdfast account register 'https://district.example/feed?token=${FEED_TOKEN}'
    """
    archive = console.open()
    registered = _register(
        archive,
        url,
        name=name,
        platform=platform,
        title=title,
        custodians=custodians,
        officials=officials,
        private_network=allow_private_network,
    )
    told, steps = f"Registered {registered.name} ({registered.platform}).", steps_before(registered, archive.settings)
    lines = (f"{told} Next: {steps[0]}",) if len(steps) == 1 else (f"{told} Next:", *(f"  {step}" for step in steps))
    console.show(registered.to_plain(), lines)


def _register(
    archive: Archive,
    url: str,
    *,
    name: str | None = None,
    platform: Platform = "feed",
    title: str | None = None,
    custodians: tuple[str, ...] = (),
    officials: tuple[str, ...] = (),
    private_network: bool = False,
) -> Account:
    registry.check_address(url)
    taken = frozenset(archive.ledger.history.accounts)
    return registry.register(
        archive,
        Account(
            name=name or registry.name_for(url, taken),
            platform=platform,
            url=url,
            title=title or urlsplit(url).hostname or url,
            custodians=custodians,
            officials=officials,
            private_network=private_network,
        ),
    )


account.add_command(credentials.connect)
account.add_command(credentials.access)
account.add_command(receiving.webhook)


@account.command("list")
@json_option
@click.pass_obj
def list_accounts(console: Console) -> None:
    """List the registered accounts."""
    accounts = sorted(console.open().ledger.history.accounts.values(), key=lambda one: one.name)
    console.show_all(
        "accounts",
        accounts,
        lambda one: f"{one.name:<28} {one.platform:<10} {one.url}",
        none="No account is registered yet.",
    )


@click.command()
@click.argument("accounts", nargs=-1, metavar="[ACCOUNT|URL]…")
@click.option("--platform", type=click.Choice(readable()), default="feed", show_default=True, help="For a new URL.")
@private_option
@json_option
@click.pass_context
def capture(
    context: click.Context,
    accounts: tuple[str, ...],
    platform: Platform,
    allow_private_network: bool,  # noqa: FBT001 - click's
) -> None:
    """Read accounts now and seal what is found; without a name, every account.

    A web address that is not registered yet is registered first. What an earlier, interrupted run left is sealed
    before anything else. Every attempt is recorded, also one that fails or finds nothing.

    \b
    Examples:
      holdfast capture
      holdfast capture district-blog
      holdfast capture https://district.example/blog/feed.xml
      holdfast capture https://city.example/ --platform website
    """
    console: Console = context.obj
    archive, chance = console.open(), rounds.system_chance()
    recovered = rounds.recover(archive, chance)
    for act in recovered:
        console.say(f"Sealed what an earlier run left: {act.poll.account}, {act.poll.outcome}.")
    chosen = [_chosen(archive, text, platform, private_network=allow_private_network) for text in accounts]
    if not accounts:
        chosen = registry.in_turn(archive, readable())
    results: list[Captures] = []
    with console.progress("Capturing") as tell:
        names = [one.name for one in chosen]
        tell(", ".join(names[:1]), 0, len(names))
        for result in rounds.capture_all(archive, chosen, chance, environment=os.environ):
            results.append(result)
            tell(", ".join(names[len(results) :][:1]), len(results), len(names))
            if not console.json:
                click.echo(_line(result))
    if console.json:
        console.show({"captures": [_plain(result) for result in results]}, ())
    if not chosen:
        console.say("No account is registered yet. Next: holdfast capture https://your.site/feed.xml")
    worst = next((result.error for result in results if result.error), None)
    if worst is not None:
        context.exit(worst.exit_status)


def _chosen(archive: Archive, text: str, platform: Platform, *, private_network: bool) -> Account:
    if "://" not in text:
        return registry.account_named(archive, text)
    found = registry.find_by_address(archive, text, private_network=private_network)
    return found or _register(archive, text, platform=platform, private_network=private_network)


def _line(result: Captures) -> str:
    act, error = result.act, result.error
    recorded = (
        "" if act else f" (not in the ledger: {'it waits in the spool' if result.waits else 'nothing was asked'})"
    )
    remarks = "".join(f"\n  to be done soon: {remark}" for remark in result.remarks)
    if error is not None:
        return f"✗ {result.account}: {error.what}{recorded}\n  → {error.do} ({error.code}){remarks}"
    if act is None:
        return f"✓ {result.account}: sealed already"
    found = f"{act.new} new, {act.edited} edited, {act.absent} gone"
    partial = "".join(f"\n  not read: {failure}" for failure in result.failures[:SHOWN])
    if len(result.failures) > SHOWN:
        partial += f"\n  … and {len(result.failures) - SHOWN} more, in the WARC file of the capture"
    return (
        f"✓ {result.account}: {found}; {plural(act.poll.listed, 'item')} listed, "
        f"{plural(act.poll.requests, 'request')}{partial}{remarks}"
    )


def _plain(result: Captures) -> dict[str, object]:
    return {
        "account": result.account,
        "act": result.act.to_plain() if result.act else None,
        "error": result.error.to_json() if result.error else None,
        "failures": result.failures,
        "remarks": result.remarks,
    }


@click.command("import")
@click.argument("account_name", metavar="ACCOUNT")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--report", type=click.Path(dir_okay=False, path_type=Path), help="Write the report to a .csv or .json.")
@json_option
@click.pass_obj
def import_files(console: Console, account_name: str, files: tuple[Path, ...], report: Path | None) -> None:
    """Import an export (a file, a folder, a ZIP, a tar) into a registered account.

    The platform is the account's; docs/IMPORTS.md says how to obtain its export. Several FILES are the parts of one
    export. Every file in it is read, kept as it is, or refused by name, and the report says which. What is held already
    is not stored again.

    \b
    Examples:
      holdfast account register https://x.com/district --platform x --name district-x
      holdfast import district-x twitter-2026-03-01.zip --report import.csv
      holdfast import district-facebook facebook-part-1.zip facebook-part-2.zip
    """
    write = report_writer(report) if report else None
    archive, chance = console.open(), rounds.system_chance()
    account = registry.account_named(archive, account_name)
    with console.progress("Importing") as tell:
        result = importing.import_all(archive, account, files, chance, tell=tell)
    if write:
        write(result.report)
    console.show(result.report.to_plain(), lines_of(result.report))
