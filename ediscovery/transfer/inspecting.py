"""The strict check of a package, offline: every file, METS and PREMIS beside the files, every record's proof.

Nothing is believed that the package says of itself. What is wrong is collected.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ediscovery.bags import names, reading
from ediscovery.bags.comparing import Comparison
from ediscovery.transfer import naming
from ediscovery.transfer.comparing import Described
from ediscovery.transfer.manifest import read_transfer
from ediscovery.transfer.proving import Proving
from ediscovery.transfer.report import TransferReport
from manifests.audit.found import Found
from manifests.notes import SignedNote
from manifests.proofs.vouching import fingerprints, vouch
from schemas.digest import Digest
from schemas.errors import ArchiveError
from schemas.findings import Step

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ediscovery.transfer.manifest import Transfer
    from manifests.proofs.vouching import Trust, Vouched
    from schemas.findings import Verdict

TITLES = (
    "Files: every one that the manifests name is there, byte for byte, and no other",
    "METS.xml and premis.xml: they say of every file what it is",
    "Records: every proof leads from the native bytes to the package's checkpoint",
    "transfer.json: these records, in this order",
    "The checkpoint: signed by the archive, and every cosignature and time stamp on it holds",
)


@dataclass(slots=True)
class _Stated:
    """What transfer.json says, who vouches for its checkpoint, and what was found of both."""

    transfer: Transfer | None = None
    vouched: Vouched | None = None
    found: Found = field(default_factory=Found)
    checkpoint: Found = field(default_factory=Found)


def inspect(folder: Path, trust: Trust, *, tell: Callable[[int, int], None]) -> TransferReport:
    """Return what is right and wrong with the package in ``folder``; ``tell`` is told of records, done and of all.

    Raises:
        NotAPackageError: there is none, or one that was never finished.
    """
    reading.demand_package(folder)
    package = Digest.of(reading.read_file(folder, names.LAST))
    stated = _stated(folder, trust)
    total = stated.transfer.records if stated.transfer else 0
    described, proofs = Described(Comparison(folder)), Found()
    proving = Proving(stated.transfer, trust, proofs, lambda done: tell(done, total))
    described.bag.tags()
    described.payload(proving)
    _compare(stated, described.bag, proving)
    return _report(stated, described, proving, proofs, package)


def _stated(folder: Path, trust: Trust) -> _Stated:
    stated = _Stated()
    try:
        transfer = stated.transfer = read_transfer(reading.read_file(folder, naming.TRANSFER))
    except ArchiveError as error:
        stated.found.error(error, naming.TRANSFER)
        return stated
    try:
        vouched = stated.vouched = vouch(SignedNote.from_bytes(transfer.checkpoint.encode()), transfer.claims, trust)
    except ArchiveError as error:
        stated.checkpoint.error(error, naming.TRANSFER)
        return stated
    if vouched.checkpoint != transfer.ledger:
        what = "transfer.json states another ledger than its checkpoint."
        stated.checkpoint.fault("CHECKPOINT_DIFFERS", naming.TRANSFER, what)
    for authority in vouched.ended:
        what = f"The time stamp by {authority} can no longer be verified: its certificates ended."
        stated.checkpoint.notice("TIMESTAMP_ENDED", naming.TRANSFER, what)
    return stated


def _compare(stated: _Stated, bag: Comparison, proving: Proving) -> None:
    """Compare what was read with what transfer.json, bag-info.txt and bagit.txt state of it."""
    transfer, tree = stated.transfer, proving.tree
    if transfer and (transfer.records, transfer.records_root) != (tree.size, tree.root):
        what = f"It states {transfer.records:,} records; the {tree.size:,} that are here are not these."
        stated.found.fault("TRANSFER_DIFFERS", naming.TRANSFER, what)
    info = bag.labels()
    if transfer and info and info.get("External-Identifier") != transfer.transfer:
        stated.found.fault("TRANSFER_DIFFERS", names.INFO, "It names another transfer than transfer.json.")


def _report(stated: _Stated, described: Described, proving: Proving, proofs: Found, package: Digest) -> TransferReport:
    transfer, vouched = stated.transfer, stated.vouched
    groups = (
        (described.bag.checked, described.bag.files),
        (described.bag.payload_files, described.found),
        (proving.tree.size, proofs),
        (int(transfer is not None), stated.found),
        (int(vouched is not None), stated.checkpoint),
    )
    found = Found()
    for _, group in groups:
        found.take(group)
    return TransferReport(
        package=package,
        steps=tuple(
            Step(number=number, title=title, checked=checked, verdict=_verdict(checked, group))
            for number, (title, (checked, group)) in enumerate(zip(TITLES, groups, strict=True), 1)
        ),
        findings=tuple(found.findings),
        beyond=found.beyond,
        transfer=transfer.transfer if transfer else None,
        organisation=transfer.organisation if transfer else None,
        records=proving.tree.size,
        verifier=transfer.claims.verifier if transfer else None,
        vouched=vouched.statements() if vouched else (),
        witnesses=transfer.claims.witnesses if transfer and vouched else (),
        roots=fingerprints(transfer.claims) if transfer and vouched else (),
    )


def _verdict(checked: int, found: Found) -> Verdict:
    return "faulty" if found.faults else "sound" if checked else "not checked"
