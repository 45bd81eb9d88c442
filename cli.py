"""The command line: assembles the commands that live beside what they call, wires the archive's home, and exits."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

import click

from manifests.console import Console, report_error, system_actor, wants_json
from schemas.errors import ArchiveError

USAGE_STATUS = 2
INTERRUPTED_STATUS = 130

COMMANDS = {
    "init": ("manifests.commands", "init"),
    "account": ("archiver.commands", "account"),
    "capture": ("archiver.commands", "capture"),
    "import": ("archiver.commands", "import_files"),
    "listen": ("archiver.receiving.commands", "listen"),
    "search": ("ediscovery.search_commands", "search"),
    "repeat": ("ediscovery.answers.commands", "repeat"),
    "terms": ("ediscovery.answers.commands", "terms"),
    "searches": ("ediscovery.searches.commands", "searches"),
    "show": ("ediscovery.commands", "show"),
    "index": ("ediscovery.index_commands", "index"),
    "review": ("ediscovery.reviews.commands", "review"),
    "produce": ("ediscovery.production.commands", "produce"),
    "productions": ("ediscovery.production.listing_commands", "productions"),
    "package": ("ediscovery.packages.commands", "package"),
    "prove": ("ediscovery.proof_commands", "prove"),
    "disclose": ("ediscovery.proof_commands", "disclose"),
    "check": ("manifests.proofs.commands", "check"),
    "verify": ("ediscovery.audits.commands", "verify"),
    "log": ("manifests.commands", "log"),
    "status": ("manifests.commands", "status"),
    "matter": ("ediscovery.matters.commands", "matter"),
    "hold": ("ediscovery.holds_commands", "hold"),
    "approve": ("manifests.decisions.commands", "approve"),
    "retention": ("ediscovery.retention.commands", "retention"),
    "locks": ("manifests.locks_commands", "locks"),
    "replicate": ("manifests.copies_commands", "replicate"),
    "restore": ("manifests.copies_commands", "restore"),
    "keys": ("manifests.ceremony.commands", "keys"),
    "checkpoint": ("manifests.checkpoints.commands", "checkpoint"),
    "witness": ("manifests.witness.commands", "witness"),
    "doctor": ("manifests.doctor", "doctor"),
}
"""Each command, by the module that has it: a module is loaded when its command is called, or help lists them all."""


class Commands(click.Group):
    """The commands, each loaded when it is needed: loading all of them takes longer than most of them do."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's
        """Return the names in the order of help."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's
        """Return a command, or ``None`` where there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(module), name)
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
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
