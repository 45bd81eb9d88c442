"""The command line: assembles the commands that live beside what they call, wires the archive's home, and exits."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from archiver import commands as archiver_commands
from archiver.receiving import commands as receiving_commands
from ediscovery import commands as ediscovery_commands
from ediscovery import holds_commands, proof_commands
from ediscovery.audits import commands as audits_commands
from ediscovery.production import commands as production_commands
from ediscovery.retention import commands as retention_commands
from manifests import commands as manifests_commands
from manifests import copies_commands, locks_commands
from manifests import doctor as manifests_doctor
from manifests.ceremony import commands as keys_commands
from manifests.checkpoints import commands as checkpoint_commands
from manifests.console import Console, report_error, system_actor, wants_json
from manifests.decisions import commands as decisions_commands
from manifests.proofs import commands as proofs_commands
from manifests.witness import commands as witness_commands
from schemas.errors import ArchiveError

USAGE_STATUS = 2
INTERRUPTED_STATUS = 130


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="HOLDFAST_HOME",
    default=".",
    show_default="the current folder, or HOLDFAST_HOME",
    help="The archive's home folder: settings, keys, spool, store.",
)
@click.option("--actor", envvar="HOLDFAST_ACTOR", help="Who acts, as the ledger will say. Default: user@machine.")
@click.version_option(package_name="holdfast")
@click.pass_context
def holdfast(context: click.Context, home: Path, actor: str | None) -> None:
    """Keep an organisation's social media and web presence so that a stranger can check it.

    \b
    The main job:
      holdfast init --organisation "Maple Grove USD"
      holdfast capture https://district.example/blog/feed.xml
      holdfast search 'budget hearing' --from 2026-01-01
      holdfast produce 'budget hearing' --matter "Request 2026-14"
      holdfast verify
    """
    context.obj = Console(home.absolute(), actor or system_actor())


for command in (
    manifests_commands.init,
    archiver_commands.account,
    archiver_commands.capture,
    archiver_commands.import_files,
    receiving_commands.listen,
    ediscovery_commands.search,
    ediscovery_commands.show,
    production_commands.produce,
    proof_commands.prove,
    proofs_commands.check,
    audits_commands.verify,
    manifests_commands.log,
    manifests_commands.status,
    holds_commands.hold,
    decisions_commands.approve,
    retention_commands.retention,
    locks_commands.locks,
    copies_commands.replicate,
    copies_commands.restore,
    keys_commands.keys,
    checkpoint_commands.checkpoint,
    witness_commands.witness,
    manifests_doctor.doctor,
):
    holdfast.add_command(command)


def main() -> None:
    """Run the program; its exit status is that of the error's family, 0 when all went well."""
    try:
        status = holdfast.main(standalone_mode=False)
    except ArchiveError as error:
        sys.exit(report_error(error, as_json=wants_json()))
    except click.ClickException as error:
        error.show()
        sys.exit(USAGE_STATUS)
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped. What was captured is kept, and is sealed by the next 'holdfast capture'.", err=True)
        sys.exit(INTERRUPTED_STATUS)
    sys.exit(status if isinstance(status, int) else 0)


if __name__ == "__main__":
    main()
