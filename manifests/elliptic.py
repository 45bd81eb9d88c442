"""The door to ECDSA over P-256 and secp256k1: signatures by keys of others, as AT Protocol has them (FIPS 186-5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from manifests.signing import SignatureRefusedError

Curve: TypeAlias = Literal["P-256", "secp256k1"]
CURVES: dict[Curve, ec.EllipticCurve] = {"P-256": ec.SECP256R1(), "secp256k1": ec.SECP256K1()}
HALVES: dict[Curve, int] = {
    "P-256": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551 // 2,
    "secp256k1": 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141 // 2,
}
"""Half the order of each curve's group: of a signature's two spellings, the one whose s is not above it is taken."""
SIGNATURE_SIZE = 64


@dataclass(frozen=True, slots=True)
class EllipticKey:
    """A public key: a point of the curve, compressed or not (SEC 1 section 2.3.3)."""

    curve: Curve
    point: bytes

    def verify(self, message: bytes, signature: bytes) -> None:
        """Verify that this key signed the SHA-256 of ``message``: r and s, 32 bytes each, s in the lower half.

        Raises:
            SignatureRefusedError: it did not, or the signature or the key is in another form.
        """
        s = int.from_bytes(signature[SIGNATURE_SIZE // 2 :], "big")
        if len(signature) != SIGNATURE_SIZE or s > HALVES[self.curve]:
            raise _refused()
        spelled = encode_dss_signature(int.from_bytes(signature[: SIGNATURE_SIZE // 2], "big"), s)
        try:
            key = ec.EllipticCurvePublicKey.from_encoded_point(CURVES[self.curve], self.point)
            key.verify(spelled, message, ec.ECDSA(SHA256()))
        except (InvalidSignature, UnsupportedAlgorithm, ValueError) as error:
            raise _refused() from error


def _refused() -> SignatureRefusedError:
    return SignatureRefusedError(
        "The signature does not fit the text under this key.", do="Do not rely on it; keep it and report it."
    )
