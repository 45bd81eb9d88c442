"""``holdfast check``: what a proof file proves, offline, without any archive at hand."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from manifests.console import Console, json_option, system_clock
from manifests.proofs import continuity, record, redacted
from manifests.proofs.file import LARGEST, read_proof
from manifests.proofs.record import RecordProof, native_in
from manifests.proofs.vouching import Trust, fingerprints
from manifests.reporting import printable
from manifests.signing import Verifier
from manifests.timestamps.trust import load_roots
from manifests.witness.cosignatures import Cosigner, Policy, require
from schemas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from manifests.proofs.file import Proof
    from manifests.proofs.vouching import Vouched

FILE = click.Path(dir_okay=False, path_type=Path)


class ProofFileError(InputError):
    """A file that belongs to a proof cannot be read."""

    code = "PROOF_FILE"


@click.command("check")
@click.argument("file", type=FILE)
@click.option("--native", type=FILE, help="The record's native bytes, where the proof does not carry them.")
@click.option("--key", help="The archive's checkpoint key as its owner publishes it (name+id+key).")
@click.option("--witness", "witnesses", multiple=True, help="A witness that you know, by the key that it publishes.")
@click.option("--needed", type=click.IntRange(min=0), help="How many of these witnesses must have cosigned. All.")
@click.option("--root", "roots", multiple=True, type=FILE, help="PEM file of a time stamp authority that you trust.")
@json_option
@click.pass_obj
def check(
    console: Console,
    file: Path,
    native: Path | None,
    key: str | None,
    witnesses: tuple[str, ...],
    needed: int | None,
    roots: tuple[Path, ...],
) -> None:
    """Check a proof file, and say what it proves: no archive and no network are needed.

    Keys and roots that you have from their owners are used in place of those that the proof names. Where you give
    none, compare what is printed.

    \b
    Examples:
      holdfast check record.proof
      holdfast check record.proof --key 'maple-grove/…+…+…' --witness 'records.county.example+…+…'
    """
    policy = None
    if witnesses:
        count = len(witnesses) if needed is None else needed
        policy = Policy(count, tuple(Cosigner.from_text(text) for text in witnesses))
    trust = Trust(
        at=system_clock(),
        verifier=Verifier.from_text(key) if key else None,
        policy=policy,
        roots=load_roots(b"".join(_read(root) for root in roots)) if roots else None,
    )
    proof = read_proof(_read(file))
    statements, vouched = _proved(proof, native, trust)
    if policy is not None:
        require(vouched.note, policy)
    lacking = vouched.lacking()
    compare = tuple(_to_compare(proof, trust))
    parts = proof.parts if isinstance(proof, redacted.RedactedProof) else ()
    console.show(
        {
            "proves": proof.__struct_config__.tag,
            "statements": statements,
            "lacking": lacking,
            "compare": compare,
            "parts": [part.to_plain() for part in parts],
        },
        (
            "Proved:",
            *(f"  {'–' if words in lacking else '✓'} {words}" for words in statements),
            *(("Its parts:",) if parts else ()),
            *(f"  {printable(line)}" for line in redacted.told(parts)),
            *_said(compare),
        ),
    )


def _proved(proof: Proof, native: Path | None, trust: Trust) -> tuple[tuple[str, ...], Vouched]:
    match proof:
        case RecordProof():
            proved = record.check(proof, native_in(proof) if native is None else _read(native), trust)
            return proved.statements(), proved.vouched
        case _ if native is not None:
            raise ProofFileError("This proof is of no record with native bytes beside it.", do="Leave --native out.")
        case redacted.RedactedProof():
            partly = redacted.check(proof, trust)
            return partly.statements(), partly.vouched
        case continuity.ContinuityProof():
            continued = continuity.check(proof, trust)
            return continued.statements(), continued.vouched


def _to_compare(proof: Proof, trust: Trust) -> Iterator[str]:
    claims = proof.claims
    if trust.verifier is None:
        yield f"the archive's key: {claims.verifier}"
    if isinstance(proof, continuity.ContinuityProof) and proof.earlier:
        yield f"the archive's earlier key: {proof.earlier}"
    if trust.policy is None:
        yield from (f"the witness: {witness}" for witness in claims.witnesses)
    if trust.roots is None:
        yield from (f"a root for time stamps, by its SHA-256: {digest}" for digest in fingerprints(claims))


def _said(compare: tuple[str, ...]) -> Iterator[str]:
    if compare:
        yield "This is what the proof itself names; compare it with what its owners publish:"
        yield from (f"  ? {words}" for words in compare)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(LARGEST + 1)
    except OSError as error:
        raise ProofFileError(f"{path} cannot be read: {error.strerror}.", do="Check the path.") from error
