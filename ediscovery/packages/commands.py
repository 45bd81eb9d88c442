"""The command that writes a production as a package: package."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ediscovery.bags.writing import demand_new
from manifests.checkpoints.commands import lack_lines, lacks_plain, system_nonce
from manifests.checkpoints.making import make
from manifests.console import json_option, plural, size_in_words

if TYPE_CHECKING:
    from manifests.console import Console


@click.command()
@click.argument("production")
@click.option("--to", "folder", type=click.Path(path_type=Path), help="The folder to make.  [default: PRODUCTION]")
@json_option
@click.pass_obj
def package(console: Console, production: str, folder: Path | None) -> None:
    """Write a production as a package: a folder that opens anywhere, loads into review platforms, and proves itself.

    It holds the signed PDF, the natives, their words, load files (Concordance DAT, CSV, RSMF), the proofs, the draft of
    a certification (FRE 902(13) and (14)), and two checkers that need no Holdfast: VERIFY.html and verify.py. It is a
    BagIt bag. It can be made at any time, as often as wanted, while the production is kept.

    \b
    Examples:
      holdfast package 56d9534c1339
      holdfast package 56d9534c1339 --to request-14
    """
    # pyHanko is slow to import, and no other command needs it.
    from ediscovery.packages.making import demand_produced, pack  # noqa: PLC0415

    archive = console.open()
    act = demand_produced(archive.ledger.history, production)
    target = folder or Path(production)
    demand_new(target)
    with console.progress("Packing") as tell:
        tell("checkpoint", 0, 1)
        checkpoint = make(archive, nonce=system_nonce, name=False)
        packed = pack(archive, act, checkpoint, target, tell=lambda done, total: tell("records", done, total))
    console.show(
        {
            "production": production,
            "folder": str(target),
            "records": act.records,
            "bates": str(act.bates),
            "files": packed.files,
            "octets": packed.octets,
            "vouched": checkpoint.statements(),
            "lacking": lacks_plain(checkpoint.lacking),
        },
        (
            f"{target}: production {production}, {plural(act.records, 'record')}, {size_in_words(packed.octets)}",
            f"  Bates    {act.bates}",
            f"  Begin with {target}/data/README.txt",
            f"  Check it with: holdfast verify {target}, or open {target}/data/VERIFY.html",
            *lack_lines(checkpoint.lacking),
        ),
    )
