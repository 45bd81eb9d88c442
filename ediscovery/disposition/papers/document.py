"""The certificate of disposition as a document for people: a signed PDF with the certificate attached."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ediscovery.disposition.papers.layout import TEMPLATES, css
from ediscovery.production.binding import AttachedFile, bind
from ediscovery.production.field import FIELD
from ediscovery.production.typesetting import Press
from manifests.console import plural
from schemas.certificate import CERTIFICATE_NAME
from schemas.digest import Digest

if TYPE_CHECKING:
    from ediscovery.production.document import Paper
    from ediscovery.production.signing import Signer
    from schemas.certificate import Certificate

IDENTIFIER_SIZE = 32
SHOWN = 500
"""How many objects, acts and exceptions are printed; all of them are in the attached certificate."""


def typeset(certificate: Certificate, signer: Signer, *, paper: Paper) -> bytes:
    """Return the signed PDF of a certificate. The same input gives the same bytes but for the signature.

    Raises:
        FontMissingError, TypesettingUnavailableError: what lays out text is not installed.
        CertificateExpiredError: the signer's certificate is not valid when the certificate was made.
    """
    press = Press(css(paper))
    planned, acts = certificate.planned.act, certificate.acts
    page = TEMPLATES.get_template("certificate.html.j2").render(
        certificate=certificate,
        planned=planned,
        begun=certificate.begun,
        finished=max((one.at for one in certificate.destroyed), default=certificate.made_at),
        records=plural(planned.records, "record"),
        acts=acts[:SHOWN],
        more_acts=len(acts) - SHOWN,
        objects=certificate.objects[:SHOWN],
        more_objects=len(certificate.objects) - SHOWN,
        exceptions=certificate.exceptions[:SHOWN],
        more_exceptions=len(certificate.exceptions) - SHOWN,
        name=CERTIFICATE_NAME,
        signer=signer,
    )
    content = certificate.to_bytes()
    attached = AttachedFile(CERTIFICATE_NAME, content, "The certificate that these pages print, for programs")
    identifier = Digest.of(content).hex[:IDENTIFIER_SIZE].encode()
    printed = press.print([press.lay_out(page)], at=certificate.made_at, field=FIELD)
    pdf = bind([printed], [attached], identifier=identifier, at=certificate.made_at)
    return signer.sign(pdf, reason=f"Certificate of disposition {certificate.plan}", at=certificate.made_at)
