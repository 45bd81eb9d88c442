"""Signed audit reports in files: written as JSON for programs and as PDF for people, and read again."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ediscovery.sheets import OutputExistsError
from manifests import keys
from manifests.archive import Archive, read_settings
from manifests.audit.signed import AUDIT_FORMAT, AUDIT_LIMIT, read_statement, sign_statement
from manifests.audit.words import statement_lines
from manifests.console import system_clock
from manifests.ledger import Ledger
from manifests.signing import Verifier
from schemas.errors import InputError, IntegrityError, UnavailableError
from storage.places import open_store

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ediscovery.production.signing import Signer as PdfSigner
    from manifests.console import Console
    from manifests.signing import Signer
    from schemas.findings import AuditStatement

KINDS = (".json", ".pdf")


class ReportUnsignedError(InputError):
    """A report cannot be signed: nothing says with which key or certificate, or for which kind of file."""

    code = "REPORT_UNSIGNED"


class ReportUnwritableError(UnavailableError):
    """A report cannot be written."""

    code = "REPORT_UNWRITABLE"


class ReportKeyMissingError(InputError):
    """A signed report is to be checked, and nothing says by whom it must be signed."""

    code = "REPORT_KEY_MISSING"


@dataclass(frozen=True, slots=True)
class Reports:
    """The files to be written, and who signs them where it is not the archive itself."""

    files: tuple[Path, ...] = ()
    signing_key: Path | None = None
    certificate: Path | None = None

    def prepare(self, console: Console, *, of_home: bool) -> None:
        """Refuse before hours of work what could not be written after them.

        Raises:
            OutputExistsError: a file is there already.
            ReportUnsignedError: there is nothing to sign one with, or it is neither JSON nor PDF.
        """
        for path in self.files:
            if path.exists():
                raise OutputExistsError(f"{path} exists already.", do="Choose another name with --report.")
            if path.suffix not in KINDS:
                raise ReportUnsignedError(f"{path} is neither .json nor .pdf.", do="Name it so: audit.json, audit.pdf.")
        if not self.files:
            return
        if not of_home and self.signing_key is None:
            raise ReportUnsignedError(
                "Nothing says who signs the report on this copy.", do="Give --signing-key FILE; it is made if need be."
            )
        if not of_home and self.certificate is None and any(path.suffix == ".pdf" for path in self.files):
            raise ReportUnsignedError(
                "Nothing says who signs the PDF on this copy.", do="Give --certificate FILE, or ask for FILE.json only."
            )
        if self.signing_key is not None or (in_force := _in_force(console)):
            self._key(console, () if self.signing_key else in_force)
        if any(path.suffix == ".pdf" for path in self.files):
            self._pdf_signer(console)

    def write(self, console: Console, statement: AuditStatement) -> tuple[str, ...]:
        """Write the files, and return what there is to say about them."""
        if not self.files:
            return ()
        key = self._key(console, [Verifier.from_text(text) for text in statement.report.keys])
        signed = sign_statement(statement, key)
        for path in self.files:
            _write(path, signed if path.suffix == ".json" else self._pdf(console, statement, signed, key))
        return (
            *(f"Signed report: {path}" for path in self.files),
            f"  Signed by {key.verifier.to_text()}",
        )

    def _key(self, console: Console, accepted: Sequence[Verifier]) -> Signer:
        """Return the auditor's own key, or the one of ``accepted`` with which this machine signs checkpoints."""
        if self.signing_key is not None:
            return keys.load_or_make(self.signing_key, name=re.sub(r"[\s+]+", "-", console.actor))
        settings = read_settings(console.home)
        return keys.open_key(
            settings.keys.checkpoint,
            purpose="checkpoint",
            name=settings.archive.origin,
            accepted=accepted,
            home=console.home,
        )

    def _pdf(self, console: Console, statement: AuditStatement, signed: bytes, key: Signer) -> bytes:
        # WeasyPrint and pyHanko are slow to import, and nothing else here needs them.
        from ediscovery.audits.document import typeset  # noqa: PLC0415

        return typeset(statement, signed, verifier=key.verifier, signer=self._pdf_signer(console))

    def _pdf_signer(self, console: Console) -> PdfSigner:
        from ediscovery.production.certificate import PASSPHRASE_VARIABLE, signer_of  # noqa: PLC0415
        from ediscovery.production.signing import Signer as PdfSigner  # noqa: PLC0415

        if self.certificate is not None:
            bundle, passphrase = _read(self.certificate), os.environ.get(PASSPHRASE_VARIABLE)
            return PdfSigner.from_pem(
                certificate=bundle, key=bundle, passphrase=passphrase.encode() if passphrase else None
            )
        settings = read_settings(console.home)
        store = open_store(settings.store, home=console.home, now=system_clock)
        # The ledger is not read: a report must be signed also when it says that the ledger is broken.
        return signer_of(Archive(console.home, settings, store, Ledger(store), system_clock, console.actor))


def _in_force(console: Console) -> tuple[Verifier, ...]:
    """Return the keys for checkpoints; none where the ledger is broken: a report of that must be signed, too."""
    try:
        return console.open().ledger.history.verifiers("checkpoint")
    except IntegrityError:
        return ()


def is_report(path: Path) -> bool:
    """Return whether a file begins as a signed audit report does."""
    mark = f"{AUDIT_FORMAT}\n".encode()
    return path.is_file() and _read(path, limit=len(mark)) == mark


def verify_report(console: Console, path: Path, *, key: str | None) -> None:
    """Check a signed report's signature and show what it says.

    The program ends with the exit status of integrity errors when the report says that its archive is not sound.

    Raises:
        ReportKeyMissingError: no key was given.
        IntegrityError: it is not signed by that key, or not in its form.
    """
    if key is None:
        raise ReportKeyMissingError(
            "Nothing says by whom the report must be signed.",
            do="Give the auditor's key with --key, as you got it from the auditor.",
        )
    statement, verifier = read_statement(_read(path, limit=AUDIT_LIMIT + 1), [Verifier.from_text(key)])
    console.show(
        {"signed_by": verifier.to_text(), "statement": statement.to_plain()},
        (f"Signed by {verifier.to_text()}", *statement_lines(statement)),
    )
    if not statement.sound:
        console.unsound("The report says that its archive is not sound: ask its auditor.")


def _read(path: Path, *, limit: int = -1) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(limit)
    except OSError as error:
        raise ReportUnsignedError(f"{path} cannot be read: {error.strerror}.", do="Check the path.") from error


def _write(path: Path, content: bytes) -> None:
    try:
        with path.open("xb") as stream:
            stream.write(content)
    except OSError as error:
        raise ReportUnwritableError(
            f"{path} cannot be written: {error.strerror}.", do="Name a file in a folder that can be written."
        ) from error
