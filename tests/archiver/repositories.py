"""Signed repositories of AT Protocol, made in tests: the tree is built as the specification has it."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import libipld
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

CURVES = {"secp256k1": (ec.SECP256K1(), b"\xe7\x01"), "P-256": (ec.SECP256R1(), b"\x80\x24")}
ORDERS = {
    "secp256k1": 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141,
    "P-256": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
}


@dataclass
class Owner:
    """Somebody with a key on a curve."""

    did: str = "did:plc:maplegrove"
    curve: str = "secp256k1"
    private: Any = None

    def __post_init__(self) -> None:
        self.private = ec.generate_private_key(CURVES[self.curve][0])

    def sign(self, message: bytes, *, low: bool = True) -> bytes:
        r, s = decode_dss_signature(self.private.sign(message, ec.ECDSA(SHA256())))
        if (s > ORDERS[self.curve] // 2) is low:
            s = ORDERS[self.curve] - s
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def document(self, server: str = "https://pds.example") -> dict[str, Any]:
        point = self.private.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
        spelled = libipld.encode_multibase("z", CURVES[self.curve][1] + point)
        method = {"id": f"{self.did}#atproto", "type": "Multikey", "controller": self.did}
        service = {"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": server}
        return {
            "id": self.did,
            "alsoKnownAs": ["at://maple.example"],
            "verificationMethod": [{**method, "publicKeyMultibase": spelled}],
            "service": [service],
        }


@dataclass
class Made:
    """Blocks in the making, each under its CID; what a test alters lies here."""

    blocks: dict[bytes, bytes] = field(default_factory=dict)
    root: bytes = b""

    def put(self, value: Any) -> bytes:
        block = libipld.encode_dag_cbor(value)
        cid = cid_of(block)
        self.blocks[cid] = block
        return cid

    def car(self) -> bytes:
        header = libipld.encode_dag_cbor({"version": 1, "roots": [self.root]})
        sections = (header, *(cid + block for cid, block in self.blocks.items()))
        return b"".join(varint(len(one)) + one for one in sections)


def cid_of(block: bytes) -> bytes:
    return bytes((1, 0x71, 0x12, 0x20)) + sha256(block).digest()


def varint(number: int) -> bytes:
    octets = bytearray()
    while number > 0x7F:
        octets.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes((*octets, number))


def layer(path: str) -> int:
    bits = "".join(f"{octet:08b}" for octet in sha256(path.encode()).digest())
    return (len(bits) - len(bits.lstrip("0"))) // 2


def tree(made: Made, paths: list[str], cids: dict[str, bytes], *, at: int | None = None) -> bytes | None:
    """Put the nodes of a tree and return its root's CID; ``None`` for no paths below the root."""
    if not paths and at is not None:
        return None
    at = max(map(layer, paths), default=0) if at is None else at
    groups: list[list[str]] = [[]]
    own = []
    for path in paths:
        if layer(path) == at:
            own.append(path)
            groups.append([])
        else:
            groups[-1].append(path)
    below = [tree(made, group, cids, at=at - 1) for group in groups]
    entries, before = [], ""
    for path, subtree in zip(own, below[1:], strict=True):
        shared = next((n for n, pair in enumerate(zip(before, path, strict=False)) if pair[0] != pair[1]),
                      min(len(before), len(path)))  # fmt: skip
        entries.append({"p": shared, "k": path[shared:].encode(), "v": cids[path], "t": subtree})
        before = path
    return made.put({"l": below[0], "e": entries})


def repository(owner: Owner, records: dict[str, Any], *, did: str | None = None, low: bool = True) -> Made:
    """Make a repository of records by their path, ``collection/key``."""
    made = Made()
    cids = {path: made.put(record) for path, record in records.items()}
    return signed(made, owner, tree(made, sorted(records), cids), did=did, low=low)


def signed(made: Made, owner: Owner, data: bytes | None, *, did: str | None = None, low: bool = True) -> Made:
    """Put a commit of the tree at ``data``, and make it the root."""
    commit = {"did": did or owner.did, "version": 3, "data": data, "rev": "3lmxjza3nva27", "prev": None}
    made.root = made.put({**commit, "sig": owner.sign(libipld.encode_dag_cbor(commit), low=low)})
    return made
