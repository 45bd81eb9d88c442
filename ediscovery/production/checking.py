"""The strict check of a production that somebody hands in: the signature, the attachments, and what each record proves.

Nothing is believed that the file says of itself; nothing outside of the file is needed. What is wrong is collected.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from ediscovery.answers.digest import digested
from ediscovery.production.manifest import (
    MANIFEST_FORMATS,
    MANIFEST_NAME,
    ElsewhereRecord,
    ManifestRecord,
    ProductionManifest,
    Volume,
    WithheldRecord,
)
from ediscovery.production.reading import (
    NotAProductionError,
    PdfUnreadableError,
    decoded,
    decoded_whole,
    unreadable,
)
from ediscovery.production.report import ProductionReport, RecordVerdict
from ediscovery.production.steps import Judged, findings_of, steps_of
from manifests.audit.signed import STATEMENT_NAME
from manifests.notes import Checkpoint, SignedNote
from manifests.proofs.vouching import fingerprints
from schemas.digest import Digest
from schemas.errors import ArchiveError
from schemas.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from pyhanko.pdf_utils.generic import StreamObject

    from ediscovery.answers.receipt import SearchReceipt
    from ediscovery.production.signed import SignedPdf
    from manifests.proofs.vouching import Vouched
    from manifests.signing import Verifier
    from schemas.claims import Claims
    from schemas.record import Normalised, Provenance

TITLES = {
    5: "production.json agrees with the pages and the attachments",
    6: "Native files: every SHA-256 is the one in production.json",
    7: "Records: every proof leads from the native file to a signed checkpoint",
    8: "The checkpoint: signed by the archive, and every cosignature and time stamp on it holds",
}
LEAST_MANIFEST = 16 << 20
MANIFEST_SHARE = 8 << 10
LARGEST_MANIFEST = 256 << 20
LARGEST_NATIVE = 256 << 20
LARGEST_PROOF = 16 << 20
LEAST_BUDGET = 1 << 30
MOST_EXPANSION = 200


class ProvedRecord(Protocol):
    """What the proof of a record proved (``manifests.proofs.record.Proved``)."""

    @property
    def record(self) -> Digest:
        """The record's id."""
        ...

    @property
    def normalised(self) -> Normalised:
        """The record's derived view, which its id commits to."""
        ...

    @property
    def provenance(self) -> Provenance:
        """Where it came from, which its id commits to."""
        ...

    @property
    def verifier(self) -> Verifier:
        """The checkpoint key under which it was proved."""
        ...

    @property
    def vouched(self) -> Vouched:
        """The checkpoint under which it was proved, and who vouches for it."""
        ...

    def statements(self) -> Sequence[str]:
        """Return what was proved, in plain words."""
        ...


@dataclass(slots=True)
class Contents:
    """What checking the attachments gave."""

    manifest: ProductionManifest | None = None
    disagreement: list[Finding] = field(default_factory=list)
    natives: list[Finding] = field(default_factory=list)
    proofs: list[Finding] = field(default_factory=list)
    vouched: Vouched | None = None
    checkpoint: list[Finding] = field(default_factory=list)
    verdicts: list[RecordVerdict] = field(default_factory=list)


def check(
    handed: SignedPdf,
    *,
    check_record: Callable[[bytes, bytes | None], ProvedRecord],
    check_checkpoint: Callable[[SignedNote, Claims], Vouched],
    progress: Callable[[int, int], None] | None = None,
) -> ProductionReport:
    """Return what is right and wrong with a production.

    ``check_record`` takes a proof's bytes and the native bytes, which a redacted record has none of, and returns what
    they prove or raises ``ArchiveError``; ``check_checkpoint`` judges who vouches for the production's checkpoint
    (``manifests.proofs.vouching.vouch``). ``progress`` is told how many records are done, and of how many.

    Time grows with the size of the file and of what it holds, which together may not exceed a limit.

    Raises:
        NotAProductionError: it has nothing of a production.
    """
    contents = Contents()
    try:
        contents = _contents(handed, check_record, check_checkpoint, progress or (lambda _done, _all: None))
    except PdfUnreadableError as error:
        contents.disagreement.append(_fault(error.code, "production", error.what))
    if contents.manifest is None and not handed.coverage.signatures:
        raise NotAProductionError(
            "This PDF is no production: it is not signed as one, and holds none of a production's attachments.",
            do="Ask whoever produced it for the file as it was produced; a printed or re-saved copy cannot be checked.",
        )
    return _report(handed, contents)


