"""The command that puts the index into the archive's store: index."""

from __future__ import annotations

import click

from ediscovery.index.putting import put
from manifests.console import Console, json_option, plural


@click.command()
@click.option("--anew", is_flag=True, help="Delete it there and here first, and make all of it from the records.")
@json_option
@click.pass_obj
def index(console: Console, anew: bool) -> None:  # noqa: FBT001 - click's
    """Put the index into the archive's store, as far as it is not there: from cron or a timer, after a capture.

    Other machines then read of it what a search needs, and need not copy the archive and make their own. It is no
    evidence and may be deleted at any time; what nobody needs any more is deleted by this command.

    \b
    Example:
      holdfast capture; holdfast index
    """
    archive = console.open()
    with console.progress("Index") as tell:
        done = put(archive, anew=anew, tell=tell)
    console.show(
        {"parts": done.parts, "new": done.new, "deleted": done.gone},
        (
            f"The index is in the store: {plural(done.parts, 'part')}, {done.new} of them new.",
            *((f"Deleted, for nobody needs it any more: {plural(done.gone, 'object')}.",) if done.gone else ()),
        ),
    )
