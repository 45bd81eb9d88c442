"""``holdfast verify FILE``: a production checked from the file alone, and, where an archive is at hand, beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ediscovery.production.checking import PDF_BEGINNING, check
from ediscovery.production.reading import LARGEST_FILE
from manifests.console import Console, system_clock
from manifests.proofs import record
from manifests.proofs.file import read_record_proof
from manifests.proofs.vouching import Trust, vouch
from manifests.signing import Verifier
from schemas.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from manifests.proofs.record import Proved


LARGEST_ROOTS = 1 << 24


class ProductionUnreadableError(InputError):
    """The file to be verified cannot be read."""

    code = "PRODUCTION_UNREADABLE"


def verify_production(console: Console, path: Path, *, key: str | None, roots: tuple[Path, ...]) -> None:
    """Check a production and show the report. ``key`` is the archive's checkpoint key as its owner publishes it.

    The program ends with the exit status of integrity errors when it is not sound.

    Raises:
        NotAProductionError: it is none.
    """
    trust = Trust(at=system_clock(), verifier=Verifier.from_text(key) if key else None)

    def check_record(content: bytes, native: bytes) -> Proved:
        return record.check(read_record_proof(content), native, trust)

    with console.progress("Verifying") as tell:
        report = check(
            _production(path),
            trust_roots=[_read(root, limit=LARGEST_ROOTS) for root in roots],
            check_record=check_record,
            check_checkpoint=lambda note, claims: vouch(note, claims, trust),
            at=trust.at,
            progress=lambda done, total: tell("records", done, total),
        )
    console.show(report.to_json(), report.to_text().splitlines())
    if not report.sound:
        console.unsound("Do not rely on it. Keep the file as it is, and ask whoever produced it for another copy.")


def _production(path: Path) -> bytes:
    """Return the bytes of a PDF, and of any other file no more than show that it is none."""
    beginning = _read(path, limit=len(PDF_BEGINNING))
    if beginning != PDF_BEGINNING:
        return beginning
    if (size := path.stat().st_size) > LARGEST_FILE:
        raise ProductionUnreadableError(
            f"{path} has {size:,} bytes; a production has at most {LARGEST_FILE:,}.", do="Give the PDF of a production."
        )
    return _read(path, limit=LARGEST_FILE)


def _read(path: Path, *, limit: int) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(limit)
    except OSError as error:
        raise ProductionUnreadableError(f"{path} cannot be read: {error.strerror}.", do="Check the path.") from error
