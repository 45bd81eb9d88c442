"""Who vouches for an archive's checkpoints beside itself, as the ledger names them: witnesses and authorities."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from msgspec import Meta

from schemas.canonical import Canonical
from schemas.digest import Digest

AttestorName: TypeAlias = Annotated[str, Meta(pattern=r"\A[a-z0-9][a-z0-9-]{0,62}\Z")]
"""What an archive calls a witness or an authority: a part of keys in the store, and it outlives who is behind it."""


class Witness(Canonical, frozen=True):
    """A witness: its name in this archive, and its verifier key (C2SP tlog-cosignature, Ed25519)."""

    name: AttestorName
    key: str


class Authority(Canonical, frozen=True):
    """A time stamp authority: its name in this archive, and the SHA-256 of each certificate that is trusted for it."""

    name: AttestorName
    roots: tuple[Digest, ...]
