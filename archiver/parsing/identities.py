"""A DID document: which server has an account, and with which key it signs (atproto.com/specs/did). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from archiver.parsing.ipld import read_multibase
from archiver.parsing.shapes import address, find_text, objects
from manifests.elliptic import EllipticKey
from schemas.errors import InputError

if TYPE_CHECKING:
    from archiver.parsing.shapes import Object
    from manifests.elliptic import Curve

CODES: dict[bytes, Curve] = {b"\x80\x24": "P-256", b"\xe7\x01": "secp256k1"}
"""With what a key begins in a ``Multikey``: a code of the multicodec table, as a varint."""
SUITES: dict[str, Curve] = {
    "EcdsaSecp256r1VerificationKey2019": "P-256",
    "EcdsaSecp256k1VerificationKey2019": "secp256k1",
}
"""The older types of keys, which are named by their curve and have the point alone."""


class SigningKeyMissingError(InputError):
    """An account's document names no key with which its repository is signed."""

    code = "SIGNING_KEY_MISSING"


def signing_key(document: Any) -> EllipticKey:  # noqa: ANN401 - any JSON
    """Return the key with which an account signs its repository, as its document has it.

    Raises:
        SigningKeyMissingError: it has none, or one of another kind.
        IpldMalformedError: its spelling is none.
    """
    for method in objects(document, "verificationMethod"):
        spelled, kind = find_text(method, "publicKeyMultibase"), find_text(method, "type") or ""
        if _is_about(document, method, "#atproto") and spelled is not None:
            octets = read_multibase(spelled)
            if kind == "Multikey" and octets[:2] in CODES:
                return EllipticKey(CODES[octets[:2]], octets[2:])
            if kind in SUITES:
                return EllipticKey(SUITES[kind], octets)
    raise SigningKeyMissingError(
        "The account's document names no key on P-256 or secp256k1 that signs its repository.",
        do="Nothing can be proved of the repository; what its server lists is captured all the same.",
    )


def find_server(document: Any) -> str | None:  # noqa: ANN401 - any JSON
    """Return the origin of the personal data server that a document names, or ``None``."""
    for service in objects(document, "service"):
        if _is_about(document, service, "#atproto_pds"):
            url = address(service, "serviceEndpoint")
            return "{0.scheme}://{0.netloc}".format(urlsplit(url)) if url else None
    return None


def _is_about(document: Any, part: Object, fragment: str) -> bool:  # noqa: ANN401 - any JSON
    """Return whether a part of a document has that fragment as its id, in full or relative to the document."""
    return find_text(part, "id") in (fragment, f"{find_text(document, 'id')}{fragment}")
