"""What was handed over, a PDF or a package: which kind it is, and its check from it alone."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

from ediscovery.bags.zipped import is_zip, unpacked
from ediscovery.disposition.papers.checking import is_certificate
from ediscovery.disposition.papers.verifying import verify_certificate
from ediscovery.packages.inspecting import inspect
from ediscovery.production.reading import LARGEST_FILE
from ediscovery.production.signed import PDF_BEGINNING, SignedPdf
from ediscovery.production.verifying import verify_production
from manifests.console import system_clock
from manifests.proofs.vouching import Trust
from manifests.signing import Verifier
from schemas.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from manifests.console import Console

LARGEST_ROOTS = 1 << 24


class ProductionUnreadableError(InputError):
    """The file to be verified cannot be read."""

    code = "PRODUCTION_UNREADABLE"


def verify_pdf(console: Console, path: Path, *, key: str | None, roots: tuple[Path, ...]) -> None:
    """Check a production or a certificate and show the report.

    ``key`` is the archive's checkpoint key as its owner publishes it, ``roots`` are files of authorities to trust. The
    program ends with the exit status of integrity errors when it is not sound.

    Raises:
        NotAProductionError: it is neither.
    """
    trust = Trust(at=system_clock(), verifier=Verifier.from_text(key) if key else None)
    handed = SignedPdf.read(_pdf(path), trust_roots=[_read(root, limit=LARGEST_ROOTS) for root in roots], at=trust.at)
    verify = verify_certificate if is_certificate(handed) else verify_production
    verify(console, handed, trust)


def verify_package(console: Console, path: Path, *, key: str | None, roots: tuple[Path, ...]) -> None:
    """Check the package of a production, a folder or a ZIP, and show the report; the rest is as for ``verify_pdf``.

    Raises:
        NotAPackageError: there is none, or one that was never finished.
        PackageMalformedError: a ZIP file is damaged, or holds what no package does.
    """
    trust = Trust(at=system_clock(), verifier=Verifier.from_text(key) if key else None)
    trusted = [_read(root, limit=LARGEST_ROOTS) for root in roots]
    with console.progress("Verifying") as tell, (nullcontext if path.is_dir() else unpacked)(path) as folder:
        report = inspect(folder, trust, roots=trusted, tell=lambda done, total: tell("records", done, total))
    console.show(report.to_json(), report.to_text().splitlines())
    if not report.sound:
        console.unsound("Do not rely on it. Keep it as it is, and ask whoever produced it for another copy.")


def is_package(path: Path) -> bool:
    """Return whether something may be a package: a folder, or a file that begins as a ZIP does."""
    return path.is_dir() or (path.is_file() and is_zip(path))


def _pdf(path: Path) -> bytes:
    """Return the bytes of a PDF, and of any other file no more than show that it is none."""
    beginning = _read(path, limit=len(PDF_BEGINNING))
    if beginning != PDF_BEGINNING:
        return beginning
    if (size := path.stat().st_size) > LARGEST_FILE:
        raise ProductionUnreadableError(
            f"{path} has {size:,} bytes; at most {LARGEST_FILE:,} are read of a PDF.",
            do="Give the PDF that was handed over.",
        )
    return _read(path, limit=LARGEST_FILE)


def _read(path: Path, *, limit: int) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(limit)
    except OSError as error:
        raise ProductionUnreadableError(f"{path} cannot be read: {error.strerror}.", do="Check the path.") from error
