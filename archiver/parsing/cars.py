"""CAR files (ipld.io/specs/transport/car/carv1): blocks, each held against its CID, and where they lie. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from archiver.parsing.ipld import CID_HEAD, CID_SIZE, IpldMalformedError, cid_of, decode, spell_cid
from schemas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archiver.parsing.json_slices import Buffer, Place

LONGEST_NUMBER = 9
MORE = 0x80


class CarMalformedError(InputError):
    """A file is no CAR of version 1 with one root and blocks in DAG-CBOR; the fact ``offset`` says where."""

    code = "CAR_MALFORMED"


class CarBlockAlteredError(InputError):
    """A block of a CAR is not the one that its CID names; the fact ``offset`` says where it lies."""

    code = "CAR_BLOCK_ALTERED"


class CarBlockMissingError(InputError):
    """A CAR lacks a block that it needs."""

    code = "CAR_BLOCK_MISSING"


@dataclass(frozen=True, slots=True)
class Car:
    """A CAR file: its root, and where each block lies in ``content``."""

    content: Buffer
    root: bytes
    places: Mapping[bytes, Place]

    def value(self, cid: bytes) -> Any:  # noqa: ANN401 - any value
        """Return the value of a block.

        Raises:
            CarBlockMissingError: it is not in the file.
            IpldMalformedError: it is no DAG-CBOR.
        """
        if cid not in self.places:
            name = spell_cid(cid) if cid[: len(CID_HEAD)] == CID_HEAD and len(cid) == CID_SIZE else cid.hex()[:100]
            raise CarBlockMissingError(
                f"The block {name} is not in the file.", do="Nothing is proved by it; the next capture asks again."
            )
        offset, length = self.places[cid]
        return decode(self.content[offset : offset + length])


def read_car(content: Buffer) -> Car:
    """Return the blocks of a CAR file; every one was held against its CID.

    Raises:
        CarMalformedError: it is no CAR, is cut off, or holds something else.
        CarBlockAlteredError: a block does not have the digest that its CID states.
    """
    offset, end = _section(content, 0)
    try:
        header = decode(content[offset:end])
    except IpldMalformedError as error:
        raise _malformed("begins with no header", 0) from error
    roots = header.get("roots") if isinstance(header, dict) and header.get("version") == 1 else None
    if not isinstance(roots, list) or len(roots) != 1 or not isinstance(roots[0], bytes):
        raise _malformed("is not of version 1 with one root", 0)
    places: dict[bytes, Place] = {}
    while end < len(content):
        start = end
        offset, end = _section(content, start)
        cid = content[offset : offset + CID_SIZE]
        offset += CID_SIZE
        if offset > end or not cid.startswith(CID_HEAD):
            raise _malformed("has a block of another kind", start)
        if cid_of(content[offset:end]) != cid:
            raise CarBlockAlteredError(
                f"The block {spell_cid(cid)} is not the one of that name.",
                do="Nothing is proved by the file: do not rely on it, and ask its server again.",
                offset=offset,
            )
        places[cid] = offset, end - offset
    return Car(content, roots[0], places)


def _section(content: Buffer, start: int) -> tuple[int, int]:
    """Return where the section that begins at ``start`` has its content: its length comes before, as a varint."""
    length = 0
    for position, octet in enumerate(content[start : start + LONGEST_NUMBER]):
        length |= (octet & ~MORE) << (7 * position)
        if not octet & MORE:
            first = start + position + 1
            if length == 0 or first + length > len(content):
                break
            return first, first + length
    raise _malformed("is cut off, or has no length where one must be", start)


def _malformed(what: str, offset: int) -> CarMalformedError:
    return CarMalformedError(
        f"The CAR file {what} (byte {offset}).",
        do="Nothing is proved by it; the next capture asks again.",
        offset=offset,
    )
