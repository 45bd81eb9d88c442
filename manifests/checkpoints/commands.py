"""``holdfast checkpoint``: have the ledger's state signed, witnessed, stamped and published, and see who vouches."""

from __future__ import annotations

import secrets
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from manifests.checkpoints import letters, making, renewing
from manifests.checkpoints.stored import attested, claims_of, sizes
from manifests.console import json_option, plural
from manifests.notes import NOTE_LIMIT
from manifests.proofs.vouching import Trust, vouch
from manifests.timestamps.stamp import NONCE_BITS
from manifests.witness.commands import WitnessFileError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from manifests.archive import Archive
    from manifests.checkpoints.asking import Lack
    from manifests.console import Console
    from manifests.proofs.vouching import Vouched

SHOWN = 20


def system_nonce() -> int:
    """Return a new random number, as requests for time stamps bear one."""
    return secrets.randbits(NONCE_BITS)


@click.group()
def checkpoint() -> None:
    """Have the ledger's state signed, cosigned by witnesses, stamped by authorities, and published.

    \b
    Whom to ask stands in holdfast.toml (docs/SETTINGS.md), and from the first 'make' on in the ledger. Daily:
      holdfast checkpoint make
      holdfast checkpoint renew
    A witness without an address is asked by mail or with a stick:
      holdfast checkpoint request --witness county --to request.txt
      holdfast witness sign /srv/witness request.txt --to cosigned.note     # at the witness
      holdfast checkpoint accept cosigned.note
    """


@checkpoint.command()
@json_option
@click.pass_obj
def make(console: Console) -> None:
    """Sign the ledger as it is, ask every witness and authority that has not vouched for it yet, and publish it.

    It succeeds when the archive's own part is done; whoever did not answer is named, and asked again by the next run.
    A witness that disputes the ledger, or another checkpoint published in its place, stops it with status 7.

    \b
    Example:
      holdfast checkpoint make
    """
    archive = console.open()
    with console.progress("Asking") as tell:
        tell("witnesses and authorities", 0, 1)
        made = making.make(archive, nonce=system_nonce, name=True)
    plain = {
        **_plain(archive, made.size, made.vouched),
        "note": made.note.to_bytes().decode(),
        "named": made.named,
        "published": made.published,
        "lacking": lacks_plain(made.lacking),
    }
    console.show(
        plain,
        (
            f"Checkpoint over {plural(made.size, 'entry', 'entries')} of {archive.ledger.origin}",
            *(("  The ledger names new witnesses and authorities from here on.",) if made.named else ()),
            *(f"  {words}" for words in made.vouched.statements()),
            *(f"  Published in {place}" for place in made.published),
            *lack_lines(made.lacking),
        ),
    )


