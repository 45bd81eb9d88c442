"""A test authority: a root certificate of our own and a signing certificate under it, both named as what they are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from schemas.instant import Instant

TEST_NAME = "TEST — not a public certificate authority"
KEY_BITS = 3072
ROOT_YEARS = 20
LEAF_YEARS = 10
YEAR = timedelta(days=365)
DOCUMENT_SIGNING = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36")  # RFC 9336
MOST_LETTERS = 64  # of a name's part, RFC 5280 appendix A (ub-common-name)


@dataclass(frozen=True, slots=True)
class Authority:
    """PEM files: the root certificate to be trusted by whoever checks, the signing certificate, its private key."""

    root: bytes
    certificate: bytes
    key: bytes


def make_test_authority(*, now: Instant, organisation: str, passphrase: bytes | None = None) -> Authority:
    """Return a new test authority and a signing certificate, valid from ``now``; the root's key is thrown away.

    RSA with 3,072 bits, because every reader of PDFs verifies it. ``passphrase`` encrypts the private key.
    """
    root_key, key = (rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS) for _ in range(2))
    root_name = _name(organisation, TEST_NAME)
    root = (
        _certificate(root_name, root_key.public_key(), issuer=root_name, now=now, years=ROOT_YEARS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(ca=True), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    leaf = (
        _certificate(
            _name(organisation, f"{_cut(organisation, 40)} Records (TEST)"),
            key.public_key(),
            issuer=root_name,
            now=now,
            years=LEAF_YEARS,
        )
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(ca=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([DOCUMENT_SIGNING]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False)
        .sign(root_key, hashes.SHA256())
    )
    encryption = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    return Authority(
        root=root.public_bytes(Encoding.PEM),
        certificate=leaf.public_bytes(Encoding.PEM),
        key=key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption),
    )


def _certificate(
    subject: x509.Name, key: rsa.RSAPublicKey, *, issuer: x509.Name, now: Instant, years: int
) -> x509.CertificateBuilder:
    start = now.to_datetime().replace(microsecond=0)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + years * YEAR)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _name(organisation: str, common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, _cut(organisation, MOST_LETTERS)),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def _usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca,
        content_commitment=not ca,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )
