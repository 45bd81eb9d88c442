"""``holdfast prove``: a file that lets a stranger check one record, or that nothing was changed since a checkpoint."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ediscovery.commands import RecordUnknownError, searchable
from ediscovery.evidence import prove as prove_sealed
from ediscovery.evidence import read_hits
from manifests.checkpoints.commands import system_nonce
from manifests.checkpoints.judging import standing
from manifests.checkpoints.making import make
from manifests.checkpoints.stored import attested, claims_of, sizes
from manifests.console import json_option, size_in_words
from manifests.notes import NOTE_LIMIT, Checkpoint, SignedNote
from manifests.proofs.making import prove_continuity
from manifests.proofs.vouching import Trust, vouch
from schemas.errors import InputError

if TYPE_CHECKING:
    from manifests.archive import Archive
    from manifests.console import Console
    from manifests.proofs.file import Proof
    from manifests.proofs.vouching import Claims

FILE = click.Path(dir_okay=False, path_type=Path)


class ProofOfWhatError(InputError):
    """It is not said, or said twice, what is to be proved."""

    code = "PROOF_OF_WHAT"


class ProofUnwritableError(InputError):
    """A proof cannot be written where it is to be, or an earlier checkpoint cannot be read."""

    code = "PROOF_UNWRITABLE"


@click.command()
@click.argument("record", required=False)
@click.option("--since", type=FILE, help="A checkpoint that was handed over earlier: prove that nothing changed since.")
@click.option("--out", type=FILE, help="The file to write; default: the record's id, or the sizes, with '.proof'.")
@json_option
@click.pass_obj
def prove(console: Console, record: str | None, since: Path | None, out: Path | None) -> None:
    """Write a proof that anybody can check offline with 'holdfast check'.

    RECORD is a record's id or at least its first 8 digits. The proof carries the record itself and the hops from it to
    a signed checkpoint, and nothing of other records. With --since it shows instead that the ledger of an earlier
    checkpoint was only ever added to.

    \b
    Examples:
      holdfast prove 3f9a1c04d2e7
      holdfast prove --since checkpoint-of-march.note --out unchanged.proof
    """
    archive = console.open()
    match record, since:
        case str(), None:
            name, proof = _of_record(archive, record)
        case None, Path():
            name, proof = _of_continuity(archive, since)
        case _:
            raise ProofOfWhatError("One thing can be proved at a time.", do="Give a record's id, or --since FILE.")
    path = out or Path(name)
    content = proof.to_bytes()
    try:
        with path.open("xb") as stream:
            stream.write(content)
    except OSError as error:
        raise ProofUnwritableError(
            f"{path} cannot be written: {error.strerror}.", do="Choose another name with --out."
        ) from error
    console.show(
        {"file": str(path), "octets": len(content), "proves": proof.__struct_config__.tag},
        (f"{path}: {size_in_words(len(content))}", f"  Check it with: holdfast check {path}"),
    )


def _of_record(archive: Archive, record: str) -> tuple[str, Proof]:
    with searchable(archive) as opened:
        found = opened.find_record(record)
    if found is None:
        raise RecordUnknownError(f"There is no record {record[:80]}.", do="Take an id from 'holdfast search'.")
    sealed = read_hits(archive, (found,))[found.record]
    checkpoint, claims = _vouched(archive, at_least=sealed.place.entry + 1)
    return f"{sealed.id.hex[:12]}.proof", prove_sealed(archive, sealed, checkpoint, claims, whole=True)


def _of_continuity(archive: Archive, since: Path) -> tuple[str, Proof]:
    try:
        with since.open("rb") as stream:
            content = stream.read(NOTE_LIMIT + 1)
    except OSError as error:
        raise ProofUnwritableError(f"{since} cannot be read: {error.strerror}.", do="Check the path.") from error
    first = SignedNote.from_bytes(content)
    earlier = Checkpoint.from_text(first.text)
    second, claims = _vouched(archive, at_least=archive.ledger.head.size)
    later = Checkpoint.from_text(second.text)
    return f"{earlier.size}-{later.size}.proof", prove_continuity(archive.ledger, first, second, claims)


def _vouched(archive: Archive, *, at_least: int) -> tuple[SignedNote, Claims]:
    """Return the newest checkpoint over so many entries and who vouches for it; it is made now where there is none."""
    newest = max(sizes(archive.store), default=0)
    if newest < at_least:
        made = make(archive, nonce=system_nonce, name=False)
        return made.note, made.claims
    note, claims = attested(archive.ledger, newest), claims_of(archive.ledger, newest)
    return note, standing(claims, vouch(note, claims, Trust(at=archive.now())))
