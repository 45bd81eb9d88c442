"""What is signed of a part of the index that is kept in the store: a note over the digests of its blocks (ADR 0034).

Whoever may sign entries signs it. Its name binds a part to the partitions that it was made of, and is in the note: so a
store may hold a part back, and cannot put another one in its place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from manifests.notes import SignedNote
from schemas.digest import Digest
from schemas.errors import IntegrityError
from schemas.segments import BLOCK, FileStated, PartStated

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from manifests.signing import Signer, Verifier

STATED_FORMAT = "holdfast-index/v1"
STATEMENT = "statement.note"
"""The name of the file with the note, which is put after all others of its part."""
LIMIT = 64 << 20
LINES = 4


class PartRefusedError(IntegrityError):
    """What the store holds as a part of the index is none, or another one than it says."""

    code = "INDEX_PART_REFUSED"


def stated(part: str, files: Sequence[Path]) -> PartStated:
    """Return what is to be said of a part and its files."""
    return PartStated(
        part=part,
        files=tuple(
            FileStated(name=path.name, size=path.stat().st_size, blocks=tuple(blocks_of(path)))
            for path in sorted(files, key=lambda path: path.name)
        ),
    )


def blocks_of(path: Path) -> Iterator[Digest]:
    """Yield the digests of a file's blocks; raises OSError."""
    with path.open("rb") as stream:
        while block := stream.read(BLOCK):
            yield Digest.of(block)


def sign(what: PartStated, *, origin: str, key: Signer) -> bytes:
    """Return a statement as a signed note; the same key makes the same bytes of it."""
    return SignedNote.sign(f"{STATED_FORMAT}\n{origin}\n{what.to_bytes().decode()}\n", key).to_bytes()


def read_statement(
    content: bytes, *, part: str, files: Iterable[str], origin: str, verifiers: Iterable[Verifier]
) -> PartStated:
    """Return what a note says of a part that has files of these names.

    Raises:
        NoteMalformedError, NotCanonicalError: it is no such note.
        NoteUnsignedError, SignatureRefusedError: none of the keys signed it.
        PartRefusedError: it is of another archive, part or format, or contradicts itself.
    """
    note = SignedNote.from_bytes(content, limit=LIMIT)
    note.verify(verifiers)
    lines = note.text.split("\n")
    if len(lines) != LINES or lines[:2] != [STATED_FORMAT, origin]:
        raise _refused(part, "its statement is of another archive or format")
    found = PartStated.from_bytes(lines[2].encode())
    named = found.part == part and [file.name for file in found.files] == sorted(files)
    if not named or not all(file.is_consistent for file in found.files):
        raise _refused(part, "its statement is about something else, or contradicts itself")
    return found


def _refused(part: str, why: str) -> PartRefusedError:
    return PartRefusedError(
        f"The part {part} of the index in the store is refused: {why}.", do="Nothing: another one is made."
    )
