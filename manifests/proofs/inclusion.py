"""C2SP ``tlog-proof@v1``: one leaf of a ledger, its path, and the checkpoint that it leads to, as text."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from manifests.notes import DECIMAL, Checkpoint, SignedNote
from schemas.digest import SIZE, Digest
from schemas.errors import IntegrityError
from schemas.merkle import verify_inclusion

HEADER = "c2sp.org/tlog-proof@v1"
MOST_HASHES = 63


class InclusionMalformedError(IntegrityError):
    """Text is not a proof of inclusion in its one spelling."""

    code = "INCLUSION_MALFORMED"


def _malformed(why: str) -> InclusionMalformedError:
    return InclusionMalformedError(f"This is not a proof of inclusion: {why}.", do="Ask for the proof again.")


@dataclass(frozen=True, slots=True)
class Inclusion:
    """Leaf ``index`` is in the tree of the checkpoint in ``note``: by this path, lowest sibling first."""

    index: int
    path: tuple[Digest, ...]
    note: SignedNote

    @property
    def checkpoint(self) -> Checkpoint:
        """The checkpoint."""
        return Checkpoint.from_text(self.note.text)

    @classmethod
    def from_text(cls, text: str) -> Inclusion:
        """Read a proof; extra data, which means nothing here, is refused.

        Raises:
            InclusionMalformedError: it is none in its one spelling.
            NoteMalformedError: its checkpoint is none.
        """
        head, blank, note = text.partition("\n\n")
        header, _, rest = head.partition("\n")
        first, *lines = rest.split("\n")
        index = first.removeprefix("index ")
        if header != HEADER or not blank or f"index {index}" != first or not DECIMAL.fullmatch(index):
            raise _malformed("its first lines are not those of version 1")
        if len(lines) > MOST_HASHES:
            raise _malformed(f"it has more than {MOST_HASHES} hashes")
        inclusion = cls(int(index), tuple(_digest(line) for line in lines), SignedNote.from_bytes(note.encode()))
        if inclusion.to_text() != text:
            raise _malformed("it is spelled otherwise")
        return inclusion

    def to_text(self) -> str:
        """Return the one spelling."""
        hashes = "".join(f"{base64.b64encode(one.raw).decode()}\n" for one in self.path)
        return f"{HEADER}\nindex {self.index}\n{hashes}\n{self.note.to_bytes().decode()}"

    def verify(self, leaf: Digest) -> Checkpoint:
        """Return the checkpoint that ``leaf`` is proved to be under; whether it is signed is not asked here.

        Raises:
            ProofRefusedError: it is not.
        """
        checkpoint = self.checkpoint
        verify_inclusion(leaf=leaf, index=self.index, size=checkpoint.size, path=self.path, root=checkpoint.root)
        return checkpoint


def _digest(line: str) -> Digest:
    try:
        raw = base64.b64decode(line, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != SIZE:
        raise _malformed("a hash is not 32 bytes in base64")
    return Digest(raw)
