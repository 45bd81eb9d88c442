"""Signatures of WACZ packages (WACZ Signing and Verification 0.1): what of one can be checked without a network.

Both kinds are ECDSA over the text of the digest: by a key that stands beside it (in base64: SubjectPublicKeyInfo), or
by that of a domain's certificate. Neither tells by itself who made the package. Over the text of the latter there is a
time stamp (RFC 3161), whose certificates stand beside it, too.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from itertools import pairwise

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from manifests.signing import SignatureRefusedError
from manifests.timestamps import stamp as stamps
from manifests.timestamps import token as tokens
from manifests.timestamps.token import TimestampMalformedError, TimestampRefusedError, Token
from manifests.timestamps.trust import (
    UNREADABLE,
    TimestampRootsError,
    TimestampUntrustedError,
    issued,
    load_roots,
    name_of,
    path_to_root,
)
from schemas.digest import Digest
from schemas.errors import IntegrityError, PolicyError
from schemas.instant import Instant

LONGEST = 1 << 16


@dataclass(frozen=True, slots=True)
class Certified:
    """What a domain's certificate says: for which names, and who issued it.

    ``root`` is who issued the last certificate of its chain, whom nobody vouches for; from ``since`` until ``until``
    all of the chain was valid.
    """

    names: tuple[str, ...]
    since: Instant
    until: Instant
    issuer: str
    root: str


@dataclass(frozen=True, slots=True)
class Stamped:
    """What a time stamp over a signature proved: when it was there, to whoever trusts ``root``, which came with it."""

    at: Instant
    authority: str
    root: str


class StampUncheckedError(PolicyError):
    """A time stamp came in a form, or without certificates, so that nothing can be said of it."""

    code = "TIMESTAMP_UNCHECKED"


def verify_keyed(text: str, signature: str, key: str) -> None:
    """Verify a signature under the key that stands beside it.

    Raises:
        SignatureRefusedError: it does not fit, or is in another form.
    """
    try:
        loaded = load_der_public_key(_bytes(key))
    except (*UNREADABLE, UnsupportedAlgorithm) as error:
        raise _refused() from error
    _verify(text, signature, loaded)


def verify_certified(text: str, signature: str, chain: str) -> Certified:
    """Verify a signature under the first certificate of a PEM chain, and that each was issued by the one behind it.

    Whether its last certificate leads to an authority that anybody trusts is not looked at.

    Raises:
        SignatureRefusedError: it does not fit, or the certificates do not.
    """
    certificates = _certificates(chain)
    if not certificates:
        raise _refused()
    leaf = certificates[0]
    # Not only by the key: whoever has a certificate for a domain of his own is no authority.
    if not all(issued(one, issuer) for one, issuer in pairwise(certificates)):
        raise _refused()
    try:
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        said = Certified(
            tuple(names.get_values_for_type(x509.DNSName)),
            Instant.from_datetime(max(one.not_valid_before_utc for one in certificates)),
            Instant.from_datetime(min(one.not_valid_after_utc for one in certificates)),
            leaf.issuer.rfc4514_string(),
            certificates[-1].issuer.rfc4514_string(),
        )
        key = leaf.public_key()
    except (*UNREADABLE, x509.ExtensionNotFound) as error:
        raise _refused() from error
    _verify(text, signature, key)
    return said


def verify_stamped(signature: str, stamp: str, chain: str) -> Stamped:
    """Verify a time stamp over the text of a signature, under the certificates that came with it in a PEM chain.

    Raises:
        StampUncheckedError: it is in another form, or no root came with it; that says nothing against it.
        SignatureRefusedError: it is over something else, or its signature or its certificates do not hold.
    """
    try:
        beside = load_roots(chain[:LONGEST].encode("ascii", "replace"))
        settled, token = _settled(stamp, beside)
        digest = Digest.of(signature.encode("utf-8", "replace"))
        proved = stamps.verify(settled, digest, roots=beside, at=token.at)
        root = path_to_root(token.certificates, beside)[-1]
    except (TimestampMalformedError, TimestampRefusedError, TimestampUntrustedError, TimestampRootsError) as error:
        raise StampUncheckedError(error.what, do="Check it by hand, or do not rely on it.") from error
    except (IntegrityError, PolicyError) as error:
        raise SignatureRefusedError(error.what, do="Do not rely on it; keep it and report it.") from error
    return Stamped(proved.at, proved.authority, name_of(root))


def _settled(stamp: str, beside: tuple[x509.Certificate, ...]) -> tuple[bytes, Token]:
    settled = stamps.settle(_bytes(stamp), beside=beside)
    token = tokens.read(settled)
    if token.algorithm != "sha256":
        raise TimestampMalformedError(f"It is over a digest in {token.algorithm}.", do="Check it by hand.")
    return settled, token


def _certificates(chain: str) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(chain[:LONGEST].encode("ascii", "replace"))
    except UNREADABLE as error:
        raise _refused() from error


def _verify(text: str, signature: str, key: object) -> None:
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise _refused()
    spelled = _bytes(signature)
    size = (key.curve.key_size + 7) // 8
    if len(spelled) == 2 * size:  # as browsers spell it: r and s one after the other
        spelled = encode_dss_signature(int.from_bytes(spelled[:size], "big"), int.from_bytes(spelled[size:], "big"))
    try:
        key.verify(spelled, text.encode("utf-8", "replace"), ec.ECDSA(SHA256()))
    except (InvalidSignature, *UNREADABLE) as error:
        raise _refused() from error


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text[:LONGEST], validate=True)
    except (ValueError, binascii.Error) as error:
        raise _refused() from error


def _refused() -> SignatureRefusedError:
    return SignatureRefusedError(
        "The signature does not fit what it is said to be over.", do="Do not rely on it; keep it and report it."
    )
