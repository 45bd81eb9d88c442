"""The strict check of a certificate of disposition: the signature, what it says, its acts, and the ledger at hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ediscovery.disposition.papers.comparing import differences
from ediscovery.disposition.papers.judging import approvers_of, checkpoint_of, contradictions, fault
from ediscovery.disposition.papers.report import CertificateReport, Certified
from ediscovery.production.reading import PdfUnreadableError, decoded_whole, unreadable
from ediscovery.production.steps import Judged, findings_of, steps_of
from manifests.console import plural
from manifests.notes import SignedNote
from manifests.proofs import act
from manifests.proofs.vouching import fingerprints
from schemas.certificate import CERTIFICATE_FORMAT, CERTIFICATE_NAME, Certificate
from schemas.errors import ArchiveError
from schemas.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ediscovery.production.signed import SignedPdf
    from manifests.ledger import Ledger
    from manifests.proofs.vouching import Vouched
    from schemas.claims import Claims
    from schemas.ledger import Heading

LEAST_CERTIFICATE = 16 << 20
MOST_EXPANSION = 20
LARGEST_CERTIFICATE = 512 << 20
ELSEWHERE = "the archive is not here: the certificate itself proves the acts of the plan"
AT_FAULT = "not asked, because of what is at fault above"


@dataclass(slots=True)
class _Contents:
    """What checking the attachment gave."""

    certificate: Certificate | None = None
    attached: list[Finding] = field(default_factory=list)
    vouched: Vouched | None = None
    checkpoint: list[Finding] = field(default_factory=list)
    begun: Heading | None = None
    acts: list[Finding] = field(default_factory=list)
    agreement: list[Finding] = field(default_factory=list)
    compared: bool = False
    ledger: list[Finding] = field(default_factory=list)

    @property
    def agrees(self) -> bool:
        """Whether the certificate proves its acts, and agrees with them."""
        return self.vouched is not None and not self.acts and not self.agreement


def is_certificate(handed: SignedPdf) -> bool:
    """Return whether a PDF has the attachment of a certificate."""
    try:
        return CERTIFICATE_NAME in handed.attached()
    except PdfUnreadableError:
        return False


def check(
    handed: SignedPdf,
    *,
    check_checkpoint: Callable[[SignedNote, Claims], Vouched],
    find_ledger: Callable[[str], Ledger | None],
) -> CertificateReport:
    """Return what is right and wrong with a certificate (``is_certificate``).

    ``check_checkpoint`` judges who vouches for its checkpoint (``manifests.proofs.vouching.vouch``). ``find_ledger``
    returns the ledger of the archive of an origin, if it is at hand.
    """
    contents = _Contents()
    try:
        contents.attached += _unnamed(handed)
        contents.certificate = read_certificate(handed)
    except ArchiveError as error:
        contents.attached.append(fault("DISPOSITION_UNREADABLE", error.what))
    if contents.certificate is not None:
        _check_checkpoint(contents.certificate, contents, check_checkpoint)
        _check_acts(contents.certificate, contents)
        ledger = find_ledger(contents.certificate.origin) if contents.agrees else None
        if ledger is not None:
            contents.compared = True
            contents.ledger += differences(ledger, contents.certificate, sha256=handed.sha256, octets=handed.octets)
    return _report(handed, contents)


def _unnamed(handed: SignedPdf) -> Iterator[Finding]:
    for name in sorted(handed.attached().keys() - {CERTIFICATE_NAME}):
        yield fault("ATTACHMENT_UNNAMED", f"{name[:120]!r} is attached, and does not belong there.")


def read_certificate(handed: SignedPdf) -> Certificate:
    """Return the certificate that is attached, unjudged.

    Raises:
        PdfUnreadableError, NotCanonicalError: it is none in its one spelling, or too large for its file.
    """
    most = min(LARGEST_CERTIFICATE, max(LEAST_CERTIFICATE, MOST_EXPANSION * handed.octets))
    content = decoded_whole(CERTIFICATE_NAME, handed.attached()[CERTIFICATE_NAME], most=most)
    certificate = Certificate.from_bytes(content)
    if certificate.format != CERTIFICATE_FORMAT:
        raise unreadable(f"It is of format {certificate.format[:40]!r}; this version knows {CERTIFICATE_FORMAT!r}")
    return certificate


def _check_checkpoint(
    certificate: Certificate, contents: _Contents, check_checkpoint: Callable[[SignedNote, Claims], Vouched]
) -> None:
    try:
        note = SignedNote.from_bytes(certificate.checkpoint.encode())
        contents.vouched = check_checkpoint(note, certificate.claims)
    except ArchiveError as error:
        contents.checkpoint.append(fault(error.code, error.what))
        return
    for authority in contents.vouched.ended:
        what = f"The time stamp by {authority} can no longer be verified: its certificates ended."
        contents.checkpoint.append(Finding(code="TIMESTAMP_ENDED", severity="notice", key=CERTIFICATE_NAME, what=what))


def _check_acts(certificate: Certificate, contents: _Contents) -> None:
    try:
        checkpoint = checkpoint_of(certificate)
        contents.begun = act.check(certificate.begun, checkpoint)
    except ArchiveError as error:
        contents.acts.append(fault(error.code, error.what))
        return
    for one in certificate.acts:
        try:
            act.check(one, checkpoint)
        except ArchiveError as error:
            contents.acts.append(fault(error.code, f"Entry {one.index}: {error.what}"))
    contents.agreement += contradictions(certificate, contents.begun)


def _report(handed: SignedPdf, contents: _Contents) -> CertificateReport:
    certificate, vouched = contents.certificate, contents.vouched
    judged: tuple[Judged, ...] = (
        *handed.judged(),
        Judged(f"{CERTIFICATE_NAME} is attached, alone, in its one spelling", 1, contents.attached),
        Judged("What it says agrees with the acts of the plan", int(contents.begun is not None), contents.agreement),
        Judged(
            "Every act of the plan leads to the checkpoint",
            len(certificate.acts) if certificate else 0,
            contents.acts,
        ),
        Judged(
            "The checkpoint: signed by the archive, and every cosignature and time stamp on it holds",
            int(vouched is not None),
            contents.checkpoint,
        ),
        Judged("The archive's ledger agrees", int(contents.compared), contents.ledger, _note(contents)),
    )
    return CertificateReport(
        octets=handed.octets,
        sha256=handed.sha256,
        steps=steps_of(judged),
        findings=findings_of(judged),
        certified=_certified(certificate, contents) if certificate else None,
        verifier=certificate.claims.verifier if certificate else None,
        signature=handed.examined.facts,
        vouched=vouched.statements() if vouched else (),
        witnesses=certificate.claims.witnesses if certificate and vouched else (),
        roots=fingerprints(certificate.claims) if certificate and vouched else (),
    )


def _note(contents: _Contents) -> str | None:
    if contents.compared:
        return None
    return ELSEWHERE if contents.agrees else AT_FAULT


def _certified(certificate: Certificate, contents: _Contents) -> Certified:
    planned = certificate.planned.act
    approvers = approvers_of(certificate, contents.begun) if contents.agrees and contents.begun else ()
    return Certified(
        organisation=certificate.organisation,
        origin=certificate.origin,
        plan=certificate.plan,
        digest=certificate.digest,
        records=planned.records,
        objects=len(certificate.objects),
        series=tuple(
            f"{', '.join(one.series)}: {plural(one.records, 'record')} of {one.first} to {one.last}"
            for one in planned.series
        ),
        first=min((one.first for one in planned.series), default=""),
        last=max((one.last for one in planned.series), default=""),
        made_at=certificate.made_at,
        approved_by=tuple(f"{one.name} ({one.role})" for one in approvers),
        exceptions=certificate.exceptions,
    )
