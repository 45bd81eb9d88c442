"""What certificates a time stamp may rest on: for time stamping, leading to a root, valid when it matters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from schemas.errors import InputError, IntegrityError, PolicyError
from schemas.instant import Instant

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SMALLEST_RSA = 2048
LONGEST_PATH = 6
UNREADABLE = (
    *(ValueError, TypeError, KeyError, IndexError, OverflowError),
    AttributeError,  # asn1crypto: values of kinds that it names and does not read
    *(UnsupportedAlgorithm, x509.InvalidVersion, x509.DuplicateExtension, x509.UnsupportedGeneralNameType),
)
"""What the two readers raise on bytes that are not what they should be."""


class TimestampPurposeError(IntegrityError):
    """A time stamp was signed with a certificate that is not one for time stamping alone."""

    code = "TIMESTAMP_PURPOSE"


class TimestampUntrustedError(PolicyError):
    """A time stamp's certificate does not lead to a root that is trusted for it."""

    code = "TIMESTAMP_UNTRUSTED"


class TimestampExpiredError(PolicyError):
    """A certificate that a time stamp rests on was not valid when it was made, or is no longer."""

    code = "TIMESTAMP_EXPIRED"


class TimestampRootsError(InputError):
    """A file of roots for time stamps holds no certificate, or none of a root."""

    code = "TIMESTAMP_ROOTS"


def load_roots(pem: bytes) -> tuple[x509.Certificate, ...]:
    """Return the certificates of a PEM file: at least one root, and those between it and an authority if it has any.

    Raises:
        TimestampRootsError: there is no certificate, or none that was issued by itself.
    """
    try:
        certificates = tuple(x509.load_pem_x509_certificates(pem))
    except (ValueError, UnsupportedAlgorithm):
        certificates = ()
    if not any(_is_root(one) for one in certificates):
        raise TimestampRootsError(
            "The file of roots for time stamps holds no root certificate in PEM form.",
            do="Give the root certificate of the time stamp authority as PEM; those below it may follow.",
        )
    return certificates


def load_der_roots(spelled: Sequence[bytes]) -> tuple[x509.Certificate, ...]:
    """Return certificates from their DER form; one root at least.

    Raises:
        TimestampRootsError: one cannot be read, or none was issued by itself.
    """
    try:
        certificates = tuple(x509.load_der_x509_certificate(one) for one in spelled)
    except UNREADABLE:
        certificates = ()
    if not any(_is_root(one) for one in certificates):
        raise TimestampRootsError(
            "The roots that come with a time stamp cannot be used.", do="Give the authority's own root certificate."
        )
    return certificates


def issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether ``issuer`` is an authority and its key signed ``certificate``; says nothing of dates."""
    try:
        certificate.verify_directly_issued_by(issuer)
        return issuer.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (InvalidSignature, x509.ExtensionNotFound, *UNREADABLE):
        return False


def demand_purpose(signer: x509.Certificate) -> None:
    """Refuse a certificate whose only and critical extended use is not time stamping (RFC 3161, 2.3).

    Raises:
        TimestampPurposeError: it is another one.
    """
    uses = [one for one in signer.extensions if isinstance(one.value, x509.ExtendedKeyUsage)]
    if [(one.critical, *one.value) for one in uses] != [(True, ExtendedKeyUsageOID.TIME_STAMPING)]:
        raise TimestampPurposeError(
            f"The certificate of {name_of(signer)} is not one for time stamping alone.", do="Use another authority."
        )


def path_to_root(known: Sequence[x509.Certificate], roots: Sequence[x509.Certificate]) -> tuple[x509.Certificate, ...]:
    """Return the certificates from the signer's, the first of ``known``, to a root: of several ways the longest valid.

    Raises:
        TimestampUntrustedError: there is no way, or a key on it is too short.
    """
    between = tuple(dict.fromkeys((*known[1:], *(one for one in roots if not _is_root(one)))))
    ways = list(_ways((known[0],), between, tuple(one for one in roots if _is_root(one))))
    if not ways:
        raise TimestampUntrustedError(
            f"The certificate of {name_of(known[0])} does not lead to a root that is trusted for time stamps.",
            do="Add the authority's root certificate to its roots, if you trust it.",
        )
    path = max(ways, key=end_of)
    for one in path:
        key = one.public_key()
        if isinstance(key, RSAPublicKey) and key.key_size < SMALLEST_RSA:
            raise TimestampUntrustedError(
                f"The key of {name_of(one)} has {key.key_size} bits, fewer than {SMALLEST_RSA}.",
                do="Use another authority.",
            )
    return path


def _ways(
    path: tuple[x509.Certificate, ...], between: tuple[x509.Certificate, ...], roots: tuple[x509.Certificate, ...]
) -> Iterator[tuple[x509.Certificate, ...]]:
    yield from ((*path, root) for root in roots if issued(path[-1], root))
    if len(path) < LONGEST_PATH:
        for one in between:
            if one not in path and issued(path[-1], one):
                yield from _ways((*path, one), between, roots)


def demand_valid(path: Sequence[x509.Certificate], stamped: Instant, at: Instant) -> None:
    """Refuse a chain in which a certificate is not valid at both instants.

    Raises:
        TimestampExpiredError: one is not.
    """
    start = max(one.not_valid_before_utc for one in path)
    end = end_of(path)
    if not Instant.from_datetime(start) <= stamped <= end or at > end:
        raise TimestampExpiredError(
            f"The time stamp of {stamped} rests on certificates that are valid from {start:%Y-%m-%d} to "
            f"{end.to_datetime():%Y-%m-%d}, and is relied upon on {at.to_datetime():%Y-%m-%d}.",
            do="Rely on a stamp that renewed it in time, or on another authority's.",
        )


def end_of(path: Sequence[x509.Certificate]) -> Instant:
    """Return when the first of the certificates ends."""
    return Instant.from_datetime(min(one.not_valid_after_utc for one in path))


def _is_root(certificate: x509.Certificate) -> bool:
    return certificate.subject == certificate.issuer


def name_of(certificate: x509.Certificate) -> str:
    """Return whose certificate it is, in one line of printable text: its common name, or all of its name."""
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    name = str(names[0].value) if names else certificate.subject.rfc4514_string()
    return "".join(letter if letter.isprintable() else "?" for letter in name)