def _contents(
    handed: SignedPdf,
    check_record: Callable[[bytes, bytes | None], ProvedRecord],
    check_checkpoint: Callable[[SignedNote, Claims], Vouched],
    progress: Callable[[int, int], None],
) -> Contents:
    found, contents = handed.attached(), Contents()
    if MANIFEST_NAME not in found and STATEMENT_NAME in found:
        raise NotAProductionError(
            "This PDF is the report of an audit, no production.",
            do=f"Save {STATEMENT_NAME}, which is attached to it, and run 'holdfast verify {STATEMENT_NAME} --key KEY'.",
        )
    if MANIFEST_NAME not in found:
        contents.disagreement.append(_fault("MANIFEST_MISSING", MANIFEST_NAME, "It is not attached."))
        return contents
    try:
        manifest = read_manifest(found[MANIFEST_NAME], attached=len(found))
    except ArchiveError as error:
        contents.disagreement.append(_fault("MANIFEST_UNREADABLE", MANIFEST_NAME, error.what))
        return contents
    contents.manifest = manifest
    contents.disagreement += _disagreement(handed.pages(), manifest, found)
    _check_checkpoint(manifest, contents, check_checkpoint)
    if manifest.octets > max(LEAST_BUDGET, MOST_EXPANSION * handed.octets):
        what = f"The attachments claim {manifest.octets:,} bytes, too many for a file of this size."
        contents.disagreement.append(_fault("ATTACHMENTS_TOO_LARGE", MANIFEST_NAME, what))
        return contents
    for done, record in enumerate(manifest.records, 1):
        _check_record(record, found, contents, check_record)
        progress(done, len(manifest.records))
    return contents


def read_manifest(stream: StreamObject, *, attached: int) -> ProductionManifest:
    """Return what production.json says; read into structures it takes several times its size of memory."""
    most = min(LARGEST_MANIFEST, LEAST_MANIFEST + MANIFEST_SHARE * attached)
    manifest = ProductionManifest.from_bytes(decoded_whole(MANIFEST_NAME, stream, most=most))
    if manifest.format not in MANIFEST_FORMATS:
        known = ", ".join(MANIFEST_FORMATS)
        raise unreadable(f"It is of format {manifest.format[:40]!r}; this version knows {known}")
    return manifest


def _disagreement(pages: int, manifest: ProductionManifest, found: Mapping[str, StreamObject]) -> Iterable[Finding]:
    if pages != manifest.bates.pages:
        what = f"The document has {pages} pages for {manifest.bates.pages} numbers."
        yield _fault("PAGES_MISCOUNTED", MANIFEST_NAME, what)
    if manifest.receipt is not None and (why := unlike(manifest.receipt, manifest)):
        yield _fault("RECEIPT_DIFFERS", MANIFEST_NAME, f"The receipt of the search {why}.")
    if (volume := manifest.volume) is not None and not _parted(manifest, volume):
        yield _fault("VOLUMES_DISORDERLY", MANIFEST_NAME, "The volumes are not told apart as they must be.")
    if not _numbered(manifest):
        yield _fault("NUMBERS_DISORDERLY", MANIFEST_NAME, "Records and their files are not numbered one after another.")
    named = {MANIFEST_NAME, *manifest.attachments}
    for name in sorted(named - found.keys()):
        yield _fault("ATTACHMENT_MISSING", name, "It is named, but not attached.")
    for name in sorted(found.keys() - named):
        yield _fault("ATTACHMENT_UNNAMED", name[:120], "It is attached, but not named.")


