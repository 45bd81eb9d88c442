"""The signature of a production, examined: exactly one, over the whole file, certified, and what is true of it.

pyHanko does the cryptography. What it leaves open is decided here: bytes after the signed part, bytes hidden in the
space that was kept for the signature, several signatures, and changes that a lesser certification would allow.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from asn1crypto import parser  # type: ignore[import-untyped]
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.sign.fields import MDPPerm
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko_certvalidator import ValidationContext

from ediscovery.production.authority import TEST_NAME
from ediscovery.production.facts import SignatureFacts
from ediscovery.production.reading import PdfUnreadableError, strict, unreadable
from manifests import der
from schemas.digest import Digest
from schemas.errors import InputError
from schemas.findings import Finding
from schemas.instant import Instant

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation.status import PdfSignatureStatus

RANGE = re.compile(rb"/ByteRange\s*\[\s*0 (\d{1,12}) (\d{1,12}) (\d{1,12})\s*\]", re.ASCII)
LARGEST_SIGNATURE = 1 << 20
PLACE = "signature"
SIGNED_DATA = bytes.fromhex("06092A864886F70D010702")
DATA = bytes.fromhex("06092A864886F70D010701")
VERSION_1 = bytes.fromhex("020101")
EITHER_USAGE = KeyUsageConstraints(key_usage={"digital_signature", "non_repudiation"}, match_all_key_usages=False)


class TrustRootUnusableError(InputError):
    """A file of roots that are to be trusted holds no certificate."""

    code = "TRUST_ROOT_UNUSABLE"


@dataclass(frozen=True, slots=True)
class Coverage:
    """What part of the file the one signature covers: ``pdf[:end]`` but for the signature itself.

    ``ranges`` is its byte range, absent when there is not exactly one; ``signatures`` counts them.
    """

    end: int
    signatures: int
    ranges: tuple[int, ...] | None = None
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Examined:
    """What is true of a signature, by the step that asks for it."""

    facts: SignatureFacts | None = None
    integrity: tuple[Finding, ...] = ()
    certification: tuple[Finding, ...] = ()
    trust: tuple[Finding, ...] = ()


def load_roots(files: Sequence[bytes]) -> tuple[x509.Certificate, ...]:
    """Return the certificates in PEM files.

    Raises:
        TrustRootUnusableError: a file holds none.
    """
    try:
        return tuple(root for file in files for root in x509.load_pem_x509_certificates(file))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise TrustRootUnusableError(
            "A file of trusted roots holds no certificate in PEM form.", do="Give the authority's certificate as PEM."
        ) from error


def cover(pdf: bytes) -> Coverage:
    """Find the one signature in the bytes of a file, without parsing it, and say what it leaves out."""
    whole = len(pdf)
    mentions, found = pdf.count(b"/ByteRange"), RANGE.findall(pdf)
    if not mentions:
        return Coverage(whole, 0, None, (_fault("SIGNATURE_MISSING", "The file bears no signature."),))
    if mentions > 1:
        what = f"The file bears {mentions} signatures."
        return Coverage(whole, mentions, None, (_fault("SIGNATURES_SEVERAL", what),))
    if not found:
        return Coverage(whole, 1, None, (_fault("SIGNATURE_UNREADABLE", "The signature says not what it covers."),))
    before, after, rest = (int(number) for number in found[0])
    end = min(after + rest, whole)
    return Coverage(end, 1, (0, before, after, rest), tuple(_uncovered(pdf, before, after, after + rest)))


def _uncovered(pdf: bytes, before: int, after: int, end: int) -> Iterator[Finding]:
    """Say which bytes are not covered by a signature that covers ``pdf[:before]`` and ``pdf[after:end]``."""
    more = len(pdf) - end
    if more < 0:
        yield _fault("TRUNCATED", f"The file lacks its last {-more:,} bytes.")
    elif b"startxref" in pdf[end:]:
        yield _fault("MODIFIED_AFTER_SIGNING", f"A change of {more:,} bytes was appended after signing.")
    elif more:
        yield _fault("TRAILING_BYTES", f"{more:,} bytes follow the signed part.")
    elif not _gap_is_signature(pdf[before:after]):
        yield _fault("SIGNATURE_GAP", "The place of the signature holds bytes that are not its own.")


def _gap_is_signature(gap: bytes) -> bool:
    """Whether the bytes that are not signed are one DER value in upper-case hexadecimal, then zeros, and no more."""
    if len(gap) > LARGEST_SIGNATURE or not (gap.startswith(b"<") and gap.endswith(b">")):
        return False
    try:
        content = bytes.fromhex(gap[1:-1].decode("ascii"))
        length = parser.peek(content)
    except ValueError:
        return False
    return content.hex().upper().encode() == gap[1:-1] and not any(content[length:])


def examine(reader: PdfFileReader, coverage: Coverage, *, roots: Sequence[x509.Certificate], at: Instant) -> Examined:
    """Return what is true of the signature: intact, valid, certified, and trusted by ``roots`` at the instant ``at``.

    What cannot be read is a finding, too.
    """
    try:
        with strict("The signature"):
            embedded = _embedded(reader, coverage)
            certificate = x509.load_der_x509_certificate(embedded.signer_cert.dump())
            status = _status(embedded, roots=roots, at=at)
            # Whom a broken signature is by, nobody knows.
            asked = bool(roots) and status.intact and status.valid
            return Examined(
                _facts(certificate, embedded, status, trusted=status.trusted if asked else None),
                tuple(_broken(status)),
                tuple(_uncertified(reader, embedded)),
                tuple(_distrust(certificate, status, asked=asked, at=at)),
            )
    except PdfUnreadableError as error:
        return Examined(integrity=(_fault("SIGNATURE_UNREADABLE", error.what),))


def _embedded(reader: PdfFileReader, coverage: Coverage) -> EmbeddedPdfSignature:
    """Return the signature of the one field that there is; it must be the one that was found in the bytes."""
    fields = reader.root["/AcroForm"]["/Fields"]
    if len(fields) != 1 or fields[0].get("/FT") != "/Sig" or "/Kids" in fields[0]:
        raise unreadable("The document has other form fields than its signature")
    embedded = EmbeddedPdfSignature(reader, fields.raw_get(0), str(fields[0]["/T"]))
    if tuple(embedded.byte_range) != coverage.ranges:
        raise unreadable("The signature is not the one that the file shows")
    if not _plain(embedded):
        raise unreadable("The signature has parts that it does not cover, or is spelled in an unusual way")
    return embedded


def _plain(embedded: EmbeddedPdfSignature) -> bool:
    """Whether the signature is put together from its certificates and its signer in the one way that there is.

    Nothing signs those outer parts (RFC 5652, 5.1); they could carry what nobody vouches for.
    """
    content, signer = embedded.pkcs7_content, embedded.signer_info
    certificates = b"".join(one.dump() for one in embedded.signed_data["certificates"])
    expected = der.value(
        0x30,
        SIGNED_DATA,
        der.value(
            0xA0,
            der.value(
                0x30,
                VERSION_1,
                der.value(0x31, signer["digest_algorithm"].dump()),
                der.value(0x30, DATA),
                der.value(0xA0, certificates),
                der.value(0x31, signer.dump()),
            ),
        ),
    )
    plain_signer = signer["version"].native == "v1" and not signer["unsigned_attrs"].native
    return plain_signer and content.startswith(expected) and len(expected) == parser.peek(content)


def _status(embedded: EmbeddedPdfSignature, *, roots: Sequence[x509.Certificate], at: Instant) -> PdfSignatureStatus:
    context = ValidationContext(
        trust_roots=[asn1_x509.Certificate.load(root.public_bytes(Encoding.DER)) for root in roots],
        allow_fetching=False,
        moment=at.to_datetime(),
    )
    # No difference analysis: the caller demands that there is nothing to analyse.
    return validate_pdf_signature(embedded, context, key_usage_settings=EITHER_USAGE, skip_diff=True)


def _facts(
    certificate: x509.Certificate, embedded: EmbeddedPdfSignature, status: PdfSignatureStatus, *, trusted: bool | None
) -> SignatureFacts:
    claimed = embedded.self_reported_timestamp
    reason = embedded.sig_object.get("/Reason")
    return SignatureFacts(
        signer=_name(certificate.subject),
        issuer=_name(certificate.issuer),
        certificate=Digest.of(certificate.public_bytes(Encoding.DER)),
        valid_from=Instant.from_datetime(certificate.not_valid_before_utc),
        valid_until=Instant.from_datetime(certificate.not_valid_after_utc),
        intact=bool(status.intact),
        valid=bool(status.valid),
        trusted=trusted,
        test=any(part.value == TEST_NAME for part in certificate.issuer),
        claimed=Instant.from_datetime(claimed) if claimed else None,
        reason=str(reason) if reason else None,
    )


def _broken(status: PdfSignatureStatus) -> Iterator[Finding]:
    if not status.intact:
        yield _fault("SIGNATURE_BROKEN", "The file was altered: its bytes are not those that were signed.")
    elif not status.valid:
        yield _fault("SIGNATURE_INVALID", "The signature was not made with the key of its certificate.")


def _uncertified(reader: PdfFileReader, embedded: EmbeddedPdfSignature) -> Iterator[Finding]:
    if embedded.sig_object.get("/SubFilter") != "/ETSI.CAdES.detached":
        yield _fault("NOT_PADES", "The signature is not of the kind that productions bear (PAdES).")
    certified = reader.root["/Perms"].raw_get("/DocMDP") if "/Perms" in reader.root else None
    if certified != embedded.sig_field.raw_get("/V") or embedded.docmdp_level != MDPPerm.NO_CHANGES:
        yield _fault("CHANGES_ALLOWED", "The signature does not certify the document with no changes allowed.")


def _distrust(
    certificate: x509.Certificate, status: PdfSignatureStatus, *, asked: bool, at: Instant
) -> Iterator[Finding]:
    if at.to_datetime() > certificate.not_valid_after_utc:
        what = (
            f"The certificate expired on {certificate.not_valid_after_utc:%Y-%m-%d}. "
            "Nothing outside confirms that the signature was made before."
        )
        yield Finding(code="CERTIFICATE_EXPIRED", severity="fault" if asked else "notice", key=PLACE, what=what)
    elif asked and not status.trusted:
        yield _fault("SIGNER_UNTRUSTED", "The certificate does not lead to a root that was given.")


def _name(name: x509.Name) -> str:
    """Return a certificate's name in one line of printable text."""
    return "".join(letter if letter.isprintable() else "?" for letter in name.rfc4514_string())


def _fault(code: str, what: str) -> Finding:
    return Finding(code=code, severity="fault", key=PLACE, what=what)
