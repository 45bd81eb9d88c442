"""A signed PDF that somebody hands in: opened once, its signature examined, its attachments still packed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ediscovery.production import seal
from ediscovery.production.reading import NotAProductionError, PdfUnreadableError, attachments, open_pdf, strict
from ediscovery.production.seal import Coverage, Examined
from ediscovery.production.steps import Judged
from schemas.digest import Digest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyhanko.pdf_utils.generic import StreamObject
    from pyhanko.pdf_utils.reader import PdfFileReader

    from schemas.instant import Instant

PDF_BEGINNING = b"%PDF-"
NO_ROOT = "no root was given: compare the certificate's SHA-256 with the one that the producer publishes"


@dataclass(frozen=True, slots=True)
class SignedPdf:
    """A PDF of ``octets`` bytes, what its signature covers and what is true of it.

    ``opened`` is the reader of what is covered, or why it cannot be read. ``rooted`` tells whether there was a root to
    trust.
    """

    octets: int
    sha256: Digest
    coverage: Coverage
    examined: Examined
    opened: PdfFileReader | PdfUnreadableError
    rooted: bool

    @classmethod
    def read(cls, pdf: bytes, *, trust_roots: Sequence[bytes] = (), at: Instant) -> SignedPdf:
        """Open and examine a file that somebody hands in.

        ``trust_roots`` are PEM files of authorities that the reader trusts at the instant ``at``; without any, whether
        the signer is trusted is left unchecked.

        Raises:
            NotAProductionError: this is no PDF.
            TrustRootUnusableError: a file of ``trust_roots`` holds no certificate.
        """
        if not pdf.startswith(PDF_BEGINNING):
            raise NotAProductionError("This file is no PDF.", do="Give the PDF of a production, or of a certificate.")
        roots = seal.load_roots(trust_roots)
        coverage, examined = seal.cover(pdf), Examined()
        opened: PdfFileReader | PdfUnreadableError
        try:
            opened = open_pdf(pdf[: coverage.end])
            if coverage.ranges:
                examined = seal.examine(opened, coverage, roots=roots, at=at)
        except PdfUnreadableError as error:
            opened = error
        return cls(len(pdf), Digest.of(pdf), coverage, examined, opened, bool(roots))

    def attached(self) -> Mapping[str, StreamObject]:
        """Return the attachments by name; none is decoded yet.

        Raises:
            PdfUnreadableError: the file, or its list of them, cannot be read.
        """
        return attachments(self._reader())

    def pages(self) -> int:
        """Return how many pages it has.

        Raises:
            PdfUnreadableError: the file does not say it.
        """
        with strict("The number of pages"):
            return int(self._reader().root["/Pages"]["/Count"])

    def judged(self) -> tuple[Judged, ...]:
        """Return the first four steps of every check: those of the signature."""
        facts, examined = self.examined.facts, self.examined
        asked = int(facts is not None and facts.trusted is not None)
        return (
            Judged("One signature, and it covers the whole file", 1, self.coverage.findings),
            Judged("The signature is intact and valid", int(facts is not None), examined.integrity),
            Judged(
                "It certifies the document, with no changes allowed", int(facts is not None), examined.certification
            ),
            Judged(
                "Its certificate leads to a root that was given",
                asked,
                examined.trust,
                None if self.rooted else NO_ROOT,
            ),
        )

    def _reader(self) -> PdfFileReader:
        if isinstance(self.opened, PdfUnreadableError):
            raise self.opened
        return self.opened
