"""The hops from one act to a checkpoint, checked offline (FORMAT 6.7.1). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from manifests import chain
from schemas.errors import IntegrityError
from schemas.merkle import leaf_hash, verify_inclusion

if TYPE_CHECKING:
    from manifests.notes import Checkpoint
    from schemas.certificate import AnyProvedAct, ProvedAct
    from schemas.ledger import Heading, Produced


class ActProofError(IntegrityError):
    """An act is not proved to be in the ledger as it is told."""

    code = "ACT_NOT_PROVED"


def check(proved: AnyProvedAct | ProvedAct[Produced], checkpoint: Checkpoint) -> Heading:
    """Return the heading of the entry in which an act is, after proving that it is there, under a checkpoint.

    Raises:
        IntegrityError: it is not, or the entry says otherwise.
    """
    signed = chain.Signed.from_bytes(proved.entry.encode())
    heading = signed.heading
    if signed.origin != checkpoint.origin:
        raise _refuse("entry and checkpoint do not belong together")
    if (heading.index, heading.at, heading.actor) != (proved.index, proved.at, proved.actor):
        raise _refuse("its entry names another index, instant or actor")
    leaf = leaf_hash(proved.act.to_bytes())
    verify_inclusion(leaf=leaf, index=proved.line, size=heading.lines, path=proved.line_path, root=heading.lines_root)
    verify_inclusion(
        leaf=signed.leaf, index=heading.index, size=checkpoint.size, path=proved.path, root=checkpoint.root
    )
    return heading


def _refuse(why: str) -> ActProofError:
    return ActProofError(f"An act is not proved: {why}.", do="Do not rely on it; ask who handed it over.")
