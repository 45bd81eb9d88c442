"""The door to Ed25519 (RFC 8032): keys that sign notes, keys that verify them, and their C2SP names and spellings."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, replace
from typing import Protocol, Self

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from schemas.digest import Digest
from schemas.errors import InputError, IntegrityError

ED25519 = b"\x01"
KEY_ID_SIZE = 4
PUBLIC_SIZE = 32
FIELD = 2**255 - 19
EIGHTH = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
SMALL_ORDER = frozenset({0, 1, FIELD - 1, EIGHTH, FIELD - EIGHTH})
"""The y of the eight points of the curve whose order divides eight (FORMAT 4.3.1)."""


class KeyMalformedError(InputError):
    """A key is not an Ed25519 key in the expected spelling, or its passphrase is wrong."""

    code = "KEY_MALFORMED_OR_LOCKED"


class SignatureRefusedError(IntegrityError):
    """A signature by a known key does not fit what it is said to sign."""

    code = "SIGNATURE_REFUSED"


def key_id(name: str, public: bytes) -> bytes:
    """Return the 4 bytes by which a note names a key (C2SP signed-note, 'Signatures')."""
    return Digest.of(name.encode() + b"\n" + ED25519 + public).raw[:KEY_ID_SIZE]


def is_weak(public: bytes) -> bool:
    """Whether a public key is a point of small order: under such a key anybody signs almost anything."""
    return (int.from_bytes(public, "little") & (2**255 - 1)) % FIELD in SMALL_ORDER


def _check_name(name: str) -> None:
    if not name.isprintable() or not name or "+" in name or any(character.isspace() for character in name):
        raise KeyMalformedError(
            f"{name[:80]!r} cannot name a key.", do="Use a name without spaces and plus signs (C2SP signed-note)."
        )


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public Ed25519 key with the name under which it signs."""

    name: str
    public: bytes

    @property
    def id(self) -> bytes:
        """The key id in notes, 4 bytes."""
        return key_id(self.name, self.public)

    @classmethod
    def from_text(cls, text: str) -> Verifier:
        """Read a C2SP verifier key: ``name+id+base64(type || public key)``.

        Raises:
            KeyMalformedError: on any other spelling, another algorithm, an id that does not fit, or a weak key.
        """
        try:
            name, identifier, encoded = text.split("+", 2)
            raw = base64.b64decode(encoded, validate=True)
        except (ValueError, binascii.Error):
            raise KeyMalformedError(
                f"{text[:120]!r} is not a verifier key.",
                do="Use the spelling 'name+id+key' that 'holdfast status' prints.",
            ) from None
        _check_name(name)
        verifier = cls(name, raw[1:])
        if raw[:1] != ED25519 or len(verifier.public) != PUBLIC_SIZE or verifier.id.hex() != identifier:
            raise KeyMalformedError(
                f"The verifier key of {name!r} is not Ed25519 or its id does not fit.", do="Ask its owner for it again."
            )
        if is_weak(verifier.public):
            raise KeyMalformedError(
                f"Under the key of {name!r} anybody can sign: no private key belongs to it.",
                do="Do not accept it, and ask its owner who made it.",
            )
        return verifier

    def to_text(self) -> str:
        """Return the C2SP spelling."""
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(ED25519 + self.public).decode()}"

    def verify(self, message: bytes, signature: bytes) -> None:
        """Verify that this key signed ``message``.

        Raises:
            SignatureRefusedError: it did not.
        """
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError) as error:
            raise SignatureRefusedError(
                f"The signature by {self.name} does not fit the text.", do="Do not rely on it; keep it and report it."
            ) from error


class Signer(Protocol):
    """Whatever signs notes: a private key that was read, or one that never leaves its token."""

    @property
    def name(self) -> str:
        """The name under which it signs."""

    @property
    def verifier(self) -> Verifier:
        """The public half."""

    def under(self, name: str) -> Self:
        """Return the same key, signing under another name."""

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte signature of ``message``; the same for the same message.

        Raises:
            ArchiveError: the key cannot be used; the error says why.
        """


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private Ed25519 key with the name under which it signs."""

    name: str
    private: Ed25519PrivateKey

    @classmethod
    def generate(cls, name: str) -> SigningKey:
        """Return a new key from the operating system's randomness."""
        _check_name(name)
        return cls(name, Ed25519PrivateKey.generate())

    @classmethod
    def from_pem(cls, name: str, pem: bytes, *, passphrase: bytes | None = None) -> SigningKey:
        """Read a PKCS #8 key.

        Raises:
            KeyMalformedError: not PEM, not Ed25519, or the passphrase is missing or wrong.
        """
        _check_name(name)
        try:
            private = load_pem_private_key(pem, passphrase)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            private = None
        if not isinstance(private, Ed25519PrivateKey):
            raise KeyMalformedError(
                f"The private key for {name} cannot be read.",
                do="Check the passphrase, and that it is the file of the private key (.pem, not .pem.pub).",
            )
        return cls(name, private)

    def to_pem(self, *, passphrase: bytes | None = None) -> bytes:
        """Return the key as PKCS #8 PEM, encrypted when a passphrase is given."""
        encryption = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
        return self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)

    @property
    def verifier(self) -> Verifier:
        """The public half."""
        return Verifier(self.name, self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))

    def under(self, name: str) -> SigningKey:
        """Return the same key, signing under another name."""
        _check_name(name)
        return replace(self, name=name)

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte signature of ``message``; the same for the same message."""
        return self.private.sign(message)
