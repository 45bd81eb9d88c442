"""The door to signing PDFs (pyHanko): one signature, PAdES, certified with no changes allowed (ISO 32000-2, 12.8)."""

from __future__ import annotations

import asyncio
import io
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from asn1crypto import keys as asn1_keys  # type: ignore[import-untyped]
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes
from pyhanko_certvalidator.registry import SimpleCertificateStore

from ediscovery.production.authority import TEST_NAME, Authority, make_test_authority
from ediscovery.production.field import NAME
from schemas.digest import Digest
from schemas.errors import InputError, PolicyError

if TYPE_CHECKING:
    from typing import TypeAlias

    from schemas.instant import Instant

    PrivateKey: TypeAlias = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

__all__ = ["Authority", "Signer", "make_test_authority"]

DIGEST = "sha256"
RESERVED = 32_768
"""Hexadecimal digits kept free for the signature with its certificates."""

for _name in ("pyhanko", "pyhanko_certvalidator"):
    logging.getLogger(_name).addHandler(logging.NullHandler())


class SigningKeyUnusableError(InputError):
    """A certificate or its private key cannot be used to sign."""

    code = "SIGNING_KEY_UNUSABLE"


class CertificateExpiredError(PolicyError):
    """The signing certificate is not valid at the time of signing."""

    code = "CERTIFICATE_EXPIRED"


@dataclass(frozen=True, slots=True)
class Signer:
    """A certificate with its private key, and the certificates between it and its root. Never shown in full."""

    certificate: x509.Certificate
    key: PrivateKey
    chain: tuple[x509.Certificate, ...] = ()

    def __post_init__(self) -> None:
        spelled = [
            key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
            for key in (self.certificate.public_key(), self.key.public_key())
        ]
        if spelled[0] != spelled[1]:
            raise SigningKeyUnusableError(
                f"The private key is not that of the certificate of {self.name}.",
                do="Set production.certificate and production.private_key to files that belong together.",
            )

    def __repr__(self) -> str:
        return f"Signer({self.name}, {self.fingerprint})"

    @classmethod
    def from_pem(cls, *, certificate: bytes, key: bytes, passphrase: bytes | None = None) -> Signer:
        """Read PEM files: the signing certificate first, then its chain; and the private key (RSA or elliptic curve).

        Raises:
            SigningKeyUnusableError: not PEM, another kind of key, not belonging together, or the wrong passphrase.
        """
        try:
            first, *chain = x509.load_pem_x509_certificates(certificate)
            private = load_pem_private_key(key, passphrase)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise _unusable() from error
        return cls._of(first, private, chain)

    @classmethod
    def from_pkcs12(cls, content: bytes, *, passphrase: bytes | None = None) -> Signer:
        """Read a PKCS #12 file (``.p12``, ``.pfx``) with certificate, chain and private key.

        Raises:
            SigningKeyUnusableError: not PKCS #12, no key in it, another kind of key, or the wrong passphrase.
        """
        try:
            store = load_pkcs12(content, passphrase)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise _unusable() from error
        if store.cert is None:
            raise _unusable()
        return cls._of(store.cert.certificate, store.key, [more.certificate for more in store.additional_certs])

    @classmethod
    def _of(cls, certificate: x509.Certificate, key: object, chain: list[x509.Certificate]) -> Signer:
        if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
            raise _unusable()
        # A root proves nothing inside of what it is to vouch for: whoever checks brings it along.
        return cls(certificate, key, tuple(more for more in chain if more.subject != more.issuer))

    @property
    def name(self) -> str:
        """Whose certificate it is: its common name, or all of its subject."""
        names = self.certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
        return str(names[0].value) if names else self.certificate.subject.rfc4514_string()

    @property
    def fingerprint(self) -> Digest:
        """SHA-256 of the certificate (DER)."""
        return Digest.of(self.certificate.public_bytes(Encoding.DER))

    @property
    def is_test(self) -> bool:
        """Whether it was issued by a test authority of ours."""
        return any(part.value == TEST_NAME for part in self.certificate.issuer)

    def sign(self, pdf: bytes, *, reason: str, at: Instant, location: str | None = None) -> bytes:
        """Return ``pdf`` with this signer's signature appended in one revision; what was there stays byte for byte.

        ``at`` is the time that the signature claims; nothing outside confirms it.

        Raises:
            CertificateExpiredError: the certificate is not valid at that time.
        """
        start, end = self.certificate.not_valid_before_utc, self.certificate.not_valid_after_utc
        if not start <= at.to_datetime() <= end:
            raise CertificateExpiredError(
                f"The signing certificate of {self.name} is valid from {start:%Y-%m-%d} to {end:%Y-%m-%d}, "
                f"not on {at.to_datetime():%Y-%m-%d}.",
                do="Set production.certificate and production.private_key to a valid certificate, then produce again.",
            )
        metadata = PdfSignatureMetadata(
            field_name=NAME,
            reason=reason,
            location=location,
            name=self.name,
            md_algorithm=DIGEST,
            certify=True,
            docmdp_permissions=MDPPerm.NO_CHANGES,
            subfilter=SigSeedSubFilter.PADES,
        )
        session = PdfSigner(metadata, self._pyhanko()).init_signing_session(_Writer(io.BytesIO(pdf)))
        session.system_time = at.to_datetime()
        waiting = session.prepare_tbs_document(validation_info=None, bytes_reserved=RESERVED)
        signed = io.BytesIO()
        digest, _ = waiting.digest_tbs_document(output=signed)
        attributes = PdfCMSSignedAttributes(signing_time=session.system_time)
        asyncio.run(waiting.perform_signature(document_digest=digest.document_digest, pdf_cms_signed_attrs=attributes))
        return signed.getvalue()

    def _pyhanko(self) -> SimpleSigner:
        store = SimpleCertificateStore()  # type: ignore[no-untyped-call]
        store.register_multiple(asn1_x509.Certificate.load(more.public_bytes(Encoding.DER)) for more in self.chain)
        spelled = self.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        return SimpleSigner(
            signing_cert=asn1_x509.Certificate.load(self.certificate.public_bytes(Encoding.DER)),
            signing_key=asn1_keys.PrivateKeyInfo.load(spelled),
            cert_registry=store,
            embed_roots=False,
        )


class _Writer(IncrementalPdfFileWriter):
    """Appends to a PDF without touching its metadata: the library would date it by the clock."""

    def _update_meta(self) -> None:
        pass


def _unusable() -> SigningKeyUnusableError:
    return SigningKeyUnusableError(
        "The signing certificate or its private key cannot be used.",
        do="Give PEM files with an RSA or elliptic curve key, and its passphrase in HOLDFAST_SIGNING_PASSPHRASE.",
    )
