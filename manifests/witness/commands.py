"""``holdfast witness``: watch over other archives, online or by mail, so that none of them can show two histories."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from manifests.console import json_option, plural, system_clock
from manifests.signing import Verifier
from manifests.witness.cosignatures import verified
from manifests.witness.requests import REQUEST_LIMIT, Request
from manifests.witness.server import WitnessServer
from manifests.witness.witness import create_witness, open_witness
from schemas.errors import InputError, UnavailableError

if TYPE_CHECKING:
    from manifests.console import Console
    from manifests.witness.cosignatures import Cosigner
    from manifests.witness.requests import Watched
    from schemas.instant import Instant

FOLDER = click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))


class WitnessFileError(InputError):
    """A request file cannot be read, or its answer cannot be written."""

    code = "WITNESS_FILE"


class ListenError(UnavailableError):
    """A witness cannot listen where it is told to."""

    code = "WITNESS_CANNOT_LISTEN"


@click.group()
def witness() -> None:
    """Be a witness for other archives: cosign their checkpoints, as long as they only grow.

    \b
    A neighbouring office does this once:
      holdfast witness init /srv/witness --name records.springfield.example
      holdfast witness trust /srv/witness maple-grove/0a1b2c3d+8d5e2f10+AbC…
    and then either
      holdfast witness serve /srv/witness --listen 0.0.0.0:7380
    or, whenever a request comes by mail or on a stick,
      holdfast witness sign /srv/witness request.txt --to cosigned.note
    """


@witness.command("init")
@FOLDER
@click.option("--name", required=True, help="Its name for life: an address without scheme that you control.")
@json_option
@click.pass_obj
def make(console: Console, folder: Path, name: str) -> None:
    """Make a witness in DIR: its key, and a place for what it remembers.

    Never bring DIR back from a backup: a witness that forgets what it signed is none. Make a new one instead.

    \b
    Example:
      holdfast witness init /srv/witness --name records.springfield.example
    """
    made = create_witness(folder, name=name, now=system_clock)
    key = made.cosigner.to_text()
    console.show(
        {"folder": str(folder), "name": name, "key": key},
        (
            f"The witness {name} is ready in {folder}.",
            f"  Give this key to the archives that ask you:\n    {key}",
            f"Next: holdfast witness trust {folder} KEY, with an archive's checkpoint key.",
        ),
    )


@witness.command()
@FOLDER
@click.argument("key")
@json_option
@click.pass_obj
def trust(console: Console, folder: Path, key: str) -> None:
    """Watch the archive whose checkpoint KEY this is; take the key from its owner, not from a request.

    \b
    Example:
      holdfast witness trust /srv/witness maple-grove/0a1b2c3d+8d5e2f10+AbC…
    """
    verifier = Verifier.from_text(key)
    watched = open_witness(folder, now=system_clock).trust(verifier)
    size = watched.checkpoint.size if watched.checkpoint else 0
    console.show(
        {"origin": verifier.name, "keys": [one.to_text() for one in watched.verifiers], "size": size},
        (f"The witness watches {verifier.name}; it has cosigned {plural(size, 'entry', 'entries')} so far.",),
    )


@witness.command()
@FOLDER
@click.option("--listen", default="127.0.0.1:7380", show_default=True, metavar="HOST:PORT", help="Where to listen.")
@click.pass_obj
def serve(console: Console, folder: Path, listen: str) -> None:
    """Answer archives over HTTP (C2SP tlog-witness) until stopped; it may be killed at any moment.

    What travels is public and signed. For TLS put a proxy in front.

    \b
    Example:
      holdfast witness serve /srv/witness --listen 0.0.0.0:7380
    """
    opened = open_witness(folder, now=system_clock)
    host, _, port = listen.rpartition(":")
    try:
        server = WitnessServer((host.strip("[]"), int(port)), opened, tell=console.say)
    except (OSError, ValueError, OverflowError) as error:
        raise ListenError(
            f"The witness cannot listen on {listen!r}: {error}.", do="Give an address of this machine and a free port."
        ) from error
    with server:
        console.say(f"{opened.cosigner.to_text()}\nlistens on {host}:{server.port}")
        server.serve_forever()


@witness.command()
@FOLDER
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--to", type=click.Path(dir_okay=False, path_type=Path), help="Write the cosigned note to this file.")
@json_option
@click.pass_obj
def sign(console: Console, folder: Path, file: Path, to: Path | None) -> None:
    """Cosign the request in FILE, which an archive exported, and print the cosigned note to send back.

    The same file may be signed again, as long as nothing later was.

    \b
    Examples:
      holdfast witness sign /srv/witness request.txt > cosigned.note
      holdfast witness sign /media/witness /media/stick/request.txt --to /media/stick/cosigned.note
    """
    opened = open_witness(folder, now=system_clock)
    request = Request.from_bytes(_content(file))
    note = opened.sign(request).to_bytes()
    if to is not None:
        try:
            to.write_bytes(note)
        except OSError as error:
            raise WitnessFileError(f"{to} cannot be written: {error.strerror}.", do="Sign again, elsewhere.") from error
    checkpoint = request.checkpoint
    done = f"Cosigned {checkpoint.origin} at {plural(checkpoint.size, 'entry', 'entries')}; send back {to}."
    console.show(
        {"origin": checkpoint.origin, "size": checkpoint.size, "note": note.decode()},
        (done,) if to else note.decode().split("\n")[:-1],
    )


def _content(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            return stream.read(REQUEST_LIMIT + 1)
    except OSError as error:
        raise WitnessFileError(f"{file} cannot be read: {error.strerror}.", do="Name the file again.") from error


@witness.command()
@FOLDER
@json_option
@click.pass_obj
def show(console: Console, folder: Path) -> None:
    """Show a witness's key, what it has cosigned of each archive, and the forks that it met.

    \b
    Example:
      holdfast witness show /srv/witness
    """
    opened = open_witness(folder, now=system_clock)
    seen = [_seen(origin, log, opened.cosigner) for origin, log in opened.logs().items()]
    forks = [str(path) for path in opened.forks()]
    console.show(
        {
            "key": opened.cosigner.to_text(),
            "logs": [{"origin": origin, "size": size, "at": at} for origin, size, at in seen],
            "forks": forks,
        },
        (
            opened.cosigner.to_text(),
            *(f"  {origin}  {plural(size, 'entry', 'entries')}  {at or 'never'}" for origin, size, at in seen),
            *(f"  A FORK: {path}" for path in forks),
        ),
    )


def _seen(origin: str, watched: Watched, cosigner: Cosigner) -> tuple[str, int, Instant | None]:
    """Return what a witness has seen of a log: its origin, the size that was cosigned last, and when."""
    if watched.latest is None or watched.checkpoint is None:
        return origin, 0, None
    (made,) = verified(watched.latest, [cosigner])
    return origin, watched.checkpoint.size, made.at
