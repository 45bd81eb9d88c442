"""The door to libipld: DAG-CBOR, CIDs and multibase (ipld.io/specs), as AT Protocol uses them. Pure."""

from __future__ import annotations

import base64
import binascii
from typing import Any

import libipld

from schemas.digest import Digest
from schemas.errors import InputError

CID_HEAD = bytes((1, 0x71, 0x12, 0x20))
"""Version 1, DAG-CBOR, SHA-256 of 32 bytes: the only CIDs that a repository's blocks have."""
RAW_HEAD = bytes((1, 0x55, 0x12, 0x20))
"""Of plain bytes: a file that a record names."""
CID_SIZE = len(CID_HEAD) + 32


class IpldMalformedError(InputError):
    """Bytes are no DAG-CBOR, or a text is no CID or key in multibase."""

    code = "IPLD_MALFORMED"


def decode(block: bytes) -> Any:  # noqa: ANN401 - any value
    """Return the value of a block; a link in it is the CID's bytes.

    Raises:
        IpldMalformedError: it is none, or is nested deeper than can be read.
    """
    try:
        return libipld.decode_dag_cbor(block)
    except (ValueError, RecursionError) as error:
        raise _malformed("A block is no DAG-CBOR") from error


def decode_each(content: bytes) -> list[Any]:
    """Return the values that follow one another, as in a frame of an event stream; see ``decode``.

    Raises:
        IpldMalformedError: there is something else among them.
    """
    try:
        return list(libipld.decode_dag_cbor_multi(content))
    except (ValueError, RecursionError) as error:
        raise _malformed("A frame is no DAG-CBOR") from error


def encode(value: Any) -> bytes:  # noqa: ANN401 - any value
    """Return the only spelling of a value; bytes that are a CID become a link.

    Raises:
        IpldMalformedError: it cannot be spelled.
    """
    try:
        return bytes(libipld.encode_dag_cbor(value))
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise _malformed("A value cannot be spelled in DAG-CBOR") from error


def cid_of(block: bytes) -> bytes:
    """Return the CID of a block."""
    return CID_HEAD + Digest.of(block).raw


def spell_cid(cid: bytes) -> str:
    """Return a CID as text, in base32."""
    return str(libipld.encode_cid(cid))


def read_multibase(text: str) -> bytes:
    """Return the bytes of a text in multibase: a CID, or a key.

    Raises:
        IpldMalformedError: it is none.
    """
    try:
        _, found = libipld.decode_multibase(text)
    except ValueError as error:
        raise _malformed(f"{text[:80]!r} is no multibase") from error
    return bytes(found)


def of_json(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return what JSON stands for (atproto.com/specs/data-model): links and bytes are objects with one member there.

    Raises:
        IpldMalformedError: a link or bytes are none, or there is a number that is no integer.
    """
    if isinstance(value, list):
        return [of_json(one) for one in value]
    if isinstance(value, float):
        raise _malformed("A number is no integer")
    if not isinstance(value, dict):
        return value
    link, octets = value.get("$link"), value.get("$bytes")
    if len(value) == 1 and isinstance(link, str):
        return read_multibase(link)
    if len(value) == 1 and isinstance(octets, str):
        try:
            return base64.b64decode(octets + "=" * (-len(octets) % 4), validate=True)
        except (ValueError, binascii.Error) as error:
            raise _malformed("Bytes are not in base64") from error
    return {name: of_json(one) for name, one in value.items()}


def to_json(value: Any) -> Any:  # noqa: ANN401 - any value
    """Return a value of a block as JSON spells it; bytes that look like a CID are taken for a link."""
    if isinstance(value, list):
        return [to_json(one) for one in value]
    if isinstance(value, dict):
        return {name: to_json(one) for name, one in value.items()}
    if not isinstance(value, bytes):
        return value
    if len(value) == CID_SIZE and value.startswith((CID_HEAD, RAW_HEAD)):
        return {"$link": spell_cid(value)}
    return {"$bytes": base64.b64encode(value).decode().rstrip("=")}


def _malformed(what: str) -> IpldMalformedError:
    return IpldMalformedError(f"{what}.", do="Nothing can be proved by it; it is kept as it came.")
