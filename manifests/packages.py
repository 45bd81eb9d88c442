"""Signatures of WACZ packages (WACZ Signing and Verification 0.1): what of one can be checked without a network.

Both kinds are ECDSA over the text of the digest: by a key that stands beside it (in base64: SubjectPublicKeyInfo), or
by that of a domain's certificate. Neither tells by itself who made the package.
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
from manifests.timestamps.trust import UNREADABLE
from schemas.instant import Instant

LONGEST = 1 << 16


@dataclass(frozen=True, slots=True)
class Certified:
    """What a domain's certificate says: for which names, from when and until when, and who issued it."""

    names: tuple[str, ...]
    since: Instant
    until: Instant
    issuer: str


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
    """Verify a signature under the first certificate of a PEM chain, and that the chain hangs together.

    Whether its last certificate leads to an authority that anybody trusts is not looked at.

    Raises:
        SignatureRefusedError: it does not fit, or the certificates do not.
    """
    if len(chain) > LONGEST:
        raise _refused()
    try:
        certificates = x509.load_pem_x509_certificates(chain.encode("ascii", "replace"))
        leaf = certificates[0]
        for one, issuer in pairwise(certificates):
            one.verify_directly_issued_by(issuer)
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        said = Certified(
            tuple(names.get_values_for_type(x509.DNSName)),
            Instant.from_datetime(leaf.not_valid_before_utc),
            Instant.from_datetime(leaf.not_valid_after_utc),
            leaf.issuer.rfc4514_string(),
        )
        key = leaf.public_key()
    except (*UNREADABLE, x509.ExtensionNotFound, InvalidSignature) as error:
        raise _refused() from error
    _verify(text, signature, key)
    return said


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
