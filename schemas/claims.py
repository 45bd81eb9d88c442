"""Who vouches for a checkpoint, as its archive says: keys, witnesses and time stamps that go with what is proved."""

from __future__ import annotations

from schemas.canonical import Canonical, Natural


class StampChain(Canonical, frozen=True):
    """The stamps of one authority on a checkpoint, each renewing the one before, with its roots; DER in base64."""

    authority: str
    stamps: tuple[str, ...]
    roots: tuple[str, ...]


class Claims(Canonical, frozen=True):
    """Who vouches, as the archive says: its checkpoint key, its witnesses with how many are needed, its time stamps."""

    verifier: str
    needed: Natural = 0
    witnesses: tuple[str, ...] = ()
    stamps: tuple[StampChain, ...] = ()
