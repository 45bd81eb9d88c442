"""``holdfast prove`` and ``disclose``: files by which a stranger checks a record, or that nothing changed since."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ediscovery.commands import find_record, searchable
from ediscovery.evidence import prove as prove_sealed
from ediscovery.evidence import prove_parts, read_hits
from ediscovery.redaction.disclosing import disclosed
from manifests.checkpoints.commands import system_nonce
from manifests.checkpoints.judging import standing
from manifests.checkpoints.making import make
from manifests.checkpoints.stored import attested, checkpoint_at, claims_of, sizes
from manifests.console import json_option, size_in_words
from manifests.notes import NOTE_LIMIT, Checkpoint, SignedNote
from manifests.proofs.file import LARGEST, read_proof_of_record
from manifests.proofs.making import prove_continuity
from manifests.proofs.redacted import RedactedProof
from manifests.proofs.vouching import Trust, vouch
from schemas.errors import InputError
from storage import layout

if TYPE_CHECKING:
    from manifests.archive import Archive
    from manifests.console import Console
    from manifests.proofs.file import Proof
    from schemas.claims import Claims

FILE = click.Path(dir_okay=False, path_type=Path)


class ProofOfWhatError(InputError):
    """It is not said, or said twice, what is to be proved."""

    code = "PROOF_OF_WHAT"


class ProofUnwritableError(InputError):
    """A proof cannot be written where it is to be, or an earlier proof or checkpoint cannot be read."""

    code = "PROOF_UNWRITABLE"


@click.command()
@click.argument("record", required=False)
@click.option(
    "--since",
    metavar="FILE|SIZE",
    help="A checkpoint that was handed over, or how many entries the ledger had: prove that nothing changed since.",
)
@click.option("--until", type=click.IntRange(min=1), help="Up to so many entries; default: up to now.")
@click.option("--out", type=FILE, help="The file to write; default: the record's id, or the sizes, with '.proof'.")
@json_option
@click.pass_obj
def prove(console: Console, record: str | None, since: str | None, until: int | None, out: Path | None) -> None:
    """Write a proof that anybody can check offline with 'holdfast check'.

    RECORD is a record's id or at least its first 8 digits. The proof carries the record itself and the hops from it to
    a signed checkpoint, and nothing of other records. With --since it shows instead that the ledger of an earlier
    checkpoint, or of an earlier size, was only ever added to.

    \b
    Examples:
      holdfast prove 3f9a1c04d2e7
      holdfast prove --since checkpoint-of-march.note --out unchanged.proof
      holdfast prove --since 120 --until 480
    """
    archive = console.open()
    match record, since, until:
        case str(), None, None:
            name, proof = _of_record(archive, record)
        case None, str(), _:
            name, proof = _of_continuity(archive, since, until)
        case _:
            raise ProofOfWhatError(
                "One thing can be proved at a time.",
                do="Give a record's id, or --since.",
            )
    _write(console, out or Path(name), proof)


def _write(console: Console, path: Path, proof: Proof) -> None:
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


@click.command()
@click.argument("proof", type=FILE)
@click.option(
    "--part", "named", multiple=True, required=True,
    help="What to show of what is hidden: author, title, text, text.2 …; 'holdfast check PROOF' names all.",
)  # fmt: skip
@click.option("--out", type=FILE, help="The file to write; default: the record's id with '.proof'.")
@json_option
@click.pass_obj
def disclose(console: Console, proof: Path, named: tuple[str, ...], out: Path | None) -> None:
    """Write another proof of a redacted record, in which more of its parts are shown.

    PROOF is the file from the package's folder PROOFS, or attached to the production. What stays hidden there stays
    hidden here. Anybody checks the new file with 'holdfast check', and sees that it is the same record.

    \b
    Examples:
      holdfast disclose PROOFS/MGU0000012-proof.json --part author --out for-the-judge.proof
      holdfast disclose PROOFS/MGU0000012-proof.json --part text.2 --part title
    """
    archive = console.open()
    before = read_proof_of_record(_content_of(proof))
    if not isinstance(before, RedactedProof):
        raise ProofOfWhatError("This record is not redacted: its proof shows all of it.", do="Hand over that proof.")
    with searchable(archive) as opened:
        found = find_record(opened, before.record.hex)
    sealed = read_hits(archive, (found,))[found.record]
    checkpoint, claims = _vouched(archive, at_least=sealed.place.entry + 1)
    after = prove_parts(archive, sealed, disclosed(before.parts, sealed.record, named), checkpoint, claims)
    _write(console, out or Path(f"{sealed.id.hex[:12]}.proof"), after)


def _of_record(archive: Archive, record: str) -> tuple[str, Proof]:
    with searchable(archive) as opened:
        found = find_record(opened, record)
    sealed = read_hits(archive, (found,))[found.record]
    checkpoint, claims = _vouched(archive, at_least=sealed.place.entry + 1)
    return f"{sealed.id.hex[:12]}.proof", prove_sealed(archive, sealed, checkpoint, claims, whole=True)


def _of_continuity(archive: Archive, since: str, until: int | None) -> tuple[str, Proof]:
    first = _signed(archive, int(since)) if since.isdecimal() and since.isascii() else _handed_over(Path(since))
    earlier = Checkpoint.from_text(first.text).size
    if until is None:
        second, claims = _vouched(archive, at_least=archive.ledger.head.size)
    elif until < earlier:
        raise ProofOfWhatError(f"A ledger of {until} entries continues none of {earlier}.", do="Exchange the two.")
    else:
        _signed(archive, until)
        second, claims = _as_kept(archive, until)
    later = Checkpoint.from_text(second.text).size
    return f"{earlier}-{later}.proof", prove_continuity(archive.ledger, first, second, claims)


def _handed_over(path: Path) -> SignedNote:
    return SignedNote.from_bytes(_content_of(path, NOTE_LIMIT))


def _content_of(path: Path, most: int = LARGEST) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(most + 1)
    except OSError as error:
        raise ProofUnwritableError(f"{path} cannot be read: {error.strerror}.", do="Check the path.") from error


def _signed(archive: Archive, size: int) -> SignedNote:
    """Return the checkpoint over so many entries; where none was made in its time, it is signed and stored now."""
    if not 0 < size <= archive.ledger.head.size:
        raise ProofOfWhatError(
            f"The ledger has {archive.ledger.head.size} entries: it never ended at {size}.",
            do="Give sizes from 1 up to that.",
        )
    if archive.store.exists(layout.checkpoint(size)):
        return checkpoint_at(archive.ledger, size)
    return archive.ledger.checkpoint(archive.checkpoint_key(), size=size)


def _vouched(archive: Archive, *, at_least: int) -> tuple[SignedNote, Claims]:
    """Return the newest checkpoint over so many entries and who vouches for it; it is made now where there is none."""
    newest = max(sizes(archive.store), default=0)
    if newest >= at_least:
        return _as_kept(archive, newest)
    made = make(archive, nonce=system_nonce, name=False)
    return made.note, made.claims


def _as_kept(archive: Archive, size: int) -> tuple[SignedNote, Claims]:
    """Return a stored checkpoint, and who vouches for it now."""
    note, claims = attested(archive.ledger, size), claims_of(archive.ledger, size)
    return note, standing(claims, vouch(note, claims, Trust(at=archive.now())))
