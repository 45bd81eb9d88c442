"""How commands speak: plain words on the screen or JSON for programs, progress on long work, errors that help."""

from __future__ import annotations

import getpass
import json
import platform
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click
from rich.console import Console as Screen
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from manifests.archive import Archive, open_archive
from manifests.forgetting import forget
from schemas.canonical import Canonical
from schemas.errors import IntegrityError
from schemas.instant import Instant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import tzinfo
    from pathlib import Path

    from schemas.errors import ArchiveError

Thing = TypeVar("Thing", bound=Canonical)


def system_clock() -> Instant:
    """Return the operating system's time: the only place where it is read."""
    return Instant.from_datetime(datetime.now(UTC))


def system_actor() -> str:
    """Return who runs the program, as the ledger names actors: ``user@machine``."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = "unknown"
    return f"{user}@{platform.node()}"


@dataclass(frozen=True, slots=True)
class Console:
    """What every command is handed: where the archive is, who acts, and how to speak."""

    home: Path
    actor: str
    json: bool = False

    def open(self) -> Archive:
        """Open the archive (``manifests.archive.open_archive``), and forget what was condemned since the last time."""
        archive = open_archive(self.home, now=system_clock, actor=self.actor)
        forget(archive)
        return archive

    def show(self, plain: dict[str, Any], lines: Iterable[str]) -> None:
        """Print a result: ``plain`` as JSON when it was asked for, else ``lines``."""
        if self.json:
            click.echo(json.dumps(plain, ensure_ascii=False, indent=2, default=str))
        else:
            for line in lines:
                click.echo(line)

    def show_all(self, name: str, things: Iterable[Thing], words: Callable[[Thing], str], *, none: str) -> None:
        """Print things: as JSON a list called ``name``, else a line in ``words`` for each, or ``none``."""
        listed = list(things)
        self.show({name: [one.to_plain() for one in listed]}, [words(one) for one in listed] or [none])

    def say(self, line: str) -> None:
        """Print a line about work in progress; it never mixes with JSON."""
        click.echo(line, err=True)

    def unsound(self, do: str) -> NoReturn:
        """End the program after a report that shows faults: what to do, and the exit status of integrity errors."""
        self.say(f"  → {do}")
        sys.exit(IntegrityError.exit_status)

    @contextmanager
    def progress(self, title: str) -> Iterator[Callable[[str, int, int], None]]:
        """Show progress on standard error, if that is a terminal; the block is given ``tell(step, done, total)``."""
        screen = Screen(stderr=True)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as bar:
            task = bar.add_task(title, total=None)
            yield lambda step, done, total: bar.update(
                task, description=f"{title}: {step}", completed=done, total=total
            )


def json_option(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command ``--json``."""

    def set_json(context: click.Context, _parameter: click.Parameter, value: bool) -> None:  # noqa: FBT001 - click's
        if value:
            console: Console = context.obj
            context.obj = Console(console.home, console.actor, json=True)

    option = click.option(
        "--json", is_flag=True, expose_value=False, is_eager=True, callback=set_json, help="Print JSON for programs."
    )
    return option(command)


def local(instant: Instant, zone: tzinfo) -> str:
    """Return an instant as people of the archive's place read it: ``2026-11-21 09:30:05 CST``."""
    try:
        return f"{instant.to_datetime().astimezone(zone):%Y-%m-%d %H:%M:%S %Z}"
    except OverflowError:  # in that zone it lies outside the years 1 to 9999
        return str(instant)


def plural(number: int, one: str, many: str | None = None) -> str:
    """Return a number with its noun: ``1 record``, ``2 records``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def size_in_words(octets: int) -> str:
    """Return a size as people read it, in powers of ten: ``1.2 MB``."""
    amount = float(octets)
    for unit in ("bytes", "kB", "MB", "GB"):
        if amount < 1000:  # noqa: PLR2004 - powers of ten
            return f"{amount:.0f} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


def report_error(error: ArchiveError, *, as_json: bool) -> int:
    """Print an error and return the exit status of its family."""
    if as_json:
        click.echo(json.dumps({"error": error.to_json()}, ensure_ascii=False, indent=2))
    else:
        click.echo(f"holdfast: {error.what}\n  → {error.do}\n  ({error.code})", err=True)
    return error.exit_status


def wants_json() -> bool:
    """Return whether the program was called with ``--json``: also errors are then JSON."""
    return "--json" in sys.argv