@checkpoint.command()
@click.option("--witness", required=True, help="The witness's name in holdfast.toml.")
@click.option("--to", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The file to write.")
@click.option("--old", type=click.IntRange(min=0), help="How many entries it has cosigned, if it says another number.")
@json_option
@click.pass_obj
def request(console: Console, witness: str, to: Path, old: int | None) -> None:
    """Write the request that a witness cosign the newest checkpoint, to be sent by mail or on a stick.

    \b
    Example:
      holdfast checkpoint request --witness county --to /media/stick/request.txt
    """
    asked = letters.request(console.open().ledger, witness, old=old)
    try:
        to.write_bytes(asked.to_bytes())
    except OSError as error:
        raise WitnessFileError(f"{to} cannot be written: {error.strerror}.", do="Choose another place.") from error
    size = asked.checkpoint.size
    console.show(
        {"file": str(to), "witness": witness, "old": asked.old_size, "size": size},
        (
            f"{to} asks {witness} to cosign {plural(size, 'entry', 'entries')}, of which it knows {asked.old_size}.",
            f"Its keeper runs: holdfast witness sign DIR {to.name} --to cosigned.note",
            "Then run: holdfast checkpoint accept cosigned.note",
        ),
    )


@checkpoint.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@json_option
@click.pass_obj
def accept(console: Console, file: Path) -> None:
    """Keep the cosignature in FILE, the note that came back from a witness.

    \b
    Example:
      holdfast checkpoint accept /media/stick/cosigned.note
    """
    try:
        with file.open("rb") as stream:
            content = stream.read(NOTE_LIMIT + 1)
    except OSError as error:
        raise WitnessFileError(f"{file} cannot be read: {error.strerror}.", do="Name the file again.") from error
    archive = console.open()
    size, names = letters.accept(archive.ledger, content)
    vouched = _vouched(archive, size)
    console.show(
        {**_plain(archive, size, vouched), "accepted": names},
        (
            f"Cosigned by {', '.join(names)}: the checkpoint over {plural(size, 'entry', 'entries')}.",
            *(f"  {words}" for words in vouched.statements()),
        ),
    )


@checkpoint.command()
@json_option
@click.pass_obj
def renew(console: Console) -> None:
    """Renew the time stamps whose certificates end soon (checkpoint.renew_days); run it every day.

    \b
    Example:
      holdfast checkpoint renew
    """
    archive = console.open()
    done = renewing.renew(archive, nonce=system_nonce)
    renewed = len(done.due) - len(done.lacking)
    console.show(
        {"due": done.due, "renewed": renewed, "lacking": lacks_plain(done.lacking), "ended": done.ended},
        (
            f"{plural(len(done.due), 'time stamp')} due, {renewed} renewed.",
            *(f"  {key} can no longer be verified: it was not renewed in time." for key in done.ended),
            *lack_lines(done.lacking),
        ),
    )


@checkpoint.command()
@click.option("--size", type=click.IntRange(min=1), help="Only the checkpoint over so many entries.")
@click.option("--limit", default=SHOWN, show_default=True, help="How many checkpoints, the newest first.")
@json_option
@click.pass_obj
def show(console: Console, size: int | None, limit: int) -> None:
    """Show who vouches for which checkpoint; everything that is stored of it is verified.

    \b
    Examples:
      holdfast checkpoint show
      holdfast checkpoint show --size 120
    """
    archive = console.open()
    chosen: Iterable[int] = [size] if size else sorted(sizes(archive.store), reverse=True)
    found = [(one, _vouched(archive, one)) for one in islice(chosen, limit)]
    console.show(
        {"checkpoints": [_plain(archive, one, vouched) for one, vouched in found]},
        (
            line
            for one, vouched in found
            for line in (f"{plural(one, 'entry', 'entries')}:", *(f"  {words}" for words in vouched.statements()))
        ),
    )


def _vouched(archive: Archive, size: int) -> Vouched:
    return vouch(attested(archive.ledger, size), claims_of(archive.ledger, size), Trust(at=archive.now()))


def _plain(archive: Archive, size: int, vouched: Vouched) -> dict[str, Any]:
    policy = archive.ledger.history.attestors_at(size)
    names = {witness.key: witness.name for witness in policy.witnesses}
    return {
        "origin": vouched.checkpoint.origin,
        "size": size,
        "root": vouched.checkpoint.root.hex,
        "key": vouched.verifier.to_text(),
        "needed": policy.needed,
        "witnesses": len(policy.witnesses),
        "enough": vouched.witnessed.enough,
        "cosigned": [
            {"name": names[made.witness.to_text()], "witness": made.witness.name, "at": str(made.at)}
            for made in vouched.witnessed.cosignatures
        ],
        "stamps": [
            {
                "name": name,
                "authority": stamp.authority,
                "at": str(stamp.at),
                "accuracy_microseconds": stamp.accuracy,
                "valid_until": str(stamp.valid_until),
            }
            for name, stamp in vouched.stamps.items()
        ],
        "ended": vouched.ended,
    }


def lacks_plain(lacking: Iterable[Lack]) -> list[dict[str, object]]:
    """Return what is lacking, for programs."""
    return [{"kind": lack.kind, "name": lack.name, "error": lack.error.to_json()} for lack in lacking]


def lack_lines(lacking: Iterable[Lack]) -> Iterator[str]:
    """Yield what is lacking and what to do about it, for people."""
    for lack in lacking:
        yield f"  LACKING {lack.kind} {lack.name}: {lack.error.what}\n    → {lack.error.do} ({lack.error.code})"
