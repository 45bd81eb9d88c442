"""Commands about second copies: make and continue them, and bring an archive back from one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import msgspec

from manifests.archive import read_settings
from manifests.console import json_option, plural, size_in_words, system_clock
from manifests.ledger import Ledger
from manifests.replication import compare, copy_archive
from schemas.errors import InputError
from storage.places import open_store

if TYPE_CHECKING:
    from manifests.archive import Archive
    from manifests.console import Console
    from manifests.replication import Copied
    from schemas.settings import Place, Settings
    from storage.objects import ObjectStore

LACKING = (
    "The copy lacks what is named above: run 'holdfast verify' and mend the archive, then 'holdfast replicate "
    "--everything'; without it, what was passed over is not looked at again."
)


class ReplicaUnknownError(InputError):
    """No second copy of that name is in the settings."""

    code = "REPLICA_UNKNOWN"


class RestoreIntoPinnedError(InputError):
    """An archive is brought back into a place whose settings ask for versions that only the lost one had."""

    code = "RESTORE_INTO_PINNED"


def replica_place(settings: Settings, name: str) -> Place:
    """Return where a second copy lies, to be read without the version ids of the first.

    Raises:
        ReplicaUnknownError: the settings name none so.
    """
    place = settings.replica.get(name)
    if place is None:
        known = ", ".join(sorted(settings.replica)) or "none"
        raise ReplicaUnknownError(
            f"holdfast.toml describes no replica {name!r}; it knows: {known}.",
            do="Add a section [replica.NAME] with kind and path or bucket (docs/SETTINGS.md).",
        )
    return msgspec.structs.replace(place, versions="oldest")


def open_replica(console: Console, settings: Settings, name: str) -> ObjectStore:
    """Return the store of a second copy.

    Raises:
        ReplicaUnknownError: the settings name none so.
    """
    return open_store(replica_place(settings, name), home=console.home, now=system_clock)


def open_copy(console: Console, archive: Archive, name: str) -> tuple[Ledger, Place]:
    """Return the ledger of a second copy, not read yet, and the place where it lies.

    Raises:
        ReplicaUnknownError: the settings name none so.
    """
    store = open_replica(console, archive.settings, name)
    registers = console.home / "state" / f"replica-{name}.db"
    return Ledger(store, origin=archive.ledger.origin, registers=registers), archive.settings.replica[name]


@click.command()
@click.argument("name", required=False)
@click.option("--everything", is_flag=True, help="Look also at what was copied before, byte for byte.")
@json_option
@click.pass_obj
def replicate(console: Console, name: str | None, *, everything: bool) -> None:
    """Bring a second copy up to date; without a name, every copy that holdfast.toml describes.

    It goes on where the copy's own ledger ends, and reads back what it has written. Run it after every capture.

    \b
    Examples:
      holdfast replicate
      holdfast replicate vault --everything
    """
    archive = console.open()
    names = [name] if name else sorted(archive.settings.replica)
    if not names:
        open_replica(console, archive.settings, "NAME")
    results: dict[str, Copied] = {}
    with console.progress("Copying") as tell:
        for one in names:
            target, _ = open_copy(console, archive, one)
            compare(archive.ledger, target).refuse_ahead()
            results[one] = copy_archive(archive.ledger, target, everything=everything, tell=tell)
    _report(console, results, LACKING)


@click.command()
@click.argument("name")
@json_option
@click.pass_obj
def restore(console: Console, name: str) -> None:
    """Bring back into the archive's store what it lacks, from a second copy.

    For a store that was lost: make an empty one, describe it in [store] of holdfast.toml with versions = "oldest" (its
    objects get version ids of their own), and restore. Nothing that is there is overwritten.

    \b
    Example:
      holdfast restore vault
    """
    settings = read_settings(console.home)
    origin = settings.archive.origin
    store = open_store(settings.store, home=console.home, now=system_clock)
    source = Ledger(open_replica(console, settings, name), origin=origin)
    source.refresh()
    target = Ledger(store, origin=origin)
    if settings.store.versions == "pinned" and not target.exists() and _has_versions(source):
        raise RestoreIntoPinnedError(
            "The store is empty, and objects that are brought back get new version ids.",
            do='Set versions = "oldest" in the section [store] of holdfast.toml, then restore.',
        )
    with console.progress("Restoring") as tell:
        copied = copy_archive(source, target, everything=True, tell=tell)
    _report(console, {name: copied}, "These objects could not be brought back.")


def _has_versions(ledger: Ledger) -> bool:
    return any(named.stored.version for named in ledger.history.objects())


def _report(console: Console, results: dict[str, Copied], lacking: str) -> None:
    console.show(
        {
            "copies": [
                {
                    "name": name,
                    "entries": copied.entries,
                    "objects": copied.objects,
                    "octets": copied.octets,
                    "failures": [{"key": one.key, "error": one.error.to_json()} for one in copied.failures],
                }
                for name, copied in results.items()
            ]
        },
        (
            line
            for name, copied in results.items()
            for line in (
                _in_words(name, copied),
                *(f"  ✗ {one.key}: {one.error.what}\n    → {one.error.do}" for one in copied.failures),
            )
        ),
    )
    if any(copied.failures for copied in results.values()):
        console.unsound(lacking)


def _in_words(name: str, copied: Copied) -> str:
    entries = plural(copied.entries, "new entry", "new entries")
    return f"{name}: {entries}, {plural(copied.objects, 'object')}, {size_in_words(copied.octets)}"
