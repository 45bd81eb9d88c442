"""The door to rfc3161-client: what a time stamp proves, verified offline with stored roots (RFC 3161).

The library verifies the signature and the chain with OpenSSL, at the time of the stamp. What it leaves open is decided
here: the one spelling, the certificate that the signature names, the time until which all of the chain is valid, and
the instant at which somebody relies on the stamp.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding
from rfc3161_client import VerificationError, VerifierBuilder, decode_timestamp_response

from manifests.timestamps import token as tokens
from manifests.timestamps.token import Binding, Token, malformed, settle
from manifests.timestamps.trust import demand_purpose, demand_valid, end_of, load_roots, name_of, path_to_root
from schemas.errors import IntegrityError, PolicyError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryptography import x509
    from rfc3161_client import TimeStampResponse

    from schemas.digest import Digest
    from schemas.instant import Instant

__all__ = ["NONCE_BITS", "Stamp", "load_roots", "request", "settle", "verify"]

NONCE_BITS = 64
SIGNATURE_DIGESTS = ("sha256", "sha384", "sha512")
TOLERANCE_SECONDS = 300
"""By how much the clock of whoever verifies may lag behind a stamp's; as for the ledger's entries."""


class TimestampImprintError(IntegrityError):
    """A time stamp is over something else."""

    code = "TIMESTAMP_IMPRINT"


class TimestampNonceError(IntegrityError):
    """A time stamp answers another request."""

    code = "TIMESTAMP_NONCE"


class TimestampSignatureError(IntegrityError):
    """A time stamp's signature does not hold, or not for the certificate that comes with it."""

    code = "TIMESTAMP_SIGNATURE"


class TimestampAheadError(PolicyError):
    """A time stamp is from later than the clock says."""

    code = "TIMESTAMP_AHEAD"


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a time stamp proved: ``imprint`` existed at the instant ``at``, give or take ``accuracy`` microseconds.

    ``accuracy`` is absent where the authority's policy alone tells it. ``authority`` is the name in its certificate;
    ``serial`` and ``policy`` are its own number for the stamp and the object identifier of its terms. The stamp can be
    verified until ``valid_until``, when the first of its certificates ends; it must be renewed before.
    """

    at: Instant
    accuracy: int | None
    authority: str
    serial: int
    policy: str
    valid_until: Instant
    imprint: Digest


def request(digest: Digest, *, nonce: int) -> bytes:
    """Return the request to stamp ``digest`` (DER); ``nonce`` is a random number of 64 bits, new for each request."""
    return tokens.request(digest.raw, nonce=nonce)


def verify(
    response: bytes, digest: Digest, *, roots: Sequence[x509.Certificate], at: Instant, nonce: int | None = None
) -> Stamp:
    """Return what a settled response proves of ``digest`` to somebody who trusts ``roots``.

    ``at`` is an instant at which the stamp exists: now for the newest one, the time of the later stamp for one that was
    renewed. All of its certificates must be valid at ``at`` as well as at the time of the stamp; whoever gets hold of
    an expired key could stamp the past. ``roots`` may hold intermediate certificates too; only roots are trusted.
    ``nonce`` is that of the request, when the answer to it is verified.

    Raises:
        TimestampMalformedError, TimestampRefusedError: it is no stamp in the spelling of ``settle``.
        TimestampImprintError, TimestampNonceError: it is over something else, or answers another request.
        TimestampPurposeError, TimestampUntrustedError, TimestampExpiredError: its certificates are not good enough.
        TimestampAheadError: it was made more than five minutes after ``at``.
        TimestampSignatureError: it is forged.
    """
    # 1. It is spelled in the one way.
    token = tokens.read(response)
    decoded = _decoded(response)
    # 2. It is over the digest, and answers the request.
    if token.algorithm != "sha256" or token.imprint != digest.raw:
        raise TimestampImprintError(
            "The time stamp is over something else.", do="Do not rely on it; keep it and report it."
        )
    if nonce is not None and token.nonce != nonce:
        raise TimestampNonceError(
            "The time stamp answers another request.", do="Ask again; if it lasts, use another authority."
        )
    # 3. It is not from the future.
    if token.at > at.plus(seconds=TOLERANCE_SECONDS):
        raise TimestampAheadError(
            f"The time stamp is of {token.at}, and the clock says {at}.",
            do="Set this machine's clock. If it is right, do not use that authority.",
        )
    # 4. The signer's certificate is one for time stamping, and the signature of a kind that it can make.
    signer = token.certificates[0]
    demand_purpose(signer)
    _demand_algorithms(token, signer)
    # 5. It leads to a root, by the certificates that the signature names, and all are valid at both instants.
    path = path_to_root(token.certificates, roots)
    _demand_bound(token, path)
    demand_valid(path, token.at, at)
    # 6. The signature holds (OpenSSL, as of the time of the stamp).
    try:
        VerifierBuilder(roots=[path[-1]], intermediates=list(path[1:-1])).build().verify(decoded, digest.raw)
    except (VerificationError, ValueError) as error:
        raise _forged("its signature does not hold") from error
    return Stamp(
        at=token.at,
        accuracy=token.accuracy,
        authority=name_of(signer),
        serial=token.serial,
        policy=token.policy,
        valid_until=end_of(path),
        imprint=digest,
    )


def _decoded(response: bytes) -> TimeStampResponse:
    """Return the library's reading, which accepts DER alone."""
    try:
        decoded = decode_timestamp_response(response)
        _ = decoded.tst_info, decoded.signed_data
    except ValueError as error:
        raise malformed("it is not DER") from error
    return decoded


def _demand_algorithms(token: Token, signer: x509.Certificate) -> None:
    """Refuse algorithms that prove nothing any more, and a name of the signature's that is not the key's.

    Nothing signs that name, and OpenSSL does not look at it.
    """
    if token.digest not in SIGNATURE_DIGESTS:
        raise _forged(f"it is signed over {token.digest}, which proves nothing any more")
    rsa = isinstance(signer.public_key(), RSAPublicKey)
    if token.signature not in ({"rsassa_pkcs1v15", f"{token.digest}_rsa"} if rsa else {f"{token.digest}_ecdsa"}):
        raise _forged("its signature is of another kind than its key's")


def _demand_bound(token: Token, path: Sequence[x509.Certificate]) -> None:
    """Refuse a stamp whose signature does not name its certificate, or names others than its chain (RFC 5035, 5.4.1).

    Without that, a signature could be passed off as one under another certificate for the same key.
    """
    if not token.bound or not _names(token.bound[0], path[0]):
        raise _forged("its signature does not name its certificate")
    if not all(any(_names(one, certificate) for certificate in path) for one in token.bound):
        raise _forged("its signature names certificates that it does not rest on")
    if not token.own_name:
        raise _forged("it is in the name of another than its signer")


def _names(binding: Binding, certificate: x509.Certificate) -> bool:
    if binding.algorithm not in {"sha1", *SIGNATURE_DIGESTS}:
        return False
    spelled = certificate.public_bytes(Encoding.DER)
    return hashlib.new(binding.algorithm, spelled, usedforsecurity=False).digest() == binding.digest


def _forged(why: str) -> TimestampSignatureError:
    return TimestampSignatureError(
        f"The time stamp proves nothing: {why}.", do="Do not rely on it; keep it and report it."
    )
