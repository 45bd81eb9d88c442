"""What is written of an answer, and where: all its hits, its receipt."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ediscovery.answers.exporting import FORMATS, format_of, write_hits
from ediscovery.sheets import new_file, refuse_taken, unwritable
from schemas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import BinaryIO
    from zoneinfo import ZoneInfo

    from ediscovery.answers.exporting import Format
    from ediscovery.answers.receipt import SearchReceipt
    from ediscovery.search import Search
    from manifests.console import Console
    from schemas.query import Query

STANDARD_OUTPUT = Path("-")


class OutputTwiceError(InputError):
    """Two things are to be written to standard output at once."""

    code = "OUTPUT_TWICE"


def as_of_option(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command ``--as-of``."""
    words = "Ask as if the ledger ended there: after so many entries, or at the end of a day."
    return click.option("--as-of", metavar="SIZE|DATE", help=words)(command)


def answer_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command what is written of an answer."""
    file = click.Path(dir_okay=False, path_type=Path)
    options = (
        click.option(
            "--export", "out", type=file, metavar="FILE", help="Write all hits: .csv, .jsonl, .parquet; or - to print."
        ),
        click.option("--format", "wanted", type=click.Choice(FORMATS), help="The format, if FILE does not say it."),
        click.option("--receipt", type=file, metavar="FILE", help="Write what it takes to repeat the search."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def checked_format(console: Console, out: Path | None, wanted: Format | None, receipt: Path | None) -> Format | None:
    """Return the format of what is exported, if anything is; it is asked before anything is searched for.

    Raises:
        ListFormatError: there is none.
        OutputExistsError: a file is there already.
        OutputTwiceError: both JSON and the list are to go to standard output.
    """
    if receipt is not None:
        refuse_taken(receipt, option="--receipt")
    if out is None:
        return None
    if out != STANDARD_OUTPUT:
        refuse_taken(out, option="--export")
    if out == STANDARD_OUTPUT and console.json:
        raise OutputTwiceError(
            "Both --json and --export - print to standard output.", do="Write the list to a file, or leave out --json."
        )
    return format_of(out, wanted)


def typed_options(**given: Any) -> dict[str, str]:  # noqa: ANN401 - the options as click gives them
    """Return the options that were given, as people gave them."""
    names = {"as_of": "as-of", "start": "from", "end": "to", "kinds": "type", "accounts": "account"}
    said = {names.get(name, name): value for name, value in given.items() if value}
    return {
        name: ", ".join(value) if isinstance(value, tuple) else "yes" if value is True else str(value)
        for name, value in sorted(said.items())
    }


def export(
    opened: Search,
    query: Query,
    out: Path,
    wanted: Format,
    zone: ZoneInfo,
    tell: Callable[[int, int], None],
    total: int,
) -> None:
    """Write all that a query finds; ``tell`` is told how many hits are written, of ``total``.

    Raises:
        EvidenceDiffersError: a record is not what its id commits to.
        OutputExistsError, ListUnwritableError: as ``sheets.new_file`` does.
    """
    with _opened(out) as file:
        write_hits(file, opened.committed(query), wanted, zone, tell=lambda done: tell(done, total))


@contextmanager
def _opened(out: Path) -> Iterator[BinaryIO]:
    """Open what hits are written to: a new file, or standard output."""
    if out != STANDARD_OUTPUT:
        with new_file(out, option="--export") as file:
            yield file
        return
    try:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    except OSError as error:
        raise unwritable("standard output", error, option="--export") from error


def write_receipts(made: Sequence[SearchReceipt], out: Path, *, option: str = "--receipt") -> None:
    """Write a receipt as JSON that people can read, or several a line each. Raises what ``sheets.new_file`` raises."""
    with new_file(out, option=option) as file:
        if len(made) == 1 and out.suffix.lower() != ".jsonl":
            file.write(json.dumps(made[0].to_plain(), ensure_ascii=False, indent=2).encode() + b"\n")
        else:
            file.writelines(one.to_bytes() + b"\n" for one in made)
