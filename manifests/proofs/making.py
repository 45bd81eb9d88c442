"""Making proofs from a ledger: what a checker needs, and of an entry no more than the line in question."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from manifests import chain
from manifests.notes import Checkpoint
from manifests.proofs.continuity import ContinuityProof, ContinuityProofError
from manifests.proofs.file import PROOF_FORMAT
from manifests.proofs.hops import PROOF_FORMATS
from manifests.proofs.inclusion import Inclusion
from manifests.proofs.record import RecordProof
from manifests.proofs.redacted import ProofPart, RedactedProof
from schemas.certificate import ProvedAct
from schemas.digest import Digest
from schemas.errors import IntegrityError
from schemas.ledger import lines_of
from schemas.merkle import inclusion_path, nodes_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from manifests.ledger import Ledger
    from manifests.notes import SignedNote
    from schemas.certificate import Kind
    from schemas.claims import Claims
    from schemas.merkle import Nodes
    from schemas.partition import Partition
    from schemas.record import Record


class PartitionUnnamedError(IntegrityError):
    """An entry does not name the partition that it is said to name."""

    code = "PARTITION_UNNAMED"


@dataclass(frozen=True, slots=True)
class Hops:
    """What leads from a partition to a checkpoint: the same for every record of it."""

    partition: Partition
    line: int
    line_path: tuple[Digest, ...]
    entry: str
    inclusion: str


def hops_of(ledger: Ledger, partition: Partition, *, entry: int, checkpoint: SignedNote) -> Hops:
    """Return the hops from ``partition``, which the ledger's entry ``entry`` names, to ``checkpoint``.

    Raises:
        PartitionUnnamedError: the entry does not name the partition.
        LedgerChangedError: the store gives another entry than the one that was accepted.
    """
    note, lines = chain.split(ledger.entry_bytes(entry))
    spelled = partition.to_bytes()
    if spelled not in lines:
        raise PartitionUnnamedError(
            f"Ledger entry {entry} does not name the partition {partition.stored.key}.",
            do="Keep everything; run 'holdfast verify'.",
        )
    line = lines.index(spelled)
    size = Checkpoint.from_text(checkpoint.text).size
    return Hops(
        partition=partition,
        line=line,
        line_path=inclusion_path(nodes_of(chain.leaves_of(lines)), line, size=len(lines)),
        entry=note.decode(),
        inclusion=Inclusion(entry, ledger.inclusion(entry, size=size), checkpoint).to_text(),
    )


def prove_record(
    record: Record, *, row: int, nodes: Nodes, hops: Hops, claims: Claims, whole: bool = False
) -> RecordProof:
    """Return the proof that ``record`` is in the ledger of the checkpoint that ``hops`` lead to.

    It is ``row`` of their partition, whose tree is ``nodes``. A ``whole`` proof carries the native bytes.
    """
    return RecordProof(
        format=PROOF_FORMATS[record.version],
        record=record.id,
        salt=record.salt.hex(),
        native_sha256=Digest.of(record.native),
        normalised=record.normalised.decode(),
        provenance=record.provenance.decode(),
        native=base64.b64encode(record.native).decode() if whole else None,
        **_led(row, nodes, hops, claims),
    )


def prove_redacted(
    record: Record, parts: tuple[ProofPart, ...], *, row: int, nodes: Nodes, hops: Hops, claims: Claims
) -> RedactedProof:
    """Return the proof that a record of which these ``parts`` are shown and hidden is in the ledger."""
    return RedactedProof(
        format=PROOF_FORMATS[record.version], record=record.id, parts=parts, **_led(row, nodes, hops, claims)
    )


def _led(row: int, nodes: Nodes, hops: Hops, claims: Claims) -> dict[str, Any]:
    """Return the fields that lead from a record's place to a checkpoint (``manifests.proofs.hops.Hops``)."""
    return {
        "row": row,
        "row_path": inclusion_path(nodes, row, size=hops.partition.rows),
        "partition": hops.partition.to_bytes().decode(),
        "line": hops.line,
        "line_path": hops.line_path,
        "entry": hops.entry,
        "inclusion": hops.inclusion,
        "claims": claims,
    }


def prove_acts(
    ledger: Ledger, kind: type[Kind], of: Callable[[Kind], bool], *, entries: Iterable[int], size: int
) -> Iterator[ProvedAct[Kind]]:
    """Yield those acts of one kind in some entries that are meant, each proved under the ledger's first ``size`` ones.

    Raises:
        LedgerChangedError: the store gives other entries than those that were accepted.
    """
    for index in entries:
        _, entry, note = chain.parse_entry(ledger.entry_bytes(index))
        acts = [act for act in entry.acts if isinstance(act, kind) and of(act)]
        lines = lines_of(entry.acts) if acts else ()
        for act in acts:
            line = lines.index(act.to_bytes())
            yield ProvedAct(
                act=act,
                index=index,
                at=entry.at,
                actor=entry.actor,
                entry=note.to_bytes().decode(),
                line=line,
                line_path=inclusion_path(nodes_of(chain.leaves_of(lines)), line, size=len(lines)),
                path=ledger.inclusion(index, size=size),
            )


def prove_continuity(ledger: Ledger, first: SignedNote, second: SignedNote, claims: Claims) -> ContinuityProof:
    """Return the proof that the ledger of the ``second`` checkpoint continues that of the ``first``.

    Raises:
        ContinuityProofError: it does not: entries were cut off, or exchanged.
        IntegrityError: no checkpoint key that was in force signed the first.
    """
    signer = ledger.checkpoint_signer(first).to_text()
    then, now = (Checkpoint.from_text(note.text) for note in (first, second))
    if then.origin != ledger.origin or then.size > now.size or then.root != ledger.root_at(then.size):
        raise ContinuityProofError(
            f"The archive signed a checkpoint over {then.size} entries with the root {then.root}, and this ledger of "
            f"{now.size} entries does not continue it: entries were cut off or exchanged.",
            do="Stop and keep everything, the checkpoint's file too. Run 'holdfast verify', and compare with a copy.",
            size=then.size,
        )
    return ContinuityProof(
        format=PROOF_FORMAT,
        first=first.to_bytes().decode(),
        second=second.to_bytes().decode(),
        path=ledger.consistency(then.size, size=now.size),
        claims=claims,
        earlier=signer if signer != claims.verifier else None,
    )
