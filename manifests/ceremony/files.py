"""The small files that officers carry: proposals of key statements, and public keys."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from manifests.ceremony.proposals import ProposalError, read_proposal
from manifests.notes import NOTE_LIMIT
from manifests.signing import Verifier

if TYPE_CHECKING:
    from manifests.ceremony.proposals import Proposed

PUBLIC_LIMIT = 10_000


def load_proposal(path: Path) -> Proposed:
    """Return the proposal in a file.

    Raises:
        ProposalError: the file cannot be read.
        IntegrityError, StatementRefusedError: it holds none that may be signed.
    """
    return read_proposal(_content(path, 2 * NOTE_LIMIT))


def save_proposal(path: Path, proposed: Proposed, *, new: bool) -> None:
    """Write a proposal into a file, whole or not at all; a ``new`` one is not put over another file.

    Raises:
        ProposalError: it cannot be written, or something is there.
    """
    if new and path.exists():
        raise ProposalError(f"{path} exists already.", do="Choose another name for the proposal.")
    temporary = path.with_name(f"{path.name}.part")
    try:
        with temporary.open("wb") as stream:
            stream.write(proposed.to_proposal().to_bytes())
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    except OSError as error:
        raise ProposalError(f"{path} cannot be written: {error.strerror}.", do="Make room, or go elsewhere.") from error


def read_verifier(text: str) -> Verifier:
    """Return a public key that was given as it is printed, or as the path of a file that holds it.

    Raises:
        KeyMalformedError: it is none.
        ProposalError: the file cannot be read.
    """
    path = Path(text)
    if "+" in text and not path.is_file():
        return Verifier.from_text(text)
    return Verifier.from_text(_content(path, PUBLIC_LIMIT).decode(errors="replace").strip())


def _content(path: Path, limit: int) -> bytes:
    try:
        with path.open("rb") as stream:
            content = stream.read(limit + 1)
    except OSError as error:
        raise ProposalError(f"{path} cannot be read: {error.strerror}.", do="Name the file again.") from error
    if len(content) > limit:
        raise ProposalError(f"{path} is larger than any such file.", do="Name the file again.")
    return content
