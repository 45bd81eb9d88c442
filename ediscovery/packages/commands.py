"""The command that writes a production as a package: package."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ediscovery.bags.writing import demand_new
from ediscovery.bags.zipped import zipped
from manifests.checkpoints.commands import lack_lines, lacks_plain, system_nonce
from manifests.checkpoints.making import make
from manifests.console import json_option, plural, size_in_words

if TYPE_CHECKING:
    from manifests.console import Console


@click.command()
@click.argument("production")
@click.option(
    "--to", "target", type=click.Path(path_type=Path), help="The folder to make, or FILE.zip.  [default: PRODUCTION]"
)
@click.option(
    "--images", is_flag=True, help="Also each page as a picture, for review platforms: TIFF, or JPEG in colour."
)
@click.option("--exchanges", is_flag=True, help="Also what platforms answered, whole, as a WACZ that browsers replay.")
@json_option
@click.pass_obj
def package(console: Console, production: str, target: Path | None, images: bool, exchanges: bool) -> None:  # noqa: FBT001 - click's
    """Write a production as a package: a folder that opens anywhere, loads into review platforms, and proves itself.

    It holds the signed PDF, the natives, their words, load files (Concordance DAT, CSV, RSMF), the proofs, the draft of
    a certification (FRE 902(13) and (14)), and two checkers that need no Holdfast: VERIFY.html and verify.py. It is a
    BagIt bag. It can be made at any time, as often as wanted, while the production is kept.

    What platforms answered (--exchanges) holds whatever they showed beside the records: think before you hand it over.

    \b
    Examples:
      holdfast package 56d9534c1339
      holdfast package 56d9534c1339 --to request-14
      holdfast package 56d9534c1339 --images --to request-14.zip
    """
    # pyHanko is slow to import, and no other command needs it.
    from ediscovery.packages.making import demand_produced, pack  # noqa: PLC0415

    archive = console.open()
    act = demand_produced(archive.ledger.history, production)
    target = target or Path(production)
    demand_new(target)
    is_zip = target.suffix.lower() == ".zip"
    with console.progress("Packing") as tell, (zipped if is_zip else nullcontext)(target) as folder:
        tell("checkpoint", 0, 1)
        checkpoint = make(archive, nonce=system_nonce, name=False)
        packed = pack(archive, act, checkpoint, folder, images=images, exchanges=exchanges, tell=tell)
    console.show(
        {
            "production": production,
            "package": str(target),
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
            f"  Begin with {'data/README.txt in it' if is_zip else target / 'data/README.txt'}",
            f"  Check it with: holdfast verify {target}",
            *lack_lines(checkpoint.lacking),
        ),
    )
