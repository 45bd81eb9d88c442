"""Ed25519 signatures that a strict checker takes or refuses: of RFC 8032, and what implementations differ on."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import count

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
EIGHTH = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
RFC_8032 = (  # section 7.1: public key, message, signature
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
)


@dataclass(frozen=True)
class Signed:
    """A signature, and whether it is to be taken."""

    name: str
    key: bytes
    message: bytes
    signature: bytes
    good: bool


def little(number: int) -> bytes:
    return number.to_bytes(32, "little")


def affine(one: tuple[int, int], two: tuple[int, int]) -> tuple[int, int]:
    """The sum of two points, by the curve's own law: slowly, and as in no checker."""
    (x1, y1), (x2, y2) = one, two
    product = D * x1 * x2 * y1 * y2
    x = (x1 * y2 + x2 * y1) * pow(1 + product, -1, P)
    y = (y1 * y2 + x1 * x2) * pow(1 - product, -1, P)
    return x % P, y % P


def times(number: int, point: tuple[int, int]) -> tuple[int, int]:
    total = (0, 1)
    for bit in f"{number:b}":
        total = affine(total, total)
        if bit == "1":
            total = affine(total, point)
    return total


def with_y(y: int) -> tuple[int, int]:
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if x * x % P == square else x * pow(2, (P - 1) // 4, P) % P
    assert x * x % P == square
    return (x if x % 2 == 0 else P - x), y


def spelled(point: tuple[int, int]) -> bytes:
    return little(point[1] | (point[0] & 1) << 255)


BASE = with_y(4 * pow(5, -1, P) % P)


def challenge(r: bytes, key: bytes, message: bytes) -> int:
    return int.from_bytes(hashlib.sha512(r + key + message).digest(), "little") % L


def mixed(*, divisible: bool) -> Signed:
    """By a key with a part of small order: true with the cofactor; without it only if eight divides the challenge."""
    secret, nonce = 0x1234567890ABCDEF, 0xFEDCBA0987654321
    key = spelled(affine(times(secret, BASE), with_y(EIGHTH)))
    r = spelled(times(nonce, BASE))
    for number in count():
        message = str(number).encode()
        k = challenge(r, key, message)
        if (k % 8 == 0) == divisible:
            signature = r + little((nonce + k * secret) % L)
            return Signed(f"a key of mixed order, divisible: {divisible}", key, message, signature, divisible)
    raise AssertionError


def cases() -> list[Signed]:
    """All of them."""
    private = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    key = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    good, message = private.sign(b"message"), b"message"
    r, s = good[:32], int.from_bytes(good[32:], "little")
    weak = sorted({y + high for y in (0, 1, P - 1, EIGHTH, P - EIGHTH) for high in (0, 2**255)})
    respelled = [y + P + high for y in (0, 1) for high in (0, 2**255)]
    refused = {
        "another message": (key, b"messagf", good),
        "another key": (spelled(times(3, BASE)), message, good),
        "S with the order added": (key, message, r + little(s + L)),
        "S of the order": (key, message, r + little(L)),
        "S with its highest bit": (key, message, r + little(s | 2**255)),
        "nothing": (key, message, bytes(64)),
        "ones": (key, message, b"\xff" * 64),
        "a byte less": (key, message, good[:-1]),
        "a byte more": (key, message, good + b"\0"),
        "no signature": (key, message, b""),
        "R of another": (key, message, spelled(times(5, BASE)) + good[32:]),
        "R that is no point": (key, message, little(2) + good[32:]),
        "R with its sign turned": (key, message, little(int.from_bytes(r, "little") ^ 1 << 255) + good[32:]),
        "a key with its sign turned": (little(int.from_bytes(key, "little") ^ 1 << 255), message, good),
        "a key that is no point": (little(2), message, good),
        "a key that is too short": (key[:-1], message, good),
        "no key": (b"", message, good),
        **{f"a weak key, {number:x}": (little(number), message, little(1) + bytes(32)) for number in weak + respelled},
        "a key beyond the field": (little(3 + P), message, good),
    }
    return [
        *(Signed(f"RFC 8032, {n}", *map(bytes.fromhex, one), good=True) for n, one in enumerate(RFC_8032, 1)),
        Signed("ours", key, message, good, good=True),
        mixed(divisible=True),
        mixed(divisible=False),
        *(Signed(name, *parts, good=False) for name, parts in refused.items()),
        *(
            Signed(f"bit {bit} turned", key, message, turned(good, bit), good=False)
            for bit in range(0, 8 * len(good), 37)
        ),
    ]


def turned(content: bytes, bit: int) -> bytes:
    return content[: bit // 8] + bytes([content[bit // 8] ^ 1 << bit % 8]) + content[bit // 8 + 1 :]


def library_takes(one: Signed) -> bool:
    """Whether the library by which Holdfast verifies takes it."""
    try:
        Ed25519PublicKey.from_public_bytes(one.key).verify(one.signature, one.message)
    except (InvalidSignature, ValueError):
        return False
    return True