def _numbered(manifest: ProductionManifest) -> bool:
    """Whether each record follows the one before on its own pages, withheld ones last, and files bear first numbers."""
    after = manifest.bates.first
    for record in manifest.records:
        numbers = record.bates
        name = numbers.spell(numbers.first)
        native = f"{name}-native."
        if numbers.prefix != manifest.bates.prefix or numbers.first < after or numbers.last > manifest.bates.last:
            return False
        if record.proof != f"{name}-proof.json" or not (record.native or native).startswith(native):
            return False
        after = numbers.last + 1
    for withheld in manifest.withheld:
        numbers = withheld.bates
        if numbers.prefix != manifest.bates.prefix or numbers.first < after or numbers.last > manifest.bates.last:
            return False
        after = numbers.last + 1
    return True


def _in_words(volume: Volume) -> str:
    elsewhere = f"{len(volume.elsewhere):,} records that the search found are in others"
    return f"{volume.number:,} of {volume.of:,}: {elsewhere}"


def _parted(manifest: ProductionManifest, volume: Volume) -> bool:
    """Whether a volume is one of several, and what is elsewhere is in others of them, and not here."""
    there = [one.record for one in volume.elsewhere]
    here = {one.record for one in manifest.records} | {one.record for one in manifest.withheld}
    return (
        0 < volume.number <= volume.of
        and 0 < len(there) == len({*there})
        and here.isdisjoint(there)
        and all(0 < one.volume <= volume.of and one.volume != volume.number for one in volume.elsewhere)
    )


def unlike(receipt: SearchReceipt, manifest: ProductionManifest) -> str | None:
    """Return why a receipt is not that of a search that found exactly what is produced and withheld, or ``None``."""
    if receipt.origin != manifest.origin or receipt.ledger_size > manifest.ledger_size:
        return "is of another archive, or of more of it than the production"
    elsewhere = manifest.volume.elsewhere if manifest.volume else ()
    here: tuple[ManifestRecord | WithheldRecord | ElsewhereRecord, ...]
    here = (*manifest.records, *manifest.withheld, *elsewhere)
    found = sorted((one.record, one.matched or one.record) for one in here)
    answer = digested(("", shown.raw + matched.raw) for shown, matched in found).all
    if (answer.hits, answer.digest) != (receipt.hits, receipt.digest):
        return "has other hits than the records that are produced and withheld here, and in other volumes"
    return None


def _check_checkpoint(
    manifest: ProductionManifest, contents: Contents, check_checkpoint: Callable[[SignedNote, Claims], Vouched]
) -> None:
    """Judge the one checkpoint of the production, with all that the archive claims of who vouches for it."""
    try:
        contents.vouched = check_checkpoint(SignedNote.from_bytes(manifest.checkpoint.encode()), manifest.claims)
    except ArchiveError as error:
        contents.checkpoint.append(_fault(error.code, MANIFEST_NAME, error.what))
        return
    if contents.vouched.checkpoint != _stated(manifest):
        what = "production.json states another ledger than its checkpoint."
        contents.checkpoint.append(_fault("CHECKPOINT_DIFFERS", MANIFEST_NAME, what))
    for authority in contents.vouched.ended:
        what = f"The time stamp by {authority} can no longer be verified: its certificates ended."
        contents.checkpoint.append(Finding(code="TIMESTAMP_ENDED", severity="notice", key=MANIFEST_NAME, what=what))


def _stated(manifest: ProductionManifest) -> Checkpoint:
    return Checkpoint(manifest.origin, manifest.ledger_size, manifest.ledger_root)


