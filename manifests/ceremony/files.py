"""The files of the ceremony: proposals of key statements, and public keys."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from manifests.ceremony.carrying import read_carried, write_carried
from manifests.ceremony.proposals import read_proposal
from manifests.notes import NOTE_LIMIT
from manifests.signing import Verifier

if TYPE_CHECKING:
    from manifests.ceremony.proposals import Proposed

PUBLIC_LIMIT = 10_000


def load_proposal(path: Path) -> Proposed:
    """Return the proposal in a file.

    Raises:
        CarriedFileError: the file cannot be read.
        IntegrityError, StatementRefusedError: it holds none that may be signed.
    """
    return read_proposal(read_carried(path, 2 * NOTE_LIMIT))


def save_proposal(path: Path, proposed: Proposed, *, new: bool) -> None:
    """Write a proposal into a file, whole or not at all; a ``new`` one is not put over another file.

    Raises:
        CarriedFileError: it cannot be written, or something is there.
    """
    write_carried(path, proposed.to_proposal().to_bytes(), new=new)


def read_verifier(text: str) -> Verifier:
    """Return a public key that was given as it is printed, or as the path of a file that holds it.

    Raises:
        KeyMalformedError: it is none.
        CarriedFileError: the file cannot be read.
    """
    path = Path(text)
    if "+" in text and not path.is_file():
        return Verifier.from_text(text)
    return Verifier.from_text(read_carried(path, PUBLIC_LIMIT).decode(errors="replace").strip())
