"""What a record commits to, in parts that can be shown one by one while the others stay unknown (FORMAT 3.2). Pure.

Each part has a commitment of its own, blinded by a nonce that follows from the record's salt and from no other nonce.
Whoever is given a part and its nonce can hold it against the record's id; a commitment by itself confirms no guess.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LEAF_DOMAIN = b"holdfast-record/v2\x00"
NATIVE, TEXT = b"native", b"normalised.text"
NAME_END = b"\x00"
PIECE_END = re.compile("\n|[.!?] +|[\u3002\uff01\uff1f]")
MOST_PIECES = 1_000
"""The last one holds the rest: a text of any length has commitments of bounded number."""

_NUMBERS = tuple(number.to_bytes(4, "big") for number in range(MOST_PIECES + 64))
_sha256 = hashlib.sha256
_members = msgspec.json.Decoder(dict[str, msgspec.Raw])
_text = msgspec.json.Decoder(str)


def parts_of(native_sha256: bytes, normalised: bytes, provenance: bytes) -> list[bytes]:
    """Return the parts of a record, in order: each its name, a zero byte and its value.

    These are the SHA-256 of its native bytes, then every member of its two texts, as it is spelled there; but the words
    of an item are one part for each of their ``pieces``, in UTF-8. What is no JSON object in its one spelling is one
    part by itself, so that no two texts have the same parts.
    """
    return [
        NATIVE + NAME_END + native_sha256,
        *_parts(b"normalised", normalised),
        *_parts(b"provenance", provenance),
    ]


def pieces(text: str) -> list[str]:
    """Return the pieces of a text: lines and sentences with what parts them, at least one, and at most 1,000."""
    found: list[str] = []
    start = 0
    for end in PIECE_END.finditer(text):
        if len(found) == MOST_PIECES - 1:
            break
        found.append(text[start : end.end()])
        start = end.end()
    if start < len(text) or not found:
        found.append(text[start:])
    return found


def nonce_of(salt: bytes, number: int) -> bytes:
    """Return the nonce of a record's part, counted from 0: 32 bytes."""
    return hashlib.sha256(salt + _spelled(number)).digest()


def commitment_to(nonce: bytes, part: bytes) -> bytes:
    """Return the commitment to a part: 32 bytes."""
    return hashlib.sha256(nonce + part).digest()


def leaf_of(commitments: Iterable[bytes]) -> bytes:
    """Return the leaf hash, a record's id, of the commitments to its parts: 32 bytes."""
    return hashlib.sha256(b"\x00" + LEAF_DOMAIN + b"".join(commitments)).digest()


def commitments(salt: bytes, parts: Sequence[bytes]) -> list[bytes]:
    """Return the commitment to each part of a record with this salt."""
    numbers = _NUMBERS if len(parts) <= len(_NUMBERS) else [_spelled(number) for number in range(len(parts))]
    # An archive is audited at the speed of this line.
    return [_sha256(_sha256(salt + number).digest() + part).digest() for number, part in zip(numbers, parts)]  # noqa: B905


def _spelled(number: int) -> bytes:
    return number.to_bytes(4, "big")


def _parts(kind: bytes, content: bytes) -> list[bytes]:
    size = 1
    found: list[bytes] = []
    try:
        for name, value in _members.decode(content).items():
            size += len(name) + len(value) + len('"":,')
            if name == "text" and kind == b"normalised":
                found += _pieces(bytes(value))
            else:
                found.append(b"%b.%b\x00%b" % (kind, name.encode(), value))
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        size = 0
    return found if size == len(content) or content == b"{}" else [kind + NAME_END + content]


def _pieces(value: bytes) -> list[bytes]:
    text = _text.decode(value)
    if msgspec.json.encode(text) != value:
        raise msgspec.DecodeError
    return [TEXT + NAME_END + piece.encode() for piece in pieces(text)]