def _check_record(
    record: ManifestRecord,
    found: Mapping[str, StreamObject],
    contents: Contents,
    check_record: Callable[[bytes, bytes | None], ProvedRecord],
) -> None:
    """Check one record's two files; they are read, checked and forgotten."""
    finding: Finding | None = None
    proved: tuple[str, ...] = ()
    native, whole = None, record.whole
    try:
        if whole is not None:
            native = _read(whole.name, found, size=whole.size, sha256=whole.sha256, most=LARGEST_NATIVE)
    except ArchiveError as error:
        finding = _fault("NATIVE_ALTERED", record.native or record.proof, error.what)
        contents.natives.append(finding)
    else:
        try:
            proof = _read(record.proof, found, size=record.proof_size, sha256=record.proof_sha256, most=LARGEST_PROOF)
            outcome = check_record(proof, native)
            # Who vouches for the checkpoint is said once, of the production's own.
            proved = tuple(words for words in outcome.statements() if words not in outcome.vouched.statements())
            finding = _mismatch(record, outcome, contents.manifest)
        except ArchiveError as error:
            finding = _fault(error.code, record.proof, error.what)
        if finding:
            contents.proofs.append(finding)
    contents.verdicts.append(
        RecordVerdict(
            record=record.record,
            bates=str(record.bates),
            proved=() if finding else proved,
            code=finding.code if finding else None,
            what=finding.what if finding else None,
        )
    )


def _mismatch(record: ManifestRecord, outcome: ProvedRecord, manifest: ProductionManifest | None) -> Finding | None:
    if outcome.record != record.record:
        return _fault("PROOF_OF_ANOTHER_RECORD", record.proof, f"It proves another record, {outcome.record}.")
    proved = (outcome.provenance.account, outcome.normalised.kind, outcome.normalised.item)
    if (record.account, record.kind, record.item) != proved:
        what = "production.json names another account, kind or item than the record itself."
        return _fault("RECORD_DIFFERS", record.proof, what)
    if manifest is None or outcome.verifier.to_text() != manifest.verifier:
        what = "It is signed by another key than the one that production.json names."
        return _fault("PROOF_OF_ANOTHER_ARCHIVE", record.proof, what)
    if outcome.vouched.checkpoint != _stated(manifest):
        what = "It leads to another checkpoint than the one that production.json names."
        return _fault("PROOF_OF_ANOTHER_CHECKPOINT", record.proof, what)
    return None


def _read(name: str, found: Mapping[str, StreamObject], *, size: int, sha256: Digest, most: int) -> bytes:
    if name not in found:
        raise unreadable("It is not attached")
    if size > most:
        raise unreadable(f"It claims {size} bytes; at most {most} are read")
    content = decoded(name, found[name], size=size)
    if Digest.of(content) != sha256:
        raise unreadable("Its SHA-256 is not the one in production.json")
    return content


def _report(handed: SignedPdf, contents: Contents) -> ProductionReport:
    manifest = contents.manifest
    records = len(manifest.records) if manifest and len(contents.verdicts) == len(manifest.records) else 0
    redacted = manifest.redacted if manifest else 0
    judged: tuple[Judged, ...] = (
        *handed.judged(),
        Judged(TITLES[5], 1, contents.disagreement),
        Judged(TITLES[6], records, contents.natives, f"{redacted:,} redacted records have none" if redacted else None),
        Judged(TITLES[7], records, contents.proofs),
        Judged(TITLES[8], int(contents.vouched is not None), contents.checkpoint),
    )
    return ProductionReport(
        octets=handed.octets,
        sha256=handed.sha256,
        steps=steps_of(judged),
        findings=findings_of(judged),
        production=manifest.production if manifest else None,
        organisation=manifest.organisation if manifest else None,
        matter=manifest.matter if manifest else None,
        bates=str(manifest.bates) if manifest else None,
        volume=_in_words(manifest.volume) if manifest and manifest.volume else None,
        verifier=manifest.verifier if manifest else None,
        signature=handed.examined.facts,
        vouched=contents.vouched.statements() if contents.vouched else (),
        witnesses=manifest.claims.witnesses if manifest and contents.vouched else (),
        roots=fingerprints(manifest.claims) if manifest and contents.vouched else (),
        records=tuple(contents.verdicts),
    )


def _fault(code: str, key: str, what: str) -> Finding:
    return Finding(code=code, severity="fault", key=key, what=what)
