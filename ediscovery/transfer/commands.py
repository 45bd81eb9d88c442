"""The commands about records that go to an archives: retention transfer make, check, receipt."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ediscovery.bags.writing import demand_new
from ediscovery.commands import judged_day, searchable_whole
from ediscovery.retention.due_commands import AS_OF
from ediscovery.retention.eligible import eligible
from ediscovery.retention.in_force import InForce
from ediscovery.transfer.choosing import choose
from ediscovery.transfer.inspecting import inspect
from ediscovery.transfer.making import Order, pack
from ediscovery.transfer.receiving import receive, transferred
from manifests.checkpoints.commands import lack_lines, lacks_plain, system_nonce
from manifests.checkpoints.making import make as make_checkpoint
from manifests.console import json_option, plural, size_in_words, system_clock
from manifests.proofs.vouching import Trust
from manifests.signing import Verifier

if TYPE_CHECKING:
    from manifests.console import Console

FOLDER = click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
NAME_OCTETS, SALT_OCTETS = 6, 32
UNSOUND = "Do not rely on it. Keep it as it is, and ask whoever handed it over for another copy."


@click.group()
def transfer() -> None:
    """Hand records to an archives, with their proofs, and record that they arrived."""


@transfer.command()
@click.option("--series", multiple=True, required=True, help="A series' full name: tx-gr/GR1000-26b. Again, too.")
@click.option("--permanent", is_flag=True, help="Also copies of records that these series keep for ever.")
@AS_OF
@click.option(
    "--to", "folder", type=click.Path(path_type=Path), required=True, help="The folder to make; it must not exist."
)
@json_option
@click.pass_obj
def make(console: Console, series: tuple[str, ...], permanent: bool, as_of: str | None, folder: Path) -> None:  # noqa: FBT001 - click's
    """Write the records that are due for transfer, under no hold, as a package: a BagIt bag with METS and PREMIS.

    Each has its native bytes, what was read from them, how they were captured, and its proof. What an archives received
    before is left out. Nothing is destroyed by that, here or later, without a plan that people approve. The folder
    holds what the records say: protect it like them.

    \b
    Examples:
      holdfast retention transfer make --series tx-gr/1000-34 --to to-state-archives
      holdfast retention transfer make --series ours/MINUTES --permanent --as-of 2027-01-01 --to minutes-2026
    """
    demand_new(folder)
    archive = console.open()
    on = judged_day(archive, as_of)
    in_force = InForce.of(archive.ledger)
    for name in series:
        in_force.schedules.find(name)
    with searchable_whole(archive) as opened:
        judged = eligible(archive, opened, in_force, as_of=on)
        chosen = choose(judged, series=series, permanent=permanent, received=transferred(archive))
    order = Order(
        name=secrets.token_hex(NAME_OCTETS),
        series=series,
        as_of=on,
        permanent=permanent,
        salt=secrets.token_bytes(SALT_OCTETS),
    )
    with console.progress("Packing") as tell:
        tell("checkpoint", 0, 1)
        # After the choice, so that it covers whatever was chosen.
        checkpoint = make_checkpoint(archive, nonce=system_nonce, name=False)
        packed = pack(archive, chosen, order, checkpoint, folder, tell=lambda done, total: tell("records", done, total))
    said = packed.transfer
    console.show(
        {
            "transfer": said.transfer,
            "folder": str(folder),
            "as_of": str(on),
            "records": said.records,
            "files": packed.files,
            "octets": packed.octets,
            "vouched": checkpoint.statements(),
            "lacking": lacks_plain(checkpoint.lacking),
        },
        (
            f"{folder}: transfer {said.transfer}, {plural(said.records, 'record')}, {size_in_words(packed.octets)}",
            f"  Check it with: holdfast retention transfer check {folder}",
            f"  When the archives has confirmed it: holdfast retention transfer receipt {folder} --from FILE …",
            *lack_lines(checkpoint.lacking),
        ),
    )


@transfer.command()
@FOLDER
@click.option("--key", help="The archive's checkpoint key as its owner publishes it (name+id+key).")
@json_option
@click.pass_obj
def check(console: Console, folder: Path, key: str | None) -> None:
    """Check a package, offline: every file, METS and PREMIS, and the proof of every record. No archive is needed.

    \b
    Examples:
      holdfast retention transfer check to-state-archives
      holdfast retention transfer check to-state-archives --key 'maple-grove/…+…+…'
    """
    trust = Trust(at=system_clock(), verifier=Verifier.from_text(key) if key else None)
    with console.progress("Checking") as tell:
        report = inspect(folder, trust, tell=lambda done, total: tell("records", done, total))
    console.show(report.to_json(), report.lines())
    if not report.sound:
        console.unsound(UNSOUND)


@transfer.command()
@FOLDER
@click.option(
    "--from",
    "receipt",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="The file in which the archives confirms that it has the records. Keep it: the ledger holds only its digest.",
)
@click.option("--receiver", required=True, help="The archives' name; no person's, for it stays for ever.")
@json_option
@click.pass_obj
def receipt(console: Console, folder: Path, receipt: Path, receiver: str) -> None:
    """Record that an archives received a package: from then on its records may be proposed for destruction.

    The package is checked as a whole before.

    \b
    Example:
      holdfast retention transfer receipt to-state-archives --from receipt.pdf --receiver 'State Archives'
    """
    archive = console.open()
    with console.progress("Checking") as tell:
        act = receive(
            archive, folder, receipt, receiver=receiver, tell=lambda done, total: tell("records", done, total)
        )
    console.show(
        act.to_plain(), (f"{act.receiver} has {plural(act.records, 'record')} of the transfer {act.transfer}.",)
    )
